//! `minimize`: smaller policies on standard output, in files and as a report.

use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, GOOD};

const WORDY: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:Get*"],
            "Resource": "arn:aws:s3:::reports/*"
        },
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::reports/2026"
        }
    ]
}
"#;

const SMALL: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": "s3:Get*",
            "Resource": "arn:aws:s3:::reports/*"
        }
    ]
}
"#;

#[test]
fn the_smaller_policy_is_printed_in_the_layout_of_the_given_one() {
    let bench = Bench::new();
    let ran = bench.write("wordy.json", WORDY).run(&["minimize", "wordy.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, SMALL));
    for told in [
        "wordy.json: 224 → 125 characters without white space, 44.2 % less\n",
        "  managed: 3.7 % → 2.1 % of 6,144 characters\n",
        "  user-inline: 11.0 % → 6.2 % of 2,048 characters\n",
        "  - Statement[0].Action: `s3:GetObject` is covered by others of the list\n",
        "  - Statement[1] is covered by Statement[0]\n",
        "  equivalence proven both ways, beside any other policies\n",
    ] {
        assert!(ran.stderr.contains(told), "{told}{}", ran.stderr);
    }
    let again = bench.run_with_input(&["minimize", "-"], ran.stdout.as_bytes());
    assert_eq!((again.code, again.stdout.as_str()), (0, SMALL));
    assert!(
        again.stderr.contains("<stdin>: as small as it can be"),
        "{}",
        again.stderr
    );
    let line = WORDY.split_whitespace().collect::<String>();
    let ran = bench.run_with_input(&["minimize", "-"], line.as_bytes());
    assert_eq!(ran.stdout, SMALL.split_whitespace().collect::<String>() + "\n");
}

#[test]
fn a_check_fails_and_writing_mends_it() {
    let bench = Bench::new();
    bench.write("wordy.json", WORDY).write("small.json", SMALL);
    let check = |code: i32, files: &[&str]| {
        let ran = bench.run(&[&["minimize", "--check"], files].concat());
        assert_eq!(ran.code, code, "{ran:?}");
        ran.stdout
    };
    assert!(check(1, &["wordy.json", "small.json"]).contains("small.json: as small as it can be"));
    check(0, &["small.json"]);
    let before = std::fs::metadata(bench.path().join("small.json"))
        .unwrap()
        .modified()
        .unwrap();
    let ran = bench.run(&["minimize", "--write", "wordy.json", "small.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_eq!(std::fs::read_to_string(bench.path().join("wordy.json")).unwrap(), SMALL);
    let after = std::fs::metadata(bench.path().join("small.json"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(before, after);
    assert_eq!(std::fs::read_dir(bench.path()).unwrap().count(), 2);
    check(0, &["wordy.json", "small.json"]);
}

#[test]
fn a_report_holds_everything_and_the_certificates() {
    let bench = Bench::new();
    bench.write("wordy.json", WORDY).write("good.json", GOOD);
    let ran = bench.run(&[
        "minimize",
        "--format",
        "json",
        "--certificate",
        "wordy.json",
        "good.json",
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&report["format"], &report["version"]),
        (&"leastpriv-minimize".into(), &1.into())
    );
    let [one, other] = [&report["policies"][0], &report["policies"][1]];
    assert_eq!((&one["outcome"], &one["policy"]), (&"smaller".into(), &SMALL.into()));
    assert_eq!(
        one["certificates"]["allows_no_less"][1]["covered_by"],
        serde_json::json!([0])
    );
    assert_eq!(one["certificates"]["denies_no_more"], serde_json::json!([]));
    assert_eq!(
        (&other["outcome"], &other["policy"]),
        (&"unchanged".into(), &GOOD.into())
    );
    let ran = bench.run(&["minimize", "--certificate", "wordy.json"]);
    assert!(
        ran.stderr
            .contains("allows no less: given Statement[1] is covered by new Statement[0]\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn wildcards_over_the_catalog_are_wanted_and_labelled() {
    let bench = Bench::new();
    let list = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ListQueues","sqs:ListQueueTags","sqs:PurgeQueue"],"Resource":"*"}]}"#;
    bench.write("list.json", list);
    let ran = bench.run(&["minimize", "list.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, format!("{list}\n").as_str()));
    let ran = bench.run(&["minimize", "--closed-world", "list.json"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.contains(r#""Action":["sqs:ListQueue*","sqs:PurgeQueue"]"#),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr
            .contains("`sqs:ListQueue*` for 2 actions, future actions included"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        bench.run(&["minimize", "--closed-world", "--check", "list.json"]).code,
        1
    );
}

#[test]
fn sids_stay_unless_they_are_not_wanted() {
    let ran = Bench::new().run_with_input(&["minimize", "--drop-sids", "-"], SMALL.as_bytes());
    assert!(ran.code == 0 && !ran.stdout.contains("Sid"), "{ran:?}");
    assert!(ran.stderr.contains("1 Sid is dropped"), "{}", ran.stderr);
}

#[test]
fn what_is_odd_stays_and_what_is_wrong_is_named() {
    let bench = Bench::new();
    bench
        .write("odd.json", WORDY.replace("\"Effect\": \"Allow\",\n            \"Action\": \"", "\"Effect\": \"Maybe\",\n            \"Action\": \""))
        .write("broken.json", "{\"Statement\": [,]}")
        .write("plan.json", r#"{"format_version":"1.2","terraform_version":"1.11.0","planned_values":{"root_module":{}},"resource_changes":[]}"#)
        .write("wordy.json", WORDY)
        .write("small.json", SMALL);
    let odd = bench.run(&["minimize", "odd.json"]);
    assert_eq!(odd.code, 2);
    assert!(
        odd.stdout.contains("Maybe") && !odd.stdout.contains("[\"s3:GetObject\""),
        "{}",
        odd.stdout
    );
    assert!(
        odd.stderr
            .contains("cannot be interpreted and stays as it is: Statement[1]"),
        "{}",
        odd.stderr
    );
    for (arguments, text) in [
        (&["broken.json"][..], "`broken.json`: line 1, column 16"),
        (&["gone.json"], "`gone.json` does not exist"),
        (&["plan.json"], "`plan.json`"),
        (
            &["wordy.json", "small.json"],
            "use `--write`, `--check` or `--format json`",
        ),
        (&["--write", "-"], "standard input cannot be written back"),
        (&["--write", "--check", "wordy.json"], "cannot be used with"),
        (&[], "required"),
    ] {
        let ran = bench.run_with_input(&[&["minimize"], arguments].concat(), WORDY.as_bytes());
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{arguments:?} {ran:?}");
        assert!(ran.stderr.contains(text), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn nothing_of_a_policy_acts_on_a_terminal() {
    let hostile = WORDY
        .replace("Read", "a\u{202e}b")
        .replace("s3:GetObject\", \"", "s3:GetX\u{9b}31m\", \"");
    let ran = Bench::new().run_with_input(&["minimize", "-"], hostile.as_bytes());
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(['\u{202e}', '\u{9b}']), "{text:?}");
    }
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["Statement"][0]["Sid"], "a\u{202e}b");
}

#[test]
fn the_example_gets_what_its_page_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/minimize");
    let [wordy, small] = ["reports.json", "reports.min.json"].map(|name| folder.join(name));
    let bench = Bench::new();
    let ran = bench.run(&["minimize", wordy.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stdout), (0, std::fs::read_to_string(&small).unwrap()));
    for (code, file) in [(1, &wordy), (0, &small)] {
        assert_eq!(bench.run(&["minimize", "--check", file.to_str().unwrap()]).code, code);
    }
    let guide = std::fs::read_to_string(folder.join("../../docs/guides/minimize.md")).unwrap();
    for line in ran.stderr.lines().filter(|line| line.contains("characters")) {
        let line = line.rsplit_once('/').map_or(line, |(_, line)| line);
        assert!(guide.contains(line), "the guide lacks `{line}`");
    }
}
