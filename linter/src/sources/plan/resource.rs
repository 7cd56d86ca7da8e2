//! One changed resource of a plan, and the ways through its attributes.

use std::fmt::Write;

use leastpriv_policy::json::{Node, Value};

use super::super::Origin;

/// A resource that exists after the change.
#[derive(Copy, Clone, Debug)]
pub(super) struct Resource<'v> {
    pub(super) address: &'v str,
    /// Address of its module; empty for the root module.
    pub(super) module: &'v str,
    /// Its type.
    pub(super) kind: &'v str,
    pub(super) name: &'v str,
    pub(super) is_data: bool,
    /// Its attributes after the change, as far as they are known.
    pub(super) after: &'v Value,
    /// `true` where an attribute is known only after apply.
    pub(super) unknown: Option<&'v Value>,
    /// `true` where an attribute must not be shown.
    sensitive: Option<&'v Value>,
}

impl<'v> Resource<'v> {
    /// The resource of an entry of `resource_changes`; nothing where it is gone afterwards.
    pub(super) fn of(entry: &'v Value) -> Option<Self> {
        let change = entry.get("change")?;
        let after = change.get("after").filter(|after| after.as_object().is_some())?;
        Some(Self {
            after,
            unknown: change.get("after_unknown"),
            sensitive: change.get("after_sensitive"),
            ..Self::named(entry)
        })
    }

    /// The resource of an entry of `resource_changes` as it is before the change; nothing where there is none yet.
    pub(super) fn before(entry: &'v Value) -> Option<Self> {
        let change = entry.get("change")?;
        let before = change.get("before").filter(|before| before.as_object().is_some())?;
        Some(Self {
            after: before,
            unknown: None,
            sensitive: change.get("before_sensitive"),
            ..Self::named(entry)
        })
    }

    /// The resource of an entry of a state, in a module.
    pub(super) fn of_state(entry: &'v Value, module: &'v str) -> Option<Self> {
        let values = entry.get("values").filter(|values| values.as_object().is_some())?;
        Some(Self {
            module,
            after: values,
            unknown: None,
            sensitive: entry.get("sensitive_values"),
            ..Self::named(entry)
        })
    }

    /// What an entry is called, with nothing known of it.
    fn named(entry: &'v Value) -> Self {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        Self {
            address: text("address"),
            module: text("module_address"),
            kind: text("type"),
            name: text("name"),
            is_data: text("mode") == "data",
            after: entry,
            unknown: None,
            sensitive: None,
        }
    }

    /// Where an attribute of it stands.
    pub(super) fn origin(&self, attribute: &str) -> Origin {
        Origin::Plan {
            address: self.address.to_owned(),
            resource_type: self.kind.to_owned(),
            attribute: attribute.to_owned(),
        }
    }

    /// Whether an attribute, or one of its elements, is known only after apply.
    pub(super) fn is_unknown(&self, attribute: &str) -> bool {
        let flags = self.unknown.and_then(|flags| flags.get(attribute));
        let is_set = |flag: &Value| flag.as_bool() == Some(true);
        flags.is_some_and(|flags| is_set(flags) || flags.as_array().is_some_and(|items| items.iter().any(is_set)))
    }

    /// Whether an attribute, or something around it, must not be shown.
    pub(super) fn is_sensitive(&self, path: &Path<'_>) -> bool {
        let mut flags = self.sensitive;
        for step in &path.steps {
            flags = match (flags, step) {
                (Some(flag), _) if flag.as_bool() == Some(true) => return true,
                (Some(flags), Step::Member(name)) => flags.get(name),
                (Some(flags), Step::Index(index)) => flags.as_array().and_then(|items| items.get(*index)),
                (None, _) => return false,
            };
        }
        flags.and_then(Value::as_bool) == Some(true)
    }
}

/// The way to an attribute.
#[derive(Clone, Debug, Default)]
pub(super) struct Path<'v> {
    steps: Vec<Step<'v>>,
}

#[derive(Copy, Clone, Debug)]
enum Step<'v> {
    Member(&'v str),
    Index(usize),
}

impl<'v> Path<'v> {
    /// The path to a member of a resource.
    pub(super) fn to(name: &'v str, index: Option<usize>, member: Option<&'v str>) -> Self {
        let mut steps = vec![Step::Member(name)];
        steps.extend(index.map(Step::Index));
        steps.extend(member.map(Step::Member));
        Self { steps }
    }

