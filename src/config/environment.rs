//! Settings as environment variables: `PIVOT__ARI__PASSWORD` is `ari.password`.

use config::{Value, ValueKind};

use super::Problem;
use super::keys::{self, Kind};
use super::load::{Tree, join, subtable};

/// What every variable of ours begins with.
const PREFIX: &str = "PIVOT__";

const CLASH: &str = "another variable gives this table a value";

/// The variables as a tree of the same form as the file's.
pub(super) fn read_environment(
    variables: impl IntoIterator<Item = (String, String)>,
    problems: &mut Vec<Problem>,
) -> Tree {
    let mut tree = Tree::new();
    let mut variables: Vec<(String, String)> = variables
        .into_iter()
        .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
        .collect();
    variables.sort();
    for (name, value) in variables {
        if let Err(message) = set_variable(&mut tree, &name, &value) {
            problems.push(Problem::new(name, message));
        }
    }
    tree
}

fn set_variable(tree: &mut Tree, name: &str, value: &str) -> Result<(), String> {
    let words: Vec<String> = name
        .trim_start_matches(PREFIX)
        .split("__")
        .map(str::to_lowercase)
        .collect();
    if words.first().is_some_and(|word| word == "route") {
        return Err("routes can only be written in the file, under `[[route]]`".into());
    }
    let mut table = String::new();
    let mut at = tree;
    for (index, word) in words.iter().enumerate() {
        let last = index + 1 == words.len();
        let key = known_key(&table, word).ok_or_else(|| no_variable(&table, word))?;
        let full = join(&table, &key.0);
        match (key.1, last) {
            (Kind::Table, false) => {
                table = full;
                at = subtable(at, &key.0).ok_or(CLASH)?;
            }
            (Kind::Table | Kind::Tables, _) => {
                return Err(format!("`{full}` is a table; name one of its keys"));
            }
            (Kind::Map | Kind::SecretMap, false) if index + 2 == words.len() => {
                let header = words.last().map(|word| word.replace('_', "-"));
                let text = Value::from(value);
                subtable(at, &key.0)
                    .ok_or(CLASH)?
                    .insert(header.unwrap_or_default(), text);
                return Ok(());
            }
            (kind, true) => {
                at.insert(key.0, read_variable(kind, value)?);
                return Ok(());
            }
            (_, false) => return Err(format!("`{full}` has no keys of its own")),
        }
    }
    Ok(())
}

/// A key as the file writes it, for a word of a variable's name.
fn known_key(table: &str, word: &str) -> Option<(String, Kind)> {
    let keys = keys::keys_of(table)?;
    let plain = keys
        .iter()
        .find(|(name, _)| name.replace('-', "_") == *word);
    if let Some((name, kind)) = plain {
        return Some(((*name).to_owned(), *kind));
    }
    let secret = word.strip_suffix("_file")?;
    let secret = keys.iter().find(|key| **key == (secret, Kind::Secret));
    secret.map(|_| (word.to_owned(), Kind::Path))
}

fn no_variable(table: &str, word: &str) -> String {
    let prefix = join(table, "").replace(['.', '-'], "__").to_uppercase();
    let names = keys::keys_of(table).unwrap_or_default();
    match keys::nearest(word, names.iter().map(|(name, _)| *name)) {
        Some(meant) => {
            let meant = meant.replace('-', "_").to_uppercase();
            format!("is not a setting; did you mean `{PREFIX}{prefix}{meant}`?")
        }
        None => keys::unknown(table, word),
    }
}

fn read_variable(kind: Kind, value: &str) -> Result<Value, String> {
    match kind {
        Kind::List => {
            let items = value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            Ok(Value::from(items.map(Value::from).collect::<Vec<_>>()))
        }
        Kind::Json => {
            let json: serde_json::Value =
                serde_json::from_str(value).map_err(|error| format!("is not JSON: {error}"))?;
            Ok(from_json(json))
        }
        Kind::Map | Kind::SecretMap => {
            Err("holds several values; write one variable for each, as in `…__X_NAME`".into())
        }
        _ => Ok(Value::from(value)),
    }
}

fn from_json(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => ValueKind::Nil,
        Json::Bool(flag) => flag.into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => integer.into(),
            (None, Some(float)) => float.into(),
            (None, None) => ValueKind::Nil,
        },
        Json::String(text) => text.into(),
        Json::Array(items) => ValueKind::Array(items.into_iter().map(from_json).collect()),
        Json::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, from_json(value)));
            ValueKind::Table(fields.collect())
        }
    };
    Value::new(None, kind)
}
