//! Files with the documents of managed policies, by ARN.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use leastpriv_policy::json::{self, Member, Node, Problem, ProblemKind, Value};
use leastpriv_policy::print::semantically_equal;
use leastpriv_policy::span::{LineIndex, Span};

use crate::access::{PolicyType, read_document};
use crate::sources::{ManagedDocuments, read_text};
use crate::tables::{Fault, Mistake, list};

const FORMS: &str = "it is what `aws iam get-account-authorization-details` prints, or `{\"ARN\": {policy}}`";

/// Reads the documents of managed policies from files: what `aws iam get-account-authorization-details` prints, or a map
/// from ARNs to documents.
///
/// # Errors
///
/// Says what is wrong and where.
pub(crate) fn read_managed(files: &[PathBuf]) -> Result<ManagedDocuments, Mistake> {
    let mut found: BTreeMap<String, Document> = BTreeMap::new();
    for path in files {
        let file = path.display().to_string();
        let text = read_text(path).map_err(|error| Mistake {
            file: file.clone(),
            at: None,
            message: format!("it cannot be read: {error}"),
        })?;
        let lines = LineIndex::new(&text);
        let mistake = |fault: Fault| fault.in_file(&file, &lines);
        for (arn, document) in documents(&text, &file, &lines).map_err(mistake)? {
            match found.entry(arn) {
                Entry::Vacant(place) => {
                    place.insert(document);
                }
                Entry::Occupied(known) if semantically_equal(&known.get().text, &document.text) => {}
                Entry::Occupied(known) => {
                    let message = format!("`{}` has another document at {}", known.key(), known.get().place);
                    return Err(mistake(Fault::new(document.span, message)));
                }
            }
        }
    }
    let texts = found.into_iter().map(|(arn, document)| (arn, document.text));
    Ok(ManagedDocuments::new(texts.collect()))
}

/// A document of a file.
struct Document {
    text: String,
    span: Span,
    /// The file with line and column.
    place: String,
}

fn documents(text: &str, file: &str, lines: &LineIndex) -> Result<Vec<(String, Document)>, Fault> {
    let (value, problems) = json::parse(text);
    // An ARN may stand twice.
    let broken = || problems.iter().find(|one| one.kind != ProblemKind::DuplicateKey);
    let values = match (&value.node, broken()) {
        (Node::Object(members), broken) => by_arn(&value, members).map_err(|fault| match broken {
            Some(problem) => Fault::new(problem.span, problem.message.clone()),
            None => fault,
        })?,
        (_, Some(problem)) => return Err(Fault::new(problem.span, problem.message.clone())),
        (_, None) => return Err(Fault::new(value.span, format!("it is {}; {FORMS}", value.kind()))),
    };
    let read = values.iter().map(|(arn, value)| {
        let of_document = |message: &str| format!("the document of `{arn}`: {message}");
        if let Some(problem) = problems.iter().find(|problem| is_inside(problem, value)) {
            return Err(Fault::new(problem.span, of_document(&problem.message)));
        }
        let text = text_of(value, text).map_err(|error| Fault::new(value.span, of_document(&error)))?;
        read_document(&text, Some(PolicyType::Identity))
            .map_err(|error| Fault::new(value.span, of_document(&error)))?;
        let at = lines.position(value.span.start);
        let document = Document {
            text,
            span: value.span,
            place: format!("{file}:{}:{}", at.line, at.column),
        };
        Ok(((*arn).to_owned(), document))
    });
    let read = read.collect::<Result<_, _>>()?;
    match broken() {
        Some(problem) => Err(Fault::new(problem.span, problem.message.clone())),
        None => Ok(read),
    }
}

fn is_inside(problem: &Problem, value: &Value) -> bool {
    value.span.start <= problem.span.start && problem.span.start < value.span.end
}

