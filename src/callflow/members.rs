//! The members of a group: which of them ring, in which order, and for how long.

use std::collections::HashSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::caller_id::{self, Reaches};
use super::endpoint::{Asked, By, Legs, Phones};
use super::listen::named_sounds;
use super::ring;
use crate::call::ops::Dial;
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::objects::{Group, gregorian};

/// In which order they ring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum Strategy {
    #[default]
    Simultaneous,
    Single,
    WeightedRandom,
}

/// What a member is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum MemberKind {
    #[default]
    Device,
    User,
    Group,
}

/// One member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline, extend("x-accepted" = ["name"]))]
pub(super) struct Member {
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// `device`, `user` or `group`.
    #[serde(default)]
    pub endpoint_type: MemberKind,
    /// Seconds before it begins to ring.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    pub delay: u64,
    /// Seconds that it rings; 0 = 20.
    #[serde(default)]
    #[schemars(range(max = 3600))]
    pub timeout: u64,
    /// How likely it is to be first, beside the others; 20 when absent.
    #[schemars(range(min = 1, max = 100))]
    pub weight: Option<u32>,
    /// It does not ring before this moment, in Gregorian seconds.
    #[schemars(extend("x-expect" = "seconds since the year 0"))]
    pub disable_until: Option<i64>,
}

/// A group that is asked to ring.
#[derive(Debug, Default)]
pub(super) struct Ring {
    pub members: Vec<Member>,
    pub strategy: Strategy,
    /// Seconds; 0 = 20.
    pub timeout: u64,
    pub ringback: Option<String>,
    pub asked: Asked,
    pub suppress_clid: bool,
    pub fail_on_single_reject: bool,
}

/// Kazoo's, of members that name none.
const WEIGHT: u32 = 20;
/// Groups in groups in groups end here.
const DEEPEST: u32 = 10;

impl Ring {
    /// The Dial that rings them; `None` when there is nobody to ring.
    pub(super) async fn dial(&self, call: &mut Call) -> Result<Option<Dial>, Interrupt> {
        let mut phones = Phones::new(call).await?;
        let mut legs = Legs::default();
        let mut members = expanded(call, &self.members).await?;
        match self.strategy {
            Strategy::Simultaneous => members.sort_by_key(|member| member.delay),
            Strategy::Single => {}
            Strategy::WeightedRandom => shuffle(&mut members, random),
        }
        for member in &members {
            let asked = Asked {
                delay: member.delay,
                timeout: member.timeout,
                ..self.asked.clone()
            };
            legs.add(match member.endpoint_type {
                MemberKind::User => phones.user(call, &member.id, &asked).await?,
                MemberKind::Device | MemberKind::Group => {
                    phones.device(call, &member.id, &asked).await?
                }
            });
        }
        self.of_legs(call, legs).await
    }

    /// The same for legs that are known already.
    pub(super) async fn of_legs(
        &self,
        call: &mut Call,
        legs: Legs,
    ) -> Result<Option<Dial>, Interrupt> {
        if legs.targets.is_empty() {
            return Ok(None);
        }
        let mut dial = Dial {
            targets: legs.targets,
            sequential: self.strategy != Strategy::Simultaneous,
            timeout: ring::seconds(self.timeout),
            caller_id: self.suppress_clid.then(caller_id::anonymous),
            ignore_early_media: legs.ignore_early_media,
            ringback: named_sounds(call, self.ringback.as_deref()),
            fail_on_single_reject: self.fail_on_single_reject,
            ..Dial::default()
        };
        caller_id::present(call, &mut dial, Reaches::Phone).await?;
        Ok(Some(dial))
    }

    /// As the node of a group asks everybody.
    pub(super) fn asked_of_group(ignore_forward: bool, ringtone: Option<String>) -> Asked {
        Asked {
            by: By::Group { ignore_forward },
            ringtone,
            ..Asked::default()
        }
    }
}

/// Devices and users only, each once: groups become their members.
async fn expanded(call: &mut Call, members: &[Member]) -> Result<Vec<Member>, Interrupt> {
    let now = gregorian(clock::now());
    let mut seen = HashSet::new();
    let mut done = Vec::new();
    let mut waiting: Vec<(Member, u32)> = members.iter().rev().map(|m| (m.clone(), 0)).collect();
    while let Some((member, depth)) = waiting.pop() {
        if member.disable_until.is_some_and(|until| until >= now) {
            call.note(format!("{} is switched off for now", member.id));
            continue;
        }
        if !seen.insert((member.id.clone(), member.delay, member.timeout)) {
            continue;
        }
        if member.endpoint_type != MemberKind::Group {
            done.push(member);
            continue;
        }
        if depth >= DEEPEST {
            call.warn(format!(
                "group {} is nested too deeply, and left out",
                member.id
            ));
            continue;
        }
        match call.stored::<Group>(&member.id).await? {
            Some(group) => {
                let inner = of_group(&group, &member);
                waiting.extend(inner.into_iter().rev().map(|inner| (inner, depth + 1)));
            }
            None => call.warn(format!("there is no group {:?}", member.id)),
        }
    }
    Ok(done)
}

