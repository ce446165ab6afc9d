//! Finding the documents in a file: a single one, a list, an answer of the API,
//! or what CouchDB gives.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;

use super::{Item, places};
use crate::callflow::json::{self, Kind as Form, Value};
use crate::id::AccountId;
use crate::objects::Kind;
use crate::report::{Report, nearest};
use crate::store::Attachment;

/// An export is one file often enough.
const MOST_BYTES: usize = 256 << 20;

/// What is made by calls, or comes with sounds of its own, or opens the API.
const NOT_IMPORTED: &[Kind] = &[
    Kind::Agent,
    Kind::Credential,
    Kind::Message,
    Kind::PivotDebug,
    Kind::Recording,
    Kind::Token,
];

/// What Kazoo works out when it is asked, and does not keep.
const COMPUTED: &[&str] = &["id", "metadata"];

/// What is in a file.
#[derive(Default)]
pub(super) struct Found {
    pub(super) items: Vec<Item>,
    pub(super) left_out: BTreeMap<String, usize>,
    pub(super) report: Report,
}

pub(super) fn find(file: &Path, bytes: &[u8], source: usize) -> Found {
    let mut found = Found::default();
    if let Some(root) = json::parse_up_to(MOST_BYTES, bytes, &mut found.report) {
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        Finder {
            source,
            kind: kind_of_path(file),
            stem: stem.unwrap_or_default(),
            found: &mut found,
        }
        .any(&root, Where::Alone);
    }
    found
}

/// Folders and files are named as the API's paths are: `menus/main.json`,
/// `menus.json`. A folder further up has its name for other reasons.
fn kind_of_path(file: &Path) -> Option<Kind> {
    let folder = file.parent().and_then(Path::file_name);
    let names = [file.file_stem(), folder].into_iter().flatten();
    names.filter_map(|name| Kind::named(name.to_str()?)).next()
}

/// Where a document stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// The file is about it alone, and may give it its id.
    Alone,
    List,
    /// A list that the API gave in pages: of most kinds only some of the fields.
    Page,
}

struct Finder<'f> {
    source: usize,
    kind: Option<Kind>,
    stem: &'f str,
    found: &'f mut Found,
}

