//! `intercept` – takes over somebody else's call, ringing or answered.
//!
//! As `group_pickup`, but a conversation can be taken too: the other party is
//! connected with the caller, and the phone that had it is hung up. Without an
//! `approved_…` field, the caller's own phones can be taken from, and those of a
//! group that the caller's phone is in.
//!
//! | field | default | |
//! |---|---|---|
//! | `device_id`, `user_id`, `group_id` | – | whose call; the first that is given |
//! | `approved_device_id`, `approved_user_id`, `approved_group_id` | – | who may |
//!
//! ```json
//! {"module": "intercept", "data": {"device_id": "front-desk", "approved_group_id": "sales"}}
//! ```
//!
//! Calls that pivot has put through to that phone can be taken, and those that it has made
//! through pivot once they are answered.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::caller;
use crate::callflow::phones::{self, Whose};
use crate::callflow::pickup::{self, Approved, Takes};
use crate::program::Flow;

/// Takes over somebody else's call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Intercept {
    /// The phone that has it.
    device_id: Option<String>,
    /// The person who has it.
    user_id: Option<String>,
    /// The group that has it.
    group_id: Option<String>,
    /// The phone that may.
    approved_device_id: Option<String>,
    /// The person who may.
    approved_user_id: Option<String>,
    /// The group that may.
    approved_group_id: Option<String>,
}

impl Module for Intercept {
    const NAME: &'static str = "intercept";
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
        let may = match (&approved, &whose) {
            (Approved::Everybody, Some(whose)) => is_own(call, whose).await?,
            _ => approved.allows(call, false).await?,
        };
        pickup::take(call, whose, may, Takes::Any).await
    }
}

/// Whether the phones are the caller's own, or of a group that the caller is in.
pub(super) async fn is_own(call: &mut Call, whose: &Whose) -> Result<bool, Interrupt> {
    if let Whose::Group(_) = whose {
        return phones::is_callers(call, whose).await;
    }
    let own = caller::user_id(call).await?;
    Ok(own.is_some() && phones::owner_of(call, whose).await? == own)
}
