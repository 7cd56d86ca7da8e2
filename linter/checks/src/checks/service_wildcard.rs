//! `service-wildcard`

use std::cmp::Reverse;

use leastpriv_catalog::{AccessLevel, Action, Service};

use crate::check::declare_check;
use crate::facts::{Facts, StatementFacts, exposes_credentials, place, telling_example};
use crate::finding::{Confidence, Findings, Place, Severity};

declare_check! {
    /// ## What it checks
    /// The statements together allow every action of one service, through a wildcard or by listing them all.
    /// ## Why it matters
    /// A service-wide wildcard takes in the actions that delete, that share with other accounts and that change permissions, and every action that AWS adds later.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On services of which less than everything is allowed, or of which a Deny leaves nothing that writes; on policies that are not identity-based, such as the key policy that AWS makes; on short services (fewer than ten actions) whose actions are all named one by one, on boundaries, control policies and policies of VPC endpoints, which grant nothing, when `administrator-access` or `allow-not-action` says it already.
    /// ## References
    /// - [Service authorization reference](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html)
    static SERVICE_WILDCARD = {
        name: "service-wildcard",
        severity: SecurityWarning,
        since: "0.1.0",
        summary: "every action of a service",
        aws: [],
        run: Document(service_wildcard),
    }
}

fn service_wildcard(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.kind.grants() || !facts.kind.is_identity_based() || facts.grants_everything() {
        return;
    }
    let broad: Vec<bool> = facts
        .statements
        .iter()
        .map(|statement| statement.action_patterns.is_empty() && statement.service_count(facts.catalog) > FEW_SERVICES)
        .collect();
    // By place, because one pattern may bring in hundreds of services.
    let mut brought: Vec<(&StatementFacts<'_>, Place<'_>, Vec<Service>)> = Vec::new();
    for service in facts.whole_services() {
        let Some((statement, place)) = bringing_in(facts, service, &broad) else { continue };
        if !statement.may_touch(service) {
            continue;
        }
        match brought.iter_mut().find(|(_, other, _)| other.span == place.span) {
            Some((_, _, services)) => services.push(service),
            None => brought.push((statement, place, vec![service])),
        }
    }
    for (statement, place, services) in brought {
        if services.len() > FEW_SERVICES {
            report(facts, statement, place, &services, findings);
        } else {
            for service in services {
                report(facts, statement, place, &[service], findings);
            }
        }
    }
}

/// Reports the services that come in at a place, as one finding.
fn report(facts: &Facts<'_>, statement: &StatementFacts<'_>, place: Place<'_>, services: &[Service], findings: &mut Findings) {
    let all = || services.iter().flat_map(|service| service.actions());
    let left = || all().filter(|action| !facts.denied.contains(action.id()));
    let levels = Levels::of(left());
    let denied = all().count().saturating_sub(levels.all);
    let severity = match (levels.writes, levels.permissions) {
        // A Deny has left reads, or nothing.
        (0, 0) if denied > 0 => return,
        (0, 0) => Severity::Suggestion,
        _ => Severity::SecurityWarning,
    };
    let (name, help) = match services {
        [service] => (service.prefix().to_owned(), suggestion(*service)),
        many => (format!("{} services", many.len()), "name the services and the actions that are needed".to_owned()),
    };
    let less = if denied > 0 { format!(" but {denied} denied") } else { String::new() };
    let message = format!(
        "every action of {name}{less}: {} in all, {} that write and {} that manage permissions",
        levels.all, levels.writes, levels.permissions
    );
    let finding = findings.report(&SERVICE_WILDCARD, place, message);
    finding.label = format!("expands to {} actions", levels.all);
    finding.severity(severity).help(help);
    let telling = telling_example(left().filter(|action| statement.actions.contains(action.id())));
    finding.example(facts.example(statement, telling));
    if let (None, Some(example)) = (&finding.example, telling_example(left())) {
        finding.note(format!("it takes in `{}`", example.full_name()));
    }
    if statement.resource_is_bounded_by_condition() {
        finding.confidence(Confidence::Medium).note("a condition bounds the resource");
    }
}

/// The statement and the place that bring in most of a service; absent where that is no wildcard and
/// the service is short, or where a `NotAction` brings in many services at once.
fn bringing_in<'f>(facts: &'f Facts<'_>, service: Service, broad: &[bool]) -> Option<(&'f StatementFacts<'f>, Place<'f>)> {
    let prefix = service.prefix().to_ascii_lowercase();
    let count = |statement: &StatementFacts<'_>| service.actions().filter(|action| statement.actions.contains(action.id())).count();
    let allowing = || facts.statements.iter().filter(|statement| statement.allows());
    let statement = allowing().max_by_key(|statement| (count(statement), Reverse(statement.statement.index)))?;
    let patterns = || statement.action_patterns.iter().filter(|(_, pattern)| pattern.matches_service(&prefix));
    let whole = patterns().find(|(_, pattern)| pattern.matches_whole_service(&prefix));
    let wild = whole.or_else(|| patterns().find(|(_, pattern)| !pattern.is_literal()));
    if let Some((text, _)) = wild {
        return Some((statement, place(text)));
    }
    if statement.action_patterns.is_empty() {
        let is_broad = broad.get(statement.statement.index) == Some(&true);
        return statement.not_action_place().filter(|_| !is_broad).map(|place| (statement, place));
    }
    let wild_elsewhere = allowing().any(|other| {
        other.action_patterns.iter().any(|(_, pattern)| !pattern.is_literal() && pattern.matches_service(&prefix))
    });
    let (text, _) = patterns().next()?;
    (wild_elsewhere || service.action_ids().len() >= LONG_SERVICE).then(|| (statement, place(text)))
}

/// What a service's actions do, counted.
struct Levels {
    all: usize,
    writes: usize,
    permissions: usize,
}

impl Levels {
    fn of(actions: impl Iterator<Item = Action>) -> Self {
        let mut out = Self { all: 0, writes: 0, permissions: 0 };
        for action in actions {
            out.all = out.all.saturating_add(1);
            match action.level() {
                AccessLevel::PermissionsManagement => out.permissions = out.permissions.saturating_add(1),
                AccessLevel::Write | AccessLevel::Tagging => out.writes = out.writes.saturating_add(1),
                AccessLevel::List | AccessLevel::Read => {}
            }
        }
        out
    }
}

/// The narrower pattern to start from: the reads of the service.
fn suggestion(service: Service) -> String {
    let prefix = service.prefix();
    let only_reads = |verb: &str| {
        let mut named = service.actions().filter(|action| action.name().starts_with(verb)).peekable();
        named.peek().is_some()
            && named.all(|action| matches!(action.level(), AccessLevel::Read | AccessLevel::List) && !exposes_credentials(action))
    };
    let reads = ["Get", "List", "Describe"].into_iter().filter(|verb| only_reads(verb));
    let patterns: Vec<_> = reads.map(|verb| format!("`{prefix}:{verb}*`")).collect();
    if patterns.is_empty() {
        "name the actions that are needed".to_owned()
    } else {
        format!("name the actions that are needed; for reading, start from {}", patterns.join(", "))
    }
}

/// A pattern that brings in more services than this is reported once.
const FEW_SERVICES: usize = 20;

/// A service with fewer actions may be listed whole.
const LONG_SERVICE: usize = 10;
