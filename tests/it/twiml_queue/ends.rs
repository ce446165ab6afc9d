//! Every way in which somebody may go: each request once, and nothing left.

use pivot::simulate::{Fault, Matching};

use super::*;
use crate::support::Failing;

// Check 185.
#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_waiting_is_told_once() {
    let scenario = queue(ENQUEUE, "").await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(12)).await;
    phone.hangup().await;
    over(&scenario).await;
    let left = asked(&scenario, "/docs/left").await;
    assert_eq!(
        params(&left, &["QueueResult", "QueueTime", "CallStatus"]),
        ["hangup", "12", "completed"]
    );
    assert!(param(&left, "QueueSid").starts_with("QU"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_the_wait_document_is_late_is_told_once() {
    let scenario = queue(
        "<Enqueue waitUrl='late' action='left'>support</Enqueue>",
        "",
    )
    .await;
    scenario.web.on("/docs/late", twiml("").after(seconds(9)));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(
        param(&asked(&scenario, "/docs/left").await, "QueueResult"),
        "hangup"
    );
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_not_kept_waiting_by_a_wait_document_that_is_late() {
    let scenario = queue("<Enqueue waitUrl='late'>support</Enqueue>", DIAL).await;
    scenario.web.on("/docs/late", twiml("").after(seconds(9)));
    let alice = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    agent(&scenario).await.hangup_at(seconds(3));
    alice.wait_ended().await.unwrap();
    over(&scenario).await;
    assert!(
        about(3.0)(talked(&alice).await),
        "{}",
        all_lines(&scenario).await
    );
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_in_the_wait_document_ends_the_call_and_is_told() {
    let scenario = queue(
        "<Enqueue waitUrl='ends' action='left'>support</Enqueue><Play>sound:never</Play>",
        "",
    )
    .await;
    scenario
        .web
        .on("/docs/ends", twiml("<Play>sound:wait</Play><Hangup/>"));
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(!ended.by_phone);
    over(&scenario).await;
    let left = asked(&scenario, "/docs/left").await;
    assert_eq!(
        params(&left, &["QueueResult", "QueueTime", "CallStatus"]),
        ["hangup", "5", "completed"]
    );
    assert_eq!(phone.heard_media().await, ["sound:wait"]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_during_the_greeting_is_told_and_the_next_is_taken() {
    let scenario = queue(
        ENQUEUE,
        "<Dial action='done'><Queue url='greet'>support</Queue></Dial>",
    )
    .await;
    let first = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let second = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    tokio::time::sleep(seconds(1)).await;
    first.hangup().await;
    tokio::time::sleep(seconds(6)).await;
    bob.hangup().await;
    second.wait_ended().await.unwrap();
    over(&scenario).await;
    let left = scenario.web.at("/docs/left");
    let results: Vec<_> = left.iter().map(|seen| param(seen, "QueueResult")).collect();
    assert_eq!(
        results,
        ["bridging-in-process", "bridged"],
        "{}",
        all_lines(&scenario).await
    );
    let done = asked(&scenario, "/desk/done").await;
    assert_eq!(
        param(&done, "DequeuedCallSid"),
        call_id(&scenario, 1).await.as_str()
    );
    assert_eq!(param(&done, "DialCallStatus"), "completed");
    assert_eq!(scenario.web.at("/desk/greet").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_agent_who_leaves_during_the_greeting_gives_the_caller_back_to_the_front() {
    let scenario = queue(
        ENQUEUE,
        "<Dial action='done'><Queue url='greet'>support</Queue></Dial>",
    )
    .await;
    let first = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let second = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    tokio::time::sleep(seconds(1)).await;
    bob.hangup().await;
    tokio::time::sleep(seconds(2)).await;
    let done = asked(&scenario, "/desk/done").await;
    assert_eq!(
        params(&done, &["DialCallStatus", "DialBridged", "CallStatus"]),
        ["canceled", "false", "completed"]
    );
    let sid = call_id(&scenario, 0).await;
    let last = scenario.web.at("/docs/wait").pop().unwrap();
    assert_eq!(
        params(
            &last,
            &["CallSid", "QueuePosition", "CurrentQueueSize", "QueueTime"]
        ),
        [sid.as_str(), "1", "2", "3"],
        "{}",
        all_lines(&scenario).await
    );
    let carol = agent(&scenario).await;
    tokio::time::sleep(seconds(6)).await;
    first.hangup().await;
    second.hangup().await;
    carol.wait_ended().await.unwrap();
    over(&scenario).await;
    let done = scenario.web.at("/desk/done").pop().unwrap();
    assert_eq!(param(&done, "DequeuedCallSid"), sid.as_str());
}

#[tokio::test(start_paused = true)]
async fn an_agent_who_hangs_up_while_waiting_has_canceled() {
    let scenario = queue(ENQUEUE, DIAL).await;
    scenario.call().await.hangup_at(ms(500));
    tokio::time::sleep(seconds(1)).await;
    agent(&scenario).await.hangup_at(seconds(5));
    tokio::time::sleep(seconds(6)).await;
    over(&scenario).await;
    let done = asked(&scenario, "/desk/done").await;
    assert_eq!(
        params(&done, &["DialCallStatus", "CallStatus"]),
        ["canceled", "completed"]
    );
    // Nobody waits for a caller any more.
    let alice = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(alice.heard_media().await, ["sound:wait"]);
    alice.hangup().await;
    over(&scenario).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_and_an_agent_may_go_at_any_moment() {
    // Nothing here may hang, be told twice or be left behind.
    for caller in [false, true] {
        for tenths in [1u64, 4, 12, 21, 29, 31, 40, 55] {
            let story = async move {
                let scenario = queue(
                    ENQUEUE,
                    "<Dial action='done'><Queue url='greet'>support</Queue></Dial>",
                )
                .await;
                let alice = scenario.call().await;
                tokio::time::sleep(ms(300)).await;
                let bob = agent(&scenario).await;
                tokio::time::sleep(ms(tenths * 100)).await;
                let (first, other) = if caller {
                    (&alice, &bob)
                } else {
                    (&bob, &alice)
                };
                first.hangup().await;
                tokio::time::sleep(seconds(3)).await;
                other.hangup().await;
                over(&scenario).await;
                let lines = all_lines(&scenario).await;
                assert_eq!(
                    scenario.web.at("/docs/left").len(),
                    1,
                    "{caller} {tenths}\n{lines}"
                );
                assert_eq!(
                    scenario.web.at("/desk/done").len(),
                    1,
                    "{caller} {tenths}\n{lines}"
                );
            };
            on_its_own(story);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pivot_that_stops_gives_all_of_them_back() {
    let scenario = queue(ENQUEUE, DIAL).await;
    let talking = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    tokio::time::sleep(seconds(1)).await;
    let waiting = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    scenario.pivot.services.shutdown.cancel();
    tokio::time::sleep(seconds(5)).await;
    for phone in [&talking, &bob, &waiting] {
        assert!(
            phone.continued().await.is_some(),
            "{}",
            all_lines(&scenario).await
        );
    }
    assert_eq!(scenario.asterisk.leftovers().await.bridges, [""; 0]);
}

#[test]
fn a_task_that_fails_lets_the_other_one_go_on() {
    for (victim, left, done) in [(0, 0, 1), (1, 1, 0)] {
        on_its_own(async move {
            let failing = Arc::new(Failing::default());
            let scenario = queue_with(ENQUEUE, DIAL, Some(failing.clone())).await;
            let phones = [scenario.call().await, {
                tokio::time::sleep(seconds(1)).await;
                agent(&scenario).await
            }];
            tokio::time::sleep(seconds(2)).await;
            let id = call_id(&scenario, victim).await;
            failing.breaks(id);
            phones[victim].press("1").await;
            for phone in &phones {
                phone.wait_ended().await.unwrap();
            }
            over(&scenario).await;
            assert!(phones[victim].continued().await.is_some());
            assert_eq!(phones[1 - victim].continued().await, None);
            assert_eq!(scenario.web.at("/docs/left").len(), left);
            assert_eq!(scenario.web.at("/desk/done").len(), done);
        });
    }
}

#[test]
fn a_task_that_fails_while_it_waits_is_in_the_queue_no_more() {
    on_its_own(async {
        let failing = Arc::new(Failing::default());
        let scenario = queue_with(ENQUEUE, DIAL, Some(failing.clone())).await;
        let first = scenario.call().await;
        tokio::time::sleep(seconds(1)).await;
        let second = scenario.call().await;
        tokio::time::sleep(seconds(1)).await;
        failing.breaks(call_id(&scenario, 0).await);
        first.press("1").await;
        first.wait_ended().await.unwrap();
        agent(&scenario).await.hangup_at(seconds(3));
        second.wait_ended().await.unwrap();
        over(&scenario).await;
        let done = asked(&scenario, "/desk/done").await;
        assert_eq!(
            param(&done, "DequeuedCallSid"),
            call_id(&scenario, 1).await.as_str()
        );
    });
}

#[tokio::test(start_paused = true)]
async fn thirty_callers_and_twenty_agents_who_come_and_go_are_each_told_once() {
    let dial = "<Dial action='done' timeout='8'><Queue url='greet'>support</Queue></Dial>";
    let scenario = queue(ENQUEUE, dial).await;
    // Any numbers will do, as long as they are the same each time.
    let mut seed = 7_u64;
    let mut some = move |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % limit
    };
    for number in 0..50 {
        let phone = if number % 5 < 3 {
            scenario.call().await
        } else {
            agent(&scenario).await
        };
        phone.hangup_at(ms(200 + some(25_000)));
        tokio::time::sleep(ms(some(700))).await;
    }
    over(&scenario).await;
    let mut left = each(&scenario, "/docs/left", "CallSid");
    left.sort();
    left.dedup();
    assert_eq!((left.len(), scenario.web.at("/docs/left").len()), (30, 30));
    assert_eq!(scenario.web.at("/desk/done").len(), 20);
    let bridged = each(&scenario, "/docs/left", "QueueResult");
    let bridged = bridged.iter().filter(|result| *result == "bridged").count();
    let completed = each(&scenario, "/desk/done", "DialCallStatus");
    let completed = completed.iter().filter(|status| *status == "completed");
    assert_eq!(completed.count(), bridged, "{}", all_lines(&scenario).await);
    assert!(bridged > 5, "{bridged}");
}

#[test]
fn whom_asterisk_does_not_put_into_the_bridge_keeps_nobody_in_it() {
    // The agent, who is put in first; then the caller.
    for (passes, left, status, result) in [
        (0, "bridged", "failed", "error"),
        (1, "system-error", "completed", "bridged"),
    ] {
        on_its_own(async move {
            let scenario = queue(ENQUEUE, DIAL).await;
            let alice = scenario.call().await;
            let carol = {
                tokio::time::sleep(seconds(1)).await;
                scenario.call().await
            };
            tokio::time::sleep(seconds(1)).await;
            let fault = Matching::next("POST", "/addChannel").after(passes);
            scenario.asterisk.fault(fault, Fault::Refuse(500)).await;
            let bob = agent(&scenario).await;
            tokio::time::sleep(seconds(6)).await;
            let second = agent(&scenario).await;
            tokio::time::sleep(seconds(4)).await;
            for phone in [&bob, &second, &alice, &carol] {
                phone.hangup().await;
            }
            over(&scenario).await;
            let lines = all_lines(&scenario).await;
            let bobs = call_id(&scenario, 2).await;
            let done = scenario.web.at("/desk/done");
            let done = done
                .iter()
                .find(|seen| param(seen, "CallSid") == bobs.as_str());
            assert_eq!(
                params(done.unwrap(), &["DialCallStatus", "DequeueResult"]),
                [status, result],
                "{lines}"
            );
            let alices = call_id(&scenario, 0).await;
            let of_alice = scenario.web.at("/docs/left");
            let of_alice: Vec<_> = of_alice
                .iter()
                .filter(|seen| param(seen, "CallSid") == alices.as_str())
                .map(|seen| param(seen, "QueueResult"))
                .collect();
            assert_eq!(of_alice, [left], "{lines}");
        });
    }
}
