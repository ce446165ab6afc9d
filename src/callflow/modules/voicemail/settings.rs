//! The settings of a box: its greetings, its PIN, and the first visit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::check::PIN_DIGITS;
use super::{ATTEMPTS, FIRST_KEY, Next, Stage, Visit};
use crate::call::{Call, Interrupt};
use crate::callflow::library::{Part, phrase, say};
use crate::callflow::recorder::{self, LEAST_GREETING, Owner, Recorder, Take, Took, one_key};
use crate::objects::{Kind, Vmbox};
use crate::program::{End, Flow};

const LEAST_PIN: usize = 4;
const LONGEST_GREETING: Duration = Duration::from_mins(5);

/// What is recorded of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Change {
    Unavailable,
    Name,
    Temporary,
}

impl Change {
    /// The field of `media`, and what is said before the beep.
    fn field(self) -> (&'static str, &'static str) {
        match self {
            Self::Unavailable => ("unavailable", "vm-record_greeting"),
            Self::Name => ("name", "vm-record_name"),
            Self::Temporary => ("temporary_unavailable", "vm-record_temp_greeting"),
        }
    }

    fn before(self, stored: &Vmbox) -> Option<&str> {
        let media = &stored.media;
        match self {
            Self::Unavailable => media.unavailable.as_deref(),
            Self::Name => media.name.as_deref(),
            Self::Temporary => media.temporary_unavailable.as_deref(),
        }
    }
}

/// A PIN on its way.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct NewPin {
    /// As it was entered first.
    first: Option<String>,
    tries: u32,
    /// It is a part of the first visit.
    setup: bool,
}

/// The first visit: a PIN, then a greeting.
pub(super) async fn setup(call: &mut Call) -> Result<Next, Interrupt> {
    say(call, &[Part::Prompt("vm-setup_intro")]).await?;
    Ok(Next::To(Stage::NewPin(NewPin {
        setup: true,
        ..NewPin::default()
    })))
}

pub(super) async fn menu(
    call: &mut Call,
    visit: &Visit<'_>,
    tries: u32,
) -> Result<Next, Interrupt> {
    let prompts = phrase(call, &[Part::Prompt("vm-settings_menu")]).await?;
    let pressed = call
        .collect_with_ahead(one_key(prompts, FIRST_KEY))
        .await?
        .digits;
    let record = |change| {
        Next::To(Stage::Greeting {
            change,
            take: Take::default(),
            setup: false,
        })
    };
    let keys = &visit.keys;
    let is = |key: &String| !key.is_empty() && *key == pressed;
    Ok(if is(&keys.rec_unavailable) {
        record(Change::Unavailable)
    } else if is(&keys.rec_name) {
        record(Change::Name)
    } else if is(&keys.set_pin) {
        Next::To(Stage::NewPin(NewPin::default()))
    } else if is(&keys.rec_temporary_unavailable) {
        record(Change::Temporary)
    } else if is(&keys.del_temporary_unavailable) {
        name_sound(call, visit, Change::Temporary, None).await?;
        say(call, &[Part::Prompt("vm-tmp_greeting_deleted")]).await?;
        Next::To(Stage::Settings(0))
    } else if is(&keys.toggle_announcement_only) {
        toggle_announcement(call, visit).await?;
        Next::To(Stage::Settings(0))
    } else if is(&keys.return_main) {
        Next::To(Stage::Menu(0))
    } else {
        say(call, &[Part::Prompt("menu-invalid_entry")]).await?;
        if tries + 1 < ATTEMPTS {
            Next::To(Stage::Settings(tries + 1))
        } else {
            Next::End(Flow::Next)
        }
    })
}

/// From here on callers hear the greeting alone, or may leave messages again.
async fn toggle_announcement(call: &mut Call, visit: &Visit<'_>) -> Result<(), Interrupt> {
    let only = !visit.stored.announcement_only;
    call.change_stored(Kind::Vmbox, &visit.id, |body| {
        body.insert("announcement_only".into(), only.into());
    })
    .await?;
    let said = if only {
        "vm-announcement_only_on"
    } else {
        "vm-announcement_only_off"
    };
    say(call, &[Part::Prompt(said)]).await?;
    Ok(())
}

