//! From the name of a call in CloudTrail to the actions of IAM that AWS checks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use leastpriv_catalog::{Action, catalog};

const CALLS: &str = include_str!("data/calls.txt");
const BY_HAND: &str = include_str!("data/by-hand.txt");

/// What a call needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    /// The actions; where there are several, AWS checks those of them that the call needs.
    pub(super) actions: Vec<Action>,
    /// Whether it can hand a role to a service, for which AWS checks `iam:PassRole` without an event of its own.
    pub(super) passes_role: bool,
}

/// The actions of a call; nothing where it is none that the catalog knows.
pub(super) fn actions(event_source: &str, event_name: &str) -> Option<Mapped> {
    let host = event_source
        .trim_end_matches(".amazonaws.com.cn")
        .trim_end_matches(".amazonaws.com")
        .to_ascii_lowercase();
    let tables = Tables::get();
    let prefixes: Option<Vec<&str>> = tables.sources.get(host.as_str()).cloned();
    let ends = [host.as_str(), host.split('.').next().unwrap_or_default()];
    let prefixes = prefixes.unwrap_or_else(|| ends.into_iter().collect());
    for name in [event_name, without_version(event_name)] {
        for prefix in &prefixes {
            let key = (prefix.to_ascii_lowercase(), name.to_ascii_lowercase());
            let actions: Vec<Action> = match tables.calls.get(&key) {
                Some(actions) => actions.iter().filter_map(|action| known(action)).collect(),
                None => catalog().action(prefix, name).into_iter().collect(),
            };
            if !actions.is_empty() {
                return Some(Mapped {
                    actions,
                    passes_role: tables.passes.contains(&key),
                });
            }
        }
    }
    None
}

/// The action of a full name.
pub(in super::super) fn known(action: &str) -> Option<Action> {
    let (prefix, name) = action.split_once(':')?;
    catalog().action(prefix, name)
}

/// A name without the version of the API behind it, as Lambda (`ListFunctions20150331`, `UpdateFunctionCode20150331v2`)
/// and CloudFront (`GetDistribution2020_05_31`) have it.
fn without_version(name: &str) -> &str {
    let plain = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_' || letter == 'v');
    let version = name.get(plain.len()..).unwrap_or_default();
    let digits = version.bytes().filter(u8::is_ascii_digit).count();
    if digits < 8 { name } else { plain }
}

struct Tables {
    sources: BTreeMap<&'static str, Vec<&'static str>>,
    calls: BTreeMap<(String, String), Vec<&'static str>>,
    passes: BTreeSet<(String, String)>,
}

impl Tables {
    fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Self::read)
    }

    fn read() -> Self {
        let mut tables = Self {
            sources: BTreeMap::new(),
            calls: BTreeMap::new(),
            passes: BTreeSet::new(),
        };
        for line in CALLS.lines().chain(BY_HAND.lines()) {
            let fields: Vec<&str> = line.split('\t').collect();
            match *fields.as_slice() {
                ["source", host, prefixes] => {
                    tables.sources.insert(host, prefixes.split(' ').collect());
                }
                ["call", prefix, name, actions] => {
                    tables.calls.insert(key(prefix, name), actions.split(' ').collect());
                }
                ["pass", prefix, names] => tables.passes.extend(names.split(' ').map(|name| key(prefix, name))),
                _ => {}
            }
        }
        tables
    }
}

fn key(prefix: &str, name: &str) -> (String, String) {
    (prefix.to_ascii_lowercase(), name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str, name: &str) -> Vec<String> {
        let mapped = actions(&format!("{source}.amazonaws.com"), name);
        let actions = mapped.into_iter().flat_map(|mapped| mapped.actions);
        actions.map(Action::full_name).collect()
    }

    #[test]
    fn calls_find_their_actions() {
        for (source, name, action) in [
            ("s3", "ListObjectsV2", "s3:ListBucket"),
            ("s3", "HeadObject", "s3:GetObject"),
            ("s3", "HeadBucket", "s3:ListBucket"),
            ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
            ("s3", "UploadPart", "s3:PutObject"),
            ("s3", "GetBucketLifecycle", "s3:GetLifecycleConfiguration"),
            ("s3", "GetBucketAcl", "s3:GetBucketAcl"),
            ("lambda", "ListFunctions20150331", "lambda:ListFunctions"),
            ("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
            ("lambda", "Invoke", "lambda:InvokeFunction"),
            ("cloudfront", "GetDistribution2020_05_31", "cloudfront:GetDistribution"),
            ("monitoring", "PutMetricData", "cloudwatch:PutMetricData"),
            ("email", "SendEmail", "ses:SendEmail"),
            ("ses", "SendEmail", "ses:SendEmail"),
            ("states", "StartExecution", "states:StartExecution"),
            ("tagging", "GetResources", "tag:GetResources"),
            (
                "autoscaling",
                "RegisterScalableTarget",
                "application-autoscaling:RegisterScalableTarget",
            ),
            ("access-analyzer", "GetFindingV2", "access-analyzer:GetFinding"),
            ("runtime.lex", "PostText", "lex:PostText"),
        ] {
            assert_eq!(of(source, name), [action], "{source} {name}");
        }
        assert!(of("signin", "ConsoleLogin").is_empty());
        assert!(
            actions("lambda.amazonaws.com", "CreateFunction20150331")
                .unwrap()
                .passes_role
        );
        assert_eq!(of("kms", "ReEncrypt").len(), 2);
    }

    #[test]
    fn every_line_leads_to_the_catalog() {
        let mut lines = 0;
        for line in BY_HAND.lines().filter(|line| !line.starts_with('#')) {
            lines += 1;
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["source", _, prefixes] => {
                    assert!(
                        prefixes.split(' ').all(|prefix| catalog().service(prefix).is_some()
                            || CALLS.contains(&format!("call\t{prefix}\t"))),
                        "{line}"
                    );
                }
                ["call", prefix, _, actions] => {
                    assert!(catalog().service(prefix).is_some(), "{line}");
                    assert!(actions.split(' ').all(|action| known(action).is_some()), "{line}");
                }
                _ => panic!("{line}"),
            }
        }
        assert!(lines > 50 && Tables::get().calls.len() > 400 && Tables::get().passes.len() > 800);
    }
}
