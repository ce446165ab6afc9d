//! Stored things, and the numbers that lead to them.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:FILE` or `postgres://…`, which may hold a password; absent = in memory.
    pub url: Option<SecretString>,
}

/// How numbers are written, for stored callflows; as they are dialled unless
/// there are converters.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Numbers {
    /// The first whose `regex` matches decides.
    pub converters: Vec<Converter>,
    /// What kinds of numbers there are, for `call_restriction` and emergency calls;
    /// the first whose `regex` matches decides. One that matches none is `unknown`.
    pub classifiers: Vec<Classifier>,
}

/// A kind of numbers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Classifier {
    pub name: String,
    pub regex: String,
}

/// The last group that `regex` captures, between `prefix` and `suffix`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Converter {
    pub regex: String,
    pub prefix: String,
    pub suffix: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flows {
    /// `menu.id` and `callflow.id` name a file here.
    pub dir: PathBuf,
}

/// What becomes of messages in voicemail boxes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Voicemail {
    /// Gets each message as a form, for e-mail and the like; absent = nobody is told.
    pub notify_url: Option<Url>,
    /// How Asterisk names the boxes whose lamps phones show, as `{mailbox}@default`;
    /// absent = no lamps are set. Boxes of further accounts have lamps where `{account}`
    /// is in it.
    pub mwi: Option<String>,
}

impl Store {
    /// For those who open it: it must not be shown.
    pub fn url(&self) -> Option<&str> {
        self.url.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl Default for Numbers {
    fn default() -> Self {
        let class = |name: &str, regex: &str| Classifier {
            name: name.into(),
            regex: regex.into(),
        };
        Self {
            converters: Vec::new(),
            classifiers: vec![
                class("emergency", "^(112|911|999)$"),
                class("international", r"^(\+|00|011)[0-9]+$"),
            ],
        }
    }
}

impl Default for Flows {
    fn default() -> Self {
        Self {
            dir: "flows".into(),
        }
    }
}
