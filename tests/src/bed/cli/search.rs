//! Looks for a text in everything a run left behind.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zip::ZipArchive;

/// Every file below the folders that holds the text, in order. A saved plan is a ZIP archive; its members are
/// looked into, and a hit counts for the archive.
pub(crate) fn files_with(folders: &[PathBuf], text: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.to_vec();
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                // What `init` installed is not output, and large.
                if !entry.path().ends_with(".terraform/providers") {
                    open.push(entry.path());
                }
            } else if kind.is_file() && file_has(&entry.path(), text.as_bytes())? {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn file_has(path: &Path, text: &[u8]) -> Result<bool> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    if has(&bytes, text) {
        return Ok(true);
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return Ok(false);
    }
    let mut archive = ZipArchive::new(File::open(path)?).with_context(|| format!("`{}` is broken", path.display()))?;
    for index in 0..archive.len() {
        let mut member = Vec::new();
        archive.by_index(index)?.read_to_end(&mut member)?;
        if has(&member, text) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    !text.is_empty() && bytes.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn a_planted_text_is_found_in_a_file_and_in_a_plan() {
        let scratch = tempfile::tempdir().unwrap();
        let below = scratch.path().join("below");
        fs::create_dir(&below).unwrap();
        fs::write(scratch.path().join("clean"), "nothing here").unwrap();
        fs::write(below.join("state"), "x planted-secret x").unwrap();
        let mut plan = ZipWriter::new(File::create(scratch.path().join("plan.bin")).unwrap());
        plan.start_file("tfplan", SimpleFileOptions::default()).unwrap();
        plan.write_all("planted-secret ".repeat(100).as_bytes()).unwrap();
        plan.finish().unwrap();

        let found = files_with(&[scratch.path().to_owned()], "planted-secret").unwrap();
        assert_eq!(found, [below.join("state"), scratch.path().join("plan.bin")]);
        assert!(
            files_with(&[scratch.path().to_owned()], "another-secret")
                .unwrap()
                .is_empty()
        );
    }
}
