//! One room: the task that owns its bridge and knows its participants.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::state::{Ending, Participant, State};
use super::types::{Enter, Entered, Order, View};
use super::{Rooms, told};
use crate::ari::{BridgeList, Delivery, Event, Objects, Request};
use crate::call::Services;
use crate::call::ops::Tone;
use crate::clock;
use crate::id::CallId;
use crate::news::{News, RoomNews, RoomTold};
use crate::trace::{Kind, Trace};

/// What the others hear when somebody comes or leaves.
const BEEP: (f32, Duration) = (1400.0, Duration::from_millis(250));

pub(super) enum Message {
    Enter(Box<Enter>),
    Leave {
        call: CallId,
        status: String,
        done: oneshot::Sender<()>,
    },
    Order {
        order: Order,
        known: oneshot::Sender<()>,
    },
    Look(oneshot::Sender<View>),
}

pub(super) struct Room {
    pub(super) state: State,
    pub(super) services: Arc<Services>,
    rooms: Rooms,
    /// By which the router knows this task.
    pub(super) objects: Objects,
    pub(super) events: mpsc::Receiver<Delivery>,
    traces: HashMap<CallId, Trace>,
    /// Of the first participant, for what concerns them all.
    pub(super) trace: Option<Trace>,
    /// Calls that wait until nothing is left in Asterisk.
    leaving: Vec<oneshot::Sender<()>>,
    /// Beeps so far, which have an id each.
    beeps: u32,
    bridge_gone: bool,
}

impl Room {
    pub(super) fn new(
        sid: &str,
        name: &str,
        bridge: &str,
        services: Arc<Services>,
        rooms: Rooms,
    ) -> Self {
        let owner = CallId::new();
        Self {
            state: State::new(sid, name, bridge),
            events: services.router.adopt(&owner),
            objects: services.router.objects(&owner),
            services,
            rooms,
            traces: HashMap::new(),
            trace: None,
            leaving: Vec::new(),
            beeps: 0,
            bridge_gone: false,
        }
    }

