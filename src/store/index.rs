//! Which number leads to which callflow.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::AccountId;
use crate::objects::{Kind, NO_MATCH, is_hidden};
use crate::patterns::Pattern;

/// What a pattern has captured of the dialled number; it stays with the call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The longest captured text, or the whole match of a pattern without groups.
    pub group: Option<String>,
    /// The named groups that are not empty.
    pub groups: BTreeMap<String, String>,
}

/// The callflow that a number leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub callflow: String,
    /// Its document lists `no_match`: only for callers from inside.
    pub no_match: bool,
    /// That matched the number, which no callflow lists.
    pub pattern: Option<String>,
    pub captured: Captured,
}

/// The numbers and patterns of all callflows, by account.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    accounts: HashMap<AccountId, Numbers>,
    /// Patterns of the index before this one, by their text: to compile thousands takes
    /// a second, and most of them stay.
    compiled: HashMap<String, Arc<Pattern>>,
}

#[derive(Debug, Clone, Default)]
struct Numbers {
    /// Number → ids of the callflows that list it; the first of them takes the call.
    exact: HashMap<String, Vec<String>>,
    /// Shared by the copies that writes make: a compiled pattern is dear to copy.
    patterns: BTreeMap<String, (Arc<Pattern>, Vec<String>)>,
    /// Id of a callflow → what it lists.
    listed: HashMap<String, Listed>,
}

#[derive(Debug, Clone, Default)]
struct Listed {
    name: Option<String>,
    numbers: Vec<String>,
    patterns: Vec<String>,
}

impl Index {
    /// An empty one, to be filled with what is stored now.
    pub(super) fn after(old: &Self) -> Self {
        let patterns = old.accounts.values().flat_map(|numbers| &numbers.patterns);
        Self {
            accounts: HashMap::new(),
            compiled: patterns
                .map(|(text, (pattern, _))| (text.clone(), Arc::clone(pattern)))
                .collect(),
        }
    }

    /// Everything is in it.
    pub(super) fn filled(&mut self) {
        self.compiled = HashMap::new();
    }

    fn compile(&self, text: &str) -> Option<Arc<Pattern>> {
        let compiled = self.compiled.get(text).map(Arc::clone);
        compiled.or_else(|| Pattern::new(text).ok().map(Arc::new))
    }

    /// A callflow is there, or has changed.
    pub(super) fn put(&mut self, account: &AccountId, id: &str, body: &Map<String, Value>) {
        self.remove(account, id);
        let name = body.get("name").and_then(Value::as_str);
        let listed = Listed {
            name: name
                .filter(|_| !is_hidden(Kind::Callflow.one(), "name"))
                .map(str::to_owned),
            numbers: words(body, "numbers"),
            patterns: words(body, "patterns"),
        };
        let known = self.accounts.get(account).map(|numbers| &numbers.patterns);
        let new = |text: &&String| known.is_none_or(|known| !known.contains_key(*text));
        let compiled: Vec<_> = listed
            .patterns
            .iter()
            .filter(new)
            .filter_map(|text| Some((text.clone(), self.compile(text)?)))
            .collect();
        let numbers = self.accounts.entry(account.clone()).or_default();
        for (text, pattern) in compiled {
            numbers.patterns.insert(text, (pattern, Vec::new()));
        }
        for number in &listed.numbers {
            let ids = numbers.exact.entry(number.clone()).or_default();
            ids.push(id.to_owned());
            ids.sort();
        }
        for text in &listed.patterns {
            if let Some((_, ids)) = numbers.patterns.get_mut(text) {
                ids.push(id.to_owned());
                ids.sort();
            }
        }
        numbers.listed.insert(id.to_owned(), listed);
    }

