//! From the type of a resource in Terraform to the actions that making, reading, changing and destroying it needs.
//!
//! Most come from CloudFormation's handlers, found by the name of the type; what is named otherwise, and what
//! CloudFormation does not have, stands in a list kept by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use leastpriv_catalog::Action;

use super::super::resources::folded;
use super::super::trail::known;
use crate::sources::Doing;

const HANDLERS: &str = include_str!("data/handlers.txt");
const BY_HAND: &str = include_str!("data/by-hand.txt");

/// What a type needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Handlers {
    /// The actions, each once for what it is needed for.
    pub(super) actions: Vec<Listed>,
    /// What a resource of the type is called in ARNs: `queue`, `securitygroup`.
    pub(super) nouns: Vec<String>,
}

/// An action that may be needed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listed {
    /// The action.
    pub(super) action: Action,
    /// What for.
    pub(super) verb: Doing,
    /// Whether it is needed each time, and not just for some attributes.
    pub(super) is_certain: bool,
}

/// The actions for a type; nothing where it is not known.
pub(super) fn of(resource_type: &str, is_data: bool) -> Option<Handlers> {
    let tables = Tables::get();
    if let Some(name) = resource_type.strip_prefix("awscc_") {
        let block = tables.by_name.get(&folded(name))?;
        let mut out = Handlers::of(&[block], resource_type);
        // The provider calls CloudFormation's handlers through Cloud Control.
        out.add(&tables.by_hand.get("awscc")?.lines, true);
        return Some(out);
    }
    let name = resource_type.strip_prefix("aws_")?;
    let data = is_data.then(|| format!("data.{resource_type}"));
    let of_data = data.and_then(|data| tables.by_hand.get(data.as_str()));
    // A data source of a resource's type reads less than the resource does.
    let is_certain = !is_data || of_data.is_some();
    if let Some(block) = of_data.or_else(|| tables.by_hand.get(resource_type)) {
        let same: Vec<&Block> = block
            .same
            .iter()
            .filter_map(|name| tables.by_name.get(&folded(name.strip_prefix("AWS::")?)))
            .collect();
        let mut out = Handlers::of(&same, resource_type);
        out.add(&block.lines, is_certain);
        return Some(out);
    }
    let block = tables.named(name)?;
    Some(Handlers::of(&[block], resource_type))
}

/// Whether a type is one of AWS's providers.
pub(super) fn is_aws(resource_type: &str) -> bool {
    resource_type.starts_with("aws_") || resource_type.starts_with("awscc_")
}

impl Handlers {
    fn of(blocks: &[&Block], resource_type: &str) -> Self {
        let mut out = Self::default();
        for block in blocks {
            let noun = block.name.rsplit("::").next().unwrap_or_default();
            out.nouns.push(folded(noun));
            out.add(&block.lines, false);
            let certain = certain(block, &folded(noun));
            for listed in &mut out.actions {
                listed.is_certain |= certain.contains(&(listed.verb, listed.action.full_name()));
            }
        }
        // Behind the provider, each rest of the words may be the name: `db_instance`, `instance`.
        let words: Vec<&str> = resource_type.split('_').skip(1).collect();
        for from in 0..words.len() {
            let noun = words.get(from..).unwrap_or_default().concat();
            if !out.nouns.contains(&noun) {
                out.nouns.push(noun);
            }
        }
        out
    }

    fn add(&mut self, lines: &[Line], is_certain: bool) {
        for line in lines {
            let actions: Vec<Action> = line.actions().filter_map(|action| known(&action)).collect();
            for verb in line.verbs() {
                for action in &actions {
                    let twin = self
                        .actions
                        .iter_mut()
                        .find(|listed| (listed.action, listed.verb) == (*action, verb));
                    let is_certain = is_certain && !line.is_optional();
                    match twin {
                        Some(twin) => twin.is_certain |= is_certain,
                        None => self.actions.push(Listed {
                            action: *action,
                            verb,
                            is_certain,
                        }),
                    }
                }
            }
        }
    }
}

