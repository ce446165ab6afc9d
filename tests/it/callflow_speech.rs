//! What is spoken, in which language and by whom; what `audio_macro` makes of its items.

use std::time::Duration;

use pivot::objects::Kind;
use pivot::simulate::{Phone, Sound};
use serde_json::{Value, json};

use crate::callflow_flows::{ask, chain, in_virtual_time, node, play};
use crate::callflow_talk::{about, wave};
use crate::support::{Reply, Scenario, ms, seconds, tone};

/// Speech comes from `/speech` of the web application, if that engine is asked.
fn engine(default: &str) -> String {
    format!(
        "[default]\nvoice_url = '{{app}}/voice'\n[speech]\nengine = '{default}'\n\
         [speech.http]\nurl = '{{app}}/speech'\n\
         body = {{ text = '{{text}}', voice = '{{voice}}', language = '{{language}}' }}\n"
    )
}

/// A call that runs this flow, whose engine of choice is the web application.
async fn speaking(flow: &Value) -> (Scenario, Phone) {
    let scenario = Scenario::configured(&engine("http")).await;
    scenario
        .web
        .on("/speech", Reply::new("audio/wav", wave(1500)));
    scenario.answer_with("/voice", flow);
    let phone = scenario.call().await;
    (scenario, phone)
}

/// What the engine was asked to say.
async fn said(flow: &Value) -> Vec<Value> {
    let (scenario, phone) = speaking(flow).await;
    scenario.end(&phone).await;
    let asked = scenario.web.at("/speech");
    let bodies = asked.iter().map(|seen| serde_json::from_str(&seen.body));
    bodies.collect::<Result<_, _>>().unwrap()
}

fn macros(items: Value, more: &Value) -> Value {
    let mut data = more.clone();
    data["macros"] = items;
    node("audio_macro", data)
}

/// How long each thing lasted that the caller heard.
async fn lasted(phone: &Phone) -> Vec<Duration> {
    let heard = phone.heard().await;
    let media = heard.iter().filter(|h| matches!(h.what, Sound::Media(_)));
    media.filter_map(|h| Some(h.to? - h.from)).collect()
}

