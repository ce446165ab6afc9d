//! What the modules share that ring somebody: who it was that could not be
//! reached decides which child runs.

use std::time::Duration;

use serde_json::{Map, Value};

use super::node::Node;
use crate::call::ops::{Dial, DialOutcome, Dialled, Target};
use crate::call::{Call, Cause};
use crate::program::Flow;

/// A Dial of one target, as all of these modules do it.
pub(super) fn dial(target: Target, timeout: Duration) -> Dial {
    Dial {
        targets: vec![target],
        timeout,
        ..Dial::default()
    }
}

/// What comes after the Dial, unless no child wants the failure.
pub(super) fn after(node: &Node, dialled: &Dialled) -> Result<Flow, Cause> {
    match dialled.outcome {
        DialOutcome::Completed | DialOutcome::Canceled => Ok(Flow::Stop(None)),
        DialOutcome::Busy | DialOutcome::NoAnswer | DialOutcome::Failed => {
            let cause = cause(dialled);
            failure_keys(dialled, cause)
                .into_iter()
                .find(|key| node.offers(key))
                .map(Flow::Child)
                .ok_or(cause)
        }
    }
}

/// The children that are looked for, in this order.
fn failure_keys(dialled: &Dialled, cause: Cause) -> [String; 3] {
    let code = dialled.sip_code.unwrap_or_else(|| cause.sip());
    [
        cause.kazoo().to_owned(),
        format!("sip:{code}"),
        super::DEFAULT_CHILD.to_owned(),
    ]
}

/// Why nobody was reached. A leg that was never answered has at times no better
/// cause than that of a normal end; what the Dial made of it is then closer.
fn cause(dialled: &Dialled) -> Cause {
    if !matches!(dialled.cause.kazoo(), "NORMAL_CLEARING" | "UNSPECIFIED") {
        return dialled.cause;
    }
    match dialled.outcome {
        DialOutcome::Busy => Cause::BUSY,
        DialOutcome::NoAnswer => Cause::NO_ANSWER,
        _ => dialled.cause,
    }
}

/// SIP headers for the call out. `{caller_id_number}` and the like in their
/// values are filled in.
pub(super) fn headers(call: &Call, headers: &Map<String, Value>) -> Vec<(String, String)> {
    let facts = call.facts();
    let fill = |value: &str| {
        value
            .replace("{caller_id_number}", &facts.caller_number)
            .replace("{caller_id_name}", &facts.caller_name)
            .replace("{callee_id_number}", &facts.dialled)
    };
    // Kazoo's `in` are the headers of calls to the device.
    let own = match headers.get("in") {
        Some(Value::Object(inner)) => inner,
        _ => headers,
    };
    own.iter()
        .filter_map(|(name, value)| {
            let value = match value {
                Value::String(text) => fill(text),
                Value::Number(number) => number.to_string(),
                Value::Bool(value) => value.to_string(),
                _ => return None,
            };
            Some((name.clone(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(outcome: DialOutcome, cause: u16, sip_code: Option<u16>) -> Dialled {
        Dialled {
            outcome,
            cause: Cause(cause),
            sip_code,
            leg: None,
            bridged: false,
            call_id: None,
            headers: Vec::new(),
            referred: None,
            talked: Duration::ZERO,
            recording: None,
        }
    }

    fn taken(children: &[&str], dialled: &Dialled) -> Option<String> {
        let node = children.iter().fold(Node::default(), |node, key| {
            node.with_child(*key, Node::new("noop", Map::new()))
        });
        match after(&node, dialled) {
            Ok(Flow::Child(key)) => Some(key),
            Ok(flow) => panic!("{flow:?}"),
            Err(_) => None,
        }
    }

    #[test]
    fn a_failure_takes_the_child_of_its_cause_then_of_its_code_then_the_default_child() {
        let busy = failed(DialOutcome::Busy, 17, Some(486));
        for (children, expected) in [
            (&["_", "sip:486", "USER_BUSY"][..], Some("USER_BUSY")),
            (&["_", "sip:486", "NO_ANSWER"], Some("sip:486")),
            (&["_", "sip:480"], Some("_")),
            (&["sip:480"], None),
        ] {
            assert_eq!(taken(children, &busy).as_deref(), expected, "{children:?}");
        }
    }

    #[test]
    fn a_cause_without_a_code_has_the_usual_one() {
        let unreachable = failed(DialOutcome::NoAnswer, 20, None);
        assert_eq!(
            taken(&["sip:480"], &unreachable).as_deref(),
            Some("sip:480")
        );
        let key = taken(&["SUBSCRIBER_ABSENT"], &unreachable);
        assert_eq!(key.as_deref(), Some("SUBSCRIBER_ABSENT"));
    }

    #[test]
    fn an_unanswered_leg_that_ended_normally_was_not_answered() {
        let unanswered = failed(DialOutcome::NoAnswer, 16, None);
        assert_eq!(
            taken(&["NO_ANSWER"], &unanswered).as_deref(),
            Some("NO_ANSWER")
        );
    }

    #[test]
    fn an_empty_child_does_not_count() {
        let node = Node::default().with_child("_", Node::default());
        let busy = failed(DialOutcome::Busy, 17, None);
        assert!(matches!(after(&node, &busy), Err(Cause::BUSY)));
    }

    #[test]
    fn after_a_conversation_the_flow_ends() {
        let node = Node::default().with_child("_", Node::new("noop", Map::new()));
        let talked = failed(DialOutcome::Completed, 16, None);
        assert!(matches!(after(&node, &talked), Ok(Flow::Stop(None))));
    }
}
