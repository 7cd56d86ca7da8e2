use std::collections::BTreeMap;

use leastpriv_checks::vet::refuses;
use leastpriv_checks::{Finding, Severity, judge};
use leastpriv_policy::document::parse;
use leastpriv_policy::json::ProblemKind;
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::span::LineIndex;
use leastpriv_terraform::function::{Arguments, Function, FunctionError, Parameter, Signature};
use leastpriv_terraform::value::{IntoTree, Tree, Type};

use super::{members, policy, scalar, text};

/// `lint(policy, options…)`: what is wrong with a policy.
pub(super) struct Lint;

impl Function for Lint {
    fn name(&self) -> &'static str {
        "lint"
    }

    fn signature(&self) -> Signature {
        let members = MEMBERS.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone()));
        Signature {
            summary: SUMMARY.to_owned(),
            description: format!("{SUMMARY}{DESCRIPTION}"),
            parameters: vec![Parameter::new("policy", Type::String, "The policy, as JSON.")],
            variadic: Some(
                Parameter::new(
                    "options",
                    Type::Dynamic,
                    "An object that may be left out. `policy_type` says what the policy is attached to, as `leastpriv lint --policy-type` takes it, such as `user-inline`, `session`, `trust` or `resource`; without it that is guessed. `min_severity` leaves milder findings out: `error`, `security-warning`, `warning` or `suggestion`, which is the default.",
                )
                .nullable(),
            ),
            returns: Type::list(Type::Object(members.collect::<BTreeMap<String, Type>>())),
            deprecated: None,
        }
    }

    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError> {
        let policy = text(arguments, 0);
        let options = Options::read(arguments, 1)?;
        let parsed = parse(&policy);
        let mut problems = parsed.problems.iter();
        // A member that stands twice is what a check is for.
        if let Some(problem) = problems.find(|problem| problem.kind != ProblemKind::DuplicateKey) {
            return Err(policy::unreadable(0, &policy, problem));
        }
        let kind = options.kind.unwrap_or_else(|| PolicyKind::guess(&parsed.document));
        let lines = LineIndex::new(&policy);
        let findings = judge(&policy, kind).findings.into_iter();
        let shown = findings.filter(|finding| finding.severity >= options.least);
        Ok(shown
            .map(|finding| object(&finding, &lines))
            .collect::<Vec<Tree>>()
            .into_tree())
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    kind: Option<PolicyKind>,
    least: Severity,
}

impl Options {
    fn read(arguments: &Arguments, at: usize) -> Result<Self, FunctionError> {
        let mut options = Self {
            kind: None,
            least: Severity::Suggestion,
        };
        for (name, value) in members(arguments, at, "{ policy_type = \"session\" }")? {
            let given = scalar(&value).unwrap_or_default();
            let wrong = |known: Vec<&str>| {
                FunctionError::at(at, format!("`{given}` is no `{name}`; use `{}`", known.join("`, `")))
            };
            match name.as_str() {
                "policy_type" => {
                    let kind = PolicyKind::from_name(&given);
                    let known = || wrong(PolicyKind::ALL.iter().map(|kind| kind.name()).collect());
                    options.kind = Some(kind.ok_or_else(known)?);
                }
                "min_severity" => {
                    let known = || wrong(Severity::ALL.iter().map(|severity| severity.as_str()).collect());
                    options.least = Severity::from_name(&given).ok_or_else(known)?;
                }
                _ => {
                    return Err(FunctionError::at(
                        at,
                        format!("there is no option `{name}`; the options are `policy_type` and `min_severity`"),
                    ));
                }
            }
        }
        Ok(options)
    }
}

const MEMBERS: &[(&str, Type)] = &[
    ("check", Type::String),
    ("code", Type::String),
    ("severity", Type::String),
    ("confidence", Type::String),
    ("message", Type::String),
    ("help", Type::String),
    ("path", Type::String),
    ("line", Type::Number),
    ("column", Type::Number),
    ("element", Type::String),
    ("statement", Type::Number),
    ("sid", Type::String),
    ("refuses", Type::Bool),
];

fn object(finding: &Finding, lines: &LineIndex) -> Tree {
    let number = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
    let position = lines.position(finding.span.start);
    let mut tree = Tree::object();
    tree.set("check", finding.check.name);
    tree.set("code", finding.aws_code.map(str::to_owned));
    tree.set("severity", finding.severity.as_str());
    tree.set("confidence", finding.confidence.as_str());
    tree.set("message", finding.message.as_str());
    tree.set("help", finding.help.clone());
    tree.set("path", finding.path_text());
    tree.set("line", number(position.line));
    tree.set("column", number(position.column));
    tree.set("element", finding.element.as_str());
    tree.set("statement", finding.statement.map(number));
    tree.set("sid", finding.sid.clone());
    tree.set("refuses", refuses(finding));
    tree
}

