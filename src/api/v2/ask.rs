//! A request, as endpoints see it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::V2;
use super::body::Sound;
use super::credentials::Who;
use super::endpoint::Endpoint;
use super::refusal::Refusal;
use super::resource::Resource;
use crate::id::AccountId;
use crate::objects::Fault;

/// What is asked, by somebody who may.
pub(super) struct Ask {
    pub(super) v2: Arc<V2>,
    pub(super) endpoint: &'static Endpoint,
    pub(super) who: Who,
    /// From where it is asked.
    pub(super) peer: IpAddr,
    /// Whose things are meant.
    pub(super) account: AccountId,
    pub(super) ids: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    /// `data` of the body; none = the body has none.
    pub(super) data: Option<Value>,
    /// The whole body, where it is a sound.
    pub(super) sound: Option<Sound>,
}

impl Ask {
    /// What stands in the place of a `{…}` of the path; every path has as many as
    /// its endpoint asks for.
    pub(super) fn id(&self, position: usize) -> &str {
        self.ids
            .get(position)
            .map(String::as_str)
            .unwrap_or_default()
    }

    pub(super) fn resource(&self) -> Result<&'static Resource, Refusal> {
        let resource = self.endpoint.resource;
        resource.ok_or_else(|| Refusal::broken("this endpoint has no resource"))
    }

    /// The first parameter of this name in the URL.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        let found = pairs.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A yes or no of the URL.
    pub(super) fn asked_flag(&self, name: &str) -> Option<bool> {
        match self.asked(name)? {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        }
    }

    /// A whole number of the URL.
    pub(super) fn asked_number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(given) = self.asked(name) else {
            return Ok(None);
        };
        given.trim().parse().map(Some).map_err(|_| {
            let fault = Fault::new("must be a whole number").target("integer");
            Refusal::fault(name, "type", fault.value(&given.into()))
        })
    }

    /// `data`, which must be an object here.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match &self.data {
            Some(Value::Object(map)) => Ok(map.clone()),
            Some(_) => {
                let fault = Fault::new("must be an object").target("object");
                Err(Refusal::fault("data", "type", fault))
            }
            None => Err(no_data()),
        }
    }

    /// Strings: `data` itself, or its field `name`; none = there is no such list.
    pub(super) fn words(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let list = match &self.data {
            None => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(data) => match data.get(name) {
                None | Some(Value::Null) => return Ok(None),
                Some(Value::Array(list)) => list,
                Some(_) => {
                    let fault = Fault::new("must be a list of ids").target("array");
                    return Err(Refusal::fault(name, "type", fault));
                }
            },
        };
        let words: Option<Vec<String>> = list
            .iter()
            .map(|word| word.as_str().map(str::to_owned))
            .collect();
        words.map(Some).ok_or_else(|| {
            let fault = Fault::new("must be a list of ids").target("string");
            Refusal::fault(name, "type", fault)
        })
    }
}

pub(super) fn no_data() -> Refusal {
    let fault =
        Fault::new(r#"Field is required but missing: wrap the document, as in {"data": {…}}"#);
    Refusal::fault("data", "required", fault)
}
