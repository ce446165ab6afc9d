//! `<Dial>` rings one or more parties and connects the caller with the first
//! who answers.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | where the result is told; without it the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//! | `timeout` | `[dial] timeout_s`, 30 | seconds they ring, from 5 to 600 |
//! | `timeLimit` | 14400 | seconds they may talk, from 1 to 86400 |
//! | `callerId` | the caller's | what the called party sees |
//! | `hangupOnStar` | false | the caller's `*` ends the conversation, not the call |
//! | `sequential` | false | one after the other, each for the whole `timeout`, instead of all at once |
//! | `ringTone` | `automatic` | the country whose ringback tone the caller hears, as in `uk`, whatever the called side sends |
//! | `referUrl` | none | the caller goes on with this document when the called party sends a REFER (a blind transfer); without it a REFER is refused |
//! | `referMethod` | POST | `GET` or `POST` |
//! | `callReason`, `events`, `passports` | | are ignored: only a carrier can do something with them |
//! | `answerOnBridge` | false | the caller goes on ringing until somebody answers |
//! | `record` | `do-not-record` | `record-from-answer`, `record-from-ringing`, the same with `-dual` for two channels, `true`, `false` |
//! | `trim` | `do-not-trim` | or `trim-silence`: silence is cut from both ends of the recording |
//! | `recordingTrack` | `both` | `inbound` is the caller alone, `outbound` what the caller hears; both are mono |
//! | `recordingStatusCallback` | none | told how the recording goes, beside the call, as `<Record>` does |
//! | `recordingStatusCallbackMethod` | POST | `GET` or `POST` |
//! | `recordingStatusCallbackEvent` | `completed` | some of `in-progress`, `completed` and `absent` |
//! | `recordingUrl` | none | where the recording is uploaded to (Kazoo's) |
//! | `recordStoreMethod` | PUT | of the upload: `PUT`, `POST` or `PATCH` |
//!
//! The text is a number to dial. A text without digits is dropped, and the nouns
//! inside are rung at once: `<Number>`, `<Sip>`, `<Client>`, and Kazoo's `<User>`
//! and `<Device>`.
//!
//! ```xml
//! <Response>
//!   <Dial action="/dialled" timeout="20"><Number>+14155551212</Number><Sip>bob@example.com</Sip></Dial>
//! </Response>
//! ```
//!
//! `action` gets `DialCallStatus` (`completed`, `busy`, `no-answer`, `failed`,
//! `canceled`), `DialBridged`, `DialCallSid`, `DialCallDuration` (seconds, when
//! somebody answered), `DialSipResponseCode`, `DialSipCallId`, `DialSipHeader_X-…`
//! (of the answer to a `<Sip>`; Asterisk 18 and newer) and, when the call was recorded,
//! `RecordingUrl`, `RecordingSid` and `RecordingDuration`. It is requested after
//! the caller hung up too, when its answer is not looked at.
//!
//! `referUrl` gets `ReferTransferTarget`, the URI of Refer-To without its headers, in
//! place of the request to `action`. It is for parties that are rung, as at Twilio. The
//! party is told 200 at once, upon which its phone hangs up; Asterisk hangs up one that
//! does not a minute later. That is so with `answerOnBridge`, too, where Twilio keeps
//! the party until the document has reached somebody else. It needs the context
//! `[pivot-referred]` of `asterisk-conf/extensions.conf`; where a REFER is refused the
//! party is told 404, and only Asterisk's log has a line about it (Twilio's 13802). A
//! REFER of the caller, and an attended transfer, are Asterisk's own affair.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Verb, record};
use crate::call::ops::{
    self, AudioFormat, CallerId, DialOutcome, DialRecording, Dialled, Owed, OwedAbout,
};
use crate::call::ops::{OnRefer, RecordingTrack, Target, Upload};
use crate::call::{Call, Interrupt};
use crate::clock::whole_seconds;
use crate::config::Method;
use crate::program::{Flow, Request};
use crate::report::Report;
use crate::twiml::attr::Attributes;
use crate::twiml::element::Element;
use crate::twiml::nouns::{self, Party, conference, queue, recording};
use crate::twiml::ring_tones;

