//! Reading `pivot.toml` and the environment.
//!
//! The file comes first and the environment over it; both become one tree. In
//! the tree everything that is wrong is found at once: unknown keys by the
//! table of names, wrong types by deserializing, taking out what failed and
//! going on, and what the values mean by `check`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use config::{File, FileFormat, Map, Source, Value, ValueKind};
use serde_path_to_error::Segment;

use super::environment::read_environment;
use super::keys::{self, Kind};
use super::secret_files::read_secrets;
use super::{Config, Problem, place};

/// Why a configuration could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is not TOML: {message}", path.display())]
    Syntax { path: PathBuf, message: String },
    #[error("{}", listed(path.as_deref(), problems))]
    Invalid {
        /// The file that was read.
        path: Option<PathBuf>,
        problems: Vec<Problem>,
    },
    #[error("the account's id cannot be kept in {}: {message}", path.display())]
    Account { path: PathBuf, message: String },
}

fn listed(path: Option<&Path>, problems: &[Problem]) -> String {
    let source = path.map_or("the configuration".into(), |p| p.display().to_string());
    let mut text = match problems.len() {
        1 => format!("{source} has a problem:"),
        n => format!("{source} has {n} problems:"),
    };
    for problem in problems {
        let Problem { key, message, .. } = problem;
        // Writing to a String cannot fail.
        let _ = match problem.place {
            Some(place) => write!(text, "\n  line {}, {key}: {message}", place.line),
            None => write!(text, "\n  {key}: {message}"),
        };
    }
    text
}

/// Something that is allowed and probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub key: String,
    pub message: String,
}

impl Config {
    /// Reads the file, if one is given, and the environment over it. A
    /// configuration that comes back has passed [`Config::check`].
    ///
    /// Paths in it are relative to the working directory. A variable that is
    /// empty counts as not set.
    pub fn load(path: Option<&Path>) -> Result<(Self, Vec<Warning>), ConfigError> {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        });
        Self::load_with(path, variables)
    }

    /// The same with these variables as the environment.
    pub fn load_with(
        path: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(Self, Vec<Warning>), ConfigError> {
        let mut problems = Vec::new();
        let text = path.map(read_text).transpose()?.unwrap_or_default();
        let source = path.unwrap_or(Path::new("the environment"));
        let mut file = parse(source, &text)?;
        let mut environment = read_environment(variables, &mut problems);
        let set_outside = environment.clone();
        for tree in [&mut file, &mut environment] {
            remove_unknown(tree, "", "", &mut problems);
            read_secrets(tree, &mut problems);
        }
        let mut tree = merge(file, environment).map_err(|error| ConfigError::Syntax {
            path: source.to_owned(),
            message: error.to_string(),
        })?;
        require(&mut tree, &mut problems);
        let config = deserialize(tree, &mut problems);
        if let Some(config) = &config {
            let mut meaning = config.check();
            // What was left out above is not missing on top of that.
            meaning.retain(|m| !problems.iter().any(|known| known.key.starts_with(&m.key)));
            problems.extend(meaning);
        }
        match config {
            Some(config) if problems.is_empty() => {
                let warnings = config.warnings();
                Ok((config, warnings))
            }
            _ => {
                for problem in &mut problems {
                    if !holds(&set_outside, &problem.key) {
                        problem.place = place::of(&text, &problem.key);
                    }
                }
                problems.sort_by_key(|problem| problem.place);
                Err(ConfigError::Invalid {
                    path: path.map(Path::to_owned),
                    problems,
                })
            }
        }
    }
}

pub(super) type Tree = Map<String, Value>;

fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })
}

fn parse(path: &Path, text: &str) -> Result<Tree, ConfigError> {
    let collected = File::from_str(text, FileFormat::Toml).collect();
    collected.map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        message: match error {
            config::ConfigError::FileParse { cause, .. } => without_source(&cause.to_string()),
            other => other.to_string(),
        },
    })
}

