use std::time::Duration;

/// Reads a duration as the server does: whole seconds (`90`) or numbers with units (`1h30m`, `1.5s`, `250ms`, `2d`).
///
/// Nothing negative, nothing that does not fit.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().ok()?));
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let unit_start = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, tail) = rest.split_at_checked(unit_start)?;
        let unit_end = tail
            .find(|character: char| character.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at_checked(unit_end)?;
        let nanos: u64 = match unit {
            "d" => 86_400_000_000_000,
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        total = total.checked_add(times(number, nanos)?)?;
        rest = next;
    }
    Some(total)
}

/// A decimal number of units of so many nanoseconds.
fn times(number: &str, nanos: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = u128::from(whole) * u128::from(nanos);
    let mut digit_worth = u128::from(nanos);
    for digit in fraction.chars() {
        digit_worth /= 10;
        total += u128::from(digit.to_digit(10)?) * digit_worth;
    }
    let seconds = u64::try_from(total / 1_000_000_000).ok()?;
    let rest = u32::try_from(total % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_units() {
        let cases = [
            ("0", 0),
            ("90", 90_000),
            (" 60 ", 60_000),
            ("1h", 3_600_000),
            ("1h30m", 5_400_000),
            ("30m0s", 1_800_000),
            ("1.5s", 1_500),
            (".5s", 500),
            ("250ms", 250),
            ("2d", 172_800_000),
            ("1000000ns", 1),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "-1",
            "-1s",
            "x",
            "5 s",
            "1.2.3s",
            ".",
            ".s",
            "1y",
            "s",
            "1h30",
            "99999999999999999999",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
