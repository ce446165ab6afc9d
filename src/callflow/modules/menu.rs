//! `menu` – plays a greeting, collects keys, and takes the child of that name.
//!
//! Answers the call. A key (or several) that names a child takes it. Else, with
//! `hunt`, the callflow runs that has these keys among its numbers or patterns,
//! then `_`. Anything else is said to be invalid and the greeting begins again,
//! until the retries are used up: then child `max_retries`, else `_`, else the
//! caller is told goodbye. Pressing nothing takes child `timeout`; without one it
//! uses up a retry. With `max_extension_length` over 1, one key is taken after
//! `interdigit_timeout` or `#`.
//!
//! The fields stand in `data`, or in the stored menu that `id` names, or in the
//! file `ID.json` in the folder of `[flows] dir`.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | – | a stored menu; the other fields are then not looked at, but for `interdigit_timeout` |
//! | `retries` | 3 | 1 to 10 |
//! | `timeout` | 10000 ms | for the first key; at most 60000 |
//! | `interdigit_timeout` | 2000 ms | for each further key; at most 10000 |
//! | `max_extension_length` | 4 | ends the entry at once; 1 to 6 |
//! | `hunt` | `true` for stored menus, else `false` | extensions can be dialled; never one that takes what no other takes |
//! | `hunt_allow` | any | regular expression of those that can be dialled |
//! | `hunt_deny` | none | regular expression of those that cannot |
//! | `record_pin` | – | these digits open the recorder of the greeting of a stored menu, for callers from inside |
//! | `allow_record_from_offnet` | `false` | `true` = also for callers from outside |
//! | `media.greeting` | a prompt | what is played, as `id` of `play` |
//! | `media.invalid_media` | `true` | said after a wrong entry; `false` = nothing, or a sound |
//! | `media.exit_media` | `true` | said when the retries are used up |
//! | `media.transfer_media` | `true` | said before `_` then runs, and before an extension |
//! | `suppress_media` | `false` | `true` = nothing is said after a wrong entry |
//!
//! ```json
//! {
//!   "module": "menu",
//!   "data": {"max_extension_length": 1, "media": {"greeting": "https://example.com/menu.mp3"}},
//!   "children": {
//!     "1": {"module": "device", "data": {"id": "sales"}},
//!     "2": {"module": "device", "data": {"id": "support"}},
//!     "timeout": {"module": "tts", "data": {"text": "Nothing pressed."}}
//!   }
//! }
//! ```
//!
//! In Kazoo the fields are always those of a stored menu. The recorder says what
//! is recorded again on `3`, plays it on `2` and keeps it on `1`; the new greeting
//! is heard at once.

mod greeting;

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::ops::{Collect, CollectEnd, Collected, Keys, Sound};
use crate::call::{Call, Interrupt};
use crate::callflow::fields::MediaSwitch;
use crate::callflow::library::{named_sounds, play, prompt};
use crate::callflow::listen::take_typed;
use crate::callflow::recorder::Take;
use crate::callflow::{DEFAULT_CHILD, Node, stored};
use crate::objects;
use crate::patterns::Pattern;
use crate::program::Flow;

/// Plays a greeting, collects keys, and takes the child of that name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend(
    "x-accepted" = ["name", "flags"]
))]
pub(super) struct Menu {
    /// A stored menu.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// How often the greeting is played.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    retries: u32,
    /// Milliseconds to the first key.
    #[serde(default = "ten_seconds")]
    #[schemars(range(min = 1, max = 60_000))]
    timeout: u64,
    /// Milliseconds from each key to the next; 2000 when absent.
    #[schemars(range(min = 1, max = 10_000))]
    interdigit_timeout: Option<u64>,
    /// Keys that end the entry at once.
    #[serde(default = "four")]
    #[schemars(range(min = 1, max = 6))]
    max_extension_length: usize,
    /// Extensions can be dialled.
    #[serde(default)]
    hunt: bool,
    /// Regular expression of the extensions that can be dialled.
    #[schemars(length(max = 256))]
    hunt_allow: Option<String>,
    /// Regular expression of those that cannot.
    #[schemars(length(max = 256))]
    hunt_deny: Option<String>,
    /// Opens the recorder of the greeting of a stored menu.
    #[schemars(length(max = 6))]
    record_pin: Option<String>,
    /// Also for callers from outside.
    #[serde(default)]
    allow_record_from_offnet: bool,
    /// What is played.
    #[serde(default)]
    media: Media,
    /// Say nothing after a wrong entry.
    #[serde(default)]
    suppress_media: bool,
}

