//! `<Conference>` in a `<Dial>`: the caller joins a room in which all hear each other.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `muted` | false | hears and is not heard |
//! | `beep` | `true` | when the others hear a beep: `true`, `false`, `onEnter`, `onExit` |
//! | `startConferenceOnEnter` | true | `false`: waits until somebody comes who may start it |
//! | `endConferenceOnExit` | false | the conference ends when this caller leaves |
//! | `participantLabel` | none | another name, at most 128 characters, of which a room has each once |
//! | `waitUrl` | music on hold | heard until it begins: TwiML, once, or a sound, again and again; empty = silence; music when it cannot be had |
//! | `waitMethod` | POST | `GET` or `POST` |
//! | `maxParticipants` | 250 | from 2 to 250; the lower one of the first participant's and the newcomer's counts |
//! | `coach` | none | the CallSid of the participant who alone hears this caller |
//! | `record` | `do-not-record` | `record-from-start`, `true`, `false`: one file, all mixed |
//! | `trim` | `trim-silence` | cut silence from both ends of it; or `do-not-trim` |
//! | `recordingStatusCallback`, `…Method`, `…Event` | none, POST, `completed` | `in-progress`, `completed`, `absent` |
//! | `statusCallback`, `…Method`, `…Event` | none, POST, `start end` | also `join`, `leave`, `mute`, `hold`; `modify` and `announcement` never happen without the HTTP API, `speaker` is not done yet |
//! | `jitterBufferSize`, `region`, `recordingConfigurationId`, `eventCallbackUrl` | | read and not needed: they belong to Twilio's network, and the last is superseded by `recordingStatusCallback` |
//!
//! The text is the room's name, at most 128 characters; capitals matter. The first
//! participant's callbacks and `record` are the room's. It begins with two
//! participants of whom one may start it.
//!
//! Of `<Dial>`'s attributes `action`, `method`, `timeLimit` (from joining),
//! `hangupOnStar`, `record` and `recordingUrl` hold. `action` gets `DialCallStatus`: `answered`, or
//! `failed` for somebody who was not let in, and what the `<Dial>` recorded.
//!
//! ```xml
//! <Response>
//!   <Dial><Conference endConferenceOnExit="true">Support</Conference></Dial>
//! </Response>
//! ```

use serde::{Deserialize, Serialize};
use url::Url;

use crate::call::ops::{AudioFormat, Behind, InRoomStep, Owed, OwedAbout, RecordingRef, Stay};
use crate::call::rooms::{Beep, Entrance, Refusal, Rules, Sounds};
use crate::call::{Call, Interrupt};
use crate::config::Method;
use crate::program::{Aside, AsideEnd, AsideKind, Flow, Request};
use crate::report::Report;
use crate::twiml::attr::{Attributes, no_elements};
use crate::twiml::element::Element;
use crate::twiml::later;
use crate::twiml::verbs::dial::{self, Dial};
use crate::twiml::verbs::record::recording_params;

#[derive(Debug, Clone, PartialEq)]
pub struct Conference {
    pub entrance: Entrance,
    /// The name can be used.
    pub named: bool,
    /// None = music; empty = silence.
    pub wait_url: Option<String>,
    pub wait_method: Method,
}

/// What must be remembered while a document runs beside it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The document that has come to its end: after this it is silent. 0 is the
    /// one before the conference, the others are those of holds.
    heard: Option<u32>,
    /// It could not be had, so that there is music instead.
    #[serde(default)]
    failed: bool,
    /// The one that runs.
    hearing: u32,
}

const BEEPS: &[(&str, Beep)] = &[
    (
        "true",
        Beep {
            enter: true,
            exit: true,
        },
    ),
    (
        "false",
        Beep {
            enter: false,
            exit: false,
        },
    ),
    (
        "onEnter",
        Beep {
            enter: true,
            exit: false,
        },
    ),
    (
        "onExit",
        Beep {
            enter: false,
            exit: true,
        },
    ),
];

const RECORD: &[(&str, bool)] = &[
    ("do-not-record", false),
    ("record-from-start", true),
    ("true", true),
    ("false", false),
];

const TRIM: &[(&str, bool)] = &[("trim-silence", true), ("do-not-trim", false)];

const JITTER: &[(&str, ())] = &[("large", ()), ("medium", ()), ("small", ()), ("off", ())];

const REGIONS: &[(&str, ())] = &[
    ("us1", ()),
    ("us2", ()),
    ("ie1", ()),
    ("de1", ()),
    ("sg1", ()),
    ("br1", ()),
    ("au1", ()),
    ("jp1", ()),
];

