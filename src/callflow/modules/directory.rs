//! `directory` – finds somebody by the letters of the name on the keypad.
//!
//! Answers the call. Those are in a directory who name it in their `directories`,
//! with the callflow that reaches them. The caller spells the beginning of a first
//! or last name, as the directory's `search_fields` says; `#`, two seconds or
//! `max_dtmf` keys end it, fewer than `min_dtmf` do not do, and a `0` leads to `_`. One who is found is named and must be confirmed with
//! `1` (unless the directory has `confirm_match: false`); among several `1`
//! connects, `2` goes to the next, `3` begins again. The callflow of whoever is
//! chosen runs, then `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `id` | required | a stored directory |
//!
//! ```json
//! {"module": "directory", "data": {"id": "5b3a7c0d1e2f4a5b6c7d8e9f0a1b2c3d"}}
//! ```
//!
//! Names are heard as their owners recorded them (the voicemail settings), else
//! spoken. An empty directory, or one that nobody stored, leads to `_`. Kazoo stores
//! `min_dtmf` and `max_dtmf` and lets two keys or any number of them do.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::ops::{Collect, Keys, Sound};
use crate::call::{Call, Interrupt};
use crate::callflow::library::{Part, named_sounds, phrase, say};
use crate::callflow::recorder::one_key;
use crate::callflow::{Node, sounds, stored};
use crate::objects::{self, SearchFields, SortBy, User};
use crate::program::Flow;

const PAUSE: Duration = Duration::from_secs(2);
/// To one of the keys of a question.
const PATIENCE: Duration = Duration::from_secs(5);
/// Fewer keys spell nobody, whatever the directory says.
const LEAST: usize = 2;
/// Rounds without a key.
const ROUNDS: u32 = 3;

/// Finds somebody by name.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Directory {
    /// A stored directory.
    #[schemars(length(min = 1, max = 128))]
    id: String,
}

/// How far the search is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    stage: Stage,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Stage {
    /// After so many rounds without a key.
    Search(u32),
    /// Is it this one?
    Confirm(String),
    /// One of these; at which the caller is, and rounds without a key.
    Choose(Vec<String>, usize, u32),
}

impl Default for Stage {
    fn default() -> Self {
        Self::Search(0)
    }
}

enum Next {
    To(Stage),
    /// To this user.
    Found(String),
    End(Flow),
}

/// Somebody who can be reached.
struct Entry {
    id: String,
    user: User,
    callflow: String,
}

impl Module for Directory {
    const NAME: &'static str = "directory";
    type Progress = Progress;

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.answer().await?;
        let directory = call
            .stored::<objects::Directory>(&self.id)
            .await?
            .unwrap_or_default();
        let entries = self.entries(call, &directory).await?;
        if entries.is_empty() {
            call.note(format!("nobody is in directory {}", self.id));
            say(call, &[Part::Prompt("dir-no_results_found")]).await?;
            return Ok(Flow::Next);
        }
        loop {
            let next = match at.stage.clone() {
                Stage::Search(round) => search(call, &directory, &entries, round).await?,
                Stage::Confirm(id) => confirm(call, &entries, id).await?,
                Stage::Choose(ids, place, round) => {
                    choose(call, &entries, ids, place, round).await?
                }
            };
            match next {
                Next::To(stage) => at.stage = stage,
                Next::End(flow) => return Ok(flow),
                Next::Found(id) => return connect(call, &entries, &id).await,
            }
            call.save(at);
        }
    }
}

