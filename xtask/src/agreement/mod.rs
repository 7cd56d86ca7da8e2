//! `cargo xtask agreement`: precision and recall against what AWS's own validation answered.
//!
//! The rows are outside data and stay outside: a checked-in list names each disagreement by policy,
//! code and reason, and a disagreement that is not in the list, or an entry that no longer
//! disagrees, fails the run. The comparison of policies is held against labelled pairs in the same way,
//! and every policy is made smaller.

pub(crate) mod containment;
mod minimize;
pub(crate) mod mutations;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use leastpriv_checks::{PathElement, checks, judge};
use leastpriv_policy::json::{self, Value};
use leastpriv_policy::kind::PolicyKind;

use crate::process;

/// The file of outside data.
pub(crate) const ROWS: &str = "validate-policy.jsonl.xz";

/// Where the explained disagreements stand.
const EXPLAINED: &str = "tests/agreement/validate-policy.txt";

/// Prints the table; fails on a disagreement that nobody has explained.
pub(crate) fn run() -> Result<()> {
    let Some(folder) = outside_data() else {
        println!("agreement: skipped: OUTSIDE_DATA names no folder with the outside data");
        return Ok(());
    };
    let rows = read_rows(&folder.join(ROWS))?;
    let started = Instant::now();
    let mut table: BTreeMap<&str, Counts> = checks()
        .iter()
        .flat_map(|check| check.aws_codes)
        .map(|code| (*code, Counts::default()))
        .collect();
    let mut disagreements = BTreeSet::new();
    let mut judging = Duration::ZERO;
    for row in rows.iter().filter(|row| row.validated) {
        let judging_started = Instant::now();
        let judgement = judge(&row.document, PolicyKind::Identity);
        judging += judging_started.elapsed();
        let ours: BTreeSet<Reported> = judgement
            .findings
            .iter()
            .filter_map(|finding| {
                Some(Reported {
                    code: finding.aws_code?.to_owned(),
                    places: places(&finding.aws_paths),
                })
            })
            .collect();
        let theirs: BTreeSet<_> = row
            .findings
            .iter()
            .filter(|reported| table.contains_key(reported.code.as_str()))
            .cloned()
            .collect();
        for both in ours.intersection(&theirs) {
            counts(&mut table, &both.code).agreed += 1;
        }
        for extra in ours.difference(&theirs) {
            counts(&mut table, &extra.code).extra += 1;
            disagreements.insert(format!("{} {} extra", row.name, extra.code));
        }
        for missing in theirs.difference(&ours) {
            counts(&mut table, &missing.code).missing += 1;
            disagreements.insert(format!("{} {} missing", row.name, missing.code));
        }
    }
    print(&table);
    let validated = rows.iter().filter(|row| row.validated).count();
    println!(
        "{validated} validated of {} policies, judged in {judging:.1?}, compared in {:.1?}",
        rows.len(),
        started.elapsed()
    );
    compare(&disagreements, EXPLAINED)?;
    containment::run(&folder)?;
    mutations::run(&rows)?;
    minimize::run(&rows)
}

/// The folder that `OUTSIDE_DATA` names, where it holds the rows.
pub(crate) fn outside_data() -> Option<PathBuf> {
    std::env::var_os("OUTSIDE_DATA")
        .map(PathBuf::from)
        .filter(|folder| folder.join(ROWS).is_file())
}

/// One policy with what AWS said.
#[derive(Debug)]
pub(crate) struct Row {
    /// The policy's name.
    pub(crate) name: String,
    /// Whether AWS judged it; its silence means nothing otherwise.
    pub(crate) validated: bool,
    /// The policy text.
    pub(crate) document: String,
    findings: Vec<Reported>,
}

/// A code with all its places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reported {
    code: String,
    places: BTreeSet<String>,
}

#[derive(Default)]
struct Counts {
    agreed: usize,
    extra: usize,
    missing: usize,
}

/// Reads the rows of a file.
pub(crate) fn read_rows(path: &Path) -> Result<Vec<Row>> {
    lines(path)?.lines().map(row).collect()
}

