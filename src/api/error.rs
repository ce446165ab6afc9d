//! What is answered to a request that gets nothing: JSON as Twilio's clients
//! read it, with a sentence for whoever looks at it.

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

#[derive(Debug)]
pub(super) enum Refusal {
    NotFound,
    Method(Method),
    /// Credentials are wanted; those that came are not right.
    Credentials,
    /// Nobody has credentials.
    Closed,
    Broken(&'static str),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                20404,
                "there is nothing at this address".to_owned(),
            ),
            Self::Method(method) => (
                StatusCode::METHOD_NOT_ALLOWED,
                20004,
                format!("{method} is not possible here"),
            ),
            Self::Credentials => (
                StatusCode::UNAUTHORIZED,
                20003,
                "send HTTP Basic with the account's sid and token, or X-Auth-Token".to_owned(),
            ),
            Self::Closed => (
                StatusCode::FORBIDDEN,
                20003,
                "this needs a token and none is configured; set `account.auth_token`".to_owned(),
            ),
            Self::Broken(message) => (StatusCode::INTERNAL_SERVER_ERROR, 20500, message.to_owned()),
        };
        let body = Json(json!({
            "status": status.as_u16(),
            "code": code,
            "message": message,
        }));
        let mut response = (status, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let realm = header::HeaderValue::from_static("Basic realm=\"pivot\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}
