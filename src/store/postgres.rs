//! Documents in a Postgres database: for several pivots at once, or where a shop
//! keeps its data there anyway (cargo feature `postgres`).
//!
//! It is asked as SQLite is, on threads for blocking work, so it too works in
//! virtual time. Writes to one account come one after the other, whichever
//! process they are from; reads wait for nobody.

mod address;
mod failure;
mod pool;
mod tls;

use std::sync::Arc;

use postgres::types::{ToSql, Type};
use postgres::{GenericClient, Row};
use serde_json::Value;

use super::apply::{Rows, apply};
use super::{
    AccountId, Answer, Attachment, Change, Document, Key, Store, StoreError, Written, read_body,
};
use crate::clock::Time;
use crate::objects::Kind;
use address::Address;
use pool::Pool;

/// Each is run once, in this order; how many have run is kept in the database.
/// Never change one that has been released: add another.
const MIGRATIONS: &[&str] = &[r#"
    CREATE TABLE pivot_documents (
        account text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        revision bigint NOT NULL,
        created bigint NOT NULL,
        modified bigint NOT NULL,
        body json NOT NULL,
        PRIMARY KEY (account, kind, id)
    );
    CREATE INDEX pivot_documents_by_kind ON pivot_documents (kind, id);
    CREATE TABLE pivot_attachments (
        account text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        content_type text NOT NULL,
        bytes bytea NOT NULL,
        PRIMARY KEY (account, kind, id)
    );
    CREATE TABLE pivot_generations (name text PRIMARY KEY, value bigint NOT NULL);
    INSERT INTO pivot_generations VALUES ('callflows', 0);
"#];

/// The advisory lock of those who migrate; each account has one of its own, with
/// two keys, which are never in the way of this one.
const MIGRATING: i64 = 0x70_6976_6f74;

/// Documents in a Postgres database.
#[derive(Clone)]
pub struct PostgresStore(Arc<Pool>);

impl PostgresStore {
    /// Connects, and brings the tables up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        let pool = Arc::new(Pool::new(address));
        pool.write(migrate).await?;
        Ok(Self(pool))
    }
}

impl Store for PostgresStore {
    fn get<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Document>> {
        let key = key.clone();
        Box::pin(self.0.read(move |db| find_one(db, &key)))
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
        Box::pin(self.0.read(move |db| {
            let found = db.query_typed(
                &format!(
                    "SELECT {COLUMNS} FROM pivot_documents
                     WHERE account = $1 AND kind = $2 AND id >= $3 AND id < $4 ORDER BY id"
                ),
                &texts(&[&account.as_str(), &kind.name(), &from, &to]),
            )?;
            found.iter().map(|row| document(row, 0)).collect()
        }))
    }

    fn everywhere(&self, kind: Kind) -> Answer<'_, Vec<(AccountId, Document)>> {
        Box::pin(self.0.read(move |db| {
            let found = db.query_typed(
                &format!(
                    "SELECT account, {COLUMNS} FROM pivot_documents
                     WHERE kind = $1 ORDER BY account, id"
                ),
                &texts(&[&kind.name()]),
            )?;
            found.iter().map(owned).collect()
        }))
    }

    fn find<'a>(&'a self, kind: Kind, id: &'a str) -> Answer<'a, Vec<(AccountId, Document)>> {
        let id = id.to_owned();
        Box::pin(self.0.read(move |db| {
            if impossible(&id) {
                return Ok(Vec::new());
            }
            let found = db.query_typed(
                &format!(
                    "SELECT account, {COLUMNS} FROM pivot_documents
                     WHERE kind = $1 AND id = $2 ORDER BY account"
                ),
                &texts(&[&kind.name(), &id]),
            )?;
            found.iter().map(owned).collect()
        }))
    }

    fn attachment<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Attachment>> {
        let key = key.clone();
        Box::pin(self.0.read(move |db| {
            if impossible(&key.id) {
                return Ok(None);
            }
            let found = db.query_typed_opt(
                "SELECT content_type, bytes FROM pivot_attachments
                 WHERE account = $1 AND kind = $2 AND id = $3",
                &texts(&[&key.account.as_str(), &key.kind.name(), &key.id]),
            )?;
            let Some(row) = found else { return Ok(None) };
            Ok(Some(Attachment {
                content_type: row.try_get(0)?,
                bytes: row.try_get(1)?,
            }))
        }))
    }

    fn write_at(
        &self,
        changes: Vec<Change>,
        now: Time,
        seen: Option<u64>,
    ) -> Answer<'_, Option<Written>> {
        Box::pin(self.0.write(move |db| {
            let mut write = db.transaction()?;
            lock(&mut write, &changes)?;
            let indexed = changes.iter().any(|c| c.key().kind.is_indexed());
            let mut generation = generation(&mut write, if indexed { "FOR UPDATE" } else { "" })?;
            if seen.is_some_and(|seen| seen != generation) {
                return Ok(None);
            }
            let documents = apply(&mut write, changes, now)?;
            if indexed {
                generation += 1;
                write.execute_typed("UPDATE pivot_generations SET value = value + 1", &[])?;
            }
            write.commit()?;
            Ok(Some(Written {
                documents,
                generation,
            }))
        }))
    }

    fn generation(&self) -> Answer<'_, u64> {
        Box::pin(self.0.read(|db| generation(db, "")))
    }
}