/// The text of a packed file.
fn lines(path: &Path) -> Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut text = String::new();
    xz2::read::XzDecoder::new(file)
        .read_to_string(&mut text)
        .with_context(|| format!("read {}", path.display()))?;
    Ok(text)
}

fn row(line: &str) -> Result<Row> {
    let (value, problems) = json::parse(line);
    ensure!(problems.is_empty(), "a row is no JSON: {problems:?}");
    let name = value.get("name").and_then(Value::as_str).context("a row has no name")?;
    let document = value.get("document").context("a row has no document")?;
    let findings = value.get("findings").and_then(Value::as_array).unwrap_or_default();
    Ok(Row {
        name: name.to_owned(),
        validated: value.get("validated").and_then(Value::as_bool) == Some(true),
        document: document.span.of(line).to_owned(),
        findings: findings.iter().map(reported).collect::<Result<_>>()?,
    })
}

fn reported(finding: &Value) -> Result<Reported> {
    let code = finding
        .get("issueCode")
        .and_then(Value::as_str)
        .context("a finding has no code")?;
    let paths = finding.get("paths").and_then(Value::as_array).unwrap_or_default();
    let places = paths.iter().map(|path| {
        let steps = path.as_array().unwrap_or_default().iter().filter_map(|step| {
            let member = step.as_object()?.first()?;
            Some(match (member.key.as_str(), &member.value.node) {
                ("index", json::Node::Number(index)) => PathElement::Index(index.parse().ok()?),
                (_, json::Node::String(name)) => PathElement::Value(name.clone()),
                _ => return None,
            })
        });
        PathElement::join(&steps.collect::<Vec<_>>())
    });
    Ok(Reported {
        code: code.to_owned(),
        places: places.collect(),
    })
}

fn places(paths: &[Vec<PathElement>]) -> BTreeSet<String> {
    paths.iter().map(|path| PathElement::join(path)).collect()
}

fn counts<'t>(table: &'t mut BTreeMap<&str, Counts>, code: &str) -> &'t mut Counts {
    table.get_mut(code).expect("only codes of the table are compared")
}

fn print(table: &BTreeMap<&str, Counts>) {
    println!(
        "{:<52} {:>6} {:>6} {:>7}  precision  recall",
        "AWS code", "agreed", "extra", "missing"
    );
    for (code, Counts { agreed, extra, missing }) in table {
        println!(
            "{code:<52} {agreed:>6} {extra:>6} {missing:>7}  {:>9}  {:>6}",
            ratio(*agreed, *extra),
            ratio(*agreed, *missing)
        );
    }
}

fn ratio(agreed: usize, other: usize) -> String {
    match agreed + other {
        0 => "-".to_owned(),
        all => format!("{:.3}", agreed as f64 / all as f64),
    }
}

/// The disagreements that a list explains, `ENTRY: REASON` on each line.
pub(crate) fn explained(path: &str) -> Result<BTreeSet<String>> {
    let list = std::fs::read_to_string(process::root().join(path)).with_context(|| format!("read {path}"))?;
    let mut explained = BTreeSet::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (entry, reason) = line
            .split_once(": ")
            .with_context(|| format!("`{line}` gives no reason"))?;
        ensure!(!reason.trim().is_empty(), "`{line}` gives no reason");
        explained.insert(entry.to_owned());
    }
    Ok(explained)
}

/// Holds disagreements against a list that explains them.
///
/// # Errors
///
/// A disagreement that is not in the list, and an entry that no longer is one.
pub(crate) fn compare(found: &BTreeSet<String>, path: &str) -> Result<()> {
    let explained = explained(path)?;
    let new: Vec<_> = found.difference(&explained).cloned().collect();
    let gone: Vec<_> = explained.difference(found).cloned().collect();
    println!(
        "{} disagreements, {} of them explained in {path}",
        found.len(),
        found.len() - new.len()
    );
    if !new.is_empty() || !gone.is_empty() {
        bail!(
            "not explained:\n  {}\nexplained and gone:\n  {}",
            new.join("\n  "),
            gone.join("\n  ")
        );
    }
    Ok(())
}
