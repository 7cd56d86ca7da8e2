locals {
  parts = [
    { Effect = "Allow", Action = ["s3:Get*", "s3:GetObject"], Resource = "arn:aws:s3:::reports/*" },
    { Effect = "Allow", Action = ["s3:ListBucket"], Resource = "arn:aws:s3:::reports" },
    { Effect = "Allow", Action = ["s3:GetBucketLocation"], Resource = "arn:aws:s3:::reports" },
  ]

  # {"Statement":[{"Action":"s3:Get*","Effect":"Allow","Resource":"arn:aws:s3:::reports/*"},
  #   {"Action":["s3:ListBucket","s3:GetBucketLocation"],"Effect":"Allow","Resource":"arn:aws:s3:::reports"}], …}
  policy = provider::leastpriv::minimize(jsonencode({ Version = "2012-10-17", Statement = local.parts }))
}

resource "leastpriv_aws_secret_backend_role" "reports" {
  backend         = "team/aws"
  name            = "reports"
  credential_type = "iam_user"
  policy_document = local.policy

  lifecycle {
    precondition {
      condition     = length(local.policy) <= 2048
      error_message = "The inline policy of a user has at most 2,048 characters; this one has ${length(local.policy)}."
    }
  }
}
