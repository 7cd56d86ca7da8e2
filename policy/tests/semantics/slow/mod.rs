//! The slow evaluator: the rules of the IAM User Guide written down one by one, over plain JSON.
//!
//! It shares no code with the product, neither the reading of documents nor any matching, so that an error has to be
//! made twice to stay hidden. Speed does not matter here, only that each line can be held against a page of the guide.
//! `None` stands for what the guide does not decide.

pub(crate) mod values;

use std::collections::BTreeMap;

use serde_json::Value;
use values::{in_block, nanoseconds, number};

/// Values of the request by key in lower case, and whether the key can hold several.
pub(crate) type Context = BTreeMap<String, (Vec<String>, bool)>;

/// A request, and the policies that apply to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) action: String,
    pub(crate) resource: Option<String>,
    pub(crate) who: Who,
    pub(crate) owner: Option<String>,
    pub(crate) context: Context,
    pub(crate) identity: Vec<Value>,
    pub(crate) resource_policy: Option<Value>,
    pub(crate) must_allow: bool,
    pub(crate) boundary: Option<Value>,
    pub(crate) session: Option<Vec<Value>>,
    pub(crate) service_control: Vec<Vec<Value>>,
    pub(crate) resource_control: Vec<Vec<Value>>,
    pub(crate) endpoint: Option<Value>,
}

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Who {
    #[default]
    Anonymous,
    Root(String),
    User(String),
    Session(String, String),
    Federated(String, String),
    Service(String),
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Allowed,
    Implicit,
    Explicit,
    Unknown,
}

/// Kleene's conjunction: a no decides.
fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Kleene's disjunction: a yes decides.
fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    list(value)
        .iter()
        .map(|item| match item {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

/// `*` and `?`, by trying everything. `\u{0}` before a character takes its meaning away.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        ['?', rest @ ..] => !text.is_empty() && glob(rest, &text[1..]),
        ['\u{0}', plain, rest @ ..] | [plain, rest @ ..] => text.first() == Some(plain) && glob(rest, &text[1..]),
    }
}

fn like(pattern: &str, text: &str) -> bool {
    glob(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

/// The six fields of an ARN. A marked character is never a separator.
fn six(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut marked = false;
    for letter in text.chars() {
        if letter == ':' && !marked && out.len() < 6 {
            out.push(String::new());
        } else {
            out.last_mut().unwrap().push(letter);
        }
        marked = letter == '\u{0}';
    }
    out
}

fn arn_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (six(pattern), six(text));
    text.len() == 6 && pattern.iter().zip(&text).all(|(pattern, text)| like(pattern, text))
}

/// A text with the values of its variables, each of their characters marked as plain. The outer `None` is undecided, the
/// inner one a variable without a value.
#[expect(
    clippy::option_option,
    reason = "undecided is one thing, decided without a value another"
)]
fn substitute(text: &str, context: &Context, modern: bool) -> Option<Option<String>> {
    if !modern {
        return Some(Some(text.to_owned()));
    }
    let mark = |value: &str| value.chars().flat_map(|letter| ['\u{0}', letter]).collect::<String>();
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let inside = &rest[start + 2..start + length];
        out.push_str(&rest[..start]);
        rest = &rest[start + length + 1..];
        if ["*", "?", "$"].contains(&inside) {
            out.push_str(&mark(inside));
            continue;
        }
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
            None => (inside, None),
        };
        match (
            context
                .get(&key.to_lowercase())
                .filter(|(values, _)| !values.is_empty()),
            default,
        ) {
            (Some((_, true)), _) => return None,
            (Some((values, false)), _) => out.push_str(&mark(&values[0])),
            (None, Some(default)) => out.push_str(&mark(default)),
            (None, None) => return Some(None),
        }
    }
    out.push_str(rest);
    Some(Some(out))
}

/// In lower case, letter by letter.
fn folded(text: &str) -> String {
    let alone = |letter: char| letter.to_lowercase().collect::<Vec<char>>();
    let lower = |letter: char| {
        if alone(letter).len() == 1 {
            alone(letter)[0]
        } else {
            letter
        }
    };
    text.chars().map(lower).collect()
}

fn plain(text: &str) -> String {
    text.replace('\u{0}', "")
}

