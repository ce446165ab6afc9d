//! How long it takes at the start of a call to find the callflow of a number.
//!
//! `cargo bench --bench store`. The goal is under 1 ms with 10,000 callflows and
//! 2,000 patterns. With `--features postgres` and `PIVOT_TEST_POSTGRES`, the URL of
//! an empty database, also on Postgres.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures real time, and its clock is not virtual"
)]
#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run has nothing to say"
)]
#![expect(
    clippy::print_stdout,
    reason = "the figures are what this program is for"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::store::{Catalog, Change, Expected, Key, Numbers, Store, open};
use serde_json::{Value, json};

const CALLFLOWS: usize = 10_000;
const DEVICES: usize = 10_000;
const PATTERNS: usize = 2_000;
const ROUNDS: usize = 5_000;
const WRITES: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = std::env::temp_dir().join(pivot::id::sid("pivot-bench-"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = format!("sqlite:{}", folder.join("pivot.db").display());
    measure("memory", None).await;
    measure("SQLite", Some(&file)).await;
    #[cfg(feature = "postgres")]
    if let Ok(url) = std::env::var("PIVOT_TEST_POSTGRES") {
        measure("Postgres", Some(&url)).await;
    }
    std::fs::remove_dir_all(&folder).ok();
}

async fn measure(name: &str, url: Option<&str>) {
    println!("{name}: {CALLFLOWS} callflows, {PATTERNS} patterns");
    let store = open(url).await.expect("a store");
    let catalog = Catalog::open(Arc::clone(&store), Numbers::default());
    let catalog = catalog.await.expect("a catalog");
    let account = AccountId::parse(&"a".repeat(32)).expect("an account");
    let changes = (0..CALLFLOWS).map(|n| put(&account, n, "")).collect();
    let begun = Instant::now();
    catalog.write(changes).await.expect("it is written");
    println!(
        "  all written at once    {:>9.1} ms",
        milliseconds(begun.elapsed())
    );
    let devices = (0..DEVICES).map(|n| device(&account, n)).collect();
    catalog.write(devices).await.expect("they are written");
    read_anew(&store).await;
    read_again(&catalog, store).await;
    for (what, dialled) in [
        ("a number", "20005000"),
        ("a pattern, of 2,000", "*1999123"),
        ("no_match", "0301234567"),
        ("nothing, *99#", "*99#"),
    ] {
        let mut took = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let found = catalog.lookup(&account, dialled).await.expect("an answer");
            took.push(begun.elapsed());
            assert_eq!(found.is_none(), dialled == "*99#", "{dialled}");
        }
        tell(what, took);
    }
    let mut took = Vec::with_capacity(ROUNDS);
    for n in 0..ROUNDS {
        let name = format!("phone{n}");
        let begun = Instant::now();
        let found = catalog.devices_named(&account, &name).await;
        took.push(begun.elapsed());
        assert_eq!(found.expect("an answer").len(), 1, "{name}");
    }
    tell("a phone, of 10,000", took);
    let mut took = Vec::with_capacity(WRITES);
    for n in 0..WRITES {
        let changes = vec![put(&account, n * 7, "changed")];
        let begun = Instant::now();
        catalog.write(changes).await.expect("it is written");
        took.push(begun.elapsed());
    }
    tell("one callflow written", took);
}

/// After another process has written.
async fn read_again(catalog: &Catalog, store: Arc<dyn Store>) {
    let account = AccountId::parse(&"b".repeat(32)).expect("an account");
    let elsewhere = Catalog::open(store, Numbers::default()).await;
    let change = vec![put(&account, 1, "from elsewhere")];
    let written = elsewhere.expect("a catalog").write(change).await;
    written.expect("it is written");
    let begun = Instant::now();
    let found = catalog.lookup(&account, "20000001").await;
    assert!(found.expect("an answer").is_some());
    println!(
        "  looked up after another process wrote {:>9.1} ms",
        milliseconds(begun.elapsed())
    );
}

/// As at pivot's start.
async fn read_anew(store: &Arc<dyn Store>) {
    let begun = Instant::now();
    let catalog = Catalog::open(Arc::clone(store), Numbers::default()).await;
    catalog.expect("a catalog");
    println!(
        "  the index read anew    {:>9.1} ms",
        milliseconds(begun.elapsed())
    );
}

fn put(account: &AccountId, n: usize, name: &str) -> Change {
    let mut body = json!({
        "name": format!("callflow {n} {name}"),
        "numbers": [format!("2000{n:04}")],
        "flow": {"module": "menu", "data": {"id": format!("{n:032x}")}, "children": {
            "1": {"module": "user", "data": {"id": "u", "timeout": 20}, "children": {
                "_": {"module": "voicemail", "data": {"id": "v"}}}},
            "_": {"module": "play", "data": {"id": "goodbye"}},
        }},
    });
    if n < PATTERNS {
        body["patterns"] = json!([format!(r"^\*{n}(\d{{3,10}})$")]);
    }
    if n == CALLFLOWS - 1 {
        body["numbers"] = json!(["no_match"]);
    }
    let Value::Object(body) = body else {
        unreachable!("it is an object")
    };
    Change::Put {
        key: Key::new(account, Kind::Callflow, format!("{n:032x}")),
        body,
        expected: Expected::Anything,
    }
}

fn device(account: &AccountId, n: usize) -> Change {
    let body = json!({
        "name": format!("phone {n}"),
        "owner_id": format!("user{}", n / 2),
        "sip": {"username": format!("phone{n}")},
    });
    let Value::Object(body) = body else {
        unreachable!("it is an object")
    };
    Change::Put {
        key: Key::new(account, Kind::Device, format!("d{n:031x}")),
        body,
        expected: Expected::Anything,
    }
}

fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: f64| {
        let place = (took.len() as f64 * share) as usize;
        milliseconds(took[place.min(took.len() - 1)])
    };
    println!(
        "  {what:<22} {:>9.3} ms (median), {:.3} ms (99 %) of {}",
        at(0.5),
        at(0.99),
        took.len()
    );
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}
