//! Visits whose call is picked up by another task.

use pivot::objects::Kind;
use serde_json::json;

use super::{folders, messages, shop};
use crate::callflow_talk::A_WHILE;

#[tokio::test(start_paused = true)]
async fn a_visit_that_is_picked_up_goes_on_where_it_was() {
    let scenario = shop(json!({})).await;
    messages(&scenario, &[("new", 1000), ("new", 2000)]).await;
    let mut talk = scenario.talk("2", &[]).await;
    talk.answer("1234#")
        .await
        .answer("1")
        .await
        .answer("6")
        .await
        .question()
        .await;
    talk.kill_and_resume().await;
    talk.phone.press("7").await;
    talk.answer("#").await;
    talk.end().await;
    assert_eq!(
        folders(&scenario).await,
        ["deleted", "new"],
        "{}",
        talk.lines().await
    );
    assert_eq!(talk.times("vm-password").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_call_is_picked_up_is_left_once() {
    let scenario = shop(json!({})).await;
    let mut talk = scenario.talk("1", &[]).await;
    talk.say(A_WHILE).await.question().await;
    talk.kill_and_resume().await;
    talk.phone.press("1").await;
    talk.end().await;
    assert_eq!(
        scenario.all_of(Kind::Message).await.len(),
        1,
        "{}",
        talk.lines().await
    );
    // And one whose caller hangs up after that.
    let mut talk = scenario.talk("1", &[]).await;
    talk.recording().await;
    talk.phone.talk(A_WHILE).await;
    talk.kill_and_resume().await;
    talk.phone.hangup().await;
    talk.end().await;
    assert_eq!(
        scenario.all_of(Kind::Message).await.len(),
        2,
        "{}",
        talk.lines().await
    );
}