const SUMMARY: &str = "What the checks find in a policy.";

const DESCRIPTION: &str = "

The judgement is the one of `leastpriv_aws_secret_backend_role` and of `leastpriv lint`. The result is a list, in the order \
of the text, and empty where nothing is found. A text that is no JSON is an error, which names the place.

Each object of the result has these members:

- `check` (String) Name of the check, such as `administrator-access`.
- `code` (String) AWS's code for the same issue; null where AWS has none.
- `severity` (String) `error`, `security-warning`, `warning` or `suggestion`.
- `confidence` (String) `high`, `medium` or `low`.
- `message` (String) What is wrong and what it lets through.
- `help` (String) What to do; null where nothing more can be said.
- `path` (String) The place in the policy, such as `Statement[0].Action`.
- `line`, `column` (Number) The place in the text, from 1.
- `element` (String) What is at fault in short, such as `s3:*`.
- `statement` (Number) Number of the statement, from 0; null outside of statements.
- `sid` (String) Its `Sid`; null where it has none.
- `refuses` (Boolean) Whether a role with this finding is refused where `validate` is `enforce` and no exception covers it.";

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Sid":"All","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

    fn call(arguments: Vec<Tree>) -> Result<Tree, FunctionError> {
        Lint.call(&arguments.into_iter().collect())
    }

    fn with(option: &str, value: &str) -> Result<Tree, FunctionError> {
        let mut options = Tree::object();
        options.set(option, value);
        call(vec![WIDE.into_tree(), options])
    }

    #[test]
    fn a_finding_has_its_place_and_says_whether_it_refuses() {
        let found = call(vec![WIDE.into_tree()]).unwrap();
        let of_check = |name: &str| {
            let is_it = |one: &&Tree| one.get::<String>("check").as_deref() == Some(name);
            found.elements().iter().find(is_it).cloned().unwrap_or_default()
        };
        let wildcard = of_check("service-wildcard");
        assert_eq!(wildcard.get::<String>("element").as_deref(), Some("s3:*"));
        assert_eq!(wildcard.get::<String>("path").as_deref(), Some("Statement[0].Action"));
        assert_eq!(wildcard.get::<i64>("line").into_known(), Some(2));
        assert_eq!(wildcard.get::<String>("sid").as_deref(), Some("All"));
        assert_eq!(wildcard.get::<bool>("refuses").into_known(), Some(true));
        assert!(wildcard.get::<String>("message").is_known());
    }

    #[test]
    fn a_good_policy_has_an_empty_list() {
        let narrow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;
        assert_eq!(call(vec![narrow.into_tree()]), Ok(Tree::List(Vec::new())));
    }

    #[test]
    fn options_choose_the_kind_and_the_mildest_severity() {
        let names = |found: &Tree| {
            found
                .elements()
                .iter()
                .map(|one| one.get::<String>("check"))
                .collect::<Vec<_>>()
        };
        let all = call(vec![WIDE.into_tree()]).unwrap();
        let errors = with("min_severity", "error").unwrap();
        assert!(names(&errors).len() < names(&all).len());
        let trust = names(&with("policy_type", "trust").unwrap());
        assert!(
            trust.iter().any(|name| name.as_deref() == Some("missing-principal")),
            "{trust:?}"
        );
        for (option, value, expected) in [
            ("policy_type", "usr", "`usr` is no `policy_type`; use `identity`, "),
            ("min_severity", "high", "`security-warning`"),
            ("kind", "trust", "there is no option `kind`"),
        ] {
            let error = with(option, value).unwrap_err();
            assert!(error.text.contains(expected), "{}", error.text);
            assert_eq!(error.argument, Some(1));
        }
    }

    #[test]
    fn broken_json_is_an_error_and_a_double_member_a_finding() {
        let error = call(vec!["{\n \"Version\": x}".into_tree()]).unwrap_err();
        assert!(error.text.starts_with("line 2, column 13: "), "{}", error.text);
        assert_eq!(error.argument, Some(0));
        let double = r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}"#;
        assert!(!call(vec![double.into_tree()]).unwrap().elements().is_empty());
    }
}
