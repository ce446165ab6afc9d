//! `pivot completions SHELL`.

use std::process::ExitCode;

use clap::CommandFactory;

pub(super) fn main(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(
        shell,
        &mut super::Cli::command(),
        "pivot",
        &mut std::io::stdout(),
    );
    ExitCode::SUCCESS
}
