//! `pivot calls`: live and recent calls.

use std::process::ExitCode;

use super::{ConfigFile, ERRORS, block_on, complain, load, say};
use crate::clock;
use crate::control::{self, Answer, Question};
use crate::trace::Summary;

pub(super) fn main(file: &ConfigFile, json: bool) -> ExitCode {
    let config = match load(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let mut listed = Vec::new();
    let asked = block_on(control::ask(
        &config.control.socket,
        &Question::Calls,
        |answer| {
            if let Answer::Calls { calls } = answer {
                listed = calls;
            }
        },
    ));
    match asked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            complain(error);
            return ExitCode::from(ERRORS);
        }
        Err(error) => {
            complain(error);
            return ExitCode::from(ERRORS);
        }
    }
    if json {
        say(serde_json::to_string_pretty(&listed).unwrap_or_default());
    } else if listed.is_empty() {
        say("no calls yet");
    } else {
        say(format!(
            "{:<36}{:<18}{:<12}{:>8}  state",
            "call", "from", "to", "lasted"
        ));
        listed.iter().for_each(|call| say(line(call)));
    }
    ExitCode::SUCCESS
}

fn line(call: &Summary) -> String {
    let lasted = call
        .ended
        .unwrap_or_else(clock::now)
        .since(call.began)
        .as_secs();
    format!(
        "{:<36}{:<18}{:<12}{:>7}s  {}",
        call.id, call.from, call.to, lasted, call.state
    )
}
