//! The keys that the caller has pressed: kept whatever runs, so that none is lost.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::ops::Keys;

/// More than anybody types ahead.
const KEPT: usize = 64;

/// The last keys, each with its number since the call began. A *mark* is the
/// number that the next key will have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBuffer {
    next: u64,
    keys: VecDeque<char>,
}

impl KeyBuffer {
    pub fn press(&mut self, key: char) {
        self.keys.push_back(key);
        self.next += 1;
        if self.keys.len() > KEPT {
            self.keys.pop_front();
        }
    }

    pub fn mark(&self) -> u64 {
        self.next
    }

    /// The keys pressed since `mark`, in order.
    pub fn since(&self, mark: u64) -> impl Iterator<Item = char> {
        let first = self.next - self.keys.len() as u64;
        let skip = usize::try_from(mark.saturating_sub(first)).unwrap_or(usize::MAX);
        self.keys.iter().skip(skip).copied()
    }
}

/// Whether what has been pressed is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    /// These so far.
    Incomplete(String),
    Full(String),
    /// With the key that ended it, which is not part of it.
    Finished(String, char),
}

/// A finishing key ends the collection and is not part of it, so one that comes
/// first gives an empty result; what follows the last key is left alone.
pub(super) fn collect(
    pressed: impl Iterator<Item = char>,
    max: Option<usize>,
    finish_on: &Keys,
) -> Match {
    let mut digits = String::new();
    for key in pressed {
        if finish_on.contains(key) {
            return Match::Finished(digits, key);
        }
        digits.push(key);
        if max.is_some_and(|max| digits.len() >= max) {
            return Match::Full(digits);
        }
    }
    Match::Incomplete(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_since_a_mark_are_those_pressed_after_it() {
        let mut buffer = KeyBuffer::default();
        buffer.press('1');
        let mark = buffer.mark();
        buffer.press('2');
        buffer.press('3');
        assert_eq!(buffer.since(mark).collect::<String>(), "23");
        assert_eq!(buffer.since(buffer.mark()).count(), 0);
    }

    #[test]
    fn the_finish_key_first_gives_nothing() {
        assert_eq!(
            collect("#1".chars(), Some(4), &Keys::new("#")),
            Match::Finished(String::new(), '#')
        );
    }

    #[test]
    fn the_last_key_ends_it_without_a_finish_key() {
        assert_eq!(
            collect("1234#".chars(), Some(4), &Keys::new("#")),
            Match::Full("1234".into())
        );
    }

    proptest! {
        #[test]
        fn a_buffer_keeps_the_last_64_keys_in_order(keys in "[0-9*#]{0,200}", mark in 0usize..200) {
            let mut buffer = KeyBuffer::default();
            keys.chars().for_each(|key| buffer.press(key));
            let from = mark.min(keys.len()).max(keys.len().saturating_sub(KEPT));
            prop_assert_eq!(buffer.since(mark as u64).collect::<String>(), &keys[from..]);
        }

        #[test]
        fn a_result_never_holds_a_finish_key_or_more_than_max(keys in "[0-9*#]{0,20}", max in 1usize..6) {
            let finish_on = Keys::new("#*");
            match collect(keys.chars(), Some(max), &finish_on) {
                Match::Incomplete(d) => prop_assert!(d.len() < max && d == keys),
                Match::Full(d) => prop_assert!(d.len() == max && keys.starts_with(&d)),
                Match::Finished(d, k) => {
                    prop_assert!(d.len() < max && finish_on.contains(k));
                    let expected = format!("{d}{k}");
                    prop_assert!(keys.starts_with(&expected));
                }
            }
        }
    }
}
