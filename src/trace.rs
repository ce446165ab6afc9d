//! The timeline of each call: what happened, what was decided, how long it took.
//!
//! Calls write entries without waiting; one task keeps them, those of the calls
//! that are over as well, up to `limits.traces`. `pivot calls` and `pivot trace`
//! read them through the control socket; the log has them at debug level.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::clock::{self, Time};
use crate::id::CallId;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Asterisk said something.
    Event,
    /// A request to Asterisk.
    Ari,
    /// A request to a web application.
    Http,
    /// What pivot decided, and why.
    Decision,
    /// A verb or module began.
    Step,
    /// Something is not as its author meant it.
    Warning,
    /// A debug document, as Kazoo's pivot writes them.
    Debug,
}

/// One line of a timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    pub at: Time,
    pub kind: Kind,
    pub text: String,
    /// Milliseconds that it took, for what takes time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub took_ms: Option<f64>,
    /// For `Debug`: the document.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<Box<Value>>,
}

/// One call, as `pivot calls` lists it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    pub id: String,
    pub channel: String,
    pub from: String,
    pub to: String,
    pub began: Time,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<Time>,
    /// What it does now, or how it ended.
    pub state: String,
}

/// A call with its timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timeline {
    pub summary: Summary,
    pub entries: Vec<Entry>,
    /// How many entries made room for later ones.
    #[serde(skip)]
    left_out: usize,
}

impl Timeline {
    const fn new(summary: Summary) -> Self {
        Self {
            summary,
            entries: Vec::new(),
            left_out: 0,
        }
    }

    /// Leaves entries out when there are more than `most`: neither the beginning nor
    /// the latest, which are what one looks for.
    fn cut(&mut self, most: usize) {
        if self.entries.len() <= most {
            return;
        }
        let surplus = self.entries.len() - most / 2;
        // The note of an earlier time goes as well, and is no entry.
        self.left_out += surplus - usize::from(self.left_out > 0);
        let at = self.entries[BEGINNING].at;
        let note = Entry {
            at,
            kind: Kind::Decision,
            text: format!("… {} entries are left out here", self.left_out),
            took_ms: None,
            detail: None,
        };
        self.entries.splice(BEGINNING..BEGINNING + surplus, [note]);
    }
}

#[derive(Debug)]
enum Message {
    Begin(Summary),
    Entry {
        call: CallId,
        entry: Entry,
    },
    State {
        call: CallId,
        state: String,
    },
    Caller {
        call: CallId,
        number: String,
    },
    End {
        call: CallId,
        outcome: String,
    },
    Calls(oneshot::Sender<Vec<Summary>>),
    Find {
        call: String,
        answer: oneshot::Sender<Option<Timeline>>,
    },
    Follow {
        call: String,
        lines: mpsc::UnboundedSender<Entry>,
        answer: oneshot::Sender<Option<Timeline>>,
    },
}

/// The end that everybody may hold.
#[derive(Debug, Clone)]
pub struct Traces {
    queue: mpsc::UnboundedSender<Message>,
}

/// One call's timeline, to write to.
#[derive(Debug, Clone)]
pub struct Trace {
    queue: mpsc::UnboundedSender<Message>,
    call: CallId,
}

impl Trace {
    pub fn write(&self, kind: Kind, text: impl Into<String>) {
        self.entry(Entry {
            at: clock::now(),
            kind,
            text: text.into(),
            took_ms: None,
            detail: None,
        });
    }

    pub fn took(&self, kind: Kind, text: impl Into<String>, since: tokio::time::Instant) {
        let took_ms = Some((since.elapsed().as_secs_f64() * 10_000.0).round() / 10.0);
        self.entry(Entry {
            at: clock::now(),
            kind,
            text: text.into(),
            took_ms,
            detail: None,
        });
    }

    pub fn document(&self, text: impl Into<String>, detail: Value) {
        self.entry(Entry {
            at: clock::now(),
            kind: Kind::Debug,
            text: text.into(),
            took_ms: None,
            detail: Some(Box::new(detail)),
        });
    }

    pub fn state(&self, state: impl Into<String>) {
        self.queue
            .send(Message::State {
                call: self.call.clone(),
                state: state.into(),
            })
            .ok();
    }

