//! `acdc_member` – the caller waits in a queue until an agent takes the call.
//!
//! The caller is answered and hears music, or `moh` of the queue; whoever is first in
//! the queue is connected with an agent: one whose user lists the queue in `queues`,
//! who has logged in (`acdc_agent`) and is free. The agent's phones ring for
//! `agent_ring_timeout`, but those with `exclude_from_queues`; then the next agent's.
//! A conversation ends the flow. `_` runs when the queue is full or not there, when no
//! agent has logged in and `enter_when_empty` is `false`, after `connection_timeout`,
//! and on `caller_exit_key`, also while an agent's phone rings.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | required | a stored queue |
//! | `priority` | the variable `call_priority`, else 0 | the higher comes first |
//! | `enter_as_callback` | `false` | accepted |
//!
//! Of the queue's document count `strategy` (`round_robin`: who was called the longest
//! ago; `most_idle`: whose last conversation ended the longest ago),
//! `agent_ring_timeout`, `agent_wrapup_time`, `connection_timeout`, `max_queue_size`,
//! `max_priority`, `caller_exit_key`, `enter_when_empty`, `ring_simultaneously`,
//! `announce` (said once, before the music), `moh`, `record_caller` (the conversation
//! with the agent, sent to `recording_url` as `record_call` sends it) and `cdr_url`,
//! which is told by POST how each caller left: `queue_id`, `queue_name`, `call_id`,
//! `caller_id_number`, `caller_id_name`, `result` (`talked`, `full`, `empty`, `timeout`,
//! `exit_key`, `abandoned`), `wait_time` and `talk_time` in seconds, `agent_id`.
//!
//! ```json
//! {
//!   "module": "acdc_member",
//!   "data": {"id": "support"},
//!   "children": {"_": {"module": "voicemail", "data": {"id": "support"}}}
//! }
//! ```
//!
//! The queue is named `acdc/ID` among those of TwiML. It lives in pivot's process.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::ops::{
    AudioFormat, Behind, CallRecording, Connected, Dial, DialOutcome, Keys, Play, QueueResult,
    RecordingStart, Sound, Target,
};
use crate::call::queues::{Choice, Join, MOST};
use crate::call::{Call, CallbackTarget, Interrupt};
use crate::callflow::caller_id::{self, Reaches};
use crate::callflow::fields::{UploadMethod, upload};
use crate::callflow::library::named_sounds;
use crate::callflow::{Node, agents, hold};
use crate::clock::{self, Time};
use crate::config::Method;
use crate::news::{QueueNews, Taken};
use crate::objects::{Queue, Strategy};
use crate::program::Flow;

/// The caller waits in a queue until an agent takes the call.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-accepted" = ["enter_as_callback"]))]
pub(super) struct AcdcMember {
    /// The queue.
    #[schemars(length(min = 1, max = 128))]
    id: String,
    /// The higher comes first.
    #[schemars(range(max = 255))]
    priority: Option<u32>,
}

/// Of what is said with an agent.
const LONGEST_RECORDING: Duration = Duration::from_hours(3);

/// How often the queue and its agents are looked at while nothing happens.
const LOOK: Duration = Duration::from_secs(1);

/// What waiting must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Waiting {
    since: Option<Time>,
    announced: bool,
    /// Keys since here may be the one that leaves.
    mark: Option<u64>,
    taken: Option<Taken>,
    /// Agents of this queue who are being called.
    calling: Vec<String>,
    /// What is said with them is to be recorded.
    #[serde(default)]
    records: bool,
    /// With which agent the caller has talked, and for how long.
    #[serde(default)]
    talk: Option<(String, Duration)>,
}

impl Module for AcdcMember {
    const NAME: &'static str = "acdc_member";
    type Progress = Waiting;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let Some(queue) = call.stored::<Queue>(&self.id).await? else {
            call.warn(format!("there is no queue {:?}", self.id));
            return Ok(Flow::Next);
        };
        let left = self.stay(call, &queue, at).await;
        match left {
            Ok(left) => self.tell(call, &queue, at, left.word()),
            Err(interrupt @ (Interrupt::Gone | Interrupt::Sent)) => {
                if interrupt == Interrupt::Sent && std::mem::take(&mut at.records) {
                    // Whom the caller talks with from here on is no agent.
                    call.stop_recording().await?;
                }
                at.talk = call.talks_with_agent().await;
                let talked = at.talk.as_ref().map(|_| Left::Talked.word());
                self.tell(call, &queue, at, talked.unwrap_or("abandoned"));
            }
            Err(_) => {}
        }
        let left = left?;
        call.note(format!("left the queue {}: {left:?}", self.id));
        Ok(match left {
            Left::Talked => Flow::Stop(None),
            _ => Flow::Next,
        })
    }
}

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Talked,
    Full,
    Empty,
    TooLong,
    ByKey,
}

