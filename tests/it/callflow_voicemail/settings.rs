//! The settings of a box, as its owner changes them by telephone.

use pivot::objects::Kind;
use serde_json::json;

use super::{bobs_visit, shop};
use crate::callflow_talk::{A_WHILE, about};
use crate::support::{ms, seconds};

// Callflow check 80. Callflow check 82. What the settings change.
#[tokio::test(start_paused = true)]
async fn the_settings_change_greetings_the_pin_and_whether_messages_are_taken() {
    let scenario = shop(json!({})).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answer("5").await;
    talk.answer("1").await.say(A_WHILE).await.answer("1").await;
    talk.answer("2").await.say(ms(900)).await.answer("1").await;
    talk.answers(&["3", "9999#", "9999#"]).await;
    talk.answer("4")
        .await
        .say(seconds(3))
        .await
        .answer("1")
        .await;
    talk.answer("6").await;
    talk.question().await;
    let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
    let media = stored["media"].as_object().unwrap();
    assert_eq!(media.len(), 3, "{media:?}\n{}", talk.lines().await);
    assert_eq!(
        (&stored["pin"], &stored["announcement_only"]),
        (&json!("9999"), &json!(true))
    );
    let bob = scenario.get(Kind::User, "bob").await.unwrap();
    assert_eq!(bob["media"]["name"], media["name"]);
    talk.phone.press("5").await;
    talk.answers(&["6", "0", "#"]).await;
    talk.end().await;
    let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
    assert!(stored["media"]["temporary_unavailable"].is_null());
    assert_eq!(stored["announcement_only"], json!(false));
    scenario.no_recordings().await;
}

// Proves vmbox.not_configurable.
#[tokio::test(start_paused = true)]
async fn a_box_may_not_be_configurable() {
    let scenario = shop(json!({"not_configurable": true})).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answers(&["5", "#"]).await;
    talk.end().await;
    assert_eq!(talk.times("vm-sorry").await, 1);
}

// Proves vmbox.media.name.
#[tokio::test(start_paused = true)]
async fn a_name_that_is_said_again_takes_the_place_of_the_old_one() {
    let scenario = shop(json!({})).await;
    let mut talk = bobs_visit(&scenario).await;
    talk.answer("5").await;
    for length in [ms(900), A_WHILE] {
        talk.answer("2").await.say(length).await.answer("1").await;
    }
    talk.answers(&["0", "#"]).await;
    talk.end().await;
    let media = scenario.all_of(Kind::Media).await;
    let [name] = &media[..] else {
        panic!("{media:?}")
    };
    let stored = scenario.get(Kind::Vmbox, "box").await.unwrap();
    assert_eq!(stored["media"]["name"], name.id);
    let sound = scenario.sound_of(Kind::Media, &name.id).await.unwrap();
    let file = hound::WavReader::new(&sound.bytes[..]).unwrap();
    let length = ms(u64::from(file.duration() / 8));
    assert!(about(length, A_WHILE), "{length:?}");
}
