//! Reading bytes: regular files and standard input, never more than a limit, never a pipe that hangs.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::detect::Refusal;

/// Largest file that is read. A plan of this size holds some hundred thousand policies.
pub(super) const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// Reads a regular file; anything else is refused without being opened, so that no pipe can hang.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    let metadata = std::fs::metadata(path).map_err(|error| cannot_read(&error))?;
    if !metadata.is_file() {
        return Err(Refusal::with_help(
            "this is no regular file",
            "hand pipes over as standard input, with `-` for the path",
        ));
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large());
    }
    read_all(File::open(path).map_err(|error| cannot_read(&error))?)
}

/// Reads a text without the byte order mark that may stand before it.
///
/// # Errors
///
/// Where it cannot be read, or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = std::fs::read_to_string(path)?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a stream to its end.
pub(super) fn read_all(stream: impl Read) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    stream
        .take(MAX_BYTES.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| cannot_read(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES) {
        Ok(bytes)
    } else {
        Err(too_large())
    }
}

/// Why a path could not be read, in the words of the system.
pub(super) fn cannot_read(error: &io::Error) -> Refusal {
    Refusal::new(format!("it cannot be read: {error}"))
}

fn too_large() -> Refusal {
    Refusal::new(format!("it is larger than {} MiB", MAX_BYTES / (1024 * 1024)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_to_its_end() {
        assert_eq!(read_all(b"abc".as_slice()).unwrap(), b"abc");
    }

    #[test]
    fn a_text_is_read_without_its_byte_order_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        for text in ["{}", "\u{feff}{}"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read_text(&path).unwrap(), "{}");
        }
    }

    #[test]
    fn a_folder_is_no_regular_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap_err().reason, "this is no regular file");
    }

    #[test]
    fn a_file_that_went_away_is_said_to_be_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = read(&folder.path().join("gone")).unwrap_err();
        assert!(refusal.reason.starts_with("it cannot be read: "), "{}", refusal.reason);
    }
}