    pub(super) fn remove(&mut self, account: &AccountId, id: &str) {
        let Some(numbers) = self.accounts.get_mut(account) else {
            return;
        };
        let Some(listed) = numbers.listed.remove(id) else {
            return;
        };
        for number in &listed.numbers {
            if let Some(ids) = numbers.exact.get_mut(number) {
                ids.retain(|other| other != id);
                if ids.is_empty() {
                    numbers.exact.remove(number);
                }
            }
        }
        for text in &listed.patterns {
            if let Some((_, ids)) = numbers.patterns.get_mut(text) {
                ids.retain(|other| other != id);
                if ids.is_empty() {
                    numbers.patterns.remove(text);
                }
            }
        }
    }

    /// The callflows of the account that list this number.
    pub(super) fn holders_of_number(&self, account: &AccountId, number: &str) -> &[String] {
        let numbers = self.accounts.get(account);
        let ids = numbers.and_then(|numbers| numbers.exact.get(number));
        ids.map_or(&[], Vec::as_slice)
    }

    pub(super) fn holders_of_pattern(&self, account: &AccountId, pattern: &str) -> &[String] {
        let numbers = self.accounts.get(account);
        let found = numbers.and_then(|numbers| numbers.patterns.get(pattern));
        found.map_or(&[], |(_, ids)| ids)
    }

    /// The id of the callflow of this id, else of the first of this name.
    pub(super) fn named(&self, account: &AccountId, word: &str) -> Option<String> {
        let numbers = self.accounts.get(account)?;
        if numbers.listed.contains_key(word) {
            return Some(word.to_owned());
        }
        let named = numbers
            .listed
            .iter()
            .filter(|(_, listed)| listed.name.as_deref() == Some(word));
        named.map(|(id, _)| id).min().cloned()
    }

    /// The exact number, else the pattern that captures most, else `no_match`.
    pub(super) fn lookup(&self, account: &AccountId, number: &str) -> Option<Found> {
        let numbers = self.accounts.get(account)?;
        if number.is_empty() {
            return None;
        }
        numbers
            .exact(number, Captured::default())
            .or_else(|| numbers.by_pattern(number))
            .or_else(|| {
                let digits = number.strip_prefix('+').unwrap_or(number);
                let dialable = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                dialable
                    .then(|| numbers.exact(NO_MATCH, Captured::default()))
                    .flatten()
            })
    }
}

impl Numbers {
    fn exact(&self, number: &str, captured: Captured) -> Option<Found> {
        let id = self.exact.get(number)?.first()?;
        Some(self.found(id, captured))
    }

    /// Among equally long captures the pattern that sorts last wins.
    fn by_pattern(&self, number: &str) -> Option<Found> {
        let mut best: Option<(usize, Found)> = None;
        for (regex, (pattern, ids)) in self.patterns.iter().rev() {
            let Some(captures) = pattern.captures(number) else {
                continue;
            };
            let text = captures.longest.unwrap_or(captures.whole);
            if best
                .as_ref()
                .is_none_or(|(length, ..)| text.len() > *length)
                && let Some(id) = ids.first()
            {
                let captured = Captured {
                    group: Some(text.clone()).filter(|text| !text.is_empty()),
                    groups: captures.named.into_iter().collect(),
                };
                let pattern = Some(regex.clone());
                let found = self.found(id, captured);
                best = Some((text.len(), Found { pattern, ..found }));
            }
        }
        best.map(|(_, found)| found)
    }

    fn found(&self, id: &str, captured: Captured) -> Found {
        let listed = self.listed.get(id);
        Found {
            callflow: id.to_owned(),
            no_match: listed.is_some_and(|l| l.numbers.iter().any(|n| n == NO_MATCH)),
            pattern: None,
            captured,
        }
    }
}

