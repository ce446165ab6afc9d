//! Regular expressions of operators and flow authors.
//!
//! `regex` first, since it is linear in time whatever the pattern; what it
//! refuses (look-around, back-references) goes to `fancy-regex` with a limit on
//! backtracking.

use regex::RegexBuilder;
use regex_syntax::hir::{Look, literal::Extractor};

/// A compiled pattern may take this many bytes.
const SIZE: usize = 1 << 20;
/// Steps after which a backtracking pattern is given up as not matching.
const BACKTRACKS: usize = 100_000;

/// A pattern, not anchored unless it says so.
#[derive(Debug, Clone)]
pub struct Pattern {
    engine: Engine,
    /// What a text that matches begins with, one of these; `None` where that is not
    /// known. It spares asking thousands of patterns that begin otherwise.
    begins: Option<Vec<Vec<u8>>>,
}

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
            return Ok(Self {
                engine: Engine::Linear(linear),
                begins: begins(pattern),
            });
        }
        fancy_regex::RegexBuilder::new(pattern)
            .backtrack_limit(BACKTRACKS)
            .delegate_size_limit(SIZE)
            .build()
            .map(|fancy| Self {
                engine: Engine::Backtracking(Box::new(fancy)),
                begins: None,
            })
            .map_err(|error| PatternError {
                pattern: pattern.to_owned(),
                reason: error.to_string(),
            })
    }

    /// A pattern that exceeds its limit does not match.
    pub fn is_match(&self, text: &str) -> bool {
        if self.begins_otherwise(text) {
            return false;
        }
        match &self.engine {
            Engine::Linear(linear) => linear.is_match(text),
            Engine::Backtracking(fancy) => fancy.is_match(text).unwrap_or(false),
        }
    }

    fn begins_otherwise(&self, text: &str) -> bool {
        let fits = |begin: &Vec<u8>| text.as_bytes().starts_with(begin);
        self.begins
            .as_ref()
            .is_some_and(|begins| !begins.iter().any(fits))
    }

    /// What the pattern has captured of the text; `None` when it does not match.
    pub fn captures(&self, text: &str) -> Option<Captures> {
        if self.begins_otherwise(text) {
            return None;
        }
        match &self.engine {
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

/// The literal texts one of which every match begins with, of a pattern that only
/// matches at the beginning.
fn begins(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let hir = regex_syntax::parse(pattern).ok()?;
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    let found = Extractor::new().extract(&hir);
    let literals = found.literals()?.iter();
    Some(
        literals
            .map(|literal| literal.as_bytes().to_vec())
            .collect(),
    )
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
    fn only_an_anchored_pattern_says_how_a_text_begins() {
        let found = |pattern: &str| {
            let literals = begins(pattern)?.into_iter();
            Some(literals.map(|l| String::from_utf8(l).unwrap()).collect())
        };
        for (pattern, literals) in [
            (r"^\*12(\d{3})$", Some(vec!["*12"])),
            (r"^(?:11|0[01])", Some(vec!["11", "00", "01"])),
            (r"^1?2", Some(vec!["12", "2"])),
            (r"^1*2$", Some(vec!["1", "2"])),
            (r"^(\d+)$", None),
            (r"^a|b", None),
            (r"2\d\d", None),
            (r"(?m)^1", None),
            (r"(?i)^a", Some(vec!["A", "a"])),
        ] {
            let literals: Option<Vec<String>> =
                literals.map(|list| list.into_iter().map(str::to_owned).collect());
            assert_eq!(found(pattern), literals, "{pattern}");
        }
    }

    proptest::proptest! {
        /// The short cut never changes what matches.
        #[test]
        fn a_text_matches_with_the_short_cut_as_without(
            pattern in r"\^?[0-9*]{0,2}(\(\d\{1,3\}\)|\[0-2\]|1\?|2\*|1\|2|)[0-9]?\$?",
            text in "[0-3*]{0,5}",
        ) {
            if let (Ok(ours), Ok(plain)) = (Pattern::new(&pattern), regex::Regex::new(&pattern)) {
                proptest::prop_assert_eq!(ours.is_match(&text), plain.is_match(&text));
                proptest::prop_assert_eq!(ours.captures(&text).is_some(), plain.is_match(&text));
            }
        }
    }

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
