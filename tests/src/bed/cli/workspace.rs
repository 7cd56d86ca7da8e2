//! A scratch folder with a configuration, a provider and a way to run the tool in it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::search::files_with;
use super::{Run, Tool};
use crate::bed::process::run_within;
use crate::bed::{Backend, Bed, Environment, Mirror};

/// One root module.
///
/// The tool sees a home folder, a CLI configuration and an environment of its own; no variable of the developer's
/// shell reaches it, and no provider but the one under test and the built-in ones can be installed.
#[derive(Debug)]
pub struct Workspace {
    tool: Tool,
    program: PathBuf,
    environment: Environment,
    limit: Duration,
    scratch: TempDir,
}

impl Workspace {
    /// A workspace that runs a provider binary where it lies.
    ///
    /// There is nothing to `init`: the tools take the schema from the binary, and they warn about that on each
    /// run. A configuration with modules needs `run(&["get"])`; `init` would ask the network for the provider.
    pub fn new(bed: &Bed, tool: Tool, provider: &Path) -> Result<Self> {
        let provider = fs::canonicalize(provider)
            .with_context(|| format!("there is no provider binary `{}`", provider.display()))?;
        let workspace = Self::empty(bed, tool)?;
        // A folder with the provider alone: in cargo's output folder the tool could take another file for it.
        let folder = workspace.scratch.path().join("provider");
        fs::create_dir(&folder)?;
        symlink(&provider, folder.join("terraform-provider-leastpriv"))?;
        let ours = quoted(&folder)?;
        // A state that names hashicorp/vault is read only where some binary answers for that name. It is asked for
        // its schema, which has no resource of the other one, and for nothing else.
        let folder = workspace.scratch.path().join("peer");
        fs::create_dir(&folder)?;
        symlink(&provider, folder.join("terraform-provider-vault"))?;
        let peer = quoted(&folder)?;
        workspace.configure(&format!(
            "  dev_overrides {{\n    \"leastpriv/leastpriv\" = {ours}\n    \"hashicorp/vault\"     = {peer}\n  }}\n"
        ))?;
        Ok(workspace)
    }

    /// A workspace that installs the provider by `init` from a mirror, as a practitioner does.
    pub fn with_mirror(bed: &Bed, tool: Tool, mirror: &Mirror) -> Result<Self> {
        let workspace = Self::empty(bed, tool)?;
        let folder = quoted(mirror.path())?;
        workspace.configure(&format!("  filesystem_mirror {{\n    path = {folder}\n  }}\n"))?;
        Ok(workspace)
    }

    fn empty(bed: &Bed, tool: Tool) -> Result<Self> {
        let program = bed.program(tool.part())?.to_owned();
        // A short name: the socket of the provider is made below.
        let scratch = tempfile::Builder::new()
            .prefix("lp-")
            .tempdir()
            .context("cannot create a workspace")?;
        let mut environment = Environment::from_process();
        for name in ["home", "root", "t"] {
            fs::create_dir(scratch.path().join(name))?;
        }
        environment
            .set("HOME", scratch.path().join("home"))
            .set("TMPDIR", scratch.path().join("t"))
            .set("TF_CLI_CONFIG_FILE", scratch.path().join("cli.tfrc"))
            .set("TF_IN_AUTOMATION", "1")
            .set("TF_INPUT", "0")
            .set("CHECKPOINT_DISABLE", "1");
        Ok(Self {
            tool,
            program,
            environment,
            limit: LIMIT,
            scratch,
        })
    }

    /// Without a `direct` block nothing but what stands here can be installed.
    fn configure(&self, methods: &str) -> Result<()> {
        let path = self.scratch.path().join("cli.tfrc");
        let text = format!("disable_checkpoint = true\nprovider_installation {{\n{methods}}}\n");
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Which tool it runs.
    pub fn tool(&self) -> Tool {
        self.tool
    }

    /// The folder of the root module.
    pub fn root(&self) -> PathBuf {
        self.scratch.path().join("root")
    }

    /// Sets a variable of the tool and the provider.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.environment.set(name, value);
        self
    }

