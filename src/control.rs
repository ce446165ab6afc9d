//! The control socket: how `pivot calls` and `pivot trace` ask the daemon.
//!
//! A Unix socket of mode 0600. One line of JSON asks, lines of JSON answer:
//! `{"ask":"calls"}`, `{"ask":"trace","call":"CA…","follow":true}`.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::trace::{Entry, Summary, Timeline, Traces};

/// A question is short.
const LINE: usize = 4096;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase")]
pub enum Question {
    Calls,
    Trace {
        call: String,
        /// Goes on until the call ends.
        #[serde(default)]
        follow: bool,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum Answer {
    Calls { calls: Vec<Summary> },
    Trace(Timeline),
    Entry(Entry),
    Error { message: String },
}

#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("control socket {path}: {error} ([control] socket)")]
    Bind { path: String, error: io::Error },
    #[error(
        "no pivot answers at {path}: {error}. Is it running, and is this its [control] socket?"
    )]
    Connect { path: String, error: io::Error },
    #[error("the daemon's answer cannot be read: {0}")]
    Answer(String),
    #[error("{0}")]
    Refused(String),
}

/// Opens the socket. One that a pivot which is gone has left is replaced; one
/// that answers is not.
pub async fn bind(path: &Path) -> Result<UnixListener, ControlError> {
    let failed = |error| ControlError::Bind {
        path: path.display().to_string(),
        error,
    };
    if UnixStream::connect(path).await.is_ok() {
        let error = io::Error::new(io::ErrorKind::AddrInUse, "another pivot answers there");
        return Err(failed(error));
    }
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.file_type().is_socket() => {
            std::fs::remove_file(path).map_err(failed)?;
        }
        // A mistyped path must not cost anybody a file.
        Ok(_) => {
            let error = io::Error::new(io::ErrorKind::AlreadyExists, "it is not a socket");
            return Err(failed(error));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

/// Answers until told to stop.
pub async fn serve(
    listener: UnixListener,
    traces: Traces,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let connection = tokio::select! {
            () = stop.cancelled() => return,
            connection = listener.accept() => connection,
        };
        if let Ok((stream, _)) = connection {
            let (traces, stop) = (traces.clone(), stop.clone());
            tasks.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    // Whoever asked has gone away: nothing to tell anybody.
                    _ = answer(stream, traces) => {}
                }
            });
        }
    }
}

async fn answer(stream: UnixStream, traces: Traces) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut read = BufReader::new(tokio::io::AsyncReadExt::take(read, LINE as u64));
    read.read_line(&mut line).await?;
    let mut say = async |answer: Answer| -> io::Result<()> {
        let mut text = serde_json::to_string(&answer)?;
        text.push('\n');
        write.write_all(text.as_bytes()).await
    };
    match serde_json::from_str(&line) {
        Err(error) => {
            say(Answer::Error {
                message: error.to_string(),
            })
            .await
        }
        Ok(Question::Calls) => {
            say(Answer::Calls {
                calls: traces.calls().await,
            })
            .await
        }
        Ok(Question::Trace { call, follow }) => {
            let (lines, mut entries) = mpsc::unbounded_channel();
            let found = if follow {
                traces.follow(&call, lines).await
            } else {
                drop(lines);
                traces.find(&call).await
            };
            let Some(timeline) = found else {
                let message =
                    format!("no call {call:?} here; `pivot calls` lists those that are known");
                return say(Answer::Error { message }).await;
            };
            say(Answer::Trace(timeline)).await?;
            while let Some(entry) = entries.recv().await {
                say(Answer::Entry(entry)).await?;
            }
            Ok(())
        }
    }
}

/// Asks the daemon and hands each answer to `each`.
pub async fn ask(
    path: &PathBuf,
    question: &Question,
    mut each: impl FnMut(Answer),
) -> Result<(), ControlError> {
    let shown = path.display().to_string();
    let connect = |error| ControlError::Connect {
        path: shown.clone(),
        error,
    };
    let stream = UnixStream::connect(path).await.map_err(connect)?;
    let (read, mut write) = stream.into_split();
    let mut text =
        serde_json::to_string(question).map_err(|error| ControlError::Answer(error.to_string()))?;
    text.push('\n');
    write.write_all(text.as_bytes()).await.map_err(connect)?;
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await.map_err(connect)? {
        match serde_json::from_str(&line)
            .map_err(|error| ControlError::Answer(error.to_string()))?
        {
            Answer::Error { message } => return Err(ControlError::Refused(message)),
            answer => each(answer),
        }
    }
    Ok(())
}
