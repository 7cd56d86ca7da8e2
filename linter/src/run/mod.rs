//! One run: every policy is judged, what is exempted or hidden is counted, and the exit code follows.
//!
//! What lives here: [`run`] and its [`Outcome`], which every renderer reads.
//! What must not: reading of files, output formats.

mod fingerprint;
mod positions;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use leastpriv_checks::vet::{self, Base, Date, Exception, Mode, Place, Subject, Verdict};
use leastpriv_checks::{Coverage, Finding, PathElement, Severity};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::span::{Position, Span};

use self::fingerprint::Fingerprints;
use crate::sources::{FileName, LeftOut, Note, Origin, PolicyInput, Site, SourceFile, Sources, Unjudged};

/// Stands for every text of an attribute that must not be shown.
const NOT_SHOWN: &str = "(sensitive)";

/// What a run goes by.
#[derive(Copy, Clone, Debug)]
pub struct RunOptions {
    /// The mildest severity that fails the run.
    pub fail_on: Severity,
    /// The day on which exceptions hold or not.
    pub today: Date,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The files that hold policies.
    pub files: Vec<SourceFile>,
    /// The policies.
    pub inputs: Vec<PolicyInput>,
    /// The findings that are shown or exempted, in order of file, then place, then check.
    pub findings: Vec<Located>,
    /// Policies of which only a part could be judged.
    pub partly_judged: Vec<Unjudged>,
    /// Policies and files that could not be judged.
    pub not_judged: Vec<Unjudged>,
    /// What a reader should know beside the findings.
    pub notes: Vec<Note>,
    /// Policies that were judged in full.
    pub judged: usize,
    /// Findings in policies whose author has turned the findings off.
    pub hidden: usize,
    /// What was left out on purpose.
    pub left_out: LeftOut,
    /// The mildest severity that fails the run.
    pub fail_on: Severity,
}

/// A finding and where it is.
#[derive(Clone, Debug)]
pub struct Located {
    /// The finding; about an attribute that must not be shown it holds no text from there.
    pub finding: Finding,
    /// Index of the policy input.
    pub input: usize,
    /// Which of its policies.
    pub place: Place,
    /// Where it is in the file.
    pub region: Region,
    /// The other places that belong to it, in the order of the finding's own.
    pub related: Vec<Region>,
    /// What it does to the run.
    pub standing: Standing,
    /// What stays the same when the policy or the file moves.
    pub fingerprint: String,
}

/// What a finding does to the run.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It fails the run where it is severe enough.
    Counts,
    /// Its author wants it shown and no more.
    Warns,
    /// An exception of that number covers it.
    Excepted(usize),
}

/// A place in a file.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Bytes of the file, a byte-order mark included.
    pub bytes: Span,
    /// Where it starts.
    pub start: Position,
    /// One past its end.
    pub end: Position,
}

/// How a run ends: one table for every format.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was judged, and nothing is severe enough to fail.
    Clean,
    /// Something is severe enough to fail.
    Findings,
    /// Something could not be judged, and nothing else fails.
    NotJudged,
    /// The command line is wrong.
    Usage,
}

impl Exit {
    /// Every way to end, by code.
    pub const ALL: [Self; 4] = [Self::Clean, Self::Findings, Self::NotJudged, Self::Usage];

    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::NotJudged => 2,
            Self::Usage => 3,
        }
    }

    /// What the code means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "clean: everything was judged, and no finding fails",
            Self::Findings => "findings at or above `--fail-on`",
            Self::NotJudged => "something could not be judged, or only in part, and no finding fails",
            Self::Usage => "the command line is wrong, a path does not exist, or the report cannot be written",
        }
    }
}

impl Located {
    /// Whether it fails the run.
    pub fn fails(&self, fail_on: Severity) -> bool {
        self.standing == Standing::Counts && self.finding.severity >= fail_on
    }

    /// Whether an exception covers it.
    pub fn is_excepted(&self) -> bool {
        matches!(self.standing, Standing::Excepted(_))
    }
}

impl Outcome {
    /// How the run ends.
    pub fn exit(&self) -> Exit {
        if self.findings.iter().any(|finding| finding.fails(self.fail_on)) {
            Exit::Findings
        } else if self.not_judged.is_empty() && self.partly_judged.is_empty() {
            Exit::Clean
        } else {
            Exit::NotJudged
        }
    }

    /// The findings that are shown, in order.
    pub fn shown(&self) -> impl Iterator<Item = &Located> {
        self.findings.iter().filter(|finding| !finding.is_excepted())
    }

