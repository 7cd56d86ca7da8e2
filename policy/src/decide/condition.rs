//! Conditions: one key tested by one operator.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::request::{Held, View};
use super::template::{Template, fields, joined};
use super::truth::{Reason, Truth};
use super::value::{Block, Decimal, bytes_of_base64, moment};
use crate::document::ConditionTest;
use crate::pattern::{Pattern, Piece, in_lower_case};

/// A test that is ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    /// Nothing where the operator does not exist.
    operator: Option<Operator>,
    /// In lower case.
    key: String,
    values: Vec<Wanted>,
}

/// A value of a policy, read for its family as far as that can be done before a request is known.
#[derive(Clone, Debug)]
enum Wanted {
    Ready(Compared),
    Variable(Template),
}

/// A text whose case does not count. Each letter is folded alone, so that no letter depends on its neighbours.
fn folded(text: &str) -> String {
    text.chars().map(in_lower_case).collect()
}

/// What a value of a request is compared with. A value that the family cannot read is nothing, and nothing matches it.
#[derive(Clone, Debug)]
enum Compared {
    Text(String),
    Folded(String),
    Like(Pattern),
    Arn(Box<[Pattern; 6]>),
    Number(Decimal, Relation),
    Moment(i128, Relation),
    Bool(bool),
    Bytes(Vec<u8>),
    Block(Block),
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operator {
    family: Family,
    is_negated: bool,
    set: Option<Set>,
    if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Text,
    TextIgnoringCase,
    Like,
    Arn,
    Number(Relation),
    Date(Relation),
    Bool,
    Binary,
    Address,
    Null,
}

/// How a value of the request must stand to one of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Operator {
    /// Reads an operator: a set prefix, a name and `IfExists`, in whatever case.
    fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (set, name) = match text.split_once(':') {
            Some(("forallvalues", name)) => (Some(Set::All), name),
            Some(("foranyvalue", name)) => (Some(Set::Any), name),
            Some(_) => return None,
            None => (None, text.as_str()),
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (family, is_negated) = match name {
            "stringequals" => (Family::Text, false),
            "stringnotequals" => (Family::Text, true),
            "stringequalsignorecase" => (Family::TextIgnoringCase, false),
            "stringnotequalsignorecase" => (Family::TextIgnoringCase, true),
            "stringlike" => (Family::Like, false),
            "stringnotlike" => (Family::Like, true),
            "arnequals" | "arnlike" => (Family::Arn, false),
            "arnnotequals" | "arnnotlike" => (Family::Arn, true),
            "numericequals" => (Family::Number(Relation::Equal), false),
            "numericnotequals" => (Family::Number(Relation::Equal), true),
            "numericlessthan" => (Family::Number(Relation::Less), false),
            "numericlessthanequals" => (Family::Number(Relation::LessOrEqual), false),
            "numericgreaterthan" => (Family::Number(Relation::Greater), false),
            "numericgreaterthanequals" => (Family::Number(Relation::GreaterOrEqual), false),
            "dateequals" => (Family::Date(Relation::Equal), false),
            "datenotequals" => (Family::Date(Relation::Equal), true),
            "datelessthan" => (Family::Date(Relation::Less), false),
            "datelessthanequals" => (Family::Date(Relation::LessOrEqual), false),
            "dategreaterthan" => (Family::Date(Relation::Greater), false),
            "dategreaterthanequals" => (Family::Date(Relation::GreaterOrEqual), false),
            "bool" => (Family::Bool, false),
            "binaryequals" => (Family::Binary, false),
            "ipaddress" => (Family::Address, false),
            "notipaddress" => (Family::Address, true),
            "null" if !if_exists => (Family::Null, false),
            _ => return None,
        };
        Some(Self {
            family,
            is_negated,
            set,
            if_exists,
        })
    }

    /// Variables stand in texts and ARNs only.
    fn takes_variables(self) -> bool {
        matches!(
            self.family,
            Family::Text | Family::TextIgnoringCase | Family::Like | Family::Arn
        )
    }
}

impl Test {
    /// Reads a test of a policy; `variables` says whether its version has any.
    pub(crate) fn new(test: &ConditionTest, variables: bool) -> Self {
        let operator = Operator::parse(&test.operator.text);
        let variables = variables && operator.is_some_and(Operator::takes_variables);
        Self {
            operator,
            key: test.key.text.to_ascii_lowercase(),
            values: test
                .values
                .iter()
                .map(|value| Wanted::new(&value.text, operator, variables))
                .collect(),
        }
    }

