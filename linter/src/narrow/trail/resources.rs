//! What a record says of the resources that a call worked on.

use std::collections::BTreeSet;

use leastpriv_catalog::Action;
use leastpriv_policy::narrow::Wanted;
use serde_json::Value;

use super::super::resources::{self, Place, Words, partition_of, plain};
use super::record::Record;

/// The resources of an action in a call.
pub(super) fn wanted(action: Action, record: &Record) -> Wanted {
    if let Some(source) = copied_from(action, record) {
        return source;
    }
    let mut words = words(record);
    words.extend_arns(record.arns.iter().cloned());
    let place = Place {
        partition: partition_of(&record.region).to_owned(),
        region: record.region.clone(),
        account: record.account.clone(),
    };
    resources::wanted(action, &words, &place)
}

/// The roles that the parameters of a call name.
pub(super) fn roles(record: &Record) -> BTreeSet<String> {
    words(record).roles()
}

/// What an object is copied from, which is read.
fn copied_from(action: Action, record: &Record) -> Option<Wanted> {
    if !record.name.to_ascii_lowercase().contains("copy") || action.full_name() != "s3:GetObject" {
        return None;
    }
    let source = record.parameters.get("x-amz-copy-source").and_then(Value::as_str);
    let Some(source) = source.filter(|source| !source.contains('%') && !source.starts_with("arn:")) else {
        return Some(Wanted::unknown());
    };
    let source = source.trim_start_matches('/').split('?').next().unwrap_or_default();
    Some(Wanted::Some(vec![plain(&format!(
        "arn:{}:s3:::{source}",
        partition_of(&record.region)
    ))]))
}

/// The texts in the parameters of a call.
fn words(record: &Record) -> Words {
    let mut out = Words::default();
    add(&mut out, "", &record.parameters, 0);
    out.add_queue();
    out
}

fn add(out: &mut Words, name: &str, value: &Value, depth: usize) {
    match value {
        Value::String(text) => out.add(name, text),
        Value::Array(items) if depth < 5 => items
            .iter()
            .for_each(|item| add(out, name, item, depth.saturating_add(1))),
        Value::Object(members) if depth < 5 => {
            for (name, value) in members {
                add(out, name, value, depth.saturating_add(1));
            }
        }
        _ => {}
    }
}
