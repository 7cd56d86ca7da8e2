//! Deciding whether a role may be stored: mode, exceptions, ceilings, and the proof that somebody judged it.
//!
//! "Vetted" is our one coined word: judged by every check and against every ceiling, and not refused. It does not mean
//! clean.

mod ceiling;
mod date;

pub use ceiling::{Breach, Cause, Gain, Gains, Source, breaches, gains, is_ceiling};
pub use date::Date;

use std::cmp::Reverse;

use leastpriv_policy::kind::PolicyKind;

use crate::finding::{Confidence, Finding, Severity};
use crate::judge::{Coverage, judge};
use crate::{check, judge_managed_policy};

/// What a role grants: a document, managed policies, or both.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The policy document.
    pub document: Option<&'a str>,
    /// What the document will hang on.
    pub kind: PolicyKind,
    /// ARNs of managed policies.
    pub managed_policies: &'a [String],
    /// Texts of the policies that it must stay within.
    pub ceilings: &'a [String],
    /// How many others grant to the same subject without their content being known, such as groups. They matter to
    /// ceilings alone.
    pub unseen: usize,
    /// What stands behind its policies, which matters to ceilings alone.
    pub base: Base<'a>,
}

/// What stands behind the policies of a subject.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Base<'a> {
    /// Nothing: they grant by themselves, as those of a user do.
    #[default]
    Nothing,
    /// Whoever a session is of, whose policies are not known. Those of the subject are session policies: a request needs both
    /// ("Session policies", IAM User Guide). Without any, all that the others allow is allowed.
    Unknown,
    /// Likewise a role, of which these are all identity-based policies.
    Role(&'a [String]),
}

/// What findings do.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Errors and security warnings of high confidence refuse.
    #[default]
    Enforce,
    /// Findings are shown and never refuse.
    Warn,
    /// Findings are recorded and not shown.
    Off,
}

impl Mode {
    /// The mode of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "enforce" => Some(Self::Enforce),
            "warn" => Some(Self::Warn),
            "off" => Some(Self::Off),
            _ => None,
        }
    }

    /// Its name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }
}

/// A check that somebody has decided to live with, for a reason and for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Name of the check.
    pub check: String,
    /// Why it is acceptable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day it holds.
    pub expires: Date,
}

/// Where a finding of a subject is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the document.
    Document,
    /// In the managed policy of that number, from 0.
    ManagedPolicy(usize),
}

/// A finding and what becomes of it.
#[derive(Clone, Debug)]
pub struct SubjectFinding {
    /// The finding.
    pub finding: Finding,
    /// Where it is.
    pub place: Place,
    /// The number of the exception that covers it, from 0.
    pub excepted: Option<usize>,
    /// Whether it is a reason to refuse.
    pub refuses: bool,
}

/// What was decided about a subject.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Every finding, the document's first, each in order of place.
    pub findings: Vec<SubjectFinding>,
    /// Exceptions that have expired, by number.
    pub expired: Vec<usize>,
    /// Exceptions that name no check, by number.
    pub unknown_checks: Vec<usize>,
    /// Exceptions that hold and cover nothing, by number.
    pub unused: Vec<usize>,
    /// Why it is not surely within its ceilings, the first ceiling first.
    pub breaches: Vec<Breach>,
    /// Managed policies whose content is not known here.
    pub not_judged: Vec<String>,
    /// How much of the document was judged.
    pub coverage: Coverage,
    document: Option<String>,
    managed_policies: Vec<String>,
}

