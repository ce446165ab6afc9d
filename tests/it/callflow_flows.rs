//! Flows for tests, and calls that run them.

use serde_json::{Value, json};

use crate::support::{Reply, Scenario};
use pivot::simulate::{Ended, Phone};

/// Runs one of several cases in a runtime of its own, which ends with it: a
/// pivot that is left over would move the clock of the next one.
pub(crate) fn in_virtual_time(case: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(case);
}

/// Runs what reads the deepest documents, with the stack that pivot's threads have.
pub(crate) fn roomy(case: fn()) {
    let thread = std::thread::Builder::new().stack_size(pivot::callflow::STACK);
    thread.spawn(case).unwrap().join().unwrap();
}

/// A node without children.
pub(crate) fn node(module: &str, data: Value) -> Value {
    json!({"module": module, "data": data})
}

/// A document with these fields in place of its own.
pub(crate) fn with(mut document: Value, fields: &Value) -> Value {
    for (field, value) in fields.as_object().unwrap() {
        document[field] = value.clone();
    }
    document
}

/// Nodes one after the other.
pub(crate) fn chain(
    nodes: impl IntoIterator<Item = Value, IntoIter: DoubleEndedIterator>,
) -> Value {
    let mut flow = json!({});
    for mut node in nodes.into_iter().rev() {
        if node["children"].is_null() {
            node["children"] = json!({});
        }
        node["children"]["_"] = flow;
        flow = node;
    }
    flow
}

pub(crate) fn play(sound: &str) -> Value {
    node("play", json!({"id": format!("sound:{sound}")}))
}

/// A node that asks the web application, at this path.
pub(crate) fn ask(path: &str) -> Value {
    node("pivot", json!({"voice_url": format!("{{app}}{path}")}))
}

impl Scenario {
    /// A caller whose call gets this flow as its first document.
    pub(crate) async fn flow(flow: Value) -> (Self, Phone) {
        let scenario = Self::new().await;
        scenario.answer_with("/voice", &flow);
        let phone = scenario.call().await;
        (scenario, phone)
    }

    /// The web application answers with this flow; `{app}` in it is its address.
    pub(crate) fn answer_with(&self, path: &str, flow: &Value) {
        let text = flow.to_string().replace("{app}", &self.web.url());
        self.web.on(path, Reply::new("application/json", text));
    }

    /// A flow or menu in `[flows] dir`.
    pub(crate) fn store(&self, id: &str, document: &Value) {
        let dir = self.dir.join("flows");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join(format!("{id}.json")), document.to_string()).unwrap();
    }

    /// Waits for the end of the call, and that nothing is left of it.
    pub(crate) async fn end(&self, phone: &Phone) -> Ended {
        let ended = phone.wait_ended().await;
        self.nothing_left().await;
        ended.unwrap()
    }

    /// Asserts what the caller heard, from beginning to end.
    pub(crate) async fn heard(&self, phone: &Phone, sounds: &[&str]) {
        self.end(phone).await;
        let heard = phone.heard_media().await;
        let expected: Vec<_> = sounds
            .iter()
            .map(|sound| format!("sound:{sound}"))
            .collect();
        assert_eq!(heard, expected, "{}", self.lines().await);
    }

    /// What the flow collected, as the web application is told at `path`.
    pub(crate) async fn told(&self, phone: &Phone, path: &str, parameter: &str) -> Option<String> {
        self.end(phone).await;
        let seen = self.web.at(path);
        assert_eq!(seen.len(), 1, "{}", self.lines().await);
        seen[0].param(parameter)
    }
}
