//! Requests in terms of the catalog: an action that exists, on a resource of a form that it works on.
//!
//! What lives here: the way from a request that the comparison has made up to one that people know. What must not: how
//! access is compared, which is `leastpriv_policy::compare`.

use std::collections::BTreeSet;

use leastpriv_catalog::{Action, KeyLookup, ResourceType, Service, catalog};
use leastpriv_policy::compare::{Excess, Replay};
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::{Document, Statement};
use leastpriv_policy::pattern::{ActionPattern, Pattern, fill_placeholders};

/// The services tried where the request is for no service that exists, those that people know first.
const WELL_KNOWN: [&str; 3] = ["s3", "iam", "ec2"];

/// The name of what has no other.
const EXAMPLE: &str = "example";

/// The region of examples.
const REGION: &str = "us-east-1";

/// The account of examples, that of the callers that the comparison makes up: what an identity-based policy allows works
/// in the caller's own account.
const ACCOUNT: &str = "999988887777";

/// The request that proves new access of `new`, in terms of the catalog where such a one proves the same, else as it was
/// found. `replay` is of the two policies that were compared.
pub fn proof(new: &Document, replay: &Replay<'_>, excess: &Excess) -> Request {
    let known = new.statements.iter().find(|one| one.index == excess.statement);
    let real = known.and_then(|statement| requests(&excess.witness, statement).find(|request| replay.is_new(request)));
    real.unwrap_or_else(|| excess.witness.clone())
}

/// The same request for the actions of its service, or of well-known services, that a statement names; each on the
/// resource asked for or one alike where it fits, and on an example of what fits.
fn requests<'r>(request: &'r Request, statement: &Statement) -> impl Iterator<Item = Request> + use<'r> {
    let (prefix, _) = request.action.split_once(':').unwrap_or_default();
    let services: Vec<Service> = match catalog().service(prefix) {
        Some(service) => vec![service],
        None => WELL_KNOWN
            .iter()
            .filter_map(|prefix| catalog().service(prefix))
            .collect(),
    };
    let named: Vec<ActionPattern> = statement.actions().map(|text| ActionPattern::new(&text.text)).collect();
    let is_named = move |action: &Action| {
        let is_of = |pattern: &ActionPattern| pattern.matches_name(action.service().prefix(), action.name());
        named.is_empty() || named.iter().any(is_of)
    };
    let alike = request.resource.as_deref().map(alike).unwrap_or_default();
    let of_service = services.into_iter().flat_map(move |service| {
        let all = formats_of(service);
        let forms: Vec<(String, Vec<&str>)> = alike.iter().map(|one| (one.clone(), closest(&all, one))).collect();
        service.actions().map(move |action| (action, resources(action, &forms)))
    });
    of_service
        .filter(move |(action, _)| is_named(action))
        .flat_map(move |(action, resources)| {
            resources.into_iter().map(move |resource| Request {
                action: action.full_name(),
                resource: Some(resource),
                ..request.clone()
            })
        })
}

/// The resources alike to what was asked for that the action works on, each given with its forms, then an example of
/// each form.
fn resources(action: Action, alike: &[(String, Vec<&str>)]) -> Vec<String> {
    if !action.supports_resource_level() {
        return vec!["*".to_owned()];
    }
    let fitting = alike
        .iter()
        .filter(|(_, forms)| formats(action).any(|format| forms.contains(&format)))
        .map(|(resource, _)| resource.clone());
    fitting.chain(formats(action).map(example)).collect()
}

/// An ARN, and those that only add a region, an account or an end to it.
fn alike(arn: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (region, account) in [("", ""), (REGION, ACCOUNT), (REGION, ""), ("", ACCOUNT)] {
        let fields = arn.splitn(6, ':').enumerate().map(|(at, field)| match (at, field) {
            (3, "") => region,
            (4, "") => account,
            _ => field,
        });
        let placed = fields.collect::<Vec<_>>().join(":");
        let longer = format!("{placed}{EXAMPLE}");
        out.extend([placed, longer]);
    }
    out.dedup();
    out
}

