//! `pivot trace CALL`: one call's timeline.

use std::process::ExitCode;

use super::{ConfigFile, ERRORS, block_on, complain, load, say};
use crate::clock::Time;
use crate::control::{self, Answer, Question};
use crate::trace::{Entry, Kind};

pub(super) fn main(file: &ConfigFile, call: &str, follow: bool, json: bool) -> ExitCode {
    let config = match load(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let question = Question::Trace {
        call: call.to_owned(),
        follow,
    };
    let mut began = None;
    let asked = block_on(control::ask(&config.control.socket, &question, |answer| {
        if json {
            return say(serde_json::to_string(&answer).unwrap_or_default());
        }
        match answer {
            Answer::Trace(timeline) => {
                let summary = &timeline.summary;
                began = Some(summary.began);
                say(format!(
                    "{} {} → {} ({}), {}",
                    summary.id, summary.from, summary.to, summary.channel, summary.state
                ));
                timeline
                    .entries
                    .iter()
                    .for_each(|entry| say(line(entry, summary.began)));
            }
            Answer::Entry(entry) => say(line(&entry, began.unwrap_or(entry.at))),
            Answer::Calls { .. } | Answer::Error { .. } => {}
        }
    }));
    match asked {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            complain(error);
            ExitCode::from(ERRORS)
        }
        Err(error) => {
            complain(error);
            ExitCode::from(ERRORS)
        }
    }
}

/// Seconds since the call began, what it is about, what happened, and how long it took.
pub(super) fn line(entry: &Entry, began: Time) -> String {
    let kind = match entry.kind {
        Kind::Event => "asterisk →",
        Kind::Ari => "→ asterisk",
        Kind::Http => "http",
        Kind::Decision => "·",
        Kind::Step => "step",
        Kind::Warning => "WARNING",
        Kind::Debug => "debug",
    };
    let took = entry
        .took_ms
        .map(|ms| format!("  [{ms:.1} ms]"))
        .unwrap_or_default();
    let seconds = entry.at.since(began).as_secs_f64();
    let detail = entry
        .detail
        .as_ref()
        .map(|detail| format!("\n{detail:#}"))
        .unwrap_or_default();
    format!("{seconds:>9.3}  {kind:<10}  {}{took}{detail}", entry.text)
}
