# What a wildcard stands for, where a review needs it spelled out.
output "reads" {
  value = provider::leastpriv::expand(["s3:GetObject*", "s3:ListBucket*"])
}

check "reads" {
  assert {
    condition     = !contains(provider::leastpriv::expand(["s3:GetObject*"]), "s3:GetObjectAcl")
    error_message = "The wildcard lets access lists be read, too."
  }
}
