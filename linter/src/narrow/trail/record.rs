//! The records of CloudTrail, out of the forms that they come in.
//!
//! Source: the page "CloudTrail record contents for management, data, and network activity events" of the CloudTrail guide.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::{Deserializer, Value};

/// Most bytes that a compressed file may unpack to. A trail writes files of some megabytes.
const MOST_UNPACKED: u64 = 512 * 1024 * 1024;

/// A call that somebody made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// `eventSource`
    pub(super) source: String,
    /// `eventName`
    pub(super) name: String,
    /// `eventTime`
    pub(super) time: String,
    /// `awsRegion`
    pub(super) region: String,
    /// `recipientAccountId`, or the account of who asked.
    pub(super) account: String,
    /// `requestParameters`
    pub(super) parameters: Value,
    /// The ARNs of `resources`.
    pub(super) arns: Vec<String>,
    /// `errorCode`
    pub(super) error: Option<String>,
    /// The ARN of who asked, and that of the role or user behind a session.
    pub(super) who: Vec<String>,
    /// Whether it is a call of an API that somebody made, and no service.
    pub(super) kind: Kind,
    /// Whether it is an event about data, which a trail has only where it is asked to.
    pub(super) is_data: bool,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A call of an API.
    Call,
    /// A call that AWS made for itself.
    OfService,
    /// Something else, such as a sign-in.
    Other,
}

impl Record {
    fn of(value: &Value) -> Option<Self> {
        let text = |path: &str| value.pointer(path).and_then(Value::as_str);
        let owned = |path: &str| text(path).unwrap_or_default().to_owned();
        let (source, name) = (text("/eventSource")?, text("/eventName")?);
        let resources = value.get("resources").and_then(Value::as_array);
        let arns = resources.into_iter().flatten().filter_map(|resource| {
            let arn = resource.get("ARN").or_else(|| resource.get("arn"));
            arn.and_then(Value::as_str).map(str::to_owned)
        });
        let who = ["/userIdentity/arn", "/userIdentity/sessionContext/sessionIssuer/arn"];
        let is_call = matches!(text("/eventType"), None | Some("AwsApiCall" | "AwsConsoleAction"));
        let account = text("/recipientAccountId").or_else(|| text("/userIdentity/accountId"));
        Some(Self {
            source: source.to_owned(),
            name: name.to_owned(),
            time: owned("/eventTime"),
            region: owned("/awsRegion"),
            account: account.unwrap_or_default().to_owned(),
            parameters: value.get("requestParameters").cloned().unwrap_or(Value::Null),
            arns: arns.collect(),
            error: text("/errorCode").map(str::to_owned),
            who: who.into_iter().filter_map(text).map(str::to_owned).collect(),
            kind: match text("/userIdentity/type") {
                _ if !is_call => Kind::Other,
                Some("AWSService") => Kind::OfService,
                _ => Kind::Call,
            },
            is_data: text("/eventCategory") == Some("Data")
                || value.get("managementEvent").and_then(Value::as_bool) == Some(false),
        })
    }

    /// Whether AWS refused it for want of a permission.
    pub(super) fn is_denied(&self) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        ["AccessDenied", "Unauthorized", "NotAuthorized", "AuthorizationError"]
            .iter()
            .any(|part| error.contains(part))
    }

    /// Whether a principal made it: a user, a session, or a role with any of its sessions.
    pub(super) fn is_by(&self, principal: &str) -> bool {
        self.who
            .iter()
            .any(|arn| arn == principal || role_of(arn).is_some_and(|role| Some(role) == named_role(principal)))
    }
}

/// Account and name of the role behind a session's ARN.
fn role_of(session: &str) -> Option<(&str, &str)> {
    let (account, resource) = split(session)?;
    Some((account, resource.strip_prefix("assumed-role/")?.split('/').next()?))
}

/// Account and name of a role, whatever its path.
fn named_role(role: &str) -> Option<(&str, &str)> {
    let (account, resource) = split(role)?;
    Some((account, resource.strip_prefix("role/")?.rsplit('/').next()?))
}

fn split(arn: &str) -> Option<(&str, &str)> {
    let mut fields = arn.splitn(6, ':').skip(4);
    Some((fields.next()?, fields.next()?))
}

