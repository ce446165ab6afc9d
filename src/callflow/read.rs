//! From the text of a Callflow document to its tree of nodes.

use std::ops::Range;

use super::conform::{Conform, MAX_DATA_DEPTH, child_pointer};
use super::json::{self, Kind};
use super::modules;
use super::node::{DEFAULT_CHILD, Node};
use crate::report::{Report, nearest};

/// What a node consists of; further keys are Kazoo's own bookkeeping or slips.
const NODE_KEYS: [&str; 3] = ["module", "data", "children"];
const KAZOO_KEYS: [&str; 3] = ["remote_execution", "pvt_bucket_name", "pvt_bucket_cost"];

/// Reads the flow of an answer. The tree is there unless the report has an error.
///
/// What is unknown (modules, fields) is a warning, or an error when `strict`.
pub fn read(bytes: &[u8], strict: bool) -> (Option<Node>, Report) {
    read_as(bytes, strict, false)
}

/// Reads a stored flow, which may be a whole callflow document: numbers, a name,
/// and the `flow`. The errors of one node do not stop the others, unless `strict`: a
/// module whose `data` has some is passed over, a child that is no node is not there.
/// Without a tree nothing of it can be run.
pub fn read_stored(bytes: &[u8], strict: bool) -> (Option<Node>, Report) {
    read_as(bytes, strict, true)
}

fn read_as(bytes: &[u8], strict: bool, stored: bool) -> (Option<Node>, Report) {
    let mut report = Report::new(strict);
    let node = json::parse(bytes, &mut report).and_then(|root| {
        Reader {
            report: &mut report,
            stored,
        }
        .root(&root)
    });
    let node = if stored && !strict {
        node.filter(|root| !root.unusable || root.offers(DEFAULT_CHILD))
    } else {
        node.filter(|_| !report.has_errors())
    };
    (node, report)
}

struct Reader<'r> {
    report: &'r mut Report,
    /// A whole callflow document is what one expects.
    stored: bool,
}

