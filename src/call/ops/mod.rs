//! What can be done to a call: one file an operation, none of which knows a
//! language. Each takes plain data, and answers with what happened.

mod answer;
mod application;
mod behind;
mod coach;
mod collect;
mod conference;
mod dial;
mod digits;
mod eavesdrop;
mod echo;
mod excursion;
mod message;
mod music;
mod notify;
mod others;
mod pause;
mod play;
mod presence;
mod queue;
mod record;
mod recording_status;
mod recordings;
mod refer;
mod take_over;
mod transcribe;
mod types;
mod webhook;
mod wind;

pub use application::{ApplicationRan, RunApplication};
pub use behind::Behind;
pub use collect::WAITS_FOR_KEYS;
pub use conference::{Controls, InRoomStep, Stay};
pub(in crate::call) use dial::REFERRED;
pub use dial::{DialSoFar, LegCall, Receiving};
pub use eavesdrop::Eavesdropping;
pub use excursion::Excursion;
pub use message::{Handed, Message};
pub use music::Round;
pub use others::Other;
pub use presence::DeviceState;
pub use queue::{Connected, Dequeue, Dequeued, Dequeuing, Enqueued, QueueResult, Queued};
pub use recording_status::{RECORDING_EVENTS, RecordingEvent, RecordingPlan, RecordingReport};
pub(in crate::call) use refer::NOT_BACK;
pub use refer::{BACK, ReferEnd, Referring};
pub use types::*;
pub use webhook::{JsonFetch, Webhook};
pub use wind::Winding;

pub use crate::recordings::RecordingTrack;