/// What is played.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
struct Media {
    /// The greeting.
    #[schemars(length(max = 2048))]
    greeting: Option<String>,
    /// Said after a wrong entry.
    #[serde(default)]
    invalid_media: MediaSwitch,
    /// Said when the retries are used up.
    #[serde(default)]
    exit_media: MediaSwitch,
    /// Said before `_` then runs.
    #[serde(default)]
    transfer_media: MediaSwitch,
}

fn three() -> u32 {
    3
}

fn ten_seconds() -> u64 {
    10_000
}

fn four() -> usize {
    4
}

/// Ends an entry and is not part of it.
const FINISH: &str = "#";
const BETWEEN: u64 = 2000;

impl From<objects::Menu> for Menu {
    fn from(stored: objects::Menu) -> Self {
        Self {
            id: None,
            retries: stored.retries,
            timeout: stored.timeout.unwrap_or_else(ten_seconds),
            interdigit_timeout: stored.interdigit_timeout,
            max_extension_length: stored.max_extension_length,
            hunt: stored.hunt,
            hunt_allow: stored.hunt_allow,
            hunt_deny: stored.hunt_deny,
            record_pin: stored.record_pin,
            allow_record_from_offnet: stored.allow_record_from_offnet,
            media: Media {
                greeting: stored.media.greeting,
                invalid_media: stored.media.invalid_media.into(),
                exit_media: stored.media.exit_media.into(),
                transfer_media: stored.media.transfer_media.into(),
            },
            suppress_media: stored.suppress_media,
        }
    }
}

/// What a menu must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tries {
    /// Rounds that are over.
    done: u32,
    /// Keys since here belong to this menu.
    mark: Option<u64>,
    /// So many of them have been used up.
    used: usize,
    /// What was pressed before the round that runs.
    typed: Option<String>,
    /// The greeting is being recorded.
    take: Option<Take>,
}

impl Tries {
    /// Keys that were pressed before this round, during the last one's
    /// announcement or before the menu, count for it.
    fn begin(&mut self, call: &mut Call) -> String {
        if let Some(typed) = &self.typed {
            return typed.clone();
        }
        let typed = match self.mark {
            None => {
                self.mark = Some(call.keys_mark());
                let typed = take_typed(call);
                typed
                    .chars()
                    .take_while(|key| !FINISH.contains(*key))
                    .collect()
            }
            Some(mark) => call
                .keys_since(mark)
                .chars()
                .skip(self.used)
                .collect::<String>(),
        };
        self.typed = Some(typed.clone());
        call.save(self);
        typed
    }
}

impl Menu {
    /// The stored menu, if there is one; else what stands in the node. Only a menu
    /// of the store has its `id`, as that one can be changed.
    async fn settings(&self, call: &mut Call) -> Result<Self, Interrupt> {
        let Some(id) = &self.id else {
            return Ok(self.clone());
        };
        let mut menu = match call.stored::<objects::Menu>(id).await? {
            Some(menu) => Self {
                id: Some(id.clone()),
                ..menu.into()
            },
            None => {
                let file = stored::object::<Self>(call, id, Self::NAME).await?;
                Self {
                    id: None,
                    ..file.unwrap_or_else(|| self.clone())
                }
            }
        };
        menu.interdigit_timeout = menu.interdigit_timeout.or(self.interdigit_timeout);
        Ok(menu)
    }

