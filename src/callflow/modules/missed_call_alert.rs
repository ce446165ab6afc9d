//! `missed_call_alert` – has the shop told when the caller reaches nobody, and
//! goes on to `_`.
//!
//! When the call is over, and the caller has neither talked with somebody nor
//! left a message, `[notify] url` gets the call, its `hangup_cause` and the
//! `event` `missed_call_alert`; mails are sent by whoever is behind it. Without
//! that URL nobody is told, which is a warning. Calls from inside (`internal=yes`)
//! are never missed, nor are those that go on elsewhere, as in the dialplan.
//!
//! | field | default | |
//! |---|---|---|
//! | `recipients` | required | a list of `{"type": "user" or "email", "id": …}`, passed on with the addresses of stored users |
//!
//! ```json
//! {
//!   "module": "missed_call_alert",
//!   "data": {"recipients": [{"type": "email", "id": ["desk@example.com"]}]},
//!   "children": {"_": {"module": "device", "data": {"id": "alice"}}}
//! }
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use super::notification::Recipient;
use crate::call::{Call, Interrupt, Notice};
use crate::callflow::Node;
use crate::callflow::told::call_told;
use crate::program::Flow;

/// Has the shop told when the caller reaches nobody.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct MissedCallAlert {
    /// Who is to be told.
    recipients: Vec<Recipient>,
}

impl Module for MissedCallAlert {
    const NAME: &'static str = "missed_call_alert";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if call.facts().internal {
            call.note("a call from inside is not missed");
            return Ok(Flow::Next);
        }
        call.learn_sip_facts().await;
        let mut told = call_told(call);
        let recipients = Recipient::told(call, &self.recipients).await?;
        told.insert("recipients".into(), recipients);
        call.notify_at_end(Notice {
            event: Self::NAME.into(),
            if_missed: true,
            params: told,
        });
        Ok(Flow::Next)
    }
}
