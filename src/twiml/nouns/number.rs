//! `<Number>` in a `<Dial>`: a telephone number.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `url`, `method` | none, POST | a document that the one who answered runs first; its end connects, `<Hangup>` refuses |
//! | `byoc` | | is ignored: `[dial] number` and the dialplan choose the trunk |
//! | `sendDigits` | none | keys sent after the answer and before all else; `w` waits half a second, `W` a whole one |
//! | `machineDetection` | none | `Enable` or `DetectMessageEnd`: who has answered is found out beside the conversation; not when digits are sent |
//! | `machineDetectionTimeout` | 30 | seconds, from 3 to 60 |
//! | `machineDetectionSpeechThreshold` | 2400 | ms, from 1000 to 6000; who talks for longer at first is a machine |
//! | `machineDetectionSpeechEndThreshold` | 1200 | ms of silence, from 500 to 5000, that end what is said |
//! | `machineDetectionSilenceTimeout` | 5000 | ms of silence, from 2000 to 10000, after which nothing can be said |
//! | `amdStatusCallback`, `…Method` | none, POST | gets `AnsweredBy` (`human`, `machine_start`, `machine_end_beep`, `machine_end_silence`, `machine_end_other`, `fax`, `unknown`) and `MachineDetectionDuration` in ms |
//! | `statusCallback`, `…Method`, `…Event` | none, POST, `completed` | who is told `initiated`, `ringing`, `answered`, `completed` |

use super::{leg, text_span};
use crate::call::ops::{Endpoint, Target};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;

pub(super) fn read(noun: &Element, report: &mut Report) -> Option<Target> {
    let mut attributes = Attributes::of(noun, report);
    let detection = leg::read_detection(&mut attributes);
    let shared = leg::read(&mut attributes, 13221);
    let send_digits = attributes.text_if(
        "sendDigits",
        13222,
        "write digits, `*` and `#`, and `w` or `W` to wait",
        |digits| !digits.is_empty() && digits.chars().all(|c| "0123456789*#wW".contains(c)),
    );
    // A carrier of Twilio's; here the dialplan chooses the trunk.
    attributes.raw("byoc");
    attributes.finish();
    attr::no_elements(noun, report);
    let text = noun.text();
    let Some(number) = clean(&text) else {
        report
            .warn(
                13223,
                text_span(noun),
                format!("`{text}` is not a number that can be dialled"),
            )
            .help("write a telephone number, as in `+14155551212`");
        return None;
    };
    Some(shared.onto(Target {
        detection,
        send_digits,
        ..Target::new(Endpoint::Number(number))
    }))
}

/// The digits of a number, with a leading `+`, and `*` and `#` as in `*98`.
/// Everything else is taken for punctuation.
pub(super) fn clean(text: &str) -> Option<String> {
    let number: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'))
        .enumerate()
        .filter(|(place, c)| *c != '+' || *place == 0)
        .map(|(_, c)| c)
        .collect();
    number
        .contains(|c: char| c.is_ascii_digit())
        .then_some(number)
}