pub(super) async fn new_pin(
    call: &mut Call,
    visit: &Visit<'_>,
    new: NewPin,
) -> Result<Next, Interrupt> {
    let asked = match new.first {
        None => "vm-enter_new_pin",
        Some(_) => "vm-enter_new_pin_confirm",
    };
    // A key that has cut an explanation short is no digit of a PIN that nobody has asked for.
    call.kept_mut().ahead = None;
    let entered = visit
        .node
        .ask(call, &[Part::Prompt(asked)], PIN_DIGITS)
        .await?;
    let digits = entered.bytes().all(|digit| digit.is_ascii_digit());
    match &new.first {
        None if digits && entered.len() >= LEAST_PIN => {
            return Ok(Next::To(Stage::NewPin(NewPin {
                first: Some(entered),
                ..new
            })));
        }
        Some(first) if *first == entered => {
            call.change_stored(Kind::Vmbox, &visit.id, |body| {
                body.insert("pin".into(), entered.clone().into());
            })
            .await?;
            say(call, &[Part::Prompt("vm-pin_set")]).await?;
            return Ok(Next::To(if new.setup {
                Stage::Greeting {
                    change: Change::Unavailable,
                    take: Take::default(),
                    setup: true,
                }
            } else {
                Stage::Settings(0)
            }));
        }
        _ => {}
    }
    say(call, &[Part::Prompt("vm-pin_invalid")]).await?;
    if new.tries + 1 < ATTEMPTS {
        return Ok(Next::To(Stage::NewPin(NewPin {
            first: None,
            tries: new.tries + 1,
            ..new
        })));
    }
    if !new.setup {
        return Ok(Next::To(Stage::Settings(0)));
    }
    say(call, &[Part::Prompt("vm-goodbye")]).await?;
    Ok(Next::End(Flow::End(End::Hangup(None))))
}

pub(super) async fn greeting(
    call: &mut Call,
    visit: &Visit<'_>,
    change: Change,
    mut take: Take,
    setup: bool,
) -> Result<Next, Interrupt> {
    let (field, asked) = change.field();
    let asked = if setup {
        "vm-setup_rec_greeting"
    } else {
        asked
    };
    let recorder = Recorder {
        before: &[Part::Prompt(asked)],
        max: LONGEST_GREETING,
        // A name may be short.
        least: (change != Change::Name).then_some(LEAST_GREETING),
        message: None,
        keys: visit.review_keys(false),
    };
    match take.round(call, &recorder).await? {
        Took::Again => {
            return Ok(Next::To(Stage::Greeting {
                change,
                take,
                setup,
            }));
        }
        Took::Kept(recording) | Took::Operator(recording) => {
            let owner = Owner {
                kind: "voicemail",
                id: &visit.id,
                name: format!("{field} of voicemail box {}", visit.stored.mailbox),
                before: change.before(&visit.stored),
            };
            if let Some(id) = recorder::store(call, &recording, owner).await? {
                name_sound(call, visit, change, Some(&id)).await?;
                say(call, &[Part::Prompt("vm-saved")]).await?;
            }
        }
        Took::Nothing => {}
    }
    if !setup {
        return Ok(Next::To(Stage::Settings(0)));
    }
    call.change_stored(Kind::Vmbox, &visit.id, |body| {
        body.insert("is_setup".into(), true.into());
    })
    .await?;
    say(call, &[Part::Prompt("vm-setup_complete")]).await?;
    Ok(Next::To(Stage::Menu(0)))
}

/// Puts a sound into the box, and the name also to its owner, whom directories name.
async fn name_sound(
    call: &mut Call,
    visit: &Visit<'_>,
    change: Change,
    id: Option<&str>,
) -> Result<(), Interrupt> {
    let (field, _) = change.field();
    call.change_stored(Kind::Vmbox, &visit.id, |body| {
        recorder::name_sound(body, field, id);
    })
    .await?;
    if change == Change::Name
        && let Some(owner) = &visit.stored.owner_id
    {
        call.change_stored(Kind::User, owner, |body| {
            recorder::name_sound(body, field, id);
        })
        .await?;
    }
    Ok(())
}
