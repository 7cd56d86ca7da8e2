//! Many questions in one process: a line of JSON for each, and an answer for each in the same order.

use std::io::{self, BufRead, Write};
use std::time::Instant;

use leastpriv_policy::document::Document;
use leastpriv_policy::json::{self, Node, Value};
use serde::Serialize;
use serde_json::Value as Json;

use super::resource_type::checked_resource_type;
use super::{PolicyType, Question, Verdict, Written, access_from_json, read_document};

/// Which question the lines ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// `existing` and `new`, or as the AWS CLI calls them.
    NewAccess,
    /// `policy` and `access`.
    Granted,
    /// `policy` and `resourceType`.
    Public,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BatchOptions {
    /// Whether an UNKNOWN is a FAIL.
    pub(crate) is_strict: bool,
    /// Whether each answer tells how long it took, parsing left out.
    pub(crate) timing: bool,
}

#[derive(Serialize)]
struct Answered<'a> {
    id: Json,
    #[serde(flatten)]
    answer: Written<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    microseconds: Option<f64>,
}

#[derive(Serialize)]
struct Unanswered {
    id: Json,
    result: &'static str,
    message: String,
}

/// Answers every line, in order; the worst result of all. A line that cannot be read is answered with `ERROR`, which counts
/// as UNKNOWN, and the others go on. Only one line is held at a time.
///
/// # Errors
///
/// Only where reading or writing fails.
pub(crate) fn answer_lines(
    asks: Asks,
    options: BatchOptions,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> io::Result<Verdict> {
    let mut worst = Verdict::Pass;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(worst);
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let (id, question) = match std::str::from_utf8(&line) {
            Ok(text) => read(asks, text.trim_start_matches('\u{feff}').trim()),
            Err(_) => (Json::Null, Err("the line is not UTF-8".to_owned())),
        };
        match question {
            Ok(question) => {
                let start = Instant::now();
                let containment = question.ask();
                let elapsed = start.elapsed();
                let answer = question.explain(containment);
                worst = worst.max(answer.verdict_as(options.is_strict));
                let line = Answered {
                    id,
                    answer: answer.written(options.is_strict),
                    microseconds: options.timing.then_some((elapsed.as_secs_f64() * 1e9).round() / 1e3),
                };
                serde_json::to_writer(&mut *output, &line)?;
            }
            Err(message) => {
                worst = worst.max(Verdict::Unknown);
                let result = "ERROR";
                serde_json::to_writer(&mut *output, &Unanswered { id, result, message })?;
            }
        }
        writeln!(output)?;
    }
}

/// The line's `id`, and what it asks.
fn read(asks: Asks, line: &str) -> (Json, Result<Question, String>) {
    let (value, problems) = json::parse(line);
    let id = value
        .get("id")
        .and_then(|id| serde_json::from_str(id.span.of(line)).ok())
        .unwrap_or_default();
    let question = match problems.first() {
        Some(problem) => Err(format!("byte {}: {}", problem.span.start, problem.message)),
        None => question(asks, &value, line),
    };
    (id, question)
}

fn question(asks: Asks, value: &Value, line: &str) -> Result<Question, String> {
    let policy_type = match value.get("policyType").map(|found| (found, found.as_str())) {
        None => None,
        Some((_, Some(name))) => Some(PolicyType::from_name(name)?),
        Some((found, None)) => return Err(format!("`policyType` is {}, not a string", found.kind())),
    };
    let document = |names| document(value, names, line, policy_type);
    match asks {
        Asks::NewAccess => Ok(Question::NewAccess {
            new: document(["new", "newPolicyDocument"])?,
            existing: document(["existing", "existingPolicyDocument"])?,
        }),
        Asks::Granted => {
            let access = value.get("access").ok_or("`access` is missing")?;
            let access = serde_json::from_str(access.span.of(line)).map_err(|error| error.to_string())?;
            Ok(Question::Granted {
                policy: document(POLICY)?,
                access: access_from_json(&access).map_err(|error| format!("`access`: {error}"))?,
            })
        }
        Asks::Public => {
            let name = value.get("resourceType").ok_or("`resourceType` is missing")?;
            checked_resource_type(name.as_str().unwrap_or_default())?;
            Ok(Question::Public {
                policy: self::document(value, POLICY, line, Some(PolicyType::Resource))?,
            })
        }
    }
}

const POLICY: [&str; 2] = ["policy", "policyDocument"];

/// A policy that stands in the line under one of its names, as an object or as its text.
fn document(value: &Value, names: [&str; 2], line: &str, policy_type: Option<PolicyType>) -> Result<Document, String> {
    let [ours, _] = names;
    let found = names
        .iter()
        .find_map(|name| value.get(name).map(|policy| (*name, policy)));
    let (name, policy) = found.ok_or_else(|| format!("`{ours}` is missing"))?;
    let text = match &policy.node {
        Node::String(text) => text,
        _ => policy.span.of(line),
    };
    read_document(text, policy_type).map_err(|error| format!("`{name}`: {error}"))
}
