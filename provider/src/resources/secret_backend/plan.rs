use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::resource::{Change, Plan};
use leastpriv_terraform::value::{IntoTree, Tree, Value};

use super::model::{Backend, Secrets};
use super::rules::{label, lease_time};
use crate::resources::{is_same_namespace, keep_namespace};

/// Plans a creation or an update, from values alone.
pub(crate) fn plan(change: &Change<'_>) -> Plan {
    let mut plan = Plan {
        state: Tree::Null,
        replace: Vec::new(),
        private: change.private.to_vec(),
        diagnostics: Diagnostics::default(),
    };
    let (Some(proposed), Some(config)) = (change.proposed, change.config) else {
        return plan;
    };
    let mut state = proposed.clone();
    for secret in ["secret_key", "secret_key_wo"] {
        state.set(secret, Tree::Null);
    }
    default(&mut state, config, "path", "aws");
    default(&mut state, config, "disable_remount", false);
    default(&mut state, config, "max_retries", -1_i64);
    for fixed in FIXED {
        let as_it_is = change
            .prior
            .map(|prior| prior.attribute(fixed))
            .filter(|prior| !prior.is_null());
        default(
            &mut state,
            config,
            fixed,
            as_it_is.cloned().unwrap_or(Tree::Bool(false)),
        );
    }
    match change.prior {
        None => {
            state.set("id", Tree::Unknown);
            state.set("accessor", Tree::Unknown);
            state.set("root_rotated", false);
            plan.diagnostics
                .extend(half_a_pair(&Backend::from_tree(&state), &Secrets::from_config(config)));
        }
        Some(prior) => {
            plan_update(&mut state, prior, &mut plan);
        }
    }
    plan.state = state;
    plan
}

/// What is fixed when a mount is made: a server answers a change with "done" and does nothing.
pub(crate) const FIXED: [&str; 4] = ["local", "seal_wrap", "external_entropy_access", "force_no_cache"];

/// Whether the planned changes need another mount.
pub(crate) fn replaces(prior: &Tree, planned: &Tree) -> bool {
    let another_path = prior.attribute("path") != planned.attribute("path");
    !is_same_namespace(prior.attribute("namespace"), planned.attribute("namespace"))
        || (another_path && planned.get::<bool>("disable_remount") == Value::Known(true))
}

/// The errors for fixed attributes that an update would change.
pub(crate) fn fixed_changes(prior: &Tree, planned: &Tree) -> Diagnostics {
    let path = label(&Backend::from_tree(prior));
    FIXED
        .iter()
        .filter(|fixed| planned.attribute(fixed).is_wholly_known() && planned.attribute(fixed) != prior.attribute(fixed))
        .map(|fixed| {
            Diagnostic::error(
                format!("mount `{path}`: `{fixed}` cannot be changed"),
                "the server fixes it when the mount is made. Another value needs another mount, and unmounting this one takes all its roles and leases with it, whoever made them. \
                 If that is wanted, mark the resource with `terraform taint` and apply again; `-replace` alone does not get past this message, because Terraform plans the change in place first",
            )
            .at(AttributePath::attribute(*fixed))
        })
        .collect()
}

fn default(state: &mut Tree, config: &Tree, name: &'static str, value: impl IntoTree) {
    if config.attribute(name).is_null() {
        state.set(name, value);
    }
}

fn plan_update(state: &mut Tree, prior: &Tree, plan: &mut Plan) {
    for computed in ["id", "accessor", "root_rotated"] {
        state.set(computed, prior.attribute(computed).clone());
    }
    keep_namespace(state, prior);
    for lease in ["lease", "lease_max"] {
        let time = |tree: &Tree| tree.get::<String>(lease).as_deref().and_then(lease_time);
        if time(state).is_some() && time(state) == time(prior) {
            state.set(lease, prior.attribute(lease).clone());
        }
    }
    let pair = ["access_key", "secret_key_wo_version"];
    if pair.iter().any(|name| state.attribute(name).is_unknown()) {
        state.set("root_rotated", Tree::Unknown);
    } else if pair.iter().any(|name| state.attribute(name) != prior.attribute(name)) {
        state.set("root_rotated", false);
    }
    let (old, new) = (label(&Backend::from_tree(prior)), label(&Backend::from_tree(state)));
    let another_path = prior.attribute("path") != state.attribute("path");
    if another_path {
        state.set("id", state.attribute("path").clone());
        state.set("accessor", Tree::Unknown);
    }
    if replaces(prior, state) {
        plan.diagnostics.push(Diagnostic::warning(
            format!("mount `{old}` is unmounted and made anew"),
            "all roles of the mount go with it, whoever made them, and all its leases are revoked",
        ));
        let same_namespace = is_same_namespace(prior.attribute("namespace"), state.attribute("namespace"));
        let why = if same_namespace { "path" } else { "namespace" };
        plan.replace.push(AttributePath::attribute(why));
        return;
    }
    if another_path {
        plan.diagnostics.push(
            Diagnostic::warning(
                format!("mount `{old}` moves to `{new}`"),
                "its roles and its configuration move with it; every lease of the mount is revoked, so credentials that are in use end",
            )
            .at(AttributePath::attribute("path")),
        );
    }
    plan.diagnostics.extend(erased_pair(prior, state, &new));
    plan.diagnostics.extend(fixed_changes(prior, state));
}

