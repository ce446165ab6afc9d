//! `pivot doctor`: looks at the shop's Asterisk and says what to change.

use std::path::Path;
use std::process::ExitCode;

use super::{ConfigFile, ERRORS, block_on, complain, load, say};
use crate::doctor::{self, Verdict};

pub(super) fn main(file: &ConfigFile, etc: &Path, json: bool) -> ExitCode {
    let config = match load(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    crate::web::install_crypto();
    let findings = match block_on(doctor::examine(&config, etc)) {
        Ok(findings) => findings,
        Err(error) => {
            complain(error);
            return ExitCode::from(ERRORS);
        }
    };
    if json {
        say(serde_json::to_string_pretty(&findings).unwrap_or_default());
    } else {
        for finding in &findings {
            let mark = match finding.verdict {
                Verdict::Good => "ok     ",
                Verdict::Doubtful => "doubt  ",
                Verdict::Bad => "PROBLEM",
            };
            say(format!("{mark}  {}", finding.what));
            if !finding.change.is_empty() {
                say(format!("         → {}", finding.change));
            }
        }
    }
    let worst = findings.iter().map(|finding| finding.verdict).max();
    match worst {
        Some(Verdict::Bad) => ExitCode::from(ERRORS),
        _ => {
            if !json {
                say("\nCalls can come. Dial a number of yours and watch it with `pivot calls`.");
            }
            ExitCode::SUCCESS
        }
    }
}
