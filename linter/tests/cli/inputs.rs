//! Odd and hostile inputs: told what they are, never a crash, never a silent pass.

use std::time::Instant;

use crate::bench::{Bench, GOOD, TYPO, checks_of, counts_of, data_path, reasons_of};

/// Lints one named file and gives the exit code and the report.
fn lint(name: &str, content: impl AsRef<[u8]>) -> (i32, serde_json::Value) {
    let bench = Bench::new();
    bench.write(name, content);
    bench.report(&[name])
}

#[test]
fn the_same_key_twice_is_never_last_wins() {
    for statement in [
        r#"{"Effect":"Deny","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}"#,
        r#"{"Effect":"Deny","\u0045ffect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}"#,
    ] {
        let (code, report) = lint(
            "p.json",
            format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#),
        );
        assert_eq!(code, 1);
        let finding = &report["findings"][0];
        assert_eq!(finding["check"], "duplicate-key");
        assert_eq!(finding["related"].as_array().unwrap().len(), 1);
        assert_ne!(finding["location"]["start"], finding["related"][0]["location"]["start"]);
    }
    let hidden =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"},"Statement":[]}"#;
    let (code, report) = lint("p.json", hidden);
    assert_eq!(code, 1);
    assert!(checks_of(&report).contains(&"administrator-access"), "{report:#}");
}

#[test]
fn depth_is_bounded() {
    for depth in [127, 128, 129, 10_000, 1_000_000] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let (code, report) = lint("p.json", text);
        assert_eq!(code, 1, "{depth}: {report:#}");
    }
}

#[test]
fn numbers_and_other_types_in_place_of_strings_are_findings() {
    for value in ["1e400", "-0", "12345678901234567890123456789012", "null", "true", "{}"] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{value},"Resource":"arn:aws:s3:::a/*"}}]}}"#
        );
        let (code, report) = lint("p.json", text);
        assert_eq!(code, 1, "{value}: {report:#}");
    }
}

#[test]
fn a_byte_order_mark_is_taken_and_places_stay_right() {
    let (code, report) = lint("p.json", format!("\u{feff}{TYPO}"));
    assert_eq!(code, 1);
    assert_eq!(checks_of(&report), ["unknown-action"]);
    let start = &report["findings"][0]["location"]["start"];
    assert_eq!((start["line"].as_u64(), start["column"].as_u64()), (Some(5), Some(17)));
    assert_eq!(
        start["offset"].as_u64(),
        TYPO.find("\"s3:GetObejct\"").map(|at| at as u64 + 3)
    );
}

#[test]
fn columns_count_characters_and_offsets_count_bytes() {
    let text = "{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"é😀\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObejct\",\"Resource\":\"arn:aws:s3:::a/*\"}}";
    let (_, report) = lint("p.json", text);
    let at = text.find("\"s3:GetObejct\"").unwrap();
    let finding = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == "unknown-action")
        .unwrap();
    let start = &finding["location"]["start"];
    assert_eq!(start["offset"].as_u64(), Some(at as u64));
    assert_eq!(start["column"].as_u64(), Some(text[..at].chars().count() as u64 + 1));
}

#[test]
fn other_encodings_are_said_and_never_pass() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(TYPO.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for content in [
        utf16.clone(),
        utf16[2..].to_vec(),
        TYPO.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        b"{\"Statement\":\"\xff\"}".to_vec(),
        b"{\"Statement\":\"\xc0\xaf\"}".to_vec(),
        b"{\"Statement\":\"\xed\xa0\x80\"}".to_vec(),
    ] {
        let (code, report) = lint("p.json", &content);
        assert_eq!((code, counts_of(&report)), (2, [0, 0, 1]), "{content:?}");
        // In a folder, and for a hook, it may still be a policy.
        let bench = Bench::new();
        bench.write("p.json", &content);
        assert_eq!(bench.run(&["lint"]).code, 2);
        assert_eq!(bench.run(&["lint", "--skip-non-policies", "p.json"]).code, 2);
    }
}

