//! Guessing passwords is slow: few tries from one address, and few at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::V2;
use super::refusal::Refusal;
use crate::id::AccountId;
use crate::objects::Credential;

/// Wrong tries of one address within `WINDOW`.
const TRIES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
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
    /// Whether this address may try again.
    pub(super) fn may_try(&self, peer: IpAddr) -> Result<(), Refusal> {
        let Ok(wrong) = self.wrong.lock() else {
            return Ok(());
        };
        match wrong.get(&peer) {
            Some((since, tries)) if since.elapsed() < WINDOW && *tries >= TRIES => {
                Err(Refusal::too_many())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn was_wrong(&self, peer: IpAddr) {
        let Ok(mut wrong) = self.wrong.lock() else {
            return;
        };
        if wrong.len() >= ADDRESSES {
            wrong.retain(|_, (since, _)| since.elapsed() < WINDOW);
        }
        let (since, tries) = wrong.entry(peer).or_insert((Instant::now(), 0));
        if since.elapsed() >= WINDOW {
            (*since, *tries) = (Instant::now(), 0);
        }
        *tries += 1;
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
