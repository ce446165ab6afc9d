//! What holds for all voicemail boxes of an account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What holds for all voicemail boxes of the account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Voicemail {
    /// Messages that a box holds; 100 when absent, 0 = as many as come.
    pub max_message_count: Option<u32>,
    pub keys: VoicemailKeys,
    pub notify: AccountNotify,
}

/// How the owners of boxes are called about new messages, unless the box or its owner say
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct AccountNotify {
    pub callback: CallbackPace,
}

/// Who is called about new messages in a box, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct OwnerNotify {
    pub callback: Callback,
}

/// A call about new messages; who answers hears them, and is asked for the PIN unless it
/// is the owner's phone. Only for a box that has an owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Callback {
    /// Whom; nobody without one.
    #[schemars(length(max = 128))]
    pub number: Option<String>,
    pub disabled: Option<bool>,
    #[serde(flatten)]
    pub pace: CallbackPace,
}

/// How often somebody is called about new messages, as long as there are any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct CallbackPace {
    /// Seconds before each attempt, of which there are as many; `attempts` and
    /// `interval_s` count when it is absent or empty.
    #[schemars(length(max = 100), inner(range(max = 604_800)))]
    pub schedule: Option<Vec<u64>>,
    /// 5 when nobody says it.
    #[schemars(range(max = 100))]
    pub attempts: Option<u64>,
    /// Seconds before each; 300 when nobody says it.
    #[schemars(range(max = 604_800))]
    pub interval_s: Option<u64>,
    /// Seconds that it rings; 20 when nobody says it.
    #[schemars(range(min = 1, max = 300))]
    pub timeout_s: Option<u64>,
}

/// What a user says about boxes of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct UserVoicemail {
    /// Who is called about new messages, unless the box says it.
    pub notify: OwnerNotify,
}

macro_rules! keys {
    ($($(#[$about:meta])* $name:ident = $key:literal),* $(,)?) => {
        /// The key for each thing that can be done; an empty one is no key.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(default)]
        #[schemars(inline)]
        pub struct VoicemailKeys {
            $($(#[$about])* #[schemars(length(max = 1))] pub $name: String,)*
        }

        impl Default for VoicemailKeys {
            fn default() -> Self {
                Self { $($name: $key.into(),)* }
            }
        }
    };
}

keys! {
    /// While the caller hears the greeting or reviews the message.
    operator = "0",
    /// While the caller hears the greeting: to the messages of the box.
    login = "*",
    /// Of what was recorded.
    save = "1",
    listen = "2",
    record = "3",
    /// In the main menu.
    hear_new = "1",
    hear_saved = "2",
    configure = "5",
    exit = "#",
    /// In the settings.
    rec_unavailable = "1",
    rec_name = "2",
    set_pin = "3",
    rec_temporary_unavailable = "4",
    del_temporary_unavailable = "5",
    toggle_announcement_only = "6",
    return_main = "0",
    /// With each message.
    keep = "1",
    replay = "2",
    forward = "3",
    prev = "4",
    next = "6",
    delete = "7",
    call_back = "9",
    return_main_menu = "0",
    /// With `is_voicemail_ff_rw_enabled`.
    rewind = "5",
    fast_forward = "8",
}
