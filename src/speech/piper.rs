//! piper: neural voices, by workers that keep the model in memory.
//!
//! Loading a model takes as long as a dozen sentences, so a worker stays and
//! takes one utterance after the other. It is `piper_worker.py` beside this
//! file, or anything else that speaks the same: one JSON line in
//! (`{"text": …, "output_file": …}`), one line out when the file is written;
//! `{"error": "…"}` when it could not be.

use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

use super::command::{start, within};
use super::{SpeechError, Synthesize, Temporary};
use crate::call::ops::Utterance;
use crate::config;
use crate::media::{Media, Pcm};

pub(super) const NAME: &str = "piper";

/// What `{worker}` in the command stands for.
const WORKER: &str = include_str!("piper_worker.py");

pub(super) struct Piper {
    config: config::Piper,
    media: Media,
    limit: Duration,
    permits: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

impl Piper {
    pub(super) fn new(config: &config::Piper, media: Media, limit: Duration) -> Self {
        Self {
            permits: Semaphore::new(config.workers.max(1)),
            config: config.clone(),
            media,
            limit,
            idle: Mutex::default(),
        }
    }

    async fn say(&self, utterance: &Utterance) -> Result<Pcm, SpeechError> {
        let Ok(_permit) = self.permits.acquire().await else {
            // The semaphore is never closed.
            return Err(SpeechError::Nothing);
        };
        let file = Temporary(self.media.temporary());
        let line = json!({"text": utterance.text, "output_file": file.0}).to_string();
        let done = within(self.limit, self.work(&line)).await;
        // A worker that ran out of time is gone with its future; the next
        // utterance starts another.
        done.unwrap_or(Err(SpeechError::Timeout {
            engine: NAME,
            limit: self.limit,
        }))?;
        file.sound(NAME).await
    }

    async fn work(&self, line: &str) -> Result<(), SpeechError> {
        let idle = self.idle().pop();
        let resident = idle.is_some();
        let mut worker = match idle {
            Some(worker) => worker,
            None => self.hire()?,
        };
        let mut answer = worker.ask(line).await;
        if resident && matches!(answer, Err(Lost::Died(_))) {
            // It died since its last utterance, which says nothing about this one.
            worker = self.hire()?;
            answer = worker.ask(line).await;
        }
        let failed = |why| SpeechError::Failed { engine: NAME, why };
        match answer {
            Ok(()) => {
                self.idle().push(worker);
                Ok(())
            }
            Err(Lost::Refused(why)) => {
                self.idle().push(worker);
                Err(failed(why))
            }
            Err(Lost::Died(why)) => Err(failed(format!("the worker ended: {why}"))),
        }
    }

    fn hire(&self) -> Result<Worker, SpeechError> {
        const KEY: &str = "speech.piper.command";
        let model = self.config.model.as_ref().ok_or_else(|| {
            SpeechError::Setting(
                "piper needs `speech.piper.model`, the path of an .onnx voice".into(),
            )
        })?;
        let Some((program, args)) = self.config.command.split_first() else {
            return Err(SpeechError::Setting(format!("`{KEY}` is empty")));
        };
        let mut command = Command::new(program);
        let worker = |arg: &String| {
            if arg == "{worker}" {
                WORKER.into()
            } else {
                arg.clone()
            }
        };
        command.args(args.iter().map(worker)).arg(model);
        let mut child = start(&mut command, KEY)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(SpeechError::Failed {
                engine: NAME,
                why: "the worker has no pipes".into(),
            });
        };
        Ok(Worker {
            child,
            stdin,
            answers: BufReader::new(stdout).lines(),
            stderr,
            said: Vec::new(),
        })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Synthesize for Piper {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self) -> String {
        format!("{:?}", self.config.model)
    }

    fn synthesize<'a>(
        &'a self,
        utterance: &'a Utterance,
    ) -> BoxFuture<'a, Result<Pcm, SpeechError>> {
        self.say(utterance).boxed()
    }
}

/// A process with a model in memory; it dies with this value.
struct Worker {
    child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    stderr: ChildStderr,
    /// The end of what it said on its standard error.
    said: Vec<u8>,
}

enum Lost {
    /// This utterance could not be made; the worker goes on.
    Refused(String),
    Died(String),
}

impl Worker {
    async fn ask(&mut self, line: &str) -> Result<(), Lost> {
        let request = format!("{line}\n");
        if self.stdin.write_all(request.as_bytes()).await.is_err() {
            return Err(self.obituary().await);
        }
        let mut chunk = [0; 1024];
        loop {
            let answer = tokio::select! {
                answer = self.answers.next_line() => answer,
                // Left alone, a full pipe would stop the worker.
                Ok(size @ 1..) = self.stderr.read(&mut chunk) => {
                    self.note(&chunk[..size]);
                    continue;
                }
            };
            let Ok(Some(answer)) = answer else {
                return Err(self.obituary().await);
            };
            let value: Value = serde_json::from_str(&answer).unwrap_or_default();
            return match value.get("error") {
                Some(error) => Err(Lost::Refused(
                    error
                        .as_str()
                        .map_or_else(|| error.to_string(), str::to_owned),
                )),
                None => Ok(()),
            };
        }
    }

    fn note(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
        let surplus = self.said.len().saturating_sub(4096);
        self.said.drain(..surplus);
    }

    /// Why it ended, as far as it can be told.
    async fn obituary(&mut self) -> Lost {
        // Its pipe is closed; should the process go on nevertheless, it has no
        // more to say to us.
        let _ = self.child.start_kill();
        let mut rest = Vec::new();
        let _ = (&mut self.stderr).take(4096).read_to_end(&mut rest).await;
        self.note(&rest);
        let status = self.child.wait().await;
        let status = status.map_or_else(|e| e.to_string(), |s: ExitStatus| s.to_string());
        let said = String::from_utf8_lossy(&self.said);
        let last = said.trim().lines().last().unwrap_or_default();
        Lost::Died(format!("{status}: {last}"))
    }
}
