//! Webhooks: what servers of the account are told about its calls.
//!
//! Each call with somebody to tell has a task of its own, so that one server hears of
//! one call in order, and a slow one holds up nobody else.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{Attempt, End, LiveCall, ParkEvent};
use crate::call::{Cause, Services};
use crate::id::CallId;
use crate::objects::{HookFormat, HookVerb, Kind, Webhook, gregorian};
use crate::store::Document;
use crate::web::{self, Body, Outgoing, Policy};

/// Of one try.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Between tries.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub(super) enum Event {
    Create,
    Answer,
    Bridge,
    /// In this slot.
    Parking(ParkEvent, String),
    Destroy(End),
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Create => "channel_create",
            Self::Answer => "channel_answer",
            Self::Bridge => "channel_bridge",
            Self::Parking(..) => "parking",
            Self::Destroy(_) => "channel_destroy",
        }
    }
}

/// Whom to tell about which call.
pub(super) struct Hooks {
    services: Arc<Services>,
    telling: HashMap<CallId, mpsc::UnboundedSender<(Event, LiveCall)>>,
}

impl Hooks {
    pub(super) fn new(services: Arc<Services>) -> Self {
        Self {
            services,
            telling: HashMap::new(),
        }
    }

    /// Who is there to be told is looked up once for each call.
    pub(super) fn begin(&mut self, call: &LiveCall) {
        let (queue, events) = mpsc::unbounded_channel();
        self.telling.insert(call.id.clone(), queue);
        let services = self.services.clone();
        let account = call.account.clone();
        self.services.background.spawn(async move {
            let read = services.catalog.list(&account, Kind::Webhook).await;
            let stored = read.unwrap_or_else(|error| {
                tracing::warn!(%error, "no webhook is told");
                Vec::new()
            });
            let tell = |odd: String| tracing::warn!(odd, "a webhook is odd");
            let read = |hook: Document| {
                let id = hook.id.clone();
                let hook = hook.read_leniently::<Webhook>(tell);
                let hook = hook.map_err(|error| tell(error.to_string()));
                Some((id, hook.ok()?))
            };
            let mut hooks: Vec<(String, Webhook)> = stored.into_iter().filter_map(read).collect();
            hooks.retain(|(_, hook)| hook.enabled);
            follow(services, hooks, events).await;
        });
    }

    pub(super) fn tell(&mut self, event: Event, call: &LiveCall) {
        let last = matches!(event, Event::Destroy(_));
        if let Some(queue) = self.telling.get(&call.id) {
            // Nobody listens where there are no hooks.
            queue.send((event, call.clone())).ok();
        }
        if last {
            self.telling.remove(&call.id);
        }
    }
}

async fn follow(
    services: Arc<Services>,
    hooks: Vec<(String, Webhook)>,
    mut events: mpsc::UnboundedReceiver<(Event, LiveCall)>,
) {
    if hooks.is_empty() {
        return;
    }
    while let Some((event, call)) = events.recv().await {
        let wanted = hooks
            .iter()
            .filter(|(_, hook)| hook.hook == event.name() || hook.hook == "all");
        let sent = wanted.map(|(id, hook)| send(&services, id, hook, &event, &call));
        futures_util::future::join_all(sent).await;
    }
}

async fn send(services: &Services, id: &str, hook: &Webhook, event: &Event, call: &LiveCall) {
    let params = params(event, call, &hook.custom_data);
    let body = match hook.format {
        HookFormat::Json => Body::Json(params.into()),
        HookFormat::FormData => Body::Form(web::form::flatten(&params.into())),
    };
    let method = match hook.http_verb {
        HookVerb::Get => http::Method::GET,
        HookVerb::Post => http::Method::POST,
        HookVerb::Put => http::Method::PUT,
    };
    let policy = Policy {
        connect: TIMEOUT,
        read: TIMEOUT,
        total: TIMEOUT,
        retries: 0,
        ..Policy::kazoo()
    };
    let out = Outgoing::new(method, hook.uri.as_str(), policy).body(body);
    let shown = web::shown(&hook.uri);
    let mut tries = 0;
    loop {
        let (status, why) = match services.web.send(out.clone(), None).await {
            Ok(answer) if answer.status < 400 => (Some(answer.status), None),
            Ok(answer) => (Some(answer.status), Some("bad response code".to_owned())),
            Err(error) => (None, Some(error.to_string())),
        };
        let event = event.name();
        let attempt = Attempt {
            hook: id.to_owned(),
            event,
            call: call.id.clone(),
            at: crate::clock::now(),
            status,
            why: why.clone(),
            left: match &why {
                Some(_) => hook.retries.saturating_sub(tries),
                None => 0,
            },
        };
        services.live.attempted(&call.account, attempt);
        let Some(why) = why else { return };
        let why = status.map_or(why, |status| status.to_string());
        if tries >= hook.retries {
            tracing::warn!(hook = %shown, event, call = %call.id, why, "a webhook is not told");
            return;
        }
        tries += 1;
        tracing::debug!(hook = %shown, event, call = %call.id, why, "a webhook is tried again");
        tokio::time::sleep(PAUSE).await;
    }
}

/// What is told, in Kazoo's names.
fn params(event: &Event, call: &LiveCall, custom: &Map<String, Value>) -> Map<String, Value> {
    let mut params = Map::new();
    let mut put = |name: &str, value: Value| {
        params.insert(name.to_owned(), value);
    };
    let now = match event {
        Event::Destroy(end) => end.at,
        _ => crate::clock::now(),
    };
    put("hook_event", event.name().into());
    put("account_id", call.account.as_str().into());
    put("call_id", call.call_id.clone().into());
    put("call_sid", call.id.as_str().into());
    put("call_direction", "inbound".into());
    put("caller_id_name", call.from_name.clone().into());
    put("caller_id_number", call.from.clone().into());
    for name in ["from", "to", "request"] {
        let number = if name == "from" { &call.from } else { &call.to };
        put(name, number.clone().into());
    }
    put("timestamp", gregorian(now).into());
    put("channel_name", call.name.clone().into());
    if let Some(other) = &call.other {
        put("other_leg_call_id", other.call_id.clone().into());
        put("callee_id_number", other.number.clone().into());
    }
    if let Event::Parking(parking, slot) = event {
        let name = match parking {
            ParkEvent::Parked => "PARK_PARKED",
            ParkEvent::Retrieved => "PARK_RETRIEVED",
            ParkEvent::Abandoned => "PARK_ABANDONED",
        };
        put("event_name", name.into());
        put("parking_slot", slot.as_str().into());
    }
    if let Event::Destroy(end) = event {
        let whole = end.at.since(call.began).as_secs();
        let answered = call.answered.map(|at| end.at.since(at).as_secs());
        let talked = answered.unwrap_or(0);
        let cause = end.cause.unwrap_or(Cause::NORMAL);
        put("hangup_cause", cause.kazoo().into());
        put("duration_seconds", whole.into());
        put("billing_seconds", talked.into());
        put("ringing_seconds", (whole - talked.min(whole)).into());
    }
    if !custom.is_empty() {
        put("custom_data", json!(custom));
    }
    params
}
