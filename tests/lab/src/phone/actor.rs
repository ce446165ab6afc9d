//! The task of one call: it speaks SIP and RTP and does what the handle says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::call::{Command, Ended, OnRefer, Side, State};
use super::dialog::Dialog;
use super::message::{Message, Sdp, Start};
use super::rtp::{Receiver, Sender};

/// How long an unanswered request is repeated before the call is given up.
const SIP_TIMEOUT: Duration = Duration::from_secs(32);

/// What is sent again until the other side reacts.
struct Repeat {
    bytes: Vec<u8>,
    next: Instant,
    gap: Duration,
    until: Instant,
}

pub(super) struct Actor {
    dialog: Dialog,
    media: UdpSocket,
    sip: mpsc::UnboundedReceiver<Message>,
    commands: mpsc::UnboundedReceiver<Command>,
    state: watch::Sender<State>,
    received: Arc<Mutex<Receiver>>,
    sender: Sender,
    /// Where our sound goes.
    far: Option<SocketAddr>,
    muted: bool,
    /// Of our description of sound; each new one has the next.
    version: u32,
    began: Instant,
    pub(super) invite: Option<Message>,
    /// The last one of ours within the call.
    reinvite: Option<Message>,
    pub(super) incoming: bool,
    cancelling: bool,
    pub(super) answer_at: Option<Instant>,
    pub(super) hangup_after: Option<Duration>,
    repeat: Option<Repeat>,
    on_refer: OnRefer,
    /// NOTIFYs to come, and the end of the call (`None`).
    notices: Vec<(Instant, Option<u16>)>,
    finished: bool,
}

/// The ends that the handle holds the others of.
pub(super) struct Ends {
    pub(super) sip: mpsc::UnboundedReceiver<Message>,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) state: watch::Sender<State>,
    pub(super) received: Arc<Mutex<Receiver>>,
}

impl Actor {
    pub(super) fn new(dialog: Dialog, media: UdpSocket, began: Instant, ends: Ends) -> Self {
        let seed = uuid::Uuid::new_v4().as_u128() as u32;
        Self {
            dialog,
            media,
            sip: ends.sip,
            commands: ends.commands,
            state: ends.state,
            received: ends.received,
            sender: Sender::new(seed),
            far: None,
            muted: false,
            version: 1,
            began,
            invite: None,
            reinvite: None,
            incoming: false,
            cancelling: false,
            answer_at: None,
            hangup_after: None,
            repeat: None,
            on_refer: OnRefer {
                code: 202,
                told: Vec::new(),
                leaves: false,
            },
            notices: Vec::new(),
            finished: false,
        }
    }

    pub(super) async fn run(mut self) {
        let mut tick = interval(Duration::from_millis(20));
        // A late tick is made up for, so that sound keeps its length.
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut packet = [0; 2048];
        let mut handle_gone = false;
        while !self.finished {
            let repeat = self.repeat.as_ref().map(|r| r.next);
            let notice = self.notices.first().map(|(at, _)| *at);
            let wake = [self.answer_at, repeat, notice].into_iter().flatten().min();
            tokio::select! {
                Some(message) = self.sip.recv() => self.on_sip(&message),
                command = self.commands.recv(), if !handle_gone => match command {
                    Some(command) => self.on_command(command),
                    None => {
                        handle_gone = true;
                        self.on_command(Command::Hangup);
                    }
                },
                _ = tick.tick() => self.on_tick().await,
                Ok(length) = self.media.recv(&mut packet) => {
                    let at = self.began.elapsed();
                    let events = self.sender.events;
                    let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
                    received.packet(&packet[..length], at, events);
                }
                () = sleep_until(wake.unwrap_or(self.began)), if wake.is_some() => self.on_timer(),
            }
        }
        self.dialog.shared.forget(&self.dialog.call_id);
    }

    fn talking(&self) -> bool {
        self.state.borrow().answered_at.is_some()
    }

    async fn on_tick(&mut self) {
        let Some(far) = self.far else { return };
        // A phone sends sound once the call stands; before that it only listens.
        if !self.talking() || self.muted {
            return;
        }
        for packet in self.sender.tick() {
            let _ = self.media.send_to(&packet, far).await;
        }
    }

