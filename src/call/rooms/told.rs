//! What the first participant's `statusCallback` is told (spec/twiml.md, 2.8).

use super::room::Room;
use super::state::{Ending, Participant};
use crate::clock;
use crate::trace::Trace;

/// An event, by the word that documents subscribe to and the one that is delivered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event(pub(super) &'static str, pub(super) &'static str);

pub(super) const START: Event = Event("start", "conference-start");
pub(super) const END: Event = Event("end", "conference-end");
pub(super) const JOIN: Event = Event("join", "participant-join");
pub(super) const LEAVE: Event = Event("leave", "participant-leave");

pub(super) fn mute(on: bool) -> Event {
    let delivered = if on {
        "participant-mute"
    } else {
        "participant-unmute"
    };
    Event("mute", delivered)
}

pub(super) fn hold(on: bool) -> Event {
    let delivered = if on {
        "participant-hold"
    } else {
        "participant-unhold"
    };
    Event("hold", delivered)
}

impl Room {
    /// Events count whether somebody asked for them or not, so that a receiver
    /// sees by the numbers that it was not told all.
    pub(super) fn tell(&mut self, event: Event, trace: &Trace, more: Vec<(String, String)>) {
        self.state.sequence += 1;
        let Some(notify) = self.state.rules.status.clone() else {
            return;
        };
        if !notify.wants(event.0) {
            return;
        }
        let mut params = self.params();
        let mut add = |name: &str, value: String| params.push((name.to_owned(), value));
        add("StatusCallbackEvent", event.1.into());
        add("SequenceNumber", self.state.sequence.to_string());
        add("Timestamp", clock::now().rfc2822());
        params.extend(more);
        let what = "Conference statusCallback";
        let about = &self.state.sid;
        self.services
            .call_back(trace, what, about, &notify.target, params);
    }

    /// What every callback of this conference has.
    fn params(&self) -> Vec<(String, String)> {
        let param = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        vec![
            param("ConferenceSid", &self.state.sid),
            param("FriendlyName", &self.state.name),
            param("AccountSid", &self.services.account_sid),
        ]
    }
}

impl Participant {
    pub(super) fn params(&self) -> Vec<(String, String)> {
        let mut params = vec![
            ("CallSid".to_owned(), self.call.to_string()),
            ("Muted".to_owned(), self.muted.to_string()),
            ("Hold".to_owned(), self.held.to_string()),
            ("Coaching".to_owned(), self.coach.is_some().to_string()),
            ("EndConferenceOnExit".to_owned(), self.ends.to_string()),
            ("StartConferenceOnEnter".to_owned(), self.starts.to_string()),
        ];
        if let Some(label) = &self.label {
            params.push(("ParticipantLabel".to_owned(), label.clone()));
        }
        params
    }
}

impl Ending {
    pub(super) fn params(&self) -> Vec<(String, String)> {
        let mut params = vec![
            ("ReasonConferenceEnded".to_owned(), self.word.clone()),
            ("Reason".to_owned(), self.sentence.clone()),
        ];
        if let Some((call, label)) = &self.by {
            params.push(("CallSidEndingConference".to_owned(), call.to_string()));
            if let Some(label) = label {
                let name = "ParticipantLabelEndingConference".to_owned();
                params.push((name, label.clone()));
            }
        }
        params
    }
}
