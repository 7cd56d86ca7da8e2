//! What every scenario stands on: one server, two emulators of AWS, a tool, and texts of configurations.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use leastpriv_e2e::bed::{Backend, BackendKind, Bed, Emulator, Ministack, Missing, Moto, Run, Seed, Tool, Workspace};
use serde_json::Value;

/// A scenario: a name for the table, and what must happen.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) body: fn(&Act<'_>) -> Result<()>,
}

/// The servers of all scenarios of one kind of server.
pub(crate) struct Stage<'b> {
    bed: &'b Bed,
    backend: Backend,
    moto: Emulator,
    ministack: Emulator,
    moto_seed: Seed,
    ministack_seed: Seed,
    count: AtomicUsize,
}

impl<'b> Stage<'b> {
    pub(crate) fn start(bed: &'b Bed, kind: BackendKind) -> Result<Self> {
        let moto = Moto::start(bed)?;
        let ministack = Ministack::start(bed)?;
        Ok(Self {
            bed,
            backend: Backend::start(bed, kind)?,
            moto_seed: moto.seed()?,
            ministack_seed: ministack.seed()?,
            moto,
            ministack,
            count: AtomicUsize::new(0),
        })
    }

    pub(crate) fn with(&self, tool: Tool) -> Act<'_> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        Act {
            stage: self,
            tool,
            mount: format!("team/aws{number}"),
        }
    }
}

/// The reason why a stage could not be set up, again and again; a missing part stays a skip.
pub(crate) fn explain(error: &anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<Missing>() {
        Some(missing) => missing.clone().into(),
        None => anyhow!("{error:#}"),
    }
}

/// One scenario with one tool; its mount is its own.
pub(crate) struct Act<'s> {
    stage: &'s Stage<'s>,
    pub(crate) tool: Tool,
    /// The path of this scenario's mount.
    pub(crate) mount: String,
}

impl Act<'_> {
    pub(crate) fn bed(&self) -> &Bed {
        self.stage.bed
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.stage.backend
    }

    pub(crate) fn kind(&self) -> BackendKind {
        self.stage.backend.kind()
    }

    /// The emulator that enforces permissions.
    pub(crate) fn ministack(&self) -> (&Emulator, &Seed) {
        (&self.stage.ministack, &self.stage.ministack_seed)
    }

    /// The emulator with the better control plane.
    pub(crate) fn moto(&self) -> (&Emulator, &Seed) {
        (&self.stage.moto, &self.stage.moto_seed)
    }

    /// A workspace that talks to this server, with the variables of [`HEAD`].
    pub(crate) fn workspace(&self) -> Result<Workspace> {
        let (aws, seed) = self.ministack();
        let mut workspace = Workspace::new(self.bed(), self.tool, &provider())?;
        workspace
            .point_at(self.backend())
            .set("TF_VAR_mount", &self.mount)
            .set("TF_VAR_endpoint", aws.endpoint())
            .set("TF_VAR_access_key", seed.mount.access_key())
            .set("TF_VAR_secret_key", seed.mount.secret_key());
        Ok(workspace)
    }

    /// The backend and roles of this scenario's mount in a fresh workspace, applied.
    pub(crate) fn applied(&self, roles: &str) -> Result<Workspace> {
        let workspace = self.workspace()?;
        workspace.write("main.tf", &format!("{HEAD}{BACKEND}{roles}"))?;
        workspace.apply(&[])?.accepted()?;
        nothing_to_do(&workspace)?;
        Ok(workspace)
    }

    /// What the server keeps at a path below the mount; null when there is nothing.
    pub(crate) fn live(&self, path: &str) -> Result<Value> {
        let reply = self.backend().api().read(&format!("{}/{path}", self.mount))?;
        Ok(if reply.status == 404 {
            Value::Null
        } else {
            reply.accepted()?.data().clone()
        })
    }

    /// Whether anything is mounted at this scenario's path.
    pub(crate) fn is_mounted(&self) -> Result<bool> {
        let mounts = self.backend().api().read("sys/mounts")?.accepted()?;
        Ok(mounts.data().get(format!("{}/", self.mount)).is_some())
    }
}

/// The provider binary under test.
pub(crate) fn provider() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    // The test lies in `deps` below the folder of the binaries.
    let folder = test
        .parent()
        .and_then(|deps| deps.parent())
        .map(PathBuf::from)
        .unwrap_or_default();
    folder.join("terraform-provider-leastpriv")
}

/// The second plan after an apply.
pub(crate) fn nothing_to_do(workspace: &Workspace) -> Result<()> {
    let run = workspace.plan(&["-detailed-exitcode"])?.accepted()?;
    ensure!(!run.has_changes(), "the plan has something to do:\n{}", run.stdout);
    Ok(())
}

/// A run that has to fail and say each of the texts.
pub(crate) fn fails_with(run: &Run, texts: &[&str]) -> Result<()> {
    if run.succeeded() {
        bail!("`{}` succeeded:\n{}", run.command, run.stdout);
    }
    says(run, texts)
}

/// A run that has to say each of the texts.
pub(crate) fn says(run: &Run, texts: &[&str]) -> Result<()> {
    let missing: Vec<_> = texts.iter().filter(|text| !run.says(text)).collect();
    ensure!(
        missing.is_empty(),
        "`{}` does not say {missing:?}:\n{}{}",
        run.command,
        run.stdout,
        run.stderr
    );
    Ok(())
}

/// A member of an object has a value.
pub(crate) fn holds(object: &Value, name: &str, expected: &Value) -> Result<()> {
    let found = object.get(name).unwrap_or(&Value::Null);
    ensure!(found == expected, "`{name}` is {found} instead of {expected}");
    Ok(())
}

/// A text of a JSON value.
pub(crate) fn text(value: &Value, pointer: &str) -> Result<String> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("no text at `{pointer}` in {value}"))
}

/// Provider and variables.
pub(crate) const HEAD: &str = r#"
terraform {
  required_providers {
    leastpriv = {
      source = "leastpriv/leastpriv"
    }
  }
}

variable "mount" {
  type = string
}

variable "endpoint" {
  type = string
}

variable "access_key" {
  type = string
}

variable "secret_key" {
  type      = string
  ephemeral = true
}

provider "leastpriv" {}
"#;

/// The mount, with what it needs to reach the emulator.
pub(crate) const BACKEND: &str = r#"
resource "leastpriv_aws_secret_backend" "aws" {
  path                  = var.mount
  access_key            = var.access_key
  secret_key_wo         = var.secret_key
  secret_key_wo_version = 1
  region                = "us-east-1"
  iam_endpoint          = var.endpoint
  sts_endpoint          = var.endpoint
}
"#;

/// A role of the given name and type with more arguments.
pub(crate) fn role(name: &str, credential_type: &str, arguments: &str) -> String {
    format!(
        r#"
resource "leastpriv_aws_secret_backend_role" "{name}" {{
  backend         = leastpriv_aws_secret_backend.aws.path
  name            = "{name}"
  credential_type = "{credential_type}"
  {arguments}
}}
"#
    )
}

/// The policy argument of a role.
pub(crate) fn policy(text: &str) -> String {
    format!("policy_document = <<-EOT\n{text}\nEOT\n")
}

/// What nobody should get.
pub(crate) const WIDE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

/// What a reader of reports needs.
pub(crate) const NARROW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;
