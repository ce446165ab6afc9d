//! What nodes name by their ids: the stored things of the call's account, else
//! documents of `[flows] dir`.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::conform::Conform;
use super::node::{DEFAULT_CHILD, Node};
use super::read::read_stored;
use super::{json, modules};
use crate::call::{Call, Interrupt, Matched};
use crate::objects::{Kind, hide};
use crate::report::{Report, Severity, position};

/// A stored flow; why there is none is told.
pub async fn flow(call: &mut Call, id: &str) -> Result<Option<Node>, Interrupt> {
    let bytes = match call.document(Kind::Callflow, id).await? {
        Some(mut document) => {
            let name = document.body.get("name").and_then(Value::as_str);
            call.note(match name.filter(|name| !name.is_empty()) {
                Some(name) => format!("callflow {id} {name:?}"),
                None => format!("callflow {id}"),
            });
            hide(Kind::Callflow.one(), &mut document.body);
            Value::Object(document.body).to_string().into_bytes()
        }
        None => match file(call, id).await? {
            Some(bytes) => bytes,
            None => return Ok(None),
        },
    };
    let (node, report) = read_stored(&bytes, false);
    tell(call, id, &bytes, &report);
    Ok(node)
}

/// The flow that a number leads to, as a hunt: what it captures takes the place
/// of what was captured before. One that takes what no other takes only `if_no_match`.
pub(super) async fn hunt(
    call: &mut Call,
    number: &str,
    if_no_match: bool,
) -> Result<Option<Node>, Interrupt> {
    let Some(found) = call.lookup(number).await? else {
        return Ok(None);
    };
    if found.no_match && !if_no_match {
        return Ok(None);
    }
    let Some(flow) = flow(call, &found.callflow).await? else {
        return Ok(None);
    };
    call.set_matched_flow(Matched {
        callflow: Some(found.callflow),
        name: None,
        captured: found.captured,
        no_match: found.no_match,
    });
    Ok(Some(flow))
}

/// What runs before a flow that was found by its number: a subroutine call.
pub fn after_preflow(preflow: &str, flow: Node) -> Node {
    let data = Map::from_iter([("id".to_owned(), preflow.into())]);
    Node::new("callflow", data).with_child(DEFAULT_CHILD, flow)
}

/// A stored object with the fields of a module's `data`, as a menu.
pub(super) async fn object<T: DeserializeOwned>(
    call: &mut Call,
    id: &str,
    module: &str,
) -> Result<Option<T>, Interrupt> {
    let Some(bytes) = file(call, id).await? else {
        return Ok(None);
    };
    let mut report = Report::new(false);
    let value = json::parse(&bytes, &mut report);
    let data = value
        .zip(modules::shape(module))
        .map(|(value, shape)| Conform::new(&mut report, module).data(shape, &value, ""));
    tell(call, id, &bytes, &report);
    let data = data.filter(|_| !report.has_errors());
    Ok(data.and_then(|data| serde_json::from_value(data.into()).ok()))
}

async fn file(call: &mut Call, id: &str) -> Result<Option<Vec<u8>>, Interrupt> {
    Ok(match call.flow_file(id).await? {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            call.warn(error.to_string());
            None
        }
    })
}

/// Errors only: warnings are what `pivot check` is for.
fn tell(call: &Call, id: &str, bytes: &[u8], report: &Report) {
    let source = String::from_utf8_lossy(bytes);
    for error in &report.diagnostics {
        if error.severity == Severity::Error {
            let (line, column) = position(&source, error.span.start);
            call.warn(format!("{id}, {line}:{column}: {}", error.message));
        }
    }
}