/// Judges a subject and decides. `today` is the caller's: nothing here reads a clock.
pub fn vet(subject: &Subject<'_>, mode: Mode, exceptions: &[Exception], today: Date) -> Verdict {
    let mut found: Vec<(Place, Finding)> = Vec::new();
    let mut coverage = Coverage::Judged;
    if let Some(document) = subject.document {
        let judgement = judge(document, subject.kind);
        coverage = judgement.coverage;
        found.extend(judgement.findings.into_iter().map(|finding| (Place::Document, finding)));
    }
    let mut not_judged = Vec::new();
    for (at, arn) in subject.managed_policies.iter().enumerate() {
        match judge_managed_policy(arn) {
            Some(judgement) => {
                found.extend(
                    judgement
                        .findings
                        .into_iter()
                        .map(|finding| (Place::ManagedPolicy(at), finding)),
                );
            }
            None => not_judged.push(arn.clone()),
        }
    }
    let holds = |exception: &Exception| exception.expires >= today;
    let mut used = vec![false; exceptions.len()];
    let findings = found
        .into_iter()
        .map(|(place, finding)| {
            // Of several that hold, the one that holds longest: the others can go.
            let covering = exceptions
                .iter()
                .enumerate()
                .filter(|(_, exception)| holds(exception) && exception.check == finding.check.name);
            let excepted = covering
                .max_by_key(|(at, exception)| (exception.expires, Reverse(*at)))
                .map(|(at, _)| at);
            if let Some(used) = excepted.and_then(|at| used.get_mut(at)) {
                *used = true;
            }
            let refuses = mode == Mode::Enforce && excepted.is_none() && refuses(&finding);
            SubjectFinding {
                finding,
                place,
                excepted,
                refuses,
            }
        })
        .collect();
    let numbers = |wanted: &dyn Fn(usize, &Exception) -> bool| -> Vec<usize> {
        exceptions
            .iter()
            .enumerate()
            .filter(|(at, exception)| wanted(*at, exception))
            .map(|(at, _)| at)
            .collect()
    };
    Verdict {
        findings,
        expired: numbers(&|_, exception| !holds(exception)),
        unknown_checks: numbers(&|_, exception| check(&exception.check).is_none()),
        unused: numbers(&|at, exception| {
            holds(exception) && check(&exception.check).is_some() && used.get(at) == Some(&false)
        }),
        breaches: breaches(subject, mode),
        not_judged,
        coverage,
        document: subject.document.map(str::to_owned),
        managed_policies: subject.managed_policies.to_vec(),
    }
}

/// Whether a finding is a reason to refuse where findings may refuse and no exception covers it.
pub fn refuses(finding: &Finding) -> bool {
    finding.confidence == Confidence::High && finding.severity >= Severity::SecurityWarning
}

impl Verdict {
    /// Whether some finding or some ceiling is a reason to refuse.
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|found| found.refuses) || self.breaches.iter().any(|breach| breach.refuses)
    }

    /// The proof that the subject was judged and not refused, or the verdict back.
    pub fn into_vetted(self) -> Result<Vetted, Box<Self>> {
        if self.refused() {
            Err(Box::new(self))
        } else {
            Ok(Vetted { verdict: self })
        }
    }
}

/// A subject that was judged and not refused. Only [`vet`] leads here, so whoever takes one cannot
/// be handed a policy that nobody judged.
#[derive(Clone, Debug)]
pub struct Vetted {
    verdict: Verdict,
}

impl Vetted {
    /// The policy document.
    pub fn document(&self) -> Option<&str> {
        self.verdict.document.as_deref()
    }

    /// The managed policies.
    pub fn managed_policies(&self) -> &[String] {
        &self.verdict.managed_policies
    }

    /// What was decided about it.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

    fn verdict(mode: Mode, exceptions: &[Exception]) -> Verdict {
        let subject = Subject {
            document: Some(ADMIN),
            kind: PolicyKind::UserInline,
            managed_policies: &[],
            ceilings: &[],
            unseen: 0,
            base: Base::Nothing,
        };
        vet(&subject, mode, exceptions, Date::parse("2026-11-25").unwrap())
    }

    fn exception(check: &str, expires: &str) -> Exception {
        Exception {
            check: check.into(),
            reason: "r".into(),
            owner: "o".into(),
            expires: Date::parse(expires).unwrap(),
        }
    }

