//! Every speech engine speaks on a real call and is understood.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::path::Path;

use pivot_lab::Asterisk;
use pivot_lab::paths;
use pivot_lab::pivot::{Config, MediaBy, Pivot};
use pivot_lab::webapp::{Answer, WebApp};

const SENTENCE: &str = "Please enter your account number, followed by the pound key.";
/// What it might be taken for.
const OTHERS: &[&str] = &[
    "Please enter the number of your order and wait.",
    "All our colleagues are busy, please hold the line.",
];

/// Says the sentence with these settings of `[speech]`, and it is understood.
async fn is_understood_by(app: &WebApp, speech: &str, media: MediaBy) {
    let asterisk = Asterisk::start("22").await.unwrap();
    app.on(
        "/voice",
        [Answer::xml(format!(
            "<Response><Say>{SENTENCE}</Say></Response>"
        ))],
    );
    let config = Config::voice_url(&app.url("/voice"))
        .more(&format!("[speech]\n{speech}\n"))
        .media(media);
    let pivot = Pivot::start(&asterisk, &config).await.unwrap();
    let mut call = asterisk.phone("15550001").call("2030").await.unwrap();
    call.wait_answered().await.unwrap();
    call.wait_ended().await.unwrap();
    let heard = call.heard();
    let (said, words) = heard.says_rather_than(SENTENCE, OTHERS).await.unwrap();
    assert!(said, "{words:?}");
    assert!(asterisk.settled_leftovers().await.unwrap().is_empty());
    drop(pivot);
}

async fn is_understood(speech: &str, media: MediaBy) {
    let app = WebApp::start().await.unwrap();
    is_understood_by(&app, speech, media).await;
}

#[tokio::test]
async fn espeak_ng_is_understood() {
    is_understood("engine = \"espeak-ng\"", MediaBy::Http).await;
}

#[tokio::test]
async fn flite_is_understood() {
    is_understood("engine = \"flite\"", MediaBy::Folder).await;
}

#[tokio::test]
async fn piper_is_understood() {
    let venv = paths::build().join("venv");
    let voice = find(&venv.join("lib"), "en_US-joe-medium.onnx").unwrap();
    let worker = paths::checkout().join("src/speech/piper_worker.py");
    let speech = format!(
        "engine = \"piper\"\ntimeout_s = 60\n[speech.piper]\ncommand = [{:?}, {worker:?}]\nmodel = {voice:?}",
        venv.join("bin/python")
    );
    is_understood(&speech, MediaBy::Http).await;
}

#[tokio::test]
async fn http_engine_is_asked_as_described_and_understood() {
    let app = WebApp::start().await.unwrap();
    let wav = std::env::temp_dir().join(format!("pivot-lab-{}.wav", std::process::id()));
    let espeak = std::process::Command::new("espeak-ng")
        // As pivot would have it say it; the British default is misheard.
        .args(["-v", "en-us", "-s", "150", "-w"])
        .arg(&wav)
        .arg(SENTENCE)
        .status();
    assert!(espeak.unwrap().success());
    app.on(
        "/tts",
        [Answer::new(200, "audio/wav", std::fs::read(&wav).unwrap())],
    );
    std::fs::remove_file(&wav).unwrap();
    let speech = format!(
        "engine = \"http\"\n[speech.http]\nurl = {:?}\nheaders = {{ Authorization = \"Bearer secret\" }}\n\
         body = {{ input = \"{{text}}\", format = \"wav\" }}",
        app.url("/tts")
    );
    is_understood_by(&app, &speech, MediaBy::Http).await;
    let seen = app.requests_to("/tts");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("authorization"), Some("Bearer secret"));
    let body: serde_json::Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({ "input": SENTENCE, "format": "wav" })
    );
}

fn find(dir: &Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(dir).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true => find(&path, name),
            false => path.ends_with(name).then_some(path),
        }
    })
}
