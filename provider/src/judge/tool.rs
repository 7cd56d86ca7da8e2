//! What the tool that started this process is doing, as far as its command line tells.

use std::os::unix::process::parent_id;

/// Whether the tool destroys. Before it does, it makes an ordinary plan to refresh what it knows, and an error there
/// would stop it; nothing of that plan is ever written. Where the command line cannot be read, the answer is no.
pub(crate) fn destroys() -> bool {
    std::fs::read(format!("/proc/{}/cmdline", parent_id())).is_ok_and(|line| says_destroy(&line))
}

/// Whether a command line, its arguments ended by zero bytes, is one of `destroy`, `plan -destroy`, `apply -destroy`.
fn says_destroy(line: &[u8]) -> bool {
    let mut arguments = line.split(|byte| *byte == 0).skip(1);
    let command = arguments.by_ref().find(|argument| !argument.starts_with(b"-"));
    let flag = |argument: &[u8]| {
        let name = argument
            .strip_prefix(b"-")
            .map(|rest| rest.strip_prefix(b"-").unwrap_or(rest));
        name == Some(b"destroy") || name == Some(b"destroy=true")
    };
    match command {
        Some(b"destroy") => true,
        Some(b"plan" | b"apply" | b"refresh") => arguments.any(flag),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::says_destroy;

    #[test]
    fn the_command_and_its_flag_tell() {
        for line in [
            "terraform destroy",
            "tofu -chdir=x destroy -auto-approve",
            "terraform plan -out=p -destroy",
            "terraform apply --destroy",
        ] {
            assert!(says_destroy(line.replace(' ', "\0").as_bytes()), "{line}");
        }
        for line in [
            "terraform plan",
            "terraform apply destroy",
            "terraform apply -target=destroy",
            "destroy plan",
            "",
            "terraform",
        ] {
            assert!(!says_destroy(line.replace(' ', "\0").as_bytes()), "{line}");
        }
    }
}
