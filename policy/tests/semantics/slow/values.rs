//! Numbers, moments and addresses, read as the guide describes them.

/// A number in millionths.
pub(crate) fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if digits.is_empty() || digits == "." || fraction.len() > 6 {
        return None;
    }
    let joined = format!("{whole}{fraction:0<6}");
    joined
        .chars()
        .all(|digit| digit.is_ascii_digit())
        .then(|| sign * joined.parse::<i128>().unwrap())
}

/// Nanoseconds since 1970, of the few spellings that the cases use.
pub(crate) fn nanoseconds(text: &str) -> Option<i128> {
    if text.len() > 4 && text.chars().all(|digit| digit.is_ascii_digit()) {
        return Some(text.parse::<i128>().ok()? * 1_000_000_000);
    }
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let parts: Vec<i128> = date.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = parts[..] else { return None };
    let is_leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut days = day - 1;
    for earlier in 1970..year {
        days += if is_leap(earlier) { 366 } else { 365 };
    }
    for later in year..1970 {
        days -= if is_leap(later) { 366 } else { 365 };
    }
    let lengths = [
        31,
        if is_leap(year) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    days += lengths.iter().take(usize::try_from(month - 1).ok()?).sum::<i128>();
    let (clock, fraction) = time
        .strip_suffix('Z')
        .map(|time| time.split_once('.').unwrap_or((time, "0")))?;
    let clock: Vec<i128> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = clock[..] else {
        return None;
    };
    let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
    Some((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000_000 + fraction)
}

pub(crate) fn address(text: &str) -> Option<u32> {
    let bytes: Vec<u32> = text
        .split('.')
        .map(|part| part.parse().ok().filter(|byte| *byte < 256))
        .collect::<Option<_>>()?;
    (bytes.len() == 4).then(|| bytes.iter().fold(0, |all, byte| all * 256 + byte))
}

pub(crate) fn in_block(block: &str, text: &str) -> bool {
    let (base, length) = block.split_once('/').unwrap_or((block, "32"));
    let (Some(base), Some(text), Ok(length)) = (address(base), address(text), length.parse::<u32>()) else {
        return false;
    };
    length <= 32 && (0..length).all(|bit| (base ^ text) & (1 << (31 - bit)) == 0)
}
