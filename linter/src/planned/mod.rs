//! The policies of a plan by the resource that they stand at.
//!
//! What lives here: reading one file that has to hold a policy or a plan, finding the documents, the managed policies and
//! what is not known at an address, and reading a document without showing what must not be shown. What must not: reading
//! of plans, which is [`sources`](crate::sources), and what is asked of the policies.

mod managed;

use std::io::{self, Read};
use std::path::Path;

use leastpriv_policy::document::Document;

use crate::access::{PolicyType, read_document};
use crate::sources::{
    DocumentInput, GatherError, GatherOptions, ManagedDocuments, ManagedPolicyInput, Origin, Sources, Unjudged, gather,
};
pub(crate) use managed::{GIVE_IT, read_managed};

/// What standard input is called.
const STANDARD_INPUT: &str = "<stdin>";

/// Gathers what a path names, with the documents of the managed policies that stand beside it.
///
/// # Errors
///
/// Where there is nothing.
pub(crate) fn gather_with(
    managed: &ManagedDocuments,
    path: &Path,
    options: GatherOptions,
    input: &mut dyn Read,
) -> Result<Sources, GatherError> {
    Ok(gather(&[path.to_path_buf()], options, input)?.with_managed(managed))
}

/// Reads a policy or a plan; `-` is standard input. A plan may be without policies.
///
/// # Errors
///
/// Where it cannot be read, or is neither.
pub(crate) fn read_file(path: &Path, managed: &ManagedDocuments, input: &mut dyn Read) -> Result<Sources, String> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let end = input.read_to_end(&mut bytes);
        end.map_err(|error| format!("standard input cannot be read: {error}"))?;
        return read_bytes(STANDARD_INPUT, &bytes, managed);
    }
    let label = path.display().to_string();
    if path.is_dir() {
        return Err(format!("`{label}` is a folder; name a file"));
    }
    one(&label, &|options| {
        let found = gather_with(managed, path, options, &mut io::empty());
        found.map_err(|error| error.to_string())
    })
}

/// Reads a policy or a plan from bytes that are called so.
///
/// # Errors
///
/// Where they are neither.
pub(crate) fn read_bytes(label: &str, bytes: &[u8], managed: &ManagedDocuments) -> Result<Sources, String> {
    one(label, &|options| {
        let found = gather_with(managed, Path::new("-"), options, &mut &*bytes);
        found.map_err(|error| error.to_string())
    })
}

fn one(label: &str, gather: &dyn Fn(GatherOptions) -> Result<Sources, String>) -> Result<Sources, String> {
    let options = |skip_non_policies| GatherOptions {
        policy_type: None,
        skip_non_policies,
    };
    let sources = gather(options(true))?;
    if !sources.files.is_empty() {
        return Ok(sources);
    }
    let unread = gather(options(false))?.unjudged.into_iter().next();
    Err(unread.map_or_else(
        || format!("`{label}` holds no policy"),
        |Unjudged { reason, help, .. }| match help {
            // What the linter could skip has to be a policy here.
            Some(help) if !help.contains("--skip-non-policies") => format!("`{label}`: {reason}; {help}"),
            _ => format!("`{label}`: {reason}"),
        },
    ))
}

/// The document of a file that is a policy; nothing where it is a plan.
pub(crate) fn policy_file(sources: &Sources) -> Option<&DocumentInput> {
    let mut documents = sources.inputs.iter().filter_map(|input| input.document.as_ref());
    documents.find(|document| document.site.origin == Origin::File)
}

/// The documents at an address, each with its attribute.
pub(crate) fn documents<'s>(sources: &'s Sources, address: &str) -> impl Iterator<Item = (&'s str, &'s DocumentInput)> {
    let documents = sources.inputs.iter().filter_map(|input| input.document.as_ref());
    documents.filter_map(move |document| Some((attribute_at(&document.site.origin, address)?, document)))
}

/// What is not known at an address, each with its attribute.
pub(crate) fn unknowns<'s>(sources: &'s Sources, address: &str) -> impl Iterator<Item = (&'s str, &'s Unjudged)> {
    let unjudged = sources.unjudged.iter();
    unjudged.filter_map(move |one| Some((attribute_at(&one.origin, address)?, one)))
}

/// The managed policies that are named at an address, each with its attribute.
pub(crate) fn managed<'s>(
    sources: &'s Sources,
    address: &str,
) -> impl Iterator<Item = (&'s str, &'s ManagedPolicyInput)> {
    let managed = sources.inputs.iter().flat_map(|input| &input.managed_policies);
    managed.filter_map(move |policy| Some((attribute_at(&policy.site.origin, address)?, policy)))
}

fn attribute_at<'s>(origin: &'s Origin, wanted: &str) -> Option<&'s str> {
    match origin {
        Origin::Plan { address, attribute, .. } if address == wanted => Some(attribute),
        _ => None,
    }
}

/// An attribute without the numbers of blocks: their order says nothing.
pub(crate) fn without_numbers(attribute: &str) -> String {
    let mut out = String::new();
    let mut is_inside = false;
    for letter in attribute.chars() {
        match letter {
            '[' => is_inside = true,
            ']' => is_inside = false,
            _ if is_inside => {}
            other => out.push(other),
        }
    }
    out
}

/// Whether an attribute is another one or what is around it.
pub(crate) fn holds(attribute: &str, other: &str) -> bool {
    let rest = other.strip_prefix(attribute);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Reads a document of a plan. What is wrong with one that must not be shown is not told.
///
/// # Errors
///
/// Says what is wrong and where.
pub(crate) fn read(input: &DocumentInput, policy_type: Option<PolicyType>) -> Result<Document, String> {
    read_document(&input.text, policy_type).map_err(|error| {
        if input.site.sensitive {
            "the value is sensitive, and it is no policy that can be read".to_owned()
        } else {
            error
        }
    })
}

/// What a policy is called: a managed one whose document stands beside the plan by its ARN, any other as is said.
pub(crate) fn name(input: &DocumentInput, place: impl FnOnce() -> String) -> String {
    match &input.arn {
        Some(arn) => managed_name(arn, input.site.sensitive).to_owned(),
        None => place(),
    }
}

/// The ARN of a managed policy whose document stands beside the plan, unless it must not be shown.
pub(crate) fn shown_arn(input: &DocumentInput) -> Option<&str> {
    input.arn.as_deref().filter(|_| !input.site.sensitive)
}

/// What a managed policy is called.
pub(crate) fn managed_name(arn: &str, sensitive: bool) -> &str {
    if sensitive { "a managed policy" } else { arn }
}

/// A managed policy in words.
pub(crate) fn managed_words(arn: &str, sensitive: bool) -> String {
    if sensitive {
        "a managed policy".to_owned()
    } else {
        format!("the managed policy `{arn}`")
    }
}
