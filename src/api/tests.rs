use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::media::tests::Scratch;
use crate::media::{Clip, Pcm, pcm};
use crate::recordings::{Job, Origin, RecordingTrack, Source, Transcription};
use crate::store::{Catalog, MemoryStore, Numbers};
use crate::web::{Answer, Outgoing, Policy, Web};
use crate::{clock, config, id};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

struct Running {
    base: String,
    web: Web,
    media: Media,
    recordings: Arc<Recordings>,
    ready: watch::Sender<bool>,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    _scratch: Scratch,
}

#[derive(Default)]
struct Setup {
    token: Option<&'static str>,
    recordings_need_token: bool,
}

impl Running {
    async fn start(setup: Setup) -> Self {
        let scratch = Scratch::new();
        let media = scratch.media();
        let config = config::Recordings {
            dir: scratch.0.join("recordings"),
            auth: setup.recordings_need_token,
        };
        let recordings = Recordings::new(&config, &config::Http::default(), ACCOUNT).unwrap();
        let recordings = Arc::new(recordings);
        let (ready, is_ready) = watch::channel(false);
        let api = Api {
            media: media.clone(),
            recordings: recordings.clone(),
            account_sid: ACCOUNT.into(),
            token: setup.token.map(Into::into),
            recordings_need_token: setup.recordings_need_token,
            ready: is_ready,
            metrics: metrics::handle(),
            v2: v2(&media, &recordings, setup.token).await,
        };
        let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), api)
            .await
            .unwrap();
        let base = format!("http://{}", server.listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.run(stop.clone()));
        Self {
            base,
            web: Web::new(&config::Web::default()).unwrap(),
            media,
            recordings,
            ready,
            stop,
            serving,
            _scratch: scratch,
        }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let method = method.parse().unwrap();
        let url = format!("{}{path}", self.base);
        let mut out = Outgoing::new(method, url, Policy::media());
        for (name, value) in headers {
            out = out.header(*name, *value);
        }
        self.web.send(out, None).await.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    async fn clip(&self) -> (Clip, String) {
        let pcm = Pcm {
            samples: vec![1000; 8000],
            rate: 8000,
        };
        let clip = self.media.keep("a prompt", pcm).await.unwrap();
        let name = clip.uri.rsplit('/').next().unwrap().to_owned();
        (clip, format!("/media/{name}"))
    }

    async fn recording(&self) -> String {
        self.take(pcm::wav(8000, 1, &[3000; 8000]).into()).await
    }

    async fn take(&self, wav: Bytes) -> String {
        let origin = Origin {
            sid: id::secret_sid("RE"),
            call_sid: "CA1".into(),
            conference_sid: None,
            source: Source::RecordVerb,
            track: RecordingTrack::Both,
            began: clock::now(),
        };
        let job = Job {
            origin,
            trim: false,
        };
        self.recordings
            .take_bytes(job, vec![wav])
            .await
            .unwrap()
            .sid
    }
}

/// Its own tests are in tests/it; here it is one of the server's parts.
async fn v2(media: &Media, recordings: &Arc<Recordings>, token: Option<&str>) -> Arc<V2> {
    let store = Arc::new(MemoryStore::default());
    let catalog = Catalog::open(store, Numbers::default()).await.unwrap();
    let scratch = Scratch::new();
    let path = scratch.0.join("pivot.toml");
    let text = "[ari]\nurl = 'http://127.0.0.1:1'\nusername = 'x'\npassword = 'y'\n";
    std::fs::write(&path, text).unwrap();
    let (mut config, _) = config::Config::load_with(Some(&path), []).unwrap();
    config.account.auth_token = token.map(Into::into);
    let services = Services::idle(config, ACCOUNT, catalog, media, recordings);
    Arc::new(V2::new(Arc::new(services)))
}

fn message(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["status"], answer.status);
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn health_is_always_there_and_readiness_follows_ari() {
    let api = Running::start(Setup::default()).await;
    assert_eq!(api.get("/healthz").await.status, 200);
    assert_eq!(api.get("/readyz").await.status, 503);
    api.ready.send(true).unwrap();
    assert_eq!(api.get("/readyz").await.status, 200);
    api.ready.send(false).unwrap();
    assert_eq!(api.get("/readyz").await.status, 503);
}