impl Reader<'_> {
    fn root(&mut self, root: &json::Value) -> Option<Node> {
        let Kind::Object(_) = root.kind else {
            self.report
                .error(
                    None,
                    root.span.clone(),
                    format!("a flow is one object, found {}", root.describe()),
                )
                .pointer("")
                .help(r#"write {"module": …, "data": {…}, "children": {"_": …}}"#);
            return None;
        };
        match root.get("flow") {
            Some(flow) if root.get("module").is_none() => {
                if !self.stored {
                    let message = "this is a whole callflow document; its `flow` is taken";
                    self.report
                        .warn(None, start(&root.span), message)
                        .pointer("/flow");
                }
                self.named_node(flow, "/flow")
            }
            _ => self.named_node(root, ""),
        }
    }

    /// A node that must run something; only a child may be `{}`.
    fn named_node(&mut self, value: &json::Value, pointer: &str) -> Option<Node> {
        let node = self.node(value, pointer)?;
        if value.get("module").is_none() {
            self.no_module(value, pointer);
            return None;
        }
        Some(node)
    }

    fn node(&mut self, value: &json::Value, pointer: &str) -> Option<Node> {
        // Both are what some languages write for an empty object.
        let empty = match &value.kind {
            Kind::Null => true,
            Kind::Array(list) => list.is_empty(),
            _ => false,
        };
        if empty && !pointer.is_empty() {
            let message = format!(
                "{} where a node is expected ends the flow",
                value.describe()
            );
            self.report
                .warn(None, value.span.clone(), message)
                .pointer(pointer);
            return Some(Node::default());
        }
        let Kind::Object(members) = &value.kind else {
            self.report
                .error(
                    None,
                    value.span.clone(),
                    format!("a node must be an object, found {}", value.describe()),
                )
                .pointer(pointer);
            return None;
        };
        if members.is_empty() {
            return Some(Node::default());
        }
        for member in members {
            self.node_key(member, pointer);
        }
        let Some(module) = value.get("module") else {
            self.no_module(value, pointer);
            return None;
        };
        let name = self.module_name(module, &child_pointer(pointer, "module"));
        let data = value.get("data");
        let children = value.get("children");
        let mut node = Node::new(name.unwrap_or_default(), serde_json::Map::new());
        let before = self.report.errors();
        if let Some(name) = name {
            node.data = self.data(name, value, data, &child_pointer(pointer, "data"));
        }
        node.unusable = name.is_none() || self.report.errors() > before;
        if let Some(children) = children {
            node.children = self.children(children, &child_pointer(pointer, "children"));
        }
        Some(node)
    }

    fn node_key(&mut self, member: &json::Member, pointer: &str) {
        let key = member.key.as_str();
        if NODE_KEYS.contains(&key) || KAZOO_KEYS.contains(&key) {
            return;
        }
        let diagnostic = self
            .report
            .unknown(
                None,
                member.key_span.clone(),
                format!("a node has no field `{key}`"),
            )
            .pointer(child_pointer(pointer, key));
        match nearest(key, NODE_KEYS) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("settings of the module belong in `data`"),
        };
    }

    fn no_module(&mut self, value: &json::Value, pointer: &str) {
        self.report
            .error(None, start(&value.span), "this node has no `module`")
            .pointer(pointer)
            .help(r#"write "module": "…" with the name of what it shall do"#);
    }

    fn module_name<'v>(&mut self, value: &'v json::Value, pointer: &str) -> Option<&'v str> {
        let Kind::String(name) = &value.kind else {
            let message = format!("`module` must be a string, found {}", value.describe());
            self.report
                .error(None, value.span.clone(), message)
                .pointer(pointer);
            return None;
        };
        if name.is_empty() || name.chars().count() > 64 {
            self.report
                .error(
                    None,
                    value.span.clone(),
                    "the name of a module has 1 to 64 characters",
                )
                .pointer(pointer);
            return None;
        }
        if modules::shape(name).is_none() {
            let diagnostic = self
                .report
                .unknown(
                    None,
                    value.span.clone(),
                    format!("there is no module `{name}`; its node is skipped to child `_`"),
                )
                .pointer(pointer);
            if let Some(why) = modules::refusal(name) {
                diagnostic.help(why);
            } else if let Some(near) = nearest(name, modules::names()) {
                diagnostic.help(format!("did you mean `{near}`?"));
            }
        }
        Some(name)
    }

    fn data(
        &mut self,
        module: &str,
        node: &json::Value,
        data: Option<&json::Value>,
        pointer: &str,
    ) -> serde_json::Map<String, serde_json::Value> {
        let missing = json::Value {
            kind: Kind::Object(Vec::new()),
            span: start(&node.span),
        };
        let data = match data {
            None => &missing,
            Some(data) if data.kind == Kind::Null => &missing,
            Some(data) => data,
        };
        if data.depth() > MAX_DATA_DEPTH {
            let message = format!("`data` is nested deeper than {MAX_DATA_DEPTH} levels");
            self.report
                .error(None, data.span.clone(), message)
                .pointer(pointer);
            return serde_json::Map::new();
        }
        match modules::shape(module) {
            Some(shape) => Conform::new(self.report, module).data(shape, data, pointer),
            None => match data.plain() {
                serde_json::Value::Object(map) => map,
                _ => serde_json::Map::new(),
            },
        }
    }

    fn children(&mut self, value: &json::Value, pointer: &str) -> Vec<(String, Node)> {
        match &value.kind {
            Kind::Object(members) => members
                .iter()
                .filter_map(|member| {
                    let pointer = child_pointer(pointer, &member.key);
                    let child = self.node(&member.value, &pointer)?;
                    Some((member.key.clone(), child))
                })
                .collect(),
            Kind::Null => Vec::new(),
            Kind::Array(list) if list.is_empty() => {
                self.report
                    .warn(
                        None,
                        value.span.clone(),
                        "`children` is an empty list, taken as an empty object",
                    )
                    .pointer(pointer);
                Vec::new()
            }
            _ => {
                self.report
                    .error(
                        None,
                        value.span.clone(),
                        format!("`children` must be an object, found {}", value.describe()),
                    )
                    .pointer(pointer)
                    .help(r#"children are nodes by key, as in {"_": {"module": …}}"#);
                Vec::new()
            }
        }
    }
}

/// The opening bracket: a whole node is too much to point at.
fn start(span: &Range<usize>) -> Range<usize> {
    span.start..span.end.min(span.start + 1)
}
