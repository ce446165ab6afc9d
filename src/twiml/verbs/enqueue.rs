//! `<Enqueue>` puts the caller into a queue, where an agent takes the oldest with
//! `<Dial><Queue>`.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | where the result is told; without it the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//! | `waitUrl` | music on hold | a document that the caller hears while waiting, asked for again whenever it ends; empty = silence |
//! | `waitUrlMethod` | POST | `GET` or `POST` |
//! | `maxQueueSize` | 1000 | callers, from 1 to 5000; the first who joins a queue decides |
//! | `workflowSid` | | TaskRouter's, as is `<Task>` inside: read and warned about |
//!
//! The text is the queue's name, of at most 64 characters; a queue is there as soon
//! as somebody has joined it.
//!
//! ```xml
//! <Response>
//!   <Enqueue waitUrl="/wait" action="/left">support</Enqueue>
//!   <Say>Nobody has time for you.</Say>
//! </Response>
//! ```
//!
//! A wait document may have `<Play>`, `<Say>`, `<Pause>`, `<Gather>`, `<Redirect>`,
//! `<Leave>` and `<Hangup>`. It gets `QueuePosition` (from 1), `QueueSid`,
//! `QueueTime`, `AvgQueueTime` (seconds), `CurrentQueueSize` and `MaxQueueSize`, anew
//! each time. One that ends sooner is asked for after a second; one that cannot be had
//! is asked for again after ten seconds of music. The music is Asterisk's class
//! `default`; where musiconhold.conf has none, the caller hears silence.
//!
//! `action` gets `QueueResult`, `QueueSid` and `QueueTime` (seconds of waiting). The
//! result is `bridged` after a talk with an agent, `leave`, `hangup` (in the queue),
//! `bridging-in-process` (hung up before the agent could talk), `queue-full`,
//! `redirected`, `error` (no queue named) or `system-error`. It is requested after the
//! caller hung up too, when its answer is not looked at.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::Verb;
use crate::call::ops::{Behind, Connected, Enqueued, Owed, OwedAbout, QueueResult};
use crate::call::queues::{Join, MOST};
use crate::call::{Call, CallbackTarget, Interrupt};
use crate::clock::{self, Time, whole_seconds};
use crate::config::Method;
use crate::news::{QueueNews, Taken};
use crate::program::{Aside, AsideEnd, AsideKind, Flow, Request};
use crate::report::{Differs, Report};
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

/// A document that says nothing is not asked for in a busy loop.
const AT_LEAST: Duration = Duration::from_secs(1);
/// When one that could not be had is asked for again.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// Characters of a name.
const LONGEST: usize = 64;
/// `Enqueue` with more callers than the queue has room for.
const FULL: u32 = 14207;

#[derive(Debug, Clone, PartialEq)]
pub struct Enqueue {
    /// None = nothing was written.
    pub name: Option<String>,
    pub action: Option<String>,
    pub method: Option<Method>,
    pub wait: Wait,
    pub max: u32,
    /// `action`, absolute, for a caller who is called out of the queue.
    told_beside: Option<String>,
}

/// What the caller hears while waiting.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    Music,
    Silence,
    Document { url: String, method: Option<Method> },
}

/// What must be remembered while a document runs beside it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The caller is in the queue, or was taken from it.
    joined: bool,
    /// When the wait document was asked for last.
    asked: Option<Time>,
    failed: bool,
    taken: Option<Taken>,
    /// The caller has heard the agent's greeting.
    greeted: bool,
}

