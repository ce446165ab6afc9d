//! `camping_feature` – calls the caller back once somebody else is free.
//!
//! What the pattern has captured after the code is an extension. Where its callflow rings
//! a phone or person who is free, the caller is connected at once. Otherwise the caller
//! hears that the wish is taken, and is hung up; pivot asks Asterisk every 3 seconds, and
//! when nobody's phone is in a call any more it rings the caller's for 30 seconds, as
//! `Campered call`. Who answers calls the extension. Several who wait for the same are
//! called in the order in which they asked, each when the one before is done.
//!
//! For a number outside that cannot be watched: it is called again and again until
//! somebody answers, and is then connected with the caller's phone, which rings for 10
//! seconds.
//!
//! | field | default | |
//! |---|---|---|
//! | `timeout` | 15 | minutes that a wish for a phone lasts |
//! | `tries` | 10 | calls to a number outside |
//! | `try_interval` | 3 | minutes before each but the first |
//! | `stop_after` | 31 | minutes after which there are no more |
//!
//! Who calls from none of the account's phones, wants their own phone or what is neither
//! of these, or may not call there, hears that it cannot be had. The flow ends in any case.
//! Wishes are forgotten when pivot is restarted.
//!
//! ```json
//! {"module": "camping_feature", "data": {"timeout": 30}}
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, json};

use super::Module;
use crate::call::ops::CallerId;
use crate::call::originate::{Origination, Reached, Ring, When};
use crate::call::{Call, Interrupt};
use crate::callflow::caller_id::{self, Reaches};
use crate::callflow::feature::{self, Looks};
use crate::callflow::phones::{self, Whose};
use crate::callflow::{Node, admission, caller, own, pickup, stored};
use crate::clock;
use crate::news::Destination;
use crate::program::Flow;

/// How long the caller's phone rings: for a phone that is free now, and while somebody
/// outside waits.
const RINGS: Duration = Duration::from_secs(30);
const RINGS_WHILE_ANOTHER_WAITS: u64 = 10;
/// How long a number outside rings.
const RINGS_OUTSIDE: Duration = Duration::from_secs(30);
const NAME: &str = "Campered call";

/// Calls the caller back once somebody else is free.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CampingFeature {
    /// Minutes that a wish for one of the account's phones lasts.
    #[serde(default = "timeout")]
    #[schemars(range(min = 1, max = 1440))]
    timeout: u64,
    /// Calls to a number outside.
    #[serde(default = "tries")]
    #[schemars(range(min = 1, max = 100))]
    tries: u64,
    /// Minutes before each of them but the first.
    #[serde(default = "try_interval")]
    #[schemars(range(min = 1, max = 1440))]
    try_interval: u64,
    /// Minutes after which there are no more of them.
    #[serde(default = "stop_after")]
    #[schemars(range(min = 1, max = 1440))]
    stop_after: u64,
}

fn timeout() -> u64 {
    15
}

fn tries() -> u64 {
    10
}

fn try_interval() -> u64 {
    3
}

fn stop_after() -> u64 {
    31
}

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

/// What is camped on.
enum Target {
    Phones(Whose),
    Outside,
}

/// Who the number is, if it can be camped on.
async fn target(call: &mut Call, number: &str) -> Result<Option<Target>, Interrupt> {
    let Some(found) = call.lookup(number).await? else {
        return Ok(None);
    };
    let Some(flow) = stored::flow(call, &found.callflow).await? else {
        return Ok(None);
    };
    if let Some(whose) = feature::first_phone(&flow, Looks::Phones) {
        return Ok(Some(Target::Phones(whose)));
    }
    let outside = matches!(flow.module.as_str(), "offnet" | "resources");
    Ok(outside.then_some(Target::Outside))
}

/// The node that rings them and nobody else.
fn ringing(whose: &Whose, more: serde_json::Value) -> Node {
    let (module, id) = match whose {
        Whose::User(id) => ("user", id),
        Whose::Device(id) | Whose::Group(id) => ("device", id),
    };
    let mut data = Map::from_iter([("id".to_owned(), id.as_str().into())]);
    data.extend(more.as_object().cloned().unwrap_or_default());
    Node::new(module, data)
}

impl CampingFeature {
    /// A wish of the caller's for this number.
    async fn wish(&self, call: &mut Call, device: &str, number: &str) -> Origination {
        let facts = call.facts();
        Origination {
            line: format!("camping {} {number}", call.account()),
            party: device.to_owned(),
            account: facts.account.clone(),
            internal: facts.internal,
            ring: Ring::Device(device.to_owned()),
            rings_for: RINGS,
            auto_answer: false,
            shown: CallerId {
                number: number.to_owned(),
                name: NAME.into(),
            },
            caller: CallerId {
                number: facts.caller_number.clone(),
                name: facts.caller_name.clone(),
            },
            then: Destination::Number(number.to_owned()),
            when: When::Always,
            pauses: vec![Duration::ZERO],
            until: Some(clock::now().after(minutes(self.timeout))),
            enough: Reached::Party,
            why: format!("call {} camps on {number}", call.id()),
        }
    }

    /// The same for a number that cannot be watched.
    async fn wish_outside(
        &self,
        call: &mut Call,
        device: &str,
        number: &str,
    ) -> Result<Origination, Interrupt> {
        let shown = caller_id::of_leg(call, Reaches::World("external")).await?;
        let own = Whose::Device(device.to_owned());
        let own = ringing(&own, json!({"timeout": RINGS_WHILE_ANOTHER_WAITS}));
        let pauses = (0..self.tries).map(|before| match before {
            0 => Duration::ZERO,
            _ => minutes(self.try_interval),
        });
        Ok(Origination {
            line: format!("camping {} {number} {device}", call.account()),
            internal: false,
            ring: Ring::Number(number.to_owned()),
            rings_for: RINGS_OUTSIDE,
            shown,
            caller: CallerId {
                number: number.to_owned(),
                name: String::new(),
            },
            then: Destination::Flow(json!({"module": own.module, "data": own.data})),
            pauses: pauses.collect(),
            until: Some(clock::now().after(minutes(self.stop_after))),
            enough: Reached::Other,
            ..self.wish(call, device, number).await
        })
    }
}

impl Module for CampingFeature {
    const NAME: &'static str = "camping_feature";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let number = call.matched_flow().captured.group.clone();
        let number = call.normalize(number.as_deref().unwrap_or_default().trim());
        let (Some(device), Some(target)) =
            (caller::device_id(call).await?, target(call, &number).await?)
        else {
            return pickup::refuse(call, "camper-deny").await;
        };
        if !admission::may_call(call, &number).await? {
            return pickup::refuse(call, "cf-unauthorized_call").await;
        }
        let wish = match target {
            Target::Outside => self.wish_outside(call, &device, &number).await?,
            Target::Phones(whose) if phones::is_callers(call, &whose).await? => {
                return pickup::refuse(call, "camper-deny").await;
            }
            Target::Phones(whose) => {
                let devices = phones::devices(call, &whose).await?;
                let endpoints = phones::endpoints(call, &devices).await?;
                let services = call.services().clone();
                if call.during(services.are_free(&endpoints)).await? {
                    call.note(format!("{number} is free and is called at once"));
                    return Ok(Flow::Replace(ringing(&whose, json!({})).into()));
                }
                Origination {
                    when: When::Free(endpoints),
                    ..self.wish(call, &device, &number).await
                }
            }
        };
        call.note(format!("{number} is called, or calls back, later"));
        call.services().originations.add(wish);
        own::say(call, "camper-queue").await?;
        Ok(Flow::Stop(None))
    }
}
