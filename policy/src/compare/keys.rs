//! The values of one condition key that its tests can tell apart.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::ControlFlow;

use super::addresses::address;
use super::scope::Scope;
use super::strings::{Atom, Reader, Search, Token, arn, glob};
use super::{Cause, Doubt};
use crate::decide::condition::{Family, Test};
use crate::decide::request::View;
use crate::decide::value::{Block, moment};
use crate::decide::{Context, Principal, Request, Truth};
use crate::document::ConditionTest;

/// What a key holds in a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyValue {
    Absent,
    One(String),
    Set(Vec<String>),
}

/// Most sets of values of one key that are looked at.
const MOST_SETS: usize = 4_096;

/// Most states while texts are told apart.
pub(super) const BUDGET: usize = 60_000;

/// All values of a key that the tests can tell apart and the scope admits. False beside them where some may be missing.
pub(super) fn values(
    key: &str,
    inside: &[(&Test, &ConditionTest)],
    outside: &[(&Test, &ConditionTest)],
    scope: Option<&Scope>,
) -> Result<(Vec<KeyValue>, bool), Doubt> {
    let mut families = BTreeSet::new();
    let (mut over_sets, mut over_one) = (false, false);
    let tests: Vec<_> = inside.iter().chain(outside).copied().collect();
    for (test, written) in &tests {
        let Some((family, set)) = test.family() else {
            return Err(Doubt::new(Cause::Invalid, [written.operator.text.clone()]));
        };
        if family == Family::Null {
            continue;
        }
        families.insert(class(family));
        over_sets |= set.is_some();
        over_one |= set.is_none();
    }
    let few = || Doubt::new(Cause::Budget, [key.to_owned()]);
    let mut found = BTreeSet::new();
    for class in &families {
        let of_class: Vec<_> = tests
            .iter()
            .filter(|(test, _)| {
                test.family()
                    .is_some_and(|(family, _)| family != Family::Null && self::class(family) == *class)
            })
            .copied()
            .collect();
        match scope.and_then(|scope| scope.addresses(key)) {
            Some(addresses) if *class == Class::Address => found.extend(addresses.iter().cloned()),
            // Every value of the key is one text then, which holds or fails each test by itself.
            _ if *class == Class::Text && !over_sets && families.len() == 1 && scope.is_none() => {
                found.extend(texts_between(inside, outside).ok_or_else(few)?);
            }
            _ if *class == Class::Text => found.extend(texts_of(&of_class).ok_or_else(few)?),
            _ => found.extend(representatives(*class, &of_class).ok_or_else(few)?),
        }
    }
    if families.is_empty() {
        found.insert("x".to_owned());
    }
    if let Some(scope) = scope {
        found.retain(|value| scope.admits_value(key, value));
    }
    let is_complete = families.len() <= 1;
    let is_text = families.contains(&Class::Text);
    let mut out = vec![KeyValue::Absent];
    if over_sets {
        out.extend(sets(&tests, &found).ok_or_else(few)?);
    }
    if !over_sets || over_one {
        // The empty text is a value of most types in name only, so it is shown where no other will do.
        let (last, first) = found
            .into_iter()
            .partition::<Vec<_>, _>(|value| value.is_empty() && !is_text);
        out.extend(first.into_iter().chain(last).map(KeyValue::One));
    }
    Ok((out, is_complete))
}

/// Values are read in one of these ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Text,
    Number,
    Date,
    Bool,
    Bytes,
    Address,
}

fn class(family: Family) -> Class {
    match family {
        Family::Number(_) => Class::Number,
        Family::Date(_) => Class::Date,
        Family::Bool => Class::Bool,
        Family::Binary => Class::Bytes,
        Family::Address => Class::Address,
        Family::Text | Family::TextIgnoringCase | Family::Like | Family::Arn | Family::Null => Class::Text,
    }
}

