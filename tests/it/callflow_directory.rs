//! `directory`: dialling by name.

use pivot::objects::Kind;
use serde_json::{Value, json};

use crate::callflow_flows::{chain, in_virtual_time, node, play, with};
use crate::callflow_talk::{about, wave};
use crate::support::{Scenario, ms};

/// A directory behind number 1 with Bob Builder, Bobby Baker and Carol Li.
async fn shop(fields: Value) -> Scenario {
    let scenario = Scenario::stored().await;
    let document = with(json!({"name": "All"}), &fields);
    scenario.put(Kind::Directory, "all", document).await;
    for (id, first, last) in [
        ("bob", "Bob", "Builder"),
        ("bobby", "Bobby", "Baker"),
        ("carol", "Carol", "Li"),
    ] {
        let mut user = json!({"first_name": first, "last_name": last, "directories": {"all": id}});
        if id != "carol" {
            user["media"] = json!({"name": id});
        }
        scenario.put(Kind::User, id, user).await;
        scenario.callflow(id, &[id], play(id)).await;
    }
    for (id, milliseconds) in [("bob", 12_300), ("bobby", 15_700)] {
        scenario
            .put_sound(Kind::Media, id, json!({"name": id}), wave(milliseconds))
            .await;
    }
    let stranger = json!({"first_name": "Bobo", "last_name": "Other"});
    scenario.put(Kind::User, "stranger", stranger).await;
    let flow = chain([node("directory", json!({"id": "all"})), play("after")]);
    scenario.callflow("directory", &["1"], flow).await;
    scenario
}

const ASKED: [&str; 4] = [
    "dir-welcome",
    "dir-pls-enter",
    "dir-firstlast",
    "dir-usingkeypad",
];

// Callflow check 84. A match by a prefix, which is confirmed.
// Proves directory.id, user.first_name.
#[tokio::test(start_paused = true)]
async fn one_who_is_found_is_named_confirmed_and_reached() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    // 227 is the beginning of Carol; anything but 1 begins again.
    talk.answer("227").await.answer("2").await;
    talk.answer("227#").await.answer("1").await;
    talk.end().await;
    let heard = talk.heard().await;
    let found = ["*", "*", "*"];
    let expected: Vec<_> = [&ASKED[..], &found, &ASKED, &found, &["carol", "after"]].concat();
    assert_eq!(heard, expected, "{}", talk.lines().await);
}

