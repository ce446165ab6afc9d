//! What the people of a simulated call do: `--digits`, `--callee` and their like, and
//! the lines of `--script`.

use std::collections::VecDeque;
use std::time::Duration;

use crate::simulate::Behaviour;

/// What the caller does at a wait for keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Digits(String),
    /// Read, and told to be not done.
    Speech(String),
    Hangup,
}

/// What everybody does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// One at each wait for keys.
    pub(super) waits: VecDeque<Act>,
    /// So long after the call began.
    pub(super) timed: Vec<(Duration, Act)>,
    /// The last pattern that matches counts.
    pub(super) callees: Vec<(String, Behaviour)>,
}

/// What was not understood, with what can be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScriptError {
    #[error("line {line}: {error}")]
    Line {
        line: usize,
        error: Box<ScriptError>,
    },
    #[error("`{0}` is nothing that a caller does: write digits, speech, hangup or callee")]
    Act(String),
    #[error("`{0}` are not keys of a phone: 0 to 9, A to D, * and #")]
    Keys(String),
    #[error("`{0}` is not a time: write seconds, as in `after 2.5`")]
    Time(String),
    #[error(
        "`{0}` is nothing that a called party does: write answers, busy, no-answer, rings, \
         unregistered or a SIP code from 400 to 699"
    )]
    Outcome(String),
    #[error("`{0}` is nothing that a called party does after its answer: write talks or presses")]
    Later(String),
}

impl Script {
    /// One act a line; empty lines and those that begin with `#` are skipped.
    pub(super) fn read(text: &str) -> Result<Self, ScriptError> {
        let mut script = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            script.line(line).map_err(|error| ScriptError::Line {
                line: number,
                error: Box::new(error),
            })?;
        }
        Ok(script)
    }

    fn line(&mut self, line: &str) -> Result<(), ScriptError> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if word == "callee" {
            return self.callee(rest);
        }
        let (what, time) = match rest.rsplit_once("after ") {
            Some((what, time)) => (what.trim(), Some(seconds(time)?)),
            None => (rest, None),
        };
        let act = match word {
            "digits" => Act::Digits(keys(what)?),
            "speech" => Act::Speech(what.to_owned()),
            "hangup" => Act::Hangup,
            _ => return Err(ScriptError::Act(word.to_owned())),
        };
        match time {
            Some(time) => self.timed.push((time, act)),
            None => self.waits.push_back(act),
        }
        Ok(())
    }

    /// `--digits '1,2#'`: a group at each wait.
    pub(super) fn digits(&mut self, groups: &str) -> Result<(), ScriptError> {
        for group in groups.split(',').filter(|group| !group.is_empty()) {
            self.waits.push_back(Act::Digits(keys(group)?));
        }
        Ok(())
    }

    /// `busy` of everybody, or `+1415* busy` of those whose endpoint matches.
    pub(super) fn callee(&mut self, text: &str) -> Result<(), ScriptError> {
        let text = text.replace(',', " ");
        let mut words = text.split_whitespace().peekable();
        let named = words.next_if(|word| outcome(word).is_none());
        let first = words.next();
        let said = first.or(named).unwrap_or_default();
        let behaviour = first.and_then(outcome);
        let mut behaviour = behaviour.ok_or_else(|| ScriptError::Outcome(said.to_owned()))?;
        if words.next_if_eq(&"after").is_some() {
            let after = seconds(words.next().unwrap_or_default())?;
            let hangs_up = behaviour.hangup_after;
            behaviour = Behaviour::answers(after);
            behaviour.hangup_after = hangs_up;
        }
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_default();
            behaviour = match word {
                "talks" => behaviour.hangs_up_after(seconds(value)?),
                "presses" => {
                    let keys = keys(value)?;
                    let after = match words.next_if_eq(&"after") {
                        Some(_) => seconds(words.next().unwrap_or_default())?,
                        None => Duration::from_secs(1),
                    };
                    behaviour.presses(after, &keys)
                }
                _ => return Err(ScriptError::Later(word.to_owned())),
            };
        }
        // A number stands in the middle of an endpoint, as in Local/+1415…@pivot-outbound.
        let pattern = named.map_or_else(|| "*".to_owned(), |pattern| format!("*{pattern}*"));
        self.callees.push((pattern, behaviour));
        Ok(())
    }
}

