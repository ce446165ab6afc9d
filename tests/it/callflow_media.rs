//! What flows name as sounds: the account's library, its prompts, and the rest.

use pivot::objects::Kind;
use serde_json::json;

use crate::callflow_flows::{chain, node, play};
use crate::callflow_talk::{about, wave};
use crate::support::{Scenario, ms};

/// A flow that plays what each of these names.
fn plays(names: &[&str]) -> serde_json::Value {
    chain(
        names
            .iter()
            .map(|name| node("play", json!({"id": name})))
            .collect::<Vec<_>>(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_stored_sound_is_heard_by_its_id_and_any_other_name_is_one_of_asterisk_s() {
    let scenario = Scenario::stored().await;
    let account = scenario.pivot.services.account.to_string();
    let id = "00112233445566778899aabbccddeeff";
    let document = json!({"name": "welcome"});
    scenario
        .put_sound(Kind::Media, id, document, wave(700))
        .await;
    let whole = format!("/{account}/{id}");
    scenario
        .callflow("a", &["1"], plays(&[id, &whole, "hello-world"]))
        .await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["*", "*", "hello-world"]);
    for length in talk.lengths().await {
        assert!(about(length, ms(700)), "{length:?}");
    }
    // The same bytes are one file.
    let heard = talk.phone.heard_media().await;
    assert_eq!(heard[0], heard[1]);
}

#[tokio::test(start_paused = true)]
async fn a_new_upload_is_heard_by_the_next_call() {
    let scenario = Scenario::stored().await;
    scenario.callflow("a", &["1"], plays(&["welcome"])).await;
    for milliseconds in [400, 900] {
        scenario
            .put_sound(
                Kind::Media,
                "welcome",
                json!({"name": "w"}),
                wave(milliseconds),
            )
            .await;
        let talk = scenario.talk("1", &[]).await;
        talk.end().await;
        let [length] = talk.lengths().await[..] else {
            panic!("{:?}", talk.heard().await);
        };
        assert!(about(length, ms(milliseconds.into())), "{length:?}");
    }
}

// Proves media.tts.text.
// Proves media.media_source.
#[tokio::test(start_paused = true)]
async fn a_stored_text_is_spoken() {
    let scenario = Scenario::stored().await;
    let text = json!({"name": "hours", "media_source": "tts",
        "tts": {"text": "We are open from nine to five.", "voice": "male/en-GB"}});
    scenario.put(Kind::Media, "hours", text).await;
    scenario.callflow("a", &["1"], plays(&["hours"])).await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    let [length] = talk.lengths().await[..] else {
        panic!("{:?}", talk.heard().await);
    };
    assert!(length > ms(1000), "{length:?}");
}

// Callflow check 37.
#[tokio::test(start_paused = true)]
async fn a_sound_that_cannot_be_had_is_told_and_the_flow_goes_on() {
    let scenario = Scenario::stored().await;
    let account = "0123456789abcdef0123456789abcdef";
    let theirs = format!("/{account}/welcome");
    scenario
        .put(Kind::Media, "silent", json!({"name": "no file"}))
        .await;
    scenario
        .put_sound(
            Kind::Media,
            "broken",
            json!({"name": "b"}),
            b"<html>".to_vec(),
        )
        .await;
    let names = [
        "silent",
        "broken",
        &theirs,
        "tts://",
        "../secret",
        "shout://radio",
    ];
    let nodes = names.iter().map(|name| node("play", json!({"id": name})));
    let flow = chain(nodes.chain([play("after")]).collect::<Vec<_>>());
    scenario.callflow("a", &["1"], flow).await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["after"]);
    let lines = talk.lines().await;
    for told in [
        "media silent has no sound",
        "media broken",
        "no stored sound `welcome`",
        "../secret",
        "shout://",
    ] {
        assert!(lines.contains(told), "{told}\n{lines}");
    }
}

// Callflow check 102. As far as calls hear it.
// Proves media.prompt_id.
// Proves media.language.
// Proves audio_macro.macros.language.
#[tokio::test(start_paused = true)]
async fn prompts_of_the_account_are_heard_in_place_of_the_usual_ones_in_the_closest_language() {
    let scenario = Scenario::stored().await;
    for (id, language, milliseconds) in [
        ("en-us/vm-goodbye", json!("en-us"), 300),
        ("fr/vm-goodbye", json!("fr"), 800),
        ("x", json!("fr-ca"), 1500),
    ] {
        let document = json!({"name": id, "prompt_id": "vm-goodbye", "language": language});
        scenario
            .put_sound(Kind::Media, id, document, wave(milliseconds))
            .await;
    }
    let prompts = [
        "/system_media/vm-goodbye",
        "prompt://system_media/vm-goodbye/fr-FR",
        "vm-goodbye",
    ];
    let language = node("language", json!({"language": "fr-CA"}));
    let macros = json!({"macros": [
        {"macro": "prompt", "id": "vm-goodbye"},
        {"macro": "prompt", "id": "vm-goodbye", "language": "fr"},
        {"macro": "prompt", "id": "vm-saved"},
    ]});
    let mut flow: Vec<_> = prompts
        .iter()
        .map(|name| node("play", json!({"id": name})))
        .collect();
    flow.extend([language, node("audio_macro", macros)]);
    scenario.callflow("a", &["1"], chain(flow)).await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    let expected = [300, 800, 300, 1500, 800];
    let lengths = talk.lengths().await;
    assert!(
        lengths.len() == 5 && lengths.iter().zip(expected).all(|(l, e)| about(*l, ms(e))),
        "{lengths:?}\n{}",
        talk.lines().await
    );
    assert_eq!(talk.heard().await.last().unwrap(), "vm-msgsaved");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_as_in_kazoo_is_heard() {
    let scenario = Scenario::stored().await;
    let names = [
        "tts://Good day to you",
        "silence_stream://600",
        "tone_stream://%(500,100,440)",
    ];
    scenario.callflow("a", &["1"], plays(&names)).await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    let lengths = talk.lengths().await;
    assert!(
        lengths.len() == 3 && about(lengths[1], ms(600)) && about(lengths[2], ms(600)),
        "{lengths:?}"
    );
}
