//! The same document as Twilio's libraries write it, and as people do.

use std::path::Path;

use pivot::twiml::{AnyVerb, Document, Options};

fn verbs(path: &Path) -> Vec<AnyVerb> {
    let bytes = std::fs::read(path).unwrap();
    let (document, report) = Document::read(&bytes, Options::default());
    assert_eq!(report.diagnostics, [], "{}", path.display());
    let verbs = document.unwrap().verbs;
    verbs.into_iter().map(|(verb, _)| verb).collect()
}

#[test]
fn all_ways_of_writing_a_document_read_the_same() {
    let expected = verbs(Path::new("tests/fixtures/twiml/generated/python.xml"));
    let names: Vec<&str> = expected.iter().map(AnyVerb::name).collect();
    assert_eq!(names, ["Gather", "Dial", "Hangup"]);
    let mut seen = 0;
    for entry in std::fs::read_dir("tests/fixtures/twiml/generated").unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(verbs(&path), expected, "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 8);
}

/// Each verb's documentation has one example, which a reader will copy.
#[test]
fn the_example_of_each_verb_is_a_document_without_findings() {
    for name in AnyVerb::NAMES {
        let file = format!("src/twiml/verbs/{}.rs", name.to_lowercase());
        let text = std::fs::read_to_string(&file).unwrap();
        let example: String = text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .skip_while(|line| !line.contains("```xml"))
            .skip(1)
            .take_while(|line| !line.contains("```"))
            .map(|line| format!("{line}\n"))
            .collect();
        let (document, report) = Document::read(example.trim().as_bytes(), Options::default());
        let mistakes: Vec<_> = report
            .diagnostics
            .iter()
            .filter(|finding| finding.differs.is_none())
            .collect();
        assert!(mistakes.is_empty(), "{file}: {example} {mistakes:?}");
        let document = document.unwrap();
        let shown = document.verbs.iter().any(|(verb, _)| verb.name() == *name);
        assert!(shown, "{file} has no example of {name}");
    }
}

#[test]
fn strict_reading_refuses_what_is_unknown_but_not_what_is_missing() {
    let strict = || Options {
        strict: true,
        ..Options::default()
    };
    let read = |xml: &str| Document::read(xml.as_bytes(), strict()).0.is_some();
    assert!(!read("<Response><Sing/></Response>"));
    assert!(!read("<Response><Say foo='1'>a</Say></Response>"));
    assert!(!read(
        "<Response><Gather><Dial>1</Dial></Gather></Response>"
    ));
    assert!(read("<Response><Connect/><Gather hints='a'/></Response>"));
    assert!(read("<Response><Say loop='x'>a</Say></Response>"));
}

#[test]
fn a_document_over_the_limit_is_refused_and_one_below_it_is_not() {
    let document = |length: usize| format!("<Response><!--{}--></Response>", "x".repeat(length));
    let read = |text: &str| Document::read(text.as_bytes(), Options::default());
    assert!(read(&document(63 * 1024)).0.is_some());
    let (refused, report) = read(&document(65 * 1024));
    assert!(refused.is_none());
    assert_eq!(report.diagnostics[0].code, Some(11750));
}

#[test]
fn elements_nest_to_a_limit() {
    let nested = |depth: usize| {
        let (open, close) = ("<Gather>".repeat(depth), "</Gather>".repeat(depth));
        format!("<Response>{open}{close}</Response>")
    };
    let read = |text: &str| Document::read(text.as_bytes(), Options::default());
    assert!(read(&nested(15)).0.is_some());
    for depth in [16, 3000] {
        let (refused, report) = read(&nested(depth));
        assert!(refused.is_none(), "{depth}");
        assert_eq!(report.diagnostics[0].code, Some(12100), "{depth}");
    }
}

#[test]
fn the_charset_of_the_answer_decodes_and_a_byte_order_mark_beats_it() {
    let text = |bytes: &[u8], charset: &str| {
        let options = Options {
            charset: Some(charset.into()),
            ..Options::default()
        };
        match &Document::read(bytes, options).0.unwrap().verbs[0].0 {
            AnyVerb::Say(say) => say.utterance.text.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        text(b"<Response><Say>caf\xE9</Say></Response>", "iso-8859-1"),
        "café"
    );
    assert_eq!(
        text(
            "\u{feff}<Response><Say>café</Say></Response>".as_bytes(),
            "iso-8859-1"
        ),
        "café"
    );
    assert_eq!(
        text(
            "<Response><Say>café</Say></Response>".as_bytes(),
            "no-such-thing"
        ),
        "café"
    );
}
