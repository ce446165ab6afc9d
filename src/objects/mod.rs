//! The stored things that callflows refer to by id, one file each.
//!
//! A new kind is a file here and a line in the list below. Its struct holds the
//! fields that pivot acts on; the schema derived from it checks what the API and
//! an import are given. Fields that no struct has are stored and given back as
//! they came, since the tools of a shop may use them.

mod check;
mod common;
mod faults;
mod hidden;
mod lenient;
mod unfilled;
mod voicemail;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use agent::AgentStatus;
pub use callflow::NO_MATCH;
pub use check::check;
pub use common::{
    CallForward, CallerId, CallerIds, DialPlan, DigitRule, Enabled, MusicOnHold, OutboundFlags,
    Restriction, Services, gregorian, unix_of_gregorian,
};
pub use conference::{Member, Moderator, Tone};
pub use device::Ringtones;
pub use directory::{SearchFields, SortBy};
pub use hidden::{hide, is_hidden};
pub use lenient::read_leniently;
pub use media::{MediaSource, Tts};
pub use menu::MenuMedia;
pub use message::Folder;
pub use resource::Gateway;
pub use webhook::{HookFormat, HookVerb};

pub use faults::{Fault, Faults, within};
pub use queue::Strategy;
pub use unfilled::{OptionalTexts, drop_unfilled};
pub use voicemail::{CallbackPace, VoicemailKeys};

/// A stored thing. Every field has a default but for those that say who it is.
pub trait Object: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    const KIND: Kind;
}

macro_rules! objects {
    ($($file:ident::$kind:ident = $name:literal / $one:literal),* $(,)?) => {
        $(mod $file; pub use $file::$kind;)*

        /// The kinds of stored things.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Kind { $($kind),* }

        $(impl Object for $kind { const KIND: Kind = Kind::$kind; })*

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),*];

            /// As URLs and the store have it: `temporal_rules`.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),* }
            }

            /// One of them: `temporal_rule`, Kazoo's `pvt_type`.
            pub fn one(self) -> &'static str {
                match self { $(Kind::$kind => $one),* }
            }

            /// The JSON Schema of its documents, without references.
            pub fn schema(self) -> Value {
                match self { $(Kind::$kind => schema_of::<$kind>()),* }
            }

            /// Whether pivot can act on such a document; the error has the field.
            pub fn try_read(self, body: &Value) -> Result<(), Unreadable> {
                match self { $(Kind::$kind => try_read::<$kind>(body)),* }
            }
        }
    };
}

objects! {
    account::Account = "accounts" / "account",
    agent::Agent = "agents" / "agent",
    callflow::Callflow = "callflows" / "callflow",
    conference::Conference = "conferences" / "conference",
    credential::Credential = "credentials" / "credential",
    device::Device = "devices" / "device",
    directory::Directory = "directories" / "directory",
    group::Group = "groups" / "group",
    list::List = "lists" / "list",
    list_entry::ListEntry = "list_entries" / "list_entry",
    media::Media = "media" / "media",
    menu::Menu = "menus" / "menu",
    message::Message = "messages" / "message",
    pivot_debug::PivotDebug = "pivot_debug" / "pivot_debug",
    queue::Queue = "queues" / "queue",
    recording::Recording = "recordings" / "recording",
    resource::Resource = "resources" / "resource",
    temporal_rule::TemporalRule = "temporal_rules" / "temporal_rule",
    temporal_rule_set::TemporalRuleSet = "temporal_rules_sets" / "temporal_rule_set",
    token::Token = "tokens" / "token",
    user::User = "users" / "user",
    vmbox::Vmbox = "vmboxes" / "vmbox",
    webhook::Webhook = "webhooks" / "webhook",
}

impl Kind {
    /// What belongs to one of these, and goes with it.
    pub fn owns(self) -> Option<Self> {
        match self {
            Self::List => Some(Self::ListEntry),
            Self::Vmbox => Some(Self::Message),
            _ => None,
        }
    }

    /// Whether one of these would mean something else without one of its fields: a rule
    /// would hold at other times, a token would work for ever.
    pub fn is_read_whole(self) -> bool {
        matches!(
            self,
            Self::Credential
                | Self::ListEntry
                | Self::Resource
                | Self::TemporalRule
                | Self::TemporalRuleSet
                | Self::Token
        )
    }

    /// Whether calls find these by more than their id, in an index of numbers and phones.
    pub fn is_indexed(self) -> bool {
        matches!(self, Self::Callflow | Self::Device)
    }

    /// The kind of this name, as URLs have it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// A document that does not fit its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Unreadable {
    /// Dotted.
    pub field: String,
    pub why: String,
}

fn try_read<T: Object>(body: &Value) -> Result<(), Unreadable> {
    let read: Result<T, _> = serde_path_to_error::deserialize(body);
    read.map(drop).map_err(|error| Unreadable {
        field: error.path().to_string(),
        why: error.inner().to_string(),
    })
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    Value::from(settings.into_generator().into_root_schema_for::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_describes_an_object() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(*kind));
            assert_eq!(kind.schema()["type"], "object", "{}", kind.name());
        }
    }

    #[test]
    fn a_document_without_any_field_can_be_read() {
        let empty = || serde_json::json!({});
        assert!(serde_json::from_value::<Device>(empty()).is_ok());
        assert!(serde_json::from_value::<User>(empty()).is_ok());
        assert!(serde_json::from_value::<Vmbox>(empty()).is_ok());
        assert!(serde_json::from_value::<TemporalRule>(empty()).is_ok());
    }
}
