//! docs/twiml.md: its table says of each attribute whether it works, and which test
//! proves it. It is made of what the readers ask for (`pivot::twiml::table`) and of
//! the `// Proves Verb.attribute.` lines above the tests of this folder.
//!
//! `UPDATE_DOCS=1 cargo test --test it twiml_table` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use pivot::report::Differs;
use pivot::twiml::table::{Attribute, Definition, Reading, definitions};

use crate::proofs::{About, Proofs, proofs, root};

const BEGIN: &str =
    "<!-- the table: written by `UPDATE_DOCS=1 cargo test --test it twiml_table` -->\n";
const END: &str = "<!-- the end of the table -->";

#[test]
fn the_compatibility_table_is_what_the_readers_know_and_the_tests_prove() {
    let path = root().join("docs/twiml.md");
    let written = fs::read_to_string(&path).unwrap();
    let (before, rest) = written.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!(
        "{before}{BEGIN}{}{END}{after}",
        table(&proofs(About::TwiMl))
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
        return;
    }
    let differing = written.lines().zip(expected.lines()).find(|(a, b)| a != b);
    assert!(
        written == expected,
        "docs/twiml.md is not up to date, first here: {differing:?}\n\
         `UPDATE_DOCS=1 cargo test --test it twiml_table` writes it anew"
    );
}

#[test]
fn what_tests_prove_exists_and_is_used() {
    let definitions = definitions();
    let mut wrong = Vec::new();
    for (name, tests) in proofs(About::TwiMl) {
        let (element, attribute) = name.split_once('.').unwrap();
        let reading = definitions
            .iter()
            .find(|definition| definition.name == element)
            .and_then(|d| d.attributes.iter().find(|a| a.name == attribute))
            .map(|attribute| attribute.reading);
        if reading != Some(Reading::Used) {
            wrong.push(format!("{name}: {reading:?}, claimed by {tests:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readers_tell_what_they_know() {
    let definitions = definitions();
    let element = |name: &str| definitions.iter().find(|d| d.name == name).unwrap();
    let names = |d: &Definition| d.attributes.iter().map(|a| a.name).collect::<Vec<_>>();
    assert_eq!(names(element("Pause")), ["length"]);
    assert_eq!(element("Say").inside[..2], ["Response", "Gather"]);
    assert_eq!(names(element("Variable")), ["key", "value"]);
    let length = &element("Pause").attributes[0];
    assert_eq!(length.values.as_ref().unwrap().to_string(), "1 to 86400");
    assert_eq!(length.reading, Reading::Used);
    // A method alone says nothing; beside its URL it does.
    let gather = element("Gather");
    let method = gather
        .attributes
        .iter()
        .find(|a| a.name == "method")
        .unwrap();
    assert_eq!(method.reading, Reading::Used);
}

fn table(proofs: &Proofs) -> String {
    let definitions = definitions();
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for definition in &definitions {
        let inside: Vec<String> = definition
            .inside
            .iter()
            .map(|p| format!("`<{p}>`"))
            .collect();
        let inside = inside.join(", ");
        writeln!(text, "\n### `<{}>`\n\nIn {inside}.", definition.name).unwrap();
        if let Some(differs) = definition.differs {
            writeln!(text, "As a whole: **{}**.", word(differs)).unwrap();
        }
        if !definition.children_later.is_empty() {
            let later: Vec<String> = definition
                .children_later
                .iter()
                .map(|name| format!("`<{name}>`"))
                .collect();
            writeln!(text, "Known inside it and not done: {}.", later.join(", ")).unwrap();
        }
        if definition.attributes.is_empty() {
            writeln!(text, "No attributes.").unwrap();
            continue;
        }
        writeln!(
            text,
            "\n| attribute | values | status | proved by |\n|---|---|---|---|"
        )
        .unwrap();
        for attribute in &definition.attributes {
            let proved = proofs.get(&format!("{}.{}", definition.name, attribute.name));
            let (status, note) = status(definition, attribute, proved.is_some());
            *counts.entry(status).or_default() += 1;
            let values = attribute
                .values
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let tests: Vec<String> = proved
                .into_iter()
                .flatten()
                .map(|test| format!("`{test}`"))
                .collect();
            let name = attribute.name;
            let tests = tests.join(" ");
            writeln!(text, "| `{name}` | {values} | {status}{note} | {tests} |").unwrap();
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(status, n)| format!("{n} {status}"))
        .collect();
    let attributes: usize = definitions.iter().map(|d| d.attributes.len()).sum();
    format!(
        "\n{} elements, {attributes} attributes: {}.\n{text}\n",
        definitions.len(),
        counts.join(", ")
    )
}

fn status(definition: &Definition, attribute: &Attribute, proved: bool) -> (&'static str, String) {
    let status = match (attribute.reading, definition.differs) {
        (_, Some(differs)) => word(differs),
        (Reading::Later, None) => word(Differs::NotDone),
        (Reading::Ignored, None) => word(Differs::Ignored),
        (Reading::Refused, None) => word(Differs::Refused),
        (Reading::Used, None) if proved => "works",
        (Reading::Used, None) => "read, no test",
    };
    let but: Vec<String> = attribute
        .but
        .iter()
        .map(|(value, differs)| format!("; `{value}` {}", word(*differs)))
        .collect();
    (status, but.concat())
}

const fn word(differs: Differs) -> &'static str {
    match differs {
        Differs::NotDone => "not done",
        Differs::Ignored => "ignored",
        Differs::Refused => "refused",
    }
}