impl Left {
    fn word(self) -> &'static str {
        match self {
            Self::Talked => "talked",
            Self::Full => "full",
            Self::Empty => "empty",
            Self::TooLong => "timeout",
            Self::ByKey => "exit_key",
        }
    }
}

impl AcdcMember {
    /// From joining the queue to leaving it.
    async fn stay(
        &self,
        call: &mut Call,
        queue: &Queue,
        at: &mut Waiting,
    ) -> Result<Left, Interrupt> {
        call.answer().await?;
        let left = self.wait(call, queue, at).await?;
        call.release_agents();
        let result = match left {
            Left::Talked => QueueResult::Bridged,
            _ => {
                // What comes next is not to wait for the music.
                call.settle().await?;
                QueueResult::Leave
            }
        };
        if left == Left::ByKey {
            call.pause(Duration::from_secs(1)).await?;
        }
        call.end_queued(result);
        Ok(left)
    }

    /// Tells the queue's owner how the caller left.
    fn tell(&self, call: &Call, queue: &Queue, at: &Waiting, result: &str) {
        let Some(url) = queue.cdr_url.clone() else {
            return;
        };
        let now = clock::now();
        let since = at.since.unwrap_or(now);
        let (agent, talk) = at.talk.clone().unwrap_or_default();
        let wait = now.since(since).saturating_sub(talk);
        let facts = call.facts();
        let params = [
            ("queue_id", self.id.clone()),
            ("queue_name", queue.name.clone()),
            ("call_id", facts.call_id.clone()),
            ("caller_id_number", facts.caller_number.clone()),
            ("caller_id_name", facts.caller_name.clone()),
            ("result", result.to_owned()),
            ("wait_time", wait.as_secs().to_string()),
            ("talk_time", talk.as_secs().to_string()),
            ("agent_id", agent),
        ];
        let params = params.map(|(name, value)| (name.to_owned(), value));
        let target = CallbackTarget {
            url,
            method: Method::Post,
        };
        call.call_back("cdr_url of a queue", &self.id, &target, params.into());
    }

    async fn wait(
        &self,
        call: &mut Call,
        queue: &Queue,
        at: &mut Waiting,
    ) -> Result<Left, Interrupt> {
        let since = *at.since.get_or_insert_with(clock::now);
        let mark = *at.mark.get_or_insert_with(|| call.keys_mark());
        let limit = (queue.connection_timeout > 0)
            .then(|| since.after(Duration::from_secs(queue.connection_timeout)));
        let mut music = None;
        loop {
            // Whoever was almost taken elsewhere is in the queue no more.
            match self.join(call, queue).await? {
                Joined::Waits => {}
                Joined::Taken(taken) => at.taken = Some(taken),
                Joined::Left(left) => return Ok(left),
            }
            if let Some(taken) = at.taken.take() {
                match call.connect_with_agent(&taken).await? {
                    Connected::Abandoned => {
                        call.save(at);
                        continue;
                    }
                    Connected::Talked | Connected::Failed => return Ok(Left::Talked),
                }
            }
            if !at.announced {
                let sounds = named_sounds(call, queue.announce.as_deref()).await?;
                let stop_on = Keys::new(&queue.caller_exit_key);
                call.play(Play { sounds, stop_on }).await?;
                at.announced = true;
                call.save(at);
            }
            let exit = queue.caller_exit_key.as_str();
            if !exit.is_empty() && call.keys_since(mark).contains(exit) {
                return Ok(Left::ByKey);
            }
            if limit.is_some_and(|limit| clock::now() >= limit) {
                return Ok(Left::TooLong);
            }
            let all = agents::of_queue(call, &self.id).await?;
            if !queue.enter_when_empty && !all.iter().any(|(_, agent)| agents::is_there(agent)) {
                return Ok(Left::Empty);
            }
            let music = match &music {
                Some(music) => music,
                None => {
                    let mut own = named_sounds(call, queue.moh.as_deref()).await?;
                    if own.is_empty() {
                        own = hold::sounds(call, None).await?;
                    }
                    music.insert(own)
                }
            };
            if call.is_next_in_queue().await {
                let ready = all.into_iter().filter(|(_, agent)| agents::is_ready(agent));
                let ready = ready.map(|(id, _)| id).collect();
                let desk = Desk {
                    queue,
                    music,
                    limit,
                };
                if self.call_agents(call, &desk, ready, at).await? {
                    return Ok(Left::Talked);
                }
            }
            if call.keys_since(mark).contains(exit) && !exit.is_empty() {
                continue;
            }
            if music.is_empty() {
                call.start_behind(Behind::Music).await?;
            } else {
                call.start_round(music).await?;
            }
            let look = clock::now().after(LOOK);
            let until = limit.map_or(look, |limit| limit.min(look));
            if let Some(QueueNews::Taken { taken, .. }) = call.wait_in_queue(Some(until)).await? {
                at.taken = Some(taken);
            }
            call.save(at);
        }
    }

