//! What the checks say about a role, as Terraform's diagnostics.
//!
//! Here lives the way from findings and ceilings to messages, the block `exception`, and the day it is. Judgement itself
//! is in `leastpriv_checks`; what a role is, and when it counts as changed, is for the resource.

mod ceiling;
mod exceptions;
mod excerpt;
mod tool;

pub(crate) use ceiling::{Ceiling, CeilingOwner, Session, Unseen, ceiling_problem, role_policy_problem};
pub(crate) use exceptions::{ExceptionBlock, problems as exception_problems};
pub(crate) use tool::{destroys as tool_destroys, plans as tool_plans};

use std::time::{SystemTime, UNIX_EPOCH};

use leastpriv_checks::vet::{Date, Mode, Place, Subject, SubjectFinding, Verdict, Vetted, vet};
use leastpriv_checks::{Coverage, Severity};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_terraform::diagnostics::{Diagnostic, DiagnosticSeverity, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::Value;

use exceptions::Accepted;
use excerpt::excerpt;

/// The day it is, in UTC. Everything below it takes the day as an argument.
pub(crate) fn today() -> Date {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    Date::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// What of a role is judged. Any part may be unknown until apply.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The role's name in messages.
    pub(crate) label: String,
    /// What the document will hang on; absent while the credential type is unknown.
    pub(crate) kind: Option<PolicyKind>,
    /// The policy document; an empty one counts as none.
    pub(crate) document: Value<String>,
    /// The ARNs of managed policies.
    pub(crate) managed_policies: Value<Vec<String>>,
    /// What findings do.
    pub(crate) mode: Value<Mode>,
    /// The exceptions.
    pub(crate) exceptions: Value<Vec<ExceptionBlock>>,
    /// The policies that the role must stay within.
    pub(crate) ceilings: Vec<Ceiling>,
    /// What else grants to its credentials, or is added to its session policies.
    pub(crate) unseen: Vec<Unseen>,
    /// What its session policies limit, where its policies are such.
    pub(crate) session: Option<Session>,
    /// What may keep its credentials from what its policies allow, in the words of a message.
    pub(crate) limits: Vec<String>,
}

impl Candidate {
    /// Everything there is to say of a role that stays as it is, as warnings: of its findings nothing when the mode is
    /// `off`.
    pub(crate) fn warnings(&self, today: Date) -> Diagnostics {
        self.said(today, false)
    }

    /// Everything there is to say of a role that is created or changed: what refuses it as errors, as far as it is
    /// known, and the rest as warnings.
    ///
    /// A mode or an exception that is unknown refuses nothing: the same is asked again before anything is written.
    pub(crate) fn refusals_and_warnings(&self, today: Date) -> Diagnostics {
        self.said(today, true)
    }

    fn said(&self, today: Date, changes: bool) -> Diagnostics {
        let mut diagnostics = self.beyond(changes);
        let accepted = Accepted::of(&self.exceptions);
        let refuse = changes && self.mode.is_known() && !accepted.open;
        let mode = self.mode.known().copied().unwrap_or(Mode::Warn);
        let Some(verdict) = self.judged(mode, &accepted, today).filter(|_| mode != Mode::Off) else {
            return diagnostics;
        };
        let shown = verdict.findings.iter().filter(|found| found.excepted.is_none());
        diagnostics.extend(shown.map(|found| {
            let severity = if refuse && found.refuses {
                DiagnosticSeverity::Error
            } else {
                DiagnosticSeverity::Warning
            };
            self.message(found, severity)
        }));
        for exception in &verdict.expired {
            diagnostics.extend(accepted.exceptions.get(*exception).map(|expired| {
                Diagnostic::warning(
                    format!(
                        "exception for `{}` in role `{}` has expired on {}",
                        expired.check, self.label, expired.expires
                    ),
                    format!(
                        "that was its last day; the findings it covered count again. Ask `{}` whether it is still needed, and renew or remove it",
                        expired.owner
                    ),
                )
                .at(accepted.path(*exception).then_attribute("expires"))
            }));
        }
        // What is unknown may still be what an exception is for.
        if self.is_known() {
            for exception in &verdict.unused {
                diagnostics.extend(accepted.exceptions.get(*exception).map(|unused| {
                    Diagnostic::warning(
                        format!(
                            "exception for `{}` in role `{}` covers nothing",
                            unused.check, self.label
                        ),
                        "no finding of this check is left for it, or another block covers them for longer; remove the block",
                    )
                    .at(accepted.path(*exception))
                }));
            }
        }
        diagnostics
    }

    /// The proof that everything was judged and nothing refuses, or the reasons. Whatever is unknown counts as absent
    /// here, so this is for apply, when nothing is.
    pub(crate) fn vetted(&self, today: Date) -> Result<Vetted, Diagnostics> {
        let mode = self.mode.known().copied().unwrap_or_default();
        let accepted = Accepted::of(&self.exceptions);
        if let Some(unknown) = self.unknown_ceiling() {
            return Err(unknown.into());
        }
        let kind = self.kind.unwrap_or(PolicyKind::Identity);
        let verdict = self.verdict(kind, mode, &accepted, today, &self.known_ceilings());
        verdict.into_vetted().map_err(|refused| self.errors(&refused))
    }

    /// All findings in a stable short form for the state, whatever the mode and the exceptions; unknown while
    /// anything that is judged is.
    pub(crate) fn record(&self) -> Value<Vec<String>> {
        let Some(kind) = self.kind.filter(|_| self.is_known()) else {
            return Value::Unknown;
        };
        let verdict = self.verdict(kind, Mode::Off, &Accepted::default(), NO_DAY, &[]);
        let mut lines: Vec<String> = Vec::new();
        for found in &verdict.findings {
            let line = format!("{}: {}", found.finding.check.name, found.finding.element);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        if let Coverage::Partly(reason) | Coverage::NotJudged(reason) = &verdict.coverage {
            lines.push(format!("not judged: policy_document ({reason})"));
        }
        lines.extend(verdict.not_judged.iter().map(|arn| format!("not judged: {arn}")));
        Value::Known(lines)
    }

    fn is_known(&self) -> bool {
        self.kind.is_some() && !self.document.is_unknown() && !self.managed_policies.is_unknown()
    }

    /// The verdict over what is known, once it is known what the document hangs on.
    fn judged(&self, mode: Mode, accepted: &Accepted, today: Date) -> Option<Verdict> {
        self.kind.map(|kind| self.verdict(kind, mode, accepted, today, &[]))
    }

    fn verdict(&self, kind: PolicyKind, mode: Mode, accepted: &Accepted, today: Date, ceilings: &[String]) -> Verdict {
        vet(&self.subject(kind, ceilings), mode, &accepted.exceptions, today)
    }

    fn subject<'a>(&'a self, kind: PolicyKind, ceilings: &'a [String]) -> Subject<'a> {
        Subject {
            document: self.document.as_deref().filter(|text| !text.is_empty()),
            kind,
            managed_policies: self.managed_policies.as_deref().unwrap_or_default(),
            ceilings,
            unseen: self.unseen.len(),
            base: self.session.as_ref().map(Session::base).unwrap_or_default(),
        }
    }

    fn errors(&self, verdict: &Verdict) -> Diagnostics {
        let refusing = verdict.findings.iter().filter(|found| found.refuses);
        let findings = refusing.map(|found| self.message(found, DiagnosticSeverity::Error));
        let beyond = verdict.breaches.iter().filter(|breach| breach.refuses);
        let ceilings = beyond.map(|breach| self.tell(breach, DiagnosticSeverity::Error));
        findings.chain(ceilings).collect()
    }

    fn message(&self, found: &SubjectFinding, severity: DiagnosticSeverity) -> Diagnostic {
        let finding = &found.finding;
        let place = match found.place {
            Place::Document if finding.path.is_empty() => String::new(),
            Place::Document => format!(" at {}", finding.path_text()),
            Place::ManagedPolicy(_) => " in policy_arns".to_owned(),
        };
        let summary = format!(
            "{} in role `{}`: `{}`{place}",
            finding.check.name, self.label, finding.element
        );
        let attribute = match found.place {
            Place::Document => "policy_document",
            Place::ManagedPolicy(_) => "policy_arns",
        };
        let detail = self.detail(found);
        Diagnostic {
            severity,
            summary,
            detail,
            path: Some(AttributePath::attribute(attribute)),
        }
    }

    fn detail(&self, found: &SubjectFinding) -> String {
        let finding = &found.finding;
        let mut detail = finding.message.clone();
        let text = match found.place {
            Place::Document => self.document.as_deref(),
            Place::ManagedPolicy(at) => self
                .managed_policies
                .known()
                .and_then(|arns| arns.get(at))
                .map(String::as_str),
        };
        if let Some(text) = text {
            detail.push_str("\n\n");
            detail.push_str(&excerpt(text, finding.span, &finding.label));
            for (span, label) in &finding.related {
                detail.push('\n');
                detail.push_str(&excerpt(text, *span, label));
            }
        }
        let mut section = |title: &str, body: &str| {
            detail.push_str("\n\n");
            detail.push_str(title);
            detail.push_str(body);
        };
        if let Some(help) = &finding.help {
            section("help: ", help);
        }
        if let Some(example) = finding.example_text() {
            section("lets through: ", &example);
        }
        for note in &finding.notes {
            section("note: ", note);
        }
        let name = finding.check.name;
        section(
            "check: ",
            &format!("{name} ({}, {} confidence)", finding.severity, finding.confidence),
        );
        if finding.severity >= Severity::SecurityWarning {
            section(
                "to accept it for a time, add to the role:\n\n",
                &format!(
                    "  exception {{\n    check   = \"{name}\"\n    reason  = \"why it is acceptable\"\n    owner   = \"who answers for it\"\n    expires = \"YYYY-MM-DD\"\n  }}"
                ),
            );
        }
        detail
    }
}

/// A day for a verdict without exceptions, which depends on none.
const NO_DAY: Date = Date {
    year: 1970,
    month: 1,
    day: 1,
};

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}]\n}";

    fn candidate(document: &str, mode: Mode) -> Candidate {
        Candidate {
            label: "aws/roles/ci".to_owned(),
            kind: Some(PolicyKind::UserInline),
            document: Value::Known(document.to_owned()),
            managed_policies: Value::Null,
            mode: Value::Known(mode),
            exceptions: Value::Known(Vec::new()),
            ceilings: Vec::new(),
            unseen: Vec::new(),
            session: None,
            limits: Vec::new(),
        }
    }

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn exception(check: &str, expires: &str) -> ExceptionBlock {
        ExceptionBlock {
            check: Value::Known(check.to_owned()),
            reason: Value::Known("reason".to_owned()),
            owner: Value::Known("owner".to_owned()),
            expires: Value::Known(expires.to_owned()),
        }
    }

    fn refusing_checks(candidate: &Candidate) -> Vec<String> {
        let verdict = candidate.verdict(PolicyKind::UserInline, Mode::Enforce, &Accepted::default(), NO_DAY, &[]);
        verdict
            .findings
            .iter()
            .filter(|found| found.refuses)
            .map(|found| found.finding.check.name.to_owned())
            .collect()
    }

    #[test]
    fn a_message_holds_what_the_reader_needs() {
        let refusals = candidate(ADMIN, Mode::Enforce).refusals_and_warnings(day("2026-11-25"));
        let message = refusals
            .iter()
            .find(|message| {
                message
                    .summary
                    .starts_with("administrator-access in role `aws/roles/ci`: `")
            })
            .unwrap();
        assert_eq!(message.severity, DiagnosticSeverity::Error);
        assert_eq!(message.path, Some(AttributePath::attribute("policy_document")));
        assert!(message.detail.contains("  3 |   \"Statement\""), "{}", message.detail);
        assert!(message.detail.contains('^'));
        assert!(
            message
                .detail
                .contains("lets through: `iam:AttachUserPolicy` on `arn:aws:iam::")
        );
        assert!(message.detail.contains("check   = \"administrator-access\""));
    }

    #[test]
    fn validation_only_warns_and_off_is_silent_but_recorded() {
        let today = day("2026-11-25");
        let enforced = candidate(ADMIN, Mode::Enforce);
        assert!(!enforced.warnings(today).is_empty() && !enforced.warnings(today).has_errors());
        assert!(!candidate(ADMIN, Mode::Warn).refusals_and_warnings(today).has_errors());
        assert!(candidate(ADMIN, Mode::Off).warnings(today).is_empty());
        assert!(candidate(ADMIN, Mode::Off).vetted(today).is_ok());
        assert_eq!(candidate(ADMIN, Mode::Off).record(), enforced.record());
        assert!(matches!(enforced.record(), Value::Known(lines) if !lines.is_empty()));
    }

    #[test]
    fn an_exception_holds_until_its_last_day_and_then_says_so() {
        let mut candidate = candidate(ADMIN, Mode::Enforce);
        let blocks = refusing_checks(&candidate)
            .iter()
            .map(|check| exception(check, "2026-11-25"))
            .collect();
        candidate.exceptions = Value::Known(blocks);
        assert!(!candidate.refusals_and_warnings(day("2026-11-25")).has_errors());
        assert!(candidate.vetted(day("2026-11-25")).is_ok());
        assert!(candidate.refusals_and_warnings(day("2026-11-26")).has_errors());
        let warnings = candidate.warnings(day("2026-11-26"));
        assert!(warnings.iter().any(|warning| warning.summary.contains("has expired")));
    }

    #[test]
    fn what_is_unknown_refuses_nothing_that_could_be_accepted() {
        let today = day("2026-11-25");
        let enforced = candidate(ADMIN, Mode::Enforce);
        let cases = [
            Candidate {
                mode: Value::Unknown,
                ..enforced.clone()
            },
            Candidate {
                kind: None,
                ..enforced.clone()
            },
            Candidate {
                document: Value::Unknown,
                ..enforced.clone()
            },
            Candidate {
                exceptions: Value::Unknown,
                ..enforced.clone()
            },
        ];
        for case in cases {
            assert!(!case.refusals_and_warnings(today).has_errors(), "{case:?}");
        }
        let partly = Candidate {
            managed_policies: Value::Unknown,
            ..enforced
        };
        assert!(
            partly.refusals_and_warnings(today).has_errors(),
            "the document is known and will not get better"
        );
        assert_eq!(partly.record(), Value::Unknown);
    }

    #[test]
    fn a_managed_policy_is_judged_by_name_or_said_to_be_unjudged() {
        let mut candidate = candidate("", Mode::Enforce);
        candidate.managed_policies = Value::Known(vec![
            "arn:aws:iam::123456789012:policy/own".to_owned(),
            "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
        ]);
        let refusals = candidate.refusals_and_warnings(day("2026-11-25"));
        assert!(
            refusals
                .iter()
                .all(|refusal| refusal.path == Some(AttributePath::attribute("policy_arns"))
                    && refusal.detail.contains("policy/AdministratorAccess"))
        );
        assert!(refusals.has_errors());
        let Value::Known(lines) = candidate.record() else {
            panic!("everything is known")
        };
        assert!(lines.contains(&"not judged: arn:aws:iam::123456789012:policy/own".to_owned()));
    }
}
