//! Checks all documents, alone and together, before anything is written.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::{Batch, references};
use crate::callflow;
use crate::id::AccountId;
use crate::objects::{self, Faults, Kind, NO_MATCH};
use crate::patterns::Pattern;
use crate::report::{Diagnostic, Severity};
use crate::store::{Catalog, Numbers, StoreError};

/// Fields that hold regular expressions, beside the callflows' `patterns`.
const REGEXES: &[(Kind, &[&str])] = &[
    (Kind::Resource, &["rules", "cid_rules"]),
    (Kind::ListEntry, &["pattern", "regexp"]),
];

impl Batch {
    /// Checks everything against the schemas, against each other and against what
    /// the account has; what is wrong is in the reports of the sources.
    pub async fn check(
        &mut self,
        catalog: &Catalog,
        account: &AccountId,
        flows: &Path,
    ) -> Result<(), StoreError> {
        let mut schemas = BTreeMap::new();
        for item in 0..self.items.len() {
            let kind = self.items[item].kind;
            if kind == Kind::Account {
                account.as_str().clone_into(&mut self.items[item].id);
            }
            let schema = schemas.entry(kind).or_insert_with(|| kind.schema());
            self.check_one(item, schema, &catalog.numbers);
        }
        self.check_ids();
        self.check_numbers(catalog, account).await?;
        self.check_references(catalog, account, flows).await
    }

    fn check_one(&mut self, item: usize, schema: &Value, numbers: &Numbers) {
        let kind = self.items[item].kind;
        let mut body = std::mem::take(&mut self.items[item].body);
        if kind == Kind::Callflow {
            normalize(&mut body, numbers);
        }
        let mut faults = Faults::default();
        let mut value = Value::Object(body);
        objects::check(schema, &mut value, "", &mut faults);
        if let Value::Object(body) = &mut value {
            if kind == Kind::Callflow {
                callflow::check(body, &mut faults);
            }
            regexes(kind, body, &mut faults);
        }
        if faults.is_empty()
            && let Err(error) = kind.try_read(&value)
        {
            faults.add(&error.field, "invalid", objects::Fault::new(error.why));
        }
        if let Value::Object(body) = value {
            self.items[item].body = body;
        }
        let faults = Value::from(faults);
        if kind == Kind::Callflow {
            self.warn_of_flow(item, &faults);
        }
        for (field, codes) in faults.as_object().into_iter().flatten() {
            for fault in codes.as_object().into_iter().flat_map(Map::values) {
                let message = fault["message"].as_str().unwrap_or_default();
                let name = if field.is_empty() { "it" } else { field };
                self.refuse(item, field, format!("`{name}`: {message}"));
            }
        }
    }

    /// What a call would only warn of, such as a misspelt field, and is no fault here.
    fn warn_of_flow(&mut self, item: usize, faults: &Value) {
        let item = &self.items[item];
        let source = &mut self.sources[item.source];
        let first = item.placed.span.start;
        let Some(text) = source.text.get(item.placed.span.clone()) else {
            return;
        };
        let (_, told) = callflow::read_stored(text.as_bytes(), false);
        let warnings = told.diagnostics.into_iter();
        let is_fault = |pointer: &str| {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            faults.get(&field).is_some()
        };
        let only_warned = |d: &Diagnostic| {
            d.severity == Severity::Warning && !d.pointer.as_deref().is_some_and(is_fault)
        };
        for mut warning in warnings.filter(only_warned) {
            warning.span = warning.span.start + first..warning.span.end + first;
            source.report.diagnostics.push(warning);
        }
    }

    /// No two documents of a kind have one id, unless they are the same.
    fn check_ids(&mut self) {
        let mut seen: HashMap<(Kind, String), usize> = HashMap::new();
        let mut again = Vec::new();
        for (position, item) in self.items.iter().enumerate() {
            let key = (item.kind, item.id.clone());
            match seen.get(&key) {
                None => {
                    seen.insert(key, position);
                }
                Some(first) => again.push((position, *first)),
            }
        }
        for (position, first) in again {
            let (item, first) = (&self.items[position], &self.items[first]);
            if item.body == first.body {
                continue;
            }
            let message = format!(
                "there is another {} {}, in {}",
                item.kind.one(),
                item.id,
                self.sources[first.source].name
            );
            self.refuse(position, "id", message);
        }
    }

