locals {
  # What the team has agreed on.
  agreed = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::reports/*" }]
  })

  wanted = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::reports/*" }]
  })
}

resource "leastpriv_aws_secret_backend_role" "reports" {
  backend         = "team/aws"
  name            = "reports"
  credential_type = "iam_user"
  policy_document = local.wanted

  lifecycle {
    precondition {
      condition     = length(provider::leastpriv::new_access(local.agreed, local.wanted)) == 0
      error_message = "More than was agreed on: ${jsonencode(provider::leastpriv::new_access(local.agreed, local.wanted))}"
    }
  }
}
