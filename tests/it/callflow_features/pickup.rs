//! Pickup takes what rings, intercept what talks too, and nobody listens without approval.

use serde_json::{Value, json};

use super::{a_while, asked, hears, shop, talked};
use crate::callflow_flows::{chain, node};
use crate::support::{Scenario, ms, seconds};
use pivot::simulate::{Dials, Phone};

/// Somebody calls Bob, whose phone rings for long.
async fn bob_rings(scenario: &Scenario) -> Phone {
    scenario.answers_after("bob", seconds(60)).await;
    let caller = scenario.dials("ann", "102").await;
    a_while().await;
    assert_eq!(
        scenario.asterisk.called("PJSIP/bob*").await.len(),
        1,
        "{}",
        scenario.all().await
    );
    caller
}

/// Somebody talks with Bob.
pub(crate) async fn bob_talks(scenario: &Scenario) -> (Phone, Phone) {
    scenario.answers_after("bob", seconds(1)).await;
    let caller = scenario.dials("ann", "102").await;
    a_while().await;
    let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
    assert!(talked(&caller, &bob).await, "{}", scenario.all().await);
    (caller, bob)
}

// Callflow check 64.
// Proves group_pickup.device_id, group_pickup.group_id, group_pickup.user_id.
#[tokio::test(start_paused = true)]
async fn a_ringing_call_is_picked_up_at_another_phone() {
    for data in [
        json!({"device_id": "d-bob"}),
        json!({"user_id": "u-bob"}),
        json!({"group_id": "sales", "approved_user_id": "u-carl"}),
        json!({"group_id": "sales", "approved_device_id": "d-carl"}),
    ] {
        let scenario = shop().await;
        scenario
            .feature("8", node("group_pickup", data.clone()))
            .await;
        let caller = bob_rings(&scenario).await;
        let carl = scenario.dials("carl", "*8").await;
        a_while().await;
        assert!(
            talked(&caller, &carl).await,
            "{data}\n{}",
            scenario.all().await
        );
        let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
        assert!(bob.wait_ended().await.is_some());
        // His phone lists no missed call.
        let hung_up = scenario.sent("DELETE", bob.channel()).await;
        assert_eq!(hung_up[0].params["reason_code"], "26");
        carl.hangup().await;
        caller.wait_ended().await.unwrap();
        scenario.nothing_left().await;
    }
}

/// Both calls wanted to be recorded once somebody talks: the one that rang is, and the
/// one that took it.
#[tokio::test(start_paused = true)]
async fn recordings_that_wait_for_a_conversation_begin_when_the_call_is_picked_up() {
    let scenario = shop().await;
    let record = || node("record_call", json!({"record_on_bridge": true}));
    let ring = node("device", json!({"id": "d-bob"}));
    scenario
        .callflow("bob", &["102"], chain([record(), ring]))
        .await;
    let take = node("group_pickup", json!({"device_id": "d-bob"}));
    scenario.feature("8", chain([record(), take])).await;
    let caller = bob_rings(&scenario).await;
    assert!(scenario.sent("POST", "/record").await.is_empty());
    let carl = scenario.dials("carl", "*8").await;
    a_while().await;
    assert!(talked(&caller, &carl).await, "{}", scenario.all().await);
    for phone in [&caller, &carl] {
        let listens = format!("channels/{}/snoop/", phone.channel());
        assert!(asked(&scenario, &listens).await, "{}", scenario.all().await);
    }
    carl.hangup().await;
    caller.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let kept = scenario.pivot.services.recordings.list().await.unwrap();
    assert_eq!(kept.len(), 2);
}

// Proves group_pickup.approved_group_id, group_pickup.approved_user_id.
#[tokio::test(start_paused = true)]
async fn who_is_not_approved_takes_nothing_and_the_phone_goes_on_ringing() {
    for data in [
        json!({"device_id": "d-bob", "approved_group_id": "sales"}),
        json!({"device_id": "d-bob", "approved_user_id": "u-bob"}),
        json!({"device_id": "d-carl"}),
        json!({}),
    ] {
        let scenario = shop().await;
        scenario
            .feature("8", node("group_pickup", data.clone()))
            .await;
        let caller = bob_rings(&scenario).await;
        let carl = scenario.dials("carl", "*8").await;
        carl.wait_ended().await.unwrap();
        assert_eq!(scenario.words(&carl).await.len(), 1, "{data}");
        assert!(!hears(&carl, &caller).await);
        let bob = scenario.asterisk.called("PJSIP/bob*").await.remove(0);
        assert_eq!(bob.state().await.as_deref(), Some("Ringing"), "{data}");
        caller.hangup().await;
        scenario.nothing_left().await;
    }
}

