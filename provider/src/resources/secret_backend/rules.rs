//! What the server demands of a mount and its configuration, checked before anything is planned.
//!
//! A rule says nothing while a value it needs is unknown.

use std::time::Duration;

use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::Value;

use super::model::{Backend, LeasePart, MountPart, RootPart, Secrets};
use crate::config::parse_duration;

/// Everything that is wrong with a configuration on its own.
pub(crate) fn check(backend: &Backend, secrets: &Secrets) -> Diagnostics {
    let mut found = Found {
        label: label(backend),
        diagnostics: Diagnostics::default(),
    };
    found.path(backend);
    found.secret(backend, secrets);
    found.identity(&backend.root);
    found.rotation(&backend.root);
    found.fallbacks(&backend.root);
    found.lease(&backend.lease);
    found.mount(&backend.mount);
    if backend.root.max_retries.known().is_some_and(|retries| *retries < -1) {
        found.error(
            "max_retries",
            "`max_retries` is less than -1",
            "use -1 for the default of the AWS SDK, or a number from 0",
        );
    }
    found.diagnostics
}

/// What the mount is called in messages.
pub(crate) fn label(backend: &Backend) -> String {
    backend
        .path
        .as_deref()
        .unwrap_or(if backend.path.is_null() {
            "aws"
        } else {
            "(not known yet)"
        })
        .to_owned()
}

/// The time that a text of `config/lease` means; an empty one means none.
///
/// The engine reads Go's notation, which has no days and no bare numbers but zero.
pub(crate) fn lease_time(text: &str) -> Option<Duration> {
    if text.is_empty() || text == "0" {
        return Some(Duration::ZERO);
    }
    if text.contains('d') || text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    parse_duration(text)
}

/// Whether a text is given: `None` while that is unknown.
fn given(value: &Value<String>) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        Value::Unknown => None,
        Value::Known(text) => Some(!text.is_empty()),
    }
}

struct Found {
    label: String,
    diagnostics: Diagnostics,
}

impl Found {
    fn error(&mut self, attribute: &str, what: &str, help: &str) {
        let summary = format!("mount `{}`: {what}", self.label);
        self.diagnostics
            .push(Diagnostic::error(summary, help).at(AttributePath::attribute(attribute)));
    }

    fn path(&mut self, backend: &Backend) {
        if let Some(path) = backend
            .path
            .as_deref()
            .filter(|path| !crate::resources::is_mount_path(path))
        {
            self.error(
                "path",
                &format!("`{path}` is no mount path"),
                "leave out slashes at both ends, empty segments, `.` and `..`",
            );
        }
    }

    fn secret(&mut self, backend: &Backend, secrets: &Secrets) {
        if !secrets.secret_key.is_null() && !secrets.secret_key_wo.is_null() {
            self.error(
                "secret_key_wo",
                "`secret_key` and `secret_key_wo` are both given",
                "keep one; both are write-only",
            );
        }
        if backend.secret_key_wo_version.is_known() && secrets.secret_key_wo.is_null() {
            self.error(
                "secret_key_wo_version",
                "`secret_key_wo_version` is given without `secret_key_wo`",
                "give the secret, or remove the version; the version alone writes nothing",
            );
        }
        if secrets.any().is_known() && given(&backend.root.access_key) == Some(false) {
            let attribute = if secrets.secret_key_wo.is_null() {
                "secret_key"
            } else {
                "secret_key_wo"
            };
            self.error(
                attribute,
                "a secret key is given without `access_key`",
                "give both halves of the pair, or none",
            );
        }
    }

    fn identity(&mut self, root: &RootPart) {
        if given(&root.identity_token_audience) == Some(true) {
            if given(&root.access_key) == Some(true) {
                self.error(
                    "identity_token_audience",
                    "`identity_token_audience` does not go with `access_key`",
                    "the engine uses either an identity token or a key pair; keep one",
                );
            }
            if given(&root.role_arn) == Some(false) {
                self.error(
                    "identity_token_audience",
                    "`identity_token_audience` needs `role_arn`",
                    "name the IAM role that is assumed with the token",
                );
            }
        }
        if root.identity_token_ttl.known().is_some_and(|seconds| *seconds < 0) {
            self.error(
                "identity_token_ttl",
                "`identity_token_ttl` is negative",
                "give seconds, or leave it out",
            );
        }
    }