    fn all_of(expires: &str) -> Vec<Exception> {
        verdict(Mode::Enforce, &[])
            .findings
            .iter()
            .map(|found| exception(found.finding.check.name, expires))
            .collect()
    }

    #[test]
    fn only_enforce_refuses() {
        assert!(verdict(Mode::Enforce, &[]).into_vetted().is_err());
        for mode in [Mode::Warn, Mode::Off] {
            let vetted = verdict(mode, &[]).into_vetted().unwrap();
            assert_eq!(vetted.document(), Some(ADMIN));
            assert!(!vetted.verdict().findings.is_empty());
        }
    }

    #[test]
    fn of_two_exceptions_the_one_that_ends_first_can_go() {
        let both: Vec<_> = ["2026-12-01", "2027-12-01"].into_iter().flat_map(all_of).collect();
        let judged = verdict(Mode::Enforce, &both);
        let shorter: Vec<_> = (0..both.len() / 2).collect();
        assert_eq!(judged.unused, shorter);
        assert!(!judged.refused());
    }

    #[test]
    fn an_exception_holds_through_its_last_day() {
        assert!(!verdict(Mode::Enforce, &all_of("2026-11-25")).refused());
        let expired = verdict(Mode::Enforce, &all_of("2026-11-24"));
        assert!(expired.refused());
        assert_eq!(expired.expired.len(), all_of("2026-11-24").len());
    }

    #[test]
    fn exceptions_that_do_nothing_are_named() {
        let verdict = verdict(
            Mode::Enforce,
            &[
                exception("no-such-check", "2030-01-01"),
                exception("policy-size", "2030-01-01"),
            ],
        );
        assert_eq!(verdict.unknown_checks, [0]);
        assert_eq!(verdict.unused, [1]);
        assert!(verdict.refused());
    }

    #[test]
    fn a_subject_beyond_a_ceiling_is_not_vetted_in_any_mode() {
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;
        let ceilings = [document.to_owned(), document.replace("reports", "payroll")];
        let subject = |ceilings| Subject {
            document: Some(document),
            kind: PolicyKind::UserInline,
            managed_policies: &[],
            ceilings,
            unseen: 0,
            base: Base::Nothing,
        };
        let day = Date::parse("2026-11-25").unwrap();
        for mode in [Mode::Enforce, Mode::Warn, Mode::Off] {
            assert!(vet(&subject(&ceilings[..1]), mode, &[], day).into_vetted().is_ok());
            let refused = vet(&subject(&ceilings), mode, &[], day);
            assert_eq!(
                refused.breaches.iter().map(|breach| breach.ceiling).collect::<Vec<_>>(),
                [1]
            );
            assert!(refused.into_vetted().is_err());
        }
    }

    #[test]
    fn what_a_ceiling_leaves_open_refuses_where_findings_do() {
        let subject = Subject {
            document: None,
            kind: PolicyKind::UserInline,
            managed_policies: &[],
            ceilings: &[r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned()],
            unseen: 1,
            base: Base::Nothing,
        };
        let day = Date::parse("2026-11-25").unwrap();
        assert!(vet(&subject, Mode::Enforce, &[], day).refused());
        for mode in [Mode::Warn, Mode::Off] {
            let verdict = vet(&subject, mode, &[], day);
            assert!(!verdict.refused() && verdict.breaches.len() == 1);
        }
    }

    #[test]
    fn managed_policies_are_judged_where_known_and_counted_otherwise() {
        let arns = [
            "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
            "arn:aws:iam::123456789012:policy/own".to_owned(),
        ];
        let subject = Subject {
            document: None,
            kind: PolicyKind::UserInline,
            managed_policies: &arns,
            ceilings: &[],
            unseen: 0,
            base: Base::Nothing,
        };
        let verdict = vet(&subject, Mode::Enforce, &[], Date::parse("2026-11-25").unwrap());
        assert!(verdict.refused());
        assert_eq!(verdict.findings[0].place, Place::ManagedPolicy(0));
        assert_eq!(verdict.not_judged, [arns[1].clone()]);
    }
}
