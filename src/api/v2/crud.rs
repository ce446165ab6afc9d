//! List, create, read, replace, patch and delete, for every kind alike.

use serde_json::{Map, Value};

use super::ask::Ask;
use super::checking::{checked, merge, strip, unique};
use super::endpoint::{Endpoint, Gives, Verb};
use super::listing;
use super::refusal::Refusal;
use super::reply::{Reply, dates, revision};
use super::resource::{Can, Resource};
use crate::objects::{Fault, Kind};
use crate::store::{Change, Document, Expected, Key, StoreError};

pub(super) fn endpoints(resource: &'static Resource) -> Vec<Endpoint> {
    let collection = resource.path;
    let item = format!("{collection}/{{id}}");
    let one = resource.kind.one().replace('_', " ");
    let many = resource.kind.name().replace('_', " ");
    let schema = |resource: Option<&'static Resource>| {
        resource.map_or(Value::Null, |resource| resource.schema().clone())
    };
    let all = [
        (
            Can::List,
            Endpoint::new(Verb::Get, collection, format!("Lists {many}."), |ask| {
                Box::pin(listing::list(ask))
            })
            .gives(Gives::Page),
        ),
        (
            Can::Create,
            Endpoint::new(Verb::Put, collection, format!("Creates a {one}."), |ask| {
                Box::pin(create(ask))
            })
            .takes(schema),
        ),
        (
            Can::Read,
            Endpoint::new(Verb::Get, &*item, format!("Gives a {one}."), |ask| {
                Box::pin(read(ask))
            }),
        ),
        (
            Can::Replace,
            Endpoint::new(Verb::Post, &*item, format!("Replaces a {one}."), |ask| {
                Box::pin(replace(ask))
            })
            .takes(schema)
            .takes_sound(resource.upload.is_some()),
        ),
        (
            Can::Patch,
            Endpoint::new(
                Verb::Patch,
                &*item,
                format!("Changes fields of a {one}; null takes a field away."),
                |ask| Box::pin(patch(ask)),
            )
            .takes(|_| serde_json::json!({"type": "object"})),
        ),
        (
            Can::Delete,
            Endpoint::new(
                Verb::Delete,
                &*item,
                format!("Deletes a {one}, and gives it as it was."),
                |ask| Box::pin(delete(ask)),
            ),
        ),
    ];
    let possible = all.into_iter().filter(|(what, _)| resource.can(*what));
    possible
        .map(|(_, endpoint)| endpoint.of(resource))
        .collect()
}

async fn create(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    owner(ask, resource).await?;
    let body = ask.object()?;
    let id = (resource.id)(&body).unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
    let id = match resource.owner() {
        Some(_) => format!("{}/{id}", ask.id(0)),
        None => id,
    };
    let document = keep(ask, resource, &id, body, Expected::Nothing).await?;
    Ok(Reply::created(show(ask, resource, document).await?))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let document = existing(ask, resource).await?;
    Ok(Reply::data(show(ask, resource, document).await?))
}

async fn replace(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    if ask.sound.is_some()
        && let Some(upload) = resource.upload
    {
        return upload(ask).await;
    }
    let before = existing(ask, resource).await?;
    unchanged(ask, resource, &before).await?;
    let body = ask.object()?;
    let expected = Expected::Revision(before.revision);
    let document = keep(ask, resource, &before.id, body, expected).await?;
    Ok(Reply::data(show(ask, resource, document).await?))
}

pub(super) async fn patch(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let before = existing(ask, resource).await?;
    unchanged(ask, resource, &before).await?;
    let expected = Expected::Revision(before.revision);
    let mut body = before.body;
    let mut changes = ask.object()?;
    strip(resource, &mut changes);
    merge(&mut body, changes);
    let document = keep(ask, resource, &before.id, body, expected).await?;
    Ok(Reply::data(show(ask, resource, document).await?))
}

async fn delete(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let before = existing(ask, resource).await?;
    unchanged(ask, resource, &before).await?;
    remove(ask, resource, before).await
}

/// Deletes a document that is there, and shows it.
pub(super) async fn remove(
    ask: &Ask,
    resource: &Resource,
    before: Document,
) -> Result<Reply, Refusal> {
    let mut changes = vec![Change::Delete {
        key: Key::new(&ask.account, resource.kind, before.id.clone()),
        expected: Expected::Revision(before.revision),
    }];
    if let Some(beside) = resource.beside {
        changes.extend(beside(ask, &before.id, Some(&before), None).await?);
    }
    ask.v2.services.catalog.write(changes).await?;
    if let Some(after) = resource.after {
        after(ask, Some(&before), None);
    }
    let mut shown = show(ask, resource, before).await?;
    shown["_read_only"]["deleted"] = true.into();
    Ok(Reply::data(shown))
}

