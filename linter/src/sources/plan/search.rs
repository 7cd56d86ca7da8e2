//! Policy documents in texts of any attribute, also as JSON inside JSON.

use leastpriv_policy::document;
use leastpriv_policy::json::{self, ProblemKind, Value};
use leastpriv_policy::kind::PolicyKind;

use super::super::detect::resembles_policy;
use super::super::{DocumentInput, Origin, Site};
use super::{attributes, resource};

/// How many texts deep a policy is looked for.
const MAX_DEPTH: usize = 4;

/// Adds the documents in a text. The site is only made where the text can hold one at all.
pub(super) fn documents(text: &str, site: impl FnOnce() -> Site, out: &mut Vec<DocumentInput>) {
    if text.trim_start().starts_with(['{', '[']) {
        search(text, &site(), None, MAX_DEPTH, out);
    }
}

fn search(text: &str, site: &Site, kind: Option<PolicyKind>, depth: usize, out: &mut Vec<DocumentInput>) {
    let (value, problems) = json::parse(text);
    let is_broken = problems.iter().any(|problem| problem.kind != ProblemKind::DuplicateKey);
    if resembles_policy(&value) || (is_broken && text.contains("\"Statement\"")) {
        out.push(DocumentInput {
            text: text.to_owned(),
            kind: kind.unwrap_or_else(|| PolicyKind::guess(&document::parse(text).document)),
            site: site.clone(),
        });
        return;
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    resource::strings(&value, &mut |path, inner| {
        let Some(inner_text) = inner.as_str() else { return };
        if inner_text.trim_start().starts_with(['{', '[']) {
            let site = Site {
                origin: inside(&site.origin, &path.text()),
                map: site.map.within(text, inner.span),
                sensitive: site.sensitive,
            };
            search(inner_text, &site, kind_inside(&value, &path.names()), depth, out);
        }
    });
}

/// The kind of a document that is written to the engine through an endpoint of raw JSON.
fn kind_inside(value: &Value, names: &str) -> Option<PolicyKind> {
    (names == "policy_document" && value.get("credential_type").is_some())
        .then(|| attributes::role_document_kind(value))
}

/// The origin of a text inside an attribute, in the words of the configuration.
fn inside(origin: &Origin, path: &str) -> Origin {
    match origin {
        Origin::File => Origin::File,
        Origin::Plan {
            address,
            resource_type,
            attribute,
        } => Origin::Plan {
            address: address.clone(),
            resource_type: resource_type.clone(),
            attribute: if path.starts_with('[') {
                format!("jsondecode({attribute}){path}")
            } else {
                format!("jsondecode({attribute}).{path}")
            },
        },
    }
}
