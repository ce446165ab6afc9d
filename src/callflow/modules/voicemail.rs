//! `voicemail` – takes a message for somebody, or plays the messages of a box.
//!
//! Answers the call. `compose` greets the caller, records after a tone until a key,
//! the time limit or the caller's hanging up, and asks what to do with the message:
//! `1` keeps it, `2` plays it, `3` records it again, `0` keeps it and leads to the
//! operator. During the greeting `*` leads to the messages of the box, `0` to the
//! operator, and any other key to the tone. Who hangs up has left the message all
//! the same. The owner of the box who composes hears the messages instead.
//!
//! `check` asks for the box and its PIN where the caller is not known to be its
//! owner, leads through the settings when the box was never opened, and plays the
//! messages: `1` new ones, `2` saved ones, `5` settings, `#` leaves. With each
//! message `1` keeps it, `2` plays it again, `3` forwards it to another box, `4` and
//! `6` go to the previous and the next, `7` deletes it, `9` calls back, `0` goes to
//! the main menu; where the box has `is_voicemail_ff_rw_enabled`, `5` and `8` wind
//! back and forth by `seek_duration_ms` while it plays, and `5` after it plays its
//! end again. All ends lead to `_`. An account may have other keys
//! (`voicemail.keys`); then it needs prompts of its own that say so.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | what was captured, or asked for | a stored voicemail box |
//! | `action` | `compose` | `compose` or `check` |
//! | `max_message_length` | the box's, else 500 s | of one message |
//! | `interdigit_timeout` | 2000 ms | between the keys of a number |
//! | `single_mailbox_login` | `false` | `true` = a caller with one box is not asked which |
//! | `callerid_match_login` | `false` | `true` = nor is one whose number a box has |
//!
//! ```json
//! {"module": "voicemail", "data": {"id": "4f2b1c8a9d3e4f5061728394a5b6c7d8", "action": "compose"}}
//! ```
//!
//! Messages are stored things of their own, with their sound; `[voicemail]` says who
//! is told of them and whose lamps are set. Unlike in Kazoo a message menu that gets
//! no key five times goes back to the main menu.

mod check;
mod compose;
mod menu;
mod messages;
mod settings;
mod when;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::messages::Listening;
use self::settings::{Change, NewPin};
use super::Module;
use crate::call::ops::{Collect, Keys};
use crate::call::{Call, Interrupt, Left};
use crate::callflow::library::{Part, phrase, say};
use crate::callflow::recorder::{ReviewKeys, Take};
use crate::callflow::{Node, caller};
use crate::objects::{Account, Vmbox, VoicemailKeys};
use crate::program::Flow;

/// From the end of a prompt to the first key.
const FIRST_KEY: Duration = Duration::from_secs(5);
/// Attempts at a box, a PIN, a number.
const ATTEMPTS: u32 = 3;
/// Digits of a box's number.
const BOX_DIGITS: usize = 15;

/// Takes a message for somebody, or plays the messages of a box.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Voicemail {
    /// A stored voicemail box.
    #[schemars(length(max = 128))]
    id: Option<String>,
    /// What is done.
    #[serde(default)]
    action: Action,
    /// Seconds of one message.
    #[schemars(range(min = 1, max = 10_800))]
    max_message_length: Option<u64>,
    /// Milliseconds between the keys of a number; 2000 when absent.
    #[schemars(range(min = 1, max = 10_000))]
    interdigit_timeout: Option<u64>,
    /// A caller with one box is not asked which.
    #[serde(default)]
    single_mailbox_login: bool,
    /// A caller whose number a box has is not asked which.
    #[serde(default)]
    callerid_match_login: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    #[default]
    Compose,
    Check,
}

/// What a visit to a box must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    stage: Stage,
    /// The box's id.
    mailbox: String,
    /// Its owner calls.
    owner: bool,
}

/// Where in its visit the call is. Each is entered again as a whole when the call
/// is picked up.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
enum Stage {
    #[default]
    Open,
    /// The caller hears the greeting.
    Greet,
    Record {
        left: Left,
        take: Take,
    },
    /// The message is recorded.
    Keep {
        operator: bool,
    },
    /// The caller says which box, for the so-manieth time.
    Login(u32),
    Pin(u32),
    /// The box is opened for the first time.
    Setup,
    Menu(u32),
    Messages(Listening),
    Forward(Listening, u32),
    Settings(u32),
    NewPin(NewPin),
    Greeting {
        change: Change,
        take: Take,
        setup: bool,
    },
}

/// What comes after a stage.
enum Next {
    To(Stage),
    End(Flow),
}

