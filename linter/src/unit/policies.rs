//! The policies that a test file names: files, inline documents, and resources of a Terraform plan.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::{Component, Path, PathBuf};

use leastpriv_policy::json::{Node, Value};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::span::{LineIndex, Span};

use super::{Fault, Mistake};
use crate::access::{PolicyType, read_document};
use crate::planned::{self, GIVE_IT};
use crate::simulate::{NamedPolicy, Site, nearest_name};
use crate::sources::{GatherError, GatherOptions, ManagedDocuments, Origin, Sources, read_text};
use crate::tables::{Fields, list};

const OF_PLAN: [&str; 3] = ["plan", "address", "attribute"];

/// Plans, each read once however many test files name it.
#[derive(Debug, Default)]
pub(super) struct Plans {
    read: BTreeMap<PathBuf, Sources>,
    /// What is given to each of them.
    managed: ManagedDocuments,
}

impl Plans {
    /// No plans yet; each gets the documents of managed policies.
    pub(super) fn with(managed: ManagedDocuments) -> Self {
        Self {
            managed,
            ..Self::default()
        }
    }

    fn get(&mut self, path: &Path) -> Result<&Sources, GatherError> {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        Ok(match self.read.entry(real) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let options = GatherOptions::default();
                place.insert(planned::gather_with(&self.managed, path, options, &mut io::empty())?)
            }
        })
    }
}

/// Finds policies.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    file: &'a str,
    folder: &'a Path,
    lines: &'a LineIndex,
    plans: &'a mut Plans,
    notes: Vec<Mistake>,
}

impl<'a> Finder<'a> {
    /// For a test file in a folder.
    pub(super) fn new(file: &'a str, folder: &'a Path, lines: &'a LineIndex, plans: &'a mut Plans) -> Self {
        Self {
            file,
            folder,
            lines,
            plans,
            notes: Vec::new(),
        }
    }

    /// What a reader should know of the policies.
    pub(super) fn into_notes(self) -> Vec<Mistake> {
        self.notes
    }

    /// The policies of a field; none where it is absent.
    pub(super) fn many(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        policy_type: PolicyType,
    ) -> Result<Vec<NamedPolicy>, Fault> {
        let Some(value) = fields.get(name) else {
            return Ok(Vec::new());
        };
        self.all(value, name, policy_type)
    }

    /// The policy of a field that takes one.
    pub(super) fn one(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        policy_type: PolicyType,
    ) -> Result<Option<NamedPolicy>, Fault> {
        let mut policies = self.many(fields, name, policy_type)?;
        match (fields.get(name), policies.len()) {
            (Some(value), count) if count > 1 => Err(Fault::new(
                value.span,
                format!("`{name}` takes one policy, and these are {count}"),
            )),
            _ => Ok(policies.pop()),
        }
    }

    /// The policies of a list, or of a value that stands alone.
    pub(super) fn all(
        &mut self,
        value: &Value,
        name: &str,
        policy_type: PolicyType,
    ) -> Result<Vec<NamedPolicy>, Fault> {
        let items = list(value);
        if items.is_empty() {
            return Err(Fault::new(value.span, format!("`{name}` is empty; leave it out")));
        }
        let mut out = Vec::new();
        for item in items {
            match &item.node {
                Node::String(text) if text.trim_start().starts_with('{') => {
                    out.push(self.inline(item, text, policy_type)?);
                }
                Node::String(path) => out.push(self.in_file(path, item.span, policy_type)?),
                Node::Object(members) if members.iter().any(|member| OF_PLAN.contains(&member.key.as_str())) => {
                    out.extend(self.in_plan(item, policy_type)?);
                }
                Node::Object(_) => out.push(self.inline(item, &json_of(item), policy_type)?),
                _ => {
                    return Err(Fault::new(
                        item.span,
                        format!(
                            "a policy in `{name}` is {}; it is a path, a document, or `plan` with `address`",
                            item.kind()
                        ),
                    ));
                }
            }
        }
        Ok(out)
    }