    fn on_timer(&mut self) {
        let now = Instant::now();
        if self.answer_at.is_some_and(|at| at <= now) {
            self.answer_at = None;
            if self.talking() {
                self.on_command(Command::Hangup);
            } else {
                self.respond(200);
            }
        }
        while self.notices.first().is_some_and(|(at, _)| *at <= now) {
            match self.notices.remove(0).1 {
                Some(code) => {
                    let notify = self.dialog.notify(code, phrase(code));
                    self.send_until_answered(&notify);
                }
                None => self.on_command(Command::Hangup),
            }
        }
        if let Some(repeat) = &mut self.repeat
            && repeat.next <= now
        {
            if now >= repeat.until {
                self.end(Side::Them, Some("no reaction over SIP".into()), 0);
                return;
            }
            self.dialog.shared.send(&repeat.bytes);
            repeat.gap = (repeat.gap * 2).min(Duration::from_secs(4));
            repeat.next = now + repeat.gap;
        }
    }

    pub(super) fn send_until_answered(&mut self, message: &Message) {
        let bytes = message.to_bytes();
        self.dialog.shared.send(&bytes);
        let gap = Duration::from_millis(500);
        let now = Instant::now();
        self.repeat = Some(Repeat {
            bytes,
            next: now + gap,
            gap,
            until: now + SIP_TIMEOUT,
        });
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Hangup if self.talking() => {
                let bye = self.dialog.request("BYE");
                self.send_until_answered(&bye);
            }
            Command::Hangup if self.incoming => self.respond(603),
            Command::Hangup => {
                self.cancelling = true;
                // CANCEL may only follow a provisional response.
                if !self.state.borrow().provisional.is_empty() {
                    self.cancel();
                }
            }
            Command::Ring => self.respond(180),
            Command::Answer => self.respond(200),
            Command::Reject(code) => self.respond(code),
            Command::Send(sound, done) => self.sender.push(sound, done),
            Command::StopSending => self.sender.clear(),
            Command::Mute(muted) => self.muted = muted,
            Command::Refer(to) => {
                let refer = self.dialog.request("REFER").with("Refer-To", to);
                self.send_until_answered(&refer);
            }
            Command::OnRefer(how) => self.on_refer = how,
            Command::Reinvite(direction) => {
                self.version += 1;
                let sdp = self.sdp().replace("sendrecv", direction);
                let invite = self.dialog.request("INVITE").with_sdp(sdp);
                self.send_until_answered(&invite);
                self.reinvite = Some(invite);
            }
        }
    }

    fn cancel(&mut self) {
        if let Some(invite) = &self.invite {
            let cancel = self.dialog.beside("CANCEL", invite);
            self.send_until_answered(&cancel);
        }
    }

    /// Answers the INVITE of an incoming call.
    pub(super) fn respond(&mut self, code: u16) {
        let Some(invite) = self.invite.clone().filter(|_| self.incoming) else {
            return;
        };
        if self.state.borrow().code.is_some() {
            return;
        }
        let mut response = Message::response(&invite, code, phrase(code), &self.dialog.tag)
            .with("Contact", self.dialog.contact());
        if code == 200 {
            response = response.with_sdp(self.sdp());
            self.send_until_answered(&response);
            self.answered();
            self.answer_at = self.hangup_after.map(|hold| Instant::now() + hold);
        } else {
            self.dialog.shared.send(&response.to_bytes());
            if code < 200 {
                self.state.send_modify(|s| s.provisional.push(code));
            } else {
                self.end(Side::Us, None, code);
            }
        }
    }

    fn sdp(&self) -> String {
        let addr = self.media.local_addr().unwrap_or(self.dialog.shared.addr);
        Sdp::text(addr, self.version, self.sender.events)
    }

    fn on_sip(&mut self, message: &Message) {
        match &message.start {
            Start::Request { method, .. } => self.on_request(&method.clone(), message),
            Start::Response { code, .. } => self.on_response(*code, message),
        }
    }

    fn on_request(&mut self, method: &str, request: &Message) {
        let tag = self.dialog.tag.clone();
        let ok = Message::response(request, 200, "OK", &tag);
        let reason = request.header("Reason").map(str::to_owned);
        match method {
            "ACK" => self.repeat = None,
            "BYE" => {
                self.dialog.shared.send(&ok.to_bytes());
                self.end(Side::Them, reason, 200);
            }
            "CANCEL" => {
                self.dialog.shared.send(&ok.to_bytes());
                if let Some(invite) = self.invite.clone().filter(|_| !self.talking()) {
                    let gone = Message::response(&invite, 487, "Request Terminated", &tag);
                    self.dialog.shared.send(&gone.to_bytes());
                    self.end(Side::Them, reason, 487);
                }
            }
            "INVITE" if !self.talking() => {} // repeated; our answer is on its way
            "INVITE" | "UPDATE" => {
                self.set_far(&request.body);
                let ok = ok.with("Contact", self.dialog.contact());
                let ok = if request.body.is_empty() && method == "UPDATE" {
                    ok
                } else {
                    ok.with_sdp(self.sdp())
                };
                self.dialog.shared.send(&ok.to_bytes());
            }
            "REFER" => self.on_refer(request),
            "NOTIFY" => {
                self.dialog.shared.send(&ok.to_bytes());
                self.state
                    .send_modify(|s| s.refer.notified.extend(request.sipfrag()));
            }
            _ => self.dialog.shared.send(&ok.to_bytes()),
        }
    }

    fn on_refer(&mut self, refer: &Message) {
        let (code, now) = (self.on_refer.code, Instant::now());
        let answer = Message::response(refer, code, phrase(code), &self.dialog.tag)
            .with("Contact", self.dialog.contact());
        self.dialog.shared.send(&answer.to_bytes());
        let told = self.on_refer.told.iter();
        self.notices = told.map(|(at, code)| (now + *at, Some(*code))).collect();
        if self.on_refer.leaves {
            let last = self.notices.last().map_or(now, |(at, _)| *at);
            self.notices.push((last, None));
        }
        let to = refer.header("Refer-To").map(str::to_owned);
        self.state.send_modify(|s| s.referred = to);
    }

    fn on_response(&mut self, code: u16, response: &Message) {
        let (_, method) = response.cseq();
        match (method, code) {
            ("INVITE", 100..=199) => self.on_provisional(code, response),
            ("INVITE", 200..=299) => {
                self.repeat = None;
                if let Some(contact) = response.uri_of("Contact") {
                    self.dialog.target = contact;
                }
                if let Some(to) = response.header("To") {
                    self.dialog.remote = to.to_owned();
                }
                let replaces = self.dialog.replaces();
                self.state.send_modify(|s| s.replaces = Some(replaces));
                let mut ack = self.dialog.request("ACK");
                // The ACK has the number of its INVITE.
                self.dialog.cseq -= 1;
                for (name, value) in &mut ack.headers {
                    if name == "CSeq" {
                        *value = format!("{} ACK", response.cseq().0);
                    }
                }
                self.dialog.shared.send(&ack.to_bytes());
                if !self.talking() {
                    self.set_far(&response.body);
                    self.answered();
                    if self.cancelling {
                        self.on_command(Command::Hangup);
                    }
                }
            }
            // A description of sound that is refused: the call goes on as it was.
            ("INVITE", _) if self.talking() => {
                self.repeat = None;
                if let Some(invite) = &self.reinvite {
                    let ack = self.dialog.beside("ACK", invite);
                    self.dialog.shared.send(&ack.to_bytes());
                }
            }
            ("INVITE", _) => {
                self.repeat = None;
                if let (Some(invite), Some(to)) = (&self.invite, response.header("To")) {
                    self.dialog.remote = to.to_owned();
                    let ack = self.dialog.beside("ACK", invite);
                    self.dialog.shared.send(&ack.to_bytes());
                }
                let by = if self.cancelling {
                    Side::Us
                } else {
                    Side::Them
                };
                let reason = response.header("Reason").map(str::to_owned);
                self.end(by, reason, code);
            }
            ("BYE", 200..) => self.end(Side::Us, None, 200),
            ("CANCEL" | "NOTIFY", 200..) => self.repeat = None,
            ("REFER", 200..) => {
                self.repeat = None;
                self.state.send_modify(|s| s.refer.code = Some(code));
            }
            _ => {}
        }
    }

    fn on_provisional(&mut self, code: u16, response: &Message) {
        self.repeat = None;
        let early = self.set_far(&response.body);
        self.state.send_modify(|s| {
            s.provisional.push(code);
            s.early_media |= early;
        });
        if self.cancelling {
            self.cancel();
        }
    }

    /// Notes where the other side wants its sound; false without a description.
    pub(super) fn set_far(&mut self, body: &str) -> bool {
        match Sdp::parse(body) {
            Some(sdp) => {
                self.far = Some(sdp.addr);
                self.sender.events = sdp.events.unwrap_or(101);
                true
            }
            None => false,
        }
    }

    fn answered(&mut self) {
        let at = self.began.elapsed();
        self.state.send_modify(|s| {
            s.code = Some(200);
            s.answered_at = Some(at);
        });
    }

    fn end(&mut self, by: Side, reason: Option<String>, code: u16) {
        let at = self.began.elapsed();
        self.finished = true;
        self.sender.clear();
        self.state.send_modify(|s| {
            s.code.get_or_insert(code);
            s.ended = Some(Ended { by, at, reason });
        });
    }
}

fn phrase(code: u16) -> &'static str {
    match code {
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        403 => "Forbidden",
        404 => "Not Found",
        480 => "Temporarily Unavailable",
        486 => "Busy Here",
        503 => "Service Unavailable",
        603 => "Decline",
        _ => "Lab",
    }
}
