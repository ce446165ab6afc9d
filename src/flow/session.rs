//! What must be remembered about a call's program: all of it stands in the checkpoint.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::aside::Frame;
use super::route::Manner;
use crate::callflow::Walk;
use crate::program::{Pivot, Request};
use crate::twiml::Document;
use crate::web::CookieJar;

/// The program of a call, and where in it the call is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    pub(super) manner: Manner,
    /// The pivot session that runs; none in a callflow that has not met a `pivot` node.
    pub(super) pivot: Option<Pivot>,
    /// URL of the current document, which relative URLs are resolved against.
    pub(super) base: Option<String>,
    pub(super) at: At,
    /// The TwiML document that runs, as it was read; read again from its source
    /// when the call was picked up.
    #[serde(skip)]
    pub(super) document: Option<Arc<Document>>,
    /// The callflow that runs, or that led to the TwiML document that runs.
    pub(super) walk: Option<Walk>,
    pub(super) cookies: CookieJar,
    /// The document that runs came from the fallback URL.
    #[serde(default)]
    pub(super) from_fallback: bool,
    /// Verbs that wait while a document beside them runs, the outermost first.
    #[serde(default)]
    pub(super) frames: Vec<Frame>,
    /// Documents fetched so far, without those beside a verb.
    pub(super) documents: u32,
    /// Requests of this pivot session so far, as Kazoo's debug documents count them.
    pub(super) iteration: u32,
    /// Kazoo's format repeats what a verb reported on every later request.
    pub(super) reported: Vec<(String, String)>,
    /// A callflow has taken over, so Kazoo's `cdr_url` is not told.
    pub(super) taken_over: bool,
}

/// What the call does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum At {
    /// Asks for a document.
    Fetching {
        request: Request,
        first: bool,
        because: Option<Failed>,
    },
    TwiMl {
        source: Arc<str>,
        verb: usize,
    },
    /// At the walk's current node.
    Callflow,
}

/// The failure that a fallback URL is told about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) code: u32,
    pub(super) url: String,
    pub(super) reason: String,
    /// The document was fetched, but cannot be run.
    pub(super) document: bool,
}

impl Session {
    /// A call whose first instructions come from a web server.
    pub(super) fn fetching(manner: Manner, pivot: Pivot) -> Self {
        let request = first_request(&pivot);
        Self::asking(manner, pivot, request)
    }

    /// One whose first request is another than the pivot session's own.
    pub(super) fn asking(manner: Manner, pivot: Pivot, request: Request) -> Self {
        Self {
            pivot: Some(pivot),
            at: At::Fetching {
                request,
                first: true,
                because: None,
            },
            ..Self::empty(manner)
        }
    }

    pub(super) fn walking(manner: Manner, walk: Walk) -> Self {
        Self {
            walk: Some(walk),
            at: At::Callflow,
            taken_over: true,
            ..Self::empty(manner)
        }
    }

    /// A document runs beside a verb that waits.
    pub(super) fn is_aside(&self) -> bool {
        !self.frames.is_empty()
    }

    fn empty(manner: Manner) -> Self {
        Self {
            manner,
            pivot: None,
            base: None,
            at: At::Callflow,
            document: None,
            walk: None,
            cookies: CookieJar::default(),
            from_fallback: false,
            frames: Vec::new(),
            documents: 0,
            iteration: 0,
            reported: Vec::new(),
            taken_over: false,
        }
    }

    /// A `pivot` node: nothing of the session before it is inherited.
    pub(super) fn begin_pivot(&mut self, pivot: Pivot) {
        self.at = At::Fetching {
            request: first_request(&pivot),
            first: true,
            because: None,
        };
        self.pivot = Some(pivot);
        self.base = None;
        self.iteration = 0;
        self.reported.clear();
    }
}

fn first_request(pivot: &Pivot) -> Request {
    Request {
        url: pivot.voice_url.clone(),
        method: Some(pivot.method),
        params: Vec::new(),
        why: "voice_url".into(),
    }
}