    fn rotation(&mut self, root: &RootPart) {
        let schedule = given(&root.rotation_schedule);
        let period = root.rotation_period.known().copied().filter(|seconds| *seconds != 0);
        let window = root.rotation_window.known().copied().filter(|seconds| *seconds != 0);
        if schedule == Some(true) && period.is_some() {
            self.error(
                "rotation_period",
                "`rotation_period` does not go with `rotation_schedule`",
                "keep one of them",
            );
        }
        if window.is_some() && (period.is_some() || schedule == Some(false)) {
            self.error(
                "rotation_window",
                "`rotation_window` needs `rotation_schedule`",
                "a window belongs to a schedule; a period has none",
            );
        }
        if period.is_some_and(|seconds| seconds < 10) {
            self.error(
                "rotation_period",
                "`rotation_period` is less than 10 seconds",
                "use 10 or more",
            );
        }
        if window.is_some_and(|seconds| seconds < 3_600) {
            self.error(
                "rotation_window",
                "`rotation_window` is less than 3,600 seconds",
                "use 3,600 or more",
            );
        }
        if let Some(text) = root
            .rotation_schedule
            .as_deref()
            .filter(|text| !text.is_empty() && !is_schedule(text))
        {
            self.error(
                "rotation_schedule",
                &format!("`{text}` is no schedule"),
                "write minute, hour, day of the month, month and day of the week, as cron does: `0 3 * * SAT`",
            );
        }
    }

    fn fallbacks(&mut self, root: &RootPart) {
        let length = |list: &Value<Vec<String>>| match list {
            Value::Null => Some(0),
            Value::Unknown => None,
            Value::Known(list) => Some(list.len()),
        };
        if let (Some(endpoints), Some(regions)) =
            (length(&root.sts_fallback_endpoints), length(&root.sts_fallback_regions))
            && endpoints != regions
        {
            self.error(
                "sts_fallback_endpoints",
                &format!("{endpoints} fallback endpoints do not go with {regions} fallback regions"),
                "give one region for each endpoint, in the same order",
            );
        }
    }

    fn lease(&mut self, lease: &LeasePart) {
        for (attribute, value) in [("lease", &lease.lease), ("lease_max", &lease.lease_max)] {
            if let Some(text) = value.as_deref().filter(|text| lease_time(text).is_none()) {
                self.error(
                    attribute,
                    &format!("`{text}` is no time"),
                    "write a number with `h`, `m` or `s`, such as `30m` or `1h30m`",
                );
            }
        }
        match (given(&lease.lease), given(&lease.lease_max)) {
            (Some(true), Some(false)) => {
                self.error("lease", "`lease` needs `lease_max`", "the server takes both or none");
            }
            (Some(false), Some(true)) => self.error(
                "lease_max",
                "`lease_max` needs `lease`",
                "the server takes both or none",
            ),
            _ => {}
        }
        let time = |value: &Value<String>| value.as_deref().and_then(lease_time);
        if let (Some(first), Some(most)) = (time(&lease.lease), time(&lease.lease_max))
            && !most.is_zero()
            && first > most
        {
            self.error(
                "lease",
                "`lease` is longer than `lease_max`",
                "lower one or raise the other",
            );
        }
    }

    fn mount(&mut self, mount: &MountPart) {
        let (default, max) = (&mount.default_lease_ttl_seconds, &mount.max_lease_ttl_seconds);
        for (attribute, value) in [("default_lease_ttl_seconds", default), ("max_lease_ttl_seconds", max)] {
            if value.known().is_some_and(|seconds| *seconds < 0) {
                self.error(
                    attribute,
                    &format!("`{attribute}` is negative"),
                    "give seconds, or 0 for the server's own",
                );
            }
        }
        if let (Some(default), Some(max)) = (default.known(), max.known())
            && *max > 0
            && default > max
        {
            self.error(
                "default_lease_ttl_seconds",
                &format!("`default_lease_ttl_seconds` ({default}) is greater than `max_lease_ttl_seconds` ({max})"),
                "the server refuses it; lower one or raise the other",
            );
        }
        if let Some(text) = mount
            .listing_visibility
            .as_deref()
            .filter(|text| !matches!(*text, "" | "unauth" | "hidden"))
        {
            self.error(
                "listing_visibility",
                &format!("`{text}` is no visibility"),
                "use `unauth` or `hidden`",
            );
        }
        for (key, _) in mount
            .options
            .known()
            .into_iter()
            .flatten()
            .filter(|(_, value)| value.is_empty())
        {
            self.error(
                "options",
                &format!("the option `{key}` is empty"),
                "remove it: an empty value makes the server forget the option",
            );
        }
    }
}

