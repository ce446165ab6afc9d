//! What calls use and share: all of it may be used by many calls at once.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::live::Live;
use super::originate::Originations;
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
    /// The calls that are going on.
    pub live: Live,
    /// Where callers wait for agents.
    pub queues: Queues,
    /// Conferences.
    pub rooms: super::rooms::Rooms,
    /// Legs that become calls of their own.
    pub legs: mpsc::UnboundedSender<LegCall>,
    /// Calls that pivot makes of its own accord.
    pub originations: Originations,
    /// None = nobody could pick the calls up, so nothing is written.
    pub checkpoints: Option<Arc<dyn Checkpoints>>,
    pub flows_dir: PathBuf,
    /// Work that outlives its call: uploads, callbacks.
    pub background: TaskTracker,
    /// Draining is over.
    pub shutdown: CancellationToken,
}

#[cfg(test)]
impl Services {
    /// For what needs no Asterisk: nothing runs, and nobody answers.
    pub(crate) fn idle(
        config: Config,
        account_sid: &str,
        catalog: Catalog,
        media: &Media,
        recordings: &Arc<Recordings>,
    ) -> Self {
        let (router, _) = ari::Router::start(mpsc::unbounded_channel().0);
        let web = Web::new(&config.web).unwrap();
        Self {
            account_sid: account_sid.to_owned(),
            account: AccountId::parse(account_sid).unwrap(),
            catalog: Arc::new(catalog),
            ari: ari::Client::new(&config.ari, router.clone()).unwrap(),
            media: media.clone(),
            speech: Arc::new(Speech::new(&config.speech, media.clone())),
            recordings: recordings.clone(),
            recogniser: None,
            callbacks: Callbacks::start(web.clone(), None).0,
            queues: Queues::start(super::queues::Book::default(), router.clone()).0,
            rooms: super::rooms::Rooms::new().0,
            live: Live::new().0,
            legs: mpsc::unbounded_channel().0,
            originations: Originations::new().0,
            checkpoints: None,
            flows_dir: config.flows.dir.clone(),
            background: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            config: Arc::new(config),
            router,
            web,
        }
    }
}
