//! What a feature code changes: the document of the caller's user, or of the
//! caller's device when that has no owner.

use serde_json::{Map, Value};

use super::caller;
use super::library::prompt;
use crate::call::ops::{Keys, Play, Sound};
use crate::call::{Call, Interrupt};
use crate::objects::Kind;

/// Whose settings they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    pub kind: Kind,
    pub id: String,
}

/// The caller's user, else the caller's device.
pub(super) async fn of_caller(call: &mut Call) -> Result<Option<Own>, Interrupt> {
    if let Some(id) = caller::user_id(call).await? {
        return Ok(Some(Own {
            kind: Kind::User,
            id,
        }));
    }
    Ok(caller::device_id(call).await?.map(|id| Own {
        kind: Kind::Device,
        id,
    }))
}

impl Own {
    /// The document; none when it is not there.
    pub(super) async fn document(
        &self,
        call: &mut Call,
    ) -> Result<Option<Map<String, Value>>, Interrupt> {
        let document = call.document(self.kind, &self.id).await?;
        Ok(document.map(|document| document.body))
    }

    /// Sets a field of one of its objects, as `do_not_disturb.enabled`.
    pub(super) async fn set(
        &self,
        call: &mut Call,
        object: &str,
        field: &str,
        value: Value,
    ) -> Result<bool, Interrupt> {
        let change = |body: &mut Map<String, Value>| {
            within(body, object, |inner| {
                inner.insert(field.to_owned(), value.clone());
            });
        };
        call.change_stored(self.kind, &self.id, change).await
    }
}

/// Changes the object in this field; one is made where there is none.
pub(super) fn within(
    body: &mut Map<String, Value>,
    field: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) {
    let value = body.entry(field).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    if let Value::Object(inner) = value {
        change(inner);
    }
}

/// Whether `object.enabled` is set in a document.
pub(super) fn is_on(body: &Map<String, Value>, object: &str, otherwise: bool) -> bool {
    let inner = body.get(object).and_then(|inner| inner.get("enabled"));
    inner.and_then(Value::as_bool).unwrap_or(otherwise)
}

/// Says a prompt to its end.
pub(super) async fn say(call: &mut Call, name: &str) -> Result<(), Interrupt> {
    let sounds = prompt(call, name).await?;
    say_all(call, sounds).await
}

pub(super) async fn say_all(call: &mut Call, sounds: Vec<Sound>) -> Result<(), Interrupt> {
    let stop_on = Keys::none();
    call.play(Play { sounds, stop_on }).await?;
    Ok(())
}

/// A number, digit by digit.
pub(super) fn spelled(number: &str) -> Vec<Sound> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Vec::new();
    }
    vec![Sound::Asterisk(format!("digits:{digits}"))]
}
