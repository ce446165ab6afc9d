//! `group_pickup` – takes a call that rings at somebody else's phone.
//!
//! Ends the flow in any case. The caller hears why when there is nothing to take.
//!
//! | field | default | |
//! |---|---|---|
//! | `device_id`, `user_id`, `group_id` | – | whose call; the first that is given |
//! | `approved_device_id`, `approved_user_id`, `approved_group_id` | – | who may; the first that is given, everybody without one |
//!
//! ```json
//! {"module": "group_pickup", "data": {"group_id": "sales", "approved_group_id": "sales"}}
//! ```
//!
//! Only calls that pivot rings can be taken.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::pickup::{self, Approved, Takes};
use crate::callflow::{Node, phones::Whose};
use crate::program::Flow;

/// Takes a call that rings at somebody else's phone.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct GroupPickup {
    /// The phone that rings.
    device_id: Option<String>,
    /// The person whose phone rings.
    user_id: Option<String>,
    /// The group whose phone rings.
    group_id: Option<String>,
    /// The phone that may.
    approved_device_id: Option<String>,
    /// The person who may.
    approved_user_id: Option<String>,
    /// The group that may.
    approved_group_id: Option<String>,
}

impl Module for GroupPickup {
    const NAME: &'static str = "group_pickup";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let whose = Whose::first(
            self.device_id.as_ref(),
            self.user_id.as_ref(),
            self.group_id.as_ref(),
        );
        let approved = Approved::new(
            self.approved_device_id.as_ref(),
            self.approved_user_id.as_ref(),
            self.approved_group_id.as_ref(),
        );
        let may = approved.allows(call, true).await?;
        pickup::take(call, whose, may, Takes::Ringing).await
    }
}
