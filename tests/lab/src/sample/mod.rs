//! The sample flows: one table of numbers for the demo and the live tests.
//!
//! The documents are plain files in `tests/lab/sample/`, served by a sample web
//! application; the calls to them are scripts of [`Step`]s.

mod run;

use std::path::Path;

use Step::*;

use crate::error::{LabError, Result};
use crate::paths;
use crate::pivot::Config;
use crate::webapp::WebApp;

pub use run::{Outcome, Recording, run};

/// The number of the second party, behind the trunk.
pub const OTHER: &str = "15557000";
/// The number of the caller.
pub const CALLER: &str = "15550001";
/// What the caller and the second party send when they talk, in hertz.
pub const CALLER_TONE: f64 = 600.0;
pub const OTHER_TONE: f64 = 900.0;

/// One number with the flow behind it and a call to it.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub number: &'static str,
    pub title: &'static str,
    pub source: Source,
    pub script: &'static [Step],
    /// Paths of the web application that the call requests, in this order.
    pub requests: &'static [&'static str],
}

/// Where the number's flow comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// The web application's file of that name, with further lines of the route.
    Web(&'static str, &'static str),
    /// A Callflow document in a file.
    Callflow(&'static str),
}

/// What the caller does or expects.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Hears this sentence; goes on when it is over.
    Hears(&'static str),
    /// Presses these keys.
    Presses(&'static str),
    /// Sends [`CALLER_TONE`] for so many seconds.
    Sings(u64),
    /// Does nothing for so many seconds.
    Waits(u64),
    /// The second party answers, both send their tones, the second party hangs up.
    Talks,
    /// A recording of this call has the caller's tone in it.
    RecordedCaller,
    /// A recording of this call has both tones in it.
    RecordedBoth,
    /// pivot hangs up.
    Ends,
}

const KAZOO: &str = "req_format = \"kazoo\"\nmethod = \"get\"";

/// All of them. The demo runs them in this order.
pub const SAMPLES: [Sample; 12] = [
    Sample {
        number: "2030",
        title: "pivot module, answered with tts",
        source: Source::Callflow("callflow-2030.json"),
        script: &[Hears("pivot is pretty awesome have a great day"), Ends],
        requests: &["/script.json"],
    },
    Sample {
        number: "2031",
        title: "TwiML Say",
        source: Source::Web("say.xml", ""),
        script: &[Hears("you're using pivot twiml"), Ends],
        requests: &["/say.xml"],
    },
    Sample {
        number: "2032",
        title: "Callflow tts",
        source: Source::Web("tts.json", KAZOO),
        script: &[Hears("you're using callflow json"), Ends],
        requests: &["/tts.json"],
    },
    Sample {
        number: "2033",
        title: "Say, the pair of 2030",
        source: Source::Web("say-awesome.xml", ""),
        script: &[Hears("pivot is pretty awesome have a great day"), Ends],
        requests: &["/say-awesome.xml"],
    },
    Sample {
        number: "2034",
        title: "tts, asked in the twiml format",
        source: Source::Web("hello.json", ""),
        script: &[Hears("hello pivot"), Ends],
        requests: &["/hello.json"],
    },
    Sample {
        number: "2035",
        title: "resources to a second party",
        source: Source::Web("resources.json", KAZOO),
        script: &[Talks, Ends],
        requests: &["/resources.json"],
    },
    Sample {
        number: "2036",
        title: "Dial to a second party",
        source: Source::Web("dial.xml", ""),
        script: &[Talks, Ends],
        requests: &["/dial.xml"],
    },
    Sample {
        number: "2037",
        title: "record_call around resources",
        source: Source::Web("record-call.json", KAZOO),
        script: &[Talks, Ends, RecordedBoth],
        requests: &["/record-call.json"],
    },
    Sample {
        number: "2038",
        title: "Dial, Say, Record, Say",
        source: Source::Web("dial-say-record.xml", ""),
        script: &[
            Talks,
            Hears("recording for ten"),
            // Past the beep, or the tone would begin in it.
            Waits(1),
            Sings(3),
            // Ten seconds of silence end the recording.
            Hears("thank you"),
            Ends,
            RecordedCaller,
        ],
        requests: &["/dial-say-record.xml"],
    },
    Sample {
        number: "2039",
        title: "Dial with record, Say",
        source: Source::Web("dial-record.xml", ""),
        script: &[Talks, Hears("already recording"), Ends, RecordedBoth],
        requests: &["/dial-record.xml"],
    },
    Sample {
        number: "2040",
        title: "collect_dtmf and a nested pivot",
        source: Source::Web("collect.json", KAZOO),
        script: &[
            Waits(1),
            Presses("1379"),
            Hears("you entered 1 3 7 9"),
            Ends,
        ],
        requests: &["/collect.json", "/collected.xml"],
    },
    Sample {
        number: "2041",
        title: "Gather with action",
        source: Source::Web("gather.xml", ""),
        script: &[
            Waits(1),
            Presses("1379#"),
            Hears("you pressed 1 3 7 9"),
            Ends,
        ],
        requests: &["/gather.xml", "/gathered.json"],
    },
];

pub fn by_number(number: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|s| s.number == number)
}

/// Serves the documents from `app` and routes every number to its own.
/// Callflow files are written to `dir`.
pub fn serve(app: &WebApp, dir: &Path) -> Result<Config> {
    let pairs = [("{app}", app.url("")), ("{other}", OTHER.to_owned())];
    let documents = paths::lab().join("sample");
    app.serve_dir(&documents, &pairs)?;
    std::fs::create_dir_all(dir).map_err(|e| LabError::file(dir, e))?;
    let mut config = Config::default();
    for sample in &SAMPLES {
        let lines = match sample.source {
            Source::Web(file, more) => {
                format!("voice_url = {:?}\n{more}\n", app.url(&format!("/{file}")))
            }
            Source::Callflow(file) => {
                let path = documents.join(file);
                let text = std::fs::read_to_string(&path).map_err(|e| LabError::file(&path, e))?;
                let text = pairs
                    .iter()
                    .fold(text, |text, (from, to)| text.replace(from, to));
                let path = dir.join(file);
                std::fs::write(&path, text).map_err(|e| LabError::file(&path, e))?;
                format!("callflow = {path:?}\n")
            }
        };
        config = config.route(sample.number, &lines);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_their_documents_exist() {
        for (i, sample) in SAMPLES.iter().enumerate() {
            assert!(SAMPLES[i + 1..].iter().all(|s| s.number != sample.number));
            let (Source::Web(file, _) | Source::Callflow(file)) = sample.source;
            let pages = sample.requests.iter().map(|p| &p[1..]);
            for name in pages.chain([file]) {
                assert!(paths::lab().join("sample").join(name).exists(), "{name}");
            }
        }
    }
}
