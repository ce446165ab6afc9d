//! Running a flow, node by node.

use super::modules;
use super::walk::{Step, Walk};
use crate::call::{Call, Interrupt};

/// Runs the current node and goes where its module decides. Whoever calls this
/// writes the walk down between two steps.
pub async fn step(call: &mut Call, walk: &mut Walk) -> Result<Step, Interrupt> {
    call.note(format!(
        "{} at {}",
        walk.node().module,
        place(walk.pointer())
    ));
    let flow = modules::run(call, walk.node()).await?;
    let limits = &call.services().config.limits;
    Ok(walk.advance(flow, limits))
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() {
        "the root of the flow"
    } else {
        pointer
    }
}
