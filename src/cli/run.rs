//! `pivot run`: the daemon.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigFile, ERRORS, USAGE, complain, load};
use crate::app::{App, Options};
use crate::callflow::STACK;
use crate::config::Config;
use crate::telemetry;

pub(super) fn main(file: &ConfigFile, json: bool) -> ExitCode {
    telemetry::start(json);
    let config = match load(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    // Asterisk needs the other half of the machine, and threads that hand single
    // events to each other spend more on waking up than on the events.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut runtime = match cores / 2 {
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        threads => {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            runtime.worker_threads(threads);
            runtime
        }
    };
    runtime.thread_stack_size(STACK);
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(error);
            return ExitCode::from(ERRORS);
        }
    };
    runtime.block_on(run(file, config))
}

async fn run(file: &ConfigFile, config: Config) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(version, asterisk = %config.ari.url, app = config.ari.app, "pivot starts");
    let signals = signal(SignalKind::terminate()).and_then(|term| {
        Ok((
            term,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ))
    });
    let (mut terminate, mut interrupt, mut hangup) = match signals {
        Ok(signals) => signals,
        Err(error) => {
            complain(error);
            return ExitCode::from(ERRORS);
        }
    };
    let listen = config.http.listen;
    let mut app = match App::start(config, Options::default()).await {
        Ok(app) => app,
        Err(error) => {
            complain(error);
            return ExitCode::from(USAGE);
        }
    };
    tracing::info!(%listen, "pivot's own HTTP server listens");
    let mut state = app.connection.state.clone();
    let mut told = false;
    let code = loop {
        tokio::select! {
            ready = app.wait_ready(), if !told => {
                told = true;
                if ready {
                    complain(format!("ready: connected to Asterisk {}", app.services.ari.features().version));
                    sd_notify::notify(&[sd_notify::NotifyState::Ready]).ok();
                }
            }
            _ = state.wait_for(|state| *state == crate::ari::SocketState::Replaced) => {
                complain("another program has taken the application; see the log");
                break ExitCode::from(ERRORS);
            }
            _ = terminate.recv() => break ExitCode::SUCCESS,
            _ = interrupt.recv() => break ExitCode::SUCCESS,
            _ = hangup.recv() => reload(&app, file).await,
        }
    };
    sd_notify::notify(&[sd_notify::NotifyState::Stopping]).ok();
    tracing::info!("pivot takes no further calls and waits for those that run");
    app.drain().await;
    app.stop().await;
    tracing::info!("pivot has ended");
    code
}

/// SIGHUP: reads the configuration again. What cannot be used changes nothing.
async fn reload(app: &App, file: &ConfigFile) {
    match Config::load(Some(&file.config)) {
        Ok((config, _)) => {
            app.reload(config).await;
            tracing::info!("[default] and [[route]] read again; the rest needs a restart");
        }
        Err(error) => tracing::error!(%error, "nothing changes"),
    }
}
