//! SARIF 2.1.0, for code scanning. Section numbers are those of the standard.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use leastpriv_catalog::catalog;
use leastpriv_checks::vet::Exception;
use leastpriv_checks::{Check, Severity, checks};
use serde_json::{Value, json};

use super::{ReportOptions, page, version, write_json};
use crate::run::{Located, Outcome, Region};
use crate::sources::{FileName, Origin, Unjudged};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of the folder that relative URIs are relative to.
const ROOT: &str = "SRCROOT";
/// Most results of one run that code scanning takes.
const MAX_RESULTS: usize = 25_000;
/// Ids of what is told beside the results.
const NOT_JUDGED: &str = "not-judged";
const PARTLY_JUDGED: &str = "partly-judged";
const NOTE: &str = "note";

/// Writes the report.
pub(super) fn render(outcome: &Outcome, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let folder = options.folder.as_deref();
    let has_suppressions = outcome.excepted() > 0;
    let results: Vec<Value> = outcome
        .findings
        .iter()
        .take(MAX_RESULTS)
        .map(|located| result(outcome, located, has_suppressions, folder))
        .collect();
    let report = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver() },
            "invocations": [invocation(outcome, folder)],
            "originalUriBaseIds": {
                ROOT: { "description": { "text": "the folder in which the linter ran" } },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": counts(outcome),
        }],
    });
    write_json(&report, out)
}

/// 3.19: the tool and its rules.
fn driver() -> Value {
    let sources: Vec<Value> = catalog()
        .sources()
        .iter()
        .map(|source| json!({ "name": source.name, "date": source.date }))
        .collect();
    json!({
        "name": "leastpriv",
        "semanticVersion": version(),
        "rules": checks().iter().map(|check| rule(check)).collect::<Vec<_>>(),
        "notifications": [
            { "id": NOT_JUDGED, "shortDescription": { "text": "something could not be judged" } },
            { "id": PARTLY_JUDGED, "shortDescription": { "text": "a part of a policy could not be judged" } },
            { "id": NOTE, "shortDescription": { "text": "a fact beside the results" } },
        ],
        "properties": { "catalog": sources },
    })
}

/// 3.49: a check as a rule.
fn rule(check: &Check) -> Value {
    let page = page(check.docs);
    json!({
        "id": check.name,
        "shortDescription": { "text": check.summary },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": {
            "severity": check.severity.as_str(),
            "security-severity": security_severity(check.severity),
            "tags": ["security", "iam"],
            "awsCodes": check.aws_codes,
            "since": check.since,
        },
    })
}

/// 3.27: a finding as a result.
fn result(outcome: &Outcome, located: &Located, has_suppressions: bool, folder: Option<&Path>) -> Value {
    let finding = &located.finding;
    let file = outcome.file(located).map(|file| &file.name);
    let origin = outcome.policy(located).map(|(_, site)| &site.origin);
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    let example = finding.example_text();
    if let Some(example) = &example {
        text.push_str("\nlets through: ");
        text.push_str(example);
    }
    let related: Vec<Value> = located
        .related
        .iter()
        .zip(&finding.related)
        .zip(1_usize..)
        .map(|((region, (_, label)), id)| {
            let mut location = location(file, Some(*region), None, folder);
            insert(&mut location, "id", json!(id));
            insert(&mut location, "message", message(label));
            location
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.check.name,
        "ruleIndex": checks().iter().position(|check| check.name == finding.check.name),
        "level": level(finding.severity),
        "message": message(&text),
        "locations": [location(file, Some(located.region), origin, folder)],
        "relatedLocations": related,
        "partialFingerprints": { "leastpriv/v1": located.fingerprint },
        "properties": {
            "severity": finding.severity.as_str(),
            "confidence": finding.confidence.as_str(),
            "awsCode": finding.aws_code,
            "element": finding.element,
            "path": finding.path_text(),
            "example": example,
            "policyType": outcome.kind(located).name(),
            "fails": located.fails(outcome.fail_on),
        },
    });
    // 3.27.23: once one result says whether it is suppressed, all of them do.
    if has_suppressions {
        let suppressions: Vec<Value> = outcome.exception(located).map(suppression).into_iter().collect();
        insert(&mut result, "suppressions", json!(suppressions));
    }
    result
}

/// 3.35: an exception as a suppression.
fn suppression(exception: &Exception) -> Value {
    json!({
        "kind": "inSource",
        "status": "accepted",
        "justification": format!(
            "{} (owner: {}, until {})",
            exception.reason, exception.owner, exception.expires
        ),
    })
}

/// 3.20: how the run went, with the counts that every run ends with.
fn invocation(outcome: &Outcome, folder: Option<&Path>) -> Value {
    let exit = outcome.exit();
    let mut notifications: Vec<Value> = Vec::new();
    let gaps = outcome
        .partly_judged
        .iter()
        .map(|gap| (PARTLY_JUDGED, gap))
        .chain(outcome.not_judged.iter().map(|gap| (NOT_JUDGED, gap)));
    for (id, gap) in gaps {
        notifications.push(gap_notification(id, gap, folder));
    }
    for note in &outcome.notes {
        notifications.push(json!({
            "descriptor": { "id": NOTE },
            "level": "note",
            "message": message(&note.text),
            "locations": [location(Some(&note.file), None, None, folder)],
        }));
    }
    let left_out = outcome.findings.len().saturating_sub(MAX_RESULTS);
    if left_out > 0 {
        notifications.push(json!({
            "descriptor": { "id": NOTE },
            "level": "warning",
            "message": message(&format!("{left_out} results beyond {MAX_RESULTS} are left out")),
        }));
    }
    json!({
        "executionSuccessful": outcome.not_judged.is_empty() && outcome.partly_judged.is_empty(),
        "exitCode": exit.code(),
        "exitCodeDescription": exit.meaning(),
        "toolExecutionNotifications": notifications,
        "properties": counts(outcome),
    })
}

