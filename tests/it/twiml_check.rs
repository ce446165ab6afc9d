//! `pivot check` on files.

use std::path::PathBuf;

use pivot::cli::check::{Outcome, Style, check};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from("tests/fixtures/twiml").join(name)
}

fn run(names: &[&str], style: Style) -> (Outcome, String) {
    let files: Vec<PathBuf> = names.iter().map(|name| fixture(name)).collect();
    let mut out = Vec::new();
    let outcome = check(&files, style, &mut out).unwrap();
    (outcome, String::from_utf8(out).unwrap())
}

const TEXT: Style = Style::Text { color: false };

#[test]
fn a_fine_document_is_only_counted() {
    let (outcome, text) = run(&["menu.xml"], TEXT);
    assert_eq!(outcome, Outcome::Fine);
    assert_eq!(text, "1 file: 0 errors, 0 warnings\n");
}

#[test]
fn warnings_alone_are_fine() {
    let (outcome, text) = run(&["warnings.xml"], TEXT);
    assert_eq!(outcome, Outcome::Fine);
    insta::assert_snapshot!(text);
}

#[test]
fn an_error_in_one_of_several_files_is_an_error() {
    let (outcome, text) = run(&["menu.xml", "ampersand.xml", "tts.json"], TEXT);
    assert_eq!(outcome, Outcome::Errors);
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_in_no_language_is_an_error() {
    let (outcome, text) = run(&["notes.txt"], TEXT);
    assert_eq!(outcome, Outcome::Errors);
    assert!(
        text.contains("neither TwiML nor a Callflow document"),
        "{text}"
    );
}

#[test]
fn a_configuration_is_checked_with_the_place_of_each_key() {
    let (outcome, text) = run(&["pivot.toml"], TEXT);
    assert_eq!(outcome, Outcome::Errors);
    assert!(text.contains("`dial.timout_s`"), "{text}");
    assert!(text.contains("pivot.toml:7:1"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_missing_file_is_told_from_one_with_errors() {
    let (outcome, text) = run(&["no-such-file.xml", "ampersand.xml"], TEXT);
    assert_eq!(outcome, Outcome::Unreadable);
    assert!(text.contains("no-such-file.xml: "), "{text}");
    assert!(text.contains("an `&` on its own"), "{text}");
}

#[test]
fn machines_get_one_array_of_all_files() {
    let (outcome, text) = run(&["warnings.xml", "ampersand.xml"], Style::Json);
    assert_eq!(outcome, Outcome::Errors);
    let findings: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let files: Vec<&str> = findings.iter().filter_map(|f| f["file"].as_str()).collect();
    assert_eq!(
        files,
        [
            "tests/fixtures/twiml/warnings.xml",
            "tests/fixtures/twiml/warnings.xml",
            "tests/fixtures/twiml/ampersand.xml"
        ]
    );
    assert_eq!(findings[2]["line"], 4);
}

#[test]
fn a_folder_is_every_document_in_it() {
    let (outcome, text) = run(&["folder"], TEXT);
    assert_eq!(outcome, Outcome::Errors);
    assert!(text.ends_with("5 files: 1 error, 5 warnings\n"), "{text}");
    assert!(!text.contains("README"), "{text}");
}

#[test]
fn a_support_report_says_what_runs_and_what_differs_with_the_places() {
    let (outcome, text) = run(&["folder"], Style::Support { json: false });
    assert_eq!(outcome, Outcome::Errors);
    insta::assert_snapshot!(text);
}

#[test]
fn machines_get_the_support_report_as_one_object() {
    let (_, text) = run(
        &["folder", "no-such-file.xml"],
        Style::Support { json: true },
    );
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    insta::assert_json_snapshot!(report);
}

#[test]
fn one_document_that_runs_as_it_is_is_said_to() {
    let (outcome, text) = run(&["menu.xml"], Style::Support { json: false });
    assert_eq!(outcome, Outcome::Fine);
    assert_eq!(text, "of 1 document 1 run as they are\n");
}
