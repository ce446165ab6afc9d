//! A daemon that is killed while its API is written to: what it has answered 201 to
//! is there whole when it is started again.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::store::{Catalog, Numbers, SqliteStore};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::support::Folder;

const KILLS: u64 = 50;
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn nothing_is_lost_that_the_api_has_answered_before_a_kill() {
    let folder = Folder::new();
    let mut answered = BTreeMap::new();
    for round in 0..KILLS {
        let (mut daemon, url) = start(&folder).await;
        let (first, begun) = oneshot::channel();
        let writing = tokio::spawn(write(url, round, first));
        // Each round at another moment, however slow the machine is.
        begun.await.unwrap();
        tokio::time::sleep(Duration::from_micros(round * 1_397 % 60_000)).await;
        daemon.start_kill().unwrap();
        daemon.wait().await.unwrap();
        let told = writing.await.unwrap();
        answered.extend(told);
        whole(&folder, &answered).await;
    }
    assert!(
        answered.len() as u64 >= KILLS,
        "only {} were answered",
        answered.len()
    );
}

/// Starts the daemon and waits until it listens. There is no Asterisk.
async fn start(folder: &Folder) -> (Child, String) {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = format!(
        "[ari]\nurl = 'http://127.0.0.1:1'\nusername = 'u'\npassword = 'p'\n\
         [http]\nlisten = '{port}'\n[account]\nsid = 'AC{ACCOUNT}'\nauth_token = 'secret'\n\
         [store]\nurl = 'sqlite:pivot.db'\n[default]\nvoice_url = 'http://127.0.0.1:1/'\n"
    );
    std::fs::write(folder.0.join("pivot.toml"), config).unwrap();
    let daemon = Command::new(env!("CARGO_BIN_EXE_pivot"))
        .args(["run", "--config", "pivot.toml"])
        .current_dir(&folder.0)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let url = format!("http://{port}");
    let client = client();
    for _ in 0..500 {
        if client.get(format!("{url}/healthz")).send().await.is_ok() {
            return (daemon, url);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the daemon does not listen");
}

/// Creates callflows until nobody answers any more; gives those that were answered. Tells
/// when the first one was.
async fn write(url: String, round: u64, first: oneshot::Sender<()>) -> BTreeMap<String, Value> {
    let client = client();
    let mut first = Some(first);
    let mut answered = BTreeMap::new();
    for number in 0.. {
        let document = json!({
            "name": format!("{round}-{number}"),
            "numbers": [format!("{round}-{number}")],
            "flow": {"module": "tts", "data": {"text": "whole ".repeat(100)}},
        });
        let put = client
            .put(format!("{url}/v2/accounts/{ACCOUNT}/callflows"))
            .header("x-auth-token", "secret")
            .json(&json!({ "data": document }));
        let Ok(answer) = put.send().await else {
            break;
        };
        let status = answer.status();
        let Ok(body) = answer.json::<Value>().await else {
            // The status came, so it had been answered, but the id is lost.
            break;
        };
        assert_eq!(status, 201, "{body}");
        let id = body["data"]["id"].as_str().unwrap();
        answered.insert(id.to_owned(), document);
        if let Some(first) = first.take() {
            first.send(()).unwrap();
        }
    }
    answered
}

async fn whole(folder: &Folder, answered: &BTreeMap<String, Value>) {
    let store = SqliteStore::open(folder.0.join("pivot.db")).await.unwrap();
    let catalog = Catalog::open(Arc::new(store), Numbers::default())
        .await
        .unwrap();
    let account = AccountId::parse(ACCOUNT).unwrap();
    let there = catalog.list(&account, Kind::Callflow).await.unwrap();
    let there: BTreeMap<_, _> = there.into_iter().map(|d| (d.id, d.body)).collect();
    for (id, document) in answered {
        let body = there.get(id).unwrap_or_else(|| panic!("{id} is lost"));
        for key in ["name", "numbers"] {
            assert_eq!(body[key], document[key], "{id}");
        }
        assert_eq!(
            body["flow"]["data"]["text"],
            document["flow"]["data"]["text"]
        );
        let number = document["numbers"][0].as_str().unwrap();
        let found = catalog.lookup(&account, number).await.unwrap();
        assert_eq!(&found.unwrap().callflow, id);
    }
}

fn client() -> reqwest::Client {
    pivot::web::install_crypto();
    reqwest::Client::builder().no_proxy().build().unwrap()
}
