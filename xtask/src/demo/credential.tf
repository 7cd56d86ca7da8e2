# Opened after the role exists, closed and revoked when the run is over; never in a state or a plan.
ephemeral "leastpriv_aws_access_credentials" "reader" {
  role_id = leastpriv_aws_secret_backend_role.reader.id
}

variable "python" {
  type = string
}

resource "terraform_data" "use" {
  input = leastpriv_aws_secret_backend_role.reader.id

  provisioner "local-exec" {
    command = "\"$PYTHON\" use_credential.py"
    environment = {
      PYTHON                = var.python
      AWS_ENDPOINT_URL      = var.aws_endpoint
      AWS_DEFAULT_REGION    = "us-east-1"
      AWS_ACCESS_KEY_ID     = ephemeral.leastpriv_aws_access_credentials.reader.access_key
      AWS_SECRET_ACCESS_KEY = ephemeral.leastpriv_aws_access_credentials.reader.secret_key
    }
  }
}