impl Finder<'_> {
    fn any(&mut self, value: &Value, place: Where) {
        match &value.kind {
            Form::Array(list) => {
                let place = if place == Where::Page {
                    place
                } else {
                    Where::List
                };
                list.iter().for_each(|value| self.any(value, place));
            }
            Form::Object(_) => match wrapped(value) {
                Some((inner, inside)) => self.any(inner, inside),
                None => match value.get("doc").filter(|_| value.get("key").is_some()) {
                    Some(row) => self.document(row, Where::List),
                    None => self.document(value, place),
                },
            },
            _ => {
                let message = format!("expected a document, found {}", value.describe());
                self.found.report.error(None, value.span.clone(), message);
            }
        }
    }

    fn document(&mut self, value: &Value, place: Where) {
        let text = |key| match value.get(key).map(|value| &value.kind) {
            Some(Form::String(text)) => Some(text.as_str()),
            _ => None,
        };
        if value
            .get("pvt_deleted")
            .is_some_and(|v| v.kind == Form::Bool(true))
        {
            return self.leave_out("deleted");
        }
        if text("_id").is_some_and(|id| id.starts_with("_design/")) {
            return self.leave_out("design document");
        }
        let kind = match text("pvt_type") {
            Some(one) => match Kind::ALL.iter().find(|kind| kind.one() == one) {
                Some(kind) => Some(*kind),
                None => return self.leave_out(one),
            },
            None => self.kind.or(value.get("flow").map(|_| Kind::Callflow)),
        };
        let Some(kind) = kind else {
            return self.no_kind(value);
        };
        if NOT_IMPORTED.contains(&kind) {
            return self.leave_out(kind.one());
        }
        let given = text("id").or(text("_id"));
        let id = match given.or((place == Where::Alone).then_some(self.stem)) {
            _ if kind == Kind::Account => Ok(String::new()),
            None => Err("has no id; give each document in a list an `id`".to_owned()),
            Some(id) => id_of(kind, id, text("list_id").or(text("pvt_list_id"))),
        };
        let id = match id {
            Ok(id) => id,
            Err(message) => {
                let message = format!("this {} {message}", kind.one());
                self.found
                    .report
                    .error(None, places::of(value, "id"), message);
                return;
            }
        };
        if place == Where::Page && kind != Kind::ListEntry {
            let message = "the API lists documents with some of their fields only";
            self.found
                .report
                .warn(None, places::of(value, ""), message)
                .help(format!("export each by GET …/{}/{id}", kind.name()));
        }
        let sound = self.sound(kind, value);
        let owner = text("pvt_account_id").or(given.filter(|_| kind == Kind::Account));
        self.found.items.push(Item {
            kind,
            id,
            owner: owner.and_then(AccountId::parse),
            body: public_fields(value),
            sound,
            source: self.source,
            placed: value.clone(),
            bad: false,
        });
    }

    fn leave_out(&mut self, name: &str) {
        *self.found.left_out.entry(name.to_owned()).or_default() += 1;
    }

    fn no_kind(&mut self, value: &Value) {
        let help = match nearest(self.stem, Kind::ALL.iter().map(|kind| kind.name())) {
            Some(near) => format!("did you mean to call the file {near}.json?"),
            None => "put it into a folder named as in the API's paths, such as menus/, or give it \
                     a `pvt_type`"
                .to_owned(),
        };
        self.found
            .report
            .error(
                None,
                places::of(value, ""),
                "it is not clear what kind of document this is",
            )
            .help(help);
    }

    /// The sound within an export that has attachments in it.
    fn sound(&mut self, kind: Kind, value: &Value) -> Option<Attachment> {
        let attachments = value.get("_attachments").filter(|_| kind == Kind::Media)?;
        let Form::Object(files) = &attachments.kind else {
            return None;
        };
        let file = &files.first()?.value;
        let text = |key| match &file.get(key)?.kind {
            Form::String(text) => Some(text.as_str()),
            _ => None,
        };
        let bytes = text("data").and_then(|data| STANDARD.decode(data).ok());
        let Some(bytes) = bytes else {
            let message = "its sound is not in the export; it is silent until one is uploaded";
            self.found
                .report
                .warn(None, places::of(value, "_attachments"), message)
                .help(
                    "POST …/media/ID/raw uploads one; CouchDB exports them with attachments=true",
                );
            return None;
        };
        Some(Attachment {
            content_type: text("content_type").unwrap_or("audio/mpeg").to_owned(),
            bytes,
        })
    }
}

/// What is within an envelope.
fn wrapped(value: &Value) -> Option<(&Value, Where)> {
    let is_document = ["_id", "pvt_type", "flow", "module"]
        .iter()
        .any(|key| value.get(key).is_some());
    if is_document {
        return None;
    }
    let list = |key| {
        value
            .get(key)
            .filter(|inner| matches!(inner.kind, Form::Array(_)))
    };
    if let Some(inner) = list("rows").or(list("docs")) {
        return Some((inner, Where::List));
    }
    let data = value.get("data")?;
    match data.kind {
        Form::Array(_) if value.get("page_size").is_some() => Some((data, Where::Page)),
        Form::Array(_) => Some((data, Where::List)),
        Form::Object(_) => Some((data, Where::Alone)),
        _ => None,
    }
}

/// What belongs to a list has its id in front.
fn id_of(kind: Kind, id: &str, list: Option<&str>) -> Result<String, String> {
    let id = match (kind, list) {
        (Kind::ListEntry, Some(list)) if !id.contains('/') => format!("{list}/{id}"),
        (Kind::ListEntry, None) if !id.contains('/') => {
            return Err("needs `list_id`, the id of its list".into());
        }
        _ => id.to_owned(),
    };
    let slashes = usize::from(kind == Kind::ListEntry);
    let fine = (1..=128).contains(&id.len())
        && !id.chars().any(|c| c.is_control() || c.is_whitespace())
        && id.matches('/').count() == slashes;
    match fine {
        true => Ok(id),
        false => Err(format!(
            "has the id {id:?}; ids have up to 128 characters, without spaces and slashes"
        )),
    }
}

/// The fields that are stored: neither ids nor what Kazoo keeps for itself.
fn public_fields(value: &Value) -> Map<String, serde_json::Value> {
    let Form::Object(members) = &value.kind else {
        return Map::new();
    };
    let public = members.iter().filter(|member| {
        let private = member.key.starts_with('_') || member.key.starts_with("pvt_");
        !private && !COMPUTED.contains(&member.key.as_str())
    });
    public
        .map(|member| (member.key.clone(), member.value.plain()))
        .collect()
}
