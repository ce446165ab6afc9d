//! Documents of `[flows] dir`, which nodes name by their ids.

use serde::de::DeserializeOwned;

use super::conform::Conform;
use super::node::Node;
use super::read::read_stored;
use super::{json, modules};
use crate::call::{Call, Interrupt};
use crate::report::{Report, Severity, position};

/// A stored flow; why there is none is told.
pub(super) async fn flow(call: &mut Call, id: &str) -> Result<Option<Node>, Interrupt> {
    let Some(bytes) = file(call, id).await? else {
        return Ok(None);
    };
    let (node, report) = read_stored(&bytes, false);
    tell(call, id, &bytes, &report);
    Ok(node)
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
