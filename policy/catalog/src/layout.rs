//! How the embedded tables are laid out. `build.rs` writes by this file and `table.rs` reads by it; it holds
//! numbers only, so that both sides cannot drift apart.

/// A run of rows in the table file: its place in the header, which has an offset and a length in bytes for each as two
/// words, and how many 32-bit words make a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    pub(crate) index: usize,
    pub(crate) columns: usize,
}

/// name, date
pub(crate) const SOURCES: Section = Section { index: 0, columns: 2 };
/// prefix, first action, end of actions, first resource type, end of resource types, list of keys
pub(crate) const SERVICES: Section = Section { index: 1, columns: 6 };
/// name, level and list of resource types, list of keys
pub(crate) const ACTIONS: Section = Section { index: 2, columns: 3 };
/// name, list of ARN formats, list of keys
pub(crate) const RESOURCES: Section = Section { index: 3, columns: 3 };
/// name, flags
pub(crate) const KEYS: Section = Section { index: 4, columns: 2 };
/// text
pub(crate) const FORMATS: Section = Section { index: 5, columns: 1 };
/// name, list of services
pub(crate) const NAMESPACES: Section = Section { index: 6, columns: 2 };
/// service, action (empty for a whole service), year
pub(crate) const TOMBSTONES: Section = Section { index: 7, columns: 3 };
/// row of a key whose name has a placeholder
pub(crate) const TEMPLATES: Section = Section { index: 8, columns: 1 };
/// Lists of 16-bit numbers, each after its own length; a list is named by the position of its length, and the one at 0
/// is empty. This is the last section.
pub(crate) const LISTS: Section = Section { index: 9, columns: 0 };

/// A string is named by one word: its offset in the pool above these bits, its length in them.
pub(crate) const LENGTH_BITS: u32 = 10;

/// The level of an action stands above these bits of the word that names its list of resource types.
pub(crate) const LEVEL_SHIFT: u32 = 29;
/// Letters of the access levels, by code.
pub(crate) const LEVELS: &str = "LRWTP";
/// In a list of resource types of an action: the action cannot be called without one of this type. The other bits
/// count from the first resource type of the service.
pub(crate) const REQUIRED: u16 = 1 << 15;

/// Types of condition keys, by code: the low bits of the flags of a key.
pub(crate) const KEY_TYPES: [&str; 7] = ["String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"];
pub(crate) const KEY_TYPE_MASK: u32 = 0b111;
/// Flag of a key: a request can carry several values.
pub(crate) const KEY_MULTIVALUED: u32 = 1 << 3;
/// Flag of a key: IAM itself fills it in.
pub(crate) const KEY_GLOBAL: u32 = 1 << 4;
/// What stands for the host and path of a web identity provider in the keys that every provider has.
pub(crate) const ANY_PROVIDER: &str = "<provider>:";
