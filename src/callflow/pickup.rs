//! Taking a call from another phone: what `group_pickup`, `intercept` and `move`
//! share.

use std::time::Duration;

use super::library::prompt;
use super::phones::{self, Whose};
use crate::call::ops::{Dequeue, Dial, DialOutcome, Keys, Other, Play};
use crate::call::{Call, Interrupt};
use crate::id::CallId;
use crate::program::Flow;

/// How long the other call has to let itself be taken.
const WAIT: Duration = Duration::from_secs(10);

/// Which calls may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Ringing,
    Any,
}

impl Takes {
    /// What is said when there are no such phones, when they have no such call, and when
    /// the caller may not take it: Kazoo has prompts of their own for `intercept`.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Ringing => [
                "pickup-no_users",
                "pickup-no_channels",
                "pickup-not_allowed",
            ],
            Self::Any => {
                let none = "intercept-no_channels";
                ["intercept-no_users", none, none]
            }
        }
    }
}

/// Who may do something to somebody else's call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Approved {
    /// Nothing is said about it.
    Everybody,
    Only(Whose),
}

impl Approved {
    pub(super) fn new(
        device: Option<&String>,
        user: Option<&String>,
        group: Option<&String>,
    ) -> Self {
        Whose::first(device, user, group).map_or(Self::Everybody, Self::Only)
    }

    /// Whether the caller is among them; `otherwise` when nothing is said.
    pub(super) async fn allows(&self, call: &mut Call, otherwise: bool) -> Result<bool, Interrupt> {
        match self {
            Self::Everybody => Ok(otherwise),
            Self::Only(whose) => phones::is_callers(call, whose).await,
        }
    }
}

/// Takes a call of these phones. The flow is over then, also when there was none.
pub(super) async fn take(
    call: &mut Call,
    whose: Option<Whose>,
    may: bool,
    takes: Takes,
) -> Result<Flow, Interrupt> {
    let [no_users, no_channels, not_allowed] = takes.words();
    let Some(whose) = whose else {
        call.warn("neither `device_id`, `user_id` nor `group_id` says whose call");
        return refuse(call, no_users).await;
    };
    if !may {
        call.note("the caller is not approved to do so");
        return refuse(call, not_allowed).await;
    }
    let devices = phones::devices(call, &whose).await?;
    let endpoints = phones::endpoints(call, &devices).await?;
    if endpoints.is_empty() {
        return refuse(call, no_users).await;
    }
    let channels = call.channels_of(&endpoints).await?;
    let fits = |other: &Other| takes == Takes::Any || !other.answered;
    // A call that rings is rather meant than one that talks, and one that came to the
    // phone than one that it made.
    let mut found: Vec<Other> = channels.into_iter().filter(fits).collect();
    found.sort_by_key(|other| (other.answered, other.rung_by.is_none()));
    if take_one(call, found).await? {
        return Ok(Flow::Stop(None));
    }
    refuse(call, no_channels).await
}

/// Takes the first of these that lets itself be taken, and returns after the
/// conversation.
pub(super) async fn take_one(call: &mut Call, channels: Vec<Other>) -> Result<bool, Interrupt> {
    for other in channels {
        let taken = match &other.rung_by {
            Some(owner) => take_caller(call, &other, owner).await?,
            None if other.answered => take_party(call, &other).await?,
            None => false,
        };
        if taken {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the caller who rings that phone, or talks with it.
async fn take_caller(call: &mut Call, other: &Other, owner: &CallId) -> Result<bool, Interrupt> {
    call.note(format!("takes the call of {}", other.name));
    let dequeued = call
        .dequeue(Dequeue {
            queue: String::new(),
            call: Some(owner.clone()),
            timeout: WAIT,
            time_limit: None,
            hangup_on_star: false,
            record: None,
            greeting: None,
        })
        .await?;
    Ok(dequeued.outcome == DialOutcome::Completed)
}

/// Takes whom the phone has called and talks with.
async fn take_party(call: &mut Call, other: &Other) -> Result<bool, Interrupt> {
    let Some(owner) = call.call_of(&other.channel).await else {
        return Ok(false);
    };
    call.note(format!("takes whom {} has called", other.name));
    let dialled = call
        .dial(Dial {
            take_from: Some(owner),
            ..Dial::default()
        })
        .await?;
    Ok(dialled.outcome == DialOutcome::Completed)
}

/// Says why there is nothing to be had, and ends the flow.
pub(super) async fn refuse(call: &mut Call, why: &str) -> Result<Flow, Interrupt> {
    call.answer().await?;
    let sounds = prompt(call, why).await?;
    call.play(Play {
        sounds,
        stop_on: Keys::none(),
    })
    .await?;
    Ok(Flow::Stop(None))
}
