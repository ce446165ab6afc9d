//! Whom a call of pivot's own accord rings.

use std::time::Duration;

use super::endpoint::{Asked, Legs, Phones, account_variable};
use super::feature::{self, Looks};
use super::phones::Whose;
use super::{members, stored, trunks};
use crate::call::ops::{Dial, Endpoint, Target};
use crate::call::originate::Ring;
use crate::call::{Call, Interrupt};

/// The Dial that rings them; `None` when there is nobody to ring.
pub async fn ringing(
    call: &mut Call,
    ring: &Ring,
    rings_for: Duration,
) -> Result<Option<Dial>, Interrupt> {
    let timeout = rings_for.as_secs();
    let asked = Asked {
        timeout,
        can_call_self: true,
        ..Asked::default()
    };
    let legs = match ring {
        Ring::Device(id) => Phones::new(call).await?.device(call, id, &asked).await?,
        Ring::User(id) => Phones::new(call).await?.user(call, id, &asked).await?,
        Ring::Number(number) => of_number(call, number, &asked).await?,
    };
    let ring = members::Ring {
        timeout,
        ..members::Ring::default()
    };
    ring.of_legs(call, legs).await
}

/// The phones behind a number of the account's, which the callflow itself might never let
/// ring; what it has instead of phones takes the call as any other. Else a trunk.
async fn of_number(call: &mut Call, number: &str, asked: &Asked) -> Result<Legs, Interrupt> {
    let number = trunks::plain(number);
    let found = call.lookup(&number).await?.filter(|found| !found.no_match);
    let endpoint = match found {
        None => trunks::first(call, &number).await?,
        Some(found) => {
            let flow = stored::flow(call, &found.callflow).await?;
            let whose = flow
                .as_ref()
                .and_then(|flow| feature::first_phone(flow, Looks::Phones));
            let mut phones = Phones::new(call).await?;
            match whose {
                Some(Whose::Device(id)) => return phones.device(call, &id, asked).await,
                Some(Whose::User(id)) => return phones.user(call, &id, asked).await,
                Some(Whose::Group(_)) | None => Endpoint::Internal(number),
            }
        }
    };
    let mut target = Target::new(endpoint);
    target.timeout = Some(Duration::from_secs(asked.timeout));
    target.variables = vec![account_variable(call)];
    Ok(Legs {
        targets: vec![target],
        ignore_early_media: false,
    })
}
