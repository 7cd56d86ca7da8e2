//! The commands that answer questions about access, with the arguments of the AWS CLI.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

const READ_ONE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;
const READ_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*"}]}"#;
const OWN_FOLDER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}]}"#;
const ONE_FOLDER: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/alice/*"}]}"#;
const SOME_FOLDER: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/?*"}]}"#;
const OPEN: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Bob","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;

fn new_access(existing: &str, new: &str, more: &[&str]) -> (i32, Value) {
    let words = [
        "check-no-new-access",
        "--existing-policy-document",
        existing,
        "--new-policy-document",
        new,
    ];
    answer(&Bench::new().run(&[&words, more].concat()))
}

fn answer(ran: &Ran) -> (i32, Value) {
    assert_eq!(ran.stderr, "");
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

fn refused(arguments: &[&str], with: &str) {
    let ran = Bench::new().run(arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{arguments:?}");
    assert!(ran.stderr.contains(with), "{arguments:?}: {}", ran.stderr);
}

#[test]
fn narrowing_passes_in_the_words_of_aws() {
    let (code, answer) = new_access(
        READ_ALL,
        READ_ONE,
        &["--policy-type", "IDENTITY_POLICY", "--region", "eu-west-1"],
    );
    assert_eq!(code, 0);
    let message = "The modified permissions do not grant new access compared to your existing policy.";
    assert_eq!(answer, json!({"result": "PASS", "message": message}));
}

#[test]
fn new_access_fails_with_the_statement_and_a_request_that_exists() {
    let (code, answer) = new_access(READ_ONE, READ_ALL, &[]);
    assert_eq!(code, 1);
    let reason = json!({
        "description": "New access in the statement with sid: Read.",
        "statementIndex": 0,
        "statementId": "Read",
    });
    assert_eq!(answer["reasons"], json!([reason]));
    let witness = json!({
        "action": "s3:GetObjectAcl",
        "resource": "arn:aws:s3:::reports/example",
        "principal": {"AWS": "arn:aws:iam::999988887777:user/someone"},
        "context": {},
        "realistic": true,
    });
    assert_eq!(answer["witness"], witness);
    assert_eq!(answer["witnesses"], json!([witness]));
    assert_eq!(new_access(READ_ONE, READ_ALL, &["--exit-zero"]), (0, answer));
}

#[test]
fn what_hangs_on_the_caller_is_shown_for_one() {
    let (code, answer) = new_access(ONE_FOLDER, OWN_FOLDER, &[]);
    assert_eq!((code, &answer["result"]), (1, &json!("FAIL")));
    assert_eq!(answer["witness"]["context"], json!({"aws:username": ["someone"]}));
    assert_eq!(answer["witness"]["resource"], "arn:aws:s3:::b/someone/");
}

#[test]
fn what_cannot_be_said_is_unknown_and_a_fail_for_aws() {
    let (code, answer) = new_access(SOME_FOLDER, OWN_FOLDER, &[]);
    assert_eq!((code, &answer["result"]), (2, &json!("UNKNOWN")));
    assert_eq!(
        answer["reasons"],
        json!([{"description": "It depends on policy variables, whose values are not known: ${aws:username}."}])
    );
    let (code, strict) = new_access(SOME_FOLDER, OWN_FOLDER, &["--aws-strict"]);
    assert_eq!((code, &strict["result"]), (1, &json!("FAIL")));
    assert_eq!(strict["reasons"], answer["reasons"]);
}

#[test]
fn a_pass_can_tell_which_statements_prove_it() {
    let (code, answer) = new_access(READ_ALL, READ_ONE, &["--certificate"]);
    assert_eq!(code, 0);
    assert_eq!(
        answer["certificate"],
        json!([{"statementIndex": 0, "allowedByExisting": [0]}])
    );
    let (code, answer) = new_access(READ_ONE, READ_ALL, &["--certificate"]);
    assert_eq!((code, answer.get("certificate")), (1, None));
}

#[test]
fn public_access_is_told_in_the_words_of_aws() {
    let ask = |policy: &str, more: &[&str]| {
        let words = ["check-no-public-access", "--policy-document", policy, "--resource-type"];
        Bench::new().run(&[&words[..], more].concat())
    };
    let (code, found) = answer(&ask(OPEN, &["AWS::S3::Bucket", "--profile", "x"]));
    assert_eq!(code, 1);
    let reason = json!({
        "description": "Public access granted in the following statement with sid: Bob.",
        "statementIndex": 0,
        "statementId": "Bob",
    });
    assert_eq!(
        (&found["message"], &found["reasons"]),
        (
            &json!("The resource policy grants public access for the given resource type."),
            &json!([reason])
        )
    );
    assert_eq!(
        (&found["witness"]["action"], &found["witness"]["realistic"]),
        (&json!("s3:GetObject"), &json!(true))
    );
    let closed = OPEN.replace(r#""*""#, r#"{"AWS":"arn:aws:iam::111122223333:user/JohnDoe"}"#);
    let (code, found) = answer(&ask(&closed, &["AWS::S3::Bucket"]));
    let message = "The resource policy does not grant public access for the given resource type.";
    assert_eq!((code, found), (0, json!({"result": "PASS", "message": message})));

    let words = ["check-no-public-access", "--policy-document"];
    refused(
        &[&words[..], &[OPEN]].concat(),
        "`--resource-type` is missing; it can be AWS::ApiGateway::RestApi",
    );
    refused(
        &[&words[..], &[OPEN, "--resource-type", "AWS::EC2::Instance"]].concat(),
        "AWS::EC2::Instance",
    );
    refused(
        &[&words[..], &[READ_ONE, "--resource-type", "AWS::S3::Bucket"]].concat(),
        "names no principal",
    );

    let lines = [
        format!(r#"{{"id":1,"policy":{OPEN},"resourceType":"AWS::S3::Bucket"}}"#),
        format!(r#"{{"id":2,"policy":{OPEN}}}"#),
        format!(r#"{{"id":3,"policy":{READ_ONE},"resourceType":"AWS::S3::Bucket"}}"#),
    ];
    let ran = Bench::new().run_with_input(&["check-no-public-access", "--batch", "-"], lines.join("\n").as_bytes());
    let answers: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let results: Vec<&str> = answers.iter().map(|one| one["result"].as_str().unwrap()).collect();
    assert_eq!((ran.code, results), (1, vec!["FAIL", "ERROR", "ERROR"]));
    assert_eq!(answers[1]["message"], "`resourceType` is missing");
}

#[test]
fn documents_come_from_files_and_from_json_input() {
    let bench = Bench::new();
    bench
        .write("old.json", READ_ONE)
        .write("new.json", format!("\u{feff}{READ_ALL}"));
    let input =
        json!({"existingPolicyDocument": READ_ALL, "newPolicyDocument": READ_ONE, "policyType": "IDENTITY_POLICY"});
    bench.write("input.json", input.to_string());
    let ran = bench.run(&["check-no-new-access", "--cli-input-json", "file://input.json"]);
    assert_eq!(answer(&ran).0, 0);
    // What the command line says counts more.
    let words = ["check-no-new-access", "--cli-input-json", "file://input.json"];
    let more = [
        "--existing-policy-document",
        "file://old.json",
        "--new-policy-document",
        "file://new.json",
    ];
    assert_eq!(answer(&bench.run(&[&words[..], &more].concat())).0, 1);
}

#[test]
fn access_is_given_in_either_form() {
    let ask = |access: &[&str]| {
        let words = ["check-access-not-granted", "--policy-document", READ_ALL, "--access"];
        answer(&Bench::new().run(&[&words, access].concat()))
    };
    for access in [
        &["actions=s3:PutObject,s3:GetObject"][..],
        &["actions=s3:PutObject", "resources=arn:aws:s3:::reports/a"],
        &[r#"[{"actions":["s3:GetObject"],"resources":["arn:aws:s3:::reports/*"]}]"#],
    ] {
        let (code, answer) = ask(access);
        assert_eq!(code, 1, "{access:?}");
        assert_eq!(
            answer["reasons"][0]["description"],
            "One or more of the listed actions or resources in the statement with sid: Read."
        );
        assert_eq!(answer["witness"]["realistic"], true, "{answer}");
    }
    let (code, answer) = ask(&["actions=s3:PutObject,s3:GetObject,resources=arn:aws:s3:::audit/*"]);
    let message = "The policy document does not grant access to perform the listed actions or resources.";
    assert_eq!((code, answer), (0, json!({"result": "PASS", "message": message})));
}

#[test]
fn a_trust_policy_is_asked_for_its_actions() {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    for (action, code) in [("sts:AssumeRole", 1), ("sts:AssumeRoleWithSAML", 0)] {
        let access = format!("actions={action}");
        let words = [
            "check-access-not-granted",
            "--policy-type",
            "RESOURCE_POLICY",
            "--policy-document",
            trust,
        ];
        let (found, answer) = answer(&Bench::new().run(&[&words[..], &["--access", &access]].concat()));
        assert_eq!(found, code, "{answer}");
        if code == 1 {
            assert_eq!(answer["witness"]["principal"], json!({"Service": "ec2.amazonaws.com"}));
        }
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let check = "check-no-new-access";
    let (old, new) = ("--existing-policy-document", "--new-policy-document");
    refused(&[check, new, READ_ONE], "`--existing-policy-document` is missing");
    refused(
        &[check, old, "file://absent.json", new, READ_ONE],
        "`absent.json` cannot be read",
    );
    refused(&[check, old, r#"{"Statement":"#, new, READ_ONE], "line 1, column 14");
    refused(&[check, old, "[]", new, READ_ONE], "no policy");
    let twice = r#"{"Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    refused(
        &[check, old, READ_ONE, new, twice],
        "`--new-policy-document`: line 1, column 32",
    );
    refused(
        &[check, "--policy-type", "RESOURCE_POLICY", old, READ_ONE, new, READ_ONE],
        "names no principal",
    );
    refused(
        &[check, "--policy-type", "SCP", old, READ_ONE, new, READ_ONE],
        "IDENTITY_POLICY",
    );
    refused(&[check, "--cli-input-json", "[]"], "is no object");
    refused(&[check, "--batch", "absent.jsonl"], "`absent.jsonl` cannot be read");
    refused(
        &[check, "--batch", "-", new, READ_ONE],
        "the lines of `--batch` hold the policies; leave `--new-policy-document` out",
    );
    let check = ["check-access-not-granted", "--policy-document", READ_ONE];
    refused(&check, "`--access` is missing");
    refused(
        &[&check[..], &["--access", "s3:GetObject"]].concat(),
        "neither `actions=…` nor",
    );
    refused(&[&check[..], &["--access", "[]"]].concat(), "names no access");
}

#[test]
fn a_batch_answers_every_line_in_order() {
    let lines = [
        format!(r#"{{"id":1,"existing":{READ_ALL},"new":{READ_ONE}}}"#),
        String::new(),
        format!(r#"{{"id":"b","existing":{READ_ONE},"new":{READ_ALL},"policyType":"IDENTITY_POLICY"}}"#),
        "{\"id\":[3],".to_owned(),
        format!(r#"{{"id":"d","existing":{SOME_FOLDER},"new":{}}}"#, json!(OWN_FOLDER)),
        format!(r#"{{"id":"e","new":{READ_ALL}}}"#),
        format!(r#"{{"id":"f","existing":{READ_ONE},"new":{READ_ALL},"policyType":"RESOURCE_POLICY"}}"#),
        format!(
            r#"{{"id":"g","existingPolicyDocument":{},"newPolicyDocument":{READ_ALL}}}"#,
            json!(READ_ONE)
        ),
    ];
    let bench = Bench::new();
    let ask = |text: &str, more: &[&str]| {
        let words = ["check-no-new-access", "--batch", "-"];
        let ran = bench.run_with_input(&[&words, more].concat(), text.as_bytes());
        assert_eq!(ran.stderr, "");
        let answers = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
        (ran.code, answers.collect::<Vec<Value>>())
    };
    let (code, answers) = ask(&lines.join("\n"), &[]);
    assert_eq!(code, 1);
    let of = |name: &str| answers.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        of("id"),
        [
            json!(1),
            json!("b"),
            json!([3]),
            json!("d"),
            json!("e"),
            json!("f"),
            json!("g")
        ]
    );
    assert_eq!(
        of("result"),
        ["PASS", "FAIL", "ERROR", "UNKNOWN", "ERROR", "ERROR", "FAIL"]
    );
    assert_eq!(answers[1]["witness"]["action"], "s3:GetObjectAcl");
    assert_eq!(answers[4]["message"], "`existing` is missing");
    assert!(answers.iter().all(|one| one.get("microseconds").is_none()));

    let (code, timed) = ask(&lines[0], &["--timing"]);
    assert_eq!(code, 0);
    assert!(timed[0]["microseconds"].as_f64().unwrap() > 0.0);
    assert_eq!(ask(&lines[3], &[]).0, 2);
    assert_eq!(ask(&lines[4], &["--aws-strict"]).0, 1);
    assert_eq!(ask(&lines.join("\n"), &["--exit-zero"]).0, 0);
}

#[test]
fn a_batch_asks_for_access_too() {
    let line = format!(r#"{{"id":"a","policy":{READ_ONE},"access":[{{"actions":["s3:GetObject"]}}]}}"#);
    let other = format!(r#"{{"id":"b","policy":{READ_ONE},"access":[{{"actions":"s3:GetObject"}}]}}"#);
    let words = ["check-access-not-granted", "--batch", "-"];
    let ran = Bench::new().run_with_input(&words, format!("{line}\n{other}\n").as_bytes());
    let answers: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((ran.code, answers.len()), (1, 2));
    assert_eq!(answers[0]["witness"]["action"], "s3:GetObject");
    assert_eq!(answers[1]["message"], "`access`: `actions` is a list of strings");
}

#[test]
fn a_question_is_written_for_a_solver_beside_its_answer_or_in_its_place() {
    let bench = Bench::new();
    let question = [
        "check-no-new-access",
        "--existing-policy-document",
        READ_ONE,
        "--new-policy-document",
        READ_ALL,
        "--smt-lib",
    ];
    let ask = |more: &[&str]| bench.run(&[&question, more].concat());
    let (code, found) = answer(&ask(&["question.smt2"]));
    assert_eq!((code, found), new_access(READ_ONE, READ_ALL, &[]));
    let written = std::fs::read_to_string(bench.path().join("question.smt2")).unwrap();
    assert!(
        written.contains("(set-logic ALL)") && written.ends_with("(check-sat)\n"),
        "{written}"
    );
    assert!(written.contains(r#"(= action-service "s3")"#), "{written}");
    // In its place, with its exit code.
    let printed = ask(&["-"]);
    assert_eq!((printed.code, printed.stdout), (1, written.clone()));
    assert_eq!(ask(&["-", "--exit-zero"]).code, 0);
    // It is about these two policies in this order.
    let back = bench.run(&[
        "check-no-new-access",
        "--existing-policy-document",
        READ_ALL,
        "--new-policy-document",
        READ_ONE,
        "--smt-lib",
        "-",
    ]);
    assert_eq!(back.code, 0);
    assert_ne!(back.stdout, written);
}

#[test]
fn a_question_that_solvers_cannot_be_asked_is_refused_with_the_reason() {
    let question = |existing, new| {
        let words = ["check-no-new-access", "--existing-policy-document", existing];
        [&words[..], &["--new-policy-document", new, "--smt-lib", "-"]].concat()
    };
    refused(
        &question(SOME_FOLDER, OWN_FOLDER),
        "SMT-LIB cannot say a policy variable",
    );
    refused(&question(READ_ONE, OPEN), "cannot be interpreted");
    let mut elsewhere = question(READ_ONE, READ_ALL);
    elsewhere.pop();
    elsewhere.push("no-such-folder/question.smt2");
    refused(&elsewhere, "`no-such-folder/question.smt2` cannot be written");
    refused(
        &["check-no-new-access", "--batch", "lines.jsonl", "--smt-lib", "-"],
        "leave `--smt-lib` out",
    );
}
