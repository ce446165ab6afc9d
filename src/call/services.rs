//! What calls use and share: all of it may be used by many calls at once.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::queues::Queues;
use super::{Checkpoints, LegCall};
use crate::ari;
use crate::callbacks::Callbacks;
use crate::config::Config;
use crate::id::AccountId;
use crate::media::Media;
use crate::recordings::Recordings;
use crate::speech::{Recogniser, Speech};
use crate::store::Catalog;
use crate::web::Web;

/// Built once by `app`.
pub struct Services {
    pub config: Arc<Config>,
    pub account_sid: String,
    /// The configuration's own account.
    pub account: AccountId,
    /// Callflows, menus, devices …, of every account.
    pub catalog: Arc<Catalog>,
    pub ari: ari::Client,
    pub web: Web,
    pub media: Media,
    pub speech: Arc<Speech>,
    pub recordings: Arc<Recordings>,
    /// None = nothing is transcribed.
    pub recogniser: Option<Recogniser>,
    /// What web servers are told beside the calls.
    pub callbacks: Callbacks,
    /// Tells other calls something.
    pub router: ari::Router,
    /// Where callers wait for agents.
    pub queues: Queues,
    /// Conferences.
    pub rooms: super::rooms::Rooms,
    /// Legs that become calls of their own.
    pub legs: mpsc::UnboundedSender<LegCall>,
    /// None = nobody could pick the calls up, so nothing is written.
    pub checkpoints: Option<Arc<dyn Checkpoints>>,
    pub flows_dir: PathBuf,
    /// Work that outlives its call: uploads, callbacks.
    pub background: TaskTracker,
    /// Draining is over.
    pub shutdown: CancellationToken,
}
