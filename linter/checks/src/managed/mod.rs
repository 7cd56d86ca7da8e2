//! AWS managed policies that are known by name.
//!
//! Each stands here by what it grants, in as few statements as say it; AWS keeps the full texts. A
//! policy that is not in the list is not judged, and is never called clean.

use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::span::Span;

use crate::finding::Severity;
use crate::judge::{Coverage, Judgement, judge};

/// Judges a managed policy by its ARN; absent where its content is not known here. Every place is
/// the whole ARN. Only what grants too much is reported: AWS answers for the form of its policies.
pub fn judge_managed_policy(arn: &str) -> Option<Judgement> {
    let name = aws_managed_name(arn)?;
    let document = grants_at_least(arn)?;
    let mut judgement = judge(document, PolicyKind::Managed);
    judgement
        .findings
        .retain(|finding| finding.severity == Severity::SecurityWarning);
    for finding in &mut judgement.findings {
        finding.span = Span::new(0, arn.len());
        finding.label = format!("the AWS managed policy {name}");
        finding.related.clear();
        finding.path.clear();
        finding.aws_paths.clear();
        finding.statement = None;
        finding.sid = None;
        finding.element = format!("{name}: {}", finding.element);
        finding.message = format!("`{name}`: {}", finding.message);
        finding.help = Some("attach a policy of your own that names what is needed".to_owned());
    }
    judgement.coverage = Coverage::Judged;
    Some(judgement)
}

/// A policy that grants what a managed policy surely grants; absent where nothing is known of it here. The managed policy
/// may grant more.
pub(crate) fn grants_at_least(arn: &str) -> Option<&'static str> {
    let name = aws_managed_name(arn)?;
    let known = KNOWN.iter().find(|(known, _)| *known == name);
    known.map(|(_, document)| *document)
}

/// The name of an AWS managed policy, its path left out.
fn aws_managed_name(arn: &str) -> Option<&str> {
    let mut fields = arn.splitn(6, ':');
    let is_aws = fields.next() == Some("arn")
        && fields.next().is_some_and(|partition| partition.starts_with("aws"))
        && fields.next() == Some("iam")
        && fields.next() == Some("")
        && fields.next() == Some("aws");
    let path = fields.next()?.strip_prefix("policy/")?;
    is_aws.then(|| path.rsplit('/').next())?
}

/// Name and what it grants.
const KNOWN: &[(&str, &str)] = &[
    (
        "AdministratorAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    ),
    (
        "PowerUserAccess",
        r#"{"Statement":{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}}"#,
    ),
    (
        "IAMFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":["iam:*","organizations:DescribePolicy"],"Resource":"*"}}"#,
    ),
    (
        "AmazonS3FullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}}"#,
    ),
    (
        "AmazonSQSFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}}"#,
    ),
    (
        "AmazonSNSFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"sns:*","Resource":"*"}}"#,
    ),
    (
        "AmazonDynamoDBFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":["dynamodb:*","dax:*"],"Resource":"*"}}"#,
    ),
    (
        "AmazonEC2FullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":["ec2:*","elasticloadbalancing:*","autoscaling:*"],"Resource":"*"}}"#,
    ),
    (
        "AmazonRDSFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"rds:*","Resource":"*"}}"#,
    ),
    (
        "AmazonSSMFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"ssm:*","Resource":"*"}}"#,
    ),
    (
        "AWSLambda_FullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"lambda:*","Resource":"*"}}"#,
    ),
    (
        "AWSCloudFormationFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"cloudformation:*","Resource":"*"}}"#,
    ),
    (
        "AWSOrganizationsFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"organizations:*","Resource":"*"}}"#,
    ),
    (
        "CloudWatchFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":["cloudwatch:*","logs:*","sns:*"],"Resource":"*"}}"#,
    ),
    (
        "CloudWatchLogsFullAccess",
        r#"{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}"#,
    ),
    (
        "SecretsManagerReadWrite",
        r#"{"Statement":{"Effect":"Allow","Action":"secretsmanager:*","Resource":"*"}}"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wide_ones_are_refused_by_what_they_grant() {
        let names = |arn: &str| {
            judge_managed_policy(arn)
                .unwrap()
                .findings
                .iter()
                .map(|finding| finding.check.name)
                .collect::<Vec<_>>()
        };
        assert!(names("arn:aws:iam::aws:policy/AdministratorAccess").contains(&"administrator-access"));
        assert!(names("arn:aws-us-gov:iam::aws:policy/IAMFullAccess").contains(&"service-wildcard"));
        assert!(names("arn:aws:iam::aws:policy/PowerUserAccess").contains(&"allow-not-action"));
    }

    #[test]
    fn the_others_are_not_judged() {
        for arn in [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:iam::123456789012:policy/AdministratorAccess",
            "AdministratorAccess",
            "",
        ] {
            assert!(judge_managed_policy(arn).is_none(), "{arn}");
        }
    }

    #[test]
    fn every_listed_policy_grants_too_much() {
        for (name, _) in KNOWN {
            let arn = format!("arn:aws:iam::aws:policy/{name}");
            assert!(!judge_managed_policy(&arn).unwrap().findings.is_empty(), "{name}");
        }
    }
}
