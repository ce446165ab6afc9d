//! The REST interface: a request comes in as data, an answer goes out as data.
//!
//! HTTP and REST over the event socket both end here. `route` is the table of
//! resources; each group of them has a file.

mod applications;
mod asterisk;
mod bridges;
mod channels;
mod device_states;
mod legs;
mod media;
mod params;
mod playbacks;
mod recordings;
mod variables;

use bytes::Bytes;
use serde_json::{Value, json};

pub(super) use params::Params;

use super::world::{Ticket, World};

/// A REST request, however it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// In capitals.
    pub(super) method: String,
    /// Below `/ari`, decoded, without empty parts.
    pub(super) path: Vec<String>,
    pub(super) params: Params,
}

/// What a request is answered with.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Empty,
    Json(Value),
    /// A file with its content type.
    File(String, Bytes),
}

impl Answer {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            body: Body::Json(body),
        }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(super) fn done() -> Self {
        Self {
            status: 204,
            body: Body::Empty,
        }
    }

    pub(super) fn error(status: u16, message: &str) -> Self {
        Self::json(status, json!({ "message": message }))
    }

    pub(super) fn allocation_failed() -> Self {
        Self::json(500, json!({ "error": "Allocation failed" }))
    }
}

/// `Err` is as good an answer as `Ok`; it lets handlers use `?`. `Ok(None)`
/// means that the answer comes later, by the request's ticket.
pub(super) type Handled = Result<Option<Answer>, Answer>;

/// Carries a request out. `None`: the answer comes later.
pub(super) fn route(world: &mut World, request: &Request, ticket: Ticket) -> Option<Answer> {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let handled = match path.split_first() {
        Some((&"asterisk", rest)) => asterisk::route(world, request, rest),
        Some((&"api-docs", rest)) => asterisk::api_docs(world, request, rest),
        Some((&"applications", rest)) => applications::route(world, request, rest),
        Some((&"channels", rest)) => channels::route(world, request, rest, ticket),
        Some((&"bridges", rest)) => bridges::route(world, request, rest, ticket),
        Some((&"playbacks", rest)) => playbacks::route(world, request, rest),
        Some((&"recordings", rest)) => recordings::route(world, request, rest),
        Some((&"deviceStates", rest)) => device_states::route(world, request, rest),
        Some((&"endpoints", [])) if request.method == "GET" => Ok(Some(channels::endpoints(world))),
        Some((&"endpoints", [tech, resource])) if request.method == "GET" => {
            channels::of_endpoint(world, tech, resource)
        }
        _ => Err(no_resource()),
    };
    handled.unwrap_or_else(Some)
}

fn no_resource() -> Answer {
    Answer::error(404, "Resource not found")
}

fn wrong_method() -> Answer {
    Answer::error(405, "Invalid method")
}
