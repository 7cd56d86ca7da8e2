//! Which resources an expression takes something of, through the variables and the outputs of modules.

use std::collections::BTreeSet;

use leastpriv_policy::json::Value;

use super::configuration::{self, Configuration};
use super::resource::Resource;

/// Most modules that a value is followed through; no plan of a valid configuration goes in a circle.
const MOST_MODULES: usize = 32;

/// The resources of a plan and the expressions of its configuration.
#[derive(Clone, Copy)]
pub(super) struct References<'a, 'v> {
    pub(super) resources: &'a [Resource<'v>],
    pub(super) configuration: &'a Configuration<'v>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// Address of the module.
    module: &'a str,
    /// The key of the instance that it is an expression of.
    key: &'a str,
}

impl<'v> References<'_, 'v> {
    /// The addresses of the resources that an expression of a resource takes something of, where it takes nothing else
    /// that is not known.
    pub(super) fn of(&self, resource: &Resource<'v>, expression: &'v Value) -> Option<BTreeSet<&'v str>> {
        let scope = Scope {
            module: resource.module,
            key: key(resource),
        };
        self.addresses(scope, expression, MOST_MODULES)
    }

    fn addresses(&self, scope: Scope<'_>, expression: &'v Value, depth: usize) -> Option<BTreeSet<&'v str>> {
        let depth = depth.checked_sub(1)?;
        let references = configuration::references(expression);
        let is_of_instance = |one: &&str| one.starts_with("each.") || one.starts_with("count.");
        let follows_key = references.iter().any(is_of_instance);
        let mut found = BTreeSet::new();
        for reference in configuration::whole(&references) {
            let plain = configuration::without_keys(reference);
            let mut steps = plain.split('.');
            let (Some(kind), Some(name)) = (steps.next(), steps.next()) else {
                continue;
            };
            let own_key = configuration::key_after(reference, &format!("{kind}.{name}"));
            // Without a key of its own a reference means the instance of the same key, where it can mean one.
            let wanted = own_key.or_else(|| follows_key.then_some(scope.key));
            match kind {
                "each" if name == "value" => return None,
                "each" | "count" | "path" | "terraform" => {}
                "var" => found.extend(self.argument(scope.module, name, depth)?),
                "module" => found.extend(self.output(scope.module, name, steps.next()?, wanted, depth)?),
                _ => {
                    let is_named = |one: &&Resource<'v>| {
                        (one.kind, one.name, one.module, one.is_data) == (kind, name, scope.module, false)
                    };
                    let named: Vec<&Resource<'v>> = self.resources.iter().filter(is_named).collect();
                    let meant = match named.as_slice() {
                        [one] if own_key.is_none() => Some(one),
                        _ => named.iter().find(|one| Some(key(one)) == wanted),
                    };
                    found.insert(meant?.address);
                }
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// What the call of a module hands over for a variable.
    fn argument(&self, module: &str, name: &str, depth: usize) -> Option<BTreeSet<&'v str>> {
        let (parent, key) = configuration::parent(module)?;
        let argument = self
            .configuration
            .argument(&configuration::without_keys(module), name)?;
        self.addresses(Scope { module: parent, key }, argument, depth)
    }

    /// What a module called from another one gives out.
    fn output(
        &self,
        parent: &str,
        call: &str,
        name: &str,
        wanted: Option<&str>,
        depth: usize,
    ) -> Option<BTreeSet<&'v str>> {
        let separator = if parent.is_empty() { "" } else { "." };
        let module = format!("{parent}{separator}module.{call}");
        let plain = configuration::without_keys(&module);
        let key = if self.configuration.has_instances(&plain) {
            wanted?
        } else {
            ""
        };
        let module = format!("{module}{key}");
        let output = self.configuration.output(&plain, name)?;
        let scope = Scope {
            module: &module,
            key: "",
        };
        self.addresses(scope, output, depth)
    }
}

/// The key of an instance, with its brackets; empty where there is none.
fn key<'v>(resource: &Resource<'v>) -> &'v str {
    let own = resource
        .address
        .strip_prefix(resource.module)
        .unwrap_or(resource.address);
    let name = own.trim_start_matches('.').strip_prefix(resource.kind);
    let name = name.and_then(|rest| rest.strip_prefix('.'));
    name.and_then(|rest| rest.strip_prefix(resource.name))
        .unwrap_or_default()
}
