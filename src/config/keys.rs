//! The names of all settings, for what serde cannot say: which key was meant,
//! and how the text of an environment variable is to be read.

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// May also be given as `<key>_file`; its value is never shown.
    Secret,
    Url,
    Path,
    Address,
    Number,
    Flag,
    OneOf(&'static [&'static str]),
    /// Comma-separated in an environment variable.
    List,
    /// Names and texts.
    Map,
    /// The same with secrets.
    SecretMap,
    Json,
    /// A table of its own.
    Table,
    /// Written `[[name]]`.
    Tables,
}

impl Kind {
    /// How to go on after "write".
    pub(super) fn expected(self) -> String {
        match self {
            Self::Text | Self::Secret => "a text in quotes".into(),
            Self::Url => "a URL, as in \"http://127.0.0.1:8088\"".into(),
            Self::Path => "a path in quotes".into(),
            Self::Address => "an address and a port, as in \"127.0.0.1:7800\"".into(),
            Self::Number => "a whole number that is not negative".into(),
            Self::Flag => "true or false".into(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::List => "a list of texts, as in [\"a\", \"b\"]".into(),
            Self::Map | Self::SecretMap => {
                "a table of names and texts, as in { \"X-Name\" = \"value\" }".into()
            }
            Self::Json => "a table or another value that JSON has".into(),
            Self::Table => "a table".into(),
            Self::Tables => "tables, each under a line `[[route]]`".into(),
        }
    }
}

const METHOD: Kind = Kind::OneOf(&["get", "post"]);

type Keys = &'static [(&'static str, Kind)];

/// Every table with its keys; the first holds the tables themselves.
pub(super) const TABLES: &[(&str, Keys)] = &[
    (
        "",
        &[
            ("ari", Kind::Table),
            ("http", Kind::Table),
            ("default", Kind::Table),
            ("route", Kind::Tables),
            ("dial", Kind::Table),
            ("applications", Kind::Map),
            ("account", Kind::Table),
            ("store", Kind::Table),
            ("numbers", Kind::Table),
            ("speech", Kind::Table),
            ("transcribe", Kind::Table),
            ("recordings", Kind::Table),
            ("media", Kind::Table),
            ("flows", Kind::Table),
            ("web", Kind::Table),
            ("sms", Kind::Table),
            ("notify", Kind::Table),
            ("dialplan", Kind::Table),
            ("control", Kind::Table),
            ("limits", Kind::Table),
        ],
    ),
    (
        "ari",
        &[
            ("url", Kind::Url),
            ("username", Kind::Text),
            ("password", Kind::Secret),
            ("app", Kind::Text),
            ("name", Kind::Text),
            ("connections", Kind::Number),
        ],
    ),
    (
        "http",
        &[("listen", Kind::Address), ("public_url", Kind::Url)],
    ),
    ("default", ROUTE),
    ("route", ROUTE),
    (
        "dial",
        &[
            ("number", Kind::Text),
            ("sip", Kind::Text),
            ("sip_endpoint", Kind::Text),
            ("sip_accounts", Kind::Map),
            ("user", Kind::Text),
            ("device", Kind::Text),
            ("client", Kind::Text),
            ("internal", Kind::Text),
            ("timeout_s", Kind::Number),
        ],
    ),
    (
        "account",
        &[
            ("sid", Kind::Text),
            ("auth_token", Kind::Secret),
            ("timezone", Kind::Text),
        ],
    ),
    ("store", &[("url", Kind::Text)]),
    (
        "numbers",
        &[("converters", Kind::Json), ("classifiers", Kind::Json)],
    ),
    (
        "speech",
        &[
            (
                "engine",
                Kind::OneOf(&["espeak-ng", "flite", "piper", "http"]),
            ),
            ("timeout_s", Kind::Number),
            ("espeak-ng", Kind::Table),
            ("flite", Kind::Table),
            ("piper", Kind::Table),
            ("http", Kind::Table),
        ],
    ),
    (
        "speech.espeak-ng",
        &[("command", Kind::Path), ("speed", Kind::Number)],
    ),
    (
        "speech.flite",
        &[("command", Kind::Path), ("voice", Kind::Text)],
    ),
    (
        "speech.piper",
        &[
            ("command", Kind::List),
            ("model", Kind::Path),
            ("workers", Kind::Number),
        ],
    ),
    (
        "speech.http",
        &[
            ("url", Kind::Url),
            ("headers", Kind::SecretMap),
            ("body", Kind::Json),
            ("audio_pointer", Kind::Text),
        ],
    ),
    (
        "transcribe",
        &[
            ("command", Kind::List),
            ("timeout_s", Kind::Number),
            ("at_once", Kind::Number),
        ],
    ),
    ("recordings", &[("dir", Kind::Path), ("auth", Kind::Flag)]),
    (
        "media",
        &[
            ("dir", Kind::Path),
            ("asterisk_dir", Kind::Path),
            ("max_mb", Kind::Number),
        ],
    ),
    ("flows", &[("dir", Kind::Path)]),
    ("web", &[("allow", Kind::List), ("deny", Kind::List)]),
    ("sms", &[("url", Kind::Url)]),
    ("notify", &[("url", Kind::Url)]),
    (
        "dialplan",
        &[
            ("transfer", Kind::Text),
            ("fax", Kind::Text),
            ("fax_detect", Kind::Text),
        ],
    ),
    ("control", &[("socket", Kind::Path)]),
    (
        "limits",
        &[
            ("calls", Kind::Number),
            ("documents", Kind::Number),
            ("branches", Kind::Number),
            ("nodes", Kind::Number),
            ("document_kb", Kind::Number),
            ("drain_s", Kind::Number),
            ("traces", Kind::Number),
        ],
    ),
];

