//! The failure ladder: what is tried when a document cannot be had, and in what
//! order.
//!
//! The fallback URL, then the `pivot` node's `_` child (as long as nothing of
//! its session has run), then the dialplan. `profile = "twilio"` apologises and
//! hangs up where the others go back to the dialplan.

use super::finish::{Outcome, Status};
use super::session::{At, Failed, Session};
use crate::call::Call;
use crate::config::Profile;
use crate::program::{End, Request};

/// The next rung.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rung {
    Fallback(At),
    /// The `pivot` node failed; the walk goes on at its `_`.
    DefaultChild,
    Apologise(Outcome),
    Dialplan(Outcome),
}

/// Where to go after `failed`; `fallback` says that it was the fallback that failed.
pub(super) fn next(session: &Session, failed: &Failed, first: bool, fallback: bool) -> Rung {
    if !fallback
        && let Some(pivot) = &session.pivot
        && let Some(url) = &pivot.fallback_url
    {
        let request = Request {
            url: url.clone(),
            method: Some(pivot.fallback_method),
            params: Vec::new(),
            why: "fallback_url".into(),
        };
        return Rung::Fallback(At::Fetching {
            request,
            first,
            because: Some(failed.clone()),
        });
    }
    if first
        && session
            .walk
            .as_ref()
            .is_some_and(crate::callflow::Walk::offers_default)
    {
        return Rung::DefaultChild;
    }
    let status = if failed.document {
        Status::DocumentError
    } else {
        Status::HttpError
    };
    let reason = format!("{}: {}", failed.url, failed.reason);
    if session.manner.profile == Profile::Twilio {
        return Rung::Apologise(Outcome {
            end: End::Hangup(None),
            status,
            reason,
        });
    }
    let end = End::Dialplan {
        context: None,
        extension: None,
        priority: None,
    };
    Rung::Dialplan(Outcome {
        end,
        status,
        reason,
    })
}

/// Says in the timeline what failed and what is done about it.
pub(super) fn tell(call: &Call, failed: &Failed, rung: &Rung) {
    let then = match rung {
        Rung::Fallback(_) => "asks the fallback URL",
        Rung::DefaultChild => "goes on at the pivot node's `_`",
        Rung::Apologise(_) => "apologises and hangs up",
        Rung::Dialplan(_) => "hands the call back to the dialplan",
    };
    call.warn(format!(
        "{} ({}): {}; {then}",
        failed.url, failed.code, failed.reason
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callflow::{Node, Walk};
    use crate::config::{BodyFormat, Method, OnEnd, ReqFormat};
    use crate::flow::route::Manner;
    use crate::program::Pivot;

    fn session(fallback: Option<&str>, profile: Profile) -> Session {
        let manner = Manner {
            profile,
            verb_method: Method::Post,
            strict: false,
            on_end: OnEnd::Hangup,
            status_callback: None,
            status_callback_method: Method::Post,
        };
        let pivot = Pivot {
            voice_url: "http://h/".into(),
            method: Method::Get,
            req_format: ReqFormat::Kazoo,
            req_body_format: BodyFormat::Form,
            req_timeout_ms: None,
            custom_request_headers: Vec::new(),
            cdr_url: None,
            fallback_url: fallback.map(str::to_owned),
            fallback_method: Method::Post,
            debug: false,
        };
        Session::fetching(manner, pivot)
    }

    fn failure() -> Failed {
        Failed {
            code: 11200,
            url: "http://h/".into(),
            reason: "the server answered 500".into(),
            document: false,
        }
    }

    fn with_default(mut session: Session) -> Session {
        let node = Node::new("pivot", serde_json::Map::new())
            .with_child("_", Node::new("tts", serde_json::Map::new()));
        session.walk = Some(Walk::new(node));
        session
    }

    #[test]
    fn the_rungs_come_in_order() {
        let failed = failure();
        let with_fallback = with_default(session(Some("http://f/"), Profile::Pivot));
        assert!(matches!(
            next(&with_fallback, &failed, true, false),
            Rung::Fallback(_)
        ));
        assert_eq!(
            next(&with_fallback, &failed, true, true),
            Rung::DefaultChild
        );
        assert!(matches!(
            next(&with_fallback, &failed, false, true),
            Rung::Dialplan(_)
        ));
    }

    #[test]
    fn a_later_document_never_goes_to_the_default_child() {
        let session = with_default(session(None, Profile::Pivot));
        assert!(matches!(
            next(&session, &failure(), false, false),
            Rung::Dialplan(_)
        ));
    }

    #[test]
    fn the_twilio_profile_apologises() {
        assert!(matches!(
            next(&session(None, Profile::Twilio), &failure(), true, false),
            Rung::Apologise(_)
        ));
    }

    #[test]
    fn the_dialplan_is_told_whether_the_request_or_the_document_was_wrong() {
        let session = session(None, Profile::Pivot);
        let status = |document| match next(
            &session,
            &Failed {
                document,
                ..failure()
            },
            true,
            false,
        ) {
            Rung::Dialplan(outcome) => outcome.status,
            other => panic!("{other:?}"),
        };
        assert_eq!(status(false), Status::HttpError);
        assert_eq!(status(true), Status::DocumentError);
    }
}
