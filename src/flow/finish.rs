//! The end of a call: what it owes is paid, and nothing of it stays.

use std::time::Duration;

use serde_json::Value;

use super::aside;
use super::fetch;
use super::params;
use super::session::Session;
use crate::call::ops::{Dequeued, DialOutcome, Enqueued, Owed, OwedAbout};
use crate::call::{Call, CallbackTarget, Cause, Closed, DialSoFar, Interrupt};
use crate::clock;
use crate::config::ReqFormat;
use crate::id::is_our_channel;
use crate::program::End;
use crate::trace::Kind;
use crate::twiml::nouns::queue;
use crate::twiml::verbs::{enqueue, refer};
use crate::web::{self, Body, Outgoing, Policy};

/// How the instructions of a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub end: End,
    pub status: Status,
    /// One readable sentence for `PIVOT_REASON`.
    pub reason: String,
}

/// `PIVOT_STATUS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Completed,
    HttpError,
    DocumentError,
    NoRoute,
    Overloaded,
    Draining,
    InternalError,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "COMPLETED",
            Self::HttpError => "HTTP_ERROR",
            Self::DocumentError => "DOCUMENT_ERROR",
            Self::NoRoute => "NO_ROUTE",
            Self::Overloaded => "OVERLOADED",
            Self::Draining => "DRAINING",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }
}

/// Ends a call whose instructions have ended, or whose caller has gone.
pub async fn finish(call: &mut Call, session: Option<Session>, result: Result<Outcome, Interrupt>) {
    let outcome = result.unwrap_or_else(|interrupt| match interrupt {
        Interrupt::Gone => Outcome {
            end: End::Hangup(None),
            status: Status::Completed,
            reason: "the caller hung up".into(),
        },
        // Nothing waits any more, so nobody was called.
        Interrupt::Called | Interrupt::Sent => Outcome {
            end: End::Hangup(None),
            status: Status::Completed,
            reason: "the flow has ended".into(),
        },
        Interrupt::Shutdown => Outcome {
            end: End::Dialplan {
                context: None,
                extension: None,
                priority: None,
            },
            status: Status::Draining,
            reason: "pivot is shutting down".into(),
        },
    });
    let outcome = match outcome.end {
        // Nobody's dialplan knows a channel that pivot has made.
        End::Dialplan { context: None, .. } if is_our_channel(&call.state.channel) => Outcome {
            end: End::Hangup(None),
            ..outcome
        },
        _ => outcome,
    };
    call.begin_closing();
    let hung_up = call.is_gone();
    // Before legs are ended, since their end would change the answer.
    let so_far = SoFar {
        dialled: call.dial_so_far(),
        queued: call.queued_so_far(),
        dequeued: call.dequeued_so_far(),
    };
    call.end_legs().await;
    call.leave_queues();
    call.end_stay(&outcome.end).await;
    call.finish_recordings().await;
    call.settle_keeping().await;
    if let End::Dialplan { .. } = outcome.end {
        tell_dialplan(call, &outcome).await;
    }
    let closed = call.close(&outcome.end).await;
    call.services().live.ended(call.id(), closed.cause);
    if let Some(mut session) = session {
        aside::unwind(&mut session);
        // A verb that waits owes still when the document beside it hangs up.
        if hung_up || matches!(outcome.end, End::Hangup(_)) {
            for owed in std::mem::take(&mut call.state.owed) {
                pay(call, &mut session, owed, &so_far).await;
            }
            call.tell_notices(closed);
        }
        call.tell_recordings();
        report(call, &session, closed);
    }
    let how = match (hung_up, closed.cause, &outcome.end) {
        (true, cause, _) => format!("the caller hung up{}", cause_words(cause)),
        (false, _, End::Dialplan { .. }) => format!(
            "back to the dialplan: {} {}",
            outcome.status.as_str(),
            outcome.reason
        ),
        (false, cause, _) => format!("hung up by the flow{}", cause_words(cause)),
    };
    call.trace().write(Kind::Decision, how.clone());
    call.trace().end(how);
}

