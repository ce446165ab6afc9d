//! What stands between a shop's Asterisk and its first call, and what to change.
//!
//! Three things are looked at: Asterisk as ARI shows it (`asterisk`), its
//! configuration files when they are on this machine (`files`), and pivot's own
//! surroundings (`host`).

mod asterisk;
mod files;
mod host;

use std::path::Path;

use serde::Serialize;

use crate::config::Config;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// What was found.
    pub what: String,
    /// What to change; empty where nothing is to be.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub change: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Good,
    /// Works, but not well or not always.
    Doubtful,
    /// Calls will not work.
    Bad,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Good,
            what: what.into(),
            change: String::new(),
        }
    }

    fn doubtful(what: impl Into<String>, change: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Doubtful,
            what: what.into(),
            change: change.into(),
        }
    }

    fn bad(what: impl Into<String>, change: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Bad,
            what: what.into(),
            change: change.into(),
        }
    }
}

/// Looks at everything. `etc` is where Asterisk's configuration files are, if
/// they are on this machine.
pub async fn examine(config: &Config, etc: &Path) -> Vec<Finding> {
    let mut findings = asterisk::examine(config).await;
    findings.extend(files::examine(config, etc));
    findings.extend(host::examine(config).await);
    findings
}
