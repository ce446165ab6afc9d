//! `cidlistmatch` – is the caller in a list?
//!
//! Child `match` runs when the caller's number begins with the `number` or
//! `prefix` of an entry, or an entry's `regexp` is found in it; else `nomatch`.
//! Where that child is missing, `_` runs. A leading `+` makes no difference. An
//! expression that cannot be read is a warning, and `_` runs; so it does when
//! the caller has no number.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | – | the stored list |
//!
//! ```json
//! {
//!   "module": "cidlistmatch",
//!   "data": {"id": "blocked"},
//!   "children": {"match": {"module": "response", "data": {"code": 603}}}
//! }
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, numbers};
use crate::objects::ListEntry;
use crate::program::Flow;

/// Is the caller in a list?
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Cidlistmatch {
    /// The stored list.
    #[schemars(length(max = 128))]
    id: Option<String>,
}

impl Module for Cidlistmatch {
    const NAME: &'static str = "cidlistmatch";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let number = call.facts().caller_number.clone();
        let Some(id) = self.id.as_deref().filter(|_| !number.is_empty()) else {
            call.warn("there is no list, or no number to look for in it; child `_` runs");
            return Ok(Flow::Next);
        };
        let entries = call.stored_under::<ListEntry>(id).await?;
        for (_, entry) in &entries {
            match numbers::matches(entry, &number) {
                Ok(Some(_)) => return Ok(Flow::Child("match".into())),
                Ok(None) => {}
                Err(error) => {
                    call.warn(error.to_string());
                    return Ok(Flow::Next);
                }
            }
        }
        Ok(Flow::Child("nomatch".into()))
    }
}
