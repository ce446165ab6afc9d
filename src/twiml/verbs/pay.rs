//! `<Pay>` takes a payment at Twilio. pivot takes none: it tells `action` so with
//! `Result=payment-connector-error`, as Twilio does where no connector is installed.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | the document that the call goes on with; without it the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//! | `input` | `dtmf` | |
//! | `statusCallback`, `statusCallbackMethod` | none, POST | |
//! | `timeout` | 5 | seconds |
//! | `maxAttempts` | 1 | 1 to 3 |
//! | `securityCode`, `postalCode` | true | `postalCode` may be the code itself |
//! | `minPostalCodeLength` | none | |
//! | `paymentConnector` | `Default` | |
//! | `paymentMethod` | `credit-card` | or `ach-debit` |
//! | `bankAccountType` | `consumer-checking` | `consumer-savings`, `commercial-checking`, `commercial-savings` |
//! | `tokenType` | `reusable` | `one-time`, `payment-method` |
//! | `chargeAmount` | 0 | a decimal number |
//! | `currency` | `usd` | three letters |
//! | `description` | none | |
//! | `validCardTypes` | `visa mastercard amex` | |
//! | `language` | `en-US` | |
//! | `requireMatchingInputs`, `confirmation` | none, false | |
//!
//! All but the first two are checked and have no effect. Inside: `<Prompt>` and `<Parameter>`.
//!
//! ```xml
//! <Response><Pay action="/paid" chargeAmount="19.90" currency="eur"/></Response>
//! ```

use super::Verb;
use super::prompt::{self, Prompt};
use crate::call::{Call, Interrupt};
use crate::config::Method;
use crate::program::{Flow, Request};
use crate::report::{Differs, Report};
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::{error, parameter};

#[derive(Debug, Clone, PartialEq)]
pub struct Pay {
    pub action: Option<String>,
    pub method: Option<Method>,
    pub payment_method: &'static str,
}

const METHODS: &[(&str, &str)] = &[("credit-card", "credit-card"), ("ach-debit", "ach-debit")];

const ACCOUNTS: &[(&str, ())] = &[
    ("consumer-checking", ()),
    ("consumer-savings", ()),
    ("commercial-checking", ()),
    ("commercial-savings", ()),
];

const TOKENS: &[(&str, ())] = &[("one-time", ()), ("reusable", ()), ("payment-method", ())];

impl Verb for Pay {
    const NAME: &'static str = "Pay";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", error::SCHEMA);
        let payment_method =
            attributes.choice("paymentMethod", error::SCHEMA, METHODS, "credit-card");
        check_payment(&mut attributes);
        check_dialogue(&mut attributes);
        attributes.finish();
        attr::no_text(element, report);
        for child in element.elements() {
            match child.name.as_str() {
                "Prompt" => drop(Prompt::read(child, report)),
                "Parameter" => drop(parameter::read(child, report)),
                _ => attr::stranger(
                    child,
                    element,
                    &["Prompt", "Parameter"],
                    error::SCHEMA,
                    report,
                ),
            }
        }
        report
            .warn(None, element.span.clone(), "`<Pay>` takes no payments here")
            .help("its `action` is told `Result=payment-connector-error`")
            .differs(Differs::Refused);
        Self {
            action,
            method,
            payment_method,
        }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        call.answer().await?;
        call.warn("<Pay> takes no payments here: its result is payment-connector-error");
        let Some(url) = &self.action else {
            return Ok(Flow::Next);
        };
        Ok(Flow::Fetch(Request {
            url: url.clone(),
            method: self.method,
            params: vec![
                ("Result".into(), "payment-connector-error".into()),
                ("PaymentMethod".into(), self.payment_method.into()),
                (
                    "PaymentError".into(),
                    "no payment connector is installed".into(),
                ),
                (
                    "ConnectorError".into(),
                    "no payment connector is installed".into(),
                ),
            ],
            why: "Pay action".into(),
        }))
    }
}

