//! A voicemail box.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::voicemail::OwnerNotify;

/// A box; its messages are things of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name", "mailbox"]))]
pub struct Vmbox {
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Its number.
    #[schemars(length(min = 1, max = 30))]
    pub mailbox: String,
    pub owner_id: Option<String>,
    #[schemars(length(min = 4, max = 6))]
    pub pin: Option<String>,
    /// Also from the owner's own phone.
    pub require_pin: bool,
    /// The owner who calls the box hears the messages.
    pub check_if_owner: bool,
    /// `false` = the owner is led through the settings first.
    pub is_setup: bool,
    pub skip_greeting: bool,
    pub skip_instructions: bool,
    pub skip_envelope: bool,
    /// A sentence of the system's before the greeting.
    pub play_greeting_intro: bool,
    /// A box without a greeting says that nobody is there, without its number.
    pub use_person_not_available: bool,
    /// Callers hear the greeting and cannot leave a message.
    pub announcement_only: bool,
    pub not_configurable: bool,
    pub oldest_message_first: bool,
    pub delete_after_notify: bool,
    pub save_after_notify: bool,
    pub include_message_on_notify: bool,
    pub transcribe: bool,
    pub media_extension: Option<String>,
    pub timezone: Option<String>,
    pub media: VmboxMedia,
    pub notify_email_addresses: Vec<String>,
    /// Who is called about new messages.
    pub notify: OwnerNotify,
    /// Dialled by `0`; the number `0` when absent.
    pub operator_number: Option<String>,
    /// 5 and 8 wind back and forth.
    pub is_voicemail_ff_rw_enabled: bool,
    pub seek_duration_ms: u64,
    /// Seconds that a message may last.
    pub max_message_length: Option<u64>,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

impl Default for Vmbox {
    fn default() -> Self {
        Self {
            name: String::new(),
            mailbox: String::new(),
            owner_id: None,
            pin: None,
            require_pin: false,
            check_if_owner: true,
            is_setup: false,
            skip_greeting: false,
            skip_instructions: false,
            skip_envelope: false,
            play_greeting_intro: false,
            use_person_not_available: false,
            announcement_only: false,
            not_configurable: false,
            oldest_message_first: false,
            delete_after_notify: false,
            save_after_notify: false,
            include_message_on_notify: true,
            transcribe: false,
            media_extension: None,
            timezone: None,
            media: VmboxMedia::default(),
            notify_email_addresses: Vec::new(),
            notify: OwnerNotify::default(),
            operator_number: None,
            is_voicemail_ff_rw_enabled: false,
            seek_duration_ms: 10_000,
            max_message_length: None,
            flags: Vec::new(),
        }
    }
}

/// Greetings: ids of media.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct VmboxMedia {
    pub unavailable: Option<String>,
    pub temporary_unavailable: Option<String>,
    pub name: Option<String>,
}