    /// The key it asks for, in lower case.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// What it compares and over which values; nothing where the operator does not exist.
    pub(crate) fn family(&self) -> Option<(Family, Option<Set>)> {
        self.operator.map(|operator| (operator.family, operator.set))
    }

    /// Whether it can only hold for a value that one of its own values matches, where the key has one value.
    pub(crate) fn names_values(&self) -> bool {
        self.operator
            .is_some_and(|operator| !operator.is_negated && operator.set.is_none() && operator.takes_variables())
    }

    /// Whether the test holds. `missing` is told every key that was asked for and is absent.
    pub(crate) fn holds(&self, context: &View<'_>, missing: &mut dyn FnMut(&str)) -> Truth {
        let Some(operator) = self.operator else {
            return Truth::Unknown(Reason::UnknownOperator);
        };
        let entry = context.get(&self.key);
        if entry.is_none() {
            missing(&self.key);
        }
        if operator.family == Family::Null {
            return self.is_null(operator, entry.is_none());
        }
        match operator.set {
            None => self.holds_for_one(operator, entry, context, missing),
            Some(Set::All) => self.holds_for_all(operator, entry, context, missing),
            Some(Set::Any) => self.holds_for_any(operator, entry, context, missing),
        }
    }

    fn holds_for_one(
        &self,
        operator: Operator,
        entry: Option<Held<'_>>,
        context: &View<'_>,
        missing: &mut dyn FnMut(&str),
    ) -> Truth {
        match entry {
            None => Truth::from(operator.if_exists || operator.is_negated),
            Some(Held::Set(_)) => Truth::Unknown(Reason::PlainOperatorOnSet),
            Some(Held::One(value)) => self.accepts(operator, value, context, missing),
        }
    }

    /// Vacuously true without values; one empty text counts as none.
    fn holds_for_all(
        &self,
        operator: Operator,
        entry: Option<Held<'_>>,
        context: &View<'_>,
        missing: &mut dyn FnMut(&str),
    ) -> Truth {
        match entry {
            None | Some(Held::One("")) => Truth::Yes,
            Some(Held::One(value)) => self.accepts(operator, value, context, missing),
            Some(Held::Set([value])) if value.is_empty() => Truth::Yes,
            Some(Held::Set(values)) => Truth::all(
                values
                    .iter()
                    .map(|value| self.accepts(operator, value, context, missing)),
            ),
        }
    }

    fn holds_for_any(
        &self,
        operator: Operator,
        entry: Option<Held<'_>>,
        context: &View<'_>,
        missing: &mut dyn FnMut(&str),
    ) -> Truth {
        match entry {
            None if operator.if_exists => Truth::Unknown(Reason::ForAnyValueIfExists),
            None => Truth::No,
            Some(Held::One(value)) => self.accepts(operator, value, context, missing),
            Some(Held::Set(values)) => Truth::any(
                values
                    .iter()
                    .map(|value| self.accepts(operator, value, context, missing)),
            ),
        }
    }

    /// Whether one value of the request passes: it matches some value of the policy, or none where the operator negates.
    fn accepts(&self, operator: Operator, value: &str, context: &View<'_>, missing: &mut dyn FnMut(&str)) -> Truth {
        let matched = Truth::any(self.values.iter().map(|wanted| match wanted {
            Wanted::Ready(compared) => Truth::from(compared.matches(value)),
            Wanted::Variable(template) => match template.fill(context, missing) {
                Ok(Some(pieces)) => match Compared::new(&pieces, operator.family) {
                    Ok(compared) => Truth::from(compared.matches(value)),
                    Err(reason) => Truth::Unknown(reason),
                },
                Ok(None) => Truth::No,
                Err(reason) => Truth::Unknown(reason),
            },
        }));
        if operator.is_negated {
            matched.negated()
        } else {
            matched
        }
    }

    /// `Null`: "true" wants the key absent, "false" wants it there.
    fn is_null(&self, operator: Operator, is_absent: bool) -> Truth {
        match operator.set {
            Some(Set::All) => return Truth::Yes,
            Some(Set::Any) => return Truth::No,
            None => {}
        }
        let wants = |wanted: bool| {
            self.values
                .iter()
                .any(|value| matches!(value, Wanted::Ready(Compared::Bool(value)) if *value == wanted))
        };
        Truth::from((wants(true) && is_absent) || (wants(false) && !is_absent))
    }
}

