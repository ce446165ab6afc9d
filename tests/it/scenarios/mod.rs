//! One set of scenarios for every Asterisk: the fake of `pivot::simulate`,
//! 22.10 and 16.28.
//!
//! The `.txt` files say what a program and the phones do and what it must come
//! to: the status of each REST request, and the events of each object in their
//! order. `cargo test` runs them against the fake; the lab runs the same files
//! against real Asterisks, and the two must not differ.
//!
//! A file holds scenarios of this form:
//!
//! ```text
//! == a prompt is played to its end
//! call a
//! POST channels/$a/answer => 204
//! POST channels/$a/play/$p1 media=sound:beep => 201
//! until a PlaybackFinished $p1
//! --
//! a: StasisStart, State Up, PlaybackStarted $p1, PlaybackFinished $p1 done
//! ```
//!
//! `$a` is the channel of phone `a`; any other `$name` is an id that is ours
//! alone. Steps:
//!
//! | step | meaning |
//! |---|---|
//! | `call a` | phone `a` calls in; waits for its `StasisStart` |
//! | `a presses 12#`, `a hangs up`, `a talks 2` | what a phone does; talking goes on in the background |
//! | `b answers 0.3`, `b rejects 486`, `b rings`, `b gone` | what phone `b` does when `{b}` is called |
//! | `METHOD path k=v … => 204 k=v` | a REST request; the status, and fields of the answer, must be so |
//! | `& METHOD path …` | the same without waiting for the answer |
//! | `~ METHOD path … => 200` | a request over the event socket |
//! | `pending`, `joined 204` | the request sent with `&` has not been answered, is answered so |
//! | `until a EVENT` | waits for an event of an object |
//! | `socket down`, `socket up`, `socket again` | breaks, opens, or opens a second event socket |
//! | `sleep 0.5` | waits |
//! | `a got 486` | the final SIP response that the caller saw, or `bye` |
//!
//! Below `--` stand the events of each object. `Destroyed 16|0` means that it is
//! chance which of the two it is, and `(PlaybackFinished $p1)` that it is chance
//! whether the event comes.
//!
//! A line that begins with `[22]` or `[16]` is for that version alone. What is
//! different between them:
//!
//! - 16 has no `tech_cause`: what follows a `/` after a cause is left out there.
//! - 16 has no `reason_code`, no `progress` and no requests over the socket.
//! - 16 answers a request to set a variable at once, though the variable is set
//!   when the queue comes to it.
//! - A BYE without a reason is `ChannelHangupRequest` without a cause in 22, and
//!   with 16 in 16; the channel of a caller is then destroyed with 0 in 22.
//! - A leg that is not answered in time ends with 19 since 22.4; before, with 16
//!   when it was dialled and with 0 when it was originated.
//! - A leg that was never dialled says `ChannelHangupRequest` once more when it
//!   ends: without a cause in 16.
//!
//! Pauses in the scenarios that are not there for the phones stand where a real
//! Asterisk needs a moment: its answers lag behind its events.

mod client;
mod run;
mod script;
mod transcript;

pub(crate) use run::{How, Subject, run};
pub(crate) use script::{Scenario, Version};

const FILES: [(&str, &str); 9] = [
    ("answer", include_str!("answer.txt")),
    ("play", include_str!("play.txt")),
    ("queue", include_str!("queue.txt")),
    ("record", include_str!("record.txt")),
    ("bridge", include_str!("bridge.txt")),
    ("dial", include_str!("dial.txt")),
    ("snoop", include_str!("snoop.txt")),
    ("app", include_str!("app.txt")),
    ("refer", include_str!("refer.txt")),
];

/// All scenarios, in the order of the files.
pub(crate) fn all() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = FILES
        .iter()
        .flat_map(|(file, text)| script::parse(file, text))
        .collect();
    for (ordinal, scenario) in (1..).zip(all.iter_mut()) {
        scenario.ordinal = ordinal;
    }
    all
}
