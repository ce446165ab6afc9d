//! Listening to the messages of a box, one after the other.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::when;
use super::{ATTEMPTS, BOX_DIGITS, FIRST_KEY, Next, Stage, Visit, box_of_number};
use crate::call::ops::{Keys, PlayEnd, Sound, Winding};
use crate::call::{Call, Interrupt};
use crate::callflow::library::{Part, phrase, play, say};
use crate::callflow::recorder::one_key;
use crate::callflow::stored;
use crate::objects::{Folder, Kind, Message};
use crate::program::Flow;

/// Keys that lead nowhere, with one message.
const MOST: u32 = 5;

/// The messages that are listened to, as they were when that began.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Listening {
    folder: Folder,
    /// Their ids.
    ids: Vec<String>,
    /// Which of them.
    at: usize,
    hear: Hear,
    unanswered: u32,
}

/// How much of a message is heard before the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Hear {
    All,
    /// From so many milliseconds on.
    From(u64),
    /// It was heard; only the question is asked again.
    Nothing,
}

impl Listening {
    /// Those of a folder, the newest first unless the box has it otherwise.
    pub(super) async fn of(
        call: &mut Call,
        visit: &Visit<'_>,
        folder: Folder,
    ) -> Result<Self, Interrupt> {
        let mut messages = call.stored_under::<Message>(&visit.id).await?;
        messages.retain(|(_, message)| message.folder == folder);
        messages.sort_by_key(|(_, message)| message.timestamp);
        if !visit.stored.oldest_message_first {
            messages.reverse();
        }
        Ok(Self {
            folder,
            ids: messages.into_iter().map(|(id, _)| id).collect(),
            at: 0,
            hear: Hear::All,
            unanswered: 0,
        })
    }

    fn go(self, at: usize) -> Next {
        Next::To(Stage::Messages(Self {
            at,
            hear: Hear::All,
            unanswered: 0,
            ..self
        }))
    }

    fn again(self, hear: Hear) -> Next {
        Next::To(Stage::Messages(Self { hear, ..self }))
    }
}

pub(super) async fn listen(
    call: &mut Call,
    visit: &Visit<'_>,
    listening: Listening,
) -> Result<Next, Interrupt> {
    let at = listening.at;
    let Some(id) = listening.ids.get(at).cloned() else {
        say(call, &[Part::Prompt("vm-no_more_messages")]).await?;
        return Ok(Next::To(Stage::Menu(0)));
    };
    let Some(message) = call.stored::<Message>(&id).await? else {
        return Ok(listening.go(at + 1));
    };
    let pressed = ask(call, visit, &listening, &id, &message).await?;
    let keys = &visit.keys;
    let is = |key: &String| !key.is_empty() && *key == pressed;
    let winds = visit.stored.is_voicemail_ff_rw_enabled;
    Ok(if is(&keys.keep) {
        call.move_message(&id, Folder::Saved).await?;
        say(call, &[Part::Prompt("vm-saved")]).await?;
        listening.go(at + 1)
    } else if is(&keys.replay) {
        listening.go(at)
    } else if is(&keys.forward) {
        Next::To(Stage::Forward(listening, 0))
    } else if is(&keys.prev) {
        listening.go(at.saturating_sub(1))
    } else if is(&keys.next) {
        listening.go(at + 1)
    } else if is(&keys.delete) {
        call.move_message(&id, Folder::Deleted).await?;
        say(call, &[Part::Prompt("vm-deleted")]).await?;
        listening.go(at + 1)
    } else if is(&keys.call_back) {
        match call_back(call, &message).await? {
            Some(flow) => {
                call.move_message(&id, Folder::Saved).await?;
                Next::End(flow)
            }
            None => {
                say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
                listening.again(Hear::Nothing)
            }
        }
    } else if is(&keys.return_main_menu) {
        call.move_message(&id, Folder::Saved).await?;
        Next::To(Stage::Menu(0))
    } else if winds && is(&keys.rewind) {
        // The message is over: its end is heard once more.
        let from = message.length.saturating_sub(visit.stored.seek_duration_ms);
        listening.again(Hear::From(from))
    } else if winds && is(&keys.fast_forward) {
        listening.again(Hear::Nothing)
    } else if listening.unanswered + 1 < MOST {
        say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
        let unanswered = listening.unanswered + 1;
        Listening {
            unanswered,
            ..listening
        }
        .again(Hear::Nothing)
    } else {
        Next::To(Stage::Menu(0))
    })
}

