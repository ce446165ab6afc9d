//! What a call must remember: all of it can be written down.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::journal::Step;
use super::ops::{
    AudioFormat, Behind, CallRecording, Confirm, Dequeuing, Eavesdropping, Owed, Queued, Receiving,
    RecordingPlan, RecordingRef, RecordingReport, Referring, Round, Upload,
};
use super::originate::Origination;
use super::rooms::InRoom;
use super::stored::Matched;
use super::{Cause, Detecting, Facts, Keeping, Kept, KeyBuffer, Leg, Prepared};
use crate::clock::Time;
use crate::id::CallId;
use crate::news::{Destination, News};
use crate::program::AsideEnd;

/// Everything about a call that a checkpoint holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    pub id: CallId,
    /// The caller's channel, as Asterisk names it; empty while a call of pivot's own
    /// accord rings.
    pub channel: String,
    pub facts: Facts,
    pub began: Time,
    pub answered: Option<Time>,
    pub gone: Option<Gone>,
    pub language: String,
    pub twilio_profile: bool,
    /// `ring` was sent, so the caller hears ringing already.
    pub ringing: bool,
    pub keys: KeyBuffer,
    pub collections: Map<String, Value>,
    pub custom_vars: Map<String, Value>,
    /// What Callflow modules keep for what comes later.
    #[serde(default)]
    pub kept: Kept,
    pub request_variables: Vec<(String, String)>,
    pub step: Step,
    /// Documents begun so far.
    pub documents: u32,
    /// A document runs beside a verb that waits, and news for that verb cut it short.
    pub aside: bool,
    /// How the last of these ended, for the verb that began it.
    pub aside_end: Option<AsideEnd>,
    /// What other tasks have told and nobody has looked at.
    pub news: VecDeque<News>,
    /// The program runs, so the call can be sent elsewhere.
    #[serde(default)]
    pub steerable: bool,
    /// Where the call is sent from outside.
    #[serde(default)]
    pub sent: Option<Destination>,
    /// It has set out to go there, and goes on with the other flow when it arrives.
    #[serde(default)]
    pub on_its_way: Option<Destination>,
    /// The conference that the call is in.
    #[serde(default)]
    pub room: Option<InRoom>,
    /// What sounds over and over while the caller waits.
    #[serde(default)]
    pub round: Option<Round>,
    /// Sounds of such rounds so far, which have an id each.
    #[serde(default)]
    pub rounds: u32,
    /// Playbacks and recordings that occupy the caller's channel.
    pub playing: Vec<String>,
    pub recording: Option<String>,
    /// What that recording is, and what becomes of it.
    pub recording_plan: Option<RecordingPlan>,
    /// Where it is sent when it is complete, and as what.
    pub recording_upload: Option<(Upload, AudioFormat)>,
    pub legs: Vec<Leg>,
    /// Legs that are listened to, to tell a machine from a person.
    #[serde(default)]
    pub detecting: Vec<Detecting>,
    /// Where in `legs` those of the Dial that runs begin.
    pub dialling_from: usize,
    pub bridges: Vec<String>,
    /// Recordings of the caller's channel that run beside the flow.
    pub tracks: Vec<Track>,
    pub waiting_recordings: Vec<CallRecording>,
    /// Recordings that have ended, and whose end is yet to be told.
    pub recording_reports: Vec<RecordingReport>,
    /// Digits are sent to the caller until then.
    #[serde(default)]
    pub sending: Option<Time>,
    /// What the caller hears when nothing else plays.
    #[serde(default)]
    pub behind: Option<Behind>,
    /// What lets the caller listen to somebody else.
    #[serde(default)]
    pub eavesdropping: Option<Eavesdropping>,
    /// The queue that the caller waits in, or was taken from.
    #[serde(default)]
    pub queued: Option<Queued>,
    /// The caller whom this one has taken, or wants to take, from a queue.
    #[serde(default)]
    pub dequeuing: Option<Dequeuing>,
    /// The name of the channel whose place the caller's took, by an attended transfer.
    #[serde(default)]
    pub transferred_by: Option<String>,
    /// Its channel has taken another's place, which is why its end is not told.
    #[serde(default)]
    pub replaced: bool,
    /// A leg of another call is to become this one's.
    #[serde(default)]
    pub receiving: Option<Receiving>,
    /// The caller is asked to call somebody else.
    #[serde(default)]
    pub refer: Option<Referring>,
    pub owed: Vec<Owed>,
    /// The next request reports what was owed: a hang-up does not prevent it.
    #[serde(default)]
    pub reporting: bool,
    /// What becomes of what is being recorded if the caller hangs up.
    #[serde(default)]
    pub keeping: Option<Keeping>,
    /// The recording that a request owed reports on.
    pub last_recording: Option<RecordingRef>,
    /// The stored callflow that took the call.
    #[serde(default)]
    pub matched: Matched,
    /// What `flow` remembers: the program, and where in it the call is.
    pub flow: Value,
    /// Its channel is in the dialplan and comes back.
    #[serde(default)]
    pub away: bool,
    /// Its channel is another call's, which waits for it.
    #[serde(default)]
    pub borrowed: bool,
    /// The leg that has this call's channel meanwhile.
    #[serde(default)]
    pub lent: Option<String>,
    /// It is a call of pivot's own accord, and nobody has answered yet.
    #[serde(default)]
    pub originated: Option<Box<Origination>>,
    /// What legs that run documents of their own inherit; `flow` writes and reads it.
    #[serde(default)]
    pub inherit: Value,
    /// It is a leg that is asked for a key, and nothing else.
    #[serde(default)]
    pub confirm: Option<Confirm>,
}