    /// Removes a variable that was set before.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.environment.remove(name);
        self
    }

    /// Gives the provider the address and the root token of a server, by `VAULT_ADDR` and `VAULT_TOKEN`.
    pub fn point_at(&mut self, backend: &Backend) -> &mut Self {
        self.set("VAULT_ADDR", backend.address())
            .set("VAULT_TOKEN", backend.token())
    }

    /// Changes the time that a run may take; it is two minutes.
    pub fn limit(&mut self, limit: Duration) -> &mut Self {
        self.limit = limit;
        self
    }

    /// Writes a file of the configuration, and the folders above it.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.root().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Removes a file of the configuration.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.root().join(name);
        fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))
    }

    /// Forgets the state, as a practitioner who starts in a fresh folder before an import.
    pub fn forget_state(&self) -> Result<()> {
        for name in ["terraform.tfstate", "terraform.tfstate.backup"] {
            if self.root().join(name).exists() {
                self.remove(name)?;
            }
        }
        Ok(())
    }

    /// `init`; of use with a mirror only.
    pub fn init(&self) -> Result<Run> {
        self.run(&["init", "-no-color", "-input=false"])
    }

    /// `validate -json`, whose diagnostics [`Run::diagnostics`] reads.
    pub fn validate(&self) -> Result<Run> {
        self.run(&["validate", "-json"])
    }

    /// `plan` with more arguments, such as `-json`, `-out=plan.bin` or `-detailed-exitcode`.
    pub fn plan(&self, arguments: &[&str]) -> Result<Run> {
        self.run(&[&["plan", "-no-color", "-input=false"][..], arguments].concat())
    }

    /// Whether a plan has nothing to do. An error of the plan is an error.
    pub fn plan_is_empty(&self) -> Result<bool> {
        Ok(!self.plan(&["-detailed-exitcode"])?.accepted()?.has_changes())
    }

    /// `apply` without a question; a saved plan comes last in the arguments.
    pub fn apply(&self, arguments: &[&str]) -> Result<Run> {
        self.run(&[&["apply", "-no-color", "-input=false", "-auto-approve"][..], arguments].concat())
    }

    /// `destroy` without a question.
    pub fn destroy(&self, arguments: &[&str]) -> Result<Run> {
        self.run(
            &[
                &["destroy", "-no-color", "-input=false", "-auto-approve"][..],
                arguments,
            ]
            .concat(),
        )
    }

    /// `import` of one object to an address.
    pub fn import(&self, address: &str, id: &str) -> Result<Run> {
        self.run(&["import", "-no-color", "-input=false", address, id])
    }

    /// The state as `show -json` prints it.
    pub fn show_json(&self) -> Result<Value> {
        self.run(&["show", "-json"])?.accepted()?.json()
    }

    /// A saved plan as `show -json` prints it.
    pub fn show_plan_json(&self, plan: &str) -> Result<Value> {
        self.run(&["show", "-json", plan])?.accepted()?.json()
    }

    /// The attributes of one resource in the state, by its address; null when it is not there.
    pub fn attributes(&self, address: &str) -> Result<Value> {
        let state = self.show_json()?;
        let root = state.pointer("/values/root_module").cloned().unwrap_or_default();
        Ok(find_resource(&root, address)
            .and_then(|found| found.get("values").cloned())
            .unwrap_or_default())
    }

    /// The file of the state itself, with private data and schema versions.
    pub fn state_json(&self) -> Result<Value> {
        let path = self.root().join("terraform.tfstate");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("`{}` is no JSON", path.display()))
    }

    /// Every file of the workspace that holds a text: state, backups, saved plans (looked into), logs. This is how
    /// a scenario looks for a secret it planted.
    pub fn files_with(&self, text: &str) -> Result<Vec<PathBuf>> {
        files_with(
            &[
                self.root(),
                self.scratch.path().join("home"),
                self.scratch.path().join("t"),
            ],
            text,
        )
    }

    /// Runs the tool with any arguments.
    pub fn run(&self, arguments: &[&str]) -> Result<Run> {
        let mut command = Command::new(&self.program);
        self.environment.apply(&mut command);
        command.args(arguments).current_dir(self.root());
        let finished = run_within(&mut command, self.limit, b"")?;
        Ok(Run {
            command: arguments.join(" "),
            status: finished.status.code(),
            stdout: finished.stdout,
            stderr: finished.stderr,
            elapsed: finished.elapsed,
        })
    }
}

/// A path as a string of the configuration language.
fn quoted(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .with_context(|| format!("`{}` is not UTF-8", path.display()))?;
    Ok(serde_json::to_string(text)?.replace("${", "$${").replace("%{", "%%{"))
}

fn find_resource<'a>(module: &'a Value, address: &str) -> Option<&'a Value> {
    let list = |name: &str| module.get(name).and_then(Value::as_array).into_iter().flatten();
    list("resources")
        .find(|resource| resource.get("address").is_some_and(|found| found == address))
        .or_else(|| list("child_modules").find_map(|child| find_resource(child, address)))
}

const LIMIT: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_keeps_its_meaning_in_the_configuration() {
        assert_eq!(quoted(Path::new("/tmp/lp")).unwrap(), r#""/tmp/lp""#);
        assert_eq!(quoted(Path::new(r#"/a "b"/${c}"#)).unwrap(), r#""/a \"b\"/$${c}""#);
    }

    #[test]
    fn a_resource_is_found_in_a_module_below() {
        let root = json!({
            "resources": [{"address": "a.x", "values": {"n": 1}}],
            "child_modules": [{"resources": [{"address": "module.m.a.y", "values": {"n": 2}}]}],
        });
        assert_eq!(find_resource(&root, "a.x").unwrap()["values"]["n"], 1);
        assert_eq!(find_resource(&root, "module.m.a.y").unwrap()["values"]["n"], 2);
        assert_eq!(find_resource(&root, "a.z"), None);
        assert_eq!(find_resource(&Value::Null, "a.x"), None);
    }
}
