//! Guessing passwords is slow: few tries from one address, and few at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::V2;
use super::refusal::Refusal;
use crate::id::AccountId;
use crate::objects::Credential;

/// Wrong tries of one address within `WINDOW`, those that are worked on included.
const TRIES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered; above that the one that knocked first is forgotten.
const ADDRESSES: usize = 10_000;
/// Passwords that are worked on at once.
const AT_ONCE: usize = 2;

/// Who has knocked in vain.
pub(super) struct Doors {
    wrong: Mutex<HashMap<IpAddr, (Instant, u32)>>,
    slow: Semaphore,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            wrong: Mutex::default(),
            slow: Semaphore::new(AT_ONCE),
        }
    }
}

impl Doors {
    /// Counts a try of this address, if it may try again; a right one is given back.
    /// Tries that come at once are counted before any of them is worked on.
    pub(super) fn knock(&self, peer: IpAddr) -> Result<(), Refusal> {
        let mut wrong = self.wrong();
        let house = house(peer);
        if wrong.len() >= ADDRESSES && !wrong.contains_key(&house) {
            wrong.retain(|_, (since, _)| since.elapsed() < WINDOW);
            let oldest = wrong.iter().min_by_key(|(_, (since, _))| *since);
            if let Some(oldest) = oldest.map(|(house, _)| *house)
                && wrong.len() >= ADDRESSES
            {
                wrong.remove(&oldest);
            }
        }
        let (since, tries) = wrong.entry(house).or_insert((Instant::now(), 0));
        if since.elapsed() >= WINDOW {
            (*since, *tries) = (Instant::now(), 0);
        }
        if *tries >= TRIES {
            return Err(Refusal::too_many());
        }
        *tries += 1;
        Ok(())
    }

    /// The try of this address was right, or none.
    pub(super) fn give_back(&self, peer: IpAddr) {
        if let Some((_, tries)) = self.wrong().get_mut(&house(peer)) {
            *tries = tries.saturating_sub(1);
        }
    }

    /// No holder can leave a count half-changed.
    fn wrong(&self) -> MutexGuard<'_, HashMap<IpAddr, (Instant, u32)>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom addresses belong to: one has as many IPv6 addresses as it likes in a /64.
fn house(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
        address => address,
    }
}

impl V2 {
    /// The id of the credential that belongs to what a client has sent.
    pub(super) async fn credential(
        &self,
        account: &AccountId,
        sent: &str,
    ) -> Result<String, Refusal> {
        let _turn = self.doors.slow.acquire().await.ok();
        let (account, sent) = (account.clone(), sent.to_owned());
        let work = tokio::task::spawn_blocking(move || Credential::id_of(&account, &sent));
        work.await
            .map_err(|_| Refusal::broken("the password cannot be worked on"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(doors: &Doors, addresses: &[&str]) -> usize {
        let peers = (0..30).map(|n| addresses[n % addresses.len()].parse().unwrap());
        peers.filter(|peer| doors.knock(*peer).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn ten_tries_of_one_house_are_let_in_a_minute() {
        let doors = Doors::default();
        assert_eq!(tries(&doors, &["192.0.2.1", "::ffff:192.0.2.1"]), 10);
        assert_eq!(tries(&doors, &["2001:db8::1", "2001:db8::2:3:4:5"]), 10);
        assert_eq!(tries(&doors, &["2001:db8:0:1::1"]), 10);
        tokio::time::advance(WINDOW).await;
        assert_eq!(tries(&doors, &["192.0.2.1"]), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn right_tries_do_not_count() {
        let doors = Doors::default();
        let peer = "192.0.2.1".parse().unwrap();
        for _ in 0..100 {
            assert!(doors.knock(peer).is_ok());
            doors.give_back(peer);
        }
        assert_eq!(tries(&doors, &["192.0.2.1"]), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_addresses_are_remembered_and_no_more() {
        let doors = Doors::default();
        for n in 0..10_100_u32 {
            doors.knock(IpAddr::V4(n.into())).ok();
        }
        assert_eq!(doors.wrong().len(), ADDRESSES);
    }
}
