variable "policy" {
  type        = string
  description = "Policy of the build."

  validation {
    condition     = alltrue([for finding in provider::leastpriv::lint(var.policy) : !finding.refuses])
    error_message = "The policy is refused: ${join("; ", [for finding in provider::leastpriv::lint(var.policy) : finding.message if finding.refuses])}"
  }
}

# Everything there is to say of a session policy, but for suggestions.
output "findings" {
  value = provider::leastpriv::lint(var.policy, { policy_type = "session", min_severity = "warning" })
}
