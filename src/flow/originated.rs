//! A call of pivot's own accord: somebody is rung, and for whoever answers a flow runs,
//! as for one who has called.

use super::begin::{self, Begin};
use super::finish::{self, Outcome};
use super::route::{self, Manner};
use super::run::resume;
use super::session::Session;
use crate::call::live::LiveCall;
use crate::call::originate::{Origination, Reached};
use crate::call::{Call, Interrupt, Kept};
use crate::callflow::{self, Walk};
use crate::config::OnEnd;
use crate::objects::Account;
use crate::program::End;

/// Rings, runs what is to come then, and says how far it came.
pub async fn run(call: &mut Call, origination: Origination) -> Reached {
    call.note(origination.why.clone());
    let reached = ring(call, &origination).await;
    if call.state.channel.is_empty() {
        call.begin_closing();
        call.end_legs().await;
        call.close(&End::Gone).await;
        call.trace().end("nobody has answered");
        return Reached::Nobody;
    }
    let mut session = None;
    let result = match reached {
        Ok(()) => then(call, &origination, &mut session).await,
        Err(interrupt) => Err(interrupt),
    };
    finish::finish(call, session, result).await;
    if call.kept().reached {
        Reached::Other
    } else {
        Reached::Party
    }
}

async fn ring(call: &mut Call, origination: &Origination) -> Result<(), Interrupt> {
    if !call.state.channel.is_empty() {
        // It was picked up after the answer.
        return Ok(());
    }
    let () = call.enter_step();
    let account = call.account().to_string();
    let account: Option<Account> = call.stored(&account).await?;
    if account.is_some_and(|account| account.enabled == Some(false)) {
        call.note("the account is switched off (`enabled`), so nobody is called");
        return Ok(());
    }
    call.kept_mut().presentation.auto_answer = origination.auto_answer;
    let dial = callflow::ringing(call, &origination.ring, origination.rings_for).await?;
    let Some(mut dial) = dial else {
        call.note("there is nobody to ring");
        return Ok(());
    };
    dial.caller_id = Some(origination.shown.clone());
    if call.originate(dial).await? {
        let live = LiveCall::of(&call.state, &call.services().account);
        call.services().live.began(live);
    }
    Ok(())
}

async fn then(
    call: &mut Call,
    origination: &Origination,
    session: &mut Option<Session>,
) -> Result<Outcome, Interrupt> {
    // What was found out about the call before was of nobody.
    *call.kept_mut() = Kept::default();
    if let Some(language) = call.channel_language().await {
        call.set_language(&language);
    }
    call.begin_document();
    let manner = Manner {
        on_end: OnEnd::Hangup,
        // They are told of calls that come in.
        status_callback: None,
        ..route::manner(&call.services().config.default)
    };
    let begun = match begin::at(call, origination.then.clone()).await? {
        Ok(Begin::Callflow(root)) => Session::walking(manner, Walk::new(root)),
        Ok(Begin::Pivot(pivot)) => Session::fetching(manner, pivot),
        Err(outcome) => {
            call.warn(outcome.reason.clone());
            return Ok(outcome);
        }
    };
    call.state.originated = None;
    resume(call, session.insert(begun)).await
}
