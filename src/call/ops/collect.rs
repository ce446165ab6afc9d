//! Collecting keys while prompts play.

use serde::{Deserialize, Serialize};

use super::{Collect, CollectEnd, Collected, Keys, PlayEnd};
use crate::call::journal::Begun;
use crate::call::keys::{self, Match};
use crate::call::{Call, Interrupt};
use crate::clock::{self, Time};
use crate::id::OpId;

/// In the timeline, when the prompts of a collection are over.
pub const WAITS_FOR_KEYS: &str = "waits for keys";

/// What a collection must remember. The keys themselves are in the call's buffer.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Collecting {
    /// Keys from here on count.
    mark: u64,
    /// How many of them had restarted the timer when `deadline` was set.
    seen: usize,
    /// Set when the prompts are over.
    deadline: Option<Time>,
}

impl Call {
    /// The first key stops the prompts. The timer starts when they are over, and
    /// each key restarts it.
    pub async fn collect(&mut self, collect: Collect) -> Result<Collected, Interrupt> {
        self.collect_since(collect, None).await
    }

    /// The same; keys that have cut short what was said just before count as well.
    pub async fn collect_with_ahead(&mut self, collect: Collect) -> Result<Collected, Interrupt> {
        let ahead = self.state.kept.ahead.take();
        // A finishing key has only ended what was said.
        let finishes = |mark: &u64| {
            let first = self.state.keys.since(*mark).next();
            first.is_some_and(|key| collect.finish_on.contains(key))
        };
        let since = ahead.map(|mark| mark + u64::from(finishes(&mark)));
        self.collect_since(collect, since).await
    }

    /// Keys from this mark on have cut short what was said.
    pub fn note_ahead(&mut self, mark: u64) {
        self.state.kept.ahead.get_or_insert(mark);
    }

    /// `since`: keys from this mark on count.
    async fn collect_since(
        &mut self,
        collect: Collect,
        since: Option<u64>,
    ) -> Result<Collected, Interrupt> {
        self.state.kept.ahead = None;
        let (op, mut at) = match self.begin::<Collected, Collecting>() {
            Begun::Done(collected) => return Ok(collected),
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => (
                op,
                Collecting {
                    mark: since.unwrap_or_else(|| self.state.keys.mark()),
                    seen: 0,
                    deadline: None,
                },
            ),
        };
        self.write_down(&op, &at);
        if at.deadline.is_none() {
            for prompt in &collect.prompts {
                if self.pressed(&at) > 0 || self.enough(&collect, &at).is_some() {
                    break;
                }
                if let PlayEnd::Failed(why) = self.play_one(prompt, &Keys::all()).await? {
                    self.warn(why.to_string());
                }
            }
            // The key that ends the prompts may have come just before the call was
            // dropped, when nobody could stop what played.
            self.settle().await?;
        }
        let collected = self.wait_for_keys(&collect, &op, &mut at).await?;
        Ok(self.done(&op, collected))
    }

    async fn wait_for_keys(
        &mut self,
        collect: &Collect,
        op: &OpId,
        at: &mut Collecting,
    ) -> Result<Collected, Interrupt> {
        loop {
            if let Some(collected) = self.enough(collect, at) {
                return Ok(collected);
            }
            let pressed = self.pressed(at);
            let deadline = match at.deadline {
                Some(deadline) if pressed == at.seen => deadline,
                _ => {
                    let wait = if pressed == 0 {
                        collect.first
                    } else {
                        collect.between
                    };
                    let deadline = clock::now().after(wait);
                    if at.deadline.is_none() {
                        self.note(WAITS_FOR_KEYS);
                    }
                    at.seen = pressed;
                    at.deadline = Some(deadline);
                    self.write_down(op, at);
                    deadline
                }
            };
            if self.next(Some(deadline)).await?.is_none() && self.pressed(at) == at.seen {
                let digits = match self.matched(collect, at) {
                    Match::Incomplete(digits)
                    | Match::Full(digits)
                    | Match::Finished(digits, _) => digits,
                };
                return Ok(Collected {
                    digits,
                    end: CollectEnd::Timeout,
                });
            }
        }
    }

    fn pressed(&self, at: &Collecting) -> usize {
        self.state.keys.since(at.mark).count()
    }

    fn matched(&self, collect: &Collect, at: &Collecting) -> Match {
        let keys = collect.typed.chars().chain(self.state.keys.since(at.mark));
        keys::collect(keys, collect.max, &collect.finish_on)
    }

    fn enough(&self, collect: &Collect, at: &Collecting) -> Option<Collected> {
        match self.matched(collect, at) {
            Match::Incomplete(_) => None,
            Match::Full(digits) => Some(Collected {
                digits,
                end: CollectEnd::Full,
            }),
            Match::Finished(digits, key) => Some(Collected {
                digits,
                end: CollectEnd::Key(key),
            }),
        }
    }

    /// The number of the next key: a mark for `keys_since`.
    pub fn keys_mark(&self) -> u64 {
        self.state.keys.mark()
    }

    /// The keys pressed since `mark`, in order.
    pub fn keys_since(&self, mark: u64) -> String {
        self.state.keys.since(mark).collect()
    }
}