    fn in_file(&self, path: &str, span: Span, policy_type: PolicyType) -> Result<NamedPolicy, Fault> {
        let path = self.folder.join(path);
        let name = shortened(&path).display().to_string();
        let text = read_text(&path).map_err(|error| Fault::new(span, format!("`{name}` cannot be read: {error}")))?;
        NamedPolicy::read(name.clone(), &text, policy_type)
            .map_err(|error| Fault::new(span, format!("`{name}`: {error}")))
    }

    /// A document that stands in the test file, whose statements have their places there.
    fn inline(&self, value: &Value, text: &str, policy_type: PolicyType) -> Result<NamedPolicy, Fault> {
        let document = read_document(text, Some(policy_type))
            .map_err(|error| Fault::new(value.span, format!("the policy: {error}")))?;
        let statements = value.get("Statement").map(list).unwrap_or_default();
        let sites = document.statements.iter().map(|statement| {
            let span = statements
                .get(statement.index)
                .map_or(value.span, |statement| statement.span);
            Site {
                start: self.lines.position(span.start),
                end: self.lines.position(span.end),
            }
        });
        let sites = sites.collect();
        Ok(NamedPolicy::placed(self.file.to_owned(), document, sites, false))
    }

    /// The policies of a resource in a plan: those that name no principals where such are wanted, or those that do.
    fn in_plan(&mut self, value: &Value, policy_type: PolicyType) -> Result<Vec<NamedPolicy>, Fault> {
        let fields = Fields::of(value, "a policy of a plan", &OF_PLAN)?;
        let required = |name: &str| {
            let missing = || Fault::new(fields.span(), format!("a policy of a plan needs `{name}`"));
            fields.text(name)?.ok_or_else(missing)
        };
        let (plan, wanted) = (required("plan")?, required("address")?);
        let attribute = fields.text("attribute")?;
        let path = self.folder.join(plan);
        let shown = shortened(&path).display().to_string();
        let fault = |message: String| Fault::new(value.span, message);
        let sources = self.plans.get(&path).map_err(|error| fault(error.to_string()))?;
        let found = of_plan(sources, &shown, wanted, attribute, policy_type).map_err(fault)?;
        for note in found.notes {
            self.notes
                .push(Fault::new(value.span, note).in_file(self.file, self.lines));
        }
        Ok(found.policies)
    }
}

/// The policies of a resource in a plan.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The policies, in order of their attributes.
    pub(crate) policies: Vec<NamedPolicy>,
    /// The attribute of each.
    pub(crate) attributes: Vec<String>,
    /// What a reader should know of them.
    pub(crate) notes: Vec<String>,
}

/// The policies of a resource in a plan: those that name no principals where such are wanted, or those that do. The plan
/// is what was gathered, and what it is called.
///
/// # Errors
///
/// Says what is wrong, or what else there is.
pub(crate) fn of_plan(
    sources: &Sources,
    shown: &str,
    wanted: &str,
    attribute: Option<&str>,
    policy_type: PolicyType,
) -> Result<Found, String> {
    let is_wanted = |found: &str| attribute.is_none_or(|attribute| attribute == found);
    let mut out = Found::default();
    for (found, document) in planned::documents(sources, wanted).filter(|(found, _)| is_wanted(found)) {
        let names_principals = document.kind.needs_principal();
        if attribute.is_none() && names_principals != (policy_type == PolicyType::Resource) {
            continue;
        }
        let name = planned::name(document, || format!("{shown} {wanted} {found}"));
        let parsed = planned::read(document, Some(policy_type)).map_err(|error| format!("`{name}`: {error}"))?;
        out.policies
            .push(NamedPolicy::placed(name, parsed, Vec::new(), document.site.sensitive));
        out.attributes.push(found.to_owned());
    }
    for (found, unjudged) in planned::unknowns(sources, wanted).filter(|(found, _)| is_wanted(found)) {
        let is_of_type = |kind: PolicyKind| kind.needs_principal() == (policy_type == PolicyType::Resource);
        if attribute.is_some() || unjudged.kind.is_none_or(is_of_type) {
            return Err(format!(
                "`{shown}`: `{wanted}`, attribute `{found}`: {}",
                unjudged.reason
            ));
        }
    }
    let mut managed = planned::managed(sources, wanted)
        .filter(|(found, _)| policy_type == PolicyType::Identity && is_wanted(found))
        .map(|(_, policy)| planned::managed_words(&policy.arn, policy.site.sensitive));
    if out.policies.is_empty() {
        return Err(match managed.next() {
            Some(name) => format!("`{wanted}` names {name}, whose document is not in the plan; {GIVE_IT}"),
            None => nothing_found(sources, shown, wanted, attribute),
        });
    }
    if attribute.is_none() {
        out.notes.extend(managed.map(|name| {
            format!("`{wanted}` also takes {name}, whose text is not in the plan and is left out here; {GIVE_IT}")
        }));
    }
    Ok(out)
}

