//! From what a plan knows of a resource to the ARNs that an action works on.

use std::collections::BTreeSet;

use leastpriv_catalog::Action;
use leastpriv_policy::narrow::Wanted;

use super::super::resources::{Place, Seek, Words, folded, placeholders, plain};
use super::handlers;
use super::names::{
    aliases, bare, before, called_by, ended, is_name, is_own, is_own_name, is_place, last_of_arn, says, takes_one,
};
use crate::sources::{Applied, Reference, Values};

/// Attributes whose meaning depends on whose they are.
const OF_ANY: [&str; 4] = ["id", "name", "arn", "policy"];

/// The resources of a plan, to find what they refer to.
pub(super) struct Resources<'p> {
    all: &'p [Applied],
    /// The one partition that their ARNs are in.
    partition: Option<String>,
}

/// A resource as it is before or after the change.
#[derive(Clone, Copy)]
pub(super) struct Subject<'p> {
    values: &'p Values,
    nouns: &'p [String],
    place: &'p Place,
}

impl<'p> Subject<'p> {
    pub(super) fn new(values: &'p Values, nouns: &'p [String], place: &'p Place) -> Self {
        Self { values, nouns, place }
    }
}

impl<'p> Resources<'p> {
    pub(super) fn new(all: &'p [Applied]) -> Self {
        Self {
            all,
            partition: only_partition(all),
        }
    }

    /// The one partition that the ARNs of the plan are in.
    pub(super) fn partition(&self) -> Option<&str> {
        self.partition.as_deref()
    }

    /// The resources of an action.
    pub(super) fn wanted(&self, action: Action, subject: Subject<'_>) -> Wanted {
        let Place {
            partition,
            region,
            account,
        } = subject.place;
        if action.service().prefix() == "apigateway" {
            // Its resources are paths, and what is made below a path is asked of the path.
            return Wanted::Some(vec![format!("arn:{partition}:apigateway:{region}::/*")]);
        }
        if action.full_name() == "iam:CreateServiceLinkedRole" {
            // AWS names the role, and puts it below this path.
            return Wanted::Some(vec![format!("arn:{partition}:iam::{account}:role/aws-service-role/*")]);
        }
        let words = self.spoken(action, subject);
        // Other resources of the type may be named beside one that is still to be made.
        let is_made = !subject.values.texts.contains_key("arn");
        let spells = |entry| is_made && is_own(action, entry, subject.nouns);
        let seek = |needs_each| Seek {
            needs_each,
            spells: &spells,
        };
        let found = seek(true).wanted(action, &words, subject.place);
        if found == Wanted::unknown() && takes_one(action) {
            return seek(false).wanted(action, &words, subject.place);
        }
        found
    }

    /// What the values say for the ARNs of an action.
    fn spoken(&self, action: Action, subject: Subject<'_>) -> Words {
        let mut words = words(subject.values);
        for entry in action.resource_types() {
            let is_own = is_own(action, entry, subject.nouns);
            let name = folded(entry.resource.name());
            for format in entry.resource.arn_formats() {
                let names = placeholders(format);
                for placeholder in names.iter().filter(|name| !is_place(name)) {
                    if words.has(placeholder) {
                        continue;
                    }
                    let found = if is_own {
                        let is_own_name = is_own_name(placeholder, &names, subject.nouns);
                        self.own(subject, placeholder, is_own_name)
                    } else if names.last() == Some(placeholder) {
                        self.other(subject.values, &name, placeholder)
                    } else {
                        self.other(subject.values, &bare(placeholder), placeholder)
                    };
                    let before = before(format, placeholder);
                    for text in &found {
                        words.add_pattern(placeholder, text.strip_prefix(before).unwrap_or(text).to_owned());
                    }
                }
            }
        }
        words
    }

