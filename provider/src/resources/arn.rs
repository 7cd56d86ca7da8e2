//! The form of the ARNs that a role may hold.

use leastpriv_policy::pattern::{is_account, is_iam_path_and_name, is_partition};

/// Whether it is the ARN of an IAM managed policy, AWS's or an account's.
pub(crate) fn is_policy(arn: &str) -> bool {
    iam_resource(arn).is_some_and(|(account, resource)| {
        (account == "aws" || is_account(account))
            && resource
                .strip_prefix("policy/")
                .is_some_and(|name| is_iam_path_and_name(name, 128))
    })
}

/// Whether it is the ARN of an IAM role.
pub(crate) fn is_role(arn: &str) -> bool {
    iam_resource(arn).is_some_and(|(account, resource)| {
        is_account(account)
            && resource
                .strip_prefix("role/")
                .is_some_and(|name| is_iam_path_and_name(name, 64))
    })
}

/// Account and resource of an IAM ARN, which has no region.
fn iam_resource(arn: &str) -> Option<(&str, &str)> {
    let mut fields = arn.splitn(6, ':');
    if fields.next()? != "arn" || !is_partition(fields.next()?) || fields.next()? != "iam" || !fields.next()?.is_empty()
    {
        return None;
    }
    Some((fields.next()?, fields.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies() {
        for arn in [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            "arn:aws-us-gov:iam::123456789012:policy/team/x+y=,.@-_",
        ] {
            assert!(is_policy(arn), "{arn}");
        }
        for arn in [
            "",
            "ReadOnlyAccess",
            "arn:aws:iam::aws:policy/",
            "arn:aws:iam::12345:policy/x",
            "arn:aws:iam:eu-west-1:123456789012:policy/x",
            "arn:aws:iam::123456789012:role/x",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::aws:policy/a b",
            "arn:azure:iam::aws:policy/x",
            "arn:aws:iam::aws:policy/x ",
        ] {
            assert!(!is_policy(arn), "{arn}");
        }
    }

    #[test]
    fn roles() {
        assert!(is_role("arn:aws:iam::123456789012:role/app"));
        assert!(is_role("arn:aws-cn:iam::123456789012:role/service-role/app"));
        for arn in [
            "arn:aws:iam::aws:role/app",
            "arn:aws:iam::123456789012:role/*",
            "arn:aws:sts::123456789012:assumed-role/app/x",
            "role/app",
        ] {
            assert!(!is_role(arn), "{arn}");
        }
    }
}
