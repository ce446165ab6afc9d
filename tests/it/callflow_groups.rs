//! Several who ring: `ring_group`, `group`, `route_to_cid`, `ring_group_toggle`.

mod members;
mod order;
mod route_to_cid;
mod stored;
mod together;
mod toggle;

use std::time::Duration;

use pivot::simulate::{Behaviour, Phone};
use serde_json::{Value, json};

use crate::callflow_dialling::ringing;
use crate::callflow_ringing::house;
use crate::support::{Scenario, seconds};

fn member(id: &str, more: Value) -> Value {
    let mut member = json!({"id": id, "endpoint_type": "device"});
    member
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    member
}

fn members(ids: &[&str]) -> Value {
    ids.iter().map(|id| member(id, json!({}))).collect()
}

/// Everybody behaves like that while this group rings.
async fn rung(behaviour: Behaviour, data: Value, children: &[&str]) -> (Scenario, Phone) {
    let scenario = house().await;
    scenario.behaves("*", behaviour).await;
    let phone = scenario.runs(ringing("ring_group", data, children)).await;
    (scenario, phone)
}

fn near(time: Duration, expected: Duration) -> bool {
    time >= expected && time < expected + seconds(2)
}
