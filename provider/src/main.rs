//! The provider as a program: what a person may ask of it on the command line, then the plugin.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use leastpriv_terraform::{ServeOptions, serve_with};
use terraform_provider_leastpriv::{ADDRESS, LeastprivProvider, VERSION};

fn main() -> ExitCode {
    leastpriv_plugin::install_panic_hook();
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match Request::parse(&arguments) {
        Request::Serve { debug } => run(debug),
        Request::Version => print(&mut io::stdout(), &version(), ExitCode::SUCCESS),
        Request::Help => print(&mut io::stdout(), &help(), ExitCode::SUCCESS),
        Request::Unknown(argument) => {
            let text = format!("unknown argument `{}`\n\n{}", argument.escape_debug(), help());
            print(&mut io::stderr(), &text, ExitCode::from(2))
        }
    }
}

/// What is asked. Terraform and OpenTofu pass no arguments.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Serve { debug: bool },
    Version,
    Help,
    Unknown(String),
}

impl Request {
    fn parse(arguments: &[OsString]) -> Self {
        let mut debug = false;
        for argument in arguments {
            // One dash is what providers in Go take.
            match &*argument.to_string_lossy() {
                "--debug" | "-debug" => debug = true,
                "--version" | "-version" | "-V" => return Self::Version,
                "--help" | "-help" | "-h" => return Self::Help,
                other => return Self::Unknown(other.to_owned()),
            }
        }
        Self::Serve { debug }
    }
}

fn run(debug: bool) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let text = format!("the provider cannot start its threads: {error}\n");
            return print(&mut io::stderr(), &text, ExitCode::FAILURE);
        }
    };
    let code = runtime.block_on(serve_with(
        LeastprivProvider,
        ServeOptions {
            debug,
            address: ADDRESS,
        },
    ));
    // Whatever still runs has had its time, and the host waits for the process to end.
    runtime.shutdown_background();
    code
}

fn version() -> String {
    format!(
        "terraform-provider-leastpriv {VERSION}\nAWS catalog of {}\n",
        leastpriv_catalog::catalog().date()
    )
}

fn help() -> String {
    format!(
        "\
terraform-provider-leastpriv {VERSION}

A provider for Terraform and OpenTofu: the AWS secrets engine of Vault and OpenBao, with least privilege enforced.
Terraform and OpenTofu start this program by themselves; a configuration names it like this:

    terraform {{
      required_providers {{
        leastpriv = {{
          source = \"leastpriv/leastpriv\"
        }}
      }}
    }}

Arguments for people:

    --version    print the version, and the date of the AWS catalog
    --help       print this text
    --debug      run without a host, and print how Terraform finds this process
"
    )
}

/// A closed pipe is nobody's loss here.
fn print(to: &mut dyn Write, text: &str, code: ExitCode) -> ExitCode {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Request {
        Request::parse(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_host_passes_nothing() {
        assert_eq!(parse(&[]), Request::Serve { debug: false });
    }

    #[test]
    fn people_may_ask() {
        assert_eq!(parse(&["--version"]), Request::Version);
        assert_eq!(parse(&["-h"]), Request::Help);
        assert_eq!(parse(&["-debug"]), Request::Serve { debug: true });
        assert_eq!(parse(&["plan"]), Request::Unknown("plan".to_owned()));
    }

    #[test]
    fn the_texts_name_version_and_catalog() {
        assert!(version().contains(VERSION) && version().contains("20"));
        assert!(help().contains("required_providers {\n"));
    }
}
