//! The data sources that were read when a plan was made, which stand in its prior state.

use leastpriv_policy::json::Value;

use super::attributes::text;
use super::resource::{Path, Resource};

/// The data sources of a plan, those of its modules included.
pub(super) fn data_sources(plan: &Value) -> Vec<Resource<'_>> {
    let mut out = Vec::new();
    let state = plan.get("prior_state").and_then(|state| state.get("values"));
    if let Some(root) = state.and_then(|values| values.get("root_module")) {
        read(root, "", &mut out);
    }
    out
}

fn read<'v>(module: &'v Value, address: &'v str, out: &mut Vec<Resource<'v>>) {
    let list = |name: &str| module.get(name).and_then(Value::as_array).unwrap_or_default();
    let resources = list("resources").iter();
    out.extend(
        resources
            .filter_map(|entry| Resource::of_state(entry, address))
            .filter(|resource| resource.is_data),
    );
    for child in list("child_modules") {
        read(
            child,
            child.get("address").and_then(Value::as_str).unwrap_or_default(),
            out,
        );
    }
}

/// The documents of the managed policies that a configuration has looked up, by ARN, as far as they may be shown.
pub(in super::super) fn managed(plan: &Value) -> Vec<(String, String)> {
    let policies = data_sources(plan)
        .into_iter()
        .filter(|one| one.kind == "aws_iam_policy");
    let shown = |policy: &Resource<'_>, name: &str| {
        let is_hidden = policy.is_sensitive(&Path::to(name, None, None));
        text(policy.after, name).filter(|_| !is_hidden).map(str::to_owned)
    };
    policies
        .filter_map(|policy| Some((shown(&policy, "arn")?, shown(&policy, "policy")?)))
        .collect()
}
