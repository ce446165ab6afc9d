//! The scripted world: people who call, endpoints that are called.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::channels::{By, Channel, Hangup, Identity, State};
use super::faults::{Fault, Matching};
use super::log::{Entry, Heard, Leftovers, Request, Sound};
use super::options::{Dials, Options, Version};
use super::world::{Handle, World};

/// How long a key is held, and the pause to the next.
const KEY: Duration = Duration::from_millis(100);

/// A running fake. Dropping it closes its sockets and ends its tasks.
pub struct FakeAsterisk {
    world: Handle,
    address: SocketAddr,
    options: Options,
    stop: CancellationToken,
}

/// Somebody who calls in.
#[derive(Debug, Clone)]
pub struct Caller {
    pub number: String,
    pub name: String,
    /// The number dialled; becomes `dialplan.exten`.
    pub to: String,
    /// The arguments of `Stasis(app,…)`.
    pub args: Vec<String>,
    pub context: String,
    /// The host of the request URI.
    pub domain: String,
    /// The SIP Call-ID; made up when absent.
    pub call_id: Option<String>,
    /// Headers of the INVITE, for `PJSIP_HEADER(read,…)`.
    pub headers: Vec<(String, String)>,
    /// Channel variables set by the dialplan before `Stasis()`.
    pub variables: BTreeMap<String, String>,
    /// The channel's id; Asterisk's own kind when absent.
    pub id: Option<String>,
    /// `false`: no audio frames arrive from this phone, so that neither
    /// `maxDurationSeconds` nor silence ends a recording.
    pub sends_audio: bool,
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            number: "+15550001".into(),
            name: "Alice".into(),
            to: "1000".into(),
            args: Vec::new(),
            context: "default".into(),
            domain: "127.0.0.1".into(),
            call_id: None,
            headers: Vec::new(),
            variables: BTreeMap::new(),
            id: None,
            sends_audio: true,
        }
    }
}

/// What a called endpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// 180 after this long; `None`: no ringing is signalled.
    pub ring_after: Option<Duration>,
    /// 183 with sound after this long.
    pub early_media_after: Option<Duration>,
    pub outcome: Outcome,
    /// Hangs up this long after its answer.
    pub hangup_after: Option<Duration>,
    /// Keys pressed this long after its answer.
    pub presses: Vec<(Duration, String)>,
    /// Talks from and for these times after its answer.
    pub talks: Vec<(Duration, Duration)>,
}

/// How the ringing ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    AnswerAfter(Duration),
    /// A final SIP response other than 200 after this long.
    RejectAfter(u16, Duration),
    NoAnswer,
    /// Nobody is registered: the leg cannot even be created.
    Unregistered,
    /// A `Local/` endpoint whose extension is not in the dialplan: the leg ends
    /// when it is dialled, without a word about the dialling.
    NoExtension,
}

impl Behaviour {
    /// Rings at once and answers after `after`.
    pub fn answers(after: Duration) -> Self {
        Self {
            ring_after: Some(Duration::ZERO),
            early_media_after: None,
            outcome: Outcome::AnswerAfter(after),
            hangup_after: None,
            presses: Vec::new(),
            talks: Vec::new(),
        }
    }

    /// Answers the call with this SIP code, after 50 ms and without ringing.
    pub fn rejects(code: u16) -> Self {
        Self {
            ring_after: None,
            outcome: Outcome::RejectAfter(code, Duration::from_millis(50)),
            ..Self::answers(Duration::ZERO)
        }
    }

    pub fn busy() -> Self {
        Self::rejects(486)
    }

    pub fn congestion() -> Self {
        Self::rejects(503)
    }

    /// Rings for ever.
    pub fn no_answer() -> Self {
        Self {
            outcome: Outcome::NoAnswer,
            ..Self::answers(Duration::ZERO)
        }
    }

    pub fn unregistered() -> Self {
        Self {
            outcome: Outcome::Unregistered,
            ..Self::answers(Duration::ZERO)
        }
    }

    pub fn no_extension() -> Self {
        Self {
            outcome: Outcome::NoExtension,
            ..Self::answers(Duration::ZERO)
        }
    }

    #[must_use]
    pub fn rings_after(mut self, after: Duration) -> Self {
        self.ring_after = Some(after);
        self
    }

    #[must_use]
    pub fn early_media_after(mut self, after: Duration) -> Self {
        self.early_media_after = Some(after);
        self
    }

    #[must_use]
    pub fn hangs_up_after(mut self, talked: Duration) -> Self {
        self.hangup_after = Some(talked);
        self
    }

