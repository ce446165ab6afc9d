//! The handle on one call of a phone, which a test holds; `actor` does the work.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::actor::{Actor, Ends};
use super::dialog::Dialog;
use super::exchange::Shared;
use super::message::{Message, Sdp, Start, user_of};
use super::rtp::{self, Receiver, Sound};
use super::{CallOptions, OnCall};
use crate::ears::Heard;
use crate::error::{LabError, Result};

/// How long `wait_answered` and the like wait.
const PATIENCE: Duration = Duration::from_secs(20);
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
    /// What came of a REFER that this phone sent.
    pub refer: Referral,
    /// What a REFER names this call by, for an attended transfer (RFC 3891); once it
    /// is answered.
    pub replaces: Option<String>,
    /// The Refer-To of a REFER that this phone got.
    pub referred: Option<String>,
}

/// A REFER from the side of the phone that sent it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referral {
    /// The answer to it.
    pub code: Option<u16>,
    /// The SIP codes that NOTIFYs told, in order.
    pub notified: Vec<u16>,
}

/// What a phone does about a REFER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnRefer {
    /// The answer to it; 202 accepts.
    pub code: u16,
    /// What its NOTIFYs tell of the call that it was asked for, and when after the REFER.
    pub told: Vec<(Duration, u16)>,
    /// Hangs up right after the last NOTIFY.
    pub leaves: bool,
}

impl OnRefer {
    /// Accepts it, rings, and tells this code after 0.4 s.
    pub fn follow(code: u16) -> Self {
        let ms = Duration::from_millis;
        Self {
            code: 202,
            told: vec![(ms(0), 100), (ms(200), 180), (ms(400), code)],
            leaves: false,
        }
    }

    pub fn refuse(code: u16) -> Self {
        Self {
            code,
            told: Vec::new(),
            leaves: false,
        }
    }

    #[must_use]
    pub fn and_leave(self) -> Self {
        Self {
            leaves: true,
            ..self
        }
    }
}

pub(super) enum Command {
    Hangup,
    Ring,
    Answer,
    Reject(u16),
    Send(Sound, Option<oneshot::Sender<()>>),
    StopSending,
    /// Stops RTP altogether, as a phone does whose cable was pulled.
    Mute(bool),
    /// Asks the other side to call somebody else.
    Refer(String),
    OnRefer(OnRefer),
    /// Describes its sound anew, in this direction.
    Reinvite(&'static str),
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

    /// Puts the other side on hold by a re-INVITE, or takes it off again.
    pub fn hold(&self, on: bool) {
        self.command(Command::Reinvite(if on { "sendonly" } else { "sendrecv" }));
    }

    /// Sends a REFER: the other side is to call `to`, in Refer-To as it stands.
    pub fn refer(&self, to: &str) {
        self.command(Command::Refer(to.to_owned()));
    }

    /// Attended transfer: the other side of this call is to take the place of this
    /// phone in its call to `number`.
    pub fn refer_into(&self, other: &Self, number: &str) {
        let replaces = other.state().replaces.unwrap_or_default();
        let escaped = replaces
            .replace('@', "%40")
            .replace(';', "%3B")
            .replace('=', "%3D");
        self.refer(&format!("<sip:{number}@lab?Replaces={escaped}>"));
    }

    /// Waits for the answer to our REFER, and for a NOTIFY that ends it if it was accepted.
    pub async fn wait_refer_over(&mut self) -> Result<Referral> {
        let over = |s: &State| {
            let refused = s.refer.code.is_some_and(|code| code >= 300);
            refused || s.refer.notified.iter().any(|code| *code >= 200)
        };
        let state = self.wait("the end of the REFER", PATIENCE, over).await?;
        Ok(state.refer)
    }

    /// What is done about a REFER from now on; at first it is accepted, and nothing told.
    pub fn on_refer(&self, how: OnRefer) {
        self.command(Command::OnRefer(how));
    }

    /// Waits for a REFER and returns its Refer-To.
    pub async fn wait_referred(&mut self) -> Result<String> {
        let state = self
            .wait("a REFER", PATIENCE, |s| s.referred.is_some())
            .await?;
        Ok(state.referred.unwrap_or_default())
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
    let ends = Ends {
        sip,
        commands: commanded,
        state,
        received,
    };
    let actor = Actor::new(dialog, media, began, ends);
    (call, actor)
}
