//! `statement-never-matches`

use leastpriv_catalog::KeyLookup;
use leastpriv_policy::compare::{Impossible, impossible};
use leastpriv_policy::document::{ConditionTest, Text};

use crate::check::{StatementContext, declare_check};
use crate::facts::place;
use crate::finding::{Confidence, Findings, Place};

declare_check! {
    /// ## What it checks
    /// Every statement is about some request: its tests of a condition key can hold together, and some resource has an ARN as it asks for. That none can is proved by trying every value that the tests can tell apart.
    /// ## Why it matters
    /// An Allow that never matches gives nothing, and somebody will replace it by a wider one. A Deny that never matches protects nothing, and nobody notices.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"},"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}]}
    /// ```
    /// ## When it stays silent
    /// When only several keys together contradict each other, such as an account and an organization. On keys that can have several values and are tested for one, which nobody documents. On a Deny that matches something but nothing that this policy allows: it limits other policies. On resources with the marks of a template, such as `${bucket}` or `<ARN>`, which something fills in. On names that no service has; `unknown-action` and its like look at them.
    /// ## References
    /// - [Conditions with several keys or values](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html)
    static STATEMENT_NEVER_MATCHES = {
        name: "statement-never-matches",
        severity: Warning,
        since: "0.1.0",
        summary: "a statement that is about no request",
        aws: [],
        run: Statement(statement_never_matches),
    }
}

fn statement_never_matches(ctx: &StatementContext<'_>, findings: &mut Findings) {
    let StatementContext { document, facts } = *ctx;
    if !document.problems.is_empty() {
        return;
    }
    let effect = if facts.statement.allows() { "allows" } else { "denies" };
    match impossible(document.document, facts.statement) {
        None | Some(Impossible::Action) => {}
        Some(Impossible::Resource) => {
            if facts.statement.resources().any(is_template) {
                return;
            }
            let listed = facts.statement.resources().next().map(place);
            let Some(place) = listed.or_else(|| facts.not_resource_place()) else { return };
            let (why, help) = match facts.not_resource_place() {
                Some(_) => ("every resource is left out", "name what is left out more narrowly"),
                None => ("no resource has such an ARN", "begin each resource with `arn:`, or write `*`"),
            };
            let finding = findings.report(&STATEMENT_NEVER_MATCHES, place, format!("this {effect} nothing: {why}"));
            finding.label = "no request has such a resource".to_owned();
            finding.help(help);
        }
        Some(Impossible::Key(key)) => {
            let is_of = |test: &&ConditionTest| test.key.text.eq_ignore_ascii_case(&key);
            let tests: Vec<&ConditionTest> = facts.statement.condition.iter().filter(is_of).collect();
            let Some((first, others)) = tests.split_first() else { return };
            let over_sets = tests.iter().all(|test| test.operator.text.contains(':'));
            let known = match document.catalog.condition_key(&key) {
                KeyLookup::Known(known) if known.multivalued() && !over_sets => return,
                KeyLookup::Known(_) => true,
                _ => false,
            };
            let place = Place { span: first.key.span, path: &first.key.path, element: &first.key.text };
            let (why, help) = if others.is_empty() {
                let why = format!("no value of `{}` passes `{}`", first.key.text, first.operator.text);
                (why, "correct the value, or the operator if the key is of another type")
            } else {
                let why = format!("no value of `{}` passes all its tests", first.key.text);
                (why, "tests of one statement have to hold together; for either of them write two statements")
            };
            let finding = findings.report(&STATEMENT_NEVER_MATCHES, place, format!("this {effect} nothing: {why}"));
            finding.label = "this has to hold".to_owned();
            for test in others {
                finding.related(test.key.span, "and this");
            }
            finding.help(help);
            if !known {
                finding.confidence(Confidence::Medium).note("the catalog does not know the key, which may have several values");
            }
        }
    }
}

/// Whether something is going to be filled in.
fn is_template(text: &Text) -> bool {
    ["${", "{{", "<", "%"].iter().any(|mark| text.text.contains(mark))
}
