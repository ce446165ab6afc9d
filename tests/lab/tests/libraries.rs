//! Twilio's own libraries for Python and Node: what they can write runs here, and they
//! accept the signatures of what is sent from here.
//!
//! The documents are not chosen by hand: `libraries/walk.py` and `walk.js` find every
//! builder method and parameter by reflection. `make test` installs the libraries.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use pivot_lab::paths;
use serde_json::Value;

/// What a document of theirs may be warned about, besides what pivot does not do yet or
/// does without: mistakes that the library lets people make. The walk writes documents
/// of one parameter each, so others that are needed are missing in them.
const MISTAKES: &[&str] = &[
    " needs `",
    " without `interpret-as` ",
    " without `ph` ",
    " without `alias` ",
    " without `xml:lang` ",
    " without a `name` ",
    " without a noun ",
    " starts nothing",
    " is not a header that a document may set",
    " has the inbound track only",
    " does not work with the model ",
    "`digits` of a `<Play>` inside ",
    "`debug` has no `true`",
    "`input` has no `speech`",
    "`sendDigits` cannot be `1,2`",
    "`requireMatchingInputs` is neither true nor false",
];

#[derive(Clone, Copy, PartialEq)]
enum Library {
    Python,
    Node,
}

impl Library {
    /// One of the scripts of `libraries/`, run with the library at hand.
    fn script(self, name: &str) -> Command {
        let installed = paths::build().join("twilio");
        let scripts = paths::lab().join("libraries");
        let mut command;
        match self {
            Self::Python => {
                command = Command::new(installed.join("python/bin/python"));
                command.arg(scripts.join(format!("{name}.py")));
            }
            Self::Node => {
                command = Command::new("node");
                command.arg(scripts.join(format!("{name}.js")));
                command.env("TWILIO_NODE", installed.join("node"));
            }
        }
        command
    }

    /// Every document that it can write, in a folder of this test's own.
    fn documents(self, test: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::remove_dir_all(&folder).ok();
        let written = self.script("walk").arg(&folder).output();
        let written = written.expect("`make setup TWILIO_LIBRARIES=1` installs what is missing");
        assert!(written.status.success(), "{}", text(&written));
        let methods: usize = text(&written).split(' ').next().unwrap().parse().unwrap();
        assert!(methods > 100, "only {methods} methods were found");
        folder
    }
}

fn pivot() -> Command {
    Command::new(pivot_lab::pivot::binary().unwrap())
}

fn text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// No errors, and no warning that is not expected.
fn check(library: Library, test: &str) {
    let folder = library.documents(test);
    let checked = pivot()
        .args(["check", "--json"])
        .arg(&folder)
        .output()
        .unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&checked.stdout).unwrap();
    let unexpected: BTreeSet<String> = findings
        .iter()
        .filter(|finding| !is_expected(finding))
        .map(|finding| {
            format!(
                "{} ({}): {}",
                finding["message"], finding["severity"], finding["file"]
            )
        })
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert!(checked.status.success());
}

fn is_expected(finding: &Value) -> bool {
    let message = finding["message"].as_str().unwrap();
    finding["severity"] == "warning"
        && (finding["differs"].is_string() || MISTAKES.iter().any(|known| message.contains(known)))
}

