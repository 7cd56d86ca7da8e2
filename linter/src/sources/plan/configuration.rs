//! What the configuration in a plan sets, to tell an attribute whose value comes late from one that
//! nobody set.

use std::collections::BTreeMap;

use leastpriv_policy::json::{Node, Value};

use super::resource::Resource;

/// The resources of the configuration, by module path and address within the module.
#[derive(Debug, Default)]
pub(super) struct Configuration<'v> {
    resources: BTreeMap<(String, String), &'v Value>,
    /// The calls of modules, by the path of what they call.
    calls: BTreeMap<String, &'v Value>,
}

/// Whether the configuration sets an attribute.
#[derive(Copy, Clone, Debug)]
pub(super) enum Setting<'v> {
    /// It does, with this expression.
    Set(&'v Value),
    /// It does not.
    NotSet,
    /// The plan does not say.
    Unclear,
}

impl<'v> Configuration<'v> {
    /// The configuration of a plan; empty where it holds none.
    pub(super) fn of(plan: &'v Value) -> Self {
        let mut out = Self::default();
        let root = plan
            .get("configuration")
            .and_then(|configuration| configuration.get("root_module"));
        if let Some(root) = root {
            out.add(root, "");
        }
        out
    }

    /// Whether an attribute of a resource is set.
    pub(super) fn setting(&self, resource: &Resource<'_>, attribute: &str) -> Setting<'v> {
        let module = without_keys(resource.module);
        let address = format!("{}.{}", resource.kind, resource.name);
        match self
            .resources
            .get(&(module, address))
            .and_then(|block| block.get("expressions"))
        {
            Some(expressions) => expressions.get(attribute).map_or(Setting::NotSet, Setting::Set),
            None => Setting::Unclear,
        }
    }

    /// The key of the provider configuration that a resource uses.
    pub(super) fn provider(&self, resource: &Resource<'_>) -> Option<&'v str> {
        let data = if resource.is_data { "data." } else { "" };
        let address = format!("{data}{}.{}", resource.kind, resource.name);
        let block = self.resources.get(&(without_keys(resource.module), address))?;
        block.get("provider_config_key").and_then(Value::as_str)
    }

    /// What a resource is made for each of.
    pub(super) fn for_each(&self, resource: &Resource<'_>) -> Option<&'v Value> {
        let address = format!("{}.{}", resource.kind, resource.name);
        let block = self.resources.get(&(without_keys(resource.module), address))?;
        block.get("for_each_expression")
    }

    /// What the call of a module hands over for a variable.
    pub(super) fn argument(&self, module: &str, variable: &str) -> Option<&'v Value> {
        self.calls.get(module)?.get("expressions")?.get(variable)
    }

    /// What an output of a module is.
    pub(super) fn output(&self, module: &str, name: &str) -> Option<&'v Value> {
        let outputs = self.calls.get(module)?.get("module")?.get("outputs")?;
        outputs.get(name)?.get("expression")
    }

    /// Whether a module is called for each of something.
    pub(super) fn has_instances(&self, module: &str) -> bool {
        let call = self.calls.get(module);
        call.is_some_and(|call| call.get("for_each_expression").is_some() || call.get("count_expression").is_some())
    }

    fn add(&mut self, module: &'v Value, path: &str) {
        let resources = module.get("resources").and_then(Value::as_array).unwrap_or_default();
        for resource in resources {
            let address = resource.get("address").and_then(Value::as_str);
            if let Some(address) = address {
                self.resources.insert((path.to_owned(), address.to_owned()), resource);
            }
        }
        let calls = module
            .get("module_calls")
            .and_then(Value::as_object)
            .unwrap_or_default();
        for call in calls {
            if let Some(module) = call.value.get("module") {
                let separator = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{separator}module.{}", call.key);
                self.add(module, &path);
                self.calls.insert(path, &call.value);
            }
        }
    }
}

/// An address without its instance keys: `module.a["x.y"].b[0]` becomes `module.a.b`.
pub(super) fn without_keys(address: &str) -> String {
    let mut out = String::new();
    let mut rest = address;
    while let Some(at) = rest.find('[') {
        let (before, with_key) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        rest = split_key(with_key).1;
    }
    out.push_str(rest);
    out
}

/// Splits a text that begins with a key after that key.
fn split_key(text: &str) -> (&str, &str) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = text.bytes().position(|byte| {
        let is_end = byte == b']' && !is_quoted;
        is_quoted ^= byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && is_quoted && !is_escaped;
        is_end
    });
    let end = end.map_or(text.len(), |end| end.saturating_add(1));
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The key that an address or a reference has after a part of it, with its brackets.
pub(super) fn key_after<'a>(address: &'a str, part: &str) -> Option<&'a str> {
    let rest = address.strip_prefix(part).filter(|rest| rest.starts_with('['))?;
    Some(split_key(rest).0)
}

