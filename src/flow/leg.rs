//! A leg that runs a document of its own before it is connected (`url` of Number,
//! Sip and Client), or is asked for a key (calls that were forwarded): a call like any
//! other, with a parent.
//!
//! The end of its document connects it: its channel is handed back and the parent
//! is told. `<Hangup>`, a document that cannot be had, and the party's own hang-up
//! end the leg, and the parent is told that, too.

use serde::{Deserialize, Serialize};

use super::finish::{self, Outcome, Status};
use super::route::Manner;
use super::run::resume;
use super::session::Session;
use crate::call::ops::Confirm;
use crate::call::{Call, Interrupt, LegCall};
use crate::config::{OnEnd, Profile};
use crate::id::CallId;
use crate::news::{News, Screened};
use crate::program::{End, Pivot};

/// The verbs that a leg's document may have (spec/twiml.md, 3.22).
const VERBS: &[&str] = &[
    "Say", "Play", "Gather", "Pause", "Redirect", "Hangup", "Record", "Set",
];

/// What a leg has of the call that made it.
#[derive(Serialize, Deserialize)]
struct Inherited {
    manner: Manner,
    pivot: Pivot,
}

/// Keeps what legs inherit, for the document that begins.
pub(super) fn bequeath(call: &mut Call, session: &Session) {
    let Some(pivot) = &session.pivot else { return };
    let inherited = Inherited {
        manner: session.manner.clone(),
        pivot: pivot.clone(),
    };
    call.state.inherit = serde_json::to_value(inherited).unwrap_or_default();
}

pub(super) fn verbs(call: &Call) -> Option<&'static [&'static str]> {
    let is_leg = call.facts().parent.is_some() && !call.state.borrowed;
    is_leg.then_some(VERBS)
}

/// Where the instructions of a leg come from.
pub fn session(leg: &LegCall) -> Option<Session> {
    let inherited = serde_json::from_value(leg.state.inherit.clone());
    let Inherited { manner, pivot } = inherited.ok()?;
    let manner = Manner {
        // The end of the document, and only that, gives the channel back.
        on_end: OnEnd::Continue,
        profile: Profile::Pivot,
        status_callback: None,
        ..manner
    };
    let pivot = Pivot {
        cdr_url: None,
        fallback_url: None,
        ..pivot
    };
    Some(Session::asking(manner, pivot, leg.request.clone()?))
}

/// Runs a leg's document or asks it for a key, or goes on with one that was picked up.
pub async fn run(call: &mut Call, mut session: Option<Session>) {
    let result = match (&mut session, call.state.confirm.clone()) {
        (_, Some(confirm)) => ask(call, &confirm).await,
        (Some(session), None) => resume(call, session).await,
        (None, None) => Ok(ended(
            Status::InternalError,
            "nothing is known of the call whose leg it is",
        )),
    };
    let Some(parent) = call.facts().parent.clone() else {
        return;
    };
    let ends = matches!(
        &result,
        Ok(Outcome {
            status: Status::Completed,
            end: End::Dialplan { context: None, .. },
            ..
        })
    );
    let failed = matches!(&result, Ok(outcome) if outcome.status != Status::Completed);
    // A channel that is only lent goes back whatever ends the application.
    let gives_back = if call.state.borrowed {
        !matches!(result, Err(Interrupt::Gone))
    } else {
        ends
    };
    if gives_back && call.hand_back_to(&parent).await.is_ok() {
        call.trace().end("its channel is handed back");
        tell(call, &parent, true, failed);
        return;
    }
    let result = match result {
        // Nobody's dialplan knows this channel.
        Ok(outcome) => Ok(Outcome {
            end: End::Hangup(None),
            ..outcome
        }),
        Err(Interrupt::Shutdown) => Ok(ended(Status::Draining, "pivot is shutting down")),
        Err(interrupt) => Err(interrupt),
    };
    finish::finish(call, session, result).await;
    tell(call, &parent, false, failed);
}

/// Whoever presses the key is given back, as at the end of a document.
async fn ask(call: &mut Call, confirm: &Confirm) -> Result<Outcome, Interrupt> {
    let () = call.enter_step();
    let outcome = if call.confirm(confirm).await? {
        Outcome {
            end: End::Dialplan {
                context: None,
                extension: None,
                priority: None,
            },
            ..ended(Status::Completed, "has accepted")
        }
    } else {
        ended(Status::Completed, "has not accepted")
    };
    Ok(outcome)
}

fn ended(status: Status, reason: &str) -> Outcome {
    Outcome {
        end: End::Hangup(None),
        status,
        reason: reason.to_owned(),
    }
}

fn tell(call: &Call, parent: &CallId, accepted: bool, failed: bool) {
    let screened = Screened {
        channel: call.state.channel.clone(),
        accepted,
        failed,
    };
    let router = &call.services().router;
    router.tell_call(parent, News::Screened(screened));
}
