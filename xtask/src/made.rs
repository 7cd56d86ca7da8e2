//! Files of the repository that are made from a source outside: written, or only compared with what the source gives.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// The path of a file of the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Writes what was made; with `check`, fails where the file is not that.
pub(crate) fn write_or_check(target: &Path, made: &str, check: bool) -> Result<()> {
    if !check {
        return fs::write(target, made).with_context(|| format!("cannot write `{}`", target.display()));
    }
    let present = fs::read_to_string(target).with_context(|| format!("cannot read `{}`", target.display()))?;
    ensure!(
        made == present,
        "`{}` is not what its source gives: run without `--check`",
        target.display()
    );
    Ok(())
}
