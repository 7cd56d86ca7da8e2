use leastpriv_checks::vet::Mode;
use leastpriv_policy::json;
use leastpriv_policy::kind::PolicyKind;

use super::*;

const POLICY: &str = r#"{\"Version\":\"2012-10-17\",\"Statement\":[]}"#;

/// Reads a plan of some changes and of some resources in its configuration.
fn reading(changes: &str, configuration: &str) -> Reading {
    let text = format!(
        r#"{{"format_version":"1.2","resource_changes":[{}],"configuration":{{"root_module":{configuration}}}}}"#,
        changes.replace("POLICY", POLICY)
    );
    let (value, problems) = json::parse(&text);
    assert!(problems.is_empty(), "{problems:?} in {text}");
    read(&value, &problems, &text)
}

fn attribute(origin: &Origin) -> String {
    match origin {
        Origin::File => "the file".to_owned(),
        Origin::Plan { address, attribute, .. } => format!("{address} {attribute}"),
    }
}

fn documents(reading: &Reading) -> Vec<(String, PolicyKind)> {
    reading
        .inputs
        .iter()
        .filter_map(|input| input.document.as_ref())
        .map(|document| (attribute(&document.site.origin), document.kind))
        .collect()
}

fn arns(reading: &Reading) -> Vec<&str> {
    reading
        .inputs
        .iter()
        .flat_map(|input| &input.managed_policies)
        .map(|policy| policy.arn.as_str())
        .collect()
}

fn blanks(reading: &Reading) -> Vec<String> {
    reading
        .unjudged
        .iter()
        .map(|blank| format!("{}: {}", attribute(&blank.origin), blank.reason))
        .collect()
}

#[test]
fn a_policy_is_found_in_any_string_of_any_resource() {
    let reading = reading(
        r#"{"address":"a.known","mode":"managed","type":"aws_iam_user_policy","name":"known",
             "change":{"actions":["no-op"],"after":{"policy":"POLICY","name":"x"}}},
           {"address":"a.unheard_of","mode":"managed","type":"unheard_of","name":"x",
             "change":{"actions":["update"],"after":{"blocks":[{"text":"POLICY"},{"text":"{\"a\":1}"}]}}},
           {"address":"a.nested","mode":"managed","type":"vault_generic_endpoint","name":"x",
             "change":{"actions":["create"],"after":{"data_json":
               "{\"credential_type\":\"iam_user\",\"policy_document\":\"{\\\"Statement\\\":[]}\"}"}}}"#,
        "{}",
    );
    assert_eq!(
        documents(&reading),
        [
            ("a.known policy".to_owned(), PolicyKind::UserInline),
            ("a.unheard_of blocks[0].text".to_owned(), PolicyKind::Identity),
            (
                "a.nested jsondecode(data_json).policy_document".to_owned(),
                PolicyKind::UserInline
            ),
        ]
    );
    assert_eq!(blanks(&reading), Vec::<String>::new());
}

#[test]
fn a_known_policy_attribute_is_judged_whatever_it_holds() {
    let reading = reading(
        r#"{"address":"a.b","mode":"managed","type":"aws_iam_policy","name":"b",
             "change":{"actions":["create"],"after":{"policy":"not json"}}},
           {"address":"a.c","mode":"managed","type":"aws_iam_role","name":"c",
             "change":{"actions":["create"],"after":{"inline_policy":[{"policy":""}],"assume_role_policy":null}}}"#,
        "{}",
    );
    assert_eq!(documents(&reading), [("a.b policy".to_owned(), PolicyKind::Managed)]);
}

#[test]
fn what_is_known_only_after_apply_is_not_judged_unless_nobody_set_it() {
    let reading = reading(
        r#"{"address":"aws_iam_policy.set","mode":"managed","type":"aws_iam_policy","name":"set",
             "change":{"actions":["create"],"after":{},"after_unknown":{"policy":true,"arn":true}}},
           {"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b",
             "change":{"actions":["create"],"after":{},"after_unknown":{"policy":true,"id":true}}},
           {"address":"module.m[\"k\"].other.x","module_address":"module.m[\"k\"]","mode":"managed","type":"other","name":"x",
             "change":{"actions":["create"],"after":{"block":[{}]},"after_unknown":{"block":[{"key_policy":true}]}}},
           {"address":"data.d.x","mode":"data","type":"d","name":"x",
             "change":{"actions":["read"],"after":{},"after_unknown":{"policy":true}}}"#,
        r#"{"resources":[
             {"address":"aws_iam_policy.set","expressions":{"policy":{"references":["aws_s3_bucket.b.arn"]}}},
             {"address":"aws_s3_bucket.b","expressions":{"bucket":{}}}]}"#,
    );
    assert_eq!(
        blanks(&reading),
        [
            "aws_iam_policy.set policy: its value is known only after apply",
            "module.m[\"k\"].other.x block[0].key_policy: its value is known only after apply",
        ]
    );
    assert_eq!(
        reading.left_to_provider.iter().collect::<Vec<_>>(),
        ["aws_s3_bucket.b.policy"]
    );
}

