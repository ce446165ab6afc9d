//! Basic and Digest authentication (RFC 7617, RFC 7616).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

/// Who we are to one server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Login {
    /// `https://host:port`; credentials never go anywhere else.
    pub(super) origin: String,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) scheme: Scheme,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Scheme {
    Basic,
    Digest { challenge: Digest, count: u32 },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("origin", &self.origin)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// Takes `user:pass@` out of a URL, percent-decoded.
    pub(super) fn take_from(url: &mut Url) -> Option<Self> {
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        let login = Self {
            origin: origin(url),
            user: percent_decode(url.username()),
            password: percent_decode(url.password().unwrap_or_default()),
            scheme: Scheme::Basic,
        };
        // Refused only for URLs without a host, which have no credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Some(login)
    }

    /// The `Authorization` header of the next request.
    pub(super) fn authorization(&mut self, method: &str, url: &Url) -> String {
        match &mut self.scheme {
            Scheme::Basic => {
                let pair = format!("{}:{}", self.user, self.password);
                format!("Basic {}", STANDARD.encode(pair))
            }
            Scheme::Digest { challenge, count } => {
                *count += 1;
                let cnonce = uuid::Uuid::new_v4().simple().to_string();
                let uri = &url[url::Position::BeforePath..url::Position::AfterQuery];
                challenge.answer(&self.user, &self.password, method, uri, *count, &cnonce)
            }
        }
    }

    /// Takes up the best of a 401's challenges; false when none can be answered.
    pub(super) fn challenged<'a>(&mut self, headers: impl Iterator<Item = &'a str>) -> bool {
        let challenges: Vec<Challenge> = headers.flat_map(challenges).collect();
        let digest = challenges.iter().find_map(Digest::from_challenge);
        let basic = challenges
            .iter()
            .any(|challenge| challenge.scheme.eq_ignore_ascii_case("basic"));
        self.scheme = match digest {
            Some(challenge) => Scheme::Digest {
                challenge,
                count: 0,
            },
            None if basic => Scheme::Basic,
            None => return false,
        };
        true
    }
}

pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The challenges of one `WWW-Authenticate` header, which may hold several.
fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = header.trim_start();
    while !rest.is_empty() {
        let end = rest.find([' ', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let after = after.trim_start();
        if let Some(value) = after.strip_prefix('=') {
            let (value, next) = parameter_value(value.trim_start());
            if let Some(challenge) = found.last_mut() {
                challenge.parameters.push((word.to_owned(), value));
            }
            rest = next;
        } else {
            if !word.is_empty() {
                found.push(Challenge {
                    scheme: word.to_owned(),
                    parameters: Vec::new(),
                });
            }
            rest = after;
        }
        rest = rest.trim_start_matches([' ', ',', '\t']);
    }
    found
}

/// A token or a quoted string, and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    (value, "")
}

/// What a server wants to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Digest {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// As the server wrote it; absent means MD5.
    algorithm: Option<String>,
    /// False for servers older than RFC 2617.
    qop: bool,
}

impl Digest {
    fn from_challenge(challenge: &Challenge) -> Option<Self> {
        if !challenge.scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let algorithm = challenge.get("algorithm").map(str::to_owned);
        let known = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"];
        if let Some(name) = &algorithm
            && !known.iter().any(|k| k.eq_ignore_ascii_case(name))
        {
            return None;
        }
        let qop = match challenge.get("qop") {
            None => false,
            Some(list) => {
                let auth = |word: &str| word.trim().eq_ignore_ascii_case("auth");
                if !list.split(',').any(auth) {
                    return None;
                }
                true
            }
        };
        Some(Self {
            realm: challenge.get("realm").unwrap_or_default().to_owned(),
            nonce: challenge.get("nonce")?.to_owned(),
            opaque: challenge.get("opaque").map(str::to_owned),
            algorithm,
            qop,
        })
    }

