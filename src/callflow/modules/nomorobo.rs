//! `nomorobo` – asks a web service how likely the caller is a nuisance, and
//! branches on the score.
//!
//! The service gets the numbers as `From` and `To`, with Basic credentials, and
//! answers JSON whose `score` is between 0 and 1. Ten times that, rounded down,
//! takes the child with the highest number that is not above it (`_` counts as
//! -1), else the one with the lowest. Without an answer `_` runs, else `0`.
//!
//! | field | default | |
//! |---|---|---|
//! | `username` | required | |
//! | `password` | empty | |
//! | `url` | `https://api.nomorobo.com/v1/check` | another service that answers in this way |
//!
//! ```json
//! {
//!   "module": "nomorobo",
//!   "data": {"username": "shop", "password": "secret"},
//!   "children": {
//!     "0": {"module": "device", "data": {"id": "alice"}},
//!     "7": {"module": "response", "data": {"code": 603}}
//!   }
//! }
//! ```
//!
//! `url` is pivot's own.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Module;
use crate::call::ops::JsonFetch;
use crate::call::{Call, Interrupt};
use crate::callflow::{DEFAULT_CHILD, Node};
use crate::program::Flow;

/// The caller waits for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Branches on how likely the caller is a nuisance.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Nomorobo {
    /// Of the service.
    #[schemars(length(min = 1, max = 256))]
    username: String,
    /// Of the service.
    #[serde(default)]
    #[schemars(length(max = 256))]
    password: String,
    /// The service.
    #[serde(default = "nomorobo")]
    #[schemars(
        length(max = 4096),
        regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://"),
        extend("x-expect" = "an absolute http or https URL")
    )]
    url: String,
}

impl std::fmt::Debug for Nomorobo {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Nomorobo {{ username: {:?}, url: {:?} }}",
            self.username, self.url
        )
    }
}

fn nomorobo() -> String {
    "https://api.nomorobo.com/v1/check".into()
}

impl Nomorobo {
    /// With the credentials in it, which are sent at once.
    fn with_credentials(&self) -> Option<String> {
        let mut url = url::Url::parse(&self.url).ok()?;
        url.set_username(&self.username).ok()?;
        url.set_password(Some(&self.password)).ok()?;
        Some(url.into())
    }
}

/// The child that a score takes.
fn child(node: &Node, score: Option<i64>) -> Option<String> {
    let mut children: Vec<(i64, &str)> = node
        .children
        .iter()
        .filter_map(|(key, _)| match key.as_str() {
            DEFAULT_CHILD => Some((-1, DEFAULT_CHILD)),
            key => Some((key.parse().ok()?, key)),
        })
        .collect();
    children.sort_unstable();
    let taken = match score {
        Some(score) => children
            .iter()
            .rfind(|(least, _)| *least <= score)
            .or(children.first()),
        None => children.first().filter(|(least, _)| *least <= 0),
    };
    taken.map(|(_, key)| (*key).to_owned())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded down, and within bounds"
)]
fn score(answer: &Value) -> Option<i64> {
    let score = answer.get("score")?;
    let score = score.as_f64().or_else(|| score.as_str()?.parse().ok())?;
    // What is meant as 0.7 may be a hair below it.
    Some((score * 10.0 + 1e-9).clamp(0.0, 10.0) as i64)
}

impl Module for Nomorobo {
    const NAME: &'static str = "nomorobo";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(url) = self.with_credentials() else {
            call.warn(format!("{:?} is no URL that can be asked", self.url));
            return Ok(child(node, None).map_or(Flow::Stop(None), Flow::Child));
        };
        let params = [
            ("From", &call.facts().caller_number),
            ("To", &call.facts().dialled),
        ]
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .to_vec();
        let timeout = TIMEOUT;
        let answer = call
            .fetch_json(JsonFetch {
                url,
                params,
                timeout,
            })
            .await?;
        let score = answer.as_ref().and_then(score);
        if answer.is_some() && score.is_none() {
            call.warn("the answer has no `score` between 0 and 1");
        }
        if let Some(score) = score {
            call.note(format!("score {score} of 10"));
        }
        Ok(child(node, score).map_or(Flow::Stop(None), Flow::Child))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn taken(children: &[&str], score: Option<i64>) -> Option<String> {
        let node = children.iter().fold(Node::default(), |node, key| {
            node.with_child(*key, Node::new("noop", Map::new()))
        });
        child(&node, score)
    }

    #[test]
    fn the_highest_child_that_is_not_above_the_score_is_taken() {
        let all = ["10", "_", "3", "6"];
        for (score, expected) in [
            (0, "_"),
            (2, "_"),
            (3, "3"),
            (5, "3"),
            (6, "6"),
            (9, "6"),
            (10, "10"),
        ] {
            assert_eq!(
                taken(&all, Some(score)).as_deref(),
                Some(expected),
                "{score}"
            );
        }
        assert_eq!(taken(&["5", "8", "menu"], Some(2)).as_deref(), Some("5"));
        assert_eq!(taken(&[], Some(2)), None);
    }

    #[test]
    fn without_a_score_the_default_child_is_taken_else_that_of_no_suspicion() {
        assert_eq!(taken(&["0", "5", "_"], None).as_deref(), Some("_"));
        assert_eq!(taken(&["5", "0"], None).as_deref(), Some("0"));
        assert_eq!(taken(&["5"], None), None);
    }

    #[test]
    fn a_score_is_rounded_down_to_tenths() {
        for (answer, expected) in [
            (json!({"score": 0.0}), Some(0)),
            (json!({"score": 0.7}), Some(7)),
            (json!({"score": 0.79}), Some(7)),
            (json!({"score": "1"}), Some(10)),
            (json!({"score": 55}), Some(10)),
            (json!({"verdict": 1}), None),
        ] {
            assert_eq!(score(&answer), expected, "{answer}");
        }
    }
}
