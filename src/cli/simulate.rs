//! `pivot simulate FILE-or-URL`: a flow without telephony, in virtual time.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::mpsc;

use super::trace::line;
use super::{ERRORS, USAGE, complain, say};
use crate::app::{App, Options};
use crate::config::Config;
use crate::simulate::{self, Behaviour, Caller, FakeAsterisk, Page, Phone};
use crate::trace::{Entry, Kind};

/// A flow that has not ended by then never will.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A document (TwiML or Callflow JSON), or the URL of one. Relative URLs in a
    /// file find the files beside it.
    source: String,
    /// What the caller presses: each group between commas at the next wait for keys.
    #[arg(long, default_value = "")]
    digits: String,
    /// The caller's number.
    #[arg(long, default_value = "+15550001")]
    from: String,
    /// The number dialled.
    #[arg(long, default_value = "1000")]
    to: String,
    /// What a dialled party does: answer, busy, no-answer, or a SIP code.
    #[arg(long, default_value = "answer")]
    callee: String,
    /// The caller hangs up after this many seconds.
    #[arg(long)]
    hangup: Option<u64>,
    /// The names of the request parameters: twiml or kazoo.
    #[arg(long, default_value = "twiml")]
    req_format: String,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let simulated = match runtime {
        Ok(runtime) => runtime.block_on(simulate(arguments)),
        Err(error) => Err(error.to_string()),
    };
    match simulated {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(ERRORS),
        Err(error) => {
            complain(error);
            ExitCode::from(USAGE)
        }
    }
}

/// Whether the flow came to its end as its author meant it.
async fn simulate(arguments: &Arguments) -> Result<bool, String> {
    let folder = Scratch::new().map_err(|error| error.to_string())?;
    let is_url =
        arguments.source.starts_with("http://") || arguments.source.starts_with("https://");
    let page = if is_url {
        None
    } else {
        let served = Page::serve(Path::new(&arguments.source)).await;
        Some(served.map_err(|error| format!("{}: {error}", arguments.source))?)
    };
    let url = page
        .as_ref()
        .map_or_else(|| arguments.source.clone(), Page::url);
    let asterisk = FakeAsterisk::start(simulate::Options::default())
        .await
        .map_err(|error| error.to_string())?;
    asterisk.callee("*", behaviour(&arguments.callee)?).await;
    let config = config(&asterisk, &folder.0, &url, &arguments.req_format)?;
    let options = Options {
        quiet: true,
        simulated: true,
        ..Options::default()
    };
    let mut pivot = App::start(config, options)
        .await
        .map_err(|error| error.to_string())?;
    pivot.wait_ready().await;
    let phone = asterisk
        .call(Caller {
            number: arguments.from.clone(),
            name: String::new(),
            to: arguments.to.clone(),
            ..Caller::default()
        })
        .await;
    if let Some(seconds) = arguments.hangup {
        phone.hangup_at(Duration::from_secs(seconds));
    }
    follow(&pivot, &phone, &arguments.digits).await;
    let handed_back = phone.continued().await;
    if let Some(continued) = &handed_back {
        let told = |name: &str| continued.variables.get(name).cloned().unwrap_or_default();
        say(format!(
            "\nback to the dialplan: {} {}",
            told("PIVOT_STATUS"),
            told("PIVOT_REASON")
        ));
    }
    pivot.stop().await;
    Ok(handed_back.is_none())
}

/// Prints the timeline as it grows, and presses keys where the flow waits for them.
async fn follow(pivot: &App, phone: &Phone, digits: &str) {
    let mut groups = digits.split(',').filter(|group| !group.is_empty());
    let (lines, mut entries) = mpsc::unbounded_channel();
    let Some(call) = first_call(pivot).await else {
        return;
    };
    let timeline = pivot.traces.follow(&call, lines).await;
    let began = timeline
        .as_ref()
        .map_or_else(crate::clock::now, |t| t.summary.began);
    let earlier = timeline.map(|t| t.entries).unwrap_or_default();
    let tell = |entry: &Entry| {
        say(line(entry, began));
        entry.kind == Kind::Decision && entry.text == crate::call::ops::WAITS_FOR_KEYS
    };
    let mut waits = earlier.iter().filter(|entry| tell(entry)).count();
    let deadline = tokio::time::Instant::now() + LONGEST;
    loop {
        while waits > 0 {
            waits -= 1;
            if let Some(keys) = groups.next() {
                phone.press_at(Duration::from_secs(1), keys);
            }
        }
        match tokio::time::timeout_at(deadline, entries.recv()).await {
            Ok(Some(entry)) => waits += usize::from(tell(&entry)),
            Ok(None) => return,
            Err(_) => {
                say(format!(
                    "the flow goes on for more than {} h; the caller hangs up",
                    LONGEST.as_secs() / 3600
                ));
                phone.hangup().await;
                return;
            }
        }
    }
}

async fn first_call(pivot: &App) -> Option<String> {
    for _ in 0..100 {
        if let Some(call) = pivot.traces.calls().await.first() {
            return Some(call.id.clone());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}

fn behaviour(callee: &str) -> Result<Behaviour, String> {
    match callee {
        "answer" => {
            Ok(Behaviour::answers(Duration::from_secs(3)).hangs_up_after(Duration::from_secs(10)))
        }
        "busy" => Ok(Behaviour::busy()),
        "no-answer" => Ok(Behaviour::no_answer()),
        code => match code.parse() {
            Ok(code @ 400..=699) => Ok(Behaviour::rejects(code)),
            _ => Err(format!(
                "--callee {callee}: write answer, busy, no-answer, or a SIP code from 400 to 699"
            )),
        },
    }
}

fn config(
    asterisk: &FakeAsterisk,
    folder: &Path,
    url: &str,
    req_format: &str,
) -> Result<Config, String> {
    let variables = [
        ("PIVOT__ARI__URL", asterisk.url()),
        ("PIVOT__ARI__USERNAME", asterisk.options().username.clone()),
        ("PIVOT__ARI__PASSWORD", asterisk.options().password.clone()),
        ("PIVOT__DEFAULT__VOICE_URL", url.to_owned()),
        ("PIVOT__DEFAULT__REQ_FORMAT", req_format.to_owned()),
        (
            "PIVOT__MEDIA__DIR",
            folder.join("media").display().to_string(),
        ),
        (
            "PIVOT__MEDIA__ASTERISK_DIR",
            folder.join("media").display().to_string(),
        ),
        (
            "PIVOT__RECORDINGS__DIR",
            folder.join("recordings").display().to_string(),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    Config::load_with(None, variables)
        .map(|(config, _)| config)
        .map_err(|error| error.to_string())
}

/// A folder that is gone afterwards.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(crate::id::secret_sid("pivot-simulate-"));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
