//! Queues on real calls: who waits hears the wait document, an agent takes the
//! oldest, the two hear each other, and nothing stays.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::Call;
use pivot_lab::stage::{SOON, Stage, ms, param, stage, until, xml};
use pivot_lab::webapp::Seen;

const WAIT: &str = "You are waiting for the next free colleague.";
const GREETING: &str = "Somebody is going to talk with you now.";

fn told(seen: &Seen, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| param(seen, name)).collect()
}

/// Both speak from now on, until each has heard the other's tone.
async fn they_hear_each_other(s: &Stage, caller: &Call, agent: &Call) {
    let since = (caller.heard().duration(), agent.heard().duration());
    caller.start_tone(600.0);
    agent.start_tone(900.0);
    let heard = || {
        let by_caller = caller.heard().after(since.0).mixed_tone_duration(900.0);
        let by_agent = agent.heard().after(since.1).mixed_tone_duration(600.0);
        (by_caller, by_agent)
    };
    let both = || heard().0 > ms(1500) && heard().1 > ms(1500);
    let fine = until(SOON, both).await;
    assert!(fine, "{:?}\n{}", heard(), s.traces().await.unwrap());
}

/// Both are in one bridge.
async fn connected(s: &Stage) {
    s.traced("ChannelEnteredBridge caller", 2).await.unwrap();
}

fn number(seen: &Seen, name: &str) -> f64 {
    param(seen, name).parse().unwrap()
}

