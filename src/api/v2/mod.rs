//! The API that Kazoo's people know: `/v2/accounts/{ACCOUNT}/…`, and the same
//! without the account for the account of the token.
//!
//! Every endpoint is a row of `table`; the OpenAPI document is written out of the
//! same rows. A kind of stored thing that needs no more than list, create, read,
//! replace, patch and delete is a line in `resource`.

mod accounts;
mod agents;
mod ask;
mod body;
mod callflows;
mod channels;
mod checking;
mod conference_actions;
mod credentials;
mod crud;
mod directories;
mod doors;
mod endpoint;
mod filters;
mod listing;
mod media;
mod messages;
mod openapi;
mod originating;
mod owned;
mod participants;
mod phones;
mod pivot_debug;
mod queue_stats;
mod queues;
mod quickcall;
mod recordings;
mod refusal;
mod reply;
mod resource;
mod schemas;
mod table;
mod tokens;
mod user_auth;
mod users;
mod vmboxes;
mod webhooks;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;

use crate::call::Services;

use ask::Ask;
use body::Content;
use credentials::{Given, Who};
use doors::Doors;
use endpoint::Verb;
use refusal::Refusal;
use reply::{Heading, Reply};
use table::Found;

/// What the API needs of pivot.
pub(super) struct V2 {
    pub(super) services: Arc<Services>,
    /// Names that must be unique are looked for and written in one turn.
    writing: tokio::sync::Mutex<()>,
    doors: Doors,
}

impl V2 {
    pub(super) fn new(services: Arc<Services>) -> Self {
        Self {
            services,
            writing: tokio::sync::Mutex::default(),
            doors: Doors::default(),
        }
    }
}

/// Answers one request.
pub(super) async fn serve(v2: &Arc<V2>, request: Request) -> Response {
    let heading = Heading::of(request.method(), request.uri(), request.headers());
    let mut who = None;
    let given = answer(v2, request, &mut who).await;
    let known = who.is_some_and(|who| who != Who::Anybody);
    let node = &v2.services.config.ari.name;
    heading.answer(given, node, known)
}

async fn answer(
    v2: &Arc<V2>,
    request: Request,
    asking: &mut Option<Who>,
) -> Result<Reply, Refusal> {
    let (parts, body) = request.into_parts();
    let found = Found::at(parts.uri.path());
    if parts.method == Method::OPTIONS {
        let verbs = found.as_ref().map(Found::verbs);
        return Ok(reply::preflight(&verbs.unwrap_or_default()));
    }
    let asked = parts.uri.query().unwrap_or_default().as_bytes();
    let query: Vec<(String, String)> = url::form_urlencoded::parse(asked).into_owned().collect();
    let open = found.as_ref().is_some_and(Found::is_open);
    let mut who = match Given::of(&parts.headers, &query) {
        _ if open => Some(Who::Anybody),
        Some(given) => Some(v2.admit(Some(&given)).await?),
        None => None,
    };
    let sounds = who.is_some() && found.as_ref().is_some_and(Found::takes_sound);
    let content = match parts.method {
        Method::GET | Method::HEAD => Ok(Content::default()),
        _ => body::read(&parts.headers, body, sounds).await,
    };
    if who.is_none() {
        let token = content.as_ref().ok().and_then(|c| c.word("auth_token"));
        who = Some(v2.admit(token.map(Given::token).as_ref()).await?);
    }
    let who = who.unwrap_or(Who::Anybody);
    *asking = Some(who.clone());
    let found = found.ok_or_else(|| Refusal::url(parts.uri.path()))?;
    let content = content?;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let verb = verb(&parts, &query, &content)?;
    let endpoint = found.endpoint(verb)?;
    let account = v2.account(&who, found.account.as_deref()).await?;
    let mut envelope = content.envelope;
    let ask = Ask {
        v2: v2.clone(),
        endpoint,
        who,
        account,
        ids: found.ids,
        peer,
        query,
        headers: parts.headers,
        data: envelope.shift_remove("data"),
        sound: content.sound,
    };
    (endpoint.run)(&ask).await
}

/// The verb of the request, or the one that a POST carries for a client that can
/// send no other.
fn verb(parts: &Parts, query: &[(String, String)], content: &Content) -> Result<Verb, Refusal> {
    let method = match parts.method {
        Method::HEAD => "GET",
        _ => parts.method.as_str(),
    };
    let asked = query.iter().find(|(name, _)| name == "verb");
    let carried = content
        .word("verb")
        .or(asked.map(|(_, verb)| verb.as_str()))
        .filter(|_| parts.method == Method::POST);
    let name = carried.unwrap_or(method);
    Verb::named(name).ok_or_else(|| {
        let all = Verb::ALL.map(Verb::name);
        Refusal::method(&name.chars().take(20).collect::<String>(), &all)
    })
}
