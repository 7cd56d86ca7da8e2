locals {
  # ["s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]
  reads = provider::leastpriv::expand(["s3:GetObject", "s3:ListBucket*"])
}

output "reads" {
  value = local.reads
}

# A wildcard may stand for more than it seems to.
check "reads" {
  assert {
    condition     = !contains(local.reads, "s3:GetObjectAcl")
    error_message = "The patterns let access lists be read, too."
  }
}
