//! What `<Number>`, `<Sip>` and `<Client>` have in common: they become a leg that
//! the web application is told about, and that may run a document of its own before
//! it is connected.

use url::Url;

use crate::call::Notify;
use crate::call::ops::{Screen, Target};
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
        screen: url.map(|url| Screen { url, method }),
        notify: attributes.notify(
            [
                "statusCallback",
                "statusCallbackMethod",
                "statusCallbackEvent",
            ],
            error::SCHEMA,
            EVENTS,
            &["completed"],
        ),
    }
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

/// Makes the URLs absolute that are requested while the leg lives.
pub(super) fn resolve(target: &mut Target, document: &Url) {
    if let Some(notify) = &mut target.notify {
        notify.resolve(document);
    }
    if let Some(screen) = &mut target.screen
        && let Ok(url) = document.join(&screen.url)
    {
        screen.url = url.into();
    }
}
