//! `flush_dtmf` – forgets the keys of a collection, and goes on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `collection_name` | `default` | |
//!
//! ```json
//! {"module": "flush_dtmf", "data": {"collection_name": "pin"}}
//! ```
//!
//! In Kazoo the collection is forgotten only for a moment; here it is gone.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::collect_dtmf::default_name;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Forgets the keys of a collection.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct FlushDtmf {
    /// The collection's name.
    #[serde(default = "default_name")]
    #[schemars(length(min = 1, max = 128))]
    collection_name: String,
}

impl Module for FlushDtmf {
    const NAME: &'static str = "flush_dtmf";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.collections_mut().remove(&self.collection_name);
        Ok(Flow::Next)
    }
}
