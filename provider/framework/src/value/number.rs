use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

/// The largest power of ten that decimal text may carry. Terraform's own numbers end far below.
const MAX_EXPONENT: i64 = 1_000_000;

/// Up to this many places, decimal text is written without an exponent.
const PLAIN_PLACES: usize = 40;

/// A number without loss.
///
/// Terraform computes with decimals of 512 bits and sends whole numbers as integers, binary
/// fractions as floats, and everything else as decimal text. Each is kept as it came: a detour over
/// a float would turn `0.1` into another number, and Terraform would call that an inconsistent
/// result. Two numbers are equal when their values are, whatever their form.
#[derive(Debug, Clone)]
pub struct Number(Form);

/// How a number is held.
///
/// INVARIANT: `Signed` is used whenever the value is whole and fits, `Unsigned` when only that
/// fits, and a `Float` is never a NaN.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Decimal(Digits),
}

impl Number {
    /// Reads decimal text such as `-3.25` or `6.02e23`. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = Digits::parse(text)?;
        Some(Self(digits.whole().unwrap_or(Form::Decimal(digits))))
    }

    /// Takes a binary fraction at its exact value. `None` for a NaN.
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_nan() {
            return None;
        }
        let whole = Digits::of_float(value).whole();
        Some(Self(whole.unwrap_or(Form::Float(value))))
    }

    /// The value as a signed integer, if it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Form::Signed(value) => Some(value),
            Form::Unsigned(_) | Form::Float(_) | Form::Decimal(_) => None,
        }
    }

    /// The value as an unsigned integer, if it is whole and fits.
    pub fn as_u64(&self) -> Option<u64> {
        match self.0 {
            Form::Signed(value) => u64::try_from(value).ok(),
            Form::Unsigned(value) => Some(value),
            Form::Float(_) | Form::Decimal(_) => None,
        }
    }

    /// How the number is held, for the encoder.
    pub(crate) fn form(&self) -> &Form {
        &self.0
    }

    fn digits(&self) -> Digits {
        match &self.0 {
            Form::Signed(value) => Digits::parse(&value.to_string()).unwrap_or_default(),
            Form::Unsigned(value) => Digits::parse(&value.to_string()).unwrap_or_default(),
            Form::Float(value) => Digits::of_float(*value),
            Form::Decimal(digits) => digits.clone(),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(Form::Signed(value))
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self(Form::Signed(i64::from(value)))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self(Form::Signed(i64::from(value)))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).map_or(Form::Unsigned(value), Form::Signed))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Form::Signed(left), Form::Signed(right)) => left.cmp(right),
            _ => self.digits().cmp(&other.digits()),
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Signed(value) => write!(f, "{value}"),
            Form::Unsigned(value) => write!(f, "{value}"),
            Form::Float(value) if value.is_infinite() => write!(f, "{value}"),
            Form::Float(value) => f.write_str(&Digits::of_float(*value).text()),
            Form::Decimal(digits) => f.write_str(&digits.text()),
        }
    }
}

/// The value `±0.DIGITS × 10^point`.
///
/// INVARIANT: `digits` has no zero at either end and is empty for zero only, which then has no
/// sign and no point. So equal values are equal structs, and digits compare as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Digits {
    negative: bool,
    digits: String,
    point: i64,
}

impl Digits {
    /// The text that Terraform reads back as exactly this value.
    pub(crate) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = self.digits.as_str();
        if digits.is_empty() {
            return "0".to_owned();
        }
        let places = usize::try_from(self.point.unsigned_abs()).unwrap_or(usize::MAX);
        if places > PLAIN_PLACES {
            return format!("{sign}0.{digits}e{}", self.point);
        }
        if self.point <= 0 {
            return format!("{sign}0.{}{digits}", "0".repeat(places));
        }
        match digits.split_at_checked(places) {
            Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
            _ => format!("{sign}{digits:0<places$}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self::default());
        }
        if exponent.unsigned_abs() > MAX_EXPONENT.unsigned_abs() {
            return None;
        }
        let zeros_in_front = i64::try_from(all.len() - significant.len()).ok()?;
        Some(Self {
            negative,
            digits: digits.to_owned(),
            point: i64::try_from(whole.len()).ok()? - zeros_in_front + exponent,
        })
    }