#[test]
fn an_attached_policy_of_the_same_plan_is_judged_where_it_is_defined() {
    let reading = reading(
        r#"{"address":"aws_iam_policy.new","mode":"managed","type":"aws_iam_policy","name":"new",
             "change":{"actions":["create"],"after":{"policy":"POLICY"},"after_unknown":{"arn":true}}},
           {"address":"aws_iam_policy.old","mode":"managed","type":"aws_iam_policy","name":"old",
             "change":{"actions":["no-op"],"after":{"policy":"POLICY","arn":"arn:aws:iam::123456789012:policy/old"}}},
           {"address":"aws_iam_role_policy_attachment.new","mode":"managed","type":"aws_iam_role_policy_attachment","name":"new",
             "change":{"actions":["create"],"after":{},"after_unknown":{"policy_arn":true}}},
           {"address":"aws_iam_role_policy_attachment.old","mode":"managed","type":"aws_iam_role_policy_attachment","name":"old",
             "change":{"actions":["no-op"],"after":{"policy_arn":"arn:aws:iam::123456789012:policy/old"}}},
           {"address":"aws_iam_role_policy_attachment.elsewhere","mode":"managed","type":"aws_iam_role_policy_attachment","name":"elsewhere",
             "change":{"actions":["create"],"after":{},"after_unknown":{"policy_arn":true}}},
           {"address":"aws_iam_role.r","mode":"managed","type":"aws_iam_role","name":"r",
             "change":{"actions":["no-op"],"after":{"managed_policy_arns":["arn:aws:iam::aws:policy/ReadOnlyAccess"]}}}"#,
        r#"{"resources":[
             {"address":"aws_iam_role_policy_attachment.new","expressions":{"policy_arn":
               {"references":["aws_iam_policy.new[\"a.b\"].arn","aws_iam_policy.new[\"a.b\"]","aws_iam_policy.new"]}}},
             {"address":"aws_iam_role_policy_attachment.elsewhere","expressions":{"policy_arn":
               {"references":["module.policies.arn","module.policies"]}}}]}"#,
    );
    assert_eq!(arns(&reading), ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    assert_eq!(
        blanks(&reading),
        ["aws_iam_role_policy_attachment.elsewhere policy_arn: its value is known only after apply"]
    );
}

#[test]
fn a_role_of_ours_is_one_input_with_its_rules() {
    let reading = reading(
        r#"{"address":"leastpriv_aws_secret_backend_role.r","mode":"managed","type":"leastpriv_aws_secret_backend_role","name":"r",
             "change":{"actions":["create"],"after":{"credential_type":"assumed_role","policy_document":"POLICY",
               "policy_arns":["arn:aws:iam::aws:policy/AdministratorAccess"],"validate":"warn","exception":[
                 {"check":"service-wildcard","reason":"migration","owner":"team","expires":"2027-01-31"},
                 {"check":"policy-size","reason":"r","owner":"o","expires":"2027-02-30"}]}}}"#,
        "{}",
    );
    let [input] = reading.inputs.as_slice() else {
        panic!("{reading:?}")
    };
    assert_eq!(input.document.as_ref().unwrap().kind, PolicyKind::Session);
    assert_eq!(input.managed_policies.len(), 1);
    assert_eq!(input.mode, Mode::Warn);
    let [exception] = input.exceptions.as_slice() else {
        panic!("{reading:?}")
    };
    assert_eq!(
        (exception.check.as_str(), exception.owner.as_str()),
        ("service-wildcard", "team")
    );
    assert_eq!(
        reading.notes,
        [
            "`leastpriv_aws_secret_backend_role.r`: exception 2 names no check or no date, or is not known yet, and exempts nothing"
        ]
    );
}

#[test]
fn what_goes_away_is_counted_and_not_judged() {
    let reading = reading(
        r#"{"address":"a.deleted","mode":"managed","type":"aws_iam_policy","name":"deleted",
             "change":{"actions":["delete"],"before":{"policy":"POLICY"},"after":null}},
           {"address":"a.forgotten","mode":"managed","type":"aws_iam_policy","name":"forgotten",
             "change":{"actions":["forget"],"before":{"policy":"POLICY"},"after":null}},
           {"address":"a.replaced","mode":"managed","type":"aws_iam_policy","name":"replaced",
             "change":{"actions":["delete","create"],"before":{"policy":"{}"},"after":{"policy":"POLICY"}}}"#,
        "{}",
    );
    assert_eq!(reading.destroyed_resources, 2);
    assert_eq!(
        documents(&reading),
        [("a.replaced policy".to_owned(), PolicyKind::Managed)]
    );
}

