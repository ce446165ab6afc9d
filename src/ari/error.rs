//! Why a request to Asterisk had no good answer.

/// The difference that matters to a caller: did Asterisk carry it out?
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AriError {
    /// The request never left: nothing happened, and it may be sent again.
    #[error("{what} was not sent to Asterisk: {reason}")]
    NotSent { what: String, reason: String },
    /// No answer came: it may have been carried out. Ask for the object before sending it again.
    #[error("no answer from Asterisk to {what}: {reason}")]
    Unknown { what: String, reason: String },
    /// Asterisk said no.
    #[error("Asterisk refused {what} with {status}: {message}")]
    Refused {
        what: String,
        status: u16,
        message: String,
    },
    /// Asterisk's answer is not what its API describes.
    #[error("Asterisk's answer to {what} cannot be read: {reason}")]
    Decode { what: String, reason: String },
}

impl AriError {
    /// The HTTP status, when Asterisk answered at all.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The object is not there (any more).
    pub fn is_gone(&self) -> bool {
        self.status() == Some(404)
    }
}
