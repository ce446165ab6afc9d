//! Form encoding, as Kazoo writes it and every web framework reads it.

use std::fmt::Write;

use serde_json::Value;

/// Encodes parameters for a query or a form body.
///
/// Of a value's bytes `A-Z a-z 0-9 . - ~ _` are kept, a space becomes `+`, and
/// all others `%XX`. In names the brackets of nested parameters are kept too.
pub fn encode(params: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in params {
        if !out.is_empty() {
            out.push('&');
        }
        escape(&mut out, name, b"[]");
        out.push('=');
        escape(&mut out, value, b"");
    }
    out
}

/// Appends parameters to the query of a URL, before its fragment.
pub fn append(url: &str, params: &[(String, String)]) -> String {
    let query = encode(params);
    if query.is_empty() {
        return url.to_owned();
    }
    let (base, fragment) = match url.find('#') {
        Some(at) => url.split_at(at),
        None => (url, ""),
    };
    let separator = match base.split_once('?') {
        None => "?",
        Some((_, existing)) if existing.is_empty() || existing.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{base}{separator}{query}{fragment}")
}

/// Turns a JSON object into form parameters: `Digits[name]` for nested objects,
/// `User-ID[]` for arrays. Empty objects, empty arrays and nulls give nothing.
pub fn flatten(object: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if let Value::Object(fields) = object {
        for (name, value) in fields {
            flatten_into(&mut out, name.clone(), value);
        }
    }
    out
}

fn flatten_into(out: &mut Vec<(String, String)>, name: String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => out.push((name, flag.to_string())),
        Value::Number(number) => out.push((name, number.to_string())),
        Value::String(text) => out.push((name, text.clone())),
        Value::Array(items) => {
            for item in items {
                flatten_into(out, format!("{name}[]"), item);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten_into(out, format!("{name}[{key}]"), value);
            }
        }
    }
}

fn escape(out: &mut String, text: &str, also_kept: &[u8]) {
    for &byte in text.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'~' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ if also_kept.contains(&byte) => out.push(char::from(byte)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(n, v)| (n.to_string(), v.to_string()))
            .collect()
    }

    #[test]
    fn values_are_encoded_as_kazoo_does() {
        let params = pairs(&[
            ("Caller-ID-Name", "JOHN DOE"),
            ("Call-ID", "829597750@10.26.0.158"),
            ("Kept", "A-z.0~_9"),
            ("Text", "é*'()!&=+%#/?\n"),
            ("Empty", ""),
        ]);
        assert_eq!(
            encode(&params),
            "Caller-ID-Name=JOHN+DOE&Call-ID=829597750%4010.26.0.158&Kept=A-z.0~_9\
             &Text=%C3%A9%2A%27%28%29%21%26%3D%2B%25%23%2F%3F%0A&Empty="
        );
    }

    #[test]
    fn names_keep_their_brackets_and_nothing_that_breaks_the_query() {
        let params = pairs(&[("Digits[my_dtmf]", "12#"), ("a&b=c d", "1")]);
        assert_eq!(encode(&params), "Digits[my_dtmf]=12%23&a%26b%3Dc+d=1");
    }

    #[test]
    fn parameters_go_between_query_and_fragment() {
        let a = pairs(&[("A", "1")]);
        assert_eq!(append("http://h/a", &a), "http://h/a?A=1");
        assert_eq!(append("http://h/a?x=1#f", &a), "http://h/a?x=1&A=1#f");
        assert_eq!(append("http://h/a#rc=2?", &a), "http://h/a?A=1#rc=2?");
        assert_eq!(append("http://h/a?", &a), "http://h/a?A=1");
        assert_eq!(append("http://h/a?x=1&", &a), "http://h/a?x=1&A=1");
        assert_eq!(append("http://h/a?x=1#f", &[]), "http://h/a?x=1#f");
    }

    proptest::proptest! {
        #[test]
        fn what_is_encoded_is_read_back(
            params in proptest::collection::vec((r"[A-Za-z][A-Za-z0-9_\[\]-]{0,9}", ".*"), 0..5)
        ) {
            let encoded = encode(&params);
            proptest::prop_assert!(encoded.is_ascii());
            let read: Vec<(String, String)> = url::form_urlencoded::parse(encoded.as_bytes())
                .into_owned()
                .collect();
            proptest::prop_assert_eq!(read, params);
        }

        #[test]
        fn appending_keeps_the_url(url in "http://h/[a-z?&=#]{0,12}") {
            let extended = append(&url, &pairs(&[("A", "1 2")]));
            let read = url::Url::parse(&extended).unwrap();
            proptest::prop_assert!(read.query_pairs().any(|(n, v)| n == "A" && v == "1 2"));
            let fragment = url::Url::parse(&url).unwrap().fragment().map(str::to_owned);
            proptest::prop_assert_eq!(read.fragment().map(str::to_owned), fragment);
        }
    }

    #[test]
    fn json_becomes_bracketed_parameters() {
        let value = json!({
            "Call-ID": "c1",
            "Digits": {"default": "12", "deep": {"er": "3"}},
            "User-ID": ["u1", "u2"],
            "Flag": true,
            "Count": 7,
            "Custom-SIP-Headers": {},
            "Empty": [],
            "Nothing": null,
            "Objects": [{"a": 1}],
        });
        assert_eq!(
            flatten(&value),
            pairs(&[
                ("Call-ID", "c1"),
                ("Digits[default]", "12"),
                ("Digits[deep][er]", "3"),
                ("User-ID[]", "u1"),
                ("User-ID[]", "u2"),
                ("Flag", "true"),
                ("Count", "7"),
                ("Objects[][a]", "1"),
            ])
        );
    }
}