    /// Who calls, where that is known only after the beginning.
    pub fn caller(&self, number: impl Into<String>) {
        self.queue
            .send(Message::Caller {
                call: self.call.clone(),
                number: number.into(),
            })
            .ok();
    }

    pub fn end(&self, outcome: impl Into<String>) {
        self.queue
            .send(Message::End {
                call: self.call.clone(),
                outcome: outcome.into(),
            })
            .ok();
    }

    fn entry(&self, entry: Entry) {
        if entry.kind == Kind::Warning {
            tracing::warn!(call = %self.call, "{}", entry.text);
        } else {
            tracing::debug!(call = %self.call, kind = ?entry.kind, took_ms = entry.took_ms, "{}", entry.text);
        }
        self.queue
            .send(Message::Entry {
                call: self.call.clone(),
                entry,
            })
            .ok();
    }
}

impl Traces {
    /// Starts keeping; `kept` calls stay readable after their end.
    pub fn start(kept: usize) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, messages) = mpsc::unbounded_channel();
        let keeper = Keeper {
            kept,
            live: HashMap::new(),
            over: VecDeque::new(),
            followers: HashMap::new(),
        };
        (Self { queue }, keeper.run(messages))
    }

    pub fn begin(&self, call: &CallId, summary: Summary) -> Trace {
        self.queue.send(Message::Begin(summary)).ok();
        Trace {
            queue: self.queue.clone(),
            call: call.clone(),
        }
    }

    /// Live calls first, then those that are over, the latest first.
    pub async fn calls(&self) -> Vec<Summary> {
        let (sender, answer) = oneshot::channel();
        self.queue.send(Message::Calls(sender)).ok();
        answer.await.unwrap_or_default()
    }

    /// A call by its id, the end of its id, or its channel's name or id.
    pub async fn find(&self, call: &str) -> Option<Timeline> {
        let (answer, timeline) = oneshot::channel();
        self.queue
            .send(Message::Find {
                call: call.to_owned(),
                answer,
            })
            .ok();
        timeline.await.ok().flatten()
    }

    /// A call as `find` gives it, and each further entry of it through `lines`,
    /// which are closed when the call ends, or has ended.
    pub async fn follow(
        &self,
        call: &str,
        lines: mpsc::UnboundedSender<Entry>,
    ) -> Option<Timeline> {
        let (answer, timeline) = oneshot::channel();
        self.queue
            .send(Message::Follow {
                call: call.to_owned(),
                lines,
                answer,
            })
            .ok();
        timeline.await.ok().flatten()
    }
}

struct Keeper {
    kept: usize,
    live: HashMap<String, Timeline>,
    over: VecDeque<Timeline>,
    followers: HashMap<String, Vec<mpsc::UnboundedSender<Entry>>>,
}

/// Of all timelines together; a loop that plays for hours must not fill the memory, nor
/// must a thousand of them. One is about 200 bytes.
const ENTRIES: usize = 100_000;
/// Of one timeline, when there are few calls and when there are many.
const MOST: usize = 5000;
const LEAST: usize = 100;
/// The beginning of a timeline is always kept.
const BEGINNING: usize = 20;