impl Wanted {
    fn new(text: &str, operator: Option<Operator>, variables: bool) -> Self {
        let template = Template::new(text, variables);
        let Some(operator) = operator else {
            return Self::Ready(Compared::Nothing);
        };
        let ready = template
            .constant()
            .and_then(|pieces| Compared::new(&pieces, operator.family).ok());
        ready.map_or_else(|| Self::Variable(template), Self::Ready)
    }
}

impl Compared {
    fn new(pieces: &[(Piece, &str)], family: Family) -> Result<Self, Reason> {
        let text = || joined(pieces);
        let read = match family {
            Family::Text => Some(Self::Text(text())),
            Family::TextIgnoringCase => Some(Self::Folded(folded(&text()))),
            Family::Like => Some(Self::Like(Pattern::of_pieces(pieces.iter().copied()))),
            Family::Arn => Some(Self::Arn(Box::new(fields(pieces)?))),
            Family::Number(relation) => Decimal::parse(&text()).map(|number| Self::Number(number, relation)),
            Family::Date(relation) => moment(&text()).map(|moment| Self::Moment(moment, relation)),
            Family::Bool | Family::Null => truth_of(&text()).map(Self::Bool),
            Family::Binary => bytes_of_base64(&text()).map(Self::Bytes),
            Family::Address => Block::parse(&text()).map(Self::Block),
        };
        Ok(read.unwrap_or(Self::Nothing))
    }

    /// Whether a value of the request matches. One that cannot be read matches nothing.
    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Text(text) => text == value,
            Self::Folded(text) => *text == folded(value),
            Self::Like(pattern) => pattern.matches(value),
            Self::Arn(fields) => is_arn_of(value, fields.as_slice()),
            Self::Number(wanted, relation) => {
                Decimal::parse(value).is_some_and(|value| relation.holds(value.compare(wanted)))
            }
            Self::Moment(wanted, relation) => moment(value).is_some_and(|value| relation.holds(value.cmp(wanted))),
            Self::Bool(wanted) => truth_of(value) == Some(*wanted),
            Self::Bytes(wanted) => bytes_of_base64(value).is_some_and(|value| value == *wanted),
            Self::Block(block) => value.parse().is_ok_and(|address: IpAddr| block.holds(address)),
            Self::Nothing => false,
        }
    }
}

