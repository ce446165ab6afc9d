//! What is answered to a request that gets nothing, in Kazoo's words.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::objects::{Fault, Faults};
use crate::store::StoreError;

/// An error of the API.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// Kazoo's name for it.
    pub(super) message: &'static str,
    pub(super) data: Value,
}

impl Refusal {
    fn new(status: StatusCode, message: &'static str, sentence: impl Into<String>) -> Self {
        let sentence: String = sentence.into();
        Self {
            status,
            message,
            data: json!({ "message": sentence }),
        }
    }

    fn cause(mut self, cause: &str) -> Self {
        self.data["cause"] = cause.into();
        self
    }

    /// There is nothing with this id, or nothing of this account's.
    pub(super) fn unknown(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "bad_identifier", "bad identifier").cause(id)
    }

    /// There is something with this id, and not this part of it.
    pub(super) fn absent(sentence: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", sentence)
    }

    /// Nothing has this URL.
    pub(super) fn url(path: &str) -> Self {
        let sentence = "there is nothing at this URL; /v2/openapi.json lists all that there are";
        Self::new(StatusCode::NOT_FOUND, "faulty_request", sentence).cause(path)
    }

    pub(super) fn method(given: &str, possible: &[&str]) -> Self {
        let sentence = format!("{given} is not possible here; {} are", possible.join(", "));
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_method", sentence).cause(given)
    }

    pub(super) fn credentials() -> Self {
        let sentence = "send the account's token as X-Auth-Token, or as Authorization: Bearer";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", sentence)
    }

    /// A name and password that open nothing, whatever the reason.
    pub(super) fn login() -> Self {
        let sentence = "no administrator of such an account logs in with these";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", sentence)
    }

    /// Too much was guessed.
    pub(super) fn too_many() -> Self {
        let sentence = "too many wrong tries; wait a minute";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", sentence)
    }

    /// Asterisk is asked and does not answer.
    pub(super) fn asterisk() -> Self {
        let sentence = "Asterisk does not answer; pivot's log says why";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", sentence)
    }

    /// Nobody has credentials.
    pub(super) fn closed() -> Self {
        let sentence = "this needs a token and none is configured; set `account.auth_token`";
        Self::new(StatusCode::FORBIDDEN, "forbidden", sentence)
    }

    pub(super) fn forbidden(sentence: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", sentence)
    }

    pub(super) fn conflict(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "datastore_conflict", sentence)
    }

    pub(super) fn too_large(most: usize) -> Self {
        let sentence = format!("the body is larger than the {most} bytes that are taken here");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", sentence)
    }

    pub(super) fn content_type(given: &str, possible: &str) -> Self {
        let sentence = format!("the body must be {possible}");
        let refusal = Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_content_type",
            sentence,
        );
        refusal.cause(given)
    }

    /// The body is no JSON, or not the kind of JSON that is wanted.
    pub(super) fn json(sentence: &str, line: usize, column: usize) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, "parse_error", sentence);
        refusal.data["line"] = line.into();
        refusal.data["column"] = column.into();
        refusal
    }

    pub(super) fn invalid(faults: Faults) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: "validation error",
            data: faults.into(),
        }
    }

    /// One field is wrong.
    pub(super) fn fault(field: &str, code: &str, fault: Fault) -> Self {
        let mut faults = Faults::default();
        faults.add(field, code, fault);
        Self::invalid(faults)
    }

    /// Something that is not the client's fault.
    pub(super) fn broken(sentence: &str) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unspecified_fault",
            sentence,
        )
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::conflict(error.to_string()),
            StoreError::Missing { id, .. } => Self::unknown(&id),
            StoreError::NumberTaken(taken) => {
                let fault = Fault::new(taken.to_string()).cause(taken.value);
                Self::fault(taken.field, "unique", fault)
            }
            StoreError::Unreadable { .. } => Self::broken(&error.to_string()),
            StoreError::Broken(why) => {
                tracing::error!(why, "the store cannot be used");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "datastore_fault",
                    "the store cannot be used; pivot's log says why",
                )
            }
        }
    }
}
