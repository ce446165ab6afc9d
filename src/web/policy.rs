//! How a request behaves: timeouts, retries, redirects, and the overrides that
//! a URL may carry in its fragment.

use std::time::Duration;

use serde::Serialize;

/// How one request behaves. The presets differ as Twilio and Kazoo do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Name resolution, TCP and TLS of one connection.
    pub connect: Duration,
    /// The longest silence of the server.
    pub read: Duration,
    /// Everything: all retries, all redirects, the whole body.
    pub total: Duration,
    /// Further attempts after a failure that `retry_on` names.
    pub retries: u32,
    pub retry_on: RetryOn,
    pub redirects: Redirects,
    /// Bytes of the body after decompression.
    pub max_body: usize,
    pub user_agent: Option<&'static str>,
    /// When credentials of the URL (`user:pass@`) are sent.
    pub auth: Auth,
    /// Whether a form's content type names its charset.
    pub form_charset: bool,
    /// Whether the TLS handshake names the host.
    pub sni: bool,
}

/// Which failures are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetryOn {
    pub connect: bool,
    pub read: bool,
    pub client_error: bool,
    pub server_error: bool,
}

/// What a redirect (301, 302, 303, 307, 308) makes of a request. At most ten
/// are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// Every redirect becomes a GET without the form.
    ToGet,
    /// 307 and 308 repeat method and body; the others become GET.
    KeepMethod307,
    /// All repeat method and body, save 303.
    RepeatAll,
    /// The redirect is the answer.
    None,
}

/// When credentials are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// After the server asked for them with a 401; Basic or Digest.
    WhenAsked,
    /// Basic, with the first request.
    AtOnce,
}

impl Policy {
    /// As Twilio fetches documents.
    pub fn twiml() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(15),
            total: Duration::from_secs(15),
            retries: 1,
            retry_on: RetryOn {
                connect: true,
                ..RetryOn::default()
            },
            redirects: Redirects::ToGet,
            max_body: 64 * 1024,
            user_agent: Some("TwilioProxy/1.1"),
            auth: Auth::WhenAsked,
            form_charset: true,
            sni: true,
        }
    }

    /// As Kazoo fetches documents.
    pub fn kazoo() -> Self {
        Self {
            read: Duration::from_secs(5),
            total: Duration::from_secs(5),
            redirects: Redirects::KeepMethod307,
            user_agent: None,
            auth: Auth::AtOnce,
            form_charset: false,
            ..Self::twiml()
        }
    }

    /// For media that a document plays.
    pub fn media() -> Self {
        Self {
            total: Duration::from_secs(60),
            max_body: 64 * 1024 * 1024,
            ..Self::twiml()
        }
    }

    /// For recordings sent to a customer's store.
    pub fn upload() -> Self {
        Self {
            read: Duration::from_secs(60),
            total: Duration::from_secs(300),
            redirects: Redirects::RepeatAll,
            user_agent: Some(concat!("pivot/", env!("CARGO_PKG_VERSION"))),
            auth: Auth::AtOnce,
            ..Self::twiml()
        }
    }

    /// The same, with another limit for the whole exchange.
    #[must_use]
    pub fn within(mut self, total: Duration) -> Self {
        self.total = total;
        self.read = self.read.min(total);
        self
    }

    /// Applies the overrides of a URL's fragment, as in `#rc=2&rp=5xx,ct`.
    /// What is wrong is reported and left at its default.
    pub fn override_by(&mut self, fragment: &str) -> Vec<Warning> {
        let mut warnings = Vec::new();
        // A fragment without `=` is an anchor that somebody copied.
        let settings = fragment.split('&').filter_map(|item| item.split_once('='));
        for (key, value) in settings {
            if let Err(warning) = self.set(key, value) {
                warnings.push(warning);
            }
        }
        warnings
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Warning> {
        match key {
            "ct" => self.connect = milliseconds(key, value, 10_000)?,
            "rt" => self.read = milliseconds(key, value, 15_000)?,
            "tt" => self.total = milliseconds(key, value, 15_000)?,
            "rc" => match value.parse() {
                Ok(count @ 0..=5) => self.retries = count,
                _ => return Err(bad(key, value, "a number of retries from 0 to 5")),
            },
            "rp" => self.retry_on = RetryOn::parse(value)?,
            "sni" => match value {
                "y" => self.sni = true,
                "n" => self.sni = false,
                _ => return Err(bad(key, value, "y or n")),
            },
            "e" => {
                return Err(Warning {
                    code: 11240,
                    message: format!("`e={value}` has no effect: pivot has no edge locations"),
                });
            }
            _ => {
                return Err(Warning {
                    code: 11243,
                    message: format!(
                        "`{key}` is not a connection override; they are ct, rt, tt, rc, rp and sni"
                    ),
                });
            }
        }
        Ok(())
    }
}