// Callflow check 64.
// Proves intercept.approved_device_id, intercept.device_id.
#[tokio::test(start_paused = true)]
async fn group_pickup_takes_no_conversation_and_intercept_does() {
    let scenario = shop().await;
    scenario
        .feature("8", node("group_pickup", json!({"device_id": "d-bob"})))
        .await;
    let approved = json!({"device_id": "d-bob", "approved_device_id": "d-carl"});
    scenario.feature("9", node("intercept", approved)).await;
    let (caller, bob) = bob_talks(&scenario).await;
    let carl = scenario.dials("carl", "*8").await;
    carl.wait_ended().await.unwrap();
    assert!(!hears(&carl, &caller).await);
    let carl = scenario.dials("carl", "*9").await;
    a_while().await;
    assert!(talked(&caller, &carl).await, "{}", scenario.all().await);
    assert!(bob.wait_ended().await.is_some());
    assert!(!hears(&carl, &bob).await);
    caller.hangup().await;
    carl.wait_ended().await.unwrap();
    scenario.nothing_left().await;
}

// Proves intercept.user_id.
#[tokio::test(start_paused = true)]
async fn without_approval_only_ones_own_calls_can_be_intercepted() {
    let scenario = shop().await;
    scenario
        .feature("9", node("intercept", json!({"user_id": "u-bob"})))
        .await;
    let second =
        json!({"name": "bob's other phone", "owner_id": "u-bob", "sip": {"username": "bob2"}});
    scenario
        .put(pivot::objects::Kind::Device, "d-bob2", second)
        .await;
    let (caller, _) = bob_talks(&scenario).await;
    let carl = scenario.dials("carl", "*9").await;
    carl.wait_ended().await.unwrap();
    assert!(!hears(&carl, &caller).await);
    let own = scenario.dials("bob2", "*9").await;
    a_while().await;
    assert!(talked(&caller, &own).await, "{}", scenario.all().await);
    own.hangup().await;
    scenario.nothing_left().await;
}

