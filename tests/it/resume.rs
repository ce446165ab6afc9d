//! A call whose task dies in the middle of a verb is built again from its
//! checkpoint and goes on as if nothing had happened.

use pivot::simulate::Behaviour;

use crate::support::{Reply, Scenario, ms, seconds, twiml};

#[tokio::test(start_paused = true)]
async fn a_say_in_its_second_loop_goes_on_and_no_prompt_is_heard_twice() {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("hello-world", seconds(4)).await;
    scenario.web.on(
        "/voice",
        twiml("<Play loop='3'>sound:hello-world</Play><Play>sound:goodbye</Play>"),
    );
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(6)).await;
    scenario.kill_and_resume().await;
    phone.wait_ended().await.unwrap();
    let expected = [
        "sound:hello-world",
        "sound:hello-world",
        "sound:hello-world",
        "sound:goodbye",
    ];
    assert_eq!(
        phone.heard_media().await,
        expected,
        "{}",
        scenario.lines().await
    );
    assert!(
        phone.heard().await.iter().all(|heard| heard.complete),
        "{:?}",
        phone.heard().await
    );
    assert_eq!(
        scenario.web.at("/voice").len(),
        1,
        "the document is not asked for again"
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn spoken_words_in_their_second_loop_go_on() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Say loop='3'>This is a sentence of some length, to be spoken three times.</Say>"),
    );
    let phone = scenario.call().await;
    while phone.heard_media().await.len() < 2 {
        tokio::time::sleep(ms(50)).await;
    }
    tokio::time::sleep(ms(500)).await;
    scenario.kill_and_resume().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await.len(),
        3,
        "{}",
        scenario.lines().await
    );
    assert!(phone.heard().await.iter().all(|heard| heard.complete));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_gather_after_two_digits_loses_none_and_requests_its_action_once() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Gather action='/done' numDigits='4'><Play>sound:hello-world</Play></Gather>"),
    );
    scenario.web.on("/done", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(ms(500), "12");
    tokio::time::sleep(seconds(2)).await;
    scenario.kill_and_resume().await;
    phone.press_at(ms(500), "34");
    phone.wait_ended().await.unwrap();
    let done = scenario.web.at("/done");
    assert_eq!(done.len(), 1, "{}", scenario.lines().await);
    assert_eq!(done[0].param("Digits").as_deref(), Some("1234"));
    assert_eq!(
        phone.heard_media().await,
        ["sound:hello-world"],
        "the prompt is not heard twice"
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_gathers_timer_goes_on_where_it_was() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Gather action='/done' timeout='5'/><Play>sound:goodbye</Play>"),
    );
    scenario.web.on("/done", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "7");
    tokio::time::sleep(seconds(4)).await;
    scenario.kill_and_resume().await;
    let ended = phone.wait_ended().await.unwrap();
    assert_eq!(
        scenario.web.at("/done")[0].param("Digits").as_deref(),
        Some("7"),
        "{}",
        scenario.lines().await
    );
    assert!(
        ended.at < seconds(8),
        "the five seconds count from the key: {:?}",
        ended.at
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_record_goes_on_and_its_action_is_requested_once() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Record action='/recorded' finishOnKey='#' timeout='0'/>"),
    );
    scenario.web.on("/recorded", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.talk_at(seconds(1), seconds(6));
    tokio::time::sleep(seconds(4)).await;
    scenario.kill_and_resume().await;
    phone.press_at(seconds(3), "#");
    phone.wait_ended().await.unwrap();
    let recorded = scenario.web.at("/recorded");
    assert_eq!(recorded.len(), 1, "{}", scenario.lines().await);
    assert_eq!(recorded[0].param("Digits").as_deref(), Some("#"));
    let duration: u64 = recorded[0]
        .param("RecordingDuration")
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (6..=7).contains(&duration),
        "one recording of the whole: {duration} s"
    );
    let requests = scenario.asterisk.requests().await;
    let started = requests
        .iter()
        .filter(|r| r.method == "POST" && r.path.ends_with("/record"))
        .count();
    assert_eq!(started, 1, "it is not started again");
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_bridged_dial_goes_on_and_its_action_is_requested_once() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(2)).hangs_up_after(seconds(10)),
        )
        .await;
    scenario
        .web
        .on("/voice", twiml("<Dial action='/dialled'>5551234</Dial>"));
    scenario
        .web
        .on("/dialled", twiml("<Play>sound:goodbye</Play>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(6)).await;
    scenario.kill_and_resume().await;
    phone.wait_ended().await.unwrap();
    let dialled = scenario.web.at("/dialled");
    assert_eq!(dialled.len(), 1, "{}", scenario.lines().await);
    assert_eq!(
        dialled[0].param("DialCallStatus").as_deref(),
        Some("completed")
    );
    assert_eq!(dialled[0].param("DialCallDuration").as_deref(), Some("10"));
    assert_eq!(
        scenario.asterisk.called("Local/*").await.len(),
        1,
        "nobody is called twice"
    );
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_ringing_dial_goes_on() {
    let scenario = Scenario::new().await;
    scenario
        .asterisk
        .callee(
            "*",
            Behaviour::answers(seconds(8)).hangs_up_after(seconds(3)),
        )
        .await;
    scenario.web.on(
        "/voice",
        twiml("<Dial action='/dialled'><Number>1</Number><Number>2</Number></Dial>"),
    );
    scenario.web.on("/dialled", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(4)).await;
    scenario.kill_and_resume().await;
    phone.wait_ended().await.unwrap();
    let dialled = scenario.web.at("/dialled");
    assert_eq!(dialled.len(), 1, "{}", scenario.lines().await);
    assert_eq!(
        dialled[0].param("DialCallStatus").as_deref(),
        Some("completed")
    );
    assert_eq!(scenario.asterisk.called("Local/*").await.len(), 2);
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn what_ended_while_nobody_looked_is_found_out() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Record action='/recorded' maxLength='30' timeout='0'/>"),
    );
    scenario.web.on("/recorded", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.talk_at(seconds(0), seconds(3));
    tokio::time::sleep(seconds(3)).await;
    let id = scenario.checkpoints.calls().remove(0);
    scenario.pivot.drop_call(&id).await;
    let state = scenario.checkpoints.read(&id).unwrap();
    phone.hangup().await;
    tokio::time::sleep(seconds(1)).await;
    scenario.pivot.resume_call(state).await;
    scenario.nothing_left().await;
    let recorded = scenario.web.at("/recorded");
    assert_eq!(recorded.len(), 1, "{}", scenario.lines().await);
    assert_eq!(recorded[0].param("Digits").as_deref(), Some("hangup"));
}

#[tokio::test(start_paused = true)]
async fn a_callflow_goes_on_in_the_middle_of_its_menu() {
    let scenario =
        Scenario::configured("[default]\nvoice_url = \"{app}/voice\"\nreq_format = 'kazoo'\n")
            .await;
    let flow = serde_json::json!({
        "module": "collect_dtmf", "data": { "max_digits": 4, "collection_name": "pin" },
        "children": { "_": { "module": "pivot", "data": { "voice_url": format!("{}/next", scenario.web.url()) } } }
    });
    scenario.web.on("/voice", Reply::json(&flow));
    scenario.web.on(
        "/next",
        Reply::json(&serde_json::json!({ "module": "hangup" })),
    );
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "12");
    tokio::time::sleep(ms(1900)).await;
    scenario.kill_and_resume().await;
    phone.press_at(ms(400), "34");
    phone.wait_ended().await.unwrap();
    let next = scenario.web.at("/next");
    assert_eq!(next.len(), 1, "{}", scenario.lines().await);
    assert_eq!(next[0].param("Digits[pin]").as_deref(), Some("1234"));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_menu_goes_on_in_the_middle_of_what_it_says_after_a_wrong_key() {
    let scenario = Scenario::new().await;
    scenario.asterisk.sound("wrong", seconds(4)).await;
    let flow = serde_json::json!({
        "module": "menu",
        "data": { "retries": 2, "max_extension_length": 1, "timeout": 2000,
                  "media": { "greeting": "sound:hello", "invalid_media": "sound:wrong" } },
        "children": { "1": { "module": "hangup" }, "timeout": { "module": "hangup" } }
    });
    scenario.web.on("/voice", Reply::json(&flow));
    let phone = scenario.call().await;
    phone.press_at(ms(500), "9");
    while !phone
        .heard_media()
        .await
        .contains(&"sound:wrong".to_owned())
    {
        tokio::time::sleep(ms(50)).await;
    }
    tokio::time::sleep(seconds(1)).await;
    scenario.kill_and_resume().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await,
        ["sound:hello", "sound:wrong", "sound:hello"],
        "{}",
        scenario.lines().await
    );
    scenario.nothing_left().await;
}