/// Whether one value of the request matches one value of the policy under the positive form of an operator.
fn matches(operator: &str, wanted: &str, value: &str, context: &Context, modern: bool) -> Option<bool> {
    let takes_variables = operator.starts_with("String") || operator.starts_with("Arn");
    let Some(wanted) = substitute(wanted, context, modern && takes_variables)? else {
        return Some(false);
    };
    let text = plain(&wanted);
    let compare = |one: Option<i128>, other: Option<i128>, suffix: &str| match (one, other) {
        (Some(one), Some(other)) => match suffix {
            "Equals" => one == other,
            "LessThan" => one < other,
            "LessThanEquals" => one <= other,
            "GreaterThan" => one > other,
            "GreaterThanEquals" => one >= other,
            _ => unreachable!("{suffix}"),
        },
        _ => false,
    };
    Some(match operator {
        "StringEquals" => text == value,
        "StringEqualsIgnoreCase" => folded(&text) == folded(value),
        "StringLike" => like(&wanted, value),
        "ArnEquals" | "ArnLike" => {
            if wanted.contains("\u{0}:") || six(&wanted).len() < 6 {
                return None;
            }
            arn_like(&wanted, value)
        }
        "Bool" => {
            ["true", "false"].contains(&value.to_lowercase().as_str()) && value.to_lowercase() == text.to_lowercase()
        }
        "IpAddress" => in_block(&text, value),
        _ => match (operator.strip_prefix("Numeric"), operator.strip_prefix("Date")) {
            (Some(suffix), _) => compare(number(value), number(&text), suffix),
            (_, Some(suffix)) => compare(nanoseconds(value), nanoseconds(&text), suffix),
            _ => unreachable!("{operator}"),
        },
    })
}

/// One key under one operator.
fn test(operator: &str, key: &str, wanted: &[String], context: &Context, modern: bool) -> Option<bool> {
    let (set, operator) = match operator.split_once(':') {
        Some((set, operator)) => (Some(set), operator),
        None => (None, operator),
    };
    let values = context
        .get(&key.to_lowercase())
        .filter(|(values, _)| !values.is_empty());
    if operator == "Null" {
        return Some(match set {
            Some("ForAllValues") => true,
            Some(_) => false,
            None => {
                (wanted.iter().any(|text| text == "true") && values.is_none())
                    || (wanted.iter().any(|text| text == "false") && values.is_some())
            }
        });
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let negated = operator.contains("Not");
    let positive = operator.replace("Not", "");
    let passes = |value: &String| {
        let matched = wanted
            .iter()
            .map(|wanted| matches(&positive, wanted, value, context, modern))
            .fold(Some(false), either);
        if negated {
            matched.map(|matched| !matched)
        } else {
            matched
        }
    };
    match (set, values) {
        (None, None) => Some(if_exists || negated),
        (None, Some((_, true))) => None,
        (None, Some((values, false))) => passes(&values[0]),
        (Some("ForAllValues"), None) => Some(true),
        (Some("ForAllValues"), Some((values, _))) if values == &[String::new()] => Some(true),
        (Some("ForAllValues"), Some((values, _))) => values.iter().map(passes).fold(Some(true), both),
        (Some(_), None) if if_exists => None,
        (Some(_), None) => Some(false),
        (Some(_), Some((values, _))) => values.iter().map(passes).fold(Some(false), either),
    }
}

/// How a list of principals names somebody: itself or everybody, its role or user, its account.
fn naming(principal: &Value, who: &Who) -> [bool; 3] {
    let mut named = [false; 3];
    if principal == "*" {
        return [true, false, false];
    }
    for (kind, values) in principal.as_object().unwrap() {
        for value in texts(Some(values)) {
            let is_account = |account: &str| value == account || value == format!("arn:aws:iam::{account}:root");
            match (kind.as_str(), who) {
                ("AWS", _) if value == "*" => named[0] = true,
                ("AWS", Who::Root(account)) => named[2] |= is_account(account),
                ("AWS", Who::User(arn)) => {
                    named[0] |= &value == arn;
                    named[2] |= is_account(account_of(arn));
                }
                ("AWS", Who::Session(arn, behind) | Who::Federated(arn, behind)) => {
                    named[0] |= &value == arn;
                    named[1] |= &value == behind;
                    named[2] |= is_account(account_of(arn));
                }
                ("Service", Who::Service(name)) => named[0] |= &value == name,
                _ => {}
            }
        }
    }
    named
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap()
}

/// Whether a statement matches, and how it names the principal.
fn statement(statement: &Value, case: &Case, modern: bool) -> (Option<bool>, [bool; 3]) {
    let mut named = [true, false, false];
    let mut holds = Some(true);
    if let Some(principal) = statement.get("Principal") {
        named = naming(principal, &case.who);
        holds = Some(named.contains(&true));
    }
    if let Some(principal) = statement.get("NotPrincipal") {
        let [itself, behind, account] = naming(principal, &case.who);
        let everyone = principal == "*" || texts(principal.get("AWS")).iter().any(|text| text == "*");
        let denies_bounded = statement["Effect"] == "Deny" && case.boundary.is_some();
        holds = match &case.who {
            _ if denies_bounded => Some(true),
            _ if everyone => Some(false),
            Who::Session(..) | Who::Federated(..) if itself && behind && account => Some(false),
            Who::Session(..) | Who::Federated(..) if itself || behind || account => None,
            Who::User(_) if itself != account => None,
            _ => Some(!(itself || behind || account)),
        };
        named = [true, false, false];
    }
    let action = case.action.to_lowercase();
    let listed = |name: &str| {
        texts(statement.get(name))
            .iter()
            .any(|text| like(&text.to_lowercase(), &action))
    };
    holds = both(
        holds,
        Some(if statement.get("Action").is_some() {
            listed("Action")
        } else {
            !listed("NotAction")
        }),
    );
    holds = both(holds, resources(statement, case, modern));
    for (operator, keys) in statement
        .get("Condition")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        for (key, wanted) in keys.as_object().unwrap() {
            holds = both(holds, test(operator, key, &texts(Some(wanted)), &case.context, modern));
        }
    }
    (holds, named)
}

