use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;

use super::*;

/// A folder of its own for a test, removed at its end.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let dir = std::env::temp_dir().join(crate::id::secret_sid("pivot-test-"));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn media(&self) -> Media {
        let config = config::Media {
            dir: self.0.join("media"),
            ..config::Media::default()
        };
        let web = Web::new(&config::Web::default()).unwrap();
        Media::new(&config, &config::Http::default(), web).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The sound of a clip that is served over HTTP.
pub(crate) fn heard(media: &Media, clip: &Clip) -> Vec<i16> {
    let name = clip.uri.rsplit('/').next().unwrap();
    let file = media.file(name).unwrap();
    let mut reader = hound::WavReader::open(file).unwrap();
    let spec = reader.spec();
    assert_eq!(
        (spec.sample_rate, spec.channels, spec.bits_per_sample),
        (8000, 1, 16)
    );
    reader.samples().map(Result::unwrap).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/audio/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn kind(name: &str) -> Kind {
    Kind {
        content_type: None,
        extension: name.rsplit_once('.').map(|(_, e)| e.to_owned()),
    }
}

/// Whether what is heard is a tone of 440 Hz, by counting zero crossings.
fn is_a440(samples: &[i16]) -> bool {
    let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
    let crossings = middle
        .windows(2)
        .filter(|pair| (pair[0] < 0) != (pair[1] < 0))
        .count();
    let hertz = crossings as f64 / 2.0 / (middle.len() as f64 / 8000.0);
    (hertz - 440.0).abs() < 25.0
}

#[test]
fn every_format_keeps_its_length_and_its_sound() {
    let files = [
        ("stereo44k.wav", 50),
        ("mono16k.flac", 250),
        ("mono22k.ogg", 250),
        ("second.mp3", 1000),
        ("stereo44k.mp3", 500),
        ("tone.gsm", 500),
        ("phone.ulaw", 250),
        ("phone.alaw", 250),
        ("sun.au", 250),
        ("mono8k.aiff", 250),
        ("ulaw.wav", 250),
    ];
    for (name, ms) in files {
        let pcm = decode(fixture(name), &kind(name)).unwrap();
        let length = pcm.duration().as_millis() as i64;
        // An mp3 without a LAME header would keep its encoder's delay.
        assert!((length - ms).abs() <= 1, "{name}: {length} ms");
        assert!(is_a440(&pcm.samples), "{name}");
        let peak = pcm.samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!((13_000..21_000).contains(&peak), "{name}: {peak}");
    }
}

#[test]
fn content_decides_whatever_the_name_says() {
    for name in ["mono16k.flac", "mono22k.ogg", "second.mp3", "stereo44k.wav"] {
        let wrong = Kind {
            content_type: Some("application/octet-stream".into()),
            extension: Some("wav".into()),
        };
        assert!(decode(fixture(name), &wrong).is_ok(), "{name}");
        assert!(decode(fixture(name), &Kind::default()).is_ok(), "{name}");
    }
    let basic = Kind {
        content_type: Some("audio/basic".into()),
        extension: None,
    };
    let wav = decode(fixture("ulaw.wav"), &basic).unwrap();
    assert_eq!(wav.duration(), Duration::from_millis(250));
}

#[test]
fn a_file_that_breaks_off_is_played_as_far_as_it_goes() {
    let mut mp3 = fixture("second.mp3");
    mp3.truncate(mp3.len() / 2);
    let length = decode(mp3, &kind("x.mp3")).unwrap().duration().as_millis();
    assert!((300..700).contains(&length), "{length}");
    let mut ogg = fixture("mono22k.ogg");
    ogg.truncate(ogg.len() - 200);
    // It may be too short for a whole page, but it must not panic.
    let _ = decode(ogg, &kind("x.ogg"));
    let mut wav = fixture("stereo44k.wav");
    wav.truncate(44 + 44_100 * 4 / 50);
    let length = decode(wav, &kind("x.wav")).unwrap().duration().as_millis();
    assert!((15..=20).contains(&length), "{length}");
}

#[test]
fn a_header_that_lies_about_the_length_is_not_believed() {
    let mut wav = fixture("stereo44k.wav");
    wav[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    wav[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    let pcm = decode(wav, &kind("x.wav")).unwrap();
    assert_eq!(pcm.duration(), Duration::from_millis(50));
}

#[test]
fn what_is_no_audio_is_refused_with_the_reason() {
    let html = b"<!DOCTYPE html><title>404 Not Found</title>".to_vec();
    let error = decode(html, &kind("x.mp3")).unwrap_err();
    assert!(error.contains("text, not audio"), "{error}");
    let error = decode(Vec::new(), &kind("x.mp3")).unwrap_err();
    assert!(error.contains("empty"), "{error}");
    let mut seed = 1u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    for name in ["x.mp3", "x.wav", "x.ogg", "x.flac", "x"] {
        let noise: Vec<u8> = (0..20_000).map(|_| random()).collect();
        assert!(decode(noise, &kind(name)).is_err(), "{name}");
    }
    let header_only = fixture("stereo44k.wav")[..44].to_vec();
    assert!(decode(header_only, &kind("x.wav")).is_err());
}

#[test]
fn hours_of_sound_in_a_file_are_refused() {
    let day = vec![0xff; 8000 * 3601];
    let error = decode(day, &kind("x.ulaw")).unwrap_err();
    assert!(error.contains("longer than 60 minutes"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_files_never_panic(
        which in 0usize..5,
        damage in proptest::collection::vec((0usize..4000, proptest::num::u8::ANY), 1..20),
    ) {
        let name = ["mono16k.flac", "mono22k.ogg", "second.mp3", "sun.au", "mono8k.aiff"][which];
        let mut bytes = fixture(name);
        for (at, byte) in damage {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let _ = decode(bytes, &kind(name));
    }
}

#[tokio::test(start_paused = true)]
async fn kept_sound_is_found_again_also_after_a_restart() {
    let scratch = Scratch::new();
    let media = scratch.media();
    assert_eq!(media.find("greeting").await, None);
    let pcm = Pcm {
        samples: vec![1000; 16_000],
        rate: 16_000,
    };
    let clip = media.keep("greeting", pcm).await.unwrap();
    assert_eq!(clip.duration, Duration::from_secs(1));
    assert!(
        clip.uri.starts_with("sound:http://127.0.0.1:7800/media/"),
        "{}",
        clip.uri
    );
    assert!(clip.uri.ends_with(".wav"));
    assert_eq!(media.find("greeting").await.as_ref(), Some(&clip));
    assert_eq!(scratch.media().find("greeting").await, Some(clip.clone()));
    assert_eq!(heard(&media, &clip).len(), 8000);
    // Another installation has other names for the same thing.
    let other = Scratch::new();
    let other = other.media();
    let elsewhere = other.keep("greeting", Pcm::silence(Duration::from_secs(1)));
    assert_ne!(elsewhere.await.unwrap().uri, clip.uri);
}

#[tokio::test(start_paused = true)]
async fn a_shared_folder_is_played_by_path_and_readable_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let config = config::Media {
        dir: scratch.0.join("media"),
        asterisk_dir: Some("/srv/pivot-media".into()),
        ..config::Media::default()
    };
    let web = Web::new(&config::Web::default()).unwrap();
    let media = Media::new(&config, &config::Http::default(), web).unwrap();
    let clip = media.silence(Duration::from_millis(300)).await.unwrap();
    let name = clip.uri.strip_prefix("sound:/srv/pivot-media/").unwrap();
    assert_eq!(name.len(), 32);
    let file = config.dir.join(format!("{name}.wav"));
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    assert_eq!(clip.duration, Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn the_longest_unused_goes_first_and_what_is_in_use_stays() {
    let scratch = Scratch::new();
    let config = config::Media {
        dir: scratch.0.join("media"),
        max_mb: 1,
        ..config::Media::default()
    };
    let web = Web::new(&config::Web::default()).unwrap();
    let media = Media::new(&config, &config::Http::default(), web).unwrap();
    // 25 s of sound are 400 kB: two fit, three do not.
    let sound = || Pcm::silence(Duration::from_secs(25));
    media.keep("old", sound()).await.unwrap();
    tokio::time::advance(Duration::from_secs(1200)).await;
    media.keep("older but used", sound()).await.unwrap();
    media.find("old").await.unwrap();
    tokio::time::advance(Duration::from_secs(600)).await;
    media.keep("three", sound()).await.unwrap();
    // Everything was used within the last minutes.
    assert!(media.find("older but used").await.is_some());
    tokio::time::advance(Duration::from_secs(1200)).await;
    media.find("old").await.unwrap();
    media.keep("four", sound()).await.unwrap();
    assert!(media.find("old").await.is_some());
    assert!(media.find("four").await.is_some());
    assert!(media.find("older but used").await.is_none());
    let files = std::fs::read_dir(&config.dir).unwrap();
    let size: u64 = files.map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert!(size <= 1024 * 1024, "{size}");
}

#[test]
fn only_names_of_clips_are_served() {
    let scratch = Scratch::new();
    let media = scratch.media();
    for name in [
        ".secret",
        "../media/.secret",
        "0123456789abcdef0123456789abcdef",
        "0123456789ABCDEF0123456789ABCDEF.wav",
        "../0123456789abcdef0123456789abcd.wav",
        "0123456789abcdef0123456789abcdef.wav.wav",
        "",
    ] {
        assert_eq!(media.file(name), None, "{name}");
    }
    assert!(media.file("0123456789abcdef0123456789abcdef.wav").is_some());
}

/// A customer's server that counts its answers.
struct Server {
    url: String,
    hits: Arc<AtomicU32>,
}

type Answerer = Arc<dyn Fn(u32, &Request) -> Response + Send + Sync>;

impl Server {
    async fn start(answer: impl Fn(u32, &Request) -> Response + Send + Sync + 'static) -> Self {
        async fn serve(
            State((hits, answer)): State<(Arc<AtomicU32>, Answerer)>,
            request: Request,
        ) -> Response {
            let hit = hits.fetch_add(1, Ordering::SeqCst) + 1;
            answer(hit, &request)
        }
        let hits = Arc::new(AtomicU32::new(0));
        let answer: Answerer = Arc::new(answer);
        let app = Router::new()
            .fallback(serve)
            .with_state((hits.clone(), answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, hits }
    }

    fn hits(&self) -> u32 {
        self.hits.load(Ordering::SeqCst)
    }
}

fn audio(name: &str, headers: &[(&str, &str)]) -> Response {
    let mut response = Response::builder();
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(fixture(name))).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_file_is_not_fetched_again_and_a_stale_one_is_asked_about() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let server = Server::start(|_, request| {
        if request
            .headers()
            .get("if-none-match")
            .is_some_and(|tag| tag == "\"v1\"")
        {
            let response = Response::builder().status(StatusCode::NOT_MODIFIED);
            return response
                .header("etag", "\"v1\"")
                .header("cache-control", "max-age=60")
                .body(Body::empty())
                .unwrap();
        }
        audio(
            "second.mp3",
            &[("etag", "\"v1\""), ("cache-control", "max-age=60")],
        )
    })
    .await;
    let url = format!("{}/welcome.mp3", server.url);
    let first = media.fetch(&url).await.unwrap();
    assert_eq!(first.duration, Duration::from_secs(1));
    assert!(is_a440(&heard(&media, &first)));
    assert_eq!(media.fetch(&url).await.unwrap(), first);
    assert_eq!(server.hits(), 1);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(media.fetch(&url).await.unwrap(), first);
    assert_eq!(server.hits(), 2);
    assert_eq!(media.fetch(&url).await.unwrap(), first);
    assert_eq!(server.hits(), 2);
    // The operator emptied the folder: a 304 is then worth nothing.
    let name = first.uri.rsplit('/').next().unwrap();
    std::fs::remove_file(media.file(name).unwrap()).unwrap();
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(media.fetch(&url).await.unwrap(), first);
    assert_eq!(server.hits(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_gets_another_name() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let server = Server::start(|hit, _| {
        let name = if hit == 1 {
            "second.mp3"
        } else {
            "mono16k.flac"
        };
        audio(name, &[("cache-control", "no-cache")])
    })
    .await;
    let first = media.fetch(&server.url).await.unwrap();
    let second = media.fetch(&server.url).await.unwrap();
    assert_ne!(first.uri, second.uri);
    assert_eq!(second.duration, Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn calls_that_play_the_same_file_at_once_fetch_it_once() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let server = Server::start(|_, _| audio("mono22k.ogg", &[("cache-control", "no-store")])).await;
    let (one, two, three) = tokio::join!(
        media.fetch(&server.url),
        media.fetch(&server.url),
        media.fetch(&server.url),
    );
    assert_eq!(one.unwrap(), two.unwrap());
    assert!(three.is_ok());
    assert_eq!(server.hits(), 1);
    media.fetch(&server.url).await.unwrap();
    assert_eq!(server.hits(), 2);
}

#[tokio::test(start_paused = true)]
async fn errors_name_the_url_without_credentials_and_the_reason() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let server = Server::start(|_, request| match request.uri().path() {
        "/gone.mp3" => Response::builder()
            .status(404)
            .body(Body::from("no"))
            .unwrap(),
        _ => Response::new(Body::from("<html>Please log in</html>")),
    })
    .await;
    let secret = server.url.replace("http://", "http://user:secret@");
    let error = media
        .fetch(&format!("{secret}/gone.mp3"))
        .await
        .unwrap_err();
    assert_eq!(error.what, format!("{}/gone.mp3", server.url));
    assert_eq!(error.why, "the server answered 404");
    let error = media.fetch(&format!("{secret}/x.mp3")).await.unwrap_err();
    assert!(error.why.contains("text, not audio"), "{error}");
    let error = media
        .fetch("http://169.254.169.254/x.mp3")
        .await
        .unwrap_err();
    assert!(error.why.contains("[web] allow"), "{error}");
    assert!(media.fetch("not a url").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_url_with_spaces_and_accents_is_fetched_encoded() {
    let scratch = Scratch::new();
    let media = scratch.media();
    let server = Server::start(|_, request| match request.uri().path() {
        "/gr%C3%BC%C3%9Fe%201.mp3" => audio("second.mp3", &[("cache-control", "max-age=60")]),
        other => panic!("{other}"),
    })
    .await;
    let url = format!("{}/grüße 1.mp3#rc=2", server.url);
    media.fetch(&url).await.unwrap();
    media.fetch(&url).await.unwrap();
    assert_eq!(server.hits(), 1);
}
