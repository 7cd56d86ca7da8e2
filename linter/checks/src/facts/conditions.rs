//! Which conditions of a statement take something away that matters.

use leastpriv_catalog::{Catalog, KeyLookup, KeyType, ResourceType, Service};
use leastpriv_policy::document::ConditionTest;
use leastpriv_policy::pattern::Pattern;

/// What a test bounds.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// Nothing that can be relied on: it is true when the key is absent, or for nearly every value.
    Nothing,
    /// The circumstances of a call: address, time, factor, region, caller.
    Circumstances,
    /// What the call may touch: the resource, its tags, its owner, a service's own key.
    Resource,
}

/// What a test bounds for an action of the service with that prefix.
pub(super) fn bound(test: &ConditionTest, catalog: &Catalog) -> Bound {
    let operator = test.operator.text.to_ascii_lowercase();
    let (set, operator) = match operator.split_once(':') {
        Some((set, operator)) => (Some(set), operator),
        None => (None, operator.as_str()),
    };
    let loose = operator.ends_with("ifexists")
        || operator.contains("not")
        || set == Some("forallvalues")
        || test.values.is_empty()
        || (operator.contains("like")
            && test
                .values
                .iter()
                .any(|value| Pattern::new(&value.text).is_all_wildcards()));
    if loose {
        return Bound::Nothing;
    }
    let key = test.key.text.to_ascii_lowercase();
    let Some((prefix, name)) = key.split_once(':') else {
        return Bound::Nothing;
    };
    if operator == "null" {
        return bound_by_presence(test, &key);
    }
    if prefix != "aws" {
        return bound_by_service_key(catalog, prefix, &key);
    }
    match name.split_once('/').map_or(name, |(name, _)| name) {
        "resourcetag" | "resourceaccount" | "resourceorgid" | "resourceorgpaths" | "requesttag" | "tagkeys" => {
            Bound::Resource
        }
        _ => Bound::Circumstances,
    }
}

/// What a service's own key bounds: the resource, where the service lists the key on a type of resource, where it is
/// an ARN, and where it is one of a few others that name what is touched; else how the call is made.
fn bound_by_service_key(catalog: &Catalog, prefix: &str, key: &str) -> Bound {
    let stem = key.split_once('/').map_or(key, |(stem, _)| stem);
    let KeyLookup::Known(known) = catalog.condition_key(key) else {
        return Bound::Circumstances;
    };
    let listed = || {
        catalog
            .service(prefix)
            .into_iter()
            .flat_map(Service::resource_types)
            .flat_map(ResourceType::condition_keys)
            .any(|listed| listed.name() == known.name())
    };
    let names_what_is_touched = stem.ends_with(":resourcetag")
        || NAMING_KEYS.contains(&stem)
        || stem.starts_with("kms:encryptioncontext")
        || known.key_type() == KeyType::Arn;
    if names_what_is_touched || listed() {
        Bound::Resource
    } else {
        Bound::Circumstances
    }
}

/// Keys that say what is touched, though no type of resource lists them.
const NAMING_KEYS: [&str; 12] = [
    "dynamodb:leadingkeys",
    "iam:awsservicename",
    "iam:passedtoservice",
    "kms:calleraccount",
    "kms:requestalias",
    "kms:resourcealiases",
    "kms:viaservice",
    "s3:dataaccesspointaccount",
    "s3:existingobjecttag",
    "s3:resourceaccount",
    "secretsmanager:name",
    "secretsmanager:secretid",
];

/// What asking for the mere presence of a key bounds: every tag has some value and every resource an
/// owner, but not every caller has shown a second factor.
fn bound_by_presence(test: &ConditionTest, key: &str) -> Bound {
    let must_be_there = test.values.iter().all(|value| value.text.eq_ignore_ascii_case("false"));
    let of_the_call = matches!(
        key,
        "aws:multifactorauthage" | "aws:multifactorauthpresent" | "aws:sourcevpce" | "aws:sourcevpc"
    );
    if must_be_there && of_the_call {
        Bound::Circumstances
    } else {
        Bound::Nothing
    }
}

/// Whether a statement's tests hold a key with an operator that fails when the key is absent, and
/// with values that are not all wildcards: what AWS accepts as a guard of `iam:PassRole`.
pub(super) fn guards(tests: &[ConditionTest], key: &str) -> bool {
    tests.iter().any(|test| {
        let operator = test.operator.text.to_ascii_lowercase();
        test.key.text.eq_ignore_ascii_case(key)
            && !operator.ends_with("ifexists")
            && !operator.contains("not")
            && !operator.contains("null")
            && !operator.starts_with("forallvalues:")
            && !test.values.iter().any(|value| value.text.starts_with(['*', '?']))
    })
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::document::parse;

    use super::*;

    fn bound_of(condition: &str) -> Bound {
        let parsed = parse(&format!(r#"{{"Statement":{{"Condition":{condition}}}}}"#));
        bound(
            &parsed.document.statements[0].condition[0],
            leastpriv_catalog::catalog(),
        )
    }

    #[test]
    fn tests_that_pass_without_the_key_bound_nothing() {
        assert_eq!(
            bound_of(r#"{"StringEqualsIfExists":{"aws:ResourceTag/team":"a"}}"#),
            Bound::Nothing
        );
        assert_eq!(
            bound_of(r#"{"StringNotEquals":{"aws:ResourceTag/team":"a"}}"#),
            Bound::Nothing
        );
        assert_eq!(
            bound_of(r#"{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}"#),
            Bound::Nothing
        );
        assert_eq!(
            bound_of(r#"{"StringLike":{"aws:ResourceTag/team":"*"}}"#),
            Bound::Nothing
        );
        assert_eq!(
            bound_of(r#"{"StringEquals":{"aws:ResourceTag/team":"a"}}"#),
            Bound::Resource
        );
        assert_eq!(bound_of(r#"{"Null":{"aws:ResourceTag/team":"false"}}"#), Bound::Nothing);
        assert_eq!(
            bound_of(r#"{"Null":{"aws:MultiFactorAuthAge":"false"}}"#),
            Bound::Circumstances
        );
        assert_eq!(
            bound_of(r#"{"StringEquals":{"ec2:ResourceTag/team":"a"}}"#),
            Bound::Resource
        );
        assert_eq!(
            bound_of(r#"{"NumericGreaterThanEquals":{"s3:TlsVersion":"1.2"}}"#),
            Bound::Circumstances
        );
        assert_eq!(
            bound_of(r#"{"StringLike":{"aws:ResourceAccount":"????????????"}}"#),
            Bound::Nothing
        );
        assert_eq!(
            bound_of(r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#),
            Bound::Circumstances
        );
    }
}
