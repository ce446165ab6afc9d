//! Stored devices and users that ring: which of them do, as what, and for whom.

mod how;
mod outcomes;
mod who;

use std::time::Duration;

use pivot::objects::Kind;
use pivot::simulate::{Behaviour, Phone};
use serde_json::{Value, json};

use crate::callflow_dialling::ringing;
use crate::support::{Scenario, ms, seconds};

/// A leg that was made.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) endpoint: String,
    /// Since the first.
    pub(crate) after: Duration,
    pub(crate) variables: Value,
}

impl Leg {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.variables[format!("PJSIP_HEADER(add,{name})")].as_str()
    }

    pub(crate) fn caller(&self) -> &str {
        self.variables["CONNECTEDLINE(num)"]
            .as_str()
            .unwrap_or_default()
    }
}

impl Scenario {
    /// The legs in the order of their making.
    pub(crate) async fn legs(&self) -> Vec<Leg> {
        let requests = self.asterisk.requests().await;
        let made: Vec<_> = requests
            .iter()
            .filter(|r| r.path == "channels/create")
            .collect();
        let first = made.first().map_or(Duration::ZERO, |leg| leg.at);
        let leg = |made: &&pivot::simulate::Request| Leg {
            endpoint: made.params["endpoint"].as_str().unwrap_or_default().into(),
            after: made.at - first,
            variables: made.params["variables"].clone(),
        };
        made.iter().map(leg).collect()
    }

    pub(crate) async fn endpoints(&self) -> Vec<String> {
        self.legs()
            .await
            .into_iter()
            .map(|leg| leg.endpoint)
            .collect()
    }

    /// How somebody behaves who is called.
    pub(crate) async fn behaves(&self, endpoint: &str, behaviour: Behaviour) {
        self.asterisk.callee(endpoint, behaviour).await;
    }

    pub(crate) async fn device(&self, id: &str, document: Value) {
        self.put(Kind::Device, id, document).await;
    }

    pub(crate) async fn user(&self, id: &str, document: Value) {
        self.put(Kind::User, id, document).await;
    }

    pub(crate) async fn account(&self, document: Value) {
        let account = self.pivot.services.account.to_string();
        self.put(Kind::Account, &account, document).await;
    }

    /// A call that this flow takes.
    pub(crate) async fn runs(&self, flow: Value) -> Phone {
        self.callflow("main", &["2030"], flow).await;
        self.dial("2030", &[]).await
    }
}

/// Answers at once and hangs up soon.
pub(crate) fn talks() -> Behaviour {
    Behaviour::answers(ms(500)).hangs_up_after(seconds(2))
}

pub(crate) async fn house() -> Scenario {
    let scenario = Scenario::stored().await;
    scenario.behaves("*", talks()).await;
    scenario
}

fn device(id: &str, children: &[&str]) -> Value {
    ringing("device", json!({"id": id}), children)
}
