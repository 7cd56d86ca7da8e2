//! Running the cases of test files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use leastpriv_policy::decide::{Decision, Outcome};
use leastpriv_policy::span::Position;

use super::Mistake;
use super::coverage::{Coverage, note_matched};
use super::file::{self, Case, Suite};
use super::policies::Plans;
use crate::run::Exit;
use crate::simulate::{
    Asked, Layers, Nearest, Question, Shown, element_words, layer_words, missing, nearest, outcome_words, why,
};
use crate::sources::ManagedDocuments;

/// What came out of all files.
#[derive(Debug, Default)]
pub(crate) struct TestRun {
    /// The files that could be read, in the order they were given.
    pub(crate) suites: Vec<SuiteRun>,
    /// What is wrong with the others.
    pub(crate) mistakes: Vec<Mistake>,
    /// What a reader should know beside the results.
    pub(crate) notes: Vec<Mistake>,
    /// Which statements the cases matched.
    pub(crate) coverage: Coverage,
    /// How many of a hundred statements must be matched, where that is asked for.
    pub(crate) required: Option<u8>,
}

/// What came out of a file.
#[derive(Debug)]
pub(crate) struct SuiteRun {
    pub(crate) file: String,
    pub(crate) cases: Vec<CaseRun>,
}

/// What came out of a case.
#[derive(Debug)]
pub(crate) struct CaseRun {
    pub(crate) name: String,
    pub(crate) at: Position,
    pub(crate) expected: &'static str,
    pub(crate) checks: Vec<Check>,
}

/// One action on one resource.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// The outcome in words.
    pub(crate) outcome: &'static str,
    pub(crate) passed: bool,
    /// The statements that decided.
    pub(crate) deciding: Vec<StatementRef>,
    /// What stood in the way where nothing allowed the request, or what is not known.
    pub(crate) reasons: Vec<String>,
    /// The statement that came nearest to another answer, where that is what is expected.
    pub(crate) nearest: Option<NearestRef>,
    /// Keys that statements asked for and the context lacks.
    pub(crate) missing: Vec<String>,
}

/// A statement that did not match, and why.
#[derive(Debug)]
pub(crate) struct NearestRef {
    pub(crate) statement: StatementRef,
    /// The first of its elements that failed.
    pub(crate) element: &'static str,
    /// The keys of the tests that failed, where that is its condition; none of a text that must not be shown.
    pub(crate) keys: Vec<String>,
    /// The statement and what of it does not match, in words.
    pub(crate) text: String,
}

/// A statement, by the names that people know it by. Two are the same where they stand in the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StatementRef {
    pub(crate) policy: String,
    pub(crate) at: Option<Position>,
    pub(crate) index: usize,
    pub(crate) sid: Option<String>,
    pub(crate) effect: &'static str,
    /// The statement as people write it.
    pub(crate) text: String,
}

impl StatementRef {
    pub(super) fn of(shown: &Shown<'_>) -> Self {
        Self {
            policy: shown.policy.name.clone(),
            at: shown.site.map(|site| site.start),
            index: shown.statement.index,
            sid: shown.sid().map(str::to_owned),
            effect: shown.effect(),
            text: shown.text(),
        }
    }
}

impl CaseRun {
    /// Whether everything ended as expected.
    pub(crate) fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

impl TestRun {
    /// How many cases ended as expected, and how many did not.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let cases = || self.suites.iter().flat_map(|suite| &suite.cases);
        let passed = cases().filter(|case| case.passed()).count();
        (passed, cases().count().saturating_sub(passed))
    }

    /// Whether enough statements are covered.
    pub(crate) fn is_covered(&self) -> bool {
        self.required
            .is_none_or(|percent| self.coverage.covered().reaches(percent))
    }

    /// How the run ends.
    pub(crate) fn exit(&self) -> Exit {
        match self.counts() {
            _ if !self.mistakes.is_empty() => Exit::Usage,
            (_, 0) if self.is_covered() => Exit::Clean,
            _ => Exit::Findings,
        }
    }
}

/// Runs every case of every file. A file that is wrong does not end the run. Plans that the files name get the documents
/// of managed policies.
pub(crate) fn run(files: &[PathBuf], managed: ManagedDocuments, required: Option<u8>) -> TestRun {
    let mut out = TestRun {
        required,
        ..TestRun::default()
    };
    let mut plans = Plans::with(managed);
    for path in files {
        match file::read(path, &mut plans) {
            Ok(suite) => out.add(suite),
            Err(mistake) => out.mistakes.push(mistake),
        }
    }
    out
}

impl TestRun {
    fn add(&mut self, suite: Suite) {
        let mut asked = Asked::new(&suite.layers);
        let mut matched = BTreeSet::new();
        let mut cases = Vec::new();
        for case in &suite.cases {
            let mut checks = Vec::new();
            for action in &case.actions {
                for resource in &case.resources {
                    let question = Question {
                        action,
                        resource,
                        caller: case.caller.as_ref(),
                        owner: suite.owner.as_deref(),
                        context: &case.context,
                    };
                    let decision = asked.decide(&question);
                    note_matched(&mut matched, &decision);
                    checks.push(check(&suite.layers, case, &question, &decision));
                }
            }
            cases.push(CaseRun {
                name: case.name.clone(),
                at: case.at,
                expected: case.expect.name(),
                checks,
            });
        }
        self.coverage.add(&suite.layers, &matched);
        self.notes.extend(suite.notes);
        self.suites.push(SuiteRun {
            file: suite.file,
            cases,
        });
    }
}

fn check(layers: &Layers, case: &Case, question: &Question<'_>, decision: &Decision) -> Check {
    let why = why(layers, question, decision);
    let mut reasons = why.reasons;
    if decision.outcome == Outcome::ExplicitDeny {
        let denying = why.deciding.iter().map(|shown| layer_words(shown.layer));
        let denying: BTreeSet<&str> = denying.collect();
        reasons.extend(denying.into_iter().map(|words| format!("the {words} denies it")));
    }
    let passed = case.expect.holds(decision.outcome);
    let nearest = if passed {
        None
    } else {
        nearest(layers, question, decision)
    };
    Check {
        action: question.action.to_owned(),
        resource: question.resource.to_owned(),
        outcome: outcome_words(decision.outcome),
        passed,
        deciding: why.deciding.iter().map(StatementRef::of).collect(),
        reasons,
        nearest: nearest.map(|nearest| NearestRef::of(&nearest)),
        missing: missing(layers, &decision.missing),
    }
}

impl NearestRef {
    fn of(nearest: &Nearest<'_>) -> Self {
        let tests = nearest.tests.iter().filter(|_| !nearest.shown.is_sensitive());
        Self {
            statement: StatementRef::of(&nearest.shown),
            element: element_words(nearest.element),
            keys: tests.map(|(_, key)| (*key).to_owned()).collect(),
            text: nearest.text(),
        }
    }
}
