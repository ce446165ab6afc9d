//! What a room must remember, and what follows from it: no requests here.

use serde::{Deserialize, Serialize};

use super::types::{Beep, Entrance, Refusal, Rules, Seen, Sounds, View};
use crate::call::ops::RecordingPlan;
use crate::clock::{self, Time};
use crate::id::CallId;

/// Everything about a room: all of it can be written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// The ConferenceSid.
    pub(super) sid: String,
    pub(super) name: String,
    pub(super) bridge: String,
    /// The first participant's.
    pub(super) rules: Rules,
    most: u32,
    /// Nobody enters but those whom that does not stop.
    #[serde(default)]
    pub(super) locked: bool,
    /// Who opened it; its recording belongs to that call.
    pub(super) first: Option<CallId>,
    pub(super) started: Option<Time>,
    /// In the order in which they came.
    pub(super) participants: Vec<Participant>,
    /// Of the last event.
    pub(super) sequence: u32,
    pub(super) recording: Option<Recording>,
    /// So far, which have a name each.
    #[serde(default)]
    pub(super) recordings: u32,
    pub(super) ending: Option<Ending>,
    /// Participants so far.
    #[serde(default)]
    came: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Participant {
    /// The so-manieth who came.
    #[serde(default)]
    number: u32,
    since: Time,
    #[serde(default)]
    moderator: bool,
    #[serde(default)]
    pub(super) deaf: bool,
    pub(super) call: CallId,
    pub(super) channel: String,
    pub(super) label: Option<String>,
    pub(super) muted: bool,
    pub(super) held: bool,
    pub(super) starts: bool,
    pub(super) ends: bool,
    pub(super) beep: Beep,
    #[serde(default)]
    pub(super) sounds: Sounds,
    pub(super) coach: Option<CallId>,
    /// Its channel is in the bridge.
    pub(super) inside: bool,
    /// The others have heard that it came.
    pub(super) announced: bool,
    pub(super) kicked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recording {
    pub(super) plan: RecordingPlan,
    /// In Asterisk.
    pub(super) name: String,
    pub(super) over: bool,
}

/// What those inside are to hear about who came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) beep: bool,
    pub(super) sounds: Vec<String>,
}

/// Why a conference ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ending {
    /// `ReasonConferenceEnded`.
    pub(super) word: String,
    /// The same as a sentence.
    pub(super) sentence: String,
    /// Whose leaving ended it, and that one's label.
    pub(super) by: Option<(CallId, Option<String>)>,
}

impl State {
    pub(super) fn new(sid: &str, name: &str, bridge: &str) -> Self {
        Self {
            sid: sid.to_owned(),
            name: name.to_owned(),
            bridge: bridge.to_owned(),
            rules: Rules::default(),
            most: u32::MAX,
            locked: false,
            first: None,
            started: None,
            participants: Vec::new(),
            sequence: 0,
            recording: None,
            recordings: 0,
            ending: None,
            came: 0,
        }
    }

    /// As it is seen from outside.
    pub(super) fn view(&self) -> View {
        let seen = |p: &Participant| Seen {
            number: p.number,
            call: p.call.clone(),
            moderator: p.moderator,
            muted: p.muted,
            deaf: p.deaf,
            since: p.since,
        };
        View {
            room: self.sid.clone(),
            started: self.started,
            locked: self.locked,
            participants: self.participants.iter().map(seen).collect(),
        }
    }

    pub(super) fn participant(&self, call: &CallId) -> Option<&Participant> {
        self.participants.iter().find(|p| p.call == *call)
    }

    pub(super) fn participant_mut(&mut self, call: &CallId) -> Option<&mut Participant> {
        self.participants.iter_mut().find(|p| p.call == *call)
    }