fn gap_notification(id: &str, gap: &Unjudged, folder: Option<&Path>) -> Value {
    let text = match &gap.help {
        Some(help) => format!("{}\nhelp: {help}", gap.reason),
        None => gap.reason.clone(),
    };
    json!({
        "descriptor": { "id": id },
        "level": "warning",
        "message": message(&text),
        "locations": [location(Some(&gap.file), None, Some(&gap.origin), folder)],
    })
}

fn counts(outcome: &Outcome) -> Value {
    json!({
        "judged": outcome.judged,
        "partlyJudged": outcome.partly_judged.len(),
        "notJudged": outcome.not_judged.len(),
        "excepted": outcome.excepted(),
        "hidden": outcome.hidden,
        "filesWithoutPolicy": outcome.left_out.files_without_policy,
        "destroyedResources": outcome.left_out.destroyed_resources,
        "symbolicLinks": outcome.left_out.links,
        "failOn": outcome.fail_on.as_str(),
    })
}

/// 3.28: a place, and the resource it belongs to.
fn location(file: Option<&FileName>, region: Option<Region>, origin: Option<&Origin>, folder: Option<&Path>) -> Value {
    let mut physical = json!({});
    if let Some(file) = file {
        insert(&mut physical, "artifactLocation", artifact(file, folder));
    }
    if let Some(Region { start, end, .. }) = region {
        let region = json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        });
        insert(&mut physical, "region", region);
    }
    let mut location = json!({ "physicalLocation": physical });
    if let Some(Origin::Plan {
        address,
        resource_type,
        attribute,
    }) = origin
    {
        let logical = json!([{
            "name": attribute,
            "fullyQualifiedName": format!("{address}.{attribute}"),
            "kind": "resource",
            "properties": { "address": address, "type": resource_type },
        }]);
        insert(&mut location, "logicalLocations", logical);
    }
    location
}

/// 3.4: where a file is: inside the folder relative to it, elsewhere as a whole URI.
fn artifact(file: &FileName, folder: Option<&Path>) -> Value {
    let FileName::Path(path) = file else {
        return json!({ "uri": "stdin", "uriBaseId": ROOT });
    };
    let whole = cleaned(&folder.map_or_else(|| path.clone(), |folder| folder.join(path)));
    let relative = folder.and_then(|folder| whole.strip_prefix(cleaned(folder)).ok());
    match relative {
        Some(relative) => json!({ "uri": encoded(relative), "uriBaseId": ROOT }),
        None if whole.is_absolute() => json!({ "uri": format!("file:///{}", encoded(&whole)) }),
        None => json!({ "uri": encoded(&whole), "uriBaseId": ROOT }),
    }
}

/// A path without `.` and `..`, by its text alone.
fn cleaned(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            _ => out.push(component),
        }
    }
    out
}

/// The names of a path, percent-encoded and joined with slashes.
fn encoded(path: &Path) -> String {
    let names: Vec<String> = path
        .components()
        .filter(|component| !matches!(component, Component::RootDir))
        .map(|component| percent_encoded(component.as_os_str().as_encoded_bytes()))
        .collect();
    names.join("/")
}

fn percent_encoded(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// 3.11: a message. Text that would read as a link is escaped, as 3.11.6 has it.
fn message(text: &str) -> Value {
    let text = if text.contains("](") {
        text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
    } else {
        text.to_owned()
    };
    json!({ "text": text })
}

/// 3.27.10: the level of a severity.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error | Severity::SecurityWarning => "error",
        Severity::Warning => "warning",
        Severity::Suggestion => "note",
    }
}

/// The figure by which code scanning ranks a rule.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::SecurityWarning => "8.0",
        Severity::Error => "5.0",
        Severity::Warning => "4.0",
        Severity::Suggestion => "1.0",
    }
}

fn insert(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &str, folder: &str) -> (String, bool) {
        let artifact = artifact(&FileName::Path(PathBuf::from(path)), Some(Path::new(folder)));
        (
            artifact["uri"].as_str().unwrap().to_owned(),
            artifact["uriBaseId"].is_string(),
        )
    }

    #[cfg(unix)]
    #[test]
    fn places_are_relative_inside_the_folder_and_whole_outside() {
        assert_eq!(uri("a b/c#é.json", "/repo"), ("a%20b/c%23%C3%A9.json".to_owned(), true));
        assert_eq!(uri("./x/../p.json", "/repo"), ("p.json".to_owned(), true));
        assert_eq!(uri("/repo/sub/p.json", "/repo"), ("sub/p.json".to_owned(), true));
        assert_eq!(
            uri("../other/p.json", "/repo"),
            ("file:///other/p.json".to_owned(), false)
        );
        assert_eq!(
            uri("javascript:alert(1)", "/repo"),
            ("javascript%3Aalert%281%29".to_owned(), true)
        );
    }

    #[test]
    fn text_that_reads_as_a_link_is_escaped() {
        assert_eq!(message("[click](https://x)")["text"], r"\[click\](https://x)");
        assert_eq!(message("Statement[0] of `a`")["text"], "Statement[0] of `a`");
    }
}
