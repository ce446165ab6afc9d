//! Requests of a flow's own to web servers: one that nobody waits for, and one
//! that asks for a document.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::call::journal::Begun;
use crate::call::{Call, Interrupt};
use crate::config::Method;
use crate::trace::Kind;
use crate::web::{self, Body, Outgoing, Policy};

/// Of one try.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Between tries.
const PAUSE: Duration = Duration::from_secs(2);

/// A request that is sent beside the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Absolute.
    pub url: String,
    pub method: Method,
    pub headers: Vec<(String, String)>,
    /// A form; nested objects become `name[key]`.
    pub params: Map<String, Value>,
    /// Further tries while the server cannot be connected with. Any answer is final.
    pub retries: u32,
}

/// A document that is asked for while the caller waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonFetch {
    /// Absolute; may carry `user:password@`.
    pub url: String,
    pub params: Vec<(String, String)>,
    pub timeout: Duration,
}

impl Call {
    /// Sends it beside the call, which does not wait.
    pub fn send_webhook(&mut self, webhook: Webhook) {
        let op = match self.begin::<(), ()>() {
            Begun::Done(()) => return,
            // It may be on its way: rather not sent than sent twice.
            Begun::Again(op, ()) => return self.done(&op, ()),
            Begun::New(op) => op,
        };
        self.write_down(&op, &());
        let (web, trace) = (self.services.web.clone(), self.trace.clone());
        self.services.background.spawn(async move {
            let shown = web::shown(&webhook.url);
            let mut out = Outgoing::new(method(webhook.method), webhook.url, once())
                .body(Body::Form(web::form::flatten(&webhook.params.into())));
            out.headers = webhook.headers;
            let mut tries = 0;
            loop {
                let began = tokio::time::Instant::now();
                match web.send(out.clone(), None).await {
                    Ok(answer) => {
                        let line = format!("{shown} (webhook) → {}", answer.status);
                        return trace.took(Kind::Http, line, began);
                    }
                    Err(error) if tries < webhook.retries && error.never_connected() => {
                        trace.write(Kind::Http, format!("webhook {error}; tries again"));
                    }
                    Err(error) => return trace.write(Kind::Warning, format!("webhook {error}")),
                }
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
        });
        self.done(&op, ());
    }

    /// Asks with a GET for JSON; why there is none is told.
    pub async fn fetch_json(&mut self, ask: JsonFetch) -> Result<Option<Value>, Interrupt> {
        let op = match self.begin::<Option<Value>, ()>() {
            Begun::Done(found) => return Ok(found),
            Begun::Again(op, ()) | Begun::New(op) => op,
        };
        self.write_down(&op, &());
        let web = self.services.web.clone();
        let shown = web::shown(&ask.url);
        let out = Outgoing::new(http::Method::GET, ask.url, once().within(ask.timeout))
            .body(Body::Form(ask.params));
        let began = tokio::time::Instant::now();
        let sent = self.during(async { web.send(out, None).await }).await?;
        let found = match sent {
            Ok(answer) if answer.is_success() => {
                let line = format!("{shown} → {}", answer.status);
                self.trace.took(Kind::Http, line, began);
                let found = serde_json::from_slice(&answer.body);
                if let Err(error) = &found {
                    self.warn(format!("the answer of {shown} is no JSON: {error}"));
                }
                found.ok()
            }
            Ok(answer) => {
                self.warn(format!("{shown} → {}", answer.status));
                None
            }
            Err(error) => {
                self.warn(error.to_string());
                None
            }
        };
        Ok(self.done(&op, found))
    }
}

fn once() -> Policy {
    Policy {
        connect: TIMEOUT,
        read: TIMEOUT,
        total: TIMEOUT,
        retries: 0,
        ..Policy::kazoo()
    }
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    }
}
