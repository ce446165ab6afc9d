//! What holds for every input.

use pivot::report::position;
use pivot::twiml::element::{self, Attribute, Child, Element, Text};
use pivot::twiml::{Document, Options, decode};
use proptest::collection::vec;
use proptest::prelude::*;

/// A document with most of what can be written.
const VALID: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response version='2010-04-01'>\n\
  <!-- a comment --><Say voice=\"alice\" loop='2'>caf&#233; &amp; <break time=\"1s\"/><![CDATA[<raw>]]></Say>\n\
  <Play digits='1w2' loop='0'>https://example.com/a.mp3?x=1&amp;y=2</Play><Play>sound:beep</Play>\n\
  <Gather action='/g' finishOnKey='*' numDigits='4' input='dtmf'><Say>Press</Say><Pause length='2'/></Gather>\n\
  <Dial callerId='+1' record='record-from-answer-dual' timeout='20'>\n\
    <Number>+1 415 555 1212</Number><Sip>sip:a@b.example?X-A=b%20c</Sip><Client><Identity>c</Identity></Client>\n\
  </Dial><Record maxLength='30' trim='do-not-trim' recordingUrl='/up'/>\n\
  <Set><Variable key='k' value='v'/></Set><Reject reason='busy'/><Redirect method='GET'>/x</Redirect><Hangup/>\n\
</Response>\n";

/// Reads, shows what was found, and checks what must always be so.
fn read(bytes: &[u8], strict: bool) {
    let options = Options {
        strict,
        url: Some("https://example.com/voice".into()),
        ..Options::default()
    };
    let source = decode(bytes, None, &mut Default::default());
    let (document, report) = Document::read(bytes, options);
    assert_eq!(document.is_none(), report.has_errors());
    for finding in &report.diagnostics {
        assert!(finding.span.start <= finding.span.end, "{finding:?}");
        assert!(finding.span.end <= source.len(), "{finding:?}");
        assert!(position(&source, finding.span.start).0 >= 1);
    }
    report.render("document", &source, false);
    report.to_json("document", &source);
}

/// One change to a document.
#[derive(Debug, Clone)]
enum Change {
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Replace(prop::sample::Index, u8),
    Truncate(prop::sample::Index),
    Repeat(prop::sample::Index, usize),
}

fn changes() -> impl Strategy<Value = Change> {
    let at = || any::<prop::sample::Index>();
    let tokens = prop::sample::select(vec![
        "<",
        ">",
        "&",
        "&amp;",
        "&#x0;",
        "</",
        "/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "'",
        "\"",
        "<?xml?>",
        "<!DOCTYPE a>",
        "=",
        "<Gather>",
        "</Gather>",
        " a='1'",
        "\u{feff}",
        "é",
        "\0",
    ]);
    prop_oneof![
        (at(), 1..40_usize).prop_map(|(at, n)| Change::Remove(at, n)),
        (at(), tokens).prop_map(|(at, token)| Change::Insert(at, token.into())),
        (at(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        at().prop_map(Change::Truncate),
        (at(), 1..60_usize).prop_map(|(at, n)| Change::Repeat(at, n)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let size = bytes.len();
    if size == 0 {
        return;
    }
    match change {
        Change::Remove(at, n) => {
            let start = at.index(size);
            bytes.drain(start..(start + n).min(size));
        }
        Change::Insert(at, new) => {
            let start = at.index(size);
            bytes.splice(start..start, new.iter().copied());
        }
        Change::Replace(at, byte) => bytes[at.index(size)] = *byte,
        Change::Truncate(at) => bytes.truncate(at.index(size)),
        Change::Repeat(at, n) => {
            let start = at.index(size);
            let part = bytes[start..(start + n).min(size)].to_vec();
            bytes.splice(start..start, part);
        }
    }
}

fn names() -> impl Strategy<Value = String> {
    "[A-Za-z_][A-Za-z0-9_.-]{0,6}"
}

/// Characters that XML can hold; `\r` is held as a reference.
fn texts() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            any::<char>().prop_filter("XML has no such character", |c| {
                matches!(c, '\t' | '\n' | '\r')
                    || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
            }),
            prop::sample::select(vec!['&', '<', '>', '"', '\'', ' ', '\n', ']']),
        ],
        1..12,
    )
    .prop_map(|characters| characters.into_iter().collect())
}

fn trees() -> impl Strategy<Value = Element> {
    let leaf =
        (names(), attributes()).prop_map(|(name, attributes)| tree(name, attributes, vec![]));
    leaf.prop_recursive(5, 30, 4, |inner| {
        let child = prop_oneof![
            inner.prop_map(Child::Element),
            texts().prop_map(|text| Child::Text(Text { text, span: 0..0 })),
        ];
        (names(), attributes(), vec(child, 0..5)).prop_map(|(name, attributes, mut children)| {
            // Two runs of text in a row are one.
            children.dedup_by(|a, b| matches!((a, b), (Child::Text(_), Child::Text(_))));
            tree(name, attributes, children)
        })
    })
}

fn tree(name: String, attributes: Vec<Attribute>, children: Vec<Child>) -> Element {
    Element {
        name,
        span: 0..0,
        attributes,
        children,
    }
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    prop::collection::btree_map(names(), texts(), 0..3).prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(name, value)| Attribute {
                name,
                value,
                name_span: 0..0,
                value_span: 0..0,
            })
            .collect()
    })
}

