//! The account's id when none is configured.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::{Config, ConfigError};
use crate::id;

const FILE: &str = "account-sid";

/// The account's id: the configured one, else one that is made once and kept
/// in `state_dir`, the folder beside the recordings. Recording URLs hold it, so
/// it must stay the same.
pub fn account_sid(config: &Config, state_dir: &Path) -> Result<String, ConfigError> {
    if let Some(sid) = &config.account.sid {
        return Ok(sid.clone());
    }
    let path = state_dir.join(FILE);
    kept(state_dir, &path).map_err(|message| ConfigError::Account { path, message })
}

fn kept(dir: &Path, path: &Path) -> Result<String, String> {
    fs::create_dir_all(dir).map_err(|error| error.to_string())?;
    let made = id::sid("AC");
    match File::create_new(path) {
        Ok(mut file) => {
            let line = format!("{made}\n");
            file.write_all(line.as_bytes())
                .map_err(|error| error.to_string())?;
            return Ok(made);
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.to_string()),
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let sid = text.trim();
    if is_account_sid(sid) {
        Ok(sid.to_owned())
    } else {
        Err(
            "the file holds something else; delete it, or set `account.sid` to the id that was used so far"
                .into(),
        )
    }
}

/// `AC` and 32 hex digits in lower case.
pub(super) fn is_account_sid(text: &str) -> bool {
    text.strip_prefix("AC").is_some_and(|hex| {
        hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}