fn cause_words(cause: Option<Cause>) -> String {
    cause
        .map(|cause| format!(", cause {} {}", cause.0, cause.kazoo()))
        .unwrap_or_default()
}

/// Hands a call back that pivot does not serve.
pub async fn hand_back(call: &mut Call, status: Status, reason: String) {
    let end = End::Dialplan {
        context: None,
        extension: None,
        priority: None,
    };
    finish(
        call,
        None,
        Ok(Outcome {
            end,
            status,
            reason,
        }),
    )
    .await;
}

async fn tell_dialplan(call: &mut Call, outcome: &Outcome) {
    let told = [
        ("PIVOT_STATUS", outcome.status.as_str()),
        ("PIVOT_REASON", outcome.reason.as_str()),
    ];
    for (name, value) in told {
        // A caller who is gone by now needs no reason.
        if call.set_channel_variable(name, value).await.is_err() {
            return;
        }
    }
}

/// What is known of the verbs that were cut short.
struct SoFar {
    dialled: DialSoFar,
    queued: Enqueued,
    dequeued: Dequeued,
}

/// Makes a request that a verb owed when the caller hung up. Its answer is ignored.
async fn pay(call: &mut Call, session: &mut Session, owed: Owed, so_far: &SoFar) {
    let mut params = owed.request.params.clone();
    if let Some(recording) = &call.state.last_recording {
        params.push(("RecordingUrl".into(), recording.url.clone()));
        params.push(("RecordingSid".into(), recording.sid.clone()));
        params.push((
            "RecordingDuration".into(),
            clock::whole_seconds(recording.recorded),
        ));
    }
    match owed.about {
        OwedAbout::Conference => params.push(("DialCallStatus".into(), "answered".into())),
        OwedAbout::Record => params.push(("Digits".into(), "hangup".into())),
        OwedAbout::Enqueue => params.extend(enqueue::params(&so_far.queued)),
        OwedAbout::Dequeue => params.extend(queue::params(&so_far.dequeued)),
        OwedAbout::Refer => params.extend(refer::params(call.refer_so_far())),
        OwedAbout::Dial => {
            let dialled = &so_far.dialled;
            params.push(("DialCallStatus".into(), dialled.outcome.twilio().into()));
            params.push(("DialBridged".into(), dialled.bridged.to_string()));
            if let Some(leg) = &dialled.leg {
                params.push(("DialCallSid".into(), leg.clone()));
            }
            if dialled.outcome == DialOutcome::Completed {
                params.push((
                    "DialCallDuration".into(),
                    clock::whole_seconds(dialled.talked),
                ));
            }
        }
    }
    let Some(pivot) = session.pivot.clone() else {
        return;
    };
    let url = match fetch::resolve(session.base.as_deref(), &owed.request.url, &pivot.voice_url) {
        Ok(url) => url,
        Err(reason) => return call.warn(format!("{} not requested: {reason}", owed.request.why)),
    };
    let all = params::from_state(call, session, pivot.req_format, &params);
    let method = owed.request.method.unwrap_or(session.manner.verb_method);
    let out = fetch::outgoing(call, &pivot, method, &url, all);
    let began = tokio::time::Instant::now();
    let services = call.services().clone();
    let sent = services.web.send(out, Some(&mut session.cookies)).await;
    let how = sent.map_or_else(
        |error| error.to_string(),
        |answer| answer.status.to_string(),
    );
    call.trace().took(
        Kind::Http,
        format!("{} {} (owed) → {how}", web::shown(&url), owed.request.why),
        began,
    );
}