fn resources(statement: &Value, case: &Case, modern: bool) -> Option<bool> {
    let mut without_value = false;
    let mut one = |pattern: &str| {
        if !pattern.is_empty() && pattern.chars().all(|letter| letter == '*') {
            return Some(true);
        }
        let substituted = substitute(pattern, &case.context, modern);
        without_value |= substituted == Some(None);
        // An action without a resource is matched by the star alone.
        let Some(resource) = &case.resource else {
            return Some(false);
        };
        // Variables stand in the sixth field only, so that the others can say no before any value is known.
        let (written, text) = (six(pattern), six(resource));
        if written
            .iter()
            .zip(&text)
            .take(5)
            .any(|(pattern, text)| !like(pattern, text))
        {
            return Some(false);
        }
        let Some(pattern) = substituted? else {
            return Some(false);
        };
        let mut fields = six(&pattern);
        while fields.len() < 6 && fields[0] == "arn" {
            fields.push("*".to_owned());
        }
        let text = six(resource);
        Some(
            fields.len() == 6 && text.len() == 6 && fields.iter().zip(&text).all(|(pattern, text)| like(pattern, text)),
        )
    };
    if let Some(patterns) = statement.get("Resource") {
        return texts(Some(patterns))
            .iter()
            .map(|pattern| one(pattern))
            .fold(Some(false), either);
    }
    let Some(patterns) = statement.get("NotResource") else {
        return Some(true);
    };
    let listed = texts(Some(patterns))
        .iter()
        .map(|pattern| one(pattern))
        .fold(Some(false), either);
    match listed {
        Some(true) => Some(false),
        _ if without_value => None,
        other => other.map(|listed| !listed),
    }
}

/// What the Allows of some policies say, by naming, and what their Denies say.
fn layer(policies: &[Value], case: &Case) -> ([Option<bool>; 3], Option<bool>) {
    let mut grants = [Some(false); 3];
    let mut denied = Some(false);
    for policy in policies {
        let modern = policy.get("Version").is_some_and(|version| version == "2012-10-17");
        for one in list(policy.get("Statement")) {
            let (holds, named) = statement(&one, case, modern);
            if one["Effect"] == "Deny" {
                denied = either(denied, holds);
            } else {
                for (grant, _) in grants.iter_mut().zip(named).filter(|(_, named)| *named) {
                    *grant = either(*grant, holds);
                }
            }
        }
    }
    (grants, denied)
}

/// Whether a policy alone allows a request, every key of which is as it is given.
pub(crate) fn allows(policy: &Value, case: &Case) -> Option<bool> {
    let (grants, denied) = layer(std::slice::from_ref(policy), case);
    let granted = grants.into_iter().fold(Some(false), either);
    both(granted, denied.map(|denied| !denied))
}

