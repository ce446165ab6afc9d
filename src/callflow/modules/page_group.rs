//! `page_group` – speaks to several phones at once, which answer by themselves.
//!
//! The caller is answered and heard by everybody who has answered, until the caller
//! hangs up or nobody is left. When nobody could be reached, `_` runs.
//!
//! | field | default | |
//! |---|---|---|
//! | `endpoints` | required | as of `ring_group`: `id`, `endpoint_type` (`device`, `user`, `group`), `delay` and `timeout` |
//! | `audio` | `one-way` | `two-way`: they are heard too |
//! | `timeout` | 5 s | how long phones that do not answer by themselves ring |
//! | `barge_calls` | `false` | accepted |
//! | `name` | – | accepted |
//!
//! ```json
//! {
//!   "module": "page_group",
//!   "data": {"endpoints": [{"id": "sales", "endpoint_type": "group"}], "audio": "one-way"}
//! }
//! ```
//!
//! Phones answer by themselves when they are set to do so; see `intercom`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::{Dial, Target};
use crate::call::{Call, Interrupt};
use crate::callflow::caller_id::{self, Reaches};
use crate::callflow::endpoint::{Asked, By, Phones};
use crate::callflow::phones::{Whose, devices};
use crate::callflow::{Node, caller};
use crate::program::Flow;

/// Speaks to several phones at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["barge_calls", "name"]))]
pub(super) struct PageGroup {
    /// Whom the caller speaks to.
    endpoints: Vec<Member>,
    /// Whether they are heard.
    #[serde(default)]
    audio: Audio,
    /// Seconds that they ring.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 3600))]
    timeout: u64,
}

fn five() -> u64 {
    5
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum Audio {
    #[default]
    OneWay,
    TwoWay,
}

/// A phone, a person or a group.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(inline, extend("x-accepted" = ["weight", "name"]))]
struct Member {
    #[schemars(length(min = 1, max = 128))]
    id: String,
    #[serde(default)]
    endpoint_type: Kind,
    /// Seconds before it rings.
    #[serde(default)]
    delay: u64,
    /// Seconds that it rings.
    timeout: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Kind {
    #[default]
    Device,
    User,
    Group,
}

impl Member {
    fn whose(&self) -> Whose {
        let id = self.id.clone();
        match self.endpoint_type {
            Kind::Device => Whose::Device(id),
            Kind::User => Whose::User(id),
            Kind::Group => Whose::Group(id),
        }
    }
}

impl PageGroup {
    /// A leg for each phone, of which none rings twice.
    async fn targets(&self, call: &mut Call) -> Result<Vec<Target>, Interrupt> {
        let own = caller::device_id(call).await?;
        let mut seen: Vec<String> = own.into_iter().collect();
        let mut phones = Phones::new(call).await?;
        let mut targets = Vec::new();
        for member in &self.endpoints {
            for id in devices(call, &member.whose()).await? {
                if seen.contains(&id) {
                    continue;
                }
                seen.push(id.clone());
                let asked = Asked {
                    delay: member.delay,
                    timeout: member.timeout.unwrap_or(self.timeout),
                    by: By::Group {
                        ignore_forward: true,
                    },
                    headers: caller_id::auto_answer().to_vec(),
                    ..Asked::default()
                };
                targets.extend(phones.device(call, &id, &asked).await?.targets);
            }
        }
        Ok(targets)
    }
}

impl Module for PageGroup {
    const NAME: &'static str = "page_group";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let targets = self.targets(call).await?;
        if targets.is_empty() {
            call.note("there is nobody to speak to");
            return Ok(Flow::Next);
        }
        let mut dial = Dial {
            targets,
            ..Dial::default()
        };
        caller_id::present(call, &mut dial, Reaches::Phone).await?;
        let longest = dial.targets.iter().map(|target| target.delay).max();
        dial.timeout = longest.unwrap_or_default() + Duration::from_secs(self.timeout);
        let paged = call.page(dial, self.audio == Audio::TwoWay).await?;
        Ok(if paged { Flow::Stop(None) } else { Flow::Next })
    }
}