impl Directory {
    /// Who is in it, in its order.
    async fn entries(
        &self,
        call: &mut Call,
        directory: &objects::Directory,
    ) -> Result<Vec<Entry>, Interrupt> {
        let users = call.all_stored::<User>().await?;
        let mut entries: Vec<Entry> = users
            .into_iter()
            .filter(|(_, user)| user.enabled != Some(false))
            .filter_map(|(id, user)| {
                let callflow = user.directories.get(&self.id)?.clone();
                Some(Entry { id, user, callflow })
            })
            .collect();
        entries.sort_by_key(|entry| {
            let (first, last) = (&entry.user.first_name, &entry.user.last_name);
            let (one, other) = match directory.sort_by {
                SortBy::FirstName => (first, last),
                SortBy::LastName => (last, first),
            };
            (one.to_lowercase(), other.to_lowercase())
        });
        Ok(entries)
    }
}

async fn search(
    call: &mut Call,
    directory: &objects::Directory,
    entries: &[Entry],
    round: u32,
) -> Result<Next, Interrupt> {
    let prompt = match directory.search_fields {
        SearchFields::First => "dir-enter_person_firstname",
        SearchFields::Last => "dir-enter_person_lastname",
        SearchFields::Both => "dir-enter_person_name",
    };
    let prompts = phrase(call, &[Part::Prompt(prompt)]).await?;
    let collected = call
        .collect(Collect {
            prompts,
            max: usize::try_from(directory.max_dtmf)
                .ok()
                .filter(|most| *most > 0),
            finish_on: Keys::new("#"),
            first: PAUSE,
            between: PAUSE,
            typed: String::new(),
        })
        .await?;
    let digits = collected.digits;
    if digits.is_empty() {
        if round + 1 < ROUNDS {
            return Ok(Next::To(Stage::Search(round + 1)));
        }
        let parts = ["dir-specify_minimum", "dir-no_results_found"].map(Part::Prompt);
        say(call, &parts).await?;
        return Ok(Next::End(Flow::Stop(None)));
    }
    if digits == "0" || digits.get(1..) == Some("0") {
        return Ok(Next::End(Flow::Next));
    }
    let least = usize::try_from(directory.min_dtmf).unwrap_or(LEAST);
    if digits.len() < least.max(LEAST) {
        say(call, &[Part::Prompt("dir-specify_minimum")]).await?;
        return Ok(Next::To(Stage::Search(0)));
    }
    let mut found = entries
        .iter()
        .filter(|entry| spells(&entry.user, directory.search_fields, &digits))
        .map(|entry| entry.id.clone());
    Ok(match (found.next(), found.next()) {
        (None, _) => {
            say(call, &[Part::Prompt("dir-no_results_found")]).await?;
            Next::To(Stage::Search(0))
        }
        (Some(only), None) if directory.confirm_match => Next::To(Stage::Confirm(only)),
        (Some(only), None) => Next::Found(only),
        (Some(first), Some(second)) => {
            let all = [first, second].into_iter().chain(found).collect();
            Next::To(Stage::Choose(all, 0, 0))
        }
    })
}

async fn confirm(call: &mut Call, entries: &[Entry], id: String) -> Result<Next, Interrupt> {
    let mut prompts = phrase(call, &[Part::Prompt("dir-found")]).await?;
    prompts.extend(name(call, entries, &id).await?);
    prompts.extend(phrase(call, &[Part::Prompt("dir-confirm_menu")]).await?);
    let pressed = call.collect(one_key(prompts, PATIENCE)).await?.digits;
    Ok(if pressed == "1" {
        Next::Found(id)
    } else {
        Next::To(Stage::Search(0))
    })
}

