//! The memory of a batch: it does not grow with the number of questions.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{Figure, Unit};
use crate::process;

/// After how many answers the memory is looked at.
const EARLY: usize = 100_000;
const LATE: usize = 1_000_000;

/// Questions that are asked behind the last one that counts, so that the process is still there.
const MORE: usize = 10_000;

/// Measures the memory of one process that answers a million different questions.
pub(crate) fn figures() -> Result<Vec<Figure>> {
    if !cfg!(target_os = "linux") {
        println!("bench: skipped memory: only Linux tells the memory of a process");
        return Ok(Vec::new());
    }
    let linter = process::binaries("release").join("leastpriv");
    let mut child = Command::new(&linter)
        .args(["check-no-new-access", "--exit-zero", "--batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {}", linter.display()))?;
    let mut questions = BufWriter::new(child.stdin.take().context("write the questions")?);
    let answers = BufReader::new(child.stdout.take().context("read the answers")?);
    let began = Instant::now();
    let asking = thread::spawn(move || -> std::io::Result<()> {
        for number in 0..LATE + MORE {
            writeln!(questions, "{}", question(number))?;
        }
        questions.flush()
    });
    let mut resident = Vec::new();
    let mut elapsed = began.elapsed();
    for (number, answer) in answers.lines().enumerate() {
        let answer = answer?;
        let expected = if number.is_multiple_of(2) { "PASS" } else { "FAIL" };
        ensure!(
            answer.contains(&format!(r#""result":"{expected}""#)),
            "question {number} is answered with {answer}"
        );
        if [EARLY, LATE].contains(&(number + 1)) {
            resident.push(resident_mebibytes(child.id())?);
            elapsed = began.elapsed();
        }
    }
    ensure!(child.wait()?.success(), "leastpriv failed");
    asking.join().ok().context("the questions could not be written")??;
    let &[early, late] = resident.as_slice() else {
        anyhow::bail!("the answers ended early")
    };
    Ok(vec![Figure {
        name: "memory of a batch after 1,000,000 answers, to 100,000".to_owned(),
        measured: late / early,
        promised: 1.05,
        unit: Unit::Times,
        beside: format!(
            "{early:.1} MiB and {late:.1} MiB; {:.0} questions a second, reading and writing included",
            LATE as f64 / elapsed.as_secs_f64()
        ),
    }])
}

/// A question like no other: every second one is about a policy that allows more. No two name the same bucket, tag, action
/// or address.
fn question(number: usize) -> String {
    let statement = |action: &str, resource: &str, address: &str| {
        let condition = json!({
            "StringLike": { format!("aws:PrincipalTag/team{number}"): [format!("t{number}-*"), "ops-?"] },
            "IpAddress": { "aws:SourceIp": address },
        });
        json!({ "Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition })
    };
    let policy = |statement| json!({ "Version": "2012-10-17", "Statement": [statement] });
    let address = format!("10.{}.{}.0/24", number / 256 % 256, number % 256);
    let bucket = format!("arn:aws:s3:::bucket-{number}/*");
    let wide = policy(statement(&format!("s3:Get{number}*"), &bucket, "10.0.0.0/8"));
    let narrow = policy(statement(
        &format!("s3:Get{number}Object"),
        &format!("arn:aws:s3:::bucket-{number}/a?b"),
        &address,
    ));
    let (new, existing) = if number.is_multiple_of(2) {
        (narrow, wide)
    } else {
        (wide, narrow)
    };
    json!({ "id": number, "new": new, "existing": existing }).to_string()
}

fn resident_mebibytes(process: u32) -> Result<f64> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let kibibytes: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .with_context(|| format!("{path} tells no memory"))?
        .parse()?;
    Ok(kibibytes / 1024.0)
}