/// The closest of some formats that an ARN has the form of. `bucket/key` is an object, although the name of a bucket
/// could be anything as far as the form goes.
fn closest<'f>(formats: &BTreeSet<&'f str>, arn: &str) -> Vec<&'f str> {
    let near = formats.iter().filter(|format| pattern(format, "*").matches(arn));
    let most = near.clone().map(|format| literals(format)).max();
    near.copied()
        .filter(|format| Some(literals(format)) == most && pattern(format, "?*").matches(arn))
        .collect()
}

/// The formats of all resources that actions of a service work on.
fn formats_of(service: Service) -> BTreeSet<&'static str> {
    let own = service.resource_types().flat_map(ResourceType::arn_formats);
    own.chain(service.actions().flat_map(formats)).collect()
}

/// Whether an action works on resources of such an ARN.
pub fn fits(action: Action, resource: &str) -> bool {
    if !action.supports_resource_level() {
        return resource == "*";
    }
    let forms = closest(&formats_of(action.service()), resource);
    formats(action).any(|format| forms.contains(&format))
}

fn formats(action: Action) -> impl Iterator<Item = &'static str> {
    action.resource_types().flat_map(|entry| entry.resource.arn_formats())
}

/// How much of a format is fixed, in bytes.
fn literals(format: &str) -> usize {
    fill_placeholders(format, |_| "").len()
}

fn example(format: &str) -> String {
    fill_placeholders(format, |name| match name {
        "Partition" => "aws",
        "Region" => REGION,
        "Account" => ACCOUNT,
        _ => EXAMPLE,
    })
}

fn pattern(format: &str, placeholder: &'static str) -> Pattern {
    Pattern::new(&fill_placeholders(format, |_| placeholder))
}

/// Whether the action exists, works on such a resource, and AWS sends every key with it. Whether the values can meet in
/// one call is not known.
pub fn is_realistic(request: &Request) -> bool {
    let (prefix, name) = request.action.split_once(':').unwrap_or_default();
    let Some(action) = catalog().action(prefix, name) else {
        return false;
    };
    fits(action, request.resource.as_deref().unwrap_or("*"))
        && request.context.iter().all(|(key, _)| comes_with(action, key))
}

fn comes_with(action: Action, key: &str) -> bool {
    if catalog().global_key(key).is_some() {
        return true;
    }
    let KeyLookup::Known(found) = catalog().condition_key(key) else {
        return false;
    };
    let of_resources = action
        .resource_types()
        .flat_map(|entry| entry.resource.condition_keys());
    action
        .condition_keys()
        .chain(of_resources)
        .any(|own| own.name() == found.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_filled_and_recognised() {
        let action = catalog().action("s3", "GetObject").unwrap();
        assert!(fits(action, "arn:aws:s3:::bucket/key"));
        let bucket = catalog().action("s3", "GetBucketAcl").unwrap();
        assert!(fits(bucket, "arn:aws:s3:::bucket") && !fits(bucket, "arn:aws:s3:::bucket/key"));
        assert!(!fits(action, "arn:aws:s3:::bucket/") && !fits(action, "a"));
        assert!(alike("arn:aws:sqs:::q").contains(&"arn:aws:sqs:us-east-1:999988887777:q".to_owned()));
        assert!(comes_with(action, "s3:ExistingObjectTag/team") && comes_with(action, "aws:SourceIp"));
        assert!(!comes_with(action, "sts:ExternalId"));
        let list = catalog().action("s3", "ListAllMyBuckets").unwrap();
        assert!(fits(list, "*") && !fits(list, "arn:aws:s3:::bucket"));
        for action in [action, bucket, list] {
            for resource in resources(action, &[]) {
                assert!(fits(action, &resource), "{action:?} {resource}");
            }
        }
    }
}