impl Verb for Enqueue {
    const NAME: &'static str = "Enqueue";
    type Progress = Progress;

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url_or_none("action", 14203);
        let method = attributes.method("method", 14201);
        let url = attributes.url_or_none("waitUrl", 14202);
        let wait_method = attributes.method("waitUrlMethod", 14206);
        let max = attributes
            .number("maxQueueSize", error::SCHEMA, 1..=5000)
            .unwrap_or(MOST);
        let workflow = attributes.ignored("workflowSid", error::SCHEMA, "there is no TaskRouter");
        attributes.finish();
        for child in element.elements() {
            if child.name == "Task" {
                read_task(child, report);
            } else {
                attr::stranger(child, element, &["Task"], error::SCHEMA, report);
            }
        }
        let named = !element.text().is_empty() || !workflow;
        Self {
            name: named
                .then(|| read_name(element, (14204, 14205), report))
                .flatten(),
            told_beside: action.clone(),
            action,
            method,
            wait: match url {
                None => Wait::Music,
                Some(url) if url.is_empty() => Wait::Silence,
                Some(url) => Wait::Document {
                    url,
                    method: wait_method,
                },
            },
            max,
        }
    }

    fn resolve(&mut self, document: &Url) {
        if let Some(url) = &mut self.told_beside
            && let Ok(absolute) = document.join(url)
        {
            *url = absolute.into();
        }
    }

    async fn run(&self, call: &mut Call, at: &mut Progress) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let Some(name) = &self.name else {
            call.warn("<Enqueue> names no queue");
            let enqueued = call.end_queued(QueueResult::Error);
            return Ok(self.over(call, &enqueued, false));
        };
        if let Some(request) = self.request() {
            call.owe(Owed {
                request,
                about: OwedAbout::Enqueue,
            });
        }
        match call.take_aside_end() {
            Some(AsideEnd::Left) if at.taken.is_none() => {
                return Ok(self.end(call, QueueResult::Leave));
            }
            Some(AsideEnd::Failed) if at.taken.is_none() => {
                // A server that hangs has taken its time already.
                (at.asked, at.failed) = (Some(clock::now()), true);
            }
            _ => {}
        }
        loop {
            if !at.joined {
                match call.join_queue(name, self.max).await {
                    Some(Join::Waits { .. }) => {}
                    Some(Join::Taken { taken, .. }) => at.taken = Some(taken),
                    Some(Join::Full { .. }) => {
                        call.warn(format!("{FULL}: the queue {name:?} is full"));
                        return Ok(self.end(call, QueueResult::QueueFull));
                    }
                    None => return Ok(self.end(call, QueueResult::SystemError)),
                }
                at.joined = true;
                call.keep(at);
            }
            if let Some(taken) = at.taken.clone() {
                if let Some(greeting) = greeting(&taken, at.greeted, call) {
                    at.greeted = true;
                    call.keep(at);
                    return Ok(Flow::Aside(Box::new(greeting)));
                }
                match call.connect_with_agent(&taken).await? {
                    Connected::Talked => return Ok(self.end(call, QueueResult::Bridged)),
                    Connected::Failed => return Ok(self.end(call, QueueResult::SystemError)),
                    Connected::Abandoned => {
                        call.note("the agent has gone; the caller waits again");
                        (at.joined, at.taken, at.greeted) = (false, None, false);
                        call.keep(at);
                        continue;
                    }
                }
            }
            let news = match self.wait(call, at).await? {
                Waited::News(news) => news,
                Waited::Ask(aside) => return Ok(Flow::Aside(Box::new(aside))),
            };
            match news {
                QueueNews::Taken { taken, .. } => at.taken = Some(taken),
                QueueNews::Redirected { request, .. } => return Ok(self.called_out(call, request)),
                _ => {}
            }
            call.keep(at);
        }
    }
}

/// What became of waiting.
enum Waited {
    News(QueueNews),
    /// It is time for the wait document.
    Ask(Aside),
}

impl Enqueue {
    fn request(&self) -> Option<Request> {
        Some(Request {
            url: self.action.clone()?,
            method: self.method,
            params: Vec::new(),
            why: "Enqueue action".into(),
        })
    }

    /// Until there are news, or the wait document is due.
    async fn wait(&self, call: &mut Call, at: &mut Progress) -> Result<Waited, Interrupt> {
        let Wait::Document { url, method } = &self.wait else {
            let behind = match self.wait {
                Wait::Music => Behind::Music,
                _ => Behind::Silence,
            };
            call.start_behind(behind).await?;
            loop {
                if let Some(news) = call.wait_in_queue(None).await? {
                    return Ok(Waited::News(news));
                }
            }
        };
        let pause = if at.failed { AFTER_FAILURE } else { AT_LEAST };
        let due = at.asked.map(|asked| asked.after(pause));
        let due = due.filter(|due| clock::now() < *due);
        if at.failed && due.is_some() {
            call.start_behind(Behind::Music).await?;
        }
        // What has been told already comes before the next request.
        if let Some(news) = call
            .wait_in_queue(Some(due.unwrap_or_else(clock::now)))
            .await?
        {
            return Ok(Waited::News(news));
        }
        call.settle().await?;
        (at.asked, at.failed) = (Some(clock::now()), false);
        call.keep(at);
        Ok(Waited::Ask(Aside {
            request: Request {
                url: url.clone(),
                method: *method,
                params: wait_params(call).await,
                why: "Enqueue waitUrl".into(),
            },
            kind: AsideKind::QueueWait,
        }))
    }

