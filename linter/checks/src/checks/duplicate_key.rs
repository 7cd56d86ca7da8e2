//! `duplicate-key`

use std::collections::BTreeMap;

use leastpriv_policy::document::PathElement;
use leastpriv_policy::json::ProblemKind;

use crate::check::declare_check;
use crate::facts::Facts;
use crate::finding::{Findings, Place};

declare_check! {
    /// ## What it checks
    /// No member stands twice in one object, and no condition key stands twice under one operator, in whatever case.
    /// ## Why it matters
    /// Most readers keep the last member in silence. `"Effect": "Deny"` followed by `"Effect": "Allow"` then grants what a reviewer saw denied.
    /// ## Example
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}
    /// ```
    /// ## When it stays silent
    /// When the same name stands in different objects.
    /// ## References
    /// - [IAM policy grammar: a key may not occur twice](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
    /// - [IAM Access Analyzer policy checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
    static DUPLICATE_KEY = {
        name: "duplicate-key",
        severity: Error,
        since: "0.1.0",
        summary: "a member stands twice in one object",
        aws: ["DUPLICATE_KEYS_WITH_DIFFERENT_CASE"],
        run: Document(duplicate_key),
    }
}

fn duplicate_key(facts: &Facts<'_>, findings: &mut Findings) {
    for problem in facts.problems.iter().filter(|problem| problem.kind == ProblemKind::DuplicateKey) {
        let key = problem.span.of(facts.text).trim_matches('"');
        let path = PathElement::to(facts.value, problem.span);
        let place = Place { span: problem.span, path: &path, element: key };
        let finding = findings.report(&DUPLICATE_KEY, place, problem.message.clone());
        finding.label = "stands here again".to_owned();
        finding.help("keep one of them").note("most readers keep only the last one; here the wider reading counts");
        for first in &problem.related {
            finding.related(*first, "first stands here");
        }
    }
    for statement in &facts.document.statements {
        let mut first_of = BTreeMap::new();
        for test in &statement.condition {
            let key = (test.operator.text.as_str(), test.key.text.to_ascii_lowercase());
            let earlier = *first_of.entry(key).or_insert(test);
            if earlier.key.text == test.key.text {
                continue;
            }
            let place = Place { span: test.key.span, path: &test.key.path, element: &test.key.text };
            let message = format!("`{}` and `{}` are the same condition key", earlier.key.text, test.key.text);
            let finding = findings.report(&DUPLICATE_KEY, place, message);
            finding.label = "condition keys ignore case".to_owned();
            finding
                .aws("DUPLICATE_KEYS_WITH_DIFFERENT_CASE")
                .related(earlier.key.span, "first stands here")
                .help("put all values under one spelling of the key");
        }
    }
}