    /// Takes a participant in, or says why not. The first one's rules are the room's.
    pub(super) fn admit(
        &mut self,
        call: &CallId,
        channel: &str,
        entrance: &Entrance,
    ) -> Result<(), Refusal> {
        if self.locked && !entrance.passes_lock {
            return Err(Refusal::Locked);
        }
        let count = self.participants.len();
        let most = usize::try_from(self.most.min(entrance.most)).unwrap_or(usize::MAX);
        if count >= most {
            return Err(Refusal::Full(count));
        }
        let label = entrance.label.clone();
        if let Some(label) = &label
            && self
                .participants
                .iter()
                .any(|p| p.label.as_ref() == Some(label))
        {
            return Err(Refusal::LabelTaken(label.clone()));
        }
        let coach = match &entrance.coach {
            None => None,
            Some(sid) => match self.participants.iter().find(|p| p.call.as_str() == sid) {
                Some(coached) => Some(coached.call.clone()),
                None => return Err(Refusal::NobodyToCoach(sid.clone())),
            },
        };
        if self.first.is_none() {
            self.first = Some(call.clone());
            self.rules = entrance.rules.clone();
            self.most = entrance.most;
        }
        self.came += 1;
        self.participants.push(Participant {
            number: self.came,
            since: clock::now(),
            moderator: entrance.moderator,
            deaf: entrance.deaf,
            call: call.clone(),
            channel: channel.to_owned(),
            label,
            muted: entrance.muted,
            held: false,
            starts: entrance.starts,
            ends: entrance.ends,
            beep: entrance.beep,
            sounds: entrance.sounds.clone(),
            coach,
            inside: false,
            // The first one comes to nobody.
            announced: count == 0,
            kicked: false,
        });
        Ok(())
    }

    /// Two are there, and with one of them it may begin.
    pub(super) fn may_start(&self) -> bool {
        self.started.is_none()
            && self.participants.len() >= 2
            && self.participants.iter().any(|p| p.starts)
    }

    /// Takes a participant out. Who was coached by this one's channel is left
    /// with a coach whom nobody hears.
    pub(super) fn dismiss(&mut self, call: &CallId) -> Option<Participant> {
        let place = self.participants.iter().position(|p| p.call == *call)?;
        let gone = self.participants.remove(place);
        for coach in &mut self.participants {
            if coach.coach.as_ref() == Some(call) {
                coach.coach = None;
                coach.muted = true;
            }
        }
        Some(gone)
    }

    /// Why the conference ends now that this participant has left, if it does.
    pub(super) fn ends_with(&self, gone: &Participant) -> Option<Ending> {
        let last = self.participants.is_empty();
        let (word, sentence) = match (gone.ends, last, gone.kicked) {
            (true, _, true) => (
                "participant-with-end-conference-on-exit-kicked",
                "a participant with endConferenceOnExit was removed",
            ),
            (true, _, false) => (
                "participant-with-end-conference-on-exit-left",
                "a participant with endConferenceOnExit left",
            ),
            (false, true, true) => (
                "last-participant-kicked",
                "the last participant was removed",
            ),
            (false, true, false) => ("last-participant-left", "the last participant left"),
            (false, false, _) => return None,
        };
        Some(Ending {
            word: word.into(),
            sentence: sentence.into(),
            by: Some((gone.call.clone(), gone.label.clone())),
        })
    }

    /// What is to be heard, now that somebody has joined: once for each who came
    /// to others, as soon as there are others to hear it.
    pub(super) fn announce(&mut self) -> Due {
        let mut due = Due::default();
        if self.inside() < 2 {
            return due;
        }
        for new in &mut self.participants {
            if new.inside && !new.announced {
                new.announced = true;
                due.beep |= new.beep.enter;
                due.sounds.extend(new.sounds.enter.iter().cloned());
            }
        }
        due
    }