const EVENTS: &[&str] = &[
    "start",
    "end",
    "join",
    "leave",
    "mute",
    "hold",
    "modify",
    "speaker",
    "announcement",
];

/// Of names and labels, in characters.
const LONGEST: usize = 128;

/// Attributes of a conference that Twilio has no code of their own for.
const ATTRIBUTE: u32 = 16002;

impl Conference {
    pub(super) fn read(noun: &Element, report: &mut Report) -> Self {
        let name = noun.text();
        let mut attributes = Attributes::of(noun, report);
        let muted = attributes.flag("muted", 13230, false);
        let ends = attributes.flag("endConferenceOnExit", 13231, false);
        let starts = attributes.flag("startConferenceOnEnter", 13232, true);
        let wait_url = attributes.url("waitUrl");
        let wait_method = attributes.method("waitMethod", 13234);
        let most = attributes.number("maxParticipants", 13235, 2..=250);
        let both = Beep {
            enter: true,
            exit: true,
        };
        let beep = attributes.choice("beep", 13236, BEEPS, both);
        let trim = attributes.choice("trim", 13239, TRIM, true);
        let coach = attributes.text("coach");
        let record = attributes.choice("record", ATTRIBUTE, RECORD, false);
        let label = attributes.text_if(
            "participantLabel",
            ATTRIBUTE,
            "a label has from 1 to 128 characters",
            is_name,
        );
        let status = attributes.notify(
            [
                "statusCallback",
                "statusCallbackMethod",
                "statusCallbackEvent",
            ],
            ATTRIBUTE,
            EVENTS,
            &["start", "end"],
        );
        let recording = attributes.notify(
            [
                "recordingStatusCallback",
                "recordingStatusCallbackMethod",
                "recordingStatusCallbackEvent",
            ],
            13256,
            &["in-progress", "completed", "absent"],
            &["completed"],
        );
        attributes.choice("jitterBufferSize", ATTRIBUTE, JITTER, ());
        attributes.choice("region", ATTRIBUTE, REGIONS, ());
        attributes.url("eventCallbackUrl");
        attributes.raw("recordingConfigurationId");
        attributes.finish();
        no_elements(noun, report);
        let events = noun.attribute("statusCallbackEvent");
        if events.is_some_and(|at| at.value.contains("speaker")) {
            let what = "the event `speaker` of `statusCallbackEvent`";
            later::warn(report, noun.span.clone(), what);
        }
        let named = is_name(&name);
        if !named {
            report
                .warn(
                    13237,
                    noun.span.clone(),
                    "this conference has no name that can be used",
                )
                .help("write a name of 1 to 128 characters between its tags");
        }
        if let Some(coach) = coach.as_ref().filter(|coach| !is_call_sid(coach)) {
            report
                .warn(13240, noun.span.clone(), format!("`coach` is no CallSid: `{coach}`"))
                .help("write the CallSid of a participant, `CA` and 32 hex digits; the caller is not let in");
        }
        Self {
            entrance: Entrance {
                name,
                label,
                muted,
                deaf: false,
                beep,
                sounds: Sounds::default(),
                starts,
                passes_lock: false,
                ends,
                most: most.unwrap_or(250),
                coach,
                moderator: false,
                rules: Rules {
                    status,
                    record,
                    trim,
                    recording,
                },
            },
            named,
            wait_url,
            wait_method: wait_method.unwrap_or(Method::Post),
        }
    }

    pub(super) fn resolve(&mut self, document: &Url) {
        let rules = &mut self.entrance.rules;
        for notify in rules.status.iter_mut().chain(&mut rules.recording) {
            notify.resolve(document);
        }
    }

    /// What the `<Dial>` does that has this noun.
    pub async fn run(
        &self,
        dial: &Dial,
        call: &mut Call,
        progress: &mut dial::Progress,
    ) -> Result<Flow, Interrupt> {
        let at = &mut progress.conference;
        let ended = call.take_aside_end();
        if let Some(AsideEnd::Finished | AsideEnd::Left | AsideEnd::Failed) = ended {
            at.heard = Some(at.hearing);
            at.failed = ended == Some(AsideEnd::Failed);
        }
        if !self.named {
            call.warn("13237: a conference without a name cannot be joined");
            return Ok(over(dial, "failed", None));
        }
        call.answer().await?;
        if let Some(request) = action(dial, Vec::new()) {
            call.owe(Owed {
                request,
                about: OwedAbout::Conference,
            });
        }
        if let Some(upload) = &dial.upload {
            call.owe_upload(upload.clone(), AudioFormat::Mp3);
        }
        let status = match call.enter_room(&self.entrance).await? {
            Ok(()) => match self.stay(dial, call, at).await? {
                Stayed::Aside(aside) => {
                    call.keep(progress);
                    return Ok(Flow::Aside(Box::new(aside)));
                }
                Stayed::Over(recording) => Ok(recording),
            },
            Err(Refusal::Over) => Ok(None),
            Err(refusal) => Err(refusal),
        };
        if dial.action.is_some() {
            call.forget_owed();
        }
        Ok(match status {
            Ok(recording) => over(dial, "answered", recording.as_ref()),
            // As Twilio does it, the action is not asked then.
            Err(Refusal::LabelTaken(_)) => Flow::Next,
            Err(_) => over(dial, "failed", None),
        })
    }

