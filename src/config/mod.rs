//! What an operator can set: the structs behind `pivot.toml`, one per table.
//!
//! Every key, its unit and its default stands on its field here; `load` reads
//! the file and the environment into these structs, `check` lists every problem
//! with its key. Fields ending in `_s` are seconds, `_ms` milliseconds, `_mb`
//! mebibytes.

mod account;
mod check;
mod environment;
mod keys;
mod load;
pub mod network;
mod place;
mod secret_files;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

pub use account::account_sid;
pub use check::{Place, Problem};
pub use load::{ConfigError, Warning};

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub ari: Ari,
    #[serde(default)]
    pub http: Http,
    /// Takes every call that no `[[route]]` claims.
    #[serde(default)]
    pub default: Route,
    /// First match wins.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
    #[serde(default)]
    pub dial: Dial,
    /// Name → URL of the TwiML applications that `<Application>` may name.
    #[serde(default)]
    pub applications: BTreeMap<String, Url>,
    #[serde(default)]
    pub account: Account,
    #[serde(default)]
    pub store: Store,
    #[serde(default)]
    pub numbers: Numbers,
    #[serde(default)]
    pub speech: Speech,
    #[serde(default)]
    pub transcribe: Transcribe,
    #[serde(default)]
    pub recordings: Recordings,
    #[serde(default)]
    pub media: Media,
    #[serde(default)]
    pub flows: Flows,
    #[serde(default)]
    pub web: Web,
    #[serde(default)]
    pub sms: Sms,
    #[serde(default)]
    pub notify: Notify,
    #[serde(default)]
    pub dialplan: Dialplan,
    #[serde(default)]
    pub control: Control,
    #[serde(default)]
    pub limits: Limits,
}

/// How to reach Asterisk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ari {
    /// Asterisk's HTTP server, without the `/ari` path.
    pub url: Url,
    pub username: String,
    pub password: SecretString,
    /// The name in `Stasis(pivot)`.
    #[serde(default = "defaults::app")]
    pub app: String,
    /// This Asterisk's name in ids, logs and the store.
    #[serde(default = "defaults::name")]
    pub name: String,
    /// HTTP connections to it; its own `sessionlimit` defaults to 100.
    #[serde(default = "defaults::connections")]
    pub connections: usize,
}

/// pivot's own server: media for Asterisk, APIs, metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub listen: SocketAddr,
    /// How Asterisk and web applications reach it; `http://LISTEN` when absent.
    pub public_url: Option<Url>,
}

/// Where the instructions of a call come from: `[default]`, or a `[[route]]`
/// with the numbers it takes. The other keys are those of the `pivot` module.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// As dialled.
    pub numbers: Vec<String>,
    /// Regular expressions over the dialled number.
    pub patterns: Vec<String>,
    /// The account whose stored things the call may use; the configuration's own
    /// when absent. 32 hex digits, with or without `AC`.
    pub account: Option<String>,
    pub voice_url: Option<String>,
    /// A Callflow document, instead of `voice_url`.
    pub callflow: Option<PathBuf>,
    pub method: Option<Method>,
    pub fallback_url: Option<String>,
    pub fallback_method: Option<Method>,
    pub req_format: Option<ReqFormat>,
    pub req_body_format: Option<BodyFormat>,
    /// Whole exchange. 15000 in `twiml`, 5000 in `kazoo`.
    pub req_timeout_ms: Option<u64>,
    pub custom_request_headers: BTreeMap<String, String>,
    pub cdr_url: Option<String>,
    pub status_callback: Option<String>,
    pub status_callback_method: Option<Method>,
    /// `twilio` switches to Twilio's ways where pivot's default differs.
    pub profile: Option<Profile>,
    /// The method of a verb that names none. Default `post`.
    pub verb_method: Option<Method>,
    /// Unknown verbs and attributes are errors instead of warnings.
    pub strict: Option<bool>,
    pub on_end: Option<OnEnd>,
    pub debug: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    #[serde(alias = "GET")]
    Get,
    #[serde(alias = "POST")]
    Post,
}

/// The names of the request parameters, never the language of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReqFormat {
    Twiml,
    Kazoo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyFormat {
    Form,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    Pivot,
    Twilio,
}

/// What a flow that ends normally does with a caller who is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnEnd {
    Hangup,
    /// Back to the dialplan with `PIVOT_STATUS=COMPLETED`.
    Continue,
}

