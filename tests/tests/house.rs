//! The house is as ARCHITECTURE.md draws it: which package may know which, and how long a file may grow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The most lines of a file that was written by hand, the tests at its end aside.
const LONGEST: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the page says: for each package the packages it may depend on, or none for `anything`.
fn drawn() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, section) = page.split_once("\n## Arrows\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .skip(2)
        .map(|(package, known)| {
            let known = match known {
                "anything" => None,
                "nothing" => Some(BTreeSet::new()),
                list => Some(list.split(", ").map(str::to_owned).collect()),
            };
            (package.to_owned(), known)
        })
        .collect()
}

/// What cargo says: for each package the packages of this workspace it needs to be built.
fn built() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let texts = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let needed = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|needed| needed["path"].is_string() && needed["kind"] != "dev")
                .map(|needed| texts(needed, "name"))
                .collect();
            (texts(package, "name"), needed)
        })
        .collect()
}

#[test]
fn packages_know_only_what_the_page_lets_them_know() {
    let drawn = drawn();
    let built = built();
    assert_eq!(
        drawn.keys().collect::<Vec<_>>(),
        built.keys().collect::<Vec<_>>(),
        "the page and the workspace name other packages"
    );
    let foreign: Vec<String> = built
        .iter()
        .flat_map(|(package, needed)| {
            let known = &drawn[package];
            let unknown = needed
                .iter()
                .filter(move |name| known.as_ref().is_some_and(|known| !known.contains(*name)));
            unknown.map(move |name| format!("{package} depends on {name}"))
        })
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn nothing_that_is_shipped_depends_on_tests_or_tasks() {
    for (package, needed) in built() {
        let is_shipped = !["leastpriv-e2e", "xtask"].contains(&package.as_str());
        let reached = needed.contains("leastpriv-e2e") || needed.contains("xtask");
        assert!(!(is_shipped && reached), "{package}: {needed:?}");
    }
}

#[test]
fn no_file_has_outgrown_its_name() {
    let mut files = Vec::new();
    for folder in ["policy", "linter", "proto", "plugin", "provider", "tests", "xtask"] {
        collect(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "only {} files were found", files.len());
    let long: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
            (lines > LONGEST).then(|| format!("{}: {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// The sources below a folder, without what is generated.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "generated") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
