//! Wall-clock time that follows virtual time.
//!
//! Deadlines in a checkpoint must mean something to another process, so they
//! are wall-clock; the tests run under tokio's paused clock, so they must move
//! with it. This clock reads the wall once and then counts tokio's time.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

static START: OnceLock<(SystemTime, Instant)> = OnceLock::new();

thread_local! {
    static SET: Cell<Option<(SystemTime, Instant)>> = const { Cell::new(None) };
}

fn start() -> (SystemTime, Instant) {
    SET.get()
        .unwrap_or_else(|| *START.get_or_init(|| (SystemTime::now(), Instant::now())))
}

/// Makes it this time on this thread, until the guard is dropped; it goes on from
/// there. For calls in virtual time, which run on one thread.
#[must_use = "the time is that of the wall again when this is dropped"]
pub fn set(time: Time) -> Set {
    let since_1970 = Duration::from_millis(u64::try_from(time.0).unwrap_or(0));
    SET.set(Some((SystemTime::UNIX_EPOCH + since_1970, Instant::now())));
    Set(())
}

/// Undoes [`set`].
#[derive(Debug)]
pub struct Set(());

impl Drop for Set {
    fn drop(&mut self) {
        SET.set(None);
    }
}

/// A point in time, in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time(pub i64);

/// Keeps virtual time where it is until it is dropped.
///
/// Paused time jumps to the next deadline whenever nothing runs, and a peer
/// outside the runtime is nothing that runs; a blocking task is.
#[derive(Debug)]
pub struct Hold {
    _release: std::sync::mpsc::Sender<()>,
}

impl Hold {
    /// At most for `limit` of real time, so that a peer that never answers is
    /// met by its deadline after all.
    pub fn new(limit: Duration) -> Self {
        let (release, released) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || released.recv_timeout(limit).ok());
        Self { _release: release }
    }
}

/// Whole seconds, as web applications are told how long something lasted.
pub fn whole_seconds(duration: Duration) -> String {
    ((duration.as_millis() + 500) / 1000).to_string()
}

/// The present.
pub fn now() -> Time {
    let (wall, instant) = start();
    let began = wall
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let since = Instant::now().saturating_duration_since(instant);
    Time(i64::try_from((began + since).as_millis()).unwrap_or(i64::MAX))
}

impl Time {
    /// The moment `duration` after this one.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// How long ago `earlier` was; zero if it is still to come.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The instant at which tokio's timers reach this time.
    pub fn instant(self) -> Instant {
        Instant::now() + self.since(now())
    }

    /// Whole seconds since 1970.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// As Twilio writes dates: `Tue, 24 Nov 2026 23:00:00 +0000`.
    pub fn rfc2822(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|t| t.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
            .unwrap_or_default()
    }
}
