//! `transfer` – sends the caller to another number, as if that had been dialled.
//!
//! The callflow that has the number runs in place of this one and of those that
//! called it. Where there is none, the call goes to that extension of the context
//! `[dialplan] transfer`; without that setting `_` runs.
//!
//! | field | default | |
//! |---|---|---|
//! | `target` | the first of `captures` | the number |
//! | `captures` | `["no_match"]` | numbers, of which the first counts; a text is taken too |
//! | `leg` | `self` | `self`: the caller; `bleg`: the other party. While a flow runs there is none, so that `_` runs |
//! | `transfer_type` | `blind` | `attended` is carried out as `blind`, which is a warning |
//!
//! A `no_match` flow takes only callers from inside.
//!
//! ```json
//! {"module": "transfer", "data": {"target": "1000"}}
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, stored};
use crate::program::{End, Flow};

/// Sends the caller to another number.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Transfer {
    /// The number.
    #[schemars(length(max = 128))]
    target: Option<String>,
    /// Numbers, of which the first counts.
    captures: Option<Captures>,
    /// Who is transferred; the caller unless `captures` names a number.
    leg: Option<Leg>,
    /// Whether the target is asked first.
    #[serde(default)]
    transfer_type: TransferType,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "a number or a list of numbers"))]
enum Captures {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Leg {
    #[serde(rename = "self")]
    Caller,
    Bleg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TransferType {
    #[default]
    Blind,
    Attended,
}

const NO_MATCH: &str = "no_match";

impl Transfer {
    fn capture(&self) -> &str {
        let first = match &self.captures {
            None => None,
            Some(Captures::One(number)) => Some(number),
            Some(Captures::Several(numbers)) => numbers.first(),
        };
        first.map_or(NO_MATCH, String::as_str)
    }

    fn leg(&self) -> Leg {
        self.leg.unwrap_or(match self.capture() {
            NO_MATCH => Leg::Caller,
            _ => Leg::Bleg,
        })
    }
}

/// What may stand as an extension in a request to Asterisk.
fn is_extension(number: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+*#_-.".contains(c);
    !number.is_empty() && number.chars().all(plain)
}

impl Module for Transfer {
    const NAME: &'static str = "transfer";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if self.leg() == Leg::Bleg {
            call.warn("there is no other party to be transferred while a flow runs");
            return Ok(Flow::Next);
        }
        if self.transfer_type == TransferType::Attended {
            call.warn("an attended transfer is carried out as a blind one");
        }
        let target = self.target.as_deref().unwrap_or(self.capture());
        let number = call.services().catalog.numbers.normalize(target.trim());
        let internal = call.facts().internal;
        if let Some(flow) = stored::hunt(call, &number, internal).await? {
            call.set_dialled(&number);
            return Ok(Flow::Replace(Arc::new(flow)));
        }
        let context = call.services().config.dialplan.transfer.clone();
        match context.filter(|_| is_extension(&number) && number != NO_MATCH) {
            Some(context) => Ok(Flow::End(End::Dialplan {
                context: Some(context),
                extension: Some(number),
                priority: Some(1),
            })),
            None => {
                call.warn(format!(
                    "{number:?} leads to no callflow, and [dialplan] transfer names no context for it"
                ));
                Ok(Flow::Next)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(data: serde_json::Value) -> Transfer {
        serde_json::from_value(data).unwrap()
    }

    #[test]
    fn the_caller_is_transferred_unless_a_captured_number_is_named() {
        use serde_json::json;
        assert_eq!(transfer(json!({})).leg(), Leg::Caller);
        assert_eq!(transfer(json!({"target": "1"})).leg(), Leg::Caller);
        let captured = transfer(json!({"captures": ["200", "300"]}));
        assert_eq!((captured.capture(), captured.leg()), ("200", Leg::Bleg));
        let told = transfer(json!({"captures": "200", "leg": "self"}));
        assert_eq!((told.capture(), told.leg()), ("200", Leg::Caller));
    }

    #[test]
    fn an_extension_is_one_plain_word() {
        assert!(is_extension("+15551234567") && is_extension("*98#"));
        assert!(!is_extension("") && !is_extension("1,2") && !is_extension("1@other"));
    }
}
