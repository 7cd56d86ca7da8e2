locals {
  reports = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "s3:GetObject"
        Resource  = "arn:aws:s3:::reports/*"
        Condition = { IpAddress = { "aws:SourceIp" = "192.0.2.0/24" } }
      },
    ]
  })
}

# What a policy is for still works, and only from the office.
check "reports" {
  assert {
    condition = provider::leastpriv::allows(local.reports, "s3:GetObject", "arn:aws:s3:::reports/2026.csv", {
      "aws:SourceIp" = "192.0.2.7"
    })
    error_message = "Reports can no longer be read."
  }

  assert {
    condition     = !provider::leastpriv::allows(local.reports, "s3:GetObject", "arn:aws:s3:::reports/2026.csv")
    error_message = "Reports can be read from anywhere."
  }
}
