//! `<Dial>` rings one or more parties and connects the caller with the first
//! who answers.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | where the result is told; without it the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//! | `timeout` | 30 | seconds they ring, from 5 to 600 |
//! | `timeLimit` | 14400 | seconds they may talk, from 1 to 86400 |
//! | `callerId` | the caller's | what the called party sees |
//! | `hangupOnStar` | false | the caller's `*` ends the conversation, not the call |
//! | `answerOnBridge` | false | the caller goes on ringing until somebody answers |
//! | `record` | `do-not-record` | `record-from-answer`, `record-from-ringing`, the same with `-dual` for two channels, `true`, `false` |
//! | `recordingUrl` | none | where the recording is uploaded to (Kazoo's) |
//! | `recordStoreMethod` | PUT | of the upload: `PUT`, `POST` or `PATCH` |
//!
//! The text is a number to dial. A text without digits is dropped, and the nouns
//! inside are rung at once: `<Number>`, `<Sip>`, `<Client>`, and Kazoo's `<User>`
//! and `<Device>`.
//!
//! ```xml
//! <Response>
//!   <Dial action="/dialled" timeout="20"><Number>+14155551212</Number><Sip>bob@example.com</Sip></Dial>
//! </Response>
//! ```
//!
//! `action` gets `DialCallStatus` (`completed`, `busy`, `no-answer`, `failed`,
//! `canceled`), `DialBridged`, `DialCallSid`, `DialCallDuration` (seconds, when
//! somebody answered), `DialSipResponseCode` and, when the call was recorded,
//! `RecordingUrl`, `RecordingSid` and `RecordingDuration`. It is requested after
//! the caller hung up too, when its answer is not looked at.

use std::time::Duration;

use super::{Verb, record};
use crate::call::ops::{DialRecording, Target, Upload};
use crate::config::Method;
use crate::report::Report;
use crate::twiml::attr::Attributes;
use crate::twiml::element::Element;
use crate::twiml::nouns;

#[derive(Debug, Clone, PartialEq)]
pub struct Dial {
    pub action: Option<String>,
    pub method: Option<Method>,
    pub timeout: Duration,
    pub time_limit: Duration,
    pub caller_id: Option<String>,
    pub hangup_on_star: bool,
    pub answer_on_bridge: bool,
    pub record: Option<DialRecording>,
    pub upload: Option<Upload>,
    /// Empty when nobody can be rung.
    pub targets: Vec<Target>,
}

const fn recording(from_ringing: bool, dual: bool) -> Option<DialRecording> {
    Some(DialRecording { from_ringing, dual })
}

const RECORD: &[(&str, Option<DialRecording>)] = &[
    ("do-not-record", None),
    ("record-from-answer", recording(false, false)),
    ("record-from-ringing", recording(true, false)),
    ("record-from-answer-dual", recording(false, true)),
    ("record-from-ringing-dual", recording(true, true)),
    ("true", recording(false, false)),
    ("false", None),
];

impl Verb for Dial {
    const NAME: &'static str = "Dial";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", 13210);
        let timeout = attributes.seconds("timeout", 13212, 5..=600, 30);
        let time_limit = attributes.seconds("timeLimit", 13216, 1..=86_400, 14_400);
        let caller_id = attributes.text_if(
            "callerId",
            13214,
            "write a number, a `client:` name or the user of a SIP address",
            is_caller_id,
        );
        let hangup_on_star = attributes.flag("hangupOnStar", 13213, false);
        let answer_on_bridge = attributes.flag("answerOnBridge", 13219, false);
        let record = attributes.choice("record", 13217, RECORD, None);
        let upload = record::read_upload(&mut attributes);
        attributes.finish();
        Self {
            action,
            method,
            timeout,
            time_limit,
            caller_id,
            hangup_on_star,
            answer_on_bridge,
            record,
            upload,
            targets: nouns::read(element, report),
        }
    }
}

/// It becomes part of a SIP header and of a dialplan function.
fn is_caller_id(value: &str) -> bool {
    let plain = |c: char| !c.is_control() && !"<>\"\\(),;".contains(c);
    !value.is_empty() && value.chars().all(plain)
}
