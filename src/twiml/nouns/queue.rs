//! `<Queue>` in a `<Dial>`: the caller, an agent, takes the oldest who waits in a
//! queue, or waits until somebody comes.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `url` | none | a document of `<Play>`, `<Say>`, `<Pause>` and `<Redirect>` that the caller from the queue hears before the two are put together; the agent hears ringing meanwhile |
//! | `method` | POST | `GET` or `POST` |
//! | `reservationSid`, `postWorkActivitySid` | | TaskRouter's; read, warned about and ignored |
//!
//! The text is the queue's name. Of the `<Dial>`, `action`, `method`, `timeout` (how
//! long an agent waits at an empty queue), `timeLimit`, `hangupOnStar`,
//! `answerOnBridge`, `record` and `recordingUrl` hold.
//!
//! ```xml
//! <Response><Dial action="/done" timeout="60"><Queue url="/greet">support</Queue></Dial></Response>
//! ```
//!
//! `url` gets `QueueSid`, `QueueTime` (seconds), `DequeingCallSid` (the agent's, spelt
//! as Twilio spells it), and `CallSid` is that of the caller who waited. `action` gets
//! `DialCallStatus` (`completed`; `no-answer` when nobody came; `failed` when no queue
//! of this name has ever been joined; `canceled` when the agent hung up first),
//! `DialBridged`, `QueueSid`, `DequeueResult` (`bridged`, or `error` for an unknown
//! queue; absent when nobody came), `DequeuedCallSid`, `DequeuedCallQueueTime` and
//! `DequeuedCallDuration` (seconds).
//!
//! A caller who hangs up before the two were put together is not told about; the next
//! one is taken, if there is time.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::call::ops::{AudioFormat, Dequeue, Dequeued, DialOutcome, Owed, OwedAbout};
use crate::call::{Call, Interrupt};
use crate::clock::whole_seconds;
use crate::config::Method;
use crate::program::{Flow, Request};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::verbs::dial::Dial;
use crate::twiml::verbs::enqueue;
use crate::twiml::verbs::record;

/// TaskRouter's attributes have no meaning without it.
const TASK_ROUTER: u32 = 14219;

#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// None = nothing was written.
    pub name: Option<String>,
    pub url: Option<String>,
    pub method: Option<Method>,
}

/// Nothing runs beside it: what it waits for is one operation, which remembers all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Progress {}

impl Queue {
    pub(super) fn read(noun: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(noun, report);
        let url = attributes
            .url_or_none("url", 14211)
            .filter(|url| !url.is_empty());
        let method = attributes.method("method", 14210);
        for name in ["reservationSid", "postWorkActivitySid"] {
            attributes.ignored(name, TASK_ROUTER, "there is no TaskRouter");
        }
        attributes.finish();
        attr::no_elements(noun, report);
        Self {
            name: enqueue::read_name(noun, (14212, 14213), report),
            url,
            method,
        }
    }

    /// Makes the URL absolute: another call's document asks for it.
    pub(super) fn resolve(&mut self, document: &Url) {
        let url = self.url.as_deref().and_then(|url| document.join(url).ok());
        self.url = url.map(Into::into).or_else(|| self.url.take());
    }

    /// What the `<Dial>` does that has this noun.
    pub async fn run(
        &self,
        dial: &Dial,
        call: &mut Call,
        _at: &mut Progress,
    ) -> Result<Flow, Interrupt> {
        if !dial.answer_on_bridge {
            call.answer().await?;
        }
        let request = dial.action.clone().map(|url| Request {
            url,
            method: dial.method,
            params: Vec::new(),
            why: "Dial action".into(),
        });
        if let Some(request) = &request {
            call.owe(Owed {
                request: request.clone(),
                about: OwedAbout::Dequeue,
            });
        }
        if let Some(upload) = &dial.upload {
            call.owe_upload(upload.clone(), AudioFormat::Mp3);
        }
        let dequeued = match &self.name {
            Some(name) => call.dequeue(self.dequeue(name, dial, call)).await?,
            None => Dequeued::failed(),
        };
        let Some(request) = request else {
            return Ok(Flow::Next);
        };
        call.forget_owed();
        let params = params(&dequeued);
        Ok(Flow::Fetch(Request { params, ..request }))
    }

    fn dequeue(&self, name: &str, dial: &Dial, call: &Call) -> Dequeue {
        let greeting = self.url.clone().map(|url| Request {
            url,
            method: self.method,
            params: vec![("DequeingCallSid".into(), call.id().to_string())],
            why: "Queue url".into(),
        });
        Dequeue {
            queue: name.to_owned(),
            call: None,
            timeout: dial.ring_time(call),
            time_limit: Some(dial.time_limit),
            hangup_on_star: dial.hangup_on_star,
            record: dial.record.clone(),
            greeting,
        }
    }
}