    /// Number of findings that an exception covers.
    pub fn excepted(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_excepted()).count()
    }

    /// The file of a finding.
    pub fn file(&self, located: &Located) -> Option<&SourceFile> {
        self.files.get(self.inputs.get(located.input)?.file)
    }

    /// The policy text of a finding and where it stands.
    pub fn policy(&self, located: &Located) -> Option<(&str, &Site)> {
        let input = self.inputs.get(located.input)?;
        input.policy(located.place)
    }

    /// The kind of the policy of a finding.
    pub fn kind(&self, located: &Located) -> PolicyKind {
        match located.place {
            Place::Document => self
                .inputs
                .get(located.input)
                .map_or(PolicyKind::Identity, PolicyInput::kind),
            Place::ManagedPolicy(_) => PolicyKind::Managed,
        }
    }

    /// The exception that covers a finding.
    pub fn exception(&self, located: &Located) -> Option<&Exception> {
        let Standing::Excepted(number) = located.standing else {
            return None;
        };
        self.inputs.get(located.input)?.exceptions.get(number)
    }
}

impl PolicyInput {
    fn policy(&self, place: Place) -> Option<(&str, &Site)> {
        match place {
            Place::Document => {
                let document = self.document.as_ref()?;
                Some((document.text.as_str(), &document.site))
            }
            Place::ManagedPolicy(number) => {
                let policy = self.managed_policies.get(number)?;
                Some((policy.arn.as_str(), &policy.site))
            }
        }
    }

    fn kind(&self) -> PolicyKind {
        self.document
            .as_ref()
            .map_or(PolicyKind::Identity, |document| document.kind)
    }
}

/// Judges everything that was gathered.
pub fn run(sources: Sources, options: RunOptions) -> Outcome {
    let Sources {
        files,
        inputs,
        unjudged,
        notes,
        left_out,
        managed: _,
    } = sources;
    let mut out = Outcome {
        files,
        inputs: Vec::new(),
        findings: Vec::new(),
        partly_judged: Vec::new(),
        not_judged: unjudged,
        notes,
        judged: 0,
        hidden: 0,
        left_out,
        fail_on: options.fail_on,
    };
    let mut found = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let Some(file) = out.files.get(input.file) else {
            continue;
        };
        let name = file.name.clone();
        match judge(input, options.today) {
            Some(verdict) => {
                out.count(input, &name, &verdict);
                out.note_exceptions(input, &name, &verdict, options.today);
                if input.mode == Mode::Off {
                    out.hidden = out.hidden.saturating_add(verdict.findings.len());
                } else {
                    found.extend(place_findings(index, input, &out.files, verdict));
                }
            }
            None => out.count_crash(input, &name),
        }
    }
    found.sort_by(|a, b| a.order().cmp(&b.order()));
    out.inputs = inputs;
    out.findings = locate(found, &out);
    out
}

/// What the checks say; nothing where one of them crashed, which must not take the others' findings along.
fn judge(input: &PolicyInput, today: Date) -> Option<Verdict> {
    let arns: Vec<String> = input.managed_policies.iter().map(|policy| policy.arn.clone()).collect();
    let subject = Subject {
        document: input.document.as_ref().map(|document| document.text.as_str()),
        kind: input.kind(),
        managed_policies: &arns,
        ceilings: &[],
        unseen: 0,
        base: Base::Nothing,
    };
    catch_unwind(AssertUnwindSafe(|| {
        vet::vet(&subject, input.mode, &input.exceptions, today)
    }))
    .ok()
}

impl Outcome {
    fn count(&mut self, input: &PolicyInput, file: &FileName, verdict: &Verdict) {
        if let Some(document) = &input.document {
            match &verdict.coverage {
                Coverage::Judged => self.judged = self.judged.saturating_add(1),
                Coverage::Partly(reason) => self.partly_judged.push(unjudged(file, &document.site, reason)),
                Coverage::NotJudged(reason) => self.not_judged.push(unjudged(file, &document.site, reason)),
            }
        }
        for policy in &input.managed_policies {
            if verdict.not_judged.contains(&policy.arn) {
                let arn = if policy.site.sensitive {
                    NOT_SHOWN
                } else {
                    policy.arn.as_str()
                };
                let reason = format!("what the managed policy `{arn}` grants is not known here");
                self.not_judged.push(unjudged(file, &policy.site, &reason));
            } else {
                self.judged = self.judged.saturating_add(1);
            }
        }
    }

    fn count_crash(&mut self, input: &PolicyInput, file: &FileName) {
        let sites = input
            .document
            .iter()
            .map(|document| &document.site)
            .chain(input.managed_policies.iter().map(|policy| &policy.site));
        for site in sites {
            self.not_judged
                .push(unjudged(file, site, "a check crashed on it; please report this"));
        }
    }

