//! `redundant-statement`

use leastpriv_policy::compare::{Needless, redundant_statements};

use crate::check::declare_check;
use crate::facts::{Facts, StatementFacts};
use crate::finding::Findings;

declare_check! {
    /// ## What it checks
    /// No statement is covered by others of the same effect. Without it the policy would mean the same, which is proved: by what one pattern covers of another, and where conditions need more, by comparing the two policies.
    /// ## Why it matters
    /// Somebody removes or narrows the statement and believes that the access is gone, while another one still gives it; or a Deny is thought to be the only thing in the way.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/2026/*"},{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// On a statement of which a part is covered. On a Deny that nothing in this policy meets: it still limits what other policies allow, so only another Deny makes it redundant. On statements that name different principals, because naming a user and naming its account are different grants. Where proving it would take too long. AWS reports only statements that say the same; one that is merely covered has no AWS code.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static REDUNDANT_STATEMENT = {
        name: "redundant-statement",
        severity: Suggestion,
        since: "0.1.0",
        summary: "a statement that others cover",
        aws: ["REDUNDANT_STATEMENT"],
        run: Document(redundant_statement),
    }
}

fn redundant_statement(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.problems.is_empty() {
        return;
    }
    for Needless { statement, by, is_repeated } in redundant_statements(facts.document) {
        let others: Vec<&StatementFacts<'_>> = by.iter().filter_map(|at| facts.statements.get(*at)).collect();
        let (Some(statement), Some(first)) = (facts.statements.get(statement), others.first()) else { continue };
        let (effect, together) = if statement.statement.allows() { ("allows", "allow") } else { ("denies", "deny") };
        let message = match (others.len(), is_repeated) {
            (1, true) => format!("this {effect} what {} {effect} too, no more and no less", first.name()),
            (1, false) => format!("{} {effect} all of this already", first.name()),
            (count, _) => format!("{count} other statements together {together} all of this already"),
        };
        let finding = findings.report(&REDUNDANT_STATEMENT, statement.whole_place(), message);
        finding.label = "this can go".to_owned();
        for other in &others {
            finding.related(other.whole_place().span, if others.len() == 1 { "this covers it" } else { "this covers a part" });
        }
        finding.help(match (is_repeated, others.len()) {
            (true, _) => "keep one of them",
            (false, 1) => "remove the statement, or narrow the other if that was not meant",
            (false, _) => "remove the statement, or narrow the others if that was not meant",
        });
        if is_repeated {
            let mut members = [first.statement, statement.statement];
            members.sort_by_key(|statement| statement.index);
            let paths = members.iter().map(|statement| statement.path.clone()).collect();
            finding.aws("REDUNDANT_STATEMENT").aws_paths(paths);
        }
    }
}
