//! `cargo xtask generate`: the pages that are made from the code. `--check` compares and writes nothing.

mod checks;
mod commands;
mod provider;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::process;

/// A generated file: its path below `docs/` and its text.
pub(crate) struct Page {
    path: PathBuf,
    text: String,
}

/// Makes every page, or with `--check` names those that differ.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("usage: cargo xtask generate [--check]"),
    };
    let docs = process::root().join("docs");
    let mut pages = checks::pages();
    pages.extend(commands::pages());
    pages.extend(provider::pages());
    let mut different = Vec::new();
    for page in &pages {
        let path = docs.join(&page.path);
        if std::fs::read_to_string(&path).is_ok_and(|text| text == page.text) {
            continue;
        }
        different.push(page.path.display().to_string());
        if !check {
            std::fs::create_dir_all(path.parent().unwrap_or(&docs))?;
            std::fs::write(&path, &page.text).with_context(|| format!("write {}", path.display()))?;
        }
    }
    let stale = stale(&docs, &pages)?;
    if check {
        ensure!(
            different.is_empty() && stale.is_empty(),
            "differ: {different:?}; made from nothing: {stale:?}; run `cargo xtask generate`"
        );
    }
    for path in stale.iter().filter(|_| !check) {
        std::fs::remove_file(docs.join(path))?;
    }
    println!("{} pages, {} differed", pages.len(), different.len() + stale.len());
    Ok(())
}

/// Pages in the generated folders that nothing makes any more.
fn stale(docs: &Path, pages: &[Page]) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for folder in ["checks", "resources", "ephemeral-resources", "functions"] {
        let Ok(entries) = std::fs::read_dir(docs.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = Path::new(folder).join(entry?.file_name());
            if !pages.iter().any(|page| page.path == path) {
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}
