//! Condition keys: the handle, their types, and the lookup of a key as a policy spells it.

use std::fmt;

use crate::layout::{ANY_PROVIDER, KEY_GLOBAL, KEY_MULTIVALUED, KEY_TYPE_MASK, KEY_TYPES};
use crate::lookup::{Catalog, catalog};
use crate::near;
use crate::service::{NAME, Service};
use crate::table::{compare_ignoring_case, lower_bound};
use crate::template;

const FLAGS: usize = 1;

/// A condition key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConditionKey {
    row: u32,
}

impl ConditionKey {
    /// Its whole name in AWS's spelling, in template form where part of it is free: `aws:RequestTag/${TagKey}`. The
    /// claims that every web identity provider can give stand under `<provider>`.
    pub fn name(self) -> &'static str {
        catalog().keys.text(self.row, NAME)
    }

    /// The type of its values.
    pub fn key_type(self) -> KeyType {
        let code = self.flags() & KEY_TYPE_MASK;
        match KEY_TYPES.get(code as usize).copied() {
            Some("ARN") => KeyType::Arn,
            Some("Bool") => KeyType::Bool,
            Some("Numeric") => KeyType::Numeric,
            Some("Date") => KeyType::Date,
            Some("IPAddress") => KeyType::IpAddress,
            Some("Binary") => KeyType::Binary,
            _ => KeyType::String,
        }
    }

    /// Whether a request can carry several values for it.
    pub fn multivalued(self) -> bool {
        self.flags() & KEY_MULTIVALUED != 0
    }

    fn flags(self) -> u32 {
        catalog().keys.word(self.row, FLAGS)
    }
}

impl fmt::Debug for ConditionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ConditionKey({})", self.name())
    }
}

/// The type of the values of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// The name of a resource.
    Arn,
    /// True or false.
    Bool,
    /// A number.
    Numeric,
    /// A point in time, as ISO 8601 or as seconds of the epoch.
    Date,
    /// An address or a range of addresses.
    IpAddress,
    /// Bytes in base64.
    Binary,
}

impl KeyType {
    /// AWS's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Arn => "ARN",
            Self::Bool => "Bool",
            Self::Numeric => "Numeric",
            Self::Date => "Date",
            Self::IpAddress => "IPAddress",
            Self::Binary => "Binary",
        }
    }
}

/// What the catalog says of a condition key as a policy spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLookup {
    /// The catalog lists it, or a template that it fits.
    Known(ConditionKey),
    /// What stands before its colon is known, or is the host of a web identity provider, but has no such key.
    UnknownKeyOfService,
    /// It stands under `aws:`, where there is no such key.
    UnknownGlobal,
    /// The catalog knows nothing under what stands before its colon.
    UnknownService,
    /// It is not of the form `prefix:name`.
    NotAKey,
}

impl Catalog {
    /// The global key of this name, without regard to case: one of those that IAM itself fills in. A few of them stand
    /// under the prefix of a service, such as `ec2:SourceInstanceArn`.
    pub fn global_key(&self, key: &str) -> Option<ConditionKey> {
        self.find_key(key)
            .filter(|found| self.keys.word(found.row, FLAGS) & KEY_GLOBAL != 0)
    }

    /// Looks up a condition key as a policy spells it, without regard to case.
    pub fn condition_key(&self, key: &str) -> KeyLookup {
        let Some((prefix, name)) = key.split_once(':') else {
            return KeyLookup::NotAKey;
        };
        let is_foreign = |letter: char| letter.is_whitespace() || letter.is_control();
        if prefix.is_empty() || name.is_empty() || prefix.contains(is_foreign) {
            return KeyLookup::NotAKey;
        }
        if let Some(found) = self.find_key(key).or_else(|| self.claim_of_any_provider(prefix, key)) {
            KeyLookup::Known(found)
        } else if prefix.eq_ignore_ascii_case("aws") {
            KeyLookup::UnknownGlobal
        } else if self.service(prefix).is_some() || self.keys_under(prefix).next().is_some() {
            KeyLookup::UnknownKeyOfService
        } else {
            KeyLookup::UnknownService
        }
    }

