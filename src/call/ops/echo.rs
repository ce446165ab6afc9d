//! Letting callers hear themselves.
//!
//! A snoop channel hears what the caller says and stands in a bridge with the
//! caller: what it hears, the caller hears. (Asterisk's own `Echo` is of the
//! dialplan, and the call would have to leave pivot for it.)

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ari::{AriError, Request};
use crate::call::journal::Begun;
use crate::call::{Call, Interrupt, Leg, LegState};
use crate::clock;

/// A snoop channel enters Stasis within milliseconds.
const ENTER: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize, Deserialize)]
struct Echoing {
    snoop: String,
    bridge: String,
}

impl Call {
    /// Returns only when it cannot be done; the trace says why.
    pub async fn echo(&mut self) -> Result<(), Interrupt> {
        let (op, at) = match self.begin::<(), Echoing>() {
            Begun::Done(()) => return Ok(()),
            Begun::Again(op, at) => (op, at),
            Begun::New(op) => {
                let at = Echoing {
                    snoop: op.object("e"),
                    bridge: op.object("b"),
                };
                (op, at)
            }
        };
        self.write_down(&op, &at);
        self.settle().await?;
        match self.start_echo(&at).await? {
            // What follows depends on nothing but the caller's staying.
            Ok(()) => loop {
                self.next(None).await?;
            },
            Err(error) => self.warn(format!("there is no echo: {error}")),
        }
        self.done(&op, ());
        Ok(())
    }

    async fn start_echo(&mut self, at: &Echoing) -> Result<Result<(), AriError>, Interrupt> {
        if self.state.leg(&at.snoop).is_none() {
            self.objects.register(&at.snoop);
            self.objects.register(&at.bridge);
            self.state.legs.push(snoop_leg(&at.snoop));
            self.state.bridges.push(at.bridge.clone());
            self.checkpoint();
            let app = self.ari.app().to_owned();
            let snoop = Request::snoop(&self.state.channel, &at.snoop, "in", &app, "echo");
            if let Err(error) = self.caller_request(snoop).await? {
                self.state.legs.retain(|leg| leg.channel != at.snoop);
                self.state.bridges.retain(|bridge| *bridge != at.bridge);
                return Ok(Err(error));
            }
        }
        let deadline = clock::now().after(ENTER);
        let entering = |call: &Self| {
            let leg = call.state.leg(&at.snoop);
            leg.is_some_and(|leg| leg.state == LegState::Created)
        };
        while entering(self) && self.next(Some(deadline)).await?.is_some() {}
        self.insist(Request::create_bridge(&at.bridge)).await.ok();
        let joined = self
            .join(Request::add_to_bridge(&at.bridge, &at.snoop))
            .await?;
        if let Err(error) = joined {
            return Ok(Err(error));
        }
        let request = Request::add_to_bridge(&at.bridge, &self.state.channel);
        Ok(self.caller_request(request).await?.map(|_| ()))
    }
}

/// The snoop channel as a leg: it ends with the call's other legs.
fn snoop_leg(channel: &str) -> Leg {
    Leg {
        endpoint: "echo".into(),
        ..Leg::new(channel.to_owned(), String::new(), String::new())
    }
}
