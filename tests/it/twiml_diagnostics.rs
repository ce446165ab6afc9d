//! What an author sees of a document's faults.

use pivot::twiml::{Document, Options, decode};

fn rendered(source: &str) -> String {
    let (_, report) = Document::read(source.as_bytes(), Options::default());
    let text = decode(source.as_bytes(), None, &mut report.clone());
    report.render("voice.xml", &text, false)
}

#[test]
fn a_bare_ampersand_is_shown_with_its_cure() {
    insta::assert_snapshot!(rendered(
        "<Response>\n  <Redirect>/menu?try=2&lang=en</Redirect>\n</Response>\n"
    ));
}

#[test]
fn a_truncated_document_names_what_is_open() {
    insta::assert_snapshot!(rendered(
        "<?xml version=\"1.0\"?>\n<Response>\n  <Say>Hello"
    ));
}

#[test]
fn a_misspelt_attribute_and_value_are_both_shown() {
    insta::assert_snapshot!(rendered(
        "<Response>\n  <Gather numdigits=\"1\" timeout=\"soon\" method=\"PSOT\"/>\n</Response>"
    ));
}

#[test]
fn what_is_not_done_yet_is_told_from_what_is_unknown() {
    insta::assert_snapshot!(rendered(
        "<Response><Stop><Stream/></Stop><Dial><Number>1</Number><Nummer>1</Nummer></Dial><Enqueu/></Response>"
    ));
}

#[test]
fn a_finding_in_a_very_long_line_shows_a_part_of_it() {
    let say = "<Say>äöü and so on</Say>".repeat(100);
    insta::assert_snapshot!(rendered(&format!("<Response>{say}<Sey/>{say}</Response>")));
}

#[test]
fn an_empty_document_is_said_to_be_empty() {
    insta::assert_snapshot!(rendered(""));
}

#[test]
fn machines_get_lines_columns_and_codes() {
    let source = "<Response>\n  <Say>ü</Say><Play loop=\"x\">/a.mp3</Play>\n</Response>";
    let (_, report) = Document::read(source.as_bytes(), Options::default());
    insta::assert_json_snapshot!(report.to_json("voice.xml", source));
}
