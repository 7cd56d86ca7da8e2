//! A tiny universe of policies and requests, made by rolling dice.

use serde_json::{Map, Value, json};

use crate::slow::{Case, Context, Who};

const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];
const ACTIONS: [&str; 4] = ["a:x", "a:xy", "b:x", "A:X"];
const ACTION_PATTERNS: [&str; 8] = ["*", "a:*", "a:x", "A:x", "?:x", "*:*y", "b:?", "c:x"];
const RESOURCES: [&str; 5] = [
    "arn:aws:s3:::box/ada",
    "arn:aws:s3:::box/bob/x",
    "arn:aws:s3:::box/a*",
    "arn:aws:sqs:r:111111111111:q:x",
    "arn:aws:sqs:r:111111111111:q",
];
const RESOURCE_PATTERNS: [&str; 12] = [
    "*",
    "**",
    "arn:aws:s3:::*",
    "arn:aws:s3:::box/?*",
    "arn:aws:*:r:*",
    "arn:aws:sqs",
    "arn:aws:sqs:*:*:q*",
    "arn:aws:s3:::box/${aws:username}",
    "arn:aws:s3:::box/${aws:username}/*",
    "arn:aws:s3:::box/${k:name, 'bob'}/*",
    "arn:aws:s3:::box/a${*}",
    "arn:aws:s3:::box/${k:set}",
];
/// Keys with a value each, and values that policies compare them with.
const KEYS: [(&str, &[&str], &[&str]); 7] = [
    (
        "k:name",
        &["ada", "Ada", "a*", "", "zz"],
        &["ada", "ADA", "a*", "?*", "${aws:username}", "a${*}", "b"],
    ),
    (
        "k:number",
        &["1", "1.0", "-2", "1.25", "7", "x", ""],
        &["1", "1.50", "-2", "y"],
    ),
    (
        "k:date",
        &[
            "2026-11-29T00:00:00Z",
            "1795910400",
            "1795910402",
            "2000-01-01",
            "never",
            "",
        ],
        &["2026-11-29", "2024-02-29T12:00:00Z", "1795910401"],
    ),
    ("k:bool", &["true", "FALSE", "maybe", ""], &["true", "false"]),
    (
        "k:ip",
        &["10.0.0.1", "10.1.2.3", "192.0.2.1", "ten", ""],
        &["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "10.1.2.2/31"],
    ),
    (
        "k:arn",
        &[
            "arn:aws:iam::111111111111:role/r",
            "arn:aws:iam::1:user/a:b",
            "arn:aws:sqs:::z",
            "no",
            "",
        ],
        &[
            "arn:aws:iam::*:role/*",
            "arn:*:*:*:*:*",
            "arn:aws:iam::*",
            "arn:aws:iam::1:user/${k:name}",
            "${k:arn}",
        ],
    ),
    (
        "k:set",
        &["red", "blue", "ada", "zz", ""],
        &["red", "b*", "blue", "${k:name}"],
    ),
];
const OPERATORS: [&[&str]; 7] = [
    &[
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ],
    &[
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ],
    &[
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ],
    &["Bool"],
    &["IpAddress", "NotIpAddress"],
    &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
    &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"],
];

/// A source of random choices that a seed repeats.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..4 {
            dice.roll(2);
        }
        dice
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }

    pub(crate) fn case(&mut self) -> Case {
        let who = self.who();
        let some_policies = |dice: &mut Self, principals: bool| -> Vec<Value> {
            (0..=dice.roll(2)).map(|_| dice.policy(principals)).collect()
        };
        let levels = |dice: &mut Self, principals: bool| -> Vec<Vec<Value>> {
            (0..dice.roll(3).saturating_sub(1))
                .map(|_| some_policies(dice, principals))
                .collect()
        };
        Case {
            action: self.pick(&ACTIONS).to_owned(),
            resource: (!self.once_in(8)).then(|| self.pick(&RESOURCES).to_owned()),
            who,
            owner: self.once_in(2).then(|| self.pick(&ACCOUNTS).to_owned()),
            context: self.context(),
            identity: some_policies(self, false),
            resource_policy: self.once_in(2).then(|| self.policy(true)),
            must_allow: self.once_in(4),
            boundary: self.once_in(4).then(|| self.policy(false)),
            session: self.once_in(3).then(|| some_policies(self, false)),
            service_control: levels(self, false),
            resource_control: levels(self, true),
            endpoint: self.once_in(6).then(|| self.policy(true)),
        }
    }

    /// A request that comes close to what a policy allows: its action, resource and keys are mostly those of one of its
    /// statements, with values that the policy spells, that no policy spells, and none.
    pub(crate) fn request_near(&mut self, policy: &Value) -> Case {
        let mut case = Case {
            action: self.pick(&ACTIONS).to_owned(),
            resource: (!self.once_in(8)).then(|| self.pick(&RESOURCES).to_owned()),
            context: self.context(),
            ..Case::default()
        };
        let statements = match &policy["Statement"] {
            Value::Array(statements) => statements.as_slice(),
            one => std::slice::from_ref(one),
        };
        let Some(statement) = statements.get(self.roll(statements.len().max(1))) else {
            return case;
        };
        let keys = statement
            .get("Condition")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        for (key, wanted) in keys.flat_map(|(_, keys)| keys.as_object().into_iter().flatten()) {
            let spelled: Vec<&str> = match wanted {
                Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect(),
            };
            let known = KEYS
                .iter()
                .find(|(name, ..)| name == key)
                .map_or([].as_slice(), |(_, values, _)| values);
            let is_set = key == "k:set" && !self.once_in(4);
            let count = if is_set {
                self.roll(4)
            } else {
                usize::from(!self.once_in(4))
            };
            let chosen: Vec<String> = (0..count)
                .map(|_| match self.roll(3) {
                    0 if !spelled.is_empty() => self.pick(&spelled).replace(['*', '?'], "z"),
                    _ => self.pick(known).to_owned(),
                })
                .collect();
            case.context.insert(key.clone(), (chosen, is_set));
        }
        case
    }

    fn who(&mut self) -> Who {
        let account = self.pick(&ACCOUNTS);
        let name = self.pick(&["ada", "bob"]);
        let user = format!("arn:aws:iam::{account}:user/{name}");
        match self.roll(8) {
            0 => Who::Anonymous,
            1 => Who::Root(account.to_owned()),
            2 => Who::Service("ec2.amazonaws.com".to_owned()),
            3 => Who::Federated(format!("arn:aws:sts::{account}:federated-user/{name}"), user),
            4 | 5 => Who::Session(
                format!("arn:aws:sts::{account}:assumed-role/r/{name}"),
                format!("arn:aws:iam::{account}:role/r"),
            ),
            _ => Who::User(user),
        }
    }

    fn context(&mut self) -> Context {
        let mut context = Context::new();
        for (key, values, _) in KEYS {
            let is_set = key == "k:set" && !self.once_in(4);
            if self.once_in(3) {
                continue;
            }
            let count = if is_set { 1 + self.roll(3) } else { 1 };
            let chosen = (0..count).map(|_| self.pick(values).to_owned()).collect();
            context.insert(key.to_owned(), (chosen, is_set));
        }
        context
    }

    pub(crate) fn policy(&mut self, principals: bool) -> Value {
        let statements: Vec<Value> = (0..=self.roll(3)).map(|_| self.statement(principals)).collect();
        let mut policy = json!({ "Statement": if statements.len() == 1 { statements[0].clone() } else { Value::Array(statements) } });
        if !self.once_in(8) {
            policy["Version"] = json!("2012-10-17");
        }
        policy
    }

    pub(crate) fn statement(&mut self, principals: bool) -> Value {
        let mut statement = Map::new();
        statement.insert(
            "Effect".to_owned(),
            json!(if self.once_in(4) { "Deny" } else { "Allow" }),
        );
        if principals {
            let name = if self.once_in(6) { "NotPrincipal" } else { "Principal" };
            statement.insert(name.to_owned(), self.principal());
        }
        let action = if self.once_in(5) { "NotAction" } else { "Action" };
        statement.insert(action.to_owned(), self.texts(&ACTION_PATTERNS));
        if !principals || !self.once_in(6) {
            let resource = if self.once_in(5) { "NotResource" } else { "Resource" };
            statement.insert(resource.to_owned(), self.texts(&RESOURCE_PATTERNS));
        }
        if self.once_in(2) {
            statement.insert("Condition".to_owned(), self.condition());
        }
        Value::Object(statement)
    }

    fn texts(&mut self, of: &[&str]) -> Value {
        match self.roll(3) {
            0 => json!(self.pick(of)),
            more => (0..=more).map(|_| json!(self.pick(of))).collect(),
        }
    }

    fn principal(&mut self) -> Value {
        if self.once_in(4) {
            return json!("*");
        }
        let account = self.pick(&ACCOUNTS);
        let name = self.pick(&["ada", "bob"]);
        let known = [
            account.to_owned(),
            format!("arn:aws:iam::{account}:root"),
            format!("arn:aws:iam::{account}:user/{name}"),
            format!("arn:aws:iam::{account}:role/r"),
            format!("arn:aws:sts::{account}:assumed-role/r/{name}"),
            format!("arn:aws:sts::{account}:federated-user/{name}"),
            "*".to_owned(),
        ];
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        match self.roll(5) {
            0 => json!({ "Service": "ec2.amazonaws.com" }),
            1 => json!({ "AWS": self.texts(&names), "Service": ["ec2.amazonaws.com"] }),
            _ => json!({ "AWS": self.texts(&names) }),
        }
    }

    fn condition(&mut self) -> Value {
        let mut condition = Map::new();
        for _ in 0..=self.roll(2) {
            let at = self.roll(KEYS.len());
            let (key, _, wanted) = KEYS[at];
            let (operator, values) = if self.once_in(8) {
                ("Null".to_owned(), self.texts(&["true", "false"]))
            } else {
                let name = self.pick(OPERATORS[at]);
                let suffix = if self.once_in(4) { "IfExists" } else { "" };
                (format!("{name}{suffix}"), self.texts(wanted))
            };
            let often = if key == "k:set" { 1 } else { 6 };
            let prefix = match (self.once_in(often), self.once_in(2)) {
                (true, true) => "ForAllValues:",
                (true, false) => "ForAnyValue:",
                (false, _) => "",
            };
            let prefix = if key == "k:set" && self.once_in(12) { "" } else { prefix };
            condition.insert(format!("{prefix}{operator}"), json!({ key: values }));
        }
        Value::Object(condition)
    }
}