/// Five fields, after a time zone if there is one.
fn is_schedule(text: &str) -> bool {
    let fields = text
        .split_whitespace()
        .skip_while(|field| field.starts_with("TZ=") || field.starts_with("CRON_TZ="));
    fields.count() == 5
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use leastpriv_terraform::value::{IntoTree, Tree};

    use super::*;

    fn places(config: &Tree) -> Vec<String> {
        check(&Backend::from_tree(config), &Secrets::from_config(config))
            .iter()
            .filter_map(|found| found.path.as_ref().map(ToString::to_string))
            .collect()
    }

    fn config(attributes: &[(&'static str, Tree)]) -> Tree {
        let mut tree = Tree::object();
        for (name, value) in attributes {
            tree.set(*name, value.clone());
        }
        tree
    }

    #[track_caller]
    fn assert_refused(attributes: &[(&'static str, Tree)], at: &str) {
        assert_eq!(places(&config(attributes)), [at]);
    }

    #[track_caller]
    fn assert_accepted(attributes: &[(&'static str, Tree)]) {
        assert_eq!(places(&config(attributes)), Vec::<String>::new());
    }

    fn text(text: &str) -> Tree {
        text.into_tree()
    }

    fn number(number: i64) -> Tree {
        number.into_tree()
    }

    fn list(length: usize) -> Tree {
        vec!["x".to_owned(); length].into_tree()
    }

    #[test]
    fn an_empty_configuration_and_a_full_one_are_accepted() {
        assert_accepted(&[]);
        assert_accepted(&[
            ("path", text("team/aws")),
            ("access_key", text("AKIAIOSFODNN7EXAMPLE")),
            ("secret_key_wo", text("planted")),
            ("secret_key_wo_version", number(1)),
            ("lease", text("30m")),
            ("lease_max", text("24h")),
            ("default_lease_ttl_seconds", number(900)),
            ("max_lease_ttl_seconds", number(3_600)),
            ("listing_visibility", text("unauth")),
            ("max_retries", number(-1)),
        ]);
    }

    #[test]
    fn the_secret_comes_once_and_with_its_id() {
        let id = ("access_key", text("AKIAIOSFODNN7EXAMPLE"));
        assert_refused(
            &[id.clone(), ("secret_key", text("a")), ("secret_key_wo", text("b"))],
            "secret_key_wo",
        );
        assert_refused(&[id, ("secret_key_wo_version", number(1))], "secret_key_wo_version");
        assert_refused(&[("secret_key", text("a"))], "secret_key");
        assert_accepted(&[("secret_key_wo", text("a")), ("access_key", Tree::Unknown)]);
        assert_accepted(&[("secret_key_wo", Tree::Unknown), ("secret_key_wo_version", number(1))]);
    }

    #[test]
    fn identity_tokens_and_key_pairs_exclude_each_other() {
        let audience = ("identity_token_audience", text("vault"));
        assert_refused(std::slice::from_ref(&audience), "identity_token_audience");
        assert_accepted(&[audience.clone(), ("role_arn", text("arn:aws:iam::123456789012:role/x"))]);
        assert_accepted(&[audience.clone(), ("role_arn", Tree::Unknown)]);
        assert_refused(
            &[
                audience,
                ("role_arn", Tree::Unknown),
                ("access_key", text("AKIAIOSFODNN7EXAMPLE")),
            ],
            "identity_token_audience",
        );
    }

    #[test]
    fn a_rotation_has_a_period_or_a_schedule() {
        assert_accepted(&[("rotation_period", number(3_600))]);
        assert_accepted(&[
            ("rotation_schedule", text("0 3 * * SAT")),
            ("rotation_window", number(3_600)),
        ]);
        assert_refused(
            &[
                ("rotation_schedule", text("0 3 * * SAT")),
                ("rotation_period", number(10)),
            ],
            "rotation_period",
        );
        assert_refused(&[("rotation_window", number(3_600))], "rotation_window");
        assert_refused(&[("rotation_period", number(9))], "rotation_period");
        assert_refused(&[("rotation_schedule", text("daily"))], "rotation_schedule");
    }

    #[test]
    fn fallbacks_come_in_pairs() {
        assert_accepted(&[("sts_fallback_endpoints", list(2)), ("sts_fallback_regions", list(2))]);
        assert_refused(
            &[("sts_fallback_endpoints", list(2)), ("sts_fallback_regions", list(1))],
            "sts_fallback_endpoints",
        );
        assert_refused(&[("sts_fallback_endpoints", list(1))], "sts_fallback_endpoints");
        assert_accepted(&[
            ("sts_fallback_endpoints", list(2)),
            ("sts_fallback_regions", Tree::Unknown),
        ]);
    }

    #[test]
    fn leases_are_times_of_the_engine() {
        assert_eq!(lease_time("1h30m"), Some(Duration::from_secs(5_400)));
        for bad in ["90", "2d", "-1s", "x"] {
            assert_eq!(lease_time(bad), None, "{bad}");
        }
        assert_refused(&[("lease", text("30m"))], "lease");
        assert_refused(&[("lease", text("2h")), ("lease_max", text("1h"))], "lease");
        assert_refused(&[("lease", text("30")), ("lease_max", text("1h"))], "lease");
        assert_accepted(&[("lease", text("30m")), ("lease_max", Tree::Unknown)]);
    }

    #[test]
    fn the_mount_s_own_values_are_checked() {
        assert_refused(&[("path", text("aws/"))], "path");
        assert_refused(
            &[
                ("default_lease_ttl_seconds", number(2)),
                ("max_lease_ttl_seconds", number(1)),
            ],
            "default_lease_ttl_seconds",
        );
        assert_accepted(&[
            ("default_lease_ttl_seconds", number(2)),
            ("max_lease_ttl_seconds", number(0)),
        ]);
        assert_refused(&[("listing_visibility", text("public"))], "listing_visibility");
        assert_refused(
            &[("options", BTreeMap::from([("a".to_owned(), String::new())]).into_tree())],
            "options",
        );
        assert_refused(&[("max_retries", number(-2))], "max_retries");
    }
}
