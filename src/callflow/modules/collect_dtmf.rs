//! `collect_dtmf` – collects keys into a collection with a name.
//!
//! Answers the call, takes the keys that were pressed during earlier prompts,
//! waits for the rest, stores them and goes on to `_`, also when nothing was
//! pressed. Later `pivot` requests carry the collection as `Digits[name]`.
//!
//! | field | default | |
//! |---|---|---|
//! | `max_digits` | 1 | ends it at once; 1 to 64 |
//! | `timeout` | 5000 ms | for the first key |
//! | `interdigit_timeout` | 2000 ms | for each further key |
//! | `terminator` | `#` | key that ends it and is not stored |
//! | `terminators` | – | several such keys, used when there is no `terminator` |
//! | `collection_name` | `default` | |
//!
//! ```json
//! {
//!   "module": "collect_dtmf",
//!   "data": {"max_digits": 4, "collection_name": "my_dtmf"},
//!   "children": {"_": {"module": "pivot", "data": {"voice_url": "https://example.com/collected"}}}
//! }
//! ```
//!
//! Unlike in Kazoo, `terminators` works although `terminator` has a default.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::ops::{Collect, Keys};
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::fields::{Key, keys};
use crate::callflow::listen;
use crate::program::Flow;

/// Collects keys into a collection with a name.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CollectDtmf {
    /// Ends it at once.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 64))]
    max_digits: usize,
    /// Milliseconds to the first key.
    #[serde(default = "first")]
    #[schemars(range(min = 1, max = 3_600_000))]
    timeout: u64,
    /// Milliseconds from each key to the next.
    #[serde(default = "between")]
    #[schemars(range(min = 1, max = 3_600_000))]
    interdigit_timeout: u64,
    /// Key that ends it; `#` when absent.
    terminator: Option<Key>,
    /// Several such keys.
    terminators: Option<Vec<Key>>,
    /// The collection's name.
    #[serde(default = "default_name")]
    #[schemars(length(min = 1, max = 128))]
    collection_name: String,
}

fn one() -> usize {
    1
}

fn first() -> u64 {
    5000
}

fn between() -> u64 {
    2000
}

/// The collection that nameless collections and type-ahead go to.
pub(super) fn default_name() -> String {
    "default".into()
}

/// What a collection must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Collecting {
    /// Keys pressed during earlier prompts; they are taken once.
    typed: Option<String>,
}

impl CollectDtmf {
    fn finish_on(&self) -> Keys {
        match (&self.terminator, &self.terminators) {
            (Some(key), _) => key.keys(),
            (None, Some(list)) => keys(list),
            (None, None) => Keys::new("#"),
        }
    }
}

impl Module for CollectDtmf {
    const NAME: &'static str = "collect_dtmf";
    type Progress = Collecting;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        if at.typed.is_none() {
            at.typed = Some(listen::take_typed(call));
            call.save(at);
        }
        let finish_on = self.finish_on();
        let typed = at.typed.iter().flat_map(|typed| typed.chars());
        let collected = call
            .collect(Collect {
                prompts: Vec::new(),
                max: Some(self.max_digits),
                first: Duration::from_millis(self.timeout),
                between: Duration::from_millis(self.interdigit_timeout),
                typed: typed.take_while(|key| !finish_on.contains(*key)).collect(),
                finish_on,
            })
            .await?;
        call.note(format!(
            "collection {}: {:?}",
            self.collection_name, collected.digits
        ));
        call.collections_mut()
            .insert(self.collection_name.clone(), collected.digits.into());
        Ok(Flow::Next)
    }
}
