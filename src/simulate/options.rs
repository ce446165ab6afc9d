//! How a fake is set up, and the dials that can be turned while it runs.

use std::net::SocketAddr;
use std::time::Duration;

/// The release whose features and texts are imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 16.28.0: no `tech_cause`, no `reason_code`, no `progress`, no REST over
    /// the event socket.
    V16,
    /// 22.10.1.
    V22,
}

impl Version {
    /// As `GET /asterisk/info` gives it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V16 => "16.28.0~dfsg-0+deb11u4",
            Self::V22 => "22.10.1+dfsg+~cs6.17.60671434-1",
        }
    }
}

/// What a fake is started with.
#[derive(Debug, Clone)]
pub struct Options {
    pub version: Version,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    pub username: String,
    pub password: String,
    /// The application that `Stasis(…)` of the dialplan names for inbound calls.
    pub app: String,
    pub dials: Dials,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: Version::V22,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            username: "pivot".into(),
            password: "secret".into(),
            app: "pivot".into(),
            dials: Dials::default(),
        }
    }
}

/// Delays that real machines have in varying order. With all at zero the
/// response is written before the events it causes.
#[derive(Debug, Clone)]
pub struct Dials {
    /// From the moment a response is ready to its being written. With this
    /// above `event_delay`, events overtake the responses of their requests.
    pub response_delay: Duration,
    /// From an event's happening to its being written.
    pub event_delay: Duration,
    /// From the response of `POST /channels/create` to the channel's being in
    /// Stasis; until then dialling it and adding it to a bridge give 409.
    pub create_delay: Duration,
    /// Up to this much, by chance, is added to each of the two delays above.
    pub jitter: Duration,
    /// Where chance begins; the same seed gives the same delays.
    pub seed: u64,
    /// How long what has just ended still seems to be there: an addChannel is
    /// refused after a recording, a finished playback is found; and how long a
    /// recording that has just begun cannot be stopped.
    pub lag: Duration,
    /// How long a sound lasts that nothing else is known about.
    pub sound: Duration,
}

impl Dials {
    /// A chance delay; each call moves the seed on.
    pub(super) fn chance(&mut self) -> Duration {
        let limit = u64::try_from(self.jitter.as_micros()).unwrap_or(0);
        if limit == 0 {
            return Duration::ZERO;
        }
        // SplitMix64.
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Duration::from_micros((z ^ (z >> 31)) % (limit + 1))
    }
}

impl Default for Dials {
    fn default() -> Self {
        Self {
            response_delay: Duration::ZERO,
            event_delay: Duration::ZERO,
            create_delay: Duration::from_millis(2),
            jitter: Duration::ZERO,
            seed: 0,
            lag: Duration::ZERO,
            sound: Duration::from_secs(1),
        }
    }
}
