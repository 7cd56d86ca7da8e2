//! `cargo xtask demo`: the story of one role, on real servers, from refusal to revoked credential.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use leastpriv_e2e::bed::{Backend, Bed, Emulator, Ministack, Mirror, MirrorForm, OpenBao, Part, Run, Tool, Workspace};

use crate::process;

/// A policy that any reviewer would send back.
const WIDE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "s3:*", "Resource": "*" }
  ]
}
"#;

/// What the role needs.
const NARROW: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*" }
  ]
}
"#;

/// Tells the story; anything that goes otherwise ends it with an error.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask demo");
    let started = Instant::now();
    step("Building the provider and the linter");
    process::run(&mut process::cargo(&[
        "build",
        // With this package, so that its own build is used again.
        "-p",
        "xtask",
        "-p",
        "leastpriv",
        "-p",
        "terraform-provider-leastpriv",
    ]))?;

    step("Bringing up OpenBao, the AWS engine and an AWS that enforces permissions, all on this machine");
    let terraform = [Part::Python, Part::OpenBao, Part::Engine, Part::Terraform];
    let bed = Bed::prepare_parts(&terraform)?;
    let (bed, tool) = if bed.program(Part::Terraform).is_ok() {
        (bed, Tool::Terraform)
    } else {
        let tofu = [Part::Python, Part::OpenBao, Part::Engine, Part::OpenTofu];
        (Bed::prepare_parts(&tofu)?, Tool::OpenTofu)
    };
    let aws = Ministack::start(&bed)?;
    let server = OpenBao::start(&bed)?;
    println!(
        "  {} at {}, AWS at {}",
        server.kind().name(),
        server.address(),
        aws.endpoint()
    );

    let stage = Stage::new(&bed, tool, &server, &aws)?;
    stage.installation()?;
    stage.refusal()?;
    stage.linter()?;
    stage.acceptance()?;
    stage.credential(&aws)?;
    stage.end(&server, &aws)?;
    println!(
        "\nDone in {:.0} s. Nothing is left behind but the cache.",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

struct Stage {
    workspace: Workspace,
    /// The provider as `init` finds it.
    _mirror: Mirror,
    tool: Tool,
    linter: std::path::PathBuf,
}

impl Stage {
    fn new(bed: &Bed, tool: Tool, server: &Backend, aws: &Emulator) -> Result<Self> {
        let seed = aws.seed()?;
        let binaries = process::binaries("debug");
        let mirror = Mirror::build(&binaries.join("terraform-provider-leastpriv"), MirrorForm::Unpacked)?;
        let mut workspace = Workspace::with_mirror(bed, tool, &mirror)?;
        workspace
            .point_at(server)
            .set("TF_VAR_aws_endpoint", aws.endpoint())
            .set("TF_VAR_access_key", seed.mount.access_key())
            .set("TF_VAR_secret_key", seed.mount.secret_key())
            .set("TF_VAR_python", bed.program(Part::Python)?);
        workspace.write("main.tf", include_str!("main.tf"))?;
        workspace.write("use_credential.py", include_str!("use_credential.py"))?;
        Ok(Self {
            workspace,
            _mirror: mirror,
            tool,
            linter: binaries.join("leastpriv"),
        })
    }

    fn installation(&self) -> Result<()> {
        self.workspace.write("policy.json", WIDE)?;
        self.shown(&["init"], self.workspace.init()?).accepted().map(drop)
    }

    fn refusal(&self) -> Result<()> {
        step("1. A role with `s3:*` on `*` is refused at plan time");
        let run = self.shown(&["plan"], self.workspace.plan(&[])?);
        ensure!(
            run.failed() && run.says("service-wildcard"),
            "the wide role was not refused"
        );
        Ok(())
    }

    fn linter(&self) -> Result<()> {
        step("2. The linter refuses the same policy, as a file and inside a plan");
        let root = self.workspace.root();
        self.lint(&root, "policy.json", 1)?;
        let plan = self.workspace.root().join("other");
        let wrapped = "resource \"terraform_data\" \"policy\" {\n  input = file(\"${path.module}/policy.json\")\n}\n";
        self.workspace.write("other/main.tf", wrapped)?;
        self.workspace.write("other/policy.json", WIDE)?;
        let folder = format!("-chdir={}", plan.display());
        self.workspace.run(&[&folder, "init"])?.accepted()?;
        self.workspace.run(&[&folder, "plan", "-out=plan"])?.accepted()?;
        let json = self.workspace.run(&[&folder, "show", "-json", "plan"])?.accepted()?;
        self.workspace.write("other/plan.json", &json.stdout)?;
        self.lint(&plan, "plan.json", 1)
    }

    fn acceptance(&self) -> Result<()> {
        step("3. The narrowed role is accepted and written to the server");
        self.workspace.write("policy.json", NARROW)?;
        let root = self.workspace.root();
        self.lint(&root, "policy.json", 0)?;
        self.shown(&["apply"], self.workspace.apply(&[])?).accepted()?;
        ensure!(self.workspace.plan_is_empty()?, "the second plan is not empty");
        println!("  the second plan is empty");
        Ok(())
    }

    fn credential(&self, aws: &Emulator) -> Result<()> {
        step("4. A short-lived credential of the role may read its bucket, and nothing else");
        self.workspace.write("credential.tf", include_str!("credential.tf"))?;
        self.shown(&["apply"], self.workspace.apply(&[])?).accepted()?;
        let used =
            std::fs::read_to_string(self.workspace.root().join("used.txt")).context("the credential was not used")?;
        for line in used.lines() {
            println!("  {line}");
        }
        ensure!(
            used.contains("GetObject reports/monthly.txt: allowed"),
            "the credential could not read"
        );
        ensure!(
            used.contains("PutObject reports/monthly.txt: AccessDenied"),
            "the credential could write"
        );
        let left: Vec<_> = aws
            .users()?
            .into_iter()
            .filter(|user| user.starts_with("vault-"))
            .collect();
        ensure!(left.is_empty(), "users are left behind: {left:?}");
        println!("  the credential is revoked: its IAM user is gone");
        Ok(())
    }

    fn end(&self, server: &Backend, aws: &Emulator) -> Result<()> {
        step("5. Everything is destroyed");
        self.shown(&["destroy"], self.workspace.destroy(&[])?).accepted()?;
        ensure!(
            server.api().read("sys/mounts/aws")?.status != 200,
            "the mount is still there"
        );
        let users = aws.users()?;
        println!("  the mount is gone; AWS has the users {users:?} it began with");
        Ok(())
    }

    /// Lints a file as a practitioner would, and shows what comes.
    fn lint(&self, folder: &Path, file: &str, expected: i32) -> Result<()> {
        println!("\n  $ leastpriv lint {file}");
        let output = Command::new(&self.linter)
            .args(["lint", file])
            .current_dir(folder)
            .output()
            .context("start the linter")?;
        indented(&String::from_utf8_lossy(&output.stdout));
        match output.status.code() {
            Some(code) if code == expected => Ok(()),
            code => bail!("the linter ended with {code:?} instead of {expected}"),
        }
    }

    /// Shows a run of the tool.
    fn shown(&self, arguments: &[&str], run: Run) -> Run {
        println!("\n  $ {} {}", self.tool.name(), arguments.join(" "));
        for text in [&run.stdout, &run.stderr] {
            let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            indented(&lines.join("\n"));
        }
        run
    }
}

fn step(title: &str) {
    println!("\n== {title}");
}

fn indented(text: &str) {
    for line in text.lines() {
        println!("    {line}");
    }
}
