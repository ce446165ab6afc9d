//! The rules of ARCHITECTURE.md that a grep can check.

use std::fs;
use std::path::{Path, PathBuf};

/// What each folder may import. Words that every layer may use are not listed.
const LAYERS: &[(&str, &[&str])] = &[
    ("ari", &["config"]),
    (
        "call",
        &[
            "ari",
            "callbacks",
            "config",
            "media",
            "objects",
            "recordings",
            "speech",
            "store",
            "web",
        ],
    ),
    ("twiml", &["call", "config", "speech"]),
    (
        "callflow",
        &["call", "config", "objects", "patterns", "schedule"],
    ),
    ("import", &["callflow", "objects", "patterns", "store"]),
    ("objects", &["schedule"]),
    ("schedule", &[]),
    ("store", &["config", "objects", "patterns"]),
    (
        "flow",
        &[
            "ari", "call", "callflow", "config", "media", "objects", "patterns", "store", "twiml",
            "web",
        ],
    ),
    ("web", &["config"]),
    ("media", &["call", "config", "web"]),
    ("speech", &["call", "config", "media", "web"]),
    ("recordings", &["call", "config", "media", "web"]),
    (
        "api",
        &[
            "call",
            "callflow",
            "config",
            "media",
            "objects",
            "patterns",
            "recordings",
            "store",
            "web",
        ],
    ),
    ("simulate", &[]),
    ("config", &["patterns", "schedule"]),
];

const WORDS: &[&str] = &["clock", "id", "news", "program", "report", "trace"];

/// Each crate that only one place may name.
const OWNERS: &[(&str, &[&str])] = &[
    // The fake fetches what Asterisk would fetch.
    (
        "reqwest::",
        &["src/ari/client.rs", "src/web", "src/simulate"],
    ),
    ("tokio_tungstenite", &["src/ari/socket.rs", "src/simulate"]),
    (
        "quick_xml",
        &["src/twiml/element/parse.rs", "src/speech/ssml.rs"],
    ),
    ("axum::", &["src/api", "src/simulate"]),
    ("rusqlite", &["src/store/sqlite.rs"]),
    ("postgres::", &["src/store/mod.rs", "src/store/postgres"]),
    ("symphonia", &["src/media/decode.rs", "src/media/decode"]),
    ("mp3lame", &["src/recordings/mp3.rs"]),
];

#[test]
fn folders_import_only_what_the_map_allows() {
    let mut wrong = Vec::new();
    for (layer, allowed) in LAYERS {
        for file in sources(&root().join("src").join(layer)) {
            for import in imports(&fs::read_to_string(&file).unwrap()) {
                let fine = import == *layer
                    || allowed.contains(&import.as_str())
                    || WORDS.contains(&import.as_str());
                if !fine {
                    wrong.push(format!("{} imports {import}", shown(&file)));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not in LAYERS, nor in ARCHITECTURE.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn crates_with_an_owner_are_named_nowhere_else() {
    let mut wrong = Vec::new();
    for file in sources(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let name = shown(&file);
        if name.ends_with("tests.rs") {
            continue;
        }
        for (word, owners) in OWNERS {
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            if code.clone().any(|line| line.contains(word))
                && !owners.iter().any(|owner| name.starts_with(owner))
            {
                wrong.push(format!("{name} names {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn verbs_and_modules_send_no_requests_themselves() {
    let mut wrong = Vec::new();
    for folder in ["src/twiml", "src/callflow"] {
        for file in sources(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for word in ["ari::", "web::", "services().ari"] {
                if text.contains(word) {
                    wrong.push(format!("{} has {word}", shown(&file)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The first part of each `crate::…` path.
fn imports(text: &str) -> Vec<String> {
    let parts = text.split("crate::").skip(1);
    let name = |part: &str| {
        part.chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '_')
            .collect::<String>()
    };
    let mut names: Vec<String> = parts.map(name).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}
