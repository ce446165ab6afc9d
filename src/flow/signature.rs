//! `X-Twilio-Signature`: how a web application knows that a request is ours.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The header that carries the signature.
pub const HEADER: &str = "x-twilio-signature";

/// Signs a request to `url` with these form parameters.
///
/// `form` is empty for a GET, whose parameters are already in the query. The
/// fragment and `user:pass@` are left out whatever is given; so is the port of
/// an `https` URL, while `http` keeps it as written.
pub fn sign(token: &SecretString, url: &str, form: &[(String, String)]) -> String {
    digest(token, &signed_url(url), form)
}

/// The URL of a request with a JSON body: the hash of the body is added to its
/// query, and it is signed without parameters.
pub fn url_with_body_hash(url: &str, body: &[u8]) -> String {
    let hash: String = Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (base, fragment) = match url.split_once('#') {
        Some((base, fragment)) => (base, Some(fragment)),
        None => (url, None),
    };
    let separator = if base.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|f| format!("#{f}")).unwrap_or_default();
    format!("{base}{separator}bodySHA256={hash}{fragment}")
}

fn signed_url(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = if scheme.eq_ignore_ascii_case("https") {
        without_port(host)
    } else {
        host
    };
    // A receiver's framework rebuilds a bare origin with its slash. WebSocket
    // URLs are signed as written.
    let web = !scheme.to_ascii_lowercase().starts_with("ws");
    let slash = if web && !path.starts_with('/') {
        "/"
    } else {
        ""
    };
    format!("{scheme}://{host}{slash}{path}")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn digest(token: &SecretString, url: &str, form: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in form {
        sorted.entry(name).or_default().push(value);
    }
    let mut message = url.to_owned();
    for (name, mut values) in sorted {
        values.sort_unstable();
        values.dedup();
        for value in values {
            message.push_str(name);
            message.push_str(value);
        }
    }
    // HMAC takes a key of any length, so the error cannot happen.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Form = Vec<(String, String)>;

    const PHP: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    fn token() -> SecretString {
        SecretString::from("12345")
    }

    fn form(pairs: &[(&str, &str)]) -> Form {
        pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect()
    }

    fn call(number: &str) -> Form {
        form(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", number),
            ("Digits", "1234"),
            ("From", number),
            ("To", "+18005551212"),
        ])
    }

    // Check 189.
    #[test]
    fn twilio_vectors() {
        let zeros = format!("AC{}", "0".repeat(32));
        let vectors: [(&str, Form, &str); 10] = [
            (PHP, call("+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (
                "http://mycompany.com:80/myapp.php?foo=1&bar=2",
                call("+14158675309"),
                "0ZXoZLH/DfblKGATFgpif+LLRf4=",
            ),
            (
                "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
                call("+14158675309"),
                "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            ),
            (
                PHP,
                form(&[
                    ("Sid", "CA123"),
                    ("SidAccount", "AC123"),
                    ("Digits", "5678"),
                    ("Digits", "1234"),
                    ("Digits", "1234"),
                ]),
                "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
            ),
            (
                "https://example.com/myapp.php?foo=1&bar=2",
                call("+14158675310"),
                "L/OH5YylLD5NRKLltdqwSvS0BnU=",
            ),
            (
                "https://example.com/voice",
                Vec::new(),
                "D4QuouVN9rnoGVWTDp6pJurE7gw=",
            ),
            (
                "https://example.com/a",
                form(&[("Digits", "1#"), ("Text", "a b&c=d")]),
                "1lNpYeOYpwuEWnR5sg2ycM8HCks=",
            ),
            (
                "https://pivot.test/voice?x=%20y",
                form(&[
                    ("AccountSid", &zeros),
                    ("B", "UPPER"),
                    ("Empty", ""),
                    ("a", "lower"),
                    ("Ünï", "é"),
                ]),
                "WSXDHoAQH3EiKrLr0/ATN1lKF9Y=",
            ),
            (
                "wss://example.com/media",
                Vec::new(),
                "7PR3qMkpDyEJtMrVOY/LDyNq8J8=",
            ),
            (
                "wss://example.com/media/",
                Vec::new(),
                "T+WBXwUXC0/CyoZ1DA+p9ilZORs=",
            ),
        ];
        for (url, form, expected) in vectors {
            assert_eq!(sign(&token(), url, &form), expected, "{url}");
        }
    }

    #[test]
    fn json_body_is_signed_by_its_hash() {
        let url = url_with_body_hash(PHP, br#"{"property": "value", "boolean": true}"#);
        assert_eq!(
            url,
            format!(
                "{PHP}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
            )
        );
        assert_eq!(sign(&token(), &url, &[]), "a9nBmqA0ju/hNViExpshrM61xv4=");
        assert!(url_with_body_hash("https://h/a#rc=2", b"{}").ends_with("#rc=2"));
    }

    // Check 191.
    #[test]
    fn https_is_signed_without_its_port() {
        let url = "https://mycompany.com:443/myapp.php?foo=1&bar=2";
        // The official suites sign this URL with its port in it; receivers try
        // both, and the documented rule for webhooks is to leave it out.
        assert_eq!(
            digest(&token(), url, &call("+14158675309")),
            "kvajT1Ptam85bY51eRf/AJRuM3w="
        );
        assert_eq!(
            sign(&token(), url, &call("+14158675309")),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        );
        assert_eq!(signed_url("https://[::1]:8443/a"), "https://[::1]/a");
        assert_eq!(signed_url("https://[::1]/a"), "https://[::1]/a");
    }

    #[test]
    fn credentials_and_fragment_are_not_signed() {
        assert_eq!(
            signed_url("https://user:p%40ss@example.com:444/voice?x=1#rc=3"),
            "https://example.com/voice?x=1"
        );
        assert_eq!(
            signed_url("http://h:8080?x=a/b@c"),
            "http://h:8080/?x=a/b@c"
        );
        assert_eq!(signed_url("https://example.com"), "https://example.com/");
        assert_eq!(signed_url("wss://example.com"), "wss://example.com");
    }
}