/// What is paid, and how.
fn check_payment(attributes: &mut Attributes<'_, '_>) {
    attributes.choice("bankAccountType", error::SCHEMA, ACCOUNTS, ());
    attributes.choice("tokenType", error::SCHEMA, TOKENS, ());
    attributes.text("paymentConnector");
    attributes.text("description");
    attributes.text_if(
        "chargeAmount",
        error::SCHEMA,
        "write an amount, as in `19.90`",
        is_amount,
    );
    attributes.text_if(
        "currency",
        error::SCHEMA,
        "write three letters, as in `usd`",
        |value| value.len() == 3 && value.bytes().all(|b| b.is_ascii_alphabetic()),
    );
    prompt::check_words(attributes, "validCardTypes", prompt::CARDS);
}

/// How the caller is asked.
fn check_dialogue(attributes: &mut Attributes<'_, '_>) {
    prompt::check_words(attributes, "input", &["dtmf"]);
    attributes.url("statusCallback");
    attributes.method("statusCallbackMethod", error::SCHEMA);
    attributes.number("timeout", error::SCHEMA, 1..=600);
    attributes.number("maxAttempts", error::SCHEMA, 1..=3);
    attributes.flag("securityCode", error::SCHEMA, true);
    attributes.text_if(
        "postalCode",
        error::SCHEMA,
        "write `true`, `false` or the code itself",
        |value| {
            !value.is_empty()
                && value
                    .chars()
                    .all(|c| c.is_alphanumeric() || " -".contains(c))
        },
    );
    attributes.number("minPostalCodeLength", error::SCHEMA, 1..=32);
    attributes.text_if(
        "language",
        error::SCHEMA,
        "write a language as in `en-US`",
        super::say::is_language,
    );
    attributes.text("requireMatchingInputs");
    attributes.flag("confirmation", error::SCHEMA, false);
}

fn is_amount(value: &str) -> bool {
    let (whole, cents) = value.split_once('.').unwrap_or((value, "0"));
    [whole, cents]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::Pay;
    use crate::config::Method;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn every_attribute_is_known() {
        let pay = clean::<Pay>(
            "<Pay input='dtmf' action='/a' method='GET' statusCallback='/s' statusCallbackMethod='GET' timeout='7' \
             maxAttempts='2' securityCode='false' postalCode='94111' minPostalCodeLength='3' \
             paymentConnector='Mine' paymentMethod='ach-debit' bankAccountType='commercial-savings' \
             tokenType='one-time' chargeAmount='19.90' currency='eur' description='A book' \
             validCardTypes='visa jcb' language='de-DE' requireMatchingInputs='security-code' confirmation='true'>\
             <Prompt for='postal-code'><Say>Code?</Say></Prompt><Parameter name='a' value='b'/></Pay>",
        );
        assert_eq!(pay.action.as_deref(), Some("/a"));
        assert_eq!(
            (pay.method, pay.payment_method),
            (Some(Method::Get), "ach-debit")
        );
    }

    #[test]
    fn bad_values_are_told() {
        for attribute in [
            "input='speech'",
            "method='PUT'",
            "statusCallbackMethod='PUT'",
            "timeout='0'",
            "maxAttempts='4'",
            "securityCode='perhaps'",
            "postalCode=''",
            "minPostalCodeLength='0'",
            "paymentMethod='gold'",
            "bankAccountType='swiss'",
            "tokenType='coin'",
            "chargeAmount='a lot'",
            "currency='euro'",
            "validCardTypes='library'",
            "language='!'",
            "confirmation='perhaps'",
        ] {
            assert_eq!(
                read::<Pay>(&format!("<Pay {attribute}/>")).1,
                [12200],
                "{attribute}"
            );
        }
        assert_eq!(read::<Pay>("<Pay><Say>a</Say></Pay>").1, [12200]);
    }
}