/// A box that is visited.
struct Visit<'v> {
    node: &'v Voicemail,
    id: String,
    stored: Vmbox,
    owner: bool,
    /// The account's.
    keys: VoicemailKeys,
}

impl Module for Voicemail {
    const NAME: &'static str = "voicemail";
    type Progress = Progress;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        loop {
            let next = match at.stage.clone() {
                Stage::Open => check::open(call, self, at).await?,
                Stage::Login(tries) => check::login(call, self, at, tries).await?,
                stage => match self.visit(call, at).await? {
                    Some(visit) => visit.stage(call, stage).await?,
                    None => {
                        call.warn(format!("voicemail box {} is gone", at.mailbox));
                        Next::End(Flow::Next)
                    }
                },
            };
            match next {
                Next::To(stage) => at.stage = stage,
                Next::End(flow) => return Ok(flow),
            }
            call.save(at);
        }
    }
}

impl Voicemail {
    /// The box as it is now: its owner may be changing it this moment.
    async fn visit(&self, call: &mut Call, at: &Progress) -> Result<Option<Visit<'_>>, Interrupt> {
        let account = call.account().to_string();
        let account = call.stored::<Account>(&account).await?.unwrap_or_default();
        let stored = call.stored::<Vmbox>(&at.mailbox).await?;
        Ok(stored.map(|stored| Visit {
            node: self,
            id: at.mailbox.clone(),
            stored,
            owner: at.owner,
            keys: account.voicemail.keys,
        }))
    }

    /// Asks for a number of at most so many digits.
    async fn ask(
        &self,
        call: &mut Call,
        parts: &[Part<'_>],
        most: usize,
    ) -> Result<String, Interrupt> {
        let prompts = phrase(call, parts).await?;
        let between = Duration::from_millis(self.interdigit_timeout.unwrap_or(2000));
        let collected = call
            .collect_with_ahead(Collect {
                prompts,
                max: Some(most),
                finish_on: Keys::new("#"),
                first: FIRST_KEY,
                between,
                typed: String::new(),
            })
            .await?;
        Ok(collected.digits)
    }
}

impl Visit<'_> {
    /// The keys of the question about a recording.
    fn review_keys(&self, operator: bool) -> ReviewKeys<'_> {
        ReviewKeys {
            save: &self.keys.save,
            listen: &self.keys.listen,
            record: &self.keys.record,
            operator: operator.then_some(&self.keys.operator),
        }
    }

    async fn stage(&self, call: &mut Call, stage: Stage) -> Result<Next, Interrupt> {
        match stage {
            Stage::Greet => compose::greet(call, self).await,
            Stage::Record { left, take } => compose::record(call, self, left, take).await,
            Stage::Keep { operator } => compose::keep(call, self, operator).await,
            Stage::Pin(tries) => check::pin(call, self, tries).await,
            Stage::Setup => settings::setup(call).await,
            Stage::Menu(tries) => menu::main(call, self, tries).await,
            Stage::Messages(listening) => messages::listen(call, self, listening).await,
            Stage::Forward(listening, tries) => {
                messages::forward(call, self, listening, tries).await
            }
            Stage::Settings(tries) => settings::menu(call, self, tries).await,
            Stage::NewPin(new) => settings::new_pin(call, self, new).await,
            Stage::Greeting {
                change,
                take,
                setup,
            } => settings::greeting(call, self, change, take, setup).await,
            // They have no box yet.
            Stage::Open | Stage::Login(_) => Ok(Next::End(Flow::Next)),
        }
    }
}

/// The box of this number.
async fn box_of_number(
    call: &mut Call,
    number: &str,
) -> Result<Option<(String, Vmbox)>, Interrupt> {
    if number.is_empty() {
        return Ok(None);
    }
    let boxes = call.all_stored::<Vmbox>().await?;
    Ok(boxes
        .into_iter()
        .find(|(_, stored)| stored.mailbox == number))
}

/// Whether the caller is the owner, or calls from the phone that is it.
async fn is_owner(call: &mut Call, stored: &Vmbox) -> Result<bool, Interrupt> {
    let Some(owner) = &stored.owner_id else {
        return Ok(false);
    };
    let device = caller::device_id(call).await?;
    let user = caller::user_id(call).await?;
    Ok(device.as_ref() == Some(owner) || user.as_ref() == Some(owner))
}

/// Says something, then goes on to `_`.
async fn end(call: &mut Call, prompt: &str) -> Result<Next, Interrupt> {
    say(call, &[Part::Prompt(prompt)]).await?;
    Ok(Next::End(Flow::Next))
}
