//! `pivot simulate FILE-or-URL`: a flow without telephony, in virtual time.

mod heard;
mod script;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use heard::Listener;
use script::{Act, Script};

use super::trace::line;
use super::{ERRORS, USAGE, complain, say};
use crate::app::{App, Options};
use crate::clock::{self, Time};
use crate::config::Config;
use crate::simulate::{self, Caller, FakeAsterisk, Page, Phone};
use crate::trace::{Entry, Kind};

/// A flow that has not ended by then never will.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

const HELP: &str = "\
A script has one act a line:
  digits 12#                keys, at the next wait for keys
  speech I want sales       read, and not done yet: nobody hears it
  hangup                    at the next wait for keys
  digits 5 after 12         seconds after the call began; so also `hangup after 30`
  callee busy               what dialled parties do: answers, busy, no-answer, rings,
                            unregistered, or a SIP code from 400 to 699
  callee +1415* answers after 2 talks 60 presses 1 after 4
                            of those whose number or name matches; the last line counts
Lines that begin with # are comments.

Examples:
  pivot simulate ivr.xml --digits 1,2#
  pivot simulate https://app.example.com/voice --callee busy --from +14155550100
  pivot simulate ivr.xml --script impatient.txt
  pivot simulate office.json --at 2026-12-24T18:00";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
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
    /// What a dialled party does: answers, busy, no-answer, rings, unregistered, or a
    /// SIP code; of some only, as in `+1415* busy`. May be given several times.
    #[arg(long, value_name = "WHAT")]
    callee: Vec<String>,
    /// The caller hangs up after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    hangup: Option<u64>,
    /// When the call comes: a date and a time of this machine's clock, or with an
    /// offset, as in 2026-12-24T18:00:00+01:00. Decides what `temporal_route` does.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Time>,
    /// What everybody does, one act a line; see below.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Signs requests as the daemon does with `[account] auth_token`.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "PIVOT__ACCOUNT__AUTH_TOKEN",
        hide_env_values = true
    )]
    auth_token: Option<String>,
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
    let mut script = read_script(arguments)?;
    let _clock = arguments.at.map(clock::set);
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
    for (pattern, behaviour) in script.callees.drain(..) {
        asterisk.callee(&pattern, behaviour).await;
    }
    let config = config(&asterisk, &folder.0, &url, arguments)?;
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
    for (after, act) in script.timed.drain(..) {
        match act {
            Act::Digits(keys) => phone.press_at(after, &keys),
            Act::Speech(text) => not_heard(&text),
            Act::Hangup => phone.hangup_at(after),
        }
    }
    let mut listener = Listener::default();
    follow(&pivot, &phone, &mut script, &mut listener).await;
    listener.summary(&phone).await.into_iter().for_each(say);
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

/// A date and a time of this machine's clock, or with an offset.
fn time(text: &str) -> Result<Time, String> {
    let of_this_machine = || {
        let local: jiff::civil::DateTime = text.parse()?;
        TimeZone::system().to_timestamp(local)
    };
    text.parse::<Timestamp>()
        .or_else(|_| of_this_machine())
        .map(|instant| Time(instant.as_millisecond()))
        .map_err(|error: jiff::Error| format!("write it as 2026-12-24T18:00 ({error})"))
}

fn read_script(arguments: &Arguments) -> Result<Script, String> {
    let mut script = match &arguments.script {
        None => Script::default(),
        Some(path) => {
            let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| told(&error))?;
            Script::read(&text).map_err(|error| told(&error))?
        }
    };
    // What the script says of callees comes later, and so counts.
    let mut options = Script::default();
    options.callee("answers").map_err(|e| e.to_string())?;
    for callee in &arguments.callee {
        options
            .callee(callee)
            .map_err(|error| format!("--callee: {error}"))?;
    }
    options.callees.append(&mut script.callees);
    script.callees = options.callees;
    script
        .digits(&arguments.digits)
        .map_err(|error| format!("--digits: {error}"))?;
    if let Some(seconds) = arguments.hangup {
        let after = Duration::from_secs(seconds);
        script.timed.push((after, Act::Hangup));
    }
    Ok(script)
}

fn not_heard(text: &str) {
    say(format!("speech is not done yet, so nobody hears: {text}"));
}

/// Prints the timeline as it grows, and does what the script says where the flow
/// waits for keys.
async fn follow(pivot: &App, phone: &Phone, script: &mut Script, listener: &mut Listener) {
    let (lines, mut entries) = mpsc::unbounded_channel();
    let Some(call) = first_call(pivot).await else {
        return;
    };
    let timeline = pivot.traces.follow(&call, lines).await;
    let began = timeline
        .as_ref()
        .map_or_else(clock::now, |t| t.summary.began);
    let earlier = timeline.map(|t| t.entries).unwrap_or_default();
    let tell = |entry: &Entry| {
        say(line(entry, began));
        entry.kind == Kind::Decision && entry.text == crate::call::ops::WAITS_FOR_KEYS
    };
    let mut waits = earlier.iter().filter(|entry| tell(entry)).count();
    for entry in &earlier {
        listener.hear(entry, began);
    }
    let deadline = tokio::time::Instant::now() + LONGEST;
    loop {
        while waits > 0 {
            waits -= 1;
            match script.waits.pop_front() {
                Some(Act::Digits(keys)) => phone.press_at(Duration::from_secs(1), &keys),
                Some(Act::Speech(text)) => not_heard(&text),
                Some(Act::Hangup) => phone.hangup_at(Duration::from_secs(1)),
                None => {}
            }
        }
        match tokio::time::timeout_at(deadline, entries.recv()).await {
            Ok(Some(entry)) => {
                waits += usize::from(tell(&entry));
                listener.hear(&entry, began);
            }
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

fn config(
    asterisk: &FakeAsterisk,
    folder: &Path,
    url: &str,
    arguments: &Arguments,
) -> Result<Config, String> {
    let token = arguments
        .auth_token
        .iter()
        .map(|token| ("PIVOT__ACCOUNT__AUTH_TOKEN", token.clone()));
    let variables = [
        ("PIVOT__ARI__URL", asterisk.url()),
        ("PIVOT__ARI__USERNAME", asterisk.options().username.clone()),
        ("PIVOT__ARI__PASSWORD", asterisk.options().password.clone()),
        ("PIVOT__DEFAULT__VOICE_URL", url.to_owned()),
        ("PIVOT__DEFAULT__REQ_FORMAT", arguments.req_format.clone()),
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
    ];
    let variables = variables
        .into_iter()
        .chain(token)
        .map(|(name, value)| (name.to_owned(), value));
    Config::load_with(None, variables)
        .map(|(config, _)| config)
        .map_err(|error| error.to_string())
}

/// A folder that is gone afterwards.
struct Scratch(PathBuf);

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