/// The same tree without places.
fn placeless(element: &Element) -> Element {
    let attributes = element.attributes.iter().map(|a| Attribute {
        name_span: 0..0,
        value_span: 0..0,
        ..a.clone()
    });
    let children = element.children.iter().map(|child| match child {
        Child::Element(inner) => Child::Element(placeless(inner)),
        Child::Text(text) => Child::Text(Text {
            text: text.text.clone(),
            span: 0..0,
        }),
    });
    tree(
        element.name.clone(),
        attributes.collect(),
        children.collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn reading_any_bytes_never_panics(bytes in vec(any::<u8>(), 0..300), strict: bool) {
        read(&bytes, strict);
    }

    #[test]
    fn reading_any_text_never_panics(text in "[<>/&;='\" A-Za-z!\\[\\]?#x-]{0,80}\\PC{0,20}", strict: bool) {
        read(text.as_bytes(), strict);
        read(format!("<Response>{text}</Response>").as_bytes(), strict);
        read(format!("<Response><Dial {text}>{text}</Dial></Response>").as_bytes(), strict);
    }

    #[test]
    fn reading_a_changed_document_never_panics(changes in vec(changes(), 1..5), strict: bool) {
        let mut bytes = VALID.as_bytes().to_vec();
        for change in &changes {
            apply(&mut bytes, change);
        }
        read(&bytes, strict);
    }

    #[test]
    fn any_value_of_any_attribute_is_read(value in texts(), which in 0..1000_usize) {
        let mut report = Default::default();
        let mut root = element::parse(VALID, &mut report).unwrap();
        let mut values: Vec<&mut Attribute> = Vec::new();
        collect(&mut root, &mut values);
        let which = which % values.len();
        values[which].value = value;
        read(root.to_string().as_bytes(), false);
        let (document, report) = Document::read(root.to_string().as_bytes(), Options::default());
        prop_assert!(document.is_some(), "{:?}", report);
    }

    #[test]
    fn a_printed_tree_reads_to_itself(tree in trees()) {
        let printed = tree.to_string();
        let mut report = Default::default();
        let read = element::parse(&printed, &mut report);
        prop_assert_eq!(&report.diagnostics, &[], "{}", printed);
        prop_assert_eq!(placeless(&read.unwrap()), tree, "{}", printed);
    }
}

fn collect<'e>(element: &'e mut Element, values: &mut Vec<&'e mut Attribute>) {
    values.extend(element.attributes.iter_mut());
    for child in &mut element.children {
        if let Child::Element(inner) = child {
            collect(inner, values);
        }
    }
}

#[test]
fn the_valid_document_is_valid() {
    let (document, report) = Document::read(VALID.as_bytes(), Options::default());
    assert_eq!(report.diagnostics, []);
    assert_eq!(document.unwrap().verbs.len(), 10);
}

/// Spans lead back to what was written.
#[test]
fn names_values_and_text_stand_where_their_spans_say() {
    fn check(element: &Element) {
        assert!(VALID[element.span.clone()].starts_with(&format!("<{}", element.name)));
        for attribute in &element.attributes {
            assert_eq!(VALID[attribute.name_span.clone()], attribute.name);
            let raw = &VALID[attribute.value_span.clone()];
            assert_eq!(raw.replace("&amp;", "&"), attribute.value);
        }
        for child in &element.children {
            match child {
                Child::Element(inner) => check(inner),
                Child::Text(text) => {
                    let raw = &VALID[text.span.clone()];
                    assert_eq!(raw.contains("Press"), text.text.contains("Press"));
                }
            }
        }
    }
    check(&element::parse(VALID, &mut Default::default()).unwrap());
}
