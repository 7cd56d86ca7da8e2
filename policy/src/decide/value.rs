//! Values of conditions: numbers, moments, addresses and bytes, compared exactly.

use std::cmp::Ordering;
use std::net::IpAddr;

/// A decimal number of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    /// Reads an integer or a decimal: a sign, digits, and digits behind a point.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        // There is one zero.
        let is_negative = is_negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self {
            is_negative,
            whole,
            fraction,
        })
    }

    /// Compares by value.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let size = self.whole.len().cmp(&other.whole.len());
        let size = size
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction));
        match (self.is_negative, other.is_negative) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

/// A moment, in nanoseconds since 1970.
pub(crate) fn moment(text: &str) -> Option<i128> {
    if text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<i128>().ok()?.checked_mul(SECOND);
    }
    let (date, time) = text
        .split_once('T')
        .map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
    let day = parts.next().map_or(Some(1), |part| number(part, 2))?;
    let is_whole_date = date.len() == 10;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let of_day = match time {
        None => 0,
        Some(time) if is_whole_date => time_of_day(time)?,
        Some(_) => return None,
    };
    let days = days_since_1970(year, month, day)?;
    days.checked_mul(24 * 3_600)?.checked_mul(SECOND)?.checked_add(of_day)
}

const SECOND: i128 = 1_000_000_000;

