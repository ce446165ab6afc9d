//! The main menu of a box: how many messages there are, and what to do.

use super::messages::Listening;
use super::{FIRST_KEY, Next, Stage, Visit, end};
use crate::call::{Call, Interrupt, Waiting};
use crate::callflow::library::{Part, phrase, say};
use crate::callflow::recorder::one_key;
use crate::objects::Folder;
use crate::program::Flow;

/// Keys that lead nowhere.
const MOST: u32 = 5;

pub(super) async fn main(
    call: &mut Call,
    visit: &Visit<'_>,
    tries: u32,
) -> Result<Next, Interrupt> {
    let waiting = call.messages_waiting(&visit.id).await?;
    let configurable = !visit.stored.not_configurable;
    let mut parts = counts(waiting);
    parts.push(Part::Prompt(if configurable {
        "vm-main_menu"
    } else {
        "vm-main_menu_not_configurable"
    }));
    let prompts = phrase(call, &parts).await?;
    let pressed = call
        .collect_with_ahead(one_key(prompts, FIRST_KEY))
        .await?
        .digits;
    let keys = &visit.keys;
    let is = |key: &String| !key.is_empty() && *key == pressed;
    if is(&keys.hear_new) {
        return listen(call, visit, Folder::New, waiting.new).await;
    }
    if is(&keys.hear_saved) {
        return listen(call, visit, Folder::Saved, waiting.saved).await;
    }
    if is(&keys.configure) && configurable {
        return Ok(Next::To(Stage::Settings(0)));
    }
    if is(&keys.exit) {
        return Ok(Next::End(Flow::Next));
    }
    if tries + 1 >= MOST {
        return end(call, "vm-goodbye").await;
    }
    if !pressed.is_empty() {
        say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
    }
    Ok(Next::To(Stage::Menu(tries + 1)))
}

async fn listen(
    call: &mut Call,
    visit: &Visit<'_>,
    folder: Folder,
    count: usize,
) -> Result<Next, Interrupt> {
    if count == 0 {
        say(call, &[Part::Prompt("vm-no_messages")]).await?;
        return Ok(Next::To(Stage::Menu(0)));
    }
    let listening = Listening::of(call, visit, folder).await?;
    Ok(Next::To(Stage::Messages(listening)))
}

/// "You have two new messages and one saved message."
fn counts(waiting: Waiting) -> Vec<Part<'static>> {
    let count = |count: usize, one: &'static str, more: &'static str| {
        let word = if count == 1 { one } else { more };
        [Part::Number(count as u64), Part::Prompt(word)]
    };
    let new = count(waiting.new, "vm-new_message", "vm-new_messages");
    let saved = count(waiting.saved, "vm-saved_message", "vm-saved_messages");
    let mut parts = vec![Part::Prompt("vm-you_have")];
    match (waiting.new, waiting.saved) {
        (0, 0) => return vec![Part::Prompt("vm-no_messages")],
        (_, 0) => parts.extend(new),
        (0, _) => parts.extend(saved),
        _ => {
            parts.extend(new);
            parts.push(Part::Prompt("vm-new_and"));
            parts.extend(saved);
        }
    }
    parts
}
