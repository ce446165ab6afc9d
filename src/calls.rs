//! Taking calls in: one task each, a bound on how many, and supervision: a task
//! that fails ends its call alone.

mod left_behind;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use crate::ari::{Arrival, Channel, Delivery, Router};
use crate::call::live::LiveCall;
use crate::call::originate::{Attempt, Origination, Reached};
use crate::call::{Call, Facts, Latency, LegCall, Services, State};
use crate::clock;
use crate::config::{Config, Profile};
use crate::flow::{self, Session, Status};
use crate::id::CallId;
use crate::news::Destination;
use crate::trace::{Summary, Trace, Traces};

use left_behind::{Owned, clear_away, reap};

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
        mut attempts: mpsc::UnboundedReceiver<Attempt>,
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
                Some(attempt) = attempts.recv() => match room.clone().try_acquire_owned() {
                    Ok(permit) if !draining => {
                        let (id, handle) = self.originate(attempt, ended.clone(), permit);
                        running.insert(id, handle);
                    }
                    // There may be room for the next one.
                    _ => { attempt.over.send(Reached::Nobody).ok(); }
                },
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
        permit: Option<OwnedSemaphorePermit>,
    ) -> AbortHandle {
        let id = starting.id.clone();
        let channel = starting.channel.id.clone();
        let trace = self.traces.begin(&id, summary(&id, &starting.channel));
        metrics::counter!("pivot_calls_total").increment(1);
        // Boxed, so that it is not moved about as a whole.
        let call = Box::pin(serve(
            starting,
            self.services.clone(),
            self.router.clone(),
            trace.clone(),
        ));
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

    /// A call of pivot's own accord.
    fn originate(
        &self,
        attempt: Attempt,
        ended: mpsc::UnboundedSender<CallId>,
        permit: OwnedSemaphorePermit,
    ) -> (CallId, AbortHandle) {
        let Attempt { origination, over } = attempt;
        let id = CallId::new();
        let mut state = State::new(id.clone(), String::new(), facts(&origination), clock::now());
        state.originated = Some(Box::new(origination.clone()));
        let trace = self.traces.begin(&id, summary_of(&state, "in progress"));
        metrics::counter!("pivot_calls_total").increment(1);
        let (mailbox, objects) = (self.router.adopt(&id), self.router.objects(&id));
        let (services, writer) = (self.services.clone(), trace.clone());
        let owned = Owned::of(&state);
        let handle = self.supervise(id.clone(), owned, trace, ended, async move {
            let mut call = Call::new(state, mailbox, objects, services, writer);
            let reached = flow::originated::run(&mut call, origination).await;
            over.send(reached).ok();
            drop(permit);
        });
        (id, handle)
    }

    fn resume(&self, state: State, ended: mpsc::UnboundedSender<CallId>) -> AbortHandle {
        let (id, owned) = (state.id.clone(), Owned::of(&state));
        let trace = self.traces.begin(&id, summary_of(&state, "picked up"));
        let mailbox = self.router.adopt(&id);
        let objects = self.router.objects(&id);
        let (services, writer) = (self.services.clone(), trace.clone());
        if state.facts.parent.is_none() && !state.channel.is_empty() {
            let call = LiveCall::of(&state, &services.account);
            services.live.goes_on(call);
        }
        self.supervise(id, owned, trace, ended, async move {
            let session: Option<Session> = serde_json::from_value(state.flow.clone()).ok();
            let originated = state.originated.clone();
            let mut call = Call::resume(state, mailbox, objects, services, writer).await;
            match session {
                _ if let Some(origination) = originated => {
                    flow::originated::run(&mut call, *origination).await;
                }
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
            services.live.ended(&id, None);
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

/// What is known of one who is yet to answer.
fn facts(origination: &Origination) -> Facts {
    let dialled = match &origination.then {
        Destination::Number(number) => number.clone(),
        Destination::Callflow(_) | Destination::Flow(_) => String::new(),
    };
    Facts {
        caller_number: origination.caller.number.clone(),
        caller_name: origination.caller.name.clone(),
        dialled,
        language: "en".into(),
        internal: origination.internal,
        account: origination.account.clone(),
        ..Facts::default()
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
