//! The report for people.

use std::io::{self, Write};

use leastpriv_catalog::AccessLevel;
use leastpriv_policy::decide::Request;
use leastpriv_policy::narrow::{Fate, Proof};

use super::super::applies::Change;
use super::super::{Needed, New, Outcome, Size, Source, context_words, resource_words, works_on_nothing};
use super::{doubts, statements};
use crate::access::proof;
use crate::report::{visible, write_escaped};

/// Writes the policy to standard output and everything else to standard error.
pub(super) fn render(outcome: &Outcome, out: &mut dyn Write, errors: &mut dyn Write) -> io::Result<()> {
    if let Some(new) = &outcome.new {
        write_escaped(new.text.trim_end(), out)?;
    }
    let mut lines = needs(outcome);
    lines.extend(contained(outcome));
    lines.extend(notes(outcome).into_iter().map(|note| format!("note: {note}")));
    lines.push(format!("before: {}", size(&outcome.before)));
    if let Some(new) = &outcome.new {
        lines.push(format!("after:  {}", size(&new.size)));
    }
    lines.push(counts(outcome));
    for line in lines {
        writeln!(errors, "{}", visible(&line))?;
    }
    Ok(())
}

fn needs(outcome: &Outcome) -> Vec<String> {
    let line = |(needed, fate): &(Needed, Fate)| {
        let what = what(needed);
        match fate {
            Fate::Kept(proof) => vec![format!("kept     {what}: {}", kept(outcome, proof))],
            Fate::Partly(proof, lacking) => vec![
                format!(
                    "missing  {what}: the policy gives a part of it, not {}",
                    request(lacking)
                ),
                format!("  that part is {}", kept(outcome, proof)),
            ],
            Fate::Missing { is_denied: false } => vec![format!("missing  {what}: the policy does not give it")],
            Fate::Missing { is_denied: true } => vec![format!("missing  {what}: the policy denies it")],
            Fate::Free => vec![format!("free     {what}: it needs no permission")],
            Fate::Unknown(reasons) => vec![format!("unknown  {what}: {}", doubts(reasons))],
        }
    };
    outcome.fates.iter().flat_map(line).collect()
}

fn what(needed: &Needed) -> String {
    let context = needed.need.context.as_ref().map(context_words).unwrap_or_default();
    let context = if context.is_empty() {
        String::new()
    } else {
        format!(" with {}", context.join("; "))
    };
    let from = match &needed.from {
        Source::Intent(place) => place.clone(),
        Source::Events { count: 1, .. } => "1 event".to_owned(),
        Source::Events { count, .. } => format!("{count} events"),
        Source::Changes(changes) => changed(changes),
    };
    format!(
        "{} on {}{context} ({from})",
        needed.need.action,
        resource_words(&needed.need)
    )
}

/// The first of some changes, and how many more there are.
fn changed(changes: &[Change]) -> String {
    let Some(Change { file, address, verb }) = changes.first() else {
        return String::new();
    };
    let more = match changes.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("from {file}: {address} ({verb}){more}")
}

fn kept(outcome: &Outcome, proof: &Proof) -> String {
    let new = outcome.new.as_ref().map(|new| statements(&new.policy, &proof.by));
    let keys: Vec<&str> = proof.keys.iter().map(String::as_str).collect();
    let condition = match keys.as_slice() {
        [] => String::new(),
        keys => format!(", where the condition on {} holds", keys.join(", ")),
    };
    format!(
        "allowed by {}, before by {}{condition}",
        new.unwrap_or_else(|| "a policy that is not given".to_owned()),
        statements(&outcome.old, &proof.by_existing)
    )
}

fn request(request: &Request) -> String {
    format!("{} on {}", request.action, request.resource.as_deref().unwrap_or("*"))
}

fn contained(outcome: &Outcome) -> Vec<String> {
    let Some(New {
        policy, certificate, ..
    }) = &outcome.new
    else {
        let reason = if outcome.doubts.is_empty() {
            "what was made gives more than the policy".to_owned()
        } else {
            doubts(&outcome.doubts)
        };
        return vec![format!("contained: not proven, so no policy is given; {reason}")];
    };
    let mut out = vec!["contained: proven, the new policy gives nothing that the old one does not".to_owned()];
    for covered in certificate.iter().cloned().map(proof) {
        let by = match (covered.allowed_by_existing.as_slice(), covered.denied_by_new.as_slice()) {
            (allows, []) => format!("within {} of the old policy", statements(&outcome.old, allows)),
            ([], denies) => format!("denied by {} of the new one", statements(policy, denies)),
            (allows, denies) => format!(
                "within {} of the old policy, or denied by {} of the new one",
                statements(&outcome.old, allows),
                statements(policy, denies)
            ),
        };
        let of = statements(policy, &[covered.statement_index]);
        out.push(match covered.existing_deny_index {
            None => format!("  {of}: {by}"),
            Some(deny) => format!("  {of}, what {} denied: {by}", statements(&outcome.old, &[deny])),
        });
    }
    out
}

/// What a reader should know.
pub(super) fn notes(outcome: &Outcome) -> Vec<String> {
    let mut out = Vec::new();
    for (needed, fate) in &outcome.fates {
        if let Fate::Kept(proof) | Fate::Partly(proof, _) = fate
            && proof.is_wide
            && !works_on_nothing(&needed.need.action)
        {
            out.push(format!("kept wide: {}, as the policy has it", needed.need.action));
        }
    }
    out.dedup();
    if let Some(new) = &outcome.new {
        out.extend(
            new.generalised
                .iter()
                .map(|one| format!("{} on {} stands for {} resources", one.action, one.pattern, one.count)),
        );
        if new.policy.statements.iter().any(|one| !one.allows()) {
            out.push("every Deny is kept: it may hold back other policies of the same principal".to_owned());
        }
    }
    out.extend(outcome.unmapped.iter().map(|(name, count)| {
        format!("{name}, in {count} of the events, is no action that the catalog knows; what it needs is not kept")
    }));
    out.extend(outcome.unknown_types.iter().map(|(name, count)| {
        format!("{name}, the type of {count} in the plan, is none whose actions are known; what it needs is not kept")
    }));
    out.extend(outcome.notes.iter().cloned());
    out
}

fn size(size: &Size) -> String {
    let words = |level: AccessLevel, name: &str| format!("{} {name}", size.levels.get(&level).copied().unwrap_or(0));
    format!(
        "{} actions ({}, {}, {}, {}, {}), {} statements, {} bytes",
        size.actions(),
        words(AccessLevel::PermissionsManagement, "permissions management"),
        words(AccessLevel::Write, "write"),
        words(AccessLevel::Tagging, "tagging"),
        words(AccessLevel::Read, "read"),
        words(AccessLevel::List, "list"),
        size.statements,
        size.bytes
    )
}

fn counts(outcome: &Outcome) -> String {
    let count = |is: fn(&Fate) -> bool| outcome.fates.iter().filter(|(_, fate)| is(fate)).count();
    format!(
        "{} needed: {} kept, {} missing, {} unknown",
        outcome.fates.len(),
        count(|fate| matches!(fate, Fate::Kept(_) | Fate::Free)),
        count(|fate| matches!(fate, Fate::Missing { .. } | Fate::Partly(..))),
        count(|fate| matches!(fate, Fate::Unknown(_)))
    )
}
