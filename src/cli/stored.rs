//! What commands that change the store have in common.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::{ConfigFile, ERRORS, USAGE, complain, load};
use crate::config::{Config, account_sid};
use crate::id::AccountId;
use crate::objects::{Account, Kind};
use crate::store::{self, Catalog, Numbers, StoreError};

/// The store of the configuration, open.
pub(super) struct Shelf {
    pub(super) config: Config,
    pub(super) catalog: Catalog,
    /// The configuration's own.
    pub(super) own: AccountId,
}

impl Shelf {
    pub(super) async fn open(file: &ConfigFile) -> Result<Self, ExitCode> {
        let config = load(file)?;
        let Some(url) = config.store.url() else {
            complain(
                "`store.url` is not set, so nothing would be kept; write [store] url = \"sqlite:pivot.db\"",
            );
            return Err(ExitCode::from(USAGE));
        };
        let unusable = |error: &dyn std::fmt::Display| {
            complain(error);
            ExitCode::from(USAGE)
        };
        let store = store::open(Some(url)).await.map_err(|e| unusable(&e))?;
        let numbers = Numbers::new(&config.numbers).map_err(|e| unusable(&e))?;
        let catalog = Catalog::open(Arc::clone(&store), numbers);
        let catalog = catalog.await.map_err(|e| unusable(&e))?;
        let state_dir = config.recordings.dir.parent().unwrap_or(Path::new("."));
        let sid = account_sid(&config, state_dir).map_err(|e| unusable(&e))?;
        let Some(own) = AccountId::parse(&sid) else {
            return Err(unusable(&format!("`account.sid`: {sid} is no account")));
        };
        Ok(Self {
            config,
            catalog,
            own,
        })
    }

    /// The account that was named, else the configuration's own.
    pub(super) fn named(&self, account: Option<&str>) -> Result<AccountId, ExitCode> {
        let Some(text) = account else {
            return Ok(self.own.clone());
        };
        AccountId::parse(text).ok_or_else(|| {
            complain(format!(
                "{text} is no account; one has 32 hexadecimal digits"
            ));
            ExitCode::from(USAGE)
        })
    }

    /// Says so, unless there is such an account.
    pub(super) async fn must_exist(&self, account: &AccountId) -> Result<(), ExitCode> {
        if *account == self.own {
            return Ok(());
        }
        let found = self.catalog.get(account, Kind::Account, account.as_str());
        match found.await.map_err(failed)? {
            Some(_) => Ok(()),
            None => {
                complain(format!(
                    "there is no account {account}; `pivot token --new-account NAME` makes one"
                ));
                Err(ExitCode::from(ERRORS))
            }
        }
    }

    /// The name of an account, for people.
    pub(super) async fn name_of(&self, account: &AccountId) -> Result<String, ExitCode> {
        let found = self.catalog.object::<Account>(account, account.as_str());
        let name = found.await.map_err(failed)?.map(|found| found.name);
        Ok(match name {
            Some(name) if !name.is_empty() => name,
            _ if *account == self.own => "the configuration's own".into(),
            _ => "without a name".into(),
        })
    }
}

/// Says what the store has said.
pub(super) fn failed(error: StoreError) -> ExitCode {
    complain(error);
    ExitCode::from(ERRORS)
}
