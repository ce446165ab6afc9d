//! `<Prompt>` is what `<Pay>` says at each of its steps. By itself it plays what
//! is inside: `<Say>`, `<Play>` and `<Pause>`.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `for` | all steps | `payment-card-number`, `expiration-date`, `security-code`, `postal-code`, `payment-processing`, `bank-account-number`, `bank-routing-number` |
//! | `errorType` | none | `timeout`, `invalid-card-number`, `invalid-card-type`, `invalid-date`, `invalid-security-code`, `internal-error`, `input-matching-failed` |
//! | `cardType` | all | `visa`, `mastercard`, `amex`, `maestro`, `discover`, `optima`, `jcb`, `diners-club`, `enroute` |
//! | `attempt` | all | 1 to 10 |
//! | `requireMatchingInputs` | false | |
//!
//! The attributes are lists, but for the last, and are checked; they choose among
//! the steps of a payment, which `<Pay>` does not make.
//!
//! ```xml
//! <Response><Prompt for="postal-code"><Say>Your postal code, please.</Say></Prompt></Response>
//! ```

use url::Url;

use super::Verb;
use super::gather::Prompt as Nested;
use super::say::{self, Round};
use crate::call::ops::{Keys, Play};
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

const STEPS: &[&str] = &[
    "payment-card-number",
    "expiration-date",
    "security-code",
    "postal-code",
    "payment-processing",
    "bank-account-number",
    "bank-routing-number",
];

const ERRORS: &[&str] = &[
    "timeout",
    "invalid-card-number",
    "invalid-card-type",
    "invalid-date",
    "invalid-security-code",
    "internal-error",
    "input-matching-failed",
];

pub(super) const CARDS: &[&str] = &[
    "visa",
    "mastercard",
    "amex",
    "maestro",
    "discover",
    "optima",
    "jcb",
    "diners-club",
    "enroute",
];

const ATTEMPTS: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];

#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub inside: Vec<Nested>,
}

impl Verb for Prompt {
    const NAME: &'static str = "Prompt";
    type Progress = Round;

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        check_words(&mut attributes, "for", STEPS);
        check_words(&mut attributes, "errorType", ERRORS);
        check_words(&mut attributes, "cardType", CARDS);
        check_words(&mut attributes, "attempt", ATTEMPTS);
        attributes.flag("requireMatchingInputs", error::SCHEMA, false);
        attributes.finish();
        attr::no_text(element, report);
        let inside = element
            .elements()
            .filter_map(|child| Nested::read(child, element, &say::ALONE, report))
            .collect();
        Self { inside }
    }

    fn resolve(&mut self, document: &Url) {
        for nested in &mut self.inside {
            nested.resolve(document);
        }
    }

    async fn run(&self, call: &mut Call, at: &mut Round) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let sounds = self.inside.iter().flat_map(Nested::sounds);
        for sound in sounds.skip(usize::try_from(at.done).unwrap_or(0)) {
            call.play(Play {
                sounds: vec![sound],
                stop_on: Keys::none(),
            })
            .await?;
            at.done += 1;
            call.save(at);
        }
        Ok(Flow::Next)
    }
}

/// Warns about words of a list that are none of `known`.
pub(super) fn check_words(attributes: &mut Attributes<'_, '_>, name: &'static str, known: &[&str]) {
    for (word, span) in attributes.list(name) {
        if !known.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            attributes
                .report(error::SCHEMA, span, format!("`{name}` has no `{word}`"))
                .help(format!("write some of {}", known.join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Prompt;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn it_holds_what_is_played() {
        let prompt = clean::<Prompt>(
            "<Prompt for='postal-code security-code' errorType='timeout' cardType='visa amex' attempt='1 2' \
             requireMatchingInputs='true'><Say>a</Say><Pause/><Play>/b.wav</Play></Prompt>",
        );
        assert_eq!(prompt.inside.len(), 3);
    }

    #[test]
    fn bad_values_are_told() {
        for attribute in [
            "for='shoe-size'",
            "errorType='boredom'",
            "cardType='library'",
            "attempt='11'",
            "requireMatchingInputs='perhaps'",
        ] {
            assert_eq!(
                read::<Prompt>(&format!("<Prompt {attribute}/>")).1,
                [12200],
                "{attribute}"
            );
        }
        assert_eq!(read::<Prompt>("<Prompt><Dial>1</Dial></Prompt>").1, [13320]);
    }
}
