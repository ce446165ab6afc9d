//! Leaving a message.

use std::sync::Arc;
use std::time::Duration;

use super::{Next, Stage, Visit, end};
use crate::call::ops::{AudioFormat, Keys, Play, PlayEnd};
use crate::call::{Call, Interrupt, Left};
use crate::callflow::library::{Part, phrase, say};
use crate::callflow::recorder::{Recorder, Take, Took};
use crate::callflow::stored;
use crate::objects::{Account, Vmbox};
use crate::program::Flow;

/// A message that is shorter was not meant.
const LEAST: Duration = Duration::from_millis(500);
/// Seconds of a message whose length nothing limits.
const LONGEST: u64 = 500;
/// Messages that a box holds whose account says nothing.
const MOST: u32 = 100;
/// The number of the operator of a box that names none.
const OPERATOR: &str = "0";

pub(super) async fn greet(call: &mut Call, visit: &Visit<'_>) -> Result<Next, Interrupt> {
    let stored = &visit.stored;
    let full = is_full(call, &visit.id).await?;
    let mut parts = greeting(stored);
    if full {
        call.note(format!("voicemail box {} is full", stored.mailbox));
        call.tell_full(&visit.id).await?;
        parts.push(Part::Prompt("vm-mailbox_full"));
    } else if !stored.announcement_only && !stored.skip_instructions {
        parts.push(Part::Prompt("vm-record_message"));
    }
    let takes = !full && !stored.announcement_only;
    let sounds = phrase(call, &parts).await?;
    let keys = &visit.keys;
    let stop_on = if takes {
        Keys::all()
    } else {
        Keys::new(&keys.login)
    };
    let pressed = call.play(Play { sounds, stop_on }).await?;
    if let PlayEnd::Key(key) = pressed {
        if keys.login.contains(key) {
            return Ok(Next::To(Stage::Pin(0)));
        }
        if keys.operator.contains(key)
            && let Some(flow) = operator(call, stored).await?
        {
            return Ok(Next::End(flow));
        }
    }
    Ok(if takes {
        recording(visit)
    } else {
        Next::End(Flow::Next)
    })
}

fn recording(visit: &Visit<'_>) -> Next {
    let format = match visit.stored.media_extension.as_deref() {
        Some("wav") => AudioFormat::Wav,
        _ => AudioFormat::Mp3,
    };
    Next::To(Stage::Record {
        left: Left::begin(&visit.id, format, LEAST),
        take: Take::default(),
    })
}

/// What the caller hears about who is not there.
fn greeting(stored: &Vmbox) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    if stored.play_greeting_intro {
        parts.push(Part::Prompt("vm-greeting_intro"));
    }
    let own = |greeting: &Option<String>| greeting.is_some();
    let media = &stored.media;
    if stored.skip_greeting {
        return parts;
    }
    if let Some(greeting) = [&media.temporary_unavailable, &media.unavailable]
        .into_iter()
        .find(|greeting| own(greeting))
    {
        parts.extend(greeting.as_deref().map(Part::Named));
    } else if stored.use_person_not_available {
        parts.push(Part::Prompt("vm-person_not_available"));
    } else {
        parts.extend([
            Part::Prompt("vm-person"),
            Part::Digits(&stored.mailbox),
            Part::Prompt("vm-not_available"),
        ]);
    }
    parts
}

async fn is_full(call: &mut Call, id: &str) -> Result<bool, Interrupt> {
    let account = call.account().to_string();
    let account = call.stored::<Account>(&account).await?.unwrap_or_default();
    let most = account.voicemail.max_message_count.unwrap_or(MOST);
    let waiting = call.messages_waiting(id).await?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    Ok(most > 0 && waiting.new + waiting.saved >= most)
}

/// The flow that reaches the operator.
async fn operator(call: &mut Call, stored: &Vmbox) -> Result<Option<Flow>, Interrupt> {
    let number = stored.operator_number.as_deref().unwrap_or(OPERATOR);
    let flow = stored::hunt(call, number, false).await?;
    if flow.is_none() {
        call.note(format!(
            "no callflow takes {number}, the number of the operator"
        ));
    }
    Ok(flow.map(|flow| Flow::Branch(Arc::new(flow))))
}

pub(super) async fn record(
    call: &mut Call,
    visit: &Visit<'_>,
    left: Left,
    mut take: Take,
) -> Result<Next, Interrupt> {
    let longest = visit
        .node
        .max_message_length
        .or(visit.stored.max_message_length);
    let recorder = Recorder {
        before: &[],
        max: Duration::from_secs(longest.unwrap_or(LONGEST)),
        least: None,
        message: Some(left.clone()),
        keys: visit.review_keys(true),
    };
    Ok(match take.round(call, &recorder).await? {
        Took::Again => Next::To(Stage::Record { left, take }),
        Took::Kept(_) => Next::To(Stage::Keep { operator: false }),
        Took::Operator(_) => Next::To(Stage::Keep { operator: true }),
        Took::Nothing => Next::End(Flow::Next),
    })
}

pub(super) async fn keep(
    call: &mut Call,
    visit: &Visit<'_>,
    to_operator: bool,
) -> Result<Next, Interrupt> {
    call.leave_message().await?;
    if to_operator && let Some(flow) = operator(call, &visit.stored).await? {
        return Ok(Next::End(flow));
    }
    say(call, &[Part::Prompt("vm-saved")]).await?;
    end(call, "vm-thank_you").await
}
