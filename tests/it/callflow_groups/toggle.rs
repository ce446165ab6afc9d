//! `ring_group_toggle`: users leave and join by telephone.

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::callflow_dialling::ringing;
use crate::callflow_flows::in_virtual_time;
use crate::callflow_ringing::house;

fn toggled(user: &str) -> Value {
    json!({"id": user, "endpoint_type": "user"})
}

// Proves ring_group_toggle.action, ring_group_toggle.callflow_id.
#[test]
fn a_user_leaves_and_joins_the_ring_groups_of_a_callflow() {
    for (action, until, sound) in [
        ("logout", json!(66_269_664_000_i64), "agent-loggedoff"),
        ("login", json!(0), "agent-loginok"),
    ] {
        in_virtual_time(async move {
            let scenario = house().await;
            scenario.device("sipp", json!({"owner_id": "ann"})).await;
            let groups = json!([toggled("bob"), toggled("ann"), toggled("cleo")]);
            let other = json!({"module": "ring_group", "data": {"endpoints": [toggled("bob")]}});
            let sales = json!({"module": "ring_group", "data": {"endpoints": groups}, "children": {"_": other}});
            scenario.callflow("sales", &["3000"], sales).await;
            let data = json!({"action": action, "callflow_id": "sales"});
            let phone = scenario
                .runs(ringing("ring_group_toggle", data, &["_"]))
                .await;
            scenario.end(&phone).await;
            let heard = phone.heard_media().await;
            assert_eq!(heard[0], format!("sound:{sound}"));
            // In between it is said that the other group does not have the user.
            assert_eq!(
                (heard.len(), heard[2].as_str()),
                (3, "sound:took-_"),
                "{heard:?}"
            );
            let stored = scenario.get(Kind::Callflow, "sales").await.unwrap();
            let members = stored["flow"]["data"]["endpoints"]
                .as_array()
                .unwrap()
                .clone();
            let ids: Vec<_> = members.iter().map(|member| member["id"].clone()).collect();
            assert_eq!(ids, ["bob", "ann", "cleo"], "the order stays");
            let switched: Vec<_> = members.iter().map(|m| m["disable_until"].clone()).collect();
            assert_eq!(switched, [Value::Null, until, Value::Null]);
            // The number still leads there.
            let phone = scenario.dial("3000", &[]).await;
            phone.wait_ended().await;
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_callflow_that_is_not_there_cannot_be_toggled() {
    let scenario = house().await;
    let data = json!({"action": "login", "callflow_id": "gone"});
    let phone = scenario
        .runs(ringing("ring_group_toggle", data, &["_"]))
        .await;
    scenario.heard(&phone, &["took-_"]).await;
}