/// A value of every class that the tests tell apart; nothing where there are too many. The empty text and one that is
/// nothing but text are no values of most types.
fn representatives(class: Class, tests: &[(&Test, &ConditionTest)]) -> Option<BTreeSet<String>> {
    let texts = || {
        tests
            .iter()
            .flat_map(|(_, written)| &written.values)
            .map(|value| value.text.as_str())
    };
    let mut out = BTreeSet::from([String::new(), "x".to_owned()]);
    match class {
        Class::Text => {}
        Class::Bool => out.extend(["true".to_owned(), "false".to_owned()]),
        Class::Bytes => {
            // And one that is longer than all.
            let longest = texts().map(str::len).max().unwrap_or_default();
            out.insert("AAAA".repeat(longest.saturating_add(4) / 4));
            out.extend(texts().map(str::to_owned));
        }
        Class::Number => {
            let scaled: BTreeSet<i128> = texts().filter_map(scaled).collect();
            if texts().any(scaled_fails) {
                return None;
            }
            out.extend(between(&scaled, UNIT.saturating_mul(2)).into_iter().map(unscaled));
        }
        Class::Date => {
            let moments: BTreeSet<i128> = texts().filter_map(moment).collect();
            out.extend(between(&moments, SECOND).into_iter().filter_map(written));
        }
        Class::Address => {
            let blocks: Vec<Block> = texts().filter_map(Block::parse).collect();
            out.extend(blocks.iter().flat_map(ends).map(|address| address.to_string()));
            out.extend(["192.0.2.1".to_owned(), "2001:db8::1".to_owned()]);
        }
    }
    Some(out)
}

/// Texts of every class that the patterns tell apart; nothing where there are too many.
fn texts_of(tests: &[(&Test, &ConditionTest)]) -> Option<BTreeSet<String>> {
    let mut reader = Reader::default();
    for (test, written) in tests {
        if test.family().is_some_and(|(_, set)| set.is_some()) {
            // One empty text alone is no value to a test of a set, so it is told apart from other texts.
            reader.add(Atom::new());
        }
        for value in &written.values {
            reader.add(atom(test, &value.text));
        }
    }
    classes(&reader)
}

/// Texts that hold the tests inside, and no more of those outside than they must; nothing where there are too many.
fn texts_between(inside: &[(&Test, &ConditionTest)], outside: &[(&Test, &ConditionTest)]) -> Option<BTreeSet<String>> {
    let mut reader = Reader::default();
    let of = |tests: &[(&Test, &ConditionTest)], names_values: bool| -> Vec<Vec<Atom>> {
        let is_text = |test: &Test| test.family().is_some_and(|(family, _)| family != Family::Null);
        let tests = tests
            .iter()
            .filter(|(test, _)| is_text(test) && test.names_values() == names_values);
        let atoms = tests.map(|(test, written)| written.values.iter().map(|value| atom(test, &value.text)).collect());
        atoms.collect()
    };
    for group in of(inside, true) {
        let group = group.into_iter().map(|atom| reader.add(atom)).collect();
        reader.require(group);
    }
    for atom in of(outside, false).into_iter().flatten() {
        reader.add(atom);
    }
    for atom in of(inside, false).into_iter().chain(of(outside, true)).flatten() {
        reader.avoid(atom);
    }
    classes(&reader)
}

fn classes(reader: &Reader) -> Option<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    match reader.classes(BUDGET, &mut |text| {
        out.insert(text.to_owned());
        ControlFlow::Continue(())
    }) {
        Search::Complete => Some(out),
        Search::GaveUp => None,
    }
}

/// A value of a test, as a pattern of texts.
fn atom(test: &Test, text: &str) -> Atom {
    match test.family() {
        Some((Family::Like, _)) => glob(text),
        Some((Family::Arn, _)) => arn(text),
        Some((Family::TextIgnoringCase, _)) => text.chars().map(Token::Folded).collect(),
        _ => text.chars().map(Token::Literal).collect(),
    }
}

