//! `disa` – gives a caller from outside a dial tone, after a PIN.
//!
//! Answers the call and asks for the PIN. Then the caller hears the tone and dials;
//! the callflow runs that takes the number (also one that takes what no other
//! takes), then `_`. A number that nothing takes is said to be invalid and the tone
//! begins again; when the retries are used up, `_` runs. Too many wrong PINs end
//! the flow.
//!
//! | field | default | |
//! |---|---|---|
//! | `pin` | none | whoever knows it may dial; without one everybody may, which is warned about |
//! | `retries` | 3 | rounds, of PINs and of numbers |
//! | `interdigit` | 2000 ms | between keys |
//! | `max_digits` | 15 | of a number |
//! | `preconnect_audio` | `dialtone` | or `ringing` |
//! | `ring_repeat_count` | 1 | how often it rings |
//! | `use_account_caller_id` | `true` | whoever is called sees the account's `external` number in place of the caller's |
//! | `enforce_call_restriction` | `false` | `true` = what the account denies (`call_restriction`) is not dialled |
//!
//! ```json
//! {"module": "disa", "data": {"pin": "48151623", "max_digits": 12}}
//! ```
//!
//! Numbers are classified as Kazoo does it out of the box, in the North American
//! way. A caller who dials nothing for a minute has used up a round.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::ops::{CallerId, Collect, Keys, Sound, Tone};
use crate::call::{Call, Interrupt};
use crate::callflow::library::{Part, phrase, say};
use crate::callflow::{Node, stored};
use crate::objects::Account;
use crate::patterns::Pattern;
use crate::program::{End, Flow};

/// Digits of a PIN that are waited for.
const PIN_DIGITS: usize = 10;
/// To the first key.
const PATIENCE: Duration = Duration::from_secs(5);
/// So often a caller who dials nothing is waited for.
const QUIET: u32 = 12;

/// Gives a caller from outside a dial tone, after a PIN.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Disa {
    /// Whoever knows it may dial.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pin: String,
    /// Rounds, of PINs and of numbers.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 100))]
    retries: u32,
    /// Milliseconds between keys; 2000 when absent.
    #[schemars(range(min = 1, max = 60_000))]
    interdigit: Option<u64>,
    /// Digits of a number.
    #[serde(default = "fifteen")]
    #[schemars(range(min = 1, max = 64))]
    max_digits: usize,
    /// What is heard before the number.
    #[serde(default)]
    preconnect_audio: Preconnect,
    /// How often it rings.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 20))]
    ring_repeat_count: u32,
    /// Whoever is called sees the account's number.
    #[serde(default = "yes")]
    use_account_caller_id: bool,
    /// What the account denies is not dialled.
    #[serde(default)]
    enforce_call_restriction: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Preconnect {
    #[default]
    Dialtone,
    Ringing,
}

fn three() -> u32 {
    3
}

fn fifteen() -> usize {
    15
}

fn once() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// How far the caller is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Wrong PINs.
    wrong: u32,
    authorised: bool,
    /// Numbers that nothing took.
    rounds: u32,
    /// Times of this round without a key.
    quiet: u32,
}

impl Module for Disa {
    const NAME: &'static str = "disa";
    type Progress = Progress;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        if self.pin.is_empty() {
            call.warn("disa: there is no `pin`, so everybody who calls may dial");
            at.authorised = true;
        }
        while !at.authorised {
            if at.wrong >= self.retries {
                say(call, &[Part::Prompt("disa-retries_exceeded")]).await?;
                return Ok(Flow::Stop(None));
            }
            let prompts = phrase(call, &[Part::Prompt("disa-enter_pin")]).await?;
            let most = self.pin.len().max(PIN_DIGITS);
            at.authorised = self.ask(call, prompts, most).await? == self.pin;
            if !at.authorised {
                say(call, &[Part::Prompt("disa-invalid_pin")]).await?;
                at.wrong += 1;
            }
            call.save(at);
        }
        while at.rounds < self.retries {
            let tone = if at.quiet == 0 {
                self.tone()
            } else {
                Vec::new()
            };
            let number = self.ask(call, tone, self.max_digits).await?;
            if number.is_empty() && at.quiet + 1 < QUIET {
                at.quiet += 1;
                call.save(at);
                continue;
            }
            if !number.is_empty() {
                if let Some(flow) = self.dial(call, &number).await? {
                    return Ok(flow);
                }
                say(call, &[Part::Prompt("disa-invalid_extension")]).await?;
            }
            at.rounds += 1;
            at.quiet = 0;
            call.save(at);
        }
        Ok(Flow::Next)
    }
}