#[test]
fn text_that_looks_the_same_is_not_the_same() {
    for action in [
        "s3:GetObj\u{435}ct",
        "s3:Get\u{200b}Object",
        "s3:GetObject\u{0}",
        "s3:GetObject\u{2028}",
    ] {
        let text = TYPO.replace("s3:GetObejct", &serde_json::to_string(action).unwrap().replace('"', ""));
        let (code, report) = lint("p.json", text);
        assert_eq!(code, 1, "{action:?}");
        assert!(checks_of(&report).contains(&"unknown-action"), "{report:#}");
    }
}

#[test]
fn what_is_nearly_json_is_a_finding_that_says_which() {
    for broken in [
        format!("// a comment\n{GOOD}"),
        GOOD.replace("\"arn:aws:s3:::reports/*\"", "\"arn:aws:s3:::reports/*\","),
        GOOD.replace("\"Effect\": \"Allow\"", "'Effect': 'Allow'"),
        GOOD.replace("\"s3:GetObject\"", "NaN"),
        format!("{GOOD}{GOOD}"),
        format!("{}\n{}\n", GOOD.replace('\n', ""), GOOD.replace('\n', "")),
        GOOD.trim_end().trim_end_matches('}').to_owned(),
        GOOD.replace(',', ""),
    ] {
        let (code, report) = lint("p.json", &broken);
        assert_eq!(code, 1, "{broken}");
        assert!(checks_of(&report).contains(&"json-syntax"), "{broken}\n{report:#}");
    }
}

#[test]
fn a_broken_policy_is_judged_as_far_as_it_goes() {
    let (code, report) = lint("p.json", r#"{"Version": "2012-10-17", "Statement": [ {"#);
    assert_eq!((code, counts_of(&report)), (1, [0, 1, 0]));
    assert!(checks_of(&report).contains(&"json-syntax"));
}

#[test]
fn nothing_is_never_a_pass() {
    for content in ["", " \n\t", "null", "[]", "\"text\"", "0", "{}"] {
        let (code, report) = lint("p.json", content);
        assert_eq!((code, counts_of(&report)), (2, [0, 0, 1]), "{content:?}");
    }
    let bench = Bench::new();
    assert_eq!(bench.run_with_input(&["lint", "-"], b"").code, 2);
}

#[test]
fn keys_in_the_wrong_case_do_not_pass() {
    let (code, report) = lint("p.json", GOOD.to_lowercase());
    assert_eq!(code, 1);
    assert!(checks_of(&report).contains(&"unknown-element"), "{report:#}");
}

#[test]
fn what_was_given_by_mistake_is_told_what_it_is() {
    let bench = Bench::new();
    bench
        .copy("binary-plan", "tfplan")
        .copy("state.json", "terraform.tfstate")
        .copy("plan-log.json", "log.json")
        .write("main.tf", "resource \"aws_iam_policy\" \"x\" {}\n")
        .write("policy.yaml", "Statement: []\n")
        .write("archive.json", b"PK\x03\x04and so on")
        .write(
            "shown.json",
            r#"{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{}}}"#,
        )
        .write("list.json", format!("[{GOOD}]"));
    for (file, reason, command) in [
        (
            "tfplan",
            "this is a binary plan file",
            "terraform show -json tfplan > plan.json",
        ),
        (
            "terraform.tfstate",
            "this is a Terraform state, not a plan",
            "terraform plan -out tfplan",
        ),
        (
            "shown.json",
            "this is a Terraform state, not a plan",
            "terraform plan -out tfplan",
        ),
        (
            "log.json",
            "this is the log of `terraform plan -json`, which leaves the attributes out",
            "terraform plan -out tfplan",
        ),
        (
            "main.tf",
            "configuration in HCL is not read",
            "terraform plan -out tfplan",
        ),
        ("policy.yaml", "YAML is not read", "as JSON"),
        (
            "archive.json",
            "this is a zip archive, which is not unpacked",
            "terraform show -json archive.json",
        ),
        ("list.json", "the file holds a list of policies", "a file of its own"),
    ] {
        let (code, report) = bench.report(&[file]);
        assert_eq!(code, 2, "{file}");
        assert_eq!(reasons_of(&report), [reason]);
        let help = report["not_judged"][0]["help"].as_str().unwrap();
        assert!(help.contains(command), "{file}: {help}");
    }
}

#[test]
fn standard_input_is_a_named_file() {
    let bench = Bench::new();
    let ran = bench.run_with_input(&["lint", "-"], TYPO.as_bytes());
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("  --> <stdin>:5:17\n"), "{ran:?}");
    let ran = bench.run_with_input(&["lint", "--policy-type", "trust", "-"], GOOD.as_bytes());
    assert!(ran.stdout.contains("[missing-principal]"), "{ran:?}");
}

