//! The same tests on every store: a document is there when the write is
//! answered, a write is whole or not at all.

use std::sync::Arc;

use pivot::clock::Time;
use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::store::{
    Attachment, Catalog, Change, Expected, Key, MemoryStore, Numbers, SqliteStore, Store,
    StoreError,
};
use serde_json::{Map, Value, json};

use crate::support::Folder;

/// Runs a test on each store there is; on Postgres where `PIVOT_TEST_POSTGRES`
/// names one, as `make test` does.
async fn each<F: Future<Output = ()>>(test: impl Fn(Arc<dyn Store>) -> F) {
    test(Arc::new(MemoryStore::default())).await;
    let folder = Folder::new();
    test(sqlite(&folder).await).await;
    #[cfg(feature = "postgres")]
    if let Some(schema) = crate::store_postgres::Schema::new() {
        test(schema.open().await).await;
    }
}

/// Runs a test on two stores that have the same documents, as two processes do.
async fn each_twice<F: Future<Output = ()>>(test: impl Fn(Arc<dyn Store>, Arc<dyn Store>) -> F) {
    let folder = Folder::new();
    test(sqlite(&folder).await, sqlite(&folder).await).await;
    #[cfg(feature = "postgres")]
    if let Some(schema) = crate::store_postgres::Schema::new() {
        test(schema.open().await, schema.open().await).await;
    }
}

async fn sqlite(folder: &Folder) -> Arc<dyn Store> {
    let file = folder.0.join("pivot.db");
    Arc::new(SqliteStore::open(file).await.unwrap())
}

fn account(digit: &str) -> AccountId {
    AccountId::parse(&digit.repeat(32)).unwrap()
}

