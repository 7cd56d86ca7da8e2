//! Writing `config/root` without losing its secret and without bringing a dead pair back.

use std::collections::BTreeSet;

use leastpriv_terraform::diagnostics::Diagnostic;
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::{Tree, Value};
use serde_json::{Value as Json, json};

use super::model::{Backend, RootPart, Secrets};
use crate::client::{Object, RootConfig, Secret, fields};
use crate::resources::settle;

/// What an update does to `config/root`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RootWrite {
    /// It is not written.
    Nothing,
    /// The whole record, the key pair included.
    Everything,
    /// The whole record but the key pair, which stays as the server has it.
    AllButThePair,
    /// Nothing is written, because the server already has the access key that is now configured.
    TakeOver,
}

/// Why an update must not write `config/root`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The pair changes and there is no secret.
    NewPairWithoutSecret,
    /// The server replaces the record, so it would lose the secret.
    SecretWouldBeLost,
    /// The server replaces the record and has a pair that nobody but itself knows.
    RotatedPairWouldBeLost,
}

/// What is known about the server when `config/root` is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    /// Fields that are not sent are kept.
    pub(crate) merges: bool,
    /// The access key that the server has; empty for none.
    pub(crate) live_key: &'a str,
    /// The access key that this resource wrote last, as far as it is known.
    pub(crate) last_written: Option<&'a str>,
}

impl Situation<'_> {
    /// Whether the server has exchanged the pair that was written last for one of its own.
    pub(crate) fn is_rotated(&self) -> bool {
        self.last_written
            .is_some_and(|written| !written.is_empty() && !self.live_key.is_empty() && written != self.live_key)
    }
}

/// Decides what an update writes.
pub(crate) fn decide(
    prior: &Backend,
    planned: &Backend,
    secrets: &Secrets,
    situation: Situation<'_>,
) -> Result<RootWrite, Refusal> {
    let others_change = RootPart {
        access_key: Value::Null,
        ..prior.root.clone()
    } != RootPart {
        access_key: Value::Null,
        ..planned.root.clone()
    };
    // Giving up the version leaves the secret as it is.
    let new_version =
        !planned.secret_key_wo_version.is_null() && prior.secret_key_wo_version != planned.secret_key_wo_version;
    let new_id = prior.root.access_key != planned.root.access_key;
    if !others_change && !new_version && !new_id {
        return Ok(RootWrite::Nothing);
    }
    let has_secret = !secrets.any().is_null();
    let id = planned.root.access_key.as_deref().unwrap_or_default();
    let is_live = planned.root.access_key.is_known() && id == situation.live_key;
    let has_lost_its_pair = situation.live_key.is_empty() && !id.is_empty();
    let removes_pair = !planned.root.access_key.is_unknown() && id.is_empty();

    if new_id && is_live && !new_version && !id.is_empty() {
        // The configuration follows a rotation; the secret in it, if there is one, is the old one.
        return match (others_change, situation.merges, has_secret) {
            (false, ..) => Ok(RootWrite::TakeOver),
            (true, true, _) => Ok(RootWrite::AllButThePair),
            (true, false, true) => Ok(RootWrite::Everything),
            (true, false, false) => Err(Refusal::SecretWouldBeLost),
        };
    }
    if new_id || new_version || has_lost_its_pair {
        let complete = has_secret || removes_pair;
        return if complete {
            Ok(RootWrite::Everything)
        } else {
            Err(Refusal::NewPairWithoutSecret)
        };
    }
    if situation.live_key.is_empty() {
        return Ok(RootWrite::AllButThePair);
    }
    if situation.is_rotated() {
        return if situation.merges {
            Ok(RootWrite::AllButThePair)
        } else {
            Err(Refusal::RotatedPairWouldBeLost)
        };
    }
    if situation.merges {
        // Without a version, another write is the only occasion for a new secret.
        let write = if secrets.secret_key.is_null() {
            RootWrite::AllButThePair
        } else {
            RootWrite::Everything
        };
        return Ok(write);
    }
    if has_secret {
        Ok(RootWrite::Everything)
    } else {
        Err(Refusal::SecretWouldBeLost)
    }
}

