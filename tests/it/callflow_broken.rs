//! Callflow documents that do not run.

/// Documents that do not run, with all that is said about them.
pub(crate) const BROKEN: &[(&str, &[u8], &[&str])] = &[
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
        "wrong in a rule that stands in the flow",
        br#"{"module": "temporal_route", "data": {"rules": ["a", {"name": "b", "cycle": "hourly"}, {"cycle": "daily", "wday": []}, true]}}"#,
        &[
            "1:77 /data/rules/1/cycle error `cycle` must be `date`, `daily`, `weekly`, `monthly` or `yearly`, found `hourly`",
            "1:107 /data/rules/2/wday warning module `temporal_route` has no field `wday` here (did you mean `wdays`?)",
            "1:88 /data/rules/2 error `name` is missing; module `temporal_route` needs it",
            "1:120 /data/rules/3 error `rules[3]` must be the id of a rule, or a rule, found true",
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
