//! `after_bridge` – says what becomes of the caller when somebody who picked up
//! the call leaves it, and goes on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | – | `park`, `hangup` or `transfer`; without it nothing is changed |
//! | `data` | – | for `transfer` the extension; for the others `true` or `false` |
//!
//! ```json
//! {"module": "after_bridge", "data": {"action": "transfer", "data": "1000"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{AfterBridge as Then, Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Says what becomes of a call that was picked up.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct AfterBridge {
    /// What becomes of it.
    action: Option<Action>,
    /// An extension, or whether.
    data: Option<Detail>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Park,
    Hangup,
    Transfer,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "an extension, true or false"))]
enum Detail {
    Whether(bool),
    Extension(String),
}

impl AfterBridge {
    fn then(&self) -> Option<Then> {
        let whether = match &self.data {
            Some(Detail::Whether(whether)) => *whether,
            Some(Detail::Extension(word)) => word == "true",
            None => true,
        };
        Some(match (self.action?, &self.data) {
            (Action::Park, _) => Then::Park(whether),
            (Action::Hangup, _) => Then::Hangup(whether),
            (Action::Transfer, Some(Detail::Extension(extension))) => {
                Then::Transfer(extension.clone())
            }
            (Action::Transfer, _) => return None,
        })
    }
}

impl Module for AfterBridge {
    const NAME: &'static str = "after_bridge";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        match self.then() {
            Some(then) => call.kept_mut().after_bridge = Some(then),
            None => call.warn("`action` and a fitting `data` are needed; nothing is changed"),
        }
        Ok(Flow::Next)
    }
}