impl Refusal {
    /// The refusal as Terraform shows it.
    pub(crate) fn diagnostic(self, path: &str) -> Diagnostic {
        let (attribute, what, help) = match self {
            Self::NewPairWithoutSecret => (
                "access_key",
                "the key pair changes and the configuration has no secret key",
                "give `secret_key_wo` (and a new `secret_key_wo_version`) or `secret_key`; after a rotation by the server, the access key id that it has now can be configured without a secret",
            ),
            Self::SecretWouldBeLost => (
                "secret_key_wo",
                "a change of `config/root` would erase the secret key",
                "this server replaces the whole record on every write, and only the configuration knows the secret: give `secret_key_wo` or `secret_key` for as long as the server is of this kind",
            ),
            Self::RotatedPairWouldBeLost => (
                "access_key",
                "a change of `config/root` would erase the key pair that the server has rotated",
                "this server replaces the whole record on every write, and nobody but the server knows the new secret. Either make a new key pair in AWS and give it with `access_key`, `secret_key_wo` and a new `secret_key_wo_version`, or update the engine to one that keeps what is not sent (Vault 1.19 and later), or leave `config/root` as it is",
            ),
        };
        Diagnostic::error(format!("mount `{path}`: {what}"), help).at(AttributePath::attribute(attribute))
    }
}

/// The body of a write. `live` is what the server has, `known` which fields it takes.
///
/// Nothing is ever null, which would erase more than it says.
pub(crate) fn body(
    planned: &Backend,
    secrets: &Secrets,
    write: RootWrite,
    live: &Object,
    known: Option<&BTreeSet<String>>,
) -> RootConfig {
    let takes = |name: &str| known.map_or_else(|| live.contains_key(name), |known| known.contains(name));
    let mut body = Object::new();
    for (age, name, value) in record(&planned.root) {
        let is_sent = match age {
            Age::Pair => write == RootWrite::Everything,
            Age::First => true,
            Age::Later => takes(name) || is_given(&value),
            Age::Enterprise => {
                // The first engines with rotation want the window wherever there is a schedule.
                let belongs_to_schedule = name == "rotation_window" && body.contains_key("rotation_schedule");
                is_given(&value) || live.get(name).is_some_and(is_given) || belongs_to_schedule
            }
        };
        if is_sent {
            body.insert(name.to_owned(), value);
        }
    }
    // Without an id there is no pair, and the stored secret must go too.
    let secret = || secrets.any().into_known().unwrap_or_else(|| Secret::new(""));
    let secret_key = (write == RootWrite::Everything).then(secret);
    RootConfig {
        fields: body,
        secret_key,
    }
}

/// When a field of the record is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// Together with the secret.
    Pair,
    /// Always: every engine has it.
    First,
    /// Where the engine has it.
    Later,
    /// Where it is set or must be cleared, because other editions refuse some of these even when empty.
    Enterprise,
}

/// The record as the server calls its fields.
fn record(root: &RootPart) -> [(Age, &'static str, Json); 16] {
    let RootPart {
        access_key,
        region,
        iam_endpoint,
        sts_endpoint,
        sts_region,
        sts_fallback_endpoints,
        sts_fallback_regions,
        max_retries,
        username_template,
        role_arn,
        identity_token_audience,
        identity_token_ttl,
        rotation_schedule,
        rotation_period,
        rotation_window,
        disable_automated_rotation,
    } = root;
    let text = |value: &Value<String>| Json::from(value.as_deref().unwrap_or_default());
    let number = |value: &Value<i64>| Json::from(value.known().copied().unwrap_or_default());
    let list = |value: &Value<Vec<String>>| json!(value.known().cloned().unwrap_or_default());
    let disabled = disable_automated_rotation.known().copied().unwrap_or_default();
    [
        (Age::Pair, "access_key", text(access_key)),
        (Age::First, "region", text(region)),
        (Age::First, "iam_endpoint", text(iam_endpoint)),
        (Age::First, "sts_endpoint", text(sts_endpoint)),
        (
            Age::First,
            "max_retries",
            Json::from(max_retries.known().copied().unwrap_or(-1)),
        ),
        (Age::First, "username_template", text(username_template)),
        (Age::Later, "sts_region", text(sts_region)),
        (Age::Later, "sts_fallback_endpoints", list(sts_fallback_endpoints)),
        (Age::Later, "sts_fallback_regions", list(sts_fallback_regions)),
        (Age::Later, "role_arn", text(role_arn)),
        (
            Age::Enterprise,
            "identity_token_audience",
            text(identity_token_audience),
        ),
        (Age::Enterprise, "identity_token_ttl", number(identity_token_ttl)),
        (Age::Enterprise, "rotation_schedule", text(rotation_schedule)),
        (Age::Enterprise, "rotation_period", number(rotation_period)),
        (Age::Enterprise, "rotation_window", number(rotation_window)),
        (Age::Enterprise, "disable_automated_rotation", Json::from(disabled)),
    ]
}

/// Whether a JSON value says more than "not set".
fn is_given(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(number) => number.as_i64() != Some(0),
        Json::String(text) => !matches!(text.as_str(), "" | "0" | "0s"),
        Json::Array(items) => !items.is_empty(),
        Json::Object(members) => !members.is_empty(),
    }
}

