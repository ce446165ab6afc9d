//! Logging in with a name and a password, as consoles written for Kazoo do: the answer
//! is a token of the account that works for an hour, and on while it is used.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::endpoint::{Endpoint, Scope, Verb};
use super::refusal::Refusal;
use super::reply::{Data, Reply};
use super::tokens;
use crate::clock;
use crate::id::AccountId;
use crate::objects::{Account, Fault, Kind, Token, User, gregorian};
use crate::store::{Change, Document, Expected, Key};

/// Seconds that a token works without being used.
pub(super) const LIFETIME: i64 = 3600;
/// Characters of a password.
const SHORTEST: usize = 6;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Put,
            "user_auth",
            "Gives an administrator of an account a token for an hour.",
            |ask| Box::pin(log_in(ask)),
        )
        .scope(Scope::Open)
        .takes(|_| {
            json!({
                "type": "object",
                "required": ["credentials"],
                "properties": {
                    "credentials": {
                        "type": "string",
                        "description": "MD5 or SHA-1 of `username:password`, as hexadecimal digits.",
                    },
                    "method": {"enum": ["md5", "sha"]},
                    "account_name": {"type": "string"},
                    "account_realm": {"type": "string"},
                    "account_id": {"type": "string"},
                },
            })
        }),
    ]
}

async fn log_in(ask: &Ask) -> Result<Reply, Refusal> {
    let data = ask.object()?;
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let Some(sent) = text("credentials").filter(|sent| !sent.is_empty()) else {
        return Err(Refusal::fault(
            "credentials",
            "required",
            Fault::new("Field is required but missing"),
        ));
    };
    if sent.len() > 128 {
        return Err(Refusal::login());
    }
    let doors = &ask.v2.doors;
    doors.knock(ask.peer)?;
    let account = account(ask, &data).await;
    // Who names no account has guessed nothing.
    let account = account.inspect_err(|_| doors.give_back(ask.peer))?;
    // An account that is not there takes as long.
    let salt = account
        .clone()
        .unwrap_or_else(|| ask.v2.services.account.clone());
    let id = ask.v2.credential(&salt, sent).await?;
    let found = match &account {
        None => None,
        Some(account) => ask.v2.administrator(account, &id).await?,
    };
    let (Some(account), Some((user, described))) = (account, found) else {
        return Err(Refusal::login());
    };
    doors.give_back(ask.peer);
    let token = make_token(ask, &account, &id, &described).await?;
    let catalog = &ask.v2.services.catalog;
    let named: Option<Account> = catalog.object(&account, account.as_str()).await?;
    let named = named.unwrap_or_default();
    let language = described.language.or(named.language);
    Ok(Reply::Data(Data {
        status: StatusCode::CREATED,
        data: json!({
            "account_id": account,
            "account_name": named.name,
            "owner_id": user,
            "language": language.unwrap_or_else(|| "en-us".into()),
            "is_master_account": account == ask.v2.services.account,
            "apps": [],
        }),
        beside: Map::from_iter([("auth_token".to_owned(), token.into())]),
    }))
}

/// The account that is meant, if it takes logins.
async fn account(ask: &Ask, data: &Map<String, Value>) -> Result<Option<AccountId>, Refusal> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let plain = |name: &str| {
        let kept = name.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect::<String>()
    };
    let is_meant = |id: &AccountId, account: &Account| {
        let by_name = text("account_name").map(plain);
        let by_name = by_name.is_some_and(|name| !name.is_empty() && name == plain(&account.name));
        let by_realm = text("account_realm").is_some_and(|realm| {
            let own = account.realm.as_deref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(realm))
        });
        let by_id =
            text("account_id").is_some_and(|text| AccountId::parse(text).as_ref() == Some(id));
        by_name || by_realm || by_id
    };
    if ["account_name", "account_realm", "account_id"]
        .iter()
        .all(|name| text(name).is_none())
    {
        let fault = Fault::new("name the account: account_name, account_realm or account_id");
        return Err(Refusal::fault("account_name", "required", fault));
    }
    let all = ask.v2.services.catalog.everywhere(Kind::Account).await?;
    let own = &ask.v2.services.account;
    if !all.iter().any(|(id, _)| id == own) && is_meant(own, &Account::default()) {
        return Ok(Some(own.clone()));
    }
    let mut meant = all.into_iter().filter_map(|(id, document)| {
        let own = document.id == id.as_str();
        let account: Account = document.read().ok().filter(|_| own)?;
        (account.enabled != Some(false) && is_meant(&id, &account)).then_some(id)
    });
    // A name that two accounts have is nobody's.
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(Some(one)),
        _ => Ok(None),
    }
}

