//! The files of a folder, in an order that does not depend on the file system.

use std::path::{Path, PathBuf};

use super::detect::Refusal;
use super::file;

/// Folders that hold other people's files, or files made from ours.
const SKIPPED: [&str; 4] = [".git", ".terraform", "node_modules", "target"];

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Files whose name ends in `.json`, sorted within each folder, a folder's files where its name sorts.
    pub(super) files: Vec<PathBuf>,
    /// Folders and entries that could not be read.
    pub(super) unreadable: Vec<(PathBuf, Refusal)>,
    /// Symbolic links: none is followed, so that no walk leaves the folder or runs in circles.
    pub(super) links: usize,
}

/// Walks a folder.
pub(super) fn walk(root: &Path) -> Walk {
    let mut out = Walk::default();
    // A stack with the next entry on top gives each folder's entries in order without recursion.
    let mut pending = vec![Entry::Folder(root.to_path_buf())];
    while let Some(entry) = pending.pop() {
        match entry {
            Entry::File(path) => out.files.push(path),
            Entry::Folder(path) => match entries(&path, &mut out) {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| b.path().cmp(a.path()));
                    pending.append(&mut entries);
                }
                Err(error) => out.unreadable.push((path, file::cannot_read(&error))),
            },
        }
    }
    out
}

#[derive(Debug)]
enum Entry {
    File(PathBuf),
    Folder(PathBuf),
}

impl Entry {
    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path) => path,
        }
    }
}

fn entries(folder: &Path, out: &mut Walk) -> std::io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // The path of an entry of the current folder is its name, without `./` before it.
        let path = if folder == Path::new(".") {
            PathBuf::from(&name)
        } else {
            entry.path()
        };
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => {
                out.unreadable.push((path, file::cannot_read(&error)));
                continue;
            }
        };
        if kind.is_symlink() {
            out.links = out.links.saturating_add(1);
        } else if kind.is_dir() {
            if !SKIPPED.iter().any(|skipped| name == *skipped) {
                found.push(Entry::Folder(path));
            }
        } else if kind.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            found.push(Entry::File(path));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_walk_is_sorted_and_stays_out_of_other_peoples_folders() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in [
            "b.json",
            "a/z.JSON",
            "a/a.json",
            "a.json",
            "c.txt",
            ".git/x.json",
            ".terraform/x.json",
            "node_modules/x/x.json",
            "deep/target/x.json",
            ".hidden/x.json",
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let walk = walk(root);
        let found: Vec<_> = walk
            .files
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(found, [".hidden/x.json", "a/a.json", "a/z.JSON", "a.json", "b.json"]);
        assert_eq!(walk.links, 0);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_counted_and_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.json"), "{}").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret.json"), folder.path().join("x.json")).unwrap();
        let walk = walk(folder.path());
        assert!(walk.files.is_empty());
        assert_eq!(walk.links, 3);
    }
}
