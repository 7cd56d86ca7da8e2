//! The types of resources that a public-access check is asked about, by their names in AWS CloudFormation.

/// The types that AWS takes for `resourceType` of `CheckNoPublicAccess`.
pub(crate) const RESOURCE_TYPES: [&str; 26] = [
    "AWS::ApiGateway::RestApi",
    "AWS::Backup::BackupVault",
    "AWS::CloudTrail::Dashboard",
    "AWS::CloudTrail::EventDataStore",
    "AWS::CodeArtifact::Domain",
    "AWS::DynamoDB::Stream",
    "AWS::DynamoDB::Table",
    "AWS::EFS::FileSystem",
    "AWS::IAM::AssumeRolePolicyDocument",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Kinesis::StreamConsumer",
    "AWS::Lambda::Function",
    "AWS::OpenSearchService::Domain",
    "AWS::S3::AccessPoint",
    "AWS::S3::Bucket",
    "AWS::S3::Glacier",
    "AWS::S3Express::AccessPoint",
    "AWS::S3Express::DirectoryBucket",
    "AWS::S3Outposts::AccessPoint",
    "AWS::S3Outposts::Bucket",
    "AWS::S3Tables::Table",
    "AWS::S3Tables::TableBucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];

/// Whether AWS takes a type.
///
/// # Errors
///
/// Names the types that it takes.
pub(crate) fn checked_resource_type(name: &str) -> Result<(), String> {
    if RESOURCE_TYPES.contains(&name) {
        Ok(())
    } else {
        Err(format!(
            "`resourceType` is `{name}`; it can be {}",
            RESOURCE_TYPES.join(", ")
        ))
    }
}
