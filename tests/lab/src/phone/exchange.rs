//! The socket that all phones of one Asterisk share.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::call::{self, Call};
use super::challenge::Challenge;
use super::message::{Message, Start, user_of};
use super::{OnCall, Phone};
use crate::error::Result;

/// Owns the receiving task; the phones live as long as it does.
pub(crate) struct Exchange {
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
}

/// What phones and calls share.
pub(super) struct Shared {
    socket: UdpSocket,
    pub(super) addr: SocketAddr,
    table: Mutex<Table>,
}

struct Table {
    /// Where Asterisk listens.
    peer: SocketAddr,
    phones: HashMap<String, Plugged>,
    /// Running calls by SIP Call-ID.
    calls: HashMap<String, mpsc::UnboundedSender<Message>>,
}

struct Plugged {
    on_call: OnCall,
    challenge: Option<Challenge>,
    incoming: mpsc::UnboundedSender<Call>,
}

impl Exchange {
    pub(crate) async fn bind(address: IpAddr) -> Result<Self> {
        let socket = UdpSocket::bind((address, 0)).await?;
        let shared = Arc::new(Shared {
            addr: socket.local_addr()?,
            socket,
            table: Mutex::new(Table {
                peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)),
                phones: HashMap::new(),
                calls: HashMap::new(),
            }),
        });
        let reader = tokio::spawn(read(Arc::clone(&shared)));
        Ok(Self { shared, reader })
    }

    pub(crate) fn port(&self) -> u16 {
        self.shared.addr.port()
    }

    pub(crate) fn set_peer(&self, peer: SocketAddr) {
        self.shared.table().peer = peer;
    }

    pub(crate) fn phone(&self, number: &str) -> Phone {
        let (sender, incoming) = mpsc::unbounded_channel();
        let plugged = Plugged {
            on_call: OnCall::Answer {
                after: Duration::from_millis(300),
            },
            challenge: None,
            incoming: sender,
        };
        self.shared.table().phones.insert(number.into(), plugged);
        Phone {
            number: number.into(),
            shared: Arc::clone(&self.shared),
            incoming,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        // A test that panicked while it held the table leaves it usable.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.table().peer
    }

    /// Sends to Asterisk. UDP on one machine fails only when Asterisk is gone,
    /// which the retransmissions and timeouts of the call report.
    pub(super) fn send(&self, bytes: &[u8]) {
        let _ = self.socket.try_send_to(bytes, self.peer());
    }

    pub(super) fn register(&self, call_id: &str) -> mpsc::UnboundedReceiver<Message> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.table().calls.insert(call_id.into(), sender);
        receiver
    }

    pub(super) fn forget(&self, call_id: &str) {
        self.table().calls.remove(call_id);
    }

    pub(super) fn set_on_call(&self, number: &str, how: OnCall) {
        if let Some(phone) = self.table().phones.get_mut(number) {
            phone.on_call = how;
        }
    }

    pub(super) fn set_challenge(&self, number: &str, challenge: Challenge) {
        if let Some(phone) = self.table().phones.get_mut(number) {
            phone.challenge = Some(challenge);
        }
    }

    /// Removes a phone whose receiver was closed, unless another of the same
    /// number took its place.
    pub(super) fn unplug(&self, number: &str) {
        let mut table = self.table();
        if table
            .phones
            .get(number)
            .is_some_and(|phone| phone.incoming.is_closed())
        {
            table.phones.remove(number);
        }
    }

    fn dispatch(self: &Arc<Self>, message: Message) {
        let call = self.table().calls.get(message.call_id()).cloned();
        if let Some(call) = call {
            let _ = call.send(message);
            return;
        }
        let Start::Request { method, uri } = &message.start else {
            return;
        };
        let (code, reason) = match method.as_str() {
            "INVITE" => {
                let phone = self
                    .table()
                    .phones
                    .get(user_of(uri))
                    .map(|p| (p.on_call.clone(), p.challenge.clone(), p.incoming.clone()));
                match phone {
                    Some((on_call, challenge, incoming)) => {
                        match challenge.and_then(|challenge| challenge.refuse(&message)) {
                            Some(refusal) => self.send(&refusal.to_bytes()),
                            None => call::take(self, message, on_call, incoming),
                        }
                        return;
                    }
                    None => (404, "Not Found"),
                }
            }
            "ACK" => return,
            "BYE" | "CANCEL" => (481, "Call/Transaction Does Not Exist"),
            _ => (200, "OK"),
        };
        self.send(&Message::response(&message, code, reason, "lab").to_bytes());
    }
}

async fn read(shared: Arc<Shared>) {
    let mut buffer = vec![0; 65_536];
    loop {
        // On Linux a UDP socket reports that an earlier packet found nobody;
        // that is no reason to stop listening.
        let Ok(length) = shared.socket.recv(&mut buffer).await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if let Some(message) = Message::parse(&buffer[..length]) {
            shared.dispatch(message);
        }
    }
}