/// How the nouns of Dial become Asterisk endpoints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dial {
    pub number: String,
    pub sip: String,
    pub sip_endpoint: String,
    /// The `username` of a `<Sip>` → the PJSIP endpoint that logs in with it.
    pub sip_accounts: BTreeMap<String, String>,
    pub user: String,
    pub device: String,
    pub client: String,
    /// Numbers of stored callflows, for calls that phones forward to them.
    pub internal: String,
    /// How long a leg rings unless the document says otherwise.
    pub timeout_s: u64,
}

/// The identity that web applications see.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// `AC` and 32 hex digits; generated and kept when absent.
    pub sid: Option<String>,
    /// Signs requests (`X-Twilio-Signature`) and opens the APIs.
    pub auth_token: Option<SecretString>,
    /// Of schedules that name none, as `Europe/Berlin`; the machine's when absent.
    pub timezone: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:FILE` or `postgres://…`; absent = in memory.
    pub url: Option<String>,
}

/// How numbers are written, for stored callflows; as they are dialled unless
/// there are converters.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Numbers {
    /// The first whose `regex` matches decides.
    pub converters: Vec<Converter>,
    /// What kinds of numbers there are, for `call_restriction` and emergency calls;
    /// the first whose `regex` matches decides. One that matches none is `unknown`.
    pub classifiers: Vec<Classifier>,
}

/// A kind of numbers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Classifier {
    pub name: String,
    pub regex: String,
}

/// The last group that `regex` captures, between `prefix` and `suffix`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Converter {
    pub regex: String,
    pub prefix: String,
    pub suffix: String,
}

/// Text to speech. Each engine has its own table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speech {
    pub engine: SpeechEngine,
    /// How long one utterance may take to make.
    pub timeout_s: u64,
    #[serde(rename = "espeak-ng")]
    pub espeak_ng: EspeakNg,
    pub flite: Flite,
    pub piper: Piper,
    pub http: SpeechHttp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpeechEngine {
    EspeakNg,
    Flite,
    Piper,
    Http,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EspeakNg {
    pub command: PathBuf,
    /// Words a minute.
    pub speed: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flite {
    pub command: PathBuf,
    /// A voice of `flite -lv`.
    pub voice: String,
}

/// A resident worker that speaks piper's models, so that a model is loaded once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Piper {
    /// The worker and its arguments: reads one JSON line per utterance
    /// (`{"text": …, "output_file": …}`) and answers with one line when the
    /// file is written. `{worker}` is the text of pivot's own, for a python that
    /// has `piper-tts`.
    pub command: Vec<String>,
    /// Path of the `.onnx` voice, given to the worker as its last argument.
    pub model: Option<PathBuf>,
    pub workers: usize,
}

/// Any speech service that answers one HTTP request with audio.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpeechHttp {
    pub url: Option<Url>,
    pub headers: BTreeMap<String, SecretString>,
    /// JSON body; `{text}`, `{voice}` and `{language}` are replaced in its strings.
    pub body: Option<serde_json::Value>,
    /// JSON pointer to base64 audio in a JSON answer; absent = the body is the audio.
    pub audio_pointer: Option<String>,
}

/// Speech to text for `<Record transcribe="true">`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transcribe {
    /// A program and its arguments, of which `{file}` is the WAV file (8 kHz, mono);
    /// it writes the text on its standard output. Empty = nothing is transcribed.
    pub command: Vec<String>,
    /// How long one recording may take.
    pub timeout_s: u64,
    /// So many run at once; the others wait.
    pub at_once: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recordings {
    pub dir: PathBuf,
    /// Recording URLs need credentials.
    pub auth: bool,
}

/// Audio that pivot makes or fetches for Asterisk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    pub dir: PathBuf,
    /// The same folder as Asterisk sees it; absent = Asterisk fetches over HTTP.
    pub asterisk_dir: Option<PathBuf>,
    /// Size of the whole folder; the longest unused goes first.
    pub max_mb: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flows {
    /// `menu.id` and `callflow.id` name a file here.
    pub dir: PathBuf,
}

/// Where pivot may send requests. Denied wins; link-local is always denied.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Networks, or `public` for every address that is not private.
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// Who sends the messages of `<Sms>` and `<Message>`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sms {
    /// Gets each message as a form (`To`, `From`, `Body`, `MessageSid`, …); absent =
    /// messages are skipped with a warning.
    pub url: Option<Url>,
}

