//! Listening to a channel of somebody else's, who does not hear the caller.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ari::{AriError, Event, Request};
use crate::call::journal::Begun;
use crate::call::mailbox::Input;
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::id::OpId;

/// A snoop channel enters Stasis within milliseconds.
const ENTER: Duration = Duration::from_secs(5);

/// The snoop channel and the bridge that the caller hears it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eavesdropping {
    pub snoop: String,
    pub bridge: String,
    /// The snoop channel has ended, with the one that it listened to.
    #[serde(default)]
    pub over: bool,
}

/// What listening must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Listening {
    joined: bool,
}

impl Call {
    /// Hears all that a channel says and hears, until it ends or the caller hangs
    /// up; `false` when Asterisk does not let the caller listen.
    pub async fn eavesdrop(&mut self, channel: &str) -> Result<bool, Interrupt> {
        let (op, mut at) = match self.begin::<bool, Listening>() {
            Begun::Done(listened) => return Ok(listened),
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => (op, Listening::default()),
        };
        self.answer().await?;
        self.settle().await?;
        let listened = match self.listen_in(channel, &op, &mut at).await? {
            Ok(()) => true,
            Err(error) => {
                self.warn(format!("the caller cannot listen: {error}"));
                false
            }
        };
        self.end_eavesdropping().await;
        Ok(self.done(&op, listened))
    }

    async fn listen_in(
        &mut self,
        channel: &str,
        op: &OpId,
        at: &mut Listening,
    ) -> Result<Result<(), AriError>, Interrupt> {
        let ids = Eavesdropping {
            snoop: op.object("snoop"),
            bridge: op.object("b"),
            over: false,
        };
        self.objects.register(&ids.snoop);
        self.objects.register(&ids.bridge);
        if !at.joined {
            self.state.eavesdropping = Some(ids.clone());
            self.write_down(op, at);
            let app = self.ari.app().to_owned();
            let create = Request::create_bridge(&ids.bridge);
            let snoop = Request::snoop(channel, &ids.snoop, "both", &app, "eavesdrop");
            for request in [create, snoop] {
                if let Err(error) = self.request(request).await
                    && error.status() != Some(409)
                {
                    return Ok(Err(error));
                }
            }
            self.await_snoop(&ids.snoop).await?;
            let own = self.state.channel.clone();
            for channel in [&ids.snoop, &own] {
                let request = Request::add_to_bridge(&ids.bridge, channel);
                if let Err(error) = self.caller_request(request).await? {
                    return Ok(Err(error));
                }
            }
            at.joined = true;
            self.write_down(op, at);
        }
        while self.state.eavesdropping.as_ref().is_some_and(|e| !e.over) {
            self.next(None).await?;
        }
        Ok(Ok(()))
    }

    /// The snoop ends with the channel that it listens to.
    pub(in crate::call) fn absorb_listening(&mut self, ended: &str) {
        if let Some(listening) = &mut self.state.eavesdropping {
            listening.over |= listening.snoop == ended;
        }
    }

    async fn await_snoop(&mut self, snoop: &str) -> Result<(), Interrupt> {
        let deadline = clock::now().after(ENTER);
        loop {
            match self.next(Some(deadline)).await? {
                Some(Input::Ari(Event::StasisStart { channel, .. })) if channel.id == snoop => {
                    return Ok(());
                }
                Some(_) => {}
                None => return Ok(()),
            }
        }
    }

    /// What listening has made is gone.
    pub async fn end_eavesdropping(&mut self) {
        let Some(Eavesdropping { snoop, bridge, .. }) = self.state.eavesdropping.take() else {
            return;
        };
        self.insist(self.ari.hangup(&snoop, 16)).await.ok();
        self.insist(Request::destroy_bridge(&bridge)).await.ok();
        self.objects.forget(&snoop);
        self.objects.forget(&bridge);
    }
}
