//! `branch_variable` – branches on the value of a variable.
//!
//! The child named like the value runs, else `_`. `true`, `false` and numbers
//! count as text.
//!
//! | field | default | |
//! |---|---|---|
//! | `variable` | required | its name, or the names that lead to it: `["call_forward", "enabled"]`; upper or lower case, `-` or `_` make no difference |
//! | `scope` | `custom_channel_vars` | where it is looked for |
//!
//! | scope | |
//! |---|---|
//! | `custom_channel_vars` | what `set_variable` has set and pivot knows of the call, else what `set_variables` has set |
//! | `custom_application_vars` | what `set_variables` has set |
//! | `channel` | a channel variable of Asterisk's; its case counts |
//! | `account`, `user`, `device` | the stored account; the user who calls; the phone that calls |
//! | `merged` | the phone's document over its user's over the account's, when that names a child, else as `custom_channel_vars`; of a call from no phone `_` runs |
//!
//! ```json
//! {
//!   "module": "branch_variable",
//!   "data": {"variable": "vip", "scope": "custom_application_vars"},
//!   "children": {"true": {"module": "device", "data": {"id": "manager"}}}
//! }
//! ```
//!
//! `custom_application_vars` and `channel` are pivot's own. In Kazoo a list of
//! names is read from its end.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::variables::{at, text};
use crate::callflow::{DEFAULT_CHILD, Node, caller};
use crate::objects::Kind;
use crate::program::Flow;

/// Branches on the value of a variable.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct BranchVariable {
    /// Its name, or the names that lead to it.
    variable: Names,
    /// Where it is looked for.
    #[serde(default)]
    scope: Scope,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "a name or a list of names"))]
enum Names {
    One(String),
    Path(Vec<String>),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    #[default]
    CustomChannelVars,
    CustomApplicationVars,
    Channel,
    Account,
    User,
    Device,
    Merged,
}

impl BranchVariable {
    /// `a.b` leads as `["a", "b"]` does.
    fn path(&self) -> Vec<String> {
        match &self.variable {
            Names::One(name) => name.split('.').map(str::to_owned).collect(),
            Names::Path(path) => path.clone(),
        }
    }

    async fn value(&self, call: &mut Call, node: &Node) -> Result<Option<String>, Interrupt> {
        let path = self.path();
        let stored =
            |value: &serde_json::Map<String, serde_json::Value>| at(value, &path).and_then(text);
        Ok(match self.scope {
            Scope::CustomChannelVars => channel_var(call, &path),
            Scope::CustomApplicationVars => stored(call.custom_vars()),
            Scope::Channel => call.channel_variable(&path.join(".")).await?,
            Scope::Account => {
                let id = call.account().to_string();
                let document = call.document(Kind::Account, &id).await?;
                document.and_then(|document| stored(&document.body))
            }
            Scope::User | Scope::Device => {
                let (kind, id) = match self.scope {
                    Scope::User => (Kind::User, caller::user_id(call).await?),
                    _ => (Kind::Device, caller::device_id(call).await?),
                };
                match id {
                    Some(id) => {
                        let document = call.document(kind, &id).await?;
                        document.and_then(|document| stored(&document.body))
                    }
                    None => None,
                }
            }
            Scope::Merged => {
                if caller::device_id(call).await?.is_none() {
                    return Ok(None);
                }
                let documents = caller::documents(call).await?;
                documents
                    .iter()
                    .rev()
                    .find_map(stored)
                    .filter(|value| node.child(value).is_some())
                    .or_else(|| channel_var(call, &path))
            }
        })
    }
}

/// What is known of the call, then what the flow has set.
fn channel_var(call: &Call, path: &[String]) -> Option<String> {
    let known = at(&call.kept().channel_vars, path);
    known
        .or_else(|| at(call.custom_vars(), path))
        .and_then(text)
}

impl Module for BranchVariable {
    const NAME: &'static str = "branch_variable";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let value = self.value(call, node).await?;
        call.note(match &value {
            Some(value) => format!("{} is {value:?}", self.path().join(".")),
            None => format!("{} has no value", self.path().join(".")),
        });
        Ok(match value {
            Some(value) if value != DEFAULT_CHILD => Flow::Child(value),
            _ => Flow::Next,
        })
    }
}