/// The root configuration for the state: what the server says, in the spelling of `prior` where that means the same.
/// The access key of a rotated pair stays the configured one.
pub(crate) fn from_server(prior: RootPart, live: &Object, rotated: bool, default_template: Option<&str>) -> RootPart {
    let RootPart {
        access_key,
        region,
        iam_endpoint,
        sts_endpoint,
        sts_region,
        sts_fallback_endpoints,
        sts_fallback_regions,
        max_retries: _,
        username_template,
        role_arn,
        identity_token_audience,
        identity_token_ttl,
        rotation_schedule,
        rotation_period,
        rotation_window,
        disable_automated_rotation,
    } = prior;
    let text = |prior, field| settle::text(prior, fields::text(live, field));
    let number = |prior, field| settle::number(prior, fields::integer(live, field));
    let list = |prior, field| settle::ordered(prior, fields::strings(live, field));
    let is_default = |template: &String| {
        template.is_empty() || template == DEFAULT_TEMPLATE || Some(template.as_str()) == default_template
    };
    RootPart {
        access_key: if rotated {
            access_key
        } else {
            text(access_key, "access_key")
        },
        region: text(region, "region"),
        iam_endpoint: text(iam_endpoint, "iam_endpoint"),
        sts_endpoint: text(sts_endpoint, "sts_endpoint"),
        sts_region: text(sts_region, "sts_region"),
        sts_fallback_endpoints: list(sts_fallback_endpoints, "sts_fallback_endpoints"),
        sts_fallback_regions: list(sts_fallback_regions, "sts_fallback_regions"),
        max_retries: Value::Known(if live.contains_key("max_retries") {
            fields::integer(live, "max_retries")
        } else {
            -1
        }),
        username_template: settle::value(username_template, fields::text(live, "username_template"), is_default),
        role_arn: text(role_arn, "role_arn"),
        identity_token_audience: text(identity_token_audience, "identity_token_audience"),
        identity_token_ttl: number(identity_token_ttl, "identity_token_ttl"),
        rotation_schedule: text(rotation_schedule, "rotation_schedule"),
        rotation_period: number(rotation_period, "rotation_period"),
        rotation_window: number(rotation_window, "rotation_window"),
        disable_automated_rotation: settle::flag(
            disable_automated_rotation,
            fields::flag(live, "disable_automated_rotation"),
        ),
    }
}

/// What the planned root configuration asks of an engine that lacks it.
pub(crate) fn unsupported(planned: &Tree, known: &BTreeSet<String>) -> Vec<&'static str> {
    let missing = |field: &&str| settle::is_set(planned.attribute(field)) && !known.contains(*field);
    LATER_FIELDS.iter().copied().filter(missing).collect()
}

/// What the community edition of Vault lists in its help and refuses.
pub(crate) fn needs_enterprise(planned: &Tree) -> Vec<&'static str> {
    ENTERPRISE_FIELDS
        .iter()
        .copied()
        .filter(|field| settle::is_set(planned.attribute(field)))
        .collect()
}

/// The template that engines fill in when they get none.
pub(crate) const DEFAULT_TEMPLATE: &str = r#"{{ if (eq .Type "STS") }}{{ printf "vault-%s-%s"  (unix_time) (random 20) | truncate 32 }}{{ else }}{{ printf "vault-%s-%s-%s" (printf "%s-%s" (.DisplayName) (.PolicyName) | truncate 42) (unix_time) (random 20) | truncate 64 }}{{ end }}"#;

const LATER_FIELDS: &[&str] = &[
    "username_template",
    "sts_region",
    "sts_fallback_endpoints",
    "sts_fallback_regions",
    "role_arn",
    "identity_token_audience",
    "identity_token_ttl",
    "rotation_schedule",
    "rotation_period",
    "rotation_window",
    "disable_automated_rotation",
];

