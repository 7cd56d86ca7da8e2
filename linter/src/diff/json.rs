//! The report for programs. Its `version` changes when a reader would have to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use leastpriv_policy::decide::Request;
use serde::Serialize;

use super::difference::{Change, ChangedPart, Difference, How};
use super::pairs::{Gap, Place};
use super::stop::Stop;
use super::{Diff, PolicyDiff};
use crate::access::{Witness, witness};
use crate::parts::Condition;
use crate::report::write_json;
use crate::simulate::element_words;

/// Version of this format.
const VERSION: u32 = 1;

/// Writes the report.
pub(super) fn render(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        format: "leastpriv-diff",
        version: VERSION,
        result: diff.outcome().name(),
        exit_code: diff.exit().code(),
        old: &diff.old,
        new: &diff.new,
        policies: diff.policies.iter().map(PolicyEntry::of).collect(),
        not_compared: diff.gaps.iter().map(GapEntry::of).collect(),
    };
    write_json(&report, out)
}

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    result: &'static str,
    exit_code: u8,
    old: &'a str,
    new: &'a str,
    policies: Vec<PolicyEntry<'a>>,
    not_compared: Vec<GapEntry<'a>>,
}

#[derive(Serialize)]
struct PolicyEntry<'a> {
    #[serde(flatten)]
    place: Option<&'a Place>,
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_managed_policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_managed_policy: Option<&'a str>,
    sensitive: bool,
    gained: DifferenceEntry<'a>,
    lost: DifferenceEntry<'a>,
}

#[derive(Serialize)]
struct DifferenceEntry<'a> {
    changes: Vec<ChangeEntry<'a>>,
    unknown: Vec<&'a str>,
}

#[derive(Serialize)]
struct ChangeEntry<'a> {
    kind: &'static str,
    statement: Option<usize>,
    sid: Option<&'a str>,
    principals: Vec<PrincipalEntry<'a>>,
    not_principals: Vec<PrincipalEntry<'a>>,
    conditions: &'a [Condition],
    not_resources: &'a [String],
    parts: Vec<PartEntry<'a>>,
}

#[derive(Serialize)]
struct PrincipalEntry<'a> {
    kind: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct PartEntry<'a> {
    actions: &'a [String],
    actions_left_out: &'a [String],
    access_levels: BTreeMap<&'static str, usize>,
    actions_not_in_catalog: &'a [String],
    resources: &'a [String],
    stopped_by: Option<StopEntry<'a>>,
    witness: Witness,
}

#[derive(Serialize)]
struct StopEntry<'a> {
    text: String,
    element: Option<&'static str>,
    statements: Vec<&'a str>,
    tests: Vec<TestEntry<'a>>,
}

#[derive(Serialize)]
struct TestEntry<'a> {
    operator: &'a str,
    key: &'a str,
}

#[derive(Serialize)]
struct GapEntry<'a> {
    #[serde(flatten)]
    place: Option<&'a Place>,
    file: &'a str,
    reason: &'a str,
    may_gain: bool,
}

impl<'a> PolicyEntry<'a> {
    fn of(policy: &'a PolicyDiff) -> Self {
        let [old, new] = &policy.managed;
        Self {
            place: policy.place.as_ref(),
            standing: policy.standing.name(),
            old_managed_policy: old.as_deref(),
            new_managed_policy: new.as_deref(),
            sensitive: policy.is_hidden,
            gained: DifferenceEntry::of(&policy.gained),
            lost: DifferenceEntry::of(&policy.lost),
        }
    }
}

impl<'a> DifferenceEntry<'a> {
    fn of(difference: &'a Difference) -> Self {
        Self {
            changes: difference.changes.iter().map(ChangeEntry::of).collect(),
            unknown: difference.doubts.iter().map(String::as_str).collect(),
        }
    }
}

impl<'a> ChangeEntry<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            kind: match change.how {
                How::Allows => "allow",
                How::NoLongerDenies => "deny",
            },
            statement: change.number,
            sid: change.sid.as_deref(),
            principals: principals(&change.principals),
            not_principals: principals(&change.not_principals),
            conditions: &change.conditions,
            not_resources: &change.not_resources,
            parts: change.parts.iter().map(PartEntry::of).collect(),
        }
    }
}

fn principals(principals: &[(String, String)]) -> Vec<PrincipalEntry<'_>> {
    let principals = principals.iter();
    principals.map(|(kind, name)| PrincipalEntry { kind, name }).collect()
}

impl<'a> PartEntry<'a> {
    fn of(part: &'a ChangedPart) -> Self {
        Self {
            actions: &part.actions.named,
            actions_left_out: &part.actions.left_out,
            access_levels: part.counts.by_level(),
            actions_not_in_catalog: &part.others,
            resources: &part.resources,
            stopped_by: part.stop.as_ref().map(|stop| StopEntry::of(stop, &part.witness)),
            witness: witness(&part.witness),
        }
    }
}

impl<'a> StopEntry<'a> {
    fn of(stop: &'a Stop, request: &Request) -> Self {
        let (element, statements, tests): (_, Vec<&str>, &[(String, String)]) = match stop {
            Stop::Denied(statements) => (None, statements.iter().map(String::as_str).collect(), &[]),
            Stop::Nothing => (None, Vec::new(), &[]),
            Stop::Element {
                statement,
                element,
                tests,
            } => (Some(element_words(*element)), vec![statement], tests),
        };
        let tests = tests.iter();
        Self {
            text: stop.text(request),
            element,
            statements,
            tests: tests.map(|(operator, key)| TestEntry { operator, key }).collect(),
        }
    }
}

impl<'a> GapEntry<'a> {
    fn of(gap: &'a Gap) -> Self {
        Self {
            place: gap.place.as_ref(),
            file: &gap.side,
            reason: &gap.reason,
            may_gain: gap.may_gain,
        }
    }
}
