//! The linter: one small file, and all policies of the outside data.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use leastpriv_e2e::bed::{Bed, Part};

use super::{Figure, Unit, median};
use crate::{agreement, process};

const SMALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;

/// Runs parliament, the peer that is a program of its own, with the arguments that follow.
const PARLIAMENT: &str = "from parliament.cli import cli; cli()";

/// Prints the peak memory in KiB of the command in its arguments.
const PEAK: &str = "import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/// Measures the linter.
pub(crate) fn figures() -> Result<Vec<Figure>> {
    let linter = process::binaries("release").join("leastpriv");
    let folder = tempfile::tempdir()?;
    let small = folder.path().join("policy.json");
    std::fs::write(&small, SMALL)?;
    let bed = Bed::prepare_parts(&[Part::Python])?;
    let python = bed.program(Part::Python)?;

    let one = median(31, || wall(Command::new(&linter).arg("lint").arg(&small)))?;
    let floor = median(31, || wall(&mut Command::new("true")))?;
    let peer = median(5, || wall_with(Command::new(python).args(["-c", PARLIAMENT]), SMALL))?;
    let output = Command::new(python)
        .args(["-c", PEAK])
        .arg(&linter)
        .arg("lint")
        .arg(&small)
        .output()?;
    let peak: f64 = String::from_utf8(output.stdout)?
        .trim()
        .parse()
        .context("read the peak memory")?;
    let mut figures = vec![
        Figure {
            name: "lint one small file, wall".to_owned(),
            measured: one,
            promised: 10.0,
            unit: Unit::Milliseconds,
            beside: format!(
                "starting a process {floor:.1} ms; parliament {peer:.0} ms, {:.0} times",
                peer / one
            ),
        },
        Figure {
            name: "lint one small file, peak memory".to_owned(),
            measured: peak / 1024.0,
            promised: 25.0,
            unit: Unit::Mebibytes,
            beside: String::new(),
        },
    ];
    match agreement::outside_data() {
        Some(data) => figures.push(corpus(&linter, python, &data)?),
        None => println!("bench: skipped the corpus: OUTSIDE_DATA names no folder with the outside data"),
    }
    Ok(figures)
}

fn corpus(linter: &Path, python: &Path, data: &Path) -> Result<Figure> {
    let rows = agreement::read_rows(&data.join(agreement::ROWS))?;
    let folder = tempfile::tempdir()?;
    let mut bytes = 0;
    for row in &rows {
        bytes += row.document.len();
        std::fs::write(folder.path().join(format!("{}.json", row.name)), &row.document)?;
    }
    let measured = median(5, || wall(Command::new(linter).arg("lint").arg(folder.path())))?;
    let peer = median(1, || {
        wall(
            Command::new(python)
                .args(["-c", PARLIAMENT, "--include_policy_extension", "json", "--directory"])
                .arg(folder.path()),
        )
    })?;
    Ok(Figure {
        name: "lint the policies of the outside data, wall".to_owned(),
        measured,
        promised: 500.0,
        unit: Unit::Milliseconds,
        beside: format!(
            "{} files, {:.1} MB; parliament {peer:.0} ms, {:.0} times",
            rows.len(),
            bytes as f64 / 1e6,
            peer / measured
        ),
    })
}

/// How long a command takes, whatever it says.
fn wall(command: &mut Command) -> Result<Duration> {
    wall_with(command, "")
}

/// The same, with a text on its standard input.
fn wall_with(command: &mut Command, input: &str) -> Result<Duration> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("start {command:?}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that reads nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = child.wait()?;
    ensure!(status.code().is_some(), "{command:?} was killed");
    Ok(started.elapsed())
}
