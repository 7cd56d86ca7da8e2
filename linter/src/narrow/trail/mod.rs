//! Needs out of CloudTrail: what a principal called, as the actions and resources that AWS checked.
//!
//! What lives here: reading records, the names of calls in IAM, and the resources of a call. What must not: what becomes
//! of the needs. A failed call is a need too, unless AWS refused it for want of a permission.

mod actions;
mod record;
mod resources;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use leastpriv_policy::narrow::Wanted;

pub(super) use self::actions::known;
use self::record::{Kind, Record};
use super::Call;

/// What was read out of CloudTrail.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// The needs, each once: actions of which AWS checks those that a call needs, on a resource.
    pub(super) needs: BTreeMap<Call, Seen>,
    /// Calls that are no action of the catalog, with how often they were made.
    pub(super) unmapped: BTreeMap<String, usize>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
}

/// Where a need was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// In how many events.
    pub(super) events: usize,
    /// Under which names.
    pub(super) names: BTreeSet<String>,
}

/// Reads files, folders or standard input. With principals, only what they did.
///
/// # Errors
///
/// Says what cannot be read.
pub(super) fn read(paths: &[PathBuf], principals: &[String], input: &mut dyn Read) -> Result<Trail, String> {
    let mut out = Trail::default();
    let mut counts = Counts::default();
    for path in paths {
        for record in record::read(path, input)? {
            counts.all = counts.all.saturating_add(1);
            if principals.is_empty() || principals.iter().any(|principal| record.is_by(principal)) {
                out.take(&record, &mut counts);
            } else {
                counts.others = counts.others.saturating_add(1);
            }
        }
    }
    out.notes.extend(counts.notes(principals));
    Ok(out)
}

/// What the records were, in numbers.
#[derive(Debug, Default)]
struct Counts {
    all: usize,
    others: usize,
    used: usize,
    data: usize,
    of_services: usize,
    no_calls: usize,
    denied: BTreeMap<String, usize>,
    who: BTreeSet<String>,
    times: BTreeSet<String>,
    passing: BTreeSet<String>,
}

impl Trail {
    fn take(&mut self, record: &Record, counts: &mut Counts) {
        let count = match record.kind {
            Kind::Call => None,
            Kind::OfService => Some(&mut counts.of_services),
            Kind::Other => Some(&mut counts.no_calls),
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
            return;
        }
        let name = format!("{}:{}", record.source, record.name);
        if !record.time.is_empty() {
            counts.times.insert(record.time.clone());
        }
        counts.who.extend(record.who.last().cloned());
        if record.is_denied() {
            let count = counts.denied.entry(name).or_default();
            *count = count.saturating_add(1);
            return;
        }
        counts.used = counts.used.saturating_add(1);
        if record.is_data {
            counts.data = counts.data.saturating_add(1);
        }
        let Some(mapped) = actions::actions(&record.source, &record.name) else {
            let count = self.unmapped.entry(name).or_default();
            *count = count.saturating_add(1);
            return;
        };
        let is_optional = mapped.actions.len() > 1;
        for action in &mapped.actions {
            self.add(
                action.full_name(),
                resources::wanted(*action, record),
                is_optional,
                &name,
            );
        }
        if mapped.passes_role {
            let roles = resources::roles(record);
            if roles.is_empty() {
                counts.passing.insert(record.name.clone());
            }
            for role in roles {
                self.add("iam:PassRole".to_owned(), Wanted::Some(vec![role]), false, &name);
            }
        }
    }

    fn add(&mut self, action: String, wanted: Wanted, is_optional: bool, name: &str) {
        let call = Call {
            action,
            wanted,
            is_optional,
        };
        let seen = self.needs.entry(call).or_default();
        seen.events = seen.events.saturating_add(1);
        seen.names.insert(name.to_owned());
    }
}

