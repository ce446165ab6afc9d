//! A store that forgets everything when pivot ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    AccountId, Answer, Attachment, Change, Document, Expected, Key, Store, StoreError, Written,
};
use crate::clock::Time;
use crate::objects::Kind;

/// For tests, and where `[store] url` is not set.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Tables>);

#[derive(Debug, Clone, Default)]
struct Tables {
    documents: BTreeMap<Key, Document>,
    attachments: BTreeMap<Key, Attachment>,
    generation: u64,
}

impl MemoryStore {
    /// No holder can leave it half-changed: a write replaces the tables.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Document>> {
        Box::pin(async move { Ok(self.tables().documents.get(key).cloned()) })
    }

    fn list<'a>(
        &'a self,
        account: &'a AccountId,
        kind: Kind,
        under: Option<&'a str>,
    ) -> Answer<'a, Vec<Document>> {
        Box::pin(async move {
            let prefix = under.map(|under| format!("{under}/")).unwrap_or_default();
            let first = Key::new(account, kind, prefix.clone());
            let tables = self.tables();
            let listed = tables
                .documents
                .range(first..)
                .take_while(|(key, _)| key.account == *account && key.kind == kind)
                .take_while(|(key, _)| key.id.starts_with(&prefix))
                .map(|(_, document)| document.clone());
            Ok(listed.collect())
        })
    }

    fn everywhere(&self, kind: Kind) -> Answer<'_, Vec<(AccountId, Document)>> {
        Box::pin(async move {
            let tables = self.tables();
            let all = tables.documents.iter().filter(|(key, _)| key.kind == kind);
            Ok(all
                .map(|(key, document)| (key.account.clone(), document.clone()))
                .collect())
        })
    }

    fn find<'a>(&'a self, kind: Kind, id: &'a str) -> Answer<'a, Vec<(AccountId, Document)>> {
        Box::pin(async move {
            let mut all = self.everywhere(kind).await?;
            all.retain(|(_, document)| document.id == id);
            Ok(all)
        })
    }

    fn attachment<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Attachment>> {
        Box::pin(async move { Ok(self.tables().attachments.get(key).cloned()) })
    }

    fn write_at(
        &self,
        changes: Vec<Change>,
        now: Time,
        seen: Option<u64>,
    ) -> Answer<'_, Option<Written>> {
        Box::pin(async move {
            let mut tables = self.tables();
            if seen.is_some_and(|seen| seen != tables.generation) {
                return Ok(None);
            }
            let mut changed = tables.clone();
            let mut documents = Vec::new();
            for change in changes {
                if change.key().kind == Kind::Callflow {
                    changed.generation = tables.generation + 1;
                }
                if let Some(document) = changed.apply(change, now)? {
                    documents.push(document);
                }
            }
            *tables = changed;
            Ok(Some(Written {
                documents,
                generation: tables.generation,
            }))
        })
    }

    fn generation(&self) -> Answer<'_, u64> {
        Box::pin(async move { Ok(self.tables().generation) })
    }
}

impl Tables {
    fn apply(&mut self, change: Change, now: Time) -> Result<Option<Option<Document>>, StoreError> {
        match change {
            Change::Put {
                key,
                body,
                expected,
            } => {
                let old = self.expect(&key, expected)?;
                let document = Document {
                    id: key.id.clone(),
                    revision: old.map_or(1, |old| old.revision + 1),
                    created: old.map_or(now, |old| old.created),
                    modified: now,
                    body,
                };
                self.documents.insert(key, document.clone());
                Ok(Some(Some(document)))
            }
            Change::Delete { key, expected } => {
                self.expect(&key, expected)?;
                let under = format!("{}/", key.id);
                let belongs = |other: &Key| {
                    other.account == key.account
                        && (*other == key
                            || key.kind.owns() == Some(other.kind) && other.id.starts_with(&under))
                };
                self.attachments.retain(|other, _| !belongs(other));
                let old = self.documents.get(&key).cloned();
                self.documents.retain(|other, _| !belongs(other));
                Ok(Some(old))
            }
            Change::Attach { key, attachment } => {
                if !self.documents.contains_key(&key) {
                    return Err(StoreError::Missing {
                        kind: key.kind,
                        id: key.id,
                    });
                }
                self.attachments.insert(key, attachment);
                Ok(None)
            }
        }
    }

    fn expect(&self, key: &Key, expected: Expected) -> Result<Option<&Document>, StoreError> {
        let there = self.documents.get(key);
        if expected.holds(there.map(|document| document.revision)) {
            return Ok(there);
        }
        Err(StoreError::Conflict {
            kind: key.kind,
            id: key.id.clone(),
        })
    }
}
