//! What a file is, told from its bytes.

use std::path::Path;

use leastpriv_policy::document::Document;
use leastpriv_policy::json::{self, Node, Problem, ProblemKind, Value};
use leastpriv_policy::span::LineIndex;

use super::FileName;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const ZIP: &[u8] = b"PK\x03\x04";
/// The name of the first member of a plan file, which follows a header of this length.
const ZIP_HEADER: usize = 30;
const PLAN_MEMBER: &[u8] = b"tfplan";

const MAKE_A_PLAN: &str =
    "make a plan and lint it: `terraform plan -out tfplan && terraform show -json tfplan > plan.json`";

/// A file's text and what it holds.
#[derive(Debug)]
pub(super) struct Detected {
    /// The text without a byte-order mark; empty where it is not text.
    pub(super) text: String,
    /// Bytes of the byte-order mark.
    pub(super) mark: usize,
    /// What the text is.
    pub(super) content: Content,
}

/// What a file holds.
#[derive(Debug)]
pub(super) enum Content {
    /// A policy document, or what is left of one.
    Policy,
    /// A plan of Terraform or OpenTofu as JSON.
    Plan {
        /// The whole plan.
        value: Value,
        /// What is wrong with its JSON.
        problems: Vec<Problem>,
    },
    /// Nothing for us.
    NoPolicy(Refusal),
    /// Something that may well hold policies, in a form that is not read.
    Unreadable(Refusal),
}

/// Why a file is not judged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Why, in one line.
    pub(super) reason: String,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            help: None,
        }
    }

    pub(super) fn with_help(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            help: Some(help.into()),
        }
    }
}

/// Tells what a file is. Total: any bytes are something.
pub(super) fn detect(bytes: Vec<u8>, name: &FileName) -> Detected {
    match decode(bytes, name) {
        Ok((text, mark)) => {
            let content = classify(&text, name);
            Detected { text, mark, content }
        }
        Err(content) => Detected {
            text: String::new(),
            mark: 0,
            content,
        },
    }
}

/// Whether a JSON value is meant as a policy. Wider than the grammar: a document whose names have
/// the wrong case is refused by AWS and belongs before the checks, not among the other files.
pub(super) fn resembles_policy(value: &Value) -> bool {
    Document::looks_like_policy(value)
        || value.as_object().is_some_and(|members| {
            members
                .iter()
                .any(|member| is_statement_key(&member.key) && holds_statements(&member.value))
        })
}

fn is_statement_key(key: &str) -> bool {
    ["statement", "statements"]
        .iter()
        .any(|name| key.eq_ignore_ascii_case(name))
}

fn holds_statements(value: &Value) -> bool {
    let is_statement = |value: &Value| has_member(value, "effect") || has_member(value, "action");
    is_statement(value) || value.as_array().is_some_and(|items| items.iter().any(is_statement))
}

fn has_member(value: &Value, name: &str) -> bool {
    let members = value.as_object().unwrap_or_default();
    members.iter().any(|member| member.key.eq_ignore_ascii_case(name))
}

fn decode(mut bytes: Vec<u8>, name: &FileName) -> Result<(String, usize), Content> {
    if bytes.starts_with(ZIP) {
        return Err(Content::Unreadable(zip(&bytes, name)));
    }
    if matches!(
        bytes.as_slice(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]
    ) {
        bytes.retain(|byte| *byte != 0);
        return Err(undecodable(&bytes, "the file is UTF-16 or binary".to_owned()));
    }
    let mark = if bytes.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    bytes.drain(..mark);
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, mark)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to().saturating_add(mark);
            Err(undecodable(
                error.as_bytes(),
                format!("the file is not UTF-8: byte {at} begins no character"),
            ))
        }
    }
}

/// A text in another encoding: not judged where it may be a policy, and no policy otherwise.
fn undecodable(bytes: &[u8], reason: String) -> Content {
    let refusal = Refusal::with_help(reason, "save it as UTF-8");
    if mentions_statement(&String::from_utf8_lossy(bytes)) {
        Content::Unreadable(refusal)
    } else {
        Content::NoPolicy(refusal)
    }
}

fn zip(bytes: &[u8], name: &FileName) -> Refusal {
    let is_plan = bytes
        .get(ZIP_HEADER..)
        .is_some_and(|rest| rest.starts_with(PLAN_MEMBER));
    let reason = if is_plan {
        "this is a binary plan file"
    } else {
        "this is a zip archive, which is not unpacked"
    };
    let name = match name {
        FileName::Path(_) => quoted_for_shell(&name.shown()),
        FileName::StandardInput => "PLAN".to_owned(),
    };
    // The shell empties the file it writes to before the command reads anything.
    let output = if name.ends_with("plan.json") {
        "shown.json"
    } else {
        "plan.json"
    };
    let command = format!("`terraform show -json {name} > {output}`");
    Refusal::with_help(
        reason,
        if is_plan {
            format!("run {command} and lint {output}")
        } else {
            format!("if it is a plan, run {command} and lint {output}")
        },
    )
}

