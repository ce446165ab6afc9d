//! `pivot schema`: the JSON Schemas of the Callflow modules.

use std::process::ExitCode;

use super::say;

pub(super) fn main() -> ExitCode {
    say(format!("{:#}", crate::callflow::schema()));
    ExitCode::SUCCESS
}
