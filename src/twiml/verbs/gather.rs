//! `<Gather>` collects keys while its prompts play, and sends them to `action`.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | this document | where the keys are sent |
//! | `method` | POST | `GET` or `POST` |
//! | `timeout` | 5 | seconds from the prompts' end to the first key, and from key to key |
//! | `finishOnKey` | `#` | ends the input and is not part of it; empty = no key does |
//! | `numDigits` | no limit | so many keys end the input |
//! | `actionOnEmptyResult` | false | request `action` without any key too |
//! | `input` | `dtmf` | `speech` is not done yet |
//!
//! Inside: `<Say>`, `<Play>` and `<Pause>`, played once; the first key stops them.
//!
//! ```xml
//! <Response>
//!   <Gather action="/menu" numDigits="1"><Say>Press 1 for sales.</Say></Gather>
//!   <Say>You pressed nothing.</Say>
//! </Response>
//! ```
//!
//! `action` gets `Digits` and `FinishedOnKey`. Without any key, and with nothing
//! but the finishing key, the next verb runs. Keys pressed before `<Gather>`
//! begins do not count. A `loop="0"` inside ends after 100 rounds.

use std::time::Duration;

use super::pause::Pause;
use super::play::Play;
use super::say::Say;
use super::Verb;
use crate::call::ops::Keys;
use crate::config::Method;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::later;

#[derive(Debug, Clone, PartialEq)]
pub struct Gather {
    pub action: Option<String>,
    pub method: Option<Method>,
    pub timeout: Duration,
    pub finish_on: Keys,
    pub num_digits: Option<usize>,
    pub action_on_empty: bool,
    pub prompts: Vec<Prompt>,
}

/// A verb that plays while keys are collected.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    Say(Say),
    Play(Play),
    Pause(Pause),
}

impl Verb for Gather {
    const NAME: &'static str = "Gather";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", 13312);
        let timeout = read_timeout(&mut attributes);
        let finish_on = read_finish_on(&mut attributes);
        let num_digits = attributes
            .number("numDigits", 13314, 1..=u32::MAX)
            .and_then(|n| usize::try_from(n).ok());
        let action_on_empty = attributes.flag("actionOnEmptyResult", 13338, false);
        let input = attributes.list("input");
        attributes.finish();
        for (word, span) in input {
            match word.to_ascii_lowercase().as_str() {
                "dtmf" => {}
                "speech" => later::warn(report, span, "`speech` as `input` of `<Gather>`"),
                _ => {
                    report
                        .warn(13326, span, format!("`input` cannot be `{word}`"))
                        .help("write `dtmf`, `speech` or `dtmf speech`");
                }
            }
        }
        attr::no_text(element, report);
        let prompts = element
            .elements()
            .filter_map(|child| read_prompt(child, element, report))
            .collect();
        Self {
            action,
            method,
            timeout,
            finish_on,
            num_digits,
            action_on_empty,
            prompts,
        }
    }
}

/// Old documents say `auto`, which meant the default.
fn read_timeout(attributes: &mut Attributes<'_, '_>) -> Duration {
    if attributes.raw("timeout").is_some_and(|t| t.trim() == "auto") {
        return Duration::from_secs(5);
    }
    attributes.seconds("timeout", 13313, 1..=3600, 5)
}

/// Twilio takes one key; several are taken as a set.
fn read_finish_on(attributes: &mut Attributes<'_, '_>) -> Keys {
    attributes.keys("finishOnKey", 13310, "#")
}

fn read_prompt(child: &Element, gather: &Element, report: &mut Report) -> Option<Prompt> {
    match child.name.as_str() {
        Say::NAME => Some(Prompt::Say(Say::read(child, report))),
        Pause::NAME => Some(Prompt::Pause(Pause::read(child, report))),
        Play::NAME => {
            let play = Play::read(child, report);
            if play.digits.is_some() {
                report
                    .warn(
                        13430,
                        child.span.clone(),
                        "`digits` of a `<Play>` inside `<Gather>` is skipped",
                    )
                    .help("send the tones with a `<Play>` before the `<Gather>`");
            }
            Some(Prompt::Play(Play { digits: None, ..play }))
        }
        _ => {
            let allowed = [Say::NAME, Play::NAME, Pause::NAME];
            attr::stranger(child, gather, &allowed, 13320, report);
            None
        }
    }
}