/// The actions of a handler that it calls each time: one that it has alone, and the one that is named as the type is, such
/// as `CreateQueue` to create a queue. What an update calls depends on what changes.
fn certain(block: &Block, noun: &str) -> BTreeSet<(Doing, String)> {
    let mut out = BTreeSet::new();
    let own = block.own_service();
    for verb in [Doing::Create, Doing::Read, Doing::Update, Doing::Delete] {
        let lines = block.lines.iter().filter(|line| line.verbs().any(|one| one == verb));
        let actions: Vec<String> = lines.flat_map(Line::actions).collect();
        if let [only] = actions.as_slice() {
            out.insert((verb, only.clone()));
            continue;
        }
        let words: &[&str] = match verb {
            Doing::Create => &["create", "put", "register", "allocate", "request", "add"],
            Doing::Read => &["get", "describe"],
            Doing::Delete => &["delete", "deregister", "release", "remove"],
            Doing::Update => &[],
        };
        let is_named = |action: &&String| {
            let Some((service, name)) = action.split_once(':') else {
                return false;
            };
            let name = name.to_ascii_lowercase();
            let noun_of = words.iter().find_map(|word| name.strip_prefix(word));
            let is_method = service == "apigateway"
                && matches!(
                    (verb, name.as_str()),
                    (Doing::Create, "post") | (Doing::Read, "get") | (Doing::Delete, "delete")
                );
            service == own && (is_method || noun_of.is_some_and(|of| of == noun || of == plural(noun)))
        };
        let named: Vec<&String> = actions.iter().filter(is_named).collect();
        if let [one] = named.as_slice() {
            out.insert((verb, (*one).clone()));
        }
    }
    out
}

fn plural(noun: &str) -> String {
    noun.strip_suffix('y')
        .map_or_else(|| format!("{noun}s"), |rest| format!("{rest}ies"))
}

/// A type and what it needs, as it stands in a table.
struct Block {
    name: &'static str,
    /// Types of CloudFormation that it is.
    same: Vec<&'static str>,
    lines: Vec<Line>,
}

impl Block {
    /// The service that most of its actions are of.
    fn own_service(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for action in self.lines.iter().flat_map(Line::actions) {
            let service = action.split(':').next().unwrap_or_default();
            let count = counts.entry(service.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.map(|(service, _)| service).unwrap_or_default()
    }
}

/// Actions with the verbs that need them.
#[derive(Clone, Copy)]
struct Line {
    verbs: &'static str,
    actions: &'static str,
}

impl Line {
    fn verbs(&self) -> impl Iterator<Item = Doing> + use<> {
        self.verbs.chars().filter_map(|letter| match letter {
            'c' => Some(Doing::Create),
            'r' => Some(Doing::Read),
            'u' => Some(Doing::Update),
            'd' => Some(Doing::Delete),
            _ => None,
        })
    }

    fn is_optional(&self) -> bool {
        self.verbs.ends_with('?')
    }

    fn actions(&self) -> impl Iterator<Item = String> + use<> {
        self.actions.split(' ').flat_map(|service| {
            let (prefix, names) = service.split_once(':').unwrap_or((service, ""));
            names.split(',').map(move |name| format!("{prefix}:{name}"))
        })
    }
}

struct Tables {
    /// CloudFormation's types, by their name without what stands between words.
    by_name: BTreeMap<String, Block>,
    /// Terraform's types.
    by_hand: BTreeMap<&'static str, Block>,
    /// How services are called in Terraform, and in CloudFormation.
    services: Vec<(&'static str, &'static str)>,
}

impl Tables {
    fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Self::read)
    }

    fn read() -> Self {
        let made = blocks(HANDLERS).into_iter().map(|block| {
            let name = block.name.strip_prefix("AWS::").unwrap_or(block.name);
            (folded(name), block)
        });
        let mut services = Vec::new();
        let mut by_hand = BTreeMap::new();
        for block in blocks(BY_HAND) {
            match (block.name, block.same.as_slice()) {
                ("service", &[terraform, cloudformation]) => services.push((terraform, cloudformation)),
                (name, _) => {
                    by_hand.insert(name, block);
                }
            }
        }
        Self {
            by_name: made.collect(),
            by_hand,
            services,
        }
    }

    /// The block of a type by its name behind `aws_`: its own, or that with its service as CloudFormation calls it.
    fn named(&self, name: &str) -> Option<&Block> {
        let plain = folded(name);
        let with_service = self.services.iter().filter_map(|(terraform, cloudformation)| {
            let rest = name.strip_prefix(terraform.trim_end_matches('-'))?;
            self.by_name.get(&format!("{}{}", folded(cloudformation), folded(rest)))
        });
        self.by_name.get(&plain).or_else(|| with_service.into_iter().next())
    }
}

