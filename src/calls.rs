//! Taking calls in: one task each, a bound on how many, and what becomes of a
//! call whose task fails.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use crate::ari::{Arrival, Channel, Delivery, Request, Router};
use crate::call::{Call, Facts, Latency, LegCall, Services, State};
use crate::clock;
use crate::config::{Config, Profile};
use crate::flow::{self, Session, Status};
use crate::id::{CallId, PREFIX, is_our_channel};
use crate::news::{News, Screened};
use crate::trace::{Summary, Trace, Traces};

/// A channel that was seen this long ago and still belongs to nobody is an orphan.
const ORPHAN_AFTER: Duration = Duration::from_secs(5);

/// What the desk is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Stop a call's task and nothing else, as if its process had died.
    Drop {
        call: CallId,
        done: oneshot::Sender<()>,
    },
    /// Go on with a call from its checkpoint.
    Resume(Box<State>),
    /// Calls that come from now on find their instructions by the `[default]` and
    /// `[[route]]`s of this configuration.
    Routes(Arc<Config>),
    /// Take no further calls.
    Drain,
}

/// Takes calls in until its arrivals end.
pub struct Desk {
    pub services: Arc<Services>,
    pub router: Router,
    pub traces: Traces,
    pub tasks: TaskTracker,
    pub ready: watch::Sender<bool>,
}

impl Desk {
    pub async fn run(
        self,
        mut arrivals: mpsc::UnboundedReceiver<Arrival>,
        mut commands: mpsc::Receiver<Command>,
        mut legs: mpsc::UnboundedReceiver<LegCall>,
    ) {
        let room = Arc::new(Semaphore::new(self.services.config.limits.calls));
        let mut routes = self.services.config.clone();
        let mut draining = false;
        let mut asked = true;
        let mut running: HashMap<CallId, AbortHandle> = HashMap::new();
        let (ended, mut ends) = mpsc::unbounded_channel();
        loop {
            tokio::select! {
                arrival = arrivals.recv() => match arrival {
                    None => return,
                    Some(Arrival::Call { id, channel, args, mailbox, read }) => {
                        let permit = room.clone().try_acquire_owned();
                        let refused = match &permit {
                            _ if draining => Some(Status::Draining),
                            Err(_) => Some(Status::Overloaded),
                            Ok(_) => None,
                        };
                        let latency = Latency::since(read);
                        let starting = Starting { id: id.clone(), channel, args, mailbox, refused, latency, routes: routes.clone() };
                        let handle = self.start(starting, ended.clone(), permit.ok());
                        running.insert(id, handle);
                    }
                    Some(Arrival::Stray { channel }) => {
                        let ari = self.services.ari.clone();
                        self.tasks.spawn(async move { ari.send(ari.hangup(&channel, 16)).await });
                    }
                    Some(Arrival::Connected) => {
                        self.ready.send_replace(true);
                        self.tasks.spawn(reap(self.services.clone(), self.router.clone()));
                    }
                    Some(Arrival::Replaced) => {
                        self.ready.send_replace(false);
                        let app = self.services.ari.app();
                        tracing::error!(
                            "another program has connected to Asterisk as the application {app:?} and gets all calls now. \
                             Pivot does not take it back: stop the other program, or give one of them another [ari] app, \
                             then restart pivot. Calls that run here get no more events."
                        );
                    }
                },
                Some(id) = ends.recv() => {
                    running.remove(&id);
                }
                Some(leg) = legs.recv() => {
                    let id = leg.state.id.clone();
                    let handle = self.start_leg(leg, ended.clone());
                    running.insert(id, handle);
                }
                command = commands.recv(), if asked => match command {
                    // Nobody can ask any more; what runs goes on.
                    None => asked = false,
                    Some(Command::Routes(config)) => routes = config,
                    Some(Command::Drain) => draining = true,
                    Some(Command::Drop { call, done }) => {
                        if let Some(handle) = running.remove(&call) {
                            handle.abort();
                        }
                        done.send(()).ok();
                    }
                    Some(Command::Resume(state)) => {
                        let id = state.id.clone();
                        let handle = self.resume(*state, ended.clone());
                        running.insert(id, handle);
                    }
                },
            }
        }
    }

