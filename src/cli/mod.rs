//! The commands, one file each.
//!
//! Exit codes: 0 fine, 1 the thing asked about has errors, 2 wrong usage or
//! unreadable configuration.

mod calls;
pub mod check;
mod completions;
mod doctor;
mod import;
mod init;
mod run;
mod schema;
mod simulate;
mod stored;
mod token;
mod trace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The thing asked about has errors.
const ERRORS: u8 = 1;
/// Wrong usage, or a configuration that cannot be used.
const USAGE: u8 = 2;

/// Programmable call flows for Asterisk: TwiML and Callflow JSON from any web server.
#[derive(Debug, Parser)]
#[command(name = "pivot", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: take the calls that `Stasis(pivot)` hands over.
    Run {
        #[command(flatten)]
        config: ConfigFile,
        /// Log as JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Read TwiML and Callflow documents, and say what is wrong with them.
    Check {
        /// TwiML (`.xml`), Callflow (`.json`) or pivot.toml files; of a folder, all
        /// `.xml`, `.twiml` and `.json` files in it.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Instead of each finding: which documents run as they are, and what
        /// differs in the others, with the places.
        #[arg(long)]
        report: bool,
    },
    /// Run a flow with no telephony, in virtual time, and print what would happen.
    Simulate(simulate::Arguments),
    /// List live and recent calls of the running daemon.
    Calls {
        #[command(flatten)]
        config: ConfigFile,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one call's timeline, with causes and milliseconds.
    Trace {
        /// A CallSid, the end of one, or a channel's name, as `pivot calls` lists them.
        call: String,
        #[command(flatten)]
        config: ConfigFile,
        /// Go on until the call ends.
        #[arg(long, short)]
        follow: bool,
        /// Print JSON, one entry a line.
        #[arg(long)]
        json: bool,
    },
    /// Look at your Asterisk and say what to change, line by line.
    Doctor {
        #[command(flatten)]
        config: ConfigFile,
        /// Where Asterisk's configuration files are, if they are on this machine.
        #[arg(long, default_value = "/etc/asterisk")]
        asterisk_etc: PathBuf,
        /// Print the findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write a pivot.toml and the Asterisk snippets to start from.
    Init {
        /// The folder to write into; nothing in it is overwritten.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Put documents into the store: all of them, or none when something is wrong.
    Import(import::Arguments),
    /// Make, list and revoke the tokens that open the API, and make accounts.
    Token(token::Arguments),
    /// Print the JSON Schemas of the Callflow modules.
    Schema,
    /// Print completions for a shell.
    Completions { shell: clap_complete::Shell },
}

/// Where the configuration is.
#[derive(Debug, Clone, clap::Args)]
struct ConfigFile {
    /// The configuration; every key also as environment variable (PIVOT__ARI__PASSWORD).
    #[arg(long, env = "PIVOT_CONFIG", default_value = "pivot.toml")]
    config: PathBuf,
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            error.print().ok();
            let usage = error.use_stderr();
            return ExitCode::from(if usage { USAGE } else { 0 });
        }
    };
    match cli.command {
        Command::Run { config, json } => run::main(&config, json),
        Command::Check {
            files,
            json,
            report,
        } => check_files(&files, json, report),
        Command::Simulate(arguments) => simulate::main(&arguments),
        Command::Calls { config, json } => calls::main(&config, json),
        Command::Trace {
            call,
            config,
            follow,
            json,
        } => trace::main(&config, &call, follow, json),
        Command::Doctor {
            config,
            asterisk_etc,
            json,
        } => doctor::main(&config, &asterisk_etc, json),
        Command::Init { dir } => init::main(&dir),
        Command::Import(arguments) => import::main(&arguments),
        Command::Token(arguments) => token::main(&arguments),
        Command::Schema => schema::main(),
        Command::Completions { shell } => completions::main(shell),
    }
}

fn check_files(files: &[PathBuf], json: bool, report: bool) -> ExitCode {
    use std::io::IsTerminal;
    let color = std::io::stdout().is_terminal();
    let style = if report {
        check::Style::Support { json }
    } else if json {
        check::Style::Json
    } else {
        check::Style::Text { color }
    };
    match check::check(files, style, &mut std::io::stdout().lock()) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            complain(error);
            ExitCode::from(ERRORS)
        }
    }
}

/// Says on stderr what is wrong.
fn complain(message: impl std::fmt::Display) {
    #[expect(
        clippy::print_stderr,
        reason = "this is a command, and its user is reading"
    )]
    {
        eprintln!("pivot: {message}");
    }
}

/// Writes to stdout. A reader that has gone away, as `head` does, is no error.
fn say(text: impl std::fmt::Display) {
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}").ok();
}

/// A runtime for commands that ask the daemon.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, std::io::Error> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_stack_size(crate::callflow::STACK)
        .build()?
        .block_on(work))
}

/// Loads the configuration, with every problem told at once.
fn load(file: &ConfigFile) -> Result<crate::config::Config, ExitCode> {
    let (config, warnings) = crate::config::Config::load(Some(&file.config)).map_err(|error| {
        complain(error);
        if !file.config.exists() {
            complain("`pivot init` writes one to start from; --config names another");
        }
        ExitCode::from(USAGE)
    })?;
    for warning in warnings {
        complain(format!("warning: {}: {}", warning.key, warning.message));
    }
    Ok(config)
}
