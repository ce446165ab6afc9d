//! Reading `pivot.toml` and the environment.

/// Why a configuration could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {}
