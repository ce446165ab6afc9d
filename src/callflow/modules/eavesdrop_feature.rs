//! `eavesdrop_feature` – `eavesdrop` on whom the dialled number names.
//!
//! What the pattern has captured after the code is an extension, whose callflow
//! tells the phone or person. Only who is approved may listen, as in `eavesdrop`.
//!
//! | field | default | |
//! |---|---|---|
//! | `group_id` | – | only phones and people of this group can be listened to |
//! | `approved_device_id`, `approved_user_id`, `approved_group_id` | – | who may listen |
//!
//! ```json
//! {"module": "eavesdrop_feature", "data": {"group_id": "trainees", "approved_group_id": "coaches"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::eavesdrop::listen;
use crate::call::{Call, Interrupt};
use crate::callflow::feature::{self, By, Looks};
use crate::callflow::phones::{self, Whose};
use crate::callflow::pickup::{self, Approved};
use crate::callflow::Node;
use crate::program::Flow;

/// Lets the caller listen to whom the dialled number names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct EavesdropFeature {
    /// Who can be listened to.
    group_id: Option<String>,
    /// The phone that may listen.
    approved_device_id: Option<String>,
    /// The person who may listen.
    approved_user_id: Option<String>,
    /// The group that may listen.
    approved_group_id: Option<String>,
}

impl Module for EavesdropFeature {
    const NAME: &'static str = "eavesdrop_feature";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(whose) = feature::target(call, By::Extension, Looks::Phones).await? else {
            return pickup::refuse(call, "park-no_caller").await;
        };
        let approved = Approved::new(
            self.approved_device_id.as_ref(),
            self.approved_user_id.as_ref(),
            self.approved_group_id.as_ref(),
        );
        let mut may = approved.allows(call, false).await?;
        if let Some(group) = &self.group_id {
            let listed = phones::devices(call, &Whose::Group(group.clone())).await?;
            let theirs = phones::devices(call, &whose).await?;
            may = may && theirs.iter().any(|device| listed.contains(device));
        }
        if !may {
            call.note("the caller is not approved to listen");
            return pickup::refuse(call, "eavesdrop-no_channels").await;
        }
        listen(call, Some(whose)).await
    }
}
