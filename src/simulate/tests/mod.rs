//! The fake at the wire, in virtual time.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::*;

mod faults;
mod heard;
mod media;

/// A bare ARI client.
struct Client {
    base: String,
    http: reqwest::Client,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

async fn socket(base: &str, app: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let url = format!(
        "{}/ari/events?app={app}&api_key=pivot:secret",
        base.replace("http", "ws")
    );
    tokio_tungstenite::connect_async(url).await.unwrap().0
}

impl Client {
    async fn new(fake: &FakeAsterisk) -> Self {
        Self {
            base: fake.url(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            socket: socket(&fake.url(), "pivot").await,
        }
    }

    async fn send(&self, method: &str, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        send(&self.http, &self.base, method, path, query).await
    }

    async fn post(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        self.send("POST", path, query).await
    }

    async fn event(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(600), self.socket.next())
                .await
                .expect("no event within ten minutes")
                .unwrap()
                .unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The next event, which must be of this kind.
    async fn expect(&mut self, kind: &str) -> Value {
        let event = self.event().await;
        assert_eq!(event["type"], kind, "{event}");
        event
    }
}

async fn send(
    http: &reqwest::Client,
    base: &str,
    method: &str,
    path: &str,
    query: &[(&str, &str)],
) -> (u16, Value) {
    let response = http
        .request(method.parse().unwrap(), format!("{base}/ari/{path}"))
        .basic_auth("pivot", Some("secret"))
        .query(query)
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn fake() -> FakeAsterisk {
    FakeAsterisk::start(Options::default()).await.unwrap()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test(start_paused = true)]
async fn a_call_is_answered_hears_a_prompt_and_is_hung_up() {
    let fake = fake().await;
    fake.sound("hello-world", seconds(3)).await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    let start = client.expect("StasisStart").await;
    let id = start["channel"]["id"].as_str().unwrap().to_owned();
    assert_eq!(id, phone.channel());
    assert_eq!(start["channel"]["state"], "Ring");

    let (status, _) = client.post(&format!("channels/{id}/answer"), &[]).await;
    assert_eq!(status, 204);
    client.expect("ChannelStateChange").await;
    let before = Instant::now();
    let (status, body) = client
        .post(
            &format!("channels/{id}/play/p1"),
            &[("media", "sound:hello-world")],
        )
        .await;
    assert_eq!((status, &body["state"]), (201, &json!("queued")));
    client.expect("PlaybackStarted").await;
    let finished = client.expect("PlaybackFinished").await;
    assert_eq!(finished["playback"]["state"], "done");
    assert_eq!(before.elapsed().as_secs(), 3);

    let (status, _) = client.send("DELETE", &format!("channels/{id}"), &[]).await;
    assert_eq!(status, 204);
    client.expect("ChannelHangupRequest").await;
    client.expect("StasisEnd").await;
    let ended = phone.wait_ended().await.unwrap();
    assert_eq!((ended.cause, ended.sip, ended.by_phone), (16, None, false));
    let heard = phone.heard().await;
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].what, Sound::Media("sound:hello-world".into()));
    assert!(heard[0].complete);
    assert!(fake.leftovers().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn keys_are_reported_when_they_are_released() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    phone.press("1#").await;
    assert_eq!(client.expect("ChannelDtmfReceived").await["digit"], "1");
    assert_eq!(client.expect("ChannelDtmfReceived").await["digit"], "#");
}

#[tokio::test(start_paused = true)]
async fn an_answer_behind_a_prompt_waits_for_its_end() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let id = phone.channel();
    let play = format!("channels/{id}/play");
    client.post(&play, &[("media", "sound:silence/4")]).await;
    let before = Instant::now();
    let (status, _) = client.post(&format!("channels/{id}/answer"), &[]).await;
    assert_eq!(status, 204);
    assert_eq!(before.elapsed().as_secs(), 4);
    assert_eq!(phone.responses().await, [183, 200]);
}

#[tokio::test(start_paused = true)]
async fn an_inbound_channel_is_destroyed_unheard_unless_subscribed() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let source = format!("channel:{}", phone.channel());
    let path = "applications/pivot/subscription";
    let (status, _) = client.post(path, &[("eventSource", &source)]).await;
    assert_eq!(status, 200);
    phone.hangup().await;
    let request = client.expect("ChannelHangupRequest").await;
    assert_eq!(
        (&request["cause"], &request["tech_cause"]),
        (&json!(127), &json!(487))
    );
    client.expect("StasisEnd").await;
    client.expect("ChannelHangupRequest").await;
    let destroyed = client.expect("ChannelDestroyed").await;
    assert_eq!(destroyed["tech_cause"], 487);
    assert_eq!(phone.ended().await.unwrap().sip, Some(487));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_application_gets_503() {
    let fake = fake().await;
    let phone = fake.call(Caller::default()).await;
    assert_eq!(phone.wait_ended().await.unwrap().sip, Some(503));
}

#[tokio::test(start_paused = true)]
async fn a_leg_is_created_enters_stasis_and_answers() {
    let fake = fake().await;
    fake.callee("PJSIP/bob*", Behaviour::answers(seconds(5)))
        .await;
    let mut client = Client::new(&fake).await;
    let create = [
        ("endpoint", "PJSIP/bob"),
        ("app", "pivot"),
        ("channelId", "leg1"),
        ("appArgs", "leg,x"),
    ];
    let (status, _) = client.post("channels/create", &create).await;
    assert_eq!(status, 200);
    let (status, _) = client.post("channels/leg1/dial", &[]).await;
    assert_eq!(status, 409, "not in Stasis yet");
    let start = client.expect("StasisStart").await;
    assert_eq!(start["args"], json!(["leg", "x"]));
    let (status, _) = client
        .post("channels/leg1/dial", &[("timeout", "30")])
        .await;
    assert_eq!(status, 204);
    assert_eq!(client.expect("Dial").await["dialstatus"], "");
    client.expect("ChannelStateChange").await;
    assert_eq!(client.expect("Dial").await["dialstatus"], "RINGING");
    client.expect("ChannelStateChange").await;
    assert_eq!(client.expect("Dial").await["dialstatus"], "ANSWER");
    let bob = fake.called("PJSIP/bob").await;
    bob[0].hangup().await;
    client.expect("ChannelHangupRequest").await;
    client.expect("StasisEnd").await;
    client.expect("ChannelDestroyed").await;
    assert!(fake.leftovers().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_recording_ends_in_silence_and_holds_what_the_caller_said() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let id = phone.channel();
    client.post(&format!("channels/{id}/answer"), &[]).await;
    client.expect("ChannelStateChange").await;
    phone.talk_at(seconds(1), seconds(2));
    let record = [
        ("name", "a/r1"),
        ("format", "wav"),
        ("maxSilenceSeconds", "2"),
    ];
    let (status, _) = client.post(&format!("channels/{id}/record"), &record).await;
    assert_eq!(status, 201);
    client.expect("RecordingStarted").await;
    let finished = client.expect("RecordingFinished").await;
    assert_eq!(finished["recording"]["duration"], 5);
    assert_eq!(finished["recording"]["talking_duration"], 2);
    let file = client
        .http
        .get(format!("{}/ari/recordings/stored/a%2Fr1/file", client.base))
        .basic_auth("pivot", Some("secret"))
        .send()
        .await
        .unwrap();
    assert_eq!(file.headers()["content-type"], "audio/wav");
    let file = file.bytes().await.unwrap();
    let mut reader = hound::WavReader::new(std::io::Cursor::new(file)).unwrap();
    assert_eq!(reader.duration(), 5 * 8000);
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let loud = |from: usize, to: usize| samples[from..to].iter().any(|s| *s != 0);
    assert!(!loud(0, 8000) && loud(8000, 24000) && !loud(24000, 40000));
}

#[tokio::test(start_paused = true)]
async fn a_second_socket_takes_the_application_over() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let _second = socket(&fake.url(), "pivot").await;
    client.expect("ApplicationReplaced").await;
}

#[tokio::test(start_paused = true)]
async fn requests_over_the_socket_are_answered_one_after_the_other() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let id = phone.channel().to_owned();
    client
        .post(
            &format!("channels/{id}/play"),
            &[("media", "sound:silence/3")],
        )
        .await;
    client.expect("PlaybackStarted").await;
    for (request, method, uri) in [
        ("r1", "POST", format!("channels/{id}/answer")),
        ("r2", "GET", "asterisk/ping".to_owned()),
    ] {
        let frame = json!({
            "type": "RESTRequest", "request_id": request, "method": method, "uri": uri,
        });
        let frame = Message::text(frame.to_string());
        client.socket.send(frame).await.unwrap();
    }
    client.expect("PlaybackFinished").await;
    client.expect("ChannelStateChange").await;
    let answered = client.expect("RESTResponse").await;
    assert_eq!(
        (&answered["request_id"], &answered["status_code"]),
        (&json!("r1"), &json!(204))
    );
    assert_eq!(client.expect("RESTResponse").await["status_code"], 200);
}

#[tokio::test(start_paused = true)]
async fn faults_break_off_refuse_and_lose_answers() {
    let fake = fake().await;
    let client = Client::new(&fake).await;
    let ping = Matching::next("GET", "asterisk/ping");
    fake.fault(ping.clone(), Fault::Refuse(500)).await;
    fake.fault(ping.clone().after(1), Fault::Reset).await;
    assert_eq!(client.send("GET", "asterisk/ping", &[]).await.0, 500);
    let broken = client
        .http
        .get(format!("{}/ari/asterisk/ping", client.base))
        .basic_auth("pivot", Some("secret"))
        .send()
        .await;
    assert!(broken.is_err());
    assert_eq!(client.send("GET", "asterisk/ping", &[]).await.0, 200);
}