#[tokio::test]
async fn asterisk_gets_audio_whole_in_part_and_not_again() {
    let api = Running::start(Setup::default()).await;
    let (_, path) = api.clip().await;
    let whole = api.get(&path).await;
    assert_eq!(whole.status, 200);
    assert_eq!(whole.header("content-type"), Some("audio/wav"));
    assert_eq!(whole.header("cache-control"), Some("max-age=86400"));
    assert_eq!(whole.body.len(), 16_044);
    let part = api.ask("GET", &path, &[("range", "bytes=0-43")]).await;
    assert_eq!(part.status, 206);
    assert_eq!(part.header("content-range"), Some("bytes 0-43/16044"));
    assert_eq!(part.body, whole.body[..44]);
    let beyond = api.ask("GET", &path, &[("range", "bytes=99999-")]).await;
    assert_eq!(beyond.status, 416);
    let tag = whole.header("etag").unwrap();
    let again = api.ask("HEAD", &path, &[("if-none-match", tag)]).await;
    assert_eq!(again.status, 304);
    let old = [("range", "bytes=0-43"), ("if-range", "\"old\"")];
    assert_eq!(api.ask("GET", &path, &old).await.status, 200);
    let head = api.ask("HEAD", &path, &[]).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-length"), Some("16044"));
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn only_names_of_audio_are_served() {
    let api = Running::start(Setup::default()).await;
    api.clip().await;
    for path in [
        "/media/.secret",
        "/media/..%2Fmedia%2F.secret",
        "/media/%2Fetc%2Fpasswd",
        "/media/0123456789abcdef0123456789abcdef.wav",
        "/recordings/..%2F..%2Fmedia%2F.secret",
        "/recordings/RE0123456789abcdef0123456789abcdef",
        "/recordings/RE0123456789abcdef0123456789abcdef.flac",
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!message(&answer).is_empty());
    }
    let posted = api.ask("POST", "/media/x.wav", &[]).await;
    assert_eq!(posted.status, 405);
    assert!(message(&posted).contains("POST"));
}

#[tokio::test]
async fn recordings_are_open_by_their_unguessable_urls() {
    let api = Running::start(Setup::default()).await;
    let sid = api.recording().await;
    for base in [
        format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}"),
        format!("/recordings/{sid}"),
    ] {
        let bare = api.get(&base).await;
        assert_eq!(bare.status, 200);
        assert_eq!(bare.header("content-type"), Some("audio/x-wav"));
        assert_eq!(bare.body.len(), 16_044);
        assert_eq!(api.get(&format!("{base}.wav")).await.body, bare.body);
        let mp3 = api.get(&format!("{base}.mp3")).await;
        assert_eq!(mp3.header("content-type"), Some("audio/mpeg"));
        let kind = crate::media::Kind::default();
        let sound = crate::media::decode(mp3.body.to_vec(), &kind).unwrap();
        assert!(sound.duration().abs_diff(Duration::from_secs(1)) < Duration::from_millis(5));
        let head = api.ask("HEAD", &format!("{base}.mp3"), &[]).await;
        assert_eq!(
            head.header("content-length"),
            Some(mp3.body.len().to_string().as_str())
        );
        let part = api.ask("GET", &base, &[("range", "bytes=-4")]).await;
        assert_eq!((part.status, part.body.len()), (206, 4));
    }
}

#[tokio::test]
async fn recordings_need_credentials_when_configured() {
    let setup = Setup {
        token: Some("s3cret"),
        recordings_need_token: true,
    };
    let api = Running::start(setup).await;
    let sid = api.recording().await;
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}.mp3");
    let refused = api.get(&path).await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Basic realm=\"pivot\"")
    );
    assert!(message(&refused).contains("X-Auth-Token"));
    let wrong = api.ask("GET", &path, &[("x-auth-token", "guess")]).await;
    assert_eq!(wrong.status, 401);
    let open = api.ask("GET", &path, &[("x-auth-token", "s3cret")]).await;
    assert_eq!(open.status, 200);
    let alias = format!("/recordings/{sid}");
    assert_eq!(api.get(&alias).await.status, 401);
    // Audio for Asterisk stays open.
    let (_, audio) = api.clip().await;
    assert_eq!(api.get(&audio).await.status, 200);
}

// Check 122.
#[tokio::test]
async fn what_is_known_of_a_recording_is_at_json_for_the_account() {
    let api = Running::start(Setup {
        token: Some("s3cret"),
        ..Setup::default()
    })
    .await;
    let with = [("x-auth-token", "s3cret")];
    let sid = api.recording().await;
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}");
    for (extension, kind) in [
        ("", "audio/x-wav"),
        (".wav", "audio/x-wav"),
        (".mp3", "audio/mpeg"),
    ] {
        let sound = api.get(&format!("{path}{extension}")).await;
        assert_eq!(sound.status, 200, "{extension}");
        assert_eq!(sound.header("content-type"), Some(kind), "{extension}");
    }
    let json = format!("{path}.json");
    assert_eq!(api.get(&json).await.status, 401);
    let answer = api.ask("GET", &json, &with).await;
    assert_eq!(answer.status, 200);
    let facts: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    for (name, value) in [
        ("sid", sid.as_str()),
        ("account_sid", ACCOUNT),
        ("call_sid", "CA1"),
        ("duration", "1"),
        ("status", "completed"),
        ("source", "RecordVerb"),
        ("track", "both"),
        ("uri", json.as_str()),
    ] {
        assert_eq!(facts[name], value, "{name}");
    }
    assert_eq!(facts["channels"], 1);
    assert!(facts["error_code"].is_null() && facts["conference_sid"].is_null());
    let unknown = "/recordings/RE0123456789abcdef0123456789abcdef.json";
    assert_eq!(api.ask("GET", unknown, &with).await.status, 404);
}

