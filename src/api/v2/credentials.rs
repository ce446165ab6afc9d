//! Who asks. A token opens one account; that of the configuration opens all.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::V2;
use super::ask::Ask;
use super::endpoint::{Endpoint, Scope, Verb};
use super::refusal::Refusal;
use super::reply::{Data, Reply};
use super::user_auth::LIFETIME;
use crate::api::auth::same;
use crate::clock;
use crate::id::AccountId;
use crate::objects::{Account, Credential, Fault, Kind, Token, User, gregorian};
use crate::store::Document;

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    /// That of the configuration, who sees all accounts.
    Operator,
    Account(AccountId),
    /// Without a token, where none is needed.
    Anybody,
}

/// A token as it came.
#[derive(Clone)]
pub(super) struct Given {
    /// Of HTTP Basic: the account's sid.
    name: Option<String>,
    token: String,
}

impl Given {
    pub(super) fn token(token: &str) -> Self {
        Self {
            name: None,
            token: token.to_owned(),
        }
    }

    /// From the headers or the query; the body is read later, if at all.
    pub(super) fn of(headers: &HeaderMap, query: &[(String, String)]) -> Option<Self> {
        if let Some(token) = headers.get("x-auth-token") {
            return Some(Self::token(&String::from_utf8_lossy(token.as_bytes())));
        }
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let value = String::from_utf8_lossy(value.as_bytes());
            return Some(Self::authorization(&value).unwrap_or_else(|| Self::token("")));
        }
        let (_, token) = query.iter().find(|(name, _)| name == "auth_token")?;
        Some(Self::token(token))
    }

    fn authorization(value: &str) -> Option<Self> {
        let (scheme, credentials) = value.split_once(' ')?;
        let credentials = credentials.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::token(credentials));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
        let (name, token) = decoded.split_once(':')?;
        Some(Self {
            name: Some(name.to_owned()),
            token: token.to_owned(),
        })
    }
}

impl V2 {
    /// Who has sent this token.
    pub(super) async fn admit(&self, given: Option<&Given>) -> Result<Who, Refusal> {
        let refuse = || match &self.services.config.account.auth_token {
            Some(_) => Err(Refusal::credentials()),
            None => Err(Refusal::closed()),
        };
        let Some(given) = given.filter(|given| !given.token.is_empty()) else {
            return refuse();
        };
        let is_named = |account: &AccountId| {
            let sid = format!("AC{account}");
            let name = given.name.as_deref();
            name.is_none_or(|name| same(name.as_bytes(), sid.as_bytes()))
        };
        if let Some(token) = &self.services.config.account.auth_token
            && same(given.token.as_bytes(), token.expose_secret().as_bytes())
        {
            return match is_named(&self.services.account) {
                true => Ok(Who::Operator),
                false => refuse(),
            };
        }
        // Looked up by its hash: how long that takes says nothing about a token.
        let found = self
            .services
            .catalog
            .find(Kind::Token, &Token::id_of(&given.token))
            .await?;
        if let Some((account, token)) = found.into_iter().next()
            && is_named(&account)
            && self.works(&account, token).await?
        {
            return Ok(Who::Account(account));
        }
        refuse()
    }

    /// Whether a token works still. One that ends works on while it is used.
    async fn works(&self, account: &AccountId, document: Document) -> Result<bool, Refusal> {
        let id = document.id.clone();
        let token: Token = document.read()?;
        if let Some(credential) = &token.credential
            && self.administrator(account, credential).await?.is_none()
        {
            return Ok(false);
        }
        let Some(expires) = token.expires else {
            return Ok(true);
        };
        let now = gregorian(clock::now());
        if expires <= now {
            return Ok(false);
        }
        if expires - now < LIFETIME / 2 {
            let later = |body: &mut Map<String, Value>| {
                body.insert("expires".into(), (now + LIFETIME).into());
            };
            let catalog = &self.services.catalog;
            catalog.update(account, Kind::Token, &id, later).await?;
        }
        Ok(true)
    }

    /// The user whom a credential belongs to, if that one may open the whole account.
    pub(super) async fn administrator(
        &self,
        account: &AccountId,
        credential: &str,
    ) -> Result<Option<(String, User)>, Refusal> {
        let catalog = &self.services.catalog;
        let Some(known) = catalog.object::<Credential>(account, credential).await? else {
            return Ok(None);
        };
        let whole: Option<Account> = catalog.object(account, account.as_str()).await?;
        if whole.is_some_and(|whole| whole.enabled == Some(false)) {
            return Ok(None);
        }
        let user: Option<User> = catalog.object(account, &known.user).await?;
        let user = user.filter(|user| {
            user.enabled != Some(false) && user.priv_level.as_deref() == Some("admin")
        });
        Ok(user.map(|user| (known.user, user)))
    }

    /// The account that a URL means, if this one may see it.
    pub(super) async fn account(
        &self,
        who: &Who,
        named: Option<&str>,
    ) -> Result<AccountId, Refusal> {
        let Some(named) = named else {
            return Ok(match who {
                Who::Account(account) => account.clone(),
                Who::Operator | Who::Anybody => self.services.account.clone(),
            });
        };
        let account = AccountId::parse(named);
        match (who, account) {
            (Who::Account(own), Some(account)) if *own == account => Ok(account),
            (Who::Account(_), _) => Err(Refusal::forbidden(
                "this token opens another account than the one in the URL",
            )),
            (_, Some(account))
                if account == self.services.account || self.exists(&account).await? =>
            {
                Ok(account)
            }
            _ => Err(Refusal::unknown(named)),
        }
    }

    async fn exists(&self, account: &AccountId) -> Result<bool, Refusal> {
        let document = self
            .services
            .catalog
            .get(account, Kind::Account, account.as_str());
        Ok(document.await?.is_some())
    }
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            Verb::Put,
            "api_auth",
            "Tells whether a token is good, and whose it is.",
            |ask| Box::pin(log_in(ask)),
        )
        .scope(Scope::Open)
        .takes(|_| {
            json!({
                "type": "object",
                "required": ["api_key"],
                "properties": {"api_key": {"type": "string", "description": "A token."}},
            })
        }),
    ]
}

/// Scripts of Kazoo's begin with it: the token is its own answer.
async fn log_in(ask: &Ask) -> Result<Reply, Refusal> {
    let data = ask.object()?;
    let Some(token) = data.get("api_key").and_then(Value::as_str) else {
        let fault = Fault::new("Field is required but missing");
        return Err(Refusal::fault("api_key", "required", fault));
    };
    let who = ask.v2.admit(Some(&Given::token(token))).await?;
    let account = ask.v2.account(&who, None).await?;
    let found: Option<Account> = ask
        .v2
        .services
        .catalog
        .object(&account, account.as_str())
        .await?;
    let found = found.unwrap_or_default();
    let mut beside = Map::new();
    beside.insert("auth_token".into(), token.into());
    Ok(Reply::Data(Data {
        status: StatusCode::CREATED,
        data: json!({
            "account_id": account.as_str(),
            "account_name": found.name,
            "language": found.language.unwrap_or_else(|| "en-us".into()),
            "is_master_account": account == ask.v2.services.account,
        }),
        beside,
    }))
}