/// Who is told what Callflow modules report (`missed_call_alert`, `notification`, `edr`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Gets each report as a form, with its kind in `event`; absent = nobody is told.
    pub url: Option<Url>,
}

/// Contexts of the dialplan for what ARI cannot do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dialplan {
    /// Where `transfer` sends a number that no stored callflow takes.
    pub transfer: Option<String>,
    /// Where `faxbox` and `receive_fax` send a call, at extension `s`.
    pub fax: Option<String>,
    /// Where `fax_detect` sends a call, at extension `s`, to have it back with
    /// `PIVOT_FAX` set.
    pub fax_detect: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Control {
    /// Unix socket of `pivot calls` and `pivot trace`, mode 0600.
    pub socket: PathBuf,
}

/// Bounds that keep one call, or too many, from hurting the rest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls at once; a further one is handed back to the dialplan as `OVERLOADED`.
    pub calls: usize,
    /// Documents one call may fetch.
    pub documents: u32,
    /// Callflow branches of one call.
    pub branches: u32,
    /// Callflow nodes of one call.
    pub nodes: u32,
    /// Size of a fetched document.
    pub document_kb: usize,
    /// How long running calls may take to end after SIGTERM.
    pub drain_s: u64,
    /// Calls whose timeline is kept after they ended.
    pub traces: usize,
}

mod defaults {
    pub(super) fn app() -> String {
        "pivot".into()
    }
    pub(super) fn name() -> String {
        "a1".into()
    }
    pub(super) fn connections() -> usize {
        32
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7800)),
            public_url: None,
        }
    }
}

impl Http {
    /// `public_url` without a trailing slash; `listen` when none is set.
    pub fn base(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            number: "Local/{number}@pivot-outbound/n".into(),
            sip: "PJSIP/{endpoint}/{uri}".into(),
            sip_endpoint: "pivot-out".into(),
            sip_accounts: BTreeMap::new(),
            user: "PJSIP/{id}".into(),
            device: "PJSIP/{id}".into(),
            client: "PJSIP/{id}".into(),
            internal: "Local/{number}@pivot-internal/n".into(),
            timeout_s: 30,
        }
    }
}

impl Default for Numbers {
    fn default() -> Self {
        let class = |name: &str, regex: &str| Classifier {
            name: name.into(),
            regex: regex.into(),
        };
        Self {
            converters: Vec::new(),
            classifiers: vec![
                class("emergency", "^(112|911|999)$"),
                class("international", r"^(\+|00|011)[0-9]+$"),
            ],
        }
    }
}

impl Default for Speech {
    fn default() -> Self {
        Self {
            engine: SpeechEngine::EspeakNg,
            timeout_s: 10,
            espeak_ng: EspeakNg::default(),
            flite: Flite::default(),
            piper: Piper::default(),
            http: SpeechHttp::default(),
        }
    }
}

impl Default for EspeakNg {
    fn default() -> Self {
        Self {
            command: "espeak-ng".into(),
            speed: 150,
        }
    }
}

impl Default for Flite {
    fn default() -> Self {
        Self {
            command: "flite".into(),
            voice: "slt".into(),
        }
    }
}

impl Default for Piper {
    fn default() -> Self {
        Self {
            command: ["python3", "-c", "{worker}"].map(String::from).to_vec(),
            model: None,
            workers: 1,
        }
    }
}

impl Default for Transcribe {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            timeout_s: 120,
            at_once: 2,
        }
    }
}

impl Default for Recordings {
    fn default() -> Self {
        Self {
            dir: "recordings".into(),
            auth: false,
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            dir: "media".into(),
            asterisk_dir: None,
            max_mb: 2048,
        }
    }
}

impl Default for Flows {
    fn default() -> Self {
        Self {
            dir: "flows".into(),
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        let networks = [
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "public",
        ];
        Self {
            allow: networks.map(String::from).to_vec(),
            deny: vec!["169.254.0.0/16".into()],
        }
    }
}

impl Default for Control {
    fn default() -> Self {
        Self {
            socket: "pivot.sock".into(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 2000,
            documents: 1000,
            branches: 50,
            nodes: 10_000,
            document_kb: 64,
            drain_s: 30,
            traces: 1000,
        }
    }
}
