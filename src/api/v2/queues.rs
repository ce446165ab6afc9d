//! Who are the agents of a queue: users say so themselves.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use crate::objects::{Fault, Kind};
use crate::store::{Change, Document, Expected, Key};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let path = "queues/{id}/roster";
    let users = |_: Option<_>| json!({"type": "array", "items": {"type": "string"}});
    vec![
        Endpoint::new(
            Verb::Get,
            path,
            "Lists the ids of a queue's agents.",
            |ask| Box::pin(read(ask)),
        ),
        Endpoint::new(
            Verb::Post,
            path,
            "Makes these users a queue's agents, and no others.",
            |ask| Box::pin(replace(ask)),
        )
        .takes(users),
        Endpoint::new(
            Verb::Delete,
            path,
            "Takes users out of a queue; all when none are named.",
            |ask| Box::pin(delete(ask)),
        )
        .takes(users),
    ]
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let users = users(ask).await?;
    Ok(agents(ask, &users))
}

async fn replace(ask: &Ask) -> Result<Reply, Refusal> {
    let users = users(ask).await?;
    let Some(wanted) = ask.words("agents")? else {
        return Err(super::ask::no_data());
    };
    known(&users, &wanted)?;
    write(ask, users, |id| wanted.iter().any(|wanted| wanted == id)).await
}

async fn delete(ask: &Ask) -> Result<Reply, Refusal> {
    let users = users(ask).await?;
    let unwanted = ask.words("agents")?;
    known(&users, unwanted.as_deref().unwrap_or_default())?;
    let agents: Vec<String> = users
        .iter()
        .filter(|user| is_agent(&user.body, ask.id(0)))
        .map(|user| user.id.clone())
        .collect();
    write(ask, users, |id| {
        let goes = unwanted
            .as_ref()
            .is_none_or(|unwanted| unwanted.iter().any(|unwanted| unwanted == id));
        !goes && agents.iter().any(|agent| agent == id)
    })
    .await
}

/// All users of the account, if there is such a queue.
async fn users(ask: &Ask) -> Result<Vec<Document>, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let queue = catalog.get(&ask.account, Kind::Queue, ask.id(0)).await?;
    if queue.is_none() {
        return Err(Refusal::unknown(ask.id(0)));
    }
    Ok(catalog.list(&ask.account, Kind::User).await?)
}

fn known(users: &[Document], ids: &[String]) -> Result<(), Refusal> {
    let unknown = ids
        .iter()
        .find(|id| !users.iter().any(|user| user.id == **id));
    match unknown {
        None => Ok(()),
        Some(id) => {
            let fault = Fault::new("there is no such user").cause(id.as_str());
            Err(Refusal::fault("data", "not_found", fault))
        }
    }
}

async fn write(
    ask: &Ask,
    users: Vec<Document>,
    stays: impl Fn(&str) -> bool,
) -> Result<Reply, Refusal> {
    let queue = ask.id(0);
    let mut after = Vec::with_capacity(users.len());
    let mut changes = Vec::new();
    for mut user in users {
        let stays = stays(&user.id);
        if is_agent(&user.body, queue) != stays {
            let queues = user.body.entry("queues").or_insert_with(|| json!([]));
            if let Value::Array(list) = queues {
                list.retain(|id| id.as_str() != Some(queue));
                if stays {
                    list.push(queue.into());
                }
            }
            changes.push(Change::Put {
                key: Key::new(&ask.account, Kind::User, user.id.clone()),
                body: user.body.clone(),
                expected: Expected::Revision(user.revision),
            });
        }
        after.push(user);
    }
    if !changes.is_empty() {
        ask.v2.services.catalog.write(changes).await?;
    }
    Ok(agents(ask, &after))
}

fn agents(ask: &Ask, users: &[Document]) -> Reply {
    let agents = users.iter().filter(|user| is_agent(&user.body, ask.id(0)));
    let ids: Vec<Value> = agents.map(|user| user.id.clone().into()).collect();
    Reply::data(ids)
}

fn is_agent(user: &Map<String, Value>, queue: &str) -> bool {
    let queues = user.get("queues").and_then(Value::as_array);
    queues.is_some_and(|queues| queues.iter().any(|id| id.as_str() == Some(queue)))
}