fn migrate(db: &mut postgres::Client) -> Result<(), StoreError> {
    let encoding: String = db.query_one("SHOW server_encoding", &[])?.try_get(0)?;
    if encoding != "UTF8" {
        return Err(StoreError::Broken(format!(
            "the database is encoded in {encoding}; make one in UTF8: \
             `createdb --encoding UTF8 --template template0 NAME`"
        )));
    }
    let mut write = db.transaction()?;
    write.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATING])?;
    write.batch_execute("CREATE TABLE IF NOT EXISTS pivot_migrations (done bigint NOT NULL)")?;
    let done: i64 = write
        .query_one("SELECT coalesce(max(done), 0) FROM pivot_migrations", &[])?
        .try_get(0)?;
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(StoreError::Broken(
            "the database was written by a newer pivot; run that one, or restore a backup made \
             before it"
                .into(),
        ));
    }
    for (position, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        write.batch_execute(migration)?;
        write.execute(
            "INSERT INTO pivot_migrations VALUES ($1)",
            &[&number(position + 1)],
        )?;
    }
    Ok(write.commit()?)
}

/// Waits for its turn to write to these accounts: what is not there yet has no
/// row that could be locked. In one order, so that no two wait for each other.
fn lock(db: &mut impl GenericClient, changes: &[Change]) -> Result<(), StoreError> {
    let mut accounts: Vec<_> = changes.iter().map(|c| c.key().account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts {
        db.execute_typed(
            "SELECT pg_advisory_xact_lock(hashtext('pivot'), hashtext($1))",
            &texts(&[&account]),
        )?;
    }
    Ok(())
}

const COLUMNS: &str = "id, revision, created, modified, body::text";

/// The document whose columns begin at this one.
fn document(row: &Row, first: usize) -> Result<Document, StoreError> {
    let body: String = row.try_get(first + 4)?;
    let id: String = row.try_get(first)?;
    let body = read_body(&body)
        .map_err(|error| StoreError::Broken(format!("the body of {id}: {error}")))?;
    Ok(Document {
        id,
        revision: row.try_get::<_, i64>(first + 1)?.unsigned_abs(),
        created: Time(row.try_get(first + 2)?),
        modified: Time(row.try_get(first + 3)?),
        body,
    })
}

fn owned(row: &Row) -> Result<(AccountId, Document), StoreError> {
    let account: String = row.try_get(0)?;
    let account = AccountId::parse(&account)
        .ok_or_else(|| StoreError::Broken(format!("{account:?} is no account")))?;
    Ok((account, document(row, 1)?))
}

fn find_one(db: &mut impl GenericClient, key: &Key) -> Result<Option<Document>, StoreError> {
    if impossible(&key.id) {
        return Ok(None);
    }
    let found = db.query_typed_opt(
        &format!(
            "SELECT {COLUMNS} FROM pivot_documents
             WHERE account = $1 AND kind = $2 AND id = $3"
        ),
        &texts(&[&key.account.as_str(), &key.kind.name(), &key.id]),
    )?;
    found.map(|row| document(&row, 0)).transpose()
}

/// Postgres has no text with this character in it, and so nothing of that id.
fn impossible(id: &str) -> bool {
    id.contains('\0')
}

fn generation(db: &mut impl GenericClient, lock: &str) -> Result<u64, StoreError> {
    let query = format!("SELECT value FROM pivot_generations WHERE name = 'callflows' {lock}");
    let row = db.query_typed_one(&query, &[])?;
    Ok(row.try_get::<_, i64>(0)?.unsigned_abs())
}

impl Rows for postgres::Transaction<'_> {
    fn find(&mut self, key: &Key) -> Result<Option<Document>, StoreError> {
        find_one(self, key)
    }

    fn put(&mut self, key: &Key, document: &Document) -> Result<(), StoreError> {
        let text = Value::Object(document.body.clone()).to_string();
        self.execute_typed(
            "INSERT INTO pivot_documents
             (account, kind, id, revision, created, modified, body)
             VALUES ($1, $2, $3, $5, $6, $7, $4::json)
             ON CONFLICT (account, kind, id) DO UPDATE SET
             revision = $5, created = $6, modified = $7, body = $4::json",
            &[
                (&key.account.as_str(), Type::TEXT),
                (&key.kind.name(), Type::TEXT),
                (&key.id, Type::TEXT),
                (&text, Type::TEXT),
                (&number(document.revision), Type::INT8),
                (&document.created.0, Type::INT8),
                (&document.modified.0, Type::INT8),
            ],
        )?;
        Ok(())
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        let (from, to) = (format!("{}/", key.id), format!("{}0", key.id));
        let owned = key.kind.owns().map_or("", Kind::name);
        for table in ["pivot_documents", "pivot_attachments"] {
            self.execute_typed(
                &format!(
                    "DELETE FROM {table} WHERE account = $1 AND
                     (kind = $2 AND id = $3 OR kind = $4 AND id >= $5 AND id < $6)"
                ),
                &texts(&[
                    &key.account.as_str(),
                    &key.kind.name(),
                    &key.id,
                    &owned,
                    &from,
                    &to,
                ]),
            )?;
        }
        Ok(())
    }

    fn attach(&mut self, key: &Key, attachment: Attachment) -> Result<(), StoreError> {
        self.execute_typed(
            "INSERT INTO pivot_attachments (account, kind, id, content_type, bytes)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account, kind, id) DO UPDATE SET content_type = $4, bytes = $5",
            &[
                (&key.account.as_str(), Type::TEXT),
                (&key.kind.name(), Type::TEXT),
                (&key.id, Type::TEXT),
                (&attachment.content_type, Type::TEXT),
                (&attachment.bytes, Type::BYTEA),
            ],
        )?;
        Ok(())
    }
}

/// Parameters that are all text.
fn texts<'a>(values: &[&'a (dyn ToSql + Sync)]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (*value, Type::TEXT)).collect()
}

/// Counts stay far below what does not fit.
fn number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