    /// The path as people write it: `inline_policy[0].policy`.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for step in &self.steps {
            match step {
                Step::Member(name) => {
                    if !out.is_empty() {
                        out.push('.');
                    }
                    out.push_str(name);
                }
                Step::Index(index) => {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "[{index}]");
                }
            }
        }
        out
    }

    /// The path without its indices: `inline_policy.policy`.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.steps.iter().filter_map(Step::name).collect();
        names.join(".")
    }

    pub(super) fn first_name(&self) -> Option<&'v str> {
        self.steps.first().and_then(Step::name)
    }

    /// The name of the innermost member, past any index.
    pub(super) fn last_name(&self) -> Option<&'v str> {
        self.steps.iter().rev().find_map(Step::name)
    }

    pub(super) fn is_top_level(&self) -> bool {
        self.steps.len() <= 1
    }
}

impl<'v> Step<'v> {
    fn name(&self) -> Option<&'v str> {
        match *self {
            Self::Member(name) => Some(name),
            Self::Index(_) => None,
        }
    }
}

/// Visits every string under a value.
pub(super) fn strings<'v>(value: &'v Value, visit: &mut dyn FnMut(&Path<'v>, &'v Value)) {
    walk(value, &mut Path::default(), &mut |path, value| {
        if value.as_str().is_some() {
            visit(path, value);
        }
    });
}

/// Visits every object inside a value until one is taken, into which it does not go.
pub(super) fn objects<'v>(value: &'v Value, take: &mut dyn FnMut(&Path<'v>, &'v Value) -> bool) {
    fn go<'v>(value: &'v Value, path: &mut Path<'v>, take: &mut dyn FnMut(&Path<'v>, &'v Value) -> bool) {
        let mut into = |step: Step<'v>, inner: &'v Value| {
            path.steps.push(step);
            if inner.as_object().is_none() || !take(path, inner) {
                go(inner, path, take);
            }
            path.steps.pop();
        };
        for member in value.as_object().unwrap_or_default() {
            into(Step::Member(&member.key), &member.value);
        }
        for (index, item) in value.as_array().unwrap_or_default().iter().enumerate() {
            into(Step::Index(index), item);
        }
    }
    go(value, &mut Path::default(), take);
}

/// Visits every `true` under a value of flags.
pub(super) fn unknowns<'v>(flags: Option<&'v Value>, visit: &mut dyn FnMut(&Path<'v>)) {
    let Some(flags) = flags else { return };
    walk(flags, &mut Path::default(), &mut |path, value| {
        if value.as_bool() == Some(true) {
            visit(path);
        }
    });
}

/// Visits every value that is neither an object nor a list. The reader bounds the depth.
fn walk<'v>(value: &'v Value, path: &mut Path<'v>, visit: &mut dyn FnMut(&Path<'v>, &'v Value)) {
    match &value.node {
        Node::Object(members) => {
            for member in members {
                path.steps.push(Step::Member(&member.key));
                walk(&member.value, path, visit);
                path.steps.pop();
            }
        }
        Node::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.steps.push(Step::Index(index));
                walk(item, path, visit);
                path.steps.pop();
            }
        }
        _ => visit(path, value),
    }
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::json;

    use super::*;

    #[test]
    fn sensitive_holds_for_everything_under_the_flag() {
        let (entry, _) = json::parse(
            r#"{"address":"a.b","change":{"after":{"x":[{"p":"1"}],"y":{"p":"2"}},
                "after_sensitive":{"x":[{"p":true}],"y":true}}}"#,
        );
        let resource = Resource::of(&entry).unwrap();
        let mut seen = Vec::new();
        strings(resource.after, &mut |path, _| {
            seen.push((path.text(), path.names(), resource.is_sensitive(path)));
        });
        assert_eq!(
            seen,
            [
                ("x[0].p".to_owned(), "x.p".to_owned(), true),
                ("y.p".to_owned(), "y.p".to_owned(), true)
            ]
        );
        assert!(!resource.is_sensitive(&Path::to("z", None, None)));
    }

    #[test]
    fn a_resource_that_is_gone_afterwards_is_none() {
        let (entry, _) = json::parse(r#"{"address":"a.b","change":{"actions":["delete"],"after":null}}"#);
        assert!(Resource::of(&entry).is_none());
    }
}
