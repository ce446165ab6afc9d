//! A whole pivot between a fake Asterisk and a fake web application, in one
//! runtime and in virtual time.

pub(crate) mod web_app;
pub(crate) mod wire;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pivot::app::{App, Options};
use pivot::call::{Checkpoints, MemoryCheckpoints, State};
use pivot::config::Config;
use pivot::id::CallId;
use pivot::simulate::{self, Caller, FakeAsterisk, Phone};
use pivot::trace::Timeline;

pub(crate) use web_app::{Reply, WebApp};

/// What a test is about; everything around it is the same.
pub(crate) struct Setting {
    pub(crate) version: simulate::Version,
    /// Lines of pivot.toml; `{app}` is the web application's address.
    pub(crate) config: String,
    /// Further lines of its `[ari]`.
    pub(crate) ari: String,
    /// Where checkpoints go instead of the scenario's own.
    pub(crate) checkpoints: Option<Arc<dyn Checkpoints>>,
    pub(crate) dials: simulate::Dials,
    /// pivot's own HTTP server runs, on a free port.
    pub(crate) listens: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            version: simulate::Version::V22,
            config: "[default]\nvoice_url = \"{app}/voice\"\n".into(),
            ari: String::new(),
            checkpoints: None,
            dials: simulate::Dials::default(),
            listens: false,
        }
    }
}

pub(crate) struct Scenario {
    pub(crate) asterisk: FakeAsterisk,
    pub(crate) web: WebApp,
    pub(crate) pivot: App,
    pub(crate) checkpoints: MemoryCheckpoints,
    pub(crate) dir: PathBuf,
}

impl Scenario {
    /// A pivot that asks `/voice` for every call.
    pub(crate) async fn new() -> Self {
        Self::with(Setting::default()).await
    }

    /// The same, with other settings than the default's.
    pub(crate) async fn configured(config: &str) -> Self {
        Self::with(Setting {
            config: config.into(),
            ..Setting::default()
        })
        .await
    }

    pub(crate) async fn with(setting: Setting) -> Self {
        let options = simulate::Options {
            version: setting.version,
            dials: setting.dials,
            ..simulate::Options::default()
        };
        let asterisk = FakeAsterisk::start(options).await.unwrap();
        let web = WebApp::start().await;
        let dir = std::env::temp_dir().join(format!("pivot-it-{}", uuid()));
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
            "{}\n[ari]\nurl = '{}'\nusername = 'pivot'\npassword = 'secret'\n{ari}\n[recordings]\ndir = '{dir}/recordings'\n\
             [media]\ndir = '{dir}/media'\nasterisk_dir = '{dir}/media'\n[control]\nsocket = '{dir}/sock'\n{http}[flows]\ndir = '{dir}/flows'\n",
            setting
                .config
                .replace("{app}", &web.url())
                .replace("{dir}", &dir.display().to_string()),
            asterisk.url(),
            ari = setting.ari,
            http = if setting.listens {
                "[http]\nlisten = '127.0.0.1:0'\n"
            } else {
                ""
            },
            dir = dir.display()
        );
        let path = dir.join("pivot.toml");
        std::fs::write(&path, text).unwrap();
        let (config, _) = Config::load_with(Some(&path), []).unwrap();
        let checkpoints = MemoryCheckpoints::default();
        let options = Options {
            checkpoints: Some(
                setting
                    .checkpoints
                    .unwrap_or_else(|| Arc::new(checkpoints.clone())),
            ),
            quiet: !setting.listens,
            ..Options::default()
        };
        let mut pivot = App::start(config, options).await.unwrap();
        assert!(pivot.wait_ready().await);
        Self {
            asterisk,
            web,
            pivot,
            checkpoints,
            dir,
        }
    }

    /// Alice dials 1000.
    pub(crate) async fn call(&self) -> Phone {
        self.call_from(Caller::default()).await
    }

    pub(crate) async fn call_from(&self, caller: Caller) -> Phone {
        self.asterisk.call(caller).await
    }

    /// The only call there is, or was.
    pub(crate) async fn timeline(&self) -> Timeline {
        let calls = self.pivot.traces.calls().await;
        self.pivot.traces.find(&calls[0].id).await.unwrap()
    }

    /// The lines of the only call's timeline, for messages of failing tests.
    pub(crate) async fn lines(&self) -> String {
        let timeline = self.timeline().await;
        let began = timeline.summary.began;
        let line = |e: &pivot::trace::Entry| {
            format!(
                "{:>8.3} {:?} {}",
                e.at.since(began).as_secs_f64(),
                e.kind,
                e.text
            )
        };
        timeline
            .entries
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Kills the task of the only call and goes on with it from its checkpoint.
    pub(crate) async fn kill_and_resume(&self) {
        let id: CallId = self.checkpoints.calls().remove(0);
        self.pivot.drop_call(&id).await;
        let state = self.checkpoints.read(&id).unwrap();
        self.pivot.resume_call(state).await;
    }

    /// Waits until pivot is done with every call, and asserts that nothing of
    /// them is left in Asterisk.
    pub(crate) async fn nothing_left(&self) {
        let waited = tokio::time::Instant::now();
        while self
            .pivot
            .traces
            .calls()
            .await
            .iter()
            .any(|call| call.ended.is_none())
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(
                waited.elapsed() < Duration::from_secs(60),
                "a call does not end:\n{}",
                self.lines().await
            );
        }
        let left = self.asterisk.leftovers().await;
        assert!(left.is_empty(), "{left:?}\n{}", self.lines().await);
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.dir).ok();
    }
}

/// Checkpoints that fail for one call, as a bug in its task would.
#[derive(Default)]
pub(crate) struct Failing {
    kept: MemoryCheckpoints,
    victim: Mutex<Option<CallId>>,
}

impl Failing {
    /// From here on whatever this call writes down breaks its task.
    pub(crate) fn breaks(&self, call: CallId) {
        *self.victim.lock().unwrap() = Some(call);
    }
}

impl Checkpoints for Failing {
    fn write(&self, state: &State) {
        let fails = self.victim.lock().unwrap().as_ref() == Some(&state.id);
        assert!(!fails, "a bug in this call's task");
        self.kept.write(state);
    }

    fn remove(&self, call: &CallId) {
        self.kept.remove(call);
    }
}

/// A folder of a test's own, gone at its end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("pivot-it-{}", uuid()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A web application that is not there: nobody listens at the address, and nobody
/// else gets it as long as the socket is kept.
pub(crate) fn nobody() -> (tokio::net::TcpSocket, String) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    (socket, url)
}

fn uuid() -> String {
    pivot::id::sid("")
}

/// `<Response>` around verbs.
pub(crate) fn twiml(verbs: &str) -> Reply {
    Reply::xml(format!("<Response>{verbs}</Response>"))
}

pub(crate) const fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Half a second of a wave that any player knows.
pub(crate) fn tone() -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
    for i in 0..4000_i16 {
        writer.write_sample((i % 20) * 500).unwrap();
    }
    writer.finalize().unwrap();
    file.into_inner()
}
