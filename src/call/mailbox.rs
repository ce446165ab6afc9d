//! Taking events: the only place where a call's event is taken, and where it is
//! made part of the state before anybody acts on it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::ops::{NOT_BACK, REFERRED};
use super::state::{Gone, SnoopState};
use super::{Call, Cause, Interrupt, LegState};
use crate::ari::{AriError, Delivery, Event, Reply, Request};
use crate::clock::{self, Time};
use crate::news::News;
use crate::trace::{Kind, Trace};

/// What a call waits for.
#[derive(Debug, Clone)]
pub(super) enum Input {
    /// Asterisk said something.
    Ari(Event),
    /// Another task did; `take_news` has what.
    News,
}

/// What `pump` came back with.
pub(super) enum Pumped {
    Input(Input),
    Deadline,
    /// The mailbox is closed: this call did not read it, and was cut off.
    Cut,
    Shutdown,
}

impl Call {
    /// What comes next, already absorbed; `None` at the deadline.
    pub(super) async fn next(&mut self, until: Option<Time>) -> Result<Option<Input>, Interrupt> {
        self.check()?;
        let pumped = self.pump(until).await;
        self.check()?;
        match pumped {
            Pumped::Input(input) => Ok(Some(input)),
            Pumped::Deadline => Ok(None),
            Pumped::Cut => Err(Interrupt::Gone),
            Pumped::Shutdown => Err(Interrupt::Shutdown),
        }
    }

