//! Where sounds come from and how long they last.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// How long a playback lasts, and its final state.
async fn plays(fake: &FakeAsterisk, media: &str) -> (Duration, String) {
    let mut client = Client::new(fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let path = format!("channels/{}/play", phone.channel());
    let before = Instant::now();
    let (status, _) = client.post(&path, &[("media", media)]).await;
    assert_eq!(status, 201);
    client.expect("PlaybackStarted").await;
    let finished = client.expect("PlaybackFinished").await;
    let state = finished["playback"]["state"].as_str().unwrap().to_owned();
    (before.elapsed(), state)
}

/// A web server that gives each request the same answer after `delay`.
async fn web_server(answer: Vec<u8>, delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            tokio::time::sleep(delay).await;
            let _ = stream.write_all(&answer).await;
        }
    });
    format!("http://{address}")
}

fn answer(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test(start_paused = true)]
async fn a_file_named_by_its_path_lasts_as_long_as_it_is() {
    let dir = std::env::temp_dir().join(format!("pivot-simulate-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("prompt.wav");
    std::fs::write(&file, audio::wav(Duration::from_millis(2500), &[])).unwrap();
    let base = file.with_extension("");
    let fake = fake().await;
    let (length, state) = plays(&fake, &format!("sound:{}", base.display())).await;
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!((length.as_millis(), state.as_str()), (2500, "done"));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_not_there_fails() {
    let (length, state) = plays(&fake().await, "sound:/nowhere/prompt").await;
    assert_eq!((length.as_millis(), state.as_str()), (0, "failed"));
}

#[tokio::test(start_paused = true)]
async fn a_sound_by_url_is_fetched_first_and_lasts_as_long_as_its_audio() {
    let wav = audio::wav(seconds(4), &[]);
    let url = web_server(answer("200 OK", "audio/wav", &wav), seconds(3)).await;
    let (length, state) = plays(&fake().await, &format!("sound:{url}/a")).await;
    assert_eq!((length.as_secs(), state.as_str()), (7, "done"));
}

#[tokio::test(start_paused = true)]
async fn a_url_without_audio_fails() {
    let url = web_server(answer("404 Not Found", "text/html", b"no"), Duration::ZERO).await;
    let (_, state) = plays(&fake().await, &format!("sound:{url}/a.wav")).await;
    assert_eq!(state, "failed");
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_during_a_download_is_noticed_when_it_ends() {
    let wav = audio::wav(seconds(4), &[]);
    let url = web_server(answer("200 OK", "audio/wav", &wav), seconds(8)).await;
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let path = format!("channels/{}/play", phone.channel());
    client
        .post(&path, &[("media", &format!("sound:{url}/a"))])
        .await;
    let before = Instant::now();
    client.expect("PlaybackStarted").await;
    phone.hangup().await;
    client.expect("ChannelHangupRequest").await;
    assert_eq!(before.elapsed().as_secs(), 0);
    let finished = client.expect("PlaybackFinished").await;
    assert_eq!(finished["playback"]["state"], "failed");
    client.expect("StasisEnd").await;
    assert_eq!(before.elapsed().as_secs(), 8);
}

#[tokio::test(start_paused = true)]
async fn without_frames_no_limit_ends_a_recording() {
    let fake = fake().await;
    let mut client = Client::new(&fake).await;
    let caller = Caller {
        sends_audio: false,
        ..Caller::default()
    };
    let phone = fake.call(caller).await;
    client.expect("StasisStart").await;
    let id = phone.channel();
    let record = [
        ("name", "r1"),
        ("format", "wav"),
        ("maxDurationSeconds", "1"),
        ("maxSilenceSeconds", "1"),
    ];
    client.post(&format!("channels/{id}/record"), &record).await;
    client.expect("ChannelStateChange").await;
    client.expect("RecordingStarted").await;
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(client.send("GET", "recordings/live/r1", &[]).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_snoop_records_what_its_channel_hears() {
    let fake = fake().await;
    fake.sound("news", seconds(2)).await;
    let mut client = Client::new(&fake).await;
    let phone = fake.call(Caller::default()).await;
    client.expect("StasisStart").await;
    let id = phone.channel();
    let snoop = [("spy", "out"), ("app", "pivot")];
    client
        .post(&format!("channels/{id}/snoop/s1"), &snoop)
        .await;
    client.expect("StasisStart").await;
    let record = [("name", "r1"), ("format", "wav")];
    client.post("channels/s1/record", &record).await;
    client.expect("RecordingStarted").await;
    tokio::time::sleep(seconds(1)).await;
    let play = [("media", "sound:news")];
    client.post(&format!("channels/{id}/play"), &play).await;
    tokio::time::sleep(seconds(3)).await;
    client.post("recordings/live/r1/stop", &[]).await;
    tokio::time::sleep(seconds(1)).await;
    let url = format!("{}/ari/recordings/stored/r1/file", client.base);
    let file = client.http.get(url).basic_auth("pivot", Some("secret"));
    let file = file.send().await.unwrap().bytes().await.unwrap();
    let mut reader = hound::WavReader::new(std::io::Cursor::new(file)).unwrap();
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let loud = |from: usize, to: usize| samples[from..to].iter().any(|s| *s != 0);
    assert_eq!(samples.len(), 4 * 8000);
    assert!(!loud(0, 7900) && loud(8100, 23900) && !loud(24100, 32000));
}