/// The members of a stored group by ascending weight, those without one last. What
/// they do not say themselves is as `around` says.
pub(super) fn of_group(group: &Group, around: &Member) -> Vec<Member> {
    let mut members: Vec<Member> = group
        .endpoints
        .iter()
        .map(|(id, entry)| {
            let number = |name: &str| entry.get(name).and_then(Value::as_u64);
            let weight = number("weight").and_then(|weight| u32::try_from(weight).ok());
            Member {
                id: id.clone(),
                endpoint_type: match entry.get("type").and_then(Value::as_str) {
                    Some("user") => MemberKind::User,
                    Some("group") => MemberKind::Group,
                    _ => MemberKind::Device,
                },
                delay: number("delay").unwrap_or(around.delay),
                timeout: number("timeout").unwrap_or(around.timeout),
                weight: weight.or(around.weight),
                disable_until: entry.get("disable_until").and_then(Value::as_i64),
            }
        })
        .collect();
    members.sort_by_key(|member| member.weight.unwrap_or(u32::MAX));
    members
}

/// Whoever is first is drawn by weight, and so is who comes next of the others: the
/// one with the greatest u^(1/weight), for u between 0 and 1.
fn shuffle(members: &mut Vec<Member>, mut draw: impl FnMut() -> f64) {
    let mut keyed: Vec<(f64, Member)> = members
        .drain(..)
        .map(|member| {
            let weight = f64::from(member.weight.unwrap_or(WEIGHT).max(1));
            (draw().powf(weight.recip()), member)
        })
        .collect();
    keyed.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    members.extend(keyed.into_iter().map(|(_, member)| member));
}

/// Between 0 and 1, of the random bits of a UUID.
fn random() -> f64 {
    const BITS: u32 = 53;
    let (_, low) = uuid::Uuid::new_v4().as_u64_pair();
    let bits = low & ((1 << BITS) - 1);
    bits as f64 / (1_u64 << BITS) as f64
}

/// Seconds that all of a simultaneous ringing takes at most.
pub(super) fn whole(delay: u64, timeout: u64) -> Duration {
    Duration::from_secs(delay) + ring::seconds(timeout)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn member(id: &str, weight: u32) -> Member {
        Member {
            id: id.into(),
            endpoint_type: MemberKind::Device,
            delay: 0,
            timeout: 0,
            weight: Some(weight),
            disable_until: None,
        }
    }

    #[test]
    fn the_chance_to_be_first_is_the_weights_share() {
        // Every thousandth between 0 and 1, for each of the two.
        let step = |n: u32| (f64::from(n) + 0.5) / 400.0;
        let mut first = 0;
        for (a, b) in (0..400).flat_map(|a| (0..400).map(move |b| (a, b))) {
            let mut draws = [step(a), step(b)].into_iter();
            let mut members = vec![member("a", 30), member("b", 10)];
            shuffle(&mut members, || draws.next().unwrap());
            assert_eq!(members.len(), 2);
            first += u32::from(members[0].id == "a");
        }
        let share = f64::from(first) / 160_000.0;
        assert!((share - 0.75).abs() < 0.01, "{share}");
    }

    #[test]
    fn what_is_drawn_is_between_0_and_1_and_differs() {
        let drawn: Vec<f64> = (0..1000).map(|_| random()).collect();
        assert!(drawn.iter().all(|u| (0.0..1.0).contains(u)));
        let mean = drawn.iter().sum::<f64>() / 1000.0;
        assert!((mean - 0.5).abs() < 0.06, "{mean}");
    }

    #[test]
    fn members_of_a_stored_group_have_its_times_unless_they_have_their_own() {
        let group: Group = serde_json::from_value(json!({"endpoints": {
            "last": {"type": "user"},
            "second": {"type": "group", "weight": 7, "delay": 3, "timeout": 4},
            "first": {"type": "device", "weight": 7},
        }}))
        .unwrap();
        let around = Member {
            delay: 1,
            timeout: 2,
            weight: None,
            ..member("group", 1)
        };
        let members = of_group(&group, &around);
        let told: Vec<_> = members
            .iter()
            .map(|m| (m.id.as_str(), m.endpoint_type, m.delay, m.timeout))
            .collect();
        assert_eq!(
            told,
            [
                ("second", MemberKind::Group, 3, 4),
                ("first", MemberKind::Device, 1, 2),
                ("last", MemberKind::User, 1, 2),
            ]
        );
    }
}
