//! `hotdesk` – lets people log in on any phone, and rings them where they are.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | – | `login`, `logout`, `toggle` (logs out who is logged in anywhere); `bridge` rings the phones where the user is logged in |
//! | `id` | – | a user; without one the caller is asked for the user's `hotdesk.id` |
//! | `interdigit_timeout` | 2000 ms | from each key to the next |
//!
//! Logging in answers, asks for the PIN if the user's `hotdesk.require_pin` says so
//! (three tries), logs the user out elsewhere unless `hotdesk.keep_logged_in_elsewhere`,
//! and goes on to `_`. `bridge` rings each phone as `device` would, and goes on to the child of the failure, else to `_`,
//! also after a conversation.
//!
//! ```json
//! {"module": "hotdesk", "data": {"action": "toggle"}}
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Module;
use crate::call::ops::{Collect, Dial, Keys};
use crate::call::{Call, Interrupt};
use crate::callflow::caller_id::{self, Reaches};
use crate::callflow::endpoint::{Asked, Legs, Phones};
use crate::callflow::library::prompt;
use crate::callflow::{Node, caller, own, ring};
use crate::objects::{Device, Kind, User};
use crate::program::Flow;

/// Lets people log in on any phone.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Hotdesk {
    /// What is done.
    action: Option<Action>,
    /// Who.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// Milliseconds from each key to the next.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 1, max = 10_000))]
    interdigit_timeout: u64,
}

fn two_seconds() -> u64 {
    2000
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Login,
    Logout,
    Toggle,
    Bridge,
}

const TRIES: u32 = 3;
const ID_DIGITS: usize = 10;
const PIN_DIGITS: usize = 6;
const FIRST_KEY: Duration = Duration::from_secs(5);
const RING: Duration = Duration::from_secs(20);

/// What the module must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Desk {
    user: Option<String>,
    /// Wrong entries so far.
    tries: u32,
    /// What is done; it is decided once.
    logs_in: Option<bool>,
    known: bool,
}

impl Module for Hotdesk {
    const NAME: &'static str = "hotdesk";
    type Progress = Desk;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(action) = self.action else {
            call.warn("`action` is needed; nothing is done");
            return Ok(Flow::Next);
        };
        if action == Action::Bridge {
            return self.bridge(call, node).await;
        }
        call.answer().await?;
        let Some(phone) = caller::device_id(call).await? else {
            call.note("the caller's phone is none of the stored devices");
            own::say(call, "hotdesk-abort").await?;
            return Ok(Flow::Next);
        };
        if at.user.is_none() {
            at.user = self.who(call, action, &phone, at).await?;
            call.save(at);
        }
        let user = match at.user.clone() {
            Some(id) => call.stored::<User>(&id).await?.map(|user| (id, user)),
            None => None,
        };
        let Some((id, user)) = user.filter(|(_, user)| user.hotdesk.enabled) else {
            own::say(call, "hotdesk-abort").await?;
            return Ok(Flow::Next);
        };
        if at.logs_in.is_none() {
            let logged_in = !logged_in_on(call, &id).await?.is_empty();
            at.logs_in = Some(match action {
                Action::Toggle => !logged_in,
                action => action == Action::Login,
            });
            call.save(at);
        }
        if at.logs_in == Some(true) {
            self.log_in(call, &phone, &id, &user, at).await?;
        } else {
            log_out(call, &id, None).await?;
            own::say(call, "hotdesk-logged_out").await?;
        }
        Ok(Flow::Next)
    }
}

impl Hotdesk {
    /// The user: of the node, the only one who is logged in here, or who says so.
    async fn who(
        &self,
        call: &mut Call,
        action: Action,
        phone: &str,
        at: &mut Desk,
    ) -> Result<Option<String>, Interrupt> {
        if let Some(id) = self.id.as_ref().filter(|id| !id.is_empty()) {
            return Ok(Some(id.clone()));
        }
        if action == Action::Logout {
            let device: Device = call.stored(phone).await?.unwrap_or_default();
            if let [only] = device.hotdesk.users.keys().collect::<Vec<_>>()[..] {
                return Ok(Some(only.clone()));
            }
        }
        while at.tries < TRIES {
            let typed = self.ask(call, "hotdesk-enter_id", ID_DIGITS).await?;
            let users = call.all_stored::<User>().await?;
            let known = users
                .into_iter()
                .find(|(_, user)| user.hotdesk.id.as_ref().is_some_and(|id| *id == typed));
            if let Some((id, _)) = known {
                at.tries = 0;
                return Ok(Some(id));
            }
            own::say(call, "hotdesk-invalid_entry").await?;
            at.tries += 1;
            call.save(at);
        }
        Ok(None)
    }

