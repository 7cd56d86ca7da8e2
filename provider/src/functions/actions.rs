use leastpriv_checks::{Confidence, Severity, judge};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_terraform::function::FunctionError;
use serde_json::json;

/// Refuses the names of actions that are surely misspelt, because the answer about them would be a wrong comfort. They
/// are judged as those of a policy are; an action that is only newer than the catalog passes.
pub(super) fn check(at: usize, actions: &[String]) -> Result<(), FunctionError> {
    let is_pair = |action: &str| {
        action == "*"
            || action
                .split_once(':')
                .is_some_and(|(service, name)| !service.is_empty() && !name.is_empty())
    };
    if let Some(action) = actions.iter().find(|action| !is_pair(action)) {
        return Err(FunctionError::at(
            at,
            format!("`{action}` is no action; write the service, a colon and the name, such as `s3:GetObject`"),
        ));
    }
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    });
    let judgement = judge(&policy.to_string(), PolicyKind::Identity);
    let misspelt = judgement.findings.into_iter().find(|finding| {
        finding.severity == Severity::Error
            && finding.confidence == Confidence::High
            && actions.contains(&finding.element)
    });
    match misspelt {
        Some(finding) => {
            let help = finding.help.unwrap_or_else(|| "check the spelling".to_owned());
            Err(FunctionError::at(at, format!("{}; {help}", finding.message)))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(action: &str) -> Result<(), String> {
        check(1, &[action.to_owned()]).map_err(|error| {
            assert_eq!(error.argument, Some(1));
            error.text
        })
    }

    #[test]
    fn what_is_surely_misspelt_is_refused() {
        for (action, expected) in [
            ("s3", "`s3` is no action"),
            (":x", "`:x` is no action"),
            ("s3:GetObejct", "s3:GetObject"),
            ("", "`` is no action"),
        ] {
            let text = check_one(action).unwrap_err();
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn patterns_and_what_may_be_new_pass() {
        for action in ["*", "s3:*", "iam:PassRole", "S3:getobject", "s3:InventedTomorrow"] {
            assert_eq!(check_one(action), Ok(()), "{action}");
        }
    }
}