    fn answer(
        &self,
        user: &str,
        password: &str,
        method: &str,
        uri: &str,
        count: u32,
        cnonce: &str,
    ) -> String {
        let algorithm = self.algorithm.as_deref().unwrap_or("MD5");
        let name = algorithm.to_ascii_lowercase();
        let hash = |text: String| {
            if name.starts_with("sha-256") {
                hex(&Sha256::digest(text))
            } else {
                hex(&Md5::digest(text))
            }
        };
        let nonce = &self.nonce;
        let mut ha1 = hash(format!("{user}:{}:{password}", self.realm));
        if name.ends_with("-sess") {
            ha1 = hash(format!("{ha1}:{nonce}:{cnonce}"));
        }
        let ha2 = hash(format!("{method}:{uri}"));
        let response = if self.qop {
            hash(format!("{ha1}:{nonce}:{count:08x}:{cnonce}:auth:{ha2}"))
        } else {
            hash(format!("{ha1}:{nonce}:{ha2}"))
        };
        let mut out = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quote(user),
            quote(&self.realm),
            quote(nonce),
            quote(uri),
        );
        if let Some(name) = &self.algorithm {
            out.push_str(&format!(", algorithm={name}"));
        }
        if let Some(opaque) = &self.opaque {
            out.push_str(&format!(", opaque={}", quote(opaque)));
        }
        if self.qop {
            out.push_str(&format!(", qop=auth, nc={count:08x}, cnonce=\"{cnonce}\""));
        }
        out
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(url: &str) -> Login {
        Login::take_from(&mut Url::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn credentials_are_decoded_and_leave_the_url() {
        let mut url = Url::parse("http://us%65r:p%40ss%3A%25w@h:81/a?b").unwrap();
        let login = Login::take_from(&mut url).unwrap();
        assert_eq!(url.as_str(), "http://h:81/a?b");
        assert_eq!(
            (login.user.as_str(), login.password.as_str()),
            ("user", "p@ss:%w")
        );
        assert_eq!(login.origin, "http://h:81");
        assert!(!format!("{login:?}").contains("p@ss"));
        assert_eq!(Login::take_from(&mut url), None);
    }

    #[test]
    fn basic_is_encoded() {
        let url = Url::parse("http://h/").unwrap();
        let mut login = login("http://Aladdin:open%20sesame@h/");
        assert_eq!(
            login.authorization("GET", &url),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
    }

    #[test]
    fn one_header_may_hold_several_challenges() {
        let found = challenges(
            r#"Negotiate, Basic realm="a, \"b\"" , Digest realm=x,nonce="n=1", qop="auth,auth-int""#,
        );
        let schemes: Vec<&str> = found.iter().map(|c| c.scheme.as_str()).collect();
        assert_eq!(schemes, ["Negotiate", "Basic", "Digest"]);
        assert_eq!(found[1].get("Realm"), Some("a, \"b\""));
        assert_eq!(found[2].get("nonce"), Some("n=1"));
        assert_eq!(found[2].get("qop"), Some("auth,auth-int"));
    }

    #[test]
    fn digest_is_preferred_and_unknown_schemes_are_not_answered() {
        let mut login = login("http://u:p@h/");
        assert!(login.challenged([r#"Basic realm="r""#, r#"Digest nonce="n""#].into_iter()));
        assert!(matches!(login.scheme, Scheme::Digest { .. }));
        assert!(login.challenged(
            [r#"Digest nonce="n", algorithm=SHA-512-256, Basic realm="r""#].into_iter()
        ));
        assert_eq!(login.scheme, Scheme::Basic);
        assert!(!login.challenged(["Bearer"].into_iter()));
        assert!(!login.challenged([r#"Digest nonce="n", qop="auth-int""#].into_iter()));
    }

    proptest::proptest! {
        #[test]
        fn no_challenge_brings_the_reader_down(header in r#"([A-Za-z]{0,6}|[ ,="\\é]){0,30}"#) {
            let mut login = login("http://u:p@h/");
            login.challenged([header.as_str()].into_iter());
        }
    }

    /// The example of RFC 7616, section 3.9.1.
    #[test]
    fn digest_matches_the_rfc() {
        let answer = |algorithm: &str| {
            let header = format!(
                r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
            );
            let challenge = challenges(&header);
            Digest::from_challenge(&challenge[0]).unwrap().answer(
                "Mufasa",
                "Circle of Life",
                "GET",
                "/dir/index.html",
                1,
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            )
        };
        assert!(answer("MD5").contains(r#"response="8ca523f5e9506fed4657c9700eebdbec""#));
        assert!(answer("SHA-256").contains(
            r#"response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1""#
        ));
    }
}