#[derive(Debug, Clone, PartialEq)]
pub struct Dial {
    pub action: Option<String>,
    pub method: Option<Method>,
    /// None = `[dial] timeout_s`.
    pub timeout: Option<Duration>,
    pub time_limit: Duration,
    pub caller_id: Option<String>,
    pub hangup_on_star: bool,
    pub answer_on_bridge: bool,
    pub sequential: bool,
    /// In Asterisk's notation.
    pub ring_tone: Option<&'static str>,
    pub record: Option<DialRecording>,
    pub upload: Option<Upload>,
    pub refer_url: Option<String>,
    pub refer_method: Option<Method>,
    pub party: Party,
    /// Nothing was written that could be dialled, rightly or wrongly.
    pub empty: bool,
}

/// Only a conference and a queue let documents run beside them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Progress {
    pub(in crate::twiml) conference: conference::Progress,
    queue: queue::Progress,
}

/// From ringing on, and in two channels.
const RECORD: &[(&str, Option<(bool, bool)>)] = &[
    ("do-not-record", None),
    ("record-from-answer", Some((false, false))),
    ("record-from-ringing", Some((true, false))),
    ("record-from-answer-dual", Some((false, true))),
    ("record-from-ringing-dual", Some((true, true))),
    ("true", Some((false, false))),
    ("false", None),
];

impl Verb for Dial {
    const NAME: &'static str = "Dial";
    type Progress = Progress;

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", 13210);
        let timeout = attributes.number("timeout", 13212, 5..=600);
        let time_limit = attributes.seconds("timeLimit", 13216, 1..=86_400, 14_400);
        let caller_id = attributes.text_if(
            "callerId",
            13214,
            "write a number, a `client:` name or the user of a SIP address",
            is_caller_id,
        );
        let hangup_on_star = attributes.flag("hangupOnStar", 13213, false);
        let answer_on_bridge = attributes.flag("answerOnBridge", 13219, false);
        let sequential = attributes.flag("sequential", 13218, false);
        let ring_tone = attributes
            .text_if(
                "ringTone",
                13220,
                "write a country, as in `uk`, or `automatic`",
                |country| country == "automatic" || ring_tones::of(country).is_some(),
            )
            .and_then(|country| ring_tones::of(&country));
        let record = read_recording(&mut attributes);
        let upload = record::read_upload(&mut attributes);
        let refer_url = attributes.url("referUrl").filter(|url| !url.is_empty());
        let refer_method = attributes.method("referMethod", 13210);
        // What only a carrier can do with a call.
        for ignored in ["callReason", "events", "passports"] {
            attributes.raw(ignored);
        }
        attributes.finish();
        Self {
            action,
            method,
            timeout: timeout.map(|seconds| Duration::from_secs(seconds.into())),
            time_limit,
            caller_id,
            hangup_on_star,
            answer_on_bridge,
            sequential,
            ring_tone,
            record,
            upload,
            refer_url,
            refer_method,
            party: nouns::read(element, report),
            empty: element.text().is_empty() && element.elements().next().is_none(),
        }
    }

    fn resolve(&mut self, document: &Url) {
        if let Some(recording) = &mut self.record {
            record::resolve_notify(&mut recording.notify, document);
        }
        record::resolve_upload(&mut self.upload, document);
        self.party.resolve(document);
    }

    async fn run(&self, call: &mut Call, at: &mut Progress) -> Result<Flow, Interrupt> {
        let targets = match &self.party {
            _ if self.empty => return Ok(Flow::Next),
            Party::Ring(targets) => targets,
            Party::Application(application) => return application.run(self, call).await,
            Party::Conference(room) => return room.run(self, call, at).await,
            Party::Queue(queue) => return queue.run(self, call, &mut at.queue).await,
        };
        let request = self.action_request();
        let params = if targets.is_empty() {
            call.warn("nobody can be rung");
            status_params(DialOutcome::Failed, false)
        } else {
            let dialled = self.dial(call, targets, request.as_ref()).await?;
            if let (Some(url), Some(to)) = (&self.refer_url, &dialled.referred) {
                return Ok(Flow::Fetch(Request {
                    url: url.clone(),
                    method: self.refer_method,
                    params: vec![("ReferTransferTarget".into(), to.clone())],
                    why: "Dial referUrl".into(),
                }));
            }
            params(&dialled)
        };
        Ok(match request {
            Some(request) => Flow::Fetch(Request { params, ..request }),
            None => Flow::Next,
        })
    }
}

