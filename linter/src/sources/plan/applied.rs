//! What applying a plan does with each of its resources, and what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_policy::json::Value;

use super::super::{Applied, Doing, ProviderSettings, Reference, Values};
use super::attributes::text;
use super::configuration::{Configuration, Setting, references, without_keys};
use super::resource::{self, Path, Resource};
use super::state::data_sources;

/// Attributes whose texts say nothing about what a resource is called.
const TAGS: [&str; 2] = ["tags", "tags_all"];

/// The resources of a plan that a run reads or changes, data sources among them, by address.
pub(in super::super) fn applied(plan: &Value) -> Vec<Applied> {
    let configuration = Configuration::of(plan);
    let data = data_sources(plan);
    let providers = Providers::of(plan, &configuration, &data);
    let reader = Reader {
        configuration: &configuration,
        providers: &providers,
    };
    let mut out = BTreeMap::new();
    for resource in &data {
        out.insert(resource.address.to_owned(), reader.data(resource));
    }
    for entry in super::changes(plan) {
        if let Some(applied) = reader.change(entry) {
            out.insert(applied.address.clone(), applied);
        }
    }
    out.into_values().collect()
}

/// The types of the actions that a plan invokes beside its changes, by address.
pub(in super::super) fn invocations(plan: &Value) -> Vec<(String, String)> {
    let list = plan.get("action_invocations").and_then(Value::as_array);
    let named = list.unwrap_or_default().iter().filter_map(|one| {
        let of = |name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((of("address")?, of("type")?))
    });
    named.collect()
}

struct Reader<'a, 'v> {
    configuration: &'a Configuration<'v>,
    providers: &'a Providers,
}

impl<'v> Reader<'_, 'v> {
    fn data(&self, resource: &Resource<'v>) -> Applied {
        Applied {
            address: resource.address.to_owned(),
            resource_type: resource.kind.to_owned(),
            is_data: true,
            does: [Doing::Read].into(),
            before: None,
            after: Some(self.values(resource)),
            provider: self.providers.of_resource(self.configuration, resource),
        }
    }

    fn change(&self, entry: &'v Value) -> Option<Applied> {
        let (before, after) = (Resource::before(entry), Resource::of(entry));
        let resource = after.or(before)?;
        let actions = entry.get("change").and_then(|change| change.get("actions"));
        let actions = actions.and_then(Value::as_array).unwrap_or_default();
        // What is there is read first, and what is made is read back.
        let mut does = BTreeSet::from([Doing::Read]);
        does.extend(actions.iter().filter_map(|action| match action.as_str() {
            Some("create") => Some(Doing::Create),
            Some("update") => Some(Doing::Update),
            Some("delete") => Some(Doing::Delete),
            _ => None,
        }));
        Some(Applied {
            address: resource.address.to_owned(),
            resource_type: resource.kind.to_owned(),
            is_data: resource.is_data,
            does,
            before: before.map(|before| self.values(&before)),
            after: after.map(|after| self.values(&after)),
            provider: self.providers.of_resource(self.configuration, &resource),
        })
    }

    /// What is known, without what must not be shown.
    fn values(&self, resource: &Resource<'v>) -> Values {
        let mut out = Values::default();
        resource::strings(resource.after, &mut |path, value| {
            let (Some(name), Some(text)) = (path.first_name(), value.as_str()) else {
                return;
            };
            if TAGS.contains(&name) {
                return;
            }
            if resource.is_sensitive(path) {
                out.unknown.entry(name.to_owned()).or_default();
            } else if text.starts_with("arn:") {
                out.arns.insert(text.to_owned());
            }
            if !resource.is_sensitive(path) && path.names() == name {
                out.texts.entry(name.to_owned()).or_default().push(text.to_owned());
            }
        });
        let members = resource.unknown.and_then(Value::as_object).unwrap_or_default();
        for member in members {
            let name = member.key.as_str();
            if TAGS.contains(&name) || !resource.is_unknown(name) {
                continue;
            }
            let expression = self.configuration.setting(resource, name);
            let Setting::Set(expression) = expression else {
                out.unknown.entry(name.to_owned()).or_default();
                continue;
            };
            let found = references(expression).into_iter().filter_map(|reference| {
                let plain = without_keys(reference);
                let mut steps = plain.split('.');
                let (kind, label, attribute) = (steps.next()?, steps.next()?, steps.next()?);
                Some(Reference {
                    module: without_keys(resource.module),
                    resource_type: kind.to_owned(),
                    name: label.to_owned(),
                    attribute: attribute.to_owned(),
                })
            });
            out.set.insert(name.to_owned());
            out.unknown.insert(name.to_owned(), found.collect());
        }
        out.module = without_keys(resource.module);
        out.name = resource.name.to_owned();
        out
    }
}

/// What the configuration says of each provider, by its key.
struct Providers {
    by_key: BTreeMap<String, ProviderSettings>,
}

impl Providers {
    fn of(plan: &Value, configuration: &Configuration<'_>, data: &[Resource<'_>]) -> Self {
        let mut by_key: BTreeMap<String, ProviderSettings> = BTreeMap::new();
        let all = plan
            .get("configuration")
            .and_then(|configuration| configuration.get("provider_config"));
        for provider in all.and_then(Value::as_object).unwrap_or_default() {
            let Some(expressions) = provider.value.get("expressions") else {
                continue;
            };
            let settings = ProviderSettings {
                region: expressions.get("region").and_then(|region| constant(plan, region)),
                account: account(plan, expressions),
            };
            by_key.insert(provider.key.clone(), settings);
        }
        for identity in data.iter().filter(|one| one.kind == "aws_caller_identity") {
            let (Some(key), Some(account)) = (
                configuration.provider(identity),
                text(identity.after, "account_id")
                    .filter(|_| !identity.is_sensitive(&Path::to("account_id", None, None))),
            ) else {
                continue;
            };
            by_key.entry(key.to_owned()).or_default().account = Some(account.to_owned());
        }
        Self { by_key }
    }

    fn of_resource(&self, configuration: &Configuration<'_>, resource: &Resource<'_>) -> ProviderSettings {
        let key = configuration.provider(resource);
        key.and_then(|key| self.by_key.get(key)).cloned().unwrap_or_default()
    }
}

/// The account of the role that a provider assumes, or the one account that it allows.
fn account(plan: &Value, expressions: &Value) -> Option<String> {
    let assumed = expressions.get("assume_role").and_then(Value::as_array);
    let role = assumed
        .and_then(<[Value]>::last)
        .and_then(|block| block.get("role_arn"));
    if let Some(role) = role {
        let arn = constant(plan, role)?;
        return arn.split(':').nth(4).map(str::to_owned);
    }
    let allowed = expressions.get("allowed_account_ids")?.get("constant_value")?;
    match allowed.as_array()? {
        [one] => one.as_str().map(str::to_owned),
        _ => None,
    }
}

/// The text of an expression that is a constant or a variable of the root module.
fn constant(plan: &Value, expression: &Value) -> Option<String> {
    if let Some(value) = expression.get("constant_value") {
        return value.as_str().map(str::to_owned);
    }
    let [reference] = *references(expression).as_slice() else {
        return None;
    };
    let name = reference.strip_prefix("var.")?;
    let value = plan.get("variables")?.get(name)?.get("value")?.as_str()?;
    let declared = plan
        .get("configuration")?
        .get("root_module")?
        .get("variables")?
        .get(name);
    let is_sensitive = declared.and_then(|one| one.get("sensitive")).and_then(Value::as_bool);
    (is_sensitive != Some(true)).then(|| value.to_owned())
}
