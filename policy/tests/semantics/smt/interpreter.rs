//! As much of SMT-LIB as the problems use, asked about one request at a time.

use std::collections::{BTreeMap, BTreeSet};

use leastpriv_policy::decide::{Principal, Request};

use crate::slow::values;
use crate::universe::Dice;

/// A problem that was read.
pub(super) struct Problem {
    functions: BTreeMap<String, Expr>,
    sorts: BTreeMap<String, String>,
    assertions: Vec<Expr>,
    /// Condition keys, each with the number that its constants have.
    keys: BTreeMap<String, usize>,
    people: Vec<Principal>,
}

#[derive(Clone, Debug)]
enum Expr {
    Symbol(String),
    Text(String),
    List(Vec<Expr>),
}

/// What a term is worth. Numbers are in millionths.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Worth {
    Bool(bool),
    Number(i128),
    Text(String),
}

type Constants = BTreeMap<String, Worth>;

impl Problem {
    pub(super) fn read(text: &str) -> Self {
        let mut problem = Self {
            functions: BTreeMap::new(),
            sorts: BTreeMap::new(),
            assertions: Vec::new(),
            keys: BTreeMap::new(),
            people: Vec::new(),
        };
        for line in text.lines() {
            if let Some(key) = line.strip_prefix("; The condition key ") {
                problem.keys.insert(key.to_owned(), problem.keys.len());
            }
            let numbered = line.strip_prefix("; ").and_then(|line| line.split_once(": "));
            if let Some((_, person)) = numbered.filter(|(number, _)| number.parse::<usize>().is_ok()) {
                problem.people.push(person_of(person));
            }
        }
        for command in read(text) {
            let Expr::List(parts) = command else {
                panic!("{command:?}")
            };
            match parts.as_slice() {
                [Expr::Symbol(name), Expr::Symbol(constant), Expr::Symbol(sort)] if name == "declare-const" => {
                    assert!(
                        problem.sorts.insert(constant.clone(), sort.clone()).is_none(),
                        "{constant} twice"
                    );
                }
                [Expr::Symbol(name), Expr::Symbol(function), _, _, body] if name == "define-fun" => {
                    assert!(
                        problem.functions.insert(function.clone(), body.clone()).is_none(),
                        "{function} twice"
                    );
                }
                [Expr::Symbol(name), body] if name == "assert" => problem.assertions.push(body.clone()),
                _ => {}
            }
        }
        problem
    }

    /// One of those that the problem tells apart, or a user where it names nobody.
    pub(super) fn somebody(&self, dice: &mut Dice) -> Principal {
        if self.people.is_empty() {
            return Principal::User("arn:aws:iam::111111111111:user/ada".to_owned());
        }
        self.people[dice.roll(self.people.len())].clone()
    }

    /// Whether the problem holds for a request; nothing where its constants cannot say the request.
    pub(super) fn holds(&self, request: &Request) -> Option<bool> {
        let constants = self.constants(request)?;
        Some(self.assertions.iter().all(|one| self.truth(one, &constants)))
    }

    fn constants(&self, request: &Request) -> Option<Constants> {
        let mut out = Constants::new();
        let (service, name) = request.action.split_once(':').unwrap();
        for (part, text) in [("service", service), ("name", name)] {
            out.insert(format!("action-{part}"), Worth::Text(text.to_ascii_lowercase()));
        }
        out.insert("resource-there".to_owned(), Worth::Bool(request.resource.is_some()));
        let resource = request.resource.clone().unwrap_or_else(|| "arn:a:b:c:d:e".to_owned());
        let parts = ["arn", "partition", "service", "region", "account", "name"];
        for (part, text) in parts.iter().zip(resource.splitn(6, ':')).skip(1) {
            out.insert(format!("resource-{part}"), Worth::Text(text.to_owned()));
        }
        if let Some(number) = self.people.iter().position(|one| *one == request.principal) {
            out.insert("principal".to_owned(), Worth::Number(millionths(number)));
        }
        for (key, number) in &self.keys {
            let values = request.context.values(key).unwrap_or_default();
            let is_set = request.context.is_multivalued(key) && !values.is_empty();
            let constant = |part: &str| format!("key{number}-{part}");
            out.insert(constant("there"), Worth::Bool(!values.is_empty()));
            let tells_sets = self.sorts.contains_key(&constant("several"));
            if tells_sets {
                out.insert(constant("several"), Worth::Bool(is_set));
            }
            let slots = (1..=1_000)
                .take_while(|slot| self.sorts.contains_key(&constant(&format!("value{slot}"))))
                .count();
            let distinct: BTreeSet<&String> = values.iter().collect();
            let distinct: Vec<&String> = distinct.into_iter().collect();
            // A set that names a value twice is none.
            if slots > 0 && (distinct.len() > slots || (is_set && (slots == 1 || distinct.len() < values.len()))) {
                return None;
            }
            for slot in 1..=slots {
                let value = distinct
                    .get(slot - 1)
                    .or(distinct.last())
                    .map_or("", |value| value.as_str());
                self.put(*number, slot, value, &mut out);
            }
        }
        Some(out)
    }