impl Keeper {
    async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = messages.recv().await {
            self.handle(message);
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Begin(summary) => {
                self.live.insert(summary.id.clone(), Timeline::new(summary));
            }
            Message::Entry { call, entry } => {
                if let Some(followers) = self.followers.get_mut(call.as_str()) {
                    followers.retain(|lines| lines.send(entry.clone()).is_ok());
                }
                let most = self.most();
                let over = &mut self.over;
                let timeline = match self.live.get_mut(call.as_str()) {
                    Some(live) => Some(live),
                    // What is done after the end of a call, as an upload.
                    None => over.iter_mut().find(|t| t.summary.id == call.as_str()),
                };
                if let Some(timeline) = timeline {
                    timeline.entries.push(entry);
                    timeline.cut(most);
                }
            }
            Message::State { call, state } => {
                if let Some(timeline) = self.live.get_mut(call.as_str()) {
                    timeline.summary.state = state;
                }
            }
            Message::Caller { call, number } => {
                if let Some(timeline) = self.live.get_mut(call.as_str()) {
                    timeline.summary.from = number;
                }
            }
            Message::End { call, outcome } => {
                self.followers.remove(call.as_str());
                let most = self.most();
                if let Some(mut timeline) = self.live.remove(call.as_str()) {
                    timeline.cut(most);
                    timeline.entries.shrink_to_fit();
                    timeline.summary.ended = Some(clock::now());
                    timeline.summary.state = outcome;
                    self.over.push_front(timeline);
                    self.over.truncate(self.kept);
                }
            }
            Message::Calls(answer) => {
                let mut live: Vec<_> = self.live.values().map(|t| t.summary.clone()).collect();
                live.sort_by_key(|summary| summary.began);
                live.extend(self.over.iter().map(|t| t.summary.clone()));
                answer.send(live).ok();
            }
            Message::Find { call, answer } => {
                answer.send(self.find(&call).cloned()).ok();
            }
            Message::Follow {
                call,
                lines,
                answer,
            } => {
                let timeline = self.find(&call).cloned();
                let id = timeline.as_ref().map(|t| t.summary.id.clone());
                if let Some(id) = id.filter(|id| self.live.contains_key(id)) {
                    self.followers.entry(id).or_default().push(lines);
                }
                answer.send(timeline).ok();
            }
        }
    }

    /// How long a timeline may be now.
    fn most(&self) -> usize {
        let calls = self.live.len() + self.over.len();
        (ENTRIES / calls.max(1)).clamp(LEAST, MOST)
    }

    fn find(&self, call: &str) -> Option<&Timeline> {
        let is = |t: &&Timeline| t.summary.id.ends_with(call) || t.summary.channel == call;
        self.live
            .get(call)
            .or_else(|| self.live.values().find(is))
            .or_else(|| self.over.iter().find(is))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(id: &CallId) -> Summary {
        Summary {
            id: id.to_string(),
            channel: "PJSIP/a-1".into(),
            from: "100".into(),
            to: "2030".into(),
            began: clock::now(),
            ended: None,
            state: "new".into(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_found_by_the_end_of_its_id_while_it_lives_and_after() {
        let (traces, keep) = Traces::start(10);
        tokio::spawn(keep);
        let id = CallId::new();
        let trace = traces.begin(&id, summary(&id));
        trace.write(Kind::Decision, "play");
        let tail = &id.as_str()[20..];
        assert_eq!(traces.find(tail).await.unwrap().entries[0].text, "play");
        trace.end("completed");
        trace.write(Kind::Http, "uploaded");
        let timeline = traces.find(tail).await.unwrap();
        assert_eq!(timeline.entries.len(), 2);
        assert_eq!(timeline.summary.state, "completed");
    }

    #[tokio::test(start_paused = true)]
    async fn among_many_calls_a_long_timeline_keeps_its_beginning_and_its_end() {
        let (traces, keep) = Traces::start(10);
        tokio::spawn(keep);
        let calls: Vec<_> = (0..1000)
            .map(|_| {
                let id = CallId::new();
                let trace = traces.begin(&id, summary(&id));
                (id, trace)
            })
            .collect();
        let (id, trace) = &calls[0];
        for number in 0..1000 {
            trace.write(Kind::Event, number.to_string());
        }
        let timeline = traces.find(id.as_str()).await.unwrap();
        let texts: Vec<&str> = timeline.entries.iter().map(|e| e.text.as_str()).collect();
        assert!(
            (LEAST / 2..=LEAST).contains(&texts.len()),
            "{}",
            texts.len()
        );
        assert_eq!((texts[0], texts[BEGINNING - 1]), ("0", "19"));
        assert_eq!(texts.last(), Some(&"999"));
        // Every entry is there or counted.
        let left_out = format!("… {} entries are left out here", 1000 - (texts.len() - 1));
        assert_eq!(texts[BEGINNING], left_out);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_calls_are_kept_after_their_end() {
        let (traces, keep) = Traces::start(1);
        tokio::spawn(keep);
        let (first, second) = (CallId::new(), CallId::new());
        for id in [&first, &second] {
            traces.begin(id, summary(id)).end("completed");
        }
        assert!(traces.find(first.as_str()).await.is_none());
        assert!(traces.find(second.as_str()).await.is_some());
    }
}
