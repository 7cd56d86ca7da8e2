//! AWS services, actions, resource types and condition keys, as an embedded table that is looked up in place.
//!
//! The facts come from `data/catalog.txt`, which `cargo xtask catalog` makes from public sources; `build.rs` packs it.
//! Here live the lookups and the handles they give. What does not belong here: judgement of a policy, a level that is
//! not AWS's own, reading of files, and anything that can panic.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod key;
mod layout;
mod lookup;
mod near;
mod service;
mod table;
mod template;

pub use key::{ConditionKey, KeyLookup, KeyType};
pub use lookup::{Catalog, Source, Tombstone, catalog};
pub use service::{AccessLevel, Action, ActionId, ActionResource, ResourceType, Service};

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use super::{AccessLevel, Action, ActionId, ConditionKey, KeyLookup, KeyType, ResourceType, Service, catalog};

    const TEXT: &str = include_str!("../data/catalog.txt");

    fn known(key: &str) -> ConditionKey {
        match catalog().condition_key(key) {
            KeyLookup::Known(found) => found,
            other => panic!("`{key}` is {other:?}"),
        }
    }

    /// The first field after the kind of every line of one kind in a block.
    fn names<'t>(block: &'t str, kind: &str) -> Vec<&'t str> {
        let lines = block.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        lines
            .filter(|fields| fields.first() == Some(&kind))
            .filter_map(|fields| fields.get(1).copied())
            .collect()
    }

    #[test]
    fn holds_what_the_text_holds() {
        let text_names = |kind| names(TEXT, kind);
        assert_eq!(
            catalog().services().map(Service::prefix).collect::<Vec<_>>(),
            text_names("service")
        );
        let actions = catalog().services().flat_map(Service::actions);
        assert_eq!(actions.map(Action::name).collect::<Vec<_>>(), text_names("action"));
        let resources = catalog().services().flat_map(Service::resource_types);
        assert_eq!(
            resources.map(ResourceType::name).collect::<Vec<_>>(),
            text_names("resource")
        );
        assert_eq!(
            catalog().sources().iter().map(|source| source.name).collect::<Vec<_>>(),
            text_names("source")
        );
        assert!(catalog().services().count() >= 457);
        assert!(catalog().action_count() >= 22_000);
        assert!(catalog().date() >= "2026-10-27");
    }

    #[test]
    fn text_is_sorted() {
        for block in TEXT.split("\n\n") {
            for kind in ["source", "service", "action", "resource", "key"] {
                let folded: Vec<String> = names(block, kind)
                    .iter()
                    .map(|name| name.to_ascii_lowercase())
                    .collect();
                assert!(
                    folded.is_sorted_by(|left, right| left < right),
                    "{kind} lines in {:?}",
                    block.lines().next()
                );
            }
        }
    }

    #[test]
    fn every_action_is_found_by_number_and_by_name() {
        let mut next = 0;
        for service in catalog().services() {
            assert_eq!(catalog().service(&service.prefix().to_ascii_uppercase()), Some(service));
            assert_eq!(service.action_ids().start, next);
            for action in service.actions() {
                assert_eq!(action.id(), ActionId(next));
                assert_eq!(action.service(), service);
                assert_eq!(catalog().action_at(ActionId(next)), Some(action));
                assert_eq!(
                    catalog().action(service.prefix(), &action.name().to_ascii_lowercase()),
                    Some(action)
                );
                next += 1;
            }
            assert_eq!(service.action_ids().end, next);
        }
        assert_eq!(next as usize, catalog().action_count());
        assert_eq!(catalog().action_at(ActionId(next)), None);
        assert_eq!(catalog().action_at(ActionId(u32::MAX)), None);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        for service in catalog().services() {
            let own: BTreeSet<_> = service.resource_types().collect();
            for resource in &own {
                assert!(!resource.name().is_empty());
                assert!(resource.arn_formats().next().is_some(), "{service:?} {resource:?}");
                assert!(
                    resource.arn_formats().all(|format| format.starts_with("arn:")),
                    "{service:?} {resource:?}"
                );
            }
            for action in service.actions() {
                assert!(
                    action.resource_types().all(|entry| own.contains(&entry.resource)),
                    "{action:?}"
                );
                assert!(
                    action.condition_keys().all(|key| key.name().contains(':')),
                    "{action:?}"
                );
            }
            for key in service.condition_keys() {
                assert_eq!(known(key.name()), key);
            }
        }
    }

    #[test]
    fn knows_the_actions_everybody_uses() {
        let get_object = catalog().action("S3", "getobject").unwrap();
        assert_eq!(
            (get_object.name(), get_object.level()),
            ("GetObject", AccessLevel::Read)
        );
        let object = get_object
            .resource_types()
            .find(|entry| entry.resource.name() == "object")
            .unwrap();
        assert!(
            object
                .resource
                .arn_formats()
                .any(|format| format == "arn:${Partition}:s3:::${BucketName}/${ObjectName}")
        );
        assert!(
            get_object
                .condition_keys()
                .any(|key| key.name() == "s3:ExistingObjectTag/<key>")
        );

        let pass_role = catalog().action("iam", "PassRole").unwrap();
        assert_eq!(pass_role.level(), AccessLevel::Write);
        assert!(
            pass_role
                .resource_types()
                .all(|entry| entry.required && entry.resource.name() == "role")
        );
        assert!(pass_role.supports_resource_level());
        assert!(
            pass_role
                .condition_keys()
                .any(|key| key.name() == "iam:PassedToService")
        );

        let attach = catalog().action("iam", "AttachRolePolicy").unwrap();
        assert_eq!(attach.level(), AccessLevel::PermissionsManagement);
        assert_eq!(
            catalog().action("ec2", "CreateTags").unwrap().level(),
            AccessLevel::Tagging
        );
        let list_buckets = catalog().action("s3", "ListAllMyBuckets").unwrap();
        assert_eq!(list_buckets.level(), AccessLevel::List);
        assert!(!list_buckets.supports_resource_level());
        assert_eq!(catalog().action("s3", "GetObejct"), None);
        assert_eq!(catalog().action("s4", "GetObject"), None);
    }

    #[test]
    fn counts_the_parts_of_a_small_service() {
        let sqs = catalog().service("sqs").unwrap();
        assert_eq!(sqs.actions().count(), 20);
        assert_eq!(
            sqs.resource_types().map(ResourceType::name).collect::<Vec<_>>(),
            ["queue"]
        );
        assert_eq!(sqs.condition_keys().count(), 3);
    }

    #[test]
    fn knows_the_global_keys() {
        let global = TEXT.split("\n\n").find(|block| block.starts_with("global\n")).unwrap();
        let keys = names(global, "key");
        assert_eq!(keys.len(), 63);
        for key in keys {
            assert_eq!(
                catalog().global_key(&key.to_ascii_uppercase()).map(ConditionKey::name),
                Some(key)
            );
        }
        let paths = catalog().global_key("aws:principalorgpaths").unwrap();
        assert_eq!((paths.key_type(), paths.multivalued()), (KeyType::String, true));
        let address = catalog().global_key("aws:SourceIp").unwrap();
        assert_eq!((address.key_type(), address.multivalued()), (KeyType::IpAddress, false));
        assert_eq!(
            catalog().global_key("aws:MultiFactorAuthPresent").unwrap().key_type(),
            KeyType::Bool
        );
        assert_eq!(catalog().global_key("aws:SourceArn").unwrap().key_type(), KeyType::Arn);
        assert_eq!(
            catalog().global_key("aws:CurrentTime").unwrap().key_type(),
            KeyType::Date
        );
        assert_eq!(
            catalog().global_key("aws:PrincipalTag/Team").unwrap().name(),
            "aws:PrincipalTag/${TagKey}"
        );
        assert_eq!(catalog().global_key("s3:prefix"), None);
        assert_eq!(catalog().global_key("aws:PrincipalOrgMasterAccountId"), None);
    }

    #[test]
    fn knows_keys_by_template() {
        assert_eq!(known("AWS:requesttag/cost:center/a").name(), "aws:RequestTag/${TagKey}");
        assert_eq!(known("s3:existingobjecttag/Class").name(), "s3:ExistingObjectTag/<key>");
        let variable = known("codebuild:environment.environmentVariables/MY.NAME.value");
        assert_eq!(
            variable.name(),
            "codebuild:environment.environmentVariables/${name}.value"
        );
        assert!(known("aws:TagKeys").multivalued());
        assert_eq!(known("s3:max-keys").key_type(), KeyType::Numeric);
    }

    #[test]
    fn knows_the_claims_of_identity_providers() {
        for key in [
            "token.actions.githubusercontent.com:sub",
            "token.actions.githubusercontent.com:repository",
            "token.actions.githubusercontent.com/acme:job_workflow_ref",
            "saml:aud",
            "cognito-identity.amazonaws.com:aud",
            "accounts.google.com:aud",
            "graph.facebook.com:id",
            "www.amazon.com:user_id",
            "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF:sub",
            "agent.acme.buildkite.dev:cluster_id",
        ] {
            known(key);
        }
        assert!(known("cognito-identity.amazonaws.com:amr").multivalued());
        assert_eq!(
            catalog().condition_key("login.example.com:department"),
            KeyLookup::UnknownService
        );
        assert_eq!(
            catalog().condition_key("saml:department"),
            KeyLookup::UnknownKeyOfService
        );
    }

    #[test]
    fn tells_how_a_key_is_unknown() {
        assert_eq!(catalog().condition_key("s3:Prefixx"), KeyLookup::UnknownKeyOfService);
        assert_eq!(
            catalog().condition_key("aws:PrincipalOrgMasterAccountId"),
            KeyLookup::UnknownGlobal
        );
        assert_eq!(catalog().condition_key("aws:RequestTag/"), KeyLookup::UnknownGlobal);
        assert_eq!(catalog().condition_key("nosuch:Thing"), KeyLookup::UnknownService);
        for key in ["", ":", "aws", "aws:", ":SourceIp", "a b:c"] {
            assert_eq!(catalog().condition_key(key), KeyLookup::NotAKey, "{key}");
        }
    }

    #[test]
    fn guesses_what_was_meant() {
        assert_eq!(catalog().near_action("s3", "GetObejct"), Some("GetObject"));
        assert_eq!(catalog().near_action("ec2", "RunInstance"), Some("RunInstances"));
        assert_eq!(catalog().near_action("s3", "MakeCoffee"), None);
        assert_eq!(catalog().near_action("s4", "GetObject"), None);
        assert_eq!(catalog().near_service("dynamdb"), Some("dynamodb"));
        assert_eq!(catalog().near_service("qqqqqqqqq"), None);
        let near = |key| catalog().near_condition_key(key);
        assert_eq!(near("aws:SourceIP4").as_deref(), Some("aws:SourceIp"));
        assert_eq!(near("aws:PrincipleTag/Team").as_deref(), Some("aws:PrincipalTag/Team"));
        assert_eq!(near("aws:PrincipalTag").as_deref(), Some("aws:PrincipalTag/${TagKey}"));
        assert_eq!(near("asw:sourceip").as_deref(), Some("aws:SourceIp"));
        assert_eq!(near("iam:SourceAccount").as_deref(), Some("aws:SourceAccount"));
        assert_eq!(near("aws:Coffee"), None);
        assert_eq!(near("coffee"), None);
    }

    #[test]
    fn remembers_retired_names() {
        let batch = catalog().tombstone_action("SQS", "sendmessagebatch").unwrap();
        assert_eq!(
            (batch.service(), batch.action(), batch.last_seen()),
            ("sqs", Some("SendMessageBatch"), "2020")
        );
        let hub = catalog().tombstone_service("mobilehub").unwrap();
        assert_eq!((hub.service(), hub.action()), ("mobilehub", None));
        assert!(catalog().tombstone_action("mobilehub", "CreateProject").is_some());
        assert_eq!(catalog().tombstone_service("sqs"), None);
        assert_eq!(catalog().tombstone_action("sqs", "SendMessage"), None);
        assert_eq!(catalog().tombstone_action("mobilehub", ""), None);
        for name in names(TEXT, "tombstone") {
            let (service, action) = name.split_once(':').unwrap_or((name, ""));
            let stone = if action.is_empty() {
                assert_eq!(catalog().service(service), None, "{name}");
                catalog().tombstone_service(service)
            } else {
                assert_eq!(catalog().action(service, action), None, "{name}");
                catalog().tombstone_action(service, action)
            };
            assert!(stone.is_some(), "{name}");
        }
    }

    #[test]
    fn tells_services_by_the_namespace_of_their_arns() {
        let prefixes = |ns| {
            catalog()
                .service_of_arn_namespace(ns)
                .map(Service::prefix)
                .collect::<Vec<_>>()
        };
        assert!(prefixes("ec2").contains(&"ebs"));
        assert_eq!(prefixes("sqs"), ["sqs"]);
        assert!(prefixes("nosuch").is_empty());
        assert!(catalog().knows_arn_namespace("s3"));
        assert!(!catalog().knows_arn_namespace("S3"));
        assert!(!catalog().knows_arn_namespace("${Vendor}"));
        assert!(!catalog().knows_arn_namespace(""));
    }
}
