//! `acdc_queue` – the caller becomes an agent of one queue, or is one no more.
//!
//! Changes the list `queues` of the stored user, and goes on to `_`. Whether the
//! agent takes calls at all is up to `acdc_agent`.
//!
//! | field | default | |
//! |---|---|---|
//! | `action` | required | `login` or `logout` |
//! | `id` | required | the queue |
//!
//! ```json
//! {"module": "acdc_queue", "data": {"action": "login", "id": "support"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, agents, own};
use crate::objects::{Kind, Queue};
use crate::program::Flow;

/// The caller becomes an agent of one queue, or is one no more.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct AcdcQueue {
    /// What is done.
    action: Action,
    /// The queue.
    #[schemars(length(min = 1, max = 128))]
    id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Login,
    Logout,
}

impl Module for AcdcQueue {
    const NAME: &'static str = "acdc_queue";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let user = agents::of_caller(call).await?;
        let queue: Option<Queue> = call.stored(&self.id).await?;
        let (Ok(Some(user)), Some(_)) = (user, queue) else {
            call.note(format!("nobody to be an agent of {:?}, or no such queue", self.id));
            own::say(call, "agent-invalid_choice").await?;
            return Ok(Flow::Next);
        };
        let (id, logs_in) = (self.id.clone(), self.action == Action::Login);
        let change = |body: &mut Map<String, Value>| {
            let listed = body.get("queues").and_then(Value::as_array);
            let mut queues: Vec<Value> = listed.cloned().unwrap_or_default();
            queues.retain(|queue| queue.as_str() != Some(&id));
            if logs_in {
                queues.push(id.clone().into());
            }
            body.insert("queues".into(), queues.into());
        };
        call.change_stored(Kind::User, &user, change).await?;
        let said = if logs_in { "agent-logged_in" } else { "agent-logged_out" };
        own::say(call, said).await?;
        Ok(Flow::Next)
    }
}