/// Sets of values: for every choice of tests over any value that shall fail, and of tests over all values that shall hold,
/// the largest set, which fails every other test over all values and holds every other one over any that can be.
fn sets(tests: &[(&Test, &ConditionTest)], values: &BTreeSet<String>) -> Option<BTreeSet<KeyValue>> {
    let set_tests: Vec<&Test> = tests
        .iter()
        .map(|(test, _)| *test)
        .filter(|test| {
            test.family()
                .is_some_and(|(family, set)| family != Family::Null && set.is_some())
        })
        .collect();
    let fits = |test: &Test, value: &String| {
        let is_any = test
            .family()
            .is_some_and(|(_, set)| set == Some(crate::decide::condition::Set::Any));
        // One empty text alone counts as none, so the value is asked beside itself.
        let holds = holds(test, &KeyValue::Set(vec![value.clone(), value.clone()]));
        if is_any {
            holds == Truth::No
        } else {
            holds == Truth::Yes
        }
    };
    let table: Vec<Vec<bool>> = values
        .iter()
        .map(|value| set_tests.iter().map(|test| fits(test, value)).collect())
        .collect();
    // Every choice is an intersection of what single tests leave, and many choices leave the same.
    let mut left: BTreeSet<Vec<bool>> = BTreeSet::from([vec![true; values.len()]]);
    for at in 0..set_tests.len() {
        let narrowed: Vec<Vec<bool>> = left
            .iter()
            .map(|set| {
                set.iter()
                    .zip(&table)
                    .map(|(is_in, fits)| *is_in && fits.get(at) == Some(&true))
                    .collect()
            })
            .collect();
        left.extend(narrowed);
        if left.len() > MOST_SETS {
            return None;
        }
    }
    let mut out = BTreeSet::from([KeyValue::Set(vec![String::new()])]);
    for set in left {
        let chosen: Vec<String> = values
            .iter()
            .zip(set)
            .filter(|(_, is_in)| *is_in)
            .map(|(value, _)| value.clone())
            .collect();
        if !chosen.is_empty() {
            out.insert(KeyValue::Set(chosen));
        }
    }
    Some(out)
}

/// Takes away what makes no difference to any test.
pub(super) fn smaller(mut values: Vec<String>, tests: &[&Test]) -> Vec<String> {
    let truth = |values: &[String]| -> Vec<Truth> {
        tests
            .iter()
            .map(|test| holds(test, &KeyValue::Set(values.to_vec())))
            .collect()
    };
    let wanted = truth(&values);
    let mut at = values.len();
    while at > 0 {
        at = at.saturating_sub(1);
        if values.len() > 1 {
            let removed = values.remove(at);
            if truth(&values) != wanted {
                values.insert(at, removed);
            }
        }
    }
    values
}

/// Whether a test holds where its key has a value and nothing else is known.
fn holds(test: &Test, value: &KeyValue) -> Truth {
    test.holds(&View::as_given(&with(test.key(), value)), &mut |_| ())
}

/// A request of which nothing is known but the value of one key.
pub(super) fn with(key: &str, value: &KeyValue) -> Request {
    let mut request = Request {
        action: String::new(),
        resource: None,
        principal: Principal::Anonymous,
        resource_account: None,
        context: Context::default(),
    };
    put(&mut request.context, key, value);
    request
}

/// Puts a value into a context.
pub(super) fn put(context: &mut Context, key: &str, value: &KeyValue) {
    match value {
        KeyValue::Absent => {}
        KeyValue::One(value) => {
            context.set(key, value.as_str());
        }
        KeyValue::Set(values) => {
            context.set_all(key, values.iter().cloned());
        }
    }
}

/// Each point, one between every two, and one outside at either end.
fn between(points: &BTreeSet<i128>, outside: i128) -> BTreeSet<i128> {
    let mut out = points.clone();
    for (one, other) in points.iter().zip(points.iter().skip(1)) {
        out.insert(one.saturating_add(other.saturating_sub(*one) / 2));
    }
    out.extend(points.first().map(|first| first.saturating_sub(outside)));
    out.extend(points.last().map(|last| last.saturating_add(outside)));
    out
}

