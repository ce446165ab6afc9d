//! What can go wrong in the lab.

use std::io;
use std::path::Path;

pub type Result<T, E = LabError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// This machine cannot have that Asterisk; the reason is for the report.
    #[error("skipped: {0}")]
    Skipped(String),
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
    #[error("timed out after {after_ms} ms waiting for {what}")]
    Timeout { what: String, after_ms: u128 },
    #[error("{0}")]
    Failed(String),
}

impl LabError {
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    pub fn file(path: &Path, source: io::Error) -> Self {
        Self::Io {
            what: path.display().to_string(),
            source,
        }
    }
}

impl From<io::Error> for LabError {
    fn from(source: io::Error) -> Self {
        Self::Io {
            what: "input or output".into(),
            source,
        }
    }
}