/// The callbacks at the end of a call: beside it, so that nothing waits for them.
fn report(call: &Call, session: &Session, closed: Closed) {
    if let Some(url) = &session.manner.status_callback {
        let format = ReqFormat::Twiml;
        let duration = call
            .state
            .answered
            .map_or(Duration::ZERO, |answered| clock::now().since(answered))
            .as_secs();
        let extra = [
            ("CallDuration".to_owned(), duration.to_string()),
            ("Duration".to_owned(), duration.div_ceil(60).to_string()),
            ("Timestamp".to_owned(), clock::now().rfc2822()),
            (
                "CallbackSource".to_owned(),
                "call-progress-events".to_owned(),
            ),
            ("SequenceNumber".to_owned(), "0".to_owned()),
        ];
        let mut params = params::from_state(call, session, format, &extra);
        params.insert("CallStatus".into(), final_status(call, closed).into());
        let params = web::form::flatten(&Value::Object(params));
        let target = CallbackTarget {
            url: url.clone(),
            method: session.manner.status_callback_method,
        };
        call.call_back("status_callback", call.id().as_str(), &target, params);
    }
    let cdr_url = session
        .pivot
        .as_ref()
        .and_then(|pivot| pivot.cdr_url.clone());
    if let Some(url) = cdr_url.filter(|_| !session.taken_over) {
        let form = cdr(call, closed);
        let out = Outgoing::new(http::Method::POST, url, Policy::kazoo()).body(Body::Form(form));
        let (services, trace) = (call.services().clone(), call.trace().clone());
        let shown = web::shown(&out.url);
        call.services().background.spawn(async move {
            let began = tokio::time::Instant::now();
            match services.web.send(out, None).await {
                Ok(answer) => trace.took(
                    Kind::Http,
                    format!("{shown} (cdr_url) → {}", answer.status),
                    began,
                ),
                Err(error) => trace.write(Kind::Warning, format!("cdr_url {error}")),
            }
        });
    }
}

fn final_status(call: &Call, closed: Closed) -> &'static str {
    match (call.is_answered(), closed.cause) {
        (true, _) => "completed",
        (false, Some(Cause::BUSY)) => "busy",
        (false, Some(Cause::INTERWORKING)) => "canceled",
        (false, _) => "no-answer",
    }
}

/// Kazoo's call record, as far as Asterisk tells it.
fn cdr(call: &Call, closed: Closed) -> Vec<(String, String)> {
    let facts = call.facts();
    let now = clock::now();
    let total = now.since(call.state.began).as_secs();
    let billed = call
        .state
        .answered
        .map_or(0, |answered| now.since(answered).as_secs());
    let cause = closed.cause.unwrap_or(Cause::NORMAL);
    let code = closed
        .sip
        .unwrap_or(if call.is_answered() { 200 } else { cause.sip() });
    let sip = facts.sip.clone().unwrap_or_default();
    let address = |user: &str, realm: &str| {
        if realm.is_empty() {
            user.to_owned()
        } else {
            format!("{user}@{realm}")
        }
    };
    let mut cdr = [
        ("Call-ID", facts.call_id.clone()),
        ("Call-Direction", "inbound".into()),
        ("Caller-ID-Name", facts.caller_name.clone()),
        ("Caller-ID-Number", facts.caller_number.clone()),
        ("Caller-Destination-Number", facts.dialled.clone()),
        ("From", address(&facts.caller_number, &sip.from_realm)),
        ("To", address(&facts.dialled, &sip.to_realm)),
        ("Request", address(&facts.dialled, &sip.to_realm)),
        ("Hangup-Cause", cause.kazoo().into()),
        ("Hangup-Code", format!("sip:{code}")),
        ("Duration-Seconds", total.to_string()),
        ("Ringing-Seconds", (total - billed.min(total)).to_string()),
        ("Billing-Seconds", billed.to_string()),
        (
            "Timestamp",
            (now.unix_seconds() + 62_167_219_200).to_string(),
        ),
        ("Channel-Name", facts.channel_name.clone()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec();
    let variables = call.custom_vars().clone();
    cdr.extend(web::form::flatten(
        &serde_json::json!({"Custom-Application-Vars": variables}),
    ));
    cdr
}
