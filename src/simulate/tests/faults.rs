//! Faults, delays, lost sockets and restarts.

use super::*;

#[tokio::test(start_paused = true)]
async fn events_overtake_responses_when_the_dials_say_so() {
    for (response, event, first) in [(0, 50, "response"), (50, 0, "event")] {
        let fake = fake().await;
        let mut client = Client::new(&fake).await;
        let phone = fake.call(Caller::default()).await;
        client.expect("StasisStart").await;
        fake.turn(move |dials| {
            dials.response_delay = Duration::from_millis(response);
            dials.event_delay = Duration::from_millis(event);
        })
        .await;
        let path = format!("channels/{}/play", phone.channel());
        let (http, base) = (client.http.clone(), client.base.clone());
        let play = [("media", "sound:silence/9")];
        let request = send(&http, &base, "POST", &path, &play);
        let won = tokio::select! {
            _ = request => "response",
            _ = client.event() => "event",
        };
        assert_eq!(won, first);
    }
}

#[tokio::test(start_paused = true)]
async fn chance_never_reorders_events() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    fake.turn(|dials| {
        dials.jitter = Duration::from_millis(300);
        dials.seed = 7;
    })
    .await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    phone.press("123456789").await;
    for digit in 1..=9 {
        let event = client.expect("ChannelDtmfReceived").await;
        assert_eq!(event["digit"], digit.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_lost_while_the_socket_is_down_and_calls_stay() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    fake.drop_sockets(seconds(5)).await;
    let url = format!("{}/ari/events?app=pivot&api_key=pivot:secret", fake.url());
    let url = url.replace("http", "ws");
    assert!(tokio_tungstenite::connect_async(&url).await.is_err());
    phone.press("1").await;
    tokio::time::sleep(seconds(5)).await;
    client.socket = socket(&fake.url(), "pivot").await;
    phone.press("2").await;
    assert_eq!(client.expect("ChannelDtmfReceived").await["digit"], "2");
    let lost = fake.log().await.iter().any(|entry| {
        matches!(entry, Entry::Event { event, delivered: false, .. } if event["digit"] == "1")
    });
    assert!(lost);
}

#[tokio::test(start_paused = true)]
async fn a_restart_ends_calls_and_connections_and_keeps_stored_recordings() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let info = [("only", "status")];
    let booted = client.send("GET", "asterisk/info", &info).await.1;
    let record = [("name", "r1"), ("format", "wav")];
    let path = format!("channels/{}/record", phone.channel());
    client.post(&path, &record).await;
    tokio::time::sleep(seconds(3)).await;
    fake.restart(seconds(10)).await;
    let ping = format!("{}/ari/asterisk/ping", fake.url());
    assert!(client.http.get(&ping).send().await.is_err());
    assert!(phone.ended().await.is_some());
    tokio::time::sleep(seconds(11)).await;
    client.socket = socket(&fake.url(), "pivot").await;
    let again = client.send("GET", "asterisk/info", &info).await.1;
    assert_ne!(
        again["status"]["startup_time"],
        booted["status"]["startup_time"]
    );
    let left = fake.leftovers().await;
    assert_eq!((left.channels.len(), left.stored_recordings.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_its_deed_done() {
    let fake = fake().await;
    let client = Client::new(&fake).await;
    fake.fault(Matching::next("POST", "bridges"), Fault::LoseAnswer)
        .await;
    let request = client
        .http
        .post(format!("{}/ari/bridges/b1", client.base))
        .basic_auth("pivot", Some("secret"))
        .timeout(seconds(5))
        .send();
    assert!(request.await.unwrap_err().is_timeout());
    assert_eq!(client.send("GET", "bridges/b1", &[]).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn what_has_just_ended_lingers_when_the_dials_say_so() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    fake.turn(|dials| dials.lag = Duration::from_millis(100))
        .await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let id = phone.channel();
    let record = [("name", "r1"), ("format", "wav")];
    client.post("bridges/b1", &[]).await;
    client.post(&format!("channels/{id}/record"), &record).await;
    client.expect("ChannelStateChange").await;
    client.expect("RecordingStarted").await;
    let stop = "recordings/live/r1/stop";
    assert_eq!(client.post(stop, &[]).await.0, 500);
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(client.post(stop, &[]).await.0, 204);
    client.expect("RecordingFinished").await;
    let member = [("channel", id)];
    assert_eq!(client.post("bridges/b1/addChannel", &member).await.0, 409);
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(client.post("bridges/b1/addChannel", &member).await.0, 204);
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_refused() {
    let fake = fake().await;
    let client = Client::new(&fake).await;
    let ping = format!("{}/ari/asterisk/ping", fake.url());
    let wrong = client.http.get(&ping).basic_auth("pivot", Some("wrong"));
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    let socket = format!("{}/ari/events?app=pivot&api_key=x:y", fake.url());
    let refused = tokio_tungstenite::connect_async(socket.replace("http", "ws")).await;
    assert!(refused.unwrap_err().to_string().contains("401"));
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_calls_are_quick() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    for _ in 0..300 {
        let phone = fake.call(Caller::default()).await;
        client.expect("StasisStart").await;
        let path = format!("channels/{}/play", phone.channel());
        client.post(&path, &[("media", "sound:silence/3")]).await;
        client.expect("PlaybackStarted").await;
        client.expect("PlaybackFinished").await;
        phone.hangup().await;
        client.expect("ChannelHangupRequest").await;
        client.expect("StasisEnd").await;
    }
    assert!(fake.leftovers().await.is_empty());
}