fn outcome(word: &str) -> Option<Behaviour> {
    Some(match word {
        "answer" | "answers" => {
            Behaviour::answers(Duration::from_secs(3)).hangs_up_after(Duration::from_secs(10))
        }
        "busy" => Behaviour::busy(),
        "no-answer" | "rings" => Behaviour::no_answer(),
        "unregistered" => Behaviour::unregistered(),
        code => match code.parse() {
            Ok(code @ 400..=699) => Behaviour::rejects(code),
            _ => return None,
        },
    })
}

fn keys(text: &str) -> Result<String, ScriptError> {
    let known = |c: char| c.is_ascii_digit() || "ABCDabcd*#".contains(c);
    if text.is_empty() || !text.chars().all(known) {
        return Err(ScriptError::Keys(text.to_owned()));
    }
    Ok(text.to_owned())
}

fn seconds(text: &str) -> Result<Duration, ScriptError> {
    let text = text.trim();
    let number = text.strip_suffix('s').unwrap_or(text).trim();
    number
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| ScriptError::Time(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Act, Script, ScriptError};
    use crate::simulate::Behaviour;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_line_is_an_act_at_the_next_wait_or_at_a_time() {
        let script = Script::read(
            "# a caller in two minds\n\n digits 12#\nspeech I want sales\nhangup\n\
             digits * after 2.5\nhangup after 30 s\n",
        );
        let expected = Script {
            waits: [
                Act::Digits("12#".into()),
                Act::Speech("I want sales".into()),
                Act::Hangup,
            ]
            .into(),
            timed: vec![
                (Duration::from_millis(2500), Act::Digits("*".into())),
                (s(30), Act::Hangup),
            ],
            callees: Vec::new(),
        };
        assert_eq!(script, Ok(expected));
    }

    #[test]
    fn callees_are_told_apart_by_what_is_dialled() {
        let script = Script::read(
            "callee busy\ncallee +1415* answers after 2, talks 60, presses 1 after 4\n\
             callee bob 404\ncallee rings\ncallee +1 no-answer\ncallee unregistered",
        )
        .unwrap();
        let expected = [
            ("*", Behaviour::busy()),
            (
                "*+1415**",
                Behaviour::answers(s(2))
                    .hangs_up_after(s(60))
                    .presses(s(4), "1"),
            ),
            ("*bob*", Behaviour::rejects(404)),
            ("*", Behaviour::no_answer()),
            ("*+1*", Behaviour::no_answer()),
            ("*", Behaviour::unregistered()),
        ];
        assert_eq!(script.callees, expected.map(|(p, b)| (p.to_owned(), b)));
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        for (line, error) in [
            ("dance", ScriptError::Act("dance".into())),
            ("digits 1x", ScriptError::Keys("1x".into())),
            ("digits", ScriptError::Keys(String::new())),
            ("hangup after soon", ScriptError::Time("soon".into())),
            ("hangup after -1", ScriptError::Time("-1".into())),
            ("callee", ScriptError::Outcome(String::new())),
            ("callee sleepy", ScriptError::Outcome("sleepy".into())),
            ("callee 200", ScriptError::Outcome("200".into())),
            ("callee busy dances", ScriptError::Later("dances".into())),
            ("callee +1 answers after x", ScriptError::Time("x".into())),
        ] {
            let error = Box::new(error);
            let read = Script::read(&format!("\n{line}"));
            assert_eq!(read, Err(ScriptError::Line { line: 2, error }), "{line}");
        }
    }
}