/// How the caller's channel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The first sign of it.
    pub at: Time,
    /// The final word; none until `ChannelDestroyed`.
    pub cause: Option<Cause>,
    pub sip: Option<u16>,
    /// The channel left the application.
    pub left: bool,
}

/// A recording through a snoop channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    pub plan: RecordingPlan,
    /// What TwiML stops it by.
    pub name: Option<String>,
    pub snoops: Vec<Snoop>,
    pub max_s: u64,
    pub min_s: u64,
    pub format: AudioFormat,
    pub upload: Option<Upload>,
    pub media_name: Option<String>,
}

/// One direction, or both mixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snoop {
    pub channel: String,
    pub recording: String,
    pub entered: bool,
    pub state: SnoopState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnoopState {
    Opening,
    Recording,
    /// The file is complete.
    Finished,
    Failed,
}

impl State {
    pub fn new(id: CallId, channel: String, facts: Facts, began: Time) -> Self {
        let language = facts.language.clone();
        Self {
            id,
            channel,
            facts,
            began,
            answered: None,
            gone: None,
            language,
            twilio_profile: false,
            ringing: false,
            keys: KeyBuffer::default(),
            collections: Map::new(),
            custom_vars: Map::new(),
            kept: Kept::default(),
            request_variables: Vec::new(),
            step: Step::default(),
            documents: 0,
            aside: false,
            aside_end: None,
            news: VecDeque::new(),
            steerable: false,
            sent: None,
            on_its_way: None,
            room: None,
            round: None,
            rounds: 0,
            playing: Vec::new(),
            recording: None,
            recording_plan: None,
            recording_upload: None,
            legs: Vec::new(),
            detecting: Vec::new(),
            dialling_from: 0,
            bridges: Vec::new(),
            tracks: Vec::new(),
            waiting_recordings: Vec::new(),
            recording_reports: Vec::new(),
            sending: None,
            behind: None,
            eavesdropping: None,
            queued: None,
            dequeuing: None,
            transferred_by: None,
            replaced: false,
            receiving: None,
            refer: None,
            owed: Vec::new(),
            reporting: false,
            keeping: None,
            last_recording: None,
            matched: Matched::default(),
            flow: Value::Null,
            away: false,
            borrowed: false,
            lent: None,
            originated: None,
            inherit: Value::Null,
            confirm: None,
        }
    }

    /// Every object of Asterisk's that this call owns.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        let legs = self
            .legs
            .iter()
            .filter(|leg| leg.prepared != Prepared::Screening)
            .flat_map(|leg| [Some(&leg.channel), leg.heir.as_ref(), leg.far_half.as_ref()])
            .flatten()
            .map(String::as_str);
        let snoops = self
            .tracks
            .iter()
            .flat_map(|t| &t.snoops)
            .flat_map(|s| [s.channel.as_str(), s.recording.as_str()]);
        let coaching = self
            .room
            .iter()
            .filter_map(|room| room.coaching.as_ref())
            .flat_map(|coaching| [coaching.snoop.as_str(), coaching.bridge.as_str()]);
        let eavesdropping = self
            .eavesdropping
            .iter()
            .flat_map(|e| [e.snoop.as_str(), e.bridge.as_str()]);
        let own = self.lent.is_none().then_some(self.channel.as_str());
        own.into_iter()
            .filter(|channel| !channel.is_empty())
            .chain(legs)
            .chain(self.playing.iter().map(String::as_str))
            .chain(self.recording.iter().map(String::as_str))
            .chain(self.bridges.iter().map(String::as_str))
            .chain(snoops)
            .chain(coaching)
            .chain(eavesdropping)
    }

    pub fn leg(&self, channel: &str) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.channel == channel)
    }

    pub fn leg_mut(&mut self, channel: &str) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.channel == channel)
    }
}
