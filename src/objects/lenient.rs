//! Reading what nobody has checked, as far as it can be read: a value is brought into
//! the type that is wanted where it says the same, and else its field is left out.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use serde_path_to_error::{Path, Segment};

use super::Unreadable;

/// After so many attempts whole fields of the document are left out.
const PATIENCE: usize = 200;
/// A field that keeps people out is not left out.
const LOCK: &str = "pins";

/// What a document says, and what was left out of it. An error when it says nothing, or
/// when a lock would be left out.
pub fn read_leniently<T: DeserializeOwned>(
    mut body: Value,
) -> Result<(T, Vec<Unreadable>), Unreadable> {
    let mut left_out = Vec::new();
    let mut odd: HashMap<Vec<Step>, Odd> = HashMap::new();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let error = match serde_path_to_error::deserialize::<_, T>(&body) {
            Ok(read) => return Ok((read, left_out)),
            Err(error) => error,
        };
        let fault = Unreadable {
            field: error.path().to_string(),
            why: error.inner().to_string(),
        };
        let mut place = place(error.path());
        if attempts > PATIENCE {
            place.truncate(1);
        }
        let Some(value) = find(&mut body, &place).filter(|_| !place.is_empty()) else {
            let (read, more) = fields_by_themselves(body).ok_or(fault)?;
            left_out.extend(more);
            return Ok((read, left_out));
        };
        let known = odd.entry(place.clone()).or_insert_with(|| Odd {
            meanings: meanings(value),
            says_nothing: value.is_null() || *value == "",
            fault,
        });
        if attempts <= PATIENCE
            && let Some(meaning) = known.meanings.pop()
        {
            *value = meaning;
            continue;
        }
        let Odd {
            says_nothing,
            fault,
            ..
        } = known;
        if place.contains(&Step::Field(LOCK.to_owned())) {
            return Err(fault.clone());
        }
        if !*says_nothing {
            left_out.push(fault.clone());
        }
        remove(&mut body, &place);
        odd.remove(&place);
    }
}

/// A value that could not be read as it stands.
struct Odd {
    /// What else it may mean, the likeliest last.
    meanings: Vec<Value>,
    says_nothing: bool,
    /// What was wrong with it at first.
    fault: Unreadable,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Field(String),
    Entry(usize),
}

fn place(path: &Path) -> Vec<Step> {
    let mut place = Vec::new();
    for segment in path {
        match segment {
            Segment::Map { key } => place.push(Step::Field(key.clone())),
            Segment::Seq { index } => place.push(Step::Entry(*index)),
            Segment::Enum { .. } => {}
            Segment::Unknown => break,
        }
    }
    place
}

fn find<'v>(body: &'v mut Value, place: &[Step]) -> Option<&'v mut Value> {
    place.iter().try_fold(body, |value, step| match step {
        Step::Field(name) => value.get_mut(name),
        Step::Entry(index) => value.get_mut(index),
    })
}

fn remove(body: &mut Value, place: &[Step]) {
    let Some((last, before)) = place.split_last() else {
        return;
    };
    match (find(body, before), last) {
        (Some(Value::Object(map)), Step::Field(name)) => {
            map.remove(name);
        }
        (Some(Value::Array(list)), Step::Entry(index)) if *index < list.len() => {
            list.remove(*index);
        }
        _ => {}
    }
}

/// `"20"` may be 20, `"true"` true, 20 `"20"`, what stands alone a list of that, and PHP's
/// empty list an empty object.
fn meanings(value: &Value) -> Vec<Value> {
    let alone = Value::Array(vec![value.clone()]);
    match value {
        Value::String(text) => {
            let text = text.trim();
            let number = text.parse::<Number>().ok().map(Value::from);
            let switch = match text.to_ascii_lowercase().as_str() {
                "true" => Some(true.into()),
                "false" => Some(false.into()),
                _ => None,
            };
            [Some(alone), switch, number]
                .into_iter()
                .flatten()
                .collect()
        }
        Value::Number(number) => {
            #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
            let whole = number
                .as_f64()
                .filter(|n| n.fract() == 0.0)
                .map(|n| n as i64);
            let whole = whole.filter(|_| number.is_f64()).map(Value::from);
            let text = Value::String(number.to_string());
            [Some(alone), Some(text), whole]
                .into_iter()
                .flatten()
                .collect()
        }
        Value::Array(list) if list.is_empty() => vec![Map::new().into()],
        _ => Vec::new(),
    }
}

