//! A request that a policy lets through, to show what a finding means.

use leastpriv_catalog::Action;
use leastpriv_policy::compare::{Containment, is_empty};
use leastpriv_policy::decide::{Attachment, Context, Layer, Outcome, Policies, Policy, Principal, Request, evaluate};
use leastpriv_policy::document::{Document, Statement, Texts};
use leastpriv_policy::pattern::{Pattern, fill_placeholders, is_account};

use super::{Facts, StatementFacts};

/// The account of examples, where the policy names none.
const ACCOUNT: &str = "123456789012";

/// The name of what has no other.
const EXAMPLE: &str = "example";

/// Most resources that are tried for an example.
const MOST_RESOURCES: usize = 6;

/// Most Denies that an example has to avoid: what it does not avoid is found out when the policy is asked.
const MOST_DENIES: usize = 12;

/// Most values of conditions that an example has to meet or avoid.
const MOST_VALUES: usize = 200;

/// Most findings of one document that get an example.
pub(super) const MOST_EXAMPLES: usize = 400;

/// Most actions that are tried for an example.
const MOST_ACTIONS: usize = 4;

impl Facts<'_> {
    /// A request for one of some actions that a statement lets through, whatever the rest of the policy denies; nothing
    /// where none of the few that are tried is, and for kinds of policies that grant nothing to an identity.
    ///
    /// The policy was asked, so it holds for this policy alone. Where there are conditions, the values of the keys are
    /// chosen independently of each other.
    pub fn example(
        &self,
        statement: &StatementFacts<'_>,
        actions: impl IntoIterator<Item = Action>,
    ) -> Option<Request> {
        if !self.kind.grants() || !self.kind.is_identity_based() || !self.problems.is_empty() {
            return None;
        }
        let left = self.examples_left.get().checked_sub(1)?;
        self.examples_left.set(left);
        let mut tried = actions.into_iter().take(MOST_ACTIONS);
        tried.find_map(|action| self.example_of(statement, action))
    }

    fn example_of(&self, statement: &StatementFacts<'_>, action: Action) -> Option<Request> {
        let requests = || {
            resources(statement.statement, action)
                .take(MOST_RESOURCES)
                .map(|resource| request(action, resource))
        };
        let plain = requests().find(|request| self.lets_through(statement, request));
        if plain.is_some() {
            return plain;
        }
        let denies = || {
            self.statements
                .iter()
                .filter(|other| other.statement.denies() && other.actions.contains(action.id()))
        };
        if statement.conditions.is_empty() && denies().next().is_none() {
            return None;
        }
        let denies: Vec<&Statement> = denies().map(|deny| deny.statement).take(MOST_DENIES).collect();
        let tests = denies
            .iter()
            .chain([&statement.statement])
            .flat_map(|one| &one.condition);
        if tests.map(|test| test.values.len()).sum::<usize>() > MOST_VALUES {
            return None;
        }
        requests().take(2).find_map(|request| {
            let context = self.context(statement.statement, &denies, &request)?;
            let request = Request { context, ..request };
            self.lets_through(statement, &request).then_some(request)
        })
    }

    /// Whether the policy allows a request, and does so by a statement.
    fn lets_through(&self, statement: &StatementFacts<'_>, request: &Request) -> bool {
        let policies = self.policies.get_or_init(|| Policies {
            identity: vec![Policy::new(self.document, Attachment::Principal)],
            ..Policies::default()
        });
        let decision = evaluate(policies, request);
        let mut deciding = decision.deciding.iter().filter(|id| id.layer == Layer::Identity);
        decision.outcome == Outcome::Allowed && deciding.any(|id| id.statement == statement.statement.index)
    }

    /// Values of the condition keys with which a statement allows a request and no Deny takes it away.
    fn context(&self, allow: &Statement, denies: &[&Statement], request: &Request) -> Option<Context> {
        let about = |index: usize, statement: &Statement, resource: Option<&str>| Statement {
            index,
            action: list(&statement.action, &statement.not_action, &request.action),
            not_action: Vec::new(),
            resource: resource.map_or_else(
                || statement.resource.clone(),
                |resource| list(&statement.resource, &statement.not_resource, resource),
            ),
            not_resource: if resource.is_some() {
                Vec::new()
            } else {
                statement.not_resource.clone()
            },
            ..statement.clone()
        };
        let resource = request.resource.as_deref().unwrap_or("*");
        let denies = denies.iter().zip(1..).map(|(deny, index)| about(index, deny, None));
        let policy = Document {
            statements: std::iter::once(about(0, allow, Some(resource))).chain(denies).collect(),
            ..empty(self.document)
        };
        let Containment::Exceeds(excesses) = is_empty(&policy) else {
            return None;
        };
        let found = excesses.into_iter().next()?.witness.context;
        let mut out = Context::default();
        for (key, values) in found.iter() {
            // In the spelling of the policy.
            let mut tests = policy.statements.iter().flat_map(|statement| &statement.condition);
            let written = tests.find(|test| test.key.text.eq_ignore_ascii_case(key));
            let key = written.map_or(key, |test| test.key.text.as_str());
            match values {
                [value] if !found.is_multivalued(key) => out.set(key, value.as_str()),
                values => out.set_all(key, values.iter().cloned()),
            };
        }
        Some(out)
    }
}

