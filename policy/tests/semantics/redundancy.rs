//! What is redundant, impossible or denied: examples, and over random policies the law that a policy without what is said
//! to add nothing means the same, both by the comparison and before the slow evaluator. `COMPARE_PAIRS` sets how many are tried.

use leastpriv_policy::compare::{
    Containment, Impossible, Needless, denied_statements, equivalent, impossible, overlapping_actions,
    overlapping_resources, redundant_statements,
};
use leastpriv_policy::document::{Document, Text, parse};
use serde_json::{Value, json};

use super::compare::plain;
use super::slow::{self, Case, Who};
use super::universe::Dice;

fn pairs() -> u64 {
    std::env::var("COMPARE_PAIRS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(400)
}

fn document(policy: &Value) -> Document {
    parse(&policy.to_string()).document
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn with(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

fn redundant(statements: &[Value]) -> Vec<(usize, Vec<usize>, bool)> {
    let found = redundant_statements(&document(&policy(statements)));
    let short = |Needless {
                     statement,
                     by,
                     is_repeated,
                 }| (statement, by, is_repeated);
    found.into_iter().map(short).collect()
}

fn texts(list: &[&str]) -> Vec<Text> {
    let text = |text: &&str| Text {
        text: (*text).to_owned(),
        ..Text::default()
    };
    list.iter().map(text).collect()
}

/// Groups as the one that covers, then the others.
fn groups(overlaps: Vec<leastpriv_policy::compare::Overlap>) -> Vec<Vec<usize>> {
    let group = |mut overlap: leastpriv_policy::compare::Overlap| {
        overlap.covered.insert(0, overlap.widest);
        overlap.covered
    };
    overlaps.into_iter().map(group).collect()
}

#[test]
fn a_list_is_left_with_what_covers_the_rest() {
    let actions = |list: &[&str]| groups(overlapping_actions(&texts(list)));
    assert_eq!(
        actions(&["sns:ListTopics", "sns:Get*", "SNS:list*", "sns:ListSubscriptions"]),
        [vec![2, 0, 3]]
    );
    assert_eq!(actions(&["ec2:Run", "ec2:run", "ec2:Run"]), [vec![0, 1, 2]]);
    assert_eq!(
        actions(&["s3:Get?*", "s3:Get*?", "s3:*", "s3:GetX", "s3:*"]),
        [vec![2, 0, 1, 3, 4]]
    );
    assert_eq!(actions(&["s3:Get*", "s3:*Object", "s3:GetObject"]), [vec![0, 2]]);
    assert_eq!(actions(&["s3:Get*", "s3:Put*", "s3:*Object"]), Vec::<Vec<usize>>::new());

    let resources = |list: &[&str]| groups(overlapping_resources(&texts(list)));
    assert_eq!(
        resources(&["arn:aws:s3:::b-*/*", "arn:aws:s3:::b-*", "arn:aws:s3:::B-1"]),
        [vec![1, 0]]
    );
    assert_eq!(resources(&["arn:aws:s3:::x", "*", "**", "bucket"]), [vec![1, 0, 2, 3]]);
    assert_eq!(
        resources(&["arn:aws:sqs", "arn:aws:sqs:us-east-1:111111111111:q"]),
        [vec![0, 1]]
    );
    // A star stays in its field, and a variable is not its name.
    for apart in [
        ["arn:aws:logs:*:*:log-group:x", "arn:aws:logs:*:*:x"],
        ["arn:aws:s3:::home/?????????", "arn:aws:s3:::home/${aws:a}"],
        ["arn:aws:s3:::home/${aws:a}*", "arn:aws:s3:::home/${aws:a}/${aws:b}"],
        ["arn:aws:s3:::x", "x"],
    ] {
        assert_eq!(resources(&apart), Vec::<Vec<usize>>::new(), "{apart:?}");
    }
    assert_eq!(
        resources(&["arn:aws:s3:::home/*", "arn:aws:s3:::home/${aws:a}"]),
        [vec![0, 1]]
    );
}

#[test]
fn a_statement_goes_only_where_others_of_its_effect_cover_it() {
    let (narrow, wide) = (
        allow("s3:GetObject", "arn:aws:s3:::b/x"),
        allow("s3:*", "arn:aws:s3:::b/*"),
    );
    assert_eq!(redundant(&[narrow.clone(), wide.clone()]), [(0, vec![1], false)]);
    assert_eq!(
        redundant(&[wide.clone(), allow("S3:**", "arn:aws:s3:::b/*")]),
        [(1, vec![0], true)]
    );
    // A Deny that meets nothing here limits other policies; one within another does not.
    assert_eq!(redundant(&[narrow.clone(), deny("ec2:*", "*")]), []);
    assert_eq!(
        redundant(&[deny("ec2:RunInstances", "*"), narrow.clone(), deny("ec2:*", "*")]),
        [(0, vec![2], false)]
    );
    // Several together, and those go first that a single one covers.
    let both = json!({"Effect": "Allow", "Action": ["a:x", "a:y"], "Resource": "*"});
    assert_eq!(
        redundant(&[both.clone(), allow("a:x", "*"), allow("a:y", "*")]),
        [(1, vec![0], false), (2, vec![0], false)]
    );
    let [one, other] = ["a:*", "*:y"].map(|action| allow(action, "*"));
    assert_eq!(
        redundant(&[
            json!({"Effect": "Allow", "Action": ["a:x", "b:y"], "Resource": "*"}),
            one,
            other
        ]),
        [(0, vec![1, 2], false)]
    );
    // A condition only narrows.
    let in_region = json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}});
    assert_eq!(redundant(&[with(wide.clone(), in_region.clone()), narrow.clone()]), []);
    assert_eq!(
        redundant(&[wide.clone(), with(wide.clone(), in_region.clone())]),
        [(1, vec![0], false)]
    );
    let like = json!({"StringLike": {"AWS:requestedregion": "eu-*"}});
    assert_eq!(
        redundant(&[with(narrow.clone(), in_region.clone()), with(wide.clone(), like)]),
        [(0, vec![1], false)]
    );
    let elsewhere = json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let halves = [narrow, with(wide.clone(), in_region), with(wide, elsewhere)];
    assert_eq!(redundant(&halves), [(0, vec![1, 2], false)]);
    // Only those are named that are needed.
    let [_, one, other] = halves;
    let unneeded = with(
        allow("s3:Get*", "*"),
        json!({"StringLike": {"aws:RequestedRegion": "us-*"}}),
    );
    assert_eq!(
        redundant(&[allow("s3:GetObject", "arn:aws:s3:::b/x"), unneeded, one, other]),
        [(0, vec![2, 3], false)]
    );
    // A complement.
    let rest = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    let less = json!({"Effect": "Allow", "NotAction": ["IAM:*", "s3:*"], "Resource": "arn:aws:ec2:*"});
    assert_eq!(redundant(&[rest.clone(), less]), [(1, vec![0], false)]);
    assert_eq!(redundant(&[rest, allow("ec2:*", "*")]), [(1, vec![0], false)]);
}