    #[must_use]
    pub fn presses(mut self, after: Duration, keys: &str) -> Self {
        self.presses.push((after, keys.into()));
        self
    }

    #[must_use]
    pub fn talks(mut self, after: Duration, length: Duration) -> Self {
        self.talks.push((after, length));
        self
    }
}

/// An endpoint pattern and what it does.
#[derive(Debug, Clone)]
pub(super) struct Callee {
    pub(super) pattern: String,
    pub(super) behaviour: Behaviour,
}

/// The phone's side of a channel. Outlives the channel.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) endpoint: String,
    /// Counts parties, for their order.
    pub(super) since: u64,
    pub(super) heard: Vec<Heard>,
    /// SIP responses that this caller got, the final one last.
    pub(super) responses: Vec<u16>,
    /// Digits that Asterisk sent to it.
    pub(super) digits: String,
    /// When it talked, and may yet talk.
    pub(super) talk: Vec<(Instant, Instant)>,
    pub(super) sends_audio: bool,
    pub(super) continued: Option<Continued>,
    pub(super) ended: Option<Ended>,
}

impl Party {
    pub(super) fn new(endpoint: &str, since: u64, sends_audio: bool) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            since,
            heard: Vec::new(),
            responses: Vec::new(),
            digits: String::new(),
            talk: Vec::new(),
            sends_audio,
            continued: None,
            ended: None,
        }
    }
}

/// How a call ended for a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Since the fake's start.
    pub at: Duration,
    /// The phone hung up, or gave up; otherwise Asterisk did.
    pub by_phone: bool,
    /// Q.850.
    pub cause: u16,
    /// The final SIP response of a call that was never answered.
    pub sip: Option<u16>,
}

/// Where in the dialplan a call was sent, with its variables at that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continued {
    pub context: String,
    pub extension: String,
    pub priority: i64,
    pub label: Option<String>,
    pub variables: BTreeMap<String, String>,
}

/// A phone that takes part in a call: one that called in, or one that a leg
/// called. Its methods do nothing once its call has ended.
#[derive(Clone)]
pub struct Phone {
    world: Handle,
    channel: String,
}

