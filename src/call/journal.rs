//! Operations have numbers, stand in the checkpoint before their requests are
//! sent, and keep their results until the step's progress covers them.
//!
//! A verb or module runs as a *step*. What it must remember between operations
//! is its progress, written by [`Call::save`]. Between two saves the step's
//! operations are journaled: when the step is entered again after the call was
//! picked up, those that had finished return their result at once, the one that
//! was under way finds what it had written down, and the rest run.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Call;
use crate::id::OpId;
use crate::program::AsideEnd;

/// Where in the program the call is, in numbers that only grow.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Step {
    /// The number of its document among all of the call.
    pub document: u32,
    pub step: u32,
    /// Its verb or module has begun.
    pub entered: bool,
    /// The number of the next operation.
    pub next: u32,
    /// What `next` was when the progress was saved.
    pub saved: u32,
    pub progress: Value,
    /// Results since then.
    pub done: Vec<Done>,
    /// Under way, with what each has written down. Operations nest, so there may be several.
    pub open: Vec<(u32, Value)>,
}

/// The result of an operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Done {
    pub op: u32,
    /// The number of the operation after it: those that it consisted of have
    /// numbers too, and are not run again when it is replayed.
    pub next: u32,
    pub result: Value,
}

/// How an operation begins.
pub(super) enum Begun<T, D> {
    New(OpId),
    /// It was under way when the call was dropped.
    Again(OpId, D),
    Done(T),
}

impl Call {
    /// A new document: its steps and operations get new ids.
    pub fn begin_document(&mut self) {
        self.tell_recordings();
        self.state.documents += 1;
        self.state.step = Step {
            document: self.state.documents,
            ..Step::default()
        };
    }

    /// A verb stops in the middle, while a document beside it runs: gives the step
    /// to go on with. The verb has kept its progress with [`Call::keep`].
    pub fn suspend_step(&mut self) -> Step {
        std::mem::take(&mut self.state.step)
    }

    /// The document beside it has ended; the verb is entered again with its progress.
    pub fn go_on_with_step(&mut self, step: Step) {
        self.state.step = step;
        self.resuming = true;
    }

    /// Saves a step's progress for when it is entered again by this task.
    pub fn keep(&mut self, progress: &(impl Serialize + Sync)) {
        self.save(progress);
        self.state.step.progress = serde_json::to_value(progress).unwrap_or(Value::Null);
    }

    /// How the document beside this verb ended; `None` when none did since the last time.
    pub fn take_aside_end(&mut self) -> Option<AsideEnd> {
        self.state.aside_end.take()
    }

    /// The step before is over, and so is what it had to remember.
    pub fn next_step(&mut self) {
        let step = &mut self.state.step;
        *step = Step {
            document: step.document,
            step: step.step + 1,
            ..Step::default()
        };
    }

    /// Begins a verb or module and gives the progress it had, if the call was
    /// picked up in the middle of it.
    pub fn enter_step<P: DeserializeOwned + Default>(&mut self) -> P {
        if !std::mem::take(&mut self.resuming) {
            if self.state.step.entered {
                self.next_step();
            }
            self.state.step.entered = true;
            self.tell_recordings();
            return P::default();
        }
        let step = &mut self.state.step;
        step.entered = true;
        step.next = step.saved;
        serde_json::from_value(step.progress.clone()).unwrap_or_default()
    }

    /// Whether the next step is the one in which the call was dropped.
    pub fn is_resuming(&self) -> bool {
        self.resuming
    }

    /// Writes down a step's progress; results of operations up to here are part of it.
    pub fn save(&mut self, progress: &(impl Serialize + Sync)) {
        let step = &mut self.state.step;
        step.saved = step.next;
        step.done.clear();
        if self.services.checkpoints.is_some() {
            step.progress = serde_json::to_value(progress).unwrap_or(Value::Null);
            self.checkpoint();
        }
    }

    /// What `flow` remembers about the program.
    pub fn save_flow(&mut self, flow: &(impl Serialize + Sync)) {
        if self.services.checkpoints.is_some() {
            self.state.flow = serde_json::to_value(flow).unwrap_or(Value::Null);
            self.checkpoint();
        }
    }

    pub(super) fn begin<T: DeserializeOwned, D: DeserializeOwned>(&mut self) -> Begun<T, D> {
        let step = &mut self.state.step;
        let number = step.next;
        step.next += 1;
        let id = OpId {
            call: self.state.id.clone(),
            document: step.document,
            step: step.step,
            op: number,
        };
        let done = step.done.iter().find(|done| done.op == number);
        if let Some(done) = done
            && let Ok(result) = serde_json::from_value(done.result.clone())
        {
            step.next = done.next;
            return Begun::Done(result);
        }
        let data = step
            .open
            .iter()
            .find(|(n, _)| *n == number)
            .map(|(_, v)| serde_json::from_value(v.clone()));
        match data {
            Some(Ok(data)) => Begun::Again(id, data),
            _ => Begun::New(id),
        }
    }

    /// Writes down what an operation is about to do, or how far it is.
    pub(super) fn write_down(&mut self, op: &OpId, data: &(impl Serialize + Sync)) {
        if self.services.checkpoints.is_none() {
            return;
        }
        let data = serde_json::to_value(data).unwrap_or(Value::Null);
        let open = &mut self.state.step.open;
        match open.iter_mut().find(|(n, _)| *n == op.op) {
            Some((_, old)) => *old = data,
            None => open.push((op.op, data)),
        }
        self.checkpoint();
    }

    /// Keeps the result of an operation and returns it.
    pub(super) fn done<T: Serialize + Sync>(&mut self, op: &OpId, result: T) -> T {
        let step = &mut self.state.step;
        // Operations that this one consisted of end with it.
        step.open.retain(|(n, _)| *n < op.op);
        if self.services.checkpoints.is_some() {
            step.done.retain(|done| done.op < op.op);
            step.done.push(Done {
                op: op.op,
                next: step.next,
                result: serde_json::to_value(&result).unwrap_or(Value::Null),
            });
            self.checkpoint();
        }
        result
    }
}
