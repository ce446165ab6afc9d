//! `lookupcidname` – gives the caller the name that lists have for the number,
//! and goes on to `_`.
//!
//! The first list that knows the number counts; in it the entry with the longest
//! fitting `number` or `prefix`, else the first whose `regexp` is found. The name
//! is the entry's `displayname`, else `name`, else `cid_name`. Web applications
//! and later legs are told it.
//!
//! | field | default | |
//! |---|---|---|
//! | `lists` | required | ids of stored lists |
//!
//! ```json
//! {"module": "lookupcidname", "data": {"lists": ["customers", "suppliers"]}}
//! ```
//!
//! In Kazoo the name is looked for in the wrong place, and never found.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::ops::CallerId;
use crate::call::{Call, Interrupt};
use crate::callflow::{Node, numbers};
use crate::objects::ListEntry;
use crate::program::Flow;

/// Gives the caller the name that lists have.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Lookupcidname {
    /// Ids of stored lists.
    lists: Vec<String>,
}

fn name(entry: &ListEntry) -> Option<&String> {
    [&entry.displayname, &entry.name, &entry.cid_name]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty())
}

impl Module for Lookupcidname {
    const NAME: &'static str = "lookupcidname";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        let number = call.facts().caller_number.clone();
        for list in &self.lists {
            let entries = call.stored_under::<ListEntry>(list).await?;
            let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
            if let Some(name) = numbers::best(call, &entries, &number).and_then(name) {
                call.note(format!("{number} is {name} in list {list}"));
                let name = name.clone();
                call.set_caller(CallerId { number, name });
                return Ok(Flow::Next);
            }
        }
        call.note(format!("no list has a name for {number}"));
        Ok(Flow::Next)
    }
}
