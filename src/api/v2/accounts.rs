//! Accounts. The configuration's own is always there; its token makes others.

use serde_json::Value;

use super::ask::Ask;
use super::credentials::Who;
use super::endpoint::{Endpoint, Gives, Scope, Verb};
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource::{self, Resource};
use super::{checking, crud, listing, recordings, vmboxes};
use crate::clock;
use crate::id::AccountId;
use crate::objects::Kind;
use crate::store::{Change, Document, Expected, Key};

static ACCOUNTS: Resource = Resource {
    listed: &["name", "realm", "timezone", "language", "enabled"],
    ..Resource::of(Kind::Account, "accounts")
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let schema = |_: Option<_>| resource::schema(Kind::Account).clone();
    let own = |verb, does: &str, run| Endpoint::new(verb, "", does, run).of(&ACCOUNTS);
    vec![
        Endpoint::new(
            Verb::Get,
            "accounts",
            "Lists the accounts that the token opens.",
            |ask| Box::pin(list(ask)),
        )
        .scope(Scope::Known)
        .gives(Gives::Page)
        .of(&ACCOUNTS),
        Endpoint::new(Verb::Put, "accounts", "Creates an account.", |ask| {
            Box::pin(create(ask))
        })
        .scope(Scope::Known)
        .takes(schema)
        .of(&ACCOUNTS),
        own(Verb::Get, "Gives an account.", |ask| Box::pin(read(ask))),
        own(Verb::Put, "Creates an account.", |ask| {
            Box::pin(create(ask))
        })
        .takes(schema),
        own(Verb::Post, "Replaces an account.", |ask| {
            Box::pin(replace(ask))
        })
        .takes(schema),
        own(
            Verb::Patch,
            "Changes fields of an account; null takes a field away.",
            |ask| Box::pin(patch(ask)),
        )
        .takes(|_| serde_json::json!({"type": "object"})),
        own(
            Verb::Delete,
            "Deletes an account with all that it has.",
            |ask| Box::pin(delete(ask)),
        ),
    ]
}

fn operator(ask: &Ask) -> Result<(), Refusal> {
    match ask.who {
        Who::Operator => Ok(()),
        _ => Err(Refusal::forbidden(
            "only the configuration's own token creates and deletes accounts",
        )),
    }
}

async fn list(ask: &Ask) -> Result<Reply, Refusal> {
    let mut documents = match &ask.who {
        Who::Operator => {
            let all = ask.v2.services.catalog.everywhere(Kind::Account).await?;
            // An account is described by the document that has its own id.
            let own = all
                .into_iter()
                .filter(|(account, d)| d.id == account.as_str());
            own.map(|(_, document)| document).collect()
        }
        _ => vec![document(ask, &ask.account).await?],
    };
    if ask.who == Who::Operator
        && !documents
            .iter()
            .any(|d| d.id == ask.v2.services.account.as_str())
    {
        documents.push(document(ask, &ask.v2.services.account).await?);
    }
    listing::page(ask, &ACCOUNTS, documents).await
}

/// What is known of an account. Of the configuration's own that may be nothing yet.
async fn document(ask: &Ask, account: &AccountId) -> Result<Document, Refusal> {
    let found = ask
        .v2
        .services
        .catalog
        .get(account, Kind::Account, account.as_str());
    Ok(found.await?.unwrap_or_else(|| Document {
        id: account.to_string(),
        revision: 0,
        created: clock::Time(0),
        modified: clock::Time(0),
        body: serde_json::Map::new(),
    }))
}

async fn create(ask: &Ask) -> Result<Reply, Refusal> {
    operator(ask)?;
    let new = AccountId::random();
    let body = checking::checked(ask, &ACCOUNTS, new.as_str(), ask.object()?)?;
    let catalog = &ask.v2.services.catalog;
    let written = catalog.put(&new, Kind::Account, new.as_str(), body, Expected::Nothing);
    Ok(Reply::created(crud::whole(&ACCOUNTS, written.await?)))
}

async fn read(ask: &Ask) -> Result<Reply, Refusal> {
    let document = document(ask, &ask.account).await?;
    Ok(Reply::data(crud::whole(&ACCOUNTS, document)))
}

async fn replace(ask: &Ask) -> Result<Reply, Refusal> {
    let before = document(ask, &ask.account).await?;
    keep(ask, &before, ask.object()?).await
}

async fn patch(ask: &Ask) -> Result<Reply, Refusal> {
    let before = document(ask, &ask.account).await?;
    let mut body = before.body.clone();
    checking::merge(&mut body, ask.object()?);
    if before.revision == 0 {
        // The configuration's own account has no document before its first change.
        let name = || Value::from(before.id.as_str());
        body.entry("name").or_insert_with(name);
    }
    keep(ask, &before, body).await
}

async fn keep(
    ask: &Ask,
    before: &Document,
    body: serde_json::Map<String, Value>,
) -> Result<Reply, Refusal> {
    let expected = match before.revision {
        0 => Expected::Nothing,
        revision => Expected::Revision(revision),
    };
    let document = crud::keep(ask, &ACCOUNTS, &before.id, body, expected).await?;
    Ok(Reply::data(crud::whole(&ACCOUNTS, document)))
}

async fn delete(ask: &Ask) -> Result<Reply, Refusal> {
    operator(ask)?;
    if ask.account == ask.v2.services.account {
        return Err(Refusal::forbidden(
            "this is the configuration's own account; it stays as long as pivot does",
        ));
    }
    let catalog = &ask.v2.services.catalog;
    let before = document(ask, &ask.account).await?;
    let mut changes = Vec::new();
    let mut boxes = Vec::new();
    for kind in Kind::ALL {
        for document in catalog.list(&ask.account, *kind).await? {
            match *kind {
                Kind::Recording => recordings::remove_sound(ask, &document).await?,
                Kind::Vmbox => boxes.push(document.clone()),
                _ => {}
            }
            changes.push(Change::Delete {
                key: Key::new(&ask.account, *kind, document.id),
                expected: Expected::Anything,
            });
        }
    }
    catalog.write(changes).await?;
    for gone in &boxes {
        vmboxes::set_lamps(ask, Some(gone), None);
    }
    let mut shown = crud::whole(&ACCOUNTS, before);
    shown["_read_only"]["deleted"] = true.into();
    Ok(Reply::data(shown))
}