on_each_asterisk! {
    // Check 180. Check 182. Check 183.
    the_position_falls_and_an_agent_takes_the_oldest => async |s: &Stage| {
        s.app.on("/wait", [xml(&format!("<Say>{WAIT}</Say><Pause length='1'/>"))]);
        s.app.on("/greet", [xml(&format!("<Say>{GREETING}</Say>"))]);
        s.app.on("/left", [xml("<Hangup/>")]);
        let enqueue = "<Enqueue waitUrl='/wait' action='/left'>support</Enqueue>";
        let mut first = s.call_from("15556001", enqueue).await.unwrap();
        s.app.wait_requests("/wait", 1).await.unwrap();
        let mut second = s.call_from("15556002", enqueue).await.unwrap();
        s.app.wait_requests("/wait", 2).await.unwrap();
        let waits = s.app.requests_to("/wait");
        assert_eq!(told(&waits[1], &["QueuePosition", "CurrentQueueSize"]), ["2", "2"]);
        first.hangup().await.unwrap();
        let left = s.app.wait_request("/left").await.unwrap();
        assert_eq!(told(&left, &["QueueResult", "CallStatus"]), ["hangup", "completed"]);
        let second_sid = param(&waits[1], "CallSid");
        let last = || {
            let waits = s.app.requests_to("/wait");
            waits.into_iter().rfind(|seen| param(seen, "CallSid") == second_sid).unwrap()
        };
        let moved = until(SOON, || param(&last(), "QueuePosition") == "1").await;
        assert!(moved && number(&last(), "QueueTime") >= 3.0, "{}", s.traces().await.unwrap());
        let mut third = s.call_from("15556003", enqueue).await.unwrap();
        let (said, words) = second.heard().says_rather_than(WAIT, &[GREETING]).await.unwrap();
        assert!(said, "{words}\n{}", s.traces().await.unwrap());
        let before = second.heard().duration();
        s.app.forget_requests();
        let dial = "<Dial action='/done'><Queue url='/greet'>support</Queue></Dial>";
        let mut agent = s.call_from("15559001", dial).await.unwrap();
        let greet = s.app.wait_request("/greet").await.unwrap();
        assert_eq!(param(&greet, "CallSid"), second_sid);
        let agents = s.pivot.call_ids().await.unwrap();
        assert!(agents.contains(&param(&greet, "DequeingCallSid")));
        // Ringing is heard until the greeting has been.
        connected(s).await;
        let (said, words) = second.heard().after(before).says_rather_than(GREETING, &[WAIT]).await.unwrap();
        assert!(said, "{words}\n{}", s.traces().await.unwrap());
        assert!(!agent.heard().is_silent(), "no ringing\n{}", s.traces().await.unwrap());
        they_hear_each_other(s, &second, &agent).await;
        assert!(s.app.requests_to("/left").is_empty(), "not before the talk is over");
        second.hangup().await.unwrap();
        let done = s.only("/done").await.unwrap();
        let left = s.only("/left").await.unwrap();
        agent.wait_ended().await.unwrap();
        assert_eq!(told(&done, &["DialCallStatus", "DialBridged", "DequeueResult", "DequeuedCallSid"]), ["completed", "true", "bridged", &second_sid]);
        assert_eq!(told(&left, &["CallSid", "QueueResult", "CallStatus"]), [second_sid.as_str(), "bridged", "completed"]);
        assert_eq!(param(&left, "QueueTime"), param(&done, "DequeuedCallQueueTime"));
        assert_eq!(param(&left, "QueueSid"), param(&done, "QueueSid"));
        assert!((3.0..=20.0).contains(&number(&done, "DequeuedCallDuration")), "{}", s.traces().await.unwrap());
        third.hangup().await.unwrap();
        s.nothing_left().await.unwrap();
    };

    // Check 181, and the music of a queue without a wait document.
    music_until_the_agents_star_and_the_caller_goes_on => async |s: &Stage| {
        let mut caller = s.call_from("15556001", "<Enqueue>support</Enqueue><Say>Thank you for your call.</Say>").await.unwrap();
        let music = until(SOON, || caller.heard().tone_duration(350.0) > ms(1500)).await;
        assert!(music, "no music\n{}", s.traces().await.unwrap());
        let mut agent = s.call_from("15559001", "<Dial hangupOnStar='true'><Queue>support</Queue></Dial><Say>Good bye.</Say>").await.unwrap();
        let since = caller.heard().duration();
        agent.start_tone(900.0);
        // Music beside it would spoil the tone.
        let alone = until(SOON, || caller.heard().after(since).tone_duration(900.0) > ms(1200)).await;
        assert!(alone, "the music goes on?\n{}", s.traces().await.unwrap());
        agent.stop_sending();
        let before = caller.heard().duration();
        agent.press("*").await.unwrap();
        caller.wait_ended().await.unwrap();
        agent.wait_ended().await.unwrap();
        let (said, words) = caller.heard().after(before).says_rather_than("Thank you for your call.", &[WAIT]).await.unwrap();
        assert!(said, "{words}\n{}", s.traces().await.unwrap());
        s.nothing_left().await.unwrap();
    };

    // Check 187. Check 188.
    an_agent_waits_for_the_next_who_comes => async |s: &Stage| {
        let mut agent = s.call_from("15559001", "<Dial action='/done'><Queue>support</Queue></Dial>").await.unwrap();
        let done = s.only("/done").await.unwrap();
        agent.wait_ended().await.unwrap();
        assert_eq!(told(&done, &["DialCallStatus", "DequeueResult"]), ["failed", "error"]);
        // One who waits and leaves makes the queue.
        s.app.on("/wait", [xml("<Pause length='60'/>")]);
        s.app.on("/left", [xml("<Hangup/>")]);
        let mut caller = s.call_from("15556001", "<Enqueue waitUrl='/wait' action='/left'>support</Enqueue>").await.unwrap();
        s.app.wait_request("/wait").await.unwrap();
        caller.hangup().await.unwrap();
        s.only("/left").await.unwrap();
        s.app.forget_requests();
        let mut agent = s.call_from("15559001", "<Dial action='/done' timeout='5'><Queue>support</Queue></Dial>").await.unwrap();
        let done = s.only("/done").await.unwrap();
        agent.wait_ended().await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "no-answer");
        assert!(!agent.heard().is_silent(), "no ringing\n{}", s.traces().await.unwrap());
        s.app.forget_requests();
        let mut agent = s.call_from("15559001", "<Dial action='/done'><Queue>support</Queue></Dial>").await.unwrap();
        let rings = until(SOON, || !agent.heard_answered().is_silent()).await;
        assert!(rings, "no ringing\n{}", s.traces().await.unwrap());
        let mut caller = s.call_from("15556001", "<Enqueue waitUrl='/never' action='/left'>support</Enqueue>").await.unwrap();
        they_hear_each_other(s, &caller, &agent).await;
        agent.hangup().await.unwrap();
        let left = s.only("/left").await.unwrap();
        let done = s.only("/done").await.unwrap();
        caller.wait_ended().await.unwrap();
        assert_eq!(told(&left, &["QueueResult", "CallStatus"]), ["bridged", "in-progress"]);
        assert!(number(&left, "QueueTime") <= 1.0, "taken at once");
        assert_eq!(told(&done, &["DialCallStatus", "CallStatus"]), ["completed", "completed"]);
        assert!(s.app.requests_to("/never").is_empty());
        s.nothing_left().await.unwrap();
    };

    // Check 181.
    a_key_in_the_wait_document_leads_out_of_the_queue => async |s: &Stage| {
        s.app.on("/wait", [xml(&format!("<Gather numDigits='1' action='/key'><Say>{WAIT}</Say></Gather>"))]);
        s.app.on("/key", [xml("<Leave/>")]);
        let mut caller = s.call_from("15556001", "<Enqueue waitUrl='/wait' action='/done'>support</Enqueue>").await.unwrap();
        until(SOON, || !caller.heard_answered().is_silent()).await;
        caller.press("5").await.unwrap();
        let done = s.told(&mut caller).await.unwrap();
        assert_eq!(param(&done, "QueueResult"), "leave", "{}", s.traces().await.unwrap());
        assert_eq!(param(&s.only("/key").await.unwrap(), "Digits"), "5");
    };

    a_talk_is_recorded_with_the_agent_left_and_the_caller_right => async |s: &Stage| {
        s.app.on("/wait", [xml("<Pause length='60'/>")]);
        let mut caller = s.call_from("15556001", "<Enqueue waitUrl='/wait'>support</Enqueue>").await.unwrap();
        s.app.wait_request("/wait").await.unwrap();
        let mut agent = s.call_from("15559001", "<Dial record='record-from-answer-dual' action='/done'><Queue>support</Queue></Dial>").await.unwrap();
        they_hear_each_other(s, &caller, &agent).await;
        caller.hangup().await.unwrap();
        let done = s.told(&mut agent).await.unwrap();
        assert!(param(&done, "RecordingUrl").contains("/Recordings/RE"), "{}", s.traces().await.unwrap());
        let (left, right) = (s.recording(0).unwrap(), s.recording(1).unwrap());
        assert!(left.tone_duration(900.0) > ms(1200), "{}", s.traces().await.unwrap());
        assert!(right.tone_duration(600.0) > ms(1200), "{}", s.traces().await.unwrap());
    };

    a_queue_without_a_dial_takes_the_oldest => async |s: &Stage| {
        s.app.on("/wait", [xml("<Pause length='60'/>")]);
        let caller = s.call_from("15556001", "<Enqueue waitUrl='/wait'>support</Enqueue>").await.unwrap();
        s.app.wait_request("/wait").await.unwrap();
        let mut agent = s.call_from("15559001", "<Queue>support</Queue>").await.unwrap();
        they_hear_each_other(s, &caller, &agent).await;
        drop(caller);
        agent.wait_ended().await.unwrap();
        s.nothing_left().await.unwrap();
    };

    callers_and_agents_who_leave_at_any_moment_leave_nothing => async |s: &Stage| {
        s.app.on("/wait", [xml("<Play>sound:hello-world</Play>")]);
        s.app.on("/greet", [xml("<Play>sound:hello-world</Play>")]);
        s.app.on("/left", [xml("<Hangup/>")]);
        let enqueue = "<Enqueue waitUrl='/wait' action='/left'>support</Enqueue>";
        let dial = "<Dial action='/done'><Queue url='/greet'>support</Queue></Dial>";
        let mut calls = Vec::new();
        for number in 0..12_u64 {
            let verbs = if number % 2 == 0 { enqueue } else { dial };
            let phone = format!("155560{number:02}");
            calls.push(s.call_from(&phone, verbs).await.unwrap());
            tokio::time::sleep(ms(number * 370 % 500)).await;
        }
        for number in [3, 0, 8, 1, 7, 2, 10, 11, 4, 9, 6, 5] {
            tokio::time::sleep(ms(number * 290 % 700)).await;
            // Whoever was left alone has been hung up by the web application.
            calls[usize::try_from(number).unwrap()].hangup().await.ok();
        }
        s.app.wait_requests("/left", 6).await.unwrap();
        s.app.wait_requests("/done", 6).await.unwrap();
        s.nothing_left().await.unwrap();
        assert_eq!((s.app.requests_to("/left").len(), s.app.requests_to("/done").len()), (6, 6));
    };
}
