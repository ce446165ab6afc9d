//! A lookup that reads the index anew while this process writes.

use std::sync::{Arc, Mutex};

use pivot::clock::Time;
use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::store::{
    Answer, Attachment, Catalog, Change, Document, Expected, Key, MemoryStore, Numbers, Store,
    Written,
};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

/// A store whose next answer to a question comes when the test lets it.
#[derive(Default)]
struct Slow {
    inner: MemoryStore,
    listing: Gate,
    writing: Gate,
}

#[derive(Default)]
struct Gate(Mutex<Option<oneshot::Receiver<()>>>);

impl Gate {
    /// The next answer waits until what is returned is used.
    fn shut(&self) -> oneshot::Sender<()> {
        let (open, shut) = oneshot::channel();
        *self.0.lock().unwrap() = Some(shut);
        open
    }

    async fn pass(&self) {
        let shut = self.0.lock().unwrap().take();
        if let Some(shut) = shut {
            shut.await.ok();
        }
    }
}

impl Store for Slow {
    fn get<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Document>> {
        self.inner.get(key)
    }

    fn list<'a>(
        &'a self,
        account: &'a AccountId,
        kind: Kind,
        under: Option<&'a str>,
    ) -> Answer<'a, Vec<Document>> {
        self.inner.list(account, kind, under)
    }

    fn everywhere(&self, kind: Kind) -> Answer<'_, Vec<(AccountId, Document)>> {
        Box::pin(async move {
            let read = self.inner.everywhere(kind).await;
            self.listing.pass().await;
            read
        })
    }

    fn find<'a>(&'a self, kind: Kind, id: &'a str) -> Answer<'a, Vec<(AccountId, Document)>> {
        self.inner.find(kind, id)
    }

    fn attachment<'a>(&'a self, key: &'a Key) -> Answer<'a, Option<Attachment>> {
        self.inner.attachment(key)
    }

    fn write_at(
        &self,
        changes: Vec<Change>,
        now: Time,
        seen: Option<u64>,
    ) -> Answer<'_, Option<Written>> {
        Box::pin(async move {
            let written = self.inner.write_at(changes, now, seen).await;
            self.writing.pass().await;
            written
        })
    }

    fn generation(&self) -> Answer<'_, u64> {
        self.inner.generation()
    }
}

fn callflow(number: &str) -> Map<String, Value> {
    json!({"numbers": [number]}).as_object().unwrap().clone()
}

#[tokio::test]
async fn a_slow_lookup_does_not_take_back_what_was_written_meanwhile() {
    let store = Arc::new(Slow::default());
    let catalog = Catalog::open(store.clone(), Numbers::default()).await;
    let catalog = Arc::new(catalog.unwrap());
    let account = AccountId::parse(&"a".repeat(32)).unwrap();
    let put = |number: &'static str| {
        let (catalog, account) = (catalog.clone(), account.clone());
        async move {
            let any = Expected::Anything;
            let body = callflow(number);
            catalog
                .put(&account, Kind::Callflow, number, body, any)
                .await
        }
    };
    // Another process writes, so that the next lookup reads anew; it is slow.
    let key = Key::new(&account, Kind::Callflow, "100");
    let elsewhere = Change::Put {
        key,
        body: callflow("100"),
        expected: Expected::Anything,
    };
    store.inner.write(vec![elsewhere], Time(0)).await.unwrap();
    let listed = store.listing.shut();
    let lookup = tokio::spawn({
        let (catalog, account) = (catalog.clone(), account.clone());
        async move { catalog.lookup(&account, "100").await }
    });
    while store.listing.0.lock().unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    // This process writes twice; the second is written when the lookup ends.
    put("200").await.unwrap();
    let written = store.writing.shut();
    let second = tokio::spawn(put("300"));
    while store.writing.0.lock().unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    listed.send(()).unwrap();
    assert!(lookup.await.unwrap().unwrap().is_some());
    written.send(()).unwrap();
    second.await.unwrap().unwrap();
    for number in ["100", "200", "300"] {
        let found = catalog.lookup(&account, number).await.unwrap();
        assert!(found.is_some(), "{number}");
    }
}