    fn start(
        &self,
        starting: Starting,
        ended: mpsc::UnboundedSender<CallId>,
        permit: Option<tokio::sync::OwnedSemaphorePermit>,
    ) -> AbortHandle {
        let id = starting.id.clone();
        let channel = starting.channel.id.clone();
        let trace = self.traces.begin(&id, summary(&id, &starting.channel));
        metrics::counter!("pivot_calls_total").increment(1);
        let call = serve(
            starting,
            self.services.clone(),
            self.router.clone(),
            trace.clone(),
        );
        self.supervise(id, Owned::Caller(channel), trace, ended, async move {
            call.await;
            drop(permit);
        })
    }

    /// A leg that has become a call of its own.
    fn start_leg(&self, leg: LegCall, ended: mpsc::UnboundedSender<CallId>) -> AbortHandle {
        let (id, owned) = (leg.state.id.clone(), Owned::of(&leg.state));
        let trace = self
            .traces
            .begin(&id, summary_of(&leg.state, "asked before it is connected"));
        let objects = self.router.objects(&id);
        let (services, writer) = (self.services.clone(), trace.clone());
        self.supervise(id, owned, trace, ended, async move {
            let session = flow::leg::session(&leg);
            let mut call = Call::new(*leg.state, leg.mailbox, objects, services, writer);
            flow::leg::run(&mut call, session).await;
        })
    }

    fn resume(&self, state: State, ended: mpsc::UnboundedSender<CallId>) -> AbortHandle {
        let (id, owned) = (state.id.clone(), Owned::of(&state));
        let trace = self.traces.begin(&id, summary_of(&state, "picked up"));
        let mailbox = self.router.adopt(&id);
        let objects = self.router.objects(&id);
        let (services, writer) = (self.services.clone(), trace.clone());
        self.supervise(id, owned, trace, ended, async move {
            let session: Option<Session> = serde_json::from_value(state.flow.clone()).ok();
            let mut call = Call::resume(state, mailbox, objects, services, writer).await;
            match session {
                session if call.facts().parent.is_some() => {
                    flow::leg::run(&mut call, session).await;
                }
                Some(mut session) => {
                    let result = flow::resume(&mut call, &mut session).await;
                    flow::finish(&mut call, Some(session), result).await;
                }
                None => {
                    flow::hand_back(
                        &mut call,
                        Status::InternalError,
                        "its checkpoint cannot be read".into(),
                    )
                    .await
                }
            }
        })
    }

    /// Runs a call's task; a panic in it ends that call alone.
    fn supervise(
        &self,
        id: CallId,
        owned: Owned,
        trace: Trace,
        ended: mpsc::UnboundedSender<CallId>,
        call: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        let task = self.tasks.spawn(call);
        let abort = task.abort_handle();
        let (services, router) = (self.services.clone(), self.router.clone());
        self.tasks.spawn(async move {
            metrics::gauge!("pivot_calls").increment(1.0);
            if let Err(error) = task.await
                && error.is_panic()
            {
                metrics::counter!("pivot_calls_failed_total").increment(1);
                tracing::error!(call = %id, "this call's task failed; the others go on. This is a bug in pivot.");
                clear_away(&services, &router, &id, owned).await;
                trace.end("failed inside pivot");
            }
            metrics::gauge!("pivot_calls").decrement(1.0);
            ended.send(id).ok();
        });
        abort
    }
}

/// A call that has entered Stasis.
struct Starting {
    id: CallId,
    channel: Box<Channel>,
    args: Vec<String>,
    mailbox: mpsc::Receiver<Delivery>,
    refused: Option<Status>,
    latency: Latency,
    routes: Arc<Config>,
}

