terraform {
  required_providers {
    leastpriv = {
      source = "leastpriv/leastpriv"
    }
  }
}

variable "aws_endpoint" {
  type = string
}

variable "access_key" {
  type = string
}

variable "secret_key" {
  type      = string
  ephemeral = true
}

# The address and the token of the server come from the environment.
provider "leastpriv" {}

resource "leastpriv_aws_secret_backend" "aws" {
  path                  = "aws"
  access_key            = var.access_key
  secret_key_wo         = var.secret_key
  secret_key_wo_version = 1
  region                = "us-east-1"
  iam_endpoint          = var.aws_endpoint
  sts_endpoint          = var.aws_endpoint
}

resource "leastpriv_aws_secret_backend_role" "reader" {
  backend         = leastpriv_aws_secret_backend.aws.path
  name            = "reader"
  credential_type = "iam_user"
  policy_document = file("${path.module}/policy.json")
}
