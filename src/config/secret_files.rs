//! Secrets in files of their own: `ari.password_file` instead of `ari.password`.

use config::{Value, ValueKind};

use super::Problem;
use super::keys::{self, Kind};
use super::load::{Tree, join};

/// Puts the contents of `<key>_file` where `<key>` belongs.
pub(super) fn read_secrets(tree: &mut Tree, problems: &mut Vec<Problem>) {
    for (table, names) in keys::TABLES {
        let secrets = names.iter().filter(|(_, kind)| *kind == Kind::Secret);
        let Some(ValueKind::Table(inner)) = tree.get_mut(*table).map(|value| &mut value.kind)
        else {
            continue;
        };
        for (name, _) in secrets {
            let key = format!("{name}_file");
            let Some(file) = inner.remove(&key) else {
                continue;
            };
            let outcome = if inner.contains_key(*name) {
                Err(format!("`{name}` is set too; keep one of the two"))
            } else {
                read_secret(file)
            };
            match outcome {
                Ok(secret) => {
                    inner.insert((*name).to_owned(), secret);
                }
                Err(message) => {
                    problems.push(Problem::new(join(table, &key), message));
                    // It is not missing on top of that.
                    let placeholder = Value::from("unreadable");
                    inner.entry((*name).to_owned()).or_insert(placeholder);
                }
            }
        }
    }
}

fn read_secret(file: Value) -> Result<Value, String> {
    let ValueKind::String(path) = file.kind else {
        return Err(format!("write {}", Kind::Path.expected()));
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(format!("`{path}` is empty; write the secret into it"));
    }
    Ok(Value::from(text))
}
