use leastpriv_policy::decide::{Attachment, Decision, Layer, Outcome, Policies, Policy, Principal, Reason, trace};
use leastpriv_policy::document::{ConditionTest, Document, Statement, Text, Texts, parse};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_terraform::function::{Arguments, Function, FunctionError, Parameter, Signature};
use leastpriv_terraform::value::{IntoTree, Tree, Type};

use super::policy;
use super::request::{self, Asked, CONTEXT};

/// `allows(policy, action, resource, context…)`: whether a policy allows one request.
pub(super) struct Allows;

impl Function for Allows {
    fn name(&self) -> &'static str {
        "allows"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: SUMMARY.to_owned(),
            description: format!("{SUMMARY}{DESCRIPTION}"),
            parameters: vec![
                Parameter::new("policy", Type::String, "The policy, as JSON."),
                Parameter::new("action", Type::String, "The action, such as `s3:GetObject`."),
                Parameter::new(
                    "resource",
                    Type::String,
                    "The ARN that it is asked for, or `*` for an action that works on no resource in particular.",
                ),
            ],
            variadic: Some(
                Parameter::new(
                    "context",
                    Type::Dynamic,
                    "An object that may be left out: the condition keys of the request with their values, each a text, or a list for a key that can have several.",
                )
                .nullable(),
            ),
            returns: Type::Bool,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError> {
        let given = policy::read(arguments, 0)?;
        let asked = request::read(arguments)?;
        let layer = layer(&given.document, &asked)?;
        let split = Split::of(&given.document, &asked, layer);
        let outcome = split.outcome().map_err(|key| FunctionError {
            text: key.question(),
            argument: (arguments.len() > CONTEXT).then_some(CONTEXT),
        })?;
        match outcome {
            Outcome::Allowed => Ok(true.into_tree()),
            Outcome::ImplicitDeny | Outcome::ExplicitDeny => Ok(false.into_tree()),
            Outcome::Unknown(Reason::InvalidStatement) => Err(given.misuse()),
            Outcome::Unknown(reason) => Err(FunctionError::new(format!(
                "it cannot be decided: AWS does not document the effect of {reason}; write the statement without that"
            ))),
        }
    }
}

/// The layer that the policy is in.
fn layer(document: &Document, asked: &Asked) -> Result<Layer, FunctionError> {
    if PolicyKind::guess(document) == PolicyKind::Identity {
        let principal = &asked.request.principal;
        // A federated user has what a session policy gives, too, and there is none here.
        if !principal.has_identity_policies() || matches!(principal, Principal::FederatedUser { .. }) {
            return Err(FunctionError::at(
                CONTEXT,
                "the policy names no principals, so it is one of a user or a role, and the context names another caller; give the ARN of a user or a role in `aws:PrincipalArn`",
            ));
        }
        return Ok(Layer::Identity);
    }
    if !asked.names_principal {
        return Err(FunctionError::new(
            "the policy names principals, so the answer depends on who asks; give `aws:PrincipalArn`, or `aws:PrincipalServiceName` for a service, or `aws:PrincipalType` = `Anonymous`, in the context",
        ));
    }
    Ok(Layer::Resource)
}

/// The policy where it applies to the request.
fn policies(document: &Document, layer: Layer) -> Policies {
    if layer == Layer::Identity {
        return Policies {
            identity: vec![Policy::new(document, Attachment::Principal)],
            ..Policies::default()
        };
    }
    // The question is what this policy allows, so it has to, and the caller's own policies are no obstacle.
    Policies {
        identity: vec![Policy::new(&parse(EVERYTHING).document, Attachment::Principal)],
        resource: Some(Policy::new(document, Attachment::Resource)),
        resource_must_allow: true,
        ..Policies::default()
    }
}

/// A policy whose statements are told apart by whether they depend on a steady key that was not given.
struct Split<'a> {
    document: &'a Document,
    asked: &'a Asked,
    layer: Layer,
    certain: Vec<Statement>,
    /// Statements that apply or do not, by the key: each as if it does.
    open: Vec<(&'static SteadyKey, Statement)>,
}

impl<'a> Split<'a> {
    fn of(document: &'a Document, asked: &'a Asked, layer: Layer) -> Self {
        let mut split = Self {
            document,
            asked,
            layer,
            certain: Vec::new(),
            open: Vec::new(),
        };
        for statement in &document.statements {
            let mut keys = STEADY_KEYS
                .iter()
                .filter(|key| asks_for(statement, key.name) && !is_given(key, asked));
            let open = keys.clone();
            match keys.next() {
                Some(key) => {
                    let applied = open.fold(statement.clone(), |applied, key| without(&applied, key.name));
                    // What fails whatever the key is, is certain.
                    if split.may_apply(&applied) {
                        split.open.push((key, applied));
                    }
                }
                None => split.certain.push(statement.clone()),
            }
        }
        split
    }

