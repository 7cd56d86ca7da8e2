use leastpriv_policy::compare::{Access, Containment, not_granted};
use leastpriv_terraform::function::{Arguments, Function, FunctionError, Parameter, Signature};
use leastpriv_terraform::value::{IntoTree, Tree, Type};

use super::{actions, policy, texts};

/// `not_granted(policy, actions, resources)`: whether a policy gives none of some access.
pub(super) struct NotGranted;

impl Function for NotGranted {
    fn name(&self) -> &'static str {
        "not_granted"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: SUMMARY.to_owned(),
            description: format!("{SUMMARY}{DESCRIPTION}"),
            parameters: vec![
                Parameter::new("policy", Type::String, "The policy, as JSON."),
                Parameter::new(
                    "actions",
                    Type::list(Type::String),
                    "Actions that it must not give, such as `iam:PassRole` or `iam:*`. An empty list means any action.",
                ),
                Parameter::new(
                    "resources",
                    Type::list(Type::String),
                    "ARNs that it must not reach, such as `arn:aws:s3:::payroll/*`. An empty list means any resource.",
                ),
            ],
            variadic: None,
            returns: Type::Bool,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError> {
        let policy = policy::read(arguments, 0)?;
        let access = Access {
            actions: texts(arguments, 1),
            resources: texts(arguments, 2),
        };
        if access.actions.is_empty() && access.resources.is_empty() {
            return Err(FunctionError::new(
                "nothing is asked: both lists are empty; name actions in `actions` or ARNs in `resources`",
            ));
        }
        if !access.actions.is_empty() {
            actions::check(1, &access.actions)?;
        }
        let is_arn = |resource: &&String| *resource == "*" || resource.starts_with("arn:");
        if let Some(resource) = access.resources.iter().find(|resource| !is_arn(resource)) {
            return Err(FunctionError::at(
                2,
                format!("`{resource}` is no ARN; write one such as `arn:aws:s3:::payroll/*`, or `*`"),
            ));
        }
        match not_granted(&policy.document, &[access]) {
            Containment::Contained => Ok(true.into_tree()),
            Containment::Exceeds(_) => Ok(false.into_tree()),
            Containment::Unknown(doubts) => Err(policy::undecided(&doubts, &[&policy])),
        }
    }
}

const SUMMARY: &str = "Whether a policy gives none of some access.";

const DESCRIPTION: &str = "

True where the policy allows none of the actions on any of the resources, whatever the condition keys of a request are; \
false where some request gets through. Actions and ARNs are patterns as in a policy. Where it cannot be decided, as with \
policy variables, the call fails and says what it depends on, so that a condition never holds by accident.

An action whose name is surely misspelt is an error: no policy would give it.";

#[cfg(test)]
mod tests {
    use super::*;

    const READER: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::reports/*"},
        {"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}]}"#;

    fn call(policy: &str, actions: &[&str], resources: &[&str]) -> Result<Tree, FunctionError> {
        let list = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| text.into_tree())
                .collect::<Vec<Tree>>()
                .into_tree()
        };
        NotGranted.call(
            &[policy.into_tree(), list(actions), list(resources)]
                .into_iter()
                .collect(),
        )
    }

    #[test]
    fn any_of_the_actions_on_any_of_the_resources_counts() {
        for (actions, resources, expected) in [
            (&["iam:PassRole"][..], &[][..], true),
            (&["s3:DeleteObject"], &[], true),
            (&["iam:PassRole", "s3:PutObject"], &[], false),
            (&["s3:PutObject"], &["arn:aws:s3:::payroll/*"], true),
            (&[], &["arn:aws:s3:::payroll/*"], true),
            (&[], &["arn:aws:s3:::rep*"], false),
        ] {
            assert_eq!(
                call(READER, actions, resources),
                Ok(Tree::Bool(expected)),
                "{actions:?} {resources:?}"
            );
        }
    }

    #[test]
    fn what_asks_nothing_or_something_that_is_not_there_is_an_error() {
        let fault = |actions: &[&str], resources: &[&str]| call(READER, actions, resources).unwrap_err();
        assert!(fault(&[], &[]).text.contains("both lists are empty"));
        assert_eq!(fault(&["iam:PasRole"], &[]).argument, Some(1));
        assert_eq!(fault(&["iam:PassRole"], &["payroll"]).argument, Some(2));
        assert_eq!(call("{", &["iam:PassRole"], &[]).unwrap_err().argument, Some(0));
    }
}