const ROUTE: Keys = &[
    ("numbers", Kind::List),
    ("patterns", Kind::List),
    ("account", Kind::Text),
    ("voice_url", Kind::Url),
    ("callflow", Kind::Path),
    ("method", METHOD),
    ("fallback_url", Kind::Url),
    ("fallback_method", METHOD),
    ("req_format", Kind::OneOf(&["twiml", "kazoo"])),
    ("req_body_format", Kind::OneOf(&["form", "json"])),
    ("req_timeout_ms", Kind::Number),
    ("custom_request_headers", Kind::Map),
    ("cdr_url", Kind::Url),
    ("status_callback", Kind::Url),
    ("status_callback_method", METHOD),
    ("profile", Kind::OneOf(&["pivot", "twilio"])),
    ("verb_method", METHOD),
    ("strict", Kind::Flag),
    ("on_end", Kind::OneOf(&["hangup", "continue"])),
    ("debug", Kind::Flag),
];

pub(super) fn keys_of(table: &str) -> Option<Keys> {
    TABLES
        .iter()
        .find(|(name, _)| *name == table)
        .map(|(_, keys)| *keys)
}

pub(super) fn kind_of(table: &str, key: &str) -> Option<Kind> {
    keys_of(table)?
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, kind)| *kind)
}

/// The word of `known` that a misspelt one most likely stands for.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let word = plain(word);
    known
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&word, &plain(candidate));
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to say of a key that this table does not have.
pub(super) fn unknown(table: &str, key: &str) -> String {
    let place = if table.is_empty() {
        "is not a table of the configuration".to_owned()
    } else {
        format!("is not a key of `{}`", header(table))
    };
    let own = keys_of(table).unwrap_or_default();
    let secrets = own.iter().filter(|(_, kind)| *kind == Kind::Secret);
    let files: Vec<String> = secrets.map(|(name, _)| format!("{name}_file")).collect();
    let names = own.iter().map(|(name, _)| *name);
    if let Some(meant) = nearest(key, names.clone().chain(files.iter().map(String::as_str))) {
        return format!("{place}; did you mean `{meant}`?");
    }
    let elsewhere: Vec<String> = TABLES
        .iter()
        .filter(|(_, keys)| keys.iter().any(|(name, _)| *name == key))
        .map(|(name, _)| format!("`{}`", header(name)))
        .collect();
    if elsewhere.is_empty() {
        let names: Vec<&str> = names.collect();
        format!("{place}, which has {}", names.join(", "))
    } else {
        format!("{place}; it is a key of {}", elsewhere.join(" and "))
    }
}

/// A table as it is written in the file.
pub(super) fn header(table: &str) -> String {
    match table {
        "" => "the top of the file".into(),
        "route" => "[[route]]".into(),
        _ => format!("[{table}]"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::value::Error;
    use serde::de::{Deserializer, Visitor};

    use super::super as settings;
    use super::*;

    /// Learns the fields of a struct from its own deserialization.
    struct Fields<'a>(&'a mut Vec<String>);

    impl<'de> Deserializer<'de> for Fields<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(serde::de::Error::custom("only structs are asked for"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            self.0.extend(fields.iter().map(ToString::to_string));
            Err(serde::de::Error::custom("the fields are known now"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn same<'de, T: Deserialize<'de>>(table: &str) {
        let mut fields = Vec::new();
        let _ = T::deserialize(Fields(&mut fields));
        let names: Vec<&str> = keys_of(table)
            .unwrap()
            .iter()
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(names, fields, "[{table}]");
    }

    #[test]
    fn the_names_here_are_those_of_the_structs() {
        same::<settings::Config>("");
        same::<settings::Ari>("ari");
        same::<settings::Http>("http");
        same::<settings::Route>("default");
        same::<settings::Dial>("dial");
        same::<settings::Account>("account");
        same::<settings::Store>("store");
        same::<settings::Numbers>("numbers");
        same::<settings::Speech>("speech");
        same::<settings::EspeakNg>("speech.espeak-ng");
        same::<settings::Flite>("speech.flite");
        same::<settings::Piper>("speech.piper");
        same::<settings::SpeechHttp>("speech.http");
        same::<settings::Transcribe>("transcribe");
        same::<settings::Recordings>("recordings");
        same::<settings::Media>("media");
        same::<settings::Flows>("flows");
        same::<settings::Web>("web");
        same::<settings::Sms>("sms");
        same::<settings::Notify>("notify");
        same::<settings::Dialplan>("dialplan");
        same::<settings::Control>("control");
        same::<settings::Limits>("limits");
        assert_eq!(TABLES.len(), 24, "23 structs, one of them for two tables");
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = || ["password", "username", "url"].into_iter();
        assert_eq!(nearest("pasword", known()), Some("password"));
        assert_eq!(nearest("USERNAME", known()), Some("username"));
        assert_eq!(nearest("uri", known()), Some("url"));
        assert_eq!(nearest("connections", known()), None);
    }
}
