//! Messages of voicemail boxes: between folders and boxes, and their sound.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Gives, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource::{self, Resource};
use super::{crud, media};
use crate::clock;
use crate::objects::{Fault, Kind, gregorian};
use crate::store::{Change, Document, Expected, Key, StoreError};

const FOLDERS: [&str; 3] = ["new", "saved", "deleted"];
const DELETED: &str = "deleted";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let Some(messages) = resource::resource(Kind::Message) else {
        return Vec::new();
    };
    let where_to = |_: Option<&'static Resource>| {
        json!({
            "type": "object",
            "properties": {
                "messages": {"type": "array", "items": {"type": "string"}},
                "folder": {"enum": FOLDERS},
                "source_id": {
                    "description": "A box to move them to, or a list of boxes to copy them to.",
                },
            },
        })
    };
    let all = vec![
        Endpoint::new(
            Verb::Post,
            "vmboxes/{owner}/messages",
            "Moves messages to another folder or box, or copies them to boxes.",
            |ask| Box::pin(change_many(ask)),
        )
        .takes(where_to),
        Endpoint::new(
            Verb::Delete,
            "vmboxes/{owner}/messages",
            "Moves messages to the folder `deleted`; all of the box when none are named.",
            |ask| Box::pin(delete_many(ask)),
        )
        .takes(where_to),
        Endpoint::new(
            Verb::Post,
            "vmboxes/{owner}/messages/{id}",
            "Moves a message to another folder or box.",
            |ask| Box::pin(change_one(ask)),
        )
        .takes(where_to),
        Endpoint::new(
            Verb::Delete,
            "vmboxes/{owner}/messages/{id}",
            "Moves a message to the folder `deleted`; out of there it is gone for good.",
            |ask| Box::pin(delete_one(ask)),
        ),
        Endpoint::new(
            Verb::Get,
            "vmboxes/{owner}/messages/{id}/raw",
            "Gives the sound of a message.",
            |ask| Box::pin(download(ask)),
        )
        .gives(Gives::Sound),
        Endpoint::new(
            Verb::Post,
            "vmboxes/{owner}/messages/{id}/raw",
            "Uploads the sound of a message.",
            |ask| Box::pin(upload(ask)),
        )
        .takes_sound(true),
    ];
    all.into_iter()
        .map(|endpoint| endpoint.of(messages))
        .collect()
}

pub(super) fn by_time(document: &Document) -> String {
    let time = document.body.get("timestamp").and_then(Value::as_i64);
    format!("{:020}", time.unwrap_or_default().max(0))
}

pub(super) fn prepare(_: &Ask, body: &mut Map<String, Value>) {
    let now = gregorian(clock::now());
    let at = body.entry("timestamp").or_insert(now.into());
    if *at == json!(0) {
        *at = now.into();
    }
}

/// Sets the lamps of a box by what is in it now, beside the answer.
pub(super) fn tell_waiting(ask: &Ask, mailbox: &str) {
    let services = ask.v2.services.clone();
    let (account, mailbox) = (ask.account.clone(), mailbox.to_owned());
    ask.v2
        .services
        .background
        .spawn(async move { services.tell_waiting(&account, &mailbox).await });
}

/// What is to become of messages.
enum Move {
    To(&'static str),
    /// To another box.
    Over(String),
    /// To other boxes, and here it stays.
    Copy(Vec<String>),
}

impl Move {
    async fn of(ask: &Ask) -> Result<Self, Refusal> {
        let data = ask.data.as_ref().ok_or_else(super::ask::no_data)?;
        let boxes = match &data["source_id"] {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => list
                .iter()
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect(),
            _ => {
                let given = data["folder"].as_str().unwrap_or_default();
                let folder = FOLDERS.into_iter().find(|folder| *folder == given);
                return folder.map(Self::To).ok_or_else(|| {
                    let fault = Fault::new("must be new, saved or deleted");
                    let fault = fault.target(FOLDERS.to_vec()).value(&data["folder"]);
                    Refusal::fault("folder", "enum", fault)
                });
            }
        };
        for id in &boxes {
            let found = ask
                .v2
                .services
                .catalog
                .get(&ask.account, Kind::Vmbox, id)
                .await?;
            if found.is_none() {
                let fault = Fault::new("there is no such box").cause(id.as_str());
                return Err(Refusal::fault("source_id", "not_found", fault));
            }
        }
        Ok(match (&data["source_id"], boxes.as_slice()) {
            (Value::String(_), [one]) => Self::Over(one.clone()),
            _ => Self::Copy(boxes),
        })
    }

    /// Sets the lamps of all boxes that it concerns.
    fn tell_waiting(&self, ask: &Ask) {
        let others = match self {
            Self::To(_) => &[][..],
            Self::Over(to) => std::slice::from_ref(to),
            Self::Copy(boxes) => boxes,
        };
        tell_waiting(ask, ask.id(0));
        for other in others {
            tell_waiting(ask, other);
        }
    }

