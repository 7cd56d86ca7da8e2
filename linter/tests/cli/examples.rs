//! The example policies and the hook.

use std::path::PathBuf;

use crate::bench::{Bench, GOOD, TYPO, checks_of, counts_of, repository};

fn examples(kind: &str) -> Vec<PathBuf> {
    let folder = repository().join("examples/policies").join(kind);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    files
}

#[test]
fn good_examples_pass() {
    let bench = Bench::new();
    for file in examples("good") {
        let (code, report) = bench.report(&[file.to_str().unwrap()]);
        assert_eq!(
            (code, counts_of(&report)),
            (0, [1, 0, 0]),
            "{}: {report:#}",
            file.display()
        );
    }
}

#[test]
fn bad_examples_break_the_check_they_are_named_after() {
    let bench = Bench::new();
    for file in examples("bad") {
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(leastpriv_checks::check(name).is_some(), "{name} is no check");
        let (code, report) = bench.report(&[file.to_str().unwrap()]);
        assert_eq!(code, 1, "{name}");
        assert!(checks_of(&report).contains(&name), "{name}: {report:#}");
    }
}

#[test]
fn the_hook_takes_many_files_and_skips_what_is_no_policy() {
    let hooks = std::fs::read_to_string(repository().join(".pre-commit-hooks.yaml")).unwrap();
    let entry = hooks
        .lines()
        .find_map(|line| line.trim().strip_prefix("entry: leastpriv "))
        .unwrap();
    let bench = Bench::new();
    bench
        .write("package.json", "{}")
        .write("tsconfig.json", "{ // a comment\n}")
        .write("good.json", GOOD)
        .write("typo.json", TYPO);
    let run = |files: &[&str]| {
        let mut arguments: Vec<_> = entry.split(' ').collect();
        arguments.extend(files);
        bench.run(&arguments).code
    };
    assert_eq!(run(&["package.json", "tsconfig.json", "good.json"]), 0);
    assert_eq!(run(&["package.json", "typo.json", "good.json"]), 1);
}
