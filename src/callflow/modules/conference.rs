//! `conference` – lets the caller meet others in a conference.
//!
//! Answers the call and welcomes the caller. The conference is the stored one that
//! `id` names, or what `config` describes; without either its number is asked for,
//! in three rounds. An `id` that nothing stored has is a room of that name, without
//! a PIN. Whoever comes by a PIN or number of moderators is a moderator. The
//! conference begins with two; until then the caller hears music. In it `0` mutes
//! the caller and back, `#` leaves; a moderator's `*` locks the conference, so that
//! only moderators come in, and opens it again. The call ends with the stay: children
//! never run.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | asked for | a stored conference |
//! | `config` | – | a conference that is not stored, with the same fields; its `id` or `name` is the room's |
//! | `moderator` | `false` | `true` = the caller is a moderator, after the PIN |
//! | `welcome_prompt.play` | `true` | the caller is welcomed |
//! | `welcome_prompt.media_id` | a prompt | how, as `id` of `play` |
//! | `play_entry_tone` | the conference's, else `true` | the others hear a beep, nothing (`false`), or a sound |
//! | `play_exit_tone` | the conference's, else `true` | the same when the caller leaves |
//!
//! As `conference_feature` the number is what was captured.
//!
//! ```json
//! {"module": "conference", "data": {"id": "0d1c5e8f2a3b4c5d6e7f8091a2b3c4d5", "moderator": true}}
//! ```
//!
//! Of a stored conference `member` and `moderator` (`numbers`, `pins`, `join_muted`,
//! `join_deaf`, `play_entry_prompt`), `conference_numbers`, `max_participants`,
//! `max_members_media` (heard by one for whom there is no place), `require_moderator`,
//! `language` (of the prompts), `play_name`, `play_welcome` and the tones count. As in Kazoo members come in
//! muted unless `member.join_muted` is `false`. Unlike there, a `config` with a
//! `moderator` does not make everybody a member.

mod entrance;
mod room;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::room::Room;
use super::Module;
use crate::call::ops::{self, Behind, Collect, Controls, InRoomStep, Keys, RecordingRef};
use crate::call::rooms::{Entrance, Refusal};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::fields::MediaSwitch;
use crate::callflow::library::{Part, phrase, say};
use crate::objects;
use crate::program::{End, Flow};

/// Rounds in which a number or a PIN is asked for.
const ROUNDS: u32 = 3;
const MOST_DIGITS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(5);
const BETWEEN: Duration = Duration::from_secs(2);
/// Nobody stays longer.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// Lets the caller meet others in a conference.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(super) struct Conference {
    /// A stored conference.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// A conference that is not stored.
    #[serde(default)]
    config: Map<String, Value>,
    /// The caller is a moderator.
    #[serde(default)]
    moderator: bool,
    /// How the caller is welcomed.
    #[serde(default)]
    welcome_prompt: Welcome,
    /// What the others hear when the caller comes.
    play_entry_tone: Option<MediaSwitch>,
    /// What they hear when the caller leaves.
    play_exit_tone: Option<MediaSwitch>,
}

/// How the caller is welcomed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
struct Welcome {
    /// `false` = not at all.
    play: Option<bool>,
    /// With another sound.
    #[schemars(length(max = 2048))]
    media_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Role {
    Member,
    Moderator,
}

/// How far the caller is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    stage: Stage,
    /// The number that was entered, when it was.
    number: Option<String>,
    role: Option<Role>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
enum Stage {
    #[default]
    Welcome,
    /// The number is asked for, for the so-manieth time.
    Number(u32),
    Pin(u32),
    /// The caller says a name.
    Name,
    Enter(Option<RecordingRef>),
    Inside(Box<Stay>),
}

/// A stay in the room.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stay {
    entrance: Entrance,
    /// The caller hears that the conference is joined.
    prompt: bool,
    /// The caller knows to be alone.
    told: bool,
    /// What one hears for whom there is no place, if not the usual.
    full: Option<String>,
}

enum Next {
    To(Stage),
    /// The call ends.
    Over,
}

impl Module for Conference {
    const NAME: &'static str = "conference";
    const ALIASES: &'static [&'static str] = &["conference_feature"];
    type Progress = Progress;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let captured = node.module == "conference_feature";
        loop {
            let next = match at.stage.clone() {
                Stage::Welcome => self.welcome(call, at, captured).await?,
                Stage::Number(round) => self.number(call, at, round).await?,
                stage => match room::find(call, self, at.number.as_deref()).await? {
                    Some((room, fixed)) => {
                        room.set_language(call);
                        at.role = at.role.or(fixed);
                        self.stage(call, &room, at, stage).await?
                    }
                    None => Next::Over,
                },
            };
            match next {
                Next::To(stage) => at.stage = stage,
                Next::Over => return Ok(Flow::End(End::Hangup(None))),
            }
            call.save(at);
        }
    }
}

impl Conference {
    async fn welcome(
        &self,
        call: &mut Call,
        at: &mut Progress,
        captured: bool,
    ) -> Result<Next, Interrupt> {
        if captured {
            at.number.clone_from(&call.matched_flow().captured.group);
        }
        let room = room::find(call, self, at.number.as_deref()).await?;
        if let Some((room, _)) = &room {
            room.set_language(call);
        }
        let stored = room.as_ref().and_then(|(room, _)| room.stored.play_welcome);
        if self.welcome_prompt.play.or(stored).unwrap_or(true) {
            let part = match self.welcome_prompt.media_id.as_deref() {
                Some(media) => Part::Named(media),
                None => Part::Prompt("conf-welcome"),
            };
            say(call, &[part]).await?;
        }
        Ok(Next::To(if room.is_some() {
            Stage::Pin(0)
        } else {
            Stage::Number(0)
        }))
    }

