//! What called endpoints do.

use std::time::Duration;

/// What a called endpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// 180 after this long; `None`: no ringing is signalled.
    pub ring_after: Option<Duration>,
    /// 183 with sound after this long.
    pub early_media_after: Option<Duration>,
    pub outcome: Outcome,
    /// Hangs up this long after its answer.
    pub hangup_after: Option<Duration>,
    /// Keys pressed this long after its answer.
    pub presses: Vec<(Duration, String)>,
    /// Talks from and for these times after its answer.
    pub talks: Vec<(Duration, Duration)>,
    /// Sounds a tone of so many hertz, from and for these times after its answer.
    pub tones: Vec<(u32, Duration, Duration)>,
}

/// How the ringing ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    AnswerAfter(Duration),
    /// A final SIP response other than 200 after this long.
    RejectAfter(u16, Duration),
    NoAnswer,
    /// Nobody is registered: the leg cannot even be created.
    Unregistered,
    /// A `Local/` endpoint whose extension is not in the dialplan: the leg ends
    /// when it is dialled, without a word about the dialling.
    NoExtension,
}

impl Behaviour {
    /// Rings at once and answers after `after`.
    pub fn answers(after: Duration) -> Self {
        Self {
            ring_after: Some(Duration::ZERO),
            early_media_after: None,
            outcome: Outcome::AnswerAfter(after),
            hangup_after: None,
            presses: Vec::new(),
            talks: Vec::new(),
            tones: Vec::new(),
        }
    }

    /// Answers the call with this SIP code, after 50 ms and without ringing.
    pub fn rejects(code: u16) -> Self {
        Self {
            ring_after: None,
            outcome: Outcome::RejectAfter(code, Duration::from_millis(50)),
            ..Self::answers(Duration::ZERO)
        }
    }

    pub fn busy() -> Self {
        Self::rejects(486)
    }

    pub fn congestion() -> Self {
        Self::rejects(503)
    }

    /// Rings for ever.
    pub fn no_answer() -> Self {
        Self {
            outcome: Outcome::NoAnswer,
            ..Self::answers(Duration::ZERO)
        }
    }

    pub fn unregistered() -> Self {
        Self {
            outcome: Outcome::Unregistered,
            ..Self::answers(Duration::ZERO)
        }
    }

    pub fn no_extension() -> Self {
        Self {
            outcome: Outcome::NoExtension,
            ..Self::answers(Duration::ZERO)
        }
    }

    #[must_use]
    pub fn rings_after(mut self, after: Duration) -> Self {
        self.ring_after = Some(after);
        self
    }

    #[must_use]
    pub fn early_media_after(mut self, after: Duration) -> Self {
        self.early_media_after = Some(after);
        self
    }

    #[must_use]
    pub fn hangs_up_after(mut self, talked: Duration) -> Self {
        self.hangup_after = Some(talked);
        self
    }

    #[must_use]
    pub fn presses(mut self, after: Duration, keys: &str) -> Self {
        self.presses.push((after, keys.into()));
        self
    }

    #[must_use]
    pub fn talks(mut self, after: Duration, length: Duration) -> Self {
        self.talks.push((after, length));
        self
    }

    #[must_use]
    pub fn sounds(mut self, hertz: u32, after: Duration, length: Duration) -> Self {
        self.tones.push((hertz, after, length));
        self
    }
}

/// An endpoint pattern and what it does.
#[derive(Debug, Clone)]
pub(in crate::simulate) struct Callee {
    pub(in crate::simulate) pattern: String,
    pub(in crate::simulate) behaviour: Behaviour,
}
