//! Odd and broken documents, each with what is read of it: the verbs, and every
//! finding as severity, code, line and column.

use std::collections::BTreeSet;

use pivot::report::{Report, Severity, position};
use pivot::twiml::{Document, Options, decode};

/// `Say Hangup; W12200 2:3`, or `refused; E12100 1:1`.
fn outcome(bytes: &[u8], options: Options) -> String {
    let source = decode(bytes, options.charset.as_deref(), &mut Report::default());
    let (document, report) = Document::read(bytes, options);
    let mut parts = vec![match document {
        Some(document) if document.verbs.is_empty() => "nothing".to_owned(),
        Some(document) => {
            let names: Vec<&str> = document.verbs.iter().map(|(verb, _)| verb.name()).collect();
            names.join(" ")
        }
        None => "refused".to_owned(),
    }];
    for finding in &report.diagnostics {
        let severity = match finding.severity {
            Severity::Error => 'E',
            Severity::Warning => 'W',
        };
        let (line, column) = position(&source, finding.span.start);
        let code = finding.code.unwrap_or_default();
        parts.push(format!("{severity}{code} {line}:{column}"));
    }
    parts.join("; ")
}

type Case = (&'static str, &'static [u8], &'static str);

/// What is wrong with the document as XML.
const MALFORMED: &[Case] = &[
    ("empty", b"", "refused; E11770 1:1"),
    ("white space only", b" \n\t ", "refused; E12100 2:3"),
    ("only a comment", b"<!-- nothing -->", "refused; E12100 1:17"),
    ("only a declaration", b"<?xml version='1.0'?>", "refused; E12100 1:22"),
    ("plain text", b"Hello caller", "refused; E12100 1:1"),
    ("json", b"{\"module\": \"tts\"}", "refused; E12100 1:1"),
    ("html", b"<!DOCTYPE html><html><body>500</body></html>", "refused; E12100 1:1"),
    ("html without a document type", b"<html><body>500</body></html>", "refused; E12102 1:1"),
    ("root in lower case", b"<response><Say>hi</Say></response>", "refused; E12102 1:1"),
    ("root in upper case", b"<RESPONSE/>", "refused; E12102 1:1"),
    ("root with a prefix", b"<tw:Response xmlns:tw='x'/>", "refused; E12102 1:1"),
    ("another root", b"<Say>hi</Say>", "refused; E12102 1:1"),
    ("truncated after the root", b"<Response>", "refused; E12100 1:1"),
    ("truncated inside a verb", b"<Response>\n  <Say>hi", "refused; E12100 2:3"),
    ("truncated between verbs", b"<Response><Say>hi</Say>\n", "refused; E12100 1:1"),
    ("truncated inside a tag", b"<Response><Say voice", "refused; E12100 1:11"),
    ("truncated inside a value", b"<Response><Say voice=\"ma", "refused; E12100 1:11"),
    ("truncated inside a comment", b"<Response><!-- so", "refused; E12100 1:11"),
    ("truncated inside CDATA", b"<Response><Say><![CDATA[so", "refused; E12100 1:16"),
    ("truncated inside the declaration", b"<?xml version='1.0'", "refused; E12100 1:1"),
    ("truncated inside a reference", b"<Response><Say>a &am", "refused; E12100 1:18"),
    ("wrong end tag", b"<Response><Say>hi</Play></Response>", "refused; E12100 1:18"),
    ("end tags crossed", b"<Response><Gather><Say>hi</Gather></Say></Response>", "refused; E12100 1:26"),
    ("end tag too many", b"<Response></Say></Response>", "refused; E12100 1:11"),
    ("end tag after the root", b"<Response/></Response>", "refused; E12100 1:12"),
    ("two roots", b"<Response/><Response/>", "refused; E12100 1:12"),
    ("text before the root", b"Notice: x\n<Response/>", "refused; E12100 1:1"),
    ("text after the root", b"<Response><Say>a</Say></Response>\ndone", "Say; W12100 2:1"),
    ("bare ampersand in text", b"<Response><Say>AT&T</Say></Response>", "refused; E12100 1:18"),
    ("bare ampersand with spaces", b"<Response><Say>you & me</Say></Response>", "refused; E12100 1:20"),
    ("bare ampersand in a URL", b"<Response>\n<Redirect>/a?x=1&y=2</Redirect></Response>", "refused; E12100 2:17"),
    ("bare ampersand in an attribute", b"<Response><Gather action='/a?x=1&y=2'/></Response>", "refused; E12100 1:33"),
    ("ampersand before a semicolon", b"<Response><Say>a&b; c</Say></Response>", "refused; E12100 1:17"),
    ("entity of HTML", b"<Response><Say>a&nbsp;b</Say></Response>", "refused; E12100 1:17"),
    ("entity of HTML in an attribute", b"<Response><Gather action='/&eacute;'/></Response>", "refused; E12100 1:28"),
    ("character reference to nothing", b"<Response><Say>&#0;</Say></Response>", "refused; E12100 1:16"),
    ("character reference without a number", b"<Response><Say>&#xyz;</Say></Response>", "refused; E12100 1:16"),
    ("character reference too large", b"<Response><Say>&#x110000;</Say></Response>", "refused; E12100 1:16"),
    ("two errors, both told", b"<Response><Say>&nbsp;</Say><Say>&copy;</Say></Response>", "refused; E12100 1:16; E12100 1:33"),
    ("document type", b"<!DOCTYPE Response><Response/>", "refused; E12100 1:1"),
    ("entity bomb", b"<!DOCTYPE r [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]>\n<Response><Say>&b;</Say></Response>", "refused; E12100 1:1"),
    ("external entity", b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Response><Say>&x;</Say></Response>", "refused; E12100 1:1"),
    ("duplicate attribute", b"<Response><Say voice='a' voice='b'>hi</Say></Response>", "refused; E12100 1:26"),
    ("attribute without a value", b"<Response><Say loop>hi</Say></Response>", "refused; E12100 1:20"),
    ("attribute without quotes", b"<Response><Say loop=2>hi</Say></Response>", "refused; E12100 1:21"),
    ("attribute with a tag in it", b"<Response><Say voice='<b>'>hi</Say></Response>", "refused; E12100 1:23"),
    ("less-than in text", b"<Response><Say>1 < 2</Say></Response>", "refused; E12100 1:18"),
    ("number as a tag", b"<Response><1/></Response>", "refused; E12100 1:11"),
    ("blank line before the declaration", b"\n<?xml version=\"1.0\"?><Response/>", "refused; E12100 2:1"),
    ("declaration in the middle", b"<Response><?xml version=\"1.0\"?></Response>", "refused; E12100 1:11"),
    ("NUL bytes", b"\0\0\0\0", "refused; E12100 1:1"),
    ("random bytes", b"\x89PNG\r\n\x1a\n\0\0", "refused; E12100 1:1"),
];

/// What is right as XML and odd as TwiML.
const ODD: &[Case] = &[
    ("nothing to do", b"<Response/>", "nothing"),
    ("nothing but a comment", b"<Response>\n<!-- later -->\n</Response>", "nothing"),
    ("white space before the root", b"\n\n <Response><Say>a</Say></Response>", "Say"),
    ("white space after the root", b"<Response/>\n\n", "nothing"),
    ("comment before and after", b"<!-- a --><Response><Say>a</Say></Response><!-- b -->", "Say"),
    ("comments everywhere", b"<Response><!--a--><Gather><!--b--><Say>x<!--c-->y</Say></Gather><Dial><!--d-->1<!--e-->2</Dial></Response>", "Gather Dial"),
    ("processing instruction", b"<Response><?php echo 1 ?><Hangup/></Response>", "Hangup"),
    ("text beside verbs", b"<Response>Hello<Say>a</Say></Response>", "Say; W12200 1:11"),
    ("unknown verb", b"<Response><Say>a</Say><Sing>b</Sing><Say>c</Say></Response>", "Say Say; W12200 1:23"),
    ("verb in lower case", b"<Response><say>a</say><Hangup/></Response>", "Hangup; W12200 1:11"),
    ("verb with a prefix", b"<Response><t:Say xmlns:t='x'>a</t:Say></Response>", "nothing; W12200 1:11"),
    ("noun that is not done yet", b"<Response><Stop><Stream/></Stop><Hangup/></Response>", "Stop Hangup; W12200 1:17"),
    ("unknown attribute", b"<Response><Say foo='1'>a</Say></Response>", "Say; W12200 1:16"),
    ("attribute in the wrong case", b"<Response><Gather numdigits='1'/></Response>", "Gather; W12200 1:19"),
    ("attribute that is not done yet", b"<Response><Gather input='speech' hints='a, b'/></Response>", "Gather; W12200 1:26; W12200 1:34"),
    ("verb in a verb", b"<Response><Hangup><Say>a</Say></Hangup></Response>", "Hangup; W12200 1:19"),
    ("verb in Gather", b"<Response><Gather><Dial>1</Dial></Gather></Response>", "Gather; W13320 1:19"),
    ("text in Gather", b"<Response><Gather>Press 1</Gather></Response>", "Gather; W12200 1:19"),
    ("empty verbs spelt out", b"<Response><Hangup></Hangup><Pause></Pause></Response>", "Hangup Pause"),
    ("white space inside an end tag", b"<Response><Hangup></Hangup ></Response >", "Hangup"),
    ("single quotes", b"<Response><Say loop='2'>a</Say></Response>", "Say"),
    ("space around the equals sign", b"<Response><Say loop = '2' >a</Say></Response>", "Say"),
    ("lines broken inside a tag", b"<Response>\n<Say\n  loop='2'\n  foo='1'>a</Say></Response>", "Say; W12200 4:3"),
    ("Windows line ends", b"<Response>\r\n<Say foo='1'>a</Say>\r\n</Response>\r\n", "Say; W12200 2:6"),
    ("CDATA", b"<Response><Say><![CDATA[you & <me>]]></Say></Response>", "Say"),
    ("predefined entities", b"<Response><Say>&lt;&gt;&amp;&quot;&apos;</Say></Response>", "Say"),
    ("character references", b"<Response><Say voice='m&#97;n'>&#233;&#xE9;</Say></Response>", "Say"),
    ("api version", b"<Response version='2010-04-01'/>", "nothing"),
    ("wrong api version", b"<Response version='2008'/>", "nothing; W12101 1:20"),
    ("namespace on the root", b"<Response xmlns='http://example.com'/>", "nothing"),
    ("schema location", b"<Response xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'/>", "nothing"),
    ("empty Say", b"<Response><Say/><Say> </Say></Response>", "Say Say; W13520 1:11; W13520 1:17"),
    ("unknown markup in Say", b"<Response><Say>a <b>bold</b> word</Say></Response>", "Say; W12200 1:18"),
    ("SSML", b"<Response><Say>a <break time='1s'/> <say-as interpret-as='digits'>12</say-as></Say></Response>", "Say"),
    ("Dial without anybody", b"<Response><Dial/></Response>", "Dial; W13215 1:11"),
    ("Dial with a placeholder", b"<Response><Dial>{Another Number}</Dial></Response>", "Dial; W13223 1:17"),
    ("Conference beside a Number", b"<Response><Dial><Number>1</Number><Conference>a</Conference></Dial></Response>", "refused; E13000 1:35"),
    ("Conference alone", b"<Response><Dial><Conference>a</Conference></Dial></Response>", "Dial"),
    ("more than ten parties", b"<Response><Dial><Number>1</Number><Number>2</Number><Number>3</Number><Number>4</Number><Number>5</Number><Number>6</Number><Number>7</Number><Number>8</Number><Number>9</Number><Number>10</Number>\n<Number>11</Number></Dial></Response>", "Dial; W13250 2:1"),
    ("Play of nothing", b"<Response><Play/></Response>", "Play; W11100 1:11"),
    ("Play of a file URL", b"<Response><Play>file:///etc/passwd</Play></Response>", "Play; W11100 1:17"),
    ("Play out of the sounds folder", b"<Response><Play>sound:../../secret</Play></Response>", "Play; W11100 1:17"),
    ("Play through Asterisk's cache", b"<Response><Play>sound:http://x/a.wav</Play></Response>", "Play; W11100 1:17"),
    ("URL with a space in it", b"<Response><Redirect>/a b</Redirect></Response>", "Redirect; W11100 1:21"),
    ("URL on lines of its own", b"<Response><Redirect>\n  /next\n</Redirect></Response>", "Redirect"),
];

/// What is wrong with a value: a warning, and the default is used.
const VALUES: &[Case] = &[
    (
        "Say loop",
        b"<Response><Say loop='often'>a</Say></Response>",
        "Say; W13510 1:22",
    ),
    (
        "Say loop below zero",
        b"<Response><Say loop='-1'>a</Say></Response>",
        "Say; W13510 1:22",
    ),
    (
        "Say language",
        b"<Response><Say language='English please'>a</Say></Response>",
        "Say; W13512 1:26",
    ),
    (
        "Play loop",
        b"<Response><Play loop='1.5'>/a.wav</Play></Response>",
        "Play; W13410 1:23",
    ),
    (
        "Play digits",
        b"<Response><Play digits='12x'/></Response>",
        "Play; W11100 1:11; W13430 1:25",
    ),
    (
        "Pause of zero",
        b"<Response><Pause length='0'/></Response>",
        "Pause; W13910 1:26",
    ),
    (
        "Pause of a word",
        b"<Response><Pause length='long'/></Response>",
        "Pause; W13910 1:26",
    ),
    (
        "Gather timeout",
        b"<Response><Gather timeout='abc'/></Response>",
        "Gather; W13313 1:28",
    ),
    (
        "Gather numDigits",
        b"<Response><Gather numDigits='0'/></Response>",
        "Gather; W13314 1:30",
    ),
    (
        "Gather finishOnKey",
        b"<Response><Gather finishOnKey='x'/></Response>",
        "Gather; W13310 1:32",
    ),
    (
        "Gather method",
        b"<Response><Gather method='PUT'/></Response>",
        "Gather; W13312 1:27",
    ),
    (
        "Gather action",
        b"<Response><Gather action='ftp://x/'/></Response>",
        "Gather; W11100 1:27",
    ),
    (
        "Gather actionOnEmptyResult",
        b"<Response><Gather actionOnEmptyResult='yes'/></Response>",
        "Gather; W13338 1:40",
    ),
    (
        "Gather input",
        b"<Response><Gather input='dtmf telepathy'/></Response>",
        "Gather; W13326 1:26",
    ),
    (
        "Record method",
        b"<Response><Record method='x'/></Response>",
        "Record; W13610 1:27",
    ),
    (
        "Record timeout",
        b"<Response><Record timeout='-5'/></Response>",
        "Record; W13611 1:28",
    ),
    (
        "Record maxLength",
        b"<Response><Record maxLength='1'/></Response>",
        "Record; W13612 1:30",
    ),
    (
        "Record maxLength too high",
        b"<Response><Record maxLength='99999'/></Response>",
        "Record; W13615 1:30",
    ),
    (
        "Record finishOnKey",
        b"<Response><Record finishOnKey='a!'/></Response>",
        "Record; W13613 1:32",
    ),
    (
        "Record playBeep",
        b"<Response><Record playBeep='1'/></Response>",
        "Record; W13616 1:29",
    ),
    (
        "Record trim",
        b"<Response><Record trim='trim'/></Response>",
        "Record; W13699 1:25",
    ),
    (
        "Record recordStoreMethod",
        b"<Response><Record recordStoreMethod='GET'/></Response>",
        "Record; W12200 1:38",
    ),
    (
        "Dial method",
        b"<Response><Dial method='x'>1</Dial></Response>",
        "Dial; W13210 1:25",
    ),
    (
        "Dial timeout",
        b"<Response><Dial timeout='abc'>1</Dial></Response>",
        "Dial; W13212 1:26",
    ),
    (
        "Dial timeout too long for any number",
        b"<Response><Dial timeout='99999999999999999999999'>1</Dial></Response>",
        "Dial; W13212 1:26",
    ),
    (
        "Dial timeLimit",
        b"<Response><Dial timeLimit='0'>1</Dial></Response>",
        "Dial; W13216 1:28",
    ),
    (
        "Dial callerId",
        b"<Response><Dial callerId=''>1</Dial></Response>",
        "Dial; W13214 1:17",
    ),
    (
        "Dial hangupOnStar",
        b"<Response><Dial hangupOnStar='y'>1</Dial></Response>",
        "Dial; W13213 1:31",
    ),
    (
        "Dial answerOnBridge",
        b"<Response><Dial answerOnBridge='y'>1</Dial></Response>",
        "Dial; W13219 1:33",
    ),
    (
        "Dial record",
        b"<Response><Dial record='always'>1</Dial></Response>",
        "Dial; W13217 1:25",
    ),
    (
        "Number without a number",
        b"<Response><Dial><Number>home</Number><Number>1</Number></Dial></Response>",
        "Dial; W13223 1:25",
    ),
    (
        "Sip without an address",
        b"<Response><Dial><Sip>a b</Sip><Number>1</Number></Dial></Response>",
        "Dial; W13243 1:22",
    ),
    (
        "Sip with a header of the protocol",
        b"<Response><Dial><Sip>a@b?Via=c</Sip></Dial></Response>",
        "Dial; W13252 1:22",
    ),
    (
        "User without an id",
        b"<Response><Dial><User/><Number>1</Number></Dial></Response>",
        "Dial; W13215 1:17",
    ),
    (
        "Redirect method",
        b"<Response><Redirect method='x'>/a</Redirect></Response>",
        "Redirect; W13710 1:29",
    ),
    (
        "Reject reason",
        b"<Response><Reject reason='bussy'/></Response>",
        "Reject; W13810 1:27",
    ),
    (
        "Variable without a key",
        b"<Response><Set><Variable value='1'/></Set></Response>",
        "Set; W12200 1:16",
    ),
];

/// Encodings and byte order marks.
const ENCODINGS: &[Case] = &[
    (
        "UTF-8 with a mark",
        b"\xEF\xBB\xBF<Response><Say foo='1'>a</Say></Response>",
        "Say; W12200 1:16",
    ),
    (
        "mark before the declaration",
        b"\xEF\xBB\xBF<?xml version='1.0'?><Response/>",
        "nothing",
    ),
    (
        "UTF-16 little-endian with a mark",
        b"\xFF\xFE<\0R\0e\0s\0p\0o\0n\0s\0e\0/\0>\0",
        "nothing",
    ),
    (
        "UTF-16 big-endian with a mark",
        b"\xFE\xFF\0<\0R\0e\0s\0p\0o\0n\0s\0e\0/\0>",
        "nothing",
    ),
    (
        "UTF-16 without a mark",
        b"<\0R\0e\0s\0p\0o\0n\0s\0e\0/\0>\0",
        "nothing",
    ),
    (
        "ISO-8859-1 declared",
        b"<?xml version='1.0' encoding='ISO-8859-1'?><Response><Say>caf\xE9</Say></Response>",
        "Say",
    ),
    (
        "lower-case label",
        b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Response/>",
        "nothing",
    ),
    (
        "UTF-16 declared, UTF-8 sent",
        b"<?xml version=\"1.0\" encoding=\"utf-16\"?><Response/>",
        "nothing; W12100 1:31",
    ),
    (
        "unknown encoding",
        b"<?xml version='1.0' encoding='klingon'?><Response/>",
        "refused; E12100 1:31",
    ),
    (
        "not UTF-8",
        b"<Response>\n<Say>caf\xE9</Say></Response>",
        "refused; E12100 2:9",
    ),
    (
        "columns count characters",
        "<Response><Say>äöü</Say><Foo/></Response>".as_bytes(),
        "Say; W12200 1:25",
    ),
];

#[test]
fn each_document_reads_to_its_verbs_and_findings() {
    let tables = [MALFORMED, ODD, VALUES, ENCODINGS];
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for (name, bytes, expected) in tables.into_iter().flatten() {
        assert!(names.insert(*name), "two documents are called {name:?}");
        let got = outcome(bytes, Options::default());
        if got != *expected {
            wrong.push(format!("{name}\n  expected {expected}\n  got      {got}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        names.len(),
        wrong.join("\n")
    );
    assert!(names.len() >= 60);
}