    async fn stay(
        &self,
        dial: &Dial,
        call: &mut Call,
        at: &mut Progress,
    ) -> Result<Stayed, Interrupt> {
        let stay = Stay {
            time_limit: dial.time_limit,
            hangup_on_star: dial.hangup_on_star,
            controls: None,
            record: dial.record.clone(),
        };
        loop {
            let (number, url, method) = match call.stay_in_room(&stay).await? {
                InRoomStep::Over(recording) => return Ok(Stayed::Over(recording)),
                InRoomStep::Waits => (0, self.wait_url.clone(), self.wait_method),
                InRoomStep::Held { hold, number } => (number, hold.url, hold.method),
            };
            let sound = match url {
                None => Behind::Music,
                Some(url) if !url.is_empty() && at.heard != Some(number) => {
                    at.hearing = number;
                    return Ok(Stayed::Aside(Aside {
                        request: Request {
                            url,
                            method: Some(method),
                            params: self.params(call),
                            why: "Conference waitUrl".into(),
                        },
                        kind: AsideKind::ConferenceWait,
                    }));
                }
                Some(url) if !url.is_empty() && at.failed => Behind::Music,
                Some(_) => Behind::Silence,
            };
            call.wait_for_room(sound, &stay).await?;
        }
    }

    fn params(&self, call: &Call) -> Vec<(String, String)> {
        let sid = call.conference_sid().unwrap_or_default().to_owned();
        vec![
            ("ConferenceSid".into(), sid),
            ("FriendlyName".into(), self.entrance.name.clone()),
        ]
    }
}

enum Stayed {
    Aside(Aside),
    Over(Option<RecordingRef>),
}

fn action(dial: &Dial, params: Vec<(String, String)>) -> Option<Request> {
    Some(Request {
        url: dial.action.clone()?,
        method: dial.method,
        params,
        why: "Dial action".into(),
    })
}

fn over(dial: &Dial, status: &str, recording: Option<&RecordingRef>) -> Flow {
    let mut params = vec![("DialCallStatus".to_owned(), status.to_owned())];
    if let Some(recording) = recording {
        params.extend(recording_params(recording));
    }
    action(dial, params).map_or(Flow::Next, Flow::Fetch)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST
}

