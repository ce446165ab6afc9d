//! `resources` – calls a number in the outside world and connects the caller.
//!
//! The caller is answered when the other party answers. When their conversation
//! ends, so does the flow. If nobody answers, the child named like the cause
//! runs (`USER_BUSY`, `NO_ANSWER`, …), else `sip:` and the SIP code (`sip:486`),
//! else `_`; with none of them the caller hears a tone or an announcement and is
//! refused with the fitting SIP code. `resource` is an alias.
//!
//! | field | default | |
//! |---|---|---|
//! | `to_did` | the number called | |
//! | `timeout` | `[dial] timeout_s` | seconds that it rings |
//! | `ignore_early_media` | `false` | plain ringing instead of the other side's announcements |
//! | `ringback` | ringing | what the caller hears meanwhile, as `id` of `play` |
//! | `custom_sip_headers` | – | header → value, on the call out |
//! | `use_local_resources` | `true` | `false`: the trunks of the configuration's own account |
//! | `hunt_account_id` | – | the same, when it names that account; no other account's |
//! | `caller_id_type` | `external` | which of the caller's stored caller ids is shown; emergency calls show `emergency` |
//! | `outbound_flags` | none | flags that a trunk must have |
//! | `dynamic_flags` | none | the same, as the call has them: `from_user`, `caller_id_number`, `custom_channel_vars.NAME`, … |
//! | `do_not_normalize` | `false` | the number is dialled as it was written |
//! | `bypass_e164` | `false` | the same, unless the caller's phone has a `dial_plan` |
//! | `emit_account_id` | `false` | header `X-Account-ID` on the call out |
//!
//! Stored trunks (`resources`) are tried in the order of their `weight_cost`: those
//! that are switched on, take the number (`rules`), have all flags of the node, of the
//! caller's phone and of the account, and take this caller (`cid_rules`). One that is
//! congested or cannot be reached is followed by the next; when it is the called party
//! who does not want the call, the others are not tried. Without stored trunks
//! `[dial] number` says how a number becomes a call, and the shop's dialplan chooses.
//!
//! ```json
//! {
//!   "module": "resources",
//!   "data": {"to_did": "+15551234567", "use_local_resources": false, "timeout": 25},
//!   "children": {"USER_BUSY": {"module": "tts", "data": {"text": "The line is busy."}}}
//! }
//! ```
//!
//! In Kazoo `_` never runs here.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Module;
use crate::call::ops::{Dial, Target};
use crate::call::{Call, Cause, Interrupt};
use crate::callflow::caller_id::{self, Reaches};
use crate::callflow::library::named_sounds;
use crate::callflow::ring::{self, Failure};
use crate::callflow::trunks::{self, Wanted, Way};
use crate::callflow::{DEFAULT_CHILD, Node, announce, caller, told, variables};
use crate::objects::{Account, Device, OutboundFlags, Resource, User};
use crate::program::Flow;

/// Calls a number in the outside world and connects the caller.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend(
    "x-accepted" = ["resource_type"],
    "x-ignored" = ["from_uri_realm", "format_from_uri"]
))]
pub(super) struct Resources {
    /// The number; the one that the caller dialled when absent.
    #[schemars(length(max = 128))]
    to_did: Option<String>,
    /// Seconds that it rings.
    #[schemars(range(min = 1, max = 3600))]
    timeout: Option<u64>,
    /// Plain ringing instead of the other side's announcements.
    #[serde(default)]
    ignore_early_media: bool,
    /// What the caller hears meanwhile.
    #[schemars(length(max = 2048))]
    ringback: Option<String>,
    /// Header → value, on the call out.
    #[serde(default)]
    custom_sip_headers: Map<String, Value>,
    /// The account's own trunks, or those of the configuration's own account.
    use_local_resources: Option<bool>,
    /// Whose trunks: this account's, or those of the configuration's own.
    #[schemars(length(max = 128))]
    hunt_account_id: Option<String>,
    /// Which of the caller's stored caller ids is shown.
    #[serde(default = "external")]
    #[schemars(length(max = 128))]
    caller_id_type: String,
    /// Flags that a trunk must have.
    #[serde(default)]
    outbound_flags: Vec<String>,
    /// The same, as the call has them.
    #[serde(default)]
    dynamic_flags: Vec<String>,
    /// Dial the number as it was written.
    #[serde(default)]
    do_not_normalize: bool,
    /// The same, unless the caller's phone has a dial plan.
    #[serde(default)]
    bypass_e164: bool,
    /// Tell the trunk the account's id.
    #[serde(default)]
    emit_account_id: bool,
}

