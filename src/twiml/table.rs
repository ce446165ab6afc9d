//! What TwiML pivot knows, found by asking the readers themselves: they are given
//! elements, and what they look for is written down. docs/twiml.md is made of it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::document::{Document, Options};
use crate::report::{Differs, Report};

/// What an attribute may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    Text,
    Flag,
    Number(RangeInclusive<u32>),
    Words(Vec<&'static str>),
    /// Some of these words; which, only the reader knows when there are none.
    List(Vec<&'static str>),
    Url,
    /// Keys of the phone's pad.
    Keys,
}

/// An element, in every place where it may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub name: String,
    /// The elements that it may stand in.
    pub inside: Vec<String>,
    pub attributes: Vec<Attribute>,
    /// Set when the whole element is carried out otherwise than at Twilio.
    pub differs: Option<Differs>,
}

/// One attribute of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    /// What it may hold; `None` when nobody reads it.
    pub values: Option<Values>,
    pub reading: Reading,
    /// Words of it that differ, with how.
    pub but: Vec<(String, Differs)>,
}

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It is in the verb, which may act by it.
    Used,
    /// No value makes a difference.
    Ignored,
    /// Known, and not done yet.
    Later,
    /// Any value is refused.
    Refused,
}

/// What a reader did.
enum Heard {
    Asked(String, &'static str, Values),
    Refused(String, Vec<String>),
}

thread_local! {
    /// What readers do on this thread, while somebody listens.
    static HEARD: RefCell<Option<Vec<Heard>>> = const { RefCell::new(None) };
}

fn hear(heard: impl FnOnce() -> Heard) {
    HEARD.with_borrow_mut(|all| {
        if let Some(all) = all {
            all.push(heard());
        }
    });
}

/// A reader looks for an attribute.
pub(super) fn asked(element: &str, name: &'static str, values: impl FnOnce() -> Values) {
    hear(|| Heard::Asked(element.to_owned(), name, values()));
}

/// A reader met an element that has no place here, and would have taken these.
pub(super) fn refused(parent: &str, allowed: &[&str]) {
    hear(|| {
        let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
        Heard::Refused(parent.to_owned(), allowed)
    });
}

/// What readers do with a document.
fn listen(xml: &str) -> Vec<Heard> {
    HEARD.set(Some(Vec::new()));
    Document::read(xml.as_bytes(), Options::default());
    HEARD.take().unwrap_or_default()
}

/// A text that most elements can use: a number, a SIP address, a name, a URL.
const TEXT: &str = "1@b.example";

/// An element that nobody knows.
const STRANGER: &str = "<_/>";

/// Every element, verbs first, each after the one that it may stand in.
pub fn definitions() -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    let mut open = vec![Vec::new()];
    let mut seen = BTreeSet::new();
    while !open.is_empty() {
        let path: Vec<String> = open.remove(0);
        for child in children(&path) {
            let parent = path.last().map_or("Response", String::as_str).to_owned();
            // Once in each parent: what a verb holds does not depend on where it stands.
            if !seen.insert((parent.clone(), child.clone())) {
                continue;
            }
            let mut path = path.clone();
            path.push(child.clone());
            match found.iter_mut().find(|known| known.name == child) {
                Some(known) => known.join(define(&path, parent)),
                None => {
                    found.push(define(&path, parent));
                }
            }
            open.push(path);
        }
    }
    inherit(&mut found);
    found
}

/// What stands only in elements that differ as a whole does so too.
fn inherit(found: &mut [Definition]) {
    for place in 0..found.len() {
        let differs = |parent: &String| {
            let parent = found.iter().find(|known| known.name == *parent)?;
            parent.differs
        };
        let all: Option<Vec<Differs>> = found[place].inside.iter().map(differs).collect();
        if let Some(first) = all.as_deref().and_then(<[Differs]>::first).copied() {
            found[place].differs.get_or_insert(first);
        }
    }
}

impl Definition {
    /// The same element in another place, where more may come of it.
    fn join(&mut self, there: Self) {
        self.inside.extend(there.inside);
        self.differs = self.differs.and(there.differs);
        for attribute in there.attributes {
            match self
                .attributes
                .iter_mut()
                .find(|known| known.name == attribute.name)
            {
                Some(known) if attribute.reading == Reading::Used => *known = attribute,
                Some(_) => {}
                None => self.attributes.push(attribute),
            }
        }
        self.attributes.sort_by_key(|attribute| attribute.name);
    }
}

/// The elements that may stand at the end of this path.
fn children(path: &[String]) -> Vec<String> {
    let last = path.last().map_or("Response", String::as_str);
    let mut children = Vec::new();
    for heard in listen(&document(path, "", STRANGER)) {
        if let Heard::Refused(parent, allowed) = heard
            && parent == last
        {
            children.extend(allowed);
        }
    }
    children
}

/// `<Response>`, the elements of the path, and in the last one these attributes
/// and this content.
fn document(path: &[String], attributes: &str, content: &str) -> String {
    let mut xml = "<Response>".to_owned();
    for (depth, name) in path.iter().enumerate() {
        let attributes = if depth + 1 == path.len() {
            attributes
        } else {
            ""
        };
        xml += &format!("<{name}{attributes}>");
    }
    xml += content;
    for (depth, name) in path.iter().enumerate().rev() {
        // A text beside its nouns is all that a Dial reads.
        if depth + 1 < path.len() && name != "Dial" {
            xml += TEXT;
        }
        xml += &format!("</{name}>");
    }
    xml + "</Response>"
}