#[test]
fn to_name_a_user_and_to_name_its_account_are_two_grants() {
    let grant = |who: &str| json!({"Effect": "Allow", "Principal": {"AWS": who}, "Action": "s3:*", "Resource": "*"});
    assert_eq!(
        redundant(&[grant("arn:aws:iam::111111111111:user/a"), grant("111111111111")]),
        []
    );
    assert_eq!(
        redundant(&[grant("111111111111"), grant("111111111111")]),
        [(1, vec![0], true)]
    );
}

#[test]
fn an_allow_is_gone_only_where_all_of_it_is_denied() {
    let denied = |statements: &[Value]| -> Vec<(usize, Vec<usize>)> {
        let found = denied_statements(&document(&policy(statements)));
        found.into_iter().map(|one| (one.statement, one.by)).collect()
    };
    let (read, all) = (allow("s3:GetObject", "arn:aws:s3:::b/*"), deny("s3:*", "*"));
    assert_eq!(denied(&[read.clone(), all.clone()]), [(0, vec![1])]);
    assert_eq!(denied(&[read.clone(), deny("s3:*", "arn:aws:s3:::b/x*")]), []);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let no_mfa = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    assert_eq!(denied(&[read.clone(), with(all.clone(), mfa.clone())]), []);
    assert_eq!(
        denied(&[with(read.clone(), mfa.clone()), with(all.clone(), mfa.clone())]),
        [(0, vec![1])]
    );
    assert_eq!(
        denied(&[read.clone(), with(all.clone(), mfa.clone()), with(all.clone(), no_mfa)]),
        []
    );
    let other = json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let region = json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}});
    assert_eq!(denied(&[with(read, region), with(all, other)]), [(0, vec![1])]);
}

