//! Reading configurations, right ones and wrong ones.

use std::fs;
use std::path::{Path, PathBuf};

use pivot::config::{Config, ConfigError, Method, OnEnd, SpeechEngine, Warning, account_sid};
use secrecy::ExposeSecret;

const ARI: &str = r#"
[ari]
url = "http://127.0.0.1:8088"
username = "pivot"
password = "secret"
"#;

/// A folder of the test's own, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pivot-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn load(
    name: &str,
    text: &str,
    variables: &[(&str, &str)],
) -> Result<(Config, Vec<Warning>), ConfigError> {
    let folder = Folder::new(name);
    let path = folder.write("pivot.toml", text);
    Config::load_with(Some(&path), owned(variables))
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = variables.iter();
    pairs.map(|(n, v)| (n.to_string(), v.to_string())).collect()
}

fn error(name: &str, text: &str, variables: &[(&str, &str)]) -> String {
    let shown = load(name, text, variables).unwrap_err().to_string();
    let folder = std::env::temp_dir().join(format!("pivot-{name}-{}/", std::process::id()));
    shown.replace(folder.to_str().unwrap(), "")
}

#[test]
fn three_keys_are_enough() {
    let (config, warnings) = load("least", ARI, &[]).unwrap();
    assert_eq!(config.ari.app, "pivot");
    assert_eq!(config.ari.connections, 32);
    assert_eq!(config.ari.password.expose_secret(), "secret");
    assert_eq!(config.http.base(), "http://127.0.0.1:7800");
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].key, "default.voice_url");
}

#[test]
fn the_file_of_the_documentation_is_read() {
    let folder = Folder::new("full");
    let flow = folder.write("premium.json", "{}");
    let text = format!(
        r#"
[ari]
url      = "http://127.0.0.1:8088"
username = "pivot"
password = "0123"
name     = "a1"
[http]
listen     = "127.0.0.1:7800"
public_url = "http://127.0.0.1:7800/"
[default]
voice_url    = "http://127.0.0.1:3000/voice#rc=2"
method       = "post"
req_format   = "twiml"
fallback_url = "https://user:pw@fall_back.example.com/"
on_end       = "continue"
debug        = true
[default.custom_request_headers]
X-Tenant = "T1"
[[route]]
numbers   = ["2030", "2031"]
voice_url = "http://app/2030"
method    = "GET"
[[route]]
patterns = ["^\\+1900", "^(?!911)\\d+$"]
callflow = {flow:?}
[account]
sid        = "AC0123456789abcdef0123456789abcdef"
auth_token = "t"
timezone = "Europe/Berlin"
[store]
url = "sqlite:pivot.db"
[speech]
engine = "flite"
[speech.espeak-ng]
speed = 160
[speech.http]
url = "https://speech.example.com/v1"
headers = {{ "xi-api-key" = "k" }}
body = {{ text = "{{text}}", nested = {{ rate = 1.5, list = [1, "a"] }} }}
[recordings]
auth = true
[media]
asterisk_dir = "/srv/pivot-media"
[web]
allow = ["10.0.0.0/8", "public", "fd00::/8", "192.0.2.7"]
"#
    );
    let path = folder.write("pivot.toml", &text);
    let (config, warnings) = Config::load_with(Some(&path), owned(&[])).unwrap();
    assert_eq!(keys(&warnings), [] as [&str; 0]);
    assert_eq!(config.ari.password.expose_secret(), "0123");
    assert_eq!(config.default.custom_request_headers["X-Tenant"], "T1");
    assert_eq!(config.default.on_end, Some(OnEnd::Continue));
    assert_eq!(config.routes.len(), 2);
    assert_eq!(config.routes[0].method, Some(Method::Get));
    assert_eq!(config.routes[1].callflow.as_deref(), Some(flow.as_path()));
    assert_eq!(config.speech.engine, SpeechEngine::Flite);
    assert_eq!(config.speech.espeak_ng.speed, 160);
    let body = config.speech.http.body.unwrap();
    assert_eq!(
        body,
        serde_json::json!({"text": "{text}", "nested": {"rate": 1.5, "list": [1, "a"]}})
    );
    assert_eq!(config.http.base(), "http://127.0.0.1:7800");
}

