//! One step of a flow, with the steps that can follow it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The child that is taken when no other fits.
pub const DEFAULT_CHILD: &str = "_";

/// A module, its settings, and the nodes that can follow by key.
///
/// `{}` is a node too: the end of the flow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Flat", try_from = "Flat")]
pub struct Node {
    /// Empty at the end of a flow.
    pub module: String,
    /// As the module's schema has it: `read` has brought the types in order.
    pub data: Map<String, Value>,
    /// In the order of the document.
    pub children: Vec<(String, Node)>,
    /// Its `data` has errors, so that the module cannot run.
    pub unusable: bool,
}

impl Node {
    pub fn new(module: impl Into<String>, data: Map<String, Value>) -> Self {
        Self {
            module: module.into(),
            data,
            children: Vec::new(),
            unusable: false,
        }
    }

    #[must_use]
    pub fn with_child(mut self, key: impl Into<String>, child: Self) -> Self {
        self.children.push((key.into(), child));
        self
    }

    /// `{}`: nothing to run, which ends the flow.
    pub fn is_end(&self) -> bool {
        self.module.is_empty()
    }

    pub fn child(&self, key: &str) -> Option<&Self> {
        self.children.iter().find(|(k, _)| k == key).map(|(_, n)| n)
    }

    /// The child with this key, unless it is `{}`: what a module looks for
    /// before it takes a branch of its own.
    pub fn offers(&self, key: &str) -> bool {
        self.child(key).is_some_and(|child| !child.is_end())
    }

    /// Takes the child out of this node.
    pub(super) fn take_child(&mut self, key: &str) -> Option<Self> {
        let index = self.children.iter().position(|(k, _)| k == key)?;
        Some(self.children.swap_remove(index).1)
    }

    /// The number of nodes in this tree, `{}` not counted.
    pub fn count(&self) -> usize {
        usize::from(!self.is_end()) + self.children.iter().map(|(_, n)| n.count()).sum::<usize>()
    }
}

/// How a node stands in a checkpoint: a list whose first entry is the root and
/// whose children are indices. A tree may be nested deeper than JSON readers go.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Flat(Vec<FlatNode>);

#[derive(Serialize, Deserialize)]
struct FlatNode {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    module: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<(String, usize)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unusable: bool,
}

impl From<Node> for Flat {
    fn from(root: Node) -> Self {
        // Breadth first, so that children always come after their parent.
        let mut list = Vec::new();
        let mut waiting = std::collections::VecDeque::from([root]);
        let mut next = 1;
        while let Some(node) = waiting.pop_front() {
            let mut children = Vec::with_capacity(node.children.len());
            for (key, child) in node.children {
                children.push((key, next));
                next += 1;
                waiting.push_back(child);
            }
            list.push(FlatNode {
                module: node.module,
                data: node.data,
                children,
                unusable: node.unusable,
            });
        }
        Self(list)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the saved flow is damaged: no node {0}")]
struct Damaged(usize);

impl TryFrom<Flat> for Node {
    type Error = Damaged;

    fn try_from(flat: Flat) -> Result<Self, Damaged> {
        // Built from the back: a child is complete before its parent takes it.
        let mut built: Vec<Option<Self>> = flat.0.iter().map(|_| None).collect();
        for (index, flat) in flat.0.into_iter().enumerate().rev() {
            let mut node = Self::new(flat.module, flat.data);
            node.unusable = flat.unusable;
            for (key, child) in flat.children {
                let child = built
                    .get_mut(child)
                    .and_then(Option::take)
                    .ok_or(Damaged(child))?;
                node.children.push((key, child));
            }
            if let Some(place) = built.get_mut(index) {
                *place = Some(node);
            }
        }
        built.into_iter().next().flatten().ok_or(Damaged(0))
    }
}
