//! What the reader says about documents that are wrong, or nearly right.

use crate::callflow_broken::BROKEN;
use crate::callflow_flows::roomy;
use crate::callflow_odd::ODD;
use pivot::callflow::{Node, read};
use pivot::report::{Severity, position};

/// Each finding as `LINE:COLUMN POINTER SEVERITY message (help)`.
fn findings(document: &[u8], strict: bool) -> Vec<String> {
    let (_, report) = read(document, strict);
    let source = String::from_utf8_lossy(document);
    report
        .diagnostics
        .iter()
        .map(|d| {
            let (line, column) = position(&source, d.span.start);
            let severity = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let mut text = format!("{line}:{column}");
            for part in [d.pointer.as_deref(), Some(severity), Some(&d.message)] {
                if let Some(part) = part.filter(|p| !p.is_empty()) {
                    text = format!("{text} {part}");
                }
            }
            if let Some(help) = &d.help {
                text = format!("{text} ({help})");
            }
            text
        })
        .collect()
}

fn good(document: &str) -> Node {
    let (node, report) = read(document.as_bytes(), false);
    node.unwrap_or_else(|| panic!("{document}: {report:?}"))
}

#[test]
fn a_broken_document_does_not_run_and_every_fault_has_its_place() {
    for (name, document, expected) in BROKEN {
        assert_eq!(findings(document, false), *expected, "{name}");
        assert!(read(document, false).0.is_none(), "{name} runs");
    }
}

#[test]
fn an_odd_document_runs_and_every_oddity_is_told() {
    for (name, document, expected) in ODD {
        assert_eq!(findings(document, false), *expected, "{name}");
        assert!(read(document, false).0.is_some(), "{name} does not run");
    }
}

#[test]
fn strict_turns_what_is_unknown_into_errors_and_nothing_else() {
    for (name, document, expected) in ODD {
        let unknown = ["there is no module", "has no field"];
        let refused = expected
            .iter()
            .any(|finding| unknown.iter().any(|u| finding.contains(u)));
        assert_eq!(read(document, true).0.is_none(), refused, "{name}");
    }
}

#[test]
fn a_text_of_1001_characters_is_refused_and_one_of_1000_is_not() {
    let document = |length: usize| {
        format!(
            r#"{{"module": "tts", "data": {{"text": "{}"}}}}"#,
            "ä".repeat(length)
        )
    };
    assert_eq!(
        findings(document(1001).as_bytes(), false),
        ["1:36 /data/text error `text` has 1001 characters; at most 1000 are allowed"]
    );
    assert!(findings(document(1000).as_bytes(), false).is_empty());
}

#[test]
fn nesting_and_size_have_bounds() {
    roomy(bounds);
}

fn bounds() {
    let chain = |nodes: usize| {
        let open = r#"{"module":"noop","children":{"_":"#.repeat(nodes);
        format!("{open}{{}}{}", "}}".repeat(nodes))
    };
    assert_eq!(good(&chain(319)).count(), 319);
    assert_eq!(
        findings(chain(5000).as_bytes(), false),
        ["1:10561 error nested deeper than 640 levels"]
    );
    assert_eq!(
        findings("[".repeat(100_000).as_bytes(), false),
        ["1:641 error nested deeper than 640 levels"]
    );
    let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
    assert_eq!(
        findings(
            format!(r#"{{"module":"unheard-of","data":{deep}}}"#).as_bytes(),
            false
        )[1..],
        ["1:31 /data error `data` is nested deeper than 32 levels"]
    );
    let large = format!(r#"{{"module":"noop"}}{}"#, " ".repeat(1 << 20));
    assert_eq!(
        findings(large.as_bytes(), false),
        ["1:1 error the document has 1048593 bytes; at most 1048576 are read"]
    );
}

#[test]
fn a_node_is_read_with_its_data_and_children_in_order() {
    let node = good(
        r#"{"module": "menu", "data": {"retries": "2", "timeout": null}, "children": {
            "9": {"module": "noop"}, "1": {"module": "hangup"}, "_": {}}}"#,
    );
    assert_eq!(node.module, "menu");
    assert_eq!(
        serde_json::to_string(&node.data).unwrap(),
        r#"{"retries":2}"#
    );
    let keys: Vec<_> = node.children.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["9", "1", "_"]);
    assert!(node.child("_").unwrap().is_end());
    assert!(!node.offers("_") && node.offers("9") && !node.offers("5"));
}

#[test]
fn a_flow_survives_a_checkpoint_however_deep_it_is() {
    let chain = format!(
        "{}{{}}{}",
        r#"{"module":"set_variables","data":{"custom_application_vars":{"a":{"b":1}}},"children":{"1":{"module":"hangup"},"_":"#
            .repeat(120),
        "}}".repeat(120)
    );
    let node = good(&chain);
    let saved = serde_json::to_string(&node).unwrap();
    assert_eq!(serde_json::from_str::<Node>(&saved).unwrap(), node);
    let damaged = saved.replace("\"_\",2", "\"_\",700");
    assert_ne!(damaged, saved);
    assert!(serde_json::from_str::<Node>(&damaged).is_err());
}

proptest::proptest! {
    #[test]
    fn reading_never_panics(bytes: Vec<u8>) {
        read(&bytes, false);
    }

    #[test]
    fn reading_what_looks_like_json_never_panics(text in r#"[\[\]{}:,"\\u0-9a-e.\- \n_ä]{0,60}"#) {
        read(text.as_bytes(), false);
    }

    /// Cut a good document anywhere, or change one byte: the reader says so or reads it.
    #[test]
    fn reading_a_damaged_document_never_panics(at in 0usize..300, byte: u8, cut: bool) {
        let mut document = br##"{"module": "menu", "data": {"id": "a\ud83d\ude00", "retries": 3, "media": {"exit_media": false}},
            "children": {"1": {"module": "audio_macro", "data": {"macros": [{"macro": "tone", "frequencies": [1.5e2], "duration_on": 3}]}},
            "_": {"module": "play", "data": {"id": "x", "terminators": ["#", "1"], "loop_count": -0}}}}"##.to_vec();
        let at = at.min(document.len() - 1);
        if cut { document.truncate(at) } else { document[at] = byte }
        let (node, report) = read(&document, false);
        proptest::prop_assert_eq!(node.is_none(), report.has_errors());
    }
}
