//! A store that forgets everything when pivot ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::apply::{Rows, apply};
use super::{AccountId, Answer, Attachment, Change, Document, Key, Store, StoreError, Written};
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
            let mut writing = Writing {
                tables: &mut tables,
                before: Before::default(),
            };
            let applied = apply(&mut writing, changes, now);
            if applied.is_err() {
                writing.take_back();
            }
            let documents = applied?;
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

/// A write to the tables.
struct Writing<'t> {
    tables: &'t mut Tables,
    before: Before,
}

impl Writing<'_> {
    /// What goes with a document: itself, and what its id is in front of.
    fn with_what_it_owns(&self, key: &Key) -> Vec<Key> {
        let mut keys = vec![key.clone()];
        if let Some(owned) = key.kind.owns() {
            let first = Key::new(&key.account, owned, format!("{}/", key.id));
            let following = self.tables.documents.range(first.clone()..);
            let owned = following
                .map(|(key, _)| key)
                .take_while(|key| key.account == first.account && key.kind == first.kind)
                .take_while(|key| key.id.starts_with(&first.id));
            keys.extend(owned.cloned());
        }
        keys
    }

    fn take_back(self) {
        for (key, document) in self.before.documents.into_iter().rev() {
            match document {
                Some(document) => self.tables.documents.insert(key, document),
                None => self.tables.documents.remove(&key),
            };
        }
        for (key, attachment) in self.before.attachments.into_iter().rev() {
            match attachment {
                Some(attachment) => self.tables.attachments.insert(key, attachment),
                None => self.tables.attachments.remove(&key),
            };
        }
    }
}

impl Rows for Writing<'_> {
    fn find(&mut self, key: &Key) -> Result<Option<Document>, StoreError> {
        Ok(self.tables.documents.get(key).cloned())
    }

    fn put(&mut self, key: &Key, document: &Document) -> Result<(), StoreError> {
        let documents = &mut self.tables.documents;
        let old = documents.insert(key.clone(), document.clone());
        self.before.documents.push((key.clone(), old));
        Ok(())
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        for gone in self.with_what_it_owns(key) {
            let document = self.tables.documents.remove(&gone);
            let attachment = self.tables.attachments.remove(&gone);
            self.before.documents.push((gone.clone(), document));
            self.before.attachments.push((gone, attachment));
        }
        Ok(())
    }

    fn attach(&mut self, key: &Key, attachment: Attachment) -> Result<(), StoreError> {
        let old = self.tables.attachments.insert(key.clone(), attachment);
        self.before.attachments.push((key.clone(), old));
        Ok(())
    }
}
