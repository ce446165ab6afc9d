//! One call of a phone: a task that speaks SIP and RTP, and the handle that a
//! test holds.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::exchange::Shared;
use super::message::{Message, Sdp, Start, user_of};
use super::rtp::{self, Receiver, Sender, Sound};
use super::{CallOptions, OnCall};
use crate::ears::Heard;
use crate::error::{LabError, Result};

/// How long `wait_answered` and the like wait.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long an unanswered request is repeated before the call is given up.
const SIP_TIMEOUT: Duration = Duration::from_secs(32);

/// Samples that may be on their way without being missed (100 ms).
const JITTER: usize = 800;

/// Who ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Us,
    Them,
}

/// The end of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub by: Side,
    /// After the start of the call.
    pub at: Duration,
    /// The Reason header of a BYE or CANCEL.
    pub reason: Option<String>,
}

/// What is known of a call; times count from its start.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Every provisional code that came (or was sent), in order.
    pub provisional: Vec<u16>,
    /// 183 with a description of sound came before the answer.
    pub early_media: bool,
    /// The final code: 200 when answered, 486 when busy, 0 when nobody spoke SIP.
    pub code: Option<u16>,
    pub answered_at: Option<Duration>,
    pub ended: Option<Ended>,
}

enum Command {
    Hangup,
    Ring,
    Answer,
    Reject(u16),
    Send(Sound, Option<oneshot::Sender<()>>),
    StopSending,
    /// Stops RTP altogether, as a phone does whose cable was pulled.
    Mute(bool),
}

/// A handle on a call. Dropping it hangs up.
pub struct Call {
    /// The other party's number.
    pub peer: String,
    /// The INVITE of an incoming call.
    pub invite: Option<Message>,
    pub sip_call_id: String,
    commands: mpsc::UnboundedSender<Command>,
    state: watch::Receiver<State>,
    received: Arc<Mutex<Receiver>>,
    began: Instant,
}