#[tokio::test]
async fn what_was_said_in_a_recording_is_found_at_its_own_url() {
    let api = Running::start(Setup {
        token: Some("s3cret"),
        ..Setup::default()
    })
    .await;
    let with = [("x-auth-token", "s3cret")];
    let sid = api.recording().await;
    let said = Transcription {
        sid: id::sid("TR"),
        text: Some("hello".into()),
    };
    let url = api.recordings.transcription_url(&sid, &said.sid);
    let path = url.split_once(":7800").unwrap().1.to_owned();
    let kept = api.recordings.keep_transcription(&sid, said.clone());
    kept.await.unwrap();
    assert_eq!(api.get(&path).await.status, 401);
    let answer = api.ask("GET", &path, &with).await;
    let facts: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(facts["transcription_text"], "hello");
    assert_eq!(facts["status"], "completed");
    assert_eq!(facts["recording_sid"], sid.as_str());
    let text = api.ask("GET", &format!("{path}.txt"), &with).await;
    assert_eq!(text.text().text, "hello");
    let other = path.replace(&said.sid, &id::sid("TR"));
    assert_eq!(api.ask("GET", &other, &with).await.status, 404);
}

#[tokio::test]
async fn everything_else_wants_credentials_first() {
    let token = Running::start(Setup {
        token: Some("s3cret"),
        ..Setup::default()
    })
    .await;
    let none = Running::start(Setup::default()).await;
    let with = [("x-auth-token", "s3cret")];
    for path in ["/v3/accounts", "/2010-04-01/Accounts", "/", "/.git/config"] {
        assert_eq!(token.get(path).await.status, 401, "{path}");
        assert_eq!(token.ask("POST", path, &with).await.status, 404, "{path}");
        let closed = none.ask("GET", path, &with).await;
        assert_eq!(closed.status, 403, "{path}");
        assert!(message(&closed).contains("account.auth_token"), "{path}");
    }
    assert_eq!(token.get("/metrics").await.status, 401);
    ::metrics::counter!("pivot_test_total").increment(3);
    let metrics = token.ask("GET", "/metrics", &with).await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.text().text.contains("pivot_test_total 3"),
        "{}",
        metrics.text().text
    );
    // Another account's recordings are not told from those that are not there.
    let foreign = "/2010-04-01/Accounts/AC9/Recordings/RE0123456789abcdef0123456789abcdef";
    assert_eq!(token.get(foreign).await.status, 401);
    assert_eq!(token.ask("GET", foreign, &with).await.status, 404);
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let api = Running::start(Setup::default()).await;
    let (_, ready) = watch::channel(false);
    let other = Api {
        media: api.media.clone(),
        recordings: api.recordings.clone(),
        account_sid: ACCOUNT.into(),
        token: None,
        recordings_need_token: false,
        ready,
        metrics: metrics::handle(),
        v2: v2(&api.media, &api.recordings, None).await,
    };
    let error = Server::bind(address, other)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("`http.listen`"), "{error}");
    assert!(error.contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_server_that_stops_lets_go_of_its_address() {
    let api = Running::start(Setup::default()).await;
    assert_eq!(api.get("/healthz").await.status, 200);
    api.stop.cancel();
    api.serving.await.unwrap();
    let address = api.base.trim_start_matches("http://");
    assert!(TcpListener::bind(address).await.is_ok());
}

#[tokio::test]
async fn a_long_recording_is_sent_whole() {
    let api = Running::start(Setup::default()).await;
    // Two minutes: several chunks.
    let samples: Vec<i16> = (0..8000 * 120).map(|i| (i % 3000) as i16).collect();
    let wav = Bytes::from(pcm::wav(8000, 1, &samples));
    let sid = api.take(wav.clone()).await;
    let whole = api.get(&format!("/recordings/{sid}")).await;
    assert_eq!(whole.body, wav);
    let range = [("range", "bytes=100000-1500000")];
    let part = api.ask("GET", &format!("/recordings/{sid}"), &range).await;
    assert_eq!(part.body, wav[100_000..=1_500_000]);
}
