//! What proves a step, and that two policies mean the same.

use super::parts::Parts;
use super::step::Dimension;
use super::{Options, usable};
use crate::compare::{Containment, Covered, Doubt, certificate, contained, equivalent, is_empty};
use crate::document::{ConditionTest, Document, Statement, parse};

/// Proves that two policies mean the same beside any other ones.
pub(super) fn prove(original: &Document, result: &Document) -> Result<(), Vec<Doubt>> {
    let denied = [original, result].map(|document| of_effect(document, Statement::denies));
    let allowed = [original, result].map(|document| of_effect(document, Statement::allows));
    both_ways(&denied)?;
    // Where what all Allows say is the same, it is so beside equal Denies.
    both_ways(&[original.clone(), result.clone()]).or_else(|doubts| both_ways(&allowed).map_err(|_| doubts))
}

fn both_ways([one, other]: &[Document; 2]) -> Result<(), Vec<Doubt>> {
    if one.statements.is_empty() && other.statements.is_empty() {
        return Ok(());
    }
    let (there, back) = equivalent(one, other);
    for answer in [there, back] {
        match answer {
            Containment::Contained => {}
            Containment::Exceeds(_) => return Err(Vec::new()),
            Containment::Unknown(doubts) => return Err(doubts),
        }
    }
    Ok(())
}

/// The statements of an effect, as Allows under their numbers.
fn of_effect(document: &Document, has_effect: fn(&Statement) -> bool) -> Document {
    let mut out = document.clone();
    out.statements.retain(has_effect);
    for statement in &mut out.statements {
        *statement = allow(statement.clone());
    }
    out
}

/// The statement as an Allow.
pub(super) fn allow(mut statement: Statement) -> Statement {
    for text in &mut statement.effect {
        "Allow".clone_into(&mut text.text);
    }
    statement
}

/// What proves that a policy and a smaller one mean the same: for every Allow of one which statements of the other cover
/// it, and the same for the Denies of both, each taken as an Allow. Numbers are those of the two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates {
    /// The smaller policy allows nothing more.
    pub allows_no_more: Vec<Covered>,
    /// The smaller policy allows nothing less.
    pub allows_no_less: Vec<Covered>,
    /// The smaller policy denies nothing more.
    pub denies_no_more: Vec<Covered>,
    /// The smaller policy denies nothing less.
    pub denies_no_less: Vec<Covered>,
}

/// The certificates for two texts of policies, statements left aside that cannot be interpreted; nothing where there is
/// no such proof.
pub fn certificates(original: &str, smaller: &str) -> Option<Certificates> {
    let read = |text: &str| {
        let parsed = parse(text);
        let left = Parts::of(&parsed, Options::default()).left();
        usable(&parsed.document, &left)
    };
    let (original, smaller) = (read(original), read(smaller));
    let [denied, fewer] = [&original, &smaller].map(|document| of_effect(document, Statement::denies));
    Some(Certificates {
        allows_no_more: certificate(&smaller, &original)?,
        allows_no_less: certificate(&original, &smaller)?,
        denies_no_more: certificate(&fewer, &denied)?,
        denies_no_less: certificate(&denied, &fewer)?,
    })
}

impl Parts {
    /// Whether a statement is about nothing that others are not about, whatever the effects.
    pub(super) fn covers(&self, others: Vec<Statement>, one: Statement) -> bool {
        let (one, others) = ([allow(one)], others.into_iter().map(allow));
        contained(&self.only(one), &self.only(others)) == Containment::Contained
    }

    /// Whether statements together allow nothing.
    pub(super) fn allow_nothing(&self, statements: Vec<Statement>) -> bool {
        is_empty(&self.only(statements)) == Containment::Contained
    }

    /// Whether an element of some statements together says what that of another one says; no where that would cost more
    /// than is left.
    pub(super) fn say_the_same(&self, some: &[&Statement], one: &Statement, element: &Element<'_>) -> bool {
        let alone = |statements: &[&Statement]| self.only(statements.iter().map(|one| element.alone(one)));
        let both = [alone(some), alone(&[one])];
        self.pay(both.iter().map(cost).fold(0, usize::saturating_add)) && both_ways(&both).is_ok()
    }
}

/// What it costs to compare a document, in about the time that a plain value takes. Each pattern that does not only end
/// with a wildcard multiplies what the others can match.
fn cost(document: &Document) -> usize {
    let texts = || {
        let of_statement = |one: &Statement| -> Vec<String> {
            let resources = one.resources().chain(one.not_resources());
            let resources = resources.map(|text| text.text.rsplit(':').next().unwrap_or_default());
            let actions = one.actions().chain(one.not_actions()).map(|text| text.text.as_str());
            let values = one
                .condition
                .iter()
                .flat_map(|test| &test.values)
                .map(|text| text.text.as_str());
            resources.chain(actions).chain(values).map(str::to_owned).collect()
        };
        document.statements.iter().flat_map(of_statement)
    };
    let is_hard = |text: &String| text.trim_end_matches('*').contains(['*', '?']);
    let hard = texts().filter(is_hard).count();
    texts().count().saturating_add(hard.saturating_mul(hard))
}

/// An element of a statement.
pub(super) enum Element<'e> {
    Of(Dimension),
    /// The test of a key by an operator.
    Test {
        operator: &'e str,
        key: &'e str,
    },
}

impl Element<'_> {
    /// An Allow that holds the element of a statement and no other bound, so that two of them say the same where the
    /// elements do.
    fn alone(&self, statement: &Statement) -> Statement {
        let text = r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#;
        let base = parse(text).document.statements.into_iter().next().unwrap_or_default();
        match self {
            Self::Of(Dimension::Action) => Statement {
                action: statement.action.clone(),
                not_action: statement.not_action.clone(),
                ..base
            },
            Self::Of(Dimension::Resource) => Statement {
                resource: statement.resource.clone(),
                not_resource: statement.not_resource.clone(),
                ..base
            },
            Self::Of(Dimension::Principal) => Statement {
                principal: statement.principal.clone(),
                not_principal: statement.not_principal.clone(),
                ..base
            },
            Self::Of(Dimension::Condition) => Statement {
                condition: statement.condition.clone(),
                ..base
            },
            Self::Test { operator, key } => {
                let is_it = |test: &&ConditionTest| {
                    test.operator.text.eq_ignore_ascii_case(operator) && test.key.text.eq_ignore_ascii_case(key)
                };
                Statement {
                    condition: statement.condition.iter().filter(is_it).cloned().collect(),
                    ..base
                }
            }
        }
    }
}