impl Counts {
    fn notes(&self, principals: &[String]) -> Vec<String> {
        let mut out = Vec::new();
        match (self.times.first(), self.times.last()) {
            (Some(first), Some(last)) => out.push(format!(
                "{} of {} events are taken, from {first} to {last}; what happens more rarely is not among them",
                self.used, self.all
            )),
            _ => out.push(format!("{} of {} events are taken", self.used, self.all)),
        }
        if self.others > 0 {
            out.push(format!(
                "left out: events of others than {}: {}",
                principals.join(", "),
                self.others
            ));
        }
        if self.who.len() > 1 && principals.is_empty() {
            out.push(format!(
                "the events are of {} principals, whose needs are taken together; `--principal ARN` takes those of one",
                self.who.len()
            ));
        }
        if self.data == 0 {
            out.push(
                "no data event is among them, such as access to objects of S3 or calls of functions: a trail has those \
                 only where it is set to; what was never logged is not kept"
                    .to_owned(),
            );
        } else {
            out.push(format!(
                "data events among them: {}; a trail has those only of the resources it is set to, and what was never \
                 logged is not kept",
                self.data
            ));
        }
        for (name, count) in &self.denied {
            out.push(format!("{name} was denied in {count} of the events, which is no need"));
        }
        if self.of_services > 0 {
            out.push(format!(
                "left out: calls that AWS made for itself: {}",
                self.of_services
            ));
        }
        if self.no_calls > 0 {
            out.push(format!(
                "left out: events that are no calls of an API, such as sign-ins: {}",
                self.no_calls
            ));
        }
        if !self.passing.is_empty() {
            let names: Vec<&str> = self.passing.iter().map(String::as_str).collect();
            out.push(format!(
                "{} can pass a role, for which AWS checks iam:PassRole without an event, and no event names one; where one \
                 is passed, add it to an intent file",
                names.join(", ")
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn trail(records: &Value) -> Trail {
        let text = json!({ "Records": records }).to_string();
        read(&[PathBuf::from("-")], &[], &mut text.as_bytes()).unwrap()
    }

    fn needs(name: &str, source: &str, parameters: &Value, resources: &Value) -> Vec<(String, Wanted)> {
        let record = json!({
            "eventSource": format!("{source}.amazonaws.com"), "eventName": name, "eventTime": "2026-11-01T00:00:00Z",
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "eventType": "AwsApiCall",
            "requestParameters": parameters, "resources": resources,
        });
        let trail = trail(&json!([record]));
        trail.needs.into_keys().map(|call| (call.action, call.wanted)).collect()
    }

    fn some(arns: &[&str]) -> Wanted {
        Wanted::Some(arns.iter().map(|arn| (*arn).to_owned()).collect())
    }

    #[test]
    fn resources_are_named_or_spelled() {
        for (name, source, parameters, action, arns) in [
            (
                "GetItem",
                "dynamodb",
                json!({"tableName": "orders"}),
                "dynamodb:GetItem",
                &["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"][..],
            ),
            (
                "SendMessage",
                "sqs",
                json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"}),
                "sqs:SendMessage",
                &["arn:aws:sqs:eu-west-1:111122223333:jobs"],
            ),
            (
                "GetBucketAcl",
                "s3",
                json!({"bucketName": "reports", "Host": "s3"}),
                "s3:GetBucketAcl",
                &["arn:aws:s3:::reports"],
            ),
            (
                "GetObject",
                "s3",
                json!({"bucketName": "reports", "key": "a*/b"}),
                "s3:GetObject",
                &["arn:aws:s3:::reports/a?/b"],
            ),
            (
                "GetFunction20150331v2",
                "lambda",
                json!({"functionName": "app"}),
                "lambda:GetFunction",
                &["arn:aws:lambda:eu-west-1:111122223333:function:app"],
            ),
            (
                "PutRolePolicy",
                "iam",
                json!({"roleName": "app", "policyName": "x"}),
                "iam:PutRolePolicy",
                &[
                    "arn:aws:iam::111122223333:role/*/app",
                    "arn:aws:iam::111122223333:role/app",
                ],
            ),
            (
                "GetSecretValue",
                "secretsmanager",
                json!({"secretId": "db"}),
                "secretsmanager:GetSecretValue",
                &["arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-??????"],
            ),
            (
                "PutRetentionPolicy",
                "logs",
                json!({"logGroupName": "app", "retentionInDays": 7}),
                "logs:PutRetentionPolicy",
                &[
                    "arn:aws:logs:eu-west-1:111122223333:log-group:app",
                    "arn:aws:logs:eu-west-1:111122223333:log-group:app:*",
                ],
            ),
            (
                "RunInstances",
                "ec2",
                json!({"instancesSet": {"items": [{"imageId": "ami-1"}]}}),
                "ec2:RunInstances",
                &["*"],
            ),
            (
                "Publish",
                "sns",
                json!({"topicArn": "arn:aws:sns:eu-west-1:111122223333:news"}),
                "sns:Publish",
                &["arn:aws:sns:eu-west-1:111122223333:news"],
            ),
        ] {
            let found = needs(name, source, &parameters, &json!(null));
            assert_eq!(found, [(action.to_owned(), some(arns))], "{name}");
        }
        let resources = json!([{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k"},
            {"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"}]);
        let found = needs("GetObject", "s3", &json!({"bucketName": "b", "key": "k"}), &resources);
        assert_eq!(found, [("s3:GetObject".to_owned(), some(&["arn:aws:s3:::b/k"]))]);
        let found = needs("ListObjects", "s3", &json!({"bucketName": "b"}), &resources);
        assert_eq!(found, [("s3:ListBucket".to_owned(), some(&["arn:aws:s3:::b"]))]);
        assert_eq!(
            needs("ListBuckets", "s3", &json!(null), &json!(null))[0].1,
            Wanted::unknown()
        );
    }

    #[test]
    fn a_copy_reads_one_object_and_writes_another() {
        let parameters = json!({"bucketName": "to", "key": "k", "x-amz-copy-source": "from/k"});
        assert_eq!(
            needs("CopyObject", "s3", &parameters, &json!(null)),
            [
                ("s3:GetObject".to_owned(), some(&["arn:aws:s3:::from/k"])),
                ("s3:PutObject".to_owned(), some(&["arn:aws:s3:::to/k"]))
            ]
        );
    }

    #[test]
    fn a_role_that_is_passed_is_a_need() {
        let role = "arn:aws:iam::111122223333:role/exec";
        let found = needs(
            "CreateFunction20150331",
            "lambda",
            &json!({"functionName": "app", "role": role}),
            &json!(null),
        );
        assert_eq!(found[0], ("iam:PassRole".to_owned(), some(&[role])));
        assert_eq!(found[1].0, "lambda:CreateFunction");
    }

    #[test]
    fn what_is_left_out_is_told() {
        let event = |name: &str, more: Value| {
            let mut record =
                json!({"eventSource": "s3.amazonaws.com", "eventName": name, "eventTime": "2026-11-02T00:00:00Z"});
            for (key, value) in more.as_object().unwrap() {
                record[key] = value.clone();
            }
            record
        };
        let trail = trail(&json!([
            event("GetObject", json!({"errorCode": "AccessDenied"})),
            event("GetObject", json!({"userIdentity": {"type": "AWSService"}})),
            event("GetObject", json!({"eventType": "AwsServiceEvent"})),
            event("MakeCoffee", json!({})),
        ]));
        assert!(trail.needs.is_empty());
        assert_eq!(trail.unmapped.get("s3.amazonaws.com:MakeCoffee"), Some(&1));
        for with in [
            "denied in 1 of the events",
            "AWS made for itself",
            "no calls of an API",
            "no data event",
            "1 of 4 events",
        ] {
            assert!(
                trail.notes.iter().any(|note| note.contains(with)),
                "{with}: {:?}",
                trail.notes
            );
        }
    }
}
