//! The ephemeral credential: used by a real program, revoked afterwards, and never written down.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use leastpriv_e2e::bed::{Part, Workspace};

use super::stage::{Act, BACKEND, HEAD, NARROW, Scenario, nothing_to_do, policy, role};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "credential-reads-and-cannot-write",
            body: reads_and_cannot_write,
        },
        Scenario {
            name: "credential-of-a-failed-run",
            body: failed_run,
        },
        Scenario {
            name: "credential-of-a-killed-run",
            body: killed_run,
        },
        Scenario {
            name: "secrets-stay-secret",
            body: secrets,
        },
    ]
}

/// Tries the credential in its environment and writes what it may do.
const USE: &str = r#"
import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")


def attempt(name, call):
    try:
        call()
        return name + " allowed"
    except ClientError as error:
        return name + " " + error.response["Error"]["Code"]


with open("used.txt", "w") as report:
    print(attempt("get", lambda: s3.get_object(Bucket="reports", Key="monthly.txt")), file=report)
    print(attempt("put", lambda: s3.put_object(Bucket="reports", Key="monthly.txt", Body=b"x")), file=report)
"#;

fn configuration(command: &str) -> String {
    format!(
        r#"{HEAD}{BACKEND}{}
variable "python" {{
  type = string
}}

ephemeral "leastpriv_aws_access_credentials" "reader" {{
  role_id = leastpriv_aws_secret_backend_role.reader.id
}}

resource "terraform_data" "use" {{
  input = leastpriv_aws_secret_backend_role.reader.id

  provisioner "local-exec" {{
    command = "{command}"
    environment = {{
      PYTHON                = var.python
      AWS_ENDPOINT_URL      = var.endpoint
      AWS_DEFAULT_REGION    = "us-east-1"
      AWS_ACCESS_KEY_ID     = ephemeral.leastpriv_aws_access_credentials.reader.access_key
      AWS_SECRET_ACCESS_KEY = ephemeral.leastpriv_aws_access_credentials.reader.secret_key
    }}
  }}
}}
"#,
        role("reader", "iam_user", &policy(NARROW))
    )
}

fn workspace(act: &Act<'_>, command: &str) -> Result<Workspace> {
    let mut workspace = act.workspace()?;
    workspace.set("TF_VAR_python", act.bed().program(Part::Python)?);
    workspace.write("use.py", USE)?;
    workspace.write("main.tf", &configuration(command))?;
    Ok(workspace)
}

/// No lease of this scenario's mount is left; revocation of a run that failed may take its two seconds.
fn no_lease_left(act: &Act<'_>) -> Result<()> {
    let began = Instant::now();
    loop {
        let leases = act.backend().leases(&format!("{}/creds/reader/", act.mount))?;
        if leases.is_empty() {
            return Ok(());
        }
        ensure!(
            began.elapsed() < Duration::from_secs(5),
            "leases are left behind: {leases:?}"
        );
        thread::sleep(Duration::from_millis(100));
    }
}

fn reads_and_cannot_write(act: &Act<'_>) -> Result<()> {
    let workspace = workspace(act, r#"\"$PYTHON\" use.py"#)?;
    workspace.apply(&[])?.accepted()?;
    let used = std::fs::read_to_string(workspace.root().join("used.txt")).context("the credential was not used")?;
    ensure!(
        used == "get allowed\nput AccessDenied\n",
        "the credential was used so: {used}"
    );
    no_lease_left(act)?;
    nothing_to_do(&workspace)?;
    no_lease_left(act)
}

fn failed_run(act: &Act<'_>) -> Result<()> {
    let workspace = workspace(act, "exit 1")?;
    ensure!(workspace.apply(&[])?.failed(), "the provisioner did not fail");
    no_lease_left(act)
}

/// The tool dies while the credential is in use, and can close nothing.
fn killed_run(act: &Act<'_>) -> Result<()> {
    let workspace = workspace(act, "echo used > used.txt; kill -KILL $PPID")?;
    let run = workspace.apply(&[])?;
    ensure!(run.status.is_none(), "the tool was not killed:\n{}", run.stdout);
    ensure!(
        workspace.root().join("used.txt").exists(),
        "the credential was never open"
    );
    no_lease_left(act)
}

fn secrets(act: &Act<'_>) -> Result<()> {
    let mut workspace = workspace(act, r#"\"$PYTHON\" use.py"#)?;
    let log = workspace.root().join("trace.log");
    workspace.set("TF_LOG", "TRACE").set("TF_LOG_PATH", log);
    workspace.apply(&["-json"])?.accepted()?;
    workspace.write(
        "main.tf",
        &configuration(r#"\"$PYTHON\" use.py"#).replace("us-east-1\"\n  iam", "eu-west-1\"\n  iam"),
    )?;
    workspace.plan(&["-out=plan.bin"])?.accepted()?;
    let trace = std::fs::read_to_string(workspace.root().join("trace.log"))?;
    ensure!(trace.contains("leastpriv"), "the provider did not log");
    let (_, seed) = act.ministack();
    let token = act.backend().token();
    for (what, secret) in [("secret key", seed.mount.secret_key()), ("token", token)] {
        ensure!(secret.len() > 5, "the planted {what} is too short to look for");
        let found = workspace.files_with(secret)?;
        ensure!(found.is_empty(), "the {what} stands in {found:?}");
    }
    Ok(())
}
