//! Documents that run beside a verb: what a caller hears who waits in a queue or
//! for a conference.
//!
//! The verb stops in the middle and says which document (`Flow::Aside`). That one
//! runs like any other, on the same channel and by the same loop, until it ends,
//! until `<Leave>`, or until news for the verb cut it short; then the verb is
//! entered again with the progress it had, as after a call was picked up.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::session::{At, Failed, Session};
use crate::call::{Call, Interrupt, Step};
use crate::clock::{self, Time};
use crate::program::{Aside, AsideEnd, AsideKind, Flow};
use crate::twiml::Document;

/// So many documents may follow each other within `WINDOW`, as when each leads to
/// the next: no limit ends that chain, so it must not be a busy loop.
const AT_ONCE: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

/// What waits for a document beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Frame {
    at: At,
    base: Option<String>,
    step: Step,
    /// The document of the verb that waits; read again when the call was picked up.
    #[serde(skip)]
    document: Option<Arc<Document>>,
    pub(super) kind: AsideKind,
    /// Documents asked for since then.
    asked: (Time, u32),
}

impl AsideKind {
    /// The verbs that its document may have (spec/twiml.md, 3.22).
    pub(super) fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::QueueWait => &[
                "Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather",
            ],
            Self::ConferenceWait | Self::QueueGreeting => &["Play", "Say", "Pause", "Redirect"],
        }
    }

    /// An answer that is sound plays until the waiting is over; a document ends.
    pub(super) fn repeats_sound(self) -> bool {
        self == Self::ConferenceWait
    }
}

/// Begins the document; the verb that asked for it waits.
pub(super) fn enter(call: &mut Call, session: &mut Session, aside: Aside) {
    let at = At::Fetching {
        request: aside.request,
        first: false,
        because: None,
    };
    session.frames.push(Frame {
        at: std::mem::replace(&mut session.at, at),
        base: session.base.clone(),
        step: call.suspend_step(),
        document: session.document.take(),
        kind: aside.kind,
        asked: (clock::now(), 0),
    });
    call.state.aside = true;
}

/// How what a verb decided ends the document beside, if it does.
pub(super) fn end_of(flow: &Flow) -> Option<AsideEnd> {
    match flow {
        Flow::Leave => Some(AsideEnd::Left),
        Flow::Stop(_) | Flow::Next => Some(AsideEnd::Finished),
        _ => None,
    }
}

/// Goes back to the verb that waits. What still plays is stopped.
pub(super) async fn leave(
    call: &mut Call,
    session: &mut Session,
    end: AsideEnd,
) -> Result<(), Interrupt> {
    let Some(frame) = session.frames.pop() else {
        return Ok(());
    };
    session.at = frame.at;
    session.base = frame.base;
    session.document = frame.document;
    call.state.aside = !session.frames.is_empty();
    call.state.aside_end = Some(end);
    call.go_on_with_step(frame.step);
    call.settle().await
}

/// Keeps documents that lead to each other from doing so without end and pause.
pub(super) async fn pace(call: &mut Call, session: &mut Session) -> Result<(), Interrupt> {
    let Some(frame) = session.frames.last_mut() else {
        return Ok(());
    };
    let (since, number) = frame.asked;
    let over = since.after(WINDOW);
    frame.asked = match clock::now() {
        now if now >= over => (now, 1),
        _ if number < AT_ONCE => (since, number + 1),
        _ => {
            call.note("the documents beside the verb follow each other too fast; the next waits");
            call.during(tokio::time::sleep_until(over.instant()))
                .await?;
            (over, 1)
        }
    };
    Ok(())
}

/// A document beside that cannot be had is told, and the verb goes on without it.
pub(super) fn tell(call: &Call, failed: &Failed) {
    call.warn(format!(
        "{} ({}): {}; the caller waits without it",
        failed.url, failed.code, failed.reason
    ));
}

/// The call is over: URLs of what is still requested belong to the outermost document.
pub(super) fn unwind(session: &mut Session) {
    if let Some(frame) = session.frames.drain(..).next() {
        session.base = frame.base;
    }
}
