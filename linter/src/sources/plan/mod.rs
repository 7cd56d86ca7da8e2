//! Policies in a plan of Terraform or OpenTofu, read from `terraform show -json`.
//!
//! What lives here: which resources change, which of their attributes hold policies, what is not known
//! until apply, what must not be shown, and what the author of one of our resources has exempted.
//! What must not: judgement.

mod applied;
mod attributes;
mod configuration;
mod principals;
mod references;
mod resource;
mod rules;
mod search;
mod state;

use std::collections::BTreeSet;

use leastpriv_policy::json::{Problem, Value};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::span::LineIndex;

pub(super) use self::applied::{applied, invocations};
use self::attributes::Meaning;
use self::configuration::{Configuration, Setting};
pub(super) use self::principals::{arns, principals};
use self::resource::{Path, Resource};
pub(super) use self::state::managed;
use super::{DocumentInput, ManagedPolicyInput, Note, Origin, PolicyInput, Site, SourceMap, Sources, Unjudged};

/// Attributes left to the provider that are named one by one in a note.
const NAMED_ATTRIBUTES: usize = 10;

/// What a plan holds.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) inputs: Vec<PolicyInput>,
    pub(super) unjudged: Vec<Blank>,
    pub(super) destroyed_resources: usize,
    notes: Vec<String>,
    left_to_provider: BTreeSet<String>,
}

/// Something in a plan that cannot be judged.
#[derive(Debug)]
pub(super) struct Blank {
    origin: Origin,
    kind: Option<PolicyKind>,
    reason: String,
    help: Option<&'static str>,
}

/// Reads a plan. Total: a plan that is cut or of another make is read as far as it is understood.
pub(super) fn read(plan: &Value, problems: &[Problem], text: &str) -> Reading {
    let mut out = Reading::default();
    let version = plan.get("format_version").and_then(Value::as_str).unwrap_or_default();
    if !matches!(version.split('.').next(), Some("0" | "1")) {
        out.blank(
            format!("plans of format version `{version}` are not known"),
            Some("use a version of leastpriv that knows it"),
        );
        return out;
    }
    if let Some(problem) = problems.first() {
        let position = LineIndex::new(text).position(problem.span.start);
        out.blank(
            format!(
                "the plan is damaged, so changes may be missing from it: {} at {}:{}",
                problem.message, position.line, position.column
            ),
            Some("make it again with `terraform show -json PLAN > plan.json`"),
        );
    }
    if plan.get("errored").and_then(Value::as_bool) == Some(true) {
        out.blank(
            "planning ended in an error, so changes may be missing from the plan".to_owned(),
            Some("mend the error and plan again"),
        );
    }
    if plan.get("complete").and_then(Value::as_bool) == Some(false) {
        out.notes
            .push("the plan is not complete: changes that were not targeted or were put off are not in it".to_owned());
    }
    let changes = changes(plan);
    let context = Context::of(plan, &changes);
    for change in changes {
        match Resource::of(change) {
            Some(resource) => context.read(&resource, &mut out),
            None if removes(change) => out.destroyed_resources = out.destroyed_resources.saturating_add(1),
            None => {}
        }
    }
    out
}

/// The changes of a plan; those that were put off for a later run are read like the others.
fn changes(plan: &Value) -> Vec<&Value> {
    let list = |name: &str| plan.get(name).and_then(Value::as_array).unwrap_or_default();
    list("resource_changes")
        .iter()
        .chain(
            list("deferred_changes")
                .iter()
                .filter_map(|deferred| deferred.get("resource_change")),
        )
        .collect()
}

fn removes(change: &Value) -> bool {
    change
        .get("change")
        .and_then(|change| change.get("actions"))
        .and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .any(|action| matches!(action.as_str(), Some("delete" | "forget")))
}

impl Reading {
    /// Hands everything over to the run's sources, as content of one of its files.
    pub(super) fn move_into(self, file: usize, sources: &mut Sources) {
        let Some(name) = sources.files.get(file).map(|file| file.name.clone()) else {
            return;
        };
        sources
            .inputs
            .extend(self.inputs.into_iter().map(|input| PolicyInput { file, ..input }));
        sources.unjudged.extend(self.unjudged.into_iter().map(|blank| Unjudged {
            file: name.clone(),
            origin: blank.origin,
            kind: blank.kind,
            reason: blank.reason,
            help: blank.help.map(str::to_owned),
        }));
        let left = left_to_provider(&self.left_to_provider);
        sources
            .notes
            .extend(self.notes.into_iter().chain(left).map(|text| Note {
                file: name.clone(),
                text,
            }));
    }

    /// Something about the plan as a whole.
    fn blank(&mut self, reason: String, help: Option<&'static str>) {
        self.unjudged.push(Blank {
            origin: Origin::File,
            kind: None,
            reason,
            help,
        });
    }
}

fn left_to_provider(attributes: &BTreeSet<String>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let named: Vec<_> = attributes
        .iter()
        .take(NAMED_ATTRIBUTES)
        .map(|attribute| format!("`{attribute}`"))
        .collect();
    let more = match attributes.len().saturating_sub(NAMED_ATTRIBUTES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "the configuration sets no policy there, and the provider fills it in on apply: {}{more}",
        named.join(", ")
    ))
}

/// What is known about a plan as a whole.
#[derive(Debug)]
struct Context<'v> {
    configuration: Configuration<'v>,
    /// `aws_iam_policy` resources of this plan, each as its module path and its name.
    policies: BTreeSet<(String, String)>,
    /// ARNs of those that exist already.
    arns: BTreeSet<&'v str>,
}