/// One document of each method, with all its parameters, and the one with everything:
/// each as a call, to its end.
fn run(library: Library, test: &str) {
    let folder = library.documents(test);
    for name in [
        "next",
        "wait",
        "status",
        "recording",
        "refer",
        "amd",
        "partial",
        "events",
    ] {
        let document = folder.join(format!("{name}.xml"));
        std::fs::write(document, "<Response><Hangup/></Response>").unwrap();
    }
    let sound = paths::checkout().join("tests/fixtures/audio");
    let sound = std::fs::read_dir(sound)
        .unwrap()
        .map(|file| file.unwrap().path());
    let sound = sound
        .into_iter()
        .find(|file| file.extension().is_some_and(|e| e == "wav"));
    std::fs::copy(sound.unwrap(), folder.join("beep.wav")).unwrap();
    let mut documents: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| !path.file_stem().unwrap().to_string_lossy().contains('-'))
        .collect();
    documents.sort();
    let mut failed = Vec::new();
    for document in &documents {
        if document
            .extension()
            .is_none_or(|extension| extension != "xml")
        {
            continue;
        }
        let mut simulate = pivot();
        simulate
            .arg("simulate")
            .arg(document)
            .args(["--hangup", "300"]);
        let ran = simulate.output().unwrap();
        let printed = text(&ran);
        let ended = printed.contains("hung up by the flow") || printed.contains("caller gone");
        if !ran.status.success() || !ended || printed.contains("panicked") {
            failed.push(format!("{}\n{printed}", document.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// A web application with the library's validator in it.
struct Validator {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
    port: u16,
}

impl Validator {
    fn start(library: Library, token: &str, folder: &Path) -> Self {
        let mut script = library.script("validate");
        script.arg(token).arg(folder).stdout(Stdio::piped());
        let mut process = script.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        Self {
            process,
            output,
            port: port.trim().parse().unwrap(),
        }
    }

    /// What it said of each request, once it is stopped.
    fn seen(mut self) -> Vec<Value> {
        self.process.kill().unwrap();
        let lines = self.output.by_ref().lines();
        let seen = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let seen = seen.collect();
        self.process.wait().unwrap();
        seen
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        self.process.kill().ok();
    }
}

/// A call that makes requests of many kinds, each signed.
// Check 190.
fn validate(library: Library, test: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, verbs) in [
        (
            "voice",
            "<Gather action='/keys?x=1&amp;y=%C3%A9+z' numDigits='2'><Say>Two keys</Say></Gather>",
        ),
        (
            "keys",
            "<Redirect method='GET'>/get?b=2&amp;a=%20&amp;empty=</Redirect>",
        ),
        (
            "get",
            "<Record action='/recorded' maxLength='3' recordingStatusCallback='/told' \
             recordingStatusCallbackEvent='completed absent'/>",
        ),
        (
            "recorded",
            "<Dial action='/dialled#rc=2'><Number statusCallback='/leg' \
             statusCallbackEvent='initiated ringing answered completed'>+14155551212</Number></Dial>",
        ),
        ("dialled", "<Hangup/>"),
    ] {
        let document = format!("<Response>{verbs}</Response>");
        std::fs::write(folder.join(format!("{name}.xml")), document).unwrap();
    }
    for (token, expected) in [("t0ken-of-the-account", true), ("another", false)] {
        let validator = Validator::start(library, token, &folder);
        let url = format!("http://127.0.0.1:{}/voice?who=caf%C3%A9", validator.port);
        let mut simulate = pivot();
        simulate.args(["simulate", &url, "--digits", "12"]);
        simulate.args(["--auth-token", "t0ken-of-the-account"]);
        let ran = simulate.output().unwrap();
        assert!(ran.status.success(), "{}", text(&ran));
        let seen = validator.seen();
        let paths: Vec<&str> = seen.iter().map(|s| s["path"].as_str().unwrap()).collect();
        for path in ["/voice", "/keys", "/get", "/recorded", "/told", "/dialled"] {
            assert!(paths.contains(&path), "{paths:?}\n{}", text(&ran));
        }
        let legs = paths.iter().filter(|path| **path == "/leg").count();
        assert_eq!(legs, 4, "{paths:?}");
        for request in &seen {
            assert_eq!(request["valid"], expected, "{request}");
        }
    }
}

macro_rules! with_each_library {
    ($($test:ident => $check:ident;)*) => {$(
        mod $test {
            use super::{Library, $check as check};
            #[test]
            fn of_python() { check(Library::Python, concat!(stringify!($test), "-python")); }
            #[test]
            fn of_node() { check(Library::Node, concat!(stringify!($test), "-node")); }
        }
    )*};
}

with_each_library! {
    every_document_of_the_library_reads_without_error => check;
    every_document_of_the_library_runs_to_its_end => run;
    requests_pass_the_validator => validate;
}
