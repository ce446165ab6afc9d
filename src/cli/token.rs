//! `pivot token`: who may use the API, and accounts.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::stored::{Shelf, failed};
use super::{ConfigFile, ERRORS, block_on, complain, say};
use crate::id::AccountId;
use crate::objects::{Kind, Token};
use crate::store::{Change, Expected, Key};

/// Of a token's id, as lists show it.
const SHORT: usize = 12;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    create: Create,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token, which is printed once and stored nowhere.
    Create(Create),
    /// List the tokens of an account, or of all.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// Only this account's.
        #[arg(long)]
        account: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Delete a token: the API refuses it from then on.
    Revoke {
        /// The token itself, or the beginning of its id as `pivot token list` shows it.
        token: String,
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[derive(Debug, clap::Args)]
struct Create {
    #[command(flatten)]
    config: ConfigFile,
    /// Which account it opens; the configuration's own when absent.
    #[arg(long, conflicts_with = "new_account")]
    account: Option<String>,
    /// Make an account of this name, and a token for it.
    #[arg(long, value_name = "NAME")]
    new_account: Option<String>,
    /// What the token is for, to tell it from others.
    #[arg(long, default_value = "")]
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let done = block_on(async {
        match &arguments.action {
            None => create(&arguments.create).await,
            Some(Action::Create(wanted)) => create(wanted).await,
            Some(Action::List {
                config,
                account,
                json,
            }) => list(config, account.as_deref(), *json).await,
            Some(Action::Revoke { token, config }) => revoke(config, token).await,
        }
    });
    match done {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(code)) => code,
        Err(error) => {
            complain(error);
            ExitCode::from(ERRORS)
        }
    }
}

async fn create(wanted: &Create) -> Result<(), ExitCode> {
    let shelf = Shelf::open(&wanted.config).await?;
    let (account, mut changes) = match &wanted.new_account {
        Some(name) => {
            let account = AccountId::random();
            let key = Key::new(&account, Kind::Account, account.as_str());
            let made = new(key, &json!({ "name": name }));
            (account, vec![made])
        }
        None => {
            let account = shelf.named(wanted.account.as_deref())?;
            shelf.must_exist(&account).await?;
            (account, Vec::new())
        }
    };
    // Two of them, since each has 122 random bits.
    let random = || uuid::Uuid::new_v4().simple().to_string();
    let token = format!("{}{}", random(), random());
    let key = Key::new(&account, Kind::Token, Token::id_of(&token));
    changes.push(new(key, &json!({ "name": wanted.name })));
    shelf.catalog.write(changes).await.map_err(failed)?;
    if wanted.json {
        let made = json!({ "account": account.as_str(), "token": token });
        say(format!("{made:#}"));
    } else {
        say(format!("account  {account}"));
        say(format!("token    {token}"));
        say("\nIt is shown this once. Send it as X-Auth-Token; `pivot token list` lists, and");
        say(format!(
            "`pivot token revoke {}` takes it back.",
            &Token::id_of(&token)[..SHORT]
        ));
    }
    Ok(())
}

fn new(key: Key, body: &Value) -> Change {
    let body = body.as_object().cloned().unwrap_or_else(Map::new);
    Change::Put {
        key,
        body,
        expected: Expected::Nothing,
    }
}

async fn list(config: &ConfigFile, account: Option<&str>, json: bool) -> Result<(), ExitCode> {
    let shelf = Shelf::open(config).await?;
    let only = account.map(|text| shelf.named(Some(text))).transpose()?;
    let mut tokens = shelf
        .catalog
        .everywhere(Kind::Token)
        .await
        .map_err(failed)?;
    tokens.retain(|(owner, _)| only.as_ref().is_none_or(|only| only == owner));
    if json {
        let listed: Vec<Value> = tokens
            .iter()
            .map(|(account, token)| {
                json!({
                    "account": account.as_str(),
                    "id": token.id,
                    "name": token.body.get("name"),
                    "created": token.created.0,
                })
            })
            .collect();
        say(format!("{:#}", Value::from(listed)));
        return Ok(());
    }
    if tokens.is_empty() {
        say("no tokens yet; `pivot token create` makes one");
    }
    let mut last = None;
    for (account, token) in tokens {
        if last.as_ref() != Some(&account) {
            let name = shelf.name_of(&account).await?;
            say(format!("{account}  {name}"));
            last = Some(account);
        }
        let name = token.body.get("name").and_then(Value::as_str);
        let id = token.id.get(..SHORT).unwrap_or(&token.id);
        say(format!("  {id}  {}", name.unwrap_or_default()));
    }
    Ok(())
}

async fn revoke(config: &ConfigFile, word: &str) -> Result<(), ExitCode> {
    let shelf = Shelf::open(config).await?;
    let tokens = shelf
        .catalog
        .everywhere(Kind::Token)
        .await
        .map_err(failed)?;
    let id = Token::id_of(word);
    let meant = |known: &str| known == id || word.len() >= 4 && known.starts_with(word);
    let found: Vec<_> = tokens
        .iter()
        .filter(|(_, token)| meant(&token.id))
        .collect();
    let [(account, token)] = found.as_slice() else {
        complain(match found.len() {
            0 => "there is no such token; `pivot token list` shows them".to_owned(),
            several => format!("{several} tokens begin like that; write more of it"),
        });
        return Err(ExitCode::from(ERRORS));
    };
    let deleted = shelf
        .catalog
        .delete(account, Kind::Token, &token.id, Expected::Anything);
    deleted.await.map_err(failed)?;
    say(format!(
        "revoked {} of account {account}",
        &token.id[..SHORT]
    ));
    Ok(())
}
