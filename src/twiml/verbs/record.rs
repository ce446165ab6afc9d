//! `<Record>` records the caller.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | where the recording is told; without it the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//! | `timeout` | 5 | seconds of silence that end it; 0 = silence does not |
//! | `finishOnKey` | `1234567890*#` | keys that end it; empty = none does |
//! | `maxLength` | 3600 | seconds, from 2 to 14400 |
//! | `playBeep` | true | a tone before it |
//! | `trim` | `trim-silence` | or `do-not-trim` |
//! | `recordingUrl` | none | where the file is uploaded to (Kazoo's) |
//! | `recordStoreMethod` | PUT | of the upload: `PUT`, `POST` or `PATCH` |
//!
//! ```xml
//! <Response><Say>Please speak.</Say><Record action="/message" maxLength="60"/></Response>
//! ```
//!
//! `action` gets `RecordingUrl`, `RecordingSid`, `RecordingDuration` (seconds,
//! before trimming) and `Digits`: the key that ended it, `hangup`, or empty. It
//! is requested after a silent recording too, and after a hang-up, when its
//! answer is not looked at.
//!
//! With `profile = "twilio"` a missing `action` is this document.

use std::time::Duration;

use super::Verb;
use crate::call::ops::{Keys, Upload};
use crate::config::Method;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub action: Option<String>,
    pub method: Option<Method>,
    /// None = silence does not end it.
    pub silence: Option<Duration>,
    pub finish_on: Keys,
    pub max: Duration,
    pub beep: bool,
    pub trim: bool,
    pub upload: Option<Upload>,
}

impl Verb for Record {
    const NAME: &'static str = "Record";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let trims = [("trim-silence", true), ("do-not-trim", false)];
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", 13610);
        let silence = attributes.seconds("timeout", 13611, 0..=14_400, 5);
        let finish_on = attributes.keys("finishOnKey", 13613, "1234567890*#");
        let max = attributes.seconds("maxLength", (13612, 13615), 2..=14_400, 3600);
        let beep = attributes.flag("playBeep", 13616, true);
        let trim = attributes.choice("trim", 13699, &trims, true);
        let upload = read_upload(&mut attributes);
        attributes.finish();
        attr::no_elements(element, report);
        attr::no_text(element, report);
        Self {
            action,
            method,
            silence: (!silence.is_zero()).then_some(silence),
            finish_on,
            max,
            beep,
            trim,
            upload,
        }
    }
}

/// `recordingUrl` and `recordStoreMethod`.
pub(super) fn read_upload(attributes: &mut Attributes<'_, '_>) -> Option<Upload> {
    let methods = [("PUT", "PUT"), ("POST", "POST"), ("PATCH", "PATCH")];
    let method = attributes.choice("recordStoreMethod", error::SCHEMA, &methods, "PUT");
    let url = attributes.url("recordingUrl")?;
    (!url.is_empty()).then(|| Upload {
        url,
        method: method.to_owned(),
        query: false,
    })
}