    async fn log_in(
        &self,
        call: &mut Call,
        phone: &str,
        id: &str,
        user: &User,
        at: &mut Desk,
    ) -> Result<(), Interrupt> {
        if user.hotdesk.require_pin && !at.known {
            while at.tries < TRIES && !at.known {
                let pin = self.ask(call, "hotdesk-enter_pin", PIN_DIGITS).await?;
                at.known = user.hotdesk.pin.as_ref().is_some_and(|own| *own == pin);
                if !at.known {
                    own::say(call, "hotdesk-invalid_entry").await?;
                    at.tries += 1;
                }
                call.save(at);
            }
            if !at.known {
                call.note("the PIN was wrong too often");
                return own::say(call, "hotdesk-abort").await;
            }
        }
        if !user.hotdesk.keep_logged_in_elsewhere {
            log_out(call, id, Some(phone)).await?;
        }
        let enter = |body: &mut Map<String, Value>| {
            change_users(body, |users| {
                users.insert(id.to_owned(), Value::Object(Map::new()));
            });
        };
        call.change_stored(Kind::Device, phone, enter).await?;
        call.note(format!("{id} is logged in on {phone}"));
        own::say(call, "hotdesk-logged_in").await
    }

    async fn ask(&self, call: &mut Call, question: &str, most: usize) -> Result<String, Interrupt> {
        let prompts = prompt(call, question).await?;
        let typed = call
            .collect(Collect {
                prompts,
                max: Some(most),
                finish_on: Keys::new("#"),
                first: FIRST_KEY,
                between: Duration::from_millis(self.interdigit_timeout),
                typed: String::new(),
            })
            .await?;
        Ok(typed.digits)
    }

    /// Rings the phones where the user is logged in.
    async fn bridge(&self, call: &mut Call, node: &Node) -> Result<Flow, Interrupt> {
        let id = self.id.clone().unwrap_or_default();
        let user: Option<User> = call.stored(&id).await?;
        if user.is_none_or(|user| !user.hotdesk.enabled) {
            call.note(format!("{id:?} does not log in on phones"));
            return Ok(Flow::Next);
        }
        let mut phones = Phones::new(call).await?;
        let mut legs = Legs::default();
        for (device, _) in logged_in_on(call, &id).await? {
            legs.add(phones.device(call, &device, &Asked::default()).await?);
        }
        if legs.targets.is_empty() {
            call.note(format!("no phone rings on which {id} is logged in"));
            return Ok(Flow::Next);
        }
        let mut dial = Dial {
            targets: legs.targets,
            timeout: RING,
            ignore_early_media: legs.ignore_early_media,
            ..Dial::default()
        };
        caller_id::present(call, &mut dial, Reaches::Phone).await?;
        let dialled = call.dial(dial).await?;
        let child = ring::failure(&dialled).and_then(|failure| failure.child(node));
        Ok(child.unwrap_or(Flow::Next))
    }
}

/// The phones where a user is logged in.
async fn logged_in_on(call: &mut Call, user: &str) -> Result<Vec<(String, Device)>, Interrupt> {
    let mut devices = call.devices_of(user).await?;
    devices.retain(|(_, device)| device.hotdesk.users.contains_key(user));
    Ok(devices)
}

/// Logs a user out everywhere but on one phone.
async fn log_out(call: &mut Call, user: &str, but: Option<&str>) -> Result<(), Interrupt> {
    for (id, _) in logged_in_on(call, user).await? {
        if Some(id.as_str()) == but {
            continue;
        }
        let leave = |body: &mut Map<String, Value>| {
            change_users(body, |users| {
                users.remove(user);
            });
        };
        call.change_stored(Kind::Device, &id, leave).await?;
        call.note(format!("{user} is logged out on {id}"));
    }
    Ok(())
}

/// Changes `hotdesk.users` of a device's document.
fn change_users(body: &mut Map<String, Value>, change: impl FnOnce(&mut Map<String, Value>)) {
    own::within(body, "hotdesk", |hotdesk| {
        own::within(hotdesk, "users", change)
    });
}
