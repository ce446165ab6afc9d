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
//! | `input` | `dtmf` | `speech` is not done yet: keys are collected, and it is warned about |
//!
//! For speech, checked and without effect yet: `speechTimeout` (seconds or `auto`),
//! `maxSpeechTime` (1 to 60), `language`, `hints` (500 phrases of 100 characters),
//! `speechModel`, `enhanced`, `profanityFilter`, `bargeIn`, `partialResultCallback`
//! and its method. `debug` has no effect at Twilio either.
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
//! `action` gets `Digits`, `FinishedOnKey` and `msg` (`Gather End`). Without any key, and with nothing
//! but the finishing key, the next verb runs. Keys pressed before `<Gather>`
//! begins do not count. A `loop="0"` inside ends after 100 rounds.

mod speech;

use std::time::Duration;

use url::Url;

use super::Verb;
use super::pause::Pause;
use super::play::Play;
use super::say::{self, Say};
use crate::call::ops::{Collect, CollectEnd, Keys, Sound};
use crate::call::{Call, Interrupt};
use crate::config::Method;
use crate::program::{Flow, Request};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;

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
        speech::read(&mut attributes);
        attributes.finish();
        attr::no_text(element, report);
        let prompts = element
            .elements()
            .filter_map(|child| Prompt::read(child, element, &say::IN_GATHER, report))
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

    fn resolve(&mut self, document: &Url) {
        for prompt in &mut self.prompts {
            prompt.resolve(document);
        }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let collect = Collect {
            prompts: self.prompts.iter().flat_map(Prompt::sounds).collect(),
            max: self.num_digits,
            finish_on: self.finish_on.clone(),
            first: self.timeout,
            between: self.timeout,
            typed: String::new(),
        };
        let collected = call.collect(collect).await?;
        if collected.digits.is_empty() && !self.action_on_empty {
            return Ok(Flow::Next);
        }
        let finished_on = match collected.end {
            CollectEnd::Key(key) => key.to_string(),
            CollectEnd::Full | CollectEnd::Timeout => String::new(),
        };
        Ok(Flow::Fetch(Request {
            url: self.action.clone().unwrap_or_default(),
            method: self.method,
            params: vec![
                ("Digits".into(), collected.digits),
                ("FinishedOnKey".into(), finished_on),
                ("msg".into(), "Gather End".into()),
            ],
            why: "Gather action".into(),
        }))
    }
}

/// What stands for `loop="0"` in a prompt: all rounds are in one operation.
const ENDLESS: u32 = 100;

impl Prompt {
    /// Reads one of the verbs that may stand in `outer`; others are reported.
    pub(super) fn read(
        child: &Element,
        outer: &Element,
        codes: &say::Codes,
        report: &mut Report,
    ) -> Option<Self> {
        match child.name.as_str() {
            Say::NAME => Some(Self::Say(Say::read_as(child, codes, report))),
            Pause::NAME => Some(Self::Pause(Pause::read(child, report))),
            Play::NAME => {
                let play = Play::read(child, report);
                if play.digits.is_some() {
                    let message = format!(
                        "`digits` of a `<Play>` inside `<{}>` is skipped",
                        outer.name
                    );
                    report
                        .warn(13430, child.span.clone(), message)
                        .help(format!(
                            "send the tones with a `<Play>` before the `<{}>`",
                            outer.name
                        ));
                }
                Some(Self::Play(Play {
                    digits: None,
                    ..play
                }))
            }
            _ => {
                let allowed = [Say::NAME, Play::NAME, Pause::NAME];
                attr::stranger(child, outer, &allowed, 13320, report);
                None
            }
        }
    }

    pub(super) fn resolve(&mut self, document: &Url) {
        if let Self::Play(play) = self {
            play.resolve(document);
        }
    }

    pub(super) fn sounds(&self) -> Vec<Sound> {
        let (sound, rounds) = match self {
            Self::Say(say) => (say.sound(), say.rounds),
            Self::Play(play) => (play.sound(), play.rounds),
            Self::Pause(pause) => (Some(Sound::Silence(pause.length)), 1),
        };
        let rounds = usize::try_from(rounds.min(ENDLESS)).unwrap_or(1);
        sound.map(|sound| vec![sound; rounds]).unwrap_or_default()
    }
}

/// Old documents say `auto`, which meant the default.
fn read_timeout(attributes: &mut Attributes<'_, '_>) -> Duration {
    if attributes
        .raw("timeout")
        .is_some_and(|t| t.trim() == "auto")
    {
        return Duration::from_secs(5);
    }
    attributes.seconds("timeout", 13313, 1..=3600, 5)
}

