//! What `<Number>`, `<Sip>` and `<Client>` have in common: they become a leg that
//! the web application is told about.

use url::Url;

use crate::call::Notify;
use crate::call::ops::Target;
use crate::twiml::attr::Attributes;
use crate::twiml::error;

const EVENTS: &[&str] = &["initiated", "ringing", "answered", "completed"];

/// The attributes that all of them have.
pub(super) struct Shared {
    notify: Option<Notify>,
}

pub(super) fn read(attributes: &mut Attributes<'_, '_>) -> Shared {
    Shared {
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
            ..target
        }
    }
}

/// Makes the URLs absolute that are requested while the leg lives.
pub(super) fn resolve(target: &mut Target, document: &Url) {
    if let Some(notify) = &mut target.notify {
        notify.resolve(document);
    }
}
