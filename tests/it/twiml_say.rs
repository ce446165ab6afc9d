//! Say and Play in calls: what the checks 75 to 90 of the compatibility notes ask
//! and `twiml_calls/sounds.rs` does not show.

use std::time::Duration;

use pivot::simulate::{Caller, Phone, Sound};

use crate::support::{Reply, Scenario, ms, seconds, tone, twiml};

const TWILIO: &str =
    "[default]\nvoice_url = '{app}/voice'\nfallback_url = '{app}/fallback'\nprofile = 'twilio'\n";

async fn with(verbs: &str) -> Scenario {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml(verbs));
    scenario
}

/// How long each thing lasted that the caller heard.
async fn lengths(phone: &Phone) -> Vec<Duration> {
    let heard = phone.heard().await;
    let media = heard
        .iter()
        .filter(|heard| matches!(heard.what, Sound::Media(_)));
    media
        .filter_map(|heard| Some(heard.to? - heard.from))
        .collect()
}

/// How long a text is spoken.
async fn spoken(text: &str) -> Duration {
    let scenario = with(&format!("<Say>{text}</Say>")).await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let lengths = lengths(&phone).await;
    assert_eq!(lengths.len(), 1, "{text}: {}", scenario.lines().await);
    lengths[0]
}

// Check 75.
#[tokio::test(start_paused = true)]
async fn a_loop_of_three_is_heard_three_times() {
    let scenario = with("<Say loop='3'>Hello</Say>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 3);
    assert!(heard.iter().all(|clip| *clip == heard[0]));
    scenario.nothing_left().await;
}

// Check 76.
#[tokio::test(start_paused = true)]
async fn an_endless_say_ends_with_the_call() {
    let scenario = with("<Say loop='0'>Hello</Say><Play>sound:never</Play>").await;
    let phone = scenario.call().await;
    phone.hangup_at(seconds(20));
    assert!(phone.wait_ended().await.unwrap().by_phone);
    let heard = phone.heard_media().await;
    assert!(
        heard.len() > 10 && !heard.contains(&"sound:never".into()),
        "{heard:?}"
    );
    scenario.nothing_left().await;
}

// Check 77.
// Check 78.
#[tokio::test(start_paused = true)]
async fn an_unknown_voice_is_told_and_the_default_one_speaks() {
    for (voice, code) in [
        ("Polly.Nobody", Some("13511")),
        ("robot", Some("13511")),
        ("alice", None),
    ] {
        let scenario = with(&format!("<Say voice='{voice}'>Hello</Say>")).await;
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        assert_eq!(phone.heard_media().await.len(), 1, "{voice}");
        assert_eq!(
            scenario.lines().await.contains("13511"),
            code.is_some(),
            "{voice}"
        );
        scenario.nothing_left().await;
    }
}

// Check 79.
#[tokio::test(start_paused = true)]
async fn a_break_makes_its_gap() {
    let with_break = spoken("one <break time=\"2s\"/> two").await;
    let without = spoken("one <break time=\"1ms\"/> two").await;
    let gap = with_break - without;
    assert!((ms(1700)..ms(2300)).contains(&gap), "{gap:?}");
}

// Check 80.
#[tokio::test(start_paused = true)]
async fn digits_are_read_singly() {
    let singly = spoken("<say-as interpret-as=\"digits\">1111</say-as>").await;
    let spelt = spoken("1 1 1 1").await;
    let number = spoken("1111").await;
    assert!(singly.abs_diff(spelt) < ms(50), "{singly:?} {spelt:?}");
    assert!(singly.abs_diff(number) > ms(100), "{singly:?} {number:?}");
}

// Check 82.
#[tokio::test(start_paused = true)]
async fn a_text_that_is_too_long_is_told_and_not_spoken() {
    let scenario = with(&format!(
        "<Say>{}</Say><Play>sound:b</Play>",
        "a".repeat(4097)
    ))
    .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(phone.heard_media().await, ["sound:b"]);
    assert!(scenario.lines().await.contains("13521"));
    scenario.nothing_left().await;
}

// Check 83.
#[tokio::test(start_paused = true)]
async fn files_of_all_usual_kinds_are_heard_whole() {
    for (name, media_type, length) in [
        ("ulaw.wav", "audio/wav", 250),
        ("stereo44k.mp3", "audio/mpeg", 500),
        ("mono8k.aiff", "audio/aiff", 250),
        ("tone.gsm", "audio/x-gsm", 500),
        ("phone.ulaw", "audio/ulaw", 250),
    ] {
        let file = std::fs::read(format!("tests/fixtures/audio/{name}")).unwrap();
        let scenario = with("<Play>/sound</Play>").await;
        scenario.web.on("/sound", Reply::new(media_type, file));
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let lengths = lengths(&phone).await;
        assert_eq!(lengths.len(), 1, "{name}: {}", scenario.lines().await);
        assert!(
            lengths[0].abs_diff(ms(length)) < ms(60),
            "{name}: {:?}",
            lengths[0]
        );
        scenario.nothing_left().await;
    }
}

// Check 84.
// Check 85.
#[tokio::test(start_paused = true)]
async fn in_twilios_profile_a_file_that_cannot_be_played_is_a_failure_of_its_document() {
    for (reply, code) in [
        (Reply::status(404), "11200"),
        (Reply::new("text/html", "<html>no sound</html>"), "13420"),
    ] {
        let scenario = Scenario::configured(TWILIO).await;
        scenario.web.on(
            "/voice",
            twiml("<Play>/a.wav</Play><Play>sound:never</Play>"),
        );
        scenario.web.on("/a.wav", reply);
        scenario.web.on(
            "/fallback",
            twiml("<Play>sound:sorry</Play><Play>/a.wav</Play>"),
        );
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        let asked = scenario.web.at("/fallback");
        assert_eq!(asked.len(), 1, "once: {}", scenario.lines().await);
        assert_eq!(asked[0].param("ErrorCode").as_deref(), Some(code));
        let url = format!("{}/a.wav", scenario.web.url());
        assert_eq!(asked[0].param("ErrorUrl"), Some(url));
        let heard = phone.heard_media().await;
        assert_eq!(
            (heard.len(), heard[0].as_str()),
            (2, "sound:sorry"),
            "then the apology"
        );
        assert!(phone.continued().await.is_none());
        scenario.nothing_left().await;
    }
}

// Check 87.
#[tokio::test(start_paused = true)]
async fn digits_have_their_waits() {
    let scenario = with("<Play digits='1ww2W3'/>").await;
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert_eq!(phone.digits().await, "1ww2ww3");
    assert!(
        ended.at >= ms(2900),
        "three tones and two seconds: {ended:?}"
    );
    scenario.nothing_left().await;
}

// Check 88.
#[tokio::test(start_paused = true)]
async fn an_endless_play_for_those_who_wait_ends_when_they_are_taken() {
    let config = "[default]\nvoice_url = '{app}/voice'\n[[route]]\nnumbers = ['2000']\nvoice_url = '{app}/agent'\n";
    let scenario = Scenario::configured(config).await;
    scenario.web.on(
        "/voice",
        twiml("<Enqueue waitUrl='/wait'>support</Enqueue>"),
    );
    scenario
        .web
        .on("/wait", twiml("<Play loop='0'>sound:wait</Play>"));
    scenario
        .web
        .on("/agent", twiml("<Dial><Queue>support</Queue></Dial>"));
    scenario.asterisk.sound("wait", seconds(2)).await;
    let caller = scenario.call().await;
    tokio::time::sleep(seconds(9)).await;
    let agent = Caller {
        to: "2000".into(),
        ..Caller::default()
    };
    let agent = scenario.call_from(agent).await;
    tokio::time::sleep(seconds(10)).await;
    let heard = caller.heard_media().await;
    assert!((4..=6).contains(&heard.len()), "{heard:?}");
    assert!(heard.iter().all(|sound| sound == "sound:wait"), "{heard:?}");
    assert_eq!(
        scenario.web.at("/wait").len(),
        1,
        "it never came to its end"
    );
    let together = caller
        .heard()
        .await
        .iter()
        .any(|heard| matches!(heard.what, Sound::Bridge(_)));
    assert!(together, "{heard:?}");
    caller.hangup().await;
    agent.wait_ended().await.unwrap();
    scenario.nothing_left().await;
}

// Check 89.
#[tokio::test(start_paused = true)]
async fn white_space_around_a_url_is_nothing() {
    let scenario = with("<Play>\n   /a.wav\n  </Play>").await;
    scenario.web.on("/a.wav", Reply::new("audio/wav", tone()));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    assert_eq!(
        phone.heard_media().await.len(),
        1,
        "{}",
        scenario.lines().await
    );
    assert_eq!(scenario.web.at("/a.wav").len(), 1);
    scenario.nothing_left().await;
}

// Check 90.
#[tokio::test(start_paused = true)]
async fn a_pause_of_nothing_is_a_second() {
    let scenario = with("<Play>sound:a</Play><Pause length='0'/><Play>sound:b</Play>").await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard().await;
    let gap = heard[heard.len() - 1].from - heard[0].to.unwrap();
    assert!((ms(1000)..ms(1200)).contains(&gap), "{gap:?}");
    assert!(scenario.lines().await.contains("13910"));
    scenario.nothing_left().await;
}

#[tokio::test(start_paused = true)]
async fn prompts_alone_play_what_is_inside() {
    let scenario = with(
        "<Prompt for='postal-code'><Say>Code</Say><Pause/><Play loop='2'>sound:a</Play></Prompt><Play>sound:b</Play>",
    )
    .await;
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert_eq!(heard.len(), 5, "{heard:?}");
    assert_eq!(heard[2..], ["sound:a", "sound:a", "sound:b"]);
    scenario.nothing_left().await;
}