#[test]
fn sensitive_attributes_are_marked_with_everything_inside_them() {
    let reading = reading(
        r#"{"address":"a.b","mode":"managed","type":"x","name":"b",
             "change":{"actions":["create"],"after":{"open":"POLICY","closed":"{\"p\":\"{\\\"Statement\\\":[]}\"}"},
                       "after_sensitive":{"closed":true}}}"#,
        "{}",
    );
    let marks: Vec<_> = reading
        .inputs
        .iter()
        .map(|input| input.document.as_ref().unwrap().site.sensitive)
        .collect();
    assert_eq!(marks, [false, true]);
}

#[test]
fn plans_of_other_makes_are_read_as_far_as_they_are_understood() {
    let read_text = |text: &str| {
        let (value, problems) = json::parse(text);
        read(&value, &problems, text)
    };
    for version in ["0.1", "0.2", "1.0", "1.2", "1.9"] {
        let text = format!(r#"{{"format_version":"{version}","resource_changes":[]}}"#);
        assert_eq!(blanks(&read_text(&text)), Vec::<String>::new(), "{version}");
    }
    assert_eq!(
        blanks(&read_text(
            r#"{"format_version":"2.0","resource_changes":[{"change":{"after":{"p":"{\"Statement\":[]}"}}}]}"#
        )),
        ["the file: plans of format version `2.0` are not known"]
    );
    assert_eq!(
        blanks(&read_text(
            r#"{"format_version":"1.2","errored":true,"resource_changes":[]}"#
        )),
        ["the file: planning ended in an error, so changes may be missing from the plan"]
    );
    let partial = read_text(
        r#"{"format_version":"1.2","complete":false,"resource_changes":[],"deferred_changes":[{"reason":"x",
            "resource_change":{"address":"a.b","type":"aws_iam_policy","name":"b","change":{"after":{"policy":"{}"}}}}]}"#,
    );
    assert_eq!(documents(&partial), [("a.b policy".to_owned(), PolicyKind::Managed)]);
    assert_eq!(partial.notes.len(), 1);
    let cut = read_text(
        r#"{"format_version":"1.2","resource_changes":[{"address":"a.b","type":"aws_iam_policy","change":{"after":{"policy":"{}"}}},{"addr"#,
    );
    assert_eq!(documents(&cut), [("a.b policy".to_owned(), PolicyKind::Managed)]);
    assert!(
        blanks(&cut)[0].starts_with("the file: the plan is damaged"),
        "{:?}",
        blanks(&cut)
    );
    // Nothing of the expected shape, and nothing to trip over.
    for text in [
        r#"{"format_version":"1.2","resource_changes":{}}"#,
        r#"{"format_version":"1.2","resource_changes":[null,1,{},{"change":1},{"change":{"after":[]}}]}"#,
        r#"{"format_version":"1.2","resource_changes":[{"change":{"after":{"p":1},"after_unknown":true,"after_sensitive":1}}],"configuration":[]}"#,
    ] {
        assert!(read_text(text).inputs.is_empty());
    }
}

#[test]
fn policies_inside_json_are_found_as_objects_and_as_arns() {
    let reading = reading(
        r#"{"address":"a.state","mode":"managed","type":"aws_cloudcontrolapi_resource","name":"s",
             "change":{"actions":["create"],"after":{"desired_state":
               "{\"Policies\":[{\"PolicyDocument\":{\"Statement\":[{\"Effect\":\"Allow\"}]}}]}"}}},
           {"address":"a.raw","mode":"managed","type":"vault_generic_endpoint","name":"r",
             "change":{"actions":["create"],"after":{"data_json":
               "{\"credential_type\":\"iam_user\",\"policy_arns\":[\"arn:aws:iam::aws:policy/AdministratorAccess\"]}"}}},
           {"address":"a.cc","mode":"managed","type":"awscc_iam_user","name":"u",
             "change":{"actions":["create"],"after":{"managed_policy_arns":["arn:aws:iam::aws:policy/IAMFullAccess"]}}}"#,
        "{}",
    );
    assert_eq!(
        documents(&reading),
        [(
            "a.state jsondecode(desired_state).Policies[0].PolicyDocument".to_owned(),
            PolicyKind::Identity
        )]
    );
    assert_eq!(
        arns(&reading),
        [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/IAMFullAccess"
        ]
    );
}

