//! How many addresses of the internet the conditions of a policy tell apart.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Layers;
use crate::decide::value::Block;

/// The condition key that holds the address of the caller.
pub(super) const SOURCE_IP: &str = "aws:sourceip";

/// Addresses that the blocks of the policies cannot tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// One of them.
    pub(super) address: IpAddr,
    /// How many there are, those of private networks left out.
    pub(super) count: u128,
}

impl Class {
    /// Whether a number of addresses of the same family as this one is open to the public. Amazon S3 calls ranges broader
    /// than /8 (version 4) and /32 (version 6) public, private networks left out ("Blocking public access to your Amazon
    /// S3 storage", on `aws:SourceIp`).
    pub(super) fn is_many(&self, count: u128) -> bool {
        let most = if self.address.is_ipv4() { 1 << 24 } else { 1 << 96 };
        count > most
    }
}

/// The classes of all addresses of the internet, those of version 4 first.
pub(super) fn classes(layers: &Layers<'_>) -> Vec<Class> {
    let statements = layers.iter().flatten().flat_map(|document| &document.statements);
    let tests = statements.flat_map(|statement| &statement.condition);
    let tests = tests.filter(|test| test.key.text.eq_ignore_ascii_case(SOURCE_IP));
    let written: BTreeSet<&str> = tests
        .flat_map(|test| &test.values)
        .map(|value| value.text.as_str())
        .collect();
    let blocks: Vec<Block> = written.into_iter().filter_map(Block::parse).collect();
    let private: Vec<Block> = PRIVATE.iter().copied().filter_map(Block::parse).collect();
    let four = of_family(&blocks, &private, 32);
    four.into_iter().chain(of_family(&blocks, &private, 128)).collect()
}

/// Networks whose addresses the internet does not carry: RFC 1918 and RFC 4193.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

fn of_family(blocks: &[Block], private: &[Block], bits: u32) -> Vec<Class> {
    let ranges = |blocks: &[Block]| -> Vec<(u128, u128)> { blocks.iter().filter_map(|one| range(one, bits)).collect() };
    let (blocks, private) = (ranges(blocks), ranges(private));
    let last = u128::MAX.checked_shr(128_u32.saturating_sub(bits)).unwrap_or_default();
    let mut starts = BTreeSet::from([0]);
    for (first, end) in blocks.iter().chain(&private) {
        starts.insert(*first);
        starts.extend(end.checked_add(1).filter(|next| *next <= last));
    }
    let ends = starts.iter().skip(1).map(|next| next.saturating_sub(1));
    let mut classes: BTreeMap<Vec<bool>, (u128, u128)> = BTreeMap::new();
    for (first, end) in starts.iter().zip(ends.chain([last])) {
        let lies_in = |(from, to): &(u128, u128)| from <= first && end <= *to;
        if private.iter().any(lies_in) {
            continue;
        }
        // All of version 6 is one more than can be said; that it is many is enough.
        let count = end.saturating_sub(*first).saturating_add(1);
        let class = classes
            .entry(blocks.iter().map(lies_in).collect())
            .or_insert((*first, 0));
        class.1 = class.1.saturating_add(count);
    }
    let mut classes: Vec<Class> = classes
        .into_values()
        .filter_map(|(first, count)| {
            Some(Class {
                address: address(first, bits)?,
                count,
            })
        })
        .collect();
    classes.sort_by_key(|class| class.address);
    classes
}

fn range(block: &Block, bits: u32) -> Option<(u128, u128)> {
    (block.address.is_ipv4() == (bits == 32)).then(|| block.range())
}

/// The address of a number, in the family of so many bits; nothing where it has no such number.
pub(super) fn address(number: u128, bits: u32) -> Option<IpAddr> {
    if bits == 32 {
        Some(IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).ok()?)))
    } else {
        Some(IpAddr::V6(Ipv6Addr::from_bits(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    #[test]
    fn addresses_are_counted_without_private_ones() {
        let text = |blocks: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",
                "Condition":{{"IpAddress":{{"aws:SourceIp":{blocks}}}}}}}}}"#
            )
        };
        let counts = |blocks: &str| -> Vec<(String, u128)> {
            let document = parse(&text(blocks)).document;
            let classes = classes(&[vec![&document]]);
            classes
                .into_iter()
                .map(|class| (class.address.to_string(), class.count))
                .collect()
        };
        let private = (1 << 24) + (1 << 20) + (1 << 16);
        assert_eq!(
            counts("[]"),
            [
                ("0.0.0.0".to_owned(), (1 << 32) - private),
                ("::".to_owned(), u128::MAX - (1 << 121) + 1)
            ]
        );
        let found = counts(r#"["203.0.113.0/24","10.0.0.0/7","2001:db8::/32"]"#);
        assert!(found.contains(&("203.0.113.0".to_owned(), 256)), "{found:?}");
        assert!(found.contains(&("11.0.0.0".to_owned(), 1 << 24)), "{found:?}");
        assert!(found.contains(&("2001:db8::".to_owned(), 1 << 96)), "{found:?}");
        assert_eq!(found.len(), 5);
    }
}
