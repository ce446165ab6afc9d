//! `notification` – tells the shop something about the call, and goes on to `_`.
//!
//! `[notify] url` gets the call, these settings and the `event` `notification`;
//! mails and messages are sent by whoever is behind it. Without that URL nobody
//! is told, which is a warning.
//!
//! | field | default | |
//! |---|---|---|
//! | `template_id` | – | passed on |
//! | `recipients` | – | a list of `{"type": "user" or "email", "id": …}`, passed on with the addresses of stored users |
//! | `send_at` | `channel_destroy` | `channel_destroy`: when the call is over, with its `hangup_cause`; `callflow_exec`: at once |
//! | `comments` | – | passed on |
//! | `notification_media` | – | passed on: `email`, `sms` |
//!
//! What is to be told at the end is not told when the call goes on elsewhere, as
//! in the dialplan.
//!
//! ```json
//! {
//!   "module": "notification",
//!   "data": {"template_id": "vip", "recipients": [{"type": "email", "id": "desk@example.com"}], "send_at": "callflow_exec"}
//! }
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Module;
use crate::call::{Call, Interrupt, Notice};
use crate::callflow::Node;
use crate::callflow::told::call_told;
use crate::objects::User;
use crate::program::Flow;

/// Tells the shop something about the call.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Notification {
    /// Passed on.
    #[schemars(length(max = 128))]
    template_id: Option<String>,
    /// Who is to be told.
    #[serde(default)]
    recipients: Vec<Recipient>,
    /// At once, or when the call is over.
    #[serde(default)]
    send_at: SendAt,
    /// Passed on.
    #[schemars(length(max = 4096))]
    comments: Option<String>,
    /// Passed on.
    #[serde(default)]
    notification_media: Vec<String>,
}

/// Somebody who is to be told.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Recipient {
    /// What `id` is.
    #[serde(rename = "type")]
    kind: RecipientKind,
    /// A user, an address, or several.
    id: Ids,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum RecipientKind {
    User,
    Email,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "a string or a list of strings"))]
enum Ids {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum SendAt {
    #[default]
    ChannelDestroy,
    CallflowExec,
}

impl Recipient {
    /// As `recipients[user][]` and `recipients[email][]`; the addresses of stored
    /// users are among the latter.
    pub(super) async fn told(call: &mut Call, recipients: &[Self]) -> Result<Value, Interrupt> {
        let mut users = Vec::new();
        let mut addresses = Vec::new();
        for recipient in recipients {
            let list = match recipient.kind {
                RecipientKind::User => &mut users,
                RecipientKind::Email => &mut addresses,
            };
            match &recipient.id {
                Ids::One(id) => list.push(id.clone()),
                Ids::Several(ids) => list.extend(ids.iter().cloned()),
            }
        }
        for id in &users {
            let user = call.stored::<User>(id).await?;
            match user.and_then(|user| user.email) {
                Some(address) => addresses.push(address),
                None => call.note(format!("user {id} has no address that is known here")),
            }
        }
        Ok(json!({"user": users, "email": addresses}))
    }
}

impl Module for Notification {
    const NAME: &'static str = "notification";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.learn_sip_facts().await;
        let mut told = call_told(call);
        for (name, value) in [
            ("template_id", &self.template_id),
            ("comments", &self.comments),
        ] {
            if let Some(value) = value {
                told.insert(name.into(), value.clone().into());
            }
        }
        let recipients = Recipient::told(call, &self.recipients).await?;
        told.insert("recipients".into(), recipients);
        let media = self.notification_media.clone();
        told.insert("notification_media".into(), media.into());
        let event = String::from(Self::NAME);
        match self.send_at {
            SendAt::CallflowExec => {
                call.notify(&event, told);
            }
            SendAt::ChannelDestroy => call.notify_at_end(Notice {
                event,
                if_missed: false,
                params: told,
            }),
        }
        Ok(Flow::Next)
    }
}
