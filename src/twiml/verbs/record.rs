//! `<Record>` records the caller.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | where the recording is told; without it the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//! | `timeout` | 5 | seconds of silence that end it; 0 = silence does not |
//! | `finishOnKey` | `1234567890*#` | keys that end it; empty = none does |
//! | `maxLength` | 3600, 120 with `transcribe` | seconds, from 2 to 14400 |
//! | `playBeep` | true | a tone before it |
//! | `trim` | `trim-silence` | or `do-not-trim` |
//! | `recordingStatusCallback` | none | told how the recording goes, beside the call |
//! | `recordingStatusCallbackMethod` | POST | `GET` or `POST` |
//! | `recordingStatusCallbackEvent` | `completed` | some of `in-progress`, `completed` and `absent` |
//! | `recordingTrack` | `both` | or `inbound`, as it is told; it is always the caller's voice that is recorded |
//! | `transcribe` | false | what is said is made out by `[transcribe] command`, if `maxLength` is at most 120 |
//! | `transcribeCallback` | none | where the text is told, beside the call; implies `transcribe` |
//! | `recordingUrl` | none | where the file is uploaded to as mp3, after a hang-up too (Kazoo's) |
//! | `recordStoreMethod` | PUT | of the upload: `PUT`, `POST` or `PATCH` |
//!
//! ```xml
//! <Response><Say>Please speak.</Say><Record action="/message" maxLength="60"/></Response>
//! ```
//!
//! `action` gets `RecordingUrl`, `RecordingSid`, `RecordingDuration` (seconds,
//! before trimming) and `Digits`: the key that ended it, `hangup`, or empty. It
//! is requested after a silent recording too, and after a hang-up, when its
//! answer is not looked at.
//!
//! With `profile = "twilio"` a missing `action` is this document.
//!
//! `recordingStatusCallback` gets `RecordingStatus`, `RecordingDuration` (seconds,
//! after trimming, when it is `completed`), `RecordingUrl`, `RecordingSid`,
//! `RecordingChannels`, `RecordingStartTime`, `RecordingSource`, `RecordingTrack`,
//! `ErrorCode`, `CallSid` and `AccountSid`, after `action` was requested. A
//! recording that is shorter than 100 ms (`ErrorCode` 16101), or of which trimming
//! leaves nothing (16102), is `absent`; its file is kept.
//!
//! `transcribeCallback` (always POST) comes after it, with `TranscriptionText`,
//! `TranscriptionStatus` (`completed` or `failed`), `TranscriptionSid`,
//! `TranscriptionUrl`, `TranscriptionType`, `RecordingSid`, `RecordingUrl` and the
//! call's `CallSid`, `AccountSid`, `From`, `To`, `CallStatus`, `ApiVersion` and
//! `Direction`. What is shorter than 2 s is not transcribed.

use std::time::Duration;

use url::Url;

use super::Verb;
use crate::call::ops::{self, AudioFormat, Keys, Owed, OwedAbout, RECORDING_EVENTS};
use crate::call::ops::{RecordEnd, Recorded, RecordingRef, RecordingTrack, Transcribe, Upload};
use crate::call::{Call, CallbackTarget, Interrupt, Notify};
use crate::clock::whole_seconds;
use crate::config::Method;
use crate::program::{Flow, Request};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;

#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub action: Option<String>,
    pub method: Option<Method>,
    /// None = silence does not end it.
    pub silence: Option<Duration>,
    pub finish_on: Keys,
    pub max: Duration,
    pub beep: bool,
    pub trim: bool,
    pub track: RecordingTrack,
    pub notify: Option<Notify>,
    pub transcribe: Option<Transcribe>,
    pub upload: Option<Upload>,
}

const TRACKS: &[(&str, RecordingTrack)] = &[
    ("inbound", RecordingTrack::Inbound),
    ("both", RecordingTrack::Both),
];