impl Call {
    pub(super) async fn place(
        shared: &Arc<Shared>,
        from: &str,
        to: &str,
        options: CallOptions,
    ) -> Result<Self> {
        let media = UdpSocket::bind((shared.addr.ip(), 0)).await?;
        let mut dialog = Dialog::new(shared, from);
        dialog.local = format!("<sip:{from}@{}>;tag={}", shared.addr, dialog.tag);
        if let Some(name) = &options.name {
            dialog.local = format!("\"{name}\" {}", dialog.local);
        }
        dialog.target = format!("sip:{to}@{}", shared.peer());
        dialog.remote = format!("<{}>", dialog.target);
        let sdp = Sdp::text(media.local_addr()?, 1, 101);
        let mut invite = dialog.request("INVITE").with_sdp(sdp);
        for (name, value) in options.headers {
            invite = invite.with(&name, value);
        }
        let sip = shared.register(&dialog.call_id);
        let (call, mut actor) = build(dialog, media, sip, to);
        actor.send_until_answered(&invite);
        actor.invite = Some(invite);
        tokio::spawn(actor.run());
        Ok(call)
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until the other side answered; an error when the call ended instead.
    pub async fn wait_answered(&mut self) -> Result<()> {
        let state = self
            .wait("the answer", PATIENCE, |s| {
                s.answered_at.is_some() || s.ended.is_some()
            })
            .await?;
        match state.answered_at {
            Some(_) => Ok(()),
            None => Err(LabError::failed(format!(
                "the call to {} ended with {:?} instead of an answer",
                self.peer, state.code
            ))),
        }
    }

    /// Waits until it rings at the other side (180, or 183).
    pub async fn wait_ringing(&mut self) -> Result<()> {
        self.wait("ringing", PATIENCE, |s| {
            s.provisional.iter().any(|c| *c >= 180)
        })
        .await
        .map(|_| ())
    }

    pub async fn wait_ended(&mut self) -> Result<Ended> {
        self.wait_ended_within(Duration::from_secs(60)).await
    }

    pub async fn wait_ended_within(&mut self, limit: Duration) -> Result<Ended> {
        let state = self
            .wait("the end of the call", limit, |s| s.ended.is_some())
            .await?;
        state.ended.ok_or_else(|| LabError::failed("no end"))
    }

    /// Waits until the other side pressed this many keys and returns all of them.
    pub async fn wait_keys(&mut self, count: usize) -> Result<String> {
        let began = Instant::now();
        while self.pressed().chars().count() < count {
            if began.elapsed() > PATIENCE {
                return Err(LabError::Timeout {
                    what: format!("{count} keys, got {:?}", self.pressed()),
                    after_ms: PATIENCE.as_millis(),
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(self.pressed())
    }

    /// Waits until this much sound was heard since `from` that is not silence,
    /// then until it has been silent for `quiet`.
    pub async fn wait_prompt_over(&mut self, quiet: Duration) -> Result<()> {
        let began = Instant::now();
        let from = self.heard().duration();
        loop {
            let heard = self.heard();
            let segments = heard.after(from).segments();
            if let Some(last) = segments.last()
                && heard.duration().saturating_sub(from + last.end) >= quiet
            {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(LabError::Timeout {
                    what: format!("a prompt and {} ms of silence", quiet.as_millis()),
                    after_ms: PATIENCE.as_millis(),
                });
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    async fn wait(
        &mut self,
        what: &str,
        limit: Duration,
        done: impl FnMut(&State) -> bool,
    ) -> Result<State> {
        match timeout(limit, self.state.wait_for(done)).await {
            Ok(Ok(state)) => Ok(state.clone()),
            Ok(Err(_)) => Err(LabError::failed(format!("the call ended before {what}"))),
            Err(_) => Err(LabError::Timeout {
                what: format!("{what} of the call with {}", self.peer),
                after_ms: limit.as_millis(),
            }),
        }
    }

    /// Presses keys, 120 ms each; returns when the last is up.
    pub async fn press(&self, keys: &str) -> Result<()> {
        for key in keys.chars() {
            if !rtp::is_key(key) {
                return Err(LabError::failed(format!("{key:?} is no key")));
            }
            self.send(Sound::Key(key)).await;
        }
        Ok(())
    }

    /// Sends a sine and returns when it is over.
    pub async fn send_tone(&self, hertz: f64, length: Duration) -> Result<()> {
        self.send(Sound::Samples(rtp::tone(hertz, length).into()))
            .await;
        Ok(())
    }

    /// Sends a sine until something else is sent or [`Call::stop_sending`].
    pub fn start_tone(&self, hertz: f64) {
        self.command(Command::Send(Sound::Tone(hertz), None));
    }

    /// Sends an 8 kHz mono 16-bit WAV file and returns when it is over.
    pub async fn send_wav(&self, path: &Path) -> Result<()> {
        let heard = Heard::read_wav(path)?;
        self.send(Sound::Samples(heard.samples.into())).await;
        Ok(())
    }

    /// Back to silence.
    pub fn stop_sending(&self) {
        self.command(Command::StopSending);
    }

    /// Sends no packets at all any more, or again.
    pub fn mute_rtp(&self, muted: bool) {
        self.command(Command::Mute(muted));
    }

    /// BYE, or CANCEL before the answer, or 603 to a call that still rings here.
    pub async fn hangup(&mut self) -> Result<Ended> {
        self.command(Command::Hangup);
        self.wait_ended().await
    }

    /// Answers an incoming call of a phone set to [`OnCall::Manual`].
    pub async fn answer(&mut self) -> Result<()> {
        self.command(Command::Answer);
        self.wait_answered().await
    }

    pub fn ring(&self) {
        self.command(Command::Ring);
    }

    pub fn reject(&self, code: u16) {
        self.command(Command::Reject(code));
    }

    /// Everything heard so far; sample 0 is the start of the call.
    pub fn heard(&self) -> Heard {
        let ended = self.state.borrow().ended.as_ref().map(|e| e.at);
        let lasted = ended.unwrap_or_else(|| self.began.elapsed());
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let mut samples = received.samples.clone();
        // Asterisk sends nothing while it has nothing to play (in a recording,
        // for one); a phone hears that as silence.
        let expected = (lasted.as_secs_f64() * 8000.0) as usize;
        if expected > samples.len() + JITTER {
            samples.resize(expected, 0);
        }
        Heard::new(samples)
    }

    /// What was heard after the answer; nothing when there was none.
    pub fn heard_answered(&self) -> Heard {
        match self.state().answered_at {
            Some(at) => self.heard().after(at),
            None => Heard::new(Vec::new()),
        }
    }

    /// Keys that the other side pressed (RFC 4733).
    pub fn pressed(&self) -> String {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.keys.iter().map(|(key, _)| *key).collect()
    }

    /// Sound packets that arrived.
    pub fn packets(&self) -> usize {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.packets
    }

    async fn send(&self, sound: Sound) {
        let (done, over) = oneshot::channel();
        self.command(Command::Send(sound, Some(done)));
        // The call may end meanwhile; then nothing more is sent.
        let _ = over.await;
    }

    fn command(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

/// Takes an incoming call as the phone's owner said.
pub(super) fn take(
    shared: &Arc<Shared>,
    invite: Message,
    on_call: OnCall,
    incoming: mpsc::UnboundedSender<Call>,
) {
    // Registered before the first await, or a quick CANCEL would find nobody.
    let sip = shared.register(invite.call_id());
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let Ok(media) = UdpSocket::bind((shared.addr.ip(), 0)).await else {
            return;
        };
        let number = match &invite.start {
            Start::Request { uri, .. } => user_of(uri).to_owned(),
            Start::Response { .. } => String::new(),
        };
        let mut dialog = Dialog::new(&shared, &number);
        dialog.call_id = invite.call_id().to_owned();
        dialog.local = format!(
            "{};tag={}",
            invite.header("To").unwrap_or_default(),
            dialog.tag
        );
        dialog.remote = invite.header("From").unwrap_or_default().to_owned();
        dialog.target = invite.uri_of("Contact").unwrap_or_default();
        let peer = invite.uri_of("From").unwrap_or_default();
        let (mut call, mut actor) = build(dialog, media, sip, user_of(&peer));
        call.invite = Some(invite.clone());
        actor.incoming = true;
        actor.set_far(&invite.body);
        actor.invite = Some(invite);
        let now = Instant::now();
        match on_call {
            OnCall::Reject(code) => actor.respond(code),
            OnCall::Answer { after } => {
                actor.respond(180);
                actor.answer_at = Some(now + after);
            }
            OnCall::AnswerThenHangUp { after, hold } => {
                actor.respond(180);
                actor.answer_at = Some(now + after);
                actor.hangup_after = Some(hold);
            }
            OnCall::NeverAnswer | OnCall::Manual => actor.respond(180),
        }
        let _ = incoming.send(call);
        actor.run().await;
    });
}

fn build(
    dialog: Dialog,
    media: UdpSocket,
    sip: mpsc::UnboundedReceiver<Message>,
    peer: &str,
) -> (Call, Actor) {
    let (commands, commanded) = mpsc::unbounded_channel();
    let (state, watching) = watch::channel(State::default());
    let received = Arc::new(Mutex::new(Receiver::default()));
    let began = Instant::now();
    let call = Call {
        peer: peer.to_owned(),
        invite: None,
        sip_call_id: dialog.call_id.clone(),
        commands,
        state: watching,
        received: Arc::clone(&received),
        began,
    };
    let seed = uuid::Uuid::new_v4().as_u128() as u32;
    let actor = Actor {
        dialog,
        media,
        sip,
        commands: commanded,
        state,
        received,
        sender: Sender::new(seed),
        far: None,
        muted: false,
        began,
        invite: None,
        incoming: false,
        cancelling: false,
        answer_at: None,
        hangup_after: None,
        repeat: None,
        finished: false,
    };
    (call, actor)
}

/// The names that every message of one call carries.
struct Dialog {
    shared: Arc<Shared>,
    number: String,
    call_id: String,
    tag: String,
    local: String,
    remote: String,
    target: String,
    cseq: u32,
}

impl Dialog {
    fn new(shared: &Arc<Shared>, number: &str) -> Self {
        let id = uuid::Uuid::new_v4().simple().to_string();
        Self {
            shared: Arc::clone(shared),
            number: number.to_owned(),
            call_id: format!("{id}@lab"),
            tag: id[..10].to_owned(),
            local: String::new(),
            remote: String::new(),
            target: String::new(),
            cseq: 0,
        }
    }

    /// A new request within the call.
    fn request(&mut self, method: &str) -> Message {
        self.cseq += 1;
        let branch = uuid::Uuid::new_v4().simple();
        let via = format!(
            "SIP/2.0/UDP {};branch=z9hG4bK{branch};rport",
            self.shared.addr
        );
        self.message(method, &self.target, via, self.cseq)
            .with("Contact", self.contact())
    }

    /// A request that belongs to the INVITE: CANCEL, or ACK of a refusal.
    fn beside(&self, method: &str, invite: &Message) -> Message {
        let uri = match &invite.start {
            Start::Request { uri, .. } => uri.clone(),
            Start::Response { .. } => String::new(),
        };
        let via = invite.header("Via").unwrap_or_default().to_owned();
        self.message(method, &uri, via, invite.cseq().0)
    }

    fn message(&self, method: &str, uri: &str, via: String, cseq: u32) -> Message {
        Message::request(method, uri)
            .with("Via", via)
            .with("Max-Forwards", "70")
            .with("From", self.local.clone())
            .with("To", self.remote.clone())
            .with("Call-ID", self.call_id.clone())
            .with("CSeq", format!("{cseq} {method}"))
    }

    fn contact(&self) -> String {
        format!("<sip:{}@{}>", self.number, self.shared.addr)
    }
}

/// What is sent again until the other side reacts.
struct Repeat {
    bytes: Vec<u8>,
    next: Instant,
    gap: Duration,
    until: Instant,
}

struct Actor {
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
    began: Instant,
    invite: Option<Message>,
    incoming: bool,
    cancelling: bool,
    answer_at: Option<Instant>,
    hangup_after: Option<Duration>,
    repeat: Option<Repeat>,
    finished: bool,
}

impl Actor {
    async fn run(mut self) {
        let mut tick = interval(Duration::from_millis(20));
        // A late tick is made up for, so that sound keeps its length.
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut packet = [0; 2048];
        let mut handle_gone = false;
        while !self.finished {
            let wake = [self.answer_at, self.repeat.as_ref().map(|r| r.next)]
                .into_iter()
                .flatten()
                .min();
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

    fn send_until_answered(&mut self, message: &Message) {
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
        }
    }

    fn cancel(&mut self) {
        if let Some(invite) = &self.invite {
            let cancel = self.dialog.beside("CANCEL", invite);
            self.send_until_answered(&cancel);
        }
    }

    /// Answers the INVITE of an incoming call.
    fn respond(&mut self, code: u16) {
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
        Sdp::text(addr, 1, self.sender.events)
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
            _ => self.dialog.shared.send(&ok.to_bytes()),
        }
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
            ("CANCEL", 200..) => self.repeat = None,
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
    fn set_far(&mut self, body: &str) -> bool {
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
        404 => "Not Found",
        480 => "Temporarily Unavailable",
        486 => "Busy Here",
        503 => "Service Unavailable",
        603 => "Decline",
        _ => "Lab",
    }
}
