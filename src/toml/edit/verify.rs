//! Whether an edited text holds the data it should: the old data with the one change.

use super::change::{EditError, parse};
use super::splice::{self, Splice};
use crate::toml::document::Document;
use crate::toml::node::{NodeId, NodeKind, ROOT, Step};
use crate::toml::value::Value;

/// What the edit should have done at its path.
#[derive(Clone, Copy)]
pub(in crate::toml) enum Expected<'a> {
    /// This value is there.
    Put(&'a Value),
    /// These are there besides what was, and were not before. In an array they follow it.
    Added(&'a [(Step<'a>, Value)]),
    /// Nothing is there.
    Gone,
    /// An array is there without the elements that had these numbers, which are in order.
    Without(&'a [usize]),
    /// It is there under another key.
    Renamed(&'a str),
}

/// Makes the new text and proves that it holds the old data with the one change.
pub(in crate::toml) fn finish(
    document: &Document<'_>,
    splices: Vec<Splice>,
    path: &[Step<'_>],
    expected: Expected<'_>,
) -> Result<String, EditError> {
    let edited = splice::apply(document.text, splices).ok_or(EditError::Mismatch)?;
    let again = parse(&edited).map_err(|_| EditError::Mismatch)?;
    if is_expected(document, &again, path, expected) {
        drop(again);
        Ok(edited)
    } else {
        Err(EditError::Mismatch)
    }
}

/// A document and a node of it, or none.
#[derive(Clone, Copy)]
struct Side<'d, 't> {
    document: &'d Document<'t>,
    node: Option<NodeId>,
}

impl<'d> Side<'d, '_> {
    fn children(self) -> impl Iterator<Item = Self> + Clone {
        let all = self.node.map(|node| self.document.children(node));
        all.into_iter().flatten().map(move |node| Side { node: Some(node), ..self })
    }

    fn count(self) -> usize {
        self.node.map_or(0, |node| self.document.count(node))
    }

    fn child(self, step: Step<'_>) -> Self {
        Side { node: self.node.and_then(|node| self.document.child(node, step)), ..self }
    }

    fn step(self) -> Option<Step<'d>> {
        self.node.map(|node| self.document.step(node))
    }

    fn is_array(self) -> bool {
        self.node.is_some_and(|node| self.document.is_array(node))
    }

    fn is_table(self) -> bool {
        self.node.is_some_and(|node| self.document.is_table(node))
    }

    fn holds(self, value: &Value) -> bool {
        self.node.is_some_and(|node| self.document.holds(node, value))
    }
}