#[test]
fn the_policy_of_a_resource_is_judged_as_one_whatever_its_text_looks_like() {
    let reading = reading(
        r#"{"address":"a.b","mode":"managed","type":"aws_s3_bucket_policy","name":"b",
             "change":{"actions":["create"],"after":{"policy":"{'Statement':[]}"}}},
           {"address":"a.s","mode":"managed","type":"aws_lb_listener","name":"s",
             "change":{"actions":["create"],"after":{},"after_unknown":{"ssl_policy":true}}},
           {"address":"a.v","mode":"managed","type":"vault_policy","name":"v",
             "change":{"actions":["create"],"after":{},"after_unknown":{"policy":true}}},
           {"address":"a.r","mode":"managed","type":"vault_generic_endpoint","name":"r",
             "change":{"actions":["create"],"after":{"path":"aws/roles/ci"},"after_unknown":{"data_json":true}}}"#,
        "{}",
    );
    assert_eq!(documents(&reading), [("a.b policy".to_owned(), PolicyKind::Resource)]);
    assert_eq!(blanks(&reading), ["a.r data_json: its value is known only after apply"]);
}

#[test]
fn an_attachment_for_each_of_the_policies_of_the_plan_is_judged_where_they_are_defined() {
    let changes = r#"{"address":"aws_iam_policy.p[\"a\"]","mode":"managed","type":"aws_iam_policy","name":"p",
             "change":{"actions":["create"],"after":{"policy":"POLICY"}}},
           {"address":"aws_iam_role_policy_attachment.a[\"a\"]","mode":"managed","type":"aws_iam_role_policy_attachment",
             "name":"a","change":{"actions":["create"],"after":{},"after_unknown":{"policy_arn":true}}}"#;
    let with = |expression: &str, for_each: &str| {
        let configuration = format!(
            r#"{{"resources":[{{"address":"aws_iam_role_policy_attachment.a",
                "expressions":{{"policy_arn":{{"references":{expression}}}}},
                "for_each_expression":{{"references":{for_each}}}}}]}}"#
        );
        blanks(&reading(changes, &configuration)).len()
    };
    assert_eq!(with(r#"["aws_iam_policy.p","each.key"]"#, "[]"), 0);
    assert_eq!(with(r#"["each.value.arn","each.value"]"#, r#"["aws_iam_policy.p"]"#), 0);
    assert_eq!(with(r#"["each.value"]"#, r#"["var.arns"]"#), 1);
    assert_eq!(with(r#"["each.key"]"#, "[]"), 1);
}

#[test]
fn the_names_inside_a_sensitive_attribute_are_not_told() {
    let reading = reading(
        r#"{"address":"a.s","mode":"managed","type":"x","name":"s","change":{"actions":["create"],
             "after":{"data_json":"{\"planted-name\":\"POLICY2\"}"},"after_sensitive":{"data_json":true}}}"#
            .replace("POLICY2", r#"{\\\"Statement\\\":[]}"#)
            .as_str(),
        "{}",
    );
    assert_eq!(
        documents(&reading),
        [("a.s jsondecode(data_json)".to_owned(), PolicyKind::Identity)]
    );
}

#[test]
fn what_a_role_is_compared_with_is_none_of_its_policies() {
    let role = |after: &str, unknown: &str| {
        format!(
            r#"{{"address":"a.role","mode":"managed","type":"leastpriv_aws_secret_backend_role","name":"role",
                 "change":{{"actions":["create"],"after":{{"credential_type":"assumed_role","validate":"off",{after}}},
                            "after_unknown":{{{unknown}}}}}}}"#
        )
    };
    let known = reading(
        &role(
            r#""assumed_role_policies":["POLICY","POLICY"],"policy_ceiling":"POLICY","policy_document":"POLICY""#,
            "",
        ),
        "{}",
    );
    assert_eq!(
        documents(&known),
        [("a.role policy_document".to_owned(), PolicyKind::Session)]
    );
    assert_eq!(known.inputs[0].mode, Mode::Off, "the mode is that of the role's policy");
    let late = r#""assumed_role_policies":true,"policy_ceiling":true,"policy_document":true"#;
    let resources = r#"{"resources":[{"address":"a.role","mode":"managed","type":"leastpriv_aws_secret_backend_role","name":"role",
        "expressions":{"assumed_role_policies":{"references":["a"]},"policy_ceiling":{"references":["a"]},"policy_document":{"references":["a"]}}}]}"#;
    let unknown = reading(&role(r#""name":"role""#, late), resources);
    assert_eq!(
        blanks(&unknown),
        ["a.role policy_document: its value is known only after apply"]
    );
    assert_eq!(unknown.unjudged[0].kind, Some(PolicyKind::Session));
}