fn define(path: &[String], parent: String) -> Definition {
    let name = path.last().cloned().unwrap_or_default();
    let mut asked: Vec<(&'static str, Values)> = Vec::new();
    for heard in listen(&document(path, "", TEXT)) {
        // A name that is asked for twice, first in some special form, is one attribute.
        if let Heard::Asked(element, attribute, values) = heard
            && element == name
        {
            match asked.iter_mut().find(|(known, _)| *known == attribute) {
                Some((_, known)) if *known == Values::Text => *known = values,
                Some(_) => {}
                None => asked.push((attribute, values)),
            }
        }
    }
    let mut attributes: Vec<Attribute> = asked
        .iter()
        .map(|(attribute, values)| probe(path, attribute, values, &asked))
        .collect();
    attributes.sort_by_key(|attribute| attribute.name);
    let xml = document(path, "", TEXT);
    let (_, report) = read(&xml);
    let start = xml.rfind(&format!("<{name}>")).unwrap_or(0);
    let differs = report
        .diagnostics
        .iter()
        .filter(|finding| finding.span.start == start)
        .find_map(|finding| finding.differs);
    Definition {
        inside: vec![parent],
        attributes,
        differs,
        name,
    }
}

/// Tries values of an attribute: does any of them change what is read?
fn probe(
    path: &[String],
    name: &'static str,
    values: &Values,
    all: &[(&'static str, Values)],
) -> Attribute {
    // Some attributes say nothing without another one, as a method without its URL, or
    // beside one value of it only.
    let beside = |place: usize| -> String {
        all.iter()
            .filter(|(other, _)| *other != name)
            .filter_map(|(other, values)| {
                let tries = tries(values);
                Some(format!(" {other}=\"{}\"", tries.get(place % tries.len())?))
            })
            .collect()
    };
    let mut used = false;
    let mut but: Vec<(String, Differs)> = Vec::new();
    for beside in [String::new(), beside(0), beside(1), beside(2)] {
        let (without, before) = read(&document(path, &beside, TEXT));
        for value in tries(values) {
            let written = format!("{beside} {name}=\"{value}\"");
            let (with, report) = read(&document(path, &written, TEXT));
            used |= with != without;
            let told = |report: &Report| report.diagnostics.iter().find_map(|d| d.differs);
            if let (Some(differs), None) = (told(&report), told(&before))
                && !but.iter().any(|(known, _)| *known == value)
            {
                but.push((value, differs));
            }
        }
    }
    let all_differ = but.len() == tries(values).len();
    let reading = match but.first() {
        Some((_, differs)) if all_differ => match differs {
            Differs::NotDone => Reading::Later,
            Differs::Ignored => Reading::Ignored,
            Differs::Refused => Reading::Refused,
        },
        _ if used => Reading::Used,
        _ => Reading::Ignored,
    };
    if all_differ {
        but.clear();
    }
    Attribute {
        name,
        values: Some(values.clone()),
        reading,
        but,
    }
}

/// What is read, so far as it can be run.
fn read(xml: &str) -> (String, Report) {
    let (document, report) = Document::read(xml.as_bytes(), Options::default());
    let verbs = document.map(|document| {
        let verbs: Vec<_> = document.verbs.into_iter().map(|(verb, _)| verb).collect();
        format!("{verbs:?}")
    });
    (verbs.unwrap_or_default(), report)
}

/// Values that a reader may take.
fn tries(values: &Values) -> Vec<String> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match values {
        Values::Flag => owned(&["true", "false"]),
        Values::Number(range) => {
            let (low, high) = (*range.start(), *range.end());
            let high = high.min(low.saturating_add(10));
            vec![(high - 1).to_string(), high.to_string(), low.to_string()]
        }
        Values::Words(words) => owned(words),
        Values::List(words) if !words.is_empty() => owned(words),
        Values::Url => owned(&["http://a.example/x"]),
        Values::Keys => owned(&["2", "*"]),
        Values::Text | Values::List(_) => owned(&[
            "x",
            "12",
            "true",
            "en-GB",
            "speech",
            "dtmf",
            "GET",
            "POST",
            "false",
            "http://a.example/x",
            "a@b.example",
            "us",
        ]),
    }
}

impl std::fmt::Display for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(" ")
        };
        match self {
            Self::Text => f.write_str("text"),
            Self::Flag => f.write_str("`true` `false`"),
            Self::Number(range) if *range.end() == u32::MAX => write!(f, "from {}", range.start()),
            Self::Number(range) => write!(f, "{} to {}", range.start(), range.end()),
            Self::Words(list) => f.write_str(&words(list)),
            Self::List(list) if list.is_empty() => f.write_str("list"),
            Self::List(list) => write!(f, "any of {}", words(list)),
            Self::Url => f.write_str("URL"),
            Self::Keys => f.write_str("keys"),
        }
    }
}
