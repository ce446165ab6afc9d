//! The loop of a call: fetch a document, run it, follow what it decides.

use std::sync::Arc;

use super::aside;
use super::begin::{self, Begin};
use super::fetch::{self};
use super::finish::{Outcome, Status};
use super::ladder::{self, Rung};
use super::leg;
use super::route::Plan;
use super::sent;
use super::session::{At, Failed, Session};
use super::take_up::take_up;
use crate::call::ops::{Keys, Play, Sound, Utterance};
use crate::call::{Call, Interrupt};
use crate::callflow::{self, Step, Walk};
use crate::config::OnEnd;
use crate::program::{AsideEnd, End, Flow, Request};
use crate::report::{Report, Severity};
use crate::trace::Kind;
use crate::twiml::{self, Document};

/// What the caller hears in the Twilio profile when the application fails.
const APOLOGY: &str = "We are sorry, an application error has occurred. Goodbye.";

/// Runs a call from its beginning to the end of its instructions.
pub async fn run(
    call: &mut Call,
    plan: Plan,
    session: &mut Option<Session>,
) -> Result<Outcome, Interrupt> {
    let begun = match begin(call, plan).await? {
        Ok(begun) => session.insert(begun),
        Err(outcome) => return Ok(outcome),
    };
    go(call, begun).await
}

/// Goes on with a call that was picked up from its checkpoint.
pub async fn resume(call: &mut Call, session: &mut Session) -> Result<Outcome, Interrupt> {
    go(call, session).await
}

async fn begin(call: &mut Call, plan: Plan) -> Result<Result<Session, Outcome>, Interrupt> {
    let Plan { source, manner, .. } = plan;
    if let Some(outcome) = begin::switched_off(call, &source).await? {
        call.note(outcome.reason.clone());
        return Ok(Err(outcome));
    }
    let root = match begin::root(call, source, manner.strict).await? {
        Ok(Begin::Callflow(root)) => root,
        Ok(Begin::Pivot(pivot)) => return Ok(Ok(Session::fetching(manner, pivot))),
        Err(outcome) => return Ok(Err(outcome)),
    };
    call.begin_document();
    Ok(Ok(Session::walking(manner, Walk::new(root))))
}

pub(super) fn document_error(reason: String) -> Outcome {
    let end = End::Dialplan {
        context: None,
        extension: None,
        priority: None,
    };
    Outcome {
        end,
        status: Status::DocumentError,
        reason,
    }
}

async fn go(call: &mut Call, session: &mut Session) -> Result<Outcome, Interrupt> {
    call.state.steerable = true;
    loop {
        let mut turned = if call.state.on_its_way.is_some() {
            Err(Interrupt::Sent)
        } else {
            call.save_flow(session);
            turn_or_return(call, session).await
        };
        // The call may be sent elsewhere again while it goes there.
        while let Err(Interrupt::Sent) = turned {
            turned = Box::pin(sent::follow(call, session)).await;
        }
        if let Some(outcome) = turned? {
            return Ok(outcome);
        }
    }
}

/// A turn; where a document beside a verb ends with it, back to that verb.
async fn turn_or_return(
    call: &mut Call,
    session: &mut Session,
) -> Result<Option<Outcome>, Interrupt> {
    match turn(call, session).await {
        Ok(Some(_)) if session.is_aside() => {
            aside::leave(call, session, AsideEnd::Finished).await?;
            Ok(None)
        }
        Ok(Some(outcome)) => {
            call.keys_sent().await?;
            Ok(Some(outcome))
        }
        Err(Interrupt::Called) if session.is_aside() => {
            aside::leave(call, session, AsideEnd::Called).await?;
            Ok(None)
        }
        turned => turned,
    }
}

/// Fetches a document, or runs one as far as it goes; an outcome when the
/// instructions end there.
async fn turn(call: &mut Call, session: &mut Session) -> Result<Option<Outcome>, Interrupt> {
    let flow = match session.at.clone() {
        At::Fetching {
            request,
            first,
            because,
        } => return ask(call, session, request, first, because).await,
        At::TwiMl { source, verb } => run_twiml(call, session, &source, verb).await?,
        At::Callflow => run_node(call, session).await?,
    };
    if session.is_aside()
        && let Some(end) = aside::end_of(&flow)
    {
        aside::leave(call, session, end).await?;
        return Ok(None);
    }
    match flow {
        Flow::Failed(failure) => {
            let failed = fetch::failed(failure.code, &failure.url, &failure.reason, true);
            let fallback = session.from_fallback;
            descend(call, session, failed, false, fallback).await
        }
        Flow::Aside(aside) => {
            aside::enter(call, session, *aside);
            Ok(None)
        }
        // The caller's own end is the call's, whatever waits.
        Flow::End(end) => {
            aside::unwind(session);
            Ok(follow(call, session, Flow::End(end)))
        }
        flow => Ok(follow(call, session, flow)),
    }
}

async fn ask(
    call: &mut Call,
    session: &mut Session,
    request: Request,
    first: bool,
    because: Option<Failed>,
) -> Result<Option<Outcome>, Interrupt> {
    let limit = call.services().config.limits.documents;
    if session.documents >= limit && !session.is_aside() {
        let reason =
            format!("the call has fetched {limit} documents, as many as [limits] documents allows");
        return Ok(Some(document_error(reason)));
    }
    aside::pace(call, session).await?;
    let failed = match fetch::fetch(call, session, &request, because.as_ref()).await? {
        Ok(fetched) => {
            session.from_fallback = because.is_some();
            return take_up(call, session, fetched).await;
        }
        Err(failed) => failed,
    };
    descend(call, session, failed, first, because.is_some()).await
}

