//! The comparison of two policies as a problem in SMT-LIB 2.6, so that anyone can check an answer with a solver.
//!
//! What lives here: the encoding, as text. It shares no matching code with [`compare`](crate::compare) and none with
//! [`decide`](crate::decide) but the reading of numbers, moments and addresses, so that an error has to be made twice to
//! stay hidden. What must not: any search for an answer.
//!
//! A problem has one constant for the action, one for the resource and whether there is one, one for who asks, and some
//! for each condition key: whether it is there, and its values. What the documentation leaves open is carried as a pair
//! of terms, what certainly holds and what may hold.
//!
//! ```
//! use leastpriv_policy::document::parse;
//! use leastpriv_policy::smt::problem;
//!
//! let policy = |action: &str| {
//!     let statement = format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#);
//!     parse(&format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)).document
//! };
//! let text = problem(&policy("s3:Get*"), &policy("s3:GetObject"), false).unwrap();
//! assert!(text.contains("(check-sat)"));
//! ```

mod elements;
mod keys;
mod operator;
mod principals;
mod regex;
mod term;
mod values;

use std::fmt::{self, Write as _};

use crate::document::{Document, Statement};
use elements::{ACTIONS, RESOURCES};
use keys::Keys;
use principals::People;
use term::{Kleene, Term};

/// Why a pair of policies cannot be written as a problem. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsupported {
    /// A document or statement that cannot be interpreted.
    Invalid,
    /// A policy variable, whose value is not known.
    Variable,
    /// A condition key that is read as values of several types.
    MixedTypes,
    /// A principal that cannot be told apart from others, such as a canonical user.
    Principal,
    /// A character beyond U+2FFFF, which solvers do not have.
    Character,
    /// A letter outside of ASCII where case is ignored.
    Case,
}

impl Unsupported {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Invalid => "a document or statement that cannot be interpreted",
            Self::Variable => "a policy variable, whose value is not known",
            Self::MixedTypes => "a condition key that is read as values of several types",
            Self::Principal => "a principal that cannot be told apart from others",
            Self::Character => "a character beyond U+2FFFF",
            Self::Case => "a letter outside of ASCII in an operator that ignores case",
        }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

/// A problem that is satisfiable exactly if some request is certainly allowed by `new` and certainly not by `existing`;
/// `with_model` asks for that request too.
///
/// The requests are those of the comparison: an action is `prefix:name`, a resource is an ARN of six parts or absent, a
/// session belongs to a role of its name, and every condition key is independent of the others and may be absent. A key
/// holds one value or, where some operator reads it as a set, several.
///
/// # Errors
///
/// What cannot be expressed, never a problem that says something else.
pub fn problem(new: &Document, existing: &Document, with_model: bool) -> Result<String, Unsupported> {
    let sides = [("new", new), ("existing", existing)];
    let statements = || sides.iter().flat_map(|(_, document)| &document.statements);
    let names_principals = statements().any(Statement::names_principals);
    let are_readable = sides.iter().all(|(_, document)| is_readable(document))
        && statements().all(|statement| is_statement(statement, names_principals));
    if !are_readable {
        return Err(Unsupported::Invalid);
    }
    let people = People::of(statements())?;
    let keys = Keys::of(statements())?;

    let mut out = String::from(HEAD);
    if with_model {
        out.push_str("(set-option :produce-models true)\n");
    }
    out.push_str("(set-logic ALL)\n");
    out.push_str(ACTIONS);
    out.push_str(RESOURCES);
    people.declare(&mut out);
    keys.declare(&mut out)?;
    let mut allowed = Vec::new();
    for (side, document) in sides {
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        let has_variables = document.version.iter().any(|version| version.text == "2012-10-17");
        for statement in &document.statements {
            let holds = Kleene::all([
                people.named_by(statement),
                elements::action(statement)?.into(),
                elements::resource(statement, has_variables)?.into(),
                keys.condition(statement, has_variables)?,
            ]);
            let name = format!("{side}-{}", statement.index);
            let holds = define(&name, holds, &mut out);
            if statement.allows() {
                allows.push(holds);
            } else {
                denies.push(holds);
            }
        }
        let decided = Kleene::all([Kleene::any(allows), Kleene::any(denies).negated()]);
        allowed.push(define(&format!("{side}-allows"), decided, &mut out));
    }
    let [new, existing] = allowed.as_slice() else {
        return Err(Unsupported::Invalid);
    };
    let is_new = [new.certain.clone(), existing.possible.clone().negated()];
    out.push_str("\n; New access: what the one certainly allows and the other certainly does not.\n");
    for term in is_new {
        let _ = writeln!(out, "(assert {term})");
    }
    out.push_str("(check-sat)\n");
    if with_model {
        out.push_str("(get-model)\n");
    }
    Ok(out)
}

const HEAD: &str = "\
; Is there a request that the new policy allows and the existing one does not? sat: there is. unsat: there is none.
";

/// Gives a name to a term, or to both of a pair.
fn define(name: &str, holds: Kleene, out: &mut String) -> Kleene {
    let mut named = |name: String, term: Term| {
        if term.is_constant() {
            return term;
        }
        let _ = writeln!(out, "(define-fun {name} () Bool {term})");
        Term::of(name)
    };
    if holds.certain == holds.possible {
        return named(name.to_owned(), holds.certain).into();
    }
    Kleene {
        certain: named(format!("{name}-certainly"), holds.certain),
        possible: named(format!("{name}-possibly"), holds.possible),
    }
}

fn is_readable(document: &Document) -> bool {
    document.is_object
        && document.statement_keys.len() == 1
        && document.version.len() <= 1
        && document.unknown.is_empty()
        && document.unreadable.is_empty()
        && document.mismatches.is_empty()
}

/// Whether a statement has every element that it needs, once.
fn is_statement(statement: &Statement, names_principals: bool) -> bool {
    let both = |one: usize, other: usize| one.saturating_add(other);
    let principals = both(statement.principal.len(), statement.not_principal.len());
    let resources = both(statement.resource.len(), statement.not_resource.len());
    statement.effect.len() == 1
        && (statement.allows() || statement.denies())
        && both(statement.action.len(), statement.not_action.len()) == 1
        && principals == usize::from(names_principals)
        && (resources == 1 || (resources == 0 && names_principals))
        && statement.condition_keys.len() <= 1
        && statement.unknown.is_empty()
        && statement.unreadable.is_empty()
        && statement.mismatches.is_empty()
}
