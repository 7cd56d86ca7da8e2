//! The report for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use leastpriv_policy::narrow::{Fate, Generalised, Proof};
use serde::Serialize;
use serde_json::Value;

use super::super::applies::Change;
use super::super::{Needed, Outcome, Size, Source};
use super::doubt;
use super::text::notes;
use crate::access::{self, proof, witness};
use crate::report::write_json;

/// The version of the form; it grows when a program that reads it could break.
const VERSION: u32 = 1;

#[derive(Debug, Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    /// The narrowed policy; nothing where it is not proven.
    policy: Option<Value>,
    contained: &'static str,
    /// Why it is not proven.
    reasons: Vec<String>,
    certificate: Vec<access::Proof>,
    needs: Vec<NeedReport<'a>>,
    unmapped: Vec<Unmapped<'a>>,
    /// Types of resources in a plan whose actions are not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_types: Vec<UnknownType<'a>>,
    generalised: Vec<GeneralisedReport<'a>>,
    before: SizeReport,
    after: Option<SizeReport>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct NeedReport<'a> {
    action: &'a str,
    /// Patterns of resources; `*` alone where the action works on none in particular or it is not known.
    resources: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<BTreeMap<&'a str, &'a [String]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Events<'a>>,
    /// What of plans needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ChangeReport<'a>>>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<ProofReport<'a>>,
    /// A request for a part that the policy does not give.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacking: Option<access::Witness>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Events<'a> {
    count: usize,
    names: &'a [String],
}

#[derive(Debug, Serialize)]
struct ChangeReport<'a> {
    file: &'a str,
    address: &'a str,
    does: &'static str,
}

#[derive(Debug, Serialize)]
struct ProofReport<'a> {
    /// A request that both policies allow.
    request: access::Witness,
    allowed_by: &'a [usize],
    allowed_before_by: &'a [usize],
    condition_keys: Vec<&'a str>,
    kept_wide: bool,
}

#[derive(Debug, Serialize)]
struct Unmapped<'a> {
    event: &'a str,
    count: usize,
}

#[derive(Debug, Serialize)]
struct UnknownType<'a> {
    #[serde(rename = "type")]
    name: &'a str,
    count: usize,
}

#[derive(Debug, Serialize)]
struct GeneralisedReport<'a> {
    action: &'a str,
    pattern: &'a str,
    resources: usize,
}

#[derive(Debug, Serialize)]
struct SizeReport {
    actions: usize,
    by_level: BTreeMap<&'static str, usize>,
    statements: usize,
    bytes: usize,
}

/// Writes everything.
pub(super) fn render(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let new = outcome.new.as_ref();
    let policy = new.map(|new| serde_json::from_str(&new.text)).transpose()?;
    let certificate = new
        .into_iter()
        .flat_map(|new| new.certificate.iter().cloned().map(proof));
    let report = Report {
        format: "leastpriv-narrow",
        version: VERSION,
        policy,
        contained: if new.is_some() { "proven" } else { "unknown" },
        reasons: outcome.doubts.iter().map(doubt).collect(),
        certificate: certificate.collect(),
        needs: outcome.fates.iter().map(|(needed, fate)| need(needed, fate)).collect(),
        unmapped: outcome
            .unmapped
            .iter()
            .map(|(event, count)| Unmapped { event, count: *count })
            .collect(),
        unknown_types: outcome
            .unknown_types
            .iter()
            .map(|(name, count)| UnknownType { name, count: *count })
            .collect(),
        generalised: new
            .into_iter()
            .flat_map(|new| new.generalised.iter().map(generalised))
            .collect(),
        before: size(&outcome.before),
        after: new.map(|new| size(&new.size)),
        notes: notes(outcome),
    };
    write_json(&report, out)
}

fn need<'a>(needed: &'a Needed, fate: &'a Fate) -> NeedReport<'a> {
    let (status, proof, lacking, reasons) = match fate {
        Fate::Kept(proof) => ("kept", Some(proof), None, Vec::new()),
        Fate::Partly(proof, lacking) => ("partly missing", Some(proof), Some(witness(lacking)), Vec::new()),
        Fate::Missing { is_denied } => (
            "missing",
            None,
            None,
            vec![
                if *is_denied {
                    "the policy denies it"
                } else {
                    "the policy does not give it"
                }
                .to_owned(),
            ],
        ),
        Fate::Free => ("free", None, None, Vec::new()),
        Fate::Unknown(doubts) => ("unknown", None, None, doubts.iter().map(doubt).collect()),
    };
    let (place, events, changes) = match &needed.from {
        Source::Intent(place) => (Some(place.as_str()), None, None),
        Source::Events { count, names } => (None, Some(Events { count: *count, names }), None),
        Source::Changes(changes) => (None, None, Some(changes.iter().map(change).collect())),
    };
    let resources: Vec<&str> = needed.need.wanted.patterns().iter().map(String::as_str).collect();
    NeedReport {
        action: &needed.need.action,
        resources: if resources.is_empty() { vec!["*"] } else { resources },
        context: needed.need.context.as_ref().map(|context| context.iter().collect()),
        place,
        events,
        changes,
        status,
        proof: proof.map(shown),
        lacking,
        reasons,
    }
}

fn change(change: &Change) -> ChangeReport<'_> {
    let Change { file, address, verb } = change;
    ChangeReport {
        file,
        address,
        does: verb,
    }
}

fn shown(proof: &Proof) -> ProofReport<'_> {
    ProofReport {
        request: witness(&proof.request),
        allowed_by: &proof.by,
        allowed_before_by: &proof.by_existing,
        condition_keys: proof.keys.iter().map(String::as_str).collect(),
        kept_wide: proof.is_wide,
    }
}

fn generalised(one: &Generalised) -> GeneralisedReport<'_> {
    GeneralisedReport {
        action: &one.action,
        pattern: &one.pattern,
        resources: one.count,
    }
}

fn size(size: &Size) -> SizeReport {
    SizeReport {
        actions: size.actions(),
        by_level: size
            .levels
            .iter()
            .map(|(level, count)| (level.as_str(), *count))
            .collect(),
        statements: size.statements,
        bytes: size.bytes,
    }
}
