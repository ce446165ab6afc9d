//! `park` – puts a caller aside with music, to be taken up at any phone.
//!
//! Which slot: `slot`, else what the pattern that led here has captured, else the
//! lowest free one from 101 on. A caller who was transferred here blindly is parked,
//! whatever `action` is; after `default_ringback_timeout` the phone that parked the
//! caller rings. If it is not answered, the child named like the slot runs, else
//! `_`; without both the caller is parked again. Whoever takes the caller up
//! talks with the caller until one of them hangs up, which ends both flows.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | `park` | of a call that was dialled: `park` tells a free slot and keeps it for half a minute; `direct_park` parks the caller; `retrieve` takes up who is parked; `auto` takes up, or parks the caller |
//! | `slot` | – | a slot, instead of what was captured |
//! | `max_slot_number` | – | a higher slot takes child `MAX_SLOT_EXCEEDED` |
//! | `slots` | – | by slot: `ringback_timeout` and `callback_timeout` of its own |
//! | `default_ringback_timeout` | 120000 ms | until the phone that parked rings |
//! | `default_callback_timeout` | 30000 ms | how long it rings |
//! | `default_presence_type`, `custom_presence_id` | – | accepted |
//!
//! ```json
//! {"module": "park", "data": {"action": "auto", "slot": "101"}}
//! ```
//!
//! An occupied slot lights the lamp of its presence id, which is the dialled number with the
//! slot behind it (as dialled, where the pattern has captured the slot): a hint such as
//! `exten => *3101,hint,Stasis:*3101` shows it. Webhooks for `parking` hear of it.
//!
//! A slot is a queue for one, named `park/SLOT`: `<Dial><Queue>` takes from it too.
//! Either way to transfer a caller here works: blindly to the number of a slot, or
//! attended: `park` tells the phone a slot, and it then completes the transfer. Without
//! that within half a minute the slot is free again; who takes it up meanwhile waits
//! three seconds for it.

mod told;
mod waiting;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::told::{PresenceType, freed};
use super::Module;
use crate::call::live::ParkEvent;
use crate::call::ops::{Behind, Dequeue, QueueResult, Sound};
use crate::call::queues::Join;
use crate::call::{Call, Interrupt};

use crate::callflow::library::prompt;
use crate::callflow::own::say_all;
use crate::callflow::{Node, pickup};
use crate::clock::{self, Time};
use crate::news::{QueueNews, Taken};
use crate::program::Flow;

/// Puts a caller aside, or takes one up.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Park {
    /// What is done with a call that was dialled.
    #[serde(default)]
    action: Action,
    /// Where the caller is put, or is.
    slot: Option<Slot>,
    /// The highest slot there is.
    max_slot_number: Option<u32>,
    /// What holds for single slots.
    #[serde(default)]
    slots: BTreeMap<String, Times>,
    /// Milliseconds until the phone that parked rings.
    #[serde(default = "two_minutes")]
    default_ringback_timeout: u64,
    /// Milliseconds that it rings.
    #[serde(default = "half_a_minute")]
    default_callback_timeout: u64,
    /// How the lamp of an occupied slot looks.
    #[serde(default)]
    default_presence_type: PresenceType,
    /// Which lamp; that of the dialled number and the slot when absent.
    #[schemars(length(max = 128))]
    custom_presence_id: Option<String>,
}

fn two_minutes() -> u64 {
    120_000
}

fn half_a_minute() -> u64 {
    30_000
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Action {
    #[default]
    Park,
    DirectPark,
    Retrieve,
    Auto,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "the number of a slot"))]
enum Slot {
    Number(u32),
    Word(String),
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
struct Times {
    ringback_timeout: Option<u64>,
    callback_timeout: Option<u64>,
    presence_type: Option<PresenceType>,
    presence_id: Option<String>,
}

/// The first slot that is given away by itself, and how many are looked through.
const FIRST: u32 = 101;
const MOST: u32 = 1000;
/// How long a slot is kept for a caller who is yet to be transferred.
const KEPT: Duration = Duration::from_secs(30);
/// How long one who takes up a slot waits for the transfer into it.
const SOON: Duration = Duration::from_secs(3);

/// What parking must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// What is done; it is decided once.
    step: Option<Step>,
    slot: String,
    /// The phone that parked the caller.
    parker: Option<String>,
    since: Option<Time>,
    taken: Option<Taken>,
    joined: bool,
    /// Others were told that the caller is here, and this lamp is lit.
    #[serde(default)]
    told: bool,
    #[serde(default)]
    lamp: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    /// Tells the slot, and keeps it.
    Tell,
    Wait,
    TakeUp,
    /// The phone that parked rings.
    RingBack,
}

impl Module for Park {
    const NAME: &'static str = "park";
    type Progress = Progress;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if at.step.is_none() {
            match self.decide(call, at).await? {
                Ok(step) => at.step = Some(step),
                Err(flow) => return Ok(flow),
            }
            call.save(at);
        }
        loop {
            match at.step {
                Some(Step::TakeUp) => return self.take_up(call, at).await,
                Some(Step::Tell) => {
                    if let Some(flow) = self.tell(call, at).await? {
                        return Ok(flow);
                    }
                }
                Some(Step::RingBack) => {
                    let rung = self.ring_back(call, node, at).await;
                    if let Err(Interrupt::Gone) = rung {
                        let event = match call.dial_so_far().bridged {
                            true => ParkEvent::Retrieved,
                            false => ParkEvent::Abandoned,
                        };
                        freed(call, at, Some(event)).await;
                    } else if let Err(Interrupt::Sent) = rung {
                        freed(call, at, None).await;
                    }
                    if let Some(flow) = rung? {
                        return Ok(flow);
                    }
                }
                Some(Step::Wait) | None => {
                    let waited = self.wait(call, at).await;
                    match waited {
                        Err(Interrupt::Gone) => freed(call, at, Some(ParkEvent::Abandoned)).await,
                        Err(Interrupt::Sent) => freed(call, at, None).await,
                        _ => {}
                    }
                    if let Some(flow) = waited? {
                        return Ok(flow);
                    }
                }
            }
            call.save(at);
        }
    }
}

