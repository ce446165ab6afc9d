//! What phones hear, and what the log and the leftovers say.

use super::*;

async fn answered(fake: &FakeAsterisk, client: &mut Client) -> Phone {
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let path = format!("channels/{}/answer", phone.channel());
    assert_eq!(client.post(&path, &[]).await.0, 204);
    client.expect("ChannelStateChange").await;
    phone
}

fn sounds(heard: Vec<Heard>) -> Vec<Sound> {
    heard.into_iter().map(|heard| heard.what).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stopped_prompt_was_not_heard_to_its_end() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let play = format!("channels/{}/play/p1", phone.channel());
    client.post(&play, &[("media", "sound:silence/9")]).await;
    tokio::time::sleep(seconds(2)).await;
    client.send("DELETE", "playbacks/p1", &[]).await;
    client.expect("PlaybackStarted").await;
    client.expect("PlaybackFinished").await;
    let heard = phone.heard().await;
    let length = heard[0].to.unwrap() - heard[0].from;
    assert_eq!((length.as_secs(), heard[0].complete), (2, false));
}

#[tokio::test(start_paused = true)]
async fn the_caller_hears_ringing_the_other_party_and_a_prompt() {
    let fake = fake().await;
    fake.callee("PJSIP/bob*", Behaviour::answers(seconds(3)))
        .await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let create = [
        ("endpoint", "PJSIP/bob"),
        ("app", "pivot"),
        ("channelId", "leg"),
    ];
    client.post("channels/create", &create).await;
    client.expect("StasisStart").await;
    client.post("bridges/b1", &[]).await;
    for channel in ["leg", phone.channel()] {
        let member = [("channel", channel)];
        let (status, _) = client.post("bridges/b1/addChannel", &member).await;
        assert_eq!(status, 204);
    }
    client.post("channels/leg/dial", &[]).await;
    tokio::time::sleep(seconds(5)).await;
    let play = [("media", "sound:beep")];
    client.post("bridges/b1/play/p1", &play).await;
    tokio::time::sleep(seconds(2)).await;
    let expected = [
        Sound::Ringback,
        Sound::Bridge(vec!["leg".into()]),
        Sound::Media("sound:beep".into()),
    ];
    assert_eq!(sounds(phone.heard().await), expected);
    let ringing = &phone.heard().await[0];
    assert_eq!((ringing.to.unwrap() - ringing.from).as_secs(), 3);
    let bob = &fake.called("PJSIP/bob").await[0];
    assert_eq!(bob.heard_media().await, ["sound:beep"]);
}

#[tokio::test(start_paused = true)]
async fn music_ends_with_a_prompt() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let id = phone.channel();
    client.post(&format!("channels/{id}/moh"), &[]).await;
    tokio::time::sleep(seconds(1)).await;
    let play = [("media", "sound:beep")];
    client.post(&format!("channels/{id}/play"), &play).await;
    client.expect("PlaybackStarted").await;
    let heard = phone.heard().await;
    assert_eq!(heard[0].what, Sound::Music("default".into()));
    assert!(heard[0].to.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_handed_back_says_where_and_with_which_variables() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let id = phone.channel();
    let variable = [("variable", "PIVOT_STATUS"), ("value", "NO_ROUTE")];
    client
        .post(&format!("channels/{id}/variable"), &variable)
        .await;
    client.post(&format!("channels/{id}/continue"), &[]).await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(!ended.by_phone);
    let continued = phone.continued().await.unwrap();
    assert_eq!(
        (continued.extension.as_str(), continued.priority),
        ("1000", 3)
    );
    assert_eq!(continued.variables["PIVOT_STATUS"], "NO_ROUTE");
}

#[tokio::test(start_paused = true)]
async fn leftovers_name_all_that_is_still_there() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let id = phone.channel().to_owned();
    client.post("bridges/b1", &[]).await;
    let record = [("name", "r1"), ("format", "wav")];
    client.post(&format!("channels/{id}/record"), &record).await;
    let play = [("media", "sound:beep")];
    client.post(&format!("channels/{id}/play/p1"), &play).await;
    let left = fake.leftovers().await;
    assert_eq!(left.channels, std::slice::from_ref(&id));
    assert_eq!(left.bridges, ["b1"]);
    assert_eq!(left.playbacks, ["p1"]);
    assert_eq!(left.live_recordings, ["r1"]);
    assert_eq!(left.subscriptions, [format!("channel:{id}")]);
    phone.hangup().await;
    client.send("DELETE", "bridges/b1", &[]).await;
    assert!(fake.until_idle(seconds(1)).await);
    assert_eq!(fake.leftovers().await.stored_recordings, ["r1"]);
}

#[tokio::test(start_paused = true)]
async fn scheduled_keys_voice_and_hang_up_happen_in_their_time() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let before = Instant::now();
    phone.press_at(seconds(5), "12");
    phone.hangup_at(seconds(9));
    assert_eq!(client.expect("ChannelDtmfReceived").await["digit"], "1");
    assert_eq!(before.elapsed().as_millis(), 5100);
    assert_eq!(client.expect("ChannelDtmfReceived").await["digit"], "2");
    assert_eq!(before.elapsed().as_millis(), 5300);
    client.expect("ChannelHangupRequest").await;
    assert_eq!(before.elapsed().as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn the_log_has_requests_with_their_answers_in_order() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let path = format!("channels/{}", phone.channel());
    client.send("GET", &path, &[("x", "1")]).await;
    let requests = fake.requests().await;
    let last = requests.last().unwrap();
    assert_eq!((last.method.as_str(), &last.path), ("GET", &path));
    assert_eq!((last.status, &last.params["x"]), (Some(200), &json!("1")));
    assert_eq!(last.answer["state"], "Up");
    let kinds: Vec<String> = fake
        .log()
        .await
        .iter()
        .map(|entry| entry.kind().to_owned())
        .collect();
    assert_eq!(kinds, ["StasisStart", "", "ChannelStateChange", ""]);
}

#[tokio::test(start_paused = true)]
async fn early_media_of_a_leg_is_heard_in_its_bridge() {
    let fake = fake().await;
    let behaviour = Behaviour::no_answer().early_media_after(seconds(2));
    fake.callee("PJSIP/bob*", behaviour).await;
    let mut client = Client::new(&fake).await;
    let phone = answered(&fake, &mut client).await;
    let create = [
        ("endpoint", "PJSIP/bob"),
        ("app", "pivot"),
        ("channelId", "leg"),
    ];
    client.post("channels/create", &create).await;
    client.expect("StasisStart").await;
    client.post("bridges/b1", &[]).await;
    for channel in ["leg", phone.channel()] {
        let member = [("channel", channel)];
        client.post("bridges/b1/addChannel", &member).await;
    }
    client.post("channels/leg/dial", &[]).await;
    tokio::time::sleep(seconds(3)).await;
    let expected = [Sound::Ringback, Sound::Bridge(vec!["leg".into()])];
    assert_eq!(sounds(phone.heard().await), expected);
}