fn is_call_sid(text: &str) -> bool {
    text.strip_prefix("CA")
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::{Beep, Conference, Rules};
    use crate::call::rooms::{Entrance, Sounds};
    use crate::config::Method;
    use crate::twiml::nouns::Party;
    use crate::twiml::verbs::dial::Dial;
    use crate::twiml::verbs::reading;

    fn read(noun: &str) -> (Conference, Vec<u32>) {
        let (dial, codes) = reading::read::<Dial>(&format!("<Dial>{noun}</Dial>"));
        match dial.party {
            Party::Conference(room) => (*room, codes),
            other => panic!("{other:?}"),
        }
    }

    fn clean(noun: &str) -> Conference {
        let (room, codes) = read(noun);
        assert_eq!(codes, [0; 0], "{noun}");
        room
    }

    #[test]
    fn defaults() {
        let expected = Conference {
            entrance: Entrance {
                name: "Room 12".into(),
                label: None,
                muted: false,
                deaf: false,
                beep: Beep {
                    enter: true,
                    exit: true,
                },
                sounds: Sounds::default(),
                starts: true,
                passes_lock: false,
                ends: false,
                most: 250,
                coach: None,
                moderator: false,
                rules: Rules {
                    trim: true,
                    ..Rules::default()
                },
            },
            named: true,
            wait_url: None,
            wait_method: Method::Post,
        };
        assert_eq!(clean("<Conference> Room 12 </Conference>"), expected);
    }

    #[test]
    fn attributes_are_read() {
        let coach = format!("CA{}", "0".repeat(32));
        let room = clean(&format!(
            "<Conference muted='true' beep='onExit' startConferenceOnEnter='false' endConferenceOnExit='true' \
             participantLabel='anna' waitUrl='/w' waitMethod='GET' maxParticipants='3' coach='{coach}' \
             record='record-from-start' trim='do-not-trim' statusCallback='/s' statusCallbackMethod='GET' \
             statusCallbackEvent='join leave' recordingStatusCallback='/r' recordingStatusCallbackEvent='absent' \
             jitterBufferSize='small' region='ie1' eventCallbackUrl='/e'>r</Conference>"
        ));
        let at = &room.entrance;
        assert!(at.muted && !at.starts && at.ends);
        assert_eq!(
            at.beep,
            Beep {
                enter: false,
                exit: true
            }
        );
        assert_eq!(
            (at.label.as_deref(), at.most, at.coach.as_ref()),
            (Some("anna"), 3, Some(&coach))
        );
        assert_eq!(
            (room.wait_url.as_deref(), room.wait_method),
            (Some("/w"), Method::Get)
        );
        assert!(at.rules.record && !at.rules.trim);
        let status = at.rules.status.as_ref().unwrap();
        assert_eq!(
            (status.target.url.as_str(), status.target.method),
            ("/s", Method::Get)
        );
        assert_eq!(status.events, ["join", "leave"]);
        assert_eq!(at.rules.recording.as_ref().unwrap().events, ["absent"]);
        let silent = clean("<Conference waitUrl=''>r</Conference>");
        assert_eq!(silent.wait_url.as_deref(), Some(""));
    }

    #[test]
    fn beep_has_four_words_and_record_too() {
        let beep = |word: &str| {
            let room = clean(&format!("<Conference beep='{word}'>r</Conference>"));
            (room.entrance.beep.enter, room.entrance.beep.exit)
        };
        assert_eq!(beep("true"), (true, true));
        assert_eq!(beep("false"), (false, false));
        assert_eq!(beep("onEnter"), (true, false));
        assert_eq!(beep("onExit"), (false, true));
        for (word, records) in [("true", true), ("false", false), ("do-not-record", false)] {
            let room = clean(&format!("<Conference record='{word}'>r</Conference>"));
            assert_eq!(room.entrance.rules.record, records, "{word}");
        }
    }

    // Check 177.
    #[test]
    fn bad_values_give_the_default_and_a_warning() {
        let long = "x".repeat(129);
        for (attribute, code) in [
            ("muted='1'", 13230),
            ("endConferenceOnExit='1'", 13231),
            ("startConferenceOnEnter='1'", 13232),
            ("waitMethod='x'", 13234),
            ("maxParticipants='x'", 13235),
            ("maxParticipants='251'", 13235),
            ("beep='onenterr'", 13236),
            ("trim='x'", 13239),
            ("record='record-from-answer'", 16002),
            ("jitterBufferSize='x'", 16002),
            ("region='x'", 16002),
            (format!("participantLabel='{long}'").as_str(), 16002),
            ("statusCallbackMethod='x'", 16002),
            ("statusCallbackEvent='joined'", 16002),
            ("recordingStatusCallbackEvent='x'", 13256),
            ("wait='x'", 12200),
        ] {
            let (room, codes) = read(&format!("<Conference {attribute}>r</Conference>"));
            assert_eq!(room, clean("<Conference>r</Conference>"), "{attribute}");
            assert_eq!(codes, [code], "{attribute}");
        }
        let (room, codes) = read("<Conference maxParticipants='1'>r</Conference>");
        assert_eq!((room.entrance.most, codes), (2, vec![13235]));
        // An unknown word beside a known one leaves the known one.
        let (room, codes) =
            read("<Conference statusCallback='/s' statusCallbackEvent='join dance'>r</Conference>");
        assert_eq!(room.entrance.rules.status.unwrap().events, ["join"]);
        assert_eq!(codes, [16002]);
    }

    #[test]
    fn an_event_that_is_not_told_yet_is_warned_about() {
        let (room, codes) = read(
            "<Conference statusCallback='/s' statusCallbackEvent='start speaker'>r</Conference>",
        );
        assert_eq!(
            room.entrance.rules.status.unwrap().events,
            ["start", "speaker"]
        );
        assert_eq!(codes, [12200]);
    }

    #[test]
    fn a_room_needs_a_name_and_a_coach_a_call_sid() {
        let (room, codes) = read("<Conference/>");
        assert_eq!((room.named, codes), (false, vec![13237]));
        let (room, codes) = read(&format!("<Conference>{}</Conference>", "x".repeat(129)));
        assert_eq!((room.named, codes), (false, vec![13237]));
        // Never taken for somebody whom all may hear.
        let (room, codes) = read("<Conference coach='anna'>r</Conference>");
        assert_eq!(
            (room.entrance.coach.as_deref(), codes),
            (Some("anna"), vec![13240])
        );
    }
}
