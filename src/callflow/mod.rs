//! Callflow JSON: the tree.

/// One node of a flow.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Node;
