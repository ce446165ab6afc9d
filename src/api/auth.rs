//! Who may ask: HTTP Basic with `sid:auth_token`, as Twilio's libraries send, or
//! `X-Auth-Token`, as Kazoo's clients send.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

pub(super) fn is_allowed(headers: &HeaderMap, sid: &str, token: &SecretString) -> bool {
    let token = token.expose_secret().as_bytes();
    if let Some(given) = headers.get("x-auth-token") {
        return same(given.as_bytes(), token);
    }
    let Some((name, password)) = basic(headers) else {
        return false;
    };
    // Both are looked at whatever the first comparison gives.
    same(name.as_bytes(), sid.as_bytes()) & same(password.as_bytes(), token)
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Compares hashes, all of each: how long it takes says nothing about how much
/// of a guess was right.
pub(super) fn same(given: &[u8], expected: &[u8]) -> bool {
    let (given, expected) = (Sha256::digest(given), Sha256::digest(expected));
    let differing = given
        .iter()
        .zip(expected.iter())
        .fold(0, |all, (a, b)| all | (a ^ b));
    differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(name: &'static str, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        is_allowed(&headers, "AC1", &"s3cret".into())
    }

    #[test]
    fn basic_and_token_header_open() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert!(allowed("authorization", &basic("AC1:s3cret")));
        assert!(allowed(
            "authorization",
            &basic("AC1:s3cret").replace("Basic", "basic")
        ));
        assert!(allowed("x-auth-token", "s3cret"));
        for wrong in [
            "AC1:",
            "AC1:s3cre",
            "AC1:s3cret ",
            "AC2:s3cret",
            ":s3cret",
            "AC1",
            "s3cret",
        ] {
            assert!(!allowed("authorization", &basic(wrong)), "{wrong}");
        }
        assert!(!allowed("authorization", "Basic ???"));
        assert!(!allowed("authorization", "Bearer s3cret"));
        assert!(!allowed("x-auth-token", ""));
        assert!(!allowed("x-other", "s3cret"));
    }
}
