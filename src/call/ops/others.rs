//! What other channels there are, of phones that the caller may take from or
//! listen to.

use crate::ari::{Channel, Request};
use crate::call::{Call, Interrupt};
use crate::id::{CallId, PREFIX};

/// A channel of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    pub channel: String,
    /// As Asterisk names it: `PJSIP/alice-00000001`.
    pub name: String,
    pub answered: bool,
    /// The call that rings this phone, if it is one of pivot's.
    pub rung_by: Option<CallId>,
}

impl Call {
    /// The channels of these endpoints (`PJSIP/alice`) but the caller's own, the
    /// oldest first.
    pub async fn channels_of(&mut self, endpoints: &[String]) -> Result<Vec<Other>, Interrupt> {
        let listed = self.caller_request(Request::channels()).await?;
        let listed = listed.and_then(|reply| reply.json::<Vec<Channel>>());
        let channels = listed.unwrap_or_else(|error| {
            self.warn(format!("the channels cannot be listed: {error}"));
            Vec::new()
        });
        let own = &self.state.channel;
        let of_phones = channels.into_iter().filter(|channel| {
            let of = channel.name.rsplit_once('-').map_or("", |(of, _)| of);
            channel.id != *own && endpoints.iter().any(|endpoint| endpoint == of)
        });
        let live = self.services.live.of_account(self.account()).await;
        let is_live = |call: &CallId| live.iter().any(|live| live.id == *call);
        let mut others = Vec::new();
        for channel in of_phones {
            let rung_by = match maker(&channel.id).filter(|call| !is_live(call)) {
                // One that was handed over belongs to another call now.
                Some(_) => self.call_of(&channel.id).await,
                None => maker(&channel.id),
            };
            others.push(Other {
                answered: channel.state == "Up",
                rung_by,
                name: channel.name,
                channel: channel.id,
            });
        }
        others.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(others)
    }
}

/// The call whose leg this is: its id begins with the call's.
fn maker(channel: &str) -> Option<CallId> {
    let own = channel.strip_prefix(PREFIX)?;
    let hex = own.get(..32)?;
    let fine = hex.bytes().all(|b| b.is_ascii_hexdigit());
    // Whom pivot has called of its own accord is nobody's leg.
    let part = own.trim_end_matches(|c: char| c.is_ascii_digit());
    (fine && !part.ends_with('o')).then(|| CallId::of_leg(&format!("CA{hex}")))
}

#[cfg(test)]
mod tests {
    use super::maker;

    #[test]
    fn a_leg_tells_whose_it_is_and_a_callers_channel_is_nobodys() {
        let hex = "0123456789abcdef0123456789abcdef";
        let call = maker(&format!("pv-{hex}-1.2.3l0")).unwrap();
        assert_eq!(call.as_str(), format!("CA{hex}"));
        assert_eq!(maker(&format!("pv-{hex}-0.0.0o0")), None);
        assert_eq!(maker("1700000000.12"), None);
        assert_eq!(maker("pv-short"), None);
    }
}