const EXTERNAL: &str = "external";
const EMERGENCY: &str = "emergency";

fn external() -> String {
    EXTERNAL.into()
}

/// What must be remembered while trunks are tried.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Trying {
    /// The Dials, one for each way out.
    dials: Option<Vec<(String, Dial)>>,
    done: usize,
    /// Why the last one failed.
    failure: Option<(u16, u16)>,
}

/// The account, the users and the phone that call.
struct Callers {
    account: Account,
    user: Option<User>,
    device: Option<Device>,
}

impl Callers {
    async fn of(call: &mut Call) -> Result<Self, Interrupt> {
        let account = call.account().to_string();
        let user = caller::user_id(call).await?;
        let device = caller::device_id(call).await?;
        Ok(Self {
            account: call.stored(&account).await?.unwrap_or_default(),
            user: match user {
                Some(id) => call.stored(&id).await?,
                None => None,
            },
            device: match device {
                Some(id) => call.stored(&id).await?,
                None => None,
            },
        })
    }
}

impl Resources {
    /// The number, written as trunks take it.
    fn number(&self, call: &Call, callers: &Callers) -> String {
        let number = match self.to_did.as_deref().map(trunks::plain) {
            Some(number) if !number.is_empty() => number,
            _ => call.facts().dialled.clone(),
        };
        let own_plan = callers.device.as_ref().map(|device| &device.dial_plan);
        let has_own = own_plan.is_some_and(|plan| !plan.rules.is_empty());
        if self.do_not_normalize || self.bypass_e164 && !has_own {
            return number;
        }
        let users = callers.user.as_ref().map(|user| &user.dial_plan);
        let rewritten = own_plan
            .into_iter()
            .chain(users)
            .chain([&callers.account.dial_plan])
            .find_map(|plan| trunks::rewritten(call, plan, &number));
        rewritten.unwrap_or_else(|| call.services().catalog.numbers.normalize(&number))
    }

    fn flags(&self, call: &Call, callers: &Callers) -> Vec<String> {
        let phone = callers.device.as_ref().map(|device| &device.outbound_flags);
        let theirs = || phone.into_iter().chain([&callers.account.outbound_flags]);
        let fixed = theirs().flat_map(OutboundFlags::fixed);
        let mut flags: Vec<String> = fixed.chain(&self.outbound_flags).cloned().collect();
        let told = told::call_told(call);
        let dynamic = theirs().flat_map(OutboundFlags::dynamic);
        for name in dynamic.chain(&self.dynamic_flags) {
            let path: Vec<_> = name.split('.').map(str::to_owned).collect();
            match variables::at(&told, &path).and_then(variables::text) {
                Some(flag) if !flag.is_empty() => flags.push(flag),
                _ => call.note(format!(
                    "the call has no {name}, so no trunk needs that flag"
                )),
            }
        }
        flags
    }

    /// The trunks that the account may use.
    async fn trunks(
        &self,
        call: &mut Call,
        local: bool,
    ) -> Result<Vec<(String, Resource)>, Interrupt> {
        let shared = call.services().account.to_string();
        if !self.use_local_resources.unwrap_or(local) {
            return call.all_shared().await;
        }
        match self.hunt_account_id.as_deref() {
            Some(id) if id == shared => call.all_shared().await,
            Some(id) if id != call.account().as_str() => {
                call.warn(format!(
                    "trunks of account {id} are not this account's to use"
                ));
                trunks::of_account(call).await
            }
            _ => trunks::of_account(call).await,
        }
    }

