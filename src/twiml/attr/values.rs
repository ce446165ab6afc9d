//! What attributes are read as: yes or no, numbers, words of a list, URLs, keys.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::element::Span;
use super::super::table::Values;
use super::{Attributes, Codes, check_url, listed, place, problem_with};
use crate::call::ops::Keys;
use crate::call::{CallbackTarget, Notify};
use crate::config::Method;
use crate::report::nearest;

impl<'e> Attributes<'e, '_> {
    /// `true` or `false`, in any case.
    pub fn flag(&mut self, name: &'static str, code: u32, default: bool) -> bool {
        let Some(at) = self.get(name, || Values::Flag) else {
            return default;
        };
        match at.value.trim().to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => {
                let message = format!("`{name}` is neither true nor false: `{}`", at.value);
                self.warn(code, at, message)
                    .help(format!("write `true` or `false`; {default} is used"));
                default
            }
        }
    }

    /// A whole number. One outside the range is replaced by the nearest inside;
    /// zero outside it, and what is no whole number, are not used.
    pub fn number(
        &mut self,
        name: &'static str,
        codes: impl Into<Codes>,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let Codes { bad, other } = codes.into();
        let at = self.get(name, || Values::Number(range.clone()))?;
        let value = at.value.trim();
        let (low, high) = (*range.start(), *range.end());
        let bounds = match (low, high) {
            (low, u32::MAX) => format!("from {low} up"),
            (low, high) => format!("from {low} to {high}"),
        };
        let digits = value.strip_prefix('+').unwrap_or(value);
        let number = (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
            // Only a number too long for 64 bits does not parse here.
            .then(|| digits.parse::<u64>().unwrap_or(u64::MAX));
        match number {
            Some(n) if n > u64::from(high) => {
                self.warn(
                    other,
                    at,
                    format!("`{name}` is at most {high}, not {value}"),
                )
                .help(format!("{high} is used"));
                Some(high)
            }
            Some(n) if n >= u64::from(low) => u32::try_from(n).ok(),
            // Zero is no small number but a mistake, as in a menu of no digits.
            Some(0) => {
                self.warn(bad, at, format!("`{name}` cannot be 0"))
                    .help(format!(
                        "write a whole number {bounds}; the default is used"
                    ));
                None
            }
            Some(n) => {
                self.warn(bad, at, format!("`{name}` is at least {low}, not {n}"))
                    .help(format!("{low} is used"));
                Some(low)
            }
            None => {
                self.warn(
                    bad,
                    at,
                    format!("`{name}` is not a whole number: `{value}`"),
                )
                .help(format!("write one {bounds}; the default is used"));
                None
            }
        }
    }

    /// Whole seconds.
    pub fn seconds(
        &mut self,
        name: &'static str,
        codes: impl Into<Codes>,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Duration {
        let seconds = self.number(name, codes, range).unwrap_or(default);
        Duration::from_secs(seconds.into())
    }

    /// How often something is played; 0 asks for no end, which is `endless`.
    pub fn rounds(&mut self, name: &'static str, code: u32, endless: u32) -> u32 {
        match self.number(name, code, 0..=u32::MAX) {
            None => 1,
            Some(0) => endless,
            Some(n) => n.min(endless),
        }
    }

    /// One of the words of `table`, in any case.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        code: u32,
        table: &[(&'static str, T)],
        default: T,
    ) -> T {
        let words = || Values::Words(table.iter().map(|(word, _)| *word).collect());
        let Some(at) = self.get(name, words) else {
            return default;
        };
        let value = at.value.trim();
        let found = table
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(value));
        if let Some((_, choice)) = found {
            return *choice;
        }
        let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
        let help = match nearest(value, words.iter().copied()) {
            Some(word) => format!("did you mean `{word}`? The default is used"),
            None => format!("write one of {}; the default is used", listed(&words)),
        };
        self.warn(code, at, format!("`{name}` cannot be `{value}`"))
            .help(help);
        default
    }

    /// `GET` or `POST`, in any case.
    pub fn method(&mut self, name: &'static str, code: u32) -> Option<Method> {
        let table = [("GET", Some(Method::Get)), ("POST", Some(Method::Post))];
        self.choice(name, code, &table, None)
    }

    /// A URL to be requested, absolute or relative to the document. Empty is
    /// the document's own.
    pub fn url(&mut self, name: &'static str) -> Option<String> {
        let at = self.get(name, || Values::Url)?;
        let url = at.value.trim();
        check_url(url, place(at), self.report);
        Some(url.to_owned())
    }

    /// The same with a code of its own; one that cannot be requested is not used.
    pub fn url_or_none(&mut self, name: &'static str, code: u32) -> Option<String> {
        let at = self.get(name, || Values::Url)?;
        let url = at.value.trim();
        let Some(problem) = problem_with(url) else {
            return Some(url.to_owned());
        };
        self.warn(code, at, problem)
            .help("write an http or https URL, or one relative to this document; it is ignored");
        None
    }

    /// Words separated by spaces or commas, or a list as Python and Ruby print it.
    pub fn list(&mut self, name: &'static str) -> Vec<(&'e str, Span)> {
        self.words(name, || Values::List(Vec::new()))
    }

    fn words(
        &mut self,
        name: &'static str,
        values: impl FnOnce() -> Values,
    ) -> Vec<(&'e str, Span)> {
        let Some(at) = self.get(name, values) else {
            return Vec::new();
        };
        at.value
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '\'' | '"'))
            .filter(|word| !word.is_empty())
            .map(|word| (word, place(at)))
            .collect()
    }

    /// A family of attributes that says what is told where: the URL, its method and
    /// its events. `None` without a URL. Unknown events are skipped; when none is
    /// left, and when none is written, it is `default`.
    pub fn notify(
        &mut self,
        [url, method, event]: [&'static str; 3],
        codes: impl Into<Codes>,
        events: &[&'static str],
        default: &[&'static str],
    ) -> Option<Notify> {
        let Codes {
            bad: code,
            other: event_code,
        } = codes.into();
        let url = self.url(url).filter(|url| !url.is_empty());
        let method = self.method(method, code).unwrap_or(Method::Post);
        let mut chosen: Vec<String> = Vec::new();
        for (word, span) in self.words(event, || Values::List(events.to_vec())) {
            match events.iter().find(|e| e.eq_ignore_ascii_case(word)) {
                Some(known) => chosen.push((*known).to_owned()),
                None => {
                    self.report
                        .warn(event_code, span, format!("`{event}` has no `{word}`"))
                        .help(format!("write some of {}", listed(events)));
                }
            }
        }
        if chosen.is_empty() {
            chosen = default.iter().map(|e| (*e).to_owned()).collect();
        }
        Some(Notify {
            target: CallbackTarget { url: url?, method },
            events: chosen,
        })
    }

    /// A set of keys of the phone's pad. An empty value is the empty set.
    pub fn keys(&mut self, name: &'static str, code: u32, default: &str) -> Keys {
        let Some(at) = self.get(name, || Values::Keys) else {
            return Keys::new(default);
        };
        let value = at.value.trim();
        let keys = Keys::new(value);
        let strangers = value
            .chars()
            .any(|c| !keys.contains(c.to_ascii_uppercase()));
        if !strangers {
            return keys;
        }
        let nothing_left = keys == Keys::none();
        let used = if nothing_left {
            "the default is"
        } else {
            "the others are"
        };
        self.warn(
            code,
            at,
            format!("`{name}` names keys that no phone has: `{value}`"),
        )
        .help(format!("keys are 0 to 9, `*` and `#`; {used} used"));
        if nothing_left {
            Keys::new(default)
        } else {
            keys
        }
    }
}
