//! The serial command queue of a channel.
//!
//! Play, record and DTMF occupy it until they end; everything else takes no
//! time but waits its turn. Requests of the join kind are answered only when
//! the queue has reached them.

use std::collections::VecDeque;
use std::time::Duration;

use super::rest::Answer;
use super::timers::TimerId;
use super::world::{Ticket, World};

type Act = Box<dyn FnOnce(&mut World, &str) + Send>;

/// Something that a channel is to do.
pub(super) enum Command {
    Play(u64),
    Record(String),
    /// Digits sent to the phone; takes this long.
    Dtmf(String, Duration),
    /// Takes no time. When the channel ends before, a waiting request is
    /// answered with this.
    Do(Act, Option<(Ticket, Answer)>),
}

/// What occupies a channel at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Running {
    Play(u64),
    Record(String),
    Dtmf(TimerId),
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Command>,
    running: Option<Running>,
    /// The way out of Stasis that `continue` or `move` asked for. It is gone
    /// only when nothing waits any more.
    leave: Option<Act>,
}

impl Queue {
    pub(super) fn running(&self) -> Option<&Running> {
        self.running.as_ref()
    }

    /// Whether a recording waits or runs here.
    pub(super) fn records(&self) -> bool {
        matches!(self.running, Some(Running::Record(_)))
            || self
                .waiting
                .iter()
                .any(|command| matches!(command, Command::Record(_)))
    }
}

impl World {
    /// Puts a command at the end of the queue; it runs after the response.
    pub(super) fn enqueue(&mut self, channel: &str, command: Command) {
        match self.channels.get_mut(channel) {
            Some(ch) if ch.app.is_some() => {
                ch.queue.waiting.push_back(command);
                let id = channel.to_owned();
                self.soon(move |world| world.run_queue(&id));
            }
            _ => self.throw_away(command),
        }
    }

    /// A command that takes no time and whose request was answered at once.
    pub(super) fn enqueue_act(
        &mut self,
        channel: &str,
        act: impl FnOnce(&mut World, &str) + Send + 'static,
    ) {
        self.enqueue(channel, Command::Do(Box::new(act), None));
    }

    /// A way out of Stasis, taken when the queue has run dry.
    pub(super) fn enqueue_leave(
        &mut self,
        channel: &str,
        leave: impl FnOnce(&mut World, &str) + Send + 'static,
    ) {
        self.enqueue_act(channel, move |world, channel| {
            if let Some(ch) = world.channels.get_mut(channel) {
                ch.queue.leave = Some(Box::new(leave));
            }
        });
    }

    /// A command whose request is answered when it was carried out.
    pub(super) fn enqueue_join(
        &mut self,
        channel: &str,
        ticket: Ticket,
        if_flushed: Answer,
        act: impl FnOnce(&mut World, &str) + Send + 'static,
    ) {
        let command = Command::Do(Box::new(act), Some((ticket, if_flushed)));
        self.enqueue(channel, command);
    }

    fn run_queue(&mut self, channel: &str) {
        loop {
            let Some(ch) = self.channels.get_mut(channel) else {
                return;
            };
            if ch.queue.running.is_some() || ch.is_ending() {
                return;
            }
            let Some(command) = ch.queue.waiting.pop_front() else {
                if let Some(leave) = ch.queue.leave.take() {
                    leave(self, channel);
                }
                return;
            };
            match command {
                Command::Play(key) => {
                    ch.queue.running = Some(Running::Play(key));
                    self.early_media(channel);
                    self.stop_background(channel);
                    self.start_playback(key);
                }
                Command::Record(name) => {
                    ch.queue.running = Some(Running::Record(name.clone()));
                    self.stop_background(channel);
                    self.start_recording(&name);
                }
                Command::Dtmf(digits, length) => {
                    self.early_media(channel);
                    let id = channel.to_owned();
                    let timer = self.after(length, move |world| world.dtmf_sent(&id));
                    if let Some(ch) = self.channels.get_mut(channel) {
                        ch.queue.running = Some(Running::Dtmf(timer));
                    }
                    if let Some(party) = self.parties.get_mut(channel) {
                        party.digits.push_str(&digits);
                    }
                }
                Command::Do(act, _) => act(self, channel),
            }
        }
    }

    fn dtmf_sent(&mut self, channel: &str) {
        let running = self.channels.get(channel).and_then(|c| c.queue.running());
        if let Some(dtmf @ Running::Dtmf(_)) = running.cloned() {
            self.command_over(channel, &dtmf);
        }
    }

    /// What occupied the channel has ended; the next command runs.
    pub(super) fn command_over(&mut self, channel: &str, what: &Running) {
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        if ch.queue.running.as_ref() == Some(what) {
            ch.queue.running = None;
            let id = channel.to_owned();
            self.soon(move |world| world.run_queue(&id));
        }
    }

    /// The channel leaves: what runs is ended, and what waits is still carried
    /// out, as far as that is possible on a channel that is gone.
    pub(super) fn flush_queue(&mut self, channel: &str) {
        let Some(ch) = self.channels.get_mut(channel) else {
            return;
        };
        let running = ch.queue.running.clone();
        match running {
            Some(Running::Play(key)) => self.finish_playback(key, "failed"),
            Some(Running::Record(name)) => self.finish_recording(&name),
            Some(Running::Dtmf(timer)) => self.cancel(timer),
            None => {}
        }
        while let Some(command) = self
            .channels
            .get_mut(channel)
            .and_then(|ch| ch.queue.waiting.pop_front())
        {
            match command {
                Command::Play(key) => self.fail_playback(key),
                Command::Record(name) => {
                    self.recording_runs(&name);
                    self.finish_recording(&name);
                }
                Command::Do(act, _) => act(self, channel),
                other => self.throw_away(other),
            }
        }
    }

    fn throw_away(&mut self, command: Command) {
        match command {
            Command::Play(key) => self.drop_playback(key),
            Command::Record(name) => self.drop_recording(&name),
            Command::Do(_, Some((ticket, answer))) => self.answer(ticket, answer),
            Command::Do(_, None) | Command::Dtmf(..) => {}
        }
    }
}