    async fn number(
        &self,
        call: &mut Call,
        at: &mut Progress,
        round: u32,
    ) -> Result<Next, Interrupt> {
        let entered = ask(call, "conf-enter_conf_number").await?;
        if !entered.is_empty() && room::numbered(call, &entered).await?.is_some() {
            at.number = Some(entered);
            return Ok(Next::To(Stage::Pin(0)));
        }
        again(call, "conf-bad_conf", round, Stage::Number).await
    }

    async fn stage(
        &self,
        call: &mut Call,
        room: &Room,
        at: &mut Progress,
        stage: Stage,
    ) -> Result<Next, Interrupt> {
        match stage {
            Stage::Pin(round) => self.pin(call, room, at, round).await,
            Stage::Name => {
                let name = entrance::name(call).await?;
                Ok(Next::To(Stage::Enter(name)))
            }
            Stage::Enter(name) => {
                let role = at.role.unwrap_or(Role::Member);
                let entrance = entrance::of(call, self, room, role, name.as_ref()).await?;
                if let Some(name) = &name {
                    call.keeps_no_more();
                    call.discard_recording(name).await?;
                }
                let objects::Conference {
                    member, moderator, ..
                } = &room.stored;
                Ok(Next::To(Stage::Inside(Box::new(Stay {
                    entrance,
                    prompt: match role {
                        Role::Member => member.play_entry_prompt,
                        Role::Moderator => moderator.play_entry_prompt,
                    },
                    told: false,
                    full: room.stored.max_members_media.clone(),
                }))))
            }
            Stage::Inside(stay) => stay.stay(call).await,
            // These have no room yet.
            Stage::Welcome | Stage::Number(_) => Ok(Next::Over),
        }
    }

    async fn pin(
        &self,
        call: &mut Call,
        room: &Room,
        at: &mut Progress,
        round: u32,
    ) -> Result<Next, Interrupt> {
        let role = if room.asks_pin(at.role) {
            let entered = ask(call, "conf-enter_conf_pin").await?;
            match room.role_of(at.role, &entered) {
                Some(role) => role,
                None => return again(call, "conf-bad_pin", round, Stage::Pin).await,
            }
        } else {
            at.role.unwrap_or(Role::Member)
        };
        at.role = Some(if self.moderator {
            Role::Moderator
        } else {
            role
        });
        Ok(Next::To(if room.stored.play_name {
            Stage::Name
        } else {
            Stage::Enter(None)
        }))
    }
}

impl Stay {
    /// What the caller's keys do, and what is said about it.
    async fn controls(&self, call: &mut Call) -> Result<Controls, Interrupt> {
        let mut controls = Controls {
            // Moderators are those whom a lock does not stop.
            moderator: self.entrance.passes_lock,
            ..Controls::default()
        };
        for (heard, prompt) in [
            (&mut controls.muted, "conf-muted"),
            (&mut controls.unmuted, "conf-unmuted"),
            (&mut controls.locked, "conf-is_locked"),
            (&mut controls.unlocked, "conf-is_unlocked"),
        ] {
            let sounds = phrase(call, &[Part::Prompt(prompt)]).await?;
            *heard = call.media_uris(&sounds).await?;
        }
        Ok(controls)
    }

    /// In the conference, or waiting for it.
    async fn stay(mut self, call: &mut Call) -> Result<Next, Interrupt> {
        if let Err(refusal) = call.enter_room(&self.entrance).await? {
            let said = match refusal {
                Refusal::Full(_) => match self.full.as_deref() {
                    Some(media) => Part::Named(media),
                    None => Part::Prompt("conf-max_participants"),
                },
                Refusal::Locked => Part::Prompt("conf-locked"),
                _ => return Ok(Next::Over),
            };
            say(call, &[said]).await?;
            return Ok(Next::Over);
        }
        if self.prompt {
            say(call, &[Part::Prompt("conf-joining_conference")]).await?;
            self.prompt = false;
            return Ok(Next::To(Stage::Inside(Box::new(self))));
        }
        let stay = ops::Stay {
            time_limit: LONGEST,
            hangup_on_star: false,
            controls: Some(self.controls(call).await?),
            record: None,
        };
        loop {
            match call.stay_in_room(&stay).await? {
                InRoomStep::Over(_) => return Ok(Next::Over),
                InRoomStep::Waits if !self.told => {
                    let alone = if self.entrance.starts {
                        "conf-alone"
                    } else {
                        "conf-wait_for_moderator"
                    };
                    say(call, &[Part::Prompt(alone)]).await?;
                    self.told = true;
                    return Ok(Next::To(Stage::Inside(Box::new(self))));
                }
                InRoomStep::Waits | InRoomStep::Held { .. } => {
                    call.wait_for_room(Behind::Music, &stay).await?;
                }
            }
        }
    }
}

async fn ask(call: &mut Call, prompt: &str) -> Result<String, Interrupt> {
    let prompts = phrase(call, &[Part::Prompt(prompt)]).await?;
    let collected = call
        .collect_with_ahead(Collect {
            prompts,
            max: Some(MOST_DIGITS),
            finish_on: Keys::new("#"),
            first: PATIENCE,
            between: BETWEEN,
            typed: String::new(),
        })
        .await?;
    Ok(collected.digits)
}

/// The next round, or the end of them.
async fn again(
    call: &mut Call,
    wrong: &str,
    round: u32,
    stage: fn(u32) -> Stage,
) -> Result<Next, Interrupt> {
    say(call, &[Part::Prompt(wrong)]).await?;
    if round + 1 < ROUNDS {
        return Ok(Next::To(stage(round + 1)));
    }
    say(call, &[Part::Prompt("conf-too_many_attempts")]).await?;
    Ok(Next::Over)
}
