//! Runs the page of every check: each policy block is judged, and what the page's check finds in it
//! is compared with the expectations that follow. `UPDATE_PAGES=1` writes the expectations instead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use leastpriv_checks::{Finding, check, checks, judge};
use leastpriv_policy::kind::PolicyKind;

#[test]
fn every_page_holds() {
    let mut wrong = Vec::new();
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        let made = run(&page);
        if made == page {
            continue;
        }
        if std::env::var_os("UPDATE_PAGES").is_some() {
            std::fs::write(&path, made).unwrap();
        } else {
            wrong.push(format!("{}\n{}", path.display(), difference(&page, &made)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_has_a_page_and_every_page_a_check() {
    let names: Vec<String> = pages()
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let registered: Vec<String> = checks().iter().map(|check| check.name.to_owned()).collect();
    assert_eq!(names, registered);
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(page.lines().next(), Some(format!("# {name}").as_str()));
        assert!(
            page.contains("\n## Left alone\n"),
            "{name} has no section of policies that are left alone"
        );
        assert!(
            page.contains(&format!(" {name} ")),
            "{name} is never reported on its page"
        );
    }
}

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.sort();
    pages
}

/// The page with its expectations made anew.
fn run(page: &str) -> String {
    let name = page.lines().next().unwrap().strip_prefix("# ").unwrap();
    assert!(check(name).is_some(), "`{name}` is no check");
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        writeln!(out, "{line}").unwrap();
        let Some(kind) = line.strip_prefix("```json ") else {
            continue;
        };
        let kind = PolicyKind::from_name(kind).unwrap_or_else(|| panic!("`{kind}` is no kind of policy"));
        let mut policy = String::new();
        for line in lines.by_ref() {
            writeln!(out, "{line}").unwrap();
            if line == "```" {
                break;
            }
            writeln!(policy, "{line}").unwrap();
        }
        // The expectations that stand there are replaced, so a missing block shows as a difference.
        let mut rest = lines.clone();
        if rest.find(|line| !line.is_empty()) == Some("```findings") {
            lines = rest;
            lines.by_ref().find(|line| *line == "```");
        }
        out.push_str("\n```findings\n");
        let judgement = judge(policy.trim_end(), kind);
        let mut any = false;
        for finding in judgement.findings.iter().filter(|finding| finding.check.name == name) {
            any = true;
            write_finding(finding, &mut out);
        }
        if !any {
            out.push_str("none\n");
        }
        out.push_str("```\n");
    }
    out
}

fn write_finding(finding: &Finding, out: &mut String) {
    let code = finding.aws_code.unwrap_or("-");
    let place = if finding.path.is_empty() {
        "document".to_owned()
    } else {
        finding.path_text()
    };
    writeln!(
        out,
        "{} {} {} {code} {place}",
        finding.severity, finding.check.name, finding.confidence
    )
    .unwrap();
    writeln!(out, "  {}", finding.message).unwrap();
    if let Some(help) = &finding.help {
        writeln!(out, "  help: {help}").unwrap();
    }
    if let Some(example) = finding.example_text() {
        writeln!(out, "  lets through: {example}").unwrap();
    }
}

fn difference(page: &str, made: &str) -> String {
    let (page, made): (Vec<_>, Vec<_>) = (page.lines().collect(), made.lines().collect());
    let at = page.iter().zip(&made).take_while(|(a, b)| a == b).count();
    format!(
        "line {}:\n  page: {:?}\n  made: {:?}",
        at + 1,
        page.get(at),
        made.get(at)
    )
}