/// A policy that says nothing, in the language of another one.
fn empty(document: &Document) -> Document {
    Document {
        is_object: true,
        version: document.version.clone(),
        statement_keys: document.statement_keys.clone(),
        ..Document::default()
    }
}

/// An element that names one text alone.
fn list(element: &[Texts], complement: &[Texts], text: &str) -> Vec<Texts> {
    let written = element.iter().chain(complement).next().cloned().unwrap_or_default();
    let mut item = written.items.first().cloned().unwrap_or_default();
    text.clone_into(&mut item.text);
    vec![Texts {
        items: vec![item],
        ..written
    }]
}

fn request(action: Action, resource: Option<String>) -> Request {
    let owner = resource.as_deref().and_then(|arn| arn.split(':').nth(4));
    let account = owner.filter(|text| is_account(text)).unwrap_or(ACCOUNT);
    Request {
        action: action.full_name(),
        principal: Principal::User(format!("arn:aws:iam::{account}:user/someone")),
        resource,
        resource_account: None,
        context: Context::default(),
    }
}

/// Resources that an action works on, as like as can be to those that a statement names. Some come more than once.
fn resources(statement: &Statement, action: Action) -> impl Iterator<Item = Option<String>> {
    // The format with the fewest names to fill in is the one that people know the resource by.
    let mut formats: Vec<&str> = action
        .resource_types()
        .flat_map(|entry| entry.resource.arn_formats())
        .collect();
    formats.sort_by_key(|format| (format.matches("${").count(), format.len()));
    let of_format = move |format: &str| {
        let example = filled(format);
        let own = example.clone();
        let fitted = statement
            .resources()
            .filter_map(move |text| fitted(&text.text, &example));
        fitted.chain(std::iter::once(own)).map(Some)
    };
    let names_one = action.supports_resource_level();
    let all = formats.into_iter().filter(move |_| names_one).flat_map(of_format);
    (!names_one).then_some(None).into_iter().chain(all)
}

/// An ARN that takes from a pattern what it names, and the rest from an example; nothing where the two are not of one form.
fn fitted(pattern: &str, example: &str) -> Option<String> {
    let mut mine = example.splitn(6, ':');
    let mut theirs = pattern.splitn(6, ':');
    let mut fields = Vec::new();
    for at in 0..6 {
        let own = mine.next()?;
        let field = theirs.next().unwrap_or("*");
        let is_named = !field.contains(['*', '?', '$']);
        let is_of_form = match at {
            0..=2 => at == 1 || Pattern::new(field).matches(own),
            3 | 4 => !is_named || field.is_empty() == own.is_empty(),
            _ => true,
        };
        let alike = |text: &str| at < 5 || text.matches('/').count() == own.matches('/').count();
        let field = match is_of_form {
            true if is_named && alike(field) => field.to_owned(),
            true if Pattern::new(field).matches(own) => own.to_owned(),
            true => field.replace('*', EXAMPLE).replace('?', "1"),
            false => return None,
        };
        if !alike(&field) || field.contains('$') {
            return None;
        }
        fields.push(field);
    }
    Some(fields.join(":"))
}

/// A format of the catalog with a value for each of its placeholders.
fn filled(format: &str) -> String {
    fill_placeholders(format, |name| match name {
        "Partition" => "aws",
        "Region" => "us-east-1",
        "Account" => ACCOUNT,
        "SecretId" => "example-a1b2c3",
        _ => EXAMPLE,
    })
}

#[cfg(test)]
mod tests {
    use leastpriv_catalog::catalog;
    use leastpriv_policy::document::parse;
    use leastpriv_policy::kind::PolicyKind;

    use super::*;

    fn example(policy: &str, service: &str, action: &str) -> Option<Request> {
        let parsed = parse(policy);
        let facts = Facts::of(policy, &parsed, PolicyKind::Identity, catalog());
        facts.example(&facts.statements[0], catalog().action(service, action))
    }

    #[test]
    fn a_resource_is_like_the_one_that_is_named() {
        for (pattern, expected) in [
            ("arn:aws:s3:::reports/*", Some("arn:aws:s3:::reports/example")),
            ("*", Some("arn:aws:s3:::example/example")),
            ("arn:aws:s3:::reports", None),
        ] {
            let policy = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:Get*","Resource":"{pattern}"}}]}}"#
            );
            let found = example(&policy, "s3", "GetObject");
            assert_eq!(
                found.as_ref().and_then(|found| found.resource.as_deref()),
                expected,
                "{pattern}"
            );
        }
        let role = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/*"}]}"#;
        let found = example(role, "iam", "PassRole").unwrap();
        assert_eq!(
            found.resource.as_deref(),
            Some("arn:aws:iam::111122223333:role/example")
        );
        assert_eq!(found.principal.account(), Some("111122223333"));
    }

    #[test]
    fn conditions_are_met_and_denials_avoided() {
        let policy = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}},
            {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},
            {"Effect":"Deny","NotAction":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
        let found = example(policy, "ec2", "TerminateInstances").unwrap();
        assert_eq!(
            found.context.values("aws:RequestedRegion"),
            Some(&["us-east-1".to_owned()][..])
        );
        assert_ne!(
            found.context.values("aws:MultiFactorAuthPresent"),
            Some(&["false".to_owned()][..])
        );
        let denied = policy.replace(
            r#","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}"#,
            "",
        );
        assert_eq!(example(&denied, "ec2", "TerminateInstances"), None);
    }
}
