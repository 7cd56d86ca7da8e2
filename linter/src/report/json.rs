//! The report for programs. Its `version` changes when a reader would have to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use leastpriv_catalog::catalog;
use leastpriv_checks::vet::Exception;
use leastpriv_policy::decide::Request;
use leastpriv_policy::span::Position;
use serde::Serialize;

use super::{by_severity, version, write_json};
use crate::run::{Located, Outcome, Region};
use crate::sources::{Origin, Unjudged};

/// Version of this format.
const VERSION: u32 = 1;

/// Writes the report.
pub(super) fn render(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    write_json(&Report::of(outcome), out)
}

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    tool: Tool,
    summary: Summary,
    findings: Vec<FindingEntry<'a>>,
    partly_judged: Vec<Gap<'a>>,
    not_judged: Vec<Gap<'a>>,
    notes: Vec<NoteEntry<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    catalog: Vec<CatalogSource>,
}

#[derive(Serialize)]
struct CatalogSource {
    name: &'static str,
    date: &'static str,
}

#[derive(Serialize)]
struct Summary {
    exit_code: u8,
    exit_meaning: &'static str,
    fail_on: &'static str,
    policies: Policies,
    findings: Vec<SeverityCount>,
    failing: usize,
    excepted: usize,
    hidden: usize,
    files_without_policy: usize,
    destroyed_resources: usize,
    symbolic_links: usize,
}

#[derive(Serialize)]
struct Policies {
    judged: usize,
    partly_judged: usize,
    not_judged: usize,
}

#[derive(Serialize)]
struct SeverityCount {
    severity: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    check: &'static str,
    severity: &'static str,
    confidence: &'static str,
    aws_code: Option<&'static str>,
    message: &'a str,
    label: &'a str,
    help: Option<&'a str>,
    notes: &'a [String],
    example: Option<Example<'a>>,
    policy_type: &'static str,
    path: String,
    statement: Option<usize>,
    sid: Option<&'a str>,
    element: &'a str,
    file: String,
    location: Location,
    resource: Option<Resource<'a>>,
    related: Vec<Related<'a>>,
    fails: bool,
    exception: Option<ExceptionEntry<'a>>,
    fingerprint: &'a str,
}

/// A request that the policy lets through.
#[derive(Serialize)]
struct Example<'a> {
    action: &'a str,
    resource: &'a str,
    context: BTreeMap<&'a str, &'a [String]>,
}

#[derive(Serialize)]
struct Location {
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Resource<'a> {
    address: &'a str,
    r#type: &'a str,
    attribute: &'a str,
}

#[derive(Serialize)]
struct Related<'a> {
    location: Location,
    label: &'a str,
}

#[derive(Serialize)]
struct ExceptionEntry<'a> {
    reason: &'a str,
    owner: &'a str,
    expires: String,
}

#[derive(Serialize)]
struct Gap<'a> {
    file: String,
    resource: Option<Resource<'a>>,
    reason: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct NoteEntry<'a> {
    file: String,
    text: &'a str,
}

impl<'a> Report<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        Self {
            format: "leastpriv-lint",
            version: VERSION,
            tool: Tool {
                name: "leastpriv",
                version: version(),
                catalog: catalog()
                    .sources()
                    .iter()
                    .map(|source| CatalogSource {
                        name: source.name,
                        date: source.date,
                    })
                    .collect(),
            },
            summary: Summary::of(outcome),
            findings: outcome
                .findings
                .iter()
                .map(|located| FindingEntry::of(outcome, located))
                .collect(),
            partly_judged: outcome.partly_judged.iter().map(Gap::of).collect(),
            not_judged: outcome.not_judged.iter().map(Gap::of).collect(),
            notes: outcome
                .notes
                .iter()
                .map(|note| NoteEntry {
                    file: note.file.shown(),
                    text: &note.text,
                })
                .collect(),
        }
    }
}

impl<'a> Example<'a> {
    fn of(request: &'a Request) -> Self {
        Self {
            action: &request.action,
            resource: request.resource.as_deref().unwrap_or("*"),
            context: request.context.iter().collect(),
        }
    }
}

impl Summary {
    fn of(outcome: &Outcome) -> Self {
        let exit = outcome.exit();
        Self {
            exit_code: exit.code(),
            exit_meaning: exit.meaning(),
            fail_on: outcome.fail_on.as_str(),
            policies: Policies {
                judged: outcome.judged,
                partly_judged: outcome.partly_judged.len(),
                not_judged: outcome.not_judged.len(),
            },
            findings: by_severity(outcome)
                .into_iter()
                .map(|(severity, count)| SeverityCount {
                    severity: severity.as_str(),
                    count,
                })
                .collect(),
            failing: outcome
                .findings
                .iter()
                .filter(|located| located.fails(outcome.fail_on))
                .count(),
            excepted: outcome.excepted(),
            hidden: outcome.hidden,
            files_without_policy: outcome.left_out.files_without_policy,
            destroyed_resources: outcome.left_out.destroyed_resources,
            symbolic_links: outcome.left_out.links,
        }
    }
}

impl<'a> FindingEntry<'a> {
    fn of(outcome: &'a Outcome, located: &'a Located) -> Self {
        let finding = &located.finding;
        let labels = finding.related.iter().map(|(_, label)| label.as_str());
        Self {
            check: finding.check.name,
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            aws_code: finding.aws_code,
            message: &finding.message,
            label: &finding.label,
            help: finding.help.as_deref(),
            notes: &finding.notes,
            example: finding.example.as_ref().map(Example::of),
            policy_type: outcome.kind(located).name(),
            path: finding.path_text(),
            statement: finding.statement,
            sid: finding.sid.as_deref(),
            element: &finding.element,
            file: outcome.file(located).map(|file| file.name.shown()).unwrap_or_default(),
            location: Location::of(located.region),
            resource: outcome.policy(located).and_then(|(_, site)| Resource::of(&site.origin)),
            related: located
                .related
                .iter()
                .zip(labels)
                .map(|(region, label)| Related {
                    location: Location::of(*region),
                    label,
                })
                .collect(),
            fails: located.fails(outcome.fail_on),
            exception: outcome.exception(located).map(ExceptionEntry::of),
            fingerprint: &located.fingerprint,
        }
    }
}

impl Location {
    fn of(region: Region) -> Self {
        let place = |position: Position, offset: usize| Place {
            line: position.line,
            column: position.column,
            offset,
        };
        Self {
            start: place(region.start, region.bytes.start),
            end: place(region.end, region.bytes.end),
        }
    }
}

impl<'a> Resource<'a> {
    fn of(origin: &'a Origin) -> Option<Self> {
        match origin {
            Origin::File => None,
            Origin::Plan {
                address,
                resource_type,
                attribute,
            } => Some(Self {
                address,
                r#type: resource_type,
                attribute,
            }),
        }
    }
}

impl<'a> ExceptionEntry<'a> {
    fn of(exception: &'a Exception) -> Self {
        Self {
            reason: &exception.reason,
            owner: &exception.owner,
            expires: exception.expires.to_string(),
        }
    }
}

impl<'a> Gap<'a> {
    fn of(unjudged: &'a Unjudged) -> Self {
        Self {
            file: unjudged.file.shown(),
            resource: Resource::of(&unjudged.origin),
            reason: &unjudged.reason,
            help: unjudged.help.as_deref(),
        }
    }
}
