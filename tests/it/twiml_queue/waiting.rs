//! What a caller hears and is told who waits.

use super::*;

// Check 180. Proves Enqueue.waitUrl.
#[tokio::test(start_paused = true)]
async fn the_wait_document_is_asked_for_again_and_the_position_falls_as_others_leave() {
    let scenario = queue(ENQUEUE, "").await;
    let first = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let second = scenario.call().await;
    tokio::time::sleep(seconds(7)).await;
    first.hangup().await;
    tokio::time::sleep(seconds(6)).await;
    second.hangup().await;
    over(&scenario).await;
    let second = call_id(&scenario, 1).await;
    let asked = scenario.web.at("/docs/wait");
    let told: Vec<Vec<String>> = asked
        .iter()
        .filter(|seen| param(seen, "CallSid") == second.as_str())
        .map(|seen| {
            params(
                seen,
                &[
                    "QueuePosition",
                    "CurrentQueueSize",
                    "QueueTime",
                    "AvgQueueTime",
                    "MaxQueueSize",
                ],
            )
        })
        .collect();
    let expected = [
        ["2", "2", "0", "1", "1000"],
        ["2", "2", "5", "6", "1000"],
        ["1", "1", "10", "10", "1000"],
    ];
    assert_eq!(told, expected, "{}", all_lines(&scenario).await);
    let sids = each(&scenario, "/docs/wait", "QueueSid");
    assert!(sids[0].starts_with("QU") && sids[0].len() == 34, "{sids:?}");
    assert!(sids.iter().all(|sid| *sid == sids[0]), "{sids:?}");
    assert!(asked.iter().all(|seen| seen.method == "POST"));
}

// Proves Enqueue.waitUrlMethod.
#[tokio::test(start_paused = true)]
async fn the_wait_document_is_asked_with_its_own_method() {
    let scenario = queue(
        "<Enqueue waitUrl='wait' waitUrlMethod='GET' maxQueueSize='7'>q</Enqueue>",
        "",
    )
    .await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    phone.hangup().await;
    over(&scenario).await;
    let wait = asked(&scenario, "/docs/wait").await;
    assert_eq!(
        (wait.method.as_str(), param(&wait, "MaxQueueSize")),
        ("GET", "7".into())
    );
}