#[test]
fn what_no_request_can_have_is_named() {
    let of = |statement: Value| {
        let document = document(&policy(&[statement]));
        impossible(&document, &document.statements[0])
    };
    let tested = |condition: Value| of(with(allow("s3:*", "*"), condition));
    let key = |name: &str| Some(Impossible::Key(name.to_owned()));
    for condition in [
        json!({"StringEquals": {"k:a": "x"}, "StringNotEquals": {"K:A": ["x", "y"]}}),
        json!({"StringEquals": {"k:a": ["x", "y"]}, "StringLike": {"k:a": "z*"}}),
        json!({"NumericLessThan": {"k:a": "1"}, "NumericGreaterThan": {"k:a": "5"}}),
        json!({"DateGreaterThan": {"k:a": "2026-01-01T00:00:00Z"}, "DateLessThan": {"k:a": "2025-01-01T00:00:00Z"}}),
        json!({"IpAddress": {"k:a": "10.0.0.0/8"}, "NotIpAddress": {"k:a": ["10.0.0.0/9", "10.128.0.0/9"]}}),
        json!({"Null": {"k:a": "true"}, "StringEquals": {"k:a": "x"}}),
        json!({"Null": {"k:a": "true"}, "Bool": {"k:a": "true"}}),
        json!({"ForAnyValue:StringEquals": {"k:a": "x"}, "ForAllValues:StringNotEquals": {"k:a": "x"}}),
        json!({"StringEquals": {"k:a": []}}),
        json!({"ArnLike": {"k:a": "arn:aws:iam::1:role/a*"}, "ArnNotLike": {"k:a": "arn:aws:iam::*:role/*"}}),
    ] {
        assert_eq!(tested(condition.clone()), key("k:a"), "{condition}");
    }
    for condition in [
        json!({"StringEquals": {"k:a": "x"}, "StringNotEquals": {"k:b": "x"}}),
        json!({"StringEqualsIfExists": {"k:a": "x"}, "StringNotEqualsIfExists": {"k:a": "x"}}),
        json!({"NumericLessThan": {"k:a": "5"}, "NumericGreaterThan": {"k:a": "1"}}),
        json!({"StringEquals": {"k:a": "${aws:username}"}, "StringNotEquals": {"k:a": "ada"}}),
        json!({"ForAnyValue:StringEquals": {"k:a": "x"}, "ForAnyValue:StringNotEquals": {"k:a": "x"}}),
        json!({"ForAnyValue:StringEquals": {"k:a": "x"}, "StringNotEquals": {"k:a": "x"}}),
        json!({"ForAllValues:StringEquals": {"k:a": []}}),
        json!({"StringNotLike": {"aws:PrincipalArn": "*"}}),
    ] {
        assert_eq!(tested(condition.clone()), None, "{condition}");
    }
    assert_eq!(of(allow("s3:*", "bucket/*")), Some(Impossible::Resource));
    assert_eq!(of(allow("ListBuckets", "*")), Some(Impossible::Action));
    assert_eq!(
        of(json!({"Effect": "Deny", "Action": "s3:*", "NotResource": "*"})),
        Some(Impossible::Resource)
    );
    assert_eq!(
        of(json!({"Effect": "Deny", "NotAction": "*", "Resource": "*"})),
        Some(Impossible::Action)
    );
    assert_eq!(
        of(json!({"Effect": "Allow", "Action": "s3:*", "Resource": ["bucket", "arn:aws:s3:::b"]})),
        None
    );
}