/// Goes down the failure ladder; `fallback` says that the fallback's own document failed.
async fn descend(
    call: &mut Call,
    session: &mut Session,
    failed: Failed,
    first: bool,
    fallback: bool,
) -> Result<Option<Outcome>, Interrupt> {
    if session.is_aside() {
        aside::tell(call, &failed);
        aside::leave(call, session, AsideEnd::Failed).await?;
        return Ok(None);
    }
    let rung = ladder::next(session, &failed, first, fallback);
    ladder::tell(call, &failed, &rung);
    match rung {
        Rung::Fallback(at) => session.at = at,
        Rung::DefaultChild => {
            session.at = At::Callflow;
            return Ok(follow(call, session, Flow::Next));
        }
        Rung::Apologise(outcome) => {
            apologise(call).await?;
            return Ok(Some(outcome));
        }
        Rung::Dialplan(outcome) => return Ok(Some(outcome)),
    }
    Ok(None)
}

/// Runs verbs until one leaves the document or the document ends.
async fn run_twiml(
    call: &mut Call,
    session: &mut Session,
    source: &str,
    from: usize,
) -> Result<Flow, Interrupt> {
    let Some(document) = session
        .document
        .take()
        .or_else(|| read_again(session, source))
    else {
        return Ok(Flow::Stop(None));
    };
    if document.dials() {
        leg::bequeath(call, session);
    }
    let frame = session.frames.last();
    let allowed = frame
        .map(|frame| frame.kind.verbs())
        .or_else(|| leg::verbs(call));
    let flow = twiml::run(&document, call, from, allowed, |call, number| {
        if let At::TwiMl { verb, .. } = &mut session.at {
            *verb = number;
        }
        call.save_flow(session);
    })
    .await?;
    if matches!(flow, Flow::Aside(_)) {
        // Its verb is entered again.
        session.document = Some(document);
    }
    Ok(flow)
}

/// The document of a call that was picked up. It was read when it came, so it can
/// only fail for a checkpoint that somebody has written by hand.
fn read_again(session: &Session, source: &str) -> Option<Arc<Document>> {
    let options = twiml::Options {
        strict: session.manner.strict,
        url: session.base.clone(),
        // It has been decoded, whatever its XML declaration says.
        charset: Some("utf-8".into()),
        max_bytes: usize::MAX,
    };
    Document::read(source.as_bytes(), options).0.map(Arc::new)
}

async fn run_node(call: &mut Call, session: &mut Session) -> Result<Flow, Interrupt> {
    let Some(walk) = &session.walk else {
        return Ok(Flow::Stop(None));
    };
    let node = walk.node().clone();
    call.trace()
        .write(Kind::Step, format!("{} {}", node.module, walk.pointer()));
    callflow::run(call, &node).await
}

/// Carries out a decision; `None` = the call goes on.
fn follow(call: &mut Call, session: &mut Session, flow: Flow) -> Option<Outcome> {
    let flow = match (&session.at, &mut session.walk) {
        (At::Callflow, Some(walk)) => match walk.advance(flow, &call.services().config.limits) {
            Step::Run => {
                call.next_step();
                return None;
            }
            Step::Leave(flow) => flow,
            Step::Exhausted(why) => {
                call.warn(why.clone());
                return Some(Outcome {
                    end: End::Hangup(None),
                    status: Status::DocumentError,
                    reason: why,
                });
            }
        },
        _ => flow,
    };
    match flow {
        Flow::Fetch(request) => {
            session.at = At::Fetching {
                request,
                first: false,
                because: None,
            };
            None
        }
        Flow::Pivot(pivot) => {
            call.state.request_variables.clear();
            session.begin_pivot(*pivot);
            None
        }
        Flow::End(end) => Some(Outcome {
            end,
            status: Status::Completed,
            reason: String::new(),
        }),
        Flow::Stop(cause) => Some(completed(session, cause)),
        Flow::Next
        | Flow::Child(_)
        | Flow::Branch(_)
        | Flow::Replace(_)
        | Flow::Leave
        | Flow::Aside(_)
        | Flow::Failed(_) => Some(completed(session, None)),
    }
}

/// The instructions have come to their end.
pub(super) fn completed(session: &Session, cause: Option<crate::call::Cause>) -> Outcome {
    let end = match session.manner.on_end {
        OnEnd::Hangup => End::Hangup(cause),
        OnEnd::Continue => End::Dialplan {
            context: None,
            extension: None,
            priority: None,
        },
    };
    Outcome {
        end,
        status: Status::Completed,
        reason: "the flow has ended".into(),
    }
}

async fn apologise(call: &mut Call) -> Result<(), Interrupt> {
    call.answer().await?;
    let speech = Sound::Speech(Utterance {
        text: APOLOGY.into(),
        ..Utterance::default()
    });
    call.play(Play {
        sounds: vec![speech],
        stop_on: Keys::none(),
    })
    .await?;
    Ok(())
}

/// The findings of a document, in the call's timeline.
pub(super) fn tell(call: &Call, report: &Report, source: &str) {
    for finding in &report.diagnostics {
        let (line, column) = crate::report::position(source, finding.span.start);
        let code = finding
            .code
            .map(|code| format!(" {code}"))
            .unwrap_or_default();
        let help = finding
            .help
            .as_ref()
            .map(|help| format!(" ({help})"))
            .unwrap_or_default();
        let severity = if finding.severity == Severity::Error {
            "error"
        } else {
            "warning"
        };
        call.warn(format!(
            "{severity}{code} at line {line}, column {column}: {}{help}",
            finding.message
        ));
    }
}
