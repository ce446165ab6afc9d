//! A call out that reached nobody and that no child takes: what the caller hears of
//! it, and the SIP code that it gets.

use super::prompts::prompt;
use super::tones;
use crate::call::ops::{Keys, Play, Sound};
use crate::call::{Call, Cause, Interrupt};
use crate::program::{End, Flow};

/// What the caller is told when no child wants the failure: a tone or an
/// announcement, then the fitting SIP code if the call is not answered yet.
pub(super) async fn refuse(call: &mut Call, cause: Cause) -> Result<Flow, Interrupt> {
    let sounds = announcement(cause);
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

fn announcement(cause: Cause) -> Vec<Sound> {
    match cause.kazoo() {
        "UNALLOCATED_NUMBER" | "NO_ROUTE_DESTINATION" => {
            prompt("fault-can_not_be_completed_as_dialed")
        }
        "NORMAL_TEMPORARY_FAILURE" => prompt("fault-can_not_be_completed_at_this_time"),
        "USER_BUSY" | "NORMAL_CLEARING" => tone(BUSY),
        "NO_USER_RESPONSE" | "CALL_REJECTED" => tone(REORDER),
        _ => Vec::new(),
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
        for (cause, sounds) in [
            (1, 1),
            (3, 1),
            (17, 1),
            (18, 1),
            (21, 1),
            (41, 2),
            (19, 0),
            (34, 0),
        ] {
            assert_eq!(announcement(Cause(cause)).len(), sounds, "{cause}");
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
