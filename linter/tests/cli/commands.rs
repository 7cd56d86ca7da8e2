//! The commands beside `lint`, and the help.

use leastpriv_catalog::catalog;

use crate::bench::Bench;

#[test]
fn the_version_names_the_dates_of_the_catalog() {
    for flag in ["--version", "-V"] {
        let ran = Bench::new().run(&[flag]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(
            ran.stdout
                .starts_with(concat!("leastpriv ", env!("CARGO_PKG_VERSION"), "\ncatalog: ")),
            "{ran:?}"
        );
        for source in catalog().sources() {
            assert!(
                ran.stdout.contains(&format!("{} of {}", source.name, source.date)),
                "{ran:?}"
            );
        }
    }
}

#[test]
fn every_check_is_listed_and_explained() {
    let bench = Bench::new();
    let list = bench.run(&["checks"]);
    assert_eq!(list.code, 0);
    for (line, check) in list.stdout.lines().zip(leastpriv_checks::checks()) {
        assert!(line.starts_with(check.name) && line.ends_with(check.summary), "{line}");
        let page = bench.run(&["explain", check.name]);
        assert_eq!(page.code, 0);
        assert!(
            page.stdout.starts_with(&format!("# {}\n", check.name)),
            "{}",
            page.stdout
        );
        for heading in ["What it checks", "Why it matters", "Example", "Use instead"] {
            assert!(
                page.stdout.contains(&format!("\n## {heading}\n")),
                "{}: {heading}",
                check.name
            );
        }
    }
    assert_eq!(list.stdout.lines().count(), leastpriv_checks::checks().len());
}

#[test]
fn a_check_that_does_not_exist_gets_the_nearest_name() {
    let ran = Bench::new().run(&["explain", "service-wildcrad"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("service-wildcard"), "{}", ran.stderr);
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = Bench::new().run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("skip-non-policies"), "{shell}");
    }
    assert_eq!(Bench::new().run(&["completions", "tcsh"]).code, 3);
}

#[test]
fn help_is_no_error_and_a_missing_command_is_one() {
    let bench = Bench::new();
    let help = bench.run(&["lint", "--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for code in [
        "  0  clean",
        "  1  findings",
        "  2  something could not",
        "  3  the command line",
    ] {
        assert!(help.stdout.contains(code), "{}", help.stdout);
    }
    for kind in leastpriv_policy::kind::PolicyKind::ALL {
        assert!(help.stdout.contains(kind.name()), "{}", kind.name());
    }
    assert_eq!(bench.run(&["help"]).code, 0);
    let nothing = bench.run(&[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (3, ""));
    assert!(nothing.stderr.contains("lint"), "{}", nothing.stderr);
}
