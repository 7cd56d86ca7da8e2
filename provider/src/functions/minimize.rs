use leastpriv_policy::minimize::{Options, minimize};
use leastpriv_policy::print::compact;
use leastpriv_terraform::function::{Arguments, Function, FunctionError, Parameter, Signature};
use leastpriv_terraform::value::{IntoTree, Tree, Type};

use super::policy;

/// `minimize(policy)`: the smaller policy that means the same.
pub(super) struct Minimize;

impl Function for Minimize {
    fn name(&self) -> &'static str {
        "minimize"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: SUMMARY.to_owned(),
            description: format!("{SUMMARY}{DESCRIPTION}"),
            parameters: vec![Parameter::new("policy", Type::String, "The policy, as JSON.")],
            variadic: None,
            returns: Type::String,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError> {
        let given = policy::read(arguments, 0)?;
        // Where nothing is smaller, or a proof is missing, this is the text as it was given.
        let smaller = minimize(given.text(), Options::default());
        Ok(compact(&smaller.text).into_tree())
    }
}

const SUMMARY: &str = "The smaller policy that means the same.";

const DESCRIPTION: &str = "

The result is the policy as JSON without white space. Left out are values that others of their list cover, and statements \
that others cover or deny or that are about no request; statements that differ in one element are merged. It is proved \
both ways that the result allows and denies what the policy allows and denies, beside any other policies and for actions \
that AWS adds later. A statement that cannot be interpreted stays as it is, and so does a policy for which a proof is \
missing.

The same policy always gives the same result, which depends on no catalog. The result of the result is itself. Use it where \
a policy is put together from parts and has to fit into a quota.";

#[cfg(test)]
mod tests {
    use super::*;

    fn call(policy: &str) -> Result<Tree, FunctionError> {
        Minimize.call(&[policy.into_tree()].into_iter().collect())
    }

    #[test]
    fn a_policy_gets_smaller_and_stays_so() {
        let wordy = r#"{
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"], "Resource": ["arn:aws:s3:::reports/*"]},
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/2026"}
            ]
        }"#;
        let small = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*"}]}"#;
        assert_eq!(call(wordy), Ok(small.into_tree()));
        assert_eq!(call(small), Ok(small.into_tree()));
    }

    #[test]
    fn what_cannot_be_interpreted_stays_and_what_cannot_be_read_is_named() {
        let odd = r#"{"Statement":[{"Effect":"Maybe","Action":["s3:Get*","s3:GetObject"],"Resource":"*"}]}"#;
        assert_eq!(call(odd), Ok(odd.into_tree()));
        for (text, expected) in [
            ("", "the text is empty"),
            ("{\n \"Statement\": [,]}", "line 2, column 16"),
            ("{}", "no `Statement`"),
        ] {
            let error = call(text).unwrap_err();
            assert_eq!(error.argument, Some(0));
            assert!(error.text.contains(expected), "{}", error.text);
        }
    }
}
