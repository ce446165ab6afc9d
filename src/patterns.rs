//! Regular expressions of operators and flow authors.
//!
//! `regex` first, since it is linear in time whatever the pattern; what it
//! refuses (look-around, back-references) goes to `fancy-regex` with a limit on
//! backtracking.

use regex::RegexBuilder;

/// A compiled pattern may take this many bytes.
const SIZE: usize = 1 << 20;
/// Steps after which a backtracking pattern is given up as not matching.
const BACKTRACKS: usize = 100_000;

/// A pattern, not anchored unless it says so.
#[derive(Debug, Clone)]
pub struct Pattern(Engine);

#[derive(Debug, Clone)]
enum Engine {
    Linear(regex::Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// Neither engine understands it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is no regular expression: {reason}")]
pub struct PatternError {
    pub pattern: String,
    pub reason: String,
}

impl Pattern {
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        if let Ok(linear) = RegexBuilder::new(pattern).size_limit(SIZE).build() {
            return Ok(Self(Engine::Linear(linear)));
        }
        fancy_regex::RegexBuilder::new(pattern)
            .backtrack_limit(BACKTRACKS)
            .delegate_size_limit(SIZE)
            .build()
            .map(|fancy| Self(Engine::Backtracking(Box::new(fancy))))
            .map_err(|error| PatternError {
                pattern: pattern.to_owned(),
                reason: error.to_string(),
            })
    }

    /// A pattern that exceeds its limit does not match.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            Engine::Linear(linear) => linear.is_match(text),
            Engine::Backtracking(fancy) => fancy.is_match(text).unwrap_or(false),
        }
    }

    /// What the pattern has captured of the text; `None` when it does not match.
    pub fn captures(&self, text: &str) -> Option<Captures> {
        match &self.0 {
            Engine::Linear(linear) => {
                let found = linear.captures(text)?;
                let names = linear.capture_names();
                let groups = names.zip(found.iter()).map(|(name, group)| {
                    (
                        name.map(str::to_owned),
                        group.map(|g| g.as_str().to_owned()),
                    )
                });
                Some(Captures::of(groups))
            }
            Engine::Backtracking(fancy) => {
                let found = fancy.captures(text).ok()??;
                let names = fancy.capture_names();
                let groups = names.zip(found.iter()).map(|(name, group)| {
                    (
                        name.map(str::to_owned),
                        group.map(|g| g.as_str().to_owned()),
                    )
                });
                Some(Captures::of(groups))
            }
        }
    }
}

/// What a pattern has captured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captures {
    pub whole: String,
    /// The longest group, the first of equals; none of a pattern without groups.
    pub longest: Option<String>,
    /// The last group that took part.
    pub last: Option<String>,
    /// Those that have a name and are not empty.
    pub named: Vec<(String, String)>,
}

impl Captures {
    /// The groups in their order; the first is the whole match.
    fn of(groups: impl Iterator<Item = (Option<String>, Option<String>)>) -> Self {
        let mut captures = Self::default();
        for (position, (name, text)) in groups.enumerate() {
            let Some(text) = text else {
                if position > 0 {
                    captures.longest.get_or_insert_default();
                }
                continue;
            };
            if position == 0 {
                captures.whole = text;
                continue;
            }
            if let Some(name) = name
                && !text.is_empty()
            {
                captures.named.push((name, text.clone()));
            }
            if captures
                .longest
                .as_ref()
                .is_none_or(|longest| text.len() > longest.len())
            {
                captures.longest = Some(text.clone());
            }
            captures.last = Some(text);
        }
        captures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_around_and_back_references_work() {
        assert!(Pattern::new(r"^(?!900)\d+$").unwrap().is_match("2030"));
        assert!(!Pattern::new(r"^(?!900)\d+$").unwrap().is_match("9001"));
        assert!(Pattern::new(r"^(\d)\1$").unwrap().is_match("22"));
    }

    #[test]
    fn a_pattern_that_would_run_for_ever_does_not_match() {
        let pattern = Pattern::new(r"^(?=(a+)+$)(a+)+\1$").unwrap();
        assert!(!pattern.is_match(&format!("{}b", "a".repeat(40))));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        assert!(
            Pattern::new("^(")
                .unwrap_err()
                .to_string()
                .contains("\"^(\"")
        );
    }
}