pub(super) fn words(body: &Map<String, Value>, field: &str) -> Vec<String> {
    let list = body.get(field).and_then(Value::as_array);
    let list = list.filter(|_| !is_hidden(Kind::Callflow.one(), field));
    let mut words: Vec<String> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account() -> AccountId {
        AccountId::parse(&"a".repeat(32)).unwrap()
    }

    fn index(callflows: &[(&str, Value)]) -> Index {
        let mut index = Index::default();
        for (id, body) in callflows {
            index.put(&account(), id, body.as_object().unwrap());
        }
        index
    }

    fn led(index: &Index, number: &str) -> Option<(String, Option<String>)> {
        let found = index.lookup(&account(), number)?;
        Some((found.callflow, found.captured.group))
    }

    fn to(id: &str, group: Option<&str>) -> Option<(String, Option<String>)> {
        Some((id.into(), group.map(Into::into)))
    }

    #[test]
    fn an_exact_number_wins_over_patterns_and_captures_nothing() {
        let index = index(&[
            ("exact", json!({"numbers": ["2030"]})),
            ("pattern", json!({"patterns": [r"^(\d{4})$"]})),
        ]);
        assert_eq!(led(&index, "2030"), to("exact", None));
        assert_eq!(led(&index, "2031"), to("pattern", Some("2031")));
        assert_eq!(led(&index, ""), None);
    }

    #[test]
    fn the_pattern_that_captures_most_wins() {
        let index = index(&[
            ("group", json!({"patterns": [r"^\*2(\d+)$"]})),
            ("whole", json!({"patterns": [r"^\*2\d+$"]})),
        ]);
        assert_eq!(led(&index, "*2123"), to("whole", Some("*2123")));
    }

    #[test]
    fn among_equal_captures_the_pattern_that_sorts_last_wins() {
        let index = index(&[
            ("a", json!({"patterns": [r"^1(\d{3})$"]})),
            ("b", json!({"patterns": [r"^1(\d+)$"]})),
        ]);
        // `\d{3}` sorts after `\d+`.
        assert_eq!(led(&index, "1234"), to("a", Some("234")));
    }

    #[test]
    fn patterns_are_not_anchored_and_empty_captures_are_none() {
        let index = index(&[("a", json!({"patterns": ["9(x?)"]}))]);
        assert_eq!(led(&index, "1290"), to("a", None));
    }

    #[test]
    fn named_groups_are_kept() {
        let index = index(&[("a", json!({"patterns": [r"^\*5(?<slot>\d)(?<rest>\d*)$"]}))]);
        let captured = index.lookup(&account(), "*57").unwrap().captured;
        assert_eq!(
            captured.groups,
            BTreeMap::from([("slot".into(), "7".into())])
        );
    }

    #[test]
    fn no_match_takes_what_is_dialled_in_digits_and_nobody_else_takes() {
        let index = index(&[
            ("rest", json!({"numbers": ["no_match", "100"]})),
            ("known", json!({"numbers": ["200"]})),
        ]);
        let found = index.lookup(&account(), "+4930123").unwrap();
        assert!(found.no_match && found.callflow == "rest");
        for number in ["*99", "bob", "+"] {
            assert_eq!(led(&index, number), None, "{number}");
        }
        // Its document says so, whichever of its numbers is dialled.
        assert!(index.lookup(&account(), "100").unwrap().no_match);
        assert!(!index.lookup(&account(), "200").unwrap().no_match);
    }

    #[test]
    fn another_account_s_numbers_lead_nowhere() {
        let index = index(&[("a", json!({"numbers": ["2030"]}))]);
        let other = AccountId::parse(&"b".repeat(32)).unwrap();
        assert_eq!(index.lookup(&other, "2030"), None);
    }

    #[test]
    fn what_changes_holds_at_once() {
        let mut index = index(&[("a", json!({"numbers": ["1"], "patterns": ["^7"]}))]);
        index.put(
            &account(),
            "a",
            json!({"numbers": ["2"]}).as_object().unwrap(),
        );
        assert_eq!(led(&index, "1"), None);
        assert_eq!(led(&index, "7"), None);
        assert_eq!(led(&index, "2"), to("a", None));
        index.remove(&account(), "a");
        assert_eq!(led(&index, "2"), None);
    }

    #[test]
    fn a_pattern_that_is_none_is_passed_over() {
        let index = index(&[("a", json!({"patterns": ["*97", r"^\*97$"]}))]);
        assert_eq!(led(&index, "*97"), to("a", Some("*97")));
    }
}
