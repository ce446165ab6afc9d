//! Who waits in the queues, who has waited there, and what agents do now.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::call::live::LiveCall;
use crate::call::queues::{Stat, Stay};
use crate::clock;
use crate::id::CallId;
use crate::objects::{Kind, gregorian};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Get,
            "queues/stats",
            "Lists who waits in the queues, and the last 1000 of each who have waited there.",
            |ask| Box::pin(all(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "queues/stats_summary",
            "Sums up how long callers of each queue wait.",
            |ask| Box::pin(summary(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "queues/{id}/stats",
            "Lists who waits in a queue, and who has waited there.",
            |ask| Box::pin(of_queue(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "agents/stats",
            "Counts the calls that each agent has taken.",
            |ask| Box::pin(of_agents(ask)),
        ),
    ]
}

async fn stats(ask: &Ask) -> Vec<Stat> {
    let services = &ask.v2.services;
    let asterisk = &services.config.ari.name;
    services.queues.stats(asterisk, &ask.account).await
}

async fn show(ask: &Ask, stats: &[Stat]) -> Value {
    let calls = ask.v2.services.live.of_account(&ask.account).await;
    let by_id: HashMap<&CallId, &LiveCall> = calls.iter().map(|call| (&call.id, call)).collect();
    let shown = |stat: &Stat| {
        let mut shown = json!({
            "queue_id": stat.queue,
            "call_sid": stat.call,
            "entered_timestamp": gregorian(stat.entered),
            "wait_time": stat.waited.as_secs(),
        });
        let (status, further) = match &stat.status {
            Stay::Waiting { position } => ("waiting", ("position", Value::from(*position))),
            Stay::Handled(agent) => ("handled", ("agent_id", agent.clone().into())),
            Stay::Abandoned => {
                let left = gregorian(stat.entered.after(stat.waited));
                ("abandoned", ("abandoned_timestamp", left.into()))
            }
        };
        shown["status"] = status.into();
        shown[further.0] = further.1;
        if let Some(call) = stat.call.as_ref().and_then(|call| by_id.get(call)) {
            shown["call_id"] = call.call_id.clone().into();
            shown["caller_id_number"] = call.from.clone().into();
            shown["caller_id_name"] = call.from_name.clone().into();
        }
        shown
    };
    stats.iter().map(shown).collect::<Vec<_>>().into()
}

async fn all(ask: &Ask) -> Result<Reply, Refusal> {
    let stats = show(ask, &stats(ask).await).await;
    let now = gregorian(clock::now());
    Ok(Reply::data(
        json!({"current_timestamp": now, "stats": stats}),
    ))
}

async fn of_queue(ask: &Ask) -> Result<Reply, Refusal> {
    let queue = ask
        .v2
        .services
        .catalog
        .get(&ask.account, Kind::Queue, ask.id(0));
    if queue.await?.is_none() {
        return Err(Refusal::unknown(ask.id(0)));
    }
    let mut stats = stats(ask).await;
    stats.retain(|stat| stat.queue == ask.id(0));
    let stats = show(ask, &stats).await;
    let now = gregorian(clock::now());
    Ok(Reply::data(
        json!({"current_timestamp": now, "stats": stats}),
    ))
}

/// What became of the callers of one queue.
#[derive(Default)]
struct Sum {
    waiting: usize,
    handled: usize,
    abandoned: usize,
    /// Of those who have been connected.
    waited: Duration,
    /// Of those who wait.
    longest: Duration,
}

async fn summary(ask: &Ask) -> Result<Reply, Refusal> {
    let queues = ask.v2.services.catalog.list(&ask.account, Kind::Queue);
    let queues = queues.await?.into_iter();
    let mut sums: BTreeMap<String, Sum> = queues.map(|q| (q.id, Sum::default())).collect();
    for stat in stats(ask).await {
        let sum = sums.entry(stat.queue).or_default();
        match stat.status {
            Stay::Waiting { .. } => {
                sum.waiting += 1;
                sum.longest = sum.longest.max(stat.waited);
            }
            Stay::Handled(_) => {
                sum.handled += 1;
                sum.waited += stat.waited;
            }
            Stay::Abandoned => sum.abandoned += 1,
        }
    }
    let shown = sums.into_iter().map(|(queue, sum)| {
        let handled = u32::try_from(sum.handled).unwrap_or(u32::MAX);
        json!({
            "queue_id": queue,
            "total_calls": sum.waiting + sum.handled + sum.abandoned,
            "waiting_calls": sum.waiting,
            "handled_calls": sum.handled,
            "abandoned_calls": sum.abandoned,
            "average_wait_time": (sum.waited / handled.max(1)).as_secs(),
            "longest_wait_time": sum.longest.as_secs(),
        })
    });
    let shown: Vec<Value> = shown.collect();
    let now = gregorian(clock::now());
    Ok(Reply::data(
        json!({"current_timestamp": now, "Summarized": shown}),
    ))
}

async fn of_agents(ask: &Ask) -> Result<Reply, Refusal> {
    let mut taken: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for stat in stats(ask).await {
        if let Stay::Handled(agent) = stat.status {
            *taken
                .entry(agent)
                .or_default()
                .entry(stat.queue)
                .or_default() += 1;
        }
    }
    let shown = taken.into_iter().map(|(agent, queues)| {
        let total: usize = queues.values().sum();
        let counted = |(queue, calls): (String, usize)| (queue, json!({"answered_calls": calls}));
        let queues: serde_json::Map<String, Value> = queues.into_iter().map(counted).collect();
        json!({"agent_id": agent, "answered_calls": total, "queues": queues})
    });
    Ok(Reply::data(shown.collect::<Vec<_>>()))
}
