# STS credentials of one IAM role, narrowed by a session policy to one bucket.
resource "leastpriv_aws_secret_backend_role" "reports" {
  backend         = "team/aws"
  name            = "reports"
  credential_type = "assumed_role"
  role_arns       = ["arn:aws:iam::123456789012:role/reporting"]
  default_sts_ttl = 900
  max_sts_ttl     = 3600

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "arn:aws:s3:::reports/*"
      },
    ]
  })

  # All that the role itself may do. The credentials may do what these policies and the session policy both allow.
  assumed_role_policies = [
    jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = ["s3:*", "sqs:*"], Resource = "*" }]
    }),
  ]

  # Whatever the policies become, they give nothing beyond this bucket.
  policy_ceiling = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"] }]
  })
}

# IAM users below a permissions boundary. One finding is accepted until a day, by somebody, for a reason.
resource "leastpriv_aws_secret_backend_role" "queues" {
  backend                  = "team/aws"
  name                     = "queues"
  credential_type          = "iam_user"
  user_path                = "/vault/"
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/vault-users"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "sqs:*"
        Resource = "arn:aws:sqs:eu-west-1:123456789012:jobs"
      },
    ]
  })

  exception {
    check   = "service-wildcard"
    reason  = "the worker still creates its own queues; ends with the new scheduler"
    owner   = "team-jobs"
    expires = "2027-03-31"
  }
}
