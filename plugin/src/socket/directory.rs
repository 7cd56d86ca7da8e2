//! A directory that nobody else can look into, and that does not outlive its owner.

use std::fs;
use std::path::PathBuf;

#[cfg(unix)]
use std::{
    collections::hash_map::RandomState,
    fs::Permissions,
    hash::{BuildHasher, Hasher},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt, chown},
    path::Path,
};

/// How many names are tried before giving up. A second one would already be a surprise.
#[cfg(unix)]
const ATTEMPTS: usize = 8;

/// The directory, removed together with the socket in it when dropped.
#[derive(Debug)]
pub(crate) struct PrivateDirectory {
    path: PathBuf,
}

impl PrivateDirectory {
    /// Where the socket is to be made. Short, because a socket address holds about a hundred bytes.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path.join("s")
    }
}

#[cfg(unix)]
impl PrivateDirectory {
    /// Makes a directory under `parent` that only this user can enter.
    ///
    /// The name cannot be guessed, and one that is taken is never entered, so nobody can prepare the directory.
    pub(super) fn create(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let path = parent.join(format!("plugin-{:016x}", random()));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Lets members of a group, given by name or number, connect to the socket.
    pub(super) fn open_to(&self, group: &str) -> io::Result<()> {
        let id = group_id(group)?;
        let socket = self.socket();
        chown(&socket, None, Some(id))?;
        fs::set_permissions(&socket, Permissions::from_mode(0o660))?;
        chown(&self.path, None, Some(id))?;
        fs::set_permissions(&self.path, Permissions::from_mode(0o710))
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        // There may be no socket yet, and no one is left to tell if the directory cannot be removed.
        let _ = fs::remove_file(self.socket());
        let _ = fs::remove_dir(&self.path);
    }
}

/// Hash maps are seeded by the operating system, and no other part of the standard library hands out random numbers.
#[cfg(unix)]
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Names are looked up in `/etc/group` alone: asking a directory service would need foreign code.
#[cfg(unix)]
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    find_group(&fs::read_to_string("/etc/group")?, group)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no group `{group}`")))
}

#[cfg(unix)]
fn find_group(table: &str, wanted: &str) -> Option<u32> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _password, id) = (fields.next()?, fields.next()?, fields.next()?);
        if name == wanted { id.parse().ok() } else { None }
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn groups_are_found_by_name() {
        let table = "root:x:0:\nbroken\n# comment\ndocker:x:998:alice,bob\n";
        assert_eq!(find_group(table, "docker"), Some(998));
        assert_eq!(find_group(table, "broken"), None);
        assert_eq!(find_group(table, "alice"), None);
    }

    #[test]
    fn members_of_the_group_can_reach_the_socket() {
        let parent = tempfile::tempdir().unwrap();
        let directory = PrivateDirectory::create(parent.path()).unwrap();
        fs::write(directory.socket(), "").unwrap();
        // The group that the file has anyway: nobody needs to be root for the test.
        let group = fs::metadata(directory.socket()).unwrap().gid();
        directory.open_to(&group.to_string()).unwrap();
        assert_eq!(fs::metadata(directory.socket()).unwrap().mode() & 0o777, 0o660);
        assert_eq!(fs::metadata(&directory.path).unwrap().mode() & 0o777, 0o710);
    }
}
