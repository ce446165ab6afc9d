use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::media::tests::{Scratch, heard};

fn text(text: &str) -> Utterance {
    Utterance {
        text: text.into(),
        ..Utterance::default()
    }
}

/// A program that does what the script says.
fn program(scratch: &Scratch, name: &str, script: &str) -> PathBuf {
    let path = scratch.0.join(name);
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn log(path: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(path).unwrap_or_default();
    log.lines().map(str::to_owned).collect()
}

fn peak(samples: &[i16]) -> u16 {
    samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn espeak_speaks_in_virtual_time_and_its_words_are_kept() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let speech = Speech::new(&config::Speech::default(), media.clone());
    let began = tokio::time::Instant::now();
    let clip = speech
        .say(&text("Welcome to the demonstration."))
        .await
        .unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(clip.duration > Duration::from_millis(800), "{clip:?}");
    assert!(clip.duration < Duration::from_secs(5), "{clip:?}");
    assert!(peak(&heard(&media, &clip)) > 5000);
    // Kept: the same is said by an engine that is not even there.
    let config = config::Speech {
        espeak_ng: config::EspeakNg {
            command: "/nonexistent".into(),
            ..config::EspeakNg::default()
        },
        ..config::Speech::default()
    };
    let again = Speech::new(&config, media);
    assert_eq!(
        again
            .say(&text("Welcome to the demonstration."))
            .await
            .unwrap(),
        clip
    );
}

#[tokio::test(start_paused = true)]
async fn flite_speaks_with_both_its_voices() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let config = config::Speech {
        engine: SpeechEngine::Flite,
        ..config::Speech::default()
    };
    let speech = Speech::new(&config, media.clone());
    let she = speech.say(&text("Please hold the line.")).await.unwrap();
    let man = Utterance {
        voice: Some("man".into()),
        ..text("Please hold the line.")
    };
    let he = speech.say(&man).await.unwrap();
    assert_ne!(she.uri, he.uri);
    for clip in [she, he] {
        assert!(clip.duration > Duration::from_millis(600), "{clip:?}");
        assert!(peak(&heard(&media, &clip)) > 3000);
    }
}

