//! `<Recording>` in `<Start>`: both sides of the call, beside whatever else it does.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `channels` | `dual` | `dual`: the caller left, what the caller hears right; or `mono` |
//! | `track` | `both` | `inbound` is the caller alone, `outbound` what the caller hears; both are mono |
//! | `trim` | `trim-silence` | or `do-not-trim` |
//! | `name` | none | what `<Stop>` ends it by |
//! | `recordingStatusCallback` | none | told how the recording goes, beside the call, as `<Record>` does |
//! | `recordingStatusCallbackMethod` | POST | `GET` or `POST` |
//! | `recordingStatusCallbackEvent` | `completed` | some of `in-progress`, `completed` and `absent` |

use crate::call::ops::{BesideRecording, RecordingTrack};
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::error;
use crate::twiml::verbs::record;

pub(in crate::twiml) const TRACKS: &[(&str, RecordingTrack)] = &[
    ("inbound", RecordingTrack::Inbound),
    ("outbound", RecordingTrack::Outbound),
    ("both", RecordingTrack::Both),
];

pub(in crate::twiml) fn read(element: &Element, report: &mut Report) -> BesideRecording {
    let channels = [("dual", true), ("mono", false)];
    let mut attributes = Attributes::of(element, report);
    let recording = BesideRecording {
        dual: attributes.choice("channels", error::SCHEMA, &channels, true),
        track: attributes.choice("track", 13622, TRACKS, RecordingTrack::Both),
        trim: record::read_trim(&mut attributes, true),
        name: attributes.text("name"),
        notify: record::read_notify(&mut attributes),
    };
    attributes.finish();
    attr::no_elements(element, report);
    attr::no_text(element, report);
    recording
}