/// The blocks of a table: a line with a name, and what else it is called, and below it lines with verbs and actions.
fn blocks(text: &'static str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let first = fields.next().unwrap_or_default();
        let is_verbs = !first.is_empty() && first.chars().all(|letter| "crud?".contains(letter));
        match (is_verbs, fields.next(), out.last_mut()) {
            (true, Some(actions), Some(block)) => block.lines.push(Line { verbs: first, actions }),
            (_, same, _) => out.push(Block {
                name: first,
                same: same.map(|same| same.split(' ').collect()).unwrap_or_default(),
                lines: Vec::new(),
            }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(resource_type: &str, verb: Doing, is_certain: bool) -> Vec<String> {
        let handlers = of(resource_type, false).unwrap();
        let listed = handlers.actions.iter();
        let mut out: Vec<String> = listed
            .filter(|one| one.verb == verb && one.is_certain == is_certain)
            .map(|one| one.action.full_name())
            .collect();
        out.sort();
        out
    }

    #[test]
    fn types_find_their_handlers() {
        for (resource_type, verb, action) in [
            ("aws_sqs_queue", Doing::Create, "sqs:CreateQueue"),
            ("awscc_sqs_queue", Doing::Delete, "sqs:DeleteQueue"),
            ("aws_instance", Doing::Create, "ec2:RunInstances"),
            ("aws_vpc", Doing::Create, "ec2:CreateVpc"),
            ("aws_subnet", Doing::Delete, "ec2:DeleteSubnet"),
            ("aws_security_group", Doing::Create, "ec2:CreateSecurityGroup"),
            ("aws_cloudwatch_log_group", Doing::Create, "logs:CreateLogGroup"),
            ("aws_cloudwatch_event_rule", Doing::Delete, "events:DeleteRule"),
            ("aws_lb", Doing::Create, "elasticloadbalancing:CreateLoadBalancer"),
            ("aws_db_instance", Doing::Read, "rds:DescribeDBInstances"),
            ("aws_iam_role", Doing::Create, "iam:CreateRole"),
            ("aws_iam_role_policy_attachment", Doing::Create, "iam:AttachRolePolicy"),
            ("aws_s3_bucket_versioning", Doing::Create, "s3:PutBucketVersioning"),
            ("aws_route53_record", Doing::Create, "route53:ChangeResourceRecordSets"),
            ("aws_kms_key", Doing::Create, "kms:CreateKey"),
            ("aws_lambda_function", Doing::Create, "lambda:CreateFunction"),
            ("aws_api_gateway_rest_api", Doing::Create, "apigateway:POST"),
            ("aws_ecs_service", Doing::Create, "ecs:CreateService"),
        ] {
            assert!(
                needs(resource_type, verb, true).contains(&action.to_owned()),
                "{resource_type}: {:?}",
                needs(resource_type, verb, true)
            );
        }
        assert!(needs("aws_sqs_queue", Doing::Create, false).contains(&"sqs:TagQueue".to_owned()));
        assert!(needs("awscc_sqs_queue", Doing::Create, true).contains(&"cloudformation:CreateResource".to_owned()));
        assert_eq!(of("aws_no_such_thing", false), None);
        assert_eq!(of("google_sql_database", false), None);
    }

    #[test]
    fn every_line_of_the_tables_leads_somewhere() {
        let tables = Tables::get();
        assert!(tables.by_name.len() > 1700 && tables.by_hand.len() > 200);
        for block in tables.by_hand.values() {
            for name in &block.same {
                let plain = folded(name.strip_prefix("AWS::").unwrap());
                assert!(tables.by_name.contains_key(&plain), "{}: {name}", block.name);
            }
            assert!(
                !block.same.is_empty() || !block.lines.is_empty() || block.name.starts_with("data."),
                "{}",
                block.name
            );
        }
        for block in tables.by_hand.values().chain(tables.by_name.values()) {
            for line in &block.lines {
                assert!(line.verbs().next().is_some(), "{}", block.name);
                for action in line.actions() {
                    assert!(known(&action).is_some(), "{}: {action}", block.name);
                }
            }
        }
        for (terraform, cloudformation) in &tables.services {
            let plain = folded(cloudformation);
            assert!(
                tables.by_name.keys().any(|name| name.starts_with(&plain)),
                "{terraform}"
            );
        }
    }
}