fn body(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn put(account: &AccountId, kind: Kind, id: &str, value: Value) -> Change {
    expecting(account, kind, id, value, Expected::Anything)
}

fn expecting(
    account: &AccountId,
    kind: Kind,
    id: &str,
    value: Value,
    expected: Expected,
) -> Change {
    Change::Put {
        key: Key::new(account, kind, id),
        body: body(value),
        expected,
    }
}

fn delete(account: &AccountId, kind: Kind, id: &str) -> Change {
    Change::Delete {
        key: Key::new(account, kind, id),
        expected: Expected::Anything,
    }
}

#[tokio::test]
async fn a_document_is_read_as_it_was_written_and_counts_its_writes() {
    each(|store| async move {
        let (a, key) = (account("a"), Key::new(&account("a"), Kind::Menu, "m"));
        let first = json!({"name": "Main – ü", "retries": 2, "x": [1, {"y": null}]});
        let written = store
            .write(vec![put(&a, Kind::Menu, "m", first.clone())], Time(1000))
            .await
            .unwrap();
        let document = store.get(&key).await.unwrap().unwrap();
        assert_eq!(written.documents, [Some(document.clone())]);
        assert_eq!(Value::Object(document.body), first);
        assert_eq!(
            (document.revision, document.created, document.modified),
            (1, Time(1000), Time(1000))
        );
        store
            .write(vec![put(&a, Kind::Menu, "m", json!({}))], Time(2000))
            .await
            .unwrap();
        let document = store.get(&key).await.unwrap().unwrap();
        assert_eq!(
            (document.revision, document.created, document.modified),
            (2, Time(1000), Time(2000))
        );
        assert!(document.body.is_empty());
    })
    .await;
}

#[tokio::test]
async fn kinds_and_accounts_are_kept_apart_and_lists_are_ordered_by_id() {
    each(|store| async move {
        let (a, b) = (account("a"), account("b"));
        let changes = vec![
            put(&a, Kind::Menu, "2", json!({})),
            put(&a, Kind::Menu, "1", json!({})),
            put(&a, Kind::Device, "1", json!({})),
            put(&b, Kind::Menu, "1", json!({"b": true})),
        ];
        store.write(changes, Time(0)).await.unwrap();
        let ids = |documents: Vec<pivot::store::Document>| -> Vec<String> {
            documents.into_iter().map(|document| document.id).collect()
        };
        assert_eq!(
            ids(store.list(&a, Kind::Menu, None).await.unwrap()),
            ["1", "2"]
        );
        assert_eq!(ids(store.list(&b, Kind::Menu, None).await.unwrap()), ["1"]);
        assert!(store.list(&b, Kind::Device, None).await.unwrap().is_empty());
        let everywhere = store.everywhere(Kind::Menu).await.unwrap();
        assert_eq!(everywhere.len(), 3);
        let found = store.find(Kind::Menu, "1").await.unwrap();
        let owners: Vec<_> = found.into_iter().map(|(owner, _)| owner).collect();
        assert_eq!(owners, [a, b]);
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_a_document_is_listed_under_it_and_goes_with_it() {
    each(|store| async move {
        let a = account("a");
        let attached = Key::new(&a, Kind::Message, "box/1");
        let changes = vec![
            put(&a, Kind::Vmbox, "box", json!({})),
            put(&a, Kind::Vmbox, "box2", json!({})),
            put(&a, Kind::Message, "box/1", json!({})),
            put(&a, Kind::Message, "box/2", json!({})),
            put(&a, Kind::Message, "box2/1", json!({})),
            Change::Attach {
                key: attached.clone(),
                attachment: Attachment {
                    content_type: "audio/wav".into(),
                    bytes: vec![0, 255, 1],
                },
            },
        ];
        store.write(changes, Time(0)).await.unwrap();
        let under = |owner| store.list(&a, Kind::Message, Some(owner));
        assert_eq!(under("box").await.unwrap().len(), 2);
        let sound = store.attachment(&attached).await.unwrap().unwrap();
        assert_eq!(
            (sound.content_type.as_str(), &sound.bytes[..]),
            ("audio/wav", &[0, 255, 1][..])
        );
        let gone = store
            .write(vec![delete(&a, Kind::Vmbox, "box")], Time(0))
            .await
            .unwrap();
        assert_eq!(gone.documents[0].as_ref().unwrap().id, "box");
        assert!(under("box").await.unwrap().is_empty());
        assert_eq!(store.attachment(&attached).await.unwrap(), None);
        assert_eq!(under("box2").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_write_that_expects_something_else_changes_nothing_at_all() {
    each(|store| async move {
        let a = account("a");
        store
            .write(vec![put(&a, Kind::Menu, "m", json!({}))], Time(0))
            .await
            .unwrap();
        for expected in [Expected::Nothing, Expected::Revision(2)] {
            let changes = vec![
                put(&a, Kind::Menu, "other", json!({})),
                expecting(&a, Kind::Menu, "m", json!({}), expected),
            ];
            let refused = store.write(changes, Time(0)).await.unwrap_err();
            assert!(
                matches!(refused, StoreError::Conflict { .. }),
                "{refused:?}"
            );
        }
        let other = Key::new(&a, Kind::Menu, "other");
        assert_eq!(store.get(&other).await.unwrap(), None);
        let right = expecting(&a, Kind::Menu, "m", json!({}), Expected::Revision(1));
        store.write(vec![right], Time(0)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nothing_is_attached_to_what_is_not_there() {
    each(|store| async move {
        let change = Change::Attach {
            key: Key::new(&account("a"), Kind::Media, "none"),
            attachment: Attachment {
                content_type: "audio/wav".into(),
                bytes: Vec::new(),
            },
        };
        let refused = store.write(vec![change], Time(0)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Missing { .. }), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn the_generation_grows_with_callflows_and_devices_only() {
    each(|store| async move {
        let a = account("a");
        let before = store.generation().await.unwrap();
        for (kind, grown) in [
            (Kind::Menu, 0),
            (Kind::Callflow, 1),
            (Kind::Device, 2),
            (Kind::User, 2),
        ] {
            let change = put(&a, kind, "one", json!({}));
            let written = store.write(vec![change], Time(0)).await.unwrap();
            assert_eq!(written.generation, before + grown, "{kind:?}");
            assert_eq!(store.generation().await.unwrap(), before + grown);
        }
    })
    .await;
}

#[tokio::test]
async fn phones_are_found_by_their_name_and_by_their_people() {
    each(|store| async move {
        let here = Catalog::open(store.clone(), Numbers::default())
            .await
            .unwrap();
        let elsewhere = Catalog::open(store, Numbers::default()).await.unwrap();
        let (a, b) = (account("a"), account("b"));
        let any = Expected::Anything;
        let device = body(json!({"owner_id": "ann", "sip": {"username": "alice"}}));
        here.put(&a, Kind::Device, "d1", device, any).await.unwrap();
        for catalog in [&here, &elsewhere] {
            assert_eq!(catalog.devices_named(&a, "alice").await.unwrap(), ["d1"]);
            assert_eq!(catalog.devices_of(&a, "ann").await.unwrap(), ["d1"]);
            assert!(catalog.devices_of(&b, "ann").await.unwrap().is_empty());
        }
        elsewhere.delete(&a, Kind::Device, "d1", any).await.unwrap();
        for catalog in [&here, &elsewhere] {
            assert!(catalog.devices_named(&a, "alice").await.unwrap().is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_belongs_to_one_callflow_of_an_account() {
    each(|store| async move {
        let catalog = Catalog::open(store, Numbers::default()).await.unwrap();
        let (a, b) = (account("a"), account("b"));
        let numbers = || body(json!({"numbers": ["2030"], "patterns": ["^9"]}));
        let put = |account: AccountId, id: &'static str| {
            let catalog = &catalog;
            async move {
                let any = Expected::Anything;
                catalog
                    .put(&account, Kind::Callflow, id, numbers(), any)
                    .await
            }
        };
        put(a.clone(), "one").await.unwrap();
        let refused = put(a.clone(), "two").await.unwrap_err();
        assert_eq!(refused.to_string(), "numbers 2030 is taken by callflow one");
        put(a.clone(), "one").await.unwrap();
        put(b.clone(), "three").await.unwrap();
        let found = |account: AccountId| {
            let catalog = &catalog;
            async move {
                catalog
                    .lookup(&account, "2030")
                    .await
                    .unwrap()
                    .unwrap()
                    .callflow
            }
        };
        assert_eq!(found(a.clone()).await, "one");
        assert_eq!(found(b).await, "three");
        catalog
            .delete(&a, Kind::Callflow, "one", Expected::Anything)
            .await
            .unwrap();
        assert_eq!(catalog.lookup(&a, "2030").await.unwrap(), None);
        put(a.clone(), "two").await.unwrap();
        assert_eq!(found(a).await, "two");
    })
    .await;
}

#[tokio::test]
async fn what_another_process_writes_holds_for_the_next_call() {
    each_twice(|ours, theirs| async move {
        let catalog = Catalog::open(ours, Numbers::default()).await.unwrap();
        let a = account("a");
        let change = put(&a, Kind::Callflow, "c", json!({"numbers": ["1"]}));
        theirs.write(vec![change], Time(0)).await.unwrap();
        let found = catalog.lookup(&a, "1").await.unwrap().unwrap();
        assert_eq!(found.callflow, "c");
    })
    .await;
}

#[tokio::test]
async fn a_number_goes_to_one_of_two_processes_that_want_it_at_once() {
    each_twice(|ours, theirs| async move {
        let a = account("a");
        let mut wanting = Vec::new();
        for (process, store) in [ours.clone(), theirs].into_iter().enumerate() {
            let catalog = Catalog::open(store, Numbers::default()).await.unwrap();
            let a = a.clone();
            wanting.push(tokio::spawn(async move {
                let mut taken = Vec::new();
                for number in 0..15 {
                    let id = format!("{process}-{number}");
                    let flow = body(json!({"numbers": [number.to_string()]}));
                    let any = Expected::Anything;
                    match catalog.put(&a, Kind::Callflow, &id, flow, any).await {
                        Ok(_) => taken.push(number),
                        Err(StoreError::NumberTaken(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                taken
            }));
        }
        let mut taken = Vec::new();
        for one in wanting {
            taken.extend(one.await.unwrap());
        }
        taken.sort_unstable();
        assert_eq!(taken, (0..15).collect::<Vec<_>>());
        let kept = ours.list(&a, Kind::Callflow, None).await.unwrap();
        assert_eq!(kept.len(), 15);
        assert_eq!(ours.generation().await.unwrap(), 15);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_when_two_processes_write_to_the_same_document() {
    each_twice(|ours, theirs| async move {
        let a = account("a");
        let start = vec![put(&a, Kind::Menu, "m", json!({"n": 0}))];
        ours.write(start, Time(0)).await.unwrap();
        let mut adding = Vec::new();
        for store in [ours.clone(), theirs] {
            let catalog = Arc::new(Catalog::open(store, Numbers::default()).await.unwrap());
            for _ in 0..10 {
                let (catalog, a) = (catalog.clone(), a.clone());
                adding.push(tokio::spawn(async move {
                    let add = |body: &mut Map<String, Value>| {
                        body["n"] = (body["n"].as_u64().unwrap() + 1).into();
                    };
                    catalog.update(&a, Kind::Menu, "m", add).await.unwrap();
                }));
            }
        }
        for one in adding {
            one.await.unwrap();
        }
        let key = Key::new(&a, Kind::Menu, "m");
        let document = ours.get(&key).await.unwrap().unwrap();
        assert_eq!((&document.body["n"], document.revision), (&json!(20), 21));
    })
    .await;
}

#[tokio::test]
async fn one_of_two_that_make_the_same_new_document_is_refused() {
    each_twice(|ours, theirs| async move {
        let a = account("a");
        for id in 0..10 {
            let new = |from: &str| {
                let id = id.to_string();
                let change = expecting(
                    &a,
                    Kind::Menu,
                    &id,
                    json!({"from": from}),
                    Expected::Nothing,
                );
                vec![change]
            };
            let (one, other) = tokio::join!(
                ours.write(new("us"), Time(0)),
                theirs.write(new("them"), Time(0))
            );
            let refused = one.err().or(other.err()).expect("both have made it");
            assert!(
                matches!(refused, StoreError::Conflict { .. }),
                "{refused:?}"
            );
        }
        assert_eq!(ours.list(&a, Kind::Menu, None).await.unwrap().len(), 10);
    })
    .await;
}

#[tokio::test]
async fn a_write_that_has_seen_another_generation_is_not_carried_out() {
    each(|store| async move {
        let a = account("a");
        let write = |id: &str, seen| {
            let changes = vec![put(&a, Kind::Callflow, id, json!({}))];
            store.write_at(changes, Time(0), Some(seen))
        };
        let before = store.generation().await.unwrap();
        assert!(write("one", before).await.unwrap().is_some());
        assert!(write("two", before).await.unwrap().is_none());
        let key = Key::new(&a, Kind::Callflow, "two");
        assert_eq!(store.get(&key).await.unwrap(), None);
        assert_eq!(store.generation().await.unwrap(), before + 1);
    })
    .await;
}

#[tokio::test]
async fn a_number_can_move_from_one_callflow_to_another_by_one_write() {
    each(|store| async move {
        let catalog = Catalog::open(store, Numbers::default()).await.unwrap();
        let a = account("a");
        let flow =
            |id: &str, number: &str| put(&a, Kind::Callflow, id, json!({"numbers": [number]}));
        catalog
            .write(vec![flow("one", "1"), flow("two", "2")])
            .await
            .unwrap();
        catalog
            .write(vec![flow("one", "2"), flow("two", "1")])
            .await
            .unwrap();
        let found = catalog.lookup(&a, "1").await.unwrap().unwrap();
        assert_eq!(found.callflow, "two");
        let twice = catalog
            .write(vec![flow("one", "3"), flow("two", "3")])
            .await;
        assert!(
            matches!(twice, Err(StoreError::NumberTaken(_))),
            "{twice:?}"
        );
        let found = catalog.lookup(&a, "2").await.unwrap().unwrap();
        assert_eq!(found.callflow, "one");
    })
    .await;
}

/// The copy of docs/store.md.
#[tokio::test]
async fn a_copy_made_while_pivot_writes_is_whole() {
    let folder = Folder::new();
    let store = sqlite(&folder).await;
    let a = account("a");
    let pair = |n: usize| {
        let both = [Kind::Menu, Kind::Device];
        both.map(|kind| put(&a, kind, &n.to_string(), json!({"n": n})))
            .to_vec()
    };
    for n in 0..20 {
        store.write(pair(n), Time(0)).await.unwrap();
    }
    let (file, copy) = (folder.0.join("pivot.db"), folder.0.join("copy.db"));
    let target = copy.display().to_string();
    let copying = tokio::task::spawn_blocking(move || {
        let db = rusqlite::Connection::open(file).unwrap();
        db.execute("VACUUM INTO ?1", [target]).unwrap();
    });
    let mut n = 20;
    while !copying.is_finished() {
        store.write(pair(n), Time(0)).await.unwrap();
        n += 1;
    }
    copying.await.unwrap();
    let copied = SqliteStore::open(copy).await.unwrap();
    let menus = copied.list(&a, Kind::Menu, None).await.unwrap();
    let devices = copied.list(&a, Kind::Device, None).await.unwrap();
    assert!((20..=n).contains(&menus.len()), "{} of {n}", menus.len());
    assert_eq!(menus, devices);
}

#[tokio::test]
async fn an_update_is_repeated_when_somebody_else_was_first() {
    each(|store| async move {
        let catalog = Arc::new(Catalog::open(store, Numbers::default()).await.unwrap());
        let a = account("a");
        let start = body(json!({"n": 0}));
        catalog
            .put(&a, Kind::Menu, "m", start, Expected::Nothing)
            .await
            .unwrap();
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (catalog, a) = (catalog.clone(), a.clone());
                tokio::spawn(async move {
                    let add = |body: &mut Map<String, Value>| {
                        body["n"] = (body["n"].as_u64().unwrap() + 1).into();
                    };
                    catalog.update(&a, Kind::Menu, "m", add).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let document = catalog.get(&a, Kind::Menu, "m").await.unwrap().unwrap();
        assert_eq!(document.body["n"], 20);
    })
    .await;
}
