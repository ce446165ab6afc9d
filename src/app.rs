//! Building everything from the configuration, draining and stopping it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api;
use crate::ari::{self, AriError, Connection, Router, SocketState};
use crate::call::live::Live;
use crate::call::originate::Originations;
use crate::call::queues::{Book, Queues};
use crate::call::rooms::Rooms;
use crate::call::{Checkpoints, Services, State};
use crate::callbacks::Callbacks;
use crate::calls::{Command, Desk};
use crate::config::{self, Config};
use crate::control::{self, ControlError};
use crate::flow::signature;
use crate::id::{AccountId, CallId};
use crate::media::{Media, MediaError};
use crate::patterns::PatternError;
use crate::recordings::{Recordings, RecordingsError};
use crate::speech::{Recogniser, Speech};
use crate::store::{self, Catalog, Numbers, StoreError};
use crate::trace::Traces;
use crate::web::{Sign, Web, WebError};

/// What calls need to end after they were told to.
const LAST: Duration = Duration::from_secs(10);

/// Why pivot cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Ari(#[from] AriError),
    #[error(transparent)]
    Web(#[from] WebError),
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Recordings(#[from] RecordingsError),
    #[error(transparent)]
    Api(#[from] api::ApiError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("`numbers.converters`: {0}")]
    Numbers(#[from] PatternError),
    #[error(transparent)]
    Config(#[from] config::ConfigError),
}

/// What differs between the daemon and a program that has pivot inside.
#[derive(Default)]
pub struct Options {
    pub checkpoints: Option<Arc<dyn Checkpoints>>,
    /// No HTTP server and no control socket: nothing listens.
    pub quiet: bool,
    /// Calls are simulated in virtual time, which stands still while a web
    /// application is awaited.
    pub simulated: bool,
}

/// A running pivot.
pub struct App {
    pub services: Arc<Services>,
    pub traces: Traces,
    pub connection: Connection,
    /// ARI is up.
    pub ready: watch::Receiver<bool>,
    /// Where pivot's own HTTP server listens; none when nothing does.
    pub http: Option<SocketAddr>,
    commands: mpsc::Sender<Command>,
    /// Calls and what they leave to be done.
    calls: TaskTracker,
    /// Everything else.
    tasks: TaskTracker,
    stop: CancellationToken,
    /// A program that drops pivot ends it.
    _ends: tokio_util::sync::DropGuard,
}

impl App {
    /// Starts everything. It is of use once `ready` says so.
    pub async fn start(config: Config, options: Options) -> Result<Self, AppError> {
        crate::web::install_crypto();
        let config = Arc::new(config);
        let (tasks, calls, stop) = (
            TaskTracker::new(),
            TaskTracker::new(),
            CancellationToken::new(),
        );
        let state_dir = config.recordings.dir.parent().unwrap_or(Path::new("."));
        let account_sid = config::account_sid(&config, state_dir)?;
        let account = AccountId::parse(&account_sid).unwrap_or_else(AccountId::random);
        let numbers = Numbers::new(&config.numbers)?;
        let store = store::open(config.store.url()).await?;
        let catalog = Arc::new(Catalog::open(store, numbers).await?);
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let (router, routing) = Router::start(arrived);
        let client = ari::Client::new(&config.ari, router.clone())?;
        let web = Web::new(&config.web)?;
        let web = if options.simulated {
            web.holding_time()
        } else {
            web
        };
        let media = Media::new(&config.media, &config.http, web.clone())?;
        let speech = Arc::new(Speech::new(&config.speech, media.clone()));
        let recordings = Arc::new(Recordings::new(
            &config.recordings,
            &config.http,
            &account_sid,
        )?);
        let sign =
            config.account.auth_token.clone().map(|token| -> Sign {
                Arc::new(move |url, form| signature::sign(&token, url, form))
            });
        let (callbacks, calling_back) = Callbacks::start(web.clone(), sign);
        let (queues, queueing) = Queues::start(Book::default(), router.clone());
        let (traces, keeping) = Traces::start(config.limits.traces);
        let (rooms, waiting_rooms) = Rooms::new();
        let (live, told) = Live::new();
        let (legs, leg_calls) = mpsc::unbounded_channel();
        let (originations, lines) = Originations::new();
        let (attempted, attempts) = mpsc::unbounded_channel();
        let services = Arc::new(Services {
            flows_dir: config.flows.dir.clone(),
            account_sid,
            account,
            catalog,
            ari: client.clone(),
            web,
            media,
            speech,
            recordings,
            recogniser: Recogniser::new(&config.transcribe),
            callbacks,
            router: router.clone(),
            queues,
            rooms,
            live,
            legs,
            originations,
            checkpoints: options.checkpoints,
            background: calls.clone(),
            shutdown: CancellationToken::new(),
            config: config.clone(),
        });
        let (ready_sender, ready) = watch::channel(false);
        let mut http = None;
        if !options.quiet {
            let server = api::bind(&services, ready.clone()).await?;
            http = server.address();
            tasks.spawn(server.run(stop.clone()));
            let listener = control::bind(&config.control.socket).await?;
            tasks.spawn(control::serve(
                listener,
                traces.clone(),
                tasks.clone(),
                stop.clone(),
            ));
        }
        let (commands, asked) = mpsc::channel(16);
        let desk = Desk {
            services: services.clone(),
            router: router.clone(),
            traces: traces.clone(),
            tasks: calls.clone(),
            ready: ready_sender,
        };
        let (connection, connecting) = ari::connect(config.ari.clone(), client, router);
        let until_stopped = |work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| {
            let stop = stop.clone();
            tasks.spawn(async move {
                tokio::select! { () = stop.cancelled() => {} () = work => {} }
            });
        };
        until_stopped(Box::pin(routing));
        until_stopped(Box::pin(queueing));
        until_stopped(Box::pin(keeping));
        until_stopped(Box::pin(calling_back));
        until_stopped(Box::pin(waiting_rooms.run(services.clone())));
        until_stopped(Box::pin(told.run(services.clone())));
        until_stopped(Box::pin(lines.run(services.clone(), attempted)));
        until_stopped(Box::pin(desk.run(arrivals, asked, leg_calls, attempts)));
        until_stopped(Box::pin(connecting));
        Ok(Self {
            services,
            traces,
            connection,
            ready,
            http,
            commands,
            calls,
            tasks,
            _ends: stop.clone().drop_guard(),
            stop,
        })
    }

    /// Waits until calls can come; `false` when another program has the application.
    pub async fn wait_ready(&mut self) -> bool {
        let up = self.connection.state.wait_for(|state| {
            *state != SocketState::Connecting(None) && !matches!(state, SocketState::Connecting(_))
        });
        let state = up.await.map(|state| state.clone());
        match state {
            Ok(SocketState::Up) => self.ready.wait_for(|ready| *ready).await.is_ok(),
            _ => false,
        }
    }

    /// Takes over the `[default]` and `[[route]]`s of a configuration for calls that
    /// come from now on. All else is what pivot was started with.
    pub async fn reload(&self, config: Config) {
        self.commands
            .send(Command::Routes(Arc::new(config)))
            .await
            .ok();
    }

    /// Takes no further calls, waits for those that run, then ends the rest:
    /// they go back to the dialplan.
    pub async fn drain(&self) {
        let limit = Duration::from_secs(self.services.config.limits.drain_s);
        self.commands.send(Command::Drain).await.ok();
        self.calls.close();
        if tokio::time::timeout(limit, self.calls.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                calls = self.calls.len(),
                "draining took too long ([limits] drain_s); the calls go back to the dialplan"
            );
            self.services.shutdown.cancel();
            tokio::time::timeout(LAST, self.calls.wait()).await.ok();
        }
    }

    /// Stops all that is left.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(LAST, self.tasks.wait()).await.ok();
    }

    /// Stops a call's task and nothing else, as if its process had died.
    pub async fn drop_call(&self, call: &CallId) {
        let (done, dropped) = oneshot::channel();
        if self
            .commands
            .send(Command::Drop {
                call: call.clone(),
                done,
            })
            .await
            .is_ok()
        {
            dropped.await.ok();
        }
    }

    /// Goes on with a call from its checkpoint.
    pub async fn resume_call(&self, state: State) {
        self.commands
            .send(Command::Resume(Box::new(state)))
            .await
            .ok();
    }
}
