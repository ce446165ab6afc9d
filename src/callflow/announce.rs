//! A call out that reached nobody and that no child takes: what the caller hears of
//! it, and the SIP code that it gets.

use super::library::prompt;
use super::tones;
use crate::call::ops::{Keys, Play, Sound};
use crate::call::{Call, Cause, Interrupt};
use crate::program::{End, Flow};

/// What the caller is told when no child wants the failure: a tone or an
/// announcement, then the fitting SIP code if the call is not answered yet.
pub(super) async fn refuse(call: &mut Call, cause: Cause) -> Result<Flow, Interrupt> {
    let sounds = match announced(cause) {
        Announced::Prompt(name) => prompt(call, name).await?,
        Announced::Tone(notation) => tone(notation),
        Announced::Nothing => Vec::new(),
    };
    if !sounds.is_empty() {
        let stop_on = Keys::none();
        call.play(Play { sounds, stop_on }).await?;
    }
    if call.is_answered() {
        return Ok(Flow::Stop(Some(cause)));
    }
    // Nothing goes on after a final answer, also not a flow that called this one.
    Ok(Flow::End(End::Hangup(Some(cause))))
}

#[derive(Debug, PartialEq, Eq)]
enum Announced {
    Prompt(&'static str),
    Tone(&'static str),
    Nothing,
}

fn announced(cause: Cause) -> Announced {
    match cause.kazoo() {
        "UNALLOCATED_NUMBER" | "NO_ROUTE_DESTINATION" => {
            Announced::Prompt("fault-can_not_be_completed_as_dialed")
        }
        "NORMAL_TEMPORARY_FAILURE" => Announced::Prompt("fault-can_not_be_completed_at_this_time"),
        "USER_BUSY" | "NORMAL_CLEARING" => Announced::Tone(BUSY),
        "NO_USER_RESPONSE" | "CALL_REJECTED" => Announced::Tone(REORDER),
        _ => Announced::Nothing,
    }
}

const BUSY: &str = "%(500,500,480,620);loops=25";
const REORDER: &str = "%(250,250,480,620);loops=25";

fn tone(notation: &str) -> Vec<Sound> {
    let tones = tones::parse(notation).unwrap_or_default();
    tones.into_iter().map(Sound::Tone).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_failure_that_no_child_wants_is_announced() {
        let dialled = Announced::Prompt("fault-can_not_be_completed_as_dialed");
        let now = Announced::Prompt("fault-can_not_be_completed_at_this_time");
        for (causes, expected) in [
            (&[1, 3][..], dialled),
            (&[41], now),
            (&[16, 17], Announced::Tone(BUSY)),
            (&[18, 21], Announced::Tone(REORDER)),
            (&[19, 34], Announced::Nothing),
        ] {
            for cause in causes {
                assert_eq!(announced(Cause(*cause)), expected, "{cause}");
            }
        }
        let busy = tone(BUSY);
        let [Sound::Tone(busy)] = &busy[..] else {
            panic!("{busy:?}")
        };
        assert_eq!(
            (busy.times, busy.on, busy.off),
            (25, Duration::from_millis(500), Duration::from_millis(500))
        );
    }
}
