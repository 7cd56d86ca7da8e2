use std::collections::{BTreeMap, BTreeSet};

use leastpriv_terraform::diagnostics::{DiagnosticSeverity, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::{IntoTree, Tree};
use proptest::prelude::*;
use proptest::sample::select;

use super::check;
use super::credential_type::CredentialType;
use crate::resources::secret_backend_role::model::Role;

const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

fn role(credential_type: &str) -> Tree {
    let mut tree = Tree::object();
    tree.set("backend", "team/aws");
    tree.set("name", "ci");
    tree.set("credential_type", credential_type);
    match credential_type {
        "assumed_role" => tree.set("role_arns", set(&["arn:aws:iam::123456789012:role/app"])),
        "session_token" => {}
        _ => tree.set("policy_document", DOCUMENT),
    }
    tree
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn with(credential_type: &str, attribute: &str, value: impl IntoTree) -> Diagnostics {
    let mut tree = role(credential_type);
    tree.set(attribute, value);
    check(&Role::from_tree(&tree))
}

fn places(diagnostics: &Diagnostics, severity: DiagnosticSeverity) -> Vec<String> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == severity)
        .filter_map(|diagnostic| diagnostic.path.as_ref().map(ToString::to_string))
        .collect()
}

#[track_caller]
fn assert_refused(credential_type: &str, attribute: &str, value: impl IntoTree) {
    let found = with(credential_type, attribute, value);
    assert_eq!(places(&found, DiagnosticSeverity::Error), [attribute], "{found:?}");
}