impl Verb for Record {
    const NAME: &'static str = "Record";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", 13610);
        let silence = attributes.seconds("timeout", 13611, 0..=14_400, 5);
        let finish_on = attributes.keys("finishOnKey", 13613, "1234567890*#");
        let transcribe = read_transcribe(&mut attributes);
        let usual = if transcribe.is_some() {
            MOST_TRANSCRIBED
        } else {
            3600
        };
        let max = attributes.seconds("maxLength", (13612, 13615), 2..=14_400, usual);
        let transcribe = transcribe.filter(|_| is_transcribed(&mut attributes, max));
        let beep = attributes.flag("playBeep", 13616, true);
        let trim = read_trim(&mut attributes, true);
        let track = attributes.choice("recordingTrack", 13622, TRACKS, RecordingTrack::Both);
        let notify = read_notify(&mut attributes);
        let upload = read_upload(&mut attributes);
        attributes.finish();
        attr::no_elements(element, report);
        attr::no_text(element, report);
        Self {
            action,
            method,
            silence: (!silence.is_zero()).then_some(silence),
            finish_on,
            max,
            beep,
            trim,
            track,
            notify,
            transcribe,
            upload,
        }
    }

    fn resolve(&mut self, document: &Url) {
        resolve_notify(&mut self.notify, document);
        if let Some(callback) = self.transcribe.as_mut().and_then(|t| t.callback.as_mut())
            && let Ok(url) = document.join(&callback.url)
        {
            callback.url = url.into();
        }
        resolve_upload(&mut self.upload, document);
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let request = self.request(call.is_twilio());
        if let Some(request) = &request {
            call.owe(Owed {
                request: request.clone(),
                about: OwedAbout::Record,
            });
        }
        if let Some(upload) = &self.upload {
            call.owe_upload(upload.clone(), AudioFormat::Mp3);
        }
        let recorded = call
            .record(ops::Record {
                max: self.max,
                silence: self.silence,
                finish_on: self.finish_on.clone(),
                beep: self.beep,
                trim: self.trim,
                track: self.track,
                notify: self.notify.clone(),
                transcribe: self.transcribe.clone(),
            })
            .await?;
        let Some(mut request) = request else {
            return Ok(Flow::Next);
        };
        call.forget_owed();
        request.params = params(&recorded);
        Ok(Flow::Fetch(request))
    }
}

impl Record {
    /// The request of `action`, still without its parameters.
    fn request(&self, twilio: bool) -> Option<Request> {
        let action = self.action.clone().or(twilio.then(String::new))?;
        Some(Request {
            url: action,
            method: self.method,
            params: Vec::new(),
            why: "Record action".into(),
        })
    }
}

fn params(recorded: &Recorded) -> Vec<(String, String)> {
    let digits = match &recorded.end {
        RecordEnd::Key(key) => key.to_string(),
        RecordEnd::Silence | RecordEnd::MaxLength | RecordEnd::Failed(_) => String::new(),
    };
    let mut params = vec![("Digits".to_owned(), digits)];
    if let Some(recording) = &recorded.recording {
        params.extend(recording_params(recording));
    }
    params
}

/// What `action` is told about a recording.
pub(in crate::twiml) fn recording_params(recording: &RecordingRef) -> [(String, String); 3] {
    [
        ("RecordingUrl".into(), recording.url.clone()),
        ("RecordingSid".into(), recording.sid.clone()),
        (
            "RecordingDuration".into(),
            whole_seconds(recording.recorded),
        ),
    ]
}

/// Seconds; Twilio transcribes no longer recording.
const MOST_TRANSCRIBED: u32 = 120;

/// `transcribe` and `transcribeCallback`, which implies it.
fn read_transcribe(attributes: &mut Attributes<'_, '_>) -> Option<Transcribe> {
    let wanted = attributes.flag("transcribe", 13614, false);
    let url = attributes.url_or_none("transcribeCallback", 13257);
    let callback = url.filter(|url| !url.is_empty()).map(|url| CallbackTarget {
        url,
        method: Method::Post,
    });
    (wanted || callback.is_some()).then_some(Transcribe { callback })
}

fn is_transcribed(attributes: &mut Attributes<'_, '_>, max: Duration) -> bool {
    let fits = max <= Duration::from_secs(MOST_TRANSCRIBED.into());
    let message = format!("a recording of more than {MOST_TRANSCRIBED} s is not transcribed");
    if !fits && let Some(found) = attributes.remark("maxLength", 13617, message) {
        found.help("write a `maxLength` of at most 120, or do without `transcribe`");
    }
    fits
}