    /// The constants of one value, read as its sort and those beside it tell.
    fn put(&self, key: usize, slot: usize, value: &str, out: &mut Constants) {
        let name = |part: &str| format!("key{key}-{part}{slot}");
        let is_declared = |part: &str| self.sorts.contains_key(&name(part));
        let (worth, is_read) = match self.sorts[&name("value")].as_str() {
            "String" => (Worth::Text(value.to_owned()), None),
            "Real" => {
                let number = values::number(value);
                (Worth::Number(number.unwrap_or_default()), Some(number.is_some()))
            }
            _ if is_declared("read") => {
                let moment = values::nanoseconds(value);
                (
                    Worth::Number(moment.unwrap_or_default() * 1_000_000),
                    Some(moment.is_some()),
                )
            }
            _ if is_declared("family") => {
                let address = values::address(value).map(i128::from);
                let family = if address.is_some() { 4 } else { 0 };
                out.insert(name("family"), Worth::Number(millionths(family)));
                (Worth::Number(address.unwrap_or_default() * 1_000_000), None)
            }
            // Bytes have no bounds, and a truth has.
            _ if !self
                .assertions
                .iter()
                .any(|one| format!("{one:?}").contains(&name("value"))) =>
            {
                let number = match value {
                    "" => 0,
                    "QQ==" | "QR==" => 1,
                    _ => 9,
                };
                (Worth::Number(millionths(number)), None)
            }
            _ => {
                let number = match value.to_lowercase().as_str() {
                    "false" => 0,
                    "true" => 1,
                    "" => 2,
                    _ => 3,
                };
                (Worth::Number(millionths(number)), None)
            }
        };
        out.insert(name("value"), worth);
        if let Some(is_read) = is_read {
            out.insert(name("read"), Worth::Bool(is_read));
        }
        if is_declared("empty") {
            out.insert(name("empty"), Worth::Bool(value.is_empty()));
        }
    }

    fn truth(&self, expr: &Expr, constants: &Constants) -> bool {
        self.worth(expr, constants) == Worth::Bool(true)
    }

    fn worth(&self, expr: &Expr, constants: &Constants) -> Worth {
        let parts = match expr {
            Expr::Text(text) => return Worth::Text(text.clone()),
            Expr::Symbol(name) => return self.symbol(name, constants),
            Expr::List(parts) => parts,
        };
        let [Expr::Symbol(operator), operands @ ..] = parts.as_slice() else {
            panic!("{expr:?}")
        };
        let numbers = || -> Vec<Worth> { operands.iter().map(|one| self.worth(one, constants)).collect() };
        let chain = |holds: fn(&Worth, &Worth) -> bool| numbers().windows(2).all(|two| holds(&two[0], &two[1]));
        Worth::Bool(match operator.as_str() {
            "and" => operands.iter().all(|one| self.truth(one, constants)),
            "or" => operands.iter().any(|one| self.truth(one, constants)),
            "not" => !self.truth(&operands[0], constants),
            "=>" => !self.truth(&operands[0], constants) || self.truth(&operands[1], constants),
            "=" => chain(|one, other| one == other),
            "<" => chain(|one, other| one < other),
            "<=" => chain(|one, other| one <= other),
            ">" => chain(|one, other| one > other),
            ">=" => chain(|one, other| one >= other),
            "-" | "mod" => match numbers().as_slice() {
                [Worth::Number(only)] => return Worth::Number(-only),
                [Worth::Number(one), Worth::Number(other)] => return Worth::Number(one.rem_euclid(*other)),
                other => panic!("{other:?}"),
            },
            "str.in_re" => {
                let Worth::Text(text) = self.worth(&operands[0], constants) else {
                    panic!("{expr:?}")
                };
                let text: Vec<char> = text.chars().collect();
                self.ends(&operands[1], &text, 0).contains(&text.len())
            }
            other => panic!("unknown operator {other}"),
        })
    }

    fn symbol(&self, name: &str, constants: &Constants) -> Worth {
        match name {
            "true" => return Worth::Bool(true),
            "false" => return Worth::Bool(false),
            _ => {}
        }
        if let Some(body) = self.functions.get(name) {
            return self.worth(body, constants);
        }
        if name.starts_with(|letter: char| letter.is_ascii_digit()) {
            let (whole, fraction) = name.split_once('.').unwrap_or((name, "0"));
            let number: i128 = format!("{whole}{fraction:0<6}").parse().unwrap_or(i128::MAX);
            return Worth::Number(number);
        }
        constants
            .get(name)
            .unwrap_or_else(|| panic!("nothing is known of {name}"))
            .clone()
    }

