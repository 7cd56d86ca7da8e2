//! The functions, one file each, and what they share.
//!
//! Here lives what is between Terraform's values and questions about policies: reading a policy out of an argument, and
//! writing requests and findings as objects. Judging and comparing belong to `leastpriv_checks` and `leastpriv_policy`.
//! No function reads a setting, a clock or a server.

mod actions;
mod allows;
mod expand;
mod lint;
mod minimize;
mod new_access;
mod not_granted;
mod policy;
mod request;
mod witness;

use leastpriv_terraform::function::{Arguments, Function, FunctionError};
use leastpriv_terraform::value::Tree;

/// Every function on offer.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![
        Box::new(allows::Allows),
        Box::new(expand::Expand),
        Box::new(lint::Lint),
        Box::new(minimize::Minimize),
        Box::new(new_access::NewAccess),
        Box::new(not_granted::NotGranted),
    ]
}

/// The text at a position. The framework has seen to it that there is one.
fn text(arguments: &Arguments, at: usize) -> String {
    arguments.get::<String>(at).into_known().unwrap_or_default()
}

/// The texts at a position.
fn texts(arguments: &Arguments, at: usize) -> Vec<String> {
    arguments.get::<Vec<String>>(at).into_known().unwrap_or_default()
}

/// The members of the object at `at`, where the call has one; null counts as left out.
///
/// A call has neither names nor defaults, so an argument that may be left out is one of any number behind the others.
fn members(arguments: &Arguments, at: usize, example: &str) -> Result<Vec<(String, Tree)>, FunctionError> {
    let next = at.saturating_add(1);
    if arguments.len() > next {
        return Err(FunctionError::at(
            next,
            "this argument is one too many; put everything into the one object before it",
        ));
    }
    match bare(arguments.tree(at)) {
        Tree::Null => Ok(Vec::new()),
        Tree::Object(fields) | Tree::Map(fields) => {
            let given = fields.iter().map(|(key, value)| (key.clone(), bare(value).clone()));
            Ok(given.filter(|(_, value)| !value.is_null()).collect())
        }
        _ => Err(FunctionError::at(
            at,
            format!("an object is needed, such as `{example}`"),
        )),
    }
}

/// A value without the type that it carries.
fn bare(tree: &Tree) -> &Tree {
    match tree {
        Tree::Dynamic { value, .. } => bare(value),
        tree => tree,
    }
}

/// A scalar as text: Terraform itself would convert it where it knew that text is wanted.
fn scalar(tree: &Tree) -> Option<String> {
    match bare(tree) {
        Tree::String(text) => Some(text.clone()),
        Tree::Bool(value) => Some(value.to_string()),
        Tree::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_function_is_described_and_named_once() {
        let functions = all();
        let names: BTreeSet<&str> = functions.iter().map(|function| function.name()).collect();
        assert_eq!(names.len(), functions.len());
        for function in functions {
            let signature = function.signature();
            assert!(
                signature.description.starts_with(&signature.summary),
                "{}",
                function.name()
            );
            for parameter in signature.parameters.iter().chain(&signature.variadic) {
                assert!(parameter.description.ends_with('.'), "{}", parameter.name);
            }
        }
    }

    #[test]
    fn one_object_may_be_left_out_or_null() {
        let given = |trees: Vec<Tree>| members(&trees.into_iter().collect(), 0, "{}");
        assert_eq!(given(Vec::new()), Ok(Vec::new()));
        assert_eq!(given(vec![Tree::Null]), Ok(Vec::new()));
        assert!(given(vec![Tree::Bool(true)]).is_err_and(|error| error.argument == Some(0)));
        assert!(given(vec![Tree::object(), Tree::object()]).is_err_and(|error| error.argument == Some(1)));
    }
}
