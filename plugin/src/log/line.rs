//! The form of one log line.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::Level;

/// The host reads 64 KiB at a time and takes what is longer for several lines, none of them JSON.
const LINE_LIMIT: usize = 60_000;

/// What is left of a message that is too long. Escaping makes one byte six at worst, which still fits.
const CLIPPED_MESSAGE: usize = 8_000;

/// The last second that a year of four digits can hold.
const LAST_SECOND: u64 = 253_402_300_799;

const SECONDS_PER_DAY: u64 = 86_400;

/// One JSON object and a line break. Every value is a string, and no field can take the place of one of the names that
/// begin with `@`.
pub(super) fn render(module: &str, level: Level, time: SystemTime, message: &str, fields: &[(&str, &str)]) -> String {
    let line = object(module, level, time, message, fields);
    if line.len() <= LINE_LIMIT {
        return line;
    }
    object(
        module,
        level,
        time,
        clip(message, CLIPPED_MESSAGE),
        &[("clipped", "true")],
    )
}

fn object(module: &str, level: Level, time: SystemTime, message: &str, fields: &[(&str, &str)]) -> String {
    let mut object = Map::new();
    for (name, value) in fields {
        let name = match name.trim_start_matches('@') {
            "" => "field",
            name => name,
        };
        object.insert(name.to_owned(), Value::from(*value));
    }
    object.insert("@level".to_owned(), Value::from(level.name()));
    object.insert("@message".to_owned(), Value::from(message));
    object.insert("@module".to_owned(), Value::from(module));
    object.insert("@timestamp".to_owned(), Value::from(timestamp(time)));
    let mut line = Value::Object(object).to_string();
    line.push('\n');
    line
}

fn clip(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The one layout that hosts decode: `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
fn timestamp(time: SystemTime) -> String {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since_epoch.as_secs().min(LAST_SECOND);
    let (year, month, day) = civil_date(seconds / SECONDS_PER_DAY);
    let of_day = seconds % SECONDS_PER_DAY;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let micros = since_epoch.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day of the day that many days after 1970-01-01.
///
/// Years are counted from March here, so that the leap day is the last one, and in cycles of 400 years, after which the
/// calendar repeats itself.
fn civil_date(days_since_epoch: u64) -> (u64, u64, u64) {
    // From 0000-03-01, where the first cycle begins.
    let days = days_since_epoch + 719_468;
    let cycle = days / 146_097;
    let day_of_cycle = days % 146_097;
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = 400 * cycle + year_of_cycle + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn at(seconds: u64, micros: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros)
    }

    /// Decodes the line as a host does, and fails where a host would.
    fn decode(line: &str) -> Map<String, Value> {
        let body = line.strip_suffix('\n').expect("a line break at the end");
        assert!(!body.contains('\n'), "{body}");
        let object: Map<String, Value> = serde_json::from_str(body).expect("a JSON object");
        for (name, value) in &object {
            assert!(value.is_string(), "{name}: {value}");
        }
        for name in ["@level", "@message", "@module", "@timestamp"] {
            assert!(object.contains_key(name), "{name}");
        }
        object
    }

    #[test]
    fn an_ordinary_line() {
        let object = decode(&render(
            "example",
            Level::Info,
            at(0, 1),
            "mount found",
            &[("path", "aws/")],
        ));
        assert_eq!(
            Value::Object(object),
            json!({
                "@level": "info",
                "@message": "mount found",
                "@module": "example",
                "@timestamp": "1970-01-01T00:00:00.000001Z",
                "path": "aws/",
            })
        );
    }

    #[test]
    fn timestamps_keep_their_layout() {
        let cases = [
            (at(0, 0), "1970-01-01T00:00:00.000000Z"),
            (at(951_782_400, 0), "2000-02-29T00:00:00.000000Z"),
            (at(951_868_800, 0), "2000-03-01T00:00:00.000000Z"),
            (at(1_709_251_199, 999_999), "2024-02-29T23:59:59.999999Z"),
            (at(1_735_689_599, 120_000), "2024-12-31T23:59:59.120000Z"),
            (at(1_735_689_600, 0), "2025-01-01T00:00:00.000000Z"),
            (at(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z"),
            (at(LAST_SECOND + 1, 0), "9999-12-31T23:59:59.000000Z"),
            (UNIX_EPOCH - Duration::from_secs(1), "1970-01-01T00:00:00.000000Z"),
        ];
        for (time, expected) in cases {
            assert_eq!(timestamp(time), expected);
        }
    }

    #[test]
    fn any_text_comes_back_as_it_was() {
        let texts = [
            "",
            "line\nbreak\r\n",
            r#"{"@message":1,"@level":null}"#,
            "quote \" backslash \\ nul \0 bell \u{7} delete \u{7f}",
            "separators \u{2028}\u{2029} mark \u{feff} face 🦀",
            "\u{1b}[31mred\u{1b}[0m",
            "%!s(MISSING) ${x} `y`",
        ];
        for text in texts {
            let object = decode(&render(
                "example",
                Level::Debug,
                at(1, 0),
                text,
                &[("value", text), (text, "name")],
            ));
            assert_eq!(object["@message"], text);
            assert_eq!(object["value"], text);
        }
    }

    #[test]
    fn a_field_cannot_take_a_reserved_name() {
        let fields = [
            ("@message", "other"),
            ("@@level", "other"),
            ("@", "bare"),
            ("", "empty"),
        ];
        let object = decode(&render("example", Level::Warn, at(1, 0), "mine", &fields));
        assert_eq!(object["@message"], "mine");
        assert_eq!(object["@level"], "warn");
        assert_eq!(object["message"], "other");
        assert_eq!(object["level"], "other");
        assert_eq!(object["field"], "empty");
    }

    #[test]
    fn a_long_line_is_clipped_between_characters() {
        for unit in ["a", "é", "🦀", "\0"] {
            let long = format!("x{}", unit.repeat(70_000));
            let line = render("example", Level::Error, at(1, 0), &long, &[("value", &long)]);
            assert!(line.len() <= LINE_LIMIT, "{}", line.len());
            let object = decode(&line);
            assert_eq!(object["clipped"], "true");
            assert!(long.starts_with(object["@message"].as_str().unwrap()));
        }
    }
}
