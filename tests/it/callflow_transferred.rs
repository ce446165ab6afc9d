//! Blind and attended transfers that Asterisk carries out: who the transferred party is for
//! the flow that takes over, and the end of the call that is left.

use pivot::objects::Kind;
use pivot::simulate::{Caller, Phone};
use serde_json::json;

use crate::callflow_flows::node;
use crate::callflow_ringing::house;
use crate::support::{Scenario, seconds};

/// A shop where 102 rings Bob, who answers.
async fn shop() -> Scenario {
    let scenario = house().await;
    let answers = pivot::simulate::Behaviour::answers(seconds(1));
    scenario.behaves("*", answers).await;
    let internal = json!({"internal": {"name": "Bob Smith", "number": "102"}});
    let user = json!({"first_name": "Bob", "last_name": "Smith", "caller_id": internal});
    scenario.user("u-bob", user).await;
    let phone = json!({"name": "Bob's", "owner_id": "u-bob", "sip": {"username": "bob"}});
    scenario.device("d-bob", phone).await;
    let ring = node("user", json!({"id": "u-bob"}));
    scenario.callflow("bob", &["102"], ring).await;
    scenario
}

/// A channel that Asterisk has made for a blind transfer by Ann, whose caller it learns
/// a moment later, or never.
async fn transferred(scenario: &Scenario, caller: &[(&str, &str)]) -> Phone {
    let by = [("BLINDTRANSFER", "PJSIP/ann-00000001")];
    let variables = by.iter().chain(caller);
    let caller = Caller {
        technology: "Local".into(),
        number: String::new(),
        name: String::new(),
        endpoint: "102@pivot".into(),
        to: "102".into(),
        variables: variables
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        ..Caller::default()
    };
    scenario.call_from(caller).await
}

#[tokio::test(start_paused = true)]
async fn whoever_is_transferred_is_the_caller_of_the_flow_that_follows() {
    let scenario = shop().await;
    let own = [("CALLERID(num)", "+4930123"), ("CALLERID(name)", "Zoë")];
    let phone = transferred(&scenario, &own).await;
    tokio::time::sleep(seconds(3)).await;
    let leg = scenario.legs().await.remove(0);
    assert_eq!(
        (leg.caller(), &leg.variables["CONNECTEDLINE(name)"]),
        ("+4930123", &json!("Zoë"))
    );
    assert_eq!(scenario.timeline().await.summary.from, "+4930123");
    assert!(
        scenario
            .lines()
            .await
            .contains("PJSIP/ann-00000001 has transferred +4930123 here")
    );
    phone.hangup().await;
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn one_whom_asterisk_does_not_know_is_nobody() {
    let scenario = shop().await;
    let phone = transferred(&scenario, &[]).await;
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(scenario.legs().await[0].caller(), "anonymous");
    assert!(
        scenario
            .lines()
            .await
            .contains("transferred somebody here without a number")
    );
    phone.hangup().await;
    scenario.nothing_left().await;
}

/// So that Asterisk knows who it is when the caller transfers the phone to somebody else.
#[tokio::test(start_paused = true)]
async fn a_phone_that_is_rung_is_given_its_own_id() {
    let scenario = shop().await;
    scenario
        .put(
            Kind::Device,
            "d-ann",
            json!({"name": "Ann's", "sip": {"username": "ann"}}),
        )
        .await;
    let ring = node("device", json!({"id": "d-ann"}));
    scenario.callflow("ann", &["101"], ring).await;
    let first = scenario.dial("102", &[]).await;
    let second = scenario.dial("101", &[]).await;
    tokio::time::sleep(seconds(3)).await;
    let legs = scenario.legs().await;
    let id = |place: usize, part: &str| legs[place].variables[format!("CALLERID({part})")].clone();
    assert_eq!(
        (id(0, "num"), id(0, "name")),
        (json!("102"), json!("Bob Smith"))
    );
    // One that nothing is configured for has the number that was dialled.
    assert_eq!((id(1, "num"), id(1, "name")), (json!("101"), json!(null)));
    first.hangup().await;
    second.hangup().await;
    scenario.nothing_left().await;
}

/// Of a channel in the place of another, Asterisk tells no end: nobody waits for it.
#[tokio::test(start_paused = true)]
async fn a_call_one_of_whose_ends_was_transferred_away_ends_with_the_other() {
    for (who_refers, who_leaves) in [("bob", "caller"), ("caller", "bob")] {
        let scenario = shop().await;
        let caller = scenario.dial("102", &[]).await;
        tokio::time::sleep(seconds(3)).await;
        let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
        let (refers, leaves) = match who_refers {
            "bob" => (&bob, &caller),
            _ => (&caller, &bob),
        };
        refers.refer("sip:2039@example.com").await;
        tokio::time::sleep(seconds(1)).await;
        assert_eq!(refers.refer_told().await, [100, 200]);
        refers.hangup().await;
        tokio::time::sleep(seconds(1)).await;
        leaves.hangup().await;
        scenario.nothing_left().await;
        let lines = scenario.lines().await;
        assert!(
            !lines.contains("did not tell the end"),
            "{who_refers}, {who_leaves}\n{lines}"
        );
    }
}