/// The engine then falls back to whatever AWS credentials its server has.
fn erased_pair(prior: &Tree, planned: &Tree, path: &str) -> Option<Diagnostic> {
    let has_key = |tree: &Tree| {
        tree.get::<String>("access_key")
            .as_deref()
            .is_some_and(|key| !key.is_empty())
    };
    let is_removed = has_key(prior) && !has_key(planned) && !planned.attribute("access_key").is_unknown();
    is_removed.then(|| {
        Diagnostic::warning(
            format!("mount `{path}`: the key pair on the server is erased"),
            "without `access_key` the engine asks AWS with the credentials that the server itself has, if there are any. To keep the pair, keep `access_key` as it is",
        )
        .at(AttributePath::attribute("access_key"))
    })
}

/// A new mount with an access key id and no secret would fail only when credentials are asked for.
pub(super) fn half_a_pair(planned: &Backend, secrets: &Secrets) -> Option<Diagnostic> {
    let id = planned.root.access_key.as_deref().filter(|id| !id.is_empty());
    (id.is_some() && secrets.any().is_null()).then(|| {
        Diagnostic::error(
            format!("mount `{}`: `access_key` is given without a secret key", label(planned)),
            "a new mount needs both halves of the pair: give `secret_key_wo` or `secret_key`",
        )
        .at(AttributePath::attribute("access_key"))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use leastpriv_terraform::diagnostics::DiagnosticSeverity;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::resources::secret_backend::schema::schema;
    use crate::resources::testing::propose;

    fn config() -> Tree {
        let mut tree = schema().null_tree();
        tree.set("path", "team/aws");
        tree.set("access_key", "AKIAIOSFODNN7EXAMPLE");
        tree.set("secret_key_wo", "planted");
        tree.set("secret_key_wo_version", 1_i64);
        tree
    }

    fn planned(prior: Option<&Tree>, config: &Tree) -> Plan {
        let proposed = propose(&schema(), prior, config);
        plan(&Change {
            prior,
            proposed: Some(&proposed),
            config: Some(config),
            private: &[],
        })
    }

    fn applied(config: &Tree) -> Tree {
        let mut state = planned(None, config).state;
        state.set("id", state.attribute("path").clone());
        state.set("accessor", "aws_1234");
        state
    }

    fn with(config: &Tree, name: &'static str, value: impl IntoTree) -> Tree {
        let mut tree = config.clone();
        tree.set(name, value);
        tree
    }

    fn errors(plan: &Plan) -> Vec<String> {
        plan.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error)
            .filter_map(|diagnostic| diagnostic.path.as_ref().map(ToString::to_string))
            .collect()
    }

    #[test]
    fn a_new_mount_has_defaults_and_no_secret() {
        let plan = planned(None, &config());
        assert!(plan.diagnostics.is_empty(), "{:?}", plan.diagnostics);
        assert_eq!(plan.state.attribute("max_retries"), &(-1_i64).into_tree());
        assert_eq!(plan.state.attribute("seal_wrap"), &Tree::Bool(false));
        assert_eq!(plan.state.attribute("accessor"), &Tree::Unknown);
        assert!(!format!("{:?}", plan.state).contains("planted"));
        let bare = planned(None, &schema().null_tree()).state;
        assert_eq!(bare.attribute("path"), &Tree::String("aws".to_owned()));
    }

    #[test]
    fn half_a_pair_is_refused_for_a_new_mount_only() {
        let half = with(
            &with(&config(), "secret_key_wo", Tree::Null),
            "secret_key_wo_version",
            Tree::Null,
        );
        assert_eq!(errors(&planned(None, &half)), ["access_key"]);
        let state = with(&applied(&config()), "secret_key_wo_version", Tree::Null);
        assert!(planned(Some(&state), &half).diagnostics.is_empty());
        assert!(
            planned(None, &with(&config(), "secret_key_wo", Tree::Unknown))
                .diagnostics
                .is_empty()
        );
    }

    #[test]
    fn what_is_fixed_is_refused_and_otherwise_stays_as_it_is() {
        let state = with(&applied(&config()), "seal_wrap", true);
        assert_eq!(planned(Some(&state), &config()).state, state);
        assert_eq!(
            errors(&planned(Some(&state), &with(&config(), "seal_wrap", false))),
            ["seal_wrap"]
        );
        for fixed in FIXED {
            let plan = planned(Some(&applied(&config())), &with(&config(), fixed, true));
            assert_eq!(errors(&plan), [fixed]);
            assert!(plan.replace.is_empty());
        }
    }

    #[test]
    fn a_new_path_moves_the_mount_unless_that_is_disabled() {
        let state = applied(&config());
        let plan = planned(Some(&state), &with(&config(), "path", "other/aws"));
        assert!(plan.replace.is_empty());
        assert_eq!(plan.state.attribute("id"), &Tree::String("other/aws".to_owned()));
        assert!(
            plan.diagnostics
                .iter()
                .any(|said| said.summary.contains("moves to `other/aws`"))
        );
        let disabled = with(&with(&config(), "path", "other/aws"), "disable_remount", true);
        let plan = planned(Some(&state), &disabled);
        assert_eq!(plan.replace, [AttributePath::attribute("path")]);
        assert!(
            plan.diagnostics
                .iter()
                .any(|said| said.summary.contains("is unmounted"))
        );
    }

    #[test]
    fn lease_times_are_compared_as_times() {
        let full = with(&with(&config(), "lease", "30m"), "lease_max", "1h");
        let state = with(&with(&applied(&full), "lease", "30m0s"), "lease_max", "1h0m0s");
        assert_eq!(planned(Some(&state), &full).state, state);
        assert_ne!(planned(Some(&state), &with(&full, "lease", "31m")).state, state);
        assert_eq!(planned(Some(&state), &config()).state.attribute("lease"), &Tree::Null);
    }

    #[test]
    fn a_new_pair_ends_the_rotated_state_and_nothing_else_does() {
        let state = with(&applied(&config()), "root_rotated", true);
        assert_eq!(
            planned(Some(&state), &with(&config(), "region", "eu-west-1"))
                .state
                .attribute("root_rotated"),
            &Tree::Bool(true)
        );
        for (name, value) in [
            ("secret_key_wo_version", 2_i64.into_tree()),
            ("access_key", "AKIAOTHER".into_tree()),
        ] {
            assert_eq!(
                planned(Some(&state), &with(&config(), name, value))
                    .state
                    .attribute("root_rotated"),
                &Tree::Bool(false)
            );
        }
        let open = planned(Some(&state), &with(&config(), "access_key", Tree::Unknown));
        assert_eq!(open.state.attribute("root_rotated"), &Tree::Unknown);
    }

    #[test]
    fn removing_an_argument_plans_its_removal() {
        let names = [
            "region",
            "username_template",
            "description",
            "sts_region",
            "iam_endpoint",
        ];
        let mut full = config();
        for name in names {
            full.set(name, "x");
        }
        full.set("default_lease_ttl_seconds", 900_i64);
        full.set("audit_non_hmac_request_keys", vec!["a".to_owned()]);
        let plan = planned(Some(&applied(&full)), &config());
        for name in names
            .into_iter()
            .chain(["default_lease_ttl_seconds", "audit_non_hmac_request_keys"])
        {
            assert_eq!(plan.state.attribute(name), &Tree::Null, "{name}");
        }
    }

    fn any_config() -> impl Strategy<Value = Tree> {
        (
            select(vec![None, Some("aws"), Some("team/aws")]),
            proptest::option::of(select(vec!["", "eu-west-1"])),
            proptest::option::of(any::<bool>()),
            proptest::option::of(select(vec![-1_i64, 0, 3])),
            proptest::option::of(select(vec![0_i64, 900])),
            proptest::option::of(select(vec![("30m", "1h"), ("1800s", "60m")])),
            proptest::option::of(proptest::collection::btree_map("[ab]", "[xy]", 0..3)),
        )
            .prop_map(|(path, region, seal_wrap, retries, ttl, lease, options)| {
                let options: Option<BTreeMap<String, String>> = options;
                let mut tree = config();
                tree.set("path", path);
                tree.set("region", region);
                tree.set("seal_wrap", seal_wrap);
                tree.set("max_retries", retries);
                tree.set("default_lease_ttl_seconds", ttl);
                tree.set("lease", lease.map(|(lease, _)| lease));
                tree.set("lease_max", lease.map(|(_, max)| max));
                tree.set("options", options);
                tree
            })
    }

    proptest! {
        #[test]
        fn planning_again_changes_nothing(config in any_config()) {
            let state = applied(&config);
            let again = planned(Some(&state), &config);
            prop_assert_eq!(&again.state, &state);
            prop_assert!(again.diagnostics.is_empty() && again.replace.is_empty());
        }

        #[test]
        fn a_configured_value_is_planned_as_configured_or_as_it_was(before in any_config(), after in any_config()) {
            let state = applied(&before);
            let plan = planned(Some(&state), &after);
            for attribute in schema().attributes {
                let (given, got) = (after.attribute(attribute.name), plan.state.attribute(attribute.name));
                let as_before = got == state.attribute(attribute.name) && !got.is_null();
                if attribute.write_only {
                    prop_assert!(got.is_null(), "{}", attribute.name);
                } else if !given.is_null() {
                    prop_assert!(got == given || as_before, "{}", attribute.name);
                } else if !attribute.mode.is_computed() {
                    prop_assert!(got.is_null(), "{}", attribute.name);
                }
            }
        }
    }
}