fn nothing_found(sources: &Sources, plan: &str, wanted: &str, attribute: Option<&str>) -> String {
    let origins = sources
        .inputs
        .iter()
        .filter_map(|input| Some(&input.document.as_ref()?.site.origin));
    let places: Vec<(&str, &str)> = origins
        .filter_map(|origin| match origin {
            Origin::Plan { address, attribute, .. } => Some((address.as_str(), attribute.as_str())),
            Origin::File => None,
        })
        .collect();
    if places.is_empty() {
        let reason = sources
            .unjudged
            .first()
            .map(|unjudged| format!(": {}", unjudged.reason));
        return format!("`{plan}` holds no policies of resources{}", reason.unwrap_or_default());
    }
    let of_resource: Vec<&str> = places
        .iter()
        .filter(|place| place.0 == wanted)
        .map(|place| place.1)
        .collect();
    if !of_resource.is_empty() {
        let has = of_resource.join("`, `");
        return match attribute {
            Some(attribute) => format!("`{wanted}` has no policy in `{attribute}`; it has `{has}`"),
            None => format!("`{wanted}` has no policy of this kind; it has `{has}`, to be named with `attribute`"),
        };
    }
    match nearest_name(wanted, places.iter().map(|place| place.0)) {
        Some(meant) => format!("`{plan}` has no policy at `{wanted}`; is it `{meant}`?"),
        None => format!("`{plan}` has no policy at `{wanted}`"),
    }
}

/// A path as it is shown, without the folders that it leaves again.
fn shortened(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        let is_named = matches!(out.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::CurDir => {}
            Component::ParentDir if is_named => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The JSON of a document that was written in another language. A number keeps its digits, as a text.
fn json_of(value: &Value) -> String {
    fn plain(value: &Value) -> serde_json::Value {
        match &value.node {
            Node::Null | Node::Broken => serde_json::Value::Null,
            Node::Bool(is) => (*is).into(),
            Node::Number(text) | Node::String(text) => text.as_str().into(),
            Node::Array(items) => items.iter().map(plain).collect(),
            Node::Object(members) => {
                let members = members.iter().map(|member| (member.key.clone(), plain(&member.value)));
                serde_json::Value::Object(members.collect())
            }
        }
    }
    plain(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_once_by_whatever_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        let change = r#"{"address":"aws_iam_policy.x","type":"aws_iam_policy","change":{"after":{"policy":"{\"Statement\":[]}"}}}"#;
        std::fs::write(
            &path,
            format!(r#"{{"format_version":"1.2","resource_changes":[{change}]}}"#),
        )
        .unwrap();
        let mut plans = Plans::default();
        assert_eq!(plans.get(&path).unwrap().inputs.len(), 1);
        std::fs::write(&path, "nothing").unwrap();
        let other = folder.path().join(".").join("plan.json");
        assert_eq!(plans.get(&other).unwrap().inputs.len(), 1);
        assert!(plans.get(&folder.path().join("gone.json")).is_err());
    }

    #[test]
    fn a_path_goes_no_way_twice() {
        for (path, short) in [
            ("tests/../a.json", "a.json"),
            ("./a.json", "a.json"),
            ("../a.json", "../a.json"),
            ("../../x/./a.json", "../../x/a.json"),
            ("/x/../a.json", "/a.json"),
        ] {
            assert_eq!(shortened(Path::new(path)), PathBuf::from(short), "{path}");
        }
    }
}
