//! `redundant-action`

use leastpriv_policy::compare::overlapping_actions;

use super::redundant_text;
use crate::check::{StatementContext, declare_check};
use crate::finding::Findings;

declare_check! {
    /// ## What it checks
    /// No entry of `Action` or `NotAction` is covered by another one of the same list: named twice, in whatever case, or matched by a wildcard beside it.
    /// ## Why it matters
    /// A reader takes the list for what is allowed. Beside `sns:List*` the line `sns:ListTopics` looks like a limit and is none, and removing it takes nothing away.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sns:ListTopics","sns:List*"],"Resource":"*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sns:ListTopics","sns:ListSubscriptions"],"Resource":"*"}]}
    /// ```
    /// ## When it stays silent
    /// On what only several entries cover together, or only today's catalog: `s3:GetObject*` is more than the list of its present matches. On actions that another statement allows too; `redundant-statement` looks at whole statements.
    /// ## References
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static REDUNDANT_ACTION = {
        name: "redundant-action",
        severity: Suggestion,
        since: "0.1.0",
        summary: "an action that another entry of its list covers",
        aws: ["REDUNDANT_ACTION"],
        run: Statement(redundant_action),
    }
}

fn redundant_action(ctx: &StatementContext<'_>, findings: &mut Findings) {
    if !ctx.document.problems.is_empty() {
        return;
    }
    let statement = ctx.facts.statement;
    for (lists, code) in [(&statement.action, Some("REDUNDANT_ACTION")), (&statement.not_action, None)] {
        for list in lists {
            redundant_text::report(&REDUNDANT_ACTION, code, list, overlapping_actions(&list.items), findings);
        }
    }
}