// Check 181. Proves Enqueue.action.
#[tokio::test(start_paused = true)]
async fn leave_leads_to_the_action() {
    let scenario = queue(ENQUEUE, "").await;
    // The second time it is asked for.
    scenario
        .web
        .on("/docs/wait", twiml("<Leave/><Play>sound:never</Play>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    over(&scenario).await;
    let left = asked(&scenario, "/docs/left").await;
    assert_eq!(
        params(&left, &["QueueResult", "QueueTime", "CallStatus"]),
        ["leave", "5", "in-progress"]
    );
    assert!(param(&left, "QueueSid").starts_with("QU"));
    assert_eq!(phone.heard_media().await, ["sound:wait", "sound:left"]);
}

// Check 181.
#[tokio::test(start_paused = true)]
async fn leave_without_an_action_leads_to_the_next_verb() {
    let scenario = queue(
        "<Enqueue waitUrl='out'>support</Enqueue><Play>sound:next</Play><Redirect>left</Redirect>",
        "",
    )
    .await;
    scenario.web.on("/docs/out", twiml("<Leave/>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    over(&scenario).await;
    assert_eq!(phone.heard_media().await, ["sound:next", "sound:left"]);
    let paths: Vec<String> = scenario
        .web
        .seen()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    assert_eq!(paths, ["/docs/voice", "/docs/out", "/docs/left"]);
}

#[tokio::test(start_paused = true)]
async fn leave_in_another_document_ends_it() {
    let scenario = queue("<Play>sound:a</Play><Leave/><Play>sound:never</Play>", "").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    over(&scenario).await;
    assert_eq!(phone.heard_media().await, ["sound:a"]);
}

// Check 184. Proves Enqueue.maxQueueSize.
#[tokio::test(start_paused = true)]
async fn a_full_queue_is_told_at_once() {
    let scenario = queue(
        "<Enqueue maxQueueSize='1' action='left'>support</Enqueue>",
        "",
    )
    .await;
    let first = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let second = scenario.call().await;
    second.wait_ended().await.unwrap();
    let left = asked(&scenario, "/docs/left").await;
    assert_eq!(
        params(&left, &["QueueResult", "QueueTime"]),
        ["queue-full", "0"]
    );
    assert_eq!(second.heard_media().await, ["sound:left"]);
    assert!(all_lines(&scenario).await.contains("14207"));
    first.hangup().await;
    over(&scenario).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_without_an_action_leads_to_the_next_verb() {
    let scenario = queue(
        "<Enqueue maxQueueSize='1'>support</Enqueue><Play>sound:next</Play>",
        "",
    )
    .await;
    let first = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    let second = scenario.call().await;
    second.wait_ended().await.unwrap();
    assert_eq!(second.heard_media().await, ["sound:next"]);
    first.hangup().await;
    over(&scenario).await;
}

#[tokio::test(start_paused = true)]
async fn an_enqueue_that_names_no_queue_is_an_error() {
    let scenario = queue(
        "<Enqueue workflowSid='WW1' action='left'><Task>{}</Task></Enqueue>",
        "",
    )
    .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    over(&scenario).await;
    assert_eq!(
        param(&asked(&scenario, "/docs/left").await, "QueueResult"),
        "error"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_document_there_is_music_and_with_an_empty_one_silence() {
    let scenario = queue("<Enqueue>support</Enqueue>", "").await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(60)).await;
    let heard = music(&phone).await;
    assert_eq!(heard.len(), 1, "{}", all_lines(&scenario).await);
    assert_eq!(
        (&heard[0].what, heard[0].to),
        (&Sound::Music("default".into()), None)
    );
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(scenario.web.seen().len(), 1, "nothing is asked for");
}

#[tokio::test(start_paused = true)]
async fn an_empty_wait_url_is_silence() {
    let scenario = queue("<Enqueue waitUrl=''>support</Enqueue>", "").await;
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(music(&phone).await, []);
    let silence = scenario.asterisk.requests().await;
    assert!(
        silence
            .iter()
            .any(|request| request.method == "POST" && request.path.ends_with("/silence"))
    );
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(scenario.web.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_document_that_says_nothing_is_asked_for_once_a_second() {
    let scenario = queue("<Enqueue waitUrl='empty'>support</Enqueue>", "").await;
    scenario.web.on("/docs/empty", twiml(""));
    let phone = scenario.call().await;
    tokio::time::sleep(ms(10_500)).await;
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(scenario.web.at("/docs/empty").len(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_wait_document_that_leads_to_itself_is_no_busy_loop() {
    let scenario = queue("<Enqueue waitUrl='loop'>support</Enqueue>", "").await;
    scenario
        .web
        .on("/docs/loop", twiml("<Redirect>loop</Redirect>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(29)).await;
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(
        scenario.web.at("/docs/loop").len(),
        30,
        "{}",
        all_lines(&scenario).await
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_document_that_cannot_be_had_is_music_and_asked_for_again() {
    let scenario = queue("<Enqueue waitUrl='gone'>support</Enqueue>", "").await;
    scenario.web.on("/docs/gone", Reply::status(500));
    scenario.web.on(
        "/docs/gone",
        Reply::json(&serde_json::json!({"module": "say", "data": {}})),
    );
    scenario
        .web
        .on("/docs/gone", twiml("<Play>sound:wait</Play>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(22)).await;
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(scenario.web.at("/docs/gone").len(), 3);
    let lengths: Vec<u64> = music(&phone)
        .await
        .iter()
        .map(|h| (h.to.unwrap() - h.from).as_secs_f64().round() as u64)
        .collect();
    assert_eq!(lengths, [10, 10], "{}", all_lines(&scenario).await);
    assert_eq!(phone.heard_media().await, ["sound:wait"]);
    assert_eq!(
        phone.ended().await.unwrap().at.as_secs(),
        22,
        "the caller was never dropped"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_document_may_be_sound() {
    let scenario = queue(
        "<Enqueue waitUrl='music.wav' waitUrlMethod='GET'>support</Enqueue>",
        "",
    )
    .await;
    scenario
        .web
        .on("/docs/music.wav", Reply::new("audio/wav", two_seconds()));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(5)).await;
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(
        scenario.web.at("/docs/music.wav").len(),
        3,
        "{}",
        all_lines(&scenario).await
    );
    assert_eq!(phone.heard_media().await.len(), 3);
}

/// A WAV file of two seconds.
fn two_seconds() -> Vec<u8> {
    let samples = 16_000u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples * 2).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8000u32.to_le_bytes());
    wav.extend(16_000u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((samples * 2).to_le_bytes());
    wav.extend(std::iter::repeat_n([1u8, 2], 16_000).flatten());
    wav
}

#[tokio::test(start_paused = true)]
async fn a_gather_in_the_wait_document_replaces_it_and_the_caller_stays_in_the_queue() {
    let menu = "<Gather numDigits='1' action='menu/key'><Play>sound:wait</Play></Gather>";
    let scenario = queue(
        "<Enqueue waitUrl='asks' action='left'>support</Enqueue>",
        "",
    )
    .await;
    scenario.web.on("/docs/asks", twiml(menu));
    scenario.web.on(
        "/docs/menu/key",
        twiml("<Play>sound:key</Play><Redirect>then</Redirect>"),
    );
    scenario
        .web
        .on("/docs/menu/then", twiml("<Pause length='2'/>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(1)).await;
    phone.press("5").await;
    tokio::time::sleep(seconds(6)).await;
    assert_eq!(param(&scenario.web.at("/docs/menu/key")[0], "Digits"), "5");
    assert_eq!(
        scenario.web.at("/docs/menu/then").len(),
        1,
        "relative to the document that says so"
    );
    let asked = scenario.web.at("/docs/asks");
    assert_eq!(asked.len(), 2, "{}", all_lines(&scenario).await);
    assert_eq!(param(&asked[1], "QueuePosition"), "1");
    phone.hangup().await;
    over(&scenario).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_wait_document_may_not_do_is_skipped_with_13238() {
    let scenario = queue("<Enqueue waitUrl='dials'>support</Enqueue>", "").await;
    let verbs = "<Dial>100</Dial><Record/><Enqueue>other</Enqueue><Reject/><Play>sound:wait</Play>";
    scenario.web.on("/docs/dials", twiml(verbs));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(3)).await;
    phone.hangup().await;
    over(&scenario).await;
    assert_eq!(phone.heard_media().await, ["sound:wait"]);
    assert_eq!(scenario.asterisk.called("Local/*").await.len(), 0);
    let lines = all_lines(&scenario).await;
    assert_eq!(lines.matches("13238").count(), 4, "{lines}");
}

// Check 186. The queue's part; the HTTP request is the API's.
#[tokio::test(start_paused = true)]
async fn one_who_waits_can_be_called_out_and_the_action_is_told() {
    use pivot::call::queues::{Key, Which};
    use pivot::program::Request;

    let scenario = queue(ENQUEUE, "").await;
    scenario
        .web
        .on("/elsewhere", twiml("<Play>sound:elsewhere</Play>"));
    let phone = scenario.call().await;
    tokio::time::sleep(seconds(7)).await;
    let services = &scenario.pivot.services;
    let key = Key {
        asterisk: services.config.ari.name.clone(),
        account: services.account.to_string(),
        name: "support".into(),
    };
    let request = Request {
        url: format!("{}/elsewhere", scenario.web.url()),
        method: None,
        params: Vec::new(),
        why: "Queue member".into(),
    };
    let out = services.queues.redirect(key, Which::Front, request).await;
    assert_eq!(out, Some(call_id(&scenario, 0).await));
    phone.wait_ended().await.unwrap();
    over(&scenario).await;
    assert_eq!(
        phone.heard_media().await,
        ["sound:wait", "sound:wait", "sound:elsewhere"]
    );
    let left = asked(&scenario, "/docs/left").await;
    assert_eq!(
        params(&left, &["QueueResult", "QueueTime", "CallStatus"]),
        ["redirected", "7", "in-progress"]
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_wait_document_urls_are_relative_to_the_document_with_the_enqueue() {
    let scenario = queue(
        "<Enqueue waitUrl='menu/asks'>support</Enqueue><Play>sounds/hold.wav</Play><Redirect>left</Redirect>",
        "",
    )
    .await;
    scenario.web.on(
        "/docs/menu/asks",
        twiml("<Redirect>deeper/leaves</Redirect>"),
    );
    scenario
        .web
        .on("/docs/menu/deeper/leaves", twiml("<Leave/>"));
    scenario.call().await.wait_ended().await.unwrap();
    over(&scenario).await;
    let paths: Vec<String> = scenario.web.seen().into_iter().map(|s| s.path).collect();
    let expected = [
        "/docs/voice",
        "/docs/menu/asks",
        "/docs/menu/deeper/leaves",
        "/docs/sounds/hold.wav",
        "/docs/left",
    ];
    assert_eq!(paths, expected, "{}", all_lines(&scenario).await);
}

#[tokio::test(start_paused = true)]
async fn in_kazoos_format_a_place_in_the_queue_is_not_told_again() {
    let scenario =
        Scenario::configured("[default]\nvoice_url = \"{app}/voice\"\nreq_format = \"kazoo\"\n")
            .await;
    let enqueue = "<Enqueue waitUrl='/wait' action='/left'>support</Enqueue>";
    scenario.web.on("/voice", twiml(enqueue));
    scenario.web.on("/wait", twiml("<Leave/>"));
    scenario.web.on("/left", twiml("<Hangup/>"));
    scenario.call().await.wait_ended().await.unwrap();
    over(&scenario).await;
    assert_eq!(
        param(&asked(&scenario, "/wait").await, "QueuePosition"),
        "1"
    );
    let left = asked(&scenario, "/left").await;
    assert_eq!(
        params(&left, &["QueueResult", "QueuePosition"]),
        ["leave", "-"]
    );
}