/// A moment in whole seconds since 1970.
pub(super) fn seconds(text: &str) -> Option<String> {
    moment(text).map(|moment| moment.div_euclid(SECOND).to_string())
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s` with its zone, in nanoseconds of the day in UTC.
fn time_of_day(text: &str) -> Option<i128> {
    let (clock, zone) = match text.strip_suffix('Z') {
        Some(clock) => (clock, Some(0)),
        None => text
            .rfind(['+', '-'])
            .and_then(|at| text.split_at_checked(at))
            .map(|(clock, zone)| (clock, offset(zone)))?,
    };
    let zone = zone?;
    let mut parts = clock.split(':');
    let hours = number(parts.next()?, 2)?;
    let minutes = number(parts.next()?, 2)?;
    let seconds = parts.next().unwrap_or("00");
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let seconds = number(whole, 2)?;
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: i128 = format!("{fraction:0<9}").parse().ok()?;
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?.checked_sub(zone)?;
    let seconds = minutes.checked_mul(60)?.checked_add(seconds)?;
    seconds.checked_mul(SECOND)?.checked_add(nanoseconds)
}

/// `+hh:mm` or `-hh:mm`, in minutes.
fn offset(text: &str) -> Option<i128> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let is_offset = hours <= 23 && minutes <= 59;
    is_offset.then_some(())?;
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(sign)
}

fn number(text: &str, digits: usize) -> Option<i128> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn is_leap_year(year: i128) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

fn days_of(year: i128, month: i128) -> i128 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_since_1970(year: i128, month: i128, day: i128) -> Option<i128> {
    let before = year.checked_sub(1)?;
    let leaps = |year: i128| {
        year.div_euclid(4)
            .checked_sub(year.div_euclid(100))?
            .checked_add(year.div_euclid(400))
    };
    let years = year.checked_sub(1970)?.checked_mul(365)?;
    let leap_days = leaps(before)?.checked_sub(leaps(1969)?)?;
    let months = (1..month).try_fold(0_i128, |days, month| days.checked_add(days_of(year, month)))?;
    years
        .checked_add(leap_days)?
        .checked_add(months)?
        .checked_add(day)?
        .checked_sub(1)
}

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u32,
}

impl Block {
    /// Reads a CIDR, or an address alone.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                prefix.parse().ok().filter(|prefix| *prefix <= bits)?
            }
            Some(_) => return None,
            None => bits,
        };
        Some(Self { address, prefix })
    }

    /// The first and the last address of the block, as numbers of its family.
    pub(crate) fn range(&self) -> (u128, u128) {
        let (address, bits) = match self.address {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32_u32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let host = bits.saturating_sub(self.prefix);
        let host = 128_u32
            .checked_sub(host)
            .and_then(|shift| u128::MAX.checked_shr(shift))
            .unwrap_or_default();
        (address & !host, address | host)
    }

    /// Whether an address lies in the block. The two families never meet.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, bits: u32| {
            let shift = bits.saturating_sub(self.prefix);
            let top = |value: u128| value.checked_shr(shift).unwrap_or_default();
            top(one) == top(other)
        };
        match (self.address, address) {
            (IpAddr::V4(one), IpAddr::V4(other)) => same(one.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(one), IpAddr::V6(other)) => same(one.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

/// The bytes of a base-64 text with its padding.
pub(super) fn bytes_of_base64(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digits = text.trim_end_matches('=');
    let padding = text.len().checked_sub(digits.len())?;
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in digits.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte.checked_sub(b'A')?,
            b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(26)?,
            b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(52)?,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        count = count.checked_add(6)?;
        if let Some(left) = count.checked_sub(8) {
            out.push(u8::try_from((bits >> left) & 0xff).ok()?);
            count = left;
        }
    }
    (padding <= 2).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(one: &str, other: &str) -> Ordering {
        Decimal::parse(one).unwrap().compare(&Decimal::parse(other).unwrap())
    }

    #[test]
    fn decimals_compare_by_value() {
        for (one, other, expected) in [
            ("10", "10.0", Ordering::Equal),
            ("-0", "0", Ordering::Equal),
            ("007", "7", Ordering::Equal),
            ("9", "10", Ordering::Less),
            ("-9", "-10", Ordering::Greater),
            ("0.5", "0.45", Ordering::Greater),
            (".5", "0.50", Ordering::Equal),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567891",
                Ordering::Less,
            ),
        ] {
            assert_eq!(compare(one, other), expected, "{one} {other}");
        }
        for bad in ["", "-", ".", "1e3", "0x1", "1,5", " 1", "1.2.3"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments_have_several_spellings() {
        let midnight = moment("2026-11-29T00:00:00Z").unwrap();
        for same in [
            "2026-11-29",
            "1795910400",
            "2026-11-29T01:00:00+01:00",
            "2026-11-28T23:00-01:00",
            "2026-11-29T00:00:00.000Z",
        ] {
            assert_eq!(moment(same), Some(midnight), "{same}");
        }
        assert_eq!(moment("1970"), Some(0));
        assert_eq!(moment("2024-03"), moment("2024-02-29T24:00Z").or(moment("2024-03-01")));
        assert!(moment("2000-02-29").is_some());
        for bad in [
            "",
            "2026-13",
            "2026-02-29",
            "2026-11-29T00:00:00",
            "2026-11T00:00Z",
            "tomorrow",
            "2026-1-1",
            "2026-11-29T25:00Z",
        ] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn blocks_hold_addresses_of_their_family() {
        let holds = |block: &str, address: &str| Block::parse(block).unwrap().holds(address.parse().unwrap());
        assert!(holds("203.0.113.0/24", "203.0.113.9"));
        assert!(!holds("203.0.113.0/24", "203.0.114.9"));
        assert!(holds("0.0.0.0/0", "203.0.114.9") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && holds("::/0", "::1"));
        assert!(holds("10.0.0.1", "10.0.0.1") && !holds("10.0.0.1", "10.0.0.2"));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "x"] {
            assert_eq!(Block::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn base64_is_read_to_its_bytes() {
        assert_eq!(bytes_of_base64("aGVsbG8=").as_deref(), Some(b"hello".as_slice()));
        assert_eq!(bytes_of_base64("").as_deref(), Some(b"".as_slice()));
        for bad in ["a", "a===", "ab!=", "aGVsbG8"] {
            assert_eq!(bytes_of_base64(bad), None, "{bad}");
        }
    }
}
