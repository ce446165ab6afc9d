//! The kinds of stored things, as the API has them: a line each.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::ask::Ask;
use super::endpoint::{Doing, Run};
use super::{
    callflows, directories, listing, media, messages, participants, recordings, user_auth, users,
    vmboxes,
};
use crate::objects::{Faults, Kind};
use crate::store::{Change, Document};

/// What can be done with a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Can {
    List,
    Create,
    Read,
    Replace,
    Patch,
    Delete,
}

const ALL: &[Can] = &[
    Can::List,
    Can::Create,
    Can::Read,
    Can::Replace,
    Can::Patch,
    Can::Delete,
];

/// Adds what is worked out to documents that are about to be shown.
type Complete = for<'a> fn(&'a Ask, &'a mut [Value]) -> Doing<'a, ()>;

/// Further changes that are made together with one, all or none.
type Beside = for<'a> fn(
    &'a Ask,
    &'a str,
    Option<&'a Document>,
    Option<&'a Map<String, Value>>,
) -> Doing<'a, Vec<Change>>;

/// What follows a write.
type After = fn(&Ask, Option<&Document>, Option<&Document>);

/// A kind of stored things.
pub(super) struct Resource {
    pub(super) kind: Kind,
    /// Below the account. What belongs to something else has its `{owner}` in it.
    pub(super) path: &'static str,
    pub(super) can: &'static [Can],
    /// The fields that a list shows of each; empty = all of the document.
    pub(super) listed: &'static [&'static str],
    /// Further ones, worked out of the document.
    pub(super) summary: fn(&Document, &mut Map<String, Value>),
    /// And out of others, for those of a page.
    pub(super) complete_list: Option<Complete>,
    /// The same for one that is shown alone.
    pub(super) complete: Option<Complete>,
    /// What a list is ordered by.
    pub(super) order: fn(&Document) -> String,
    /// The newest come first, unless it is asked otherwise.
    pub(super) newest_first: bool,
    /// Fields that are worked out: what is sent in them is not stored.
    pub(super) computed: &'static [&'static str],
    /// The id of a new one, where its fields decide that.
    pub(super) id: fn(&Map<String, Value>) -> Option<String>,
    /// What becomes of a sound that is sent to one in place of a document.
    pub(super) upload: Option<Run>,
    /// Writes a document in our way before it is checked.
    pub(super) prepare: fn(&Ask, &mut Map<String, Value>),
    /// Checks what the schema cannot say. Also given the id that it has or gets.
    pub(super) check: fn(&str, &mut Map<String, Value>, &mut Faults),
    /// What is written with one, or with its end: given its id, what it was and what it is.
    pub(super) beside: Option<Beside>,
    /// What is done when one has been written: given what it was and what it is.
    pub(super) after: Option<After>,
    /// Fields that hold regular expressions.
    pub(super) regexes: &'static [&'static str],
    /// Fields, dotted, that no two of an account may share.
    pub(super) unique: &'static [&'static str],
}

impl Resource {
    pub(super) const fn of(kind: Kind, path: &'static str) -> Self {
        Self {
            kind,
            path,
            can: ALL,
            listed: &["name", "flags"],
            summary: |_, _| {},
            complete_list: None,
            complete: None,
            order: listing::by_name,
            newest_first: false,
            computed: &[],
            id: |_| None,
            upload: None,
            prepare: |_, _| {},
            check: |_, _, _| {},
            beside: None,
            after: None,
            regexes: &[],
            unique: &[],
        }
    }

    pub(super) fn can(&self, what: Can) -> bool {
        self.can.contains(&what)
    }

    /// The JSON Schema of its documents.
    pub(super) fn schema(&self) -> &'static Value {
        schema(self.kind)
    }

    /// The id in the store of what the URL names.
    pub(super) fn key(&self, ids: &[String]) -> String {
        ids.join("/")
    }

    /// The id as the API gives it: without the owner, and in one part of a URL.
    pub(super) fn shown_id(&self, id: &str) -> String {
        match self.path.contains("{owner}") {
            true => id.rsplit('/').next().unwrap_or(id).to_owned(),
            false => id.replace('/', "%2F"),
        }
    }

    /// The kind of what it belongs to.
    pub(super) fn owner(&self) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .find(|kind| kind.owns() == Some(self.kind))
    }
}

/// The schema of a kind, made once.
pub(super) fn schema(kind: Kind) -> &'static Value {
    static ALL: LazyLock<HashMap<Kind, Value>> = LazyLock::new(|| {
        let all = Kind::ALL.iter();
        all.map(|kind| (*kind, kind.schema())).collect()
    });
    static NONE: Value = Value::Null;
    ALL.get(&kind).unwrap_or(&NONE)
}