    fn decide(&self, statements: Vec<Statement>) -> Decision {
        let document = Document {
            statements,
            ..self.document.clone()
        };
        trace(&policies(&document, self.layer), &self.asked.request)
    }

    fn may_apply(&self, statement: &Statement) -> bool {
        let decision = self.decide(vec![statement.clone()]);
        !decision.trace.iter().any(|(id, _)| id.layer == self.layer)
    }

    /// The outcome with those open statements that are wanted.
    fn outcome_with(&self, is_wanted: impl Fn(&Statement) -> bool) -> Outcome {
        let open = self.open.iter().map(|(_, statement)| statement);
        let open = open.filter(|statement| is_wanted(statement));
        self.decide(self.certain.iter().chain(open).cloned().collect()).outcome
    }

    /// The outcome, or a key that it depends on.
    fn outcome(&self) -> Result<Outcome, &'static SteadyKey> {
        let most = self.outcome_with(Statement::allows);
        let least = self.outcome_with(|statement| !statement.allows());
        let is_denied = |outcome| matches!(outcome, Outcome::ImplicitDeny | Outcome::ExplicitDeny);
        if most == least || (is_denied(most) && is_denied(least)) {
            return Ok(most);
        }
        // Where enough allows it already, only a Deny can change that.
        let allows_matter = self.outcome_with(|_| false) != Outcome::Allowed;
        let mut open = self.open.iter();
        let deciding = open.find(|(_, statement)| statement.allows() == allows_matter);
        deciding
            .or_else(|| self.open.first())
            .map_or(Ok(most), |(key, _)| Err(*key))
    }
}

/// Whether the caller has given a steady key, or what it follows from. Any other key that is not given is absent from the
/// request.
fn is_given(key: &SteadyKey, asked: &Asked) -> bool {
    let context = &asked.request.context;
    let other_clock = match key.name {
        "aws:CurrentTime" => context.values("aws:EpochTime").is_some(),
        "aws:EpochTime" => context.values("aws:CurrentTime").is_some(),
        _ => false,
    };
    context.values(key.name).is_some() || (key.follows && asked.names_principal) || other_clock
}

/// A statement as if all holds in it that depends on a key.
fn without(statement: &Statement, key: &str) -> Statement {
    let mut out = statement.clone();
    out.condition.retain(|test| !tests(test, key));
    for text in out.resource.iter_mut().flat_map(|list| &mut list.items) {
        text.text = any_value(&text.text, key);
    }
    for list in &mut out.not_resource {
        list.items.retain(|text| !names(&text.text, key));
    }
    if !out.not_resource.is_empty() && out.not_resource.iter().all(|list| list.items.is_empty()) {
        let every = Text {
            text: "*".to_owned(),
            ..Text::default()
        };
        out.not_resource.clear();
        out.resource.push(Texts {
            items: vec![every],
            ..Texts::default()
        });
    }
    out
}