    /// The exact value of a float, which always has a finite number of decimal digits.
    fn of_float(value: f64) -> Self {
        if value.is_infinite() {
            // Beyond every finite point, so that infinities sort at the ends.
            return Self {
                negative: value.is_sign_negative(),
                digits: "1".to_owned(),
                point: i64::MAX,
            };
        }
        // The smallest float is 2^-1074, which needs that many places.
        Self::parse(&format!("{value:.1074}")).unwrap_or_default()
    }

    /// The value as an integer, if it is whole and one of the two integer types holds it.
    fn whole(&self) -> Option<Form> {
        if self.digits.is_empty() {
            return Some(Form::Signed(0));
        }
        let places = usize::try_from(self.point).ok()?;
        if places > 20 || places < self.digits.len() {
            return None;
        }
        let sign = if self.negative { "-" } else { "" };
        let text = format!("{sign}{:0<places$}", self.digits);
        let signed = text.parse().ok().map(Form::Signed);
        signed.or_else(|| text.parse().ok().map(Form::Unsigned))
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}

impl PartialOrd for Digits {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Digits {
    fn cmp(&self, other: &Self) -> Ordering {
        let sizes = self
            .point
            .cmp(&other.point)
            .then_with(|| self.digits.cmp(&other.digits));
        let sizes = if self.negative { sizes.reverse() } else { sizes };
        self.sign().cmp(&other.sign()).then(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn whole_text_becomes_an_integer() {
        assert_eq!(number("42").as_i64(), Some(42));
        assert_eq!(number("4.2e1").as_i64(), Some(42));
        assert_eq!(number("-9223372036854775808").as_i64(), Some(i64::MIN));
        assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551616").as_u64(), None);
        assert_eq!(number("-0.0").as_i64(), Some(0));
    }

    #[test]
    fn values_are_equal_whatever_their_form() {
        assert_eq!(number("3.25"), Number::from_f64(3.25).unwrap());
        assert_eq!(number("1e3"), Number::from(1000_i64));
        assert_eq!(Number::from_f64(2.0).unwrap(), Number::from(2_i64));
        assert_eq!(Number::from(7_u64), Number::from(7_i64));
        assert_ne!(
            number("0.1"),
            Number::from_f64(0.1).unwrap(),
            "the float nearest to 0.1 is another number"
        );
    }

    #[test]
    fn numbers_beyond_floats_keep_every_digit() {
        let text = "123456789012345678901234567890.5";
        assert_eq!(number(text).to_string(), text);
        assert_eq!(number("1e400").to_string(), "0.1e401");
        assert_eq!(number("-0.00025").to_string(), "-0.00025");
        assert_eq!(number("2.5e22").to_string(), "25000000000000000000000");
    }

    #[test]
    fn order_is_numeric() {
        let mut numbers: Vec<Number> = ["10", "-3", "2.5", "0", "-2.5", "1e30", "2.25"].map(number).to_vec();
        numbers.push(Number::from_f64(f64::NEG_INFINITY).unwrap());
        numbers.sort();
        let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "-inf",
                "-3",
                "-2.5",
                "0",
                "2.25",
                "2.5",
                "10",
                "1000000000000000000000000000000"
            ]
        );
    }

    #[test]
    fn other_text_is_no_number() {
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1e99999999",
            "0x10",
            "1_000",
            "NaN",
            "inf",
            " 1",
            "--1",
        ] {
            assert!(Number::parse(text).is_none(), "`{text}` was read");
        }
        assert!(Number::from_f64(f64::NAN).is_none());
    }
}
