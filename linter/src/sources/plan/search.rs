//! Policy documents in texts of any attribute, also as JSON inside JSON.

use std::sync::Arc;

use leastpriv_policy::document;
use leastpriv_policy::json::{self, ProblemKind, Value};
use leastpriv_policy::kind::PolicyKind;

use super::super::detect::resembles_policy;
use super::super::{DocumentInput, ManagedPolicyInput, Origin, Site, SourceMap};
use super::{Found, attributes, resource};

/// How many texts deep a policy is looked for.
const MAX_DEPTH: usize = 4;

/// Adds the policies in a text. The site is only made where the text can hold one at all.
pub(super) fn policies(text: &str, site: impl FnOnce() -> Site, out: &mut Found) {
    if text.trim_start().starts_with(['{', '[']) {
        search(text, &site(), None, MAX_DEPTH, out);
    }
}

fn search(text: &str, site: &Site, kind: Option<PolicyKind>, depth: usize, out: &mut Found) {
    let (value, problems) = json::parse(text);
    let is_broken = problems.iter().any(|problem| problem.kind != ProblemKind::DuplicateKey);
    if resembles_policy(&value) || (is_broken && text.contains("\"Statement\"")) {
        out.documents.push(document(text, kind, site.clone()));
        return;
    }
    resource::objects(&value, &mut |path, inner| {
        let is_policy = resembles_policy(inner);
        if is_policy {
            let site = inside(site, &path.text(), site.map.part(inner.span));
            out.documents.push(document(inner.span.of(text), None, site));
        }
        is_policy
    });
    let Some(depth) = depth.checked_sub(1) else { return };
    let around: Arc<str> = Arc::from(text);
    resource::strings(&value, &mut |path, inner| {
        let Some(inner_text) = inner.as_str() else { return };
        let here = || inside(site, &path.text(), site.map.within(&around, inner.span));
        if inner_text.trim_start().starts_with(['{', '[']) {
            search(inner_text, &here(), kind_inside(&value, &path.names()), depth, out);
        } else if path.names() == "policy_arns" && value.get("credential_type").is_some() {
            out.managed_policies.push(ManagedPolicyInput {
                arn: inner_text.to_owned(),
                site: here(),
            });
        }
    });
}

fn document(text: &str, kind: Option<PolicyKind>, site: Site) -> DocumentInput {
    DocumentInput {
        text: text.to_owned(),
        kind: kind.unwrap_or_else(|| PolicyKind::guess(&document::parse(text).document)),
        arn: None,
        site,
    }
}

/// The kind of a document that is written to the engine through an endpoint of raw JSON.
fn kind_inside(value: &Value, names: &str) -> Option<PolicyKind> {
    (names == "policy_document" && value.get("credential_type").is_some())
        .then(|| attributes::role_document_kind(value))
}

/// The site of a text inside an attribute, its origin in the words of the configuration. The names in a sensitive
/// attribute are a part of its text, so they are left out.
fn inside(site: &Site, path: &str, map: SourceMap) -> Site {
    let origin = match &site.origin {
        Origin::File => Origin::File,
        Origin::Plan {
            address,
            resource_type,
            attribute,
        } => Origin::Plan {
            address: address.clone(),
            resource_type: resource_type.clone(),
            attribute: match path {
                _ if site.sensitive => format!("jsondecode({attribute})"),
                index if index.starts_with('[') => format!("jsondecode({attribute}){index}"),
                name => format!("jsondecode({attribute}).{name}"),
            },
        },
    };
    Site {
        origin,
        map,
        sensitive: site.sensitive,
    }
}
