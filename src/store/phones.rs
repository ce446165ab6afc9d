//! Which device a call comes from, and whose phones ring.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::objects::{Device, Kind, drop_unfilled, hide, read_leniently};

/// The devices of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct Phones {
    /// The name that Asterisk knows a device by → ids.
    by_name: HashMap<String, BTreeSet<String>>,
    /// A user → ids of the devices that are the user's, or where the user is logged in.
    by_user: HashMap<String, BTreeSet<String>>,
    /// Id → what it is listed under.
    listed: HashMap<String, (String, BTreeSet<String>)>,
}

impl Phones {
    /// A device is there, or has changed. One of which nothing can be read is nobody's.
    pub(super) fn put(&mut self, id: &str, body: &Map<String, Value>) {
        self.remove(id);
        let mut body = body.clone();
        hide(Kind::Device.one(), &mut body);
        drop_unfilled(Kind::Device, &mut body);
        let read = read_leniently::<Device>(Value::Object(body));
        let Ok((device, _)) = read else {
            return;
        };
        let name = device.endpoint(id).to_owned();
        let guests = device.hotdesk.users.keys().cloned();
        let users: BTreeSet<String> = guests.chain(device.owner_id).collect();
        self.by_name
            .entry(name.clone())
            .or_default()
            .insert(id.to_owned());
        for user in &users {
            self.by_user
                .entry(user.clone())
                .or_default()
                .insert(id.to_owned());
        }
        self.listed.insert(id.to_owned(), (name, users));
    }

    pub(super) fn remove(&mut self, id: &str) {
        let Some((name, users)) = self.listed.remove(id) else {
            return;
        };
        strike(&mut self.by_name, &name, id);
        for user in users {
            strike(&mut self.by_user, &user, id);
        }
    }

    pub(super) fn named(&self, name: &str) -> Vec<String> {
        listed(&self.by_name, name)
    }

    pub(super) fn of_user(&self, user: &str) -> Vec<String> {
        listed(&self.by_user, user)
    }
}

fn listed(under: &HashMap<String, BTreeSet<String>>, word: &str) -> Vec<String> {
    let ids = under.get(word).into_iter().flatten();
    ids.cloned().collect()
}

fn strike(under: &mut HashMap<String, BTreeSet<String>>, word: &str, id: &str) {
    if let Some(ids) = under.get_mut(word) {
        ids.remove(id);
        if ids.is_empty() {
            under.remove(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn phones(devices: &[(&str, Value)]) -> Phones {
        let mut phones = Phones::default();
        for (id, body) in devices {
            phones.put(id, body.as_object().unwrap());
        }
        phones
    }

    #[test]
    fn a_device_is_known_by_its_sip_username_and_else_by_its_id() {
        let phones = phones(&[
            ("d1", json!({"sip": {"username": "bob"}})),
            ("ann", json!({})),
        ]);
        assert_eq!(phones.named("bob"), ["d1"]);
        assert_eq!(phones.named("ann"), ["ann"]);
        assert!(phones.named("d1").is_empty());
    }

    #[test]
    fn a_user_has_own_phones_and_those_where_the_user_is_logged_in() {
        let mut phones = phones(&[
            ("d2", json!({"owner_id": "u"})),
            (
                "d1",
                json!({"owner_id": "v", "hotdesk": {"users": {"u": {}}}}),
            ),
        ]);
        assert_eq!(phones.of_user("u"), ["d1", "d2"]);
        phones.put("d1", json!({"owner_id": "v"}).as_object().unwrap());
        assert_eq!(phones.of_user("u"), ["d2"]);
        phones.remove("d2");
        assert!(phones.of_user("u").is_empty());
        assert_eq!(phones.of_user("v"), ["d1"]);
    }
}
