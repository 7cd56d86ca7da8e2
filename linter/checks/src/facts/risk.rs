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

/// The action that shows the danger of a set most plainly: one that manages permissions before one
/// that writes before one that reads; then by what its verb does; then the shortest name.
pub fn telling_example(actions: impl Iterator<Item = Action>) -> Option<Action> {
    actions.min_by_key(|action| {
        let level = match action.level() {
            AccessLevel::PermissionsManagement => 0,
            _ if exposes_credentials(*action) => 1,
            AccessLevel::Write => 2,
            AccessLevel::Tagging => 3,
            AccessLevel::Read => 4,
            AccessLevel::List => 5,
        };
        let verb = VERBS
            .iter()
            .position(|verb| action.name().starts_with(verb))
            .unwrap_or(VERBS.len());
        (level, verb, action.name().len(), action.id())
    })
}

/// What a reader recognises as dangerous, most telling first.
const VERBS: &[&str] = &[
    "Put",
    "Attach",
    "Delete",
    "Create",
    "Add",
    "Set",
    "Update",
    "Modify",
    "Terminate",
    "Get",
];

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
