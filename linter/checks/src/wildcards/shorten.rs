//! Lists of actions with wildcards that match no other action of the catalog.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_catalog::{Action, Service, catalog};
use leastpriv_policy::document::{Parsed, Statement};
use leastpriv_policy::json::{Node, Value};
use leastpriv_policy::print::text_of;

use super::cover::shortest;
use super::matched;

/// A policy with shorter lists of actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortened {
    /// The policy, without white space between its elements.
    pub text: String,
    /// What was shortened, in order.
    pub lists: Vec<Shortening>,
}

/// One list that was shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortening {
    /// Number of the statement.
    pub statement: usize,
    /// The wildcards that are new in it, in order.
    pub wildcards: Vec<String>,
    /// How many actions they stand for.
    pub actions: usize,
}

/// Shortens the `Action` lists of a policy that can be read. Each list matches the actions of the catalog that it matched
/// before, and no other; actions to come may be matched as well.
pub fn shorten_policy(parsed: &Parsed) -> Shortened {
    let mut value = parsed.value.clone();
    let mut lists = Vec::new();
    if let Node::Object(members) = &mut value.node {
        for member in members.iter_mut().filter(|member| member.key == "Statement") {
            let statements: Vec<&mut Value> = match &mut member.value.node {
                Node::Array(items) => items.iter_mut().collect(),
                _ => vec![&mut member.value],
            };
            for (value, statement) in statements.into_iter().zip(&parsed.document.statements) {
                lists.extend(shorten(value, statement));
            }
        }
    }
    Shortened {
        text: text_of(&value),
        lists,
    }
}

fn shorten(value: &mut Value, statement: &Statement) -> Option<Shortening> {
    let Node::Object(members) = &mut value.node else {
        return None;
    };
    let list = members.iter_mut().find(|member| member.key == "Action")?;
    let Node::Array(items) = &mut list.value.node else {
        return None;
    };
    let is_plain = statement.mismatches.is_empty() && statement.unreadable.is_empty() && statement.action.len() == 1;
    let before: BTreeSet<String> = statement.actions().map(|text| text.text.clone()).collect();
    let mut groups: BTreeMap<Service, Vec<(usize, Action)>> = BTreeMap::new();
    for (at, text) in statement.actions().enumerate() {
        if let Some((prefix, name)) = text.text.split_once(':')
            && let Some(action) = catalog().action(prefix, name)
        {
            groups.entry(action.service()).or_default().push((at, action));
        }
    }
    let wanted = matched(&before);
    let mut texts: BTreeMap<usize, String> = (0..).zip(statement.actions().map(|text| text.text.clone())).collect();
    let (mut wildcards, mut count) = (Vec::new(), 0_usize);
    for (service, group) in groups.into_iter().filter(|(_, group)| group.len() > 1) {
        let names: Vec<&str> = group.iter().map(|(_, action)| action.name()).collect();
        let others = service.actions().filter(|action| !wanted.contains(action.id()));
        let others: Vec<&str> = others.map(Action::name).collect();
        let shortest = shortest(&names, &others);
        let alone: BTreeSet<&str> = shortest.iter().map(|(_, text)| text.as_str()).collect();
        for (at, action) in &group {
            if !alone.contains(action.name()) {
                texts.remove(at);
                count = count.saturating_add(1);
            }
        }
        for (name, text) in shortest.iter().filter(|(_, text)| text.contains('*')) {
            if let Some((at, _)) = group.get(*name) {
                let text = format!("{}:{text}", service.prefix());
                wildcards.push(text.clone());
                texts.insert(*at, text);
            }
        }
    }
    let after: BTreeSet<String> = texts.values().cloned().collect();
    if !is_plain || wildcards.is_empty() || matched(&after) != wanted {
        return None;
    }
    let span = list.value.span;
    let node = |text: String| Value {
        node: Node::String(text),
        span,
    };
    *items = texts.into_values().map(node).collect();
    Some(Shortening {
        statement: statement.index,
        wildcards,
        actions: count,
    })
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::document::parse;

    use super::*;
    use crate::wildcards::expand;

    fn policy(actions: &[String]) -> String {
        let list = format!("[\"{}\"]", actions.join("\",\""));
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":{list},"Resource":"*"}}}}"#)
    }

    fn actions(text: &str) -> BTreeSet<String> {
        let document = parse(text).document;
        let texts = document.statements.iter().flat_map(Statement::actions);
        texts.map(|text| text.text.clone()).collect()
    }

    #[test]
    fn each_list_matches_what_it_matched() {
        for (service, step) in [("s3", 1), ("sqs", 1), ("s3", 2), ("ec2", 3), ("iam", 2), ("lambda", 5)] {
            let all = expand(&format!("{service}:*")).unwrap();
            let some: Vec<String> = all.into_iter().step_by(step).map(Action::full_name).collect();
            let before = policy(&some);
            let after = shorten_policy(&parse(&before));
            assert!(after.text.len() <= before.len());
            assert_eq!(
                matched(&actions(&after.text)),
                matched(&actions(&before)),
                "{service} {step}"
            );
            if step == 1 {
                assert_eq!(actions(&after.text), BTreeSet::from([format!("{service}:*")]));
            }
        }
    }

    #[test]
    fn order_wildcards_and_what_is_not_known_stay() {
        let before = [
            "sqs:NewAction",
            "sqs:ListQueues",
            "s3:List*",
            "sqs:ListQueueTags",
            "sqs:PurgeQueue",
        ];
        let out = shorten_policy(&parse(&policy(&before.map(str::to_owned))));
        assert!(
            out.text
                .contains(r#"["sqs:NewAction","sqs:ListQueue*","s3:List*","sqs:PurgeQueue"]"#),
            "{}",
            out.text
        );
        assert_eq!(
            out.lists,
            [Shortening {
                statement: 0,
                wildcards: vec!["sqs:ListQueue*".to_owned()],
                actions: 2
            }]
        );
    }
}
