//! What `redundant-action` and `redundant-resource` share: texts of one list that another text of it covers.

use leastpriv_policy::compare::Overlap;
use leastpriv_policy::document::{Text, Texts};

use crate::check::Check;
use crate::facts::place;
use crate::finding::Findings;

/// Reports every group of a list: AWS's places are those of all its members.
pub(super) fn report(
    check: &'static Check,
    code: Option<&'static str>,
    list: &Texts,
    overlaps: Vec<Overlap>,
    findings: &mut Findings,
) {
    for Overlap { widest, covered } in overlaps {
        let covered: Vec<&Text> = covered.iter().filter_map(|at| list.items.get(*at)).collect();
        let (Some(widest), Some(first)) = (list.items.get(widest), covered.first()) else {
            continue;
        };
        let is_repeated = covered.iter().all(|text| text.text.eq_ignore_ascii_case(&widest.text));
        let message = match (is_repeated, covered.len()) {
            (true, _) => format!("`{}` stands here more than once", widest.text),
            (false, 1) => format!("`{}` adds nothing to `{}`", first.text, widest.text),
            (false, count) => format!(
                "{count} entries add nothing to `{}`, such as `{}`",
                widest.text, first.text
            ),
        };
        let finding = findings.report(check, place(first), message);
        finding.label = "this can go".to_owned();
        for text in covered.iter().skip(1) {
            finding.related(text.span, "and this");
        }
        finding.related(
            widest.span,
            if is_repeated {
                "it stands here"
            } else {
                "this covers it"
            },
        );
        finding.help(if is_repeated {
            "keep one of them"
        } else {
            "remove what is covered, or what covers it if that was not meant"
        });
        let mut members = covered.clone();
        members.push(widest);
        members.sort_by_key(|text| text.span);
        finding.aws_paths(members.iter().map(|text| text.path.clone()).collect());
        finding.aws_code = code;
    }
}
