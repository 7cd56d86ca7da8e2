//! What the tool that started this process is doing, as far as its command line and its environment tell.

/// Whether the tool destroys. Before it does, it makes an ordinary plan to refresh what it knows, and an error there
/// would stop it; nothing of that plan is ever written. Where it cannot be told, the answer is no.
pub(crate) fn destroys() -> bool {
    Call::of_the_parent().destroys()
}

/// Whether the tool plans, so that what a plan says need not be said while it validates. Where it cannot be told,
/// the answer is no.
pub(crate) fn plans() -> bool {
    Call::of_the_parent().plans()
}

/// How the tool was called: its subcommand, and the arguments behind it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call {
    command: String,
    arguments: Vec<String>,
}

impl Call {
    fn of_the_parent() -> Self {
        Self::read(line_of_the_parent(), |name| std::env::var(name).ok())
    }

    /// Reads a command line. The tools add what `TF_CLI_ARGS` and `TF_CLI_ARGS_COMMAND` hold.
    fn read(line: Vec<String>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut words = line.into_iter().skip(1);
        let Some(command) = words.by_ref().find(|word| !word.starts_with('-')) else {
            return Self::default();
        };
        let mut arguments: Vec<String> = words.collect();
        for name in ["TF_CLI_ARGS".to_owned(), format!("TF_CLI_ARGS_{command}")] {
            let added = variable(&name).unwrap_or_default();
            arguments.extend(added.split_whitespace().map(str::to_owned));
        }
        Self { command, arguments }
    }

    fn destroys(&self) -> bool {
        let flag = |argument: &String| matches!(argument.trim_start_matches('-'), "destroy" | "destroy=true");
        match self.command.as_str() {
            "destroy" => true,
            "plan" | "apply" | "refresh" => self
                .arguments
                .iter()
                .any(|argument| argument.starts_with('-') && flag(argument)),
            _ => false,
        }
    }

    fn plans(&self) -> bool {
        matches!(self.command.as_str(), "plan" | "apply" | "destroy" | "refresh")
    }
}

/// The command line of the parent: from `/proc`, or from `ps` where there is none, as on macOS.
#[cfg(unix)]
fn line_of_the_parent() -> Vec<String> {
    let parent = std::os::unix::process::parent_id().to_string();
    if let Ok(line) = std::fs::read(format!("/proc/{parent}/cmdline")) {
        let line = String::from_utf8_lossy(&line);
        return line.split_terminator('\0').map(str::to_owned).collect();
    }
    let output = std::process::Command::new("ps")
        .args(["-o", "args=", "-p", &parent])
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// There is no standard way to know the parent.
#[cfg(not(unix))]
fn line_of_the_parent() -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Call {
        Call::read(line.split_whitespace().map(str::to_owned).collect(), |_| None)
    }

    #[test]
    fn the_command_and_its_flag_tell() {
        for line in [
            "terraform destroy",
            "tofu -chdir=x destroy -auto-approve",
            "terraform plan -out=p -destroy",
            "terraform apply --destroy",
        ] {
            assert!(call(line).destroys() && call(line).plans(), "{line}");
        }
        for line in [
            "terraform plan",
            "terraform apply destroy",
            "terraform apply -target=destroy",
            "destroy plan",
        ] {
            assert!(!call(line).destroys() && call(line).plans(), "{line}");
        }
        for line in ["", "terraform", "terraform validate -json", "terraform console"] {
            assert!(!call(line).destroys() && !call(line).plans(), "{line}");
        }
    }

    #[test]
    fn arguments_of_the_environment_count() {
        let line = ["terraform".to_owned(), "plan".to_owned()];
        let with = |wanted: &'static str| {
            Call::read(line.to_vec(), move |name| {
                (name == wanted).then(|| "-destroy".to_owned())
            })
        };
        assert!(with("TF_CLI_ARGS").destroys());
        assert!(with("TF_CLI_ARGS_plan").destroys());
        assert!(!with("TF_CLI_ARGS_apply").destroys());
    }
}
