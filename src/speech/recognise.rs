//! Speech to text, by a program: `[transcribe] command`.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::SpeechError;
use super::command::Run;
use crate::config;

/// Why a recording was not understood.
#[derive(Debug, thiserror::Error)]
pub enum RecogniseError {
    #[error(
        "the recogniser was not done within {} s; `transcribe.timeout_s` sets how long it may take",
        .0.as_secs()
    )]
    Timeout(Duration),
    #[error(transparent)]
    Program(SpeechError),
    #[error("what the recogniser wrote is not UTF-8 text")]
    Text,
}

/// Runs the shop's recogniser, so many at once and no more. What waits, waits
/// without a limit: it is bounded by the calls that ask.
#[derive(Debug)]
pub struct Recogniser {
    command: Vec<String>,
    limit: Duration,
    permits: Semaphore,
}

impl Recogniser {
    /// None without a command.
    pub fn new(config: &config::Transcribe) -> Option<Self> {
        (!config.command.is_empty()).then(|| Self {
            command: config.command.clone(),
            limit: Duration::from_secs(config.timeout_s.max(1)),
            permits: Semaphore::new(config.at_once.max(1)),
        })
    }

    /// What is said in a WAV file.
    pub async fn recognise(&self, file: &Path) -> Result<String, RecogniseError> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await.ok();
        let file = file.display().to_string();
        let arguments: Vec<String> = self
            .command
            .iter()
            .skip(1)
            .map(|argument| argument.replace("{file}", &file))
            .collect();
        let run = Run {
            engine: "transcribe",
            command: Path::new(self.command.first().map_or("", String::as_str)),
            key: "transcribe.command",
            args: arguments.iter().map(OsStr::new).collect(),
            input: "",
            limit: self.limit,
        };
        let output = run.output().await.map_err(|error| match error {
            SpeechError::Timeout { limit, .. } => RecogniseError::Timeout(limit),
            error => RecogniseError::Program(error),
        })?;
        let text = String::from_utf8(output).map_err(|_| RecogniseError::Text)?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn shell(script: &str, at_once: usize) -> Recogniser {
        let config = config::Transcribe {
            command: ["sh", "-c", script, "{file}"].map(String::from).to_vec(),
            timeout_s: 5,
            at_once,
        };
        Recogniser::new(&config).unwrap()
    }

    #[tokio::test]
    async fn it_says_what_the_program_writes_about_the_file() {
        let recogniser = shell("echo \"  heard\n $0 \"", 1);
        let text = recogniser.recognise(Path::new("/tmp/RE1.wav")).await;
        assert_eq!(text.unwrap(), "heard /tmp/RE1.wav");
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_with_what_the_program_says() {
        let broken = shell("echo no model >&2; exit 3", 1);
        let error = broken.recognise(Path::new("x")).await.unwrap_err();
        assert!(error.to_string().contains("no model"), "{error}");
        let error = shell("printf '\\377'", 1).recognise(Path::new("x")).await;
        assert!(matches!(error, Err(RecogniseError::Text)), "{error:?}");
        let missing = config::Transcribe {
            command: vec!["/not/there".into(), "{file}".into()],
            ..config::Transcribe::default()
        };
        let missing = Recogniser::new(&missing).unwrap();
        let error = missing.recognise(Path::new("x")).await.unwrap_err();
        assert!(error.to_string().contains("transcribe.command"), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_killed() {
        let mut hangs = shell("sleep 60", 1);
        hangs.limit = Duration::from_millis(200);
        let error = hangs.recognise(Path::new("x")).await.unwrap_err();
        assert!(
            error.to_string().contains("transcribe.timeout_s"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn no_more_run_at_once_than_allowed() {
        let scratch = crate::media::tests::Scratch::new();
        let running = scratch.0.join("running");
        // Fails when another one runs.
        let script = format!(
            "mkdir {0} || exit 1; sleep 0.1; rmdir {0}; echo done",
            running.display()
        );
        let one = Arc::new(shell(&script, 1));
        let all = (0..3).map(|_| {
            let one = one.clone();
            tokio::spawn(async move { one.recognise(Path::new("x")).await.unwrap() })
        });
        for text in futures_util::future::join_all(all).await {
            assert_eq!(text.unwrap(), "done");
        }
    }

    #[test]
    fn without_a_command_there_is_none() {
        assert!(Recogniser::new(&config::Transcribe::default()).is_none());
    }
}