    fn note_exceptions(&mut self, input: &PolicyInput, file: &FileName, verdict: &Verdict, today: Date) {
        let address = input
            .policy(Place::Document)
            .or_else(|| input.policy(Place::ManagedPolicy(0)))
            .and_then(|(_, site)| match &site.origin {
                Origin::Plan { address, .. } => Some(address.as_str()),
                Origin::File => None,
            })
            .unwrap_or_default();
        for (number, exception) in input.exceptions.iter().enumerate() {
            let check = &exception.check;
            let text = if verdict.unknown_checks.contains(&number) {
                format!("`{address}`: the exception for `{check}` names no check, and exempts nothing")
            } else if verdict.expired.contains(&number) {
                let expires = exception.expires;
                format!(
                    "`{address}`: the exception for `{check}` expired on {expires} and does not count; today is {today}"
                )
            } else if verdict.unused.contains(&number) {
                format!("`{address}`: the exception for `{check}` covers no finding and can go")
            } else {
                continue;
            };
            self.notes.push(Note {
                file: file.clone(),
                text,
            });
        }
    }
}

fn unjudged(file: &FileName, site: &Site, reason: &str) -> Unjudged {
    Unjudged {
        file: file.clone(),
        origin: site.origin.clone(),
        kind: None,
        reason: reason.to_owned(),
        help: None,
    }
}

/// A finding whose place in the file is known in bytes.
#[derive(Debug)]
struct Placed {
    finding: Finding,
    input: usize,
    file: usize,
    place: Place,
    standing: Standing,
    span: Span,
    related: Vec<Span>,
}

impl Placed {
    fn order(&self) -> (usize, Span, &'static str, &str) {
        (self.file, self.span, self.finding.check.name, &self.finding.message)
    }
}

fn place_findings<'a>(
    index: usize,
    input: &'a PolicyInput,
    files: &'a [SourceFile],
    verdict: Verdict,
) -> impl Iterator<Item = Placed> + 'a {
    let text = files.get(input.file).map_or("", |file| file.text.as_str());
    verdict.findings.into_iter().filter_map(move |found| {
        let (_, site) = input.policy(found.place)?;
        let mut finding = found.finding;
        if site.sensitive {
            redact(&mut finding);
        }
        Some(Placed {
            span: site.map.outer(finding.span, text),
            related: finding
                .related
                .iter()
                .map(|(span, _)| site.map.outer(*span, text))
                .collect(),
            finding,
            input: index,
            file: input.file,
            place: found.place,
            standing: match (found.excepted, input.mode) {
                (Some(number), _) => Standing::Excepted(number),
                (None, Mode::Enforce) => Standing::Counts,
                (None, Mode::Warn | Mode::Off) => Standing::Warns,
            },
        })
    })
}

/// Takes everything out of a finding that may quote the policy.
fn redact(finding: &mut Finding) {
    finding.check.summary.clone_into(&mut finding.message);
    finding.label.clear();
    finding.related.clear();
    finding.help = None;
    finding.example = None;
    finding.notes = vec!["the attribute is sensitive, so nothing of its text is shown".to_owned()];
    finding.path = finding
        .statement
        .map(|index| vec![PathElement::Value("Statement".to_owned()), PathElement::Index(index)])
        .unwrap_or_default();
    finding.aws_paths.clear();
    finding.sid = None;
    NOT_SHOWN.clone_into(&mut finding.element);
}

/// Turns bytes into lines and columns.
fn locate(found: Vec<Placed>, outcome: &Outcome) -> Vec<Located> {
    let mut offsets: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for placed in &found {
        let of_file = offsets.entry(placed.file).or_default();
        for span in std::iter::once(&placed.span).chain(&placed.related) {
            of_file.extend([span.start, span.end]);
        }
    }
    let positions: BTreeMap<usize, BTreeMap<usize, Position>> = offsets
        .iter()
        .filter_map(|(file, offsets)| {
            let text = &outcome.files.get(*file)?.text;
            Some((*file, positions::positions(text, offsets)))
        })
        .collect();
    let mut fingerprints = Fingerprints::default();
    found
        .into_iter()
        .filter_map(|placed| {
            let file = outcome.files.get(placed.file)?;
            let positions = positions.get(&placed.file)?;
            let region = |span: Span| {
                Some(Region {
                    bytes: Span::new(span.start.saturating_add(file.mark), span.end.saturating_add(file.mark)),
                    start: *positions.get(&span.start)?,
                    end: *positions.get(&span.end)?,
                })
            };
            let (_, site) = outcome.inputs.get(placed.input)?.policy(placed.place)?;
            Some(Located {
                region: region(placed.span)?,
                related: placed.related.iter().filter_map(|span| region(*span)).collect(),
                fingerprint: fingerprints.of(&placed.finding, &file.name, &site.origin),
                finding: placed.finding,
                input: placed.input,
                place: placed.place,
                standing: placed.standing,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
