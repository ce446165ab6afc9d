//! `<VirtualAgent>` hands the caller to a bot of Google's by way of a connector
//! that is installed at Twilio. It is read and checked, and fails.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `connectorName` | required | |
//! | `language` | none | as in `en-US` |
//! | `sentimentAnalysis` | false | |
//! | `statusCallback`, `statusCallbackMethod` | none, POST | |
//!
//! Inside: `<Config>` and `<Parameter>`.

use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::{error, parameter};

pub(in crate::twiml) fn check(noun: &Element, report: &mut Report) {
    let mut attributes = Attributes::of(noun, report);
    if attributes.text("connectorName").is_none() {
        attributes.missing(
            error::SCHEMA,
            "connectorName",
            "write the name of a connector",
        );
    }
    attributes.text_if(
        "language",
        error::SCHEMA,
        "write a language as in `en-US`",
        crate::twiml::verbs::is_language,
    );
    attributes.flag("sentimentAnalysis", error::SCHEMA, false);
    attributes.url("statusCallback");
    attributes.method("statusCallbackMethod", error::SCHEMA);
    attributes.finish();
    attr::no_text(noun, report);
    for child in noun.elements() {
        if matches!(child.name.as_str(), "Config" | "Parameter") {
            parameter::read(child, report);
        } else {
            attr::stranger(child, noun, &["Config", "Parameter"], error::SCHEMA, report);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::twiml::element;

    #[test]
    fn attributes_are_checked() {
        let codes = |xml: &str| {
            let mut report = Report::default();
            let noun = element::parse(xml, &mut report).unwrap();
            super::check(&noun, &mut report);
            report
                .diagnostics
                .iter()
                .filter_map(|d| d.code)
                .collect::<Vec<_>>()
        };
        let fine = "<VirtualAgent connectorName='a' language='en-US' sentimentAnalysis='true' statusCallback='/s' \
                    statusCallbackMethod='GET'><Config name='a' value='b'/><Parameter name='c' value='d'/></VirtualAgent>";
        assert_eq!(codes(fine), [0; 0]);
        assert_eq!(codes("<VirtualAgent/>"), [12200]);
        for bad in [
            "language='!'",
            "sentimentAnalysis='perhaps'",
            "statusCallbackMethod='PUT'",
            "mood='x'",
        ] {
            assert_eq!(
                codes(&format!("<VirtualAgent connectorName='a' {bad}/>")),
                [12200],
                "{bad}"
            );
        }
    }
}
