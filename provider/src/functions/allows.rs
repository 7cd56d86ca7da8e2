use std::collections::BTreeSet;

use leastpriv_policy::decide::{Attachment, Element, Layer, Outcome, Policies, Policy, Reason, trace};
use leastpriv_policy::document::{Document, Statement, parse};
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
        let (policies, layer) = policies(&given.document, &asked)?;
        let decision = trace(&policies, &asked.request);
        let about_others: BTreeSet<usize> = decision
            .trace
            .iter()
            .filter(|(id, element)| id.layer == layer && *element == Element::Action)
            .map(|(id, _)| id.statement)
            .collect();
        let statements = given.document.statements.iter();
        let mut relevant = statements.filter(|statement| !about_others.contains(&statement.index));
        if let Some(key) = relevant.find_map(|statement| open_key(statement, &asked)) {
            return Err(FunctionError {
                text: key.question(),
                argument: (arguments.len() > CONTEXT).then_some(CONTEXT),
            });
        }
        match decision.outcome {
            Outcome::Allowed => Ok(true.into_tree()),
            Outcome::ImplicitDeny | Outcome::ExplicitDeny => Ok(false.into_tree()),
            Outcome::Unknown(Reason::InvalidStatement) => Err(given.misuse()),
            Outcome::Unknown(reason) => Err(FunctionError::new(format!(
                "it cannot be decided: AWS does not document the effect of {reason}; write the statement without that"
            ))),
        }
    }
}

/// The policy where it applies to the request, and the layer it is then in.
fn policies(document: &Document, asked: &Asked) -> Result<(Policies, Layer), FunctionError> {
    let context = |text: &str| Err(FunctionError::at(CONTEXT, text));
    if PolicyKind::guess(document) == PolicyKind::Identity {
        if !asked.request.principal.has_identity_policies() {
            return context(
                "the policy names no principals, so it is one of a user or a role, and the context names another caller; give the ARN of a user or a role in `aws:PrincipalArn`",
            );
        }
        let policies = Policies {
            identity: vec![Policy::new(document, Attachment::Principal)],
            ..Policies::default()
        };
        return Ok((policies, Layer::Identity));
    }
    if !asked.names_principal {
        return Err(FunctionError::new(
            "the policy names principals, so the answer depends on who asks; give `aws:PrincipalArn`, or `aws:PrincipalServiceName` for a service, or `aws:PrincipalType` = `Anonymous`, in the context",
        ));
    }
    // The question is what this policy allows, so it has to, and the caller's own policies are no obstacle.
    let policies = Policies {
        identity: vec![Policy::new(&parse(EVERYTHING).document, Attachment::Principal)],
        resource: Some(Policy::new(document, Attachment::Resource)),
        resource_must_allow: true,
        ..Policies::default()
    };
    Ok((policies, Layer::Resource))
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

/// A steady key that a statement asks for and the caller has not given. Any other key that is not given is absent from
/// the request.
fn open_key(statement: &Statement, asked: &Asked) -> Option<&'static SteadyKey> {
    let context = &asked.request.context;
    let is_given = |key: &SteadyKey| {
        let other_clock = match key.name {
            "aws:CurrentTime" => context.values("aws:EpochTime").is_some(),
            "aws:EpochTime" => context.values("aws:CurrentTime").is_some(),
            _ => false,
        };
        context.values(key.name).is_some() || (key.follows && asked.names_principal) || other_clock
    };
    STEADY_KEYS
        .iter()
        .find(|key| asks_for(statement, key.name) && !is_given(key))
}

/// Whether a condition tests a key, or a policy variable names it.
fn asks_for(statement: &Statement, key: &str) -> bool {
    let variable = format!("${{{}", key.to_ascii_lowercase());
    let names = |text: &str| text.to_ascii_lowercase().contains(&variable);
    let resources = statement.resource.iter().chain(&statement.not_resource);
    let tests = statement.condition.iter();
    resources.flat_map(|list| &list.items).any(|text| names(&text.text))
        || tests.clone().any(|test| test.key.text.eq_ignore_ascii_case(key))
        || tests.flat_map(|test| &test.values).any(|value| names(&value.text))
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
        let (at, text) = fault("sqs:SendMessage", queue, &[]);
        assert!(text.contains("`aws:SecureTransport`"), "{text}");
        assert_eq!(at, None);
        let secure = ("aws:SecureTransport", "true");
        assert_eq!(call(READER, "sqs:SendMessage", queue, &[secure]), Ok(false));
        assert_eq!(
            call(
                READER,
                "sqs:SendMessage",
                queue,
                &[secure, ("aws:PrincipalTag/team", "a")]
            ),
            Ok(true)
        );
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
        assert_eq!(
            fault("s3:PutObject", own, &[("aws:PrincipalArn", "ada")]).0,
            Some(CONTEXT)
        );
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
