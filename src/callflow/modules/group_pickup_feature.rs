//! `group_pickup_feature` – `group_pickup` of whom the dialled number names.
//!
//! What the pattern has captured after the code is an extension, whose callflow
//! tells the phone or person, or the SIP user name of a phone.
//!
//! | field | default | |
//! |---|---|---|
//! | `type` | `extension` | `device`: the captured text is a phone's user name |
//! | `approved_device_id`, `approved_user_id`, `approved_group_id` | – | who may, as in `group_pickup` |
//!
//! Whom it does not find, it ends the flow with a word.
//!
//! ```json
//! {"module": "group_pickup_feature", "data": {"type": "extension"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::feature::{self, By, Looks};
use crate::callflow::pickup::{self, Approved, Takes};
use crate::program::Flow;

/// Takes the call of whom the dialled number names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct GroupPickupFeature {
    /// How the captured text is to be taken.
    r#type: Option<By>,
    /// The phone that may.
    approved_device_id: Option<String>,
    /// The person who may.
    approved_user_id: Option<String>,
    /// The group that may.
    approved_group_id: Option<String>,
}

impl Module for GroupPickupFeature {
    const NAME: &'static str = "group_pickup_feature";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let by = self.r#type.unwrap_or(By::Extension);
        let Some(whose) = feature::target(call, by, Looks::Groups).await? else {
            return pickup::refuse(call, "park-no_caller").await;
        };
        let approved = Approved::new(
            self.approved_device_id.as_ref(),
            self.approved_user_id.as_ref(),
            self.approved_group_id.as_ref(),
        );
        let may = approved.allows(call, true).await?;
        pickup::take(call, Some(whose), may, Takes::Ringing).await
    }
}