    /// The stay in the queue is over.
    fn end(&self, call: &mut Call, result: QueueResult) -> Flow {
        let enqueued = call.end_queued(result);
        self.over(call, &enqueued, true)
    }

    fn over(&self, call: &mut Call, enqueued: &Enqueued, owed: bool) -> Flow {
        call.note(format!("left the queue: {}", enqueued.result.twilio()));
        let Some(request) = self.request() else {
            return Flow::Next;
        };
        if owed {
            call.forget_owed();
        }
        let params = params(enqueued);
        Flow::Fetch(Request { params, ..request })
    }

    /// Somebody has another document for the caller; `action` is told beside it.
    fn called_out(&self, call: &mut Call, request: Request) -> Flow {
        let enqueued = call.end_queued(QueueResult::Redirected);
        if let Some(url) = &self.told_beside {
            call.forget_owed();
            let target = CallbackTarget {
                url: url.clone(),
                method: self.method.unwrap_or(Method::Post),
            };
            let mut told = call.standard_params();
            told.extend(params(&enqueued));
            let about = call.id().as_str().to_owned();
            call.call_back("Enqueue action", &about, &target, told);
        }
        Flow::Fetch(request)
    }
}

/// What the caller hears before the agent, if the agent's document says so.
fn greeting(taken: &Taken, greeted: bool, call: &Call) -> Option<Aside> {
    let mut request = taken.greeting.clone().filter(|_| !greeted)?;
    let enqueued = call.queued_so_far();
    if let Some(queue) = enqueued.queue {
        request.params.push(("QueueSid".into(), queue));
    }
    let waited = whole_seconds(enqueued.waited);
    request.params.push(("QueueTime".into(), waited));
    Some(Aside {
        request,
        kind: AsideKind::QueueGreeting,
    })
}

async fn wait_params(call: &Call) -> Vec<(String, String)> {
    let Some(view) = call.view_queue().await else {
        return Vec::new();
    };
    [
        ("QueuePosition", view.position.to_string()),
        ("QueueSid", view.sid),
        ("QueueTime", whole_seconds(view.waited)),
        ("AvgQueueTime", whole_seconds(view.average)),
        ("CurrentQueueSize", view.size.to_string()),
        ("MaxQueueSize", view.max.to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

/// What `action` is told.
pub fn params(enqueued: &Enqueued) -> Vec<(String, String)> {
    let mut params = vec![(
        "QueueResult".to_owned(),
        enqueued.result.twilio().to_owned(),
    )];
    if let Some(queue) = &enqueued.queue {
        params.push(("QueueSid".into(), queue.clone()));
    }
    params.push(("QueueTime".into(), whole_seconds(enqueued.waited)));
    params
}

/// The name of a queue, cut to what it may be; the codes are for one that is too
/// short and one that is too long.
pub(in crate::twiml) fn read_name(
    element: &Element,
    (short, long): (u32, u32),
    report: &mut Report,
) -> Option<String> {
    let name = element.text();
    let span = element
        .texts()
        .next()
        .map_or_else(|| element.span.clone(), |text| text.span.clone());
    if name.is_empty() {
        report
            .warn(
                short,
                span,
                format!("this `<{}>` names no queue", element.name),
            )
            .help("write the name between its tags");
        return None;
    }
    if name.chars().count() <= LONGEST {
        return Some(name);
    }
    report
        .warn(
            long,
            span,
            format!("a queue's name has at most {LONGEST} characters"),
        )
        .help("the first of them are taken for the name, here and wherever it is written so");
    Some(name.chars().take(LONGEST).collect())
}

/// What a TaskRouter would be told about the caller.
fn read_task(task: &Element, report: &mut Report) {
    let mut attributes = Attributes::of(task, report);
    attributes.number("priority", error::SCHEMA, 0..=u32::MAX);
    attributes.number("timeout", error::SCHEMA, 1..=u32::MAX);
    attributes.finish();
    attr::no_elements(task, report);
    report
        .warn(
            error::SCHEMA,
            task.span.clone(),
            "`<Task>` is ignored: there is no TaskRouter",
        )
        .help("let agents take callers with `<Dial><Queue>`")
        .differs(Differs::Ignored);
}

#[cfg(test)]
mod tests;
