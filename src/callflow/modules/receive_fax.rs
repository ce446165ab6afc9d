//! `receive_fax` – hands the call to the dialplan, which receives a fax for a user.
//!
//! The call goes to extension `s` of the context `[dialplan] fax`, with
//! `PIVOT_FAX_OWNER` and `PIVOT_FAX_T38` set, and the flow ends. Without that
//! setting it is a warning, and `_` runs.
//!
//! | field | default | |
//! |---|---|---|
//! | `owner_id` | the call's owner | whose fax it is |
//! | `media.fax_option` | `auto` | T.38: `true`, `false` or `auto` |
//!
//! ```json
//! {"module": "receive_fax", "data": {"owner_id": "1001", "media": {"fax_option": true}}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::{End, Flow};

/// Has the dialplan receive a fax for a user.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ReceiveFax {
    /// Whose fax it is.
    #[schemars(length(max = 128))]
    owner_id: Option<String>,
    /// How it is received.
    #[serde(default)]
    media: FaxMedia,
}

/// How a fax is received.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct FaxMedia {
    /// T.38.
    fax_option: Option<FaxOption>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "true, false or `auto`"))]
enum FaxOption {
    Whether(bool),
    Word(String),
}

impl FaxMedia {
    /// As the dialplan is told it.
    pub(super) fn t38(&self) -> &'static str {
        match &self.fax_option {
            Some(FaxOption::Whether(true)) => "yes",
            Some(FaxOption::Whether(false)) => "no",
            Some(FaxOption::Word(word)) if word == "true" => "yes",
            Some(FaxOption::Word(word)) if word == "false" => "no",
            _ => "auto",
        }
    }
}

/// Hands the call to the context for faxes, if there is one.
pub(super) async fn hand_over(
    call: &mut Call,
    name: &str,
    value: &str,
    media: &FaxMedia,
) -> Result<Flow, Interrupt> {
    let Some(context) = call.services().config.dialplan.fax.clone() else {
        call.warn("no fax is received, since [dialplan] fax names no context; child `_` runs");
        return Ok(Flow::Next);
    };
    call.set_channel_variable(name, value).await?;
    call.set_channel_variable("PIVOT_FAX_T38", media.t38())
        .await?;
    Ok(Flow::End(End::Dialplan {
        context: Some(context),
        extension: Some("s".into()),
        priority: Some(1),
    }))
}

impl Module for ReceiveFax {
    const NAME: &'static str = "receive_fax";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let owner = self.owner_id.as_deref().or(call.owner());
        let owner = owner.unwrap_or_default().to_owned();
        hand_over(call, "PIVOT_FAX_OWNER", &owner, &self.media).await
    }
}