// Proves directory.confirm_match.
#[tokio::test(start_paused = true)]
async fn a_directory_may_connect_a_single_hit_at_once() {
    let scenario = shop(json!({"confirm_match": false})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("542").await;
    talk.end().await;
    assert_eq!(talk.heard().await[4..], ["carol", "after"]);
}

// Callflow check 84. The menu of several matches.
// Proves directory.sort_by, user.media.name.
#[test]
fn several_are_named_one_after_the_other_in_the_directory_s_order() {
    for (fields, order) in [
        (json!({}), [15_700, 12_300]),
        (json!({"sort_by": "first_name"}), [12_300, 15_700]),
    ] {
        in_virtual_time(async move {
            let scenario = shop(fields.clone()).await;
            let mut talk = scenario.talk("1", &[]).await;
            // A key that means nothing, the next, and that one.
            talk.answer("262")
                .await
                .answer("9")
                .await
                .answer("2")
                .await
                .answer("1")
                .await;
            talk.end().await;
            let names: Vec<u64> = talk
                .lengths()
                .await
                .iter()
                .filter_map(|length| {
                    [12_300, 15_700]
                        .into_iter()
                        .find(|own| about(*length, ms(*own)))
                })
                .collect();
            assert_eq!(
                names,
                [order[0], order[0], order[1]],
                "{fields}\n{}",
                talk.lines().await
            );
            let reached = if order[1] == 12_300 { "bob" } else { "bobby" };
            assert_eq!(
                talk.heard().await.last_chunk().unwrap(),
                &[reached, "after"]
            );
            assert_eq!(talk.times("vm-sorry").await, 1);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_last_of_several_the_search_begins_again_and_three_silences_end_it() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("262").await.answer("2").await.answer("2").await;
    talk.answer("262").await.answer("3").await;
    talk.answer("262").await;
    for _ in 0..3 {
        talk.question().await;
    }
    talk.end().await;
    assert_eq!(
        (talk.times("dir-nomore").await, talk.times("after").await),
        (1, 0)
    );
}

// Proves directory.search_fields.
#[test]
fn what_is_spelled_is_as_the_directory_says() {
    for (field, digits, found) in [
        ("first", "227", true),
        ("first", "542", false),
        ("last", "542", true),
        ("last", "227", false),
        ("both", "227", true),
        ("both", "542", true),
    ] {
        in_virtual_time(async move {
            let scenario = shop(json!({"search_fields": field, "confirm_match": false})).await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.answer(digits).await;
            if found {
                talk.end().await;
                assert_eq!(talk.times("carol").await, 1);
            } else {
                talk.hears("dir-nomatch", 1).await;
                talk.hears("dir-pls-enter", 2).await;
            }
        });
    }
}

// Callflow check 84.
#[test]
fn zero_exits_one_key_is_too_few_and_silence_ends_the_search() {
    for (keys, last) in [
        (&["0"][..], "after"),
        (&["20"], "after"),
        (&["2", "0"], "after"),
        (&["", "", ""], "dir-nomatch"),
    ] {
        in_virtual_time(async move {
            let scenario = shop(json!({})).await;
            let mut talk = scenario.talk("1", &[]).await;
            for entered in keys {
                talk.answer(entered).await;
            }
            talk.end().await;
            assert_eq!(talk.heard().await.last().unwrap(), last, "{keys:?}");
        });
    }
}

// Proves directory.min_dtmf, directory.max_dtmf.
#[test]
fn a_search_takes_as_many_keys_as_the_directory_says() {
    for (fields, keys, carol, waits) in [
        (json!({}), "54", false, ms(2000)),
        (json!({"min_dtmf": 2}), "54", true, ms(2000)),
        (json!({"min_dtmf": 5}), "5422", false, ms(2000)),
        (json!({"max_dtmf": 4}), "5422", true, ms(0)),
    ] {
        in_virtual_time(async move {
            let fields = with(json!({"confirm_match": false}), &fields);
            let scenario = shop(fields.clone()).await;
            let mut talk = scenario.talk("1", &[]).await;
            talk.answer(keys).await;
            let pressed = tokio::time::Instant::now();
            // The caller is connected, or hears that more is needed.
            let (sound, times) = if carol {
                ("carol", 1)
            } else {
                ("dir-pls-enter", 2)
            };
            talk.hears(sound, times).await;
            assert_eq!(talk.times("carol").await, usize::from(carol), "{fields}");
            if carol {
                assert!(
                    about(pressed.elapsed(), waits),
                    "{fields}: {:?}",
                    pressed.elapsed()
                );
            } else {
                assert_eq!(talk.times("dir-nomatch").await, 0);
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_directory_with_nobody_in_it_goes_on() {
    let scenario = shop(json!({})).await;
    let flow = chain([node("directory", json!({"id": "none"})), play("after")]);
    scenario.callflow("directory", &["1"], flow).await;
    let talk = scenario.talk("1", &[]).await;
    talk.end().await;
    assert_eq!(talk.heard().await, ["dir-nomatch", "after"]);
}

// Proves user.directories.
#[tokio::test(start_paused = true)]
async fn a_callflow_that_cannot_be_loaded_goes_on() {
    let scenario = shop(json!({"confirm_match": false})).await;
    let user = json!({"first_name": "Zoe", "last_name": "Quark", "directories": {"all": "gone"}});
    scenario.put(Kind::User, "zoe", user).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.answer("963").await;
    talk.end().await;
    assert_eq!(talk.heard().await.last().unwrap(), "after");
}