/// Reads the records of a file, or of every `.json` and `.json.gz` file of a folder: what a trail writes, what `aws
/// cloudtrail lookup-events` answers, a list of records, or a record a line. `-` is standard input.
///
/// # Errors
///
/// Says which file cannot be read, and why.
pub(super) fn read(path: &Path, input: &mut dyn Read) -> Result<Vec<Record>, String> {
    let shown = path.display();
    let mut out = Vec::new();
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        input
            .read_to_end(&mut bytes)
            .map_err(|error| format!("`-` cannot be read: {error}"))?;
        parse(&bytes, &mut out).map_err(|error| format!("`-`: {error}"))?;
        return Ok(out);
    }
    if !path.is_dir() {
        let bytes = fs::read(path).map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
        parse(&bytes, &mut out).map_err(|error| format!("`{shown}`: {error}"))?;
        return Ok(out);
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| format!("`{shown}` cannot be read: {error}"))? {
        let entry = entry.map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
        entries.push(entry.path());
    }
    entries.sort();
    let has_name = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|end| end == "json" || end == "gz");
    for path in entries.into_iter().filter(has_name) {
        // A link could lead back to a folder above.
        if !path.is_symlink() {
            out.extend(read(&path, input)?);
        }
    }
    Ok(out)
}

fn parse(bytes: &[u8], out: &mut Vec<Record>) -> Result<(), String> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return parse(&unpacked(bytes, MOST_UNPACKED)?, out);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| format!("it is no JSON: {error}"))?;
        add(&value, out)?;
    }
    Ok(())
}

/// What a compressed file holds.
fn unpacked(bytes: &[u8], most: u64) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(most.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|error| format!("it is compressed, and cannot be unpacked: {error}; download it again"))?;
    if !u64::try_from(out.len()).is_ok_and(|length| length <= most) {
        return Err(format!(
            "it unpacks to more than {} MiB; unpack it and split it",
            most / (1024 * 1024)
        ));
    }
    if out.starts_with(&[0x1f, 0x8b]) {
        return Err("it is compressed twice; `gunzip` it once".to_owned());
    }
    Ok(out)
}

fn add(value: &Value, out: &mut Vec<Record>) -> Result<(), String> {
    let list = value.get("Records").or_else(|| value.get("Events")).unwrap_or(value);
    if let Some(items) = list.as_array() {
        return items.iter().try_for_each(|item| add(item, out));
    }
    if let Some(text) = value.get("CloudTrailEvent").and_then(Value::as_str) {
        let event = serde_json::from_str(text).map_err(|error| format!("`CloudTrailEvent` is no JSON: {error}"))?;
        return add_record(&event, out);
    }
    add_record(value, out)
}

fn add_record(value: &Value, out: &mut Vec<Record>) -> Result<(), String> {
    let record = Record::of(value);
    out.push(record.ok_or("it holds what is no record of CloudTrail: `eventSource` or `eventName` is missing")?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let mut packed = Vec::new();
        let mut writer = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::best());
        std::io::Write::write_all(&mut writer, &vec![b' '; 3 * 1024 * 1024]).unwrap();
        writer.finish().unwrap();
        assert_eq!(unpacked(&packed, 3 * 1024 * 1024).unwrap().len(), 3 * 1024 * 1024);
        let refused = unpacked(&packed, 2 * 1024 * 1024).unwrap_err();
        assert_eq!(refused, "it unpacks to more than 2 MiB; unpack it and split it");
    }

    #[test]
    fn sessions_count_to_their_role() {
        let mut record = Record::of(
            &serde_json::json!({"eventSource": "s3.amazonaws.com", "eventName": "GetObject",
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/i-1"}}),
        )
        .unwrap();
        for (principal, is) in [
            ("arn:aws:iam::111122223333:role/app", true),
            ("arn:aws:iam::111122223333:role/team/app", true),
            ("arn:aws:sts::111122223333:assumed-role/app/i-1", true),
            ("arn:aws:sts::111122223333:assumed-role/app/i-2", false),
            ("arn:aws:iam::444455556666:role/app", false),
            ("arn:aws:iam::111122223333:user/app", false),
        ] {
            assert_eq!(record.is_by(principal), is, "{principal}");
        }
        for (error, is) in [
            ("AccessDenied", true),
            ("Client.UnauthorizedOperation", true),
            ("NoSuchKey", false),
        ] {
            record.error = Some(error.to_owned());
            assert_eq!(record.is_denied(), is, "{error}");
        }
    }
}
