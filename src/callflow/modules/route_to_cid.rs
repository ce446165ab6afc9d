//! `route_to_cid` – rings whoever has the number that was called as a caller id.
//!
//! All stored devices and users whose `caller_id` of one of the types has that number
//! ring at once, as in a `ring_group`; without any `_` runs.
//!
//! | field | default | |
//! |---|---|---|
//! | `cid_types` | `["internal"]` | `internal`, `external`, `emergency`, or the shop's own |
//! | `endpoint_types` | both | `device`, `user` |
//! | `timeout` | 20 s | how long they ring; 0 = 20 |
//! | `delay` | 0 s | before they begin to ring |
//! | `can_call_self` | `false` | `true` rings the caller's own phones, too |
//! | `suppress_clid` | `false` | the phones do not see who calls |
//! | `static_invite` | the device's | the user part of the INVITE |
//! | `custom_sip_headers` | – | header → value, on the calls to the phones |
//!
//! ```json
//! {"module": "route_to_cid", "data": {"cid_types": ["external"], "timeout": 30}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::callflow::endpoint::{Asked, By};
use crate::callflow::members::{Member, MemberKind, Ring};
use crate::callflow::ring::{self, Ringing};
use crate::objects::{CallerIds, Device, User};
use crate::program::Flow;

/// Rings whoever has the called number as a caller id.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["name", "can_text_self"]))]
pub(super) struct RouteToCid {
    /// Which of their caller ids are looked at.
    #[serde(default = "internal")]
    cid_types: Vec<String>,
    /// Whose.
    #[serde(default = "both")]
    endpoint_types: Vec<Kind>,
    /// Seconds that they ring; 0 = 20.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    timeout: u64,
    /// Seconds before they begin to ring.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    delay: u64,
    /// Ring the caller's own phones, too.
    #[serde(default)]
    can_call_self: bool,
    /// The phones do not see who calls.
    #[serde(default)]
    suppress_clid: bool,
    /// The user part of the INVITE.
    #[schemars(length(max = 128))]
    static_invite: Option<String>,
    /// Header → value, on the calls to the phones.
    #[serde(default)]
    custom_sip_headers: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Kind {
    Device,
    User,
}

fn internal() -> Vec<String> {
    vec!["internal".into()]
}

fn both() -> Vec<Kind> {
    vec![Kind::Device, Kind::User]
}

impl RouteToCid {
    async fn members(&self, call: &mut Call) -> Result<Vec<Member>, Interrupt> {
        let number = call.facts().dialled.clone();
        let has = |ids: &CallerIds| {
            let numbers = self
                .cid_types
                .iter()
                .filter_map(|kind| ids.get(kind)?.number.as_ref());
            numbers.into_iter().any(|own| *own == number)
        };
        let mut found = Vec::new();
        if self.endpoint_types.contains(&Kind::Device) {
            let devices = call.all_stored::<Device>().await?.into_iter();
            let fitting = devices.filter(|(_, device)| has(&device.caller_id));
            found.extend(fitting.map(|(id, _)| (id, MemberKind::Device)));
        }
        if self.endpoint_types.contains(&Kind::User) {
            let users = call.all_stored::<User>().await?.into_iter();
            let fitting = users.filter(|(_, user)| has(&user.caller_id));
            found.extend(fitting.map(|(id, _)| (id, MemberKind::User)));
        }
        let member = |(id, endpoint_type)| Member {
            id,
            endpoint_type,
            delay: self.delay,
            timeout: self.timeout,
            weight: None,
            disable_until: None,
        };
        Ok(found.into_iter().map(member).collect())
    }
}

impl Module for RouteToCid {
    const NAME: &'static str = "route_to_cid";
    type Progress = Ringing;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        if !at.resolved {
            let ring = Ring {
                members: self.members(call).await?,
                timeout: ring::seconds(self.timeout).as_secs() + self.delay,
                asked: Asked {
                    can_call_self: self.can_call_self,
                    by: By::Itself,
                    static_invite: self.static_invite.clone(),
                    headers: ring::headers_in(call, &self.custom_sip_headers),
                    ..Asked::default()
                },
                suppress_clid: self.suppress_clid,
                ..Ring::default()
            };
            let dial = ring.dial(call).await?;
            at.keep(call, dial);
        }
        at.once(call, node).await
    }
}
