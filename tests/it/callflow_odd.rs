//! Callflow documents that run, although something about them is odd.

/// Documents that run, with what is said about them.
pub(crate) const ODD: &[(&str, &[u8], &[&str])] = &[
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
        br#"{"module": "teleport", "data": {"duration": 3}, "children": {"_": {"module": "hangup"}}}"#,
        &["1:12 /module warning there is no module `teleport`; its node is skipped to child `_`"],
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
        br#"{"module": "resources", "data": {"from_uri_realm": "x"}}"#,
        &["1:34 /data/from_uri_realm warning `from_uri_realm` of module `resources` has no effect in pivot"],
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
