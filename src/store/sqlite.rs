//! The embedded store: one file, which `VACUUM INTO` copies while it is written to.
//!
//! SQLite answers while the caller waits, so it is asked on threads for blocking
//! work. One connection writes; reads have their own, and see what is committed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde_json::Value;

use super::apply::{Rows, apply};
use super::{
    AccountId, Answer, Attachment, Change, Document, Key, Store, StoreError, Written, read_body,
};
use crate::clock::Time;
use crate::objects::Kind;

/// Each is run once, in this order; the number of those that have run is kept in
/// the file. Never change one that has been released: add another.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE documents (
        account TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        created INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (account, kind, id)
    ) WITHOUT ROWID;
    CREATE INDEX documents_by_kind ON documents (kind, id);
    CREATE TABLE attachments (
        account TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        content_type TEXT NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (account, kind, id)
    );
    CREATE TABLE generations (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO generations VALUES ('callflows', 0);
"];

/// How long another process may hold the file.
const BUSY: Duration = Duration::from_secs(5);

/// Documents in a SQLite file.
#[derive(Clone)]
pub struct SqliteStore(Arc<Connections>);

struct Connections {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Idle ones; a read that finds none opens another.
    readers: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// Opens the file, or makes it, and brings its tables up to date.
    pub async fn open(path: PathBuf) -> Result<Self, StoreError> {
        blocking(move || {
            let mut writer = connect(&path)?;
            migrate(&mut writer)?;
            Ok(Self(Arc::new(Connections {
                path,
                writer: Mutex::new(writer),
                readers: Mutex::default(),
            })))
        })
        .await
    }

    /// Reads on a connection of its own.
    async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connections = self.0.clone();
        blocking(move || {
            let idle = locked(&connections.readers).pop();
            let reader = match idle {
                Some(reader) => reader,
                None => connect(&connections.path)?,
            };
            let answer = ask(&reader);
            locked(&connections.readers).push(reader);
            answer
        })
        .await
    }
}

impl Store for SqliteStore {
    fn get<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Document>> {
        let key = key.clone();
        Box::pin(self.read(move |db| find_one(db, &key)))
    }

    fn list<'a>(
        &'a self,
        account: &'a AccountId,
        kind: Kind,
        under: Option<&'a str>,
    ) -> Answer<'a, Vec<Document>> {
        let account = account.clone();
        // `0` is the character after `/`.
        let (from, to) = match under {
            Some(under) => (format!("{under}/"), format!("{under}0")),
            None => (String::new(), String::from(char::MAX)),
        };
        Box::pin(self.read(move |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM documents
                 WHERE account = ?1 AND kind = ?2 AND id >= ?3 AND id < ?4 ORDER BY id"
            ))?;
            let found = query
                .query_map(params![account.as_str(), kind.name(), from, to], |row| {
                    document(row, 0)
                })?;
            Ok(found.collect::<Result<_, _>>()?)
        }))
    }

    fn everywhere(&self, kind: Kind) -> Answer<'_, Vec<(AccountId, Document)>> {
        Box::pin(self.read(move |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT account, {COLUMNS} FROM documents WHERE kind = ?1 ORDER BY account, id"
            ))?;
            let found = query.query_map(params![kind.name()], owned)?;
            Ok(found.collect::<Result<_, _>>()?)
        }))
    }

    fn find<'a>(&'a self, kind: Kind, id: &'a str) -> Answer<'a, Vec<(AccountId, Document)>> {
        let id = id.to_owned();
        Box::pin(self.read(move |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT account, {COLUMNS} FROM documents WHERE kind = ?1 AND id = ?2 ORDER BY account"
            ))?;
            let found = query.query_map(params![kind.name(), id], owned)?;
            Ok(found.collect::<Result<_, _>>()?)
        }))
    }

    fn attachment<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Attachment>> {
        let key = key.clone();
        Box::pin(self.read(move |db| {
            let mut query = db.prepare_cached(
                "SELECT content_type, bytes FROM attachments
                 WHERE account = ?1 AND kind = ?2 AND id = ?3",
            )?;
            let found = query.query_row(named(&key), |row| {
                Ok(Attachment {
                    content_type: row.get(0)?,
                    bytes: row.get(1)?,
                })
            });
            Ok(found.optional()?)
        }))
    }

    fn write_at(
        &self,
        changes: Vec<Change>,
        now: Time,
        seen: Option<u64>,
    ) -> Answer<'_, Option<Written>> {
        let connections = self.0.clone();
        Box::pin(blocking(move || {
            let mut writer = locked(&connections.writer);
            let mut write = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(seen) = seen
                && seen != generation(&write)?
            {
                return Ok(None);
            }
            let indexed = changes.iter().any(|c| c.key().kind.is_indexed());
            let documents = apply(&mut write, changes, now)?;
            if indexed {
                write.execute("UPDATE generations SET value = value + 1", [])?;
            }
            let generation = generation(&write)?;
            write.commit()?;
            Ok(Some(Written {
                documents,
                generation,
            }))
        }))
    }

    fn generation(&self) -> Answer<'_, u64> {
        Box::pin(self.read(generation))
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let failed = |error: rusqlite::Error| {
        StoreError::Broken(format!("{}: {error} (`store.url`)", path.display()))
    };
    let db = Connection::open(path).map_err(failed)?;
    db.busy_timeout(BUSY).map_err(failed)?;
    // What is committed is on disk, also when the machine loses power.
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        .map_err(failed)?;
    Ok(db)
}

fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let write = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: u32 = write.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(StoreError::Broken(
            "the file was written by a newer pivot; run that one, or use a copy made before it"
                .into(),
        ));
    }
    for migration in &MIGRATIONS[done..] {
        write.execute_batch(migration)?;
    }
    write.execute_batch(&format!("PRAGMA user_version = {}", MIGRATIONS.len()))?;
    Ok(write.commit()?)
}

const COLUMNS: &str = "id, revision, created, modified, body";

/// The document whose columns begin at this one.
fn document(row: &Row<'_>, first: usize) -> rusqlite::Result<Document> {
    let body: String = row.get(first + 4)?;
    let body = read_body(&body).map_err(|error| {
        let text = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(first + 4, text, Box::new(error))
    })?;
    Ok(Document {
        id: row.get(first)?,
        revision: row.get(first + 1)?,
        created: Time(row.get(first + 2)?),
        modified: Time(row.get(first + 3)?),
        body,
    })
}

fn owned(row: &Row<'_>) -> rusqlite::Result<(AccountId, Document)> {
    let account: String = row.get(0)?;
    let account = AccountId::parse(&account).ok_or(rusqlite::Error::InvalidQuery)?;
    Ok((account, document(row, 1)?))
}

fn find_one(db: &Connection, key: &Key) -> Result<Option<Document>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM documents WHERE account = ?1 AND kind = ?2 AND id = ?3"
    ))?;
    Ok(query
        .query_row(named(key), |row| document(row, 0))
        .optional()?)
}

fn named(key: &Key) -> [&str; 3] {
    [key.account.as_str(), key.kind.name(), &key.id]
}

fn generation(db: &Connection) -> Result<u64, StoreError> {
    let mut query = db.prepare_cached("SELECT value FROM generations WHERE name = 'callflows'")?;
    Ok(query.query_row([], |row| row.get(0))?)
}

impl Rows for Transaction<'_> {
    fn find(&mut self, key: &Key) -> Result<Option<Document>, StoreError> {
        find_one(self, key)
    }

    fn put(&mut self, key: &Key, document: &Document) -> Result<(), StoreError> {
        let text = Value::Object(document.body.clone()).to_string();
        let [account, kind, id] = named(key);
        self.prepare_cached(
            "INSERT OR REPLACE INTO documents
             (account, kind, id, revision, created, modified, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            account,
            kind,
            id,
            document.revision,
            document.created.0,
            document.modified.0,
            text
        ])?;
        Ok(())
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        let [account, kind, id] = named(key);
        let (from, to) = (format!("{id}/"), format!("{id}0"));
        for table in ["documents", "attachments"] {
            self.execute(
                &format!("DELETE FROM {table} WHERE account = ?1 AND kind = ?2 AND id = ?3"),
                [account, kind, id],
            )?;
            if let Some(owned) = key.kind.owns() {
                self.execute(
                    &format!(
                        "DELETE FROM {table}
                         WHERE account = ?1 AND kind = ?2 AND id >= ?3 AND id < ?4"
                    ),
                    [account, owned.name(), &from, &to],
                )?;
            }
        }
        Ok(())
    }

    fn attach(&mut self, key: &Key, attachment: Attachment) -> Result<(), StoreError> {
        let [account, kind, id] = named(key);
        self.prepare_cached(
            "INSERT OR REPLACE INTO attachments (account, kind, id, content_type, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            account,
            kind,
            id,
            attachment.content_type,
            attachment.bytes
        ])?;
        Ok(())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// No holder can leave a connection in the midst of something: a transaction
/// that is dropped is rolled back.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError::Broken(error.to_string())))
}
