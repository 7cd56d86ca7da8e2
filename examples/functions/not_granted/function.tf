locals {
  deploy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["lambda:GetFunction", "lambda:UpdateFunctionCode"]
        Resource = "arn:aws:lambda:eu-west-1:123456789012:function:shop-*"
      },
    ]
  })
}

check "deploy" {
  # Whoever may pass a role to a function may use that role.
  assert {
    condition     = provider::leastpriv::not_granted(local.deploy, ["iam:PassRole"], [])
    error_message = "The deployment can pass roles."
  }

  # Nothing at all is allowed there.
  assert {
    condition     = provider::leastpriv::not_granted(local.deploy, [], ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"])
    error_message = "The deployment can reach the payroll."
  }
}