/// Twilio takes one key; several are taken as a set.
fn read_finish_on(attributes: &mut Attributes<'_, '_>) -> Keys {
    attributes.keys("finishOnKey", 13310, "#")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Gather, Prompt, Sound};
    use crate::call::ops::Keys;
    use crate::config::Method;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn defaults() {
        let gather = clean::<Gather>("<Gather/>");
        let expected = Gather {
            action: None,
            method: None,
            timeout: Duration::from_secs(5),
            finish_on: Keys::new("#"),
            num_digits: None,
            action_on_empty: false,
            prompts: Vec::new(),
        };
        assert_eq!(gather, expected);
    }

    #[test]
    fn attributes_are_read() {
        let gather = clean::<Gather>(
            "<Gather action='/a' method='GET' timeout='10' finishOnKey='*' numDigits='4' \
             actionOnEmptyResult='TRUE' input='dtmf'/>",
        );
        let expected = Gather {
            action: Some("/a".into()),
            method: Some(Method::Get),
            timeout: Duration::from_secs(10),
            finish_on: Keys::new("*"),
            num_digits: Some(4),
            action_on_empty: true,
            prompts: Vec::new(),
        };
        assert_eq!(gather, expected);
    }

    #[test]
    fn an_empty_finish_on_key_is_no_key_and_an_empty_action_this_document() {
        assert_eq!(
            clean::<Gather>("<Gather finishOnKey=''/>").finish_on,
            Keys::none()
        );
        assert_eq!(
            clean::<Gather>("<Gather action=''/>").action.as_deref(),
            Some("")
        );
    }

    #[test]
    fn bad_values_give_the_default() {
        for (attribute, code) in [
            ("timeout='0'", 13313),
            ("timeout='soon'", 13313),
            ("numDigits='0'", 13314),
            ("numDigits='-1'", 13314),
            ("finishOnKey='x'", 13310),
            ("method='PUT'", 13312),
            ("actionOnEmptyResult='yes'", 13338),
            ("input='smoke'", 13326),
        ] {
            let (gather, codes) = read::<Gather>(&format!("<Gather {attribute}/>"));
            assert_eq!(gather, clean::<Gather>("<Gather/>"), "{attribute}");
            assert_eq!(codes, [code], "{attribute}");
        }
        assert_eq!(
            clean::<Gather>("<Gather timeout='auto'/>").timeout,
            Duration::from_secs(5)
        );
    }

    // Check 29.
    // Check 30.
    #[test]
    fn speech_in_any_spelling_of_a_list_is_told_to_be_missing() {
        for list in [
            "speech",
            "dtmf speech",
            "dtmf,speech",
            "['dtmf', 'speech']",
            "[&quot;speech&quot;]",
        ] {
            let (_, codes) = read::<Gather>(&format!("<Gather input=\"{list}\"/>"));
            assert_eq!(codes, [12200], "{list}");
        }
    }

    #[test]
    fn prompts_are_played_in_order_with_their_loops() {
        let gather = clean::<Gather>(
            "<Gather>\n <Say loop='2'>a</Say>\n <!-- x --> <Pause length='3'/><Play>sound:b</Play></Gather>",
        );
        let sounds: Vec<Sound> = gather.prompts.iter().flat_map(Prompt::sounds).collect();
        assert!(matches!(&sounds[0], Sound::Speech(u) if u.text == "a"));
        assert_eq!(sounds[0], sounds[1]);
        assert_eq!(sounds[2], Sound::Silence(Duration::from_secs(3)));
        assert_eq!(sounds[3], Sound::Asterisk("sound:b".into()));
        assert_eq!(sounds.len(), 4);
    }

    #[test]
    fn an_endless_prompt_is_bounded() {
        let gather = clean::<Gather>("<Gather><Say loop='0'>a</Say></Gather>");
        assert_eq!(gather.prompts[0].sounds().len(), 100);
    }

    #[test]
    fn what_cannot_be_a_prompt_is_skipped() {
        let (gather, codes) = read::<Gather>(
            "<Gather><Dial>1</Dial><Gather/><Play digits='12'>/a</Play>x<Say>b</Say></Gather>",
        );
        assert_eq!(codes, [12200, 13320, 13320, 13430]);
        assert_eq!(gather.prompts.len(), 2);
        assert!(matches!(&gather.prompts[0], Prompt::Play(play) if play.digits.is_none()));
    }
}
