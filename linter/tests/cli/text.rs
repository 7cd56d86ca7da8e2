//! The report for people.

use leastpriv_catalog::catalog;

use crate::bench::{Bench, GOOD, TYPO};

/// The lines that close a report.
fn closing(counts: &str) -> String {
    let sources: Vec<_> = catalog()
        .sources()
        .iter()
        .map(|source| format!("{} of {}", source.name, source.date))
        .collect();
    format!("catalog: {}\npolicies: {counts}\n", sources.join(", "))
}

#[test]
fn a_finding_stands_above_the_text_it_is_about() {
    let bench = Bench::new();
    let ran = bench.write("policy.json", TYPO).run(&["lint", "policy.json"]);
    assert_eq!(
        ran.stdout,
        format!(
            concat!(
                "error[unknown-action]: `s3:GetObejct` is not an action of s3\n",
                "  --> policy.json:5:17\n",
                "   |\n",
                " 5 |       \"Action\": \"s3:GetObejct\",\n",
                "   |                 ^^^^^^^^^^^^^^ not in the catalog of {date}\n",
                "   = help: did you mean `s3:GetObject`\n",
                "   = aws: INVALID_ACTION\n",
                "\n",
                "1 finding: 1 error\n",
                "{closing}",
            ),
            date = catalog().date(),
            closing = closing("1 judged, 0 partly judged, 0 not judged"),
        )
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
}

#[test]
fn a_clean_run_says_what_it_judged() {
    let bench = Bench::new();
    let ran = bench
        .write("a/policy.json", GOOD)
        .write("a/package.json", "{}")
        .run(&["lint"]);
    assert_eq!(
        ran.stdout,
        format!(
            "no findings\nleft out: 1 file without a policy\n{}",
            closing("1 judged, 0 partly judged, 0 not judged")
        )
    );
    assert_eq!(ran.code, 0);
}

#[test]
fn what_was_not_judged_is_named_with_the_reason() {
    let bench = Bench::new();
    let ran = bench.copy("binary-plan", "tfplan").run(&["lint", "tfplan"]);
    assert_eq!(
        ran.stdout,
        format!(
            concat!(
                "not judged: this is a binary plan file\n",
                "  --> tfplan\n",
                "   = help: run `terraform show -json tfplan > plan.json` and lint plan.json\n",
                "\n",
                "no findings\n",
                "{}",
            ),
            closing("0 judged, 0 partly judged, 1 not judged")
        )
    );
    assert_eq!(ran.code, 2);
}

#[test]
fn a_policy_in_a_plan_is_shown_as_policy_text_and_placed_in_the_plan() {
    let bench = Bench::new();
    let ran = bench.copy("plan-aws.json", "plan.json").run(&["lint", "plan.json"]);
    let head = "error[unknown-action]: `s3:GetObejct` is not an action of s3\n  --> plan.json:1:";
    let from = ran.stdout.find(head).unwrap_or_else(|| panic!("{}", ran.stdout)) + head.len();
    let rest = &ran.stdout[from..];
    let (column, rest) = rest.split_once(' ').unwrap();
    assert!(column.parse::<usize>().unwrap() > 1);
    let expected = concat!(
        "(aws_iam_role.inline, attribute inline_policy[0].policy)\n",
        "   |\n",
        " 1 | {\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObejct\",",
        "\"Resource\":\"arn:aws:s3:::reports/*\"}]}\n",
        "   |                                                                 ^^^^^^^^^^^^^^ not in the catalog of ",
    );
    assert!(rest.starts_with(expected), "{rest}");
}

#[test]
fn nothing_of_a_stranger_acts_on_a_terminal_or_a_runner() {
    let payloads = [
        "\u{1b}]0;owned\u{7}",
        "\u{1b}[2J",
        "\u{1b}]8;;https://example.com\u{1b}\\x",
        "\u{9b}31m",
        "\u{202e}desrever",
        "zero\u{200b}width",
        "tag\u{e0041}",
        "##vso[task.setvariable variable=x]y",
        "##[error]x",
        "\n::error::x",
        "a\r\n::set-output name=x::y",
        "\u{2028}line",
    ];
    let bench = Bench::new();
    for (number, payload) in payloads.iter().enumerate() {
        let quoted = serde_json::to_string(payload).unwrap();
        // Raw where JSON allows it, so that the excerpt has to deal with it too.
        bench.write(
            &format!("{number}.json"),
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":{quoted},"Effect":{quoted},"Action":{quoted},"Resource":{quoted},{quoted}:1}}]}}"#
            ),
        );
    }
    let ran = bench.run(&["lint"]);
    assert_eq!(ran.code, 1);
    for line in ran.stdout.lines() {
        for character in line.chars() {
            assert!(!character.is_control(), "{line:?}");
            assert!(
                !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{e0000}'..='\u{e007f}'),
                "{line:?}"
            );
        }
        assert!(!line.contains("##"), "{line:?}");
        assert!(!line.trim_start().starts_with("::"), "{line:?}");
    }
}

#[test]
fn names_of_files_are_shown_safely_too() {
    let bench = Bench::new();
    let name = "a\u{1b}[31m\n::error::b.json";
    let ran = bench.write(name, TYPO).run(&["lint"]);
    assert!(
        ran.stdout.contains(r"  --> a\u{1b}[31m\n::error::b.json:5:17"),
        "{}",
        ran.stdout
    );
    let ran = bench.run(&["lint", "no\u{1b}[31msuch"]);
    assert_eq!(ran.stderr, "error: `no\\u{1b}[31msuch` does not exist\n");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let bench = Bench::new();
    bench
        .copy("plan-aws.json", "plan.json")
        .write("b.json", TYPO)
        .write("a.json", TYPO);
    for format in ["text", "json", "sarif"] {
        let first = bench.run(&["lint", "--format", format]).stdout;
        assert_eq!(first, bench.run(&["lint", "--format", format]).stdout);
        assert!(!first.is_empty());
    }
}

#[test]
fn no_colour_without_a_terminal() {
    let bench = Bench::new();
    let ran = bench.write("policy.json", TYPO).run(&["lint"]);
    assert!(!ran.stdout.contains('\u{1b}'));
}
