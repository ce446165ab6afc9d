//! What `<Number>`, `<Sip>` and `<Client>` have in common: they become a leg that
//! the web application is told about, and that may run a document of its own before
//! it is connected.

use std::time::Duration;

use url::Url;

use crate::call::ops::{Detection, Screen, Target};
use crate::call::{CallbackTarget, Notify};
use crate::config::Method;
use crate::twiml::attr::Attributes;
use crate::twiml::error;

const EVENTS: &[&str] = &["initiated", "ringing", "answered", "completed"];

/// The attributes that all of them have.
pub(super) struct Shared {
    notify: Option<Notify>,
    screen: Option<Screen>,
}

/// `method_code` is Twilio's for a bad `method`.
pub(super) fn read(attributes: &mut Attributes<'_, '_>, method_code: u32) -> Shared {
    let url = attributes.url("url").filter(|url| !url.is_empty());
    let method = attributes.method("method", method_code);
    Shared {
        screen: url.map(|url| Screen::Document { url, method }),
        notify: read_notify(attributes),
    }
}

/// `statusCallback` and its family.
pub(super) fn read_notify(attributes: &mut Attributes<'_, '_>) -> Option<Notify> {
    attributes.notify(
        [
            "statusCallback",
            "statusCallbackMethod",
            "statusCallbackEvent",
        ],
        error::SCHEMA,
        EVENTS,
        &["completed"],
    )
}

impl Shared {
    pub(super) fn onto(self, target: Target) -> Target {
        Target {
            notify: self.notify,
            screen: self.screen,
            ..target
        }
    }
}

/// `machineDetection` and its family, of Number and Sip.
pub(super) fn read_detection(attributes: &mut Attributes<'_, '_>) -> Option<Detection> {
    let table = [("Enable", Some(false)), ("DetectMessageEnd", Some(true))];
    let to_end = attributes.choice("machineDetection", error::SCHEMA, &table, None);
    let default = Detection::default();
    let timeout = attributes.seconds("machineDetectionTimeout", error::SCHEMA, 3..=60, 30);
    let mut ms = |name, range, default: Duration| {
        let read = attributes.number(name, error::SCHEMA, range);
        read.map_or(default, |ms| Duration::from_millis(ms.into()))
    };
    let speech_threshold = ms(
        "machineDetectionSpeechThreshold",
        1000..=6000,
        default.speech_threshold,
    );
    let speech_end_threshold = ms(
        "machineDetectionSpeechEndThreshold",
        500..=5000,
        default.speech_end_threshold,
    );
    let silence_timeout = ms(
        "machineDetectionSilenceTimeout",
        2000..=10_000,
        default.silence_timeout,
    );
    let url = attributes
        .url("amdStatusCallback")
        .filter(|url| !url.is_empty());
    let method = attributes.method("amdStatusCallbackMethod", error::SCHEMA);
    Some(Detection {
        to_end: to_end?,
        timeout,
        speech_threshold,
        speech_end_threshold,
        silence_timeout,
        notify: url.map(|url| CallbackTarget {
            url,
            method: method.unwrap_or(Method::Post),
        }),
    })
}

/// Makes the URLs absolute that are requested while the leg lives.
pub(super) fn resolve(target: &mut Target, document: &Url) {
    if let Some(notify) = &mut target.notify {
        notify.resolve(document);
    }
    let told = target.detection.as_mut().and_then(|d| d.notify.as_mut());
    if let Some(told) = told
        && let Ok(url) = document.join(&told.url)
    {
        told.url = url.into();
    }
    if let Some(Screen::Document { url, .. }) = &mut target.screen
        && let Ok(absolute) = document.join(url)
    {
        *url = absolute.into();
    }
}
