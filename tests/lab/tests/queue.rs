//! Queues on real calls: who waits hears the wait document, an agent takes the
//! oldest, the two hear each other, and nothing stays.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::on_each_asterisk;
use pivot_lab::phone::Call;
use pivot_lab::stage::{Stage, ms, param, xml};
use pivot_lab::webapp::Seen;

const WAIT: &str = "You are waiting for the next free colleague.";
const GREETING: &str = "Somebody is going to talk with you now.";

async fn stage(version: &str) -> Option<Stage> {
    Stage::new(version).await.unwrap()
}

/// A call from this number, whose first document has these verbs.
async fn call(s: &Stage, number: &str, verbs: &str) -> Call {
    s.app.on("/voice", [xml(verbs)]);
    let mut call = s.asterisk.phone(number).call("2100").await.unwrap();
    call.wait_answered().await.unwrap();
    call
}

/// The only request for this path.
async fn only(s: &Stage, path: &str) -> Seen {
    let seen = s.app.wait_request(path).await.unwrap();
    assert_eq!(
        s.app.requests_to(path).len(),
        1,
        "{path}\n{}",
        traces(s).await
    );
    seen
}

fn told(seen: &Seen, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| param(seen, name)).collect()
}

/// The timelines of all calls.
async fn traces(s: &Stage) -> String {
    let mut text = String::new();
    for id in s.pivot.call_ids().await.unwrap() {
        text += &s.pivot.trace(&id).await.unwrap();
    }
    text
}