impl FakeAsterisk {
    /// Listens and is ready. Fails when the address cannot be bound.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let stop = CancellationToken::new();
        let world = World::start(options.clone(), stop.clone());
        let address = super::http::serve(&options, world.clone(), stop.clone()).await?;
        Ok(Self {
            world,
            address,
            options,
            stop,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For `[ari] url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A call comes in and runs `Stasis()`. When the application has no socket,
    /// the dialplan goes on and the caller gets a 503.
    pub async fn call(&self, caller: Caller) -> Phone {
        let channel = self
            .world
            .ask(move |world| world.call_in(caller))
            .await
            .unwrap_or_default();
        Phone {
            world: self.world.clone(),
            channel,
        }
    }

    /// Decides what endpoints that match `pattern` do when called; `*` stands
    /// for anything, and the last matching pattern counts. An endpoint that
    /// nothing was said about answers after a second.
    pub async fn callee(&self, pattern: &str, behaviour: Behaviour) {
        let pattern = pattern.to_owned();
        self.world
            .ask(move |world| world.callees.push(Callee { pattern, behaviour }))
            .await;
    }

    /// The phones that calls to endpoints matching `pattern` reached, in order.
    pub async fn called(&self, pattern: &str) -> Vec<Phone> {
        let pattern = pattern.to_owned();
        let channels = self.world.ask(move |world| world.called(&pattern)).await;
        channels
            .unwrap_or_default()
            .into_iter()
            .map(|channel| self.phone(&channel))
            .collect()
    }

    /// The phone behind a channel.
    pub fn phone(&self, channel: &str) -> Phone {
        Phone {
            world: self.world.clone(),
            channel: channel.to_owned(),
        }
    }

    /// Says how long a sound lasts.
    pub async fn sound(&self, name: &str, length: Duration) {
        let name = name.to_owned();
        self.world
            .ask(move |world| world.sounds.lengths.insert(name, length))
            .await;
    }

    /// Says that there is no such sound.
    pub async fn no_sound(&self, name: &str) {
        let name = name.to_owned();
        self.world
            .ask(move |world| world.sounds.missing.insert(name))
            .await;
    }

    /// Sets a global variable of the dialplan.
    pub async fn global(&self, name: &str, value: &str) {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.world
            .ask(move |world| world.globals.insert(name, value))
            .await;
    }

    /// Everything so far, in order.
    pub async fn log(&self) -> Vec<Entry> {
        self.world
            .ask(|world| world.log.entries.clone())
            .await
            .unwrap_or_default()
    }

    /// The REST requests so far, in order.
    pub async fn requests(&self) -> Vec<Request> {
        let log = self.log().await;
        log.into_iter()
            .filter_map(|entry| match entry {
                Entry::Request(request) => Some(request),
                Entry::Event { .. } => None,
            })
            .collect()
    }

    pub async fn leftovers(&self) -> Leftovers {
        self.world
            .ask(|world| world.leftovers())
            .await
            .unwrap_or_default()
    }

    /// Waits until the log satisfies `seen`; `false` when it does not within
    /// `limit` of virtual time.
    pub async fn until(
        &self,
        limit: Duration,
        seen: impl Fn(&[Entry]) -> bool + Send + 'static,
    ) -> bool {
        self.world
            .wait(limit, move |world| seen(&world.log.entries).then_some(()))
            .await
            .is_some()
    }

    /// Waits until nothing is left but stored recordings.
    pub async fn until_idle(&self, limit: Duration) -> bool {
        self.world
            .wait(limit, |world| {
                let mut left = world.leftovers();
                left.stored_recordings.clear();
                left.is_empty().then_some(())
            })
            .await
            .is_some()
    }

    /// Something goes wrong with a request to come.
    pub async fn fault(&self, matching: Matching, fault: Fault) {
        self.world
            .ask(move |world| world.faults.add(matching, fault))
            .await;
    }

    /// Turns the dials.
    pub async fn turn(&self, change: impl FnOnce(&mut Dials) + Send + 'static) {
        self.world
            .ask(move |world| change(&mut world.options.dials))
            .await;
    }

    /// Breaks every event socket; for `down`, connecting again is refused.
    pub async fn drop_sockets(&self, down: Duration) {
        self.world.ask(move |world| world.drop_sockets(down)).await;
    }

    /// Crashes and starts again: calls, bridges, applications and connections
    /// are gone, stored recordings stay. Nothing listens for `down`.
    pub async fn restart(&self, down: Duration) {
        self.world.ask(move |world| world.restart(down)).await;
    }

    /// How long calls stay in the dialplan after `continue` before it hangs up.
    pub async fn dialplan_time(&self, time: Duration) {
        self.world
            .ask(move |world| world.dialplan_time = time)
            .await;
    }
}

impl Drop for FakeAsterisk {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Phone {
    /// The id of its channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    fn id(&self) -> String {
        self.channel.clone()
    }

    /// Presses keys one after the other and returns when the last is released.
    pub async fn press(&self, keys: &str) {
        for key in keys.chars() {
            tokio::time::sleep(KEY).await;
            let id = self.id();
            self.world.ask(move |world| world.key(&id, key)).await;
            tokio::time::sleep(KEY).await;
        }
    }

    /// Presses keys `after` from now, without waiting for it.
    pub fn press_at(&self, after: Duration, keys: &str) {
        for (place, key) in (0..).zip(keys.chars()) {
            let id = self.id();
            self.world.tell(move |world| {
                world.after(after + KEY * (2 * place + 1), move |world| {
                    world.key(&id, key)
                });
            });
        }
    }

    /// Hangs up, or gives up when not answered yet.
    pub async fn hangup(&self) {
        let id = self.id();
        self.world.ask(move |world| world.phone_hangs_up(&id)).await;
    }

    /// Hangs up with a BYE that gives this Q.850 cause as its reason.
    pub async fn hangup_because(&self, cause: u16) {
        let id = self.id();
        self.world
            .ask(move |world| world.phone_ends(&id, Some(cause)))
            .await;
    }

    /// Hangs up `after` from now, without waiting for it.
    pub fn hangup_at(&self, after: Duration) {
        let id = self.id();
        self.world.tell(move |world| {
            world.after(after, move |world| world.phone_hangs_up(&id));
        });
    }

    /// Talks for so long and returns when done.
    pub async fn talk(&self, length: Duration) {
        self.talk_at(Duration::ZERO, length);
        tokio::time::sleep(length).await;
    }

    /// Talks for `length`, beginning `after` from now, without waiting for it.
    pub fn talk_at(&self, after: Duration, length: Duration) {
        let id = self.id();
        self.world
            .tell(move |world| world.party_talks(&id, after, length));
    }

    /// Puts the call on hold (`true`) or takes it back.
    pub async fn hold(&self, on: bool) {
        let id = self.id();
        self.world
            .ask(move |world| world.phone_holds(&id, on))
            .await;
    }

    /// `Ring`, `Ringing`, `Up` …; `None` when the channel is gone.
    pub async fn state(&self) -> Option<String> {
        let id = self.id();
        self.world
            .ask(move |world| {
                let channel = world.channels.get(&id)?.to_json();
                channel["state"].as_str().map(str::to_owned)
            })
            .await
            .flatten()
    }

    /// The SIP responses it got, in order; for phones that called in.
    pub async fn responses(&self) -> Vec<u16> {
        self.party(|party| party.responses.clone()).await
    }

    /// What it heard so far.
    pub async fn heard(&self) -> Vec<Heard> {
        self.party(|party| party.heard.clone()).await
    }

    /// The media URIs it heard, in order.
    pub async fn heard_media(&self) -> Vec<String> {
        let heard = self.heard().await;
        heard
            .into_iter()
            .filter_map(|heard| match heard.what {
                Sound::Media(uri) => Some(uri),
                _ => None,
            })
            .collect()
    }

    /// Digits that were sent to it.
    pub async fn digits(&self) -> String {
        self.party(|party| party.digits.clone()).await
    }

    /// Where in the dialplan it was sent, if it was.
    pub async fn continued(&self) -> Option<Continued> {
        self.party(|party| party.continued.clone()).await
    }

    /// A variable of its channel.
    pub async fn variable(&self, name: &str) -> Option<String> {
        let (id, name) = (self.id(), name.to_owned());
        self.world
            .ask(move |world| world.channels.get(&id)?.vars.get(&name).cloned())
            .await
            .flatten()
    }

    /// How its call ended; `None` while it lasts.
    pub async fn ended(&self) -> Option<Ended> {
        self.party(|party| party.ended.clone()).await
    }

    /// Waits until the call has ended; `None` when it has not within an hour.
    pub async fn wait_ended(&self) -> Option<Ended> {
        let id = self.id();
        self.world
            .wait(Duration::from_secs(3600), move |world| {
                world.parties.get(&id)?.ended.clone()
            })
            .await
    }

    /// Waits until the call is answered; `false` when it is not within `limit`.
    pub async fn wait_answered(&self, limit: Duration) -> bool {
        let id = self.id();
        self.world
            .wait(limit, move |world| {
                (world.channels.get(&id)?.state == State::Up).then_some(())
            })
            .await
            .is_some()
    }

    async fn party<T: Default + Send + 'static>(
        &self,
        read: impl FnOnce(&Party) -> T + Send + 'static,
    ) -> T {
        let id = self.id();
        self.world
            .ask(move |world| world.parties.get(&id).map(read))
            .await
            .flatten()
            .unwrap_or_default()
    }
}

impl World {
    fn call_in(&mut self, caller: Caller) -> String {
        let id = caller.id.clone().unwrap_or_else(|| self.unique_id());
        let name = self.channel_name("PJSIP/sipp");
        let mut channel = Channel::new(&id, name, State::Ring);
        channel.protocol_id = caller
            .call_id
            .clone()
            .unwrap_or_else(|| format!("{id}@{}", caller.domain));
        channel.caller = Identity {
            name: caller.name.clone(),
            number: caller.number.clone(),
        };
        channel.dialplan.context.clone_from(&caller.context);
        channel.dialplan.exten.clone_from(&caller.to);
        channel.dialplan.priority = 2;
        channel.vars = caller.variables.clone();
        channel
            .vars
            .insert("SIPDOMAIN".into(), caller.domain.clone());
        let uri = |user: &str, host: &str| format!("sip:{user}@{host}");
        for (what, value) in [
            ("call-id", channel.protocol_id.clone()),
            ("request_uri", uri(&caller.to, &caller.domain)),
            ("local_uri", uri(&caller.to, &caller.domain)),
            ("remote_uri", uri(&caller.number, &caller.domain)),
            ("remote_addr", "127.0.0.1:47270".to_owned()),
            ("local_addr", "127.0.0.1:5060".to_owned()),
        ] {
            channel.vars.insert(format!("CHANNEL(pjsip,{what})"), value);
        }
        let own = [
            (
                "From",
                format!(
                    "\"{}\" <{}>",
                    caller.name,
                    uri(&caller.number, &caller.domain)
                ),
            ),
            ("To", format!("<{}>", uri(&caller.to, &caller.domain))),
            ("Call-ID", channel.protocol_id.clone()),
        ];
        for (name, value) in own {
            channel
                .vars
                .insert(format!("PJSIP_HEADER(read,{name})"), value);
        }
        for (name, value) in &caller.headers {
            channel
                .vars
                .insert(format!("PJSIP_HEADER(read,{name})"), value.clone());
        }
        let names: Vec<&str> = caller.headers.iter().map(|(n, _)| n.as_str()).collect();
        channel
            .vars
            .insert("PJSIP_HEADERS(all)".into(), names.join(","));
        self.channels.insert(id.clone(), channel);
        let endpoint = format!("sip:{}", caller.number);
        let party = Party::new(&endpoint, self.count(), caller.sends_audio);
        self.parties.insert(id.clone(), party);
        let app = self.options.app.clone();
        if self.app_is_active(&app) {
            self.enter_stasis(&id, &app, &caller.args);
        } else {
            let hangup = Hangup {
                cause: 34,
                tech: None,
                by: By::Asterisk,
            };
            self.hang_up(&id, hangup);
        }
        id
    }

    fn called(&self, pattern: &str) -> Vec<String> {
        let mut found: Vec<_> = self
            .parties
            .iter()
            .filter(|(_, party)| super::legs::matches(pattern, &party.endpoint))
            .map(|(id, party)| (party.since, id.clone()))
            .collect();
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// A key is released. Only an answered phone, or one with early media, has
    /// a way to send it.
    pub(super) fn key(&mut self, channel: &str, key: char) {
        let digit = key.to_ascii_uppercase();
        if !"0123456789*#ABCD".contains(digit) || !self.channels.contains_key(channel) {
            return;
        }
        self.channel_event(
            "ChannelDtmfReceived",
            channel,
            json!({ "digit": digit.to_string(), "duration_ms": KEY.as_millis() as u64 }),
        );
        self.recording_key(channel, digit);
    }

    pub(super) fn phone_hangs_up(&mut self, channel: &str) {
        self.phone_ends(channel, None);
    }

    fn phone_ends(&mut self, channel: &str, reason: Option<u16>) {
        let Some(ch) = self.channels.get(channel) else {
            return;
        };
        let answered = ch.state == State::Up || ch.leg.is_some();
        let hangup = match reason {
            _ if !answered => Hangup {
                cause: 127,
                tech: Some(487),
                by: By::Phone,
            },
            Some(cause) => Hangup {
                cause,
                tech: None,
                by: By::Phone,
            },
            // The dialplan on the other half hangs up.
            None if ch.name.starts_with("Local/") => Hangup {
                cause: 16,
                tech: None,
                by: By::Phone,
            },
            // 22 does not make up a cause for a caller's BYE.
            None => Hangup {
                cause: if self.version() >= Version::V22 && ch.leg.is_none() {
                    0
                } else {
                    16
                },
                tech: None,
                by: By::Bye,
            },
        };
        self.hang_up(channel, hangup);
    }

    fn phone_holds(&mut self, channel: &str, on: bool) {
        if on {
            let class = json!({ "musicclass": "default" });
            self.channel_event("ChannelHold", channel, class);
        } else {
            self.channel_event("ChannelUnhold", channel, json!({}));
        }
    }

    pub(super) fn party_talks(&mut self, channel: &str, after: Duration, length: Duration) {
        if let Some(party) = self.parties.get_mut(channel) {
            let from = Instant::now() + after;
            party.talk.push((from, from + length));
        }
    }

    fn drop_sockets(&mut self, down: Duration) {
        self.refuse_sockets_until = Some(Instant::now() + down);
        let sockets: Vec<_> = self
            .apps
            .values()
            .filter_map(|app| app.socket.clone())
            .collect();
        for socket in sockets {
            let _ = socket.frames.send(super::apps::Frame::Drop);
            self.disconnect(socket.id);
        }
    }

    fn restart(&mut self, down: Duration) {
        let channels: Vec<_> = self.channels.keys().cloned().collect();
        self.drop_sockets(down);
        self.apps.clear();
        for id in channels {
            let hangup = Hangup {
                cause: 0,
                tech: None,
                by: By::Limit,
            };
            self.hang_up(&id, hangup);
        }
        self.bridges.clear();
        self.playbacks.clear();
        self.live.clear();
        self.channels.clear();
        self.globals.clear();
        self.forget_pending();
        self.booted = crate::clock::now().after(down);
        self.offline_until = Some(Instant::now() + down);
        self.connections.cancel();
        self.connections = CancellationToken::new();
    }

    pub(super) fn version(&self) -> Version {
        self.options.version
    }
}
