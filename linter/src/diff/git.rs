//! Files of a git revision, as the `git` program shows them.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a file was in a revision, as git names it: `main:policies/app.json` from the top of the repository,
/// `HEAD~1:./app.json` from the current folder, `:app.json` in the index.
///
/// # Errors
///
/// Says what git says.
pub(super) fn show(object: &str) -> Result<Vec<u8>, String> {
    let output = git(None, &show_words(OsStr::new(object)))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("`{object}` is neither a file nor in git: {}", said(&output)))
    }
}

/// What a file of the working tree was in a revision; nothing where the revision does not have it.
///
/// # Errors
///
/// Says what git says, such as that there is no such revision.
pub(super) fn show_before(revision: &str, path: &Path) -> Result<Option<Vec<u8>>, String> {
    let Some(name) = path.file_name() else {
        return Err(format!("`{}` is no file", path.display()));
    };
    if revision.is_empty() || revision.starts_with('-') {
        return Err(format!("`{revision}` is no revision; such as `main` or `HEAD~1`"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut object = OsString::from(format!("{revision}:./"));
    object.push(name);
    let output = git(folder, &show_words(&object))?;
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    let tree = OsString::from(format!("{revision}^{{tree}}"));
    let words = ["rev-parse", "--verify", "--quiet", "--end-of-options"].map(OsString::from);
    let found = git(folder, &[words.as_slice(), &[tree]].concat())?;
    if found.status.success() {
        Ok(None)
    } else {
        Err(format!("git cannot show `{}`: {}", object.display(), said(&output)))
    }
}

/// The file as it is stored: no filter that the repository brings is run on it.
fn show_words(object: &OsStr) -> [OsString; 5] {
    let words = ["show", "--no-textconv", "--no-ext-diff", "--end-of-options"].map(OsString::from);
    let [show, textconv, diff, end] = words;
    [show, textconv, diff, end, object.to_owned()]
}

fn git(folder: Option<&Path>, words: &[OsString]) -> Result<Output, String> {
    let mut command = Command::new("git");
    if let Some(folder) = folder {
        command.arg("-C").arg(folder);
    }
    let output = command.arg("--no-pager").args(words).stdin(Stdio::null()).output();
    output.map_err(|error| format!("`git` cannot be run, which shows files of a revision: {error}"))
}

/// What git said last before it gave up, in a line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match line.strip_prefix("fatal: ").unwrap_or(line) {
        "" => "git says nothing".to_owned(),
        line => line.to_owned(),
    }
}
