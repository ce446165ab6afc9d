//! Speech programs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::SpeechError;

/// No utterance is larger: an hour at 22 kHz.
const MAX_OUTPUT: u64 = 160 * 1024 * 1024;

/// A program that is run once for an utterance.
pub(super) struct Run<'a> {
    pub(super) engine: &'static str,
    pub(super) command: &'a Path,
    /// The setting that names the command.
    pub(super) key: &'static str,
    pub(super) args: Vec<&'a OsStr>,
    /// Text goes in here and never among the arguments, where it could be taken
    /// for an option.
    pub(super) input: &'a str,
    pub(super) limit: Duration,
}

impl Run<'_> {
    /// Runs it to its end; its standard output, if it succeeds. Dropping the
    /// future kills it.
    pub(super) async fn output(self) -> Result<Vec<u8>, SpeechError> {
        let engine = self.engine;
        let limit = self.limit;
        within(limit, self.run())
            .await
            .unwrap_or(Err(SpeechError::Timeout { engine, limit }))
    }

    async fn run(self) -> Result<Vec<u8>, SpeechError> {
        let failed = |why: String| SpeechError::Failed {
            engine: self.engine,
            why,
        };
        let mut command = Command::new(self.command);
        command.args(&self.args);
        let mut child = start(&mut command, self.key)?;
        let mut stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let feed = async {
            if let Some(stdin) = &mut stdin {
                // A program that ends without reading says why on its own.
                let _ = stdin.write_all(self.input.as_bytes()).await;
            }
            drop(stdin);
        };
        let ((), out, errors) = tokio::join!(feed, all(stdout), all(stderr));
        let status = child.wait().await.map_err(|e| failed(e.to_string()))?;
        if status.success() {
            return Ok(out);
        }
        let errors = String::from_utf8_lossy(&errors);
        let last = errors.trim().lines().last().unwrap_or_default();
        Err(failed(format!("it ended with {status}: {last}")))
    }
}

/// Starts a program that dies with the value returned.
pub(super) fn start(command: &mut Command, key: &'static str) -> Result<Child, SpeechError> {
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    child.map_err(|error| SpeechError::Start {
        command: command.as_std().get_program().display().to_string(),
        why: error.to_string(),
        key,
    })
}

async fn all(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What was read before an error is judged like a short output.
        let _ = stream.take(MAX_OUTPUT).read_to_end(&mut bytes).await;
    }
    bytes
}

/// Waits for something outside the runtime, at most `limit` of real time, and
/// holds virtual time meanwhile: without it a flow that is simulated would run
/// into its deadlines while a program speaks (a blocking task keeps tokio's
/// paused clock from advancing).
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let (release, held) = mpsc::channel::<()>();
    let expired = tokio::task::spawn_blocking(move || {
        held.recv_timeout(limit) == Err(RecvTimeoutError::Timeout)
    });
    let done = tokio::select! {
        biased;
        done = work => Some(done),
        _ = expired => None,
    };
    drop(release);
    done
}