    /// What is to be written for one message.
    async fn changes(&self, ask: &Ask, message: Document) -> Result<Vec<Change>, StoreError> {
        let key = |id: String| Key::new(&ask.account, Kind::Message, id);
        let expected = Expected::Revision(message.revision);
        let boxes = match self {
            Self::To(folder) => {
                let mut body = message.body;
                body.insert("folder".into(), (*folder).into());
                return Ok(vec![Change::Put {
                    key: key(message.id),
                    body,
                    expected,
                }]);
            }
            Self::Over(to) => std::slice::from_ref(to),
            Self::Copy(boxes) => boxes,
        };
        let catalog = &ask.v2.services.catalog;
        let sound = catalog.attachment(&ask.account, Kind::Message, &message.id);
        let sound = sound.await?;
        let (from, id) = message.id.split_once('/').unwrap_or(("", &message.id));
        let mut changes = Vec::new();
        for to in boxes.iter().filter(|to| *to != from) {
            let id = match self {
                Self::Over(_) => id.to_owned(),
                _ => uuid::Uuid::new_v4().simple().to_string(),
            };
            let mut body = message.body.clone();
            if body.contains_key("media_id") {
                body.insert("media_id".into(), id.clone().into());
            }
            let key = key(format!("{to}/{id}"));
            changes.push(Change::Put {
                key: key.clone(),
                body,
                expected: Expected::Nothing,
            });
            if let Some(attachment) = sound.clone() {
                changes.push(Change::Attach { key, attachment });
            }
        }
        if matches!(self, Self::Over(_)) && !changes.is_empty() {
            changes.push(Change::Delete {
                key: key(message.id),
                expected,
            });
        }
        Ok(changes)
    }
}

async fn change_many(ask: &Ask) -> Result<Reply, Refusal> {
    crud::owner(ask, ask.resource()?).await?;
    let Some(ids) = ask.words("messages")? else {
        let fault = Fault::new("Field is required but missing");
        return Err(Refusal::fault("messages", "required", fault));
    };
    let to = Move::of(ask).await?;
    each(ask, ids, &to).await
}

async fn delete_many(ask: &Ask) -> Result<Reply, Refusal> {
    crud::owner(ask, ask.resource()?).await?;
    let ids = match ask.words("messages")? {
        Some(ids) => ids,
        None => {
            let catalog = &ask.v2.services.catalog;
            let all = catalog.list_under(&ask.account, Kind::Message, ask.id(0));
            let all = all.await?;
            let ids = all
                .iter()
                .filter_map(|message| message.id.rsplit('/').next());
            ids.map(str::to_owned).collect()
        }
    };
    each(ask, ids, &Move::To(DELETED)).await
}

/// Each message by itself: those that cannot be moved do not hold the others back.
async fn each(ask: &Ask, ids: Vec<String>, to: &Move) -> Result<Reply, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
    for id in ids {
        let key = format!("{}/{id}", ask.id(0));
        let message = match id.contains('/') {
            true => None,
            false => catalog.get(&ask.account, Kind::Message, &key).await?,
        };
        let Some(message) = message else {
            failed.push(json!({ id: "not_found" }));
            continue;
        };
        let changes = to.changes(ask, message).await?;
        match catalog.write(changes).await {
            Ok(_) => succeeded.push(Value::from(id)),
            Err(StoreError::Broken(why)) => return Err(StoreError::Broken(why).into()),
            Err(error) => failed.push(json!({ id: error.to_string() })),
        }
    }
    to.tell_waiting(ask);
    Ok(Reply::data(
        json!({"succeeded": succeeded, "failed": failed}),
    ))
}

async fn change_one(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let message = crud::existing(ask, resource).await?;
    let to = Move::of(ask).await?;
    let changes = to.changes(ask, message.clone()).await?;
    let written = ask.v2.services.catalog.write(changes).await?;
    to.tell_waiting(ask);
    let now = written.into_iter().flatten().next().unwrap_or(message);
    Ok(Reply::data(crud::show(ask, resource, now).await?))
}

async fn delete_one(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let message = crud::existing(ask, resource).await?;
    if message.body.get("folder").and_then(Value::as_str) == Some(DELETED) {
        return crud::remove(ask, resource, message).await;
    }
    let to = Move::To(DELETED);
    let changes = to.changes(ask, message.clone()).await?;
    let written = ask.v2.services.catalog.write(changes).await?;
    to.tell_waiting(ask);
    let now = written.into_iter().flatten().next().unwrap_or(message);
    Ok(Reply::data(crud::show(ask, resource, now).await?))
}

async fn download(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let message = crud::existing(ask, resource).await?;
    media::sound(ask, resource, &message).await
}

async fn upload(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    let message = crud::existing(ask, resource).await?;
    let id = resource.shown_id(&message.id);
    let message = media::attach(ask, resource, message, |body, _| {
        body.insert("media_id".into(), id.into());
    })
    .await?;
    Ok(Reply::data(crud::show(ask, resource, message).await?))
}
