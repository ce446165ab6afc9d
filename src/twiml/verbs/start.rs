//! `<Start>` starts something beside the call and goes on at once.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | without effect: nothing is ever reported there |
//! | `method` | POST | without effect |
//!
//! Inside it: `<Recording>`, whose attributes are in `twiml/nouns/recording.rs`.
//! `<Stream>`, `<Siprec>` and `<Transcription>` are checked, and not done yet. What
//! was started goes on through further verbs and documents, until `<Stop>` or the
//! end of the call. It does not answer the call.
//!
//! ```xml
//! <Response>
//!   <Start><Recording name="all" recordingStatusCallback="/recorded"/></Start>
//!   <Dial>+14155551212</Dial>
//! </Response>
//! ```

use url::Url;

use super::{Verb, record};
use crate::call::ops::BesideRecording;
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;
use crate::twiml::nouns::{live, recording};

/// Twilio's code for a noun that cannot be started.
const BAD_NOUN: u32 = 14_300;

const NAMES: &[&str] = &["Recording", "Stream", "Siprec", "Transcription"];

#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    pub recordings: Vec<BesideRecording>,
}

impl Verb for Start {
    const NAME: &'static str = "Start";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        attributes.url("action");
        attributes.method("method", error::SCHEMA);
        attributes.finish();
        attr::no_text(element, report);
        if element.elements().next().is_none() {
            report
                .warn(
                    BAD_NOUN,
                    element.span.clone(),
                    "this `<Start>` starts nothing",
                )
                .help("put a `<Recording>` into it");
        }
        let mut recordings = Vec::new();
        for child in element.elements() {
            match child.name.as_str() {
                "Recording" => recordings.push(recording::read(child, report)),
                name if live::NAMES.contains(&name) => live::check(child, report),
                _ => attr::stranger(child, element, NAMES, BAD_NOUN, report),
            }
        }
        Self { recordings }
    }

    fn resolve(&mut self, document: &Url) {
        for recording in &mut self.recordings {
            record::resolve_notify(&mut recording.notify, document);
        }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        for recording in &self.recordings {
            call.start_beside(recording.clone()).await?;
        }
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Start;
    use crate::call::ops::{BesideRecording, RecordingTrack};
    use crate::call::{CallbackTarget, Notify};
    use crate::config::Method;
    use crate::twiml::verbs::Verb;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn a_recording_is_dual_and_trimmed_unless_it_says_otherwise() {
        let expected = BesideRecording {
            name: None,
            dual: true,
            track: RecordingTrack::Both,
            trim: true,
            notify: None,
        };
        assert_eq!(
            clean::<Start>("<Start><Recording/></Start>").recordings,
            [expected]
        );
        let mut start = clean::<Start>(
            "<Start action='/a' method='GET'><Recording name='x' channels='mono' track='outbound' trim='do-not-trim' \
             recordingStatusCallback='/s' recordingStatusCallbackMethod='GET' \
             recordingStatusCallbackEvent='absent'/></Start>",
        );
        start.resolve(&Url::parse("https://x.example/a/b").expect("a URL"));
        let expected = BesideRecording {
            name: Some("x".into()),
            dual: false,
            track: RecordingTrack::Outbound,
            trim: false,
            notify: Some(Notify {
                target: CallbackTarget {
                    url: "https://x.example/s".into(),
                    method: Method::Get,
                },
                events: vec!["absent".into()],
            }),
        };
        assert_eq!(start.recordings, [expected]);
    }

    #[test]
    fn bad_values_give_the_default() {
        for (attribute, code) in [
            ("channels='stereo'", 12200),
            ("track='left'", 13622),
            ("trim='yes'", 13699),
            ("recordingStatusCallbackMethod='PUT'", 13256),
            ("recordingStatusCallbackEvent='begun'", 13621),
            ("recordingTrack='inbound'", 12200),
        ] {
            let (start, codes) = read::<Start>(&format!("<Start><Recording {attribute}/></Start>"));
            assert_eq!(
                start,
                clean::<Start>("<Start><Recording/></Start>"),
                "{attribute}"
            );
            assert_eq!(codes, [code], "{attribute}");
        }
    }

    #[test]
    fn what_cannot_be_started_is_14300() {
        assert_eq!(read::<Start>("<Start/>").1, [14300]);
        let (start, codes) = read::<Start>("<Start><Say>x</Say><Recording/></Start>");
        assert_eq!((start.recordings.len(), codes), (1, vec![14300]));
    }

    #[test]
    fn live_audio_is_checked_and_not_done_yet() {
        for (noun, codes) in [
            (
                "<Stream url='wss://x.example/s' name='n' track='both_tracks'><Parameter name='a' value='b'/></Stream>",
                vec![],
            ),
            ("<Stream/>", vec![11100]),
            ("<Stream url='wss://x.example/s' track='all'/>", vec![31941]),
            (
                "<Siprec connectorName='c' name='n' statusCallback='https://x.example/s' statusCallbackMethod='GET'/>",
                vec![],
            ),
            ("<Siprec/>", vec![12200]),
            ("<Siprec connectorName='c' track='all'/>", vec![12200]),
            (
                "<Transcription languageCode='de-DE' transcriptionEngine='deepgram' partialResults='true'/>",
                vec![],
            ),
            ("<Transcription transcriptionEngine='mine'/>", vec![32650]),
            (
                "<Transcription profanityFilter='maybe' languageCode='d e'/>",
                vec![12200, 12200],
            ),
            (
                "<Transcription><Config name='a' value='b'/><Say>x</Say></Transcription>",
                vec![12200],
            ),
        ] {
            let (start, mut found) = read::<Start>(&format!("<Start>{noun}</Start>"));
            assert!(start.recordings.is_empty());
            // The last of them says that it is not done yet.
            assert_eq!(found.pop(), Some(12200), "{noun}");
            assert_eq!(found, codes, "{noun}");
        }
    }
}