pub(super) static RESOURCES: &[Resource] = &[
    Resource {
        listed: &[
            "name", "type", "numbers", "patterns", "owner_id", "group_id", "flags",
        ],
        summary: callflows::summary,
        complete: Some(|ask, shown| Box::pin(callflows::metadata(ask, shown))),
        computed: &["metadata"],
        prepare: callflows::prepare,
        check: callflows::check,
        ..Resource::of(Kind::Callflow, "callflows")
    },
    Resource {
        listed: &[
            "name",
            "owner_id",
            "member",
            "moderator",
            "conference_numbers",
            "flags",
        ],
        complete_list: Some(|ask, shown| Box::pin(participants::summary(ask, shown))),
        complete: Some(|ask, shown| Box::pin(participants::details(ask, shown))),
        ..Resource::of(Kind::Conference, "conferences")
    },
    Resource {
        listed: &[
            "name",
            "mac_address",
            "owner_id",
            "enabled",
            "mobile",
            "call_recording",
            "flags",
        ],
        summary: users::device_summary,
        unique: &["sip.username"],
        ..Resource::of(Kind::Device, "devices")
    },
    Resource {
        complete: Some(|ask, shown| Box::pin(directories::users(ask, shown))),
        computed: &["users"],
        ..Resource::of(Kind::Directory, "directories")
    },
    Resource {
        listed: &["name", "features", "flags"],
        summary: users::group_summary,
        ..Resource::of(Kind::Group, "groups")
    },
    Resource {
        listed: &["name", "description", "list_type"],
        ..Resource::of(Kind::List, "lists")
    },
    Resource {
        listed: &[],
        regexes: &["pattern", "regexp"],
        ..Resource::of(Kind::ListEntry, "lists/{owner}/entries")
    },
    Resource {
        listed: &["name", "media_source", "language"],
        summary: media::summary,
        id: media::id,
        upload: Some(|ask| Box::pin(media::upload(ask))),
        prepare: media::prepare,
        check: media::check,
        ..Resource::of(Kind::Media, "media")
    },
    Resource {
        regexes: &["hunt_allow", "hunt_deny"],
        ..Resource::of(Kind::Menu, "menus")
    },
    Resource {
        // The folder of one is changed, and it is deleted, in `messages`.
        can: &[Can::List, Can::Create, Can::Read, Can::Patch],
        listed: &[],
        order: messages::by_time,
        newest_first: true,
        prepare: messages::prepare,
        after: Some(|ask, _, _| messages::tell_waiting(ask, ask.id(0))),
        ..Resource::of(Kind::Message, "vmboxes/{owner}/messages")
    },
    Resource {
        listed: &["name", "strategy", "flags"],
        ..Resource::of(Kind::Queue, "queues")
    },
    Resource {
        // One is read and deleted in `recordings`, with its sound.
        can: &[Can::List],
        listed: &[],
        order: recordings::by_time,
        newest_first: true,
        ..Resource::of(Kind::Recording, "recordings")
    },
    Resource {
        listed: &[
            "name",
            "enabled",
            "weight_cost",
            "template_name",
            "classifiers",
        ],
        regexes: &["rules", "cid_rules"],
        ..Resource::of(Kind::Resource, "resources")
    },
    Resource {
        listed: &["name", "type", "flags"],
        ..Resource::of(Kind::TemporalRule, "temporal_rules")
    },
    Resource {
        listed: &["name", "flags"],
        summary: |document, item| {
            if let Some(rules) = document.body.get("temporal_rules") {
                item.insert("rules".into(), rules.clone());
            }
        },
        ..Resource::of(Kind::TemporalRuleSet, "temporal_rules_sets")
    },
    Resource {
        listed: &[
            "username",
            "email",
            "first_name",
            "last_name",
            "priv_level",
            "feature_level",
            "presence_id",
            "timezone",
            "call_recording",
            "service",
            "flags",
        ],
        summary: users::summary,
        order: users::by_name,
        // Only what it is known again by is kept, beside the user.
        computed: &["password"],
        beside: Some(|ask, id, before, after| Box::pin(user_auth::beside(ask, id, before, after))),
        prepare: users::prepare,
        unique: &["username"],
        ..Resource::of(Kind::User, "users")
    },
    Resource {
        listed: &["name", "mailbox", "owner_id", "flags"],
        complete_list: Some(|ask, shown| Box::pin(vmboxes::count(ask, shown))),
        unique: &["mailbox"],
        after: Some(vmboxes::set_lamps),
        ..Resource::of(Kind::Vmbox, "vmboxes")
    },
    Resource {
        listed: &["name", "hook", "uri", "http_verb", "enabled"],
        ..Resource::of(Kind::Webhook, "webhooks")
    },
];

/// The resource of a kind that other files have endpoints for.
pub(super) fn resource(kind: Kind) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.kind == kind)
}
