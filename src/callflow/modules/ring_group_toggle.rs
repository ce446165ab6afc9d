//! `ring_group_toggle` – logs the caller's user in to, or out of, the ring groups of
//! a stored callflow.
//!
//! Answers. For each `ring_group` of that flow the caller hears that it was done, or
//! that the user is none of its members. Then `_` runs; at once when there is no such
//! callflow. Only members of type `user` are switched; the order stays.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | required | `login` or `logout` |
//! | `callflow_id` | required | the stored callflow |
//!
//! ```json
//! {"module": "ring_group_toggle", "data": {"action": "logout", "callflow_id": "sales"}}
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Module;
use crate::call::ops::{Keys, Play};
use crate::call::{Call, Interrupt};
use crate::callflow::prompts::prompt;
use crate::callflow::{Node, caller};
use crate::objects::Kind;
use crate::program::Flow;

/// Logs the caller's user in to, or out of, ring groups.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RingGroupToggle {
    /// Which of the two.
    action: Action,
    /// The stored callflow.
    #[schemars(length(min = 1, max = 128))]
    callflow_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Login,
    Logout,
}

impl Action {
    /// The first second that the member rings again; logged out is until 2100.
    fn disable_until(self) -> i64 {
        match self {
            Self::Login => 0,
            Self::Logout => 66_269_664_000,
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Login => "agent-logged_in",
            Self::Logout => "agent-logged_out",
        }
    }
}

/// What a toggle must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Toggled {
    /// For each group, whether the user was among its members; none before the change.
    groups: Option<Vec<bool>>,
}

/// Switches the user in every ring group of a callflow; whether it was in each.
fn toggle(callflow: &mut Map<String, Value>, user: &str, until: i64) -> Vec<bool> {
    let mut groups = Vec::new();
    let mut waiting: Vec<&mut Value> = callflow.get_mut("flow").into_iter().collect();
    while let Some(node) = waiting.pop().and_then(Value::as_object_mut) {
        let is_group = node.get("module").and_then(Value::as_str) == Some("ring_group");
        for (key, value) in node.iter_mut() {
            match key.as_str() {
                "data" if is_group => groups.push(switch(value, user, until)),
                "children" => {
                    let Some(children) = value.as_object_mut() else {
                        continue;
                    };
                    let children = children.iter_mut();
                    waiting.extend(children.rev().map(|(_, child)| child));
                }
                _ => {}
            }
        }
    }
    groups
}

fn switch(data: &mut Value, user: &str, until: i64) -> bool {
    let members = data.get_mut("endpoints").and_then(Value::as_array_mut);
    let mut found = false;
    for member in members
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        let is = |key: &str, text: &str| member.get(key).and_then(Value::as_str) == Some(text);
        if is("endpoint_type", "user") && is("id", user) {
            member.insert("disable_until".into(), until.into());
            found = true;
        }
    }
    found
}

impl Module for RingGroupToggle {
    const NAME: &'static str = "ring_group_toggle";
    type Progress = Toggled;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        if at.groups.is_none() {
            let user = caller::user_id(call).await?.unwrap_or_default();
            let mut groups = Vec::new();
            let until = self.action.disable_until();
            let id = &self.callflow_id;
            let change = |flow: &mut Map<String, Value>| groups = toggle(flow, &user, until);
            if !call.change_stored(Kind::Callflow, id, change).await? {
                call.warn(format!("there is no callflow {id:?}"));
                return Ok(Flow::Next);
            }
            at.groups = Some(groups);
            call.save(at);
        }
        for was_member in at.groups.iter().flatten() {
            let word = if *was_member {
                self.action.done()
            } else {
                "agent-invalid_choice"
            };
            let sounds = prompt(word);
            let stop_on = Keys::none();
            call.play(Play { sounds, stop_on }).await?;
        }
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_user_is_switched_wherever_it_is_and_the_order_stays() {
        let group = |ids: &[&str]| {
            let member = |id: &&str| json!({"id": id, "endpoint_type": "user"});
            json!({"endpoints": ids.iter().map(member).collect::<Vec<_>>()})
        };
        let mut device = group(&["ann"]);
        device["endpoints"][0]["endpoint_type"] = "device".into();
        let mut callflow = json!({"flow": {"module": "ring_group", "data": group(&["bob", "ann", "cleo"]),
            "children": {"_": {"module": "ring_group", "data": device},
                "USER_BUSY": {"module": "play", "data": group(&["ann"])}}}});
        let flow = callflow.as_object_mut().unwrap();
        assert_eq!(toggle(flow, "ann", 7), [true, false]);
        let members = callflow["flow"]["data"]["endpoints"].as_array().unwrap();
        let ids: Vec<_> = members.iter().map(|m| m["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["bob", "ann", "cleo"]);
        let until: Vec<_> = members
            .iter()
            .map(|m| m["disable_until"].as_i64())
            .collect();
        assert_eq!(until, [None, Some(7), None]);
        let played = &callflow["flow"]["children"]["USER_BUSY"]["data"]["endpoints"][0];
        assert!(played["disable_until"].is_null());
    }
}
