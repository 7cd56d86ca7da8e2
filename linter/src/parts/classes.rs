//! Actions in classes: those that the same statements of some policies match. No comparison of these policies tells one
//! action of a class from another.

use std::collections::BTreeMap;

use leastpriv_catalog::{Action, Service, catalog};
use leastpriv_policy::document::{Document, Statement};
use leastpriv_policy::pattern::ActionPattern;

/// Services that people know.
const WELL_KNOWN: [&str; 3] = ["s3", "iam", "ec2"];

/// Actions that no statement tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// Those that the catalog has.
    pub(super) actions: Vec<Action>,
    /// An action, or a pattern without an action, that the catalog does not have.
    pub(super) others: Vec<String>,
}

/// The actions of a statement in classes, in the order of the catalog; then what it names and the catalog does not have.
pub(super) fn of(statement: &Statement, policies: &[&Document]) -> Vec<Class> {
    let subject = Elements::of(statement);
    let statements = policies.iter().flat_map(|policy| &policy.statements);
    let others: Vec<Elements> = statements.map(Elements::of).collect();
    let mut by_matches: BTreeMap<Vec<bool>, Vec<Action>> = BTreeMap::new();
    for service in catalog().services() {
        let Some(subject) = subject.in_service(service) else {
            continue;
        };
        let others: Vec<_> = others.iter().map(|one| one.in_service(service)).collect();
        for action in service.actions().filter(|action| subject.matches(*action)) {
            let matches = others
                .iter()
                .map(|one| one.as_ref().is_some_and(|one| one.matches(action)));
            by_matches.entry(matches.collect()).or_default().push(action);
        }
    }
    let known = by_matches.into_values().map(|actions| Class {
        actions,
        others: Vec::new(),
    });
    let mut out: Vec<Class> = known.collect();
    out.sort_by(|one, other| one.actions.first().cmp(&other.actions.first()));
    for text in statement.actions() {
        let pattern = ActionPattern::new(&text.text);
        let is_known = |service: Service| {
            pattern.matches_service(service.prefix())
                && service
                    .actions()
                    .any(|action| pattern.matches_name(service.prefix(), action.name()))
        };
        if !catalog().services().any(is_known) {
            out.push(Class {
                actions: Vec::new(),
                others: vec![text.text.clone()],
            });
        }
    }
    out
}

impl Class {
    /// What the patterns of a statement may match beyond the catalog.
    pub(super) fn beyond(statement: &Statement) -> Self {
        let named = statement.actions().map(|text| text.text.clone());
        let wide: Vec<String> = named.filter(|text| text.contains(['*', '?'])).collect();
        Self {
            actions: Vec::new(),
            others: if wide.is_empty() { vec!["*".to_owned()] } else { wide },
        }
    }

    /// A few of its actions, all of one service: one that people know where there is such.
    pub(super) fn sample(&self, most: usize) -> Vec<String> {
        let known = WELL_KNOWN.iter().find_map(|prefix| {
            let mut actions = self.actions.iter();
            actions.find(|action| action.service().prefix() == *prefix)
        });
        let Some(first) = known.or(self.actions.first()) else {
            return self.others.clone();
        };
        let same = self.actions.iter().filter(|action| action.service() == first.service());
        same.take(most).map(|action| action.full_name()).collect()
    }
}

/// The action elements of a statement.
struct Elements {
    named: Vec<ActionPattern>,
    left_out: Vec<ActionPattern>,
    /// Whether the statement is about everything but what is left out.
    is_rest: bool,
}

/// Those that can match an action of a service.
struct OfService<'e> {
    service: Service,
    named: Vec<&'e ActionPattern>,
    left_out: Vec<&'e ActionPattern>,
    is_rest: bool,
}

impl Elements {
    fn of(statement: &Statement) -> Self {
        Self {
            named: statement.actions().map(|text| ActionPattern::new(&text.text)).collect(),
            left_out: statement
                .not_actions()
                .map(|text| ActionPattern::new(&text.text))
                .collect(),
            is_rest: !statement.not_action.is_empty(),
        }
    }

    /// Nothing where no action of the service can match.
    fn in_service(&self, service: Service) -> Option<OfService<'_>> {
        fn of(patterns: &[ActionPattern], service: Service) -> Vec<&ActionPattern> {
            let patterns = patterns.iter();
            patterns
                .filter(|pattern| pattern.matches_service(service.prefix()))
                .collect()
        }
        let named = of(&self.named, service);
        (self.is_rest || !named.is_empty()).then(|| OfService {
            service,
            named,
            left_out: of(&self.left_out, service),
            is_rest: self.is_rest,
        })
    }
}

impl OfService<'_> {
    fn matches(&self, action: Action) -> bool {
        let is_of = |pattern: &&ActionPattern| pattern.matches_name(self.service.prefix(), action.name());
        self.named.iter().any(is_of) || (self.is_rest && !self.left_out.iter().any(is_of))
    }
}

#[cfg(test)]
mod tests {
    use leastpriv_policy::document::parse;

    use super::*;

    fn classes(subject: &str, others: &[&str]) -> Vec<Vec<String>> {
        let parse = |elements: &str| {
            parse(&format!(
                r#"{{"Statement":{{"Effect":"Allow",{elements},"Resource":"*"}}}}"#
            ))
            .document
        };
        let (subject, others): (_, Vec<_>) = (parse(subject), others.iter().map(|one| parse(one)).collect());
        let others: Vec<&Document> = others.iter().collect();
        let of = |class: Class| {
            let known = class.actions.into_iter().map(Action::full_name);
            known.chain(class.others).collect()
        };
        super::of(&subject.statements[0], &others).into_iter().map(of).collect()
    }

    #[test]
    fn a_class_is_what_the_same_statements_match() {
        let found = classes(
            r#""Action":["sqs:*Message","s3:GetObejct"]"#,
            &[r#""Action":"sqs:SendMessage""#, r#""NotAction":"sqs:Receive*""#],
        );
        assert_eq!(
            found,
            [
                vec!["sqs:DeleteMessage".to_owned()],
                vec!["sqs:ReceiveMessage".to_owned()],
                vec!["sqs:SendMessage".to_owned()],
                vec!["s3:GetObejct".to_owned()]
            ]
        );
    }

    #[test]
    fn everything_is_few_classes() {
        let found = classes(
            r#""NotAction":"iam:*""#,
            &[r#""Action":["s3:Get*","ec2:*"]"#, r#""Action":"*""#],
        );
        assert_eq!(found.len(), 2);
        let all: usize = found.iter().map(Vec::len).sum();
        let iam = catalog().service("iam").unwrap().actions().count();
        assert_eq!(all, catalog().action_count() - iam);
    }
}
