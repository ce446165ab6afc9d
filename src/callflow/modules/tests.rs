//! What every module must hold to, and how each reads its settings.

use serde_json::{Value, json};

use super::*;
use crate::callflow::read;

/// The JSON in the comment at the top of a module's file.
fn example(source: &str) -> String {
    source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .skip_while(|line| *line != "```json")
        .skip(1)
        .take_while(|line| *line != "```")
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_example_of_every_module_is_read_without_a_word() {
    for (name, source) in SOURCES {
        let example = example(source);
        let (node, report) = read(example.as_bytes(), true);
        let node = node.unwrap_or_else(|| panic!("{name}: {report:?}\n{example}"));
        assert_eq!(node.module, *name);
        let warnings: Vec<_> = report.diagnostics.iter().map(|d| &d.message).collect();
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
    }
}

#[test]
fn every_setting_is_described_in_the_modules_comment() {
    for entry in TABLE.iter() {
        // These take the settings of another module.
        if ["offnet", "user"].contains(&entry.name) {
            continue;
        }
        let (_, source) = SOURCES
            .iter()
            .find(|(name, _)| *name == entry.name)
            .unwrap();
        let comment: String = source
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        for field in entry.schema["properties"].as_object().into_iter().flatten() {
            let inner = field.1["properties"].as_object();
            let names: Vec<String> = match inner {
                Some(inner) => inner
                    .keys()
                    .map(|key| format!("{}.{key}", field.0))
                    .collect(),
                None => vec![field.0.clone()],
            };
            for name in names {
                assert!(
                    comment.contains(&format!("`{name}`")),
                    "{}: {name}",
                    entry.name
                );
            }
        }
    }
}

#[test]
fn every_setting_has_a_description_in_the_schema() {
    let schema = schema();
    for (name, module) in schema.as_object().unwrap() {
        assert!(module["description"].is_string(), "{name}");
        for (field, setting) in module["properties"].as_object().into_iter().flatten() {
            assert!(setting["description"].is_string(), "{name}: {field}");
        }
    }
}

#[test]
fn names_and_aliases_are_unique() {
    let mut all: Vec<_> = TABLE
        .iter()
        .flat_map(|entry| entry.aliases.iter().chain([&entry.name]))
        .collect();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(shape("say").is_some() && shape("resource").is_some());
}

/// What a module makes of this `data`, after the reader has looked at it.
fn settings<M: Module + std::fmt::Debug>(data: Value) -> String {
    let document = json!({"module": M::NAME, "data": data}).to_string();
    let (node, report) = read(document.as_bytes(), true);
    let node = node.unwrap_or_else(|| panic!("{document}: {report:?}"));
    format!(
        "{:?}",
        serde_json::from_value::<M>(node.data.into()).unwrap()
    )
}