/// Decides a case.
pub(crate) fn decide(case: &Case) -> End {
    let mut case = case.clone();
    complete(&mut case);
    let case = &case;
    let mut denied = Some(false);
    let mut ask = |policies: &[Value]| {
        let (grants, denies) = layer(policies, case);
        denied = either(denied, denies);
        grants
    };
    let any = |grants: [Option<bool>; 3]| grants.into_iter().fold(Some(false), either);
    let [itself, behind, by_account] = match &case.resource_policy {
        Some(policy) => ask(std::slice::from_ref(policy)),
        None => [Some(false); 3],
    };
    let has_identity = matches!(case.who, Who::User(_) | Who::Session(..) | Who::Federated(..));
    let identity = if has_identity {
        any(ask(&case.identity))
    } else {
        Some(false)
    };
    let boundary = case
        .boundary
        .as_ref()
        .map_or(Some(true), |policy| any(ask(std::slice::from_ref(policy))));
    let session = case.session.as_ref().map_or(Some(true), |policies| any(ask(policies)));
    let endpoint = case
        .endpoint
        .as_ref()
        .map_or(Some(true), |policy| any(ask(std::slice::from_ref(policy))));
    let mut organization = Some(true);
    if !matches!(case.who, Who::Service(_) | Who::Anonymous) {
        for level in &case.service_control {
            organization = both(organization, any(ask(level)));
        }
    }
    for level in &case.resource_control {
        ask(level);
    }
    let account = match &case.who {
        Who::Root(account) => Some(account.as_str()),
        Who::User(arn) | Who::Session(arn, _) | Who::Federated(arn, _) => Some(account_of(arn)),
        Who::Service(_) | Who::Anonymous => None,
    };
    let foreign = account.is_some() && case.owner.is_some() && case.owner.as_deref() != account;
    let limits = both(boundary, session);
    let own = both(identity, limits);
    let named = either(either(itself, behind), by_account);
    let granted = match &case.who {
        Who::Service(_) | Who::Anonymous => itself,
        Who::Root(_) => {
            if foreign || case.must_allow {
                named
            } else {
                Some(true)
            }
        }
        _ if foreign => both(own, named),
        Who::User(_) => either(itself, if case.must_allow { both(by_account, own) } else { own }),
        Who::Session(..) => either(
            either(itself, both(behind, limits)),
            if case.must_allow { both(by_account, own) } else { own },
        ),
        Who::Federated(..) => {
            let own = if case.session.is_some() { own } else { Some(false) };
            either(
                either(itself, both(behind, limits)),
                if case.must_allow { both(by_account, own) } else { own },
            )
        }
    };
    let allowed = both(both(granted, organization), endpoint);
    match (denied, allowed) {
        (Some(true), _) => End::Explicit,
        (_, Some(false)) => End::Implicit,
        (None, _) | (_, None) => End::Unknown,
        (Some(false), Some(true)) => End::Allowed,
    }
}

/// Keys that follow from who asks and for what.
fn complete(case: &mut Case) {
    let one = |value: &str| (vec![value.to_owned()], false);
    let account = match &case.who {
        Who::Root(account) => Some(account.clone()),
        Who::User(arn) | Who::Session(arn, _) | Who::Federated(arn, _) => Some(account_of(arn).to_owned()),
        Who::Service(_) | Who::Anonymous => None,
    };
    let mut derived = Vec::new();
    match &case.who {
        Who::User(arn) => {
            derived.push(("aws:principalarn", one(arn)));
            derived.push(("aws:username", one(arn.split('/').next_back().unwrap())));
        }
        Who::Session(_, role) => derived.push(("aws:principalarn", one(role))),
        Who::Federated(arn, _) => derived.push(("aws:principalarn", one(arn))),
        Who::Root(account) => derived.push(("aws:principalarn", one(&format!("arn:aws:iam::{account}:root")))),
        Who::Service(_) | Who::Anonymous => {}
    }
    if let Some(account) = &account {
        derived.push(("aws:principalaccount", one(account)));
    }
    if let Some(owner) = case.owner.as_ref().or(account.as_ref()) {
        derived.push(("aws:resourceaccount", one(owner)));
    }
    for (key, values) in derived {
        case.context.entry(key.to_owned()).or_insert(values);
    }
}
