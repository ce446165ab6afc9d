//! The command `pivot`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pivot::cli::main()
}
