//! The way of a call through its flow: which node runs next.
//!
//! Pure bookkeeping, so that it can stand in a checkpoint. A flow is a tree and
//! every step goes down, so only `Branch` can make a call run for ever, and
//! branches have a budget.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::conform::child_pointer;
use super::node::{DEFAULT_CHILD, Node};
use crate::config::Limits;
use crate::program::Flow;

/// Where a call is in its flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// The node that runs now, with all that can follow it.
    current: Node,
    /// Where it stands in its document, as a JSON pointer.
    pointer: String,
    /// Where to go on when a branch ends; the last one first.
    returns: Vec<(String, Node)>,
    /// Branches taken so far.
    branches: u32,
    /// Nodes run so far.
    nodes: u32,
}

/// What comes of a module's decision.
#[derive(Debug)]
pub enum Step {
    /// Run the current node.
    Run,
    /// The flow is left. `Stop` here means that it came to its end.
    Leave(Flow),
    /// The call has used up a limit: what to tell about it. It is hung up.
    Exhausted(String),
}

impl Walk {
    /// At the root of a flow, which runs first.
    pub fn new(root: Node) -> Self {
        Self {
            current: root,
            pointer: String::new(),
            returns: Vec::new(),
            branches: 0,
            nodes: 1,
        }
    }

    /// Takes up the answer to a `pivot` node: it replaces the rest of this flow.
    /// Flows that called this one with `callflow` still go on after it, and
    /// what the call has used of its limits stays used.
    pub fn replace(&mut self, root: Node) {
        self.current = root;
        self.pointer.clear();
    }

    /// The node that runs now.
    pub fn node(&self) -> &Node {
        &self.current
    }

    /// Where it stands in its document, as a JSON pointer.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Whether something follows when this node fails.
    pub fn offers_default(&self) -> bool {
        self.current.offers(DEFAULT_CHILD)
    }

    /// Goes where the module of the current node has decided to go. A `pivot`
    /// node whose request failed goes on with `Flow::Next`.
    pub fn advance(&mut self, flow: Flow, limits: &Limits) -> Step {
        let step = match flow {
            Flow::Next => self.descend(DEFAULT_CHILD),
            Flow::Child(key) => self.descend(&key),
            Flow::Branch(root) => self.branch(Arc::unwrap_or_clone(root), limits),
            Flow::Replace(root) => self.begin_again(Arc::unwrap_or_clone(root), limits),
            Flow::Stop(_) => self.stop(flow),
            Flow::Fetch(_)
            | Flow::Pivot(_)
            | Flow::End(_)
            | Flow::Aside(_)
            | Flow::Leave
            | Flow::Failed(_) => Step::Leave(flow),
        };
        match step {
            Step::Run => self.enter(limits),
            _ => step,
        }
    }

    /// The current node is about to run, unless it is `{}`.
    fn enter(&mut self, limits: &Limits) -> Step {
        if self.current.is_end()
            && let Step::Leave(flow) = self.stop(Flow::Stop(None))
        {
            return Step::Leave(flow);
        }
        if self.nodes >= limits.nodes {
            return Step::Exhausted(format!(
                "the call has run {} nodes, as many as `[limits] nodes` allows",
                self.nodes
            ));
        }
        self.nodes += 1;
        Step::Run
    }

    /// A flow that replaces itself would go on for ever, so this counts as a branch.
    fn begin_again(&mut self, root: Node, limits: &Limits) -> Step {
        if let Some(exhausted) = self.count_branch(limits) {
            return exhausted;
        }
        self.returns.clear();
        self.replace(root);
        Step::Run
    }

    fn count_branch(&mut self, limits: &Limits) -> Option<Step> {
        if self.branches >= limits.branches {
            return Some(Step::Exhausted(format!(
                "the call has branched {} times, as often as `[limits] branches` allows",
                self.branches
            )));
        }
        self.branches += 1;
        None
    }

    fn branch(&mut self, root: Node, limits: &Limits) -> Step {
        if let Some(exhausted) = self.count_branch(limits) {
            return exhausted;
        }
        if let Some(next) = self.current.take_child(DEFAULT_CHILD)
            && !next.is_end()
        {
            let pointer = self.pointer_to(DEFAULT_CHILD);
            self.returns.push((pointer, next));
        }
        self.replace(root);
        Step::Run
    }