    /// How many hear each other.
    pub(super) fn inside(&self) -> usize {
        self.participants.iter().filter(|p| p.inside).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entrance() -> Entrance {
        Entrance {
            name: "r".into(),
            label: None,
            muted: false,
            deaf: false,
            beep: Beep::default(),
            sounds: Sounds::default(),
            starts: true,
            passes_lock: false,
            ends: false,
            most: 250,
            coach: None,
            moderator: false,
            rules: Rules::default(),
        }
    }

    fn room() -> State {
        State::new("CF1", "r", "b")
    }

    fn come(room: &mut State, entrance: &Entrance) -> Result<CallId, Refusal> {
        let call = CallId::new();
        room.admit(&call, "c", entrance).map(|()| call)
    }

    #[test]
    fn it_begins_with_two_of_whom_one_may_start_it() {
        let patient = Entrance {
            starts: false,
            ..entrance()
        };
        let mut room = room();
        come(&mut room, &patient).unwrap();
        assert!(!room.may_start());
        come(&mut room, &patient).unwrap();
        assert!(!room.may_start());
        come(&mut room, &entrance()).unwrap();
        assert!(room.may_start());
        let mut alone = self::room();
        come(&mut alone, &entrance()).unwrap();
        assert!(!alone.may_start());
    }

    #[test]
    fn the_lower_limit_of_the_first_and_the_newcomer_counts() {
        let mut room = room();
        come(
            &mut room,
            &Entrance {
                most: 3,
                ..entrance()
            },
        )
        .unwrap();
        come(&mut room, &entrance()).unwrap();
        let two = Entrance {
            most: 2,
            ..entrance()
        };
        assert_eq!(come(&mut room, &two), Err(Refusal::Full(2)));
        come(&mut room, &entrance()).unwrap();
        assert_eq!(come(&mut room, &entrance()), Err(Refusal::Full(3)));
    }

    #[test]
    fn a_locked_room_lets_only_those_in_whom_that_does_not_stop() {
        let mut room = room();
        come(&mut room, &entrance()).unwrap();
        room.locked = true;
        assert_eq!(come(&mut room, &entrance()), Err(Refusal::Locked));
        let moderator = Entrance {
            passes_lock: true,
            ..entrance()
        };
        come(&mut room, &moderator).unwrap();
    }

    #[test]
    fn labels_are_unique_and_free_again_when_their_bearer_left() {
        let anna = Entrance {
            label: Some("anna".into()),
            ..entrance()
        };
        let mut room = room();
        let first = come(&mut room, &anna).unwrap();
        assert_eq!(
            come(&mut room, &anna),
            Err(Refusal::LabelTaken("anna".into()))
        );
        room.dismiss(&first).unwrap();
        come(&mut room, &anna).unwrap();
    }

    #[test]
    fn a_coach_whose_pupil_left_is_not_heard_by_the_others() {
        let mut room = room();
        let pupil = come(&mut room, &entrance()).unwrap();
        let nobody = Entrance {
            coach: Some("CA0".into()),
            ..entrance()
        };
        assert_eq!(
            come(&mut room, &nobody),
            Err(Refusal::NobodyToCoach("CA0".into()))
        );
        let coaching = Entrance {
            coach: Some(pupil.to_string()),
            ..entrance()
        };
        let coach = come(&mut room, &coaching).unwrap();
        assert!(!room.participant(&coach).unwrap().muted);
        room.dismiss(&pupil).unwrap();
        let coach = room.participant(&coach).unwrap();
        assert!(coach.muted && coach.coach.is_none());
    }

    #[test]
    fn whose_leaving_ends_it_is_said_in_twilios_words() {
        let mut room = room();
        let moderator = come(
            &mut room,
            &Entrance {
                ends: true,
                ..entrance()
            },
        )
        .unwrap();
        let guest = come(&mut room, &entrance()).unwrap();
        let last = come(&mut room, &entrance()).unwrap();
        let word = |room: &State, gone: &Participant| room.ends_with(gone).map(|e| e.word);
        let gone = room.dismiss(&guest).unwrap();
        assert_eq!(word(&room, &gone), None);
        let gone = room.dismiss(&moderator).unwrap();
        let expected = "participant-with-end-conference-on-exit-left";
        assert_eq!(word(&room, &gone).as_deref(), Some(expected));
        let gone = room.dismiss(&last).unwrap();
        assert_eq!(word(&room, &gone).as_deref(), Some("last-participant-left"));
    }

    #[test]
    fn a_room_can_be_written_down_and_read_again() {
        let mut room = room();
        let call = come(&mut room, &entrance()).unwrap();
        let text = serde_json::to_string(&room).unwrap();
        let read: State = serde_json::from_str(&text).unwrap();
        assert_eq!(read.participant(&call), room.participant(&call));
    }
}