    async fn join(&self, call: &mut Call, queue: &Queue) -> Result<Joined, Interrupt> {
        let max = match queue.max_queue_size {
            0 => MOST,
            max => max,
        };
        let own = call.priority().and_then(|own| u32::try_from(own).ok());
        let priority = self.priority.or(own).unwrap_or(0);
        let priority = queue
            .max_priority
            .map_or(priority, |most| priority.min(most));
        let name = format!("acdc/{}", self.id);
        Ok(match call.join_queue_at(&name, max, priority).await {
            Some(Join::Waits { .. }) => Joined::Waits,
            Some(Join::Taken { taken, .. }) => Joined::Taken(taken),
            Some(Join::Full { .. }) | None => Joined::Left(Left::Full),
        })
    }

    /// Rings the agents whose turn it is; `true` after a conversation.
    async fn call_agents(
        &self,
        call: &mut Call,
        desk: &Desk<'_>,
        ready: Vec<String>,
        at: &mut Waiting,
    ) -> Result<bool, Interrupt> {
        let queue = desk.queue;
        if at.calling.is_empty() {
            let choice = match queue.strategy {
                Strategy::RoundRobin => Choice::RoundRobin,
                Strategy::MostIdle => Choice::MostIdle,
            };
            let rest = Duration::from_secs(queue.agent_wrapup_time);
            let most = usize::try_from(queue.ring_simultaneously.max(1)).unwrap_or(1);
            at.calling = call.reserve_agents(ready, choice, rest, most).await;
            call.save(at);
        }
        let mut targets = Vec::new();
        for agent in at.calling.clone() {
            targets.extend(agents::targets(call, &agent, queue.agent_ring_timeout).await?);
        }
        let talked = if targets.is_empty() {
            false
        } else {
            call.note(format!("calls {}", at.calling.join(", ")));
            self.dial(call, desk, targets, at).await?
        };
        call.release_agents();
        at.calling.clear();
        call.save(at);
        Ok(talked)
    }

    async fn dial(
        &self,
        call: &mut Call,
        desk: &Desk<'_>,
        targets: Vec<Target>,
        at: &mut Waiting,
    ) -> Result<bool, Interrupt> {
        let queue = desk.queue;
        let rings = Duration::from_secs(queue.agent_ring_timeout.max(1));
        let left = desk.limit.map(|limit| limit.since(clock::now()));
        let mut dial = Dial {
            targets,
            timeout: left.map_or(rings, |left| rings.min(left)),
            ignore_early_media: true,
            ringback: desk.music.to_vec(),
            music: true,
            give_up_on: Keys::new(&queue.caller_exit_key),
            ..Dial::default()
        };
        caller_id::present(call, &mut dial, Reaches::Phone).await?;
        if queue.record_caller && !at.records {
            let url = queue.recording_url.as_deref();
            let recording = CallRecording {
                format: AudioFormat::Mp3,
                max: LONGEST_RECORDING,
                min: Duration::ZERO,
                start: RecordingStart::OnBridge,
                upload: upload(call, url, UploadMethod::default()),
                media_name: None,
                dual: false,
            };
            call.start_recording(recording).await?;
            at.records = true;
            call.save(at);
        }
        let dialled = call.dial(dial).await?;
        if std::mem::take(&mut at.records) {
            call.stop_recording().await?;
        }
        at.talk = call.talks_with_agent().await;
        Ok(dialled.outcome == DialOutcome::Completed)
    }
}

/// What the caller's own turn is about.
struct Desk<'d> {
    queue: &'d Queue,
    /// What is heard meanwhile; the usual music when there is none.
    music: &'d [Sound],
    /// Nobody is called after this moment.
    limit: Option<Time>,
}

enum Joined {
    Waits,
    Taken(Taken),
    Left(Left),
}
