//! What nobody owns any more: the objects of a call whose task has failed, and what
//! a pivot that is gone has left in Asterisk.

use std::sync::Arc;
use std::time::Duration;

use crate::ari::{BridgeList, Channel, Request, Router};
use crate::call::{Services, State};
use crate::flow::Status;
use crate::id::{CallId, PREFIX, is_our_channel};
use crate::news::{News, Screened};

/// A channel that was seen this long ago and still belongs to nobody is an orphan.
const ORPHAN_AFTER: Duration = Duration::from_secs(5);

/// The channel that a call is about.
pub(super) enum Owned {
    Caller(String),
    /// A leg, and the call that made it.
    Leg(String, CallId),
    /// The caller's channel, and the call that has lent it.
    Lent(String, CallId),
}

impl Owned {
    pub(super) fn of(state: &State) -> Self {
        let channel = state.channel.clone();
        match &state.facts.parent {
            Some(parent) if state.borrowed => Self::Lent(channel, parent.clone()),
            Some(parent) => Self::Leg(channel, parent.clone()),
            None => Self::Caller(channel),
        }
    }

    fn channel(&self) -> &str {
        match self {
            Self::Caller(channel) | Self::Leg(channel, _) | Self::Lent(channel, _) => channel,
        }
    }
}

/// Gives up everything of a call whose task is gone, and its channel to whom it
/// belongs: the call that has lent it, or else the dialplan. A leg is hung up.
pub(super) async fn clear_away(services: &Services, router: &Router, id: &CallId, owned: Owned) {
    let prefix = format!("{PREFIX}{}", id.hex());
    let objects = router.snapshot().await.unwrap_or_default().objects;
    // A leg that another call has handed over has that one's name.
    let is_left = |object: &String, owner: &CallId| {
        object.starts_with(&prefix) || owner == id && object != owned.channel()
    };
    let left = objects
        .iter()
        .filter(|(object, owner)| is_left(object, owner));
    for (object, _) in left {
        // Ids do not tell what they name; what they do not name is 404.
        for request in [
            Request::stop_playback(object),
            Request::destroy_bridge(object),
            services.ari.hangup(object, 16),
        ] {
            services.ari.send(request).await.ok();
        }
        let stopped = services.ari.send(Request::stop_recording(object)).await;
        if stopped.is_ok() {
            tracing::warn!(call = %id, recording = object, "what the failed call recorded stays in Asterisk under this name");
        }
    }
    services.queues.leave(id);
    services.rooms.leave(id, "in-progress").await;
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
        Owned::Lent(channel, parent) => {
            make_free(services, &channel).await;
            router.objects(id).hand_over(&channel, &parent);
            let screened = Screened {
                channel,
                accepted: true,
                failed: true,
            };
            router.tell_call(&parent, News::Screened(screened));
        }
    }
    router.objects(id).release();
    if let Some(checkpoints) = &services.checkpoints {
        checkpoints.remove(id);
    }
}

/// Takes a channel out of the bridge that it is in and from what it hears without end.
/// Which of them there are, only the task knew.
async fn make_free(services: &Services, channel: &str) {
    let ari = &services.ari;
    for request in [
        Request::stop_ring(channel),
        Request::stop_music(channel),
        Request::stop_silence(channel),
    ] {
        ari.send(request).await.ok();
    }
    for bridge in bridges(services).await {
        if bridge.channels.iter().any(|inside| inside == channel) {
            let out = Request::remove_from_bridge(&bridge.id, channel);
            ari.send(out).await.ok();
        }
    }
}

async fn bridges(services: &Services) -> Vec<BridgeList> {
    let reply = services.ari.send(Request::bridges()).await;
    reply
        .ok()
        .and_then(|reply| reply.json().ok())
        .unwrap_or_default()
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
pub(super) async fn reap(services: Arc<Services>, router: Router) {
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
    let bridges = bridges(services).await;
    let ours: Application = ari
        .send(Request::application(ari.app()))
        .await
        .ok()
        .and_then(|reply| reply.json().ok())
        .unwrap_or_default();
    let Some(owned) = router.snapshot().await else {
        return Vec::new();
    };
    let free = |id: &String| !owned.objects.contains_key(id);
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
