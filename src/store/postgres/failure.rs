//! What went wrong, and what to do about it.

use std::error::Error as _;

use postgres::Error;
use postgres::error::SqlState;

use crate::store::StoreError;

/// Why there is no connection. `place` is where the database should be.
pub(super) fn of_connecting(error: &Error, place: &str) -> StoreError {
    let advice = match error.code() {
        Some(code) if is_refusal(code) => {
            "the server takes neither the user nor the password of `store.url`, or pg_hba.conf \
             does not let pivot in from here"
        }
        Some(&SqlState::INVALID_CATALOG_NAME) => "make the database, as with `createdb`",
        Some(&SqlState::TOO_MANY_CONNECTIONS) => {
            "raise `max_connections` of the server; a pivot takes up to 8"
        }
        Some(&SqlState::CANNOT_CONNECT_NOW) => "the server is not ready yet",
        Some(_) => "see the server's log",
        None if reason(error).contains("does not support TLS") => {
            "switch `ssl` on in the server's postgresql.conf, or write `sslmode=disable`"
        }
        None if reason(error).contains("certificate") => {
            "name the file of the authority that signed the server's certificate as \
             `sslrootcert=FILE` in `store.url`, and the host as the certificate has it"
        }
        None => "does the server run, and does it listen there?",
    };
    StoreError::Broken(format!("postgres at {place}: {}; {advice}", reason(error)))
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let advice = match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                "; let the user of `store.url` make tables, as the owner of the database may"
            }
            Some(&SqlState::QUERY_CANCELED) => "; it took longer than 10 s",
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => {
                "; name the primary server in `store.url`, this one is a copy"
            }
            _ => "",
        };
        Self::Broken(format!("postgres: {}{advice}", reason(&error)))
    }
}

fn is_refusal(code: &SqlState) -> bool {
    [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
    ]
    .contains(code)
}

/// The innermost words: the outer ones only say that something failed.
fn reason(error: &Error) -> String {
    if let Some(told) = error.as_db_error() {
        return told.message().to_owned();
    }
    match error.source() {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}
