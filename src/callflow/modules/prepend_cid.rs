//! `prepend_cid` – puts a prefix before the caller id that later legs see, and
//! goes on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | `prepend` | `reset` takes all prefixes back |
//! | `apply_to` | `current` | `current`: before the prefix that is there already; `original`: in its place |
//! | `caller_id_name_prefix` | empty | |
//! | `caller_id_number_prefix` | empty | |
//!
//! What `set_cid` sets is shown without a prefix.
//!
//! ```json
//! {"module": "prepend_cid", "data": {"caller_id_name_prefix": "Sales: ", "apply_to": "original"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::CallerId;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Puts a prefix before the caller id that later legs see.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PrependCid {
    /// Prepend, or take all prefixes back.
    #[serde(default)]
    action: Action,
    /// Before the prefix that is there already, or in its place.
    #[serde(default)]
    apply_to: ApplyTo,
    /// Before the name.
    #[serde(default)]
    #[schemars(length(max = 128))]
    caller_id_name_prefix: String,
    /// Before the number.
    #[serde(default)]
    #[schemars(length(max = 128))]
    caller_id_number_prefix: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Prepend,
    Reset,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ApplyTo {
    #[default]
    Current,
    Original,
}

impl PrependCid {
    fn prefix(&self, before: &CallerId) -> CallerId {
        let (name, number) = (&self.caller_id_name_prefix, &self.caller_id_number_prefix);
        match (self.action, self.apply_to) {
            (Action::Reset, _) => CallerId::default(),
            (Action::Prepend, ApplyTo::Original) => CallerId {
                number: number.clone(),
                name: name.clone(),
            },
            (Action::Prepend, ApplyTo::Current) => CallerId {
                number: format!("{number}{}", before.number),
                name: format!("{name}{}", before.name),
            },
        }
    }
}

impl Module for PrependCid {
    const NAME: &'static str = "prepend_cid";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let prefix = &mut call.kept_mut().presentation.prefix;
        *prefix = self.prefix(prefix);
        Ok(Flow::Next)
    }
}