    /// The key that was probably meant by an unknown one: a name under the same prefix that differs in a letter or two,
    /// the same name under a prefix that does, or a global key of the same name. The free part of a template stays as
    /// it was spelled.
    pub fn near_condition_key(&self, key: &str) -> Option<String> {
        let (prefix, name) = key.split_once(':')?;
        let near = if self.keys_under(prefix).next().is_some() {
            self.near_key_under(prefix, name)
        } else {
            let rows = (0..self.keys.count()).filter_map(|row| self.keys.text(row, NAME).split_once(':'));
            let services = self.services().map(Service::prefix);
            near::nearest(prefix, rows.map(|(prefix, _)| prefix).chain(services))
                .and_then(|prefix| self.spelled(&format!("{prefix}:{name}")))
        };
        near.or_else(|| self.spelled(&format!("aws:{name}")))
    }

    /// The key listed under this name, or the template that it fits; of several templates, the most particular one.
    fn find_key(&self, key: &str) -> Option<ConditionKey> {
        if let Some(row) = self.keys.find(0..self.keys.count(), NAME, key) {
            return Some(ConditionKey { row });
        }
        let first = key.bytes().next()?;
        (0..self.templates.count())
            .map(|index| self.templates.word(index, 0))
            .map(|row| (row, self.keys.text(row, NAME)))
            .filter(|(_, name)| {
                name.bytes()
                    .next()
                    .is_some_and(|letter| letter.eq_ignore_ascii_case(&first))
            })
            .filter(|(_, name)| template::fits(name, key))
            .max_by_key(|(_, name)| template::literal_length(name))
            .map(|(row, _)| ConditionKey { row })
    }

    /// A claim that IAM accepts from every web identity provider. A provider is named by host and path, which no prefix
    /// of a service resembles.
    fn claim_of_any_provider(&self, prefix: &str, key: &str) -> Option<ConditionKey> {
        if !prefix.contains('.') {
            return None;
        }
        let (_, claim) = key.rsplit_once(':')?;
        let row = self
            .keys
            .find(0..self.keys.count(), NAME, &format!("{ANY_PROVIDER}{claim}"))?;
        Some(ConditionKey { row })
    }

    /// The keys under a prefix, without regard to case.
    fn keys_under(&self, prefix: &str) -> impl Iterator<Item = ConditionKey> {
        let start = format!("{prefix}:");
        let end = self.keys.count();
        let first = lower_bound(0..end, |row| {
            compare_ignoring_case(self.keys.text(row, NAME), &start).is_lt()
        });
        (first..end).map(|row| ConditionKey { row }).take_while(move |key| {
            key.name()
                .get(..start.len())
                .is_some_and(|beginning| beginning.eq_ignore_ascii_case(&start))
        })
    }

    fn near_key_under(&self, prefix: &str, name: &str) -> Option<String> {
        let mut best: Option<(usize, String)> = None;
        for key in self.keys_under(prefix) {
            let Some((beginning, rest)) = key.name().split_once(':') else {
                continue;
            };
            let (literal, placeholder) = template::split(rest);
            let (wanted, known, meant) = match (placeholder, literal.strip_suffix('/'), name.split_once('/')) {
                (None, _, _) => (name, rest, key.name().to_owned()),
                (Some(""), Some(stem), Some((head, tail))) if !tail.is_empty() => {
                    (head, stem, format!("{beginning}:{literal}{tail}"))
                }
                (Some(""), Some(stem), Some((head, _))) => (head, stem, key.name().to_owned()),
                (Some(""), Some(stem), None) => (name, stem, key.name().to_owned()),
                _ => continue,
            };
            let Some(distance) = near::distance(wanted, known, near::tolerance(wanted)) else {
                continue;
            };
            if best.as_ref().is_none_or(|(least, _)| distance < *least) {
                best = Some((distance, meant));
            }
        }
        best.map(|(_, meant)| meant)
    }

    /// A known key in the spelling of the catalog, with the free part of a template as it was given.
    fn spelled(&self, key: &str) -> Option<String> {
        let KeyLookup::Known(found) = self.condition_key(key) else {
            return None;
        };
        let (_, placeholder) = template::split(found.name());
        Some(if placeholder.is_some() {
            key.to_owned()
        } else {
            found.name().to_owned()
        })
    }
}

/// The keys of a list of the table.
pub(crate) fn keys_at(place: u32) -> impl Iterator<Item = ConditionKey> {
    catalog()
        .lists
        .at(place)
        .map(|row| ConditionKey { row: u32::from(row) })
}