fn truth_of(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Whether a text is an ARN whose fields match, each by itself, as far as there are patterns.
pub(super) fn is_arn_of(text: &str, patterns: &[Pattern]) -> bool {
    let mut rest = Some(text);
    patterns.iter().enumerate().all(|(at, pattern)| {
        let Some(text) = rest else { return false };
        let colon = text.bytes().position(|letter| letter == b':');
        let part = match colon {
            Some(colon) if at < 5 => {
                rest = text.get(colon.saturating_add(1)..);
                text.get(..colon).unwrap_or_default()
            }
            _ => {
                rest = None;
                text
            }
        };
        pattern.matches(part)
    })
}

#[cfg(test)]
mod tests {
    use super::super::request::{Context, Principal, Request};
    use super::*;
    use crate::document::parse;

    fn holds(condition: &str, context: &Context) -> Truth {
        let request = Request {
            action: String::new(),
            resource: None,
            principal: Principal::Anonymous,
            resource_account: None,
            context: context.clone(),
        };
        let parsed = parse(&format!(r#"{{"Statement":{{"Condition":{condition}}}}}"#));
        Test::new(&parsed.document.statements[0].condition[0], true).holds(&View::of(&request), &mut |_| ())
    }

    fn context() -> Context {
        let mut context = Context::default();
        context
            .set("s", "Reports")
            .set("n", "10.0")
            .set("d", "2026-11-29T12:00:00Z")
            .set("b", "TRUE")
            .set("ip", "203.0.113.9")
            .set("arn", "arn:aws:iam::123456789012:role/app/a:b")
            .set("empty", "")
            .set("bin", "aGVsbG8=")
            .set_all("set", ["red", "blue"]);
        context
    }

    #[test]
    fn every_family_compares_in_its_own_way() {
        for (condition, expected) in [
            (r#"{"StringEquals":{"s":["x","Reports"]}}"#, true),
            (r#"{"StringEquals":{"s":"Rep*"}}"#, false),
            (r#"{"StringEqualsIgnoreCase":{"S":"rEPORTS"}}"#, true),
            (r#"{"StringNotLike":{"s":["x*","Rep*"]}}"#, false),
            (r#"{"StringLike":{"s":"R?ports"}}"#, true),
            (r#"{"NumericEquals":{"n":"10"}}"#, true),
            (r#"{"NumericLessThan":{"n":9}}"#, false),
            (r#"{"NumericGreaterThanEquals":{"s":"1"}}"#, false),
            (r#"{"NumericNotEquals":{"s":"1"}}"#, true),
            (r#"{"DateLessThan":{"d":"2026-11-30"}}"#, true),
            (r#"{"DateGreaterThan":{"d":"1795910400"}}"#, true),
            (r#"{"Bool":{"b":true}}"#, true),
            (r#"{"IpAddress":{"ip":["10.0.0.0/8","203.0.113.0/24"]}}"#, true),
            (r#"{"NotIpAddress":{"ip":"203.0.113.9"}}"#, false),
            (r#"{"ArnLike":{"arn":"arn:aws:iam::*:role/app/*"}}"#, true),
            (r#"{"ArnEquals":{"arn":"arn:aws:iam:*:*:role/*"}}"#, true),
            (r#"{"ArnLike":{"arn":"arn:aws:iam:*:role/*:*"}}"#, false),
            (r#"{"ArnLike":{"s":"arn:*:*:*:*:*"}}"#, false),
            (r#"{"BinaryEquals":{"bin":"aGVsbG8="}}"#, true),
        ] {
            assert_eq!(holds(condition, &context()), Truth::from(expected), "{condition}");
        }
    }

    #[test]
    fn absent_keys_and_sets_follow_the_tables() {
        for (condition, expected) in [
            (r#"{"StringEquals":{"no":"x"}}"#, false),
            (r#"{"StringNotEquals":{"no":"x"}}"#, true),
            (r#"{"StringEqualsIfExists":{"no":"x"}}"#, true),
            (r#"{"StringEqualsIfExists":{"s":"x"}}"#, false),
            (r#"{"ForAllValues:StringEquals":{"no":"x"}}"#, true),
            (r#"{"ForAllValues:StringEquals":{"empty":"x"}}"#, true),
            (r#"{"ForAllValues:StringEquals":{"set":["red","blue","green"]}}"#, true),
            (r#"{"ForAllValues:StringNotEquals":{"set":"red"}}"#, false),
            (r#"{"ForAnyValue:StringEquals":{"set":"red"}}"#, true),
            (r#"{"ForAnyValue:StringNotEquals":{"set":"red"}}"#, true),
            (r#"{"ForAnyValue:StringEquals":{"no":"red"}}"#, false),
            (r#"{"ForAnyValue:StringEquals":{"s":"Reports"}}"#, true),
            (r#"{"Null":{"no":"true"}}"#, true),
            (r#"{"Null":{"s":"false"}}"#, true),
            (r#"{"Null":{"s":["true","false"]}}"#, true),
            (r#"{"ForAnyValue:Null":{"s":"false"}}"#, false),
            (r#"{"StringEquals":{"s":[]}}"#, false),
            (r#"{"StringNotEquals":{"s":[]}}"#, true),
        ] {
            assert_eq!(holds(condition, &context()), Truth::from(expected), "{condition}");
        }
        for (condition, reason) in [
            (
                r#"{"ForAnyValue:StringEqualsIfExists":{"no":"x"}}"#,
                Reason::ForAnyValueIfExists,
            ),
            (r#"{"StringEquals":{"set":"red"}}"#, Reason::PlainOperatorOnSet),
            (r#"{"StringSame":{"s":"x"}}"#, Reason::UnknownOperator),
            (r#"{"NullIfExists":{"s":"true"}}"#, Reason::UnknownOperator),
            (r#"{"StringEquals":{"s":"${a:set}"}}"#, Reason::VariableOfSet),
            (r#"{"ArnLike":{"arn":"*"}}"#, Reason::PatternOfFewFields),
            (
                r#"{"ArnNotEquals":{"arn":"arn:aws:iam:*:role/*"}}"#,
                Reason::PatternOfFewFields,
            ),
        ] {
            let mut context = context();
            context.set_all("a:set", ["x"]);
            assert_eq!(holds(condition, &context), Truth::Unknown(reason), "{condition}");
        }
    }
}