// Proves group_pickup_feature.type.
#[tokio::test(start_paused = true)]
async fn the_dialled_extension_says_whose_call_is_taken() {
    for code in ["*8102", "*7bob"] {
        let scenario = shop().await;
        scenario
            .feature("8", node("group_pickup_feature", json!({})))
            .await;
        scenario
            .feature("7", node("group_pickup_feature", json!({"type": "device"})))
            .await;
        let caller = bob_rings(&scenario).await;
        let carl = scenario.dials("carl", code).await;
        a_while().await;
        assert!(
            talked(&caller, &carl).await,
            "{code}\n{}",
            scenario.all().await
        );
        carl.hangup().await;
        scenario.nothing_left().await;
        let carl = scenario.dials("carl", "*8999").await;
        carl.wait_ended().await.unwrap();
        assert_eq!(scenario.words(&carl).await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_moves_to_the_users_other_phone() {
    let scenario = shop().await;
    scenario
        .callflow("move", &["*6"], node("move", json!({})))
        .await;
    let second = json!({"name": "mobile", "owner_id": "u-bob", "sip": {"username": "bob2"}});
    scenario
        .put(pivot::objects::Kind::Device, "d-bob2", second)
        .await;
    let nothing = scenario.dials("bob2", "*6").await;
    nothing.wait_ended().await.unwrap();
    assert_eq!(scenario.words(&nothing).await.len(), 1);
    let (caller, bob) = bob_talks(&scenario).await;
    let mobile = scenario.dials("bob2", "*6").await;
    a_while().await;
    assert!(talked(&caller, &mobile).await, "{}", scenario.all().await);
    assert!(bob.wait_ended().await.is_some());
    caller.hangup().await;
    scenario.nothing_left().await;
}

async fn listens(data: Value, who: &str) -> bool {
    let scenario = shop().await;
    scenario.feature("5", node("eavesdrop", data)).await;
    scenario
        .feature(
            "4",
            node(
                "eavesdrop_feature",
                json!({"group_id": "sales", "approved_user_id": "u-carl"}),
            ),
        )
        .await;
    let (caller, bob) = bob_talks(&scenario).await;
    let spy = scenario.dials(who, "*5").await;
    a_while().await;
    // The spy's bridge has the snoop channel in it, and the two hear nothing of it.
    let listens = spy.state().await.is_some() && asked(&scenario, "/snoop/").await;
    assert!(!hears(&bob, &spy).await && !hears(&caller, &spy).await);
    caller.hangup().await;
    // What is listened to ends, and so does the listening.
    spy.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    listens
}

// Callflow check 64.
// Proves eavesdrop.approved_user_id, eavesdrop.user_id.
#[tokio::test(start_paused = true)]
async fn only_who_is_approved_listens() {
    let approved = json!({"user_id": "u-bob", "approved_user_id": "u-carl"});
    assert!(listens(approved.clone(), "carl").await);
    assert!(!listens(approved, "bob2").await);
    assert!(!listens(json!({"user_id": "u-bob"}), "carl").await);
    let by_group = json!({"device_id": "d-bob", "approved_group_id": "sales"});
    assert!(!listens(by_group, "carl").await);
}

#[tokio::test(start_paused = true)]
async fn the_picker_who_hangs_up_at_once_leaves_nothing_behind() {
    for after in [1, 20, 60, 150, 400] {
        let scenario = shop().await;
        scenario
            .feature("8", node("group_pickup", json!({"device_id": "d-bob"})))
            .await;
        let caller = bob_rings(&scenario).await;
        let carl = scenario.dials("carl", "*8").await;
        carl.hangup_at(ms(after));
        carl.wait_ended().await;
        caller.hangup_at(seconds(5));
        caller.wait_ended().await;
        scenario.nothing_left().await;
    }
}

/// Whether a feature that this node is gets the caller of Bob's phone, which rings or
/// talks, for Carl or for Ann's second phone.
async fn takes(module: &str, data: &Value, code: &str, who: &str, talking: bool) -> bool {
    let scenario = shop().await;
    let second = json!({"name": "second", "owner_id": "u-ann", "sip": {"username": "ann2"}});
    scenario
        .put(pivot::objects::Kind::Device, "d-ann2", second)
        .await;
    let mut sales = scenario
        .get(pivot::objects::Kind::Group, "sales")
        .await
        .unwrap();
    sales["endpoints"]["d-ann2"] = json!({"type": "device"});
    scenario
        .put(pivot::objects::Kind::Group, "sales", sales)
        .await;
    scenario.feature("8", node(module, data.clone())).await;
    let caller = match talking {
        true => bob_talks(&scenario).await.0,
        false => bob_rings(&scenario).await,
    };
    let taker = scenario.dials(who, code).await;
    a_while().await;
    let listens = asked(&scenario, "/snoop/").await;
    let took = talked(&caller, &taker).await || listens;
    caller.hangup().await;
    taker.hangup().await;
    scenario.nothing_left().await;
    took
}

// Callflow check 64.
// Proves eavesdrop.device_id, eavesdrop.approved_device_id, eavesdrop.approved_group_id.
// Proves eavesdrop_feature.group_id, eavesdrop_feature.approved_device_id.
// Proves eavesdrop_feature.approved_user_id, eavesdrop_feature.approved_group_id.
// Proves group_pickup.approved_device_id, group_pickup_feature.approved_device_id.
// Proves group_pickup_feature.approved_user_id, group_pickup_feature.approved_group_id.
// Proves intercept.group_id, intercept.approved_user_id, intercept.approved_group_id.
// Proves intercept_feature.approved_device_id, intercept_feature.approved_user_id.
// Proves intercept_feature.approved_group_id, intercept_feature.type.
#[tokio::test(start_paused = true)]
async fn each_way_to_approve_somebody_lets_that_one_in_and_nobody_else() {
    let approvals = [
        json!({"approved_device_id": "d-ann2"}),
        json!({"approved_user_id": "u-ann"}),
        json!({"approved_group_id": "sales"}),
    ];
    for (module, target, code, talking) in [
        ("group_pickup", json!({"device_id": "d-bob"}), "*8", false),
        ("group_pickup_feature", json!({}), "*8102", false),
        ("intercept", json!({"group_id": "sales"}), "*8", true),
        ("intercept", json!({"device_id": "d-bob"}), "*8", false),
        (
            "intercept_feature",
            json!({"type": "extension"}),
            "*8102",
            true,
        ),
        (
            "intercept_feature",
            json!({"type": "device"}),
            "*8bob",
            true,
        ),
        ("eavesdrop", json!({"device_id": "d-bob"}), "*8", true),
        (
            "eavesdrop_feature",
            json!({"group_id": "sales"}),
            "*8102",
            true,
        ),
    ] {
        for approval in &approvals {
            let mut data = target.clone();
            data.as_object_mut()
                .unwrap()
                .extend(approval.as_object().unwrap().clone());
            assert!(
                takes(module, &data, code, "ann2", talking).await,
                "{module} {data}"
            );
            assert!(
                !takes(module, &data, code, "carl", talking).await,
                "{module} {data}"
            );
        }
    }
    // Nobody outside of the group can be listened to.
    let data = json!({"group_id": "none", "approved_user_id": "u-ann"});
    assert!(!takes("eavesdrop_feature", &data, "*8102", "ann2", true).await);
}

/// The socket to Asterisk was lost when the conversation that somebody listens to ended.
#[tokio::test(start_paused = true)]
async fn an_end_that_nobody_told_ends_the_listening_too() {
    let scenario = shop().await;
    let data = json!({"user_id": "u-bob", "approved_user_id": "u-carl"});
    scenario.feature("5", node("eavesdrop", data)).await;
    let (caller, bob) = bob_talks(&scenario).await;
    let spy = scenario.dials("carl", "*5").await;
    a_while().await;
    assert!(asked(&scenario, "/snoop/").await);
    scenario.asterisk.drop_sockets(seconds(3)).await;
    bob.hangup().await;
    caller.hangup().await;
    tokio::time::sleep(seconds(20)).await;
    assert!(spy.state().await.is_none(), "{}", scenario.all().await);
    scenario.nothing_left().await;
}

/// The ringing was over when the pickup came: whom the flow rings later is not concerned.
#[tokio::test(start_paused = true)]
async fn a_pickup_that_comes_too_late_takes_nobody_later() {
    let scenario = shop().await;
    scenario.answers_after("bob", seconds(60)).await;
    scenario.answers_after("carl", seconds(1)).await;
    let flow = chain([
        node("device", json!({"id": "d-bob", "timeout": 5})),
        node("sleep", json!({"duration": 20})),
        node("device", json!({"id": "d-carl"})),
    ]);
    scenario.callflow("both", &["700"], flow).await;
    let take = node("group_pickup", json!({"device_id": "d-bob"}));
    scenario.feature("8", take).await;
    let ann = scenario.dials("ann", "700").await;
    tokio::time::sleep(ms(4300)).await;
    // The taker sees the ringing, and is told of it half a second later.
    let slowly = |dials: &mut Dials| dials.response_delay = ms(500);
    scenario.asterisk.turn(slowly).await;
    let dave = scenario.dials("dave", "*8").await;
    a_while().await;
    scenario
        .asterisk
        .turn(|dials: &mut Dials| dials.response_delay = ms(0))
        .await;
    tokio::time::sleep(seconds(30)).await;
    assert!(!talked(&ann, &dave).await);
    let carl = scenario.asterisk.called("PJSIP/carl*").await;
    assert_eq!(carl.len(), 1, "{}", scenario.all().await);
    assert!(talked(&ann, &carl[0]).await, "{}", scenario.all().await);
    let all = scenario.all().await;
    assert!(all.contains("takes the call of PJSIP/bob"), "{all}");
    ann.hangup().await;
    scenario.nothing_left().await;
}

/// What is said when there is nothing to be had, in the words of each module.
#[tokio::test(start_paused = true)]
async fn each_module_has_its_own_words_for_nothing() {
    for (module, data, expected) in [
        ("group_pickup", json!({}), "pickup-no_users"),
        (
            "group_pickup",
            json!({"device_id": "d-bob"}),
            "pickup-no_channels",
        ),
        (
            "group_pickup",
            json!({"device_id": "d-bob", "approved_user_id": "u-bob"}),
            "pickup-not_allowed",
        ),
        (
            "intercept",
            json!({"group_id": "none", "approved_user_id": "u-carl"}),
            "intercept-no_users",
        ),
        (
            "intercept",
            json!({"device_id": "d-bob", "approved_user_id": "u-carl"}),
            "intercept-no_channels",
        ),
        (
            "intercept",
            json!({"device_id": "d-bob"}),
            "intercept-no_channels",
        ),
        (
            "eavesdrop",
            json!({"device_id": "d-bob"}),
            "eavesdrop-no_channels",
        ),
        (
            "eavesdrop",
            json!({"device_id": "d-bob", "approved_user_id": "u-carl"}),
            "pickup-no_channels",
        ),
    ] {
        let scenario = shop().await;
        scenario.feature("8", node(module, data.clone())).await;
        let carl = scenario.dials("carl", "*8").await;
        carl.wait_ended().await.unwrap();
        let words = match expected {
            "pickup-no_users" => "There is no such phone.",
            "pickup-no_channels" => "There is no call to be taken.",
            "pickup-not_allowed" => "You may not take that call.",
            "intercept-no_users" => "There is nobody whose call it could be.",
            "intercept-no_channels" => "There is no call to be taken over.",
            "eavesdrop-no_channels" => "You may not listen to that phone.",
            _ => "nothing",
        };
        let said = format!("speech {words:?}");
        assert!(scenario.lines().await.contains(&said), "{module} {data}");
        assert_eq!(scenario.words(&carl).await.len(), 1, "{module} {data}");
    }
}
