//! `<Set>` adds parameters to all later requests of the session. It is Kazoo's;
//! Twilio has no such verb. It does not answer the call.
//!
//! No attributes. Any number of `<Variable key="…" value="…"/>` inside.
//!
//! ```xml
//! <Response>
//!   <Set><Variable key="order" value="4711"/></Set>
//!   <Redirect>/order</Redirect>
//! </Response>
//! ```
//!
//! A variable cannot replace a parameter that pivot sends itself, as `From`.
//! Unlike in Kazoo, several variables work.

use super::Verb;
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    pub variables: Vec<(String, String)>,
}

impl Verb for Set {
    const NAME: &'static str = "Set";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        Attributes::of(element, report).finish();
        attr::no_text(element, report);
        let mut variables = Vec::new();
        for child in element.elements() {
            if child.name == "Variable" {
                variables.extend(read_variable(child, report));
            } else {
                attr::stranger(child, element, &["Variable"], error::SCHEMA, report);
            }
        }
        Self { variables }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        for (key, value) in &self.variables {
            call.set_variable_for_requests(key, value);
        }
        Ok(Flow::Next)
    }
}

fn read_variable(element: &Element, report: &mut Report) -> Option<(String, String)> {
    let mut attributes = Attributes::of(element, report);
    let key = attributes.text("key");
    let value = attributes.raw("value").unwrap_or_default().to_owned();
    attributes.finish();
    attr::no_elements(element, report);
    attr::no_text(element, report);
    if key.is_none() {
        report
            .warn(
                error::SCHEMA,
                element.span.clone(),
                "a `<Variable>` without a `key` is skipped",
            )
            .help("write `<Variable key=\"name\" value=\"…\"/>`");
    }
    Some((key?, value))
}

#[cfg(test)]
mod tests {
    use super::Set;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn variables_are_kept_in_order() {
        let set = clean::<Set>(
            "<Set><Variable key='a' value='1'/> <Variable value=' b c ' key='b'/><Variable key='c'/></Set>",
        );
        let expected = [("a", "1"), ("b", " b c "), ("c", "")];
        assert_eq!(
            set.variables,
            expected.map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
        assert!(clean::<Set>("<Set/>").variables.is_empty());
    }

    #[test]
    fn what_is_not_a_variable_with_a_key_is_skipped() {
        let (set, codes) = read::<Set>(
            "<Set>x<Variable value='1'/><Variable key='k' value='v'/><variable key='l' value='w'/></Set>",
        );
        assert_eq!(set.variables, [("k".to_owned(), "v".to_owned())]);
        assert_eq!(codes, [12200, 12200, 12200]);
    }
}