#[tokio::test(start_paused = true)]
async fn text_is_never_an_option_or_an_instruction() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let speech = Speech::new(&config::Speech::default(), media.clone());
    let target = scratch.0.join("stolen.wav");
    for engine in ["espeak-ng", "flite"] {
        for hostile in [
            format!("-w {}", target.display()),
            format!("-o {}", target.display()),
            "--help".to_owned(),
            "[[h@'loU]] <audio src=\"/etc/passwd\"/>".to_owned(),
        ] {
            let utterance = Utterance {
                engine: Some(engine.into()),
                voice: Some("../../etc/passwd".into()),
                language: Some("--help".into()),
                ..text(&hostile)
            };
            let clip = speech.say(&utterance).await.unwrap();
            assert!(peak(&heard(&media, &clip)) > 1000, "{engine} {hostile}");
            assert!(!target.exists());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ssml_breaks_are_heard_with_and_without_an_engines_help() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let speech = Speech::new(&config::Speech::default(), media.clone());
    for engine in ["espeak-ng", "flite"] {
        let say = |text: &str| {
            let utterance = Utterance {
                text: text.into(),
                ssml: true,
                engine: Some(engine.into()),
                ..Utterance::default()
            };
            let speech = speech.clone();
            async move { speech.say(&utterance).await.unwrap().duration }
        };
        let short = say("one <break time='100ms'/> two").await;
        let long = say("one <break time='3s'/> two").await;
        let more = long - short;
        assert!(
            (2500..3500).contains(&more.as_millis()),
            "{engine}: {more:?}"
        );
    }
    let broken = Utterance {
        ssml: true,
        ..text("<p>never closed")
    };
    let error = speech.say(&broken).await.unwrap_err();
    assert!(matches!(error, SpeechError::Ssml(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn nothing_to_say_is_said_so() {
    let scratch = Scratch::new();
    let speech = Speech::new(&config::Speech::default(), scratch.media());
    assert_eq!(
        speech.say(&text(" \n\u{7} ")).await,
        Err(SpeechError::Nothing)
    );
}

#[tokio::test(start_paused = true)]
async fn identical_requests_at_once_are_made_once() {
    let scratch = Scratch::new();
    let calls = scratch.0.join("calls");
    let script = format!(
        "#!/bin/sh\necho $$ >>{}\nexec espeak-ng \"$@\"\n",
        calls.display()
    );
    let command = program(&scratch, "espeak", &script);
    let config = config::Speech {
        espeak_ng: config::EspeakNg {
            command,
            ..config::EspeakNg::default()
        },
        ..config::Speech::default()
    };
    let speech = Speech::new(&config, scratch.media());
    let hello = text("hello");
    let (one, two) = tokio::join!(speech.say(&hello), speech.say(&hello));
    assert_eq!(one.unwrap(), two.unwrap());
    // One for the list of voices, one for the word.
    assert_eq!(log(&calls).len(), 2);
}

#[tokio::test]
async fn a_program_that_hangs_is_given_up_and_killed() {
    let scratch = Scratch::new();
    let pid = scratch.0.join("pid");
    let script = format!("#!/bin/sh\necho $$ >{}\nexec sleep 600\n", pid.display());
    let config = config::Speech {
        timeout_s: 1,
        espeak_ng: config::EspeakNg {
            command: program(&scratch, "espeak", &script),
            ..config::EspeakNg::default()
        },
        ..config::Speech::default()
    };
    let speech = Speech::new(&config, scratch.media());
    let error = speech.say(&text("hello")).await.unwrap_err();
    assert!(matches!(error, SpeechError::Timeout { .. }), "{error}");
    assert!(is_gone(&log(&pid)[0]).await);
}

#[tokio::test]
async fn a_program_is_killed_when_the_caller_has_left() {
    let scratch = Scratch::new();
    let pid = scratch.0.join("pid");
    let script = format!("#!/bin/sh\necho $$ >{}\nexec sleep 600\n", pid.display());
    let config = config::Speech {
        espeak_ng: config::EspeakNg {
            command: program(&scratch, "espeak", &script),
            ..config::EspeakNg::default()
        },
        ..config::Speech::default()
    };
    let speech = Speech::new(&config, scratch.media());
    let hello = text("hello");
    let saying = speech.say(&hello);
    tokio::select! {
        _ = saying => panic!("it cannot have spoken"),
        () = until(|| !log(&pid).is_empty()) => {}
    }
    assert!(is_gone(&log(&pid)[0]).await);
}

async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn is_gone(pid: &str) -> bool {
    let status = format!("/proc/{pid}/stat");
    let running = || std::fs::read_to_string(&status).is_ok_and(|s| !s.contains(") Z "));
    timeout(Duration::from_secs(10), until(|| !running()))
        .await
        .is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_missing_program_and_a_failing_one_say_what_to_do() {
    let scratch = Scratch::new();
    let say = async |command: PathBuf| {
        let config = config::Speech {
            espeak_ng: config::EspeakNg {
                command,
                ..config::EspeakNg::default()
            },
            ..config::Speech::default()
        };
        let speech = Speech::new(&config, scratch.media());
        speech.say(&text("hello")).await.unwrap_err().to_string()
    };
    let error = say("/nonexistent/espeak".into()).await;
    assert!(error.contains("/nonexistent/espeak"), "{error}");
    assert!(error.contains("speech.espeak-ng.command"), "{error}");
    let script = "#!/bin/sh\necho 'no voices installed' >&2\nexit 3\n";
    let error = say(program(&scratch, "espeak", script)).await;
    assert!(error.contains("no voices installed"), "{error}");
}

/// A stand-in for the Python package, so that the shipped worker runs.
const FAKE_PIPER: &str = r#"
import os, struct

class PiperVoice:
    @staticmethod
    def load(model):
        with open(os.environ["LOADS"], "a") as log:
            log.write(f"{os.getpid()} {model}\n")
        print("loading is noisy")
        return PiperVoice()

    def synthesize_wav(self, text, file):
        if text == "die":
            os._exit(1)
        if text == "fail":
            raise ValueError("no such phoneme")
        file.setnchannels(1); file.setsampwidth(2); file.setframerate(22050)
        file.writeframes(struct.pack("<h", 9000) * (len(text) * 2205))
"#;

fn piper(scratch: &Scratch, workers: usize) -> Speech {
    let package = scratch.0.join("lib/piper");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(package.join("__init__.py"), FAKE_PIPER).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/speech/piper_worker.py");
    let loads = scratch.0.join("loads");
    let command = [
        "env".to_owned(),
        format!("PYTHONPATH={}", scratch.0.join("lib").display()),
        format!("LOADS={}", loads.display()),
        "python3".to_owned(),
        script.to_owned(),
    ];
    let config = config::Speech {
        engine: SpeechEngine::Piper,
        timeout_s: 30,
        piper: config::Piper {
            command: command.to_vec(),
            model: Some("/voices/en.onnx".into()),
            workers,
        },
        ..config::Speech::default()
    };
    Speech::new(&config, scratch.media())
}

#[tokio::test(start_paused = true)]
async fn a_piper_worker_stays_and_is_replaced_when_it_dies() {
    let scratch = Scratch::new();
    let speech = piper(&scratch, 1);
    let loads = || log(&scratch.0.join("loads"));
    let clip = speech.say(&text("tenletters")).await.unwrap();
    assert_eq!(clip.duration, Duration::from_secs(1));
    speech.say(&text("other")).await.unwrap();
    assert_eq!(loads().len(), 1);
    assert!(loads()[0].ends_with(" /voices/en.onnx"));
    let error = speech.say(&text("fail")).await.unwrap_err().to_string();
    assert!(error.contains("no such phoneme"), "{error}");
    assert_eq!(loads().len(), 1);
    // An utterance that kills the worker is tried with one new worker only.
    let error = speech.say(&text("die")).await.unwrap_err().to_string();
    assert!(error.contains("the worker ended"), "{error}");
    assert_eq!(loads().len(), 2);
    speech.say(&text("again")).await.unwrap();
    assert_eq!(loads().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn two_piper_workers_share_the_work() {
    let scratch = Scratch::new();
    let speech = piper(&scratch, 2);
    let (one, two, three) = (text("one"), text("two"), text("three"));
    let (one, two, three) = tokio::join!(speech.say(&one), speech.say(&two), speech.say(&three));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(log(&scratch.0.join("loads")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn piper_without_a_model_or_its_package_says_so() {
    let scratch = Scratch::new();
    let say = async |model: Option<PathBuf>| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/speech/piper_worker.py");
        let config = config::Speech {
            engine: SpeechEngine::Piper,
            piper: config::Piper {
                command: ["python3", "-I", script].map(str::to_owned).to_vec(),
                model,
                workers: 1,
            },
            ..config::Speech::default()
        };
        let speech = Speech::new(&config, scratch.media());
        speech.say(&text("hello")).await.unwrap_err().to_string()
    };
    let error = say(None).await;
    assert!(error.contains("speech.piper.model"), "{error}");
    let error = say(Some("/voices/en.onnx".into())).await;
    assert!(error.contains("piper-tts"), "{error}");
}

mod service {
    use axum::Router;
    use axum::extract::State;
    use axum::http::HeaderMap;
    use axum::response::IntoResponse;
    use axum::routing::post;
    use base64::Engine as _;
    use serde_json::{Value, json};
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::*;

    type Seen = (HeaderMap, Value);

    async fn service(
        answer: fn(Vec<u8>) -> axum::response::Response,
    ) -> (String, UnboundedReceiver<Seen>) {
        type Shared = (
            UnboundedSender<Seen>,
            fn(Vec<u8>) -> axum::response::Response,
        );
        async fn speak(
            State((seen, answer)): State<Shared>,
            headers: HeaderMap,
            axum::Json(body): axum::Json<Value>,
        ) -> axum::response::Response {
            seen.send((headers, body)).unwrap();
            let tone = pcm::wav(24_000, 1, &[8000; 24_000]);
            answer(tone)
        }
        let (sender, seen) = unbounded_channel();
        let app = Router::new()
            .route("/speak", post(speak))
            .with_state((sender, answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/speak", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (url, seen)
    }

    fn config(url: &str, pointer: Option<&str>) -> config::Speech {
        config::Speech {
            engine: SpeechEngine::Http,
            http: config::SpeechHttp {
                url: Some(url.parse().unwrap()),
                headers: [("X-Key".to_owned(), "hush".into())].into(),
                body: Some(json!({"input": "{text}", "v": "{voice}"})),
                audio_pointer: pointer.map(str::to_owned),
            },
            ..config::Speech::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_is_asked_as_described_and_its_body_is_the_sound() {
        let scratch = Scratch::new();
        let (url, mut seen) = service(|wav| wav.into_response()).await;
        let speech = Speech::new(&config(&url, None), scratch.media());
        let utterance = Utterance {
            voice: Some("nova".into()),
            ..text("say \"hi\"")
        };
        let clip = speech.say(&utterance).await.unwrap();
        assert_eq!(clip.duration, Duration::from_secs(1));
        let (headers, body) = seen.recv().await.unwrap();
        assert_eq!(headers["x-key"], "hush");
        assert_eq!(body, json!({"input": "say \"hi\"", "v": "nova"}));
    }

    #[tokio::test(start_paused = true)]
    async fn sound_inside_of_json_is_found() {
        let scratch = Scratch::new();
        let (url, _seen) = service(|wav| {
            let audio = base64::engine::general_purpose::STANDARD.encode(wav);
            axum::Json(json!({"result": [{"audioContent": audio}]})).into_response()
        })
        .await;
        let speech = Speech::new(
            &config(&url, Some("/result/0/audioContent")),
            scratch.media(),
        );
        let clip = speech.say(&text("hi")).await.unwrap();
        assert_eq!(clip.duration, Duration::from_secs(1));
        let speech = Speech::new(&config(&url, Some("/audio")), scratch.media());
        let error = speech.say(&text("ho")).await.unwrap_err().to_string();
        assert!(error.contains("`/audio`"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_refuses_is_quoted() {
        let scratch = Scratch::new();
        let (url, _seen) =
            service(|_| (axum::http::StatusCode::UNAUTHORIZED, "bad key").into_response()).await;
        let speech = Speech::new(&config(&url, None), scratch.media());
        let error = speech.say(&text("hi")).await.unwrap_err().to_string();
        assert!(error.contains("401"), "{error}");
        assert!(error.contains("bad key"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}