/// Numbers are held in halves of a billionth, so that there is one between any two that are written.
const UNIT: i128 = 1_000_000_000;

fn scaled(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let joined: i128 = format!("{whole}{fraction:0<9}").parse().ok()?;
    joined.checked_mul(2)?.checked_mul(sign)
}

/// Whether a number is too long to be held.
fn scaled_fails(text: &str) -> bool {
    crate::decide::value::Decimal::parse(text).is_some() && scaled(text).is_none()
}

fn unscaled(value: i128) -> String {
    // In halves of a billionth: ten digits behind the point say it exactly.
    let tenths = value.saturating_mul(5);
    let sign = if tenths < 0 { "-" } else { "" };
    let digits = format!("{:011}", tenths.unsigned_abs());
    let (whole, fraction) = digits
        .split_at_checked(digits.len().saturating_sub(10))
        .unwrap_or(("0", ""));
    let text = format!("{sign}{whole}.{fraction}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const SECOND: i128 = 1_000_000_000;

/// The zone that is furthest ahead of UTC, in nanoseconds.
const EASTMOST: i128 = (23 * 60 + 59) * 60 * SECOND;

/// A moment as text.
fn written(moment: i128) -> Option<String> {
    let (seconds, nanoseconds) = (moment.div_euclid(SECOND), moment.rem_euclid(SECOND));
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The civil calendar by eras of 400 years that begin in March.
    let shifted = days.checked_add(719_468)?;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day
        .saturating_sub(day / 1_460)
        .saturating_add(day / 36_524)
        .saturating_sub(day / 146_096))
        / 365;
    let of_year = day.saturating_sub(
        year.saturating_mul(365)
            .saturating_add(year / 4)
            .saturating_sub(year / 100),
    );
    let march = of_year.saturating_mul(5).saturating_add(2) / 153;
    let day = of_year
        .saturating_sub(march.saturating_mul(153).saturating_add(2) / 5)
        .saturating_add(1);
    let month = if march < 10 {
        march.saturating_add(3)
    } else {
        march.saturating_sub(9)
    };
    let year = year
        .saturating_add(era.saturating_mul(400))
        .saturating_add(i128::from(month <= 2));
    if year > 9_999 {
        return Some(seconds.to_string());
    }
    if year < 0 {
        // What is before the first year of UTC can still be a time of that year further east.
        let local = written(moment.checked_add(EASTMOST)?)?;
        return local.strip_suffix('Z').map(|local| format!("{local}+23:59"));
    }
    let (hours, minutes, of_minute) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let fraction = if nanoseconds == 0 {
        String::new()
    } else {
        format!(".{nanoseconds:09}")
    };
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{of_minute:02}{fraction}Z"
    ))
}

/// The first and the last address of a block, and their neighbours outside.
fn ends(block: &Block) -> impl Iterator<Item = IpAddr> {
    let bits = if block.address.is_ipv4() { 32 } else { 128 };
    let (first, last) = block.range();
    let numbers = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
    numbers
        .into_iter()
        .flatten()
        .filter_map(move |number| address(number, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_numbers_are_written_as_they_are_read() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T12:34:56Z",
            "1999-12-31T23:59:59.500000000Z",
            "0001-01-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
        ] {
            assert_eq!(written(moment(text).unwrap()).as_deref(), Some(text));
        }
        let before = "0000-01-01T00:00:00Z";
        let earlier = written(moment(before).unwrap() - SECOND).unwrap();
        assert_eq!(earlier, "0000-01-01T23:58:59+23:59");
        assert_eq!(moment(&earlier), moment(before).map(|moment| moment - SECOND));
        assert_eq!(written(moment(before).unwrap() - 2 * EASTMOST), None);
        for (text, expected) in [
            ("10", "10"),
            ("-1.50", "-1.5"),
            ("0.000000001", "0.000000001"),
            ("0", "0"),
        ] {
            assert_eq!(unscaled(scaled(text).unwrap()), expected);
        }
    }
}
