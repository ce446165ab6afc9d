//! `temporal_route` – takes the child of the first rule that holds now.
//!
//! The rules are looked at in this order: those of `rules`; those whose ids are
//! keys of `children`; those of the set `rule_set`. The first that holds takes
//! the child with its id, for those of `rule_set` the child `rule_set`. Where the
//! id is that of a rule set, its rules are looked at and the child has the set's
//! id. When none holds, or there is no such child, `_` runs. Nothing is played.
//!
//! | field | default | |
//! |---|---|---|
//! | `rules` | none | ids of rules or rule sets, or rules themselves, which take the child with their `name` |
//! | `rule_set` | – | the id of a rule set |
//! | `timezone` | `inherit` | such as `Europe/Berlin`; `inherit` = the account's, else that of `[account] timezone`, else the machine's |
//! | `action` | – | instead of routing: `enable`, `disable` or `reset` the stored rules of `rules`, or ask which in a `menu` |
//! | `interdigit_timeout` | 2000 ms | how long the `menu` waits for its key after it was said |
//!
//! A rule has these fields, as Kazoo's `temporal_rules`:
//!
//! | field | default | |
//! |---|---|---|
//! | `name` | required | |
//! | `cycle` | required | `date`, `daily`, `weekly`, `monthly` or `yearly` |
//! | `interval` | 1 | every n-th day, week, month or year from that of `start_date` |
//! | `start_date` | 11 April 1983 | seconds since the year 0 (Unix time + 62167219200); the day of a `date`, the first possible one of others |
//! | `time_window_start` | 0 | seconds after midnight |
//! | `time_window_stop` | 86400 | the last second; before the start it is one of the next day |
//! | `wdays` | every day | `monday` to `sunday`, for `weekly`; one with `ordinal` |
//! | `days` | – | days of the month, for `monthly` and `yearly` |
//! | `ordinal` | `first` | `every`, `first` to `fifth` or `last` of the weekday in `wdays`, without `days` |
//! | `month` | 1 | for `yearly` |
//! | `enabled` | – | `true` = holds at any time, `false` = never |
//!
//! ```json
//! {
//!   "module": "temporal_route",
//!   "data": {
//!     "timezone": "Europe/Berlin",
//!     "rules": [
//!       {"name": "christmas", "cycle": "yearly", "month": 12, "days": [24, 25, 26]},
//!       {
//!         "name": "office",
//!         "cycle": "weekly",
//!         "wdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
//!         "time_window_start": 32400,
//!         "time_window_stop": 61200
//!       }
//!     ]
//!   },
//!   "children": {
//!     "office": {"module": "device", "data": {"id": "front-desk"}},
//!     "_": {"module": "tts", "data": {"text": "We are closed."}}
//!   }
//! }
//! ```
//!
//! What an action changes is stored in the rules and stays until the next one;
//! the caller is answered, and told. Unlike in Kazoo, an action is answered
//! before it speaks, the menu gives up after three rounds without a choice, and a
//! rule that makes no sense is passed over with a warning instead of ending the
//! search; how the days are counted is in `src/schedule`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Module;
use crate::call::ops::{Collect, Keys, Play};
use crate::call::{Call, Interrupt};
use crate::callflow::library::prompt;
use crate::callflow::{DEFAULT_CHILD, Node, rules};
use crate::clock;
use crate::program::Flow;
use crate::schedule::Rule;

/// Takes the child of the first rule that holds now.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct TemporalRoute {
    /// Rules in the order in which they are looked at.
    #[serde(default)]
    rules: Vec<Entry>,
    /// A set of rules that are looked at last.
    #[schemars(length(max = 128))]
    rule_set: Option<String>,
    /// Where the clock is that decides.
    #[schemars(length(max = 64))]
    timezone: Option<String>,
    /// Changes the rules instead.
    action: Option<Action>,
    /// Milliseconds that the menu waits for its key.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 1, max = 60_000))]
    interdigit_timeout: u64,
}

/// One of `rules`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, extend("x-expect" = "the id of a rule, or a rule"))]
enum Entry {
    Id(#[schemars(length(min = 1, max = 128))] String),
    Rule(Box<Rule>),
}

/// What is done with the rules.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Action {
    Menu,
    Enable,
    Disable,
    Reset,
}

/// What becomes of their `enabled`.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Enabled,
    Disabled,
    Reset,
}

fn two_seconds() -> u64 {
    2000
}

/// The child of `rule_set`.
const RULE_SET: &str = "rule_set";
/// How often the menu is said.
const ROUNDS: u32 = 3;

/// What an action must remember.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Acting {
    /// Rounds of the menu that are over.
    asked: u32,
    /// Whether all rules were changed.
    changed: Option<bool>,
}

