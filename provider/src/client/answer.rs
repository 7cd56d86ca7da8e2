//! Answers of the server: read from bytes, then classified.
//!
//! A status alone says little: 404 is an absent object, an absent mount or an absent namespace, and 429 is a quota or
//! a node that is behind. The classification reads the body too, and an answer that is not the server's own is never
//! taken for "absent".

use std::time::Duration;

use serde_json::Value;

use super::failure::FailureKind;
use super::{Object, fields};

/// One answer, body and the headers that matter.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) location: Option<String>,
    pub(crate) body: Body,
}

/// The body by its form.
pub(crate) enum Body {
    Empty,
    Object(Object),
    /// Not a JSON object: the beginning of the text.
    Other(String),
}

impl Body {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Object(object)) => Self::Object(object),
            _ => Self::Other(String::from_utf8_lossy(bytes.get(..LONGEST_QUOTE).unwrap_or(bytes)).into_owned()),
        }
    }
}

impl Answer {
    /// The server's `errors`, unmasked.
    pub(crate) fn errors(&self) -> Vec<String> {
        match &self.body {
            Body::Object(object) => fields::strings(object, "errors"),
            Body::Empty | Body::Other(_) => Vec::new(),
        }
    }

    /// The server's `warnings`, unmasked.
    pub(crate) fn warnings(&self) -> Vec<String> {
        match &self.body {
            Body::Object(object) => fields::strings(object, "warnings"),
            Body::Empty | Body::Other(_) => Vec::new(),
        }
    }

    /// The whole body as an object.
    pub(crate) fn object(&self) -> Option<&Object> {
        match &self.body {
            Body::Object(object) => Some(object),
            Body::Empty | Body::Other(_) => None,
        }
    }

    /// The `data` of the body.
    pub(crate) fn data(&self) -> Option<&Object> {
        self.object()?.get("data")?.as_object()
    }

    fn says(&self, part: &str) -> bool {
        self.errors().iter().any(|error| error.to_lowercase().contains(part))
    }
}

/// What an answer means, whatever was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Done as asked.
    Done,
    /// The path exists and holds nothing.
    Absent,
    /// The node has not yet seen what an earlier answer promised; nothing was done.
    NotYet,
    /// A rate limit; nothing was done.
    Busy,
    /// Sealed, or a standby without an active node; nothing was done, and waiting may help.
    Waiting(FailureKind),
    /// Failed inside; part of it may have been done.
    Broken,
    /// Refused; asking again gives the same answer.
    Refused(FailureKind),
}

/// Classifies an answer.
pub(crate) fn classify(answer: &Answer) -> Verdict {
    let foreign = matches!(answer.body, Body::Other(_));
    if answer.says("active node not found") || answer.says("active cluster node not found") {
        return Verdict::Waiting(FailureKind::Standby);
    }
    match answer.status {
        200..=299 if foreign => Verdict::Refused(FailureKind::BadAnswer),
        200..=299 if is_wrapped(answer) => Verdict::Refused(FailureKind::BadAnswer),
        200..=299 => Verdict::Done,
        300..=399 => Verdict::Refused(FailureKind::Redirected),
        412 => Verdict::NotYet,
        429 if answer.says("lease count quota") => Verdict::Refused(FailureKind::RateLimited),
        429 if !foreign && answer.errors().is_empty() => Verdict::NotYet,
        429 => Verdict::Busy,
        503 if answer.says("sealed") => Verdict::Waiting(FailureKind::Sealed),
        501 | 505 => Verdict::Refused(FailureKind::Unsupported),
        500..=599 => Verdict::Broken,
        _ if foreign => Verdict::Refused(FailureKind::BadAnswer),
        404 => classify_missing(answer),
        401 | 403 => Verdict::Refused(FailureKind::Denied),
        405 => Verdict::Refused(FailureKind::Unsupported),
        400 if answer.says("no secret engine mount at") => Verdict::Absent,
        400 if answer.says("lease not found") || answer.says("lease expired") => {
            Verdict::Refused(FailureKind::NotFound)
        }
        400..=499 => Verdict::Refused(FailureKind::InvalidRequest),
        _ => Verdict::Refused(FailureKind::BadAnswer),
    }
}

fn classify_missing(answer: &Answer) -> Verdict {
    if answer.says("namespace not found") || answer.says("no namespace") {
        Verdict::Refused(FailureKind::NamespaceGone)
    } else if answer.says("no handler for route") {
        Verdict::Refused(FailureKind::MountGone)
    } else if answer.says("unsupported path") {
        Verdict::Refused(FailureKind::InvalidRequest)
    } else if !answer.errors().is_empty() {
        Verdict::Refused(FailureKind::NotFound)
    } else if answer
        .object()
        .is_some_and(|body| body.contains_key("errors") || body.contains_key("request_id"))
    {
        Verdict::Absent
    } else {
        Verdict::Refused(FailureKind::BadAnswer)
    }
}

/// A wrapped answer (a control group, or a wrapping time that a proxy added) holds a token in place of the data.
fn is_wrapped(answer: &Answer) -> bool {
    answer
        .object()
        .and_then(|body| body.get("wrap_info"))
        .is_some_and(|info| !info.is_null())
}

