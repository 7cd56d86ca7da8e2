terraform {
  required_providers {
    leastpriv = {
      source  = "leastpriv/leastpriv"
      version = "~> 0.1"
    }
  }
}

# Everything from the environment: BAO_ADDR with BAO_TOKEN, or VAULT_ADDR with VAULT_TOKEN.
provider "leastpriv" {}

# Another server, with an authority of its own.
provider "leastpriv" {
  alias        = "emea"
  address      = "https://vault.emea.example.com:8200"
  token        = var.emea_token
  namespace    = "platform"
  ca_cert_file = "/etc/ssl/emea.pem"
}

variable "emea_token" {
  type      = string
  sensitive = true
  ephemeral = true
}
