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

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::callflow::fields::Key;

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

impl Module for CollectDtmf {
    const NAME: &'static str = "collect_dtmf";
}