    /// Runs other work while the call goes on absorbing: keys are kept, and a
    /// hang-up ends it at once.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Interrupt> {
        self.check()?;
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                pumped = self.pump(None) => match pumped {
                    Pumped::Input(_) | Pumped::Deadline => self.check()?,
                    Pumped::Cut => return Err(Interrupt::Gone),
                    Pumped::Shutdown => return Err(Interrupt::Shutdown),
                },
            }
        }
    }

    /// The oldest of the news that nobody has looked at.
    pub fn take_news(&mut self) -> Option<News> {
        self.state.news.pop_front()
    }

    pub(super) fn check(&self) -> Result<(), Interrupt> {
        if self.state.gone.is_some() {
            Err(Interrupt::Gone)
        } else if self.state.aside && !self.state.news.is_empty() {
            Err(Interrupt::Called)
        } else {
            Ok(())
        }
    }

    /// The next event, also after the caller has gone.
    pub(super) async fn pump(&mut self, until: Option<Time>) -> Pumped {
        loop {
            // Whoever waits for something else as well may drop this future in the
            // middle of the look-up: it is begun again then, since what it finds
            // is told by nothing else.
            if self.missed || self.is_undecided() {
                Box::pin(self.catch_up()).await;
            }
            if let Some(event) = self.backlog.pop_front() {
                self.absorb(&event);
                return Pumped::Input(Input::Ari(event));
            }
            let detection = self.detection_due();
            let deadline = until.into_iter().chain(detection).min().map(Time::instant);
            let delivery = tokio::select! {
                biased;
                delivery = self.mailbox.recv() => delivery,
                () = sleep_until(deadline.unwrap_or_else(far_away)), if deadline.is_some() => {
                    self.pass_detections();
                    if until.is_some_and(|until| clock::now() >= until) {
                        return Pumped::Deadline;
                    }
                    continue;
                }
                () = self.services.shutdown.cancelled(), if self.state.gone.is_none() && !self.closing => return Pumped::Shutdown,
            };
            match delivery {
                None => {
                    self.lose("its events were not read");
                    return Pumped::Cut;
                }
                // What was missed is put into the backlog, as if it had been told.
                Some(Delivery::Resync) => self.missed = true,
                Some(Delivery::Event(event)) => self.backlog.push_back(event),
                Some(Delivery::News(news)) => {
                    if let News::Room(told) = news.as_ref()
                        && !self.absorb_room_news(told)
                    {
                        continue;
                    }
                    self.trace.write(Kind::Event, format!("told: {news:?}"));
                    match *news {
                        News::Screened(screened) => self.absorb_screened(&screened),
                        News::Leg(news) => self.absorb_leg_news(news).await,
                        news => self.state.news.push_back(news),
                    }
                    self.checkpoint();
                    return Pumped::Input(Input::News);
                }
            }
        }
    }

    /// Sends a request and writes it into the timeline.
    pub(super) async fn request(&self, request: Request) -> Result<Reply, AriError> {
        let text = request.to_string();
        let began = Instant::now();
        let result = self.ari.send(request).await;
        tell_sent(&self.trace, text, began, &result);
        result
    }

    /// Sends a request that may wait in Asterisk; the call goes on meanwhile, and
    /// a hang-up gives it up.
    pub(super) async fn join(
        &mut self,
        request: Request,
    ) -> Result<Result<Reply, AriError>, Interrupt> {
        let ari = self.ari.clone();
        let text = request.to_string();
        let began = Instant::now();
        let result = self.during(async { ari.send(request).await }).await?;
        tell_sent(&self.trace, text, began, &result);
        Ok(result)
    }

    /// Sends a request that may be sent twice, such as one that takes something
    /// away: without an answer it is sent again, past an event socket that hangs.
    pub(super) async fn insist(&self, request: Request) -> Result<Reply, AriError> {
        match self.request(request.clone()).await {
            Err(AriError::Unknown { .. } | AriError::NotSent { .. }) => {
                let text = format!("{request}, again");
                let began = Instant::now();
                let result = self.ari.send_over_http(request).await;
                tell_sent(&self.trace, text, began, &result);
                result
            }
            result => result,
        }
    }

    /// Sends a request about the caller's channel. A channel that is not there,
    /// or not ours any more, means that the caller is gone; a bridge that is not
    /// there does not.
    pub(super) async fn caller_request(
        &mut self,
        request: Request,
    ) -> Result<Result<Reply, AriError>, Interrupt> {
        self.latency.acts();
        let about_channel = request.path.starts_with("channels/");
        // Only what may wait in Asterisk is given up at a hang-up; the rest is
        // awaited, so that nothing is created behind our back.
        let result = if request.joins {
            self.join(request).await?
        } else {
            self.request(request).await
        };
        if let Err(error) = &result
            && error.is_gone()
            && about_channel
        {
            // The event that says so is on its way; do not wait for it.
            self.lose("its channel is not there");
            return Err(Interrupt::Gone);
        }
        Ok(result)
    }

    /// The caller is gone; the first sign counts.
    fn lose(&mut self, why: &str) {
        if self.state.gone.is_none() {
            self.trace.write(Kind::Event, format!("caller gone: {why}"));
            self.state.gone = Some(Gone {
                at: clock::now(),
                cause: None,
                sip: None,
                left: self
                    .state
                    .refer
                    .as_ref()
                    .is_some_and(|refer| refer.left && !refer.back),
            });
        }
    }

    /// Makes an event part of the state.
    fn absorb(&mut self, event: &Event) {
        let now = clock::now();
        match event {
            Event::Dtmf { channel, digit } => {
                if *channel == self.state.channel {
                    self.state.keys.press(*digit);
                    self.checkpoint();
                }
                self.tell(event, &format!("key {digit}"), channel);
            }
            Event::StateChange { channel, state } => {
                self.tell(event, state, channel);
                if *channel == self.state.channel {
                    if state == "Up" {
                        self.state.answered.get_or_insert(now);
                    }
                } else if let Some(leg) = self.state.leg_mut(channel) {
                    match (state.as_str(), leg.state) {
                        ("Ringing", LegState::Created | LegState::Ready | LegState::Dialling) => {
                            leg.state = LegState::Ringing
                        }
                        ("Up", LegState::Ended) => {}
                        ("Up", _) => {
                            leg.state = LegState::Up;
                            leg.answered.get_or_insert(now);
                        }
                        _ => {}
                    }
                }
            }
            Event::StasisStart {
                channel,
                replaces,
                args,
            } => {
                self.tell(event, "", &channel.id);
                if channel.id == self.state.channel {
                    self.state.away = false;
                    self.absorb_return(args);
                    self.checkpoint();
                } else if replaces.as_deref() == Some(self.state.channel.as_str()) {
                    channel.id.clone_into(&mut self.state.channel);
                    let name =
                        std::mem::replace(&mut self.state.facts.channel_name, channel.name.clone());
                    self.state.transferred_by = Some(name);
                    self.checkpoint();
                } else if let Some(leg) = self.state.leg_mut(&channel.id) {
                    leg.entered(channel);
                } else if let Some(snoop) = self.snoop_mut(|s| s.channel == channel.id) {
                    snoop.entered = true;
                } else if let Some(leg) = replaces {
                    self.absorb_heir(leg, &channel.id);
                }
            }
            Event::StasisEnd { channel } => {
                self.tell(event, "", channel);
                if *channel == self.state.channel && !self.state.away && !self.absorb_leaving() {
                    self.lose("left Stasis");
                    if let Some(gone) = &mut self.state.gone {
                        gone.left = true;
                    }
                } else {
                    self.absorb_left(channel);
                }
            }
            Event::HangupRequest { channel, cause } => {
                self.tell(event, "", channel);
                if *channel == self.state.channel {
                    self.lose("hung up");
                } else if let Some(leg) = self.state.leg_mut(channel) {
                    leg.requested = leg.requested.or(cause.map(Cause));
                }
            }
            Event::ChannelDestroyed {
                channel,
                cause,
                sip,
            } => {
                // Asterisk 22 names no cause for the BYE of a caller who was answered.
                let bye = *cause == 0 && *channel == self.state.channel && self.is_answered();
                let cause = if bye { Cause::NORMAL } else { Cause(*cause) };
                self.tell(
                    event,
                    &format!("cause {} {}", cause.0, cause.kazoo()),
                    channel,
                );
                if *channel == self.state.channel {
                    self.lose("hung up");
                    self.state.gone = self.state.gone.map(|gone| Gone {
                        cause: Some(cause),
                        sip: *sip,
                        left: true,
                        ..gone
                    });
                } else if self.state.leg(channel).is_some() {
                    self.conclude(channel, "unknown");
                    if let Some(leg) = self.state.leg_mut(channel) {
                        leg.destroyed(now, cause, *sip);
                    }
                }
            }
            Event::PlaybackStarted { .. } => {}
            Event::PlaybackFinished { playback, failed } => {
                self.tell(event, if *failed { "failed" } else { "done" }, playback);
                self.state.playing.retain(|p| p != playback);
                self.objects.forget(playback);
            }
            Event::RecordingStarted { recording } => self.tell(event, "", recording),
            Event::RecordingFinished { recording } => {
                self.tell(event, "", recording);
                self.recording_ended(recording, SnoopState::Finished);
            }
            Event::RecordingFailed { recording, cause } => {
                self.tell(event, cause, recording);
                self.recording_ended(recording, SnoopState::Failed);
            }
            Event::Dial { peer, status } => {
                self.tell(event, status, peer);
                if let Some(leg) = self.state.leg_mut(peer)
                    && leg.state != LegState::Ended
                {
                    match status.as_str() {
                        "ANSWER" => {
                            leg.state = LegState::Up;
                            leg.answered.get_or_insert(now);
                        }
                        "RINGING" if leg.state != LegState::Up => leg.state = LegState::Ringing,
                        "PROGRESS" => leg.progressed = true,
                        // A Local leg signals these and stays; the rest of the truth
                        // comes with its end, so it is asked to end.
                        "BUSY" => leg.cause = Some(Cause::BUSY),
                        "CONGESTION" => leg.cause = Some(Cause::CONGESTION),
                        _ => {}
                    }
                }
            }
            Event::EnteredBridge { channel, .. } => {
                self.tell(event, "", channel);
                if let Some(leg) = self.state.leg_mut(channel) {
                    leg.bridged = true;
                }
            }
            Event::TalkingStarted { channel } => {
                self.tell(event, "", channel);
                self.talking_started(channel);
            }
            Event::TalkingFinished { channel, length_ms } => {
                self.tell(event, &format!("after {length_ms} ms"), channel);
                self.talking_finished(channel, Duration::from_millis(*length_ms));
            }
            Event::LeftBridge { channel, .. } => self.tell(event, "", channel),
            Event::BridgeDestroyed { bridge } => {
                self.tell(event, "", bridge);
                self.state.bridges.retain(|b| b != bridge);
                self.objects.forget(bridge);
            }
            Event::User {
                channel,
                name,
                fields,
            } => {
                self.tell(event, name, channel);
                if *channel == self.state.channel && name == NOT_BACK {
                    self.absorb_not_back(fields);
                } else if name == REFERRED {
                    self.absorb_referred(channel, fields);
                }
            }
            Event::ApplicationReplaced | Event::RestResponse { .. } | Event::Other { .. } => {}
        }
        self.tell_legs();
    }

    fn recording_ended(&mut self, recording: &str, state: SnoopState) {
        if let Some(snoop) = self.snoop_mut(|s| s.recording == recording) {
            snoop.state = state;
        }
        self.objects.forget(recording);
    }

    pub(super) fn snoop_mut(
        &mut self,
        is: impl Fn(&super::state::Snoop) -> bool,
    ) -> Option<&mut super::state::Snoop> {
        self.state
            .tracks
            .iter_mut()
            .flat_map(|track| &mut track.snoops)
            .find(|snoop| is(snoop))
    }

    fn tell(&self, event: &Event, text: &str, object: &str) {
        let who = if object == self.state.channel {
            "caller"
        } else {
            object
        };
        let space = if text.is_empty() { "" } else { " " };
        self.trace
            .write(Kind::Event, format!("{} {who}{space}{text}", event.kind()));
    }
}

/// Writes a request and what became of it into a timeline.
fn tell_sent(trace: &Trace, request: String, began: Instant, result: &Result<Reply, AriError>) {
    let line = match result {
        Ok(_) => request,
        Err(error) => format!("{request} → {error}"),
    };
    trace.took(Kind::Ari, line, began);
}

fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(86_400)
}
