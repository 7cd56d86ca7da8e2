# The id is the path of the mount.
terraform import leastpriv_aws_secret_backend.team team/aws

# A mount in a namespace: relative to the provider's.
TERRAFORM_VAULT_NAMESPACE_IMPORT=emea terraform import leastpriv_aws_secret_backend.team team/aws
