//! What a panic looks like to the host.
//!
//! The host shows a raw line that begins with `panic: `, and the raw lines after it, as a crash of the plugin. Without
//! that a practitioner would only read that a request was cancelled.

use std::any::Any;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic;
use std::thread;

/// Makes every panic print its message and place in the form that hosts pick up.
///
/// Nothing but the message and the place is printed; a message therefore must never be made from a secret.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let text = describe(message(info.payload()), place.as_deref(), thread::current().name());
        // One write, so that lines of other threads do not end up in between. A closed pipe is nobody's loss here.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }));
}

fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "no message"
    }
}

/// Every line gets a prefix of its own. A message may hold line breaks, and a line that happened to be a JSON object
/// would be taken for a log line, with consequences up to a crash of the host.
fn describe(message: &str, place: Option<&str>, thread: Option<&str>) -> String {
    let mut lines = message.lines();
    let mut text = format!("panic: {}\n", lines.next().unwrap_or_default());
    for line in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  | {line}");
    }
    let _ = writeln!(text, "  at {}", place.unwrap_or("an unknown place"));
    let _ = writeln!(text, "  in thread {}", thread.unwrap_or("without a name"));
    text
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn begins_with_the_words_that_hosts_look_for() {
        let text = describe("index out of bounds", Some("src/a.rs:1:2"), Some("main"));
        assert_eq!(
            text,
            "panic: index out of bounds\n  at src/a.rs:1:2\n  in thread main\n"
        );
    }

    #[test]
    fn no_line_of_a_message_can_pass_for_json() {
        let text = describe("first\n{\"@message\": 1}", None, None);
        for line in text.lines() {
            assert!(serde_json::from_str::<serde_json::Value>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn both_kinds_of_message_are_read() {
        let fixed = panic::catch_unwind(|| assert!(black_box(false), "fixed")).unwrap_err();
        assert_eq!(message(fixed.as_ref()), "fixed");
        let number = black_box(7);
        let formatted = panic::catch_unwind(|| assert!(black_box(false), "number {number}")).unwrap_err();
        assert_eq!(message(formatted.as_ref()), "number 7");
    }
}