/// Whether this tree gives the key a value.
fn holds(tree: &Tree, key: &str) -> bool {
    let (first, rest) = key.split_once('.').unwrap_or((key, ""));
    match tree.get(first).map(|value| &value.kind) {
        None => false,
        Some(ValueKind::Table(inner)) if !rest.is_empty() => holds(inner, rest),
        Some(_) => true,
    }
}

/// A TOML error on one line, without the line of the file, which may be that of
/// a password.
fn without_source(message: &str) -> String {
    let gutter = |c: char| c == ' ' || c.is_ascii_digit();
    let source = |line: &&str| line.trim_start_matches(gutter).starts_with('|');
    let lines: Vec<&str> = message.lines().filter(|line| !source(line)).collect();
    lines.join(": ")
}

pub(super) fn join(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}

/// The table under this key, made if there is none; None if it is no table.
pub(super) fn subtable<'a>(tree: &'a mut Tree, key: &str) -> Option<&'a mut Tree> {
    let value = tree
        .entry(key.to_owned())
        .or_insert_with(|| Value::from(Tree::new()));
    match &mut value.kind {
        ValueKind::Table(table) => Some(table),
        _ => None,
    }
}

/// Takes out every key that pivot does not have. `table` is the name of the
/// table and `place` where it stands, which differ in `route[1]`.
fn remove_unknown(tree: &mut Tree, table: &str, place: &str, problems: &mut Vec<Problem>) {
    let mut names: Vec<String> = tree.keys().cloned().collect();
    names.sort();
    for name in names {
        let full = join(place, &name);
        let secret_file = name.strip_suffix("_file");
        let secret_file = secret_file.and_then(|secret| keys::kind_of(table, secret));
        let Some(kind) = keys::kind_of(table, &name) else {
            if secret_file != Some(Kind::Secret) {
                let message = keys::unknown(table, &name);
                problems.push(Problem::new(full, message));
                tree.remove(&name);
            }
            continue;
        };
        let value = tree.get_mut(&name).map(|value| &mut value.kind);
        match (kind, value) {
            (Kind::Table, Some(ValueKind::Table(inner))) => {
                remove_unknown(inner, &join(table, &name), &full, problems);
            }
            (Kind::Tables, Some(ValueKind::Array(items))) => {
                for (index, item) in items.iter_mut().enumerate() {
                    if let ValueKind::Table(inner) = &mut item.kind {
                        remove_unknown(inner, &name, &format!("{full}[{index}]"), problems);
                    }
                }
            }
            // These would be taken for numbers.
            (Kind::Number, Some(found @ (ValueKind::Float(_) | ValueKind::Boolean(_)))) => {
                let message = format!("{found} does not fit; write {}", kind.expected());
                problems.push(Problem::new(full, message));
                tree.remove(&name);
            }
            _ => {}
        }
    }
}

fn merge(file: Tree, environment: Tree) -> Result<Tree, config::ConfigError> {
    #[derive(Debug, Clone)]
    struct Layer(Tree);
    impl Source for Layer {
        fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
            Box::new(self.clone())
        }
        fn collect(&self) -> Result<Tree, config::ConfigError> {
            Ok(self.0.clone())
        }
    }
    config::Config::builder()
        .add_source(Layer(file))
        .add_source(Layer(environment))
        .build()?
        .collect()
}

/// The keys without which there is nothing to connect to, and what stands in
/// for one so that the rest can be read.
const REQUIRED: [(&str, &str, &str); 3] = [
    (
        "url",
        "http://127.0.0.1:8088",
        "is missing; write Asterisk's HTTP address, as in \"http://127.0.0.1:8088\"",
    ),
    (
        "username",
        "pivot",
        "is missing; write the name of a user in Asterisk's ari.conf",
    ),
    (
        "password",
        "missing",
        "is missing; write that user's password, or `password_file` with a path",
    ),
];