async fn serve(starting: Starting, services: Arc<Services>, router: Router, trace: Trace) {
    let Starting {
        id,
        channel,
        args,
        mailbox,
        refused,
        latency,
        routes,
    } = starting;
    let plan = flow::plan(&routes, &channel, &args);
    let (to, internal) = plan
        .as_ref()
        .map_or((None, false), |plan| (plan.to.as_deref(), plan.internal));
    let asks_first = plan.as_ref().is_ok_and(|plan| plan.source.asks());
    let mut facts = Facts::new(&channel, to, internal);
    facts.account = plan.as_ref().ok().and_then(|plan| plan.account.clone());
    let mut state = State::new(id.clone(), channel.id.clone(), facts, clock::now());
    if channel.state == "Up" {
        state.answered = Some(clock::now());
    }
    state.twilio_profile = plan
        .as_ref()
        .is_ok_and(|plan| plan.manner.profile == Profile::Twilio);
    let objects = router.objects(&id);
    let mut call = Call::new(state, mailbox, objects, services, trace);
    call.latency = latency;
    call.arrive(refused.is_none() && asks_first).await;
    if let Some(status) = refused {
        let limit = call.services().config.limits.calls;
        let reason = match status {
            Status::Draining => "pivot is shutting down and takes no further calls".to_owned(),
            _ => format!("pivot has {limit} calls, as many as [limits] calls allows"),
        };
        return flow::hand_back(&mut call, status, reason).await;
    }
    match plan {
        Ok(plan) => {
            let mut session = None;
            let result = flow::run(&mut call, plan, &mut session).await;
            flow::finish(&mut call, session, result).await;
        }
        Err(error) => {
            call.warn(error.to_string());
            flow::hand_back(&mut call, Status::NoRoute, error.to_string()).await;
        }
    }
}

fn summary_of(state: &State, now: &str) -> Summary {
    Summary {
        id: state.id.to_string(),
        channel: state.facts.channel_name.clone(),
        from: state.facts.caller_number.clone(),
        to: state.facts.dialled.clone(),
        began: state.began,
        ended: None,
        state: now.into(),
    }
}

fn summary(id: &CallId, channel: &Channel) -> Summary {
    Summary {
        id: id.to_string(),
        channel: channel.name.clone(),
        from: channel.caller.number.clone(),
        to: channel.dialplan.exten.clone(),
        began: clock::now(),
        ended: None,
        state: "in progress".into(),
    }
}

/// The channel that a call is about.
enum Owned {
    Caller(String),
    /// A leg, and the call that made it.
    Leg(String, CallId),
}

impl Owned {
    fn of(state: &State) -> Self {
        let channel = state.channel.clone();
        match &state.facts.parent {
            Some(parent) => Self::Leg(channel, parent.clone()),
            None => Self::Caller(channel),
        }
    }
}

/// Gives up everything of a call whose task is gone, and the call to the dialplan.
async fn clear_away(services: &Services, router: &Router, id: &CallId, owned: Owned) {
    let prefix = format!("{PREFIX}{}", id.hex());
    let objects = router.snapshot().await.unwrap_or_default().objects;
    for object in objects.iter().filter(|object| object.starts_with(&prefix)) {
        // Ids do not tell what they name; what they do not name is 404.
        for request in [
            Request::stop_playback(object),
            Request::stop_recording(object),
            Request::destroy_bridge(object),
            services.ari.hangup(object, 16),
        ] {
            services.ari.send(request).await.ok();
        }
    }
    services.queues.leave(id);
    match owned {
        Owned::Caller(channel) => {
            give_back(
                services,
                &channel,
                "pivot failed inside; its log says where",
            )
            .await;
        }
        Owned::Leg(channel, parent) => {
            services
                .ari
                .send(services.ari.hangup(&channel, 16))
                .await
                .ok();
            let screened = Screened {
                channel,
                accepted: false,
                failed: true,
            };
            router.tell_call(&parent, News::Screened(screened));
        }
    }
    services.rooms.leave(id, "in-progress").await;
    router.objects(id).release();
    if let Some(checkpoints) = &services.checkpoints {
        checkpoints.remove(id);
    }
}

