//! The first instructions of a call.

use super::finish::{Outcome, Status};
use super::route::Source;
use super::run::{document_error, tell};
use crate::call::{Call, Interrupt, Matched};
use crate::callflow::{self, Node};
use crate::news::Destination;
use crate::objects::Account;
use crate::program::{End, Pivot};
use crate::store::Found;

/// What a call begins with.
pub(super) enum Begin {
    Pivot(Pivot),
    Callflow(Node),
}

/// An outcome when the call's account is switched off. Of the configuration's own that is
/// only asked where the store is asked anyway.
pub(super) async fn switched_off(
    call: &mut Call,
    source: &Source,
) -> Result<Option<Outcome>, Interrupt> {
    let own = call.facts().account.is_none();
    if own && matches!(source, Source::Pivot(_) | Source::CallflowFile(_)) {
        return Ok(None);
    }
    let id = call.account().to_string();
    let account: Option<Account> = call.stored(&id).await?;
    let is_off = account.is_some_and(|account| account.enabled == Some(false));
    Ok(is_off.then(|| Outcome {
        reason: format!("account {id} is switched off (`enabled`)"),
        ..no_route("")
    }))
}

/// Finds it; an outcome when there is nothing to begin with.
pub(super) async fn root(
    call: &mut Call,
    source: Source,
    strict: bool,
) -> Result<Result<Begin, Outcome>, Interrupt> {
    let (number, otherwise) = match source {
        Source::Number(number, otherwise) => (number, otherwise),
        Source::Pivot(pivot) => return Ok(Ok(Begin::Pivot(pivot))),
        Source::Callflow(word) => {
            // Without a stored one it is a file of `[flows] dir`.
            let id = call.callflow_named(&word).await?.unwrap_or(word);
            return stored(call, &id).await;
        }
        Source::CallflowFile(path) => {
            let name = path.display().to_string();
            return match call.during(tokio::fs::read(path)).await? {
                Ok(bytes) => Ok(read(call, &bytes, &name, strict)),
                Err(error) => Ok(Err(document_error(format!("{name}: {error}")))),
            };
        }
    };
    match call.lookup(&number).await? {
        Some(found) if found.no_match && !call.facts().internal => call.note(format!(
            "callflow {} takes what no other takes, but only from callers inside (internal=yes)",
            found.callflow
        )),
        Some(found) => return matched(call, found).await,
        None => {}
    }
    match otherwise {
        Some(source) => Box::pin(root(call, *source, strict)).await,
        None => Ok(Err(no_route(&number))),
    }
}

/// Finds where a call is sent that did not come there by itself.
pub(super) async fn at(
    call: &mut Call,
    destination: Destination,
) -> Result<Result<Begin, Outcome>, Interrupt> {
    match destination {
        Destination::Number(number) => match call.lookup(&number).await? {
            Some(found) => {
                call.state.facts.dialled = number;
                matched(call, found).await
            }
            None => Ok(Err(document_error(format!(
                "no stored callflow takes {number:?}, which the call was sent to"
            )))),
        },
        Destination::Callflow(id) => stored(call, &id).await,
        Destination::Flow(flow) => {
            let text = flow.to_string();
            Ok(read(
                call,
                text.as_bytes(),
                "that the call was sent to",
                false,
            ))
        }
    }
}

/// The callflow that a number led to, after the account's preflow.
pub(super) async fn matched(
    call: &mut Call,
    found: Found,
) -> Result<Result<Begin, Outcome>, Interrupt> {
    let Found {
        callflow,
        no_match,
        captured,
        ..
    } = found;
    call.set_matched_flow(Matched {
        callflow: Some(callflow.clone()),
        name: None,
        captured,
        no_match,
    });
    stored(call, &callflow).await
}

pub(super) async fn stored(call: &mut Call, id: &str) -> Result<Result<Begin, Outcome>, Interrupt> {
    let account = call.account().to_string();
    let account: Option<Account> = call.stored(&account).await?;
    let Some(mut root) = callflow::stored_flow(call, id).await? else {
        let reason = format!("callflow {id} cannot be run; the trace says why");
        return Ok(Err(document_error(reason)));
    };
    root = callflow::admit(call, root).await?;
    if let Some(preflow) = account.and_then(|account| account.preflow.always) {
        root = callflow::after_preflow(&preflow, root);
    }
    Ok(Ok(Begin::Callflow(root)))
}

pub(super) fn read(call: &Call, bytes: &[u8], name: &str, strict: bool) -> Result<Begin, Outcome> {
    let (root, report) = callflow::read_stored(bytes, strict);
    tell(call, &report, &String::from_utf8_lossy(bytes));
    root.map(Begin::Callflow).ok_or_else(|| {
        document_error(format!(
            "callflow {name} cannot be run; `pivot check` says why"
        ))
    })
}

fn no_route(number: &str) -> Outcome {
    Outcome {
        end: End::Dialplan {
            context: None,
            extension: None,
            priority: None,
        },
        status: Status::NoRoute,
        reason: format!(
            "no [[route]] and no stored callflow takes {number:?}, and [default] names no \
             voice_url and no callflow"
        ),
    }
}
