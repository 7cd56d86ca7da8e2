//! `allow-fully-denied`

use leastpriv_policy::compare::{Needless, denied_statements};

use crate::check::declare_check;
use crate::facts::{Facts, StatementFacts};
use crate::finding::Findings;

declare_check! {
    /// ## What it checks
    /// No Allow is taken away whole by Denies of the same policy.
    /// ## Why it matters
    /// A Deny always wins, so the statement gives nothing. Either it is left over, or the Deny is wider than it was meant to be and something does not work.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::reports/drafts/*"},{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::reports/drafts/*"},{"Effect":"Deny","Action":"s3:Delete*","NotResource":"arn:aws:s3:::reports/drafts/*"}]}
    /// ```
    /// ## When it stays silent
    /// On an Allow of which a part is left, if only under some condition. On what another policy denies. Where proving it would take too long.
    /// ## References
    /// - [Policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
    static ALLOW_FULLY_DENIED = {
        name: "allow-fully-denied",
        severity: Warning,
        since: "0.1.0",
        summary: "an Allow that Denies of its policy take away",
        aws: [],
        run: Document(allow_fully_denied),
    }
}

fn allow_fully_denied(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.problems.is_empty() {
        return;
    }
    for Needless { statement, by, .. } in denied_statements(facts.document) {
        let denies: Vec<&StatementFacts<'_>> = by.iter().filter_map(|at| facts.statements.get(*at)).collect();
        let (Some(statement), Some(first)) = (facts.statements.get(statement), denies.first()) else { continue };
        let message = match denies.len() {
            1 => format!("this allows nothing: {} denies all of it", first.name()),
            count => format!("this allows nothing: {count} statements together deny all of it"),
        };
        let finding = findings.report(&ALLOW_FULLY_DENIED, statement.whole_place(), message);
        finding.label = "nothing of this is left".to_owned();
        for deny in &denies {
            finding.related(deny.whole_place().span, "this denies it");
        }
        finding.help("remove the Allow, or leave out of the Deny what the Allow is for");
    }
}
