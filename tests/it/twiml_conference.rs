//! `<Dial><Conference>`: who hears whom, when it begins and ends, what is told.

mod coaching;
mod events;
mod hearing;
mod leaving;
mod recording;
mod resuming;
mod waiting;

use std::sync::Arc;

use pivot::id::CallId;
use pivot::simulate::{Caller, Phone, Sound};

use crate::support::web_app::Seen;
use crate::support::{Failing, Scenario, Setting, ms, twiml};

/// A pivot whose callers meet in a conference.
struct Meeting(Scenario);

impl std::ops::Deref for Meeting {
    type Target = Scenario;

    fn deref(&self) -> &Scenario {
        &self.0
    }
}

impl Meeting {
    async fn new() -> Self {
        Self(Scenario::new().await)
    }

    /// With checkpoints that fail for one call, as a bug in its task would.
    async fn failing(failing: &Arc<Failing>) -> Self {
        let setting = Setting {
            checkpoints: Some(failing.clone()),
            ..Setting::default()
        };
        Self(Scenario::with(setting).await)
    }

    /// Somebody calls and joins `Room` with these attributes; the `<Dial>` tells
    /// its end to `/left-{name}`.
    async fn join(&self, name: &str, attributes: &str) -> Phone {
        let conference = format!("<Conference {attributes}>Room</Conference>");
        self.dial(name, "", &conference).await
    }

    async fn dial(&self, name: &str, attributes: &str, noun: &str) -> Phone {
        let left = format!("/left-{name}");
        self.document(
            name,
            &format!("<Dial action='{left}' {attributes}>{noun}</Dial>"),
        )
        .await
    }

    /// Somebody calls and gets these verbs.
    async fn document(&self, name: &str, verbs: &str) -> Phone {
        let path = format!("/{name}");
        self.web.on(&path, twiml(verbs));
        let after = twiml("<Play>sound:after</Play>");
        self.web.on(&format!("/left-{name}"), after);
        let caller = Caller {
            args: vec![format!("{}{path}", self.web.url())],
            ..Caller::default()
        };
        let phone = self.call_from(caller).await;
        tokio::time::sleep(ms(300)).await;
        phone
    }

    /// What `/left-{name}` was told, once.
    async fn left(&self, name: &str) -> Seen {
        let mut seen = self.web.at(&format!("/left-{name}"));
        assert_eq!(seen.len(), 1, "{name}\n{}", self.all_lines().await);
        seen.remove(0)
    }

    /// The events that `/events` was told, with these parameters of each.
    fn events(&self, names: &[&str]) -> Vec<String> {
        let told = self.web.at("/events");
        told.iter()
            .map(|seen| {
                let more = names.iter().map(|name| {
                    let value = seen.param(name).unwrap_or_else(|| "-".into());
                    format!(" {value}")
                });
                param(seen, "StatusCallbackEvent") + &more.collect::<String>()
            })
            .collect()
    }

    async fn all_lines(&self) -> String {
        let mut all = String::new();
        for call in self.pivot.traces.calls().await {
            let timeline = self.pivot.traces.find(&call.id).await.unwrap();
            all.push_str(&format!("== {}\n", call.id));
            for entry in timeline.entries {
                all.push_str(&format!("{:?} {}\n", entry.kind, entry.text));
            }
        }
        all
    }
}

/// Attributes with which every event is told to `/events`.
const ALL_EVENTS: &str =
    "statusCallback='/events' statusCallbackEvent='start end join leave mute hold'";

/// A parameter; `-` when it is not there.
fn param(seen: &Seen, name: &str) -> String {
    seen.param(name).unwrap_or_else(|| "-".into())
}

/// The id of the call that asked for `/{name}`.
fn call_id(meeting: &Meeting, name: &str) -> CallId {
    let sid = param(&meeting.web.at(&format!("/{name}"))[0], "CallSid");
    serde_json::from_value(sid.into()).unwrap()
}

/// The channels that a phone hears at this moment.
async fn hears(phone: &Phone) -> Vec<String> {
    let heard = phone.heard().await;
    let mut now: Vec<String> = heard
        .into_iter()
        .filter(|heard| heard.to.is_none())
        .flat_map(|heard| match heard.what {
            Sound::Bridge(others) => others,
            _ => Vec::new(),
        })
        .collect();
    now.sort();
    now
}

fn channels(phones: &[&Phone]) -> Vec<String> {
    let mut ids: Vec<String> = phones.iter().map(|p| p.channel().to_owned()).collect();
    ids.sort();
    ids
}

async fn hears_music(phone: &Phone) -> bool {
    let heard = phone.heard().await;
    heard
        .iter()
        .any(|heard| heard.to.is_none() && matches!(heard.what, Sound::Music(_)))
}
