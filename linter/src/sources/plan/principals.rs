//! Whose policies the policies of a plan are: roles, users and groups of IAM, and roles of the AWS secrets engine.

use leastpriv_policy::json::Value;

use super::super::{Attached, Principal};
use super::attributes::text;
use super::configuration::{Configuration, Setting};
use super::references::References;
use super::resource::{Path, Resource};

/// Those that policies are attached to: the type, and the attributes that name one of it or several.
const ATTACHABLE: [(&str, &str, &str, &str); 3] = [
    (ROLE, "role", "role_name", "roles"),
    (USER, "user", "user_name", "users"),
    (GROUP, "group", "group_name", "groups"),
];

/// The resources that put users into groups: the type, the attribute of the users and that of the groups.
const MEMBERSHIPS: [(&str, &str, &str); 2] = [
    ("aws_iam_user_group_membership", "user", "groups"),
    ("aws_iam_group_membership", "users", "group"),
];

const ROLE: &str = "aws_iam_role";
const USER: &str = "aws_iam_user";
const GROUP: &str = "aws_iam_group";
const ENGINE_ROLES: [&str; 2] = ["vault_aws_secret_backend_role", "leastpriv_aws_secret_backend_role"];

/// What an attachment holds.
#[derive(Clone, Copy)]
enum Content {
    /// A document.
    Document(&'static str),
    /// ARNs of managed policies.
    Arns(&'static str),
}

/// What a type of resources attaches: to a type of principals, whom the attribute names, and the policies.
fn attachments(kind: &str) -> Vec<(&'static str, &'static str, Content)> {
    let of = |(whom, name, full_name, names): (&'static str, &'static str, &'static str, &'static str)| {
        let after = |prefix: &str| kind.strip_prefix(prefix)?.strip_prefix(name);
        let (attribute, content) = match (kind, after("aws_iam_"), after("awscc_iam_")) {
            ("aws_iam_policy_attachment", _, _) => (names, Content::Arns("policy_arn")),
            ("awscc_iam_managed_policy", _, _) => (names, Content::Document("policy_document")),
            (_, Some("_policy"), _) => (name, Content::Document("policy")),
            (_, _, Some("_policy")) => (full_name, Content::Document("policy_document")),
            (_, Some("_policy_attachment"), _) => (name, Content::Arns("policy_arn")),
            (_, Some("_policy_attachments_exclusive"), _) => (full_name, Content::Arns("policy_arns")),
            _ => return None,
        };
        Some((whom, attribute, content))
    };
    ATTACHABLE.into_iter().filter_map(of).collect()
}

/// What an attribute points to.
enum Target<'v> {
    /// A name or an ARN.
    Text(&'v str),
    /// A resource of the plan.
    Resource(&'v str),
    /// Something that is not known before apply.
    Unknown,
}

/// Reads the principals of a plan, in the order of their addresses.
pub(in super::super) fn principals(plan: &Value) -> Vec<Principal> {
    let resources: Vec<Resource<'_>> = super::changes(plan).into_iter().filter_map(Resource::of).collect();
    let resources = resources.as_slice();
    let configuration = &Configuration::of(plan);
    let reader = Reader {
        resources,
        configuration,
        references: References {
            resources,
            configuration,
        },
    };
    let mut out: Vec<Principal> = resources
        .iter()
        .filter_map(|resource| reader.principal(resource))
        .collect();
    for resource in resources {
        reader.attach(resource, &mut out);
    }
    for resource in resources {
        reader.join(resource, &mut out);
    }
    let engine = resources.iter().filter(|one| ENGINE_ROLES.contains(&one.kind));
    let of_engine: Vec<Principal> = engine.flat_map(|role| reader.engine_role(role, &out)).collect();
    out.extend(of_engine);
    out.sort_by(|one, other| (&one.address, &one.via).cmp(&(&other.address, &other.via)));
    out
}

/// The ARNs of the resources of a plan, by address.
pub(in super::super) fn arns(plan: &Value) -> Vec<(String, String)> {
    let resources = super::changes(plan).into_iter().filter_map(Resource::of);
    let known = resources.filter_map(|one| Some((one.address.to_owned(), text(one.after, "arn")?.to_owned())));
    known.collect()
}

struct Reader<'a, 'v> {
    resources: &'a [Resource<'v>],
    configuration: &'a Configuration<'v>,
    references: References<'a, 'v>,
}

impl<'v> Reader<'_, 'v> {
    /// A role, user or group with what its own attributes hold.
    fn principal(&self, resource: &Resource<'v>) -> Option<Principal> {
        if resource.is_data || ![ROLE, USER, GROUP].contains(&resource.kind) {
            return None;
        }
        let own = |name: &str| {
            text(resource.after, name)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let mut out = Principal {
            address: resource.address.to_owned(),
            resource_type: resource.kind.to_owned(),
            via: None,
            name: own("name"),
            arn: own("arn"),
            identity: Vec::new(),
            boundary: self.policies(resource, "permissions_boundary"),
            session: None,
        };
        if resource.kind == ROLE {
            out.identity.push(here(resource, "inline_policy"));
            out.identity.extend(self.policies(resource, "managed_policy_arns"));
        }
        Some(out)
    }

    /// Gives what a resource attaches to those it names.
    fn attach(&self, resource: &Resource<'v>, principals: &mut [Principal]) {
        if resource.is_data {
            return;
        }
        for (whom, attribute, content) in attachments(resource.kind) {
            let attached = match content {
                Content::Document(document) => vec![here(resource, document)],
                Content::Arns(arns) => self.policies(resource, arns),
            };
            for target in self.principals_at(resource, attribute, whom) {
                let of_kind = principals.iter_mut().filter(|one| one.resource_type == whom);
                for principal in of_kind {
                    match target.is_of(principal) {
                        Some(true) => principal.identity.extend(attached.iter().cloned()),
                        Some(false) => {}
                        None => principal.identity.push(Attached::Unknown(format!(
                            "whom `{}` is attached to is known only after apply",
                            resource.address
                        ))),
                    }
                }
            }
        }
    }

    /// Gives users the policies of their groups.
    fn join(&self, resource: &Resource<'v>, principals: &mut [Principal]) {
        let membership = MEMBERSHIPS.iter().find(|(kind, _, _)| *kind == resource.kind);
        let Some((_, users, groups)) = membership.filter(|_| !resource.is_data) else {
            return;
        };
        let groups = self.targets(resource, groups);
        let policies: Vec<Attached> = groups.iter().flat_map(|group| of_group(group, principals)).collect();
        for user in self.principals_at(resource, users, USER) {
            let members = principals.iter_mut().filter(|one| one.resource_type == USER);
            for member in members {
                match user.is_of(member) {
                    Some(true) => member.identity.extend(policies.iter().cloned()),
                    Some(false) => {}
                    None => member.identity.push(Attached::Unknown(format!(
                        "whom `{}` puts into groups is known only after apply",
                        resource.address
                    ))),
                }
            }
        }
    }

    /// Who gets credentials of a role of the secrets engine: one for each role of IAM that it may assume.
    fn engine_role(&self, resource: &Resource<'v>, principals: &[Principal]) -> Vec<Principal> {
        let mut own = vec![here(resource, "policy_document")];
        own.extend(self.policies(resource, "policy_arns"));
        let groups = self.targets(resource, "iam_groups");
        own.extend(groups.iter().flat_map(|group| of_group(group, principals)));
        let base = Principal {
            address: resource.address.to_owned(),
            resource_type: resource.kind.to_owned(),
            via: None,
            name: text(resource.after, "name").map(str::to_owned),
            arn: None,
            identity: Vec::new(),
            boundary: Vec::new(),
            session: None,
        };
        let session = ["policy_document", "policy_arns", "iam_groups"]
            .iter()
            .any(|name| !self.targets(resource, name).is_empty())
            .then(|| own.clone());
        let not_here = |what: String| vec![Attached::Unknown(format!("the policies of {what} are not in the plan"))];
        match text(resource.after, "credential_type") {
            Some("iam_user") => vec![Principal {
                identity: own,
                boundary: self.policies(resource, "permissions_boundary_arn"),
                ..base
            }],
            Some("assumed_role") => {
                let roles = self.targets(resource, "role_arns").into_iter().map(|role| {
                    let found = principals
                        .iter()
                        .find(|one| one.resource_type == ROLE && role.is_of(one) == Some(true));
                    let via = match (&role, found) {
                        (_, Some(found)) => found.address.clone(),
                        (Target::Text(arn), None) => (*arn).to_owned(),
                        (Target::Resource(address), None) => (*address).to_owned(),
                        (Target::Unknown, None) => "a role that is known only after apply".to_owned(),
                    };
                    Principal {
                        identity: found.map_or_else(|| not_here(format!("`{via}`")), |found| found.identity.clone()),
                        boundary: found.map(|found| found.boundary.clone()).unwrap_or_default(),
                        arn: found.and_then(|found| found.arn.clone()),
                        session: session.clone(),
                        via: Some(via),
                        ..base.clone()
                    }
                });
                roles.collect()
            }
            _ => vec![Principal {
                identity: not_here("the engine's own user".to_owned()),
                session,
                ..base
            }],
        }
    }

    /// The managed policies that an attribute names.
    fn policies(&self, resource: &Resource<'v>, attribute: &str) -> Vec<Attached> {
        let targets = self.targets(resource, attribute).into_iter();
        targets
            .map(|target| self.policy(resource, attribute, &target))
            .collect()
    }

    fn policy(&self, resource: &Resource<'v>, attribute: &str, target: &Target<'v>) -> Attached {
        let mut policies = self
            .resources
            .iter()
            .filter(|one| one.kind == "aws_iam_policy" && !one.is_data);
        match target {
            Target::Text(arn) => match policies.find(|policy| text(policy.after, "arn") == Some(arn)) {
                Some(policy) => here(policy, "policy"),
                None => Attached::Managed {
                    arn: (*arn).to_owned(),
                    sensitive: resource.is_sensitive(&Path::to(attribute, None, None)),
                },
            },
            Target::Resource(address) => match policies.find(|policy| policy.address == *address) {
                Some(policy) => here(policy, "policy"),
                None => Attached::Unknown(format!("the document of `{address}` is not in the plan")),
            },
            Target::Unknown => Attached::Unknown(format!(
                "`{attribute}` of `{}` is known only after apply",
                resource.address
            )),
        }
    }

    /// Whom an attribute names. A name that is made of something else may be anybody's.
    fn principals_at(&self, resource: &Resource<'v>, attribute: &str, kind: &str) -> Vec<Target<'v>> {
        let is_one = |address: &str| {
            self.resources
                .iter()
                .any(|one| one.kind == kind && one.address == address)
        };
        let targets = self.targets(resource, attribute).into_iter();
        targets
            .map(|target| match target {
                Target::Resource(address) if !is_one(address) => Target::Unknown,
                target => target,
            })
            .collect()
    }

    /// What an attribute, or each of its elements, points to. What nobody set points to nothing.
    fn targets(&self, resource: &Resource<'v>, attribute: &str) -> Vec<Target<'v>> {
        let mut out = Vec::new();
        if let Some(value) = resource.after.get(attribute) {
            let items = value.as_array().unwrap_or(std::slice::from_ref(value));
            let texts = items.iter().filter_map(Value::as_str);
            out.extend(texts.filter(|text| !text.trim().is_empty()).map(Target::Text));
        }
        if !resource.is_unknown(attribute) {
            return out;
        }
        match self.configuration.setting(resource, attribute) {
            Setting::NotSet => {}
            Setting::Set(expression) => match self.references.of(resource, expression) {
                Some(found) => out.extend(found.into_iter().map(Target::Resource)),
                None => out.push(Target::Unknown),
            },
            Setting::Unclear => out.push(Target::Unknown),
        }
        out
    }
}

fn here(resource: &Resource<'_>, attribute: &str) -> Attached {
    Attached::Here {
        address: resource.address.to_owned(),
        attribute: attribute.to_owned(),
    }
}

/// The policies of a group.
fn of_group(group: &Target<'_>, principals: &[Principal]) -> Vec<Attached> {
    let mut groups = principals.iter().filter(|one| one.resource_type == GROUP);
    let found = groups.find(|one| group.is_of(one) == Some(true));
    match (found, group) {
        (Some(found), _) => found.identity.clone(),
        (None, Target::Text(name) | Target::Resource(name)) => {
            vec![Attached::Unknown(format!(
                "the policies of the group `{name}` are not in the plan"
            ))]
        }
        (None, Target::Unknown) => vec![Attached::Unknown(
            "which group it is in is known only after apply".to_owned(),
        )],
    }
}

impl Target<'_> {
    /// Whether it is a principal; nothing where that is not known.
    fn is_of(&self, principal: &Principal) -> Option<bool> {
        match self {
            Self::Text(text) => {
                let is = |known: &Option<String>| known.as_deref() == Some(text);
                Some(is(&principal.name) || is(&principal.arn))
            }
            Self::Resource(address) => Some(principal.address == *address),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::json;

    use super::*;

    fn read(changes: &str, configuration: &str) -> Vec<Principal> {
        let text = format!(
            r#"{{"resource_changes":[{changes}],"configuration":{{"root_module":{{"resources":[{configuration}]}}}}}}"#
        );
        let (plan, problems) = json::parse(&text);
        assert!(problems.is_empty(), "{problems:?}");
        principals(&plan)
    }

    fn change(kind: &str, name: &str, key: &str, after: &str, unknown: &str) -> String {
        let address = format!("{kind}.{name}{key}").replace('"', "\\\"");
        format!(
            r#"{{"address":"{address}","mode":"managed","type":"{kind}","name":"{name}","change":{{"after":{after},"after_unknown":{unknown}}}}}"#
        )
    }

    fn here_at(address: &str, attribute: &str) -> Attached {
        Attached::Here {
            address: address.to_owned(),
            attribute: attribute.to_owned(),
        }
    }

    const ATTACHES: &str =
        r#"{"address":"aws_iam_role_policy.p","expressions":{"role":{"references":["aws_iam_role.r","each.key"]}}}"#;

    #[test]
    fn an_instance_refers_to_the_instance_of_its_own_key() {
        let role = |key: &str| change("aws_iam_role", "r", key, "{}", r#"{"name":true}"#);
        let policy = |key: &str| change("aws_iam_role_policy", "p", key, "{}", r#"{"role":true}"#);
        let (a, b) = (r#"["p.r"]"#, r#"["b"]"#);
        let found = read(&[role(a), role(b), policy(a), policy(b)].join(","), ATTACHES);
        assert_eq!(found.len(), 2);
        for (principal, key) in found.iter().zip([b, a]) {
            assert_eq!(principal.address, format!("aws_iam_role.r{key}"));
            assert_eq!(
                principal.identity,
                [
                    here_at(&principal.address, "inline_policy"),
                    here_at(&format!("aws_iam_role_policy.p{key}"), "policy")
                ]
            );
        }
        // One policy of one of them is of nobody knows whom.
        let found = read(&[role(a), role(b), policy("")].join(","), ATTACHES);
        assert!(
            found
                .iter()
                .all(|one| matches!(one.identity.as_slice(), [_, Attached::Unknown(_)])),
            "{found:#?}"
        );
    }

    #[test]
    fn every_way_to_attach_is_known() {
        let document = r#"{"Statement":[]}"#.replace('"', "\\\"");
        for (kind, name) in [(ROLE, "role"), (USER, "user"), (GROUP, "group")] {
            for (attachment, after) in [
                (format!("aws_iam_{name}_policy"), format!(r#"{{"{name}":"x"}}"#)),
                (
                    format!("awscc_iam_{name}_policy"),
                    format!(r#"{{"{name}_name":"x","policy_document":"{document}"}}"#),
                ),
                (
                    format!("aws_iam_{name}_policy_attachment"),
                    format!(r#"{{"{name}":"x","policy_arn":"a"}}"#),
                ),
                (
                    format!("aws_iam_{name}_policy_attachments_exclusive"),
                    format!(r#"{{"{name}_name":"x","policy_arns":["a"]}}"#),
                ),
                (
                    "aws_iam_policy_attachment".to_owned(),
                    format!(r#"{{"{name}s":["x"],"policy_arn":"a"}}"#),
                ),
                (
                    "awscc_iam_managed_policy".to_owned(),
                    format!(r#"{{"{name}s":["x"],"policy_document":"{document}"}}"#),
                ),
            ] {
                let resources = [
                    change(kind, "p", "", r#"{"name":"x"}"#, "{}"),
                    change(&attachment, "a", "", &after, "{}"),
                ];
                let found = read(&resources.join(","), "");
                let of_attachment = found[0].identity.iter().filter(|one| match one {
                    Attached::Here { address, .. } => address.starts_with(&attachment),
                    Attached::Managed { arn, .. } => arn == "a",
                    Attached::Unknown(_) => false,
                });
                assert_eq!(of_attachment.count(), 1, "{attachment} {after}");
            }
        }
    }

    #[test]
    fn an_instance_that_is_named_is_the_one_that_is_meant() {
        let role = |key: &str| change("aws_iam_role", "r", key, "{}", r#"{"name":true}"#);
        let (a, b) = (r#"["a"]"#, r#"["b"]"#);
        let policy = |key: &str| change("aws_iam_role_policy", "p", key, "{}", r#"{"role":true}"#);
        let attaches = |references: &str| {
            format!(r#"{{"address":"aws_iam_role_policy.p","expressions":{{"role":{{"references":[{references}]}}}}}}"#)
        };
        let of = |changes: &[String], references: &str| -> Vec<Vec<Attached>> {
            let found = read(&changes.join(","), &attaches(references));
            found.into_iter().map(|one| one.identity[1..].to_vec()).collect()
        };
        let named = r#""aws_iam_role.r[\"b\"].name","aws_iam_role.r[\"b\"]","aws_iam_role.r""#;
        for key in ["", a, b] {
            let attached = here_at(&format!("aws_iam_role_policy.p{key}"), "policy");
            let found = of(&[role(a), role(b), policy(key)], named);
            assert_eq!(found, [vec![], vec![attached]], "{key}");
        }
        let gone = of(&[role(a), policy(a)], named);
        assert!(matches!(gone[0].as_slice(), [Attached::Unknown(_)]), "{gone:?}");
        // All of them at once, which no key tells apart.
        let all = of(&[role(a), role(b), policy(a)], r#""aws_iam_role.r""#);
        assert!(
            all.iter().all(|one| matches!(one.as_slice(), [Attached::Unknown(_)])),
            "{all:?}"
        );
    }

    #[test]
    fn a_name_that_is_made_of_something_else_may_be_anybodys() {
        let attaches = r#"{"address":"aws_iam_role_policy.p","expressions":{"role":{"references":["random_id.x.hex","random_id.x"]}}}"#;
        let found = read(
            &[
                change("random_id", "x", "", "{}", r#"{"hex":true}"#),
                change("aws_iam_role", "r", "", "{}", r#"{"name":true}"#),
                change("aws_iam_role_policy", "p", "", "{}", r#"{"role":true}"#),
            ]
            .join(","),
            attaches,
        );
        assert!(
            matches!(found[0].identity.as_slice(), [_, Attached::Unknown(_)]),
            "{found:?}"
        );
    }

    #[test]
    fn a_policy_that_is_attached_to_many_is_of_each() {
        let named = |kind: &str, name: &str| change(kind, name, "", &format!(r#"{{"name":"{name}"}}"#), "{}");
        let attachment =
            r#"{"roles":["r"],"users":["u"],"groups":["g","far"],"policy_arn":"arn:aws:iam::aws:policy/X"}"#;
        let membership = r#"{"users":["u"],"group":"g"}"#;
        let found = read(
            &[
                named(ROLE, "r"),
                named(USER, "u"),
                named(GROUP, "g"),
                named(ROLE, "other"),
                change("aws_iam_policy_attachment", "a", "", attachment, "{}"),
                change("aws_iam_group_membership", "m", "", membership, "{}"),
            ]
            .join(","),
            "",
        );
        let managed = Attached::Managed {
            arn: "arn:aws:iam::aws:policy/X".to_owned(),
            sensitive: false,
        };
        let counts: Vec<(&str, usize)> = found
            .iter()
            .map(|one| {
                let times = one.identity.iter().filter(|attached| **attached == managed).count();
                (one.address.as_str(), times)
            })
            .collect();
        assert_eq!(
            counts,
            [
                ("aws_iam_group.g", 1),
                ("aws_iam_role.other", 0),
                ("aws_iam_role.r", 1),
                // Directly and as a member.
                ("aws_iam_user.u", 2)
            ]
        );
    }
}
