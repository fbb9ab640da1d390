//! Whether an edited text holds the data it should: the old data with the one change.

use super::edit::Value;
use super::layout::{Kind, Layout, NodeId, ROOT, Step};

/// What the edit should have done at its path.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// This value is there.
    Put(&'a Value),
    /// These are there besides what was, and were not before.
    Added(&'a [(Step<'a>, Value)]),
    /// Nothing is there.
    Gone,
    /// An array is there without the elements that had these numbers, which are in order.
    Without(&'a [usize]),
    /// It is there under another key.
    Renamed(&'a str),
}

/// Whether the new data is the old data with the change at the path. Tables on the way to it may
/// appear with the value, or vanish with it when they hold nothing else.
pub(super) fn is_expected(
    old: &Layout<'_>,
    new: &Layout<'_>,
    path: &[Step<'_>],
    expected: Expected<'_>,
) -> bool {
    let mut before = Some(ROOT);
    let mut after = Some(ROOT);
    for (depth, step) in path.iter().enumerate() {
        let is_last = depth + 1 == path.len();
        let step_after = match expected {
            Expected::Renamed(name) if is_last => Step::Key(name.into()),
            _ => step.clone(),
        };
        let same = match (step, expected) {
            (Step::Key(_), _) => keys_agree(old, before, step, new, after, &step_after),
            (Step::Index(at), _) => elements_agree(old, before, new, after, *at),
        };
        if !same {
            return false;
        }
        before = before.and_then(|node| old.child(node, step));
        after = after.and_then(|node| new.child(node, &step_after));
    }
    match expected {
        Expected::Put(value) => after.is_some_and(|node| new.holds(node, value)),
        Expected::Added(added) => has_added(old, before, new, after, added),
        Expected::Gone => after.is_none(),
        Expected::Without(gone) => without_elements(old, before, new, after, gone),
        Expected::Renamed(_) => same_data(old, before, new, after),
    }
}

fn children<'l>(layout: &'l Layout<'_>, node: Option<NodeId>) -> &'l [NodeId] {
    node.map_or(&[], |node| &layout.nodes[node].children)
}

/// Whether two tables agree on all keys but one.
fn keys_agree(
    old: &Layout<'_>,
    before: Option<NodeId>,
    but_before: &Step<'_>,
    new: &Layout<'_>,
    after: Option<NodeId>,
    but_after: &Step<'_>,
) -> bool {
    let is_table =
        |layout: &Layout<'_>, node: Option<NodeId>| node.is_none_or(|node| layout.is_table(node));
    let others_after = || {
        children(new, after).iter().filter(|child| new.nodes[**child].step != *but_after).count()
    };
    let mut others_before = 0;
    let mut agree = is_table(old, before) && is_table(new, after);
    for child in children(old, before) {
        let step = &old.nodes[*child].step;
        if step != but_before {
            others_before += 1;
            let twin = after.and_then(|node| new.child(node, step)).filter(|_| step != but_after);
            agree = agree && same_data(old, Some(*child), new, twin);
        }
    }
    agree && others_before == others_after()
}

/// Whether two arrays agree on all elements but one.
fn elements_agree(
    old: &Layout<'_>,
    before: Option<NodeId>,
    new: &Layout<'_>,
    after: Option<NodeId>,
    but: usize,
) -> bool {
    let (old_items, new_items) = (children(old, before), children(new, after));
    let shared = old_items.len().min(new_items.len());
    before.is_none_or(|node| old.is_array(node))
        && after.is_some_and(|node| new.is_array(node))
        && new_items.len() == old_items.len().max(but + 1)
        && (0..shared)
            .filter(|at| *at != but)
            .all(|at| same_data(old, Some(old_items[at]), new, Some(new_items[at])))
}

/// Whether a table or an array got exactly these besides what it held.
fn has_added(
    old: &Layout<'_>,
    before: Option<NodeId>,
    new: &Layout<'_>,
    after: Option<NodeId>,
    added: &[(Step<'_>, Value)],
) -> bool {
    let Some(after) = after else { return false };
    let old_items = children(old, before);
    let is_kept = |child: &NodeId| {
        let twin = new.child(after, &old.nodes[*child].step);
        twin.is_some() && same_data(old, Some(*child), new, twin)
    };
    let is_new = |(step, value): &(Step<'_>, Value)| {
        before.is_none_or(|node| old.child(node, step).is_none())
            && new.child(after, step).is_some_and(|node| new.holds(node, value))
    };
    before.is_none_or(|node| old.is_array(node) == new.is_array(after))
        && new.nodes[after].children.len() == old_items.len() + added.len()
        && old_items.iter().all(is_kept)
        && added.iter().all(is_new)
}

/// Whether an array lost exactly these elements.
fn without_elements(
    old: &Layout<'_>,
    before: Option<NodeId>,
    new: &Layout<'_>,
    after: Option<NodeId>,
    gone: &[usize],
) -> bool {
    let old_items = children(old, before);
    let is_kept = |(at, _): &(usize, &NodeId)| gone.binary_search(at).is_err();
    let rest: Vec<NodeId> =
        old_items.iter().enumerate().filter(is_kept).map(|(_, node)| *node).collect();
    let new_items = children(new, after);
    after.is_none_or(|node| new.is_array(node))
        && rest.len() + gone.len() == old_items.len()
        && rest.len() == new_items.len()
        && rest.iter().zip(new_items).all(|(a, b)| same_data(old, Some(*a), new, Some(*b)))
}

/// Whether two nodes hold the same data, however they are written. Works through a list, as
/// dotted keys in inline tables nest deeper than the stack should.
fn same_data(
    old: &Layout<'_>,
    before: Option<NodeId>,
    new: &Layout<'_>,
    after: Option<NodeId>,
) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return before.is_none() && after.is_none();
    };
    let mut open = vec![(before, after)];
    while let Some((before, after)) = open.pop() {
        let (a, b) = (&old.nodes[before], &new.nodes[after]);
        let alike = match (&a.kind, &b.kind) {
            (Kind::Scalar(a), Kind::Scalar(b)) => a == b,
            _ => {
                old.is_array(before) == new.is_array(after)
                    && old.is_table(before) == new.is_table(after)
                    && a.children.len() == b.children.len()
            }
        };
        if !alike {
            return false;
        }
        for (child, same_place) in a.children.iter().zip(&b.children) {
            let step = &old.nodes[*child].step;
            // The order is mostly the same, which saves the search.
            let is_twin = new.nodes[*same_place].step == *step;
            match if is_twin { Some(*same_place) } else { new.child(after, step) } {
                Some(twin) => open.push((*child, twin)),
                None => return false,
            }
        }
    }
    true
}
