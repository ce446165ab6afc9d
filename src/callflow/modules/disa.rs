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
//! What kind of number it is says `[numbers] classifiers` of pivot.toml. A caller who
//! dials nothing for a minute has used up a round.

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
            .collect_with_ahead(Collect {
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
        let class = call.services().catalog.numbers.class(&number).to_owned();
        let restriction = account.call_restriction.get(&class);
        let denied = restriction.is_some_and(|r| r.action.as_deref() == Some("deny"));
        if self.enforce_call_restriction && denied {
            call.note(format!("disa: the account denies {class} numbers"));
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
