# A mount that calls AWS with a key pair of its own. Raise the version to write a new secret.
resource "leastpriv_aws_secret_backend" "team" {
  path                  = "team/aws"
  description           = "AWS credentials for the team"
  region                = "eu-west-1"
  access_key            = var.access_key
  secret_key_wo         = var.secret_key
  secret_key_wo_version = 1

  # How long the credentials of IAM users live.
  lease     = "30m"
  lease_max = "8h"

  # Lets audit log and CloudTrail be matched; the secret stays hashed.
  audit_non_hmac_response_keys = ["access_key"]
}

# A mount without a key pair uses what the server finds in its own environment, such as an instance role.
resource "leastpriv_aws_secret_backend" "instance" {
  path                      = "instance/aws"
  region                    = "eu-west-1"
  default_lease_ttl_seconds = 1800
  max_lease_ttl_seconds     = 28800
}

variable "access_key" {
  type = string
}

variable "secret_key" {
  type      = string
  sensitive = true
  ephemeral = true
}
