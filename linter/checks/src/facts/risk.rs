//! Actions whose effect is worse than their access level says.

use leastpriv_catalog::{AccessLevel, Action};

/// Whether an action hands out credentials or secrets that open further doors.
///
/// Our own list: actions whose answer is an access key, a session, a password, a token or a secret
/// value, and those that make or reset one.
pub fn exposes_credentials(action: Action) -> bool {
    let (prefix, name) = (action.service().prefix(), action.name());
    CREDENTIALS.binary_search(&(prefix, name)).is_ok()
}

/// Whether an action can change who may do what, or hands out credentials.
pub fn needs_care(action: Action) -> bool {
    action.level() == AccessLevel::PermissionsManagement || exposes_credentials(action)
}

/// Sorted by service, then name.
const CREDENTIALS: &[(&str, &str)] = &[
    ("appsync", "CreateApiKey"),
    ("bedrock", "CallWithBearerToken"),
    ("chime", "CreateApiKey"),
    ("codeartifact", "GetAuthorizationToken"),
    ("codebuild", "ImportSourceCredentials"),
    ("codepipeline", "PollForJobs"),
    ("cognito-identity", "GetCredentialsForIdentity"),
    ("cognito-identity", "GetOpenIdToken"),
    ("cognito-identity", "GetOpenIdTokenForDeveloperIdentity"),
    ("connect", "GetFederationToken"),
    ("dsql", "DbConnect"),
    ("dsql", "DbConnectAdmin"),
    ("ec2", "GetPasswordData"),
    ("ecr", "GetAuthorizationToken"),
    ("ecr-public", "GetAuthorizationToken"),
    ("gamelift", "GetInstanceAccess"),
    ("gamelift", "RequestUploadCredentials"),
    ("iam", "CreateAccessKey"),
    ("iam", "CreateLoginProfile"),
    ("iam", "CreateServiceSpecificCredential"),
    ("iam", "ResetServiceSpecificCredential"),
    ("iam", "UpdateAccessKey"),
    ("iam", "UpdateLoginProfile"),
    ("lightsail", "CreateKeyPair"),
    ("lightsail", "DownloadDefaultKeyPair"),
    ("lightsail", "GetBucketAccessKeys"),
    ("lightsail", "GetInstanceAccessDetails"),
    ("lightsail", "GetKeyPair"),
    ("lightsail", "GetRelationalDatabaseMasterUserPassword"),
    ("mediapackage", "RotateChannelCredentials"),
    ("mediapackage", "RotateIngestEndpointCredentials"),
    ("rds-db", "connect"),
    ("redshift", "GetClusterCredentials"),
    ("redshift", "GetClusterCredentialsWithIAM"),
    ("redshift-serverless", "GetCredentials"),
    ("secretsmanager", "BatchGetSecretValue"),
    ("secretsmanager", "GetSecretValue"),
    ("ssm", "GetParameter"),
    ("ssm", "GetParameterHistory"),
    ("ssm", "GetParameters"),
    ("ssm", "GetParametersByPath"),
    ("sts", "AssumeRole"),
    ("sts", "AssumeRoleWithSAML"),
    ("sts", "AssumeRoleWithWebIdentity"),
    ("sts", "AssumeRoot"),
    ("sts", "GetFederationToken"),
    ("sts", "GetSessionToken"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_entry_is_an_action() {
        assert!(CREDENTIALS.is_sorted());
        let unknown: Vec<_> = CREDENTIALS
            .iter()
            .filter(|(prefix, name)| leastpriv_catalog::catalog().action(prefix, name).is_none())
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