#[test]
fn hostile_policies_cost_little() {
    let started = std::time::Instant::now();
    let many = |count: usize, text: &dyn Fn(usize) -> String| -> Vec<String> { (0..count).map(text).collect() };
    let ends = many(3_000, &|at| format!("*{at}x"));
    let resources = many(400, &|at| format!("arn:aws:s3:::*{at}/x"));
    let wide: Vec<Value> = (0..400)
        .map(|at| {
            json!({"Effect": if at % 2 == 0 { "Allow" } else { "Deny" }, "Action": ["s3:*", "*:Get*"], "Resource": resources,
                "Condition": {"StringNotLike": {"k:a": many(20, &|value| format!("*{at}*{value}*")), "k:b": "x"}}})
        })
        .collect();
    let list = json!({"Effect": "Allow", "Action": ends, "Resource": resources});
    for statements in [wide, vec![list; 40]] {
        let read = document(&policy(&statements));
        redundant_statements(&read);
        denied_statements(&read);
        for statement in &read.statements {
            impossible(&read, statement);
        }
        for list in read
            .statements
            .iter()
            .take(3)
            .flat_map(|one| one.action.iter().chain(&one.resource))
        {
            overlapping_actions(&list.items);
            overlapping_resources(&list.items);
        }
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn a_policy_means_the_same_without_what_adds_nothing() {
    let (mut found, mut proved) = (0_u64, 0_u64);
    for seed in 0..pairs() {
        let dice = &mut Dice::new(seed);
        let mut whole = plain(&dice.policy(false));
        if let Some(statements) = whole["Statement"].as_array_mut() {
            // A policy of chance says little twice.
            let again = statements[dice.roll(statements.len())].clone();
            statements.insert(
                dice.roll(statements.len() + 1),
                if dice.once_in(2) { again } else { narrower(again) },
            );
        }
        let Some(rest) = without_what_adds_nothing(&whole) else {
            continue;
        };
        found += 1;
        let (one, other) = equivalent(&document(&whole), &document(&rest));
        for answer in [&one, &other] {
            assert!(
                !matches!(answer, Containment::Exceeds(_)),
                "seed {seed}: {answer:?}\n{whole:#}\n{rest:#}"
            );
        }
        proved += u64::from((one, other) == (Containment::Contained, Containment::Contained));
        for _ in 0..60 {
            let case = Case {
                who: Who::User("arn:aws:iam::111111111111:user/ada".to_owned()),
                ..dice.case()
            };
            let (before, after) = (slow::allows(&whole, &case), slow::allows(&rest, &case));
            assert!(
                before == after || before.is_none() || after.is_none(),
                "seed {seed}: {case:#?}\n{whole:#}\n{rest:#}"
            );
        }
    }
    assert!(found * 10 > pairs() && proved * 10 > found * 9, "{found} {proved}");
}

/// A statement with a test more.
fn narrower(mut statement: Value) -> Value {
    statement["Condition"]["StringEquals"]["k:more"] = json!("x");
    statement
}

/// A policy without statements and entries of lists that are said to add nothing; nothing where there are none, or none
/// would be left.
fn without_what_adds_nothing(policy: &Value) -> Option<Value> {
    let read = document(policy);
    let statements = policy["Statement"].as_array()?;
    let mut gone: Vec<usize> = redundant_statements(&read).iter().map(|one| one.statement).collect();
    gone.extend(denied_statements(&read).iter().map(|one| one.statement));
    let is_impossible = |at: &usize| impossible(&read, &read.statements[*at]).is_some();
    gone.extend((0..statements.len()).filter(is_impossible));
    let mut is_shorter = !gone.is_empty();
    let mut kept = Vec::new();
    for (at, statement) in statements.iter().enumerate().filter(|(at, _)| !gone.contains(at)) {
        let mut statement = statement.clone();
        let lists = [
            ("Action", &read.statements[at].action),
            ("NotAction", &read.statements[at].not_action),
        ];
        for (name, list) in lists {
            for list in list.iter().filter(|list| list.items.len() > 1) {
                let covered = overlapping_actions(&list.items).into_iter().flat_map(|one| one.covered);
                is_shorter |= remove(&mut statement[name], covered);
            }
        }
        let lists = [
            ("Resource", &read.statements[at].resource),
            ("NotResource", &read.statements[at].not_resource),
        ];
        for (name, list) in lists {
            for list in list.iter().filter(|list| list.items.len() > 1) {
                let covered = overlapping_resources(&list.items)
                    .into_iter()
                    .flat_map(|one| one.covered);
                is_shorter |= remove(&mut statement[name], covered);
            }
        }
        kept.push(statement);
    }
    let mut out = policy.clone();
    out["Statement"] = Value::Array(kept);
    is_shorter.then_some(out)
}

fn remove(list: &mut Value, covered: impl Iterator<Item = usize>) -> bool {
    let mut covered: Vec<usize> = covered.collect();
    covered.sort_unstable();
    for at in covered.iter().rev() {
        list.as_array_mut().unwrap().remove(*at);
    }
    !covered.is_empty()
}