/// Whether silence is cut from both ends.
pub(in crate::twiml) fn read_trim(attributes: &mut Attributes<'_, '_>, default: bool) -> bool {
    let trims = [("trim-silence", true), ("do-not-trim", false)];
    attributes.choice("trim", 13699, &trims, default)
}

/// The family of `recordingStatusCallback`. `recordingConfigurationId` says
/// nothing that pivot has a use for.
pub(in crate::twiml) fn read_notify(attributes: &mut Attributes<'_, '_>) -> Option<Notify> {
    attributes.raw("recordingConfigurationId");
    let names = [
        "recordingStatusCallback",
        "recordingStatusCallbackMethod",
        "recordingStatusCallbackEvent",
    ];
    attributes.notify(names, (13256, 13621), RECORDING_EVENTS, &["completed"])
}

pub(super) fn resolve_notify(notify: &mut Option<Notify>, document: &Url) {
    if let Some(notify) = notify {
        notify.resolve(document);
    }
}

pub(super) fn resolve_upload(upload: &mut Option<Upload>, document: &Url) {
    if let Some(upload) = upload
        && let Ok(absolute) = document.join(&upload.url)
    {
        upload.url = absolute.into();
    }
}

/// `recordingUrl` and `recordStoreMethod`.
pub(super) fn read_upload(attributes: &mut Attributes<'_, '_>) -> Option<Upload> {
    let methods = [("PUT", "PUT"), ("POST", "POST"), ("PATCH", "PATCH")];
    let method = attributes.choice("recordStoreMethod", error::SCHEMA, &methods, "PUT");
    let url = attributes.url("recordingUrl")?;
    (!url.is_empty()).then(|| Upload {
        url,
        method: method.to_owned(),
        query: false,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::{Record, Verb, params};
    use crate::call::ops::{
        Keys, RecordEnd, Recorded, RecordingRef, RecordingTrack, Transcribe, Upload,
    };
    use crate::call::{CallbackTarget, Notify};
    use crate::clock::whole_seconds;
    use crate::config::Method;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn defaults() {
        let expected = Record {
            action: None,
            method: None,
            silence: Some(Duration::from_secs(5)),
            finish_on: Keys::new("1234567890*#"),
            max: Duration::from_secs(3600),
            beep: true,
            trim: true,
            track: RecordingTrack::Both,
            notify: None,
            transcribe: None,
            upload: None,
        };
        assert_eq!(clean::<Record>("<Record/>"), expected);
    }

    #[test]
    fn attributes_are_read() {
        let record = clean::<Record>(
            "<Record action='/a' method='get' timeout='0' finishOnKey='12' maxLength='30' \
             playBeep='false' trim='do-not-trim' recordingTrack='inbound' recordingStatusCallback='/s' \
             recordingStatusCallbackMethod='GET' recordingStatusCallbackEvent='in-progress absent' recordingUrl='http://x.example/up' recordStoreMethod='post'/>",
        );
        let expected = Record {
            action: Some("/a".into()),
            method: Some(Method::Get),
            silence: None,
            finish_on: Keys::new("12"),
            max: Duration::from_secs(30),
            beep: false,
            trim: false,
            track: RecordingTrack::Inbound,
            notify: Some(Notify {
                target: CallbackTarget {
                    url: "/s".into(),
                    method: Method::Get,
                },
                events: vec!["in-progress".into(), "absent".into()],
            }),
            transcribe: None,
            upload: Some(Upload {
                url: "http://x.example/up".into(),
                method: "POST".into(),
                query: false,
            }),
        };
        assert_eq!(record, expected);
    }

    #[test]
    fn bad_values_give_the_default() {
        for (attribute, code) in [
            ("method='x'", 13610),
            ("timeout='-1'", 13611),
            ("timeout='soon'", 13611),
            ("maxLength='0'", 13612),
            ("maxLength='long'", 13612),
            ("finishOnKey='x'", 13613),
            ("playBeep='no'", 13616),
            ("transcribe='maybe'", 13614),
            ("trim='yes'", 13699),
            ("recordingTrack='outbound'", 13622),
            ("recordingStatusCallbackMethod='PUT'", 13256),
            ("recordingStatusCallbackEvent='begun'", 13621),
            ("recordStoreMethod='GET'", 12200),
        ] {
            let (record, codes) = read::<Record>(&format!("<Record {attribute}/>"));
            assert_eq!(record, clean::<Record>("<Record/>"), "{attribute}");
            assert_eq!(codes, [code], "{attribute}");
        }
        let (record, codes) = read::<Record>("<Record maxLength='1'/>");
        assert_eq!((record.max.as_secs(), codes), (2, vec![13612]));
        let (record, codes) = read::<Record>("<Record maxLength='90000'/>");
        assert_eq!((record.max.as_secs(), codes), (14_400, vec![13615]));
    }

    // Check 127: the callback alone asks for it, too.
    #[test]
    fn what_is_transcribed_lasts_two_minutes_at_most() {
        let record = clean::<Record>("<Record transcribe='true'/>");
        assert_eq!(
            (record.max.as_secs(), record.transcribe),
            (120, Some(Transcribe { callback: None }))
        );
        let mut record = clean::<Record>("<Record transcribeCallback='/t' maxLength='60'/>");
        assert_eq!(record.max.as_secs(), 60);
        record.resolve(&Url::parse("https://x.example/a/b").expect("a URL"));
        let callback = CallbackTarget {
            url: "https://x.example/t".into(),
            method: Method::Post,
        };
        assert_eq!(
            record.transcribe,
            Some(Transcribe {
                callback: Some(callback)
            })
        );
        let (record, codes) = read::<Record>("<Record transcribe='true' maxLength='121'/>");
        assert_eq!(
            (record.max.as_secs(), record.transcribe, codes),
            (121, None, vec![13617])
        );
        let (record, codes) =
            read::<Record>("<Record transcribe='true' transcribeCallback='ftp://x'/>");
        assert!(record.transcribe.is_some());
        assert_eq!(codes, [13257]);
    }

    #[test]
    fn no_key_ends_it_when_finish_on_key_is_empty() {
        assert_eq!(
            clean::<Record>("<Record finishOnKey=''/>").finish_on,
            Keys::none()
        );
    }

    #[test]
    fn without_an_action_only_twilios_profile_makes_a_request() {
        let record = clean::<Record>("<Record/>");
        assert_eq!(record.request(false), None);
        assert_eq!(
            record.request(true).map(|request| request.url),
            Some(String::new())
        );
        let record = clean::<Record>("<Record action=''/>");
        assert_eq!(
            record.request(false).map(|request| request.url),
            Some(String::new())
        );
    }

    #[test]
    fn the_upload_is_resolved_against_the_document() {
        let mut record = clean::<Record>("<Record recordingUrl='/up'/>");
        record.resolve(&Url::parse("https://x.example/a/b").expect("a URL"));
        assert_eq!(
            record.upload.map(|upload| upload.url),
            Some("https://x.example/up".into())
        );
    }

    #[test]
    fn the_action_is_told_what_ended_it() {
        let recording = RecordingRef {
            sid: "RE1".into(),
            url: "http://x.example/RE1".into(),
            duration: Duration::from_secs(2),
            recorded: Duration::from_millis(3700),
            channels: 1,
            silent: false,
            error_code: 0,
        };
        let told = |end, recording| {
            let duration = Duration::from_millis(3700);
            params(&Recorded {
                end,
                duration,
                recording,
            })
        };
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        assert_eq!(
            told(RecordEnd::Key('#'), Some(recording)),
            pairs(&[
                ("Digits", "#"),
                ("RecordingUrl", "http://x.example/RE1"),
                ("RecordingSid", "RE1"),
                ("RecordingDuration", "4"),
            ])
        );
        assert_eq!(told(RecordEnd::Silence, None), pairs(&[("Digits", "")]));
    }

    #[test]
    fn seconds_are_rounded() {
        for (ms, seconds) in [
            (0, "0"),
            (499, "0"),
            (500, "1"),
            (11_980, "12"),
            (12_020, "12"),
        ] {
            assert_eq!(whole_seconds(Duration::from_millis(ms)), seconds);
        }
    }
}