/// Hands a channel that no call owns back to the dialplan.
async fn give_back(services: &Services, channel: &str, reason: &str) {
    let told = [
        ("PIVOT_STATUS", Status::InternalError.as_str()),
        ("PIVOT_REASON", reason),
    ];
    for (name, value) in told {
        services
            .ari
            .send(Request::set_variable(channel, name, value))
            .await
            .ok();
    }
    let back = Request::continue_dialplan(channel, None, None, None);
    if services.ari.send(back).await.is_err() {
        services
            .ari
            .send(services.ari.hangup(channel, 16))
            .await
            .ok();
    }
}

/// Looks for what a pivot that is gone has left behind: legs and bridges with
/// our prefix, and callers whom nobody serves. What is seen only once may belong
/// to a call that is just starting. Only what this application is subscribed to
/// counts, since another pivot may use the same Asterisk under another name, and
/// bridges that are empty, which belong to no application.
async fn reap(services: Arc<Services>, router: Router) {
    let first = orphans(&services, &router).await;
    if first.is_empty() {
        return;
    }
    tokio::time::sleep(ORPHAN_AFTER).await;
    let second = orphans(&services, &router).await;
    for orphan in second.into_iter().filter(|orphan| first.contains(orphan)) {
        tracing::warn!(?orphan, "left behind by a pivot that is gone");
        match orphan {
            Orphan::Leg(channel) => {
                services
                    .ari
                    .send(services.ari.hangup(&channel, 16))
                    .await
                    .ok();
            }
            Orphan::Bridge(bridge) => {
                services
                    .ari
                    .send(Request::destroy_bridge(&bridge))
                    .await
                    .ok();
            }
            Orphan::Caller(channel) => {
                give_back(
                    &services,
                    &channel,
                    "the pivot that served this call is gone",
                )
                .await
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Orphan {
    Leg(String),
    Bridge(String),
    Caller(String),
}

#[derive(Default, serde::Deserialize)]
struct Application {
    #[serde(default)]
    channel_ids: Vec<String>,
    #[serde(default)]
    bridge_ids: Vec<String>,
}

async fn orphans(services: &Services, router: &Router) -> Vec<Orphan> {
    let ari = &services.ari;
    let channels: Vec<Channel> = ari
        .send(Request::channels())
        .await
        .ok()
        .and_then(|reply| reply.json().ok())
        .unwrap_or_default();
    let bridges: Vec<crate::ari::BridgeList> = ari
        .send(Request::bridges())
        .await
        .ok()
        .and_then(|reply| reply.json().ok())
        .unwrap_or_default();
    let ours: Application = ari
        .send(Request::application(ari.app()))
        .await
        .ok()
        .and_then(|reply| reply.json().ok())
        .unwrap_or_default();
    let Some(owned) = router.snapshot().await else {
        return Vec::new();
    };
    let free = |id: &String| !owned.objects.contains(id);
    let legs = channels
        .iter()
        .map(|c| c.id.clone())
        .filter(|id| is_our_channel(id) && ours.channel_ids.contains(id))
        .filter(free)
        .map(Orphan::Leg);
    let rooms = bridges
        .into_iter()
        .filter(|b| b.channels.is_empty() || ours.bridge_ids.contains(&b.id))
        .map(|b| b.id)
        .filter(|id| id.starts_with(PREFIX))
        .filter(free)
        .map(Orphan::Bridge);
    let callers = ours
        .channel_ids
        .iter()
        .filter(|id| !is_our_channel(id) && channels.iter().any(|c| c.id == **id))
        .filter(|id| free(id))
        .map(|id| Orphan::Caller(id.clone()));
    legs.chain(rooms).chain(callers).collect()
}
