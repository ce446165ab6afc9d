//! Calls out through stored trunks: `resources` and `offnet`.

mod choice;
mod endpoints;
mod failing;
mod settings;

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::callflow_dialling::ringing;
use crate::support::Scenario;

impl Scenario {
    async fn trunk(&self, id: &str, document: Value) {
        self.put(Kind::Resource, id, document).await;
    }
}

/// A trunk of this name with something more.
fn carrier(name: &str, more: Value) -> Value {
    let mut trunk = json!({"name": name, "dial": format!("PJSIP/{{number}}@{name}")});
    trunk
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    trunk
}

fn out(data: Value, children: &[&str]) -> Value {
    ringing("resources", data, children)
}