impl RetryOn {
    fn parse(value: &str) -> Result<Self, Warning> {
        let mut on = Self::default();
        for word in value.split(',') {
            match word {
                "ct" => on.connect = true,
                "rt" => on.read = true,
                "4xx" => on.client_error = true,
                "5xx" => on.server_error = true,
                "all" => {
                    on = Self {
                        connect: true,
                        read: true,
                        client_error: true,
                        server_error: true,
                    };
                }
                _ => return Err(bad("rp", value, "a comma list of ct, rt, 4xx, 5xx and all")),
            }
        }
        Ok(on)
    }
}

fn milliseconds(key: &str, value: &str, max: u64) -> Result<Duration, Warning> {
    match value.parse() {
        Ok(ms) if (100..=max).contains(&ms) => Ok(Duration::from_millis(ms)),
        _ => Err(bad(key, value, &format!("milliseconds from 100 to {max}"))),
    }
}

fn bad(key: &str, value: &str, expected: &str) -> Warning {
    Warning {
        code: 11243,
        message: format!("`{key}={value}` is ignored: write {expected}"),
    }
}

/// A connection override that was not followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Twilio's error code.
    pub code: u32,
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overridden(fragment: &str) -> (Policy, Vec<Warning>) {
        let mut policy = Policy::twiml();
        let warnings = policy.override_by(fragment);
        (policy, warnings)
    }

    #[test]
    fn every_override_is_taken() {
        let (policy, warnings) = overridden("ct=100&rt=500&tt=15000&rc=5&rp=5xx,ct&sni=n");
        assert_eq!(warnings, []);
        assert_eq!(policy.connect, Duration::from_millis(100));
        assert_eq!(policy.read, Duration::from_millis(500));
        assert_eq!(policy.total, Duration::from_secs(15));
        assert_eq!(policy.retries, 5);
        assert!(policy.retry_on.server_error && policy.retry_on.connect);
        assert!(!policy.retry_on.read && !policy.retry_on.client_error);
        assert!(!policy.sni);
    }

    #[test]
    fn bad_overrides_warn_and_keep_the_default() {
        for fragment in [
            "ct=99",
            "ct=10001",
            "rt=15001",
            "tt=x",
            "rc=6",
            "rp=ct,6xx",
            "sni=no",
            "zz=1",
        ] {
            let (policy, warnings) = overridden(fragment);
            assert_eq!(policy, Policy::twiml(), "{fragment}");
            assert_eq!(warnings.len(), 1, "{fragment}");
            assert_eq!(warnings[0].code, 11243, "{fragment}");
        }
        assert_eq!(overridden("e=ashburn,dublin").1[0].code, 11240);
        assert_eq!(overridden("top"), (Policy::twiml(), Vec::new()));
    }

    #[test]
    fn a_short_total_shortens_the_read_timeout() {
        let policy = Policy::twiml().within(Duration::from_secs(2));
        assert_eq!(policy.read, Duration::from_secs(2));
        assert_eq!(policy.connect, Duration::from_secs(5));
    }
}
