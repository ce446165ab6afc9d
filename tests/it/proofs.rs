//! What the comment above each test says that it proves:
//! `// Proves Dial.timeLimit, ring_group.repeats.`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The tests that prove something, by what they prove.
pub(crate) type Proofs = BTreeMap<String, BTreeSet<String>>;

/// What a proof is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// `Verb.attribute`
    TwiMl,
    /// `module.field`, or that of a stored thing
    Callflow,
}

pub(crate) fn proofs(about: About) -> Proofs {
    let folder = root().join("tests/it");
    let mut proofs = Proofs::new();
    for file in sources(&folder) {
        let mut comment = String::new();
        for line in fs::read_to_string(&file).unwrap().lines() {
            if let Some(text) = line.trim().strip_prefix("// ") {
                comment += text;
                comment.push(' ');
                continue;
            }
            // Between the comment and the function stand its attributes.
            if line.starts_with("#[") || line.starts_with("///") {
                continue;
            }
            let line = line.trim_start_matches("async ").trim_start_matches("fn ");
            let test = line.split_once('(').map(|(name, _)| name);
            if let Some(test) = test.filter(|name| is_name(name)) {
                let test = format!("{}::{test}", module(&folder, &file));
                for name in claimed(&comment).filter(|name| is_about(name) == about) {
                    proofs
                        .entry(name.to_owned())
                        .or_default()
                        .insert(test.clone());
                }
            }
            comment.clear();
        }
    }
    proofs
}

/// The names in a comment, which may say so more than once.
fn claimed(comment: &str) -> impl Iterator<Item = &str> {
    comment
        .split("Proves ")
        .skip(1)
        .flat_map(|names| names.split([',', ' ']))
        .map(|name| name.trim_end_matches('.'))
        .filter(|name| name.contains('.'))
}

fn is_about(name: &str) -> About {
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        About::TwiMl
    } else {
        About::Callflow
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// `twiml_calls::dial` for `twiml_calls/dial.rs`.
fn module(folder: &Path, file: &Path) -> String {
    let path = file.strip_prefix(folder).unwrap().with_extension("");
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let parts = parts.strip_suffix(&["mod"]).unwrap_or(&parts);
    parts.join("::")
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
    files.sort();
    files
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
