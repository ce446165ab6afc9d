//! Which conference it is, and as what the caller comes in.

use super::{Conference, Role};
use crate::call::{Call, Interrupt};
use crate::objects::{self, Kind};

/// A conference that was found.
pub(super) struct Room {
    /// Names the room, within the account.
    pub(super) id: String,
    pub(super) stored: objects::Conference,
}

/// The conference of the node or of the number that was entered, and the role
/// that goes with that number. `None` when it must be asked for.
pub(super) async fn find(
    call: &mut Call,
    node: &Conference,
    number: Option<&str>,
) -> Result<Option<(Room, Option<Role>)>, Interrupt> {
    if let Some(number) = number {
        let found = numbered(call, number).await?;
        return Ok(Some(match found {
            Some(found) => found,
            None => match room(call, number).await? {
                Some(room) => (room, None),
                None => return Ok(None),
            },
        }));
    }
    if let Some(id) = node.id.as_deref().filter(|id| !id.is_empty()) {
        return Ok(room(call, id).await?.map(|room| (room, None)));
    }
    if node.config.is_empty() {
        return Ok(None);
    }
    let text = |field: &str| node.config.get(field)?.as_str().map(str::to_owned);
    let id = text("id").or_else(|| text("name"));
    let stored = match objects::read_leniently(node.config.clone().into()) {
        Ok((stored, left_out)) => {
            for fault in left_out {
                call.warn(format!("conference: `config`: {fault}; it is left out"));
            }
            stored
        }
        Err(fault) => {
            call.warn(format!("conference: `config` cannot be used: {fault}"));
            return Ok(None);
        }
    };
    let id = id.unwrap_or_else(|| "config".into());
    Ok(Some((Room { id, stored }, None)))
}

/// A stored conference, else a room of that name which nothing limits. `None` for one
/// that cannot be read: what would limit it is not known.
async fn room(call: &mut Call, id: &str) -> Result<Option<Room>, Interrupt> {
    let stored = call.stored::<objects::Conference>(id).await?;
    if stored.is_none() {
        if call.document(Kind::Conference, id).await?.is_some() {
            return Ok(None);
        }
        call.note(format!(
            "there is no stored conference {id}; it is a room of that name, without a PIN"
        ));
    }
    Ok(Some(Room {
        id: id.to_owned(),
        stored: stored.unwrap_or_default(),
    }))
}

/// The stored conference that has this number, and the role if it is one of
/// members or of moderators alone.
pub(super) async fn numbered(
    call: &mut Call,
    number: &str,
) -> Result<Option<(Room, Option<Role>)>, Interrupt> {
    let all = call.all_stored::<objects::Conference>().await?;
    Ok(all.into_iter().find_map(|(id, stored)| {
        let has = |numbers: &[String]| numbers.iter().any(|own| own == number);
        let role = match (has(&stored.member.numbers), has(&stored.moderator.numbers)) {
            (true, false) => Some(Role::Member),
            (false, true) => Some(Role::Moderator),
            (true, true) => None,
            (false, false) if has(&stored.conference_numbers) => None,
            (false, false) => return None,
        };
        Some((Room { id, stored }, role))
    }))
}

impl Room {
    /// What the caller hears from here on is in the conference's language.
    pub(super) fn set_language(&self, call: &mut Call) {
        if let Some(language) = &self.stored.language {
            call.set_language(&language.to_lowercase());
        }
    }

    pub(super) fn asks_pin(&self, role: Option<Role>) -> bool {
        let members = !self.stored.member.pins.is_empty();
        let moderators = !self.stored.moderator.pins.is_empty();
        match role {
            Some(Role::Member) => members,
            Some(Role::Moderator) => moderators,
            None => members || moderators,
        }
    }

    /// As what this PIN lets the caller in. Members need none when none is theirs.
    pub(super) fn role_of(&self, role: Option<Role>, pin: &str) -> Option<Role> {
        let has = |pins: &[String]| pins.iter().any(|own| own == pin);
        let member = has(&self.stored.member.pins);
        let moderator = has(&self.stored.moderator.pins);
        match role {
            Some(Role::Member) => member.then_some(Role::Member),
            Some(Role::Moderator) => moderator.then_some(Role::Moderator),
            None if member => Some(Role::Member),
            None if moderator => Some(Role::Moderator),
            None => {
                let open = pin.is_empty() && self.stored.member.pins.is_empty();
                open.then_some(Role::Member)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn room(member: &[&str], moderator: &[&str]) -> Room {
        let stored = json!({"member": {"pins": member}, "moderator": {"pins": moderator}});
        Room {
            id: "r".into(),
            stored: serde_json::from_value(stored).unwrap(),
        }
    }

    #[test]
    fn a_pin_decides_the_role_that_is_open() {
        use Role::{Member, Moderator};
        for (member, moderator, fixed, pin, expected) in [
            (&["1"][..], &["2"][..], None, "1", Some(Member)),
            (&["1"], &["2"], None, "2", Some(Moderator)),
            (&["1"], &["1"], None, "1", Some(Member)),
            (&["1"], &["2"], None, "3", None),
            (&["1"], &["2"], None, "", None),
            (&[], &["2"], None, "", Some(Member)),
            (&[], &["2"], None, "3", None),
            (&["1"], &["2"], Some(Member), "2", None),
            (&["1"], &["2"], Some(Moderator), "1", None),
            (&["1"], &["2"], Some(Moderator), "2", Some(Moderator)),
        ] {
            assert_eq!(
                room(member, moderator).role_of(fixed, pin),
                expected,
                "{member:?} {moderator:?} {fixed:?} {pin}"
            );
        }
    }

    #[test]
    fn a_pin_is_asked_for_where_the_role_has_one() {
        let only = room(&[], &["2"]);
        assert!(only.asks_pin(None) && only.asks_pin(Some(Role::Moderator)));
        assert!(!only.asks_pin(Some(Role::Member)) && !room(&[], &[]).asks_pin(None));
    }
}
