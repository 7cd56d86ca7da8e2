//! Names of condition operators.

/// How a condition operator reads its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) family: Family,
    pub(super) is_negated: bool,
    /// `ForAllValues` or `ForAnyValue`.
    pub(super) over: Over,
    pub(super) if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    One,
    All,
    Any,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    TextIgnoringCase,
    Like,
    Arn,
    /// With the relation in SMT-LIB: what a value of the request is to one of the policy.
    Number(&'static str),
    /// The same for moments.
    Date(&'static str),
    Bool,
    Binary,
    Address,
    Null,
}

impl Operator {
    /// Reads a name, in whatever case; nothing where there is no such operator.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (over, name) = match text.split_once(':') {
            Some(("forallvalues", name)) => (Over::All, name),
            Some(("foranyvalue", name)) => (Over::Any, name),
            Some(_) => return None,
            None => (Over::One, text.as_str()),
        };
        let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        let (family, is_negated) = if let Some(rest) = name.strip_prefix("string") {
            let (rest, is_negated) = without_not(rest);
            let family = match rest {
                "equals" => Family::Text,
                "equalsignorecase" => Family::TextIgnoringCase,
                "like" => Family::Like,
                _ => return None,
            };
            (family, is_negated)
        } else if let Some(rest) = name.strip_prefix("arn") {
            let (rest, is_negated) = without_not(rest);
            (["equals", "like"].contains(&rest).then_some(Family::Arn)?, is_negated)
        } else if let Some(rest) = name.strip_prefix("numeric") {
            let (relation, is_negated) = relation(rest)?;
            (Family::Number(relation), is_negated)
        } else if let Some(rest) = name.strip_prefix("date") {
            let (relation, is_negated) = relation(rest)?;
            (Family::Date(relation), is_negated)
        } else {
            match name {
                "bool" => (Family::Bool, false),
                "binaryequals" => (Family::Binary, false),
                "ipaddress" => (Family::Address, false),
                "notipaddress" => (Family::Address, true),
                "null" if !if_exists => (Family::Null, false),
                _ => return None,
            }
        };
        Some(Self {
            family,
            is_negated,
            over,
            if_exists,
        })
    }
}

fn without_not(name: &str) -> (&str, bool) {
    name.strip_prefix("not").map_or((name, false), |name| (name, true))
}

fn relation(name: &str) -> Option<(&'static str, bool)> {
    Some(match name {
        "equals" => ("=", false),
        "notequals" => ("=", true),
        "lessthan" => ("<", false),
        "lessthanequals" => ("<=", false),
        "greaterthan" => (">", false),
        "greaterthanequals" => (">=", false),
        _ => return None,
    })
}
