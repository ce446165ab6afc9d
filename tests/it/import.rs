//! `pivot import` and `pivot token`, run as an operator runs them.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use pivot::id::AccountId;
use pivot::objects::{Kind, Token};
use pivot::store::{Catalog, Numbers, SqliteStore};
use serde_json::{Value, json};

use crate::callflow_flows::play;
use crate::support::{Folder, Scenario};

/// A folder with a pivot.toml and a store.
struct Shop {
    folder: Folder,
}

/// What a command has done.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

const OWN: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

impl Shop {
    fn new() -> Self {
        Self::with("")
    }

    fn with(more: &str) -> Self {
        let folder = Folder::new();
        let shop = Self { folder };
        shop.write(
            "pivot.toml",
            &format!(
                "[ari]\nurl = 'http://127.0.0.1:1'\nusername = 'u'\npassword = 'p'\n\
                 [account]\nsid = 'AC{OWN}'\n[store]\nurl = 'sqlite:pivot.db'\n{more}"
            ),
        );
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn document(&self, name: &str, document: Value) {
        self.write(name, &format!("{document:#}"));
    }

    fn pivot(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_pivot"))
            .args(arguments)
            .current_dir(&self.folder.0)
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Imports, and expects that everything was fine.
    fn import(&self, arguments: &[&str]) -> Value {
        let ran = self.pivot(&[&["import", "--json"], arguments].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }

    async fn catalog(&self) -> Catalog {
        let store = SqliteStore::open(self.path("pivot.db")).await.unwrap();
        Catalog::open(Arc::new(store), Numbers::default())
            .await
            .unwrap()
    }

    async fn get(&self, account: &str, kind: Kind, id: &str) -> Option<Value> {
        let account = AccountId::parse(account).unwrap();
        let document = self.catalog().await.get(&account, kind, id).await.unwrap();
        document.map(|document| document.body.into())
    }
}

fn callflow(numbers: &[&str], flow: Value) -> Value {
    json!({"numbers": numbers, "flow": flow})
}

#[tokio::test]
async fn a_folder_is_imported_by_the_names_of_its_folders() {
    let shop = Shop::new();
    shop.document("in/callflows/main.json", callflow(&["2030"], play("hello")));
    shop.document("in/menus/day.json", json!({"name": "Day", "retries": "2"}));
    shop.document("in/devices.json", json!([{"id": "d1", "name": "Desk"}]));
    shop.write("in/notes.txt", "not read");
    let told = shop.import(&["in"]);
    let new = json!({"new": 1, "changed": 0, "unchanged": 0});
    assert_eq!(
        told["written"],
        json!({"callflows": new, "devices": new, "menus": new})
    );
    // As the API stores it: in the schema's types.
    let menu = shop.get(OWN, Kind::Menu, "day").await.unwrap();
    assert_eq!(menu["retries"], 2);
    let catalog = shop.catalog().await;
    let own = AccountId::parse(OWN).unwrap();
    let found = catalog.lookup(&own, "2030").await.unwrap().unwrap();
    assert_eq!(found.callflow, "main");
    let again = shop.import(&["in"]);
    let unchanged = json!({"new": 0, "changed": 0, "unchanged": 1});
    assert_eq!(again["written"]["menus"], unchanged);
    shop.document("in/menus/day.json", json!({"name": "Night"}));
    let again = shop.import(&["in"]);
    assert_eq!(again["written"]["menus"]["changed"], 1);
    assert_eq!(again["written"]["callflows"], unchanged);
}

#[tokio::test]
async fn whatever_kazoo_exports_is_understood() {
    let shop = Shop::new();
    // An answer of the API.
    shop.document(
        "one.json",
        json!({"data": {"id": "c1", "name": "One", "numbers": ["1"], "flow": play("x"),
               "metadata": {"m": {}}, "_read_only": {}, "own": {"kept": true}},
               "status": "success", "page_size": 1}),
    );
    // What CouchDB holds, with what Kazoo keeps for itself.
    shop.document(
        "dump.json",
        json!({"total_rows": 5, "offset": 0, "rows": [
            {"id": "m1", "key": "m1", "value": {"rev": "1"}, "doc":
                {"_id": "m1", "_rev": "1-a", "pvt_type": "menu", "pvt_account_id": OTHER, "name": "M"}},
            {"id": "l1", "key": "l1", "value": {}, "doc": {"_id": "l1", "pvt_type": "list", "name": "L"}},
            {"id": "e1", "key": "e1", "value": {}, "doc":
                {"_id": "e1", "pvt_type": "list_entry", "list_id": "l1", "number": "555"}},
            {"id": "f1", "key": "f1", "value": {}, "doc": {"_id": "f1", "pvt_type": "faxbox"}},
            {"id": "g1", "key": "g1", "value": {}, "doc":
                {"_id": "g1", "pvt_type": "menu", "pvt_deleted": true, "name": "gone"}},
            {"id": "_design/x", "key": "_design/x", "value": {}, "doc": {"_id": "_design/x"}},
            {"id": OTHER, "key": OTHER, "value": {}, "doc":
                {"_id": OTHER, "pvt_type": "account", "name": "Their shop"}},
        ]}),
    );
    shop.document(
        "media.json",
        json!({"docs": [{"_id": "s1", "pvt_type": "media", "name": "S", "_attachments":
            {"s.wav": {"content_type": "audio/wav", "data": "AAEC"}}}]}),
    );
    let told = shop.import(&["one.json", "dump.json", "media.json"]);
    assert_eq!(
        told["left_out"],
        json!({"deleted": 1, "design document": 1, "faxbox": 1})
    );
    assert_eq!(told["findings"], json!([]));
    let c1 = shop.get(OWN, Kind::Callflow, "c1").await.unwrap();
    assert_eq!(c1["own"], json!({"kept": true}));
    for key in ["id", "metadata", "_read_only"] {
        assert!(c1.get(key).is_none(), "{key}");
    }
    let m1 = shop.get(OWN, Kind::Menu, "m1").await.unwrap();
    assert!(m1.get("pvt_type").is_none() && m1.get("_rev").is_none());
    assert!(shop.get(OWN, Kind::ListEntry, "l1/e1").await.is_some());
    // Another account's document is now this one's.
    let account = shop.get(OWN, Kind::Account, OWN).await.unwrap();
    assert_eq!(account["name"], "Their shop");
    let own = AccountId::parse(OWN).unwrap();
    let catalog = shop.catalog().await;
    let sound = catalog.attachment(&own, Kind::Media, "s1").await.unwrap();
    assert_eq!(sound.unwrap().bytes, [0, 1, 2]);
}

#[tokio::test]
async fn nothing_is_written_unless_all_are_good() {
    let shop = Shop::new();
    shop.document("in/menus/good.json", json!({"name": "Good"}));
    shop.write(
        "in/menus/bad.json",
        "{\n  \"name\": \"Bad\",\n  \"retries\": 99\n}\n",
    );
    shop.write("in/callflows/broken.json", "{\"flow\": \n");
    shop.write(
        "in/callflows/odd.json",
        "{\"numbers\": [\"1\"], \"flow\": {\"module\": \"play\", \"data\": {\"id\": \"x\"},\n \
         \"children\": {\"_\": {\"module\": \"tts\", \"data\": {}}}}}",
    );
    let ran = shop.pivot(&["import", "in"]);
    assert_eq!(ran.code, 1);
    for expected in [
        "in/menus/bad.json:3:14",
        "`retries`: must be at most 10",
        "in/callflows/broken.json:1:1",
        "in/callflows/odd.json:2:46",
        "`flow.children._.data.text`: Field is required but missing",
        "3 errors",
        "nothing was written; --skip-bad",
    ] {
        assert!(ran.out.contains(expected), "{expected}:\n{}", ran.out);
    }
    assert!(shop.get(OWN, Kind::Menu, "good").await.is_none());
    let told = shop.import(&["in", "--skip-bad"]);
    assert_eq!(told["bad"], json!({"menus": ["bad"], "callflows": ["odd"]}));
    assert_eq!(told["findings"].as_array().unwrap().len(), 3);
    assert!(shop.get(OWN, Kind::Menu, "good").await.is_some());
    assert!(shop.get(OWN, Kind::Menu, "bad").await.is_none());
}

#[tokio::test]
async fn a_number_is_one_callflow_s_of_those_that_come_and_those_that_stay() {
    let shop = Shop::new();
    shop.document("a/callflows/one.json", callflow(&["1"], play("x")));
    shop.document("a/callflows/two.json", callflow(&["2"], play("x")));
    shop.import(&["a"]);
    shop.document("b/callflows/three.json", callflow(&["3", "2"], play("x")));
    shop.document("b/callflows/four.json", callflow(&["3"], play("x")));
    let ran = shop.pivot(&["import", "b"]);
    assert_eq!(ran.code, 1);
    for expected in ["2 is taken by callflow two", "3 is taken by callflow four"] {
        assert!(ran.out.contains(expected), "{}", ran.out);
    }
    // Those that are imported may swap theirs.
    shop.document("a/callflows/one.json", callflow(&["2"], play("x")));
    shop.document("a/callflows/two.json", callflow(&["1"], play("x")));
    assert_eq!(shop.import(&["a"])["written"]["callflows"]["changed"], 2);
}

#[tokio::test]
async fn ids_that_lead_nowhere_are_warned_of_with_their_place() {
    let shop = Shop::new();
    let flow = json!({"module": "menu", "data": {"id": "nowhere"}, "children": {
        "1": {"module": "menu", "data": {"id": "day"}},
        "2": {"module": "menu", "data": {"id": "stored"}},
        "3": {"module": "menu", "data": {"id": "file"}},
    }});
    shop.document("stored/menus/stored.json", json!({"name": "Stored"}));
    shop.import(&["stored"]);
    shop.document("flows/file.json", json!({}));
    shop.document("in/callflows/main.json", callflow(&["1"], flow));
    shop.document("in/menus/day.json", json!({"name": "Day"}));
    shop.document(
        "in/vmboxes/box.json",
        json!({"name": "B", "mailbox": "1", "owner_id": "who"}),
    );
    let told = shop.import(&["in"]);
    let found = told["findings"].as_array().unwrap();
    let said: Vec<_> = found
        .iter()
        .map(|f| {
            (
                f["severity"].as_str().unwrap(),
                f["message"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("warning", "there is no menu nowhere"),
            ("warning", "there is no user or device or group who"),
        ]
    );
    assert_eq!(found[0]["pointer"], "/flow/data/id");
    assert_eq!(found[0]["line"], 8, "{}", found[0]);
}

#[tokio::test]
async fn what_cannot_be_read_as_a_document_is_told_with_what_to_do() {
    let shop = Shop::new();
    for (name, document, expected) in [
        ("x.json", json!({"name": "?"}), "what kind of document"),
        ("menu.json", json!({"name": "?"}), "menus.json?"),
        (
            "menus.json",
            json!([{"name": "M"}]),
            "give each document in a list an `id`",
        ),
        (
            "menus.json",
            json!({"id": "a b", "name": "M"}),
            "without spaces and slashes",
        ),
        (
            "menus.json",
            json!(["m"]),
            "expected a document, found a string",
        ),
        (
            "list_entries.json",
            json!({"id": "e", "number": "1"}),
            "needs `list_id`",
        ),
        (
            "callflows.json",
            json!({"data": [{"id": "a", "numbers": ["1"]}], "page_size": 1}),
            "GET …/callflows/a",
        ),
        (
            "menus.json",
            json!([{"id": "a", "name": "M"}, {"id": "a", "name": "N"}]),
            "there is another menu a, in menus.json",
        ),
        (
            "callflows.json",
            json!({"id": "a", "patterns": ["(", "1"], "flow": {"module": "hangup"}}),
            "is no regular expression",
        ),
    ] {
        shop.document(name, document);
        let ran = shop.pivot(&["import", name]);
        assert_eq!(ran.code, 1, "{name}: {}{}", ran.out, ran.err);
        // As it is shown: broken into lines.
        let words: Vec<_> = ran
            .out
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        assert!(words.join(" ").contains(expected), "{name}:\n{}", ran.out);
    }
}

#[tokio::test]
async fn of_several_accounts_one_is_taken_when_it_is_asked_for() {
    let shop = Shop::new();
    let third = "a".repeat(32);
    let menu = |id: &str, account: &str| json!({"_id": id, "pvt_type": "menu", "pvt_account_id": account, "name": id});
    shop.document("both.json", json!([menu("m1", OTHER), menu("m2", &third)]));
    let ran = shop.pivot(&["import", "both.json"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("several accounts") && ran.err.contains(OTHER),
        "{}",
        ran.err
    );
    let ran = shop.pivot(&["import", "both.json", "--account", OTHER]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("there is no account"), "{}", ran.err);
    let account = json!({"_id": OTHER, "pvt_type": "account", "name": "Other"});
    shop.document("account.json", account);
    let told = shop.import(&["both.json", "account.json", "--account", OTHER]);
    assert_eq!(told["left_out"], json!({"of other accounts": 1}));
    assert!(shop.get(OTHER, Kind::Menu, "m1").await.is_some());
    for account in [OTHER, OWN, &third] {
        assert!(shop.get(account, Kind::Menu, "m2").await.is_none());
    }
}

#[tokio::test]
async fn without_a_store_there_is_nothing_to_import_into() {
    let shop = Shop::new();
    let text = std::fs::read_to_string(shop.path("pivot.toml")).unwrap();
    shop.write("pivot.toml", text.split("[store]").next().unwrap());
    shop.document("menus.json", json!({"id": "m", "name": "M"}));
    for command in [&["import", "menus.json"][..], &["token", "create"]] {
        let ran = shop.pivot(command);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("`store.url` is not set"), "{}", ran.err);
    }
    let ran = shop.pivot(&["import", "none.json"]);
    assert_eq!(ran.code, 2);
}

#[tokio::test(start_paused = true)]
async fn a_running_pivot_takes_the_next_call_by_what_was_imported() {
    let scenario = Scenario::stored_with("[store]\nurl = 'sqlite:{dir}/pivot.db'\n").await;
    let account = scenario.pivot.services.account.to_string();
    scenario.callflow("old", &["2030"], play("before")).await;
    let phone = scenario.dial("2030", &[]).await;
    scenario.heard(&phone, &["before"]).await;
    let file = scenario.dir.join("callflows.json");
    let documents = json!([
        {"id": "old", "numbers": ["2031"], "flow": play("before")},
        {"id": "new", "numbers": ["2030"], "flow": play("after")},
    ]);
    std::fs::write(&file, documents.to_string()).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_pivot"))
        .args(["import", "callflows.json", "--account", &account])
        .current_dir(&scenario.dir)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let phone = scenario.dial("2030", &[]).await;
    scenario.heard(&phone, &["after"]).await;
}

#[tokio::test]
async fn a_token_is_shown_once_and_stored_as_its_hash() {
    let shop = Shop::new();
    let ran = shop.pivot(&["token", "create", "--name", "editor", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let made: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(made["account"], OWN);
    let token = made["token"].as_str().unwrap();
    assert_eq!(token.len(), 64);
    let id = Token::id_of(token);
    let stored = shop.get(OWN, Kind::Token, &id).await.unwrap();
    assert_eq!(stored, json!({"name": "editor"}));
    for file in ["pivot.db", "pivot.db-wal"] {
        let bytes = std::fs::read(shop.path(file)).unwrap_or_default();
        let there = bytes.windows(64).any(|part| part == token.as_bytes());
        assert!(!there, "{file} holds the token itself");
    }
    let listed = shop.pivot(&["token", "list"]).out;
    assert!(
        listed.contains(&id[..12]) && listed.contains("editor"),
        "{listed}"
    );
    assert!(!listed.contains(token), "{listed}");
}

#[tokio::test]
async fn a_new_account_has_a_token_and_a_revoked_one_is_gone() {
    let shop = Shop::new();
    let ran = shop.pivot(&["token", "--new-account", "Second shop", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let made: Value = serde_json::from_str(&ran.out).unwrap();
    let account = made["account"].as_str().unwrap();
    assert_ne!(account, OWN);
    let stored = shop.get(account, Kind::Account, account).await.unwrap();
    assert_eq!(stored["name"], "Second shop");
    let id = Token::id_of(made["token"].as_str().unwrap());
    // Into the account that is there now.
    let second = shop.pivot(&["token", "create", "--account", account, "--json"]);
    assert_eq!(second.code, 0, "{}", second.err);
    let none = shop.pivot(&["token", "create", "--account", OTHER]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("there is no account"), "{}", none.err);
    let listed = shop.pivot(&["token", "list", "--json"]).out;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let revoked = shop.pivot(&["token", "revoke", &id[..12]]);
    assert_eq!(revoked.code, 0, "{}", revoked.err);
    assert!(shop.get(account, Kind::Token, &id).await.is_none());
    let again = shop.pivot(&["token", "revoke", &id[..12]]);
    assert_eq!(again.code, 1);
}