impl Disa {
    async fn ask(
        &self,
        call: &mut Call,
        prompts: Vec<Sound>,
        most: usize,
    ) -> Result<String, Interrupt> {
        let collected = call
            .collect(Collect {
                prompts,
                max: Some(most),
                finish_on: Keys::new("#"),
                first: PATIENCE,
                between: Duration::from_millis(self.interdigit.unwrap_or(2000)),
                typed: String::new(),
            })
            .await?;
        Ok(collected.digits)
    }

    fn tone(&self) -> Vec<Sound> {
        let tone = match self.preconnect_audio {
            Preconnect::Dialtone => Tone {
                frequencies: vec![350.0, 440.0],
                on: Duration::from_secs(10),
                off: Duration::ZERO,
                times: 1,
            },
            Preconnect::Ringing => Tone {
                frequencies: vec![440.0, 480.0],
                on: Duration::from_secs(2),
                off: Duration::from_secs(4),
                times: self.ring_repeat_count,
            },
        };
        vec![Sound::Tone(tone)]
    }

    /// The flow that takes the number; `None` when none does.
    async fn dial(&self, call: &mut Call, dialled: &str) -> Result<Option<Flow>, Interrupt> {
        let number = call.normalize(dialled);
        let Some(flow) = stored::hunt(call, &number, true).await? else {
            return Ok(None);
        };
        let account = call.account().to_string();
        let account = call.stored::<Account>(&account).await?.unwrap_or_default();
        if self.enforce_call_restriction && is_denied(&account, &number) {
            call.note(format!("disa: the account denies {number}"));
            say(call, &[Part::Prompt("cf-unauthorized_call")]).await?;
            return Ok(Some(Flow::End(End::Hangup(None))));
        }
        let caller = account
            .caller_id
            .get("external")
            .filter(|_| self.use_account_caller_id);
        let caller = caller.map(|id| CallerId {
            number: id.number.clone().unwrap_or_default(),
            name: id.name.clone().unwrap_or_default(),
        });
        call.set_dialled(&number);
        if let Some(caller) = caller.filter(|caller| !caller.number.is_empty()) {
            call.kept_mut().presentation.chosen = true;
            call.set_caller(caller);
        }
        Ok(Some(Flow::Branch(Arc::new(flow))))
    }
}

/// Kazoo's classes of numbers, the first that fits counts.
const CLASSES: [(&str, &str); 6] = [
    ("tollfree_us", r"^\+1(8(?:00|33|44|55|66|77|88)\d{7})$"),
    ("toll_us", r"^\+1(900\d{7})$"),
    ("emergency", r"^(911|9911|933|112)$"),
    (
        "caribbean",
        r"^\+?1((?:684|264|268|242|246|441|284|345|767|809|829|849|473|671|876|664|670|787|939|869|758|784|721|868|649|340)\d{7})$",
    ),
    ("did_us", r"^\+?1?([2-9][0-9]{2}[2-9][0-9]{6})$"),
    ("international", r"^(011\d*|00\d*|\+[2-9]\d*)$"),
];

/// Whether an account denies the class of this number.
fn is_denied(account: &Account, number: &str) -> bool {
    let fits = |pattern: &str| Pattern::new(pattern).is_ok_and(|pattern| pattern.is_match(number));
    let class = CLASSES.iter().find(|(_, pattern)| fits(pattern));
    let class = class.map_or("unknown", |(name, _)| *name);
    let restriction = account.call_restriction.get(class);
    restriction.is_some_and(|restriction| restriction.action.as_deref() == Some("deny"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_denies_classes_of_numbers() {
        let denies = |class: &str, number: &str| {
            let account = serde_json::json!({"call_restriction": {class: {"action": "deny"}}});
            is_denied(&serde_json::from_value(account).unwrap(), number)
        };
        for (class, number) in [
            ("tollfree_us", "+18005551234"),
            ("toll_us", "+19005551234"),
            ("emergency", "911"),
            ("caribbean", "+18765551234"),
            ("did_us", "+14155551234"),
            ("international", "+4930123456"),
            ("unknown", "2030"),
        ] {
            assert!(denies(class, number), "{class} {number}");
            assert!(!denies("other", number), "{number}");
        }
    }
}