#[test]
fn each_file_is_judged_once_and_in_order() {
    let bench = Bench::new();
    bench
        .write("b.json", TYPO)
        .write("a/z.json", TYPO)
        .write("a/a.json", TYPO);
    let (_, report) = bench.report(&["b.json", ".", "./a/../b.json", "a"]);
    let files: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["b.json", "a/a.json", "a/z.json"]);
    assert_eq!(counts_of(&report), [3, 0, 0]);
}

#[test]
fn a_name_that_starts_with_a_dash_is_a_path_after_two_dashes() {
    let bench = Bench::new();
    bench.write("-p.json", TYPO);
    assert_eq!(bench.run(&["lint", "--", "-p.json"]).code, 1);
    assert_eq!(bench.run(&["lint"]).code, 1);
}

#[test]
fn a_path_that_is_too_long_is_a_usage_error() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["lint", &"x".repeat(4096)]).code, 3);
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_links_do_no_harm() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let bench = Bench::new();
    let made = std::process::Command::new("mkfifo")
        .arg(bench.path().join("pipe.json"))
        .status()
        .unwrap();
    assert!(made.success());
    for path in ["pipe.json", "/dev/zero", "/dev/null"] {
        let (code, report) = bench.report(&[path]);
        assert_eq!(
            (code, reasons_of(&report)),
            (2, vec!["this is no regular file"]),
            "{path}"
        );
    }
    // In a folder a pipe is no file of ours.
    assert_eq!(bench.run(&["lint"]).code, 0);

    let outside = Bench::new();
    outside.write("policy.json", TYPO);
    std::os::unix::fs::symlink(outside.path(), bench.path().join("out")).unwrap();
    std::os::unix::fs::symlink(bench.path(), bench.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("policy.json"), bench.path().join("link.json")).unwrap();
    let (code, report) = bench.report(&["."]);
    assert_eq!((code, counts_of(&report)), (0, [0, 0, 0]));
    assert_eq!(report["summary"]["symbolic_links"], 3);
    // A link that is named is followed.
    assert_eq!(bench.run(&["lint", "link.json"]).code, 1);

    let name = OsStr::from_bytes(b"not-\xff-utf8.json");
    std::fs::write(bench.path().join(name), TYPO).unwrap();
    let (code, report) = bench.report(&["."]);
    assert_eq!((code, checks_of(&report)), (1, vec!["unknown-action"]));
}

#[test]
fn a_large_policy_takes_no_noticeable_time_more_than_its_size() {
    let pattern = format!("s3:{}b", "a*".repeat(2_000));
    let statement = format!(
        r#"{{"Effect":"Allow","Action":"{pattern}","Resource":"arn:aws:s3:::{}"}}"#,
        "x*".repeat(2_000)
    );
    let started = Instant::now();
    let (code, _) = lint(
        "p.json",
        format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#),
    );
    assert_eq!(code, 1);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn mutilated_policies_and_plans_never_crash() {
    let plan = std::fs::read(data_path("plan-aws.json")).unwrap();
    let bench = Bench::new();
    // A fixed sequence of cuts, doublings and changed bytes.
    let mut state = 1_u64;
    let mut next = |limit: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    for number in 0..200 {
        let mut bytes = if number % 2 == 0 {
            plan.clone()
        } else {
            TYPO.as_bytes().to_vec()
        };
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = u8::try_from(next(256)).unwrap(),
                2 => {
                    let tail = bytes[at..].to_vec();
                    bytes.extend(tail);
                }
                _ => {
                    bytes.remove(at);
                    bytes.push(b'}');
                }
            }
        }
        bench.write(&format!("{number}.json"), bytes);
    }
    let ran = bench.run(&["lint"]);
    assert!(ran.code <= 2, "{}", ran.code);
    assert_eq!(ran.stderr, "");
}
