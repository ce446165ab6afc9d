//! A stage for live tests: an Asterisk, a web application and a pivot that asks it,
//! all of their own.
//!
//! ```ignore
//! on_each_asterisk! {
//!     a_caller_hears_a_prompt => async |s: &Stage| {
//!         let mut call = s.call("<Say>Hello.</Say>").await;
//!         s.over(&mut call).await;
//!     };
//! }
//! ```

use std::time::Duration;

use tokio::time::Instant;

use crate::asterisk::{self, Asterisk};
use crate::ears::Heard;
use crate::error::Result;
use crate::phone::Call;
use crate::pivot::{Config, MediaBy, Pivot};
use crate::webapp::{Answer, Seen, WebApp};

/// The number of whoever calls; [`Stage::call`] places calls from it.
pub const CALLER: &str = "15550001";
/// Numbers that the private Asterisk's dialplan brings to phones of the lab.
pub const FIRST: &str = "15557001";
pub const SECOND: &str = "15557002";

/// What calls ask first.
const VOICE: &str = "/voice";
/// Ends the call, whoever asks it; tests point their `action` here.
const DONE: &str = "/done";

pub struct Stage {
    pub asterisk: Asterisk,
    pub app: WebApp,
    pub pivot: Pivot,
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// How long something may take that ought to happen at once.
pub const SOON: Duration = Duration::from_secs(15);

/// Waits until it is so; `false` when it is not within the limit.
pub async fn until(limit: Duration, mut is: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !is() {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(ms(50)).await;
    }
    true
}

/// The verbs as a document.
pub fn xml(verbs: &str) -> Answer {
    Answer::xml(format!("<Response>{verbs}</Response>"))
}

/// A parameter of a request; empty when it has none of this name.
pub fn param(seen: &Seen, name: &str) -> String {
    seen.param(name).unwrap_or_default()
}

impl Stage {
    /// `None` where this version cannot be had.
    pub async fn new(version: &str) -> Result<Option<Self>> {
        Self::with(version, |config| config).await
    }

    /// The same with a changed configuration.
    pub async fn with(
        version: &str,
        change: impl FnOnce(Config) -> Config,
    ) -> Result<Option<Self>> {
        let Some(asterisk) = asterisk::start_or_skip(version).await? else {
            return Ok(None);
        };
        let app = WebApp::start().await?;
        app.on(DONE, [xml("<Hangup/>")]);
        let config = Config::voice_url(&app.url(VOICE)).media(MediaBy::Folder);
        let pivot = Pivot::start(&asterisk, &change(config)).await?;
        Ok(Some(Self {
            asterisk,
            app,
            pivot,
        }))
    }

    /// A call whose first document has these verbs.
    pub async fn call(&self, verbs: &str) -> Result<Call> {
        self.call_for(xml(verbs)).await
    }

    /// A call whose first document is this answer.
    pub async fn call_for(&self, answer: Answer) -> Result<Call> {
        self.app.forget_requests();
        self.app.on(VOICE, [answer]);
        self.asterisk.phone(CALLER).call("2100").await
    }

    /// Another call, from this number, which has been answered. What was asked before
    /// is remembered.
    pub async fn call_from(&self, number: &str, verbs: &str) -> Result<Call> {
        self.app.on(VOICE, [xml(verbs)]);
        let mut call = self.asterisk.phone(number).call("2100").await?;
        call.wait_answered().await?;
        Ok(call)
    }

    /// The only request for a path, which comes soon.
    pub async fn only(&self, path: &str) -> Result<Seen> {
        let seen = self.app.wait_request(path).await?;
        let times = self.app.requests_to(path).len();
        assert_eq!(times, 1, "{path}\n{}", self.traces().await?);
        Ok(seen)
    }

    /// What `/done` was told, once, after the call; nothing of it is left.
    pub async fn told(&self, call: &mut Call) -> Result<Seen> {
        let done = self.app.wait_request(DONE).await?;
        self.over(call).await?;
        assert_eq!(self.app.requests_to(DONE).len(), 1, "told once");
        Ok(done)
    }

    /// Waits for the end of a call; nothing of it is left.
    pub async fn over(&self, call: &mut Call) -> Result<()> {
        if call.state().ended.is_none() {
            call.wait_ended().await?;
        }
        self.nothing_left().await
    }

    /// Asterisk has nothing more of any call.
    pub async fn nothing_left(&self) -> Result<()> {
        let left = self.asterisk.settled_leftovers().await?;
        assert!(left.is_empty(), "{left:?}\n{}", self.trace().await?);
        Ok(())
    }

    /// The timeline of the last call.
    pub async fn trace(&self) -> Result<String> {
        let calls = self.pivot.call_ids().await?;
        let last = calls.first().map(String::as_str).unwrap_or_default();
        self.pivot.trace(last).await
    }

    /// The timelines of all calls.
    pub async fn traces(&self) -> Result<String> {
        let mut text = String::new();
        for id in self.pivot.call_ids().await? {
            text += &self.pivot.trace(&id).await?;
        }
        Ok(text)
    }

    /// Waits until the timelines say this so often.
    pub async fn traced(&self, words: &str, times: usize) -> Result<()> {
        let deadline = Instant::now() + SOON;
        loop {
            let traces = self.traces().await?;
            if traces.matches(words).count() >= times {
                return Ok(());
            }
            assert!(
                Instant::now() < deadline,
                "not {times} times {words:?}:\n{traces}"
            );
            tokio::time::sleep(ms(100)).await;
        }
    }

    /// One channel of the only recording there is.
    pub fn recording(&self, channel: u16) -> Result<Heard> {
        let files = self.pivot.recordings();
        let wav = files
            .iter()
            .find(|file| file.extension().is_some_and(|e| e == "wav"))
            .ok_or_else(|| crate::LabError::failed("there is no recording"))?;
        Heard::read_wav_channel(wav, channel)
    }

    pub fn forget_recordings(&self) -> Result<()> {
        for file in self.pivot.recordings() {
            std::fs::remove_file(file)?;
        }
        Ok(())
    }
}

/// What [`on_each_asterisk`] uses where a test has no function `stage` of its own.
pub async fn stage(version: &str) -> Option<Stage> {
    let stage = Stage::new(version).await;
    stage.unwrap_or_else(|error| panic!("there is no stage: {error}"))
}

/// Live tests on both versions, each with a stage of its own, which the function `stage`
/// of the test file makes. A script that panics has failed.
#[macro_export]
macro_rules! on_each_asterisk {
    ($($name:ident => $script:expr;)*) => {$(
        mod $name {
            use super::*;

            async fn on(version: &str) {
                if let Some(stage) = stage(version).await {
                    let script = $script;
                    script(&stage).await;
                }
            }

            #[tokio::test]
            async fn on_22() {
                on("22").await;
            }

            #[tokio::test]
            async fn on_16() {
                on("16").await;
            }
        }
    )*};
}