impl<'v> Context<'v> {
    fn of(plan: &'v Value, changes: &[&'v Value]) -> Self {
        let policies: Vec<_> = changes
            .iter()
            .copied()
            .filter_map(Resource::of)
            .filter(|resource| resource.kind == "aws_iam_policy" && !resource.is_data)
            .collect();
        Self {
            configuration: Configuration::of(plan),
            arns: policies
                .iter()
                .filter_map(|policy| policy.after.get("arn").and_then(Value::as_str))
                .collect(),
            policies: policies
                .iter()
                .map(|policy| (configuration::without_keys(policy.module), policy.name.to_owned()))
                .collect(),
        }
    }

    fn read(&self, resource: &Resource<'_>, out: &mut Reading) {
        let mut found = Found::default();
        resource::strings(resource.after, &mut |path, value| {
            self.read_string(resource, path, value, &mut found);
        });
        if attributes::is_ours(resource.kind) {
            let (mode, exceptions) = rules::rules(resource, &mut out.notes);
            let mut documents = found.documents.into_iter();
            let document = documents.next();
            if document.is_some() || !found.managed_policies.is_empty() {
                out.inputs.push(PolicyInput {
                    file: 0,
                    document,
                    managed_policies: found.managed_policies,
                    mode,
                    exceptions,
                });
            }
            out.inputs
                .extend(documents.map(|document| PolicyInput::document(0, document)));
        } else {
            out.inputs.extend(
                found
                    .documents
                    .into_iter()
                    .map(|document| PolicyInput::document(0, document)),
            );
            out.inputs.extend(
                found
                    .managed_policies
                    .into_iter()
                    .map(|policy| PolicyInput::managed_policy(0, policy)),
            );
        }
        // What a data source finds out during apply is there already and no part of the change.
        if !resource.is_data {
            resource::unknowns(resource.unknown, &mut |path| self.read_unknown(resource, path, out));
        }
    }

    fn read_string(&self, resource: &Resource<'_>, path: &Path<'_>, value: &Value, found: &mut Found) {
        let Some(text) = value.as_str() else { return };
        let site = || Site {
            origin: resource.origin(&path.text()),
            map: SourceMap::literal(value.span),
            sensitive: resource.is_sensitive(path),
        };
        match attributes::meaning(resource.kind, &path.names(), resource.after) {
            Meaning::Document(_) | Meaning::ManagedPolicy if text.trim().is_empty() => {}
            Meaning::Document(kind) => found.documents.push(DocumentInput {
                text: text.to_owned(),
                kind,
                arn: None,
                site: site(),
            }),
            Meaning::ManagedPolicy if self.arns.contains(text) => {}
            Meaning::ManagedPolicy => found.managed_policies.push(ManagedPolicyInput {
                arn: text.to_owned(),
                site: site(),
            }),
            Meaning::Other => search::policies(text, site, found),
            Meaning::Reference => {}
        }
    }

    /// A value that is known only after apply: a policy there cannot be judged. An attribute that the
    /// configuration does not set holds none of the author's, and a policy that this plan creates is
    /// judged where it is defined.
    fn read_unknown(&self, resource: &Resource<'_>, path: &Path<'_>, out: &mut Reading) {
        let meaning = attributes::meaning(resource.kind, &path.names(), resource.after);
        let kind = match meaning {
            Meaning::Document(kind) => Some(kind),
            Meaning::ManagedPolicy => Some(PolicyKind::Managed),
            Meaning::Other if attributes::may_hold_policy(resource, path) => None,
            Meaning::Other | Meaning::Reference => return,
        };
        let is_managed = meaning == Meaning::ManagedPolicy;
        let setting = self
            .configuration
            .setting(resource, path.first_name().unwrap_or_default());
        match setting {
            Setting::NotSet if path.is_top_level() => {
                out.left_to_provider
                    .insert(format!("{}.{}", resource.address, path.text()));
            }
            Setting::Set(expression) if is_managed && self.is_planned_policy(resource, expression) => {}
            _ => out.unjudged.push(Blank {
                origin: resource.origin(&path.text()),
                kind,
                reason: "its value is known only after apply".to_owned(),
                help: Some("apply what it depends on, then plan and lint again"),
            }),
        }
    }

    /// Whether an expression takes nothing but ARNs of policies that this plan defines.
    fn is_planned_policy(&self, resource: &Resource<'_>, expression: &Value) -> bool {
        let module = configuration::without_keys(resource.module);
        let mut references = configuration::references(expression);
        if references.iter().any(|reference| reference.starts_with("each.value")) {
            references.extend(
                self.configuration
                    .for_each(resource)
                    .map(configuration::references)
                    .unwrap_or_default(),
            );
        }
        // What an instance is called or counted by says nothing about which policy it takes.
        references.retain(|reference| !["each", "count"].contains(&reference.split('.').next().unwrap_or_default()));
        !references.is_empty()
            && references.iter().all(|reference| {
                let reference = configuration::without_keys(reference);
                let mut steps = reference.split('.');
                steps.next() == Some("aws_iam_policy")
                    && steps
                        .next()
                        .is_some_and(|name| self.policies.contains(&(module.clone(), name.to_owned())))
            })
    }
}

/// The policies of one resource.
#[derive(Debug, Default)]
struct Found {
    documents: Vec<DocumentInput>,
    managed_policies: Vec<ManagedPolicyInput>,
}

#[cfg(test)]
mod tests;