#[track_caller]
fn assert_accepted(credential_type: &str, attribute: &str, value: impl IntoTree) {
    let found = with(credential_type, attribute, value);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn plain_roles_of_every_type_are_accepted() {
    for kind in CredentialType::ALL {
        let found = check(&Role::from_tree(&role(kind.name())));
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn names_and_types_are_checked() {
    assert_refused("iam_user", "name", "a b");
    assert_refused("iam_user", "name", "-a");
    assert_refused("iam_user", "backend", "");
    assert_refused("iam_user", "validate", "on");
    let found = with("iam_user", "credential_type", "iam_user,federation_token");
    assert_eq!(places(&found, DiagnosticSeverity::Error), ["credential_type"]);
    assert_accepted("iam_user", "backend", "/team/aws/");
}

#[test]
fn a_ceiling_must_be_a_policy_without_principals() {
    assert_accepted("iam_user", "policy_ceiling", DOCUMENT);
    assert_accepted("iam_user", "policy_ceiling", Tree::Unknown);
    for ceiling in [
        "",
        "{",
        "{}",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Alow","Action":"*","Resource":"*"}]}"#,
    ] {
        assert_refused("iam_user", "policy_ceiling", ceiling);
    }
}

#[test]
fn policies_of_an_assumed_role_must_be_policies_of_a_role() {
    let attribute = "assumed_role_policies";
    assert_accepted("assumed_role", attribute, vec![DOCUMENT.to_owned()]);
    assert_accepted("assumed_role", attribute, Vec::<String>::new());
    assert_accepted("assumed_role", attribute, Tree::List(vec![Tree::Unknown]));
    assert_refused("iam_user", attribute, vec![DOCUMENT.to_owned()]);
    let trust =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#;
    for text in ["", "{", "arn:aws:iam::aws:policy/ReadOnlyAccess", trust] {
        assert_refused("assumed_role", attribute, vec![DOCUMENT.to_owned(), text.to_owned()]);
    }
}

#[test]
fn lifetimes_have_the_limits_of_aws() {
    assert_refused("iam_user", "max_sts_ttl", 900);
    assert_accepted("iam_user", "max_sts_ttl", 0);
    assert_refused("assumed_role", "max_sts_ttl", 899);
    assert_refused("assumed_role", "default_sts_ttl", 43_201);
    assert_accepted("assumed_role", "default_sts_ttl", 43_200);
    assert_accepted("session_token", "max_sts_ttl", 129_600);
    assert_refused("federation_token", "max_sts_ttl", -1);
    let mut tree = role("assumed_role");
    tree.set("default_sts_ttl", 3_600);
    tree.set("max_sts_ttl", 900);
    let found = check(&Role::from_tree(&tree));
    assert_eq!(places(&found, DiagnosticSeverity::Error), ["default_sts_ttl"]);
}

#[test]
fn fields_of_another_type_are_refused() {
    assert_refused("iam_user", "role_arns", set(&["arn:aws:iam::123456789012:role/app"]));
    assert_refused("iam_user", "external_id", "ext-1");
    assert_refused(
        "federation_token",
        "session_tags",
        BTreeMap::from([("a".to_owned(), "b".to_owned())]),
    );
    assert_refused("assumed_role", "user_path", "/team/");
    assert_refused(
        "assumed_role",
        "permissions_boundary_arn",
        "arn:aws:iam::123456789012:policy/b",
    );
    assert_refused("assumed_role", "mfa_serial_number", "arn:aws:iam::123456789012:mfa/x");
    assert_refused("session_token", "policy_document", DOCUMENT);
    assert_refused(
        "session_token",
        "policy_arns",
        set(&["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
    );
    assert_accepted("session_token", "mfa_serial_number", "arn:aws:iam::123456789012:mfa/x");
    let dummy = with("session_token", "iam_groups", set(&["readers"]));
    assert!(!dummy.has_errors());
    assert_eq!(places(&dummy, DiagnosticSeverity::Warning), ["iam_groups"]);
}

#[test]
fn forms_are_checked() {
    assert_refused("assumed_role", "role_arns", set(&["role/app"]));
    assert_refused("iam_user", "policy_arns", set(&["ReadOnlyAccess"]));
    assert_refused("iam_user", "permissions_boundary_arn", "boundary");
    assert_refused("iam_user", "user_path", "team");
    assert_accepted("iam_user", "user_path", "/");
    assert_refused("iam_user", "iam_groups", set(&["a b"]));
    assert_refused("assumed_role", "external_id", "a");
    assert_refused("assumed_role", "external_id", "with space");
    assert_refused("iam_user", "policy_document", "{Version}");
    assert_refused(
        "iam_user",
        "iam_tags",
        BTreeMap::from([("aws:x".to_owned(), String::new())]),
    );
    assert_refused(
        "iam_user",
        "iam_tags",
        BTreeMap::from([("x".to_owned(), "*".to_owned())]),
    );
    assert_refused(
        "iam_user",
        "iam_tags",
        (0..51)
            .map(|at| (format!("k{at}"), String::new()))
            .collect::<BTreeMap<_, _>>(),
    );
}

#[test]
fn counts_are_checked() {
    let policies = |count: usize| {
        (0..count)
            .map(|at| format!("arn:aws:iam::123456789012:policy/p{at}"))
            .collect::<BTreeSet<_>>()
    };
    assert_accepted("iam_user", "policy_arns", policies(10));
    assert!(!with("iam_user", "policy_arns", policies(20)).has_errors());
    assert!(!with("iam_user", "policy_arns", policies(20)).is_empty());
    assert_refused("iam_user", "policy_arns", policies(21));
    assert_refused("assumed_role", "policy_arns", policies(11));
    assert_refused(
        "iam_user",
        "iam_groups",
        (0..11).map(|at| format!("g{at}")).collect::<BTreeSet<_>>(),
    );
}

#[test]
fn a_role_leads_somewhere() {
    assert_refused("assumed_role", "role_arns", BTreeSet::<String>::new());
    let federation = with("federation_token", "policy_document", Tree::Null);
    assert_eq!(places(&federation, DiagnosticSeverity::Error), ["credential_type"]);
    let user = with("iam_user", "policy_document", "");
    assert!(!user.has_errors());
    assert_eq!(places(&user, DiagnosticSeverity::Warning), ["credential_type"]);
    assert_accepted("federation_token", "policy_document", Tree::Unknown);
}

const LIFETIMES: &[i64] = &[-1, 0, 60, 900, 43_200, 50_000, 130_000];

fn any_role() -> impl Strategy<Value = Tree> {
    let texts = |texts: &'static [Option<&'static str>]| select(texts).prop_map(|text| text.map(ToOwned::to_owned));
    let sets = |texts: &'static [&'static str]| {
        proptest::option::of(proptest::collection::btree_set(
            select(texts).prop_map(ToOwned::to_owned),
            0..3,
        ))
    };
    (
        texts(&[
            Some("iam_user"),
            Some("assumed_role"),
            Some("federation_token"),
            Some("session_token"),
            Some("x"),
        ]),
        texts(&[Some("ci"), Some("a b")]),
        sets(&["arn:aws:iam::123456789012:role/app", "app"]),
        sets(&["arn:aws:iam::aws:policy/ReadOnlyAccess", "x"]),
        texts(&[None, Some(""), Some(DOCUMENT), Some("{")]),
        sets(&["readers", "a b"]),
        proptest::option::of(select(LIFETIMES)),
        proptest::option::of(select(LIFETIMES)),
        texts(&[None, Some("/x/"), Some("x")]),
        texts(&[None, Some("ext-1"), Some("a")]),
    )
        .prop_map(
            |(kind, name, roles, policies, document, groups, default, max, path, external)| {
                let mut tree = role("iam_user");
                tree.set("credential_type", kind);
                tree.set("name", name);
                tree.set("role_arns", roles);
                tree.set("policy_arns", policies);
                tree.set("policy_document", document);
                tree.set("iam_groups", groups);
                tree.set("default_sts_ttl", default);
                tree.set("max_sts_ttl", max);
                tree.set("user_path", path);
                tree.set("external_id", external);
                tree
            },
        )
}

proptest! {
    #[test]
    fn what_is_unknown_raises_no_error_that_the_value_could_contradict(full in any_role(), hidden in any::<u32>()) {
        let mut masked = full.clone();
        if let Tree::Object(attributes) = &mut masked {
            for (at, value) in attributes.values_mut().enumerate() {
                if (hidden >> at) & 1 == 1 {
                    *value = Tree::Unknown;
                }
            }
        }
        let errors = |tree: &Tree| -> Vec<(Option<AttributePath>, String)> {
            check(&Role::from_tree(tree))
                .into_iter()
                .filter(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error)
                .map(|diagnostic| (diagnostic.path, diagnostic.detail))
                .collect()
        };
        let of_full = errors(&full);
        for error in errors(&masked) {
            prop_assert!(of_full.contains(&error), "{error:?} is not among {of_full:?}");
        }
    }
}
