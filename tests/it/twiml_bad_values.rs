//! Bad values of every attribute: a warning with a code and a place, the default
//! instead, and the call goes on.

use pivot::report::{Report, Severity};
use pivot::simulate::Behaviour;
use pivot::twiml::table::{Attribute, Definition, Reading, Values, definitions};
use pivot::twiml::{Document, Options};

use crate::support::{Reply, Scenario, seconds, twiml};

/// An attribute, and what may not stand in it.
struct Case {
    path: Vec<String>,
    name: &'static str,
    value: String,
    becomes: Becomes,
}

/// What is taken instead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Becomes {
    Default,
    /// The end of the range that it is beyond, or the default.
    Nearest,
    /// A URL is told when it is asked for: Twilio's 11100 is an error of the document.
    Itself,
}

impl Case {
    /// The document with the attribute, or without it.
    fn document(&self, written: bool) -> String {
        let mut xml = "<Response>".to_owned();
        for (depth, element) in self.path.iter().enumerate() {
            let last = depth + 1 == self.path.len();
            match written && last {
                true => xml += &format!("<{element} {}=\"{}\">", self.name, self.value),
                false => xml += &format!("<{element}>"),
            }
        }
        // A number, a SIP address, a name, a URL.
        xml += "1@b.example";
        for element in self.path.iter().rev() {
            xml += &format!("</{element}>");
        }
        xml + "<Play>sound:after</Play></Response>"
    }

    fn read(&self, written: bool) -> (Document, Report) {
        let document = self.document(written);
        let (read, report) = Document::read(document.as_bytes(), Options::default());
        (
            read.unwrap_or_else(|| panic!("{document}: {report:?}")),
            report,
        )
    }
}

fn bad(attribute: &Attribute) -> Vec<(String, Becomes)> {
    let all = |values: &[&str], becomes| {
        let values = values.iter();
        values.map(|value| ((*value).to_owned(), becomes)).collect()
    };
    match &attribute.values {
        Some(Values::Flag) => all(&["maybe", "1", ""], Becomes::Default),
        Some(Values::Number(range)) => {
            let mut bad: Vec<_> = all(&["many", "-1", "1.5"], Becomes::Default);
            let beyond = [range.start().checked_sub(1), range.end().checked_add(1)];
            let beyond = beyond.into_iter().flatten();
            bad.extend(beyond.map(|value| (value.to_string(), Becomes::Nearest)));
            bad
        }
        Some(Values::Words(_) | Values::List(_)) => all(&["nonsense"], Becomes::Default),
        Some(Values::Keys) => all(&["x"], Becomes::Default),
        Some(Values::Url) => all(&["http://["], Becomes::Itself),
        Some(Values::Text) | None => Vec::new(),
    }
}

fn cases() -> Vec<Case> {
    let definitions = definitions();
    let mut cases = Vec::new();
    for definition in &definitions {
        for attribute in &definition.attributes {
            if attribute.reading == Reading::Used {
                cases.extend(bad(attribute).into_iter().map(|(value, becomes)| Case {
                    path: path(definition, &definitions),
                    name: attribute.name,
                    value,
                    becomes,
                }));
            }
        }
    }
    cases
}

/// The elements around it, and itself.
fn path(definition: &Definition, all: &[Definition]) -> Vec<String> {
    let mut path = vec![definition.name.clone()];
    let mut inside = &definition.inside;
    while !inside.iter().any(|parent| parent == "Response") {
        let parent = &inside[0];
        path.insert(0, parent.clone());
        inside = &all.iter().find(|d| d.name == *parent).unwrap().inside;
    }
    path
}

#[test]
fn each_is_warned_about_and_read_as_if_it_were_not_there() {
    let cases = cases();
    assert!(cases.len() > 150, "{} are not every attribute", cases.len());
    for case in cases {
        let document = case.document(true);
        let (bad, report) = case.read(true);
        let (plain, before) = case.read(false);
        let known: Vec<&str> = before
            .diagnostics
            .iter()
            .map(|d| d.message.as_str())
            .collect();
        let new: Vec<_> = report
            .diagnostics
            .iter()
            .filter(|d| !known.contains(&d.message.as_str()))
            .collect();
        assert!(!new.is_empty(), "no warning: {document}");
        for diagnostic in new {
            assert!(diagnostic.code.is_some(), "{document}: {diagnostic:?}");
            assert_eq!(diagnostic.severity, Severity::Warning, "{document}");
            let at = &document[diagnostic.span.clone()];
            let place = [case.value.as_str(), case.name];
            let fine = place.iter().any(|place| at.contains(place));
            assert!(fine, "{document}: {at:?} in {diagnostic:?}");
        }
        let verbs = |document: &Document| -> Vec<String> {
            let verbs = document.verbs.iter();
            verbs.map(|(verb, _)| format!("{verb:?}")).collect()
        };
        if case.becomes == Becomes::Default {
            assert_eq!(verbs(&bad), verbs(&plain), "{document}");
        }
    }
}

#[test]
fn none_of_them_drops_a_call() {
    for case in cases() {
        if case.becomes != Becomes::Itself {
            // In a runtime of its own: what is left of one cannot slow the next.
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build()
                .unwrap()
                .block_on(goes_on(&case));
        }
    }
}

/// A call with the document, whose caller leaves when nobody else ends it.
async fn goes_on(case: &Case) {
    let scenario = Scenario::new().await;
    scenario.asterisk.callee("*", Behaviour::busy()).await;
    let document = case.document(true);
    scenario.web.on("/voice", Reply::xml(document.clone()));
    // The text of a Play, a Redirect or a wait document.
    scenario.web.on("/1@b.example", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.talk_at(seconds(0), seconds(1));
    phone.press_at(seconds(2), "1#");
    phone.hangup_at(seconds(90));
    let ended = phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let lines = scenario.lines().await;
    assert!(phone.continued().await.is_none(), "{document}\n{lines}");
    assert!(lines.contains("Warning"), "{document}\n{lines}");
    let last = ["Enqueue", "Conference", "Redirect", "Reject", "Hangup"];
    // Some may wait for longer than this caller.
    if !ended.by_phone && !case.path.iter().any(|name| last.contains(&name.as_str())) {
        let heard = phone.heard_media().await;
        let after = heard.contains(&"sound:after".to_owned());
        assert!(after, "{document}: {heard:?}\n{lines}");
    }
}