/// A rule that may hold, or several of a set.
enum Candidate<'r> {
    Here(&'r Rule),
    Stored(&'r str),
    RuleSet(&'r str),
}

impl Entry {
    /// The child that it takes.
    fn key(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Rule(rule) => &rule.name,
        }
    }
}

impl TemporalRoute {
    fn candidates<'r>(&'r self, node: &'r Node) -> Vec<(&'r str, Candidate<'r>)> {
        let listed = self.rules.iter().map(|entry| match entry {
            Entry::Id(id) => Candidate::Stored(id),
            Entry::Rule(rule) => Candidate::Here(rule),
        });
        let mut all: Vec<_> = self.rules.iter().map(Entry::key).zip(listed).collect();
        for (key, _) in &node.children {
            let is_id = key != DEFAULT_CHILD && key != RULE_SET;
            if is_id && !all.iter().any(|(listed, _)| listed == key) {
                all.push((key, Candidate::Stored(key)));
            }
        }
        let set = self.rule_set.as_deref().filter(|id| !id.is_empty());
        all.extend(set.map(|id| (RULE_SET, Candidate::RuleSet(id))));
        all
    }

    async fn route(&self, call: &mut Call, node: &Node) -> Result<Flow, Interrupt> {
        let zone = rules::zone(call, self.timezone.as_deref()).await?;
        let now = Timestamp::from_millisecond(clock::now().0).unwrap_or_default();
        let local = zone.to_datetime(now).strftime("%a %F %T");
        let local = format!("{local} {}", zone.iana_name().unwrap_or_default());
        for (key, candidate) in self.candidates(node) {
            let rules = match candidate {
                Candidate::Here(rule) => vec![rule.clone()],
                Candidate::Stored(id) => rules::named(call, id).await?,
                Candidate::RuleSet(id) => rules::named(call, id).await?,
            };
            if let Some(rule) = rules.iter().find(|rule| holds(call, rule, now, &zone)) {
                call.note(format!("rule {:?} holds ({local}): child {key}", rule.name));
                return Ok(Flow::Child(key.to_owned()));
            }
        }
        call.note(format!("no rule holds ({local})"));
        Ok(Flow::Next)
    }

    async fn act(&self, call: &mut Call, action: Action, at: &mut Acting) -> Result<(), Interrupt> {
        call.answer().await?;
        let Some(mark) = self.mark(call, action, at).await? else {
            return Ok(());
        };
        let changed = match at.changed {
            Some(changed) => changed,
            None => self.change(call, mark).await?,
        };
        at.changed = Some(changed);
        call.save(at);
        let said = if changed {
            mark.prompt()
        } else {
            "fault-can_not_be_completed_at_this_time"
        };
        let sounds = prompt(call, said).await?;
        let stop_on = Keys::all();
        call.play(Play { sounds, stop_on }).await?;
        Ok(())
    }

    /// What the caller wants; nothing when three rounds of the menu did not tell.
    async fn mark(
        &self,
        call: &mut Call,
        action: Action,
        at: &mut Acting,
    ) -> Result<Option<Mark>, Interrupt> {
        match action {
            Action::Enable => return Ok(Some(Mark::Enabled)),
            Action::Disable => return Ok(Some(Mark::Disabled)),
            Action::Reset => return Ok(Some(Mark::Reset)),
            Action::Menu => {}
        }
        let wait = Duration::from_millis(self.interdigit_timeout);
        while at.asked < ROUNDS {
            let prompts = prompt(call, "temporal-menu").await?;
            let collect = Collect {
                prompts,
                max: Some(1),
                finish_on: Keys::none(),
                first: wait,
                between: wait,
                typed: String::new(),
            };
            match call.collect(collect).await?.digits.as_str() {
                "1" => return Ok(Some(Mark::Enabled)),
                "2" => return Ok(Some(Mark::Disabled)),
                "3" => return Ok(Some(Mark::Reset)),
                _ => {}
            }
            at.asked += 1;
            call.save(at);
        }
        call.note("nothing was chosen, and no rule is changed");
        Ok(None)
    }

    /// Whether all rules were changed.
    async fn change(&self, call: &mut Call, mark: Mark) -> Result<bool, Interrupt> {
        if self.rules.is_empty() {
            call.warn("there are no `rules` to change");
            return Ok(false);
        }
        let mut all = true;
        for entry in &self.rules {
            all &= match entry {
                Entry::Id(id) => rules::set_enabled(call, id, mark.enabled()).await?,
                Entry::Rule(rule) => {
                    call.warn(format!(
                        "rule {:?} stands in the flow itself, so it cannot be changed; store it and write its id",
                        rule.name
                    ));
                    false
                }
            };
        }
        Ok(all)
    }
}

impl Mark {
    fn enabled(self) -> Option<bool> {
        match self {
            Self::Enabled => Some(true),
            Self::Disabled => Some(false),
            Self::Reset => None,
        }
    }

    fn prompt(self) -> &'static str {
        match self {
            Self::Enabled => "temporal-marked_enabled",
            Self::Disabled => "temporal-marked_disabled",
            Self::Reset => "temporal-marker_reset",
        }
    }
}

/// A rule that makes no sense does not hold.
fn holds(call: &Call, rule: &Rule, now: Timestamp, zone: &TimeZone) -> bool {
    rule.holds(now, zone).unwrap_or_else(|broken| {
        call.warn(format!("rule {:?} is passed over: {broken}", rule.name));
        false
    })
}

impl Module for TemporalRoute {
    const NAME: &'static str = "temporal_route";
    type Progress = Acting;

    async fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        match self.action {
            None => self.route(call, node).await,
            Some(action) => {
                self.act(call, action, at).await?;
                Ok(Flow::Next)
            }
        }
    }
}
