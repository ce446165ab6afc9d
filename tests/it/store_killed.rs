//! A pivot that is killed while it writes: what was answered stays, and nothing
//! is there in part.
//!
//! The test starts itself as another process, which writes as fast as it can and
//! says on stderr what has been answered.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::store::{Attachment, Catalog, Change, Expected, Key, Numbers, SqliteStore};
use serde_json::{Map, Value, json};

use crate::support::Folder;

const KILLS: usize = 50;
const NAME: &str = "store_killed::what_was_answered_before_a_kill_is_there_whole";
/// The file, for the process that is to be killed.
const FILE: &str = "PIVOT_TEST_KILLED_FILE";
/// What its ids begin with.
const ROUND: &str = "PIVOT_TEST_KILLED_ROUND";

#[tokio::test]
async fn what_was_answered_before_a_kill_is_there_whole() {
    if let Some(file) = std::env::var_os(FILE) {
        return write_until_killed(Path::new(&file)).await;
    }
    let folder = Folder::new();
    let file = folder.0.join("pivot.db");
    let mut answered = BTreeSet::new();
    for round in 0..KILLS {
        let told = killed_while_writing(&file, round);
        assert!(!told.is_empty(), "nothing was answered in round {round}");
        answered.extend(told);
        let there = whole(&file).await;
        let lost: Vec<_> = answered.difference(&there).collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?}");
        // At most one write of each round was under way.
        assert!(there.len() <= answered.len() + round + 1);
    }
}

/// Starts the writer, kills it once some of its writes are answered, and gives
/// the ids of those.
fn killed_while_writing(file: &Path, round: usize) -> Vec<String> {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(FILE, file)
        .env(ROUND, round.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stderr.take().unwrap()).lines();
    let mut answered = Vec::new();
    while answered.len() < 1 + round % 5 {
        let line = lines
            .next()
            .expect("the writer has ended by itself")
            .unwrap();
        answered.extend(line.strip_prefix("answered ").map(str::to_owned));
    }
    // Each round at another moment of a write.
    let moment = u64::try_from(round).unwrap() * 397 % 9000;
    #[expect(clippy::disallowed_methods, reason = "another process does the work")]
    std::thread::sleep(Duration::from_micros(moment));
    writer.kill().unwrap();
    let status = writer.wait().unwrap();
    assert_eq!(status.code(), None, "it was not killed: {status}");
    let rest = lines.map_while(Result::ok);
    answered.extend(rest.filter_map(|line| line.strip_prefix("answered ").map(str::to_owned)));
    answered
}

async fn write_until_killed(file: &Path) {
    let catalog = catalog(file).await;
    let round = std::env::var(ROUND).unwrap();
    for number in 0.. {
        let id = format!("{round}-{number}");
        let put = |kind| Change::Put {
            key: Key::new(&account(), kind, id.as_str()),
            body: body(&id),
            expected: Expected::Nothing,
        };
        let attach = Change::Attach {
            key: Key::new(&account(), Kind::Media, id.as_str()),
            attachment: sound(&id),
        };
        let changes = vec![put(Kind::Callflow), put(Kind::Media), attach];
        catalog.write(changes).await.unwrap();
        let line = format!("answered {id}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

/// The ids of all writes in the file, each of which must be there as a whole.
async fn whole(file: &Path) -> BTreeSet<String> {
    let db = rusqlite::Connection::open(file).unwrap();
    let sound_file: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound_file, "ok");
    let catalog = catalog(file).await;
    let callflows = catalog.list(&account(), Kind::Callflow).await.unwrap();
    let media = catalog.list(&account(), Kind::Media).await.unwrap();
    assert_eq!(callflows.len(), media.len());
    for document in callflows.iter().chain(&media) {
        assert_eq!(document.body, body(&document.id), "{}", document.id);
        let account = account();
        let attached = catalog.attachment(&account, Kind::Media, &document.id);
        assert_eq!(attached.await.unwrap(), Some(sound(&document.id)));
    }
    let ids = callflows.into_iter().map(|document| document.id);
    ids.collect()
}

async fn catalog(file: &Path) -> Catalog {
    let store = SqliteStore::open(file.to_owned()).await.unwrap();
    Catalog::open(Arc::new(store), Numbers::default())
        .await
        .unwrap()
}

fn account() -> AccountId {
    AccountId::parse(&"a".repeat(32)).unwrap()
}

fn body(id: &str) -> Map<String, Value> {
    let text = id.repeat(1000);
    let body =
        json!({"name": id, "numbers": [id], "flow": {"module": "tts", "data": {"text": text}}});
    body.as_object().unwrap().clone()
}

fn sound(id: &str) -> Attachment {
    Attachment {
        content_type: "audio/wav".into(),
        bytes: id.repeat(5000).into_bytes(),
    }
}