/// A pattern with a wildcard in place of the variable of a key.
fn any_value(text: &str, key: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${")
        && let Some((variable, after)) = after.split_once('}')
    {
        out.push_str(before);
        // A variable may have a default behind a comma.
        let name = variable.split(',').next().unwrap_or(variable).trim();
        if name.eq_ignore_ascii_case(key) {
            out.push('*');
        } else {
            out.extend(["${", variable, "}"]);
        }
        rest = after;
    }
    out + rest
}

const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A key that AWS sends with every request.
struct SteadyKey {
    name: &'static str,
    example: &'static str,
    /// Whether its value follows from who asks.
    follows: bool,
}

impl SteadyKey {
    fn question(&self) -> String {
        let Self { name, example, follows } = self;
        let instead = if *follows {
            ", or `aws:PrincipalArn` instead"
        } else {
            ""
        };
        format!(
            "the answer depends on `{name}`, which every request has; give it in the context, such as `{{ \"{name}\" = \"{example}\" }}`{instead}"
        )
    }
}

/// Whether a condition tests a key, or a policy variable names it.
fn asks_for(statement: &Statement, key: &str) -> bool {
    let mut resources = statement.resource.iter().chain(&statement.not_resource);
    resources.any(|list| list.items.iter().any(|text| names(&text.text, key)))
        || statement.condition.iter().any(|test| tests(test, key))
}

fn tests(test: &ConditionTest, key: &str) -> bool {
    test.key.text.eq_ignore_ascii_case(key) || test.values.iter().any(|value| names(&value.text, key))
}

fn names(text: &str, key: &str) -> bool {
    any_value(text, key) != text
}

/// The keys of the page "AWS global condition context keys" of the IAM User Guide whose availability is every request,
/// or every request of an IAM user or a role.
const STEADY_KEYS: &[SteadyKey] = &[
    key("aws:CurrentTime", "2026-01-31T12:00:00Z", false),
    key("aws:EpochTime", "1769860800", false),
    key("aws:PrincipalAccount", "123456789012", true),
    key("aws:PrincipalArn", "arn:aws:iam::123456789012:role/reporting", true),
    key("aws:PrincipalIsAWSService", "false", false),
    key("aws:PrincipalType", "AssumedRole", true),
    key("aws:RequestedRegion", "eu-west-1", false),
    key("aws:ResourceAccount", "123456789012", false),
    key("aws:SecureTransport", "true", false),
    key("aws:UserAgent", "aws-cli/2", false),
    key("aws:userid", "AIDACKCEVSQ6C2EXAMPLE", false),
    key("aws:username", "ada", true),
    key("aws:ViaAWSService", "false", false),
];

const fn key(name: &'static str, example: &'static str, follows: bool) -> SteadyKey {
    SteadyKey { name, example, follows }
}

const SUMMARY: &str = "Whether a policy allows one request.";

const DESCRIPTION: &str = "

A policy that names principals is asked as the policy of a resource, or as the trust policy of a role; any other as one of a \
user or a role. Other policies that apply to the same caller are not known here.

A condition key that the context does not give is absent from the request. Those that AWS sends with every request, such as \
`aws:SecureTransport`, have to be given where the answer depends on them, else the call fails and names the key. \
`aws:PrincipalArn` says who asks: the ARN of a user, of a role or one of its sessions, of a root user or of an identity \
provider. `aws:PrincipalServiceName` names a service, and `aws:PrincipalType` = `Anonymous` nobody.

Where AWS does not document what happens, the call fails and says why.";

#[cfg(test)]
mod tests {
    use super::*;

    const READER: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*"},
        {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::${aws:username}/*"},
        {"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"a"}}},
        {"Effect":"Deny","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}},
        {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:role/ci"}}]}"#;

    fn call(policy: &str, action: &str, resource: &str, context: &[(&str, &str)]) -> Result<bool, FunctionError> {
        let mut given = Tree::object();
        for (key, value) in context {
            given.set(*key, *value);
        }
        let mut arguments = vec![policy.into_tree(), action.into_tree(), resource.into_tree()];
        if !context.is_empty() {
            arguments.push(given);
        }
        let answer = Allows.call(&arguments.into_iter().collect())?;
        Ok(answer == Tree::Bool(true))
    }

    fn fault(action: &str, resource: &str, context: &[(&str, &str)]) -> (Option<usize>, String) {
        let error = call(READER, action, resource, context).unwrap_err();
        (error.argument, error.text)
    }

    #[test]
    fn a_policy_of_a_user_is_asked() {
        assert_eq!(call(READER, "s3:GetObject", "arn:aws:s3:::reports/a", &[]), Ok(true));
        assert_eq!(call(READER, "s3:GetObject", "arn:aws:s3:::payroll/a", &[]), Ok(false));
        assert_eq!(
            call(READER, "iam:PassRole", "arn:aws:iam::123456789012:role/a", &[]),
            Ok(false)
        );
    }

    #[test]
    fn a_key_that_every_request_has_must_be_given() {
        let queue = "arn:aws:sqs:eu-west-1:123456789012:jobs";
        let team = ("aws:PrincipalTag/team", "a");
        let (at, text) = fault("sqs:SendMessage", queue, &[team]);
        assert!(text.contains("`aws:SecureTransport`"), "{text}");
        assert_eq!(at, Some(CONTEXT));
        for (secure, allowed) in [("true", true), ("false", false)] {
            let secure = ("aws:SecureTransport", secure);
            assert_eq!(call(READER, "sqs:SendMessage", queue, &[secure, team]), Ok(allowed));
        }
    }

    #[test]
    fn a_key_that_changes_nothing_need_not_be_given() {
        let queue = "arn:aws:sqs:eu-west-1:123456789012:jobs";
        // No Allow applies, whatever the Deny does.
        assert_eq!(call(READER, "sqs:SendMessage", queue, &[]), Ok(false));
        let policy = |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let deny = |resource: &str| {
            format!(
                r#"{{"Effect":"Deny","Action":"s3:*","Resource":"{resource}","Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
            )
        };
        let allow = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}"#;
        let over_tls = allow.replace(
            "/*\"}",
            "/*\",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"},\"StringEquals\":{\"aws:PrincipalTag/team\":\"a\"}}}",
        );
        let report = "arn:aws:s3:::reports/a";
        let asks = |statements: &[&str]| call(&policy(&statements.join(",")), "s3:GetObject", report, &[]);
        // A Deny on another resource, an Allow beside another one, and an Allow whose other test fails.
        assert_eq!(asks(&[allow, &deny("arn:aws:s3:::payroll/*")]), Ok(true));
        assert_eq!(asks(&[allow, &over_tls]), Ok(true));
        assert_eq!(asks(&[&over_tls]), Ok(false));
        let never = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
        assert_eq!(asks(&[allow, never, &deny("*")]), Ok(false));
        // A Deny that may apply, also by a variable in its resource.
        assert!(asks(&[allow, &deny("*")]).is_err());
        let own = |resource: &str| format!(r#"{{"Effect":"Deny","Action":"*","Resource":"{resource}"}}"#);
        assert!(asks(&[allow, &own("arn:aws:s3:::reports/${aws:username}")]).is_err());
        assert_eq!(asks(&[allow, &own("arn:aws:s3:::home/${aws:username}")]), Ok(true));
        let but_own = own("arn:aws:s3:::${aws:username}/*").replace("Resource", "NotResource");
        assert!(asks(&[allow, &but_own]).is_err());
        assert_eq!(asks(&[&but_own]), Ok(false));
    }

    #[test]
    fn who_asks_matters_where_a_statement_says_so() {
        let own = "arn:aws:s3:::ada/a";
        assert!(fault("s3:PutObject", own, &[]).1.contains("`aws:PrincipalArn` instead"));
        let ada = ("aws:PrincipalArn", "arn:aws:iam::123456789012:user/ada");
        let eve = ("aws:PrincipalArn", "arn:aws:iam::123456789012:user/eve");
        assert_eq!(call(READER, "s3:PutObject", own, &[ada]), Ok(true));
        assert_eq!(call(READER, "s3:PutObject", own, &[eve]), Ok(false));
        assert_eq!(call(READER, "s3:PutObject", own, &[("aws:username", "ada")]), Ok(true));
        for arn in [
            "ada",
            "arn:aws:iam::123456789012:user/ada/",
            "arn:aws:sts::123456789012:assumed-role/ci",
            "arn:aws:sts::123456789012:federated-user/bob",
        ] {
            assert_eq!(
                fault("s3:PutObject", own, &[("aws:PrincipalArn", arn)]).0,
                Some(CONTEXT),
                "{arn}"
            );
        }
        assert_eq!(
            fault("s3:PutObject", own, &[("aws:PrincipalType", "Anonymous")]).0,
            Some(CONTEXT)
        );
    }

    #[test]
    fn a_policy_with_principals_is_asked_for_a_caller() {
        let role = "arn:aws:iam::123456789012:role/worker";
        let asks = |context: &[(&str, &str)]| call(TRUST, "sts:AssumeRole", role, context);
        assert_eq!(asks(&[("aws:PrincipalServiceName", "lambda.amazonaws.com")]), Ok(true));
        assert_eq!(asks(&[("aws:PrincipalServiceName", "ec2.amazonaws.com")]), Ok(false));
        assert_eq!(
            asks(&[("aws:PrincipalArn", "arn:aws:iam::123456789012:role/ci")]),
            Ok(true)
        );
        assert_eq!(
            asks(&[("aws:PrincipalArn", "arn:aws:iam::123456789012:role/other")]),
            Ok(false)
        );
        assert_eq!(asks(&[("aws:PrincipalType", "Anonymous")]), Ok(false));
        assert!(asks(&[]).is_err_and(|error| error.text.contains("depends on who asks")));
    }

    #[test]
    fn a_request_is_about_one_action_and_one_resource() {
        assert_eq!(fault("s3:Get*", "*", &[]).0, Some(1));
        assert_eq!(fault("s3:GetObejct", "*", &[]).0, Some(1));
        assert_eq!(fault("s3:GetObject", "arn:aws:s3:::reports/*", &[]).0, Some(2));
        assert_eq!(fault("s3:GetObject", "reports", &[]).0, Some(2));
    }

    #[test]
    fn what_is_left_open_is_an_error_with_its_reason() {
        let open = |operator: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{{"{operator}":{{"aws:SourceIp":"a"}}}}}}]}}"#
            )
        };
        let error = call(&open("ForAnyValue:StringEqualsIfExists"), "s3:GetObject", "*", &[]).unwrap_err();
        assert!(error.text.contains("ForAnyValue with IfExists"), "{}", error.text);
        let error = call(
            READER
                .replace("Allow\",\"Action\":\"s3:Get*", "Alow\",\"Action\":\"s3:Get*")
                .as_str(),
            "s3:GetObject",
            "arn:aws:s3:::reports/a",
            &[],
        )
        .unwrap_err();
        assert!(error.text.contains("line 2, column "), "{}", error.text);
        assert_eq!(error.argument, Some(0));
    }
}