fn quoted_for_shell(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._/-+@".contains(character);
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

fn classify(text: &str, name: &FileName) -> Content {
    let start = text.trim_start();
    if start.is_empty() {
        return Content::NoPolicy(Refusal::new("the file is empty"));
    }
    if !is_json_by_name(name) && !start.starts_with(['{', '[']) {
        return Content::NoPolicy(other_format(name));
    }
    let (value, problems) = json::parse(text);
    if resembles_policy(&value) {
        return Content::Policy;
    }
    if is_plan(&value) {
        return Content::Plan { value, problems };
    }
    if let Some(refusal) = other_terraform_json(&value) {
        return Content::Unreadable(refusal);
    }
    let broken = problems
        .iter()
        .find(|problem| problem.kind != ProblemKind::DuplicateKey);
    match broken {
        Some(_) if mentions_statement(text) => Content::Policy,
        Some(problem) => {
            let position = LineIndex::new(text).position(problem.span.start);
            Content::NoPolicy(Refusal::new(format!(
                "the file is not JSON: {} at {}:{}",
                problem.message, position.line, position.column
            )))
        }
        None if matches!(&value.node, Node::Array(items) if items.iter().any(resembles_policy)) => {
            Content::Unreadable(Refusal::with_help(
                "the file holds a list of policies",
                "put each policy in a file of its own",
            ))
        }
        None if holds_policy(&value) => Content::Unreadable(Refusal::with_help(
            "the file holds policies inside other JSON",
            "put each policy in a file of its own; of configuration, make a plan: `terraform show -json PLAN > plan.json`",
        )),
        None => Content::NoPolicy(Refusal::new("the file is JSON, but neither a policy nor a plan")),
    }
}

/// Whether a text that is not JSON has a member that would be `Statement`, in whatever case and quotes.
fn mentions_statement(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut parts = text.split("statement");
    let mut before = parts.next().unwrap_or_default();
    for behind in parts {
        let is_whole = !before.ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
        let name_ends = behind
            .trim_start_matches(['"', '\'', '\u{201d}', '\u{2019}'])
            .trim_start();
        if is_whole && name_ends.starts_with([':', '=']) {
            return true;
        }
        before = behind;
    }
    false
}

/// Whether a policy, or a list of statements, stands anywhere inside a JSON value. The reader bounds the depth.
fn holds_policy(value: &Value) -> bool {
    let is_statement = |value: &Value| has_member(value, "effect") && has_member(value, "action");
    let is_list_of_statements = value.as_array().is_some_and(|items| items.iter().any(is_statement));
    let inside = || {
        let members = value.as_object().unwrap_or_default().iter().map(|member| &member.value);
        members.chain(value.as_array().unwrap_or_default()).any(holds_policy)
    };
    resembles_policy(value) || is_list_of_statements || inside()
}

fn is_json_by_name(name: &FileName) -> bool {
    name.path().is_none_or(|path| {
        path.extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    })
}

fn other_format(name: &FileName) -> Refusal {
    let extension = name
        .path()
        .and_then(Path::extension)
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    match extension.as_str() {
        "tf" | "tofu" | "tfvars" | "hcl" => Refusal::with_help("configuration in HCL is not read", MAKE_A_PLAN),
        "yaml" | "yml" => Refusal::with_help("YAML is not read", "write the policy as JSON"),
        _ => Refusal::new("the file is not JSON"),
    }
}

fn is_plan(value: &Value) -> bool {
    value.get("format_version").and_then(Value::as_str).is_some()
        && ["resource_changes", "planned_values", "resource_drift"]
            .iter()
            .any(|member| value.get(member).is_some())
}

/// JSON that Terraform writes and that holds policies in a form that says nothing about a change.
fn other_terraform_json(value: &Value) -> Option<Refusal> {
    let has = |member: &str| value.get(member).is_some();
    let is_state_file = has("lineage") && has("serial") && has("terraform_version");
    let is_shown_state = has("format_version") && has("values");
    if is_state_file || is_shown_state {
        return Some(Refusal::with_help("this is a Terraform state, not a plan", MAKE_A_PLAN));
    }
    (has("@level") && has("@message")).then(|| {
        Refusal::with_help(
            "this is the log of `terraform plan -json`, which leaves the attributes out",
            MAKE_A_PLAN,
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn content(name: &str, bytes: &[u8]) -> Content {
        detect(bytes.to_vec(), &FileName::Path(PathBuf::from(name))).content
    }

    fn refusal(name: &str, bytes: &[u8]) -> String {
        match content(name, bytes) {
            Content::NoPolicy(refusal) => format!("no policy: {}", refusal.reason),
            Content::Unreadable(refusal) => format!("unreadable: {}", refusal.reason),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn policies_are_known_whole_broken_and_in_the_wrong_case() {
        for text in [
            r#"{"Version":"2012-10-17","Statement":[]}"#,
            r#"{"Version": "2012-10-17", "Statement": [ {"#,
            r#"{"version":"2012-10-17","statement":[{"effect":"Allow"}]}"#,
            "// a comment\n{\"Statement\": {\"Effect\": \"Allow\"}}",
            r#"{"Statement":{"Effect":"Allow"}} {"Statement":{}}"#,
            r#"{"a":1} {"Statement":{"Effect":"Allow"}}"#,
            "{'Version': '2012-10-17', 'Statement': []}",
            "{\u{201c}Statement\u{201d}: []}",
            "{Statement: [{Effect: Allow}]}",
            r#"{"Statements":[{"Effect":"Allow","Action":"*"}]}"#,
        ] {
            assert!(matches!(content("p.json", text.as_bytes()), Content::Policy), "{text}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_taken_off_and_counted() {
        let detected = detect(b"\xef\xbb\xbf{\"Statement\":[]}".to_vec(), &FileName::StandardInput);
        assert_eq!((detected.mark, detected.text.as_str()), (3, "{\"Statement\":[]}"));
        assert!(matches!(detected.content, Content::Policy));
    }

    #[test]
    fn what_is_no_policy_is_told_apart_from_what_may_hide_one() {
        assert_eq!(refusal("a.json", b""), "no policy: the file is empty");
        assert_eq!(refusal("a.json", b" \n"), "no policy: the file is empty");
        for text in ["null", "[]", "\"text\"", "{\"name\":\"x\"}"] {
            assert_eq!(
                refusal("a.json", text.as_bytes()),
                "no policy: the file is JSON, but neither a policy nor a plan"
            );
        }
        assert_eq!(
            refusal("a.json", b"{\n 'a': 1}"),
            "no policy: the file is not JSON: expected a member name in double quotes at 2:2"
        );
        assert_eq!(
            refusal("main.tf", b"resource \"x\" \"y\" {}"),
            "no policy: configuration in HCL is not read"
        );
        assert_eq!(refusal("p.yml", b"Statement: []"), "no policy: YAML is not read");
        assert_eq!(
            refusal("a.json", b"\xff\xfe{\0}\0"),
            "no policy: the file is UTF-16 or binary"
        );
        let utf16: Vec<u8> = "{\"Statement\":[]}".bytes().flat_map(|byte| [byte, 0]).collect();
        assert_eq!(refusal("a.json", &utf16), "unreadable: the file is UTF-16 or binary");
        for text in [
            r#"{"PolicyVersion":{"Document":{"Version":"2012-10-17","Statement":[]}}}"#,
            r#"[[{"Statement":{"Effect":"Allow"}}]]"#,
            r#"[{"Effect":"Allow","Action":"*","Resource":"*"}]"#,
            r#"{"Resources":{"Role":{"Properties":{"PolicyDocument":{"Statement":[{"Effect":"Allow"}]}}}}}"#,
        ] {
            assert_eq!(
                refusal("a.json", text.as_bytes()),
                "unreadable: the file holds policies inside other JSON",
                "{text}"
            );
        }
        for text in [
            r#"{"rules":{"max-statements":["error",10],}}"#,
            r#"{"action":"x","note":"statement",}"#,
        ] {
            assert!(refusal("a.json", text.as_bytes()).starts_with("no policy"), "{text}");
        }
        assert_eq!(
            refusal("a.json", b"{\"Statement\":\"\xe9\"}"),
            "unreadable: the file is not UTF-8: byte 14 begins no character"
        );
        assert_eq!(
            refusal("a.json", br#"[{"Statement":[]}]"#),
            "unreadable: the file holds a list of policies"
        );
        assert_eq!(
            refusal(
                "a.json",
                br#"{"version":4,"serial":1,"lineage":"x","terraform_version":"1.11.4"}"#
            ),
            "unreadable: this is a Terraform state, not a plan"
        );
        assert_eq!(
            refusal("a.json", br#"{"format_version":"1.0","values":{}}"#),
            "unreadable: this is a Terraform state, not a plan"
        );
        assert!(refusal("a.json", br#"{"@level":"info","@message":"x"}"#).starts_with("unreadable: this is the log"));
    }

    #[test]
    fn a_binary_plan_is_answered_with_the_command() {
        let mut bytes = ZIP.to_vec();
        bytes.resize(ZIP_HEADER, 0);
        bytes.extend(PLAN_MEMBER);
        let Content::Unreadable(refusal) = content("my plan", &bytes) else {
            panic!()
        };
        assert_eq!(refusal.reason, "this is a binary plan file");
        assert_eq!(
            refusal.help.as_deref(),
            Some("run `terraform show -json 'my plan' > plan.json` and lint plan.json")
        );
    }
}
