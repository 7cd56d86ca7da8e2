//! `cargo xtask dist --out DIR`: static release binaries.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::process;

/// Largest size of a release binary, in bytes.
const LARGEST: u64 = 20 * 1024 * 1024;

/// The binaries: the name cargo gives them, and the name they are shipped under.
fn shipped() -> [(&'static str, String); 2] {
    [
        ("leastpriv", "leastpriv".to_owned()),
        (
            "terraform-provider-leastpriv",
            format!("terraform-provider-leastpriv_v{}", env!("CARGO_PKG_VERSION")),
        ),
    ]
}

/// Builds both binaries without shared libraries, checks size and linkage, and writes their digests.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [flag, out] = arguments else {
        bail!("usage: cargo xtask dist --out DIR")
    };
    ensure!(flag == "--out", "usage: cargo xtask dist --out DIR");
    let out = PathBuf::from(out);
    std::fs::create_dir_all(&out).with_context(|| format!("make {}", out.display()))?;
    let triple = host_triple()?;
    // The target is named so that the flag does not reach procedural macros, which must stay dynamic.
    process::run(
        process::cargo(&[
            "build",
            "--release",
            "--locked",
            "--target",
            &triple,
            "-p",
            "leastpriv",
            "-p",
            "terraform-provider-leastpriv",
        ])
        .env("RUSTFLAGS", "-C target-feature=+crt-static"),
    )?;
    let mut sums = String::new();
    for (built, name) in shipped() {
        let from = process::binaries(&triple).join("release").join(built);
        let to = out.join(&name);
        std::fs::copy(&from, &to).with_context(|| format!("copy {}", from.display()))?;
        let bytes = std::fs::read(&to)?;
        let size = bytes.len() as u64;
        ensure!(size <= LARGEST, "{name} has {size} bytes, more than {LARGEST}");
        ensure!(is_static(&to)?, "{name} needs shared libraries");
        for byte in Sha256::digest(&bytes) {
            let _ = write!(sums, "{byte:02x}");
        }
        let _ = writeln!(sums, "  {name}");
        println!("{name}: {:.1} MB, static", size as f64 / 1_000_000.0);
    }
    std::fs::write(out.join("SHA256SUMS"), sums)?;
    println!("written to {}", out.display());
    Ok(())
}

fn host_triple() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("start rustc")?;
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc names no host")
}

/// Whether an ELF file asks for no dynamic loader of shared libraries.
fn is_static(binary: &Path) -> Result<bool> {
    let output = Command::new("ldd").arg(binary).output().context("start ldd")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Ok(text.contains("statically linked") || text.contains("not a dynamic executable"))
}
