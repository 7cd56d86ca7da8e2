//! `redundant-resource`

use leastpriv_policy::compare::overlapping_resources;

use super::redundant_text;
use crate::check::{StatementContext, declare_check};
use crate::finding::Findings;

declare_check! {
    /// ## What it checks
    /// No entry of `Resource` or `NotResource` is covered by another one of the same list, field by field as IAM compares ARNs.
    /// ## Why it matters
    /// Who writes `arn:aws:s3:::logs-*` and `arn:aws:s3:::logs-*/*` means buckets by the first and objects by the second, but the first reaches both: a `*` runs over `/`. The longer list hides that.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::logs-*","arn:aws:s3:::logs-*/*"]}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::logs-2026","arn:aws:s3:::logs-2026/*"]}]}
    /// ```
    /// ## When it stays silent
    /// On what only several entries cover together. Where a wildcard would have to run over a colon of the first five fields, as AWS's validation lets it: `arn:aws:logs:*:*:x` does not reach `arn:aws:logs:*:*:log-group:x`. On an entry with a policy variable that only some values of it are covered.
    /// ## References
    /// - [Resource ARNs and wildcards](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html)
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static REDUNDANT_RESOURCE = {
        name: "redundant-resource",
        severity: Suggestion,
        since: "0.1.0",
        summary: "a resource that another entry of its list covers",
        aws: ["REDUNDANT_RESOURCE"],
        run: Statement(redundant_resource),
    }
}

fn redundant_resource(ctx: &StatementContext<'_>, findings: &mut Findings) {
    if !ctx.document.problems.is_empty() {
        return;
    }
    let statement = ctx.facts.statement;
    for (lists, code) in [(&statement.resource, Some("REDUNDANT_RESOURCE")), (&statement.not_resource, None)] {
        for list in lists {
            redundant_text::report(&REDUNDANT_RESOURCE, code, list, overlapping_resources(&list.items), findings);
        }
    }
}
