//! Voicemail and conferences of callflows on real calls: a message that is left is
//! heard by whoever knows the PIN, and two callers hear each other.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::path::PathBuf;
use std::time::Duration;

use pivot_lab::on_each_asterisk;
use pivot_lab::paths;
use pivot_lab::phone::Call;
use pivot_lab::stage::{Stage as Lab, ms};
use pivot_lab::webapp::Answer;
use serde_json::{Value, json};

const ACCOUNT: &str = "00112233445566778899aabbccddeeff";

/// A stage whose pivot keeps its stored things in a file of its own.
struct Stage {
    lab: Lab,
    store: PathBuf,
}

impl std::ops::Deref for Stage {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        &self.lab
    }
}

async fn stage(version: &str) -> Option<Stage> {
    let name = format!("store-{}.db", uuid::Uuid::new_v4().simple());
    let store = paths::build().join("pivot").join(name);
    std::fs::create_dir_all(store.parent().unwrap()).unwrap();
    let tables = format!(
        "[account]\nsid = \"AC{ACCOUNT}\"\n[store]\nurl = \"sqlite:{}\"\n",
        store.display()
    );
    let lab = Lab::with(version, |config| {
        let mut config = config.more(&tables);
        config.default.push_str("req_format = \"kazoo\"\n");
        config
    });
    Some(Stage {
        lab: lab.await.unwrap()?,
        store,
    })
}

impl Drop for Stage {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{end}", self.store.display())).ok();
        }
    }
}

impl Stage {
    fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(&self.store).unwrap();
        database.busy_timeout(Duration::from_secs(5)).unwrap();
        database
    }

    /// Stores a document as another process would.
    fn put(&self, kind: &str, id: &str, document: &Value) {
        let insert = "INSERT INTO documents VALUES (?1, ?2, ?3, 1, 0, 0, ?4)";
        let values = [ACCOUNT, kind, id, &document.to_string()];
        self.database().execute(insert, values).unwrap();
    }

    fn all(&self, kind: &str) -> Vec<Value> {
        let database = self.database();
        let mut select = database
            .prepare("SELECT body FROM documents WHERE kind = ?1 ORDER BY id")
            .unwrap();
        let bodies = select
            .query_map([kind], |row| row.get::<_, String>(0))
            .unwrap();
        bodies
            .map(|body| serde_json::from_str(&body.unwrap()).unwrap())
            .collect()
    }

    async fn runs(&self, module: &str, data: Value) -> Call {
        let node = json!({ "module": module, "data": data });
        let mut call = self.call_for(Answer::json(node.to_string())).await.unwrap();
        call.wait_answered().await.unwrap();
        call
    }
}

/// Waits until so much of a tone was heard.
async fn hears(s: &Stage, call: &Call, hertz: f64, length: Duration) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while call.heard_answered().mixed_tone_duration(hertz) < length {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{hertz} Hz is not heard\n{}",
            s.trace().await.unwrap()
        );
        tokio::time::sleep(ms(50)).await;
    }
}

/// Waits until pivot's timeline says this so often.
async fn says(s: &Stage, text: &str, times: usize) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
    loop {
        let trace = s.trace().await.unwrap();
        if trace.matches(text).count() >= times {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{times} × {text:?} did not come\n{trace}"
        );
        tokio::time::sleep(ms(100)).await;
    }
}

const ASKS: &str = "waits for keys";

on_each_asterisk! {
    a_message_is_left_and_heard_by_whoever_knows_the_pin => async |s: &Stage| {
        let mailbox = json!({ "name": "Bob", "mailbox": "4001", "pin": "1234", "is_setup": true, "media_extension": "mp3" });
        s.put("vmboxes", "box", &mailbox);
        let mut call = s.runs("voicemail", json!({ "id": "box" })).await;
        says(s, "RecordingStarted", 1).await;
        tokio::time::sleep(ms(300)).await;
        call.send_tone(600.0, ms(2500)).await.unwrap();
        call.press("#").await.unwrap();
        says(s, ASKS, 1).await;
        call.press("1").await.unwrap();
        s.over(&mut call).await.unwrap();
        let messages = s.all("messages");
        assert_eq!((messages.len(), &messages[0]["folder"]), (1, &json!("new")), "{}", s.trace().await.unwrap());
        let length = messages[0]["length"].as_u64().unwrap();
        assert!((2500..5000).contains(&length), "{length}");
        assert!(s.pivot.recordings().is_empty(), "{:?}", s.pivot.recordings());

        let mut call = s.runs("voicemail", json!({ "id": "box", "action": "check" })).await;
        says(s, ASKS, 1).await;
        call.press("4321#").await.unwrap();
        says(s, ASKS, 2).await;
        call.press("1234#").await.unwrap();
        says(s, ASKS, 3).await;
        call.press("1").await.unwrap();
        hears(s, &call, 600.0, ms(2000)).await;
        call.press("7").await.unwrap();
        says(s, ASKS, 4).await;
        call.press("#").await.unwrap();
        s.over(&mut call).await.unwrap();
        assert_eq!(s.all("messages")[0]["folder"], "deleted", "{}", s.trace().await.unwrap());
    };

    whoever_hangs_up_has_left_a_message => async |s: &Stage| {
        s.put("vmboxes", "box", &json!({ "name": "Bob", "mailbox": "4001", "skip_greeting": true, "skip_instructions": true }));
        let mut call = s.runs("voicemail", json!({ "id": "box" })).await;
        says(s, "RecordingStarted", 1).await;
        call.send_tone(600.0, ms(1500)).await.unwrap();
        call.hangup().await.unwrap();
        says(s, "message box/", 1).await;
        assert_eq!(s.all("messages").len(), 1);
        s.nothing_left().await.unwrap();
    };

    two_callers_hear_each_other_in_a_conference_with_a_pin => async |s: &Stage| {
        let room = json!({ "name": "Team", "member": { "pins": ["11"], "join_muted": false }, "play_entry_tone": false, "play_exit_tone": false });
        s.put("conferences", "team", &room);
        let data = json!({ "id": "team", "welcome_prompt": { "play": false } });
        let mut first = s.runs("conference", data.clone()).await;
        says(s, ASKS, 1).await;
        first.press("11#").await.unwrap();
        says(s, "/moh", 1).await;
        let mut second = s.runs("conference", data).await;
        says(s, ASKS, 1).await;
        second.press("11#").await.unwrap();
        says(s, "/addChannel", 1).await;
        tokio::time::sleep(ms(1000)).await;
        first.start_tone(700.0);
        second.start_tone(1100.0);
        hears(s, &first, 1100.0, ms(1500)).await;
        hears(s, &second, 700.0, ms(1500)).await;
        first.stop_sending();
        first.press("#").await.unwrap();
        first.wait_ended().await.unwrap();
        second.hangup().await.unwrap();
        s.nothing_left().await.unwrap();
    };
}