    /// Runs until the last participant has left.
    pub(super) async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        self.open().await;
        loop {
            tokio::select! {
                biased;
                delivery = self.events.recv() => match delivery {
                    Some(Delivery::Event(event)) => self.absorb(&event).await,
                    Some(Delivery::Resync) => self.resync().await,
                    Some(Delivery::News(_)) => {}
                    // It did not read its events, and was cut off.
                    None => self.lost("its events were not read"),
                },
                message = messages.recv() => match message {
                    Some(Message::Enter(enter)) => self.enter(enter),
                    Some(Message::Leave { call, status, done }) => self.leave(&call, &status, done).await,
                    Some(Message::Order { order, known }) => {
                        known.send(()).ok();
                        self.carry_out(order).await;
                    }
                    Some(Message::Look(answer)) => {
                        answer.send(self.state.view()).ok();
                    }
                    None => self.lost("the directory has ended"),
                },
            }
            if self.state.participants.is_empty() {
                break;
            }
        }
        // Whoever comes now finds it over, and opens another.
        self.rooms
            .tell(super::Message::Closing(self.state.sid.clone()));
        messages.close();
        while let Ok(message) = messages.try_recv() {
            drop(message);
        }
        self.close().await;
    }

    async fn open(&mut self) {
        let bridge = self.state.bridge.clone();
        self.objects.register(&bridge);
        if let Err(error) = self.request(Request::create_bridge(&bridge)).await {
            // Whoever wants to join is told by Asterisk that there is none.
            tracing::warn!(conference = %self.state.sid, %error, "no bridge");
            return;
        }
        let app = self.services.ari.app().to_owned();
        self.request(Request::subscribe_bridge(&app, &bridge))
            .await
            .ok();
    }

    fn enter(&mut self, enter: Box<Enter>) {
        let Enter {
            call,
            account: _,
            channel,
            again,
            entrance,
            trace,
            answer,
        } = *enter;
        let known = self.state.participant(&call).is_some();
        if self.state.ending.is_some() || again.is_some() && !known {
            answer.send(Entered::Over).ok();
            return;
        }
        if !known {
            if let Err(refusal) = self.state.admit(&call, &channel, &entrance) {
                answer.send(Entered::Refused(refusal)).ok();
                return;
            }
            self.trace.get_or_insert_with(|| trace.clone());
            self.traces.insert(call.clone(), trace.clone());
            self.tell_about(&call, told::JOIN, Vec::new());
        }
        let starts = self.state.may_start();
        if starts {
            self.state.started = Some(clock::now());
            self.tell(told::START, &trace, Vec::new());
        }
        let started = self.state.started.is_some();
        let coach = self.state.participant(&call).and_then(|p| p.coach.clone());
        answer
            .send(Entered::In {
                room: self.state.sid.clone(),
                bridge: started.then(|| self.state.bridge.clone()),
                coached: coach
                    .and_then(|coached| self.state.participant(&coached))
                    .map(|coached| coached.channel.clone()),
            })
            .ok();
        if starts {
            for other in self
                .calls()
                .filter(|other| *other != call)
                .collect::<Vec<_>>()
            {
                let bridge = self.state.bridge.clone();
                self.say(&other, RoomTold::Started { bridge });
            }
        }
    }

    async fn leave(&mut self, call: &CallId, status: &str, done: oneshot::Sender<()>) {
        let Some(gone) = self.state.dismiss(call) else {
            return;
        };
        let reason = match (&self.state.ending, gone.kicked) {
            (Some(ending), _) if ending.by.is_none() => "conference_ended_via_api",
            (Some(_), _) => "moderator_ended_conference",
            (None, true) => "participant_updated_via_api",
            (None, false) => "participant_hung_up",
        };
        let mut params = gone.params();
        params.push(("ReasonParticipantLeft".into(), reason.into()));
        params.push(("ParticipantCallStatus".into(), status.into()));
        if let Some(trace) = self.traces.remove(call) {
            self.tell(told::LEAVE, &trace, params);
        }
        if self.state.ending.is_none() {
            match self.state.ends_with(&gone) {
                Some(ending) => self.end(ending),
                None if gone.announced && self.state.inside() > 0 => {
                    self.announce(gone.beep.exit, &gone.sounds.exit).await;
                }
                None => {}
            }
        }
        if self.state.participants.is_empty() {
            self.leaving.push(done);
        }
    }

    /// From here on nobody enters, and everybody is told to leave.
    pub(super) fn end(&mut self, ending: Ending) {
        if self.state.ending.is_some() {
            return;
        }
        self.rooms
            .tell(super::Message::Closing(self.state.sid.clone()));
        for call in self.calls().collect::<Vec<_>>() {
            let reason = ending.word.clone();
            self.say(&call, RoomTold::Ended { reason });
        }
        self.state.ending = Some(ending);
    }

    /// The room cannot go on.
    fn lost(&mut self, why: &str) {
        if let Some(trace) = &self.trace {
            let name = &self.state.name;
            trace.write(Kind::Warning, format!("conference {name:?} ends: {why}"));
        }
        self.end(ended_by_nobody(why));
        // Its participants leave by themselves; nothing of this room waits for them.
        self.state.participants.clear();
    }

    async fn absorb(&mut self, event: &Event) {
        match event {
            Event::EnteredBridge { bridge, channel } if *bridge == self.state.bridge => {
                let came = self
                    .state
                    .participants
                    .iter_mut()
                    .find(|p| p.channel == *channel);
                if let Some(came) = came {
                    came.inside = true;
                }
                let due = self.state.announce();
                self.announce(due.beep, &due.sounds).await;
                self.begin_recording().await;
            }
            Event::LeftBridge { bridge, channel } if *bridge == self.state.bridge => {
                if let Some(left) = self
                    .state
                    .participants
                    .iter_mut()
                    .find(|p| p.channel == *channel)
                {
                    left.inside = false;
                }
            }
            Event::BridgeDestroyed { bridge } if *bridge == self.state.bridge => {
                self.bridge_gone = true;
                self.lost("its bridge is gone");
            }
            Event::PlaybackFinished { playback, .. } => self.objects.forget(playback),
            Event::RecordingFinished { recording } => self.recording_over(recording),
            Event::RecordingFailed { recording, cause } => self.recording_failed(recording, cause),
            _ => {}
        }
    }

    /// Events were missed: who is in the bridge is asked.
    async fn resync(&mut self) {
        let reply = self.request(Request::get_bridge(&self.state.bridge)).await;
        match reply {
            Ok(reply) => {
                if let Ok(bridge) = reply.json::<BridgeList>() {
                    for p in &mut self.state.participants {
                        p.inside = bridge.channels.contains(&p.channel);
                    }
                }
            }
            Err(error) if error.is_gone() => {
                self.bridge_gone = true;
                self.lost("its bridge is gone");
            }
            Err(_) => {}
        }
    }

    /// Everybody in the bridge hears it.
    async fn beep(&mut self) {
        let tone = Tone {
            frequencies: vec![BEEP.0],
            on: BEEP.1,
            off: Duration::ZERO,
            times: 1,
        };
        let clip = match self.services.media.tone(&tone).await {
            Ok(clip) => clip,
            Err(error) => {
                tracing::warn!(conference = %self.state.sid, %error, "no beep");
                return;
            }
        };
        self.play(&clip.uri).await;
    }

    pub(super) async fn announce(&mut self, beep: bool, sounds: &[String]) {
        if beep {
            self.beep().await;
        }
        for uri in sounds {
            self.play(uri).await;
        }
    }

    /// Behind what is played already.
    async fn play(&mut self, uri: &str) {
        self.beeps += 1;
        let playback = format!("{}-beep{}", self.state.bridge, self.beeps);
        self.objects.register(&playback);
        let request = Request::play_on_bridge(&self.state.bridge, &playback, uri);
        if self.request(request).await.is_err() {
            self.objects.forget(&playback);
        }
    }

    /// Nothing of the room stays.
    async fn close(mut self) {
        self.end_recording().await;
        if !self.bridge_gone {
            let bridge = self.state.bridge.clone();
            self.request(Request::destroy_bridge(&bridge)).await.ok();
        }
        for left in std::mem::take(&mut self.leaving) {
            left.send(()).ok();
        }
        // One that nobody was let into has nobody to tell.
        if let (Some(trace), Some(ending)) = (self.trace.clone(), self.state.ending.clone()) {
            self.tell(told::END, &trace, ending.params());
        }
        self.take_recording().await;
        self.objects.release();
    }

    fn calls(&self) -> impl Iterator<Item = CallId> + use<'_> {
        self.state.participants.iter().map(|p| p.call.clone())
    }

    pub(super) fn say(&self, call: &CallId, told: RoomTold) {
        let room = self.state.sid.clone();
        let news = News::Room(RoomNews { room, told });
        self.services.router.tell_call(call, news);
    }

    pub(super) fn tell_about(
        &mut self,
        call: &CallId,
        event: told::Event,
        more: Vec<(String, String)>,
    ) {
        let participant = self.state.participant(call).map(Participant::params);
        if let (Some(mut params), Some(trace)) = (participant, self.traces.get(call).cloned()) {
            params.extend(more);
            self.tell(event, &trace, params);
        }
    }

    pub(super) async fn request(
        &self,
        request: Request,
    ) -> Result<crate::ari::Reply, crate::ari::AriError> {
        let text = request.to_string();
        let began = tokio::time::Instant::now();
        let result = self.services.ari.send(request).await;
        if let Some(trace) = &self.trace {
            match &result {
                Ok(_) => trace.took(Kind::Ari, format!("conference: {text}"), began),
                Err(error) => trace.took(Kind::Ari, format!("conference: {text} → {error}"), began),
            }
        }
        result
    }
}

/// Twilio has one word for what no participant brought about.
pub(super) fn ended_by_nobody(why: &str) -> Ending {
    Ending {
        word: "conference-ended-via-api".into(),
        sentence: why.into(),
        by: None,
    }
}
