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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_must_be_the_same_in_the_same_order() {
        assert!(fits("Started, Finished", "Started, Finished"));
        assert!(!fits("Started, Finished", "Finished, Started"));
        assert!(!fits("Started, Finished", "Started"));
        assert!(!fits("Started", "Started, Finished"));
    }

    #[test]
    fn what_is_chance_may_be_either() {
        assert!(fits("End, Destroyed 16|0", "End, Destroyed 16"));
        assert!(fits("End, Destroyed 16|0", "End, Destroyed 0"));
        assert!(!fits("End, Destroyed 16|0", "End, Destroyed 17"));
        assert!(fits("Started, (Finished)", "Started"));
        assert!(fits("Started, (Finished)", "Started, Finished"));
        assert!(!fits("Started, (Finished)", "Started, Failed"));
    }

    #[test]
    fn lines_are_for_all_versions_or_for_one() {
        let text = "== x\ncall a\n[22] a hangs up\n--\na: Destroyed 17/486\n[16] b: End\n";
        let scenario = parse("file", text).remove(0);
        assert_eq!(scenario.name, "file: x");
        let steps = |version| scenario.steps.iter().filter(|l| l.is_for(version)).count();
        assert_eq!((steps(Version::V22), steps(Version::V16)), (2, 1));
        let events = |version| scenario.expected(version);
        assert_eq!(events(Version::V22)["a"], "Destroyed 17/486");
        assert_eq!(events(Version::V16)["a"], "Destroyed 17");
        assert!(!events(Version::V22).contains_key("b"));
    }
}
