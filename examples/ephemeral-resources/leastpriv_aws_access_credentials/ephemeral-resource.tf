# Keys for another provider. `role_id` makes this wait for a role that the same run makes or changes.
ephemeral "leastpriv_aws_access_credentials" "deploy" {
  role_id = leastpriv_aws_secret_backend_role.deploy.id
  ttl     = "15m"
}

provider "aws" {
  region     = "eu-west-1"
  access_key = ephemeral.leastpriv_aws_access_credentials.deploy.access_key
  secret_key = ephemeral.leastpriv_aws_access_credentials.deploy.secret_key
  token      = ephemeral.leastpriv_aws_access_credentials.deploy.security_token
}

# A role that is managed elsewhere, asked through `sts` for one of the IAM roles that it lists.
ephemeral "leastpriv_aws_access_credentials" "audit" {
  mount             = "team/aws"
  role              = "audit"
  type              = "sts"
  role_arn          = "arn:aws:iam::123456789012:role/audit"
  role_session_name = "nightly-audit"
}

resource "leastpriv_aws_secret_backend_role" "deploy" {
  backend         = "team/aws"
  name            = "deploy"
  credential_type = "assumed_role"
  role_arns       = ["arn:aws:iam::123456789012:role/deploy"]
  default_sts_ttl = 900
}
