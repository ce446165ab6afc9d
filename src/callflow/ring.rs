//! What the modules share that ring somebody: how it is remembered, and which
//! child runs when nobody could be reached.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::node::Node;
use crate::call::ops::{Dial, DialOutcome, Dialled};
use crate::call::{Call, Cause, Interrupt};
use crate::program::Flow;

/// How long somebody rings who is given no time.
pub(super) const RING: u64 = 20;

/// What a module that rings must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Ringing {
    /// Who rings, as it was resolved at the beginning; none: nobody does.
    pub dial: Option<Dial>,
    pub resolved: bool,
    /// Dials that are over.
    pub done: u32,
}

impl Ringing {
    /// Keeps who rings: stored things may change while it rings.
    pub(super) fn keep(&mut self, call: &mut Call, dial: Option<Dial>) {
        self.dial = dial;
        self.resolved = true;
        call.save(self);
    }

    /// Rings once; `_` runs when there is nobody to ring.
    pub(super) async fn once(&self, call: &mut Call, node: &Node) -> Result<Flow, Interrupt> {
        let Some(dial) = self.dial.clone() else {
            return Ok(Flow::Next);
        };
        let dialled = call.dial(dial).await?;
        Ok(match failure(&dialled) {
            None => Flow::Stop(None),
            Some(failure) => failure.child(node).unwrap_or(Flow::Next),
        })
    }
}

/// Seconds of ringing.
pub(super) fn seconds(timeout: u64) -> Duration {
    Duration::from_secs(if timeout == 0 { RING } else { timeout })
}

/// Why nobody was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub cause: Cause,
    /// The SIP code, or the one that usually stands for the cause.
    pub code: u16,
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self {
            cause,
            code: cause.sip(),
        }
    }
}

impl Failure {
    /// The child that wants this failure: by its cause, else by its code.
    pub(super) fn child(&self, node: &Node) -> Option<Flow> {
        let keys = [self.cause.kazoo().to_owned(), format!("sip:{}", self.code)];
        keys.into_iter()
            .find(|key| node.offers(key))
            .map(Flow::Child)
    }
}

/// Why a Dial reached nobody; `None` after a conversation.
pub(super) fn failure(dialled: &Dialled) -> Option<Failure> {
    let answered = match dialled.outcome {
        DialOutcome::Canceled => return None,
        DialOutcome::Completed if dialled.bridged => return None,
        // Who answered did not want the call.
        DialOutcome::Completed => return Some(Cause::NO_ANSWER.into()),
        DialOutcome::Busy => Cause::BUSY,
        DialOutcome::NoAnswer => Cause::NO_ANSWER,
        DialOutcome::Failed => dialled.cause,
    };
    // A leg that was never answered has at times no better cause than that of a normal
    // end; what the Dial made of it is then closer.
    let cause = match dialled.cause.kazoo() {
        "NORMAL_CLEARING" | "UNSPECIFIED" => answered,
        _ => dialled.cause,
    };
    Some(Failure {
        cause,
        code: dialled.sip_code.unwrap_or_else(|| cause.sip()),
    })
}

/// Headers for the calls that reach somebody: Kazoo's `in`, and those that stand
/// there without a direction. `{caller_id_number}` and the like are filled in.
pub(super) fn headers_in(call: &Call, headers: &Map<String, Value>) -> Vec<(String, String)> {
    let mut all: Vec<_> = headers.iter().collect();
    if let Some(Value::Object(inner)) = headers.get("in") {
        all.extend(inner);
    }
    filled(call, all)
}

/// Headers for the calls that somebody makes: Kazoo's `out`.
pub(super) fn headers_out(call: &Call, headers: &Map<String, Value>) -> Vec<(String, String)> {
    match headers.get("out") {
        Some(Value::Object(inner)) => filled(call, inner.iter().collect()),
        _ => Vec::new(),
    }
}

fn filled(call: &Call, headers: Vec<(&String, &Value)>) -> Vec<(String, String)> {
    let facts = call.facts();
    let realm = facts.sip.as_ref().map_or("", |sip| &sip.to_realm);
    let fill = |value: &str| {
        value
            .replace("{caller_id_number}", &facts.caller_number)
            .replace("{caller_id_name}", &facts.caller_name)
            .replace("{callee_id_number}", &facts.dialled)
            .replace("{account_realm}", realm)
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(fill(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect()
}

/// Headers on top of others: one of the same name takes its place.
pub(super) fn add_headers(headers: &mut Vec<(String, String)>, more: Vec<(String, String)>) {
    headers.retain(|(name, _)| {
        !more
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
    });
    headers.extend(more);
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
            bridged: outcome == DialOutcome::Completed,
            call_id: None,
            headers: Vec::new(),
            talked: Duration::ZERO,
            recording: None,
        }
    }

    fn taken(children: &[&str], dialled: &Dialled) -> Option<String> {
        let node = children.iter().fold(Node::default(), |node, key| {
            node.with_child(*key, Node::new("noop", Map::new()))
        });
        match failure(dialled).unwrap().child(&node) {
            Some(Flow::Child(key)) => Some(key),
            None => None,
            flow => panic!("{flow:?}"),
        }
    }

    #[test]
    fn a_failure_takes_the_child_of_its_cause_then_of_its_code() {
        let busy = failed(DialOutcome::Busy, 17, Some(486));
        for (children, expected) in [
            (&["_", "sip:486", "USER_BUSY"][..], Some("USER_BUSY")),
            (&["_", "sip:486", "NO_ANSWER"], Some("sip:486")),
            (&["_", "sip:480"], None),
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
        assert_eq!(failure(&unanswered), Some(Cause::NO_ANSWER.into()));
    }

    #[test]
    fn an_empty_child_does_not_count() {
        let node = Node::default().with_child("USER_BUSY", Node::default());
        let busy = failed(DialOutcome::Busy, 17, None);
        assert!(failure(&busy).unwrap().child(&node).is_none());
    }

    #[test]
    fn a_conversation_is_no_failure_but_an_answer_without_one_is() {
        let mut talked = failed(DialOutcome::Completed, 16, Some(200));
        assert_eq!(failure(&talked), None);
        talked.bridged = false;
        assert_eq!(failure(&talked), Some(Cause::NO_ANSWER.into()));
    }

    #[test]
    fn headers_of_the_same_name_take_the_place_of_others() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![header("X-A", "1"), header("X-B", "2")];
        add_headers(&mut headers, vec![header("x-a", "3")]);
        assert_eq!(headers, [header("X-B", "2"), header("x-a", "3")]);
    }
}
