//! `eavesdrop` – lets the caller listen to somebody else's conversation.
//!
//! Nobody hears the caller. Ends the flow in any case; the caller hears why when
//! there is nothing to listen to. Only who is approved may listen: without an
//! `approved_…` field nobody.
//!
//! | field | default | |
//! |---|---|---|
//! | `device_id`, `user_id` | – | whose conversation; the first that is given |
//! | `approved_device_id`, `approved_user_id`, `approved_group_id` | – | who may listen; one of those given must be the caller |
//!
//! ```json
//! {"module": "eavesdrop", "data": {"user_id": "trainee", "approved_user_id": "coach"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::phones::{self, Whose};
use crate::callflow::pickup;
use crate::program::Flow;

/// Lets the caller listen to somebody else's conversation.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Eavesdrop {
    /// The phone that talks.
    device_id: Option<String>,
    /// The person who talks.
    user_id: Option<String>,
    /// The phone that may listen.
    approved_device_id: Option<String>,
    /// The person who may listen.
    approved_user_id: Option<String>,
    /// The group that may listen.
    approved_group_id: Option<String>,
}

impl Eavesdrop {
    /// Whether one of those who are approved is the caller.
    async fn may(&self, call: &mut Call) -> Result<bool, Interrupt> {
        let approved = [
            self.approved_device_id.clone().map(Whose::Device),
            self.approved_user_id.clone().map(Whose::User),
            self.approved_group_id.clone().map(Whose::Group),
        ];
        for whose in approved.into_iter().flatten() {
            if phones::is_callers(call, &whose).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Module for Eavesdrop {
    const NAME: &'static str = "eavesdrop";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if !self.may(call).await? {
            call.note("the caller is not approved to listen");
            return pickup::refuse(call, "eavesdrop-no_channels").await;
        }
        let whose = Whose::first(self.device_id.as_ref(), self.user_id.as_ref(), None);
        listen(call, whose).await
    }
}

/// Listens to the first of their conversations.
pub(super) async fn listen(call: &mut Call, whose: Option<Whose>) -> Result<Flow, Interrupt> {
    let Some(whose) = whose else {
        call.warn("neither `device_id` nor `user_id` says whose conversation");
        return pickup::refuse(call, "pickup-no_users").await;
    };
    let devices = phones::devices(call, &whose).await?;
    let endpoints = phones::endpoints(call, &devices).await?;
    if endpoints.is_empty() {
        return pickup::refuse(call, "pickup-no_users").await;
    }
    let channels = call.channels_of(&endpoints).await?;
    let Some(other) = channels.into_iter().find(|other| other.answered) else {
        return pickup::refuse(call, "pickup-no_channels").await;
    };
    call.note(format!("listens to {}", other.name));
    call.eavesdrop(&other.channel).await?;
    Ok(Flow::Stop(None))
}
