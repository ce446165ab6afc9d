//! What a change means, whatever the tables are made of.

use super::{Attachment, Change, Document, Expected, Key, StoreError};
use crate::clock::Time;

/// The tables of documents and attachments while a write goes on, all of which is
/// taken back when one of its changes fails.
pub(super) trait Rows {
    fn find(&mut self, key: &Key) -> Result<Option<Document>, StoreError>;

    /// In the place of the one that is there.
    fn put(&mut self, key: &Key, document: &Document) -> Result<(), StoreError>;

    /// Deletes a document with its attachment, and with what belongs to it by its id
    /// (`Kind::owns`).
    fn delete(&mut self, key: &Key) -> Result<(), StoreError>;

    fn attach(&mut self, key: &Key, attachment: Attachment) -> Result<(), StoreError>;
}

/// Carries the changes of a write out, in their order; see `Written::documents`.
pub(super) fn apply(
    rows: &mut impl Rows,
    changes: Vec<Change>,
    now: Time,
) -> Result<Vec<Option<Document>>, StoreError> {
    let mut documents = Vec::with_capacity(changes.len());
    for change in changes {
        match change {
            Change::Put {
                key,
                body,
                expected,
            } => {
                let old = expect(rows, &key, expected)?;
                let written = Document {
                    id: key.id.clone(),
                    revision: old.as_ref().map_or(1, |old| old.revision + 1),
                    created: old.map_or(now, |old| old.created),
                    modified: now,
                    body,
                };
                rows.put(&key, &written)?;
                documents.push(Some(written));
            }
            Change::Delete { key, expected } => {
                let old = expect(rows, &key, expected)?;
                rows.delete(&key)?;
                documents.push(old);
            }
            Change::Attach { key, attachment } => {
                if rows.find(&key)?.is_none() {
                    return Err(StoreError::Missing {
                        kind: key.kind,
                        id: key.id,
                    });
                }
                rows.attach(&key, attachment)?;
            }
        }
    }
    Ok(documents)
}

/// What is there, if it is what the writer believes to be there.
fn expect(
    rows: &mut impl Rows,
    key: &Key,
    expected: Expected,
) -> Result<Option<Document>, StoreError> {
    let there = rows.find(key)?;
    if expected.holds(there.as_ref().map(|document| document.revision)) {
        return Ok(there);
    }
    Err(StoreError::Conflict {
        kind: key.kind,
        id: key.id.clone(),
    })
}