/// The values of the documents with their ARNs, whichever form the file has.
fn by_arn<'v>(value: &'v Value, members: &'v [Member]) -> Result<Vec<(&'v str, &'v Value)>, Fault> {
    if let Some(policies) = value.get("Policies") {
        return list(policies).iter().map(default_version).collect();
    }
    let own = |message: &str| Err(Fault::new(Span::new(value.span.start, value.span.start), message));
    if value.get("PolicyVersion").is_some() {
        return own(
            "`aws iam get-policy-version` does not print the ARN; write `{\"ARN\": {policy}}` with what is under `Document`",
        );
    }
    if value.get("Statement").is_some() {
        return own("this is a policy, which does not say its ARN; write `{\"ARN\": {policy}}`");
    }
    let entry = |member: &'v Member| {
        if is_arn_of_policy(&member.key) {
            return Ok((member.key.as_str(), &member.value));
        }
        let message = format!("`{}` is no ARN of a managed policy; {FORMS}", member.key);
        Err(Fault::new(member.key_span, message))
    };
    members.iter().map(entry).collect()
}

/// The document that counts of a policy as the AWS CLI prints it.
fn default_version(policy: &Value) -> Result<(&str, &Value), Fault> {
    let Some(arn) = policy.get("Arn").and_then(Value::as_str) else {
        return Err(Fault::new(policy.span, "the policy has no `Arn`"));
    };
    if !is_arn_of_policy(arn) {
        return Err(Fault::new(
            policy.span,
            format!("`{arn}` is no ARN of a managed policy"),
        ));
    }
    let Some(versions) = policy.get("PolicyVersionList") else {
        let message = format!(
            "`{arn}` has no `PolicyVersionList`; `aws iam get-account-authorization-details` prints it, and \
             `aws iam list-policies` does not"
        );
        return Err(Fault::new(policy.span, message));
    };
    let default = policy.get("DefaultVersionId").and_then(Value::as_str);
    let is_default = |version: &&Value| match default {
        Some(default) => version.get("VersionId").and_then(Value::as_str) == Some(default),
        None => version.get("IsDefaultVersion").and_then(Value::as_bool) == Some(true),
    };
    match list(versions)
        .iter()
        .find(is_default)
        .and_then(|one| one.get("Document"))
    {
        Some(document) => Ok((arn, document)),
        None => Err(Fault::new(
            versions.span,
            format!("`{arn}` has no `Document` of its default version here"),
        )),
    }
}

fn is_arn_of_policy(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            !partition.is_empty()
                && !account.is_empty()
                && resource.strip_prefix("policy/").is_some_and(|name| !name.is_empty())
        }
        _ => false,
    }
}

/// The text of a document that stands there as an object, or as JSON in a text, as IAM's API gives it encoded for a URL.
fn text_of(value: &Value, around: &str) -> Result<String, String> {
    match &value.node {
        Node::Object(_) => Ok(value.span.of(around).to_owned()),
        Node::String(text) if text.trim_start().starts_with('%') => {
            decoded(text).ok_or_else(|| "it is not encoded as in a URL".to_owned())
        }
        Node::String(text) => Ok(text.clone()),
        _ => Err(format!("it is {}, not a policy", value.kind())),
    }
}

/// A text without its percent-encoding; nothing where it is broken.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        out.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Says what to do about a managed policy that a plan only names.
pub(crate) const GIVE_IT: &str = "`--managed-policies` can give it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_for_a_url_is_decoded() {
        assert_eq!(decoded("%7B%22a%22%3A+1%7d").unwrap(), r#"{"a":+1}"#);
        assert_eq!(decoded("%C3%A9").unwrap(), "é");
        for broken in ["%", "%7", "%7g", "%+1", "%C3"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }

    #[test]
    fn arns_of_managed_policies_are_told_from_others() {
        for arn in [
            "arn:aws:iam::aws:policy/SecurityAudit",
            "arn:aws-cn:iam::111122223333:policy/a/b",
        ] {
            assert!(is_arn_of_policy(arn), "{arn}");
        }
        for other in ["SecurityAudit", "arn:aws:iam::aws:policy/", "arn:aws:iam::1:role/x", ""] {
            assert!(!is_arn_of_policy(other), "{other}");
        }
    }
}
