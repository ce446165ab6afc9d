//! Brings the `data` of a module into the types of its schema.
//!
//! Web applications write `"486"` for 486 and `"true"` for true, and PHP writes
//! `[]` for an empty object. All of that is put right here, once, with a
//! warning, so that modules see the types that they declare. Numbers out of
//! range are moved into it. What cannot be understood is an error.

use serde_json::{Map, Number, Value};

use super::json::{self, Kind};
use super::shape::{ObjectShape, Shape, ShapeKind};
use crate::report::{Diagnostic, Report, nearest};

/// Objects and lists within one `data` may be nested this deep.
pub(super) const MAX_DATA_DEPTH: usize = 32;

/// Settings that every module has.
const COMMON: [&str; 1] = ["skip_module"];

/// One value of a document, while it is compared with its shape.
pub(super) struct Conform<'r> {
    report: &'r mut Report,
    /// The module, for messages.
    module: &'r str,
}

impl<'r> Conform<'r> {
    pub(super) fn new(report: &'r mut Report, module: &'r str) -> Self {
        Self { report, module }
    }

    /// The settings in the module's own types. What is wrong is in the report,
    /// and left out of the result.
    pub(super) fn data(
        &mut self,
        shape: &Shape,
        data: &json::Value,
        pointer: &str,
    ) -> Map<String, Value> {
        match self.value(shape, data, pointer) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    fn value(&mut self, shape: &Shape, value: &json::Value, pointer: &str) -> Option<Value> {
        let found = match &shape.kind {
            ShapeKind::Any => Some(value.plain()),
            ShapeKind::Bool => self.boolean(value, pointer),
            ShapeKind::Integer { min, max } => self.integer(*min, *max, value, pointer),
            ShapeKind::Number { min, max } => self.number(*min, *max, value, pointer),
            ShapeKind::Text { .. } | ShapeKind::Choice(_) => {
                return self.text(shape, value, pointer);
            }
            ShapeKind::List { items, min } => match &value.kind {
                Kind::Array(list) if list.len() < *min => {
                    self.error(value, pointer, format!("needs at least {min} entry"));
                    return None;
                }
                Kind::Array(list) => Some(
                    list.iter()
                        .enumerate()
                        .filter_map(|(i, v)| self.value(items, v, &format!("{pointer}/{i}")))
                        .collect(),
                ),
                _ => None,
            },
            ShapeKind::Object(shape) => match &value.kind {
                Kind::Object(members) => Some(self.object(shape, value, members, pointer)),
                Kind::Array(list) if list.is_empty() => {
                    self.warn(value, pointer, "is an empty list, taken as an empty object");
                    Some(self.object(shape, value, &[], pointer))
                }
                _ => None,
            },
            ShapeKind::Either(shapes) => {
                return self.either(shape, shapes, value, pointer);
            }
        };
        if found.is_none() {
            let message = format!("must be {}, found {}", shape.describe(), show(value));
            self.error(value, pointer, message);
        }
        found
    }

    fn boolean(&mut self, value: &json::Value, pointer: &str) -> Option<Value> {
        let meant = match &value.kind {
            Kind::Bool(given) => return Some((*given).into()),
            Kind::String(text) if text.eq_ignore_ascii_case("true") => true,
            Kind::String(text) if text.eq_ignore_ascii_case("false") => false,
            _ => return None,
        };
        self.warn(
            value,
            pointer,
            format!("is {}, taken as {meant}", show(value)),
        );
        Some(meant.into())
    }

    fn integer(&mut self, min: i64, max: i64, value: &json::Value, pointer: &str) -> Option<Value> {
        let (number, exact) = match &value.kind {
            Kind::Number(number) => (whole(number)?, true),
            Kind::String(text) => (whole(&text.trim().parse().ok()?)?, false),
            _ => return None,
        };
        let kept = number.clamp(min, max);
        if kept != number {
            self.warn(value, pointer, format!("is {number}, taken as {kept}"));
        } else if !exact {
            self.warn(
                value,
                pointer,
                format!("is the string {}, taken as a number", show(value)),
            );
        }
        Some(kept.into())
    }

    fn number(&mut self, min: f64, max: f64, value: &json::Value, pointer: &str) -> Option<Value> {
        let number = match &value.kind {
            Kind::Number(number) => number.as_f64()?,
            Kind::String(text) => text.trim().parse::<Number>().ok()?.as_f64()?,
            _ => return None,
        };
        let kept = number.clamp(min, max);
        #[expect(clippy::float_cmp, reason = "clamp returns its argument unchanged")]
        if kept != number {
            self.warn(value, pointer, format!("is {number}, taken as {kept}"));
        } else if matches!(value.kind, Kind::String(_)) {
            self.warn(
                value,
                pointer,
                format!("is the string {}, taken as a number", show(value)),
            );
        }
        Some(kept.into())
    }

    fn text(&mut self, shape: &Shape, value: &json::Value, pointer: &str) -> Option<Value> {
        let text = match &value.kind {
            Kind::String(text) => text.clone(),
            Kind::Number(number) => {
                self.warn(
                    value,
                    pointer,
                    format!("is the number {number}, taken as a string"),
                );
                number.to_string()
            }
            _ => {
                let message = format!("must be {}, found {}", shape.describe(), show(value));
                self.error(value, pointer, message);
                return None;
            }
        };
        match &shape.kind {
            ShapeKind::Choice(words) => {
                let Some(word) = words.iter().find(|w| w.eq_ignore_ascii_case(&text)) else {
                    let message = format!("must be {}, found `{text}`", shape.describe());
                    self.error(value, pointer, message);
                    return None;
                };
                return Some(word.clone().into());
            }
            ShapeKind::Text { min, max, pattern } => {
                let length = text.chars().count();
                if length < *min {
                    self.error(value, pointer, too_short(length, *min));
                    return None;
                }
                if length > *max {
                    let message = format!("has {length} characters; at most {max} are allowed");
                    self.error(value, pointer, message);
                    return None;
                }
                if let Some(pattern) = pattern
                    && !pattern.is_match(&text)
                {
                    let message = match &shape.expect {
                        Some(expect) => format!("must be {expect}, found {}", show(value)),
                        None => format!("must match `{pattern}`, found {}", show(value)),
                    };
                    self.error(value, pointer, message);
                    return None;
                }
            }
            _ => {}
        }
        Some(text.into())
    }

    fn object(
        &mut self,
        shape: &ObjectShape,
        whole: &json::Value,
        members: &[json::Member],
        pointer: &str,
    ) -> Value {
        let mut result = Map::new();
        for member in members {
            // Clients that write every field they know send null for the unset ones.
            if member.value.kind == Kind::Null {
                continue;
            }
            let pointer = child_pointer(pointer, &member.key);
            let field = shape.fields.iter().find(|(name, _)| *name == member.key);
            if let Some((_, wanted)) = field
                && self.is_unfilled(shape, wanted, member)
            {
                self.warn(
                    &member.value,
                    &pointer,
                    "is not filled in, taken as not given",
                );
                continue;
            }
            let value = match (field, &shape.others) {
                (Some((_, shape)), _) => self.value(shape, &member.value, &pointer),
                (None, Some(others)) => self.value(others, &member.value, &pointer),
                (None, None) => {
                    self.unknown_field(shape, member, &pointer);
                    Some(member.value.plain())
                }
            };
            if let Some(value) = value {
                result.insert(member.key.clone(), value);
            }
        }
        for name in &shape.required {
            let given = members
                .iter()
                .any(|m| m.key == *name && m.value.kind != Kind::Null);
            if !given {
                let message = format!("`{name}` is missing; module `{}` needs it", self.module);
                self.report
                    .error(None, whole.span.clone(), message)
                    .pointer(pointer);
            }
        }
        result.into()
    }

    /// Forms send an empty text, or for ids `"null"`, for what nobody has filled in.
    fn is_unfilled(&self, shape: &ObjectShape, wanted: &Shape, member: &json::Member) -> bool {
        let Kind::String(text) = &member.value.kind else {
            return false;
        };
        if shape.required.contains(&member.key) {
            return false;
        }
        if is_null_id(&member.key, text) {
            return true;
        }
        if !text.is_empty() {
            return false;
        }
        let mut tried = Report::new(self.report.strict);
        Conform::new(&mut tried, self.module).value(wanted, &member.value, "");
        tried.has_errors()
    }

    fn unknown_field(&mut self, shape: &ObjectShape, member: &json::Member, pointer: &str) {
        let key = member.key.as_str();
        if COMMON.contains(&key) || shape.accepted.iter().any(|name| name == key) {
            return;
        }
        let span = member.key_span.clone();
        if shape.ignored.iter().any(|name| name == key) {
            let message = format!("`{key}` of module `{}` has no effect in pivot", self.module);
            self.report.warn(None, span, message).pointer(pointer);
            return;
        }
        let message = format!("module `{}` has no field `{key}` here", self.module);
        let diagnostic = self.report.unknown(None, span, message).pointer(pointer);
        let names = shape.fields.iter().map(|(name, _)| name.as_str());
        if let Some(near) = nearest(key, names) {
            diagnostic.help(format!("did you mean `{near}`?"));
        }
    }

    /// The first shape that the value has as it stands; else the first that it
    /// can be brought into.
    fn either(
        &mut self,
        whole: &Shape,
        shapes: &[Shape],
        value: &json::Value,
        pointer: &str,
    ) -> Option<Value> {
        let mut objects = shapes
            .iter()
            .filter(|shape| matches!(shape.kind, ShapeKind::Object(_)));
        // What an object lacks is told where only one is possible.
        if let (Kind::Object(_), Some(only), None) = (&value.kind, objects.next(), objects.next()) {
            return self.value(only, value, pointer);
        }
        let mut possible = None;
        for shape in shapes {
            let mut report = Report::new(self.report.strict);
            let found = Conform::new(&mut report, self.module).value(shape, value, pointer);
            if report.diagnostics.is_empty() {
                return found;
            }
            if possible.is_none() && !report.has_errors() {
                possible = Some((found, report));
            }
        }
        match possible {
            Some((found, report)) => {
                self.report.diagnostics.extend(report.diagnostics);
                found
            }
            None => {
                let message = format!("must be {}, found {}", whole.describe(), show(value));
                self.error(value, pointer, message);
                None
            }
        }
    }

    fn error(
        &mut self,
        value: &json::Value,
        pointer: &str,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let message = format!("`{}` {}", last(pointer), message.into());
        self.report
            .error(None, value.span.clone(), message)
            .pointer(pointer)
    }

    fn warn(&mut self, value: &json::Value, pointer: &str, message: impl Into<String>) {
        let message = format!("`{}` {}", last(pointer), message.into());
        self.report
            .warn(None, value.span.clone(), message)
            .pointer(pointer);
    }
}

/// Kazoo's consoles have the word for an id that nobody has chosen.
pub(crate) fn is_null_id(field: &str, text: &str) -> bool {
    text == "null" && (["id", "media"].contains(&field) || field.ends_with("_id"))
}

/// The pointer of a member of the object at `pointer`.
pub(super) fn child_pointer(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// What a message calls the place: the field, or for an entry of a list the
/// list and its number.
fn last(pointer: &str) -> String {
    let mut parts = pointer.rsplit('/');
    let name = parts.next().unwrap_or_default();
    match parts.next() {
        Some(list) if name.parse::<usize>().is_ok() => format!("{list}[{name}]"),
        _ => name.to_owned(),
    }
}

fn whole(number: &Number) -> Option<i64> {
    if let Some(number) = number.as_i64() {
        return Some(number);
    }
    let float = number.as_f64()?;
    // Numbers too large for i64 end at its bounds, and then at those of the field.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "fraction is zero; `as` saturates"
    )]
    (float.fract() == 0.0).then_some(float as i64)
}

fn too_short(length: usize, min: usize) -> String {
    if length == 0 {
        "is empty".into()
    } else {
        format!("has {length} characters; at least {min} are needed")
    }
}

/// The value itself where it is short, else what kind of value it is.
fn show(value: &json::Value) -> String {
    match &value.kind {
        Kind::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
        Kind::Number(number) => number.to_string(),
        Kind::Bool(value) => value.to_string(),
        _ => value.describe().into(),
    }
}
