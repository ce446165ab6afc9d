//! Documents of a folder, or of an export of Kazoo's, on their way into the store.
//!
//! Everything is read and checked first, by what the API checks too; then all of
//! it is written at once, or nothing.

mod check;
mod documents;
mod places;
mod references;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::callflow::json;
use crate::id::AccountId;
use crate::objects::Kind;
use crate::report::{Report, Severity};
use crate::store::Attachment;

pub use write::{Fates, Written};

/// A file that was read, and what is wrong with the documents in it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    pub name: String,
    pub text: String,
    pub report: Report,
}

/// A document, and where it stands.
#[derive(Debug, Clone)]
struct Item {
    kind: Kind,
    id: String,
    /// Whose it was, where the export says so.
    owner: Option<AccountId>,
    body: Map<String, Value>,
    sound: Option<Attachment>,
    /// The file, as a position in the sources.
    source: usize,
    /// The same document with its places.
    placed: json::Value,
    /// It cannot be written.
    bad: bool,
}

/// All that is to be imported together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub sources: Vec<Source>,
    /// What pivot keeps no documents of, by Kazoo's name for it, and how many.
    pub left_out: BTreeMap<String, usize>,
    items: Vec<Item>,
}

/// The export is of more than one account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "these are documents of several accounts ({}); import one at a time: `--account ID` takes \
     those of that account", .0.join(", ")
)]
pub struct SeveralAccounts(Vec<String>);

impl Batch {
    /// Reads the documents in these files.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(files: &[PathBuf]) -> Result<Self, (PathBuf, std::io::Error)> {
        let mut batch = Self::default();
        for file in files {
            let bytes = std::fs::read(file).map_err(|error| (file.clone(), error))?;
            batch.add(file, &bytes);
        }
        Ok(batch)
    }

    /// Reads the documents of one file.
    pub fn add(&mut self, file: &Path, bytes: &[u8]) {
        let mut found = documents::find(file, bytes, self.sources.len());
        self.items.append(&mut found.items);
        for (name, count) in found.left_out {
            *self.left_out.entry(name).or_default() += count;
        }
        self.sources.push(Source {
            name: file.display().to_string(),
            text: String::from_utf8_lossy(bytes).into_owned(),
            report: found.report,
        });
    }

    /// Keeps what is meant for this account: all of an export of one account,
    /// whichever that was; of several the one that was asked for.
    ///
    /// # Errors
    /// When it is not clear which documents are meant.
    pub fn only(&mut self, wanted: Option<&AccountId>) -> Result<(), SeveralAccounts> {
        let mut owners: Vec<AccountId> =
            self.items.iter().filter_map(|i| i.owner.clone()).collect();
        owners.sort_unstable();
        owners.dedup();
        if owners.len() < 2 {
            return Ok(());
        }
        let Some(wanted) = wanted.filter(|wanted| owners.contains(wanted)) else {
            let names = owners.iter().map(AccountId::to_string);
            return Err(SeveralAccounts(names.collect()));
        };
        let before = self.items.len();
        self.items
            .retain(|item| item.owner.as_ref().is_none_or(|owner| owner == wanted));
        let others = before - self.items.len();
        *self.left_out.entry("of other accounts".into()).or_default() += others;
        Ok(())
    }

    /// Whether there is the account itself among the documents.
    pub fn has_account(&self) -> bool {
        self.items.iter().any(|item| item.kind == Kind::Account)
    }

    /// How many errors and warnings there are.
    pub fn counts(&self) -> (usize, usize) {
        let all = self.sources.iter().flat_map(|s| &s.report.diagnostics);
        let (errors, warnings): (Vec<_>, Vec<_>) = all.partition(|d| d.severity == Severity::Error);
        (errors.len(), warnings.len())
    }

    /// The documents that are left out because of what is wrong with them.
    pub fn bad(&self) -> impl Iterator<Item = (Kind, &str)> {
        let bad = self.items.iter().filter(|item| item.bad);
        bad.map(|item| (item.kind, item.id.as_str()))
    }

    /// Says what is wrong with a field of a document, which is then left out.
    fn refuse(&mut self, item: usize, field: &str, message: impl Into<String>) {
        let item = &mut self.items[item];
        item.bad = true;
        let span = places::of(&item.placed, field);
        self.sources[item.source]
            .report
            .error(None, span, message)
            .pointer(places::pointer(field));
    }

    /// Says what may be wrong with a field of a document.
    fn warn(&mut self, item: usize, field: &str, message: impl Into<String>) {
        let item = &self.items[item];
        let span = places::of(&item.placed, field);
        self.sources[item.source]
            .report
            .warn(None, span, message)
            .pointer(places::pointer(field));
    }
}
