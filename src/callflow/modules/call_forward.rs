//! `call_forward` – where the calls of the caller's phones go instead.
//!
//! Answers, changes the stored user (else the device), says what holds now, and goes
//! on to `_`. A number is what the pattern that led here has captured, or is asked
//! for; one of fewer than 3 digits is asked for again, three times in all.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | – | `activate`; `deactivate` (the number is kept); `update` (the number alone); `toggle`; `menu`: 1 toggles, 2 changes the number |
//!
//! ```json
//! {"module": "call_forward", "data": {"action": "toggle"}}
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Module;
use crate::call::ops::{Collect, Keys};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::library::prompt;
use crate::callflow::own::{self, Own};
use crate::program::Flow;

/// Where the calls of the caller's phones go instead.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CallForward {
    /// What is done.
    action: Option<Action>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Activate,
    Deactivate,
    Update,
    Toggle,
    Menu,
}

/// The fewest and the most digits of a number, and how often it is asked for.
const FEWEST: usize = 3;
const MOST: usize = 20;
const TRIES: u32 = 3;
const FIRST_KEY: Duration = Duration::from_secs(8);
const NEXT_KEY: Duration = Duration::from_secs(2);
/// A menu is over after so many changes, or when nothing is pressed.
const ROUNDS: u32 = 10;

/// What the module must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Forwarding {
    /// As it was when the module began.
    before: Option<Before>,
    tries: u32,
    rounds: u32,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Before {
    on: bool,
    number: String,
}

impl Before {
    async fn of(call: &mut Call, target: &Own) -> Result<Self, Interrupt> {
        let body = target.document(call).await?.unwrap_or_default();
        let forward = body.get("call_forward");
        let number = forward
            .and_then(|f| f.get("number"))
            .and_then(Value::as_str);
        Ok(Self {
            on: own::is_on(&body, "call_forward", false),
            number: number.unwrap_or_default().to_owned(),
        })
    }
}

impl Module for CallForward {
    const NAME: &'static str = "call_forward";
    type Progress = Forwarding;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let Some(target) = own::of_caller(call).await? else {
            own::say(call, "cf-not_available").await?;
            return Ok(Flow::Stop(None));
        };
        let Some(action) = self.action else {
            call.warn("`action` is needed; nothing is changed");
            return Ok(Flow::Next);
        };
        let before = match &at.before {
            Some(before) => before.clone(),
            None => {
                let before = Before::of(call, &target).await?;
                at.before = Some(before.clone());
                call.save(at);
                before
            }
        };
        match action {
            Action::Activate => switch_on(call, &target, "", at).await?,
            Action::Deactivate => switch_off(call, &target).await?,
            Action::Update => change_number(call, &target, at).await?,
            Action::Toggle if before.on => switch_off(call, &target).await?,
            Action::Toggle => switch_on(call, &target, &before.number, at).await?,
            Action::Menu => menu(call, &target, at).await?,
        }
        Ok(Flow::Next)
    }
}

/// Calls go to this number from now on, or to the one that is asked for.
async fn switch_on(
    call: &mut Call,
    target: &Own,
    number: &str,
    at: &mut Forwarding,
) -> Result<(), Interrupt> {
    let number = match number {
        "" => ask_number(call, at).await?,
        number => Some(number.to_owned()),
    };
    let Some(number) = number else {
        return Ok(());
    };
    target
        .set(call, "call_forward", "number", number.clone().into())
        .await?;
    target
        .set(call, "call_forward", "enabled", true.into())
        .await?;
    call.note(format!("calls of {} go to {number}", target.id));
    let mut sounds = prompt(call, "cf-now_forwarded_to").await?;
    sounds.extend(own::spelled(&number));
    own::say_all(call, sounds).await
}

async fn switch_off(call: &mut Call, target: &Own) -> Result<(), Interrupt> {
    target
        .set(call, "call_forward", "enabled", false.into())
        .await?;
    call.note(format!("calls of {} are not forwarded", target.id));
    own::say(call, "cf-disabled").await
}

async fn change_number(
    call: &mut Call,
    target: &Own,
    at: &mut Forwarding,
) -> Result<(), Interrupt> {
    if let Some(number) = ask_number(call, at).await? {
        target
            .set(call, "call_forward", "number", number.clone().into())
            .await?;
        call.note(format!("calls of {} would go to {number}", target.id));
        own::say(call, "vm-saved").await?;
    }
    Ok(())
}

async fn menu(call: &mut Call, target: &Own, at: &mut Forwarding) -> Result<(), Interrupt> {
    while at.rounds < ROUNDS {
        let now = Before::of(call, target).await?;
        let asked = if now.on {
            "cf-enabled_menu"
        } else {
            "cf-disabled_menu"
        };
        let prompts = prompt(call, asked).await?;
        let choice = call
            .collect(Collect {
                prompts,
                max: Some(1),
                finish_on: Keys::none(),
                first: FIRST_KEY,
                between: NEXT_KEY,
                typed: String::new(),
            })
            .await?;
        match choice.digits.as_str() {
            "1" if now.on => switch_off(call, target).await?,
            "1" => switch_on(call, target, &now.number, at).await?,
            "2" => change_number(call, target, at).await?,
            "" => return Ok(()),
            _ => own::say(call, "menu-invalid_entry").await?,
        }
        at.rounds += 1;
        at.tries = 0;
        call.save(at);
    }
    Ok(())
}

/// The captured number, else what the caller types; none when there is none at last.
async fn ask_number(call: &mut Call, at: &mut Forwarding) -> Result<Option<String>, Interrupt> {
    if let Some(captured) = call.matched_flow().captured.group.clone()
        && is_number(&captured)
    {
        return Ok(Some(captured));
    }
    while at.tries < TRIES {
        let prompts = prompt(call, "cf-enter_number").await?;
        let typed = call
            .collect(Collect {
                prompts,
                max: Some(MOST),
                finish_on: Keys::new("#"),
                first: FIRST_KEY,
                between: NEXT_KEY,
                typed: String::new(),
            })
            .await?;
        if is_number(&typed.digits) {
            return Ok(Some(typed.digits));
        }
        at.tries += 1;
        call.save(at);
    }
    call.note("no number was entered; nothing is changed");
    Ok(None)
}

fn is_number(text: &str) -> bool {
    (FEWEST..=MOST).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_digit() || "+*".contains(c))
}
