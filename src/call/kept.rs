//! What a flow keeps with its call, for the modules, legs and requests to come.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Call;
use super::ops::CallerId;

/// All of it; it lasts as long as the call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// How the legs to come show who calls.
    pub presentation: Presentation,
    /// Custom-Channel-Vars by their names in lower case with `_`.
    pub channel_vars: Map<String, Value>,
    /// Variables that legs get too, with their values.
    pub exported: Vec<(String, String)>,
    /// What an agent must be able to do to take the call.
    pub skills: Map<String, Value>,
    /// What becomes of a leg that was picked up, when the other party leaves.
    pub after_bridge: Option<AfterBridge>,
    /// Told once when the call is over.
    pub notices: Vec<Notice>,
    /// The caller has talked with somebody, or has left a message.
    pub reached: bool,
    /// Keys since here cut short what was said: the first digits of what is asked next.
    pub ahead: Option<u64>,
}

/// How legs show who calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Presentation {
    /// The call's own caller id was chosen for it: what is configured for the
    /// phone that calls does not count.
    pub chosen: bool,
    /// Put in front.
    pub prefix: CallerId,
    /// Shown instead; an empty half is not.
    pub rewritten: CallerId,
    pub hide_name: bool,
    pub hide_number: bool,
    /// `Alert-Info` of the INVITE: how a phone rings.
    pub alert_info: Option<String>,
    /// Phones are asked to answer by themselves.
    pub auto_answer: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterBridge {
    Park(bool),
    Hangup(bool),
    Transfer(String),
}

/// Something to be told when the call is over (`[notify] url`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub event: String,
    /// Only if the caller reached nobody.
    pub if_missed: bool,
    /// A form; nested objects become `name[key]`.
    pub params: Map<String, Value>,
}

impl Call {
    /// What the flow keeps with this call.
    pub fn kept(&self) -> &Kept {
        &self.state.kept
    }

    pub fn kept_mut(&mut self) -> &mut Kept {
        &mut self.state.kept
    }

    /// Somebody talks with the caller, or has a message from it.
    pub fn reached(&mut self) {
        self.state.kept.reached = true;
        self.checkpoint();
    }

    /// From now on this is the caller, for everybody.
    pub fn set_caller(&mut self, caller: CallerId) {
        self.state.facts.caller_number = caller.number;
        self.state.facts.caller_name = caller.name;
        self.checkpoint();
    }

    /// From now on this is the number that was dialled.
    pub fn set_dialled(&mut self, number: &str) {
        number.clone_into(&mut self.state.facts.dialled);
        self.checkpoint();
    }

    /// The user to whom the call belongs.
    pub fn owner(&self) -> Option<&str> {
        self.state.kept.channel_vars.get("owner_id")?.as_str()
    }

    pub fn set_owner(&mut self, user: &str) {
        let vars = &mut self.state.kept.channel_vars;
        vars.insert("owner_id".into(), user.into());
        self.checkpoint();
    }

    /// How urgent the call is for queues, as `set_variable` has it.
    pub fn priority(&self) -> Option<i64> {
        match self.state.kept.channel_vars.get("call_priority")? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Gives legs a variable too. A name that is none of Asterisk's plain ones is
    /// refused: `CURL(…)` would be a function call.
    pub fn export(&mut self, name: &str, value: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || name.starts_with('_') || !name.chars().all(plain) {
            self.warn(format!(
                "variable {name:?} does not reach the legs: letters, digits, - and _ only"
            ));
            return;
        }
        let exported = &mut self.state.kept.exported;
        exported.retain(|(known, _)| known != name);
        exported.push((name.to_owned(), value.to_owned()));
    }
}
