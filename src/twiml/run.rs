//! Carrying out a document: its verbs, one after the other.

use super::{AnyVerb, Document, error};
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::position;
use crate::trace::Kind;

/// Runs the verbs from number `first` on, until one of them leads elsewhere or
/// the document ends.
///
/// `allowed` names the verbs that may run; the others are skipped with a warning.
///
/// `moved` is told the number of each verb as it begins, so that it becomes part
/// of what the call remembers.
pub async fn run(
    document: &Document,
    call: &mut Call,
    first: usize,
    allowed: Option<&'static [&'static str]>,
    mut moved: impl FnMut(&mut Call, usize) + Send,
) -> Result<Flow, Interrupt> {
    for (number, (verb, span)) in document.verbs.iter().enumerate().skip(first) {
        let (line, _) = position(&document.source, span.start);
        let step = format!("<{}> in line {line}", verb.name());
        call.trace().write(Kind::Step, step);
        if allowed.is_some_and(|allowed| !allowed.contains(&verb.name())) {
            let code = match verb {
                AnyVerb::Dial(_) if call.facts().parent.is_some() => error::DIAL_IN_LEG,
                _ => error::NOT_HERE,
            };
            call.warn(format!(
                "{code}: <{}> is not allowed in this document and is skipped",
                verb.name()
            ));
            continue;
        }
        // The step has begun when its number is written down: a checkpoint
        // between the two would give this verb the progress of the one before.
        match verb.run(call, |call| moved(call, number)).await? {
            Flow::Next => {}
            flow => return Ok(flow),
        }
    }
    call.note("the document ends");
    Ok(Flow::Stop(None))
}
