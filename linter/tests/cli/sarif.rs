//! The report for code scanning.

use serde_json::Value;

use crate::bench::{Bench, TYPO, data_path};

/// The report of a run over some of everything.
fn sarif(bench: &Bench, arguments: &[&str]) -> Value {
    let mut all = vec!["lint", "--format", "sarif"];
    all.extend(arguments);
    let ran = bench.run(&all);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn everything() -> (Bench, Value) {
    let bench = Bench::new();
    bench
        .copy("plan-aws.json", "plans/plan.json")
        .copy("plan-terraform.json", "plans/other plan.json")
        .copy("state.json", "plans/state.json")
        .write("policies/é#?.json", TYPO)
        .write(
            "policies/broken.json",
            "{\"Version\": \"2012-10-17\", \"Statement\": [ {",
        );
    let report = sarif(&bench, &["."]);
    (bench, report)
}

#[test]
fn the_report_fits_the_schema() {
    // The published pattern of a language has a bracket too many, which not every regular expression engine takes.
    let schema = std::fs::read_to_string(data_path("sarif-2.1.0-rtm.5.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (bench, full) = everything();
    let empty = sarif(&Bench::new(), &["."]);
    let not_judged = sarif(bench.write("none.json", "{}"), &["none.json"]);
    for report in [full, empty, not_judged] {
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    // The schema has to be able to say no.
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{"results": []}]})));
}

#[test]
fn every_result_names_a_rule_and_a_whole_region() {
    let (_, report) = everything();
    let run = &report["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "leastpriv");
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = driver["rules"].as_array().unwrap();
    let registered: Vec<_> = leastpriv_checks::checks().iter().map(|check| check.name).collect();
    let named: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(named, registered);
    assert!(
        rules
            .iter()
            .all(|rule| !rule["help"]["markdown"].as_str().unwrap().is_empty())
    );

    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 5);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        for field in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(region[field].as_u64().unwrap() > 0, "{result:#}");
        }
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(
            !result["partialFingerprints"]["leastpriv/v1"]
                .as_str()
                .unwrap()
                .is_empty()
        );
    }
    let mut prints: Vec<_> = results
        .iter()
        .map(|result| result["partialFingerprints"]["leastpriv/v1"].as_str().unwrap())
        .collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), results.len());
}

#[test]
fn severities_become_levels() {
    let (_, report) = everything();
    for result in report["runs"][0]["results"].as_array().unwrap() {
        let level = match result["properties"]["severity"].as_str().unwrap() {
            "error" | "security-warning" => "error",
            "warning" => "warning",
            _ => "note",
        };
        assert_eq!(result["level"], level);
    }
}

#[test]
fn places_are_relative_and_encoded() {
    let (_, report) = everything();
    let run = &report["runs"][0];
    assert!(run["originalUriBaseIds"]["SRCROOT"].is_object());
    let mut uris: Vec<_> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
            assert_eq!(artifact["uriBaseId"], "SRCROOT");
            artifact["uri"].as_str().unwrap()
        })
        .collect();
    uris.sort_unstable();
    uris.dedup();
    assert_eq!(
        uris,
        [
            "plans/other%20plan.json",
            "plans/plan.json",
            "policies/%C3%A9%23%3F.json",
            "policies/broken.json"
        ]
    );
    let bench = Bench::new();
    bench.write("policy.json", TYPO);
    let absolute = bench.path().join("policy.json");
    let named = sarif(&bench, &[absolute.to_str().unwrap()]);
    let artifact = &named["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    let uri = artifact["uri"].as_str().unwrap();
    assert!(uri == "policy.json" || uri.starts_with("file:///"), "{uri}");
}

#[test]
fn counts_and_gaps_are_data() {
    let (_, report) = everything();
    let invocation = &report["runs"][0]["invocations"][0];
    assert_eq!(invocation["exitCode"], 1);
    assert_eq!(invocation["executionSuccessful"], false);
    let counts = &invocation["properties"];
    assert_eq!(
        (
            counts["judged"].as_u64(),
            counts["partlyJudged"].as_u64(),
            counts["notJudged"].as_u64()
        ),
        (Some(17), Some(1), Some(3))
    );
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let with_id = |id: &str| {
        notifications
            .iter()
            .filter(|entry| entry["descriptor"]["id"] == id)
            .count()
    };
    assert_eq!((with_id("partly-judged"), with_id("not-judged")), (1, 3));
}

#[test]
fn exceptions_become_suppressions() {
    let (_, report) = everything();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let suppressed: Vec<_> = results
        .iter()
        .filter(|result| !result["suppressions"].as_array().unwrap().is_empty())
        .collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["ruleId"], "administrator-access");
    assert_eq!(
        suppressed[0]["suppressions"][0]["justification"],
        "break glass (owner: platform, until 9999-12-31)"
    );
}

#[test]
fn fingerprints_survive_a_move_of_the_file_and_of_the_lines() {
    let print = |path: &str, text: &str| {
        let bench = Bench::new();
        bench.write(path, text);
        let report = sarif(&bench, &["."]);
        report["runs"][0]["results"][0]["partialFingerprints"]["leastpriv/v1"].clone()
    };
    let first = print("policy.json", TYPO);
    assert!(first.is_string());
    assert_eq!(first, print("moved/here/policy.json", &format!("\n\n{TYPO}")));
    assert_ne!(first, print("policy.json", &TYPO.replace("GetObejct", "GetOjbect")));
}