    /// What stands for a placeholder in the ARN of what is made; anything where that is not known.
    fn own(&self, subject: Subject<'_>, placeholder: &str, is_own_name: bool) -> Vec<String> {
        let found = if is_own_name {
            self.value(subject.values, subject.nouns, placeholder)
        } else {
            self.other(subject.values, &bare(placeholder), placeholder)
        };
        if found.is_empty() {
            return vec!["*".to_owned()];
        }
        found
    }

    /// What stands for a placeholder in the ARN of another resource, which is called so.
    fn other(&self, values: &Values, name: &str, placeholder: &str) -> Vec<String> {
        let attributes = called_by(name);
        let mut found = self.first(values, &attributes, placeholder);
        if placeholder.ends_with("WithPath") && says(values, &attributes) {
            // The name is written without its path.
            found.extend(found.clone().iter().map(|name| format!("*/{name}")));
        }
        found
    }

    /// The roles that are handed over, and whether one is not known.
    pub(super) fn roles(&self, subject: Subject<'_>) -> (Vec<String>, bool) {
        let mut out: Vec<String> = words(subject.values).roles().into_iter().collect();
        let mut is_open = false;
        for (attribute, references) in &subject.values.unknown {
            let name = folded(attribute);
            if !subject.values.set.contains(attribute) || !(name.contains("role") || name.contains("instanceprofile")) {
                continue;
            }
            let found: Vec<String> = references
                .iter()
                .filter(|one| one.resource_type == "aws_iam_role")
                .flat_map(|one| self.find(one))
                .flat_map(|role| self.role(role, subject.place))
                .collect();
            is_open |= found.is_empty();
            out.extend(found);
        }
        let attributes = subject.values.texts.iter();
        for (_, texts) in attributes.filter(|(attribute, _)| folded(attribute).contains("role")) {
            let named = texts.iter().filter(|text| !text.starts_with("arn:") && is_name(text));
            let partition = &subject.place.partition;
            let account = &subject.place.account;
            for name in named.map(|name| plain(name)) {
                out.push(format!("arn:{partition}:iam::{account}:role/{name}"));
                out.push(format!("arn:{partition}:iam::{account}:role/*/{name}"));
            }
        }
        // A profile hands over its role, which only IAM knows.
        is_open |=
            subject.values.texts.iter().any(|(name, texts)| {
                folded(name).contains("instanceprofile") && texts.iter().any(|text| !text.is_empty())
            });
        out.sort_unstable();
        out.dedup();
        (out, is_open)
    }

    /// The ARN of a role of the plan.
    fn role(&self, values: &Values, place: &Place) -> Vec<String> {
        if !values.arns.is_empty() {
            let known: Vec<String> = words(values).roles().into_iter().collect();
            if !known.is_empty() {
                return known;
            }
        }
        let nouns = ["role".to_owned()];
        let names = self.value(values, &nouns, "RoleNameWithPath").into_iter();
        names
            .map(|name| format!("arn:{}:iam::{}:role/{name}", place.partition, place.account))
            .collect()
    }

    /// What a placeholder stands for in the ARN of a resource.
    fn value(&self, values: &Values, nouns: &[String], placeholder: &str) -> Vec<String> {
        let plain = folded(placeholder);
        // AWS gives ids, but for a secret, whose id is made of its name.
        let is_id = plain.ends_with("id") && plain != "secretid";
        let ends: &[&str] = if is_id {
            &["id", "identifier"]
        } else {
            &["name", "", "identifier"]
        };
        let own: &[&str] = if is_id {
            &["id", "identifier"]
        } else {
            &["name", "identifier"]
        };
        let mut attributes = vec![plain.clone()];
        for noun in nouns {
            attributes.extend(ends.iter().map(|end| format!("{noun}{end}")));
            attributes.extend(aliases(noun));
        }
        attributes.extend(own.iter().map(|&name| name.to_owned()));
        let found = self.first(values, &attributes, placeholder);
        if plain.ends_with("withpath") {
            let path = values.texts.get("path").and_then(|path| path.first());
            let path = path.map_or("", |path| path.trim_start_matches('/'));
            return found.into_iter().map(|name| format!("{path}{name}")).collect();
        }
        found
    }

