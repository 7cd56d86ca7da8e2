//! The form of the ARNs that a role may hold.

use leastpriv_policy::pattern::is_account;

/// Whether it is the ARN of an IAM managed policy, AWS's or an account's.
pub(crate) fn is_policy(arn: &str) -> bool {
    iam_resource(arn).is_some_and(|(account, resource)| {
        (account == "aws" || is_account(account)) && resource.strip_prefix("policy/").is_some_and(is_path_and_name)
    })
}

/// Whether it is the ARN of an IAM role.
pub(crate) fn is_role(arn: &str) -> bool {
    iam_resource(arn).is_some_and(|(account, resource)| {
        is_account(account) && resource.strip_prefix("role/").is_some_and(is_path_and_name)
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

/// A partition is `aws`, or `aws` with words behind it; new ones appear, so their form is checked and not a list.
fn is_partition(text: &str) -> bool {
    text.split('-').next() == Some("aws")
        && text.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// A path of printable characters and a name of IAM's letters.
fn is_path_and_name(text: &str) -> bool {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    path.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
        && (1..=128).contains(&name.len())
        && name.chars().all(is_iam_name_character)
}

/// The characters of names in IAM.
pub(crate) fn is_iam_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
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
