use std::collections::BTreeSet;

use leastpriv_catalog::Action;
use leastpriv_checks::wildcards::{self, NoAction};
use leastpriv_terraform::function::{Arguments, Function, FunctionError, Parameter, Signature};
use leastpriv_terraform::value::{IntoTree, Tree, Type};

use super::{actions, texts};

/// `expand(patterns)`: the actions that patterns stand for.
pub(super) struct Expand;

impl Function for Expand {
    fn name(&self) -> &'static str {
        "expand"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: SUMMARY.to_owned(),
            description: format!("{SUMMARY}{DESCRIPTION}"),
            parameters: vec![Parameter::new(
                "patterns",
                Type::list(Type::String),
                "Actions with or without wildcards, such as `s3:Get*`.",
            )],
            variadic: None,
            returns: Type::list(Type::String),
            deprecated: None,
        }
    }

    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError> {
        let patterns = texts(arguments, 0);
        let mut out = BTreeSet::new();
        for pattern in &patterns {
            match wildcards::expand(pattern) {
                Ok(found) => out.extend(found.into_iter().map(Action::full_name)),
                // An action may be newer than the catalog; a wildcard without an action would be lost without a word.
                Err(NoAction::NoMatch { .. }) if !pattern.contains(['*', '?']) => {
                    actions::check(0, std::slice::from_ref(pattern))?;
                    out.insert(pattern.clone());
                }
                Err(reason) => return Err(FunctionError::at(0, reason.reason(pattern))),
            }
        }
        Ok(Tree::List(out.into_iter().map(IntoTree::into_tree).collect()))
    }
}

const SUMMARY: &str = "The actions that patterns stand for.";

const DESCRIPTION: &str = "

The result is sorted and holds each action once, in AWS's spelling. It is as the catalog of the provider knows the actions \
of AWS: a newer version of the provider may know more. A single action that the catalog does not know stays; one whose name \
is surely misspelt is an error, and so is a wildcard that matches nothing or a service that does not exist.";

#[cfg(test)]
mod tests {
    use super::*;

    fn call(patterns: &[&str]) -> Result<Vec<String>, FunctionError> {
        let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
        let found = Expand.call(&[patterns.into_tree()].into_iter().collect())?;
        let text = |tree: &Tree| match tree {
            Tree::String(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        Ok(found.elements().iter().map(text).collect())
    }

    #[test]
    fn actions_are_sorted_and_named_once() {
        assert_eq!(
            call(&[
                "SQS:purge*",
                "s3:GetObject*Tagging",
                "s3:GetObjectTagging",
                "sqs:InventedTomorrow"
            ]),
            Ok(vec![
                "s3:GetObjectTagging".to_owned(),
                "s3:GetObjectVersionTagging".to_owned(),
                "sqs:InventedTomorrow".to_owned(),
                "sqs:PurgeQueue".to_owned(),
            ])
        );
        assert_eq!(call(&[]), Ok(Vec::new()));
    }

    #[test]
    fn what_stands_for_nothing_is_an_error() {
        for (pattern, expected) in [
            ("s3", "is no action"),
            ("lamda:Get*", "is it `lambda`?"),
            ("s3:Fetch*", "matches no action"),
            ("s3:GetObejct", "s3:GetObject"),
        ] {
            let error = call(&["s3:GetObject", pattern]).unwrap_err();
            assert_eq!(error.argument, Some(0));
            assert!(error.text.contains(expected), "{}", error.text);
        }
    }
}
