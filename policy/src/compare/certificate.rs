//! What proves a "yes": which statements cover which.

use super::cover::{Covers, Rest};
use super::search::point;
use super::sides::{Replay, StatementBox};
use super::variables::marked;
use super::{Containment, contained};
use crate::document::Document;

/// A part of what a policy could allow, with the statements that cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The Allow of the new policy, by its number.
    pub statement: usize,
    /// Where the part is only what the Allow has in common with a Deny of the existing policy: that Deny, by its number.
    pub meets: Option<usize>,
    /// What covers the part, each of them needed.
    pub by: Vec<Cover>,
}

/// A statement that covers something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// A Deny of the new policy, by its number.
    NewDeny(usize),
    /// An Allow of the existing policy, by its number.
    ExistingAllow(usize),
}

/// The proof that `new` allows nothing that `existing` does not; nothing where that is not so, or not known. There is an
/// entry for every Allow of the new policy, and for every Deny of the existing one that such an Allow meets.
pub fn certificate(new: &Document, existing: &Document) -> Option<Vec<Covered>> {
    if contained(new, existing) != Containment::Contained {
        return None;
    }
    let (news, existings) = (vec![vec![new]], vec![vec![existing]]);
    let marked = marked(&news, &existings);
    let (news, existings) = match &marked {
        Some(marked) => (marked.of_new(), marked.of_existing()),
        None => (news, existings),
    };
    let replay = Replay::of_layers(&news, &existings);
    // Where marks prove nothing, the texts themselves did.
    let searches = marked.as_ref().is_none_or(|marked| marked.proves);
    let is_covered = |inside: &[&StatementBox<'_>], by: &[(Cover, &StatementBox<'_>)]| {
        let outside: Vec<&StatementBox<'_>> = by.iter().map(|(_, one)| *one).collect();
        let covers = Covers::of(outside.iter().map(|one| &*one.written));
        let is_plain = |one: &&StatementBox<'_>| matches!(covers.rest(&one.written), Rest::Nothing);
        inside.iter().any(is_plain) || (searches && matches!(point(inside, &outside, None), Ok(None)))
    };
    let smallest = |inside: &[&StatementBox<'_>], mut by: Vec<(Cover, &StatementBox<'_>)>| -> Option<Vec<Cover>> {
        is_covered(inside, &by).then_some(())?;
        let mut at = by.len();
        while let Some(before) = at.checked_sub(1) {
            at = before;
            let without = by.remove(at);
            if !is_covered(inside, &by) {
                by.insert(at, without);
            }
        }
        Some(by.into_iter().map(|(cover, _)| cover).collect())
    };
    let denies: Vec<(Cover, &StatementBox<'_>)> = replay
        .new
        .denials()
        .map(|one| (Cover::NewDeny(one.written.index), one))
        .collect();
    let allows: Vec<(Cover, &StatementBox<'_>)> = replay
        .existing
        .allowances()
        .map(|one| (Cover::ExistingAllow(one.written.index), one))
        .collect();
    let mut out = Vec::new();
    for allow in replay.new.allowances() {
        let by = denies.iter().chain(&allows).copied().collect();
        out.push(Covered {
            statement: allow.written.index,
            meets: None,
            by: smallest(&[allow], by)?,
        });
        for deny in replay.existing.denials() {
            let inside = [allow, deny];
            if !is_covered(&inside, &[]) {
                out.push(Covered {
                    statement: allow.written.index,
                    meets: Some(deny.written.index),
                    by: smallest(&inside, denies.clone())?,
                });
            }
        }
    }
    Some(out)
}
