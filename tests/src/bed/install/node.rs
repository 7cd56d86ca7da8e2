//! The part that comes as a package of npm: iam-simulate, an evaluator of requests that the nightly job compares with.
//!
//! It is licensed AGPL-3.0-or-later. It is run as a program of its own, and nothing of it is copied or shipped.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::super::cache::{CacheFolder, Stamp};
use super::super::inputs;
use super::{on_path, platform, run_step, step};

/// The folder of this package that holds the pins, and the name of the part.
const FOLDER: &str = "iam-simulate";

const PINS: [&str; 2] = ["package.json", "package-lock.json"];

/// The folder in which `node` finds the package.
pub(crate) fn iam_simulate(cache: &CacheFolder) -> Result<PathBuf> {
    let read = |name: &&str| {
        let path = inputs().join(FOLDER).join(name);
        fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
    };
    let pins: Vec<Vec<u8>> = PINS.iter().map(read).collect::<Result<_>>()?;
    let platform = platform();
    let stamp = Stamp::of(pins.iter().map(Vec::as_slice).chain([platform.as_bytes()]));
    let folder = cache.folder(FOLDER, &stamp);
    let is_there = || folder.join("node_modules/@cloud-copilot/iam-simulate").is_dir();
    on_path("node").context("there is no `node` on `PATH`")?;
    if is_there() {
        return Ok(folder);
    }
    let lock = cache.lock()?;
    if is_there() {
        return Ok(folder);
    }
    let npm = on_path("npm").context("there is no `npm` on `PATH`")?;
    let log = cache.log(FOLDER);
    step("installing iam-simulate", || {
        cache.install(&lock, FOLDER, &stamp, |partial| {
            for (name, content) in PINS.iter().zip(&pins) {
                fs::write(partial.join(name), content)?;
            }
            let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
            run_step(Command::new(&npm).args(arguments).current_dir(partial), &log)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_by_version_and_hash() {
        let text = fs::read_to_string(inputs().join(FOLDER).join("package-lock.json")).unwrap();
        let lock: serde_json::Value = serde_json::from_str(&text).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        let locked: Vec<_> = packages.iter().filter(|(name, _)| !name.is_empty()).collect();
        assert!(locked.len() >= 4, "{locked:?}");
        for (name, package) in locked {
            assert!(package["version"].is_string(), "{name}");
            let hash = package["integrity"].as_str().unwrap_or_default();
            assert!(hash.starts_with("sha512-"), "{name}");
        }
        assert_eq!(
            packages["node_modules/@cloud-copilot/iam-simulate"]["version"],
            "0.1.173"
        );
    }
}