    /// A child that is there is taken even if it is `{}`, which ends the flow.
    fn descend(&mut self, key: &str) -> Step {
        for key in [key, DEFAULT_CHILD] {
            if let Some(child) = self.current.take_child(key) {
                self.pointer = self.pointer_to(key);
                self.current = child;
                return Step::Run;
            }
        }
        self.stop(Flow::Stop(None))
    }

    fn stop(&mut self, flow: Flow) -> Step {
        match self.returns.pop() {
            Some((pointer, node)) => {
                self.pointer = pointer;
                self.current = node;
                Step::Run
            }
            None => Step::Leave(flow),
        }
    }

    fn pointer_to(&self, key: &str) -> String {
        child_pointer(&format!("{}/children", self.pointer), key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::call::Cause;
    use crate::program::End;

    fn node(name: &str) -> Node {
        Node::new(name, serde_json::Map::new())
    }

    fn limits() -> Limits {
        Limits::default()
    }

    /// Where the walk is after this decision.
    fn after(walk: &mut Walk, flow: Flow) -> String {
        match walk.advance(flow, &limits()) {
            Step::Run => walk.node().module.clone(),
            Step::Leave(Flow::Stop(None)) => "end".into(),
            Step::Leave(flow) => format!("{flow:?}"),
            Step::Exhausted(why) => why,
        }
    }

    fn child(key: &str) -> Flow {
        Flow::Child(key.into())
    }

    fn menu() -> Walk {
        Walk::new(
            node("menu")
                .with_child("1", node("one").with_child("_", node("after one")))
                .with_child("2", Node::default())
                .with_child("_", node("other")),
        )
    }

    #[test]
    fn a_child_runs_by_its_key() {
        let mut walk = menu();
        assert_eq!(after(&mut walk, child("1")), "one");
        assert_eq!(walk.pointer(), "/children/1");
        assert_eq!(after(&mut walk, Flow::Next), "after one");
        assert_eq!(walk.pointer(), "/children/1/children/_");
        assert_eq!(after(&mut walk, Flow::Next), "end");
    }

    #[test]
    fn a_key_that_no_child_has_takes_the_default_child() {
        assert_eq!(after(&mut menu(), child("9")), "other");
        assert_eq!(after(&mut menu(), Flow::Next), "other");
    }

    #[test]
    fn without_any_fitting_child_the_flow_ends() {
        let mut walk = Walk::new(node("menu").with_child("1", node("one")));
        assert!(!walk.offers_default());
        assert_eq!(after(&mut walk, child("2")), "end");
    }

    #[test]
    fn an_empty_child_ends_the_flow_even_beside_a_default_child() {
        assert_eq!(after(&mut menu(), child("2")), "end");
        let mut walk = Walk::new(node("tts").with_child("_", Node::default()));
        assert!(!walk.offers_default());
        assert_eq!(after(&mut walk, Flow::Next), "end");
    }

    #[test]
    fn branches_return_in_order_to_the_default_child_of_their_callers() {
        let called = |name: &str| Flow::Branch(Arc::new(caller(name)));
        fn caller(name: &str) -> Node {
            node(name).with_child("_", node(&format!("after {name}")))
        }
        let mut walk = Walk::new(caller("a"));
        assert_eq!(after(&mut walk, called("b")), "b");
        assert_eq!(after(&mut walk, called("c")), "c");
        assert_eq!(after(&mut walk, called("d")), "d");
        assert_eq!(after(&mut walk, Flow::Next), "after d");
        assert_eq!(after(&mut walk, Flow::Next), "after c");
        assert_eq!(walk.pointer(), "/children/_");
        assert_eq!(after(&mut walk, Flow::Stop(Some(Cause::BUSY))), "after b");
        assert_eq!(after(&mut walk, Flow::Next), "after a");
        assert_eq!(after(&mut walk, Flow::Next), "end");
    }

    #[test]
    fn a_branch_into_an_empty_flow_returns_at_once() {
        let mut walk = Walk::new(node("a").with_child("_", node("after a")));
        let empty = Flow::Branch(Arc::new(Node::default()));
        assert_eq!(after(&mut walk, empty), "after a");
    }

    #[test]
    fn stop_ends_the_flow_with_its_cause_when_nothing_called_it() {
        let step = menu().advance(Flow::Stop(Some(Cause::BUSY)), &limits());
        assert!(matches!(step, Step::Leave(Flow::Stop(Some(Cause::BUSY)))));
    }

    #[test]
    fn end_leaves_the_flow_whatever_called_it() {
        let mut walk = Walk::new(node("a").with_child("_", node("after a")));
        after(&mut walk, Flow::Branch(Arc::new(node("b"))));
        let step = walk.advance(Flow::End(End::Hangup(None)), &limits());
        assert!(matches!(step, Step::Leave(Flow::End(End::Hangup(None)))));
    }

    #[test]
    fn a_failed_pivot_goes_on_to_its_default_child() {
        let mut walk = Walk::new(node("pivot").with_child("_", node("sorry")));
        assert!(walk.offers_default());
        assert_eq!(after(&mut walk, Flow::Next), "sorry");
    }

    #[test]
    fn a_flow_that_an_answer_replaces_keeps_its_callers() {
        let mut walk = Walk::new(node("a").with_child("_", node("after a")));
        after(&mut walk, Flow::Branch(Arc::new(node("pivot"))));
        walk.replace(node("answer of the web server"));
        assert_eq!(after(&mut walk, Flow::Next), "after a");
    }

    #[test]
    fn a_flow_that_is_left_for_another_is_not_returned_to() {
        let mut walk = Walk::new(node("a").with_child("_", node("after a")));
        after(
            &mut walk,
            Flow::Branch(Arc::new(node("b").with_child("_", node("after b")))),
        );
        assert_eq!(after(&mut walk, Flow::Replace(Arc::new(node("c")))), "c");
        assert_eq!(walk.pointer(), "");
        assert_eq!(after(&mut walk, Flow::Next), "end");
    }

    #[test]
    fn a_call_that_is_transferred_for_ever_is_ended() {
        let mut walk = Walk::new(node("transfer"));
        let mut again = || after(&mut walk, Flow::Replace(Arc::new(node("transfer"))));
        for _ in 0..50 {
            assert_eq!(again(), "transfer");
        }
        assert!(again().contains("branched 50 times"));
    }

    #[test]
    fn fifty_branches_are_allowed_and_the_next_ends_the_call() {
        let mut walk = Walk::new(node("callflow"));
        let again = || Flow::Branch(Arc::new(node("callflow")));
        for _ in 0..50 {
            assert_eq!(after(&mut walk, again()), "callflow");
        }
        assert_eq!(
            after(&mut walk, again()),
            "the call has branched 50 times, as often as `[limits] branches` allows"
        );
    }

    #[test]
    fn nodes_have_a_limit() {
        let limits = Limits {
            nodes: 2,
            ..Limits::default()
        };
        let deep = node("a").with_child("_", node("b").with_child("_", node("c")));
        let mut walk = Walk::new(deep);
        assert!(matches!(walk.advance(Flow::Next, &limits), Step::Run));
        assert!(matches!(
            walk.advance(Flow::Next, &limits),
            Step::Exhausted(_)
        ));
    }

    fn tree() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![Just(Node::default()), Just(node("leaf"))];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop::collection::vec(("[_12]", inner), 0..3).prop_map(|children| {
                children.into_iter().fold(node("inner"), |node, (key, c)| {
                    if node.child(&key).is_some() {
                        node
                    } else {
                        node.with_child(key, c)
                    }
                })
            })
        })
    }

    proptest! {
        /// Whatever modules decide, a call comes to an end, and what it must
        /// remember stays small.
        #[test]
        fn every_walk_ends(root in tree(), called in tree(), choices in prop::collection::vec(0u8..5, 1..40)) {
            let limits = limits();
            let called = Arc::new(called);
            let mut walk = Walk::new(root);
            let mut steps = 0;
            for choice in choices.iter().cycle() {
                let flow = match choice {
                    0 => Flow::Next,
                    1 => child("1"),
                    2 => child("x"),
                    3 => Flow::Branch(called.clone()),
                    _ => Flow::Stop(None),
                };
                steps += 1;
                prop_assert!(walk.returns.len() <= limits.branches as usize);
                let saved = serde_json::to_string(&walk).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Walk>(&saved).unwrap(), &walk);
                match walk.advance(flow, &limits) {
                    Step::Run => prop_assert!(!walk.node().is_end()),
                    Step::Leave(_) | Step::Exhausted(_) => break,
                }
            }
            prop_assert!(steps <= 51 * 26, "{steps} steps");
        }
    }
}
