//! docs/callflow.md: its table says of each field of the modules and of the stored
//! things whether it works, and which test proves it. It is made of the schemas
//! (`pivot::callflow::table`) and of the `// Proves module.field.` lines above the
//! tests of this folder.
//!
//! `UPDATE_DOCS=1 cargo test --test it callflow_table` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use pivot::callflow::table::{self, Definition, Field, Reading};

use crate::proofs::{About, Proofs, proofs, root};

const BEGIN: &str =
    "<!-- the table: written by `UPDATE_DOCS=1 cargo test --test it callflow_table` -->\n";
const END: &str = "<!-- the end of the table -->";

#[test]
fn the_table_is_what_the_schemas_know_and_the_tests_prove() {
    let path = root().join("docs/callflow.md");
    let written = fs::read_to_string(&path).unwrap();
    let (before, rest) = written.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!(
        "{before}{BEGIN}{}{END}{after}",
        text(&proofs(About::Callflow))
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
        return;
    }
    let differing = written.lines().zip(expected.lines()).find(|(a, b)| a != b);
    assert!(
        written == expected,
        "docs/callflow.md is not up to date, first here: {differing:?}\n\
         `UPDATE_DOCS=1 cargo test --test it callflow_table` writes it anew"
    );
}

#[test]
fn what_tests_prove_exists_and_is_used() {
    let definitions: Vec<Definition> = table::modules()
        .into_iter()
        .chain(table::stored())
        .collect();
    let mut wrong = Vec::new();
    for (name, tests) in proofs(About::Callflow) {
        let (whose, field) = name.split_once('.').unwrap();
        let readings: Vec<Reading> = definitions
            .iter()
            .filter(|definition| definition.name == whose)
            .flat_map(|definition| &definition.fields)
            .filter(|known| known.name == field)
            .map(|known| known.reading)
            .collect();
        if !readings.contains(&Reading::Used) {
            wrong.push(format!("{name}: {readings:?}, claimed by {tests:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn text(proofs: &Proofs) -> String {
    let mut text = String::new();
    let mut counts = BTreeMap::new();
    for (heading, definitions, unproved) in [
        ("Modules", table::modules(), "read, no test"),
        ("Stored things", table::stored(), "stored"),
    ] {
        writeln!(text, "\n## {heading}").unwrap();
        for definition in &definitions {
            describe(definition, proofs, unproved, &mut text, &mut counts);
        }
    }
    writeln!(text, "\n## Refused\n").unwrap();
    for (name, why) in table::refused() {
        writeln!(text, "- `{name}`: {why}.").unwrap();
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(status, n)| format!("{n} {status}"))
        .collect();
    format!(
        "\n{} modules, {} kinds of stored things; of their fields {}.\n{text}\n",
        table::modules().len(),
        table::stored().len(),
        counts.join(", ")
    )
}

fn describe(
    definition: &Definition,
    proofs: &Proofs,
    unproved: &'static str,
    text: &mut String,
    counts: &mut BTreeMap<&'static str, usize>,
) {
    writeln!(text, "\n### `{}`\n\n{}", definition.name, definition.about).unwrap();
    if definition.fields.is_empty() {
        writeln!(text, "\nNo fields.").unwrap();
        return;
    }
    writeln!(
        text,
        "\n| field | values | default | status | proved by |\n|---|---|---|---|---|"
    )
    .unwrap();
    for field in &definition.fields {
        let proved = proofs.get(&format!("{}.{}", definition.name, field.name));
        let status = status(field, proved.is_some(), unproved);
        *counts.entry(status).or_default() += 1;
        let tests: Vec<String> = proved
            .into_iter()
            .flatten()
            .map(|test| format!("`{test}`"))
            .collect();
        let default = field.default.as_ref().map(|default| format!("`{default}`"));
        writeln!(
            text,
            "| `{}` | {} | {} | {status} | {} |",
            field.name,
            field.values.replace('|', "\\|"),
            default.unwrap_or_default(),
            field.why.clone().unwrap_or_else(|| tests.join(" "))
        )
        .unwrap();
    }
}

fn status(field: &Field, proved: bool, unproved: &'static str) -> &'static str {
    match field.reading {
        Reading::Used if proved => "works",
        Reading::Used => unproved,
        Reading::Accepted => "accepted",
        Reading::Ignored => "ignored",
        Reading::Kept => "kept",
    }
}
