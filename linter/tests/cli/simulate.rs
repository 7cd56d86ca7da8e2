//! `simulate`, with the arguments and the answers of the AWS CLI.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

pub(crate) const READER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::reports/*"
    },
    {
      "Sid": "Write",
      "Effect": "Allow",
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::reports/*",
      "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"s3:x-amz-acl": "private"}}
    },
    {
      "Sid": "Keep",
      "Effect": "Deny",
      "Action": "s3:Delete*",
      "Resource": "*"
    }
  ]
}"#;
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
pub(crate) const QUEUES: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
pub(crate) const REPORT: &str = "arn:aws:s3:::reports/monthly.txt";
pub(crate) const ADA: &str = "arn:aws:iam::111111111111:user/ada";

fn simulate(arguments: &[&str]) -> Ran {
    Bench::new().run(&[&["simulate"], arguments].concat())
}

fn results(arguments: &[&str]) -> Vec<Value> {
    let ran = simulate(arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["IsTruncated"], json!(false));
    answer["EvaluationResults"].as_array().unwrap().clone()
}

fn result(arguments: &[&str]) -> Value {
    let mut results = results(arguments);
    assert_eq!(results.len(), 1, "{results:?}");
    results.remove(0)
}

/// Reading a report, with more arguments.
fn read(more: &[&str]) -> Value {
    let words = [
        "--policy-input-list",
        READER,
        "--action-names",
        "s3:GetObject",
        "--resource-arns",
        REPORT,
    ];
    result(&[&words, more].concat())
}

fn refused(arguments: &[&str], with: &str) {
    let ran = simulate(arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{arguments:?}");
    assert!(ran.stderr.contains(with), "{arguments:?}: {}", ran.stderr);
}

/// The example of the reference of the AWS CLI. AWS's start is where its parser stood, one column further.
#[test]
fn the_example_of_aws_gets_the_answer_of_aws() {
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;
    let ask = |time: &str| {
        let entry = format!("ContextKeyName='aws:CurrentTime',ContextKeyValues='{time}',ContextKeyType=date");
        result(&[
            "--policy-input-list",
            policy,
            "--resource-arns",
            "*",
            "--action-names",
            "dynamodb:CreateBackup",
            "--context-entries",
            &entry,
        ])
    };
    let allowed = json!({
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [{
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 1, "Column": 37},
            "EndPosition": {"Line": 1, "Column": 167},
        }],
        "MissingContextValues": [],
    });
    assert_eq!(ask("2019-04-25T11:00:00Z"), allowed);
    let denied = ask("2014-04-25T11:00:00Z");
    assert_eq!(
        (&denied["EvalDecision"], &denied["MatchedStatements"]),
        (&json!("implicitDeny"), &json!([]))
    );
}

#[test]
fn every_action_is_asked_of_every_resource_in_order() {
    let words = [
        "--policy-input-list",
        READER,
        QUEUES,
        "--action-names",
        "s3:GetObject",
        "s3:DeleteObject",
        "sqs:SendMessage",
        "--resource-arns",
        REPORT,
        "arn:aws:s3:::others/x",
        "--region",
        "eu-west-1",
        "--resource-handling-option",
        "EC2-VPC-InstanceStore",
    ];
    let results = results(&words);
    let decisions: Vec<_> = results
        .iter()
        .map(|result| result["EvalDecision"].as_str().unwrap())
        .collect();
    assert_eq!(
        decisions,
        [
            "allowed",
            "implicitDeny",
            "explicitDeny",
            "explicitDeny",
            "allowed",
            "allowed"
        ]
    );
    assert_eq!(results[1]["EvalResourceName"], "arn:aws:s3:::others/x");
    // A resource that is named has its part of the answer, too, and the details that only another account fills.
    assert_eq!(results[0]["EvalDecisionDetails"], json!({}));
    let specific = &results[0]["ResourceSpecificResults"][0];
    assert_eq!(
        (&specific["EvalResourceName"], &specific["EvalResourceDecision"]),
        (&json!(REPORT), &json!("allowed"))
    );
    let deciding = &results[2]["MatchedStatements"];
    assert_eq!(deciding[0]["StartPosition"], json!({"Line": 17, "Column": 5}));
    assert_eq!(deciding[0]["EndPosition"], json!({"Line": 22, "Column": 6}));
    assert_eq!(
        results[4]["MatchedStatements"][0]["SourcePolicyId"],
        "PolicyInputList.2"
    );
}

#[test]
fn keys_that_were_asked_for_in_vain_are_told_as_they_are_written() {
    let words = [
        "--policy-input-list",
        READER,
        "--action-names",
        "s3:PutObject",
        "--resource-arns",
        REPORT,
    ];
    let denied = result(&words);
    assert_eq!(denied["EvalDecision"], "implicitDeny");
    assert_eq!(denied["MissingContextValues"], json!(["aws:MultiFactorAuthPresent"]));
    let entries = json!([
        {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
        {"ContextKeyName": "s3:x-amz-acl", "ContextKeyValues": ["private"], "ContextKeyType": "string"},
    ]);
    let allowed = result(&[&words[..], &["--context-entries", &entries.to_string()]].concat());
    assert_eq!(allowed["EvalDecision"], "allowed");
}

#[test]
fn without_a_caller_nothing_is_known_of_it() {
    let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}}"#;
    let words = [
        "--policy-input-list",
        own,
        "--action-names",
        "s3:GetObject",
        "--resource-arns",
        "arn:aws:s3:::b/ada/x",
    ];
    let nobody = result(&words);
    assert_eq!(
        (&nobody["EvalDecision"], &nobody["MissingContextValues"]),
        (&json!("implicitDeny"), &json!(["aws:username"]))
    );
    assert_eq!(
        result(&[&words[..], &["--caller-arn", ADA]].concat())["EvalDecision"],
        "allowed"
    );
    let entry = "ContextKeyName=aws:username,ContextKeyValues=ada,ContextKeyType=string";
    assert_eq!(
        result(&[&words[..], &["--context-entries", entry]].concat())["EvalDecision"],
        "allowed"
    );
}

#[test]
fn a_boundary_and_an_organization_tell_their_own_verdict() {
    let with = |more: &[&str]| {
        let found = read(more);
        let organization = found["OrganizationsDecisionDetail"]["AllowedByOrganizations"].as_bool();
        let boundary = found["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"].as_bool();
        (
            found["EvalDecision"].as_str().unwrap().to_owned(),
            boundary,
            organization,
        )
    };
    let boundary = "--permissions-boundary-policy-input-list";
    let control = "--service-control-policy-input-list";
    let is = |decision: &str, boundary, organization| (decision.to_owned(), boundary, organization);
    assert_eq!(with(&[]), is("allowed", None, None));
    assert_eq!(with(&[boundary, QUEUES]), is("implicitDeny", Some(false), None));
    assert_eq!(with(&[boundary, EVERYTHING]), is("allowed", Some(true), None));
    // Two policies of one level add up, two levels limit each other.
    assert_eq!(with(&[control, QUEUES, EVERYTHING]), is("allowed", None, Some(true)));
    assert_eq!(
        with(&[control, EVERYTHING, control, QUEUES]),
        is("implicitDeny", None, Some(false))
    );
    assert_eq!(
        with(&[boundary, EVERYTHING, control, QUEUES]),
        is("implicitDeny", Some(true), Some(false))
    );
    let input = json!({"ServiceControlPolicyInputList": [[EVERYTHING], [QUEUES, EVERYTHING]]}).to_string();
    assert_eq!(with(&["--cli-input-json", &input]), is("allowed", None, Some(true)));
    // AWS's own argument for them.
    let levels = |second: &[&str]| json!([{"ServiceControlPolicyInputList": [EVERYTHING]}, {"ServiceControlPolicyInputList": second}]);
    let ordered = "--ordered-organization-policy-input-list";
    let limited = levels(&[QUEUES]).to_string();
    assert_eq!(with(&[ordered, &limited]), is("implicitDeny", None, Some(false)));
    let open = json!({"OrderedOrganizationPolicyInputList": levels(&[QUEUES, EVERYTHING])}).to_string();
    assert_eq!(with(&["--cli-input-json", &open]), is("allowed", None, Some(true)));
    let broken = json!([{"ServiceControlPolicyInputList": ["{"]}]).to_string();
    for (more, with) in [
        (
            &[ordered, "[\"{}\"]"][..],
            "a level is `{\"ServiceControlPolicyInputList\": […]}`",
        ),
        (&[ordered, EVERYTHING], "a level is"),
        (&[ordered, "["], "`--ordered-organization-policy-input-list`: line 1"),
        (
            &[ordered, &broken],
            "`--ordered-organization-policy-input-list` 1.1: line 1",
        ),
        (
            &[ordered, &limited, control, QUEUES],
            "both give service control policies",
        ),
    ] {
        let ran = simulate(more);
        assert!(ran.code == 3 && ran.stderr.contains(with), "{more:?}: {}", ran.stderr);
    }
}

#[test]
fn session_endpoint_and_resource_control_policies_take_away() {
    let anybody = |effect: &str, action: &str| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Principal": "*", "Action": action, "Resource": "*"}]})
        .to_string()
    };
    let (all, queues) = (anybody("Allow", "*"), anybody("Allow", "sqs:*"));
    let denial = anybody("Deny", "s3:*");
    for (more, decision) in [
        (["--session-policy", EVERYTHING], "allowed"),
        (["--session-policy", QUEUES], "implicitDeny"),
        (["--endpoint-policy", &all], "allowed"),
        (["--endpoint-policy", &queues], "implicitDeny"),
        (["--resource-control-policy-input-list", &queues], "allowed"),
        (["--resource-control-policy-input-list", &denial], "explicitDeny"),
    ] {
        let found = read(&[&more[..], &["--caller-arn", ADA]].concat());
        assert_eq!(found["EvalDecision"], decision, "{more:?}");
    }
    let found = read(&["--resource-control-policy-input-list", &denial]);
    assert_eq!(
        found["MatchedStatements"][0]["SourcePolicyId"],
        "ResourceControlPolicyInputList.1"
    );
}

#[test]
fn a_resource_of_another_account_needs_both_sides() {
    let shared = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ADA}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}]})
    .to_string();
    let caller = ["--caller-arn", ADA];
    let owned = [
        "--caller-arn",
        ADA,
        "--resource-owner",
        "arn:aws:iam::222222222222:root",
    ];
    assert_eq!(read(&caller)["EvalDecision"], "allowed");
    let alone = read(&owned);
    assert_eq!(alone["EvalDecision"], "implicitDeny");
    let details = json!({"IAM Policy": "allowed", "Resource Policy": "implicitDeny"});
    assert_eq!(alone["EvalDecisionDetails"], details);
    let both = read(&[&owned[..], &["--resource-policy", &shared]].concat());
    let details = json!({"IAM Policy": "allowed", "Resource Policy": "allowed"});
    assert_eq!(
        (&both["EvalDecision"], &both["EvalDecisionDetails"]),
        (&json!("allowed"), &details)
    );
    assert_eq!(both["MatchedStatements"].as_array().unwrap().len(), 2);
    assert_eq!(both["MatchedStatements"][1]["SourcePolicyType"], "Resource Policy");
}

#[test]
fn a_key_obeys_its_own_policy_first() {
    let keys = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}}"#;
    let of = |principal: &str| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]})
        .to_string()
    };
    let ask = |policy: &str| {
        result(&[
            "--policy-input-list",
            keys,
            "--action-names",
            "kms:Decrypt",
            "--resource-arns",
            "arn:aws:kms:eu-west-1:111111111111:key/1234",
            "--caller-arn",
            ADA,
            "--resource-policy",
            policy,
        ])["EvalDecision"]
            .clone()
    };
    assert_eq!(ask(&of("arn:aws:iam::111111111111:root")), "allowed");
    assert_eq!(ask(&of("arn:aws:iam::111111111111:user/bob")), "implicitDeny");
}

#[test]
fn what_aws_leaves_open_is_unknown_with_its_reason() {
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLikes":{"aws:username":"a"}}}}"#;
    let found = result(&["--policy-input-list", policy, "--action-names", "s3:GetObject"]);
    assert_eq!(found["EvalDecision"], "unknown");
    assert_eq!(found["UnknownReason"], "an unknown condition operator");
}

#[test]
fn an_explanation_names_the_element_that_failed_first() {
    let found = read(&["--explain"]);
    let statements: Vec<_> = found["UnmatchedStatements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["StatementId"].as_str().unwrap(),
                one["FailedElement"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(statements, [("Write", "Action"), ("Keep", "Action")]);
    assert!(read(&[]).get("UnmatchedStatements").is_none());
}

#[test]
fn a_table_needs_no_colour_and_tells_why() {
    let words = [
        "--policy-input-list",
        READER,
        "--action-names",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "--resource-arns",
        REPORT,
        "arn:aws:s3:::others/x",
        "--output",
        "table",
    ];
    let table = simulate(&words);
    assert_eq!((table.code, table.stderr.as_str()), (0, ""));
    assert_eq!(
        table.stdout,
        "                 arn:aws:s3:::reports/monthly.txt  arn:aws:s3:::others/x\n\
         s3:GetObject     allow                             implicit\n\
         s3:PutObject     implicit                          implicit\n\
         s3:DeleteObject  deny                              deny\n"
    );
    let explained = simulate(&[&words[..], &["--explain"]].concat());
    assert!(
        explained.stdout.contains(
            "\ns3:PutObject on arn:aws:s3:::reports/monthly.txt: implicit deny\n  no identity-based policy allows it\n  \
             nearest: PolicyInputList.1:10:5 Statement[1] (Write), whose `Condition` does not match \
             (`Bool` of `aws:MultiFactorAuthPresent`, `StringEquals` of `s3:x-amz-acl`)\n"
        ),
        "{}",
        explained.stdout
    );
    let wide: Vec<String> = (0..6)
        .map(|number| format!("arn:aws:s3:::a-bucket-with-a-long-name-{number}/x"))
        .collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    let numbered = simulate(
        &[
            &[
                "--policy-input-list",
                READER,
                "--output",
                "table",
                "--action-names",
                "s3:GetObject",
                "--resource-arns",
            ],
            &wide[..],
        ]
        .concat(),
    );
    assert!(
        numbered
            .stdout
            .contains(" [6] arn:aws:s3:::a-bucket-with-a-long-name-5/x\n"),
        "{}",
        numbered.stdout
    );
    assert!(
        numbered.stdout.lines().all(|line| line.len() <= 120),
        "{}",
        numbered.stdout
    );
}

#[test]
fn a_denial_that_no_statement_explains_has_its_reason() {
    let reason = |caller: &str, more: &[&str]| {
        let words = [
            "--policy-input-list",
            EVERYTHING,
            "--output",
            "table",
            "--explain",
            "--caller-arn",
            caller,
        ];
        let ran = simulate(&[&words[..], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.lines().last().unwrap().trim().to_owned()
    };
    let report = ["--action-names", "s3:GetObject", "--resource-arns", REPORT];
    let of_resource = "only the policy of the resource could allow it, and none is given";
    assert_eq!(reason("ec2.amazonaws.com", &report), of_resource);
    assert_eq!(
        reason(ADA, &[&report[..], &["--resource-owner", "222222222222"]].concat()),
        of_resource
    );
    assert_eq!(
        reason("arn:aws:sts::111111111111:federated-user/bob", &report),
        "a federated user has what a session policy gives, and none is given"
    );
    let reserved = [
        "--action-names",
        "iam:DeletePolicy",
        "--resource-arns",
        "arn:aws:iam::aws:policy/AdministratorAccess",
    ];
    assert_eq!(reason(ADA, &reserved), "AWS keeps it for itself");
}

#[test]
fn a_slip_in_an_action_is_told_beside_the_answer() {
    let ran = simulate(&["--policy-input-list", READER, "--action-names", "s3:GetObejct"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.starts_with("note: `s3:GetObejct` is not in the catalog of "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("is it `s3:GetObject`?\n"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_next_step() {
    let policy = ["--policy-input-list", READER];
    let action = ["--action-names", "s3:GetObject"];
    let both = [&policy[..], &action].concat();
    let with = |more: &[&'static str]| [&both[..], more].concat();
    refused(&policy, "`--action-names` is missing");
    refused(&action, "`--policy-input-list` is missing");
    refused(
        &[&policy[..], &["--action-names", "s3:Get*"]].concat(),
        "has a wildcard",
    );
    refused(
        &[&policy[..], &["--action-names", "GetObject"]].concat(),
        "is no action",
    );
    refused(&with(&["--resource-arns", "reports"]), "is no ARN");
    refused(&with(&["--caller-arn", "ada"]), "is no principal");
    refused(&with(&["--resource-owner", "ada"]), "is no account");
    refused(&with(&["--resource-policy", EVERYTHING]), "names no principal");
    let shared = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
    refused(&with(&["--resource-policy", shared]), "needs `--caller-arn`");
    refused(
        &with(&["--policy-input-list", "{"]),
        "`--policy-input-list` 2: line 1, column 1",
    );
    refused(
        &with(&["--policy-input-list", "reader.json"]),
        "a file is written `file://PATH`",
    );
    refused(
        &with(&["--policy-input-list", "file://absent.json"]),
        "`absent.json` cannot be read",
    );
    refused(
        &with(&[
            "--service-control-policy-input-list",
            QUEUES,
            "--service-control-policy-input-list",
            "[1]",
        ]),
        "it is a number",
    );
    refused(
        &with(&["--permissions-boundary-policy-input-list", QUEUES, EVERYTHING]),
        "one permissions boundary at most",
    );
    refused(
        &with(&["--context-entries", "aws:username=ada"]),
        "ContextKeyName=aws:username",
    );
    refused(
        &with(&["--cli-input-json", r#"{"ActionName":["s3:GetObject"]}"#]),
        "is it `ActionNames`?",
    );
    refused(&with(&["--cli-input-json", "{\n\"A\":"]), "line 2, column");
    refused(&with(&["--output", "text"]), "[possible values: json, table]");
}
