//! What pivot itself adds to a call: how long a caller waits for us and not for
//! Asterisk or the web application.

use tokio::time::Instant;

/// The two histograms, in seconds.
pub const ASK: &str = "pivot_ask_seconds";
pub const ACT: &str = "pivot_act_seconds";

/// Measures each stretch once.
#[derive(Debug, Default)]
pub struct Latency {
    arrived: Option<Instant>,
    replied: Option<Instant>,
}

impl Latency {
    /// Begins when `StasisStart` was read.
    pub fn since(arrived: Instant) -> Self {
        Self {
            arrived: Some(arrived),
            replied: None,
        }
    }

    /// The first HTTP request is written.
    pub(crate) fn asks(&mut self) {
        if let Some(arrived) = self.arrived.take() {
            metrics::histogram!(ASK).record(arrived.elapsed().as_secs_f64());
        }
    }

    /// A document has been read.
    pub(crate) fn replied(&mut self) {
        self.replied = Some(Instant::now());
    }

    /// A request to Asterisk is written.
    pub(super) fn acts(&mut self) {
        if let Some(replied) = self.replied.take() {
            metrics::histogram!(ACT).record(replied.elapsed().as_secs_f64());
        }
    }
}
