//! What a call remembers about the servers it talks to.

use cookie_store::{Cookie, CookieStore, RawCookie};
use http::{HeaderMap, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::auth::Login;

/// Cookies of one call by the usual rules of domain, path and age, and the
/// logins that its servers asked for.
///
/// Unlike a browser's it is saved whole: session cookies live as long as the
/// call, in whatever process it runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CookieJar {
    #[serde(serialize_with = "save", deserialize_with = "load")]
    cookies: CookieStore,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) logins: Vec<Login>,
}

/// Cookies kept for a call; a server that sets more loses the surplus.
const MOST_COOKIES: usize = 200;
/// Bytes of one cookie, as browsers have it.
const LARGEST_COOKIE: usize = 4096;

impl CookieJar {
    pub(super) fn store(&mut self, url: &Url, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            let Ok(text) = std::str::from_utf8(value.as_bytes()) else {
                continue;
            };
            let room = self.cookies.iter_any().count() < MOST_COOKIES;
            if !room || text.len() > LARGEST_COOKIE {
                continue;
            }
            if let Ok(cookie) = RawCookie::parse(text.to_owned()) {
                // A cookie for a foreign domain is refused here; that is no
                // concern of the call.
                let _ = self.cookies.insert_raw(&cookie, url);
            }
        }
    }

    /// The `Cookie` header of a request to this URL.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let pairs: Vec<String> = self
            .cookies
            .get_request_values(url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub(super) fn remember(&mut self, login: Login) {
        self.logins.retain(|known| known.origin != login.origin);
        self.logins.push(login);
    }

    pub(super) fn login(&mut self, origin: &str) -> Option<&mut Login> {
        self.logins.iter_mut().find(|login| login.origin == origin)
    }
}

/// The store's own form leaves out session cookies, which is most of them.
fn save<S: Serializer>(store: &CookieStore, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(store.iter_unexpired())
}

fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CookieStore, D::Error> {
    let cookies: Vec<Cookie<'static>> = Vec::deserialize(deserializer)?;
    let all = cookies.into_iter().map(Ok::<_, D::Error>);
    CookieStore::from_cookies(all, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(jar: &mut CookieJar, url: &str, cookies: &[&str]) {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::SET_COOKIE, cookie.parse().unwrap());
        }
        jar.store(&Url::parse(url).unwrap(), &headers);
    }

    fn get(jar: &CookieJar, url: &str) -> Option<String> {
        jar.header(&Url::parse(url).unwrap())
    }

    #[test]
    fn cookies_follow_domain_and_path() {
        let mut jar = CookieJar::default();
        set(
            &mut jar,
            "http://a.example.com/x/y",
            &["s=1; Path=/", "p=2; Path=/x"],
        );
        set(
            &mut jar,
            "http://a.example.com/",
            &["f=3; Domain=other.com", "w=4; Domain=example.com"],
        );
        let at_root = get(&jar, "http://a.example.com/").unwrap();
        assert!(at_root.contains("s=1") && at_root.contains("w=4"));
        assert!(!at_root.contains("p=2"));
        assert!(
            get(&jar, "http://a.example.com/x/z")
                .unwrap()
                .contains("p=2")
        );
        assert_eq!(get(&jar, "http://b.example.com/").as_deref(), Some("w=4"));
        assert_eq!(get(&jar, "http://other.com/"), None);
    }

    #[test]
    fn session_cookies_survive_being_saved() {
        let mut jar = CookieJar::default();
        set(
            &mut jar,
            "http://127.0.0.1:3000/",
            &["PHPSESSID=abc; Path=/; HttpOnly"],
        );
        let saved = serde_json::to_string(&jar).unwrap();
        let loaded: CookieJar = serde_json::from_str(&saved).unwrap();
        assert_eq!(
            get(&loaded, "http://127.0.0.1:3000/x").as_deref(),
            Some("PHPSESSID=abc")
        );
    }

    #[test]
    fn a_server_cannot_fill_the_memory() {
        let mut jar = CookieJar::default();
        for n in 0..300 {
            set(&mut jar, "http://h/", &[&format!("c{n}=1")]);
        }
        set(
            &mut jar,
            "http://g/",
            &[&format!("big={}", "x".repeat(5000))],
        );
        assert_eq!(jar.cookies.iter_any().count(), MOST_COOKIES);
        assert_eq!(get(&jar, "http://g/"), None);
    }
}
