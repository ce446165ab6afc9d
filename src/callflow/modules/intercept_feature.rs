//! `intercept_feature` – `intercept` of whom the dialled number names.
//!
//! What the pattern has captured after the code is an extension, whose callflow
//! tells the phone or person, or the SIP user name of a phone.
//!
//! | field | default | |
//! |---|---|---|
//! | `type` | `extension` | `device`: the captured text is a phone's user name |
//! | `approved_device_id`, `approved_user_id`, `approved_group_id` | – | who may, as in `intercept` |
//!
//! Whom it does not find, it ends the flow with a word.
//!
//! ```json
//! {"module": "intercept_feature", "data": {"type": "extension"}}
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
pub(super) struct InterceptFeature {
    /// How the captured text is to be taken.
    r#type: Option<By>,
    /// The phone that may.
    approved_device_id: Option<String>,
    /// The person who may.
    approved_user_id: Option<String>,
    /// The group that may.
    approved_group_id: Option<String>,
}

impl Module for InterceptFeature {
    const NAME: &'static str = "intercept_feature";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let by = self.r#type.unwrap_or(By::Extension);
        let Some(whose) = feature::target(call, by, Looks::Phones).await? else {
            return pickup::refuse(call, "park-no_caller").await;
        };
        let approved = Approved::new(
            self.approved_device_id.as_ref(),
            self.approved_user_id.as_ref(),
            self.approved_group_id.as_ref(),
        );
        let may = match approved {
            Approved::Everybody => super::intercept::is_own(call, &whose).await?,
            Approved::Only(_) => approved.allows(call, false).await?,
        };
        pickup::take(call, Some(whose), may, Takes::Any).await
    }
}
