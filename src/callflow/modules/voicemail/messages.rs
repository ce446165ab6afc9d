//! Listening to the messages of a box, one after the other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::when;
use super::{ATTEMPTS, BOX_DIGITS, FIRST_KEY, Next, Stage, Visit, box_of_number};
use crate::call::{Call, Interrupt};
use crate::callflow::library::{Part, phrase, say};
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
    /// It was heard, so only the question is asked again.
    heard: bool,
    unanswered: u32,
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
            heard: false,
            unanswered: 0,
        })
    }

    fn go(self, at: usize) -> Next {
        Next::To(Stage::Messages(Self {
            at,
            heard: false,
            unanswered: 0,
            ..self
        }))
    }

    fn again(self, heard: bool) -> Next {
        Next::To(Stage::Messages(Self { heard, ..self }))
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
    Ok(match pressed.as_str() {
        "1" => {
            call.move_message(&id, Folder::Saved).await?;
            say(call, &[Part::Prompt("vm-saved")]).await?;
            listening.go(at + 1)
        }
        "2" => listening.go(at),
        "3" => Next::To(Stage::Forward(listening, 0)),
        "4" => listening.go(at.saturating_sub(1)),
        "6" => listening.go(at + 1),
        "7" => {
            call.move_message(&id, Folder::Deleted).await?;
            say(call, &[Part::Prompt("vm-deleted")]).await?;
            listening.go(at + 1)
        }
        "9" => match call_back(call, &message).await? {
            Some(flow) => {
                call.move_message(&id, Folder::Saved).await?;
                Next::End(flow)
            }
            None => {
                say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
                listening.again(true)
            }
        },
        "0" => {
            call.move_message(&id, Folder::Saved).await?;
            Next::To(Stage::Menu(0))
        }
        _ if listening.unanswered + 1 < MOST => {
            say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
            let unanswered = listening.unanswered + 1;
            Listening {
                unanswered,
                ..listening
            }
            .again(true)
        }
        _ => Next::To(Stage::Menu(0)),
    })
}

/// Plays the message, unless it was heard, and asks what to do with it.
async fn ask(
    call: &mut Call,
    visit: &Visit<'_>,
    listening: &Listening,
    id: &str,
    message: &Message,
) -> Result<String, Interrupt> {
    let mut prompts = Vec::new();
    if !listening.heard {
        let number = [
            Part::Prompt("vm-message_number"),
            Part::Number(listening.at as u64 + 1),
        ];
        prompts = phrase(call, &number).await?;
        prompts.extend(call.attached_sound(Kind::Message, id).await?);
        if !visit.stored.skip_envelope {
            prompts.extend(phrase(call, &[Part::Prompt("vm-received")]).await?);
            let zone = when::zone(call, &visit.stored).await?;
            prompts.extend(when::spoken(message.timestamp, &zone));
        }
    }
    prompts.extend(phrase(call, &[Part::Prompt("vm-message_menu")]).await?);
    Ok(call.collect(one_key(prompts, FIRST_KEY)).await?.digits)
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
            Ok(listening.again(true))
        }
        _ => {
            say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
            Ok(if tries + 1 < ATTEMPTS {
                Next::To(Stage::Forward(listening, tries + 1))
            } else {
                listening.again(true)
            })
        }
    }
}
