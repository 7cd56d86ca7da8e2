//! The provider: start, stop, and a whole plan.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use leastpriv_e2e::bed::{Bed, Ministack, OpenBao, Part, Tool, Workspace};

use super::{Figure, Unit, median};
use crate::process;

/// What Terraform sets for every provider.
const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// A client certificate of the form that Terraform makes: P-521, self-signed.
const CLIENT: &str = include_str!("../../../plugin/src/tls/fixtures/p521-certificate.pem");

/// What hashicorp/vault 5.11.0 was measured to need on a machine of two cores, in milliseconds.
const PEER_START: f64 = 17.0;
const PEER_PLAN: f64 = 240.0;

/// Measures the provider.
pub(crate) fn figures() -> Result<Vec<Figure>> {
    let provider = process::binaries("release").join("terraform-provider-leastpriv");
    let start = median(31, || {
        let (mut child, elapsed) = started(&provider)?;
        child.kill()?;
        child.wait()?;
        Ok(elapsed)
    })?;
    let Plans { plan, floor, stop } = plans(&provider)?;
    Ok(vec![
        Figure {
            name: "provider: process start to handshake line".to_owned(),
            measured: start,
            promised: 3.0,
            unit: Unit::Milliseconds,
            beside: format!(
                "hashicorp/vault {PEER_START:.0} ms on a like machine, {:.0} times",
                PEER_START / start
            ),
        },
        Figure {
            name: "provider: exit after shutdown, longest of a plan".to_owned(),
            measured: stop,
            promised: 50.0,
            unit: Unit::Milliseconds,
            beside: "from Terraform's trace, in steps of 1 ms; it kills after 2000 ms".to_owned(),
        },
        Figure {
            name: "terraform plan of one backend and one role".to_owned(),
            measured: plan,
            promised: 150.0,
            unit: Unit::Milliseconds,
            beside: format!(
                "Terraform alone (terraform_data) {floor:.0} ms; hashicorp/vault {PEER_PLAN:.0} ms on a like machine, {:.1} times",
                PEER_PLAN / plan
            ),
        },
    ])
}

/// A provider process that has printed its handshake line, and how long that took.
fn started(provider: &Path) -> Result<(Child, Duration)> {
    let began = Instant::now();
    let mut child = Command::new(provider)
        .env(COOKIE.0, COOKIE.1)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_CLIENT_CERT", CLIENT)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("start {}", provider.display()))?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("read the handshake")?).read_line(&mut line)?;
    let elapsed = began.elapsed();
    ensure!(
        line.starts_with("1|6|unix|"),
        "unexpected handshake line `{}`",
        line.trim_end()
    );
    Ok((child, elapsed))
}

/// A refresh and plan of one backend and one role that exist, and of two built-in resources.
fn plans(provider: &Path) -> Result<Plans> {
    let bed = Bed::prepare_parts(&[Part::Python, Part::OpenBao, Part::Engine, Part::Terraform])?;
    let aws = Ministack::start(&bed)?;
    let server = OpenBao::start(&bed)?;
    let seed = aws.seed()?;
    let mut workspace = Workspace::new(&bed, Tool::Terraform, provider)?;
    workspace
        .point_at(&server)
        .set("TF_VAR_aws_endpoint", aws.endpoint())
        .set("TF_VAR_access_key", seed.mount.access_key())
        .set("TF_VAR_secret_key", seed.mount.secret_key());
    workspace.write("main.tf", include_str!("../demo/main.tf"))?;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;
    workspace.write("policy.json", policy)?;
    workspace.apply(&[])?.accepted()?;
    let plan = median(11, || timed_plan(&workspace))?;

    let alone = Workspace::new(&bed, Tool::Terraform, provider)?;
    alone.write(
        "main.tf",
        "resource \"terraform_data\" \"a\" {}\nresource \"terraform_data\" \"b\" {}\n",
    )?;
    alone.apply(&[])?.accepted()?;
    let floor = median(11, || timed_plan(&alone))?;

    let trace = workspace.set("TF_LOG", "trace").plan(&[])?.accepted()?.stderr;
    let stop = longest_exit(&trace).context("the trace tells of no exit")?;
    Ok(Plans { plan, floor, stop })
}

/// Milliseconds of a plan.
struct Plans {
    plan: f64,
    /// The same with built-in resources alone.
    floor: f64,
    /// From Terraform's call to shut down to the end of the process.
    stop: f64,
}

/// The longest time between a call to close the provider and the exit of its process.
fn longest_exit(trace: &str) -> Option<f64> {
    let mut asked = None;
    let mut longest = None;
    for line in trace.lines() {
        if line.ends_with("GRPCProvider.v6: Close") {
            asked = milliseconds_of_day(line);
        } else if line.contains("provider: plugin process exited") {
            let took = milliseconds_of_day(line)? - asked.take()?;
            longest = Some(took.max(longest.unwrap_or_default()));
        }
    }
    longest
}

/// The time of a log line that begins with `2026-11-29T14:31:10.833Z`.
fn milliseconds_of_day(line: &str) -> Option<f64> {
    let time = line.split_once('T')?.1.split_once('Z')?.0;
    let mut seconds = 0.0;
    for part in time.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(seconds * 1000.0)
}

fn timed_plan(workspace: &Workspace) -> Result<Duration> {
    let began = Instant::now();
    workspace.plan(&[])?.accepted()?;
    Ok(began.elapsed())
}

#[cfg(test)]
mod tests {
    use super::longest_exit;

    #[test]
    fn the_longest_exit_is_read_from_a_trace() {
        let trace = "2026-11-29T14:31:10.833Z [TRACE] GRPCProvider.v6: Close
2026-11-29T14:31:10.834Z [INFO]  provider: plugin process exited: plugin=p id=1
2026-11-29T14:59:59.999Z [TRACE] GRPCProvider.v6: Close
2026-11-29T15:00:00.003Z [INFO]  provider: plugin process exited: plugin=p id=2
";
        assert_eq!(longest_exit(trace).map(f64::round), Some(4.0));
        assert_eq!(longest_exit("nothing"), None);
    }
}
