//! The stored things of a call's account.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Interrupt};
use crate::id::AccountId;
use crate::objects::{Device, Kind, Object};
use crate::store::{Captured, Catalog, Document, Expected, Found, StoreError};

/// The stored callflow that has taken the call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// Its id; none when the call's instructions came from elsewhere.
    pub callflow: Option<String>,
    pub name: Option<String>,
    /// What the pattern that led to it has captured.
    pub captured: Captured,
    /// It takes what no other takes.
    pub no_match: bool,
}

impl Call {
    /// Whose stored things the call may use.
    pub fn account(&self) -> &AccountId {
        let own = &self.services.account;
        self.state.facts.account.as_ref().unwrap_or(own)
    }

    /// A stored thing by its id, as what pivot acts on. `None` when there is none
    /// or it cannot be read; the trace says why.
    pub async fn stored<T: Object>(&mut self, id: &str) -> Result<Option<T>, Interrupt> {
        let document = self.document(T::KIND, id).await?;
        Ok(document.and_then(|document| self.read(document)))
    }

    /// The document itself, for what has no fields of its own here.
    pub async fn document(&mut self, kind: Kind, id: &str) -> Result<Option<Document>, Interrupt> {
        let (catalog, account) = self.shelf();
        let read = self.during(catalog.get(&account, kind, id)).await?;
        Ok(self.told(read).flatten())
    }

    /// All of a kind, with their ids, ordered by id. What cannot be read is left out.
    pub async fn all_stored<T: Object>(&mut self) -> Result<Vec<(String, T)>, Interrupt> {
        let (catalog, account) = self.shelf();
        let read = self.during(catalog.list(&account, T::KIND)).await?;
        Ok(self.read_all(read))
    }

    /// The devices that a user owns, or has logged in on, ordered by id.
    pub async fn devices_of(&mut self, user: &str) -> Result<Vec<(String, Device)>, Interrupt> {
        let (catalog, account) = self.shelf();
        let ids = self.during(catalog.devices_of(&account, user)).await?;
        let mut devices = Vec::new();
        for id in self.told(ids).unwrap_or_default() {
            if let Some(device) = self.stored::<Device>(&id).await? {
                devices.push((id, device));
            }
        }
        Ok(devices)
    }

    /// The id of the device that Asterisk knows by this name.
    pub async fn device_named(&mut self, name: &str) -> Result<Option<String>, Interrupt> {
        let (catalog, account) = self.shelf();
        let ids = self.during(catalog.devices_named(&account, name)).await?;
        Ok(self.told(ids).and_then(|ids| ids.into_iter().next()))
    }

    /// All of a kind of the configuration's own account, which other accounts may use.
    pub async fn all_shared<T: Object>(&mut self) -> Result<Vec<(String, T)>, Interrupt> {
        let (catalog, _) = self.shelf();
        let account = self.services.account.clone();
        let read = self.during(catalog.list(&account, T::KIND)).await?;
        Ok(self.read_all(read))
    }

    /// Those that belong to `owner`: the messages of a box, the entries of a list.
    pub async fn stored_under<T: Object>(
        &mut self,
        owner: &str,
    ) -> Result<Vec<(String, T)>, Interrupt> {
        let (catalog, account) = self.shelf();
        let listing = catalog.list_under(&account, T::KIND, owner);
        let read = self.during(listing).await?;
        Ok(self.read_all(read))
    }

    /// Changes some fields of a stored thing; `false` when it is not there.
    pub async fn change_stored(
        &mut self,
        kind: Kind,
        id: &str,
        change: impl FnMut(&mut Map<String, Value>) + Send,
    ) -> Result<bool, Interrupt> {
        let (catalog, account) = self.shelf();
        let writing = catalog.update(&account, kind, id, change);
        let written = self.during(writing).await?;
        Ok(self.told(written).flatten().is_some())
    }

    /// Writes a whole document.
    pub async fn put_stored(
        &mut self,
        kind: Kind,
        id: &str,
        body: Map<String, Value>,
    ) -> Result<(), Interrupt> {
        let (catalog, account) = self.shelf();
        let writing = catalog.put(&account, kind, id, body, Expected::Anything);
        let written = self.during(writing).await?;
        self.told(written);
        Ok(())
    }

    /// The stored callflow that takes this number.
    pub async fn lookup(&mut self, number: &str) -> Result<Option<Found>, Interrupt> {
        let (catalog, account) = self.shelf();
        let found = self.during(catalog.lookup(&account, number)).await?;
        let found = self.told(found).flatten();
        if let Some(Found {
            pattern: Some(pattern),
            captured,
            ..
        }) = &found
        {
            let captured = captured.group.as_deref().unwrap_or_default();
            self.note(format!(
                "{number:?} has the pattern {pattern}, which captures {captured:?}"
            ));
        }
        Ok(found)
    }

    /// The id of the stored callflow that has this id, or else this name.
    pub async fn callflow_named(&mut self, word: &str) -> Result<Option<String>, Interrupt> {
        let (catalog, account) = self.shelf();
        let found = self.during(catalog.callflow_named(&account, word)).await?;
        Ok(self.told(found).flatten())
    }

    /// The stored callflow that runs, and what has been captured of the number.
    pub fn matched_flow(&self) -> &Matched {
        &self.state.matched
    }

    pub fn set_matched_flow(&mut self, matched: Matched) {
        self.state.matched = matched;
    }

    fn shelf(&self) -> (Arc<Catalog>, AccountId) {
        (self.services.catalog.clone(), self.account().clone())
    }

    fn read_all<T: Object>(&mut self, read: Result<Vec<Document>, StoreError>) -> Vec<(String, T)> {
        let documents = self.told(read).unwrap_or_default();
        let read = documents.into_iter().filter_map(|document| {
            let id = document.id.clone();
            Some((id, self.read(document)?))
        });
        read.collect()
    }

    /// What can be read of a document. The timeline says what cannot, once: some are
    /// read every second.
    fn read<T: Object>(&mut self, document: Document) -> Option<T> {
        let mut odd = Vec::new();
        let read = document.read_leniently(|left_out| odd.push(left_out));
        let read = read.map_err(|error| odd.push(error.to_string())).ok();
        for text in odd {
            if self.odd.insert(text.clone()) {
                self.warn(text);
            }
        }
        read
    }

    /// A store that fails is a warning: the call goes on without.
    fn told<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.warn(error.to_string())).ok()
    }
}
