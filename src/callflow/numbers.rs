//! Lists of numbers: which entry stands for a number.

use crate::call::Call;
use crate::objects::ListEntry;
use crate::patterns::Pattern;

/// How a number was found in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Matched {
    ByPattern,
    /// By the first so many characters.
    ByPrefix(usize),
}

/// A regular expression of the list that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a list has an entry that cannot be read: {0}")]
pub(super) struct BadEntry(#[from] crate::patterns::PatternError);

/// How an entry matches this number; a leading `+` makes no difference.
pub(super) fn matches(entry: &ListEntry, number: &str) -> Result<Option<Matched>, BadEntry> {
    let number = bare(number);
    let longest = [&entry.number, &entry.prefix]
        .into_iter()
        .flatten()
        .map(|value| bare(value))
        .filter(|value| !value.is_empty() && number.starts_with(value))
        .map(str::len)
        .max();
    if let Some(length) = longest {
        return Ok(Some(Matched::ByPrefix(length)));
    }
    for pattern in [&entry.regexp, &entry.pattern].into_iter().flatten() {
        if Pattern::new(pattern)?.is_match(number) {
            return Ok(Some(Matched::ByPattern));
        }
    }
    Ok(None)
}

/// The entry that fits best: the longest prefix, else the first pattern. One
/// that cannot be read is told and passed over.
pub(super) fn best<'e>(
    call: &Call,
    entries: &'e [ListEntry],
    number: &str,
) -> Option<&'e ListEntry> {
    let mut best: Option<(Matched, &ListEntry)> = None;
    for entry in entries {
        match matches(entry, number) {
            Ok(Some(matched)) if best.is_none_or(|(before, _)| matched > before) => {
                best = Some((matched, entry));
            }
            Ok(_) => {}
            Err(error) => call.warn(error.to_string()),
        }
    }
    best.map(|(_, entry)| entry)
}

fn bare(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: Option<&str>, prefix: Option<&str>, regexp: Option<&str>) -> ListEntry {
        ListEntry {
            number: number.map(Into::into),
            prefix: prefix.map(Into::into),
            regexp: regexp.map(Into::into),
            ..ListEntry::default()
        }
    }

    #[test]
    fn a_number_matches_by_any_prefix_of_it_then_by_expressions() {
        for (entry, expected) in [
            (entry(Some("1415"), None, None), Some(Matched::ByPrefix(4))),
            (entry(Some("+1415"), None, None), Some(Matched::ByPrefix(4))),
            (
                entry(Some("1"), Some("141"), None),
                Some(Matched::ByPrefix(3)),
            ),
            (entry(None, None, Some("55")), Some(Matched::ByPattern)),
            (
                entry(Some("1415"), None, Some("55")),
                Some(Matched::ByPrefix(4)),
            ),
            (entry(Some("415"), None, Some("^55")), None),
            (entry(None, None, None), None),
            (entry(Some(""), None, None), None),
        ] {
            assert_eq!(
                matches(&entry, "+14155551234").unwrap(),
                expected,
                "{entry:?}"
            );
        }
        assert!(matches(&entry(None, None, Some("(")), "1").is_err());
    }
}
