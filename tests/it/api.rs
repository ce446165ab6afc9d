//! The API over real HTTP: a pivot that listens, and a client.

use pivot::store::AccountId;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::support::{Scenario, Setting};

/// The token of the configuration.
pub(crate) const OPERATOR: &str = "operator-token";

/// A pivot whose API is asked.
pub(crate) struct Api {
    pub(crate) scenario: Scenario,
    client: reqwest::Client,
    base: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) bytes: Vec<u8>,
    /// Null when it is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// `data` of a success.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert!(
            (200..300).contains(&self.status),
            "{} {:#}",
            self.status,
            self.body
        );
        &self.body["data"]
    }

    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.data()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A request in the making.
pub(crate) struct Asking {
    request: reqwest::RequestBuilder,
}

impl Asking {
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("x-auth-token", token)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.header("content-type", content_type);
        self.request = self.request.body(body.into());
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.unwrap().to_vec();
        Answer {
            status,
            headers,
            body: body(&bytes),
            bytes,
        }
    }
}

/// JSON, however deep; null when there is none.
fn body(bytes: &[u8]) -> Value {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    reader.disable_recursion_limit();
    Value::deserialize(&mut reader).unwrap_or_default()
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With further lines of pivot.toml.
    pub(crate) async fn with(config: &str) -> Self {
        Self::unlocked(&format!("{config}\n[account]\nauth_token = '{OPERATOR}'\n")).await
    }

    /// Without a token, unless these lines set one.
    pub(crate) async fn unlocked(config: &str) -> Self {
        let scenario = Scenario::with(Setting {
            config: config.into(),
            listens: true,
            ..Setting::default()
        })
        .await;
        let base = format!("http://{}", scenario.pivot.http.unwrap());
        Self {
            scenario,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            base,
        }
    }

    /// The configuration's own account.
    pub(crate) fn own(&self) -> AccountId {
        self.scenario.pivot.services.account.clone()
    }

    /// Without credentials.
    pub(crate) fn asking(&self, verb: &str, path: &str) -> Asking {
        let url = format!("{}{path}", self.base);
        Asking {
            request: self.client.request(verb.parse().unwrap(), url),
        }
    }

    /// As the operator, below `/v2/`.
    pub(crate) async fn ask(&self, verb: &str, path: &str, data: Option<Value>) -> Answer {
        self.ask_as(OPERATOR, verb, path, data).await
    }

    pub(crate) async fn ask_as(
        &self,
        token: &str,
        verb: &str,
        path: &str,
        data: Option<Value>,
    ) -> Answer {
        let mut asking = self.asking(verb, &format!("/v2/{path}")).token(token);
        if let Some(data) = data {
            let body = json!({ "data": data }).to_string();
            asking = asking.body("application/json", body);
        }
        asking.send().await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    pub(crate) async fn put(&self, path: &str, data: Value) -> Answer {
        self.ask("PUT", path, Some(data)).await
    }

    pub(crate) async fn post(&self, path: &str, data: Value) -> Answer {
        self.ask("POST", path, Some(data)).await
    }

    pub(crate) async fn patch(&self, path: &str, data: Value) -> Answer {
        self.ask("PATCH", path, Some(data)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    /// Creates something that must be good, and gives its id.
    pub(crate) async fn create(&self, path: &str, data: Value) -> String {
        let answer = self.put(path, data).await;
        assert_eq!(answer.status, 201, "{path}: {:#}", answer.body);
        answer.id()
    }

    /// A new account, and a token that opens it.
    pub(crate) async fn account(&self, name: &str) -> (String, String) {
        let account = self.create("accounts", json!({"name": name})).await;
        let path = format!("accounts/{account}/tokens");
        let made = self.put(&path, json!({"name": "test"})).await;
        (account, made.data()["token"].as_str().unwrap().to_owned())
    }
}

/// The smallest document of each resource that is good, by its path.
pub(crate) fn documents() -> Vec<(&'static str, Value)> {
    let flow = json!({"module": "hangup", "data": {}});
    vec![
        (
            "callflows",
            json!({"name": "x", "numbers": ["2030"], "flow": flow}),
        ),
        ("conferences", json!({"name": "x"})),
        ("devices", json!({"name": "x"})),
        ("directories", json!({"name": "x"})),
        (
            "groups",
            json!({"name": "x", "endpoints": {"a": {"type": "device"}}}),
        ),
        ("lists", json!({"name": "x"})),
        ("media", json!({"name": "x"})),
        ("menus", json!({"name": "x"})),
        ("queues", json!({"name": "x"})),
        ("resources", json!({"name": "x"})),
        ("temporal_rules", json!({"name": "x", "cycle": "daily"})),
        (
            "temporal_rules_sets",
            json!({"name": "x", "temporal_rules": ["a"]}),
        ),
        ("users", json!({"first_name": "x", "last_name": "y"})),
        ("vmboxes", json!({"name": "x", "mailbox": "100"})),
    ]
}
