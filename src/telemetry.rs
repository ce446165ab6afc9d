//! The log. `RUST_LOG` says what is in it, as in `RUST_LOG=pivot=debug`, which
//! shows every call's timeline.

use std::sync::OnceLock;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"))
}

/// Starts logging to stderr. Later calls change nothing.
pub fn start(json: bool) {
    let (filter, handle) = reload::Layer::new(filter());
    let lines = if json {
        fmt::layer().json().with_writer(std::io::stderr).boxed()
    } else {
        fmt::layer()
            .with_target(false)
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .with_writer(std::io::stderr)
            .boxed()
    };
    if tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .is_ok()
    {
        FILTER.set(handle).ok();
    }
}

/// Reads `RUST_LOG` again, on SIGHUP.
pub fn reload() {
    if let Some(handle) = FILTER.get() {
        handle.reload(filter()).ok();
        tracing::info!("log filter read again");
    }
}

use tracing_subscriber::Layer as _;