/// `record` and all that says how.
fn read_recording(attributes: &mut Attributes<'_, '_>) -> Option<DialRecording> {
    let record = attributes.choice("record", 13217, RECORD, None);
    let trim = record::read_trim(attributes, false);
    let track = attributes.choice(
        "recordingTrack",
        13622,
        recording::TRACKS,
        RecordingTrack::Both,
    );
    let notify = record::read_notify(attributes);
    record.map(|(from_ringing, dual)| DialRecording {
        from_ringing,
        dual,
        track,
        trim,
        notify,
    })
}

impl Dial {
    /// The request of `action`; what it is told is added.
    pub(in crate::twiml) fn action_request(&self) -> Option<Request> {
        self.action.clone().map(|url| Request {
            url,
            method: self.method,
            params: Vec::new(),
            why: "Dial action".into(),
        })
    }

    /// How long somebody may take to answer, or to come.
    pub(in crate::twiml) fn ring_time(&self, call: &Call) -> Duration {
        let default = call.services().config.dial.timeout_s;
        self.timeout.unwrap_or(Duration::from_secs(default))
    }

    /// Rings and talks.
    async fn dial(
        &self,
        call: &mut Call,
        targets: &[Target],
        action: Option<&Request>,
    ) -> Result<Dialled, Interrupt> {
        if !self.answer_on_bridge {
            call.answer().await?;
        }
        if let Some(request) = action {
            call.owe(Owed {
                request: request.clone(),
                about: OwedAbout::Dial,
            });
        }
        if let Some(upload) = &self.upload {
            call.owe_upload(upload.clone(), AudioFormat::Mp3);
        }
        let dialled = call
            .dial(ops::Dial {
                targets: targets.to_vec(),
                timeout: self.ring_time(call),
                time_limit: Some(self.time_limit),
                caller_id: self.caller_id.clone().map(|number| CallerId {
                    number,
                    name: String::new(),
                }),
                hangup_on_star: self.hangup_on_star,
                record: self.record.clone(),
                sequential: self.sequential,
                ring_tone: self.ring_tone.map(str::to_owned),
                on_refer: match self.refer_url {
                    Some(_) => OnRefer::Told,
                    None => OnRefer::Refused,
                },
                ..ops::Dial::default()
            })
            .await?;
        if action.is_some() {
            call.forget_owed();
        }
        Ok(dialled)
    }
}

/// What `action` is told.
pub(in crate::twiml) fn params(dialled: &Dialled) -> Vec<(String, String)> {
    let mut params = status_params(dialled.outcome, dialled.bridged);
    let mut add = |name: &str, value: String| params.push((name.to_owned(), value));
    if let Some(leg) = &dialled.leg {
        add("DialCallSid", leg.clone());
    }
    if dialled.outcome == DialOutcome::Completed || !dialled.talked.is_zero() {
        add("DialCallDuration", whole_seconds(dialled.talked));
    }
    if let Some(code) = dialled.sip_code {
        add("DialSipResponseCode", code.to_string());
    }
    if let Some(id) = &dialled.call_id {
        add("DialSipCallId", id.clone());
    }
    for (name, value) in &dialled.headers {
        add(&format!("DialSipHeader_{name}"), value.clone());
    }
    if let Some(recording) = &dialled.recording {
        params.extend(record::recording_params(recording));
    }
    params
}

fn status_params(outcome: DialOutcome, bridged: bool) -> Vec<(String, String)> {
    vec![
        ("DialCallStatus".into(), outcome.twilio().into()),
        ("DialBridged".into(), bridged.to_string()),
    ]
}

