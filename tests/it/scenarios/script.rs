//! Reads scenario files.

use std::collections::BTreeMap;

/// Which Asterisk a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V16,
    V22,
}

/// A scenario with the lines of every version.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// `file: name`.
    pub(crate) name: String,
    /// Distinguishes its ids and its application from those of others.
    pub(crate) slug: String,
    /// Counts all scenarios.
    pub(crate) ordinal: usize,
    pub(super) steps: Vec<Line>,
    expected: Vec<Line>,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) only: Option<Version>,
    pub(super) text: String,
}

impl Line {
    pub(super) fn is_for(&self, version: Version) -> bool {
        self.only.is_none_or(|only| only == version)
    }
}

impl Scenario {
    /// Its own Stasis application, which `Stasis(${EXTEN})` reaches.
    pub(crate) fn app(&self) -> String {
        format!("app{}", self.slug)
    }

    /// The events of each object, as this version must have them.
    pub(crate) fn expected(&self, version: Version) -> BTreeMap<String, String> {
        self.expected
            .iter()
            .filter(|line| line.is_for(version))
            .map(|line| {
                let (object, events) = line.text.split_once(": ").unwrap_or((&line.text, ""));
                let events = match version {
                    Version::V22 => events.to_owned(),
                    Version::V16 => without_tech(events),
                };
                (object.to_owned(), events)
            })
            .collect()
    }
}

/// Whether events are as expected. `Destroyed 16|0` stands for one of two, and
/// an event in parentheses may be missing.
pub(super) fn fits(expected: &str, seen: &str) -> bool {
    let mut seen = seen
        .split(", ")
        .filter(|event| !event.is_empty())
        .peekable();
    for wanted in expected.split(", ").filter(|event| !event.is_empty()) {
        let optional = wanted.strip_prefix('(').and_then(|w| w.strip_suffix(')'));
        let is = |event: &&str| one_of(optional.unwrap_or(wanted), event);
        if seen.next_if(is).is_none() && optional.is_none() {
            return false;
        }
    }
    seen.next().is_none()
}

fn one_of(wanted: &str, event: &str) -> bool {
    let Some((first, other)) = wanted.split_once('|') else {
        return wanted == event;
    };
    let stem = first.rsplit_once(' ').map_or("", |(stem, _)| stem);
    event == first || event == format!("{stem} {other}")
}

/// Leaves out what follows a `/` after a cause.
fn without_tech(events: &str) -> String {
    events
        .split(", ")
        .map(|event| event.split_once('/').map_or(event, |(event, _)| event))
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn parse(file: &str, text: &str) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut expecting = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            expecting = false;
            scenarios.push(Scenario {
                name: format!("{file}: {name}"),
                slug: format!("{file}{}", scenarios.len() + 1),
                ordinal: 0,
                steps: Vec::new(),
                expected: Vec::new(),
            });
            continue;
        }
        let scenario = scenarios
            .last_mut()
            .unwrap_or_else(|| panic!("{file}:{number}: a line before the first scenario"));
        if line == "--" {
            expecting = true;
            continue;
        }
        let (only, text) = match line.split_once("] ") {
            Some(("[22", text)) => (Some(Version::V22), text),
            Some(("[16", text)) => (Some(Version::V16), text),
            _ => (None, line),
        };
        let line = Line {
            number,
            only,
            text: text.to_owned(),
        };
        if expecting {
            scenario.expected.push(line);
        } else {
            scenario.steps.push(line);
        }
    }
    scenarios
}
