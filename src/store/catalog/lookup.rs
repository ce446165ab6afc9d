//! What is looked up in memory: which callflow takes a number, and whose a device is.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Catalog;
use crate::objects::Kind;
use crate::store::index::Index;
use crate::store::phones::Phones;
use crate::store::{AccountId, Change, Found, Key, StoreError};

/// The index as it was at a generation of the store.
#[derive(Debug, Clone, Default)]
pub(super) struct Indexed {
    pub(super) index: Index,
    phones: HashMap<AccountId, Phones>,
    pub(super) generation: u64,
}

impl Catalog {
    /// The callflow that takes a dialled number. It is written in the account's
    /// way first.
    pub async fn lookup(
        &self,
        account: &AccountId,
        dialled: &str,
    ) -> Result<Option<Found>, StoreError> {
        self.refresh().await?;
        let number = self.numbers.normalize(dialled);
        let indexed = Arc::clone(&self.index.borrow());
        Ok(indexed.index.lookup(account, &number))
    }

    /// The id of the callflow that has this id, or else this name.
    pub async fn callflow_named(
        &self,
        account: &AccountId,
        word: &str,
    ) -> Result<Option<String>, StoreError> {
        self.refresh().await?;
        let indexed = Arc::clone(&self.index.borrow());
        Ok(indexed.index.named(account, word))
    }

    /// Ids of the devices that Asterisk knows by this name; one, but for mistakes.
    pub async fn devices_named(
        &self,
        account: &AccountId,
        name: &str,
    ) -> Result<Vec<String>, StoreError> {
        self.refresh().await?;
        let indexed = Arc::clone(&self.index.borrow());
        let phones = indexed.phones.get(account);
        Ok(phones.map_or_else(Vec::new, |phones| phones.named(name)))
    }

    /// Ids of the devices that a user owns, or has logged in on, in their order.
    pub async fn devices_of(
        &self,
        account: &AccountId,
        user: &str,
    ) -> Result<Vec<String>, StoreError> {
        self.refresh().await?;
        let indexed = Arc::clone(&self.index.borrow());
        let phones = indexed.phones.get(account);
        Ok(phones.map_or_else(Vec::new, |phones| phones.of_user(user)))
    }

    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        let generation = self.store.generation().await?;
        if generation != self.index.borrow().generation {
            self.rebuild().await?;
        }
        Ok(())
    }

    pub(super) async fn rebuild(&self) -> Result<(), StoreError> {
        // Asked first: what is written meanwhile is read again at the next lookup.
        let generation = self.store.generation().await?;
        let mut indexed = Indexed {
            index: Index::after(&self.index.borrow().index),
            phones: HashMap::new(),
            generation,
        };
        for kind in [Kind::Callflow, Kind::Device] {
            for (account, document) in self.store.everywhere(kind).await? {
                indexed.put(&Key::new(&account, kind, document.id), &document.body);
            }
        }
        indexed.index.filled();
        self.index.send_replace(Arc::new(indexed));
        Ok(())
    }
}

impl Indexed {
    pub(super) fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Put { key, body, .. } => self.put(key, body),
                Change::Delete { key, .. } => self.remove(key),
                Change::Attach { .. } => {}
            }
        }
    }

    fn put(&mut self, key: &Key, body: &Map<String, Value>) {
        match key.kind {
            Kind::Callflow => self.index.put(&key.account, &key.id, body),
            Kind::Device => {
                let phones = self.phones.entry(key.account.clone()).or_default();
                phones.put(&key.id, body);
            }
            _ => {}
        }
    }

    fn remove(&mut self, key: &Key) {
        match key.kind {
            Kind::Callflow => self.index.remove(&key.account, &key.id),
            Kind::Device => {
                if let Some(phones) = self.phones.get_mut(&key.account) {
                    phones.remove(&key.id);
                }
            }
            _ => {}
        }
    }
}