/// It becomes part of a SIP header and of a dialplan function.
fn is_caller_id(value: &str) -> bool {
    let plain = |c: char| !c.is_control() && !"<>\"\\(),;".contains(c);
    !value.is_empty() && value.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Dial, DialOutcome, DialRecording, Dialled, params, ring_tones};
    use crate::call::ops::{Endpoint, RecordingRef, RecordingTrack, Target};
    use crate::call::{CallbackTarget, Cause, Notify};
    use crate::config::Method;
    use crate::twiml::nouns::Party;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn defaults() {
        let expected = Dial {
            action: None,
            method: None,
            timeout: None,
            time_limit: Duration::from_secs(14_400),
            caller_id: None,
            hangup_on_star: false,
            answer_on_bridge: false,
            sequential: false,
            ring_tone: None,
            record: None,
            upload: None,
            refer_url: None,
            refer_method: None,
            party: Party::Ring(vec![Target::new(Endpoint::Number("+14155551212".into()))]),
            empty: false,
        };
        assert_eq!(clean::<Dial>("<Dial>+1 (415) 555-1212</Dial>"), expected);
    }

    #[test]
    fn attributes_are_read() {
        let dial = clean::<Dial>(
            "<Dial action='/d' method='GET' timeout='20' timeLimit='60' callerId='client:bob' \
             hangupOnStar='true' answerOnBridge='True' \
             referUrl='/t' referMethod='GET' sequential='true' ringTone='UK' callReason='x' events='call-progress-event' passports='' record='record-from-ringing-dual' \
             recordingUrl='http://x.example/up'>100</Dial>",
        );
        assert_eq!(
            (dial.action.as_deref(), dial.method),
            (Some("/d"), Some(Method::Get))
        );
        assert_eq!(
            (dial.timeout.unwrap().as_secs(), dial.time_limit.as_secs()),
            (20, 60)
        );
        assert_eq!(dial.caller_id.as_deref(), Some("client:bob"));
        assert_eq!(
            (dial.refer_url.as_deref(), dial.refer_method),
            (Some("/t"), Some(Method::Get))
        );
        assert!(dial.hangup_on_star && dial.answer_on_bridge && dial.sequential);
        assert_eq!(dial.ring_tone, ring_tones::of("uk"));
        let dual = DialRecording {
            from_ringing: true,
            dual: true,
            ..DialRecording::default()
        };
        assert_eq!(dial.record, Some(dual));
        assert_eq!(dial.upload.map(|upload| upload.method), Some("PUT".into()));
    }

    #[test]
    fn record_has_seven_words() {
        let record = |word: &str| {
            let dial = clean::<Dial>(&format!("<Dial record='{word}'>1</Dial>"));
            dial.record.map(|r| (r.from_ringing, r.dual))
        };
        assert_eq!(record("do-not-record"), None);
        assert_eq!(record("false"), None);
        assert_eq!(record("true"), Some((false, false)));
        assert_eq!(record("record-from-answer"), Some((false, false)));
        assert_eq!(record("record-from-answer-dual"), Some((false, true)));
        assert_eq!(record("record-from-ringing"), Some((true, false)));
        assert_eq!(record("record-from-ringing-dual"), Some((true, true)));
    }

    #[test]
    fn how_it_is_recorded_is_read() {
        let dial = clean::<Dial>(
            "<Dial record='true' trim='trim-silence' recordingTrack='outbound' recordingStatusCallback='/s' \
             recordingStatusCallbackMethod='GET' recordingStatusCallbackEvent='in-progress'>1</Dial>",
        );
        let expected = DialRecording {
            from_ringing: false,
            dual: false,
            track: RecordingTrack::Outbound,
            trim: true,
            notify: Some(Notify {
                target: CallbackTarget {
                    url: "/s".into(),
                    method: Method::Get,
                },
                events: vec!["in-progress".into()],
            }),
        };
        assert_eq!(dial.record, Some(expected));
    }

    #[test]
    fn bad_values_give_the_default() {
        for (attribute, code) in [
            ("method='x'", 13210),
            ("timeout='0'", 13212),
            ("timeout='-5'", 13212),
            ("timeout='abc'", 13212),
            ("timeLimit='0'", 13216),
            ("callerId='a&quot;b'", 13214),
            ("callerId=' '", 13214),
            ("hangupOnStar='1'", 13213),
            ("answerOnBridge='1'", 13219),
            ("sequential='1'", 13218),
            ("ringTone='xx'", 13220),
            ("record='yes'", 13217),
            ("trim='yes'", 13699),
            ("recordingTrack='left'", 13622),
            ("recordingStatusCallbackMethod='PUT'", 13256),
            ("recordingStatusCallbackEvent='begun'", 13621),
        ] {
            let (dial, codes) = read::<Dial>(&format!("<Dial {attribute}>1</Dial>"));
            assert_eq!(dial, clean::<Dial>("<Dial>1</Dial>"), "{attribute}");
            assert_eq!(codes, [code], "{attribute}");
        }
        let (dial, codes) = read::<Dial>("<Dial timeout='4'>1</Dial>");
        assert_eq!((dial.timeout.unwrap().as_secs(), codes), (5, vec![13212]));
        let (dial, codes) = read::<Dial>("<Dial timeout='900' timeLimit='100000'>1</Dial>");
        assert_eq!(
            (dial.timeout.unwrap().as_secs(), dial.time_limit.as_secs()),
            (600, 86_400)
        );
        assert_eq!(codes, [13212, 13216]);
    }

    #[test]
    fn a_dial_with_nothing_in_it_is_told_from_one_with_nobody_to_ring() {
        assert!(read::<Dial>("<Dial/>").0.empty);
        assert!(read::<Dial>("<Dial> <!-- x --> </Dial>").0.empty);
        let (dial, codes) = read::<Dial>("<Dial>nobody</Dial>");
        assert!(!dial.empty && dial.party == Party::Ring(Vec::new()));
        assert_eq!(codes, [13223]);
    }

    #[test]
    fn the_action_is_told_the_outcome() {
        let dialled = Dialled {
            outcome: DialOutcome::Completed,
            cause: Cause::NORMAL,
            sip_code: Some(200),
            leg: Some("CA1".into()),
            bridged: true,
            call_id: Some("a@b".into()),
            referred: None,
            headers: vec![("X-Agent".into(), "7".into())],
            talked: Duration::from_millis(11_990),
            recording: Some(RecordingRef {
                sid: "RE1".into(),
                url: "http://x.example/RE1".into(),
                duration: Duration::from_secs(9),
                recorded: Duration::from_secs(12),
                channels: 2,
                silent: false,
                error_code: 0,
            }),
        };
        let told: Vec<String> = params(&dialled)
            .into_iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        assert_eq!(
            told,
            [
                "DialCallStatus=completed",
                "DialBridged=true",
                "DialCallSid=CA1",
                "DialCallDuration=12",
                "DialSipResponseCode=200",
                "DialSipCallId=a@b",
                "DialSipHeader_X-Agent=7",
                "RecordingUrl=http://x.example/RE1",
                "RecordingSid=RE1",
                "RecordingDuration=12",
            ]
        );
    }

    #[test]
    fn without_an_answer_there_is_no_duration() {
        for (outcome, status) in [
            (DialOutcome::Busy, "busy"),
            (DialOutcome::NoAnswer, "no-answer"),
            (DialOutcome::Failed, "failed"),
            (DialOutcome::Canceled, "canceled"),
        ] {
            let dialled = Dialled {
                outcome,
                cause: Cause::BUSY,
                sip_code: None,
                leg: None,
                bridged: false,
                call_id: None,
                headers: Vec::new(),
                referred: None,
                talked: Duration::ZERO,
                recording: None,
            };
            let expected = [("DialCallStatus", status), ("DialBridged", "false")];
            assert_eq!(
                params(&dialled),
                expected.map(|(k, v)| (k.to_owned(), v.to_owned()))
            );
        }
    }
}
