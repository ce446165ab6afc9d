//! The owner of a box is called about new messages, as Kazoo's `ananke` does.

use std::time::Duration;

use serde_json::json;

use crate::call::Services;
use crate::call::ops::CallerId;
use crate::call::originate::{Origination, Reached, Ring, When};
use crate::id::AccountId;
use crate::news::Destination;
use crate::objects::{Account, CallbackPace, User, Vmbox};

/// Kazoo's, for what nobody says.
const ATTEMPTS: u64 = 5;
const INTERVAL_S: u64 = 300;
const TIMEOUT_S: u64 = 20;

impl Services {
    /// Has the owner called, if the box or the owner say a number.
    pub(super) async fn call_owner(&self, account: &AccountId, mailbox: &str, stored: &Vmbox) {
        let Some(owner) = &stored.owner_id else {
            return;
        };
        let owner: User = self.known(account, owner).await;
        let whole: Account = self.known(account, account.as_str()).await;
        let own = &stored.notify.callback;
        let theirs = &owner.voicemail.notify.callback;
        let number = [own, theirs]
            .iter()
            .find_map(|callback| callback.number.clone())
            .filter(|number| !number.trim().is_empty());
        let Some(number) = number else { return };
        if own.disabled.or(theirs.disabled) == Some(true) {
            return;
        }
        let paces = [&own.pace, &theirs.pace, &whole.voicemail.notify.callback];
        let timeout = first(paces, |pace| pace.timeout_s).unwrap_or(TIMEOUT_S);
        self.originations.add(Origination {
            line: format!("voicemail {account} {mailbox}"),
            party: mailbox.to_owned(),
            account: Some(account.clone()).filter(|account| *account != self.account),
            internal: false,
            ring: Ring::Number(number.clone()),
            rings_for: Duration::from_secs(timeout),
            auto_answer: false,
            shown: CallerId {
                number: stored.mailbox.clone(),
                name: stored.name.clone(),
            },
            caller: CallerId {
                number: number.clone(),
                name: stored.name.clone(),
            },
            then: Destination::Flow(json!({
                "module": "voicemail",
                "data": {"action": "check", "id": mailbox},
            })),
            when: When::Unheard(mailbox.to_owned()),
            pauses: pauses(paces),
            until: None,
            enough: Reached::Party,
            why: format!(
                "{number} is called about new messages in box {}",
                stored.mailbox
            ),
        });
    }

    /// A stored thing; its defaults where there is none.
    async fn known<T: crate::objects::Object + Default>(&self, account: &AccountId, id: &str) -> T {
        let read = self.catalog.object_leniently(account, id).await;
        read.inspect_err(|error| tracing::warn!(id, %error, "it counts as not there"))
            .ok()
            .flatten()
            .unwrap_or_default()
    }
}

fn first<T>(paces: [&CallbackPace; 3], of: impl Fn(&CallbackPace) -> Option<T>) -> Option<T> {
    paces.into_iter().find_map(of)
}

/// What comes before each attempt: the first comes after a while, too, since the owner may
/// have heard of the message until then.
fn pauses(paces: [&CallbackPace; 3]) -> Vec<Duration> {
    let schedule = |pace: &CallbackPace| pace.schedule.clone().filter(|s| !s.is_empty());
    let seconds = first(paces, schedule).unwrap_or_else(|| {
        let attempts = first(paces, |pace| pace.attempts).unwrap_or(ATTEMPTS);
        let interval = first(paces, |pace| pace.interval_s).unwrap_or(INTERVAL_S);
        vec![interval; usize::try_from(attempts).unwrap_or(usize::MAX)]
    });
    seconds.into_iter().map(Duration::from_secs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(schedule: &[u64], attempts: Option<u64>, interval_s: Option<u64>) -> CallbackPace {
        CallbackPace {
            schedule: Some(schedule.to_vec()),
            attempts,
            interval_s,
            timeout_s: None,
        }
    }

    #[test]
    fn the_first_who_says_something_about_the_pace_wins() {
        let silent = pace(&[], None, None);
        let few = pace(&[], Some(2), None);
        let often = pace(&[], Some(9), Some(60));
        let listed = pace(&[10, 20], Some(9), Some(60));
        let of = |paces| {
            let pauses: Vec<Duration> = pauses(paces);
            pauses.iter().map(Duration::as_secs).collect::<Vec<_>>()
        };
        assert_eq!(of([&silent, &silent, &silent]), [300; 5]);
        assert_eq!(of([&few, &often, &silent]), [60, 60]);
        assert_eq!(of([&few, &often, &listed]), [10, 20]);
    }
}
