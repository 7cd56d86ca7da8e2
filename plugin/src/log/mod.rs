//! Log lines that a go-plugin host can read: one JSON object per line on standard error.
//!
//! The host decodes every such line, and some hosts crash when `@message`, `@level` or `@timestamp` is not a string.
//! So there is one way to write a line, and it takes strings only. Deciding what to log, and keeping secrets out of it,
//! is up to the caller.
//!
//! ```
//! use leastpriv_plugin::log::{self, Level};
//!
//! log::init("example", Level::Off);
//! log::info("mount found", &[("path", "aws/"), ("engine", "aws")]);
//! ```

mod line;

use std::env;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::SystemTime;

/// Where a level may be set, the most particular first.
const VARIABLES: [&str; 3] = ["TF_LOG_PROVIDER_LEASTPRIV", "TF_LOG_PROVIDER", "TF_LOG"];

static LOGGER: OnceLock<Logger> = OnceLock::new();

/// How much a line matters, or, as a threshold, what is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What a practitioner may want to know.
    Info,
    /// What may need attention.
    Warn,
    /// What went wrong.
    Error,
    /// As a threshold: nothing at all.
    Off,
}

/// Sets the module name and the threshold for the whole process. Only the first call counts.
///
/// The threshold is that of the first variable set of `TF_LOG_PROVIDER_LEASTPRIV`, `TF_LOG_PROVIDER` and `TF_LOG`, or
/// else `default`.
pub fn init(module: &'static str, default: Level) {
    let threshold = threshold(|name| env::var(name).ok()).unwrap_or(default);
    LOGGER.get_or_init(|| Logger { module, threshold });
}

/// Whether a line of this level would be written.
pub fn enabled(level: Level) -> bool {
    LOGGER.get().is_some_and(|logger| level >= logger.threshold)
}

/// Logs one of many steps.
pub fn trace(message: &str, fields: &[(&str, &str)]) {
    write(Level::Trace, message, fields);
}

/// Logs what helps to find a fault.
pub fn debug(message: &str, fields: &[(&str, &str)]) {
    write(Level::Debug, message, fields);
}

/// Logs what a practitioner may want to know.
pub fn info(message: &str, fields: &[(&str, &str)]) {
    write(Level::Info, message, fields);
}

/// Logs what may need attention.
pub fn warn(message: &str, fields: &[(&str, &str)]) {
    write(Level::Warn, message, fields);
}

/// Logs what went wrong.
pub fn error(message: &str, fields: &[(&str, &str)]) {
    write(Level::Error, message, fields);
}

#[derive(Debug)]
struct Logger {
    module: &'static str,
    threshold: Level,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Off => "off",
        }
    }

    /// Hosts take any other value, such as `JSON` or `1`, as a wish for everything.
    fn from_variable(value: &str) -> Self {
        match value.trim().to_ascii_lowercase().as_str() {
            "debug" => Self::Debug,
            "info" => Self::Info,
            "warn" => Self::Warn,
            "error" => Self::Error,
            "off" => Self::Off,
            _ => Self::Trace,
        }
    }
}

fn threshold(lookup: impl Fn(&str) -> Option<String>) -> Option<Level> {
    VARIABLES
        .iter()
        .filter_map(|name| lookup(name))
        .find(|value| !value.is_empty())
        .map(|value| Level::from_variable(&value))
}

fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    let Some(logger) = LOGGER.get().filter(|logger| level >= logger.threshold) else {
        return;
    };
    let line = line::render(logger.module, level, SystemTime::now(), message, fields);
    // One write per line, so that the lines of several threads do not mix. There is no better place to report that
    // standard error is closed.
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Level> {
        threshold(|wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_most_particular_variable_wins() {
        assert_eq!(
            of(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER_LEASTPRIV", "warn")]),
            Some(Level::Warn)
        );
        assert_eq!(
            of(&[("TF_LOG", "error"), ("TF_LOG_PROVIDER", "INFO")]),
            Some(Level::Info)
        );
    }

    #[test]
    fn an_unknown_value_means_everything() {
        assert_eq!(of(&[("TF_LOG", "JSON")]), Some(Level::Trace));
        assert_eq!(of(&[("TF_LOG", "1")]), Some(Level::Trace));
    }

    #[test]
    fn an_empty_or_absent_variable_says_nothing() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("TF_LOG", "")]), None);
    }

    #[test]
    fn off_is_above_every_line() {
        for level in [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error] {
            assert!(level < Level::Off);
        }
    }
}