    /// A number belongs to one callflow, of those that are imported and those that
    /// are there and stay.
    async fn check_numbers(
        &mut self,
        catalog: &Catalog,
        account: &AccountId,
    ) -> Result<(), StoreError> {
        let is_callflow = |item: &&super::Item| item.kind == Kind::Callflow && !item.bad;
        let callflows = self.items.iter().filter(is_callflow);
        let ours: HashSet<String> = callflows.map(|item| item.id.clone()).collect();
        let mut holders: HashMap<(&str, String), String> = HashMap::new();
        for document in catalog.list(account, Kind::Callflow).await? {
            if !ours.contains(&document.id) {
                for (field, _, value) in listed(&document.body) {
                    holders.insert((field, value), document.id.clone());
                }
            }
        }
        for position in 0..self.items.len() {
            let item = &self.items[position];
            if item.kind != Kind::Callflow || item.bad {
                continue;
            }
            let (id, listed) = (item.id.clone(), listed(&item.body));
            for (field, index, value) in listed {
                match holders.get(&(field, value.clone())) {
                    Some(holder) if *holder != id => {
                        let message = format!("{value} is taken by callflow {holder}");
                        self.refuse(position, &format!("{field}.{index}"), message);
                    }
                    _ => {
                        holders.insert((field, value), id.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// Ids that lead nowhere are warned of: what they name may come later.
    async fn check_references(
        &mut self,
        catalog: &Catalog,
        account: &AccountId,
        flows: &Path,
    ) -> Result<(), StoreError> {
        let mut there: HashMap<Kind, HashSet<String>> = HashMap::new();
        for item in self.items.iter().filter(|item| !item.bad) {
            there.entry(item.kind).or_default().insert(item.id.clone());
        }
        let mut asked = HashSet::new();
        for position in 0..self.items.len() {
            let item = &self.items[position];
            if item.bad {
                continue;
            }
            for reference in references::of(item.kind, &item.body) {
                let mut known = false;
                for kind in reference.kinds {
                    if asked.insert(*kind) {
                        let stored = catalog.list(account, *kind).await?;
                        let ids = stored.into_iter().map(|document| document.id);
                        there.entry(*kind).or_default().extend(ids);
                    }
                    known |= there[kind].contains(&reference.id);
                }
                if !known && !references::is_file(flows, &reference) {
                    let message = format!("there is no {} {}", reference.names(), reference.id);
                    self.warn(position, &reference.field, message);
                }
            }
        }
        Ok(())
    }
}

/// Numbers are written in the shop's way, as those that are dialled are.
fn normalize(body: &mut Map<String, Value>, numbers: &Numbers) {
    let list = body.get_mut("numbers").and_then(Value::as_array_mut);
    for number in list.into_iter().flatten() {
        if let Some(text) = number.as_str().filter(|text| *text != NO_MATCH) {
            *number = numbers.normalize(text).into();
        }
    }
}

/// Field, position and value of each number and pattern.
fn listed(body: &Map<String, Value>) -> Vec<(&'static str, usize, String)> {
    let mut all = Vec::new();
    for field in ["numbers", "patterns"] {
        let list = body.get(field).and_then(Value::as_array);
        for (position, value) in list.into_iter().flatten().enumerate() {
            if let Some(text) = value.as_str() {
                all.push((field, position, text.to_owned()));
            }
        }
    }
    all
}

fn regexes(kind: Kind, body: &Map<String, Value>, faults: &mut Faults) {
    let fields = REGEXES.iter().filter(|(of, _)| *of == kind);
    for field in fields.flat_map(|(_, fields)| *fields) {
        let list = match body.get(*field) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        for text in list.iter().filter_map(Value::as_str) {
            if let Err(error) = Pattern::new(text) {
                faults.add(field, "invalid", objects::Fault::new(error.to_string()));
            }
        }
    }
}
