//! Where stored things are kept: callflows, menus, devices, messages.
//!
//! [`Store`] is the narrow seam behind which memory, SQLite and Postgres stand;
//! it knows documents, not what they mean. Calls and the API use the
//! [`Catalog`], which also knows which number leads to which callflow.

mod apply;
mod catalog;
mod index;
mod memory;
mod numbers;
mod open;
mod phones;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

use std::pin::Pin;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::clock::Time;
use crate::objects::{Kind, Unreadable};

pub use crate::id::AccountId;
pub use catalog::{Catalog, NumberTaken};
pub use index::{Captured, Found};
pub use memory::MemoryStore;
pub use numbers::Numbers;
pub use open::open;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;

/// Which document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub account: AccountId,
    pub kind: Kind,
    /// What belongs to something else has its id in front: `BOX/MESSAGE`.
    pub id: String,
}

impl Key {
    pub fn new(account: &AccountId, kind: Kind, id: impl Into<String>) -> Self {
        Self {
            account: account.clone(),
            kind,
            id: id.into(),
        }
    }
}

/// A stored thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub id: String,
    /// Counts its writes, from 1.
    pub revision: u64,
    pub created: Time,
    pub modified: Time,
    /// All public fields but `id`.
    pub body: Map<String, Value>,
}

/// Reads a body that a store keeps as text: as deep as what comes in may be, which is
/// deeper than readers of JSON go when nobody tells them.
fn read_body(text: &str) -> serde_json::Result<Map<String, Value>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let body = Map::deserialize(&mut reader)?;
    reader.end()?;
    Ok(body)
}

/// Bytes that belong to a document: the sound of a medium or a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// What the writer believes to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Anything,
    /// Nothing yet.
    Nothing,
    /// What was read as this revision.
    Revision(u64),
}

/// One change of a write, which is carried out as a whole or not at all.
#[derive(Debug, Clone)]
pub enum Change {
    Put {
        key: Key,
        body: Map<String, Value>,
        expected: Expected,
    },
    /// With its attachment, and with what belongs to it by its id.
    Delete { key: Key, expected: Expected },
    /// The attachment of a document that is there, or comes by the same write.
    Attach { key: Key, attachment: Attachment },
}

impl Change {
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } | Self::Attach { key, .. } => key,
        }
    }
}

/// What has been written.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// As they are stored now; of a `Delete` as they were. One for each change
    /// but `Attach`, in their order; a `Delete` of nothing has none.
    pub documents: Vec<Option<Document>>,
    /// See [`Store::generation`].
    pub generation: u64,
}

/// Why nothing was read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has written meanwhile, or what should be new is there.
    #[error("{} {id} has been changed by somebody else; read it again", .kind.one())]
    Conflict { kind: Kind, id: String },
    #[error("there is no {} {id}", .kind.one())]
    Missing { kind: Kind, id: String },
    /// What is stored is no document of its kind.
    #[error("{} {id} cannot be read: {fault}", .kind.one())]
    Unreadable {
        kind: Kind,
        id: String,
        fault: Unreadable,
    },
    #[error("the store cannot be used: {0}")]
    Broken(String),
    #[error(transparent)]
    NumberTaken(#[from] NumberTaken),
}

/// An answer of the store.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Documents by account, kind and id. A write is on disk when it is answered,
/// and never there in part.
pub trait Store: Send + Sync {
    fn get<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Document>>;

    /// All of a kind, ordered by id; `under` = those whose ids begin with it and `/`.
    fn list<'a>(
        &'a self,
        account: &'a AccountId,
        kind: Kind,
        under: Option<&'a str>,
    ) -> Answer<'a, Vec<Document>>;

    /// All of a kind, whosever they are.
    fn everywhere(&self, kind: Kind) -> Answer<'_, Vec<(AccountId, Document)>>;

    /// Those of this id, whosever they are.
    fn find<'a>(&'a self, kind: Kind, id: &'a str) -> Answer<'a, Vec<(AccountId, Document)>>;

    fn attachment<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Attachment>>;

    /// All changes or none. `None` = nothing was written, since the generation is
    /// no longer the one that the writer has seen.
    fn write_at(
        &self,
        changes: Vec<Change>,
        now: Time,
        seen: Option<u64>,
    ) -> Answer<'_, Option<Written>>;

    /// The same, whatever the generation.
    fn write(&self, changes: Vec<Change>, now: Time) -> Answer<'_, Written> {
        Box::pin(async move {
            let written = self.write_at(changes, now, None).await?;
            written.ok_or_else(|| StoreError::Broken("nothing was written".into()))
        })
    }

    /// A number that grows with every write that touches a callflow or a device, also
    /// when another process writes.
    fn generation(&self) -> Answer<'_, u64>;
}

impl Expected {
    /// Whether it is so, when this revision is there.
    fn holds(self, there: Option<u64>) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => there.is_none(),
            Self::Revision(revision) => there == Some(revision),
        }
    }
}
