//! The smaller policy of the same meaning: one policy after the other, what became of it, and the report.
//!
//! What lives here: layout, sizes against quotas, the report, and writing a file back. What must not: how a policy is made
//! smaller, which is `leastpriv_policy::minimize` and `leastpriv_checks::wildcards`.

mod replace;
mod report;

use leastpriv_checks::quota::{counted, quota, unit};
use leastpriv_checks::wildcards::{Shortening, shorten_policy};
use leastpriv_policy::compare::{Cause, Doubt};
use leastpriv_policy::document::parse;
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::minimize::{Certificates, Options, Outcome, certificates, minimize};
use leastpriv_policy::print::{compact, laid_out};

use crate::report::{escaped, is_harmless};

pub(crate) use replace::replace;
pub(crate) use report::{summary, write_report};

/// What is wanted beside a smaller policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) options: Options,
    /// Whether actions to come may be matched.
    pub(crate) closed_world: bool,
    /// Whether the certificates are wanted.
    pub(crate) certificate: bool,
}

/// What became of a policy.
#[derive(Debug)]
pub(crate) struct Smaller {
    /// The name of its file.
    pub(crate) name: String,
    /// The policy, laid out as it was given; exactly as it was given where it is not smaller.
    pub(crate) text: String,
    /// Whether it is smaller.
    pub(crate) is_smaller: bool,
    /// Characters without white space, before and after.
    characters: [usize; 2],
    sizes: Vec<Size>,
    /// The steps, in words.
    steps: Vec<String>,
    lists: Vec<Shortening>,
    /// Statements that stay as they are.
    left: Vec<usize>,
    /// Why nothing is proved.
    doubts: Option<Vec<Doubt>>,
    certificates: Option<Certificates>,
    /// Whether certificates are wanted and there are none.
    lacks_certificates: bool,
}

/// What a policy takes of a quota.
#[derive(Debug)]
struct Size {
    kind: PolicyKind,
    unit: &'static str,
    limit: usize,
    before: usize,
    after: usize,
}

impl Smaller {
    /// Makes the policy of a file smaller.
    pub(crate) fn of(name: String, text: &str, kind: PolicyKind, wanted: Wanted) -> Self {
        let plain = minimize(text, wanted.options);
        let wants_certificates = wanted.certificate && plain.outcome == Outcome::Smaller;
        let certificates = wants_certificates.then(|| certificates(text, &plain.text)).flatten();
        let mut steps: Vec<String> = plain.steps.iter().map(ToString::to_string).collect();
        let (mut result, mut is_smaller) = (plain.text, plain.outcome == Outcome::Smaller);
        let mut lists = Vec::new();
        let doubts = match plain.outcome {
            Outcome::Unproved(doubts) => Some(doubts),
            Outcome::Smaller | Outcome::Unchanged => None,
        };
        if wanted.closed_world && doubts.is_none() {
            let shorter = shorten_policy(&parse(&result));
            if !shorter.lists.is_empty() {
                let again = minimize(&shorter.text, wanted.options);
                lists = shorter.lists;
                steps.extend(again.steps.iter().map(ToString::to_string));
                (result, is_smaller) = (again.text, true);
            }
        }
        let result = if is_smaller {
            laid_out_like(text, &result)
        } else if is_harmless(text) {
            text.to_owned()
        } else {
            laid_out_like(text, text)
        };
        let sizes = attached_as(kind).iter().map(|kind| Size {
            kind: *kind,
            unit: unit(*kind),
            limit: quota(*kind),
            before: counted(text, *kind),
            after: counted(&result, *kind),
        });
        Self {
            name,
            is_smaller,
            characters: [text, result.as_str()].map(|text| compact(text).chars().count()),
            sizes: sizes.collect(),
            text: result,
            steps,
            lists,
            left: plain.left,
            doubts,
            lacks_certificates: wants_certificates && certificates.is_none(),
            certificates,
        }
    }

    /// Whether all of the policy can be interpreted.
    pub(crate) fn is_whole(&self) -> bool {
        let is_invalid = |doubt: &Doubt| doubt.cause == Cause::Invalid;
        !self.doubts.iter().flatten().any(is_invalid) && self.left.is_empty()
    }
}

/// What a policy of a kind may hang on, as far as its length goes.
fn attached_as(kind: PolicyKind) -> &'static [PolicyKind] {
    match kind {
        PolicyKind::Identity => &[
            PolicyKind::Managed,
            PolicyKind::RoleInline,
            PolicyKind::GroupInline,
            PolicyKind::UserInline,
        ],
        other => {
            let at = PolicyKind::ALL.iter().position(|kind| *kind == other);
            at.and_then(|at| PolicyKind::ALL.get(at..=at)).unwrap_or_default()
        }
    }
}

/// A policy in the layout of another text: on one line, or with its indentation and its last line end.
pub(crate) fn laid_out_like(like: &str, policy: &str) -> String {
    let policy = escaped(&compact(policy));
    let mut lines = like.trim_end().lines();
    let indents = lines.by_ref().skip(1).map(|line| {
        let text = line.trim_start_matches([' ', '\t']);
        line.strip_suffix(text).unwrap_or_default()
    });
    let end = if like.ends_with('\n') { "\n" } else { "" };
    match (
        like.trim_end().contains('\n'),
        indents.filter(|indent| !indent.is_empty()).min_by_key(|one| one.len()),
    ) {
        (false, _) => policy + end,
        (true, indent) => laid_out(&policy, indent.unwrap_or("  ")) + end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_that_of_the_author() {
        let policy = "{\"a\":[1]}";
        for (like, text) in [
            ("{\"b\": 1}", "{\"a\":[1]}"),
            ("{\"b\": 1}\n", "{\"a\":[1]}\n"),
            ("{\n\t\"b\": 1\n}\n", "{\n\t\"a\": [\n\t\t1\n\t]\n}\n"),
            (
                "{\n    \"b\": [\n        1\n    ]\n}",
                "{\n    \"a\": [\n        1\n    ]\n}",
            ),
            ("{\n\"b\": 1}", "{\n  \"a\": [\n    1\n  ]\n}"),
        ] {
            assert_eq!(laid_out_like(like, policy), text);
        }
        assert_eq!(
            laid_out_like("{}", "{\"a\":\"\u{202e}\u{9b}\"}"),
            "{\"a\":\"\\u202e\\u009b\"}"
        );
    }
}