/// A whole, non-negative number of seconds; a date or anything else is left to our own back-off.
pub(crate) fn parse_retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)))
}

const LONGEST_QUOTE: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            content_type: String::new(),
            retry_after: None,
            location: None,
            body: Body::parse(body.as_bytes()),
        }
    }

    const HTML: &str = "<html><body>503 Service Unavailable</body></html>";

    const ANSWERS: &[(u16, &str, Verdict)] = &[
        (200, r#"{"data":{}}"#, Verdict::Done),
        (204, "", Verdict::Done),
        (200, HTML, Verdict::Refused(FailureKind::BadAnswer)),
        (
            200,
            r#"{"data":null,"wrap_info":{"token":"x"}}"#,
            Verdict::Refused(FailureKind::BadAnswer),
        ),
        (200, r#"{"data":{},"wrap_info":null}"#, Verdict::Done),
        (307, "", Verdict::Refused(FailureKind::Redirected)),
        (
            400,
            r#"{"errors":["'lease' is a required parameter"]}"#,
            Verdict::Refused(FailureKind::InvalidRequest),
        ),
        (400, r#"{"errors":["No secret engine mount at aws/"]}"#, Verdict::Absent),
        (
            400,
            r#"{"errors":["lease not found"]}"#,
            Verdict::Refused(FailureKind::NotFound),
        ),
        (
            400,
            "Client sent an HTTP request to an HTTPS server.",
            Verdict::Refused(FailureKind::BadAnswer),
        ),
        (
            403,
            r#"{"errors":["permission denied"]}"#,
            Verdict::Refused(FailureKind::Denied),
        ),
        (403, HTML, Verdict::Refused(FailureKind::BadAnswer)),
        (404, r#"{"errors":[]}"#, Verdict::Absent),
        (
            404,
            r#"{"request_id":"x","data":null,"warnings":["w"]}"#,
            Verdict::Absent,
        ),
        (404, "", Verdict::Refused(FailureKind::BadAnswer)),
        (404, HTML, Verdict::Refused(FailureKind::BadAnswer)),
        (404, "{}", Verdict::Refused(FailureKind::BadAnswer)),
        (
            404,
            r#"{"errors":["no handler for route \"aws/roles/x\". route entry not found."]}"#,
            Verdict::Refused(FailureKind::MountGone),
        ),
        (
            404,
            r#"{"errors":["namespace not found"]}"#,
            Verdict::Refused(FailureKind::NamespaceGone),
        ),
        (
            404,
            r#"{"errors":["1 error occurred:\n\t* unsupported path\n\n"]}"#,
            Verdict::Refused(FailureKind::InvalidRequest),
        ),
        (
            405,
            r#"{"errors":["unsupported operation"]}"#,
            Verdict::Refused(FailureKind::Unsupported),
        ),
        (
            412,
            r#"{"errors":["required index state not present"]}"#,
            Verdict::NotYet,
        ),
        (429, r#"{"errors":[]}"#, Verdict::NotYet),
        (
            429,
            r#"{"errors":["request path \"x\": rate limit quota exceeded"]}"#,
            Verdict::Busy,
        ),
        (429, HTML, Verdict::Busy),
        (
            429,
            r#"{"errors":["lease count quota exceeded"]}"#,
            Verdict::Refused(FailureKind::RateLimited),
        ),
        (500, r#"{"errors":["internal error"]}"#, Verdict::Broken),
        (
            500,
            r#"{"errors":["local node not active but active cluster node not found"]}"#,
            Verdict::Waiting(FailureKind::Standby),
        ),
        (501, r#"{"errors":[]}"#, Verdict::Refused(FailureKind::Unsupported)),
        (502, HTML, Verdict::Broken),
        (
            503,
            r#"{"errors":["Vault is sealed"]}"#,
            Verdict::Waiting(FailureKind::Sealed),
        ),
        (503, HTML, Verdict::Broken),
        (505, "", Verdict::Refused(FailureKind::Unsupported)),
    ];

    #[test]
    fn each_answer_has_one_meaning() {
        for (status, body, expected) in ANSWERS {
            assert_eq!(classify(&answer(*status, body)), *expected, "{status} {body}");
        }
    }

    #[test]
    fn retry_after_is_obeyed_only_when_it_is_a_number() {
        assert_eq!(parse_retry_after("2"), Some(Duration::from_secs(2)));
        assert_eq!(parse_retry_after("3600"), Some(Duration::from_secs(3_600)));
        assert_eq!(
            parse_retry_after("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
        for nonsense in ["", "-1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(parse_retry_after(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_body_is_an_object_or_quoted() {
        assert!(matches!(Body::parse(b" \n"), Body::Empty));
        assert!(matches!(Body::parse(b"{}"), Body::Object(_)));
        assert!(matches!(Body::parse(b"[1]"), Body::Other(text) if text == "[1]"));
        assert!(matches!(Body::parse(&[0xff; 1_000]), Body::Other(text) if text.chars().count() == 400));
    }
}
