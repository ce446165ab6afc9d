//! What belongs to a user: `/users/{id}/devices` and the like.

use serde_json::Value;

use super::ask::Ask;
use super::endpoint::{Endpoint, Gives, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use super::{listing, resource};
use crate::objects::Kind;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let kinds = [Kind::Device, Kind::Recording, Kind::Vmbox];
    let of_user = |kind: Kind| {
        let resource = resource::resource(kind)?;
        let endpoint = Endpoint::new(
            Verb::Get,
            format!("users/{{id}}/{}", kind.name()),
            format!("Lists {} of a user.", kind.name()),
            |ask| Box::pin(list(ask)),
        );
        Some(endpoint.gives(Gives::Page).of(resource))
    };
    kinds.into_iter().filter_map(of_user).collect()
}

async fn list(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let catalog = &ask.v2.services.catalog;
    let user = catalog.get(&ask.account, Kind::User, ask.id(0)).await?;
    let user = user.ok_or_else(|| Refusal::unknown(ask.id(0)))?;
    let mut documents = catalog.list(&ask.account, resource.kind).await?;
    documents.retain(|document| {
        document.body.get("owner_id").and_then(Value::as_str) == Some(user.id.as_str())
    });
    listing::page(ask, resource, documents).await
}
