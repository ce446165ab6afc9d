//! What calls and the API know of the stored things.

mod lookup;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::{Mutex, watch};

use self::lookup::Indexed;
use super::index::{Index, words};
use super::{AccountId, Attachment, Change, Document, Expected, Key, Numbers, Store, StoreError};
use crate::clock;
use crate::objects::{self, Kind, Object, Unreadable, drop_unfilled, hide};

/// A number or pattern belongs to one callflow of an account only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value} is taken by callflow {callflow}")]
pub struct NumberTaken {
    /// `numbers` or `patterns`.
    pub field: &'static str,
    pub value: String,
    /// Id of the callflow that has it.
    pub callflow: String,
}

/// The stored things, with an index of the numbers of all callflows and of whose
/// the devices are.
///
/// The index is built when pivot starts and kept up with every write of this
/// process; that another one has written is noticed by the store's generation
/// at the next lookup.
pub struct Catalog {
    store: Arc<dyn Store>,
    index: watch::Sender<Arc<Indexed>>,
    /// Writes come one after the other, so that a number is taken once. Calls
    /// that only read never wait for it.
    writing: Mutex<()>,
    pub numbers: Numbers,
}

impl Catalog {
    /// Reads the callflows of the store.
    pub async fn open(store: Arc<dyn Store>, numbers: Numbers) -> Result<Self, StoreError> {
        let catalog = Self {
            store,
            index: watch::Sender::new(Arc::default()),
            writing: Mutex::new(()),
            numbers,
        };
        catalog.rebuild().await?;
        Ok(catalog)
    }