/// Whether the new data is the old data with the change at the path. Tables on the way to it may
/// appear with the value, or vanish with it when they hold nothing else.
pub(in crate::toml) fn is_expected(
    old: &Document<'_>,
    new: &Document<'_>,
    path: &[Step<'_>],
    expected: Expected<'_>,
) -> bool {
    let mut before = Side { document: old, node: Some(ROOT) };
    let mut after = Side { document: new, node: Some(ROOT) };
    for (depth, step) in path.iter().enumerate() {
        let step_after = match expected {
            Expected::Renamed(name) if depth + 1 == path.len() => Step::Key(name),
            _ => *step,
        };
        let same = match step {
            Step::Key(_) => keys_agree(before, *step, after, step_after),
            Step::Index(at) => elements_agree(before, after, *at),
        };
        if !same {
            return false;
        }
        (before, after) = (before.child(*step), after.child(step_after));
    }
    match expected {
        Expected::Put(value) => after.holds(value),
        Expected::Added(added) => has_added(before, after, added),
        Expected::Gone => after.node.is_none(),
        Expected::Without(gone) => without_elements(before, after, gone),
        Expected::Renamed(_) => same_data(before, after),
    }
}

/// Whether two tables agree on all keys but one.
fn keys_agree(
    before: Side<'_, '_>,
    but_before: Step<'_>,
    after: Side<'_, '_>,
    but_after: Step<'_>,
) -> bool {
    let is_table = |at: Side<'_, '_>| at.node.is_none() || at.is_table();
    let others =
        |at: Side<'_, '_>, but: Step<'_>| at.count() - usize::from(at.child(but).node.is_some());
    is_table(before)
        && is_table(after)
        && others(before, but_before) == others(after, but_after)
        && all_twins(before, Some(but_before), after, |one, twin| {
            twin.step() != Some(but_after) && same_data(one, twin)
        })
}

/// Whether each child but one has one of the same key or number that agrees with it.
fn all_twins<'d, 't>(
    before: Side<'d, 't>,
    but: Option<Step<'_>>,
    after: Side<'d, 't>,
    mut agree: impl FnMut(Side<'d, 't>, Side<'d, 't>) -> bool,
) -> bool {
    // The order is mostly the same, which saves the search.
    let mut in_order = after.children();
    before.children().all(|child| {
        let next = in_order.next();
        let Some(step) = child.step() else { return false };
        if Some(step) == but {
            return true;
        }
        let twin = next.filter(|twin| twin.step() == Some(step));
        let twin = twin.unwrap_or_else(|| after.child(step));
        twin.node.is_some() && agree(child, twin)
    })
}

/// Whether two arrays agree on all elements but one.
fn elements_agree(before: Side<'_, '_>, after: Side<'_, '_>, but: usize) -> bool {
    let mut pairs = before.children().zip(after.children()).enumerate();
    (before.node.is_none() || before.is_array())
        && after.is_array()
        && after.count() == before.count().max(but + 1)
        && pairs.all(|(at, (one, other))| at == but || same_data(one, other))
}

/// Whether a table or an array got exactly these besides what it held.
fn has_added(before: Side<'_, '_>, after: Side<'_, '_>, added: &[(Step<'_>, Value)]) -> bool {
    let is_kind = before.node.is_none() || before.is_array() == after.is_array();
    let is_count = after.count() == before.count() + added.len();
    if after.node.is_none() || !is_kind || !is_count {
        return false;
    }
    if !all_twins(before, None, after, same_data) {
        return false;
    }
    if after.is_array() {
        let mut pairs = after.children().skip(before.count()).zip(added);
        return pairs
            .all(|(child, (step, value))| child.step() == Some(*step) && child.holds(value));
    }
    added
        .iter()
        .all(|(step, value)| before.child(*step).node.is_none() && after.child(*step).holds(value))
}

/// Whether an array lost exactly these elements.
fn without_elements(before: Side<'_, '_>, after: Side<'_, '_>, gone: &[usize]) -> bool {
    let is_kept = |at: &usize| gone.binary_search(at).is_err();
    let rest = before.children().enumerate().filter(|(at, _)| is_kept(at)).map(|(_, node)| node);
    (after.node.is_none() || after.is_array())
        && after.count() + gone.len() == before.count()
        && rest.clone().count() == after.count()
        && rest.zip(after.children()).all(|(one, other)| same_data(one, other))
}

/// Whether two nodes hold the same data, however they are written. Works through a list, as
/// dotted keys in inline tables nest deeper than the stack should.
fn same_data(before: Side<'_, '_>, after: Side<'_, '_>) -> bool {
    let mut open = vec![(before, after)];
    while let Some((before, after)) = open.pop() {
        let (Some(one), Some(other)) = (before.node, after.node) else {
            if before.node.is_none() && after.node.is_none() {
                continue;
            }
            return false;
        };
        let kinds = (before.document.kind(one), after.document.kind(other));
        let alike = match kinds {
            (NodeKind::Scalar(form), NodeKind::Scalar(other_form)) => {
                let as_written = before.document.raw(one) == after.document.raw(other);
                form == other_form && as_written
                    || before.document.scalar(one) == after.document.scalar(other)
            }
            _ => {
                before.is_array() == after.is_array()
                    && before.is_table() == after.is_table()
                    && before.count() == after.count()
            }
        };
        let mut push = |one, twin| {
            open.push((one, twin));
            true
        };
        if !alike || !all_twins(before, None, after, &mut push) {
            return false;
        }
    }
    true
}
