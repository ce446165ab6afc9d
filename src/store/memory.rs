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

#[derive(Debug, Default)]
struct Tables {
    documents: BTreeMap<Key, Document>,
    attachments: BTreeMap<Key, Attachment>,
    generation: u64,
}

/// What was there before each step of a write, to be put back when it fails midway.
#[derive(Debug, Default)]
struct Before {
    documents: Vec<(Key, Option<Document>)>,
    attachments: Vec<(Key, Option<Attachment>)>,
}

impl MemoryStore {
    /// No holder can leave it half-changed: a write that fails is taken back.
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
            let indexed = changes.iter().any(|c| c.key().kind.is_indexed());
            let mut before = Before::default();
            let mut documents = Vec::new();
            for change in changes {
                match tables.apply(change, now, &mut before) {
                    Ok(document) => documents.extend(document),
                    Err(error) => {
                        tables.take_back(before);
                        return Err(error);
                    }
                }
            }
            tables.generation += u64::from(indexed);
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
    fn apply(
        &mut self,
        change: Change,
        now: Time,
        before: &mut Before,
    ) -> Result<Option<Option<Document>>, StoreError> {
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
                let old = self.documents.insert(key.clone(), document.clone());
                before.documents.push((key, old));
                Ok(Some(Some(document)))
            }
            Change::Delete { key, expected } => {
                let old = self.expect(&key, expected)?.cloned();
                for gone in self.with_what_it_owns(&key) {
                    let document = self.documents.remove(&gone);
                    let attachment = self.attachments.remove(&gone);
                    before.documents.push((gone.clone(), document));
                    before.attachments.push((gone, attachment));
                }
                Ok(Some(old))
            }
            Change::Attach { key, attachment } => {
                if !self.documents.contains_key(&key) {
                    return Err(StoreError::Missing {
                        kind: key.kind,
                        id: key.id,
                    });
                }
                let old = self.attachments.insert(key.clone(), attachment);
                before.attachments.push((key, old));
                Ok(None)
            }
        }
    }

    /// What goes with a document: itself, and what its id is in front of.
    fn with_what_it_owns(&self, key: &Key) -> Vec<Key> {
        let mut keys = vec![key.clone()];
        if let Some(owned) = key.kind.owns() {
            let first = Key::new(&key.account, owned, format!("{}/", key.id));
            let owned = self.documents.range(first.clone()..).map(|(key, _)| key);
            keys.extend(
                owned
                    .take_while(|key| key.account == first.account && key.kind == first.kind)
                    .take_while(|key| key.id.starts_with(&first.id))
                    .cloned(),
            );
        }
        keys
    }

    fn take_back(&mut self, before: Before) {
        for (key, document) in before.documents.into_iter().rev() {
            match document {
                Some(document) => self.documents.insert(key, document),
                None => self.documents.remove(&key),
            };
        }
        for (key, attachment) in before.attachments.into_iter().rev() {
            match attachment {
                Some(attachment) => self.attachments.insert(key, attachment),
                None => self.attachments.remove(&key),
            };
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