#[test]
fn the_environment_alone_will_do() {
    let folder = Folder::new("secrets");
    let token = folder.write("token", "tok en\n");
    let variables = [
        ("PIVOT__ARI__URL", "http://192.0.2.1:8088"),
        ("PIVOT__ARI__USERNAME", "u"),
        ("PIVOT__ARI__PASSWORD", "007"),
        ("PIVOT__ARI__CONNECTIONS", "16"),
        ("PIVOT__HTTP__PUBLIC_URL", "http://192.0.2.2:7800"),
        ("PIVOT__DEFAULT__VOICE_URL", "http://app/voice"),
        ("PIVOT__DEFAULT__METHOD", "get"),
        ("PIVOT__DEFAULT__STRICT", "true"),
        ("PIVOT__DEFAULT__CUSTOM_REQUEST_HEADERS__X_TENANT", "T"),
        ("PIVOT__ACCOUNT__AUTH_TOKEN_FILE", token.to_str().unwrap()),
        ("PIVOT__ACCOUNT__SID", ""),
        ("PIVOT__WEB__ALLOW", "10.0.0.0/8, public"),
        ("PIVOT__WEB__DENY", "10.9.0.0/16"),
        ("PIVOT__SPEECH__ESPEAK_NG__SPEED", "200"),
        ("PIVOT__SPEECH__HTTP__URL", "http://speech/"),
        ("PIVOT__SPEECH__HTTP__BODY", r#"{"say": "{text}", "n": 1}"#),
        ("PIVOT__SPEECH__HTTP__HEADERS__AUTHORIZATION", "Bearer k"),
        ("PIVOT_OTHER", "ignored"),
        ("HOME", "/root"),
    ];
    let (config, warnings) = Config::load_with(None, owned(&variables)).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(config.ari.password.expose_secret(), "007");
    assert_eq!(config.ari.connections, 16);
    assert_eq!(config.default.method, Some(Method::Get));
    assert_eq!(config.default.strict, Some(true));
    assert_eq!(config.default.custom_request_headers["x-tenant"], "T");
    assert_eq!(config.account.auth_token.unwrap().expose_secret(), "tok en");
    assert_eq!(config.account.sid, None);
    assert_eq!(config.web.allow, ["10.0.0.0/8", "public"]);
    assert_eq!(config.web.deny, ["10.9.0.0/16"]);
    assert_eq!(config.speech.espeak_ng.speed, 200);
    assert_eq!(config.speech.http.body.unwrap()["n"], 1);
    let authorization = &config.speech.http.headers["authorization"];
    assert_eq!(authorization.expose_secret(), "Bearer k");
}

#[test]
fn the_environment_is_stronger_than_the_file() {
    let folder = Folder::new("layers");
    let secret = folder.write("secret", "from file\r\n");
    let text = ARI.replace(
        "password = \"secret\"",
        &format!("password_file = {secret:?}\nconnections = 8"),
    );
    let (config, _) = load("layers-a", &text, &[("PIVOT__ARI__CONNECTIONS", "9")]).unwrap();
    assert_eq!(config.ari.connections, 9);
    assert_eq!(config.ari.password.expose_secret(), "from file");
    let (config, _) = load("layers-b", &text, &[("PIVOT__ARI__PASSWORD", "e")]).unwrap();
    assert_eq!(config.ari.password.expose_secret(), "e");
    let file = secret.to_str().unwrap();
    let (config, _) = load("layers-c", ARI, &[("PIVOT__ARI__PASSWORD_FILE", file)]).unwrap();
    assert_eq!(config.ari.password.expose_secret(), "from file");
}

#[test]
fn misspelt_keys_are_named_all_at_once() {
    let text = r#"
voice_url = "http://app/"
[ari]
url = "http://127.0.0.1:8088"
user_name = "pivot"
pasword = "hidden"
[recording]
dir = "x"
[default]
voice-url = "http://app/"
timeout = 5
[[route]]
numbers = ["1"]
voice_url = "http://app/"
[[route]]
number = "2"
voice_url = "http://app/"
[speech.espeak]
speed = 1
[speech.piper]
voice = "x"
"#;
    insta::assert_snapshot!(error(
        "misspelt",
        text,
        &[
            ("PIVOT__ARI__PASWORD", "hidden"),
            ("PIVOT__ARI", "x"),
            ("PIVOT__ROUTE__0__NUMBERS", "1"),
            ("PIVOT__RECORDINGS__DIR__X", "1"),
            ("PIVOT__ZZZ__A", "1"),
            ("PIVOT__SPEECH__HTTP__BODY", "{"),
            ("PIVOT__SPEECH__HTTP__HEADERS", "a=b"),
        ]
    ));
}

#[test]
fn wrong_types_are_named_all_at_once() {
    let text = r#"
store = "sqlite:x"
[ari]
url = "not a url"
username = "pivot"
password = ["hidden"]
connections = "many"
[http]
listen = "localhost"
[default]
voice_url = "http://app/"
method = "put"
debug = "perhaps"
req_timeout_ms = -5
custom_request_headers = "X: y"
[[route]]
numbers = "2030"
voice_url = "http://app/"
[[route]]
numbers = [["2"]]
profile = "kazoo"
[speech]
engine = "festival"
[speech.http]
headers = { "X-Key" = ["hidden"] }
[limits]
calls = 1.5
drain_s = "30"
"#;
    insta::assert_snapshot!(error("types", text, &[]));
}

#[test]
fn impossible_values_are_named_all_at_once() {
    let folder = Folder::new("values");
    let file = folder.write("file", "");
    let text = format!(
        r#"
[ari]
url = "http://u:p@127.0.0.1:8088/ari"
username = ""
password = ""
app = "my app"
name = ""
connections = 0
[http]
listen = "0.0.0.0:7800"
[default]
numbers = ["1"]
voice_url = "/voice"
callflow = "nowhere.json"
fallback_url = "ftp://h/"
cdr_url = "http://"
req_timeout_ms = 0
custom_request_headers = {{ "X Bad" = "1" }}
[[route]]
numbers = ["1", ""]
patterns = ["^(1900", "(?<=a)b"]
[[route]]
voice_url = "http://app/"
callflow = {file:?}
[dial]
number = "PJSIP/trunk"
sip = "PJSIP/{{endpoint}}/{{url}}"
sip_endpoint = ""
user = "{{id}}"
timeout_s = 0
beep_hz = 20
[account]
sid = "AC123"
[store]
url = "mysql://h/db"
[speech]
engine = "http"
timeout_s = 0
[speech.espeak-ng]
command = ""
speed = 5
[speech.piper]
command = []
workers = 0
[speech.http]
headers = {{ "a b" = "c" }}
audio_pointer = "audio"
[recordings]
dir = {file:?}
auth = true
[media]
dir = ""
asterisk_dir = "media"
max_mb = 0
[web]
allow = []
deny = ["10.0.0.0/33", "internal"]
[applications]
support = "ftp://app.example.com/support"
sales = "https://app.example.com/sales"
[sms]
url = "mailto:sms@example.com"
[control]
socket = "{long}"
[limits]
calls = 0
documents = 0
branches = 0
nodes = 0
document_kb = 0
drain_s = 100000
"#,
        long = "s".repeat(120)
    );
    let shown = error("values-a", &text, &[]).replace(folder.0.to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(shown);
}

#[test]
fn stores_and_engines_say_what_they_need() {
    for (text, expected) in [
        ("[store]\nurl = \"sqlite:\"", "right after `sqlite:`"),
        (
            "[store]\nurl = \"sqlite://pivot.db\"",
            "right after `sqlite:`",
        ),
        ("[store]\nurl = \"sqlite::memory:\"", "leave the key out"),
        (
            "[store]\nurl = \"mysql://h/db\"",
            "is no store that pivot knows",
        ),
        #[cfg(not(feature = "postgres"))]
        (
            "[store]\nurl = \"postgresql://h/db\"",
            "the feature `postgres`",
        ),
        (
            "[speech]\nengine = \"piper\"",
            "speech.piper.model: is missing",
        ),
        (
            "[speech]\nengine = \"piper\"\n[speech.piper]\nmodel = \"no.onnx\"",
            "no.onnx is not there",
        ),
        ("[http]\npublic_url = \"http://h/?a\"", "without `?…`"),
        (
            "[account]\ntimezone = \"Berlin\"",
            "account.timezone: there is no time zone \"Berlin\"",
        ),
    ] {
        let shown = error("needs", &format!("{ARI}{text}"), &[]);
        assert!(shown.contains(expected), "{text}: {shown}");
        assert!(shown.starts_with("pivot.toml has a problem:"), "{shown}");
    }
}

#[test]
fn secrets_in_files_are_read_or_named() {
    let folder = Folder::new("secret-files");
    let empty = folder.write("empty", "\n");
    let with = |line: &str| ARI.replace("password = \"secret\"", line);
    assert_eq!(
        error(
            "secret-a",
            &with("password_file = \"/nowhere/secret\""),
            &[]
        ),
        "pivot.toml has a problem:\n  line 5, ari.password_file: `/nowhere/secret` cannot be read: \
         No such file or directory (os error 2)"
    );
    let shown = error(
        "secret-b",
        &with(&format!("password_file = {empty:?}")),
        &[],
    );
    assert!(
        shown.contains("is empty; write the secret into it"),
        "{shown}"
    );
    let both = with(&format!("password = \"hidden\"\npassword_file = {empty:?}"));
    let shown = error("secret-c", &both, &[]);
    assert!(shown.contains("`password` is set too"), "{shown}");
    assert!(!shown.contains("hidden"));
}

#[test]
fn a_file_that_is_none_is_an_error_with_its_place() {
    let missing = Config::load_with(Some(Path::new("/nowhere/pivot.toml")), owned(&[]));
    assert_eq!(
        missing.unwrap_err().to_string(),
        "/nowhere/pivot.toml cannot be read: No such file or directory (os error 2)"
    );
    let broken = error("broken", "[ari]\nurl = \"http://h\"\nusername = \n", &[]);
    assert!(broken.contains("is not TOML"), "{broken}");
    assert!(broken.contains("line 3, column 12"), "{broken}");
    let secret = error("unclosed", "[ari]\npassword = \"hidden\n", &[]);
    assert!(secret.contains("line 2"), "{secret}");
    assert!(!secret.contains("hidden"), "{secret}");
    let twice = error("twice", &format!("{ARI}{ARI}"), &[]);
    assert!(twice.contains("is not TOML"), "{twice}");
    let nothing = error("nothing", "", &[]);
    insta::assert_snapshot!(nothing);
}

#[test]
fn what_is_probably_not_meant_is_warned_about() {
    let text = r#"
[ari]
url = "http://192.0.2.1:8088"
username = "pivot"
password = "secret"
connections = 100
[http]
listen = "192.0.2.9:7800"
public_url = "http://localhost:7800"
[[route]]
numbers = ["1", "2"]
voice_url = "http://app/"
[[route]]
numbers = ["3", "2"]
voice_url = "http://app/"
"#;
    let (_, warnings) = load("warned", text, &[]).unwrap();
    let lines: Vec<String> = warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.key, warning.message))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_account_id_is_made_once_and_kept() {
    let folder = Folder::new("account");
    let state = folder.0.join("state");
    let (mut config, _) = load("account-a", ARI, &[]).unwrap();
    let made = account_sid(&config, &state).unwrap();
    assert_eq!(made.len(), 34);
    assert!(made.starts_with("AC"));
    assert_eq!(account_sid(&config, &state).unwrap(), made);

    fs::write(state.join("account-sid"), "rubbish").unwrap();
    let refused = account_sid(&config, &state).unwrap_err().to_string();
    assert!(refused.contains("set `account.sid`"), "{refused}");

    config.account.sid = Some("ACx".into());
    assert_eq!(account_sid(&config, &state).unwrap(), "ACx");
}

fn keys(warnings: &[Warning]) -> Vec<&str> {
    warnings
        .iter()
        .map(|warning| warning.key.as_str())
        .collect()
}

#[test]
fn contexts_of_the_dialplan_are_names_and_the_shop_is_told_over_http() {
    let text = format!(
        "{ARI}[notify]\nurl = 'ftp://shop'\n[dialplan]\ntransfer = ''\nfax = 'fax,s,1'\nfax_detect = 'fax-listen'\n"
    );
    let shown = error("contexts", &text, &[]);
    for key in ["notify.url", "dialplan.transfer", "dialplan.fax"] {
        assert!(
            shown.contains(&format!("`{key}`")) || shown.contains(&format!("{key}: ")),
            "{shown}"
        );
    }
    assert!(!shown.contains("fax_detect"), "{shown}");
}
