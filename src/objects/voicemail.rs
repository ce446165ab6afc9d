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