async fn choose(
    call: &mut Call,
    entries: &[Entry],
    ids: Vec<String>,
    place: usize,
    round: u32,
) -> Result<Next, Interrupt> {
    let Some(id) = ids.get(place).cloned() else {
        say(call, &[Part::Prompt("dir-no_more_results")]).await?;
        return Ok(Next::To(Stage::Search(0)));
    };
    let number = [
        Part::Prompt("dir-result_number"),
        Part::Number(place as u64 + 1),
    ];
    let mut prompts = phrase(call, &number).await?;
    prompts.extend(name(call, entries, &id).await?);
    prompts.extend(phrase(call, &[Part::Prompt("dir-result_menu")]).await?);
    let pressed = call.collect(one_key(prompts, PATIENCE)).await?.digits;
    Ok(match pressed.as_str() {
        "1" => Next::Found(id),
        "2" => Next::To(Stage::Choose(ids, place + 1, 0)),
        "3" => Next::To(Stage::Search(0)),
        "" if round + 1 < ROUNDS => Next::To(Stage::Choose(ids, place, round + 1)),
        "" => Next::End(Flow::Stop(None)),
        _ => {
            say(call, &[Part::Prompt("dir-invalid_key")]).await?;
            Next::To(Stage::Choose(ids, place, 0))
        }
    })
}

async fn connect(call: &mut Call, entries: &[Entry], id: &str) -> Result<Flow, Interrupt> {
    let Some(entry) = entries.iter().find(|entry| entry.id == id) else {
        return Ok(Flow::Next);
    };
    let (callflow, who) = (&entry.callflow, full_name(&entry.user));
    call.note(format!(
        "directory: {who} is reached by callflow {callflow}"
    ));
    Ok(match stored::flow(call, callflow).await? {
        Some(flow) => Flow::Branch(Arc::new(flow)),
        None => Flow::Next,
    })
}

/// As its owner recorded it, else spoken.
async fn name(call: &mut Call, entries: &[Entry], id: &str) -> Result<Vec<Sound>, Interrupt> {
    let Some(entry) = entries.iter().find(|entry| entry.id == id) else {
        return Ok(Vec::new());
    };
    if let Some(recorded) = entry.user.media.name.as_deref() {
        let recorded = named_sounds(call, Some(recorded)).await?;
        if !recorded.is_empty() {
            return Ok(recorded);
        }
    }
    Ok(sounds::speech(&full_name(&entry.user)))
}

fn full_name(user: &User) -> String {
    format!("{} {}", user.first_name, user.last_name)
        .trim()
        .to_owned()
}

fn spells(user: &User, fields: SearchFields, digits: &str) -> bool {
    let spelled = |one: &str, other: &str| format!("{}{}", keypad(one), keypad(other));
    let (first, last) = (user.first_name.as_str(), user.last_name.as_str());
    let by_first = || spelled(first, last).starts_with(digits);
    let by_last = || spelled(last, first).starts_with(digits);
    match fields {
        SearchFields::First => by_first(),
        SearchFields::Last => by_last(),
        SearchFields::Both => by_first() || by_last(),
    }
}

/// The keys that spell a name; what is no letter has none.
fn keypad(name: &str) -> String {
    let key = |letter: char| match letter.to_ascii_lowercase() {
        'a'..='c' => Some('2'),
        'd'..='f' => Some('3'),
        'g'..='i' => Some('4'),
        'j'..='l' => Some('5'),
        'm'..='o' => Some('6'),
        'p'..='s' => Some('7'),
        't'..='v' => Some('8'),
        'w'..='z' => Some('9'),
        _ => None,
    };
    name.chars().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_on_the_keypad() {
        assert_eq!(keypad("O'Hara-Quiz"), "642727849");
        assert_eq!(keypad("Zoë 2"), "96");
    }

    #[test]
    fn the_beginning_of_a_name_finds_it_as_the_directory_says() {
        let user = User {
            first_name: "Bob".into(),
            last_name: "Li".into(),
            ..User::default()
        };
        for (digits, first, last) in [
            ("26", true, false),
            ("2625", true, false),
            ("54", false, true),
            ("54262", false, true),
            ("6", false, false),
        ] {
            assert_eq!(
                spells(&user, SearchFields::First, digits),
                first,
                "{digits}"
            );
            assert_eq!(spells(&user, SearchFields::Last, digits), last, "{digits}");
            assert_eq!(
                spells(&user, SearchFields::Both, digits),
                first || last,
                "{digits}"
            );
        }
    }
}
