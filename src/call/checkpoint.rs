//! Where the state of calls is written, so that another process could go on with them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Call, State};
use crate::id::CallId;

/// A place for checkpoints. Writing must be cheap: it happens before every request.
pub trait Checkpoints: Send + Sync {
    fn write(&self, state: &State);
    fn remove(&self, call: &CallId);
}

/// Checkpoints in this process's memory, as the tests read them.
#[derive(Debug, Clone, Default)]
pub struct MemoryCheckpoints {
    // Shared with the test that reads it; calls only ever write their own entry.
    written: Arc<Mutex<HashMap<CallId, String>>>,
}

impl MemoryCheckpoints {
    /// The last checkpoint of a call, read back from its written form.
    pub fn read(&self, call: &CallId) -> Option<State> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_str(written.get(call)?).ok()
    }

    pub fn calls(&self) -> Vec<CallId> {
        self.written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect()
    }
}

impl Checkpoints for MemoryCheckpoints {
    fn write(&self, state: &State) {
        if let Ok(text) = serde_json::to_string(state) {
            self.written
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(state.id.clone(), text);
        }
    }

    fn remove(&self, call: &CallId) {
        self.written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(call);
    }
}

impl Call {
    pub(super) fn checkpoint(&self) {
        if let Some(checkpoints) = &self.services.checkpoints {
            checkpoints.write(&self.state);
        }
    }
}