const ENTERPRISE_FIELDS: &[&str] = &[
    "identity_token_audience",
    "rotation_schedule",
    "rotation_period",
    "rotation_window",
];

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AKIAIOSFODNN7EXAMPLE";
    const LIVE: &str = "AKIALIVELIVELIVELIVE";

    fn backend(attributes: &[(&'static str, &str)]) -> Backend {
        let mut tree = Tree::object();
        tree.set("access_key", OLD);
        tree.set("secret_key_wo_version", 1_i64);
        for (name, value) in attributes {
            tree.set(*name, *value);
        }
        Backend::from_tree(&tree)
    }

    fn secrets(name: &'static str) -> Secrets {
        let mut config = Tree::object();
        config.set(name, "planted");
        Secrets::from_config(&config)
    }

    fn none() -> Secrets {
        Secrets::from_config(&Tree::object())
    }

    fn at(merges: bool, live_key: &str) -> Situation<'_> {
        Situation {
            merges,
            live_key,
            last_written: Some(OLD),
        }
    }

    #[test]
    fn nothing_changed_writes_nothing() {
        for merges in [true, false] {
            assert_eq!(
                decide(&backend(&[]), &backend(&[]), &none(), at(merges, LIVE)),
                Ok(RootWrite::Nothing)
            );
        }
    }

    #[test]
    fn a_replacing_server_gets_the_secret_with_every_change() {
        let (prior, planned) = (backend(&[]), backend(&[("region", "eu-west-1")]));
        for name in ["secret_key", "secret_key_wo"] {
            assert_eq!(
                decide(&prior, &planned, &secrets(name), at(false, OLD)),
                Ok(RootWrite::Everything)
            );
        }
        assert_eq!(
            decide(&prior, &planned, &none(), at(false, OLD)),
            Err(Refusal::SecretWouldBeLost)
        );
    }

    #[test]
    fn a_merging_server_keeps_the_secret() {
        let (prior, planned) = (backend(&[]), backend(&[("region", "eu-west-1")]));
        assert_eq!(
            decide(&prior, &planned, &none(), at(true, OLD)),
            Ok(RootWrite::AllButThePair)
        );
        assert_eq!(
            decide(&prior, &planned, &secrets("secret_key_wo"), at(true, OLD)),
            Ok(RootWrite::AllButThePair)
        );
        assert_eq!(
            decide(&prior, &planned, &secrets("secret_key"), at(true, OLD)),
            Ok(RootWrite::Everything)
        );
    }

    #[test]
    fn a_dead_pair_never_comes_back() {
        let (prior, planned) = (backend(&[]), backend(&[("region", "eu-west-1")]));
        for secrets in [none(), secrets("secret_key"), secrets("secret_key_wo")] {
            assert_eq!(
                decide(&prior, &planned, &secrets, at(true, LIVE)),
                Ok(RootWrite::AllButThePair)
            );
            assert_eq!(
                decide(&prior, &planned, &secrets, at(false, LIVE)),
                Err(Refusal::RotatedPairWouldBeLost)
            );
        }
    }

    #[test]
    fn a_new_version_or_id_writes_the_pair_or_says_what_is_missing() {
        let prior = backend(&[]);
        let mut version = backend(&[]);
        version.secret_key_wo_version = Value::Known(2);
        for planned in [version, backend(&[("access_key", "AKIANEWNEWNEWNEWNEWN")])] {
            for merges in [true, false] {
                for live in [OLD, LIVE, ""] {
                    let with_secret = decide(&prior, &planned, &secrets("secret_key_wo"), at(merges, live));
                    assert_eq!(with_secret, Ok(RootWrite::Everything));
                    assert_eq!(
                        decide(&prior, &planned, &none(), at(merges, live)),
                        Err(Refusal::NewPairWithoutSecret)
                    );
                }
            }
        }
    }

    #[test]
    fn the_id_of_a_rotated_pair_can_be_taken_over() {
        let (prior, planned) = (backend(&[]), backend(&[("access_key", LIVE)]));
        for merges in [true, false] {
            assert_eq!(
                decide(&prior, &planned, &secrets("secret_key"), at(merges, LIVE)),
                Ok(RootWrite::TakeOver)
            );
        }
        let more = backend(&[("access_key", LIVE), ("region", "eu-west-1")]);
        assert_eq!(
            decide(&prior, &more, &secrets("secret_key"), at(true, LIVE)),
            Ok(RootWrite::AllButThePair)
        );
        assert_eq!(
            decide(&prior, &more, &none(), at(false, LIVE)),
            Err(Refusal::SecretWouldBeLost)
        );
    }

    #[test]
    fn a_lost_configuration_is_written_again() {
        let (prior, planned) = (backend(&[("access_key", "")]), backend(&[]));
        assert_eq!(
            decide(&prior, &planned, &secrets("secret_key_wo"), at(true, "")),
            Ok(RootWrite::Everything)
        );
        assert_eq!(
            decide(&prior, &planned, &none(), at(true, "")),
            Err(Refusal::NewPairWithoutSecret)
        );
    }

    #[test]
    fn removing_the_pair_needs_no_secret_and_erases_both_halves() {
        let (prior, mut planned) = (backend(&[]), backend(&[]));
        planned.root.access_key = Value::Null;
        assert_eq!(
            decide(&prior, &planned, &none(), at(false, OLD)),
            Ok(RootWrite::Everything)
        );
        let RootConfig { fields, secret_key } = body(&planned, &none(), RootWrite::Everything, &Object::new(), None);
        assert_eq!(fields.get("access_key"), Some(&json!("")));
        assert!(secret_key.is_some_and(|secret| secret.is_empty()));
    }

    #[test]
    fn an_unknown_secret_counts_as_there() {
        let planned = backend(&[("region", "eu-west-1")]);
        let mut config = Tree::object();
        config.set("secret_key_wo", Tree::Unknown);
        let secrets = Secrets::from_config(&config);
        assert_eq!(
            decide(&backend(&[]), &planned, &secrets, at(false, OLD)),
            Ok(RootWrite::Everything)
        );
    }

    #[test]
    fn the_whole_record_is_sent_without_null_and_without_enterprise_fields() {
        let RootConfig { fields, secret_key } = body(
            &backend(&[("region", "eu-west-1")]),
            &none(),
            RootWrite::AllButThePair,
            &Object::new(),
            None,
        );
        assert!(secret_key.is_none());
        assert_eq!(
            Json::Object(fields),
            json!({"region": "eu-west-1", "iam_endpoint": "", "sts_endpoint": "", "max_retries": -1, "username_template": ""})
        );
        let known = [
            "sts_region",
            "sts_fallback_endpoints",
            "sts_fallback_regions",
            "rotation_period",
        ]
        .map(str::to_owned)
        .into();
        let live = json!({"rotation_schedule": "0 3 * * *", "rotation_window": 3600, "identity_token_ttl": 0});
        let live = live.as_object().cloned().unwrap_or_default();
        let RootConfig { fields, secret_key: _ } =
            body(&backend(&[]), &none(), RootWrite::AllButThePair, &live, Some(&known));
        for (name, expected) in [
            ("sts_region", Some(json!(""))),
            ("sts_fallback_regions", Some(json!([]))),
            ("rotation_schedule", Some(json!(""))),
            ("rotation_window", Some(json!(0))),
            ("rotation_period", None),
            ("identity_token_ttl", None),
            ("access_key", None),
        ] {
            assert_eq!(fields.get(name), expected.as_ref(), "{name}");
        }
    }

    #[test]
    fn the_default_template_and_the_absent_record_are_not_set() {
        let live = json!({"username_template": DEFAULT_TEMPLATE, "max_retries": -1, "region": "", "access_key": OLD});
        let live = live.as_object().cloned().unwrap_or_default();
        let empty = Backend::from_tree(&Tree::Null).root;
        let root = from_server(empty.clone(), &live, false, None);
        assert_eq!((root.username_template, root.region), (Value::Null, Value::Null));
        assert_eq!(root.access_key.as_deref(), Some(OLD));
        let prior = backend(&[("region", "eu-west-1")]).root;
        let lost = from_server(prior, &Object::new(), false, None);
        assert_eq!(
            (lost.access_key, lost.region, lost.max_retries),
            (Value::Null, Value::Null, Value::Known(-1))
        );
        let other = json!({"username_template": "x", "access_key": LIVE});
        let other = other.as_object().cloned().unwrap_or_default();
        assert_eq!(
            from_server(empty.clone(), &other, false, Some("x")).username_template,
            Value::Null
        );
        assert_eq!(
            from_server(empty, &other, false, None).username_template.as_deref(),
            Some("x")
        );
        assert_eq!(
            from_server(backend(&[]).root, &other, true, None).access_key.as_deref(),
            Some(OLD)
        );
    }
}
