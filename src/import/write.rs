//! Writes what is good, all of it or nothing.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::Batch;
use crate::id::AccountId;
use crate::objects::Kind;
use crate::store::{Catalog, Change, Expected, Key, StoreError};

/// What became of the documents of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fates {
    pub new: usize,
    pub changed: usize,
    /// As they were, so that nothing was written.
    pub unchanged: usize,
}

/// What was written, by kind.
pub type Written = BTreeMap<&'static str, Fates>;

impl Batch {
    /// Writes all documents with which nothing is wrong.
    ///
    /// # Errors
    /// When the store cannot be used, or a callflow has taken one of the numbers
    /// since the check; then nothing has been written.
    pub async fn write(
        &self,
        catalog: &Catalog,
        account: &AccountId,
    ) -> Result<Written, StoreError> {
        let mut written = Written::new();
        let mut changes = Vec::new();
        let mut seen = HashSet::new();
        for item in self.items.iter().filter(|item| !item.bad) {
            if !seen.insert((item.kind, &item.id)) {
                continue;
            }
            let key = Key::new(account, item.kind, item.id.as_str());
            let fates = written.entry(item.kind.name()).or_default();
            let put = |expected| Change::Put {
                key: key.clone(),
                body: item.body.clone(),
                expected,
            };
            match catalog.get(account, item.kind, &item.id).await? {
                None => {
                    fates.new += 1;
                    changes.push(put(Expected::Nothing));
                }
                Some(there) if there.body != item.body => {
                    fates.changed += 1;
                    changes.push(put(Expected::Revision(there.revision)));
                }
                Some(_) => fates.unchanged += 1,
            }
            if let Some(sound) = &item.sound {
                let before = catalog.attachment(account, Kind::Media, &item.id).await?;
                if before.as_ref() != Some(sound) {
                    changes.push(Change::Attach {
                        key,
                        attachment: sound.clone(),
                    });
                }
            }
        }
        if !changes.is_empty() {
            catalog.write(changes).await?;
        }
        Ok(written)
    }
}