/// Plays the message, as far as it is to be heard, and asks what to do with it.
async fn ask(
    call: &mut Call,
    visit: &Visit<'_>,
    listening: &Listening,
    id: &str,
    message: &Message,
) -> Result<String, Interrupt> {
    let mut before = Vec::new();
    let mut sound = None;
    let mut prompts = Vec::new();
    if listening.hear == Hear::All {
        let number = [
            Part::Prompt("vm-message_number"),
            Part::Number(listening.at as u64 + 1),
        ];
        before = phrase(call, &number).await?;
        if !visit.stored.skip_envelope {
            prompts.extend(phrase(call, &[Part::Prompt("vm-received")]).await?);
            let zone = when::zone(call, &visit.stored).await?;
            prompts.extend(when::spoken(message.timestamp, &zone));
        }
    }
    if listening.hear != Hear::Nothing {
        sound = call.attached_sound(Kind::Message, id).await?;
    }
    prompts.extend(phrase(call, &[Part::Prompt("vm-message_menu")]).await?);
    // All of it was looked up before any of it plays, so that no key is lost between.
    if let Some(key) = play(call, before).await? {
        return Ok(key.into());
    }
    if let Some(sound) = sound
        && let Some(key) = play_message(call, visit, &sound, listening.hear).await?
    {
        return Ok(key.into());
    }
    Ok(call
        .collect_with_ahead(one_key(prompts, FIRST_KEY))
        .await?
        .digits)
}

/// Any key ends it but those that wind it; it is what comes back.
async fn play_message(
    call: &mut Call,
    visit: &Visit<'_>,
    sound: &Sound,
    hear: Hear,
) -> Result<Option<char>, Interrupt> {
    let Visit { stored, keys, .. } = visit;
    let (back, forward) = if stored.is_voicemail_ff_rw_enabled {
        (Keys::new(&keys.rewind), Keys::new(&keys.fast_forward))
    } else {
        (Keys::none(), Keys::none())
    };
    let from = match hear {
        Hear::From(milliseconds) => milliseconds,
        Hear::All | Hear::Nothing => 0,
    };
    let winding = Winding {
        back,
        forward,
        step: Duration::from_millis(stored.seek_duration_ms),
        from: Duration::from_millis(from),
    };
    let stop_on = Keys::all().but(&winding.back).but(&winding.forward);
    Ok(match call.play_winding(sound, &stop_on, &winding).await? {
        PlayEnd::Key(key) => Some(key),
        PlayEnd::Finished => None,
        PlayEnd::Failed(why) => {
            call.warn(why.to_string());
            None
        }
    })
}

/// The flow that reaches whoever left the message.
async fn call_back(call: &mut Call, message: &Message) -> Result<Option<Flow>, Interrupt> {
    let number = message.caller_id_number.as_str();
    if number.is_empty() {
        return Ok(None);
    }
    let internal = call.facts().internal;
    let flow = stored::hunt(call, number, internal).await?;
    Ok(flow.map(|flow| Flow::Branch(Arc::new(flow))))
}

pub(super) async fn forward(
    call: &mut Call,
    visit: &Visit<'_>,
    listening: Listening,
    tries: u32,
) -> Result<Next, Interrupt> {
    let asked = [Part::Prompt("vm-enter_forward_id")];
    let number = visit.node.ask(call, &asked, BOX_DIGITS).await?;
    let other = box_of_number(call, &number).await?;
    match (other, listening.ids.get(listening.at)) {
        (Some((other, _)), Some(id)) if other != visit.id => {
            if call.copy_message(id, &other).await? {
                say(call, &[Part::Prompt("vm-message_forwarded")]).await?;
            }
            Ok(listening.again(Hear::Nothing))
        }
        _ => {
            say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
            Ok(if tries + 1 < ATTEMPTS {
                Next::To(Stage::Forward(listening, tries + 1))
            } else {
                listening.again(Hear::Nothing)
            })
        }
    }
}