fn require(tree: &mut Tree, problems: &mut Vec<Problem>) {
    let Some(ari) = subtable(tree, "ari") else {
        problems.push(Problem::new(
            "ari",
            "write a table, `[ari]`, with url, username and password",
        ));
        let stand_ins = REQUIRED.map(|(name, text, _)| (name.to_owned(), Value::from(text)));
        tree.insert("ari".into(), Value::from(Tree::from_iter(stand_ins)));
        return;
    };
    for (name, stand_in, message) in REQUIRED {
        if !ari.contains_key(name) {
            problems.push(Problem::new(join("ari", name), message));
            ari.insert(name.into(), Value::from(stand_in));
        }
    }
}

/// Deserializes; what has the wrong type is reported and left at its default.
fn deserialize(tree: Tree, problems: &mut Vec<Problem>) -> Option<Config> {
    let mut tree = Value::from(tree);
    let mut found_here = Vec::new();
    let config = loop {
        let error = match serde_path_to_error::deserialize::<_, Config>(tree.clone()) {
            Ok(config) => break Some(config),
            Err(error) => error,
        };
        let segments: Vec<Segment> = error.path().iter().cloned().collect();
        let key = error.path().to_string();
        let taken = take(&mut tree, &segments);
        let message = match (&taken, kind_at(&segments)) {
            (Some(_), Some(kind @ (Kind::Secret | Kind::SecretMap))) => {
                format!("write {}", kind.expected())
            }
            (Some(value), Some(kind)) => {
                format!("{} does not fit; write {}", found(value), kind.expected())
            }
            _ => error.into_inner().to_string(),
        };
        found_here.push(Problem::new(key, message));
        if taken.is_none() {
            break None;
        }
    };
    // The tree has no order of its own.
    found_here.sort_by(|a, b| a.key.cmp(&b.key));
    problems.extend(found_here);
    config
}

/// Removes the value at this place; a required one is replaced by its stand-in.
fn take(value: &mut Value, segments: &[Segment]) -> Option<Value> {
    let (first, rest) = segments.split_first()?;
    match (first, &mut value.kind) {
        (Segment::Map { key }, ValueKind::Table(table)) if rest.is_empty() => {
            let taken = table.remove(key);
            // Only `[ari]` has a username, so this is its table.
            if let Some((_, stand_in, _)) = REQUIRED.iter().find(|(name, ..)| key == name)
                && (key == "username" || table.contains_key("username"))
            {
                table.insert(key.clone(), Value::from(*stand_in));
            }
            taken
        }
        (Segment::Map { key }, ValueKind::Table(table)) => take(table.get_mut(key)?, rest),
        (Segment::Seq { index }, ValueKind::Array(items)) if *index < items.len() => {
            if rest.is_empty() {
                Some(items.remove(*index))
            } else {
                take(items.get_mut(*index)?, rest)
            }
        }
        _ => None,
    }
}

fn kind_at(segments: &[Segment]) -> Option<Kind> {
    let mut table = String::new();
    let mut kind = Kind::Table;
    for segment in segments {
        match (segment, kind) {
            (Segment::Map { key }, Kind::Table | Kind::Tables) => {
                kind = keys::kind_of(&table, key)?;
                table = join(&table, key);
            }
            (Segment::Seq { .. }, Kind::Tables) => kind = Kind::Table,
            (Segment::Seq { .. }, Kind::List) | (Segment::Map { .. }, Kind::Map) => {
                kind = Kind::Text;
            }
            (Segment::Map { .. }, Kind::SecretMap) => kind = Kind::Secret,
            _ => return None,
        }
    }
    Some(kind)
}

fn found(value: &Value) -> String {
    match &value.kind {
        ValueKind::String(text) => format!("\"{text}\""),
        ValueKind::Table(_) => "a table".into(),
        ValueKind::Array(_) => "a list".into(),
        ValueKind::Nil => "nothing".into(),
        other => other.to_string(),
    }
}
