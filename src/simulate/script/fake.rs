//! The fake as tests and `pivot simulate` hold it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::callee::{Behaviour, Callee};
use super::caller::Caller;
use super::party::Context;
use super::phone::Phone;
use crate::simulate::faults::{Fault, Matching};
use crate::simulate::hangup::{By, Hangup};
use crate::simulate::log::{Entry, Leftovers, Request};
use crate::simulate::options::{Dials, Options, Version};
use crate::simulate::world::{Handle, World};

/// A running fake. Dropping it closes its sockets and ends its tasks.
pub struct FakeAsterisk {
    world: Handle,
    address: SocketAddr,
    options: Options,
    stop: CancellationToken,
}

impl FakeAsterisk {
    /// Listens and is ready. Fails when the address cannot be bound.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let stop = CancellationToken::new();
        let world = World::start(options.clone(), stop.clone());
        let address = crate::simulate::http::serve(&options, world.clone(), stop.clone()).await?;
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

    /// Says what state an endpoint (`PJSIP/alice`) is in, for those who list them all.
    pub async fn endpoint(&self, name: &str, state: &str) {
        let (name, state) = (name.to_owned(), state.to_owned());
        self.world
            .ask(move |world| world.endpoints.insert(name, state))
            .await;
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

    /// Unloads a module, for those who look at the list of them. The modules of
    /// `asterisk-conf/modules.conf` are loaded.
    pub async fn unload(&self, module: &str) {
        let module = module.to_owned();
        self.world
            .ask(move |world| world.modules.remove(&module))
            .await;
    }

    /// Takes a context out of the dialplan, which is that of `asterisk-conf` at first.
    pub async fn no_context(&self, name: &str) {
        let name = name.to_owned();
        self.world
            .ask(move |world| world.dialplan.remove(&name))
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

    /// The state that somebody has set for `Stasis:name`.
    pub async fn device_state(&self, name: &str) -> Option<String> {
        let name = format!("Stasis:{name}");
        self.world
            .ask(move |world| world.device_states.get(&name).cloned())
            .await
            .flatten()
    }

    /// Says what a context of the dialplan does with calls that are sent there.
    pub async fn context(&self, name: &str, context: Context) {
        let name = name.to_owned();
        self.world
            .ask(move |world| world.contexts.insert(name, context))
            .await;
    }

    /// How long calls stay in the dialplan after `continue`, or after the REFER of a
    /// called party, before it hangs up.
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

impl World {
    fn called(&self, pattern: &str) -> Vec<String> {
        let mut found: Vec<_> = self
            .parties
            .iter()
            .filter(|(_, party)| crate::simulate::legs::matches(pattern, &party.endpoint))
            .map(|(id, party)| (party.since, id.clone()))
            .collect();
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn drop_sockets(&mut self, down: Duration) {
        self.refuse_sockets_until = Some(Instant::now() + down);
        let sockets: Vec<_> = self
            .apps
            .values()
            .filter_map(|app| app.socket.clone())
            .collect();
        for socket in sockets {
            let _ = socket.frames.send(crate::simulate::apps::Frame::Drop);
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

    pub(in crate::simulate) fn version(&self) -> Version {
        self.options.version
    }
}
