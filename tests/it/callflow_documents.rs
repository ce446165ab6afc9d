//! What the reader says about documents that are wrong, or nearly right.

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

/// Documents that do not run, with all that is said about them.
const BROKEN: &[(&str, &[u8], &[&str])] = &[
    (
        "empty",
        b"",
        &[r#"1:1 error the document is empty (a flow is an object such as {"module": "tts", "data": {"text": "Hello"}})"#],
    ),
    (
        "only spaces",
        b" \n\t \n",
        &[r#"3:1 error the document is empty (a flow is an object such as {"module": "tts", "data": {"text": "Hello"}})"#],
    ),
    (
        "only a byte order mark",
        b"\xef\xbb\xbf",
        &[
            "1:1 warning the document begins with a byte order mark",
            r#"1:2 error the document is empty (a flow is an object such as {"module": "tts", "data": {"text": "Hello"}})"#,
        ],
    ),
    (
        "plain text",
        b"Hello",
        &["1:1 error expected a value, found `Hello` (put text in double quotes)"],
    ),
    (
        "xml",
        b"<Response/>",
        &["1:1 error expected a value, found `<` (this looks like XML; TwiML is sent as text/xml)"],
    ),
    (
        "a list",
        br#"[{"module": "tts"}]"#,
        &[r#"1:1 error a flow is one object, found a list (write {"module": …, "data": {…}, "children": {"_": …}})"#],
    ),
    (
        "a string",
        br#""tts""#,
        &[r#"1:1 error a flow is one object, found a string (write {"module": …, "data": {…}, "children": {"_": …}})"#],
    ),
    (
        "a number",
        b"42",
        &[r#"1:1 error a flow is one object, found a number (write {"module": …, "data": {…}, "children": {"_": …}})"#],
    ),
    (
        "null",
        b"null",
        &[r#"1:1 error a flow is one object, found null (write {"module": …, "data": {…}, "children": {"_": …}})"#],
    ),
    (
        "an empty object",
        b"{}",
        &[r#"1:1 error this node has no `module` (write "module": "…" with the name of what it shall do)"#],
    ),
    (
        "truncated after a brace",
        b"{",
        &["1:1 error the document ends before this object is closed (the document was cut short, or a closing bracket or quote is missing)"],
    ),
    (
        "truncated in a key",
        br#"{"module": "tts", "da"#,
        &["1:19 error the document ends before this string is closed (the document was cut short, or a closing bracket or quote is missing)"],
    ),
    (
        "truncated after a colon",
        br#"{"module":"#,
        &["1:1 error the document ends before this object is closed (the document was cut short, or a closing bracket or quote is missing)"],
    ),
    (
        "truncated in a nested object",
        b"{\"module\": \"tts\",\n \"data\": {\"text\": \"Hello\"}",
        &["1:1 error the document ends before this object is closed (the document was cut short, or a closing bracket or quote is missing)"],
    ),
    (
        "truncated in a list",
        br#"{"module": "tts", "data": {"text": "Hello", "terminators": ["1", "#,
        &["1:60 error the document ends before this list is closed (the document was cut short, or a closing bracket or quote is missing)"],
    ),
    (
        "truncated in an escape",
        b"{\"module\": \"tts\\",
        &["1:16 error the document ends before this escape is closed (the document was cut short, or a closing bracket or quote is missing)"],
    ),
    (
        "single quotes",
        b"{'module': 'tts'}",
        &["1:2 error expected a key in double quotes, or `}`, found `'` (JSON strings take double quotes)"],
    ),
    (
        "key without quotes",
        br#"{module: "tts"}"#,
        &["1:2 error expected a key in double quotes, or `}`, found `m`"],
    ),
    (
        "value without quotes",
        br#"{"module": tts}"#,
        &["1:12 error expected a value, found `tts` (put text in double quotes)"],
    ),
    (
        "python words",
        br#"{"module": "tts", "data": None}"#,
        &["1:27 error expected a value, found `None` (put text in double quotes)"],
    ),
    (
        "missing comma",
        b"{\"module\": \"tts\"\n \"data\": {}}",
        &[r#"2:2 error expected `,` or `}`, found `"`"#],
    ),
    (
        "missing colon",
        br#"{"module" "tts"}"#,
        &[r#"1:11 error expected `:` after the key, found `"`"#],
    ),
    (
        "two commas",
        br#"{"module": "hangup",, "data": {}}"#,
        &["1:21 error expected a key in double quotes, or `}`, found `,`"],
    ),
    (
        "comma alone",
        b"{,}",
        &["1:2 error expected a key in double quotes, or `}`, found `,`"],
    ),
    (
        "text after the document",
        b"{\"module\": \"hangup\"}\n{\"module\": \"hangup\"}",
        &["2:1 error expected the end of the document, found `{`"],
    ),
    (
        "a comment",
        b"// flow\n{\"module\": \"hangup\"}",
        &["1:1 error expected a value, found `/`"],
    ),
    (
        "line break in a string",
        b"{\"module\": \"tts\", \"data\": {\"text\": \"Hello\nthere\"}}",
        &["1:42 error a line break inside a string (write a line break as \\n and a tab as \\t, and check the closing quote)"],
    ),
    (
        "unknown escape",
        b"{\"module\": \"tts\", \"data\": {\"text\": \"50\\% off\"}}",
        &["1:39 error unknown escape `\\%` (a backslash itself is written \\\\)"],
    ),
    (
        "short unicode escape",
        b"{\"module\": \"tts\", \"data\": {\"text\": \"\\u12\"}}",
        &["1:37 error `\\u` needs four hexadecimal digits"],
    ),
    (
        "half a surrogate pair",
        b"{\"module\": \"tts\", \"data\": {\"text\": \"\\ud83d!\"}}",
        &["1:37 error half of a surrogate pair, which is no character"],
    ),
    (
        "leading zero",
        br#"{"module": "resources", "data": {"to_did": 0049301234}}"#,
        &["1:44 error `0049301234` is not a number (numbers have no leading zeros; put telephone numbers in double quotes)"],
    ),
    (
        "plus in front of a number",
        br#"{"module": "resources", "data": {"to_did": +4930}}"#,
        &["1:44 error expected a value, found `+`"],
    ),
    (
        "hexadecimal",
        br#"{"module": "sleep", "data": {"duration": 0x10}}"#,
        &["1:42 error `0x10` is not a number"],
    ),
    (
        "not a number",
        br#"{"module": "sleep", "data": {"duration": NaN}}"#,
        &["1:42 error expected a value, found `NaN` (put text in double quotes)"],
    ),
    (
        "wrong bracket",
        br#"{"module": "tts", "data": {"text": "a"]}"#,
        &["1:39 error expected `,` or `}`, found `]`"],
    ),
    (
        "no module",
        br#"{"data": {"text": "Hello"}}"#,
        &[r#"1:1 error this node has no `module` (write "module": "…" with the name of what it shall do)"#],
    ),
    (
        "module in the wrong case of key",
        br#"{"Module": "tts", "data": {"text": "Hello"}}"#,
        &[
            "1:2 /Module warning a node has no field `Module` (did you mean `module`?)",
            r#"1:1 error this node has no `module` (write "module": "…" with the name of what it shall do)"#,
        ],
    ),
    (
        "module is a number",
        br#"{"module": 5}"#,
        &["1:12 /module error `module` must be a string, found a number"],
    ),
    (
        "module is empty",
        br#"{"module": ""}"#,
        &["1:12 /module error the name of a module has 1 to 64 characters"],
    ),
    (
        "data is text",
        br#"{"module": "tts", "data": "Hello"}"#,
        &[r#"1:27 /data error `data` must be an object, found "Hello""#],
    ),
    (
        "data is a list",
        br#"{"module": "tts", "data": ["Hello"]}"#,
        &["1:27 /data error `data` must be an object, found a list"],
    ),
    (
        "required field missing",
        b"{\"module\": \"tts\",\n \"data\": {\"voice\": \"female\"}}",
        &["2:10 /data error `text` is missing; module `tts` needs it"],
    ),
    (
        "required field missing with its data",
        br#"{"module": "pivot"}"#,
        &["1:1 /data error `voice_url` is missing; module `pivot` needs it"],
    ),
    (
        "required field null",
        br#"{"module": "tts", "data": {"text": null}}"#,
        &["1:27 /data error `text` is missing; module `tts` needs it"],
    ),
    (
        "wrong type",
        br#"{"module": "collect_dtmf", "data": {"max_digits": "four", "timeout": [1]}}"#,
        &[
            r#"1:51 /data/max_digits error `max_digits` must be a whole number, found "four""#,
            "1:70 /data/timeout error `timeout` must be a whole number, found a list",
        ],
    ),
    (
        "wrong type of a boolean",
        br#"{"module": "play", "data": {"id": "a", "answer": "maybe"}}"#,
        &[r#"1:50 /data/answer error `answer` must be true or false, found "maybe""#],
    ),
    (
        "a fraction",
        br#"{"module": "sleep", "data": {"duration": 1.5}}"#,
        &["1:42 /data/duration error `duration` must be a whole number, found 1.5"],
    ),
    (
        "not a key",
        br#"{"module": "play", "data": {"id": "a", "terminators": ["1", "12", "x"]}}"#,
        &[
            r#"1:61 /data/terminators/1 error `terminators[1]` must be one key: 0-9, *, # or A-D, found "12""#,
            r#"1:67 /data/terminators/2 error `terminators[2]` must be one key: 0-9, *, # or A-D, found "x""#,
        ],
    ),
    (
        "word that is not offered",
        br#"{"module": "record_call", "data": {"action": "begin"}}"#,
        &["1:46 /data/action error `action` must be `start` or `stop`, found `begin`"],
    ),
    (
        "no URL",
        br#"{"module": "pivot", "data": {"voice_url": "app.example.com/start"}}"#,
        &[r#"1:43 /data/voice_url error `voice_url` must be an absolute http or https URL, found "app.example.com/start""#],
    ),
    (
        "file URL",
        br#"{"module": "pivot", "data": {"voice_url": "file:///etc/passwd"}}"#,
        &[r#"1:43 /data/voice_url error `voice_url` must be an absolute http or https URL, found "file:///etc/passwd""#],
    ),
    (
        "path in an id",
        br#"{"module": "callflow", "data": {"id": "../../etc/passwd"}}"#,
        &[r#"1:39 /data/id error `id` must be a name of letters, digits, `-` and `_`, found "../../etc/passwd""#],
    ),
    (
        "too few entries",
        br#"{"module": "audio_macro", "data": {"macros": []}}"#,
        &["1:46 /data/macros error `macros` needs at least 1 entry"],
    ),
    (
        "wrong in a nested list",
        br#"{"module": "audio_macro", "data": {"macros": [{"macro": "tts", "text": "a"}, {"macro": "song"}, {"text": "b"}]}}"#,
        &[
            "1:88 /data/macros/1/macro error `macro` must be `play`, `prompt`, `say`, `tts` or `tone`, found `song`",
            "1:97 /data/macros/2 error `macro` is missing; module `audio_macro` needs it",
        ],
    ),
    (
        "wrong in a nested object",
        br#"{"module": "menu", "data": {"media": {"greeting": 5, "exit_media": []}}}"#,
        &[
            "1:51 /data/media/greeting warning `greeting` is the number 5, taken as a string",
            "1:68 /data/media/exit_media error `exit_media` must be true, false or the name of a sound, found a list",
        ],
    ),
    (
        "language",
        br#"{"module": "language", "data": {"language": "english"}}"#,
        &[r#"1:45 /data/language error `language` must be a language such as `fr` or `en-US`, found "english""#],
    ),
    (
        "children are a node",
        br#"{"module": "tts", "data": {"text": "a"}, "children": [{"module": "hangup"}]}"#,
        &[r#"1:54 /children error `children` must be an object, found a list (children are nodes by key, as in {"_": {"module": …}})"#],
    ),
    (
        "child is text",
        br#"{"module": "tts", "data": {"text": "a"}, "children": {"_": "hangup"}}"#,
        &["1:60 /children/_ error a node must be an object, found a string"],
    ),
    (
        "error in a grandchild",
        b"{\"module\": \"menu\", \"children\": {\n  \"1\": {\"module\": \"answer\", \"children\": {\n    \"_\": {\"module\": \"tts\", \"data\": {}}}}}}",
        &["3:36 /children/1/children/_/data error `text` is missing; module `tts` needs it"],
    ),
    (
        "error in a key with a slash",
        br#"{"module": "menu", "children": {"a/b~c": {"module": "tts"}}}"#,
        &["1:42 /children/a~1b~0c/data error `text` is missing; module `tts` needs it"],
    ),
    (
        "everything at once",
        br#"{"module": "tts", "data": {"voice": []}, "children": {"_": {"module": "pivot", "data": {"voice_url": "x", "method": "put"}}}}"#,
        &[
            "1:37 /data/voice error `voice` must be a string, found a list",
            "1:27 /data error `text` is missing; module `tts` needs it",
            r#"1:102 /children/_/data/voice_url error `voice_url` must be an absolute http or https URL, found "x""#,
            "1:117 /children/_/data/method error `method` must be `get` or `post`, found `put`",
        ],
    ),
    (
        "whole document without a flow node",
        br#"{"flow": []}"#,
        &[
            "1:1 /flow warning this is a whole callflow document; its `flow` is taken",
            "1:10 /flow warning a list where a node is expected ends the flow",
            r#"1:10 /flow error this node has no `module` (write "module": "…" with the name of what it shall do)"#,
        ],
    ),
    (
        "whole document with an empty flow",
        br#"{"numbers": ["2030"], "flow": {}}"#,
        &[
            "1:1 /flow warning this is a whole callflow document; its `flow` is taken",
            r#"1:31 /flow error this node has no `module` (write "module": "…" with the name of what it shall do)"#,
        ],
    ),
    (
        "byte order mark of UTF-16",
        b"\xff\xfe{\0",
        &["1:1 error the document is not UTF-8 (JSON is always UTF-8; save or send the document in that encoding)"],
    ),
    (
        "not UTF-8",
        b"{\"module\": \"tts\", \"data\": {\"text\": \"caf\xe9\"}}",
        &["1:40 error the document is not UTF-8 (JSON is always UTF-8; save or send the document in that encoding)"],
    ),
];

/// Documents that run, with what is said about them.
const ODD: &[(&str, &[u8], &[&str])] = &[
    (
        "child is null",
        br#"{"module": "tts", "data": {"text": "a"}, "children": {"_": null}}"#,
        &["1:60 /children/_ warning null where a node is expected ends the flow"],
    ),
    (
        "child is an empty list",
        br#"{"module": "tts", "data": {"text": "a"}, "children": {"_": []}}"#,
        &["1:60 /children/_ warning a list where a node is expected ends the flow"],
    ),
    (
        "trailing comma in an object",
        br#"{"module": "hangup",}"#,
        &["1:20 warning a comma stands before `}`; strict JSON readers refuse that"],
    ),
    (
        "trailing commas of the seed",
        b"{\"module\": \"record_call\", \"data\": {\"action\": \"start\"},\n\"children\": {\"_\": {\"module\": \"hangup\", \"data\": {\n\"skip_module\": false\n},\n}\n}\n}",
        &["4:2 warning a comma stands before `}`; strict JSON readers refuse that"],
    ),
    (
        "trailing comma in a list",
        br#"{"module": "play", "data": {"id": "a", "terminators": ["1",]}}"#,
        &["1:59 warning a comma stands before `]`; strict JSON readers refuse that"],
    ),
    (
        "byte order mark",
        b"\xef\xbb\xbf{\"module\": \"hangup\"}",
        &["1:1 warning the document begins with a byte order mark"],
    ),
    (
        "key given twice",
        br#"{"module": "tts", "data": {"text": "a", "text": "b"}}"#,
        &["1:41 warning `text` is given twice in this object; the last one counts"],
    ),
    (
        "whole callflow document",
        br#"{"numbers": ["2030"], "flow": {"module": "hangup"}}"#,
        &["1:1 /flow warning this is a whole callflow document; its `flow` is taken"],
    ),
    (
        "numbers in strings",
        br#"{"module": "response", "data": {"code": "486"}}"#,
        &[r#"1:41 /data/code warning `code` is the string "486", taken as a number"#],
    ),
    (
        "booleans in strings",
        br#"{"module": "play", "data": {"id": "a", "answer": "false"}}"#,
        &[r#"1:50 /data/answer warning `answer` is "false", taken as false"#],
    ),
    (
        "strings as numbers",
        br#"{"module": "resources", "data": {"to_did": 2030}}"#,
        &["1:44 /data/to_did warning `to_did` is the number 2030, taken as a string"],
    ),
    (
        "out of range",
        br#"{"module": "collect_dtmf", "data": {"max_digits": 0}}"#,
        &["1:51 /data/max_digits warning `max_digits` is 0, taken as 1"],
    ),
    (
        "out of range, in a string",
        br#"{"module": "record_call", "data": {"time_limit": "99999"}}"#,
        &["1:50 /data/time_limit warning `time_limit` is 99999, taken as 10800"],
    ),
    (
        "negative",
        br#"{"module": "sleep", "data": {"duration": -5}}"#,
        &["1:42 /data/duration warning `duration` is -5, taken as 0"],
    ),
    (
        "beyond every number",
        br#"{"module": "sleep", "data": {"duration": 1e300}}"#,
        &["1:42 /data/duration warning `duration` is 9223372036854775807, taken as 86400000"],
    ),
    (
        "PHP's empty arrays",
        br#"{"module": "hangup", "data": [], "children": []}"#,
        &[
            "1:30 /data warning `data` is an empty list, taken as an empty object",
            "1:46 /children warning `children` is an empty list, taken as an empty object",
        ],
    ),
    (
        "unknown module",
        br#"{"module": "fax_detekt", "data": {"duration": 3}, "children": {"_": {"module": "hangup"}}}"#,
        &["1:12 /module warning there is no module `fax_detekt`; its node is skipped to child `_`"],
    ),
    (
        "misspelt module",
        br#"{"module": "recordcall"}"#,
        &["1:12 /module warning there is no module `recordcall`; its node is skipped to child `_` (did you mean `record_call`?)"],
    ),
    (
        "module in capitals",
        br#"{"module": "TTS", "data": {"text": "a"}}"#,
        &["1:12 /module warning there is no module `TTS`; its node is skipped to child `_` (did you mean `tts`?)"],
    ),
    (
        "unknown field",
        br#"{"module": "tts", "data": {"text": "a", "txet": "b", "colour": "red"}}"#,
        &[
            "1:41 /data/txet warning module `tts` has no field `txet` here (did you mean `text`?)",
            "1:54 /data/colour warning module `tts` has no field `colour` here",
        ],
    ),
    (
        "field of Kazoo without effect",
        br#"{"module": "resources", "data": {"ringback": "x"}}"#,
        &["1:34 /data/ringback warning `ringback` of module `resources` has no effect in pivot"],
    ),
    (
        "setting beside data",
        br#"{"module": "tts", "text": "Hello", "data": {"text": "a"}}"#,
        &["1:19 /text warning a node has no field `text` (settings of the module belong in `data`)"],
    ),
    (
        "misspelt children",
        br#"{"module": "tts", "data": {"text": "a"}, "childern": {"_": {"module": "hangup"}}}"#,
        &["1:42 /childern warning a node has no field `childern` (did you mean `children`?)"],
    ),
];

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
    let chain = |nodes: usize| {
        let open = r#"{"module":"noop","children":{"_":"#.repeat(nodes);
        format!("{open}{{}}{}", "}}".repeat(nodes))
    };
    assert_eq!(good(&chain(127)).count(), 127);
    assert_eq!(
        findings(chain(5000).as_bytes(), false),
        ["1:4225 error nested deeper than 256 levels"]
    );
    assert_eq!(
        findings("[".repeat(100_000).as_bytes(), false),
        ["1:257 error nested deeper than 256 levels"]
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
