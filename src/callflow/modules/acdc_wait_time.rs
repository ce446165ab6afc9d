//! `acdc_wait_time` – branches on how long callers of a queue have waited.
//!
//! The children are named by seconds; the highest that is not above the average runs,
//! else `_`. Where nobody has been connected yet, or a child is named otherwise, `_`
//! runs.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | required | the queue |
//! | `window` | all | only those who were connected within so many seconds |
//!
//! ```json
//! {
//!   "module": "acdc_wait_time",
//!   "data": {"id": "support", "window": 900},
//!   "children": {
//!     "300": {"module": "voicemail", "data": {"id": "support"}},
//!     "_": {"module": "acdc_member", "data": {"id": "support"}}
//!   }
//! }
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{DEFAULT_CHILD, Node};
use crate::program::Flow;

/// Branches on how long callers of a queue have waited.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct AcdcWaitTime {
    /// The queue.
    #[schemars(length(min = 1, max = 128))]
    id: String,
    /// Seconds that are looked back.
    window: Option<u64>,
}

impl Module for AcdcWaitTime {
    const NAME: &'static str = "acdc_wait_time";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let window = self.window.map(Duration::from_secs);
        let average = call.average_wait(&format!("acdc/{}", self.id), window).await;
        let Some(average) = average else {
            call.note("nobody has been connected yet");
            return Ok(Flow::Next);
        };
        call.note(format!("the average wait is {} s", average.as_secs()));
        Ok(chosen(node, average.as_secs()).map_or(Flow::Next, Flow::Child))
    }
}

/// The child with the highest threshold that has been reached.
fn chosen(node: &Node, average: u64) -> Option<String> {
    let keys = node.children.iter().map(|(key, _)| key.as_str());
    let thresholds: Option<Vec<(u64, &str)>> = keys
        .filter(|key| *key != DEFAULT_CHILD)
        .map(|key| Some((key.parse().ok()?, key)))
        .collect();
    let reached = thresholds?.into_iter().filter(|(seconds, _)| *seconds <= average);
    reached.max().map(|(_, key)| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(keys: &[&str]) -> Node {
        keys.iter().fold(Node::default(), |node, key| {
            node.with_child(*key, Node::new("noop", serde_json::Map::new()))
        })
    }

    #[test]
    fn the_highest_threshold_that_is_reached_is_taken() {
        let thresholds = node(&["60", "300", "9", "_"]);
        for (average, key) in [(8, None), (9, Some("9")), (299, Some("60")), (300, Some("300"))] {
            assert_eq!(chosen(&thresholds, average).as_deref(), key, "{average}");
        }
        assert_eq!(chosen(&node(&["60", "long"]), 100), None);
    }
}
