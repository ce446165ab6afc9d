//! What is Postgres's alone: servers that go away, passwords, tables that are
//! there already.
//!
//! `PIVOT_TEST_POSTGRES` names the server; `make test` starts one of its own.

use std::sync::Arc;

use pivot::clock::Time;
use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::store::{Change, Expected, Key, PostgresStore, Store, StoreError};
use serde_json::Map;

/// Tables of a test's own, which go with it.
pub(crate) struct Schema {
    server: String,
    name: String,
}

impl Schema {
    pub(crate) fn new() -> Option<Self> {
        let Ok(server) = std::env::var("PIVOT_TEST_POSTGRES") else {
            eprintln!("skipped: PIVOT_TEST_POSTGRES is not set");
            return None;
        };
        let name = pivot::id::sid("test_");
        let schema = Self { server, name };
        schema.run(&format!("CREATE SCHEMA {}", schema.name));
        Some(schema)
    }

    pub(crate) fn url(&self) -> String {
        let Self { server, name } = self;
        let and = if server.contains('?') { '&' } else { '?' };
        format!("{server}{and}application_name={name}&options=-c%20search_path%3D{name}")
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresStore::open(&self.url()).await.unwrap())
    }

    /// Without TLS and without the store, on a thread that may wait.
    fn run(&self, sql: &str) {
        let server = self.server.split('?').next().unwrap_or_default().to_owned();
        let sql = sql.to_owned();
        let ran = std::thread::spawn(move || {
            postgres::Client::connect(&server, postgres::NoTls)?.batch_execute(&sql)
        });
        ran.join().unwrap().unwrap();
    }

    /// Ends all connections of this test, as a server that is restarted does.
    fn disconnect(&self) {
        let ours = format!(
            "FROM pg_stat_activity WHERE application_name = '{}'",
            self.name
        );
        self.run(&format!(
            "DO $$ BEGIN
                PERFORM pg_terminate_backend(pid) {ours};
                WHILE EXISTS (SELECT 1 {ours}) LOOP
                    PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                END LOOP;
            END $$"
        ));
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.run(&format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

fn account() -> AccountId {
    AccountId::parse(&"a".repeat(32)).unwrap()
}

fn put(id: &str) -> Vec<Change> {
    vec![Change::Put {
        key: Key::new(&account(), Kind::Callflow, id),
        body: Map::new(),
        expected: Expected::Nothing,
    }]
}

async fn refused(url: &str) -> String {
    let Err(error) = PostgresStore::open(url).await else {
        panic!("{url} can be opened");
    };
    error.to_string()
}

#[tokio::test]
async fn a_server_that_was_restarted_is_connected_to_again() {
    let Some(schema) = Schema::new() else { return };
    let store = schema.open().await;
    store.write(put("one"), Time(0)).await.unwrap();
    // Several idle connections, all of which die.
    let asked = (0..4).map(|_| store.generation());
    futures_util::future::try_join_all(asked).await.unwrap();
    schema.disconnect();
    assert_eq!(store.generation().await.unwrap(), 1);
    schema.disconnect();
    store.write(put("two"), Time(0)).await.unwrap();
    assert_eq!(store.generation().await.unwrap(), 2);
}

#[tokio::test]
async fn more_may_ask_at_once_than_there_are_connections() {
    let Some(schema) = Schema::new() else { return };
    let store = schema.open().await;
    let asked = (0..100).map(|_| store.generation());
    futures_util::future::try_join_all(asked).await.unwrap();
}

#[tokio::test]
async fn several_that_start_at_once_make_the_tables_once() {
    let Some(schema) = Schema::new() else { return };
    let opened = (0..6).map(|_| schema.open());
    let stores = futures_util::future::join_all(opened).await;
    stores[0].write(put("one"), Time(0)).await.unwrap();
    assert_eq!(stores[5].generation().await.unwrap(), 1);
}

#[tokio::test]
async fn tables_of_a_newer_pivot_are_left_alone() {
    let Some(schema) = Schema::new() else { return };
    schema.open().await;
    schema.run(&format!(
        "INSERT INTO {}.pivot_migrations VALUES (9999)",
        schema.name
    ));
    let error = refused(&schema.url()).await;
    assert!(error.contains("a newer pivot"), "{error}");
}

#[tokio::test]
async fn it_says_what_to_do_and_never_the_password() {
    let Some(schema) = Schema::new() else { return };
    let password = "pivot-test";
    let url = schema.url();
    for (url, expected) in [
        (
            url.replace(password, "wrong-secret"),
            "takes neither the user nor the password",
        ),
        (url.replace("/postgres?", "/nothing?"), "make the database"),
        (
            format!("postgres://pivot:{password}@127.0.0.1:1/postgres"),
            "does the server run",
        ),
        (
            url.split("&sslrootcert").next().unwrap().to_owned(),
            "sslrootcert=FILE",
        ),
    ] {
        let error = refused(&url).await;
        assert!(error.contains(expected), "{error}");
        assert!(
            !error.contains(password) && !error.contains("wrong-secret"),
            "{error}"
        );
        assert!(error.contains("127.0.0.1"), "{error}");
    }
}

#[tokio::test]
async fn an_id_that_postgres_cannot_hold_is_not_there_and_cannot_be_written() {
    let Some(schema) = Schema::new() else { return };
    let store = schema.open().await;
    let key = Key::new(&account(), Kind::Callflow, "a\0b");
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert_eq!(store.attachment(&key).await.unwrap(), None);
    assert!(store.find(Kind::Callflow, "a\0b").await.unwrap().is_empty());
    let written = store.write(put("a\0b"), Time(0)).await;
    assert!(matches!(written, Err(StoreError::Broken(_))), "{written:?}");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_asked_while_time_stands_still() {
    let Some(schema) = Schema::new() else { return };
    let store = schema.open().await;
    let asked = tokio::time::timeout(std::time::Duration::from_millis(1), store.generation());
    assert_eq!(asked.await.unwrap().unwrap(), 0);
}