    /// The patterns of the first attribute that says something.
    fn first(&self, values: &Values, attributes: &[String], placeholder: &str) -> Vec<String> {
        for attribute in attributes {
            let texts = values.texts.iter().filter(|(name, _)| folded(name) == *attribute);
            let texts: Vec<String> = texts
                .flat_map(|(_, texts)| texts)
                .map(|text| last_of_arn(text))
                .filter(|text| is_name(text))
                .map(|text| ended(plain(text), placeholder))
                .collect();
            if !texts.is_empty() {
                return texts;
            }
            let begin = attribute.strip_suffix("name").unwrap_or(attribute);
            let begins = [format!("{attribute}prefix"), format!("{begin}prefix")];
            let prefix = values.texts.iter().find(|(name, _)| begins.contains(&folded(name)));
            if let Some(prefix) = prefix.and_then(|(_, texts)| texts.first()).filter(|text| is_name(text)) {
                return vec![ended(format!("{}*", plain(prefix)), placeholder)];
            }
            let unknown = values.unknown.iter().find(|(name, _)| folded(name) == *attribute);
            let Some((_, references)) = unknown else { continue };
            let references = self.resources_of(references);
            let [reference] = references.as_slice() else {
                return vec!["*".to_owned()];
            };
            let found: Vec<String> = self
                .find(reference)
                .flat_map(|other| {
                    if let Some(texts) = other.texts.get(&reference.attribute) {
                        return texts
                            .iter()
                            .filter(|text| is_name(text))
                            .map(|text| ended(plain(text), placeholder))
                            .collect();
                    }
                    let nouns = handlers::of(&reference.resource_type, false).map(|handlers| handlers.nouns);
                    // What the other one refers to in turn is not followed.
                    let known = Values {
                        texts: other.texts.clone(),
                        ..Values::default()
                    };
                    self.value(&known, &nouns.unwrap_or_default(), placeholder)
                })
                .collect();
            return if found.is_empty() { vec!["*".to_owned()] } else { found };
        }
        Vec::new()
    }

    /// The references to resources of the plan, each resource once.
    fn resources_of(&self, references: &[Reference]) -> Vec<Reference> {
        let mut out: Vec<Reference> = Vec::new();
        for reference in references {
            let is_twin =
                |one: &&mut Reference| (&one.resource_type, &one.name) == (&reference.resource_type, &reference.name);
            if self.find(reference).next().is_some() && out.iter_mut().find(is_twin).is_none() {
                out.push(reference.clone());
            }
        }
        out
    }

    /// The instances that a reference means.
    fn find<'s>(&'s self, reference: &'s Reference) -> impl Iterator<Item = &'s Values> {
        let values = self
            .all
            .iter()
            .filter(|one| one.resource_type == reference.resource_type && !one.is_data)
            .filter_map(|one| one.after.as_ref());
        values.filter(|values| (&values.module, &values.name) == (&reference.module, &reference.name))
    }
}

fn only_partition(all: &[Applied]) -> Option<String> {
    let values = all.iter().flat_map(|one| [&one.before, &one.after]).flatten();
    let arns = values.flat_map(|values| &values.arns);
    let partitions: BTreeSet<&str> = arns.filter_map(|arn| arn.split(':').nth(1)).collect();
    let mut partitions = partitions.into_iter();
    match (partitions.next(), partitions.next()) {
        (Some(one), None) => Some(one.to_owned()),
        _ => None,
    }
}

/// What the values say whoever they are of.
fn words(values: &Values) -> Words {
    let mut out = Words::default();
    out.extend_arns(values.arns.iter().cloned());
    for (name, texts) in &values.texts {
        if !OF_ANY.contains(&name.as_str()) {
            texts
                .iter()
                .filter(|text| is_name(text))
                .for_each(|text| out.add(name, text));
            texts
                .iter()
                .filter(|text| text.starts_with("https://"))
                .for_each(|text| out.add(name, text));
        }
    }
    out.add_queue();
    out
}