    async fn greeting(&self, call: &mut Call) -> Result<Vec<Sound>, Interrupt> {
        match self.media.greeting.as_deref() {
            None | Some("") => prompt(call, "menu-no_prompt").await,
            greeting => named_sounds(call, greeting).await,
        }
    }

    /// The flow of an extension that may be dialled from here.
    async fn extension(&self, call: &mut Call, digits: &str) -> Result<Option<Node>, Interrupt> {
        if !self.hunt || !self.may_dial(call, digits) {
            return Ok(None);
        }
        stored::hunt(call, digits, false).await
    }

    /// An expression that cannot be read allows nothing, and denies nothing.
    fn may_dial(&self, call: &Call, digits: &str) -> bool {
        let matches = |pattern: &Option<String>, without: bool| match pattern.as_deref() {
            None | Some("") => without,
            Some(pattern) => match Pattern::new(pattern) {
                Ok(pattern) => pattern.is_match(digits),
                Err(error) => {
                    call.warn(format!("menu: {error}"));
                    false
                }
            },
        };
        matches(&self.hunt_allow, true) && !matches(&self.hunt_deny, false)
    }

    async fn collect(&self, call: &mut Call, typed: String) -> Result<Collected, Interrupt> {
        let between = Duration::from_millis(self.interdigit_timeout.unwrap_or(BETWEEN));
        let mut collect = Collect {
            prompts: Vec::new(),
            max: Some(self.max_extension_length),
            finish_on: Keys::new(FINISH),
            first: between,
            between,
            typed,
        };
        if collect.typed.is_empty() {
            collect.prompts = self.greeting(call).await?;
            collect.first = Duration::from_millis(self.timeout);
        }
        call.collect(collect).await
    }

    /// The retries are used up.
    async fn give_up(&self, call: &mut Call, node: &Node) -> Result<Flow, Interrupt> {
        let exit = self.media.exit_media.sounds(call, "menu-exit").await?;
        play(call, exit).await?;
        if node.offers("max_retries") {
            return Ok(Flow::Child("max_retries".into()));
        }
        let last = if node.offers(DEFAULT_CHILD) {
            self.transfer(call).await?
        } else {
            prompt(call, "vm-goodbye").await?
        };
        play(call, last).await?;
        Ok(Flow::Next)
    }

    async fn transfer(&self, call: &mut Call) -> Result<Vec<Sound>, Interrupt> {
        self.media
            .transfer_media
            .sounds(call, "menu-transferring_call")
            .await
    }
}

impl Module for Menu {
    const NAME: &'static str = "menu";
    type Progress = Tries;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let mut menu = self.settings(call).await?;
        while at.done < menu.retries {
            if at.take.is_some() {
                menu.record(call, at).await?;
                menu = self.settings(call).await?;
            }
            let typed = at.begin(call);
            // Those typed before the menu are not among the keys since the mark.
            let before = if at.done == 0 { typed.len() } else { 0 };
            let Collected { digits, end } = menu.collect(call, typed).await?;
            if digits.is_empty() {
                if node.offers("timeout") {
                    return Ok(Flow::Child("timeout".into()));
                }
            } else if node.offers(&digits) {
                return Ok(Flow::Child(digits));
            } else if let Some(flow) = menu.extension(call, &digits).await? {
                call.note(format!("menu: {digits} is an extension"));
                let transfer = menu.transfer(call).await?;
                play(call, transfer).await?;
                return Ok(Flow::Branch(Arc::new(flow)));
            } else if menu.opens_recorder(call, &digits) {
                at.take = Some(Take::default());
                call.save(at);
                continue;
            } else {
                call.note(format!("menu: {digits} is not among the choices"));
                if !menu.suppress_media {
                    let invalid = menu
                        .media
                        .invalid_media
                        .sounds(call, "menu-invalid_entry")
                        .await?;
                    play(call, invalid).await?;
                }
            }
            let finish = usize::from(matches!(end, CollectEnd::Key(_)));
            at.used += (digits.len() + finish).saturating_sub(before);
            at.done += 1;
            at.typed = None;
            call.save(at);
        }
        menu.give_up(call, node).await
    }
}