/// The document that the URL names.
pub(super) async fn existing(ask: &Ask, resource: &Resource) -> Result<Document, Refusal> {
    owner(ask, resource).await?;
    let id = resource.key(&ask.ids);
    let last = ask.ids.last().map_or("", |id| id);
    // `BOX/MESSAGE` is reached through its box alone.
    if resource.owner().is_some() && last.contains('/') {
        return Err(Refusal::unknown(last));
    }
    let found = ask
        .v2
        .services
        .catalog
        .get(&ask.account, resource.kind, &id);
    found.await?.ok_or_else(|| Refusal::unknown(last))
}

/// What belongs to something else is only there while that is.
pub(super) async fn owner(ask: &Ask, resource: &Resource) -> Result<(), Refusal> {
    let Some(kind) = resource.owner() else {
        return Ok(());
    };
    let found = ask.v2.services.catalog.get(&ask.account, kind, ask.id(0));
    match found.await? {
        Some(_) => Ok(()),
        None => Err(Refusal::unknown(ask.id(0))),
    }
}

/// Whether it is still as the client has read it, if the client asks for that.
async fn unchanged(ask: &Ask, resource: &Resource, before: &Document) -> Result<(), Refusal> {
    let Some(wanted) = ask.headers.get("if-match") else {
        return Ok(());
    };
    let now = revision(&show(ask, resource, before.clone()).await?);
    let wanted = String::from_utf8_lossy(wanted.as_bytes());
    let mut tags = wanted.split(',').map(|tag| tag.trim().trim_matches('"'));
    if tags.any(|tag| tag == "*" || tag == now) {
        return Ok(());
    }
    Err(Refusal::conflict(
        "it has been changed since it was read; read it again",
    ))
}

/// Checks a document and stores it.
pub(super) async fn keep(
    ask: &Ask,
    resource: &Resource,
    id: &str,
    body: Map<String, Value>,
    expected: Expected,
) -> Result<Document, Refusal> {
    let body = checked(ask, resource, id, body)?;
    let _turn = ask.v2.writing.lock().await;
    unique(ask, resource, id, &body).await?;
    let catalog = &ask.v2.services.catalog;
    let before = match (resource.beside, resource.after) {
        (None, None) => None,
        _ => catalog.get(&ask.account, resource.kind, id).await?,
    };
    let further = match resource.beside {
        None => Vec::new(),
        Some(beside) => beside(ask, id, before.as_ref(), Some(&body)).await?,
    };
    let key = Key::new(&ask.account, resource.kind, id);
    let change = Change::Put {
        key,
        body,
        expected,
    };
    let changes = std::iter::once(change).chain(further).collect();
    match catalog.write(changes).await {
        Err(StoreError::NumberTaken(taken)) => {
            let holder = ask
                .v2
                .services
                .catalog
                .get(&ask.account, Kind::Callflow, &taken.callflow);
            let holder = holder.await?;
            let name = holder.and_then(|holder| {
                let name = holder.body.get("name").and_then(Value::as_str);
                name.map(|name| format!(" {name}"))
            });
            let what = if taken.field == "numbers" {
                "Number"
            } else {
                "Pattern"
            };
            let message = format!(
                "{what} {} exists in callflow {}{}",
                taken.value,
                taken.callflow,
                name.unwrap_or_default()
            );
            let fault = Fault::new(message).cause(taken.value);
            Err(Refusal::fault(taken.field, "unique", fault))
        }
        written => {
            let document = written?.into_iter().flatten().next();
            if let Some(after) = resource.after {
                after(ask, before.as_ref(), document.as_ref());
            }
            document.ok_or_else(|| Refusal::unknown(id))
        }
    }
}

/// A document as the API gives it.
pub(super) async fn show(
    ask: &Ask,
    resource: &Resource,
    document: Document,
) -> Result<Value, Refusal> {
    let mut shown = [whole(resource, document)];
    if let Some(complete) = resource.complete {
        complete(ask, &mut shown).await?;
    }
    let [shown] = shown;
    Ok(shown)
}

/// All public fields of a document, its id, and its dates.
pub(super) fn whole(resource: &Resource, document: Document) -> Value {
    let mut shown = Map::new();
    shown.insert("id".into(), resource.shown_id(&document.id).into());
    let dates = dates(document.created, document.modified);
    shown.extend(document.body);
    shown.insert("_read_only".into(), dates);
    shown.into()
}