impl Park {
    /// What is to be done, in which slot. The slot is taken when this returns.
    async fn decide(
        &self,
        call: &mut Call,
        at: &mut Progress,
    ) -> Result<Result<Step, Flow>, Interrupt> {
        let transferred = call.variable("BLINDTRANSFER").await;
        at.parker = transferred.as_deref().and_then(endpoint_of);
        let wanted = match &self.slot {
            Some(Slot::Number(number)) => Some(number.to_string()),
            Some(Slot::Word(word)) => Some(word.trim().to_owned()).filter(|word| !word.is_empty()),
            None => call.matched_flow().captured.group.clone(),
        };
        let step = match (transferred.is_some(), self.action) {
            (true, _) | (false, Action::DirectPark) => Step::Wait,
            (false, Action::Park) => Step::Tell,
            (false, Action::Retrieve) => Step::TakeUp,
            (false, Action::Auto) => match &wanted {
                Some(slot) if call.waiting_in(&queue(slot)).await > 0 => Step::TakeUp,
                _ => Step::Wait,
            },
        };
        if step == Step::TakeUp {
            at.slot = wanted.unwrap_or_default();
            return Ok(Ok(step));
        }
        let slots = match wanted {
            Some(slot) => vec![slot],
            None => (FIRST..FIRST + MOST).map(|slot| slot.to_string()).collect(),
        };
        for slot in slots {
            if self.is_too_high(&slot) {
                call.note(format!("slot {slot} is above max_slot_number"));
                return Ok(Err(Flow::Child("MAX_SLOT_EXCEEDED".into())));
            }
            match call.join_queue(&queue(&slot), 1).await {
                Some(Join::Waits { .. }) => {}
                Some(Join::Taken { taken, .. }) => at.taken = Some(taken),
                Some(Join::Full { .. }) => {
                    call.end_queued(QueueResult::QueueFull);
                    continue;
                }
                None => return Ok(Err(Flow::Next)),
            }
            call.note(format!("slot {slot}"));
            at.slot = slot;
            at.joined = true;
            at.since = Some(clock::now());
            return Ok(Ok(step));
        }
        call.note("the slot is occupied");
        if let Some(parker) = &at.parker {
            // The call goes back to where it came from.
            return Ok(Err(self
                .call_parker(call, &parker.clone(), "")
                .await?
                .unwrap_or(Flow::Stop(None))));
        }
        Ok(Err(pickup::refuse(call, "park-already_in_use").await?))
    }

    fn is_too_high(&self, slot: &str) -> bool {
        let number = slot.parse::<u32>().ok();
        number
            .zip(self.max_slot_number)
            .is_some_and(|(slot, max)| slot > max)
    }

    /// Connects the caller with who is parked.
    async fn take_up(&self, call: &mut Call, at: &Progress) -> Result<Flow, Interrupt> {
        let name = queue(&at.slot);
        if at.slot.is_empty() || call.waiting_in(&name).await == 0 {
            call.note(format!("nobody is in slot {:?}", at.slot));
            return pickup::refuse(call, "park-no_caller").await;
        }
        call.dequeue(Dequeue {
            queue: name,
            call: None,
            timeout: Duration::from_secs(1),
            time_limit: None,
            hangup_on_star: false,
            record: None,
            greeting: None,
        })
        .await?;
        Ok(Flow::Stop(None))
    }

    /// Tells the phone the slot and keeps that, until the phone has transferred whom it
    /// talks with into its place here. `None` when it has.
    async fn tell(&self, call: &mut Call, at: &mut Progress) -> Result<Option<Flow>, Interrupt> {
        call.answer().await?;
        let mut sounds = prompt(call, "park-call_placed_in_spot").await?;
        sounds.push(Sound::Asterisk(format!("digits:{}", digits(&at.slot))));
        say_all(call, sounds).await?;
        call.start_behind(Behind::Silence).await?;
        let mut until = clock::now().after(KEPT);
        loop {
            let (news, transferred) = call.wait_for_transfer(Some(until)).await?;
            if let Some(QueueNews::Taken { taken, .. }) = news {
                at.taken = Some(taken);
                until = until.min(clock::now().after(SOON));
            } else if transferred {
                at.step = Some(Step::Wait);
                return Ok(None);
            } else {
                call.end_queued(QueueResult::Leave);
                return Ok(Some(Flow::Stop(None)));
            }
        }
    }
}

/// The queue that a slot is.
fn queue(slot: &str) -> String {
    format!("park/{slot}")
}

fn digits(slot: &str) -> String {
    slot.chars().filter(char::is_ascii_digit).collect()
}

/// The endpoint of a channel such as `PJSIP/alice-00000001`.
fn endpoint_of(channel: &str) -> Option<String> {
    let (name, _) = channel.rsplit_once('-')?;
    let (_, endpoint) = name.split_once('/')?;
    Some(endpoint.to_owned())
}