/// The address of the module around a module, and the key that the inner one has there.
pub(super) fn parent(module: &str) -> Option<(&str, &str)> {
    let plain = without_keys(module);
    let (around, name) = plain.rsplit_once("module.")?;
    let around = around.trim_end_matches('.');
    let own = format!("module.{name}");
    if around.is_empty() {
        return Some(("", module.strip_prefix(&own)?));
    }
    // A key may look like an address, so what stands before has to be the module around.
    let mut places = module.rmatch_indices(&own);
    places.find_map(|(at, own)| {
        let before = module.get(..at)?.strip_suffix('.')?;
        let key = module.get(at.saturating_add(own.len())..)?;
        (without_keys(before) == around).then_some((before, key))
    })
}

/// What an expression refers to.
pub(super) fn references(expression: &Value) -> Vec<&str> {
    let mut out = Vec::new();
    collect_references(expression, &mut out);
    out
}

/// The references without those that stand for a part of the one before them: after `a.b["k"].c` come `a.b["k"]` and `a.b`.
pub(super) fn whole<'r>(references: &[&'r str]) -> Vec<&'r str> {
    let before = std::iter::once("").chain(references.iter().copied());
    let pairs = before.zip(references.iter().copied());
    let is_part = |before: &str, one: &str| {
        before
            .strip_prefix(one)
            .is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    pairs
        .filter(|(before, one)| !is_part(before, one))
        .map(|(_, one)| one)
        .collect()
}

fn collect_references<'v>(expression: &'v Value, out: &mut Vec<&'v str>) {
    match &expression.node {
        Node::Object(members) => {
            for member in members {
                if member.key == "references" {
                    let names = member.value.as_array().unwrap_or_default();
                    out.extend(names.iter().filter_map(Value::as_str));
                } else if member.key != "constant_value" {
                    collect_references(&member.value, out);
                }
            }
        }
        Node::Array(items) => {
            for item in items {
                collect_references(item, out);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::json;

    use super::*;

    #[test]
    fn keys_are_taken_off_with_whatever_they_hold() {
        assert_eq!(without_keys(r#"module.a["x.y"].b[0]"#), "module.a.b");
        assert_eq!(without_keys(r#"module.a["q\"]\\"].b"#), "module.a.b");
        assert_eq!(without_keys("module.a[\"cut"), "module.a");
        assert_eq!(without_keys(""), "");
    }

    #[test]
    fn the_module_around_is_found_whatever_the_keys_hold() {
        for (module, around, key) in [
            ("module.a", "", ""),
            (r#"module.my_module["k"]"#, "", r#"["k"]"#),
            (
                r#"module.a["x.module.b"].module.b[0]"#,
                r#"module.a["x.module.b"]"#,
                "[0]",
            ),
            (
                r#"module.my_module.module.b["y.module.b[\"]"]"#,
                "module.my_module",
                r#"["y.module.b[\"]"]"#,
            ),
        ] {
            assert_eq!(parent(module), Some((around, key)), "{module}");
        }
        assert_eq!(parent(""), None);
        assert_eq!(key_after(r#"a.b["c]d"].e"#, "a.b"), Some(r#"["c]d"]"#));
        assert_eq!(key_after("a.bc", "a.b"), None);
    }

    #[test]
    fn parts_of_a_reference_are_told_from_references() {
        let all = [r#"a.b["k"].c"#, r#"a.b["k"]"#, "a.b", "a.b", "each.key", "a.bc", "a.b"];
        assert_eq!(whole(&all), [r#"a.b["k"].c"#, "a.b", "each.key", "a.bc", "a.b"]);
        assert!(whole(&[]).is_empty());
    }

    #[test]
    fn settings_are_found_through_modules() {
        let (plan, _) = json::parse(
            r#"{"configuration":{"root_module":{"module_calls":{"m":{"module":{"resources":[
                {"address":"aws_iam_role.r","expressions":{"name":{"references":["var.a","each.key"]}}}]}}}}}}"#,
        );
        let configuration = Configuration::of(&plan);
        let (entry, _) = json::parse(
            r#"{"module_address":"module.m[\"k\"]","type":"aws_iam_role","name":"r","change":{"after":{}}}"#,
        );
        let resource = Resource::of(&entry).unwrap();
        let Setting::Set(expression) = configuration.setting(&resource, "name") else {
            panic!()
        };
        assert_eq!(references(expression), ["var.a", "each.key"]);
        assert!(matches!(
            configuration.setting(&resource, "inline_policy"),
            Setting::NotSet
        ));
        let (other, _) = json::parse(r#"{"type":"aws_iam_role","name":"r","change":{"after":{}}}"#);
        let other = Resource::of(&other).unwrap();
        assert!(matches!(configuration.setting(&other, "name"), Setting::Unclear));
    }
}
