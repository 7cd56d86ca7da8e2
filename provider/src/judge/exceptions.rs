use leastpriv_checks::vet::{Date, Exception};
use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::{FromTree, IntoTree, Tree, Value};

/// The block `exception` of a role, as it stands in a configuration or a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExceptionBlock {
    pub(crate) check: Value<String>,
    pub(crate) reason: Value<String>,
    pub(crate) owner: Value<String>,
    pub(crate) expires: Value<String>,
}

impl FromTree for ExceptionBlock {
    /// A block whose arguments are unknown is itself known: which of them are unknown matters.
    fn from_tree(tree: &Tree) -> Value<Self> {
        match tree {
            Tree::Null => Value::Null,
            Tree::Unknown => Value::Unknown,
            block => Value::Known(Self {
                check: block.get("check"),
                reason: block.get("reason"),
                owner: block.get("owner"),
                expires: block.get("expires"),
            }),
        }
    }
}

impl IntoTree for ExceptionBlock {
    fn into_tree(self) -> Tree {
        let Self {
            check,
            reason,
            owner,
            expires,
        } = self;
        let mut tree = Tree::object();
        tree.set("check", check);
        tree.set("reason", reason);
        tree.set("owner", owner);
        tree.set("expires", expires);
        tree
    }
}

/// What is wrong with the blocks themselves.
pub(crate) fn problems(blocks: &Value<Vec<ExceptionBlock>>) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    for (at, block) in blocks.known().into_iter().flatten().enumerate() {
        let place = |argument: &str| {
            AttributePath::attribute("exception")
                .then_index(at)
                .then_attribute(argument)
        };
        if let Some(name) = block.check.as_deref()
            && leastpriv_checks::check(name).is_none()
        {
            diagnostics.push(
                Diagnostic::error(
                    format!("exception: there is no check `{name}`"),
                    "name a check as the finding shows it, for example `administrator-access`",
                )
                .at(place("check")),
            );
        }
        for (argument, value) in [("reason", &block.reason), ("owner", &block.owner)] {
            if value.as_deref().is_some_and(|text| text.trim().is_empty()) {
                diagnostics.push(
                    Diagnostic::error(
                        format!("exception: `{argument}` is empty"),
                        "say why the finding is acceptable and who answers for it; both stay in the state for the next reader",
                    )
                    .at(place(argument)),
                );
            }
        }
        if let Some(text) = block.expires.as_deref()
            && Date::parse(text).is_none()
        {
            diagnostics.push(
                Diagnostic::error(
                    format!("exception: `{text}` is not a date"),
                    "write the last day on which the exception holds as YYYY-MM-DD",
                )
                .at(place("expires")),
            );
        }
    }
    diagnostics
}

/// The blocks as the checks take them.
#[derive(Debug, Clone, Default)]
pub(super) struct Accepted {
    pub(super) exceptions: Vec<Exception>,
    /// For each exception the number of its block.
    pub(super) places: Vec<usize>,
    /// A block may cover any check, because which one it names is not known yet.
    pub(super) open: bool,
}

impl Accepted {
    /// Reads the blocks. A block that is known in part counts as holding: nothing may be refused that the full
    /// knowledge could accept. A block with a bad date covers nothing.
    pub(super) fn of(blocks: &Value<Vec<ExceptionBlock>>) -> Self {
        let mut accepted = Self {
            open: blocks.is_unknown(),
            ..Self::default()
        };
        for (at, block) in blocks.known().into_iter().flatten().enumerate() {
            if block.check.is_unknown() {
                accepted.open = true;
            }
            let expires = match &block.expires {
                Value::Known(text) => Date::parse(text),
                Value::Unknown => Date::parse(LAST_DAY),
                Value::Null => None,
            };
            if let (Some(check), Some(expires)) = (block.check.known(), expires) {
                accepted.exceptions.push(Exception {
                    check: check.clone(),
                    reason: block.reason.known().cloned().unwrap_or_default(),
                    owner: block.owner.known().cloned().unwrap_or_default(),
                    expires,
                });
                accepted.places.push(at);
            }
        }
        accepted
    }

    /// Where the block of an exception begins in the configuration.
    pub(super) fn path(&self, exception: usize) -> AttributePath {
        let at = self.places.get(exception).copied().unwrap_or(exception);
        AttributePath::attribute("exception").then_index(at)
    }
}

const LAST_DAY: &str = "9999-12-31";

#[cfg(test)]
mod tests {
    use super::*;

    fn block(check: &str, expires: &str) -> ExceptionBlock {
        ExceptionBlock {
            check: Value::Known(check.to_owned()),
            reason: Value::Known("a reason".to_owned()),
            owner: Value::Known("an owner".to_owned()),
            expires: Value::Known(expires.to_owned()),
        }
    }

    #[test]
    fn a_good_block_has_no_problem() {
        assert!(problems(&Value::Known(vec![block("administrator-access", "2027-01-31")])).is_empty());
    }

    #[test]
    fn each_bad_argument_is_named_at_its_place() {
        let bad = ExceptionBlock {
            reason: Value::Known(" ".to_owned()),
            ..block("admin", "2027-02-30")
        };
        let found = problems(&Value::Known(vec![block("policy-size", "2027-01-31"), bad]));
        let paths: Vec<String> = found
            .iter()
            .filter_map(|diagnostic| diagnostic.path.as_ref())
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            paths,
            ["exception[1].check", "exception[1].reason", "exception[1].expires"]
        );
        assert!(found.has_errors());
    }

    #[test]
    fn unknown_arguments_are_no_problem_and_count_as_holding() {
        let unknown = ExceptionBlock {
            expires: Value::Unknown,
            reason: Value::Unknown,
            ..block("administrator-access", "")
        };
        assert!(problems(&Value::Known(vec![unknown.clone()])).is_empty());
        let accepted = Accepted::of(&Value::Known(vec![unknown.clone()]));
        assert_eq!(accepted.exceptions.len(), 1);
        assert!(!accepted.open);
        assert!(
            Accepted::of(&Value::Known(vec![ExceptionBlock {
                check: Value::Unknown,
                ..unknown
            }]))
            .open
        );
        assert!(Accepted::of(&Value::Unknown).open);
    }

    #[test]
    fn a_block_is_read_back_from_its_tree() {
        let block = block("administrator-access", "2027-01-31");
        assert_eq!(
            ExceptionBlock::from_tree(&block.clone().into_tree()),
            Value::Known(block)
        );
    }
}