    /// The ways out for this call, in the order in which they are tried.
    async fn dials(&self, call: &mut Call, local: bool) -> Result<Vec<(String, Dial)>, Interrupt> {
        let callers = Callers::of(call).await?;
        let number = self.number(call, &callers);
        let flags = self.flags(call, &callers);
        let emergency = call.services().catalog.numbers.class(&number) == EMERGENCY;
        let kind = if emergency {
            EMERGENCY
        } else {
            &self.caller_id_type
        };
        let trunks = self.trunks(call, local).await?;
        let ways = if trunks.is_empty() {
            vec![Way::dialplan(&number)]
        } else {
            let caller = caller_id::of_leg(call, Reaches::World(kind)).await?;
            let wanted = Wanted {
                number: &number,
                flags: &flags,
                caller: &caller.number,
                emergency,
            };
            trunks::ways(call, &trunks, &wanted)
        };
        let mut headers = match &callers.device {
            Some(device) => ring::headers_out(call, &device.sip.custom_sip_headers),
            None => Vec::new(),
        };
        ring::add_headers(
            &mut headers,
            ring::headers_in(call, &self.custom_sip_headers),
        );
        if self.emit_account_id {
            let id = call.account().to_string();
            ring::add_headers(&mut headers, vec![("X-Account-ID".into(), id)]);
        }
        let timeout = self
            .timeout
            .unwrap_or(call.services().config.dial.timeout_s);
        let mut dials = Vec::new();
        for way in ways {
            let mut target = Target::new(way.endpoint);
            target.headers.clone_from(&headers);
            target.username = way.username;
            target.progress = way.progress;
            let mut dial = Dial {
                targets: vec![target],
                timeout: Duration::from_secs(timeout).min(way.longest.unwrap_or(Duration::MAX)),
                ignore_early_media: self.ignore_early_media,
                ringback: named_sounds(call, self.ringback.as_deref()).await?,
                ..Dial::default()
            };
            let kind = way
                .caller_id_type
                .as_deref()
                .filter(|_| !emergency)
                .unwrap_or(kind);
            caller_id::present(call, &mut dial, Reaches::World(kind)).await?;
            dials.push((way.name, dial));
        }
        if dials.is_empty() {
            call.warn(format!(
                "no stored trunk takes {number} with the flags {flags:?}"
            ));
        }
        Ok(dials)
    }

    /// `local`: the account's own trunks, unless the node says otherwise.
    pub(super) async fn call_out(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Trying,
        local: bool,
    ) -> Result<Flow, Interrupt> {
        if at.dials.is_none() {
            at.dials = Some(self.dials(call, local).await?);
            call.save(at);
        }
        let dials = at.dials.clone().unwrap_or_default();
        let mut failure = match at.failure {
            Some((cause, code)) => Failure {
                cause: Cause(cause),
                code,
            },
            None => Cause::NO_ROUTE.into(),
        };
        while let Some((name, dial)) = dials.get(at.done) {
            let Some(failed) = ring::failure(&call.dial(dial.clone()).await?) else {
                return Ok(Flow::Stop(None));
            };
            failure = failed;
            at.done += 1;
            if !trunks::is_worth_another(failed.cause) {
                break;
            }
            if at.done < dials.len() {
                call.note(format!(
                    "{name}: {}; the next trunk is tried",
                    failed.cause.kazoo()
                ));
            }
            at.failure = Some((failed.cause.0, failed.code));
            call.save(at);
        }
        if let Some(child) = failure.child(node) {
            return Ok(child);
        }
        if node.offers(DEFAULT_CHILD) {
            return Ok(Flow::Next);
        }
        announce::refuse(call, failure.cause).await
    }
}

impl Module for Resources {
    const NAME: &'static str = "resources";
    const ALIASES: &'static [&'static str] = &["resource"];
    type Progress = Trying;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        self.call_out(call, node, at, true).await
    }
}
