//! What `pass-any-role` and `create-any-service-linked-role` share: an IAM action on roles that a
//! statement leaves open to every role.

use leastpriv_policy::decide::Request;
use leastpriv_policy::document::PathElement;

use crate::check::{Check, StatementContext};
use crate::facts::StatementFacts;
use crate::finding::{Finding, Findings, Place};

/// Resource parts that hold every role of an account, or every one that a service can be linked to.
const EVERY_ROLE: [&str; 2] = ["role/?*", "role/aws-service-role/?*"];

/// A statement that allows the action on every role.
pub(super) struct OpenRole<'a> {
    facts: &'a StatementFacts<'a>,
    action: Place<'a>,
    resource: Place<'a>,
    /// Whether AWS reports it: it looks at the bare star and at `NotResource` only.
    reported_by_aws: bool,
    by_pattern: bool,
    example: Option<Request>,
}

impl<'a> OpenRole<'a> {
    /// The statement, where it allows `iam:ACTION` on every role and no test of one of `guards` narrows it.
    pub(super) fn of(ctx: &StatementContext<'a>, action: &str, guards: &[&str]) -> Option<Self> {
        let StatementContext { document, facts } = *ctx;
        let action = document.catalog.action("iam", action)?;
        let taken_away = document.denied.contains(action.id());
        let identity_based = document.kind.is_identity_based();
        if !facts.allows()
            || !identity_based
            || !facts.actions.contains(action.id())
            || taken_away
            || guards.iter().any(|guard| facts.is_guarded_by(guard))
        {
            return None;
        }
        let (resource, reported_by_aws) = Self::open_resource(facts)?;
        let place = facts.place_of_action(action);
        let by_pattern = place.element.contains(['*', '?']);
        Some(Self {
            facts,
            action: place,
            resource,
            reported_by_aws,
            by_pattern,
            example: document.example(facts, [action]),
        })
    }

    /// What leaves every role open, and whether AWS says so too.
    fn open_resource(facts: &'a StatementFacts<'a>) -> Option<(Place<'a>, bool)> {
        if let Some(place) = facts.not_resource_place() {
            return Some((place, true));
        }
        let bare = facts.statement.resources().find(|resource| resource.text == "*");
        if let Some(bare) = bare {
            return Some((crate::facts::place(bare), true));
        }
        if facts.resource_is_everything() {
            return Some((facts.resource_place(), false));
        }
        // A role can only be passed within its account, so naming the account takes nothing away.
        let every_role = facts.resource_patterns.iter().find(|(_, pattern)| {
            pattern.covers_format("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}")
                || EVERY_ROLE.iter().any(|part| pattern.covers_in_account("iam", part))
        });
        every_role.map(|(text, _)| (crate::facts::place(text), false))
    }

    /// Reports it under AWS's code for the way it is written. `codes` are those for: the action by
    /// name, by pattern, by `NotAction`; and the same three with `NotResource`.
    pub(super) fn report<'f>(
        &self,
        check: &'static Check,
        codes: [&'static str; 6],
        message: &str,
        findings: &'f mut Findings,
    ) -> &'f mut Finding {
        let [named, pattern, complement, named_rest, pattern_rest, complement_rest] = codes;
        let by_complement = self.facts.action_patterns.is_empty();
        let code = match (
            self.facts.not_resource_patterns.is_empty(),
            by_complement,
            self.by_pattern,
        ) {
            (true, false, false) => named,
            (true, false, true) => pattern,
            (true, true, _) => complement,
            (false, false, false) => named_rest,
            (false, false, true) => pattern_rest,
            (false, true, _) => complement_rest,
        };
        let paths: Vec<Vec<PathElement>> = vec![self.action.path.to_vec(), self.resource.path.to_vec()];
        let finding = findings.report(check, self.action, message);
        finding.label = "this action".to_owned();
        finding
            .related(self.resource.span, "on every role")
            .aws_paths(paths)
            .example(self.example.clone());
        finding.aws_code = self.reported_by_aws.then_some(code);
        finding
    }
}
