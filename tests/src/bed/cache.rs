//! The folder in the user's cache where installed tools stay between runs.
//!
//! Every tool has a folder of its own whose name ends in the stamp of its pinned inputs. A changed pin is a new
//! folder, so nothing is ever changed in place and two checkouts with different pins live side by side. The whole
//! folder can be deleted at any time.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fmt};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

#[derive(Debug)]
pub(crate) struct CacheFolder {
    root: PathBuf,
}

impl CacheFolder {
    /// `LEASTPRIV_CACHE`, else `leastpriv` in `XDG_CACHE_HOME`, else in `~/.cache`; in it, `bed`.
    pub(crate) fn locate() -> Result<Self> {
        let root = choose(|name| env::var_os(name))
            .context("no cache folder: neither `LEASTPRIV_CACHE` nor `XDG_CACHE_HOME` nor `HOME` is set")?;
        Self::at(root)
    }

    fn at(root: PathBuf) -> Result<Self> {
        fs::create_dir_all(&root).with_context(|| format!("cannot create the cache folder `{}`", root.display()))?;
        Ok(Self { root })
    }

    /// Where a tool is, or will be.
    pub(crate) fn folder(&self, name: &str, stamp: &Stamp) -> PathBuf {
        self.root.join(format!("{name}-{stamp}"))
    }

    /// Where the output of an install step goes.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.log"))
    }

    /// Waits until no other process installs.
    pub(crate) fn lock(&self) -> Result<CacheLock> {
        let path = self.root.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot open `{}`", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let _ = writeln!(io::stderr().lock(), "bed: waiting for another run that installs tools");
                file.lock()
                    .with_context(|| format!("cannot lock `{}`", path.display()))?;
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock `{}`", path.display()));
            }
        }
        Ok(CacheLock { _file: file })
    }

    /// Fills a new folder under a name nobody looks for, then gives it its real name.
    ///
    /// A run that is cut off leaves at most a partial folder, and the next install of that tool removes it. What
    /// `fill` makes must therefore survive a move.
    pub(crate) fn install(
        &self,
        _lock: &CacheLock,
        name: &str,
        stamp: &Stamp,
        fill: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let partial = self.root.join(format!("{name}.partial"));
        let folder = self.folder(name, stamp);
        remove(&partial)?;
        fs::create_dir(&partial).with_context(|| format!("cannot create `{}`", partial.display()))?;
        if let Err(error) = fill(&partial) {
            remove(&partial)?;
            return Err(error);
        }
        remove(&folder)?;
        fs::rename(&partial, &folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        Ok(folder)
    }
}

/// Held while something is installed; the operating system gives it back when the process ends.
#[derive(Debug)]
pub(crate) struct CacheLock {
    _file: File,
}

/// A short hash of everything that decides what an install produces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(String);

impl Stamp {
    /// The first 16 hexadecimal digits of the SHA-256 over the parts, each with its length before it.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut digits = format!("{:x}", hash.finalize());
        digits.truncate(16);
        Self(digits)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("LEASTPRIV_CACHE")
        .or_else(|| absolute("XDG_CACHE_HOME").map(|base| base.join("leastpriv")))
        .or_else(|| absolute("HOME").map(|home| home.join(".cache").join("leastpriv")))
        .map(|root| root.join("bed"))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn chosen(vars: &[(&str, &str)]) -> Option<PathBuf> {
        choose(|name| {
            vars.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_cache_folder_is_the_first_that_is_set() {
        let home = ("HOME", "/home/u");
        assert_eq!(chosen(&[home]), Some("/home/u/.cache/leastpriv/bed".into()));
        assert_eq!(
            chosen(&[home, ("XDG_CACHE_HOME", "/x")]),
            Some("/x/leastpriv/bed".into())
        );
        assert_eq!(
            chosen(&[home, ("XDG_CACHE_HOME", "/x"), ("LEASTPRIV_CACHE", "/c")]),
            Some("/c/bed".into())
        );
        assert_eq!(
            chosen(&[home, ("XDG_CACHE_HOME", "relative")]),
            Some("/home/u/.cache/leastpriv/bed".into())
        );
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn a_stamp_changes_with_every_input_and_with_their_borders() {
        let stamp = |parts: &[&[u8]]| Stamp::of(parts.iter().copied());
        assert_eq!(stamp(&[b"moto==5.2.5", b"linux"]), stamp(&[b"moto==5.2.5", b"linux"]));
        assert_ne!(stamp(&[b"moto==5.2.5", b"linux"]), stamp(&[b"moto==5.2.6", b"linux"]));
        assert_ne!(stamp(&[b"ab", b"c"]), stamp(&[b"a", b"bc"]));
        assert_ne!(stamp(&[b"ab"]), stamp(&[b"ab", b""]));
    }

    #[test]
    fn a_stamp_is_sixteen_digits_of_a_known_hash() {
        // The value is that of `printf '\0\0\0\0\0\0\0\1a' | sha256sum`.
        assert_eq!(Stamp::of([b"a".as_slice()]).to_string(), "3b196fd4907bedf5");
    }

    #[test]
    fn an_install_appears_whole_or_not_at_all() {
        let scratch = tempfile::tempdir().unwrap();
        let cache = CacheFolder::at(scratch.path().join("bed")).unwrap();
        let lock = cache.lock().unwrap();
        let stamp = Stamp::of([b"one".as_slice()]);

        let failed = cache.install(&lock, "tool", &stamp, |folder| {
            fs::write(folder.join("half"), "x")?;
            bail!("cut off")
        });
        assert_eq!(failed.unwrap_err().to_string(), "cut off");
        assert!(!cache.folder("tool", &stamp).exists());
        assert!(!scratch.path().join("bed/tool.partial").exists());

        // What a killed run left behind is not taken for a part of the new install.
        fs::create_dir(scratch.path().join("bed/tool.partial")).unwrap();
        fs::write(scratch.path().join("bed/tool.partial/half"), "x").unwrap();
        let folder = cache
            .install(&lock, "tool", &stamp, |folder| {
                Ok(fs::write(folder.join("whole"), "x")?)
            })
            .unwrap();
        assert_eq!(folder, cache.folder("tool", &stamp));
        assert!(folder.join("whole").exists() && !folder.join("half").exists());
    }

    #[test]
    fn an_install_over_a_broken_one_replaces_it() {
        let scratch = tempfile::tempdir().unwrap();
        let cache = CacheFolder::at(scratch.path().to_owned()).unwrap();
        let lock = cache.lock().unwrap();
        let stamp = Stamp::of([b"one".as_slice()]);
        fs::create_dir(cache.folder("tool", &stamp)).unwrap();
        fs::write(cache.folder("tool", &stamp).join("broken"), "x").unwrap();
        let folder = cache
            .install(&lock, "tool", &stamp, |folder| {
                Ok(fs::write(folder.join("whole"), "x")?)
            })
            .unwrap();
        assert!(folder.join("whole").exists() && !folder.join("broken").exists());
    }

    #[test]
    fn two_runs_do_not_hold_the_lock_at_once() {
        let scratch = tempfile::tempdir().unwrap();
        let cache = CacheFolder::at(scratch.path().to_owned()).unwrap();
        let held = cache.lock().unwrap();
        let second = File::options().write(true).open(scratch.path().join("lock")).unwrap();
        assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));
        drop(held);
        assert!(second.try_lock().is_ok());
    }
}