    pub async fn get(
        &self,
        account: &AccountId,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Document>, StoreError> {
        self.store.get(&Key::new(account, kind, id)).await
    }

    /// One of a kind as what pivot acts on; a document that cannot be read as
    /// such is an error that says which field is wrong.
    pub async fn object<T: Object>(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<T>, StoreError> {
        self.get(account, T::KIND, id)
            .await?
            .map(|document| document.read())
            .transpose()
    }

    /// The same with what can be read of it.
    pub async fn object_leniently<T: Object>(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<T>, StoreError> {
        self.get(account, T::KIND, id)
            .await?
            .map(|document| document.read_leniently(|_| {}))
            .transpose()
    }

    /// All of a kind, ordered by id.
    pub async fn list(&self, account: &AccountId, kind: Kind) -> Result<Vec<Document>, StoreError> {
        self.store.list(account, kind, None).await
    }

    /// Those that belong to something else: the messages of a box.
    pub async fn list_under(
        &self,
        account: &AccountId,
        kind: Kind,
        owner: &str,
    ) -> Result<Vec<Document>, StoreError> {
        self.store.list(account, kind, Some(owner)).await
    }

    /// All of a kind, whosever they are.
    pub async fn everywhere(&self, kind: Kind) -> Result<Vec<(AccountId, Document)>, StoreError> {
        self.store.everywhere(kind).await
    }

    /// All of a kind with this id, whosever they are.
    pub async fn find(
        &self,
        kind: Kind,
        id: &str,
    ) -> Result<Vec<(AccountId, Document)>, StoreError> {
        self.store.find(kind, id).await
    }

    pub async fn attachment(
        &self,
        account: &AccountId,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Attachment>, StoreError> {
        self.store.attachment(&Key::new(account, kind, id)).await
    }

    /// Writes one document.
    pub async fn put(
        &self,
        account: &AccountId,
        kind: Kind,
        id: &str,
        body: Map<String, Value>,
        expected: Expected,
    ) -> Result<Document, StoreError> {
        let key = Key::new(account, kind, id);
        let change = Change::Put {
            key: key.clone(),
            body,
            expected,
        };
        let written = self.write(vec![change]).await?;
        written
            .into_iter()
            .flatten()
            .next()
            .ok_or_else(|| missing(&key))
    }

    /// Deletes one document and what belongs to it; gives it back as it was.
    pub async fn delete(
        &self,
        account: &AccountId,
        kind: Kind,
        id: &str,
        expected: Expected,
    ) -> Result<Option<Document>, StoreError> {
        let key = Key::new(account, kind, id);
        let written = self.write(vec![Change::Delete { key, expected }]).await?;
        Ok(written.into_iter().flatten().next())
    }

    pub async fn attach(
        &self,
        account: &AccountId,
        kind: Kind,
        id: &str,
        attachment: Attachment,
    ) -> Result<(), StoreError> {
        let key = Key::new(account, kind, id);
        self.write(vec![Change::Attach { key, attachment }]).await?;
        Ok(())
    }

    /// Changes some fields of a document that is there, whoever else writes to
    /// it meanwhile; `None` when there is none.
    pub async fn update(
        &self,
        account: &AccountId,
        kind: Kind,
        id: &str,
        mut change: impl FnMut(&mut Map<String, Value>) + Send,
    ) -> Result<Option<Document>, StoreError> {
        loop {
            let Some(document) = self.get(account, kind, id).await? else {
                return Ok(None);
            };
            let mut body = document.body;
            change(&mut body);
            let expected = Expected::Revision(document.revision);
            match self.put(account, kind, id, body, expected).await {
                Err(StoreError::Conflict { .. }) => {}
                done => return done.map(Some),
            }
        }
    }

    /// Several changes, all or none.
    pub async fn write(&self, changes: Vec<Change>) -> Result<Vec<Option<Document>>, StoreError> {
        let _turn = self.writing.lock().await;
        if !changes.iter().any(|change| change.key().kind.is_indexed()) {
            return Ok(self.store.write(changes, clock::now()).await?.documents);
        }
        loop {
            self.refresh().await?;
            let seen = {
                let indexed = self.index.borrow();
                nobody_else_has(&indexed.index, &changes)?;
                indexed.generation
            };
            let write = self
                .store
                .write_at(changes.clone(), clock::now(), Some(seen));
            // Another process was first, and may have taken one of the numbers.
            let Some(written) = write.await? else {
                continue;
            };
            self.index.send_modify(|indexed| {
                // A lookup has put an older one here meanwhile; the next one reads anew.
                if indexed.generation != seen {
                    return;
                }
                // Copied only while a lookup of this moment still reads it.
                let indexed = Arc::make_mut(indexed);
                indexed.apply(&changes);
                indexed.generation = written.generation;
            });
            return Ok(written.documents);
        }
    }
}

/// Whether the callflows of a write list what nobody else has. A write is one
/// change, so numbers may go from one of its callflows to another in whatever
/// order they stand.
fn nobody_else_has(index: &Index, changes: &[Change]) -> Result<(), NumberTaken> {
    let callflows = || changes.iter().filter(|c| c.key().kind == Kind::Callflow);
    let rewritten: HashSet<&Key> = callflows().map(Change::key).collect();
    let mut claimed = HashMap::new();
    for change in callflows() {
        let Change::Put { key, body, .. } = change else {
            continue;
        };
        for (field, holders) in [
            ("numbers", Index::holders_of_number as Holders),
            ("patterns", Index::holders_of_pattern),
        ] {
            for value in words(body, field) {
                let others = holders(index, &key.account, &value).iter();
                let other = others
                    .map(|id| Key::new(&key.account, Kind::Callflow, id))
                    .find(|other| !rewritten.contains(other));
                let claim = (&key.account, field, value.clone());
                let first = *claimed.entry(claim).or_insert(key);
                let holder = other.or_else(|| (first != key).then(|| first.clone()));
                if let Some(Key { id: callflow, .. }) = holder {
                    return Err(NumberTaken {
                        field,
                        value,
                        callflow,
                    });
                }
            }
        }
    }
    Ok(())
}

type Holders = for<'i> fn(&'i Index, &AccountId, &str) -> &'i [String];

fn missing(key: &Key) -> StoreError {
    StoreError::Missing {
        kind: key.kind,
        id: key.id.clone(),
    }
}

impl Document {
    /// As what pivot acts on, if all of it can be read.
    pub fn read<T: Object>(self) -> Result<T, StoreError> {
        let (id, mut body) = (self.id, self.body);
        hide(T::KIND.one(), &mut body);
        drop_unfilled(T::KIND, &mut body);
        serde_path_to_error::deserialize(Value::Object(body)).map_err(|error| {
            let fault = Unreadable {
                field: error.path().to_string(),
                why: error.inner().to_string(),
            };
            unreadable::<T>(id, fault)
        })
    }

    /// The same with what can be read of it; `tell` hears what is left out.
    pub fn read_leniently<T: Object>(self, mut tell: impl FnMut(String)) -> Result<T, StoreError> {
        let (id, mut body) = (self.id, self.body);
        hide(T::KIND.one(), &mut body);
        drop_unfilled(T::KIND, &mut body);
        let (read, left_out) = match objects::read_leniently(Value::Object(body)) {
            Ok(read) => read,
            Err(fault) => return Err(unreadable::<T>(id, fault)),
        };
        if let Some(fault) = left_out.first().filter(|_| T::KIND.is_read_whole()) {
            return Err(unreadable::<T>(id, fault.clone()));
        }
        for fault in left_out {
            tell(format!("{} {id}: {fault}; it is left out", T::KIND.one()));
        }
        Ok(read)
    }
}

fn unreadable<T: Object>(id: String, fault: Unreadable) -> StoreError {
    StoreError::Unreadable {
        kind: T::KIND,
        id,
        fault,
    }
}