async fn make_token(
    ask: &Ask,
    account: &AccountId,
    credential: &str,
    user: &User,
) -> Result<String, Refusal> {
    let catalog = &ask.v2.services.catalog;
    let now = gregorian(clock::now());
    let tokens = catalog.list(account, Kind::Token).await?.into_iter();
    let is_over = |body: &Map<String, Value>| {
        let expires = body.get("expires").and_then(Value::as_i64);
        expires.is_some_and(|expires| expires <= now)
    };
    let mut changes: Vec<Change> = tokens
        .filter(|token| is_over(&token.body))
        .map(|token| Change::Delete {
            key: Key::new(account, Kind::Token, token.id),
            expected: Expected::Anything,
        })
        .collect();
    let token = tokens::random();
    let name = user.username.clone().unwrap_or_default();
    let body = json!({"name": name, "expires": now + LIFETIME, "credential": credential});
    if let Value::Object(body) = body {
        changes.push(Change::Put {
            key: Key::new(account, Kind::Token, Token::id_of(&token)),
            body,
            expected: Expected::Nothing,
        });
    }
    catalog.write(changes).await?;
    Ok(token)
}

/// What is to be written when a user is: of the password, only what it is known again by.
pub(super) async fn beside(
    ask: &Ask,
    id: &str,
    before: Option<&Document>,
    after: Option<&Map<String, Value>>,
) -> Result<Vec<Change>, Refusal> {
    let name = |body: &Map<String, Value>| {
        let name = body.get("username").and_then(Value::as_str);
        name.map(str::to_owned)
    };
    let password = match &ask.data {
        Some(data) if after.is_some() => &data["password"],
        _ => &Value::Null,
    };
    let stays = after.is_some_and(|after| before.and_then(|b| name(&b.body)) == name(after));
    if stays && password.is_null() {
        return Ok(Vec::new());
    }
    let services = &ask.v2.services;
    let old = services
        .catalog
        .list(&ask.account, Kind::Credential)
        .await?;
    let own = old
        .into_iter()
        .filter(|old| old.body.get("user").and_then(Value::as_str) == Some(id));
    let mut changes: Vec<Change> = own
        .map(|old| Change::Delete {
            key: Key::new(&ask.account, Kind::Credential, old.id),
            expected: Expected::Anything,
        })
        .collect();
    let (Some(after), false) = (after, password.is_null()) else {
        return Ok(changes);
    };
    let password = password
        .as_str()
        .filter(|password| password.len() >= SHORTEST);
    let Some(password) = password else {
        let fault = Fault::new(format!("must be a text of at least {SHORTEST} characters"));
        let fault = fault.target(SHORTEST);
        return Err(Refusal::fault("password", "minLength", fault));
    };
    // As in Kazoo, a password without a name opens nothing and is no error.
    let Some(name) = name(after) else {
        return Ok(changes);
    };
    for sent in sent(&name, password) {
        let body = Map::from_iter([("user".to_owned(), id.into())]);
        changes.push(Change::Put {
            key: Key::new(
                &ask.account,
                Kind::Credential,
                ask.v2.credential(&ask.account, &sent).await?,
            ),
            body,
            expected: Expected::Anything,
        });
    }
    Ok(changes)
}

/// What clients send of a name and a password: either of these.
fn sent(name: &str, password: &str) -> [String; 2] {
    use md5::Digest;
    let both = format!("{}:{password}", name.to_lowercase());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [
        hex(&md5::Md5::digest(&both)),
        hex(&sha1::Sha1::digest(&both)),
    ]
}
