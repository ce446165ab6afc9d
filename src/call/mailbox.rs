//! Taking events: the only place where a call's event is taken; `absorb` makes it part
//! of the state before anybody acts on it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Call, Interrupt};
use crate::ari::{AriError, Delivery, Event, Reply, Request};
use crate::clock::{self, Time};
use crate::news::{Destination, News, QueueNews};
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

    /// Where the call is sent, once, or is on its way to when it was picked up there.
    pub fn take_destination(&mut self) -> Option<Destination> {
        if let Some(sent) = self.state.sent.take() {
            self.state.on_its_way = Some(sent);
            self.checkpoint();
        }
        self.state.on_its_way.clone()
    }

    /// The oldest of the news that nobody has looked at.
    pub fn take_news(&mut self) -> Option<News> {
        self.state.news.pop_front()
    }

    pub(super) fn check(&self) -> Result<(), Interrupt> {
        if self.state.gone.is_some() {
            Err(Interrupt::Gone)
        } else if self.state.sent.is_some() && self.state.on_its_way.is_none() && !self.closing {
            // What it leaves is left whole before it is sent on.
            Err(Interrupt::Sent)
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
                        News::Sent(destination) => self.absorb_sent(destination),
                        News::Queue(QueueNews::Taken { .. }) if !self.can_be_taken() => {
                            self.refuse_pickup();
                        }
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
