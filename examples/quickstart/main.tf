# A mount of the AWS engine, one role that may read one bucket, and a credential of it for the length of a run.
#
# The address and the token of the server come from the environment: BAO_ADDR and BAO_TOKEN, or VAULT_ADDR and
# VAULT_TOKEN. The key pair of the mount comes from TF_VAR_aws_access_key and TF_VAR_aws_secret_key, or is asked for.

terraform {
  # Write-only arguments need Terraform 1.11 or OpenTofu 1.11.
  required_version = ">= 1.11"

  required_providers {
    leastpriv = {
      source  = "leastpriv/leastpriv"
      version = "~> 0.1"
    }
  }
}

variable "aws_access_key" {
  type        = string
  description = "Access key id with which the engine calls AWS."
}

variable "aws_secret_key" {
  type        = string
  description = "Its secret. An ephemeral variable is in no plan and no state."
  sensitive   = true
  ephemeral   = true
}

variable "aws_endpoint" {
  type        = string
  description = "Another endpoint for IAM and STS, such as an emulator; leave it out for AWS."
  default     = null
}

provider "leastpriv" {}

resource "leastpriv_aws_secret_backend" "aws" {
  path                  = "aws"
  description           = "AWS credentials for the reporting team"
  region                = "us-east-1"
  access_key            = var.aws_access_key
  secret_key_wo         = var.aws_secret_key
  secret_key_wo_version = 1
  iam_endpoint          = var.aws_endpoint
  sts_endpoint          = var.aws_endpoint
  lease                 = "30m"
  lease_max             = "8h"
}

# With `Action = "s3:*"` here, the plan fails.
resource "leastpriv_aws_secret_backend_role" "reports" {
  backend         = leastpriv_aws_secret_backend.aws.path
  name            = "reports"
  credential_type = "iam_user"
  user_path       = "/vault/"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadReports"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "arn:aws:s3:::reports/*"
      },
    ]
  })
}

# Opened after the role exists, extended while the run lasts, revoked when it ends. Hand its keys to whatever needs
# them during the run: another provider, a provisioner, a write-only argument.
ephemeral "leastpriv_aws_access_credentials" "reports" {
  role_id = leastpriv_aws_secret_backend_role.reports.id
}