// Callflow check 33.
// Proves tts.voice, tts.language.
#[tokio::test(start_paused = true)]
async fn a_text_is_spoken_by_the_voice_and_in_the_language_of_the_node_or_the_call() {
    let tts = |data: Value| node("tts", data);
    let flow = chain([
        tts(json!({"text": "one", "voice": "male"})),
        node("language", json!({"language": "fr-CA"})),
        tts(json!({"text": "two"})),
        tts(json!({"text": "three", "language": "de-DE"})),
        tts(json!({"text": "four", "voice": "Polly.Amy"})),
        tts(json!({"text": "five", "voice": "male/it-IT"})),
    ]);
    let said = said(&flow).await;
    let told: Vec<_> = said
        .iter()
        .map(|body| {
            ["text", "voice", "language"].map(|field| body[field].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(told[0], ["one", "male", "en"]);
    assert_eq!(told[1], ["two", "female", "fr-ca"]);
    assert_eq!(told[2], ["three", "female", "de-DE"]);
    // Voices that have a language of their own.
    assert_eq!(told[3], ["four", "Polly.Amy", ""]);
    assert_eq!(told[4], ["five", "male/it-IT", ""]);
}

// Callflow check 33.
#[test]
fn a_text_of_1001_characters_is_too_long_to_be_run() {
    for (length, runs) in [(1000, true), (1001, false)] {
        in_virtual_time(async move {
            let flow = node("tts", json!({"text": "x".repeat(length)}));
            let (scenario, phone) = speaking(&flow).await;
            scenario.end(&phone).await;
            assert_eq!(phone.heard_media().await.len(), usize::from(runs));
            let refused = scenario.lines().await.contains("has 1001 characters");
            assert_eq!(refused, !runs);
        });
    }
}

// Proves tts.engine, audio_macro.macros.engine.
#[tokio::test(start_paused = true)]
async fn the_engine_of_the_node_speaks_in_place_of_the_usual_one() {
    let scenario = Scenario::configured(&engine("espeak-ng")).await;
    scenario.web.on("/speech", Reply::new("audio/wav", tone()));
    let item = json!({"macro": "tts", "text": "three", "engine": "http"});
    let usual = json!({"macro": "tts", "text": "four"});
    let flow = chain([
        node("tts", json!({"text": "one"})),
        node("tts", json!({"text": "two", "engine": "http"})),
        macros(json!([item, usual]), &json!({})),
    ]);
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    let asked = scenario.web.at("/speech");
    let texts: Vec<_> = asked
        .iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap()["text"].clone())
        .collect();
    assert_eq!(texts, ["two", "three"], "{}", scenario.lines().await);
}

// Proves tts.terminators.
#[test]
fn only_terminators_stop_a_text() {
    for (terminators, key, stops) in [
        (json!(null), "5", true),
        (json!([]), "5", false),
        (json!(["1"]), "5", false),
        (json!(["1"]), "1", true),
    ] {
        in_virtual_time(async move {
            let data = json!({"text": "Hello", "terminators": terminators});
            let (scenario, phone) = speaking(&chain([node("tts", data), play("after")])).await;
            phone.press_at(ms(500), key);
            scenario.end(&phone).await;
            assert_eq!(
                phone.heard().await[0].complete,
                !stops,
                "{terminators} {key}"
            );
            assert_eq!(phone.heard_media().await.last().unwrap(), "sound:after");
        });
    }
}

// Proves tts.endless_playback.
#[tokio::test(start_paused = true)]
async fn an_endless_text_ends_with_the_call() {
    let data = json!({"text": "Hello", "endless_playback": true});
    let (scenario, phone) = speaking(&chain([node("tts", data), play("after")])).await;
    phone.press_at(seconds(2), "1");
    phone.hangup_at(seconds(20));
    assert!(scenario.end(&phone).await.by_phone);
    let heard = phone.heard_media().await;
    assert!(
        heard.len() > 5 && heard.iter().all(|sound| *sound == heard[0]),
        "{heard:?}"
    );
}

// Proves audio_macro.macros.voice, audio_macro.language.
#[tokio::test(start_paused = true)]
async fn items_of_an_audio_macro_have_their_own_voice_and_language_or_those_of_all() {
    let items = json!([
        {"macro": "tts", "text": "one", "voice": "male"},
        {"macro": "say", "text": "two words", "type": "name_spelled"},
        {"macro": "tts", "text": "three", "language": "it-IT"},
    ]);
    let said = said(&macros(items, &json!({"language": "fr-FR"}))).await;
    let told: Vec<_> = said
        .iter()
        .map(|body| ["text", "language"].map(|field| body[field].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [["one", "fr-FR"], ["two words", "fr-FR"], ["three", "it-IT"]]
    );
    assert_eq!(said[0]["voice"], "male");
}

// Callflow check 32.
// Proves audio_macro.macros.terminators.
#[tokio::test(start_paused = true)]
async fn the_terminators_of_an_item_are_its_own() {
    let items = json!([
        {"macro": "play", "id": "sound:a", "terminators": ["2"]},
        {"macro": "tts", "text": "Hello", "terminators": []},
        {"macro": "play", "id": "sound:b"},
        {"macro": "play", "id": "sound:c"},
    ]);
    let flow = chain([
        node("answer", json!({})),
        macros(items, &json!({"terminators": ["1"]})),
        play("end"),
    ]);
    let scenario = Scenario::configured(&engine("http")).await;
    for sound in ["a", "b", "c"] {
        scenario.asterisk.sound(sound, seconds(3)).await;
    }
    let two_seconds = Reply::new("audio/wav", wave(2000));
    scenario.web.on("/speech", two_seconds);
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    // 1 stops neither the first nor the second, and then all that is left.
    for at in [1, 4, 6] {
        phone.press_at(seconds(at), "1");
    }
    scenario.end(&phone).await;
    let heard = phone.heard_media().await;
    assert_eq!(
        (
            heard.len(),
            heard[0].as_str(),
            heard[2].as_str(),
            heard[3].as_str()
        ),
        (4, "sound:a", "sound:b", "sound:end"),
        "{heard:?}"
    );
    let complete: Vec<_> = phone.heard().await.iter().map(|h| h.complete).collect();
    assert_eq!(complete[..3], [true, true, false]);
}

// Callflow check 32.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_played_of_an_audio_macro_is_passed_over() {
    let items = json!([
        {"macro": "play", "id": "sound:first"},
        {"macro": "play"},
        {"macro": "tts", "text": " "},
        {"macro": "tone", "frequencies": [], "duration_on": 100, "duration_off": 0},
        {"macro": "tone", "frequencies": [440]},
        {"macro": "prompt"},
        {"macro": "prompt", "id": "no-such-prompt"},
        {"macro": "play", "id": "shout://radio"},
        {"macro": "say", "text": "12", "type": "number"},
        {"macro": "prompt", "id": "vm-goodbye"},
    ]);
    let scenario = Scenario::new().await;
    scenario.asterisk.no_sound("no-such-prompt").await;
    let flow = chain([macros(items, &json!({})), play("end")]);
    scenario.answer_with("/voice", &flow);
    let phone = scenario.call().await;
    scenario.end(&phone).await;
    let mut heard = phone.heard_media().await;
    heard.retain(|sound| sound != "sound:no-such-prompt");
    assert_eq!(
        heard,
        ["sound:first", "number:12", "sound:vm-goodbye", "sound:end"]
    );
    let lines = scenario.lines().await;
    assert!(lines.contains("no-such-prompt"), "{lines}");
}

/// How often a file crosses zero in its first so many samples.
fn crossings(uri: &str, samples: usize) -> usize {
    let path = uri.strip_prefix("sound:").unwrap();
    let mut file = hound::WavReader::open(format!("{path}.wav")).unwrap();
    let wave: Vec<i16> = file.samples().take(samples).map(Result::unwrap).collect();
    wave.windows(2)
        .filter(|pair| (pair[0] < 0) != (pair[1] < 0))
        .count()
}

// Proves audio_macro.macros.frequencies, audio_macro.macros.duration_on.
// Proves audio_macro.macros.duration_off, audio_macro.macros.repeat.
#[tokio::test(start_paused = true)]
async fn a_tone_has_its_frequency_its_lengths_and_its_repetitions() {
    let items = json!([
        {"macro": "tone", "frequencies": [1000], "duration_on": 400, "duration_off": 300, "repeat": 4},
        {"macro": "tone", "frequencies": ["500"], "duration_on": "900"},
    ]);
    let flow = chain([node("answer", json!({})), macros(items, &json!({}))]);
    let (scenario, phone) = Scenario::flow(flow).await;
    scenario.end(&phone).await;
    let (heard, lasted) = (phone.heard_media().await, lasted(&phone).await);
    assert_eq!(heard.len(), 2, "{}", scenario.lines().await);
    assert!(about(lasted[0], ms(2800)), "{lasted:?}");
    assert!(about(lasted[1], ms(900)), "{lasted:?}");
    // Two for each wave: 400 ms of 1000 Hz, and of 500 Hz.
    let found = [&heard[0], &heard[1]].map(|uri| crossings(uri, 3200));
    assert!(
        found[0].abs_diff(800) < 40 && found[1].abs_diff(400) < 40,
        "{found:?}"
    );
}

// Callflow check 36.
#[tokio::test(start_paused = true)]
async fn a_language_holds_for_later_prompts_speech_and_requests() {
    let scenario = Scenario::stored_with(
        &engine("http").replace("[default]\nvoice_url = '{app}/voice'\n", ""),
    )
    .await;
    for (id, language, milliseconds) in [("e", "en-us", 300), ("f", "fr", 900)] {
        let document = json!({"name": id, "prompt_id": "menu-exit", "language": language});
        scenario
            .put_sound(Kind::Media, id, document, wave(milliseconds))
            .await;
    }
    scenario.web.on("/speech", Reply::new("audio/wav", tone()));
    scenario.answer_with("/next", &node("hangup", json!({})));
    // A menu of which nothing is expected, for what it says at its end.
    let menu = |then: Value| {
        let data = json!({"retries": 1, "timeout": 100, "media": {"greeting": "sound:greeting"}});
        json!({"module": "menu", "data": data, "children": {"max_retries": then}})
    };
    let asks = ask("/next")
        .to_string()
        .replace("{app}", &scenario.web.url());
    let last = chain([
        node("tts", json!({"text": "Bonjour"})),
        play("hello-world"),
        serde_json::from_str(&asks).unwrap(),
    ]);
    let mut language = node("language", json!({"language": "fr-FR"}));
    language["children"] = json!({"_": menu(last)});
    scenario.callflow("a", &["1"], menu(language)).await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    let lengths = talk.lengths().await;
    assert!(
        about(lengths[0], ms(300)) && about(lengths[1], ms(900)),
        "{lengths:?}\n{}",
        talk.lines().await
    );
    let said: Value = serde_json::from_str(&scenario.web.at("/speech")[0].body).unwrap();
    assert_eq!(said["language"], "fr-fr");
    let told = scenario.web.at("/next")[0].param("Language");
    assert_eq!(told.as_deref(), Some("fr-fr"));
    // Asterisk's own sounds are asked for in the language, from then on.
    let played = scenario.asterisk.requests().await;
    let language_of = |sound: &str, nth: usize| {
        let is = |r: &&pivot::simulate::Request| r.params["media"].to_string().contains(sound);
        let requests = played.iter().filter(is);
        requests.map(|r| r.params["lang"].clone()).nth(nth)
    };
    assert_eq!(language_of("sound:greeting", 0), Some(Value::Null));
    assert_eq!(language_of("sound:greeting", 1), Some(json!("fr_FR")));
    assert_eq!(language_of("sound:hello-world", 0), Some(json!("fr_FR")));
}
