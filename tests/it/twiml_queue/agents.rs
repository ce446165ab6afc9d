//! Agents who take callers.

use super::*;

// Check 182. Check 183.
// Proves Queue.url.
#[tokio::test(start_paused = true)]
async fn an_agent_takes_the_oldest_who_is_greeted_and_both_are_told() {
    let agent_says = "<Dial action='done'><Queue url='greet'>support</Queue></Dial>";
    let scenario = queue(ENQUEUE, agent_says).await;
    let first = scenario.call().await;
    tokio::time::sleep(seconds(2)).await;
    let second = scenario.call().await;
    tokio::time::sleep(seconds(5)).await;
    let bob = agent(&scenario).await;
    tokio::time::sleep(seconds(13)).await;
    let (sid, bobs) = (call_id(&scenario, 0).await, call_id(&scenario, 2).await);
    let greet = asked(&scenario, "/desk/greet").await;
    assert_eq!(
        params(&greet, &["CallSid", "QueueTime", "DequeingCallSid"]),
        [sid.as_str(), "7", bobs.as_str()]
    );
    assert!(
        scenario.web.at("/docs/left").is_empty(),
        "not before the talk is over"
    );
    first.hangup().await;
    bob.wait_ended().await.unwrap();
    second.hangup().await;
    over(&scenario).await;
    let left = scenario.web.at("/docs/left");
    assert_eq!(left.len(), 2, "{}", all_lines(&scenario).await);
    let queue_sid = param(&greet, "QueueSid");
    assert_eq!(
        params(
            &left[0],
            &[
                "CallSid",
                "QueueResult",
                "QueueTime",
                "QueueSid",
                "CallStatus"
            ]
        ),
        [sid.as_str(), "bridged", "7", &queue_sid, "completed"]
    );
    assert_eq!(
        params(&left[1], &["QueueResult", "QueueTime"]),
        ["hangup", "19"]
    );
    let done = asked(&scenario, "/desk/done").await;
    let names = [
        "DialCallStatus",
        "DialBridged",
        "QueueSid",
        "DequeueResult",
        "DequeuedCallSid",
        "DequeuedCallQueueTime",
        "DequeuedCallDuration",
    ];
    assert_eq!(
        params(&done, &names),
        [
            "completed",
            "true",
            &queue_sid,
            "bridged",
            sid.as_str(),
            "7",
            "10"
        ],
        "{}",
        all_lines(&scenario).await
    );
    assert_eq!(
        first.heard_media().await,
        ["sound:wait", "sound:wait", "sound:greet"]
    );
    assert_eq!(bob.heard_media().await, ["tone:ring", "sound:done"]);
    assert!(about(10.0)(talked(&first).await) && about(10.0)(talked(&bob).await));
    assert_eq!(talked(&second).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn two_agents_take_two_callers() {
    let scenario = queue("<Enqueue>support</Enqueue>", DIAL).await;
    let callers = [scenario.call().await, scenario.call().await];
    tokio::time::sleep(seconds(1)).await;
    let agents = [agent(&scenario).await, agent(&scenario).await];
    tokio::time::sleep(seconds(4)).await;
    for phone in callers.iter().chain(&agents) {
        let last = phone.heard().await.pop().unwrap();
        assert!(
            matches!(&last.what, Sound::Bridge(others) if others.len() == 1),
            "{last:?}"
        );
        phone.hangup().await;
    }
    over(&scenario).await;
    let taken = each(&scenario, "/desk/done", "DequeuedCallSid");
    assert_eq!(taken.len(), 2);
    assert_ne!(taken[0], taken[1]);
}

#[tokio::test(start_paused = true)]
async fn an_agent_at_an_empty_queue_gets_the_next_who_comes() {
    let scenario = queue(ENQUEUE, DIAL).await;
    scenario.call().await.hangup_at(ms(500));
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    tokio::time::sleep(seconds(10)).await;
    let alice = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    bob.hangup().await;
    alice.wait_ended().await.unwrap();
    over(&scenario).await;
    let done = asked(&scenario, "/desk/done").await;
    assert_eq!(
        params(
            &done,
            &[
                "DialCallStatus",
                "DequeuedCallQueueTime",
                "DequeuedCallDuration",
                "CallStatus"
            ]
        ),
        ["completed", "0", "4", "completed"]
    );
    assert_eq!(
        scenario.web.at("/docs/wait").len(),
        1,
        "only of the caller before"
    );
    assert_eq!(
        alice.heard_media().await,
        ["sound:left"],
        "the agent hung up, and the caller's action goes on"
    );
    assert_eq!(bob.heard_media().await, ["tone:ring"]);
    let left = scenario.web.at("/docs/left");
    assert_eq!(
        params(&left[1], &["QueueResult", "QueueTime", "CallStatus"]),
        ["bridged", "0", "in-progress"]
    );
}

// Check 187.
#[tokio::test(start_paused = true)]
async fn an_unknown_queue_is_an_error_in_the_action() {
    let scenario = queue("", DIAL).await;
    let bob = agent(&scenario).await;
    bob.wait_ended().await.unwrap();
    over(&scenario).await;
    let done = asked(&scenario, "/desk/done").await;
    assert_eq!(
        params(
            &done,
            &[
                "DialCallStatus",
                "DequeueResult",
                "QueueSid",
                "DequeuedCallSid"
            ]
        ),
        ["failed", "error", "-", "-"]
    );
    assert_eq!(bob.heard_media().await, ["sound:done"]);
}

// Check 188.
#[tokio::test(start_paused = true)]
async fn an_empty_queue_is_waited_for_until_the_timeout() {
    let scenario = queue(
        ENQUEUE,
        "<Dial timeout='20' action='done'><Queue>support</Queue></Dial>",
    )
    .await;
    scenario.call().await.hangup_at(ms(500));
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    let ended = bob.wait_ended().await.unwrap();
    assert!((seconds(21)..seconds(23)).contains(&ended.at), "{ended:?}");
    over(&scenario).await;
    let done = asked(&scenario, "/desk/done").await;
    assert_eq!(
        params(
            &done,
            &[
                "DialCallStatus",
                "DialBridged",
                "DequeueResult",
                "DequeuedCallSid"
            ]
        ),
        ["no-answer", "false", "-", "-"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_agents_star_and_the_time_limit_end_the_talk_and_not_the_calls() {
    for (attributes, length) in [("hangupOnStar='true'", 6), ("timeLimit='9'", 9)] {
        let dial =
            format!("<Dial {attributes}><Queue>support</Queue></Dial><Play>sound:after</Play>");
        let story = async move {
            let scenario = queue("<Enqueue>support</Enqueue><Play>sound:next</Play>", &dial).await;
            let alice = scenario.call().await;
            tokio::time::sleep(seconds(1)).await;
            let bob = agent(&scenario).await;
            alice.press_at(seconds(3), "*");
            bob.press_at(ms(6000), "*");
            alice.wait_ended().await.unwrap();
            bob.wait_ended().await.unwrap();
            over(&scenario).await;
            assert!(
                about(f64::from(length))(talked(&bob).await),
                "{}",
                all_lines(&scenario).await
            );
            assert_eq!(alice.heard_media().await, ["sound:next"]);
            assert_eq!(bob.heard_media().await, ["sound:after"]);
        };
        on_its_own(story);
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_directly_in_a_response_is_a_dial() {
    let scenario = queue(
        "<Enqueue>support</Enqueue><Play>sound:next</Play>",
        "<Queue url='greet'>support</Queue><Play>sound:after</Play>",
    )
    .await;
    let alice = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    tokio::time::sleep(seconds(8)).await;
    alice.hangup().await;
    bob.wait_ended().await.unwrap();
    over(&scenario).await;
    assert_eq!(alice.heard_media().await, ["sound:greet"]);
    assert_eq!(bob.heard_media().await, ["tone:ring", "sound:after"]);
    assert!(
        about(5.0)(talked(&bob).await),
        "{}",
        all_lines(&scenario).await
    );
}

#[tokio::test(start_paused = true)]
async fn an_agent_who_answers_on_the_bridge_is_not_answered_before() {
    let scenario = queue(
        ENQUEUE,
        "<Dial answerOnBridge='true'><Queue>support</Queue></Dial>",
    )
    .await;
    scenario.call().await.hangup_at(ms(500));
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    tokio::time::sleep(seconds(10)).await;
    assert_eq!(bob.responses().await, [180]);
    let alice = scenario.call().await;
    assert!(bob.wait_answered(seconds(2)).await);
    tokio::time::sleep(seconds(2)).await;
    alice.hangup().await;
    bob.wait_ended().await.unwrap();
    over(&scenario).await;
}

#[tokio::test(start_paused = true)]
async fn a_talk_is_recorded_as_other_dials_are() {
    let scenario = queue(
        "<Enqueue>support</Enqueue>",
        "<Dial record='record-from-answer-dual' action='done'><Queue>support</Queue></Dial>",
    )
    .await;
    let alice = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let bob = agent(&scenario).await;
    bob.talk_at(seconds(1), seconds(20));
    alice.talk_at(seconds(1), seconds(20));
    tokio::time::sleep(seconds(8)).await;
    alice.hangup().await;
    bob.wait_ended().await.unwrap();
    over(&scenario).await;
    let done = asked(&scenario, "/desk/done").await;
    assert!(
        param(&done, "RecordingUrl").contains("/Recordings/RE"),
        "{}",
        all_lines(&scenario).await
    );
    assert_eq!(param(&done, "RecordingDuration"), "8");
}

#[tokio::test(start_paused = true)]
async fn a_greeting_that_cannot_be_had_keeps_nobody_from_talking() {
    let scenario = queue(
        "<Enqueue>support</Enqueue>",
        "<Dial action='done'><Queue url='nowhere'>support</Queue></Dial>",
    )
    .await;
    let alice = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    agent(&scenario).await.hangup_at(seconds(5));
    alice.wait_ended().await.unwrap();
    over(&scenario).await;
    assert_eq!(scenario.web.at("/desk/nowhere").len(), 1);
    assert_eq!(
        param(&asked(&scenario, "/desk/done").await, "DialCallStatus"),
        "completed"
    );
}

// Proves Queue.method, Enqueue.method.
#[tokio::test(start_paused = true)]
async fn greeting_and_action_are_asked_by_get_where_the_document_says_so() {
    let caller = "<Enqueue action='left?a=1' method='GET'>support</Enqueue>";
    let taking = "<Dial><Queue url='greet?b=2' method='GET'>support</Queue></Dial>";
    let scenario = queue(caller, taking).await;
    let alice = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    agent(&scenario).await.hangup_at(seconds(6));
    alice.wait_ended().await.unwrap();
    over(&scenario).await;
    let greet = asked(&scenario, "/desk/greet").await;
    assert_eq!(
        (greet.method.as_str(), param(&greet, "b")),
        ("GET", "2".into())
    );
    let left = asked(&scenario, "/docs/left").await;
    assert_eq!(
        (left.method.as_str(), param(&left, "a")),
        ("GET", "1".into())
    );
    assert_eq!(param(&left, "QueueResult"), "bridged");
}