    /// Where a match that begins at a place can end.
    fn ends(&self, regex: &Expr, text: &[char], from: usize) -> BTreeSet<usize> {
        let one = |holds: bool| {
            if holds {
                BTreeSet::from([from + 1])
            } else {
                BTreeSet::new()
            }
        };
        let parts = match regex {
            Expr::Symbol(name) => match name.as_str() {
                "re.all" => return (from..=text.len()).collect(),
                "re.allchar" => return one(from < text.len()),
                other => return self.ends(&self.functions[other], text, from),
            },
            Expr::Text(_) => panic!("{regex:?}"),
            Expr::List(parts) => parts,
        };
        match parts.as_slice() {
            [Expr::Symbol(name), Expr::Text(wanted)] if name == "str.to_re" => {
                let wanted: Vec<char> = wanted.chars().collect();
                let holds = text[from..].starts_with(&wanted);
                holds.then_some(from + wanted.len()).into_iter().collect()
            }
            [Expr::Symbol(name), Expr::Text(first), Expr::Text(last)] if name == "re.range" => {
                let bound = |text: &str| text.chars().next().unwrap();
                one(text
                    .get(from)
                    .is_some_and(|letter| (bound(first)..=bound(last)).contains(letter)))
            }
            [Expr::Symbol(name), rest @ ..] if name == "re.union" => {
                rest.iter().flat_map(|part| self.ends(part, text, from)).collect()
            }
            [Expr::Symbol(name), rest @ ..] if name == "re.++" => {
                rest.iter().fold(BTreeSet::from([from]), |ends, part| {
                    ends.into_iter().flat_map(|end| self.ends(part, text, end)).collect()
                })
            }
            [Expr::Symbol(name), part] if name == "re.*" || name == "re.+" => {
                let mut found = BTreeSet::new();
                let mut open = vec![from];
                while let Some(at) = open.pop() {
                    open.extend(self.ends(part, text, at).into_iter().filter(|end| found.insert(*end)));
                }
                if name == "re.*" {
                    found.insert(from);
                }
                found
            }
            other => panic!("{other:?}"),
        }
    }
}

fn millionths(number: usize) -> i128 {
    i128::try_from(number).unwrap() * 1_000_000
}

/// Somebody, as a comment of the problem shows him.
fn person_of(text: &str) -> Principal {
    let names: Vec<String> = text.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    match (text.split('(').next(), names.as_slice()) {
        (Some("Root"), [account]) => Principal::Root(account.clone()),
        (Some("User"), [arn]) => Principal::User(arn.clone()),
        (Some("Behind"), [arn, behind]) if arn.contains(":assumed-role/") => Principal::Session {
            session: arn.clone(),
            role: behind.clone(),
        },
        (Some("Behind"), [arn, behind]) => Principal::FederatedUser {
            federated: arn.clone(),
            user: behind.clone(),
        },
        (Some("Service"), [name]) => Principal::Service(name.clone()),
        (Some("Provider"), [name]) => Principal::Federated(name.clone()),
        (Some("Anonymous"), []) => Principal::Anonymous,
        _ => panic!("nobody is known as {text}"),
    }
}

/// The expressions of a text.
fn read(text: &str) -> Vec<Expr> {
    let mut open: Vec<Vec<Expr>> = vec![Vec::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ';' => while letters.next().is_some_and(|letter| letter != '\n') {},
            '(' => open.push(Vec::new()),
            ')' => {
                let done = open.pop().unwrap();
                open.last_mut().expect("a bracket too many").push(Expr::List(done));
            }
            '"' => {
                let mut inside = String::new();
                while let Some(letter) = letters.next() {
                    if letter != '"' {
                        inside.push(letter);
                    } else if letters.next_if_eq(&'"').is_some() {
                        inside.push('"');
                    } else {
                        break;
                    }
                }
                open.last_mut().unwrap().push(Expr::Text(unescaped(&inside)));
            }
            _ if letter.is_whitespace() => {}
            _ => {
                let mut name = letter.to_string();
                while let Some(letter) = letters.next_if(|letter| !letter.is_whitespace() && !"();\"".contains(*letter))
                {
                    name.push(letter);
                }
                open.last_mut().unwrap().push(Expr::Symbol(name));
            }
        }
    }
    assert_eq!(open.len(), 1, "a bracket is missing");
    open.pop().unwrap()
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('}').unwrap();
        out.push(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).unwrap());
        out.push_str(rest);
    }
    out
}
