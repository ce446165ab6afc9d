//! `privacy` – hides the caller from the legs that later modules make.
//!
//! Goes on to `_`. When the number that led here has captured something, as a
//! prefix code does, that becomes the number called, and its flow runs instead; a
//! number that has no flow ends this one.
//!
//! | field | default | |
//! |---|---|---|
//! | `mode` | `full` | `full` (or `yes`), `name` (`hide_name`), `number` (`hide_number`), or `none`, which changes nothing |
//! | `endpoint_strategy` | `overwrite` | `merge`: what is hidden already stays hidden |
//!
//! ```json
//! {"module": "privacy", "data": {"mode": "number"}}
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, stored};
use crate::program::Flow;

/// Hides the caller from later legs.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Privacy {
    /// What is hidden.
    #[serde(default)]
    mode: Mode,
    /// What becomes of what is hidden already.
    #[serde(default)]
    endpoint_strategy: Strategy,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    #[default]
    Full,
    Yes,
    Kazoo,
    Name,
    HideName,
    Number,
    HideNumber,
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Strategy {
    #[default]
    Overwrite,
    Merge,
}

impl Privacy {
    /// Whether name and number are hidden; none = as they are.
    fn hides(&self) -> Option<(bool, bool)> {
        match self.mode {
            Mode::Full | Mode::Yes | Mode::Kazoo => Some((true, true)),
            Mode::Name | Mode::HideName => Some((true, false)),
            Mode::Number | Mode::HideNumber => Some((false, true)),
            Mode::None => None,
        }
    }

    fn hide(&self, call: &mut Call) {
        if let Some((name, number)) = self.hides() {
            let shown = &mut call.kept_mut().presentation;
            let merge = self.endpoint_strategy == Strategy::Merge;
            shown.hide_name = name || merge && shown.hide_name;
            shown.hide_number = number || merge && shown.hide_number;
        }
    }
}

impl Module for Privacy {
    const NAME: &'static str = "privacy";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(captured) = call.matched_flow().captured.group.clone() else {
            self.hide(call);
            return Ok(Flow::Next);
        };
        let number = call.services().catalog.numbers.normalize(&captured);
        let Some(flow) = stored::hunt(call, &number, true).await? else {
            call.warn(format!("{number} leads to no callflow"));
            return Ok(Flow::Stop(None));
        };
        self.hide(call);
        call.set_dialled(&number);
        Ok(Flow::Branch(Arc::new(flow)))
    }
}