/// What both heard of each other's tones since these moments of each.
fn tones(caller: &Call, agent: &Call, since: (Duration, Duration)) -> (Duration, Duration) {
    let by_caller = caller.heard().after(since.0).mixed_tone_duration(900.0);
    let by_agent = agent.heard().after(since.1).mixed_tone_duration(600.0);
    (by_caller, by_agent)
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
        let mut first = call(s, "15556001", enqueue).await;
        s.app.wait_requests("/wait", 1).await.unwrap();
        let mut second = call(s, "15556002", enqueue).await;
        s.app.wait_requests("/wait", 2).await.unwrap();
        let waits = s.app.requests_to("/wait");
        assert_eq!(told(&waits[1], &["QueuePosition", "CurrentQueueSize"]), ["2", "2"]);
        first.hangup().await.unwrap();
        let left = s.app.wait_request("/left").await.unwrap();
        assert_eq!(told(&left, &["QueueResult", "CallStatus"]), ["hangup", "completed"]);
        let second_sid = param(&waits[1], "CallSid");
        loop {
            let waits = s.app.requests_to("/wait");
            let last = waits.iter().rfind(|seen| param(seen, "CallSid") == second_sid).unwrap();
            if param(last, "QueuePosition") == "1" {
                assert!(number(last, "QueueTime") >= 3.0, "{}", traces(s).await);
                break;
            }
            tokio::time::sleep(ms(100)).await;
        }
        let mut third = call(s, "15556003", enqueue).await;
        let (said, words) = second.heard().says_rather_than(WAIT, &[GREETING]).await.unwrap();
        assert!(said, "{words}\n{}", traces(s).await);
        let before = second.heard().duration();
        s.app.forget_requests();
        let dial = "<Dial action='/done'><Queue url='/greet'>support</Queue></Dial>";
        let mut agent = call(s, "15559001", dial).await;
        let greet = s.app.wait_request("/greet").await.unwrap();
        assert_eq!(param(&greet, "CallSid"), second_sid);
        let agents = s.pivot.call_ids().await.unwrap();
        assert!(agents.contains(&param(&greet, "DequeingCallSid")));
        // Ringing is heard until the greeting has been.
        tokio::time::sleep(ms(5000)).await;
        let (said, words) = second.heard().after(before).says_rather_than(GREETING, &[WAIT]).await.unwrap();
        assert!(said, "{words}\n{}", traces(s).await);
        assert!(!agent.heard().is_silent(), "no ringing\n{}", traces(s).await);
        let since = (second.heard().duration(), agent.heard().duration());
        second.start_tone(600.0);
        agent.start_tone(900.0);
        tokio::time::sleep(ms(3000)).await;
        let (by_caller, by_agent) = tones(&second, &agent, since);
        assert!(by_caller > ms(1500) && by_agent > ms(1500), "{by_caller:?} {by_agent:?}\n{}", traces(s).await);
        assert!(s.app.requests_to("/left").is_empty(), "not before the talk is over");
        second.hangup().await.unwrap();
        let done = only(s, "/done").await;
        let left = only(s, "/left").await;
        agent.wait_ended().await.unwrap();
        assert_eq!(told(&done, &["DialCallStatus", "DialBridged", "DequeueResult", "DequeuedCallSid"]), ["completed", "true", "bridged", &second_sid]);
        assert_eq!(told(&left, &["CallSid", "QueueResult", "CallStatus"]), [second_sid.as_str(), "bridged", "completed"]);
        assert_eq!(param(&left, "QueueTime"), param(&done, "DequeuedCallQueueTime"));
        assert_eq!(param(&left, "QueueSid"), param(&done, "QueueSid"));
        assert!((3.0..=20.0).contains(&number(&done, "DequeuedCallDuration")), "{}", traces(s).await);
        third.hangup().await.unwrap();
        s.nothing_left().await.unwrap();
    };

    // Check 181, and the music of a queue without a wait document.
    music_until_the_agents_star_and_the_caller_goes_on => async |s: &Stage| {
        let mut caller = call(s, "15556001", "<Enqueue>support</Enqueue><Say>Thank you for your call.</Say>").await;
        tokio::time::sleep(ms(2500)).await;
        assert!(caller.heard().tone_duration(350.0) > ms(1500), "no music\n{}", traces(s).await);
        let mut agent = call(s, "15559001", "<Dial hangupOnStar='true'><Queue>support</Queue></Dial><Say>Good bye.</Say>").await;
        tokio::time::sleep(ms(1000)).await;
        let since = (caller.heard().duration(), agent.heard().duration());
        agent.start_tone(900.0);
        tokio::time::sleep(ms(2000)).await;
        let heard = caller.heard().after(since.0);
        assert!(heard.tone_duration(900.0) > ms(1200), "the music goes on?\n{}", traces(s).await);
        agent.stop_sending();
        let before = caller.heard().duration();
        agent.press("*").await.unwrap();
        caller.wait_ended().await.unwrap();
        agent.wait_ended().await.unwrap();
        let (said, words) = caller.heard().after(before).says_rather_than("Thank you for your call.", &[WAIT]).await.unwrap();
        assert!(said, "{words}\n{}", traces(s).await);
        s.nothing_left().await.unwrap();
    };

    // Check 187. Check 188.
    an_agent_waits_for_the_next_who_comes => async |s: &Stage| {
        let mut agent = call(s, "15559001", "<Dial action='/done'><Queue>support</Queue></Dial>").await;
        let done = only(s, "/done").await;
        agent.wait_ended().await.unwrap();
        assert_eq!(told(&done, &["DialCallStatus", "DequeueResult"]), ["failed", "error"]);
        let mut caller = call(s, "15556001", "<Enqueue>support</Enqueue>").await;
        caller.hangup().await.unwrap();
        s.app.forget_requests();
        let mut agent = call(s, "15559001", "<Dial action='/done' timeout='5'><Queue>support</Queue></Dial>").await;
        let done = only(s, "/done").await;
        agent.wait_ended().await.unwrap();
        assert_eq!(param(&done, "DialCallStatus"), "no-answer");
        assert!(!agent.heard().is_silent(), "no ringing\n{}", traces(s).await);
        s.app.forget_requests();
        s.app.on("/left", [xml("<Hangup/>")]);
        let mut agent = call(s, "15559001", "<Dial action='/done'><Queue>support</Queue></Dial>").await;
        tokio::time::sleep(ms(2000)).await;
        let mut caller = call(s, "15556001", "<Enqueue waitUrl='/never' action='/left'>support</Enqueue>").await;
        tokio::time::sleep(ms(1000)).await;
        let since = (caller.heard().duration(), agent.heard().duration());
        caller.start_tone(600.0);
        agent.start_tone(900.0);
        tokio::time::sleep(ms(2500)).await;
        let (by_caller, by_agent) = tones(&caller, &agent, since);
        assert!(by_caller > ms(1500) && by_agent > ms(1500), "{by_caller:?} {by_agent:?}\n{}", traces(s).await);
        agent.hangup().await.unwrap();
        let left = only(s, "/left").await;
        let done = only(s, "/done").await;
        caller.wait_ended().await.unwrap();
        assert_eq!(told(&left, &["QueueResult", "QueueTime", "CallStatus"]), ["bridged", "0", "in-progress"]);
        assert_eq!(told(&done, &["DialCallStatus", "CallStatus"]), ["completed", "completed"]);
        assert!(s.app.requests_to("/never").is_empty());
        s.nothing_left().await.unwrap();
    };

    // Check 181.
    a_key_in_the_wait_document_leads_out_of_the_queue => async |s: &Stage| {
        s.app.on("/wait", [xml(&format!("<Gather numDigits='1' action='/key'><Say>{WAIT}</Say></Gather>"))]);
        s.app.on("/key", [xml("<Leave/>")]);
        let mut caller = call(s, "15556001", "<Enqueue waitUrl='/wait' action='/done'>support</Enqueue>").await;
        tokio::time::sleep(ms(2000)).await;
        caller.press("5").await.unwrap();
        let done = s.told(&mut caller).await.unwrap();
        assert_eq!(param(&done, "QueueResult"), "leave", "{}", traces(s).await);
        assert_eq!(param(&only(s, "/key").await, "Digits"), "5");
    };

    a_talk_is_recorded_with_the_agent_left_and_the_caller_right => async |s: &Stage| {
        let mut caller = call(s, "15556001", "<Enqueue waitUrl=''>support</Enqueue>").await;
        tokio::time::sleep(ms(1000)).await;
        let mut agent = call(s, "15559001", "<Dial record='record-from-answer-dual' action='/done'><Queue>support</Queue></Dial>").await;
        tokio::time::sleep(ms(700)).await;
        caller.start_tone(600.0);
        agent.start_tone(900.0);
        tokio::time::sleep(ms(3000)).await;
        caller.hangup().await.unwrap();
        let done = s.told(&mut agent).await.unwrap();
        assert!(param(&done, "RecordingUrl").contains("/Recordings/RE"), "{}", traces(s).await);
        let (left, right) = (s.recording(0).unwrap(), s.recording(1).unwrap());
        assert!(left.tone_duration(900.0) > ms(1500), "{}", traces(s).await);
        assert!(right.tone_duration(600.0) > ms(1500), "{}", traces(s).await);
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
            calls.push(call(s, &phone, verbs).await);
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
