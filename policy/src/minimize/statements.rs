//! Statements that add nothing: they are about no request, others cover them, or others deny them.

use super::parts::Parts;
use super::proof::allow;
use super::step::Step;
use crate::compare::{Needless, denied_statements, impossible, redundant_statements};
use crate::document::{Document, Statement};

/// Drops what adds nothing, but for the last statement: a policy has to have one.
pub(super) fn drop_needless(parts: &mut Parts, steps: &mut Vec<Step>) {
    drop_impossible(parts, steps);
    drop_covered(parts, steps);
    drop_denied(parts, steps);
}

fn drop_impossible(parts: &mut Parts, steps: &mut Vec<Step>) {
    let document = parts.document();
    for statement in &document.statements {
        let Some(what) = impossible(&document, statement) else {
            continue;
        };
        if parts.count() > 1
            && parts.allow_nothing(vec![allow(statement.clone())])
            && parts.change(None, &[statement.index])
        {
            let statement = statement.index;
            steps.push(Step::Impossible { statement, what });
        }
    }
}

fn drop_covered(parts: &mut Parts, steps: &mut Vec<Step>) {
    let document = parts.document();
    for found in redundant_statements(&document) {
        if let Some((one, others)) = chosen(&document, &found) {
            let (statement, by) = (one.index, numbers(&others));
            if parts.covers(others, one) && parts.change(None, &[statement]) {
                steps.push(Step::Covered { statement, by });
            }
        }
    }
}

fn drop_denied(parts: &mut Parts, steps: &mut Vec<Step>) {
    let document = parts.document();
    for found in denied_statements(&document) {
        if let Some((one, mut others)) = chosen(&document, &found)
            && parts.count() > 1
        {
            let (statement, by) = (one.index, numbers(&others));
            others.push(one);
            if parts.allow_nothing(others) && parts.change(None, &[statement]) {
                steps.push(Step::Denied { statement, by });
            }
        }
    }
}

/// A statement that is needless, and those that make it so.
fn chosen(document: &Document, found: &Needless) -> Option<(Statement, Vec<Statement>)> {
    let at = |place: &usize| document.statements.get(*place).cloned();
    let others = found.by.iter().map(at).collect::<Option<_>>()?;
    Some((at(&found.statement)?, others))
}

fn numbers(statements: &[Statement]) -> Vec<usize> {
    statements.iter().map(|statement| statement.index).collect()
}
