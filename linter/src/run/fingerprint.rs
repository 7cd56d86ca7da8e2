//! What stays the same about a finding when its policy or its file moves.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use leastpriv_checks::Finding;
use sha2::{Digest, Sha256};

use crate::sources::{FileName, Origin};

/// Bytes of the digest that are kept.
const KEPT: usize = 16;

/// Makes fingerprints and tells equal findings apart by counting them.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// The fingerprint of a finding: what was found, in which resource of a plan or in a file of which
    /// name. Lines, folders and the plan's own name do not matter.
    pub(super) fn of(&mut self, finding: &Finding, file: &FileName, origin: &Origin) -> String {
        let place = match origin {
            Origin::File => file
                .path()
                .and_then(Path::file_name)
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            Origin::Plan { address, attribute, .. } => format!("{address}\n{attribute}"),
        };
        let digest = Sha256::digest(format!("{}\n{place}", finding.fingerprint_text()).as_bytes());
        let mut out = String::new();
        for byte in digest.iter().take(KEPT) {
            // Writing to a string cannot fail.
            let _ = write!(out, "{byte:02x}");
        }
        let count = self.seen.entry(out.clone()).or_default();
        *count = count.saturating_add(1);
        let _ = write!(out, ":{count}");
        out
    }
}