/// The fields that can be read by themselves, where nobody says which cannot be.
fn fields_by_themselves<T: DeserializeOwned>(body: Value) -> Option<(T, Vec<Unreadable>)> {
    let Value::Object(fields) = body else {
        return None;
    };
    let mut left_out = Vec::new();
    let mut fine = Map::new();
    for (field, value) in fields {
        let alone = Map::from_iter([(field.clone(), value.clone())]);
        match serde_json::from_value::<T>(alone.into()) {
            Ok(_) => {
                fine.insert(field, value);
            }
            Err(_) if field == LOCK => return None,
            Err(error) => left_out.push(Unreadable {
                field,
                why: error.to_string(),
            }),
        }
    }
    let read = serde_json::from_value(fine.into()).ok()?;
    Some((read, left_out))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::{Agent, Conference, Device, Vmbox};

    fn read<T: DeserializeOwned>(body: Value) -> (T, Vec<String>) {
        let (read, left_out) = read_leniently(body).unwrap();
        (read, left_out.into_iter().map(|out| out.field).collect())
    }

    #[test]
    fn what_says_the_same_in_another_type_counts_and_is_no_news() {
        let (vmbox, left_out) = read::<Vmbox>(json!({
            "mailbox": 4001, "pin": 1234, "is_setup": "True", "max_message_length": "20",
            "seek_duration_ms": 500.0, "notify_email_addresses": "a@example.com",
            "media": [], "flags": ["a", 1], "owner_id": null, "transcribe": "",
        }));
        assert_eq!(left_out, [""; 0]);
        assert_eq!(vmbox.mailbox, "4001");
        assert_eq!(vmbox.pin.as_deref(), Some("1234"));
        assert!(vmbox.is_setup && !vmbox.transcribe);
        assert_eq!(
            (vmbox.max_message_length, vmbox.seek_duration_ms),
            (Some(20), 500)
        );
        assert_eq!(vmbox.notify_email_addresses, ["a@example.com"]);
        assert_eq!(vmbox.flags, ["a", "1"]);
    }

    #[test]
    fn what_says_nothing_is_left_out_wherever_it_stands_and_told() {
        let (vmbox, left_out) = read::<Vmbox>(json!({
            "mailbox": "1", "max_message_length": "ten", "flags": ["a", {}, "b", {}],
            "media": {"unavailable": {"id": "x"}, "name": "n"}, "notify_email_addresses": {},
        }));
        assert_eq!(vmbox.mailbox, "1");
        assert_eq!(vmbox.max_message_length, None);
        assert_eq!(vmbox.flags, ["a", "b"]);
        assert_eq!(vmbox.media.name.as_deref(), Some("n"));
        let mut left_out = left_out;
        left_out.sort();
        let expected = [
            "flags[1]",
            "flags[2]",
            "max_message_length",
            "media.unavailable",
            "notify_email_addresses",
        ];
        assert_eq!(left_out, expected);
        let (agent, left_out) = read::<Agent>(json!({"status": "asleep", "paused_until": 5}));
        assert_eq!((agent.paused_until, left_out.len()), (Some(5), 1));
        let (device, _) = read::<Device>(json!({"sip": "none", "owner_id": "u"}));
        assert_eq!(device.owner_id.as_deref(), Some("u"));
    }

    #[test]
    fn a_lock_is_not_left_out() {
        for pins in [json!([1234]), json!("1234"), json!(1234)] {
            let document = json!({"member": {"pins": pins}});
            let (conference, _) = read::<Conference>(document);
            assert_eq!(conference.member.pins, ["1234"]);
        }
        for pins in [json!({"a": 1}), json!([{}]), json!([["1"]])] {
            let document = json!({"member": {"pins": pins}});
            assert!(read_leniently::<Conference>(document).is_err());
        }
    }

    #[test]
    fn a_document_that_is_none_cannot_be_read() {
        for document in [json!("box"), json!(5), json!(null)] {
            assert!(read_leniently::<Vmbox>(document).is_err());
        }
    }

    #[test]
    fn a_long_list_of_nonsense_goes_as_a_whole() {
        let flags = vec![json!({}); 10_000];
        let (vmbox, left_out) = read::<Vmbox>(json!({"mailbox": "1", "flags": flags}));
        assert_eq!(vmbox.mailbox, "1");
        assert!(vmbox.flags.is_empty() && left_out.len() <= PATIENCE + 1);
    }
}
