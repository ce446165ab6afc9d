use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::{Method, StatusCode};

use super::*;
use crate::media::pcm;
use crate::media::tests::Scratch;
use crate::{clock, id};

fn recordings(scratch: &Scratch) -> Recordings {
    let config = config::Recordings {
        dir: scratch.0.join("recordings"),
        ..config::Recordings::default()
    };
    Recordings::new(&config, &config::Http::default(), "AC0123").unwrap()
}

fn job(trim: bool) -> Job {
    let origin = Origin {
        sid: id::secret_sid("RE"),
        call_sid: "CA1".into(),
        conference_sid: None,
        source: Source::RecordVerb,
        track: RecordingTrack::Both,
        began: clock::now(),
    };
    Job { origin, trim }
}

fn file(ms: &[(usize, i16)]) -> Bytes {
    let part = |&(ms, level): &(usize, i16)| {
        (0..ms * 8).map(move |i| if i % 8 < 4 { level } else { -level })
    };
    let samples: Vec<i16> = ms.iter().flat_map(part).collect();
    pcm::wav(8000, 1, &samples).into()
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_kept_with_its_facts_and_its_url() {
    let scratch = Scratch::new();
    let recordings = recordings(&scratch);
    let job = job(false);
    let sid = job.origin.sid.clone();
    let taken = recordings
        .take_bytes(job, vec![file(&[(1000, 0), (1500, 5000)])])
        .await
        .unwrap();
    assert_eq!(taken.sid, sid);
    assert_eq!(
        taken.url,
        format!("http://127.0.0.1:7800/2010-04-01/Accounts/AC0123/Recordings/{sid}")
    );
    assert_eq!(taken.duration, Duration::from_millis(2500));
    assert_eq!((taken.channels, taken.silent), (1, false));
    let facts = recordings.get(&sid).await.unwrap();
    assert_eq!(facts.origin.call_sid, "CA1");
    assert_eq!(facts.duration_ms, 2500);
    assert_eq!(recordings.list().await.unwrap(), [facts]);
    let wav = recordings.open(&sid, AudioFormat::Wav).await.unwrap();
    assert_eq!(hound::WavReader::open(wav.path).unwrap().duration(), 20_000);
    recordings.delete(&sid).await.unwrap();
    assert!(recordings.list().await.unwrap().is_empty());
    assert!(matches!(
        recordings.delete(&sid).await,
        Err(RecordingsError::Unknown(_))
    ));
    assert_eq!(
        std::fs::read_dir(scratch.0.join("recordings"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn trimming_and_silence_are_measured_on_the_sound() {
    let scratch = Scratch::new();
    let recordings = recordings(&scratch);
    let speech = file(&[(2000, 0), (1000, 5000), (3000, 10)]);
    let taken = recordings
        .take_bytes(job(true), vec![speech])
        .await
        .unwrap();
    assert_eq!(taken.duration, Duration::from_millis(1200));
    assert_eq!(taken.recorded, Duration::from_millis(6000));
    assert_eq!(taken.error_code, 0);
    let hush = recordings
        .take_bytes(job(true), vec![file(&[(2000, 10)])])
        .await
        .unwrap();
    assert!(hush.silent);
    assert_eq!(hush.duration, Duration::from_secs(2));
    assert_eq!(hush.error_code, 16_102);
    let kept = recordings
        .take_bytes(job(false), vec![file(&[(2000, 10)])])
        .await
        .unwrap();
    assert_eq!((kept.silent, kept.error_code), (true, 0));
    let nothing = recordings
        .take_bytes(job(true), vec![file(&[])])
        .await
        .unwrap();
    assert_eq!(nothing.error_code, 16_101);
}

#[tokio::test(start_paused = true)]
async fn both_sides_of_a_call_become_one_stereo_recording() {
    let scratch = Scratch::new();
    let recordings = recordings(&scratch);
    let sides = vec![file(&[(500, 5000)]), file(&[(700, 100)])];
    let taken = recordings.take_bytes(job(false), sides).await.unwrap();
    assert_eq!(
        (taken.channels, taken.duration),
        (2, Duration::from_millis(700))
    );
    let wav = recordings.open(&taken.sid, AudioFormat::Wav).await.unwrap();
    let mut reader = hound::WavReader::open(wav.path).unwrap();
    let first: Vec<i16> = reader.samples().take(2).map(Result::unwrap).collect();
    assert_eq!(first, [5000, 100]);
}

#[tokio::test(start_paused = true)]
async fn an_mp3_is_made_once_and_kept() {
    let scratch = Scratch::new();
    let recordings = recordings(&scratch);
    let taken = recordings
        .take_bytes(job(false), vec![file(&[(1000, 5000)])])
        .await
        .unwrap();
    let open = || recordings.open(&taken.sid, AudioFormat::Mp3);
    let (one, two) = tokio::join!(open(), open());
    let opened = one.unwrap();
    assert_eq!(opened, two.unwrap());
    assert_eq!(opened.content_type, "audio/mpeg");
    let before = std::fs::metadata(&opened.path).unwrap().modified().unwrap();
    open().await.unwrap();
    assert_eq!(
        std::fs::metadata(&opened.path).unwrap().modified().unwrap(),
        before
    );
}

#[tokio::test(start_paused = true)]
async fn only_recordings_are_opened() {
    let scratch = Scratch::new();
    let recordings = recordings(&scratch);
    std::fs::write(scratch.0.join("secret.wav"), "x").unwrap();
    for sid in [
        "../secret",
        "secret",
        "",
        "RE",
        "RE0123456789abcdef0123456789abcdef",
    ] {
        let opened = recordings.open(sid, AudioFormat::Wav).await;
        assert!(matches!(opened, Err(RecordingsError::Unknown(_))), "{sid}");
    }
    let mut bad = job(false);
    bad.origin.sid = "../../x".into();
    assert!(
        recordings
            .take_bytes(bad, vec![file(&[(10, 1)])])
            .await
            .is_err()
    );
    let error = recordings
        .take_bytes(job(false), vec!["<html>".into()])
        .await
        .unwrap_err();
    assert!(matches!(error, RecordingsError::Format(_)), "{error}");
}

type Requests = Arc<Mutex<Vec<(Method, String, String, usize)>>>;

/// A store that answers as its path says.
async fn store() -> (String, Requests) {
    async fn put(State(seen): State<Requests>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let kind = parts.headers["content-type"].to_str().unwrap().to_owned();
        let path = parts.uri.path().to_owned();
        let tries = {
            let mut seen = seen.lock().unwrap();
            seen.push((parts.method, path.clone(), kind, body.len()));
            seen.len()
        };
        let response = Response::builder();
        let response = if let Some(rest) = path.strip_prefix("/moved") {
            response
                .status(StatusCode::FOUND)
                .header("location", format!("/new{rest}"))
        } else if path.starts_with("/flaky") && tries < 3 {
            response.status(StatusCode::SERVICE_UNAVAILABLE)
        } else if path.starts_with("/never") {
            response.status(StatusCode::FORBIDDEN)
        } else {
            response.status(StatusCode::CREATED)
        };
        response.body(Body::empty()).unwrap()
    }
    let seen = Requests::default();
    let app = Router::new().fallback(put).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, seen)
}

#[tokio::test(start_paused = true)]
async fn uploads_repeat_verb_and_body_after_redirects_and_failures() {
    let scratch = Scratch::new();
    let recordings = recordings(&scratch);
    let (base, seen) = store().await;
    let web = Web::new(&config::Web::default()).unwrap();
    let taken = recordings
        .take_bytes(job(false), vec![file(&[(1000, 5000)])])
        .await
        .unwrap();
    let facts = UploadFacts {
        call_id: "c1".into(),
        from: String::new(),
        to: String::new(),
        caller_name: String::new(),
        account_id: String::new(),
        media_name: None,
        began: clock::now(),
    };
    let send = async |path: &str, method: &str| {
        let upload = Upload {
            url: format!("{base}{path}"),
            method: method.into(),
            query: false,
        };
        let sent = recordings
            .upload(&web, &taken.sid, AudioFormat::Wav, &upload, &facts)
            .await;
        (sent, std::mem::take(&mut *seen.lock().unwrap()))
    };
    let wav = |method, path: &str| (method, path.to_owned(), "audio/x-wav".to_owned(), 16_044);

    let (sent, requests) = send("/moved", "PUT").await;
    assert_eq!(sent.unwrap(), format!("{base}/moved/call_recording_c1.wav"));
    assert_eq!(
        requests,
        [
            wav(Method::PUT, "/moved/call_recording_c1.wav"),
            wav(Method::PUT, "/new/call_recording_c1.wav"),
        ]
    );
    let (sent, requests) = send("/flaky", "POST").await;
    assert!(sent.is_ok());
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[2],
        wav(Method::POST, "/flaky/call_recording_c1.wav")
    );
    let (sent, requests) = send("/never", "PATCH").await;
    let error = sent.unwrap_err().to_string();
    assert!(
        error.contains("403") && error.contains("tried 5 times"),
        "{error}"
    );
    assert_eq!(requests.len(), 5);
    let (sent, requests) = send("/x", "DELETE").await;
    assert!(sent.is_err());
    assert!(requests.is_empty());
}
