//! A conference room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A room with its numbers and PINs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Conference {
    #[schemars(length(min = 1, max = 128), extend("x-reading" = "kept"))]
    pub name: Option<String>,
    /// Numbers that lead to it, whatever the role.
    pub conference_numbers: Vec<String>,
    pub member: Member,
    pub moderator: Moderator,
    /// 0 or absent = as many as come.
    pub max_participants: Option<u32>,
    /// Heard by one for whom there is no place.
    pub max_members_media: Option<String>,
    /// Everybody says a name, which the others hear.
    pub play_name: bool,
    pub play_welcome: Option<bool>,
    /// `true` = a beep, `false` = nothing, a string = a sound.
    pub play_entry_tone: Option<Tone>,
    pub play_exit_tone: Option<Tone>,
    /// Members hear music until a moderator is there.
    pub require_moderator: bool,
    pub wait_for_moderator: bool,
    /// Of what is said to those who enter.
    pub language: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub owner_id: Option<String>,
    #[schemars(extend("x-reading" = "kept"))]
    pub flags: Vec<String>,
}

/// How members come in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Member {
    pub numbers: Vec<String>,
    pub pins: Vec<String>,
    pub join_muted: bool,
    pub join_deaf: bool,
    pub play_entry_prompt: bool,
}

impl Default for Member {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            pins: Vec::new(),
            join_muted: true,
            join_deaf: false,
            play_entry_prompt: true,
        }
    }
}

/// How moderators come in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Moderator {
    pub numbers: Vec<String>,
    pub pins: Vec<String>,
    pub join_muted: bool,
    pub join_deaf: bool,
    pub play_entry_prompt: bool,
}

/// The usual tone, none, or another sound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "true, false or the name of a sound"))]
pub enum Tone {
    Usual(bool),
    Media(String),
}