/// What `action` is told.
pub fn params(dequeued: &Dequeued) -> Vec<(String, String)> {
    let bridged = dequeued.outcome == DialOutcome::Completed;
    let mut params = Vec::new();
    let mut add = |name: &str, value: String| params.push((name.to_owned(), value));
    add("DialCallStatus", dequeued.outcome.twilio().into());
    add("DialBridged", bridged.to_string());
    if let Some(queue) = &dequeued.queue {
        add("QueueSid", queue.clone());
    }
    if let Some(result) = dequeued.result() {
        add("DequeueResult", result.into());
    }
    if let Some(caller) = &dequeued.caller {
        add("DequeuedCallSid", caller.to_string());
        add("DequeuedCallQueueTime", whole_seconds(dequeued.waited));
    }
    if bridged {
        add("DequeuedCallDuration", whole_seconds(dequeued.talked));
    }
    if let Some(recording) = &dequeued.recording {
        params.extend(record::recording_params(recording));
    }
    params
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::{Queue, params};
    use crate::call::ops::{Dequeued, DialOutcome};
    use crate::config::Method;
    use crate::id::CallId;
    use crate::twiml::nouns::Party;
    use crate::twiml::verbs::Verb;
    use crate::twiml::verbs::dial::Dial;
    use crate::twiml::verbs::reading::{clean, read};

    fn queue(dial: Dial) -> Queue {
        match dial.party {
            Party::Queue(queue) => queue,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn its_text_is_the_name() {
        let plain = queue(clean::<Dial>("<Dial><Queue> support </Queue></Dial>"));
        assert_eq!(plain.name.as_deref(), Some("support"));
        assert_eq!((plain.url, plain.method), (None, None));
        let xml = "<Dial><Queue url='greet' method='get'>support</Queue></Dial>";
        let mut dial = clean::<Dial>(xml);
        dial.resolve(&Url::parse("https://x.example/a/b").expect("a URL"));
        let full = queue(dial);
        assert_eq!(full.url.as_deref(), Some("https://x.example/a/greet"));
        assert_eq!(full.method, Some(Method::Get));
    }

    #[test]
    fn bad_values_give_the_default() {
        for (attributes, code) in [
            ("method='PUT'", 14210),
            ("url='ftp://x.example/'", 14211),
            ("reservationSid='WR1'", 14219),
            ("postWorkActivitySid='WA1'", 14219),
            ("loud='true'", 12200),
        ] {
            let (dial, codes) =
                read::<Dial>(&format!("<Dial><Queue {attributes}>q</Queue></Dial>"));
            assert_eq!(
                queue(dial),
                queue(clean("<Dial><Queue>q</Queue></Dial>")),
                "{attributes}"
            );
            assert_eq!(codes, [code], "{attributes}");
        }
        let (dial, codes) = read::<Dial>("<Dial><Queue/></Dial>");
        assert_eq!((queue(dial).name, codes), (None, vec![14212]));
        let long = format!("<Dial><Queue>{}</Queue></Dial>", "q".repeat(65));
        let (dial, codes) = read::<Dial>(&long);
        assert_eq!(
            (queue(dial).name, codes),
            (Some("q".repeat(64)), vec![14213])
        );
    }

    #[test]
    fn the_action_is_told_who_was_taken() {
        let caller = CallId::new();
        let told = |outcome, caller| {
            let dequeued = Dequeued {
                outcome,
                queue: Some("QU1".into()),
                caller,
                waited: Duration::from_millis(12_400),
                talked: Duration::from_secs(7),
                recording: None,
            };
            let params = params(&dequeued).into_iter();
            params.map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>()
        };
        assert_eq!(
            told(DialOutcome::Completed, Some(caller.clone())),
            [
                "DialCallStatus=completed".to_owned(),
                "DialBridged=true".into(),
                "QueueSid=QU1".into(),
                "DequeueResult=bridged".into(),
                format!("DequeuedCallSid={caller}"),
                "DequeuedCallQueueTime=12".into(),
                "DequeuedCallDuration=7".into(),
            ]
        );
        let nobody = [
            "DialCallStatus=no-answer",
            "DialBridged=false",
            "QueueSid=QU1",
        ];
        assert_eq!(told(DialOutcome::NoAnswer, None), nobody);
    }
}
