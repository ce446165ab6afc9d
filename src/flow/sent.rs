//! A call that is sent elsewhere from outside: it leaves whatever it is in the middle
//! of and goes on with another flow.

use super::aside;
use super::begin::{self, Begin};
use super::finish::Outcome;
use super::session::{At, Session};
use crate::call::{Call, Interrupt};
use crate::callflow::Walk;

/// Goes there; an outcome when there is nothing to go on with.
pub(super) async fn follow(
    call: &mut Call,
    session: &mut Session,
) -> Result<Option<Outcome>, Interrupt> {
    let Some(destination) = call.take_destination() else {
        return Ok(None);
    };
    call.note(format!("is sent elsewhere: {destination:?}"));
    aside::unwind(session);
    call.let_go().await?;
    call.begin_document();
    let begun = begin::at(call, destination).await?;
    call.state.on_its_way = None;
    match begun {
        Ok(Begin::Callflow(root)) => {
            session.walk = Some(Walk::new(root));
            session.at = At::Callflow;
        }
        Ok(Begin::Pivot(pivot)) => session.begin_pivot(pivot),
        Err(outcome) => {
            call.warn(outcome.reason.clone());
            return Ok(Some(outcome));
        }
    }
    session.document = None;
    session.base = None;
    session.taken_over = true;
    session.from_fallback = false;
    session.reported.clear();
    call.state.request_variables.clear();
    Ok(None)
}
