# The id is the path of the mount, `/roles/` and the name of the role.
terraform import leastpriv_aws_secret_backend_role.reports team/aws/roles/reports

# A role in a namespace: relative to the provider's.
TERRAFORM_VAULT_NAMESPACE_IMPORT=emea terraform import leastpriv_aws_secret_backend_role.reports team/aws/roles/reports
