//! Random requests with policies of every kind, in words that AWS knows, so that another evaluator can be asked about them.

use leastpriv_policy::decide::{Attachment, Context, Policies, Policy, Principal, Request};
use leastpriv_policy::document::parse;
use serde_json::{Map, Value, json};

const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];

/// Actions with a resource each; `ACCOUNT` is that of its owner, and nothing where the action works on no resource.
const CALLS: [(&str, &str); 10] = [
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:ACCOUNT:orders"),
    ("sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:ACCOUNT:ada"),
    ("s3:GetObject", "arn:aws:s3:::reports/ada/x"),
    ("s3:PutObject", "arn:aws:s3:::reports/bob"),
    ("s3:ListBucket", "arn:aws:s3:::reports"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:ACCOUNT:table/ada"),
    ("sns:Publish", "arn:aws:sns:us-east-1:ACCOUNT:news"),
    (
        "kms:Decrypt",
        "arn:aws:kms:us-east-1:ACCOUNT:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:ACCOUNT:function:ada"),
    ("ec2:DescribeInstances", ""),
];

const ACTION_PATTERNS: [&str; 10] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "sqs:*",
    "sqs:?e*",
    "kms:Decrypt",
    "dynamodb:*Item",
    "ec2:Describe*",
    "sns:Publish",
];

const RESOURCE_PATTERNS: [&str; 10] = [
    "*",
    "arn:aws:s3:::reports/*",
    "arn:aws:s3:::reports",
    "arn:aws:s3:::reports/${aws:username}/*",
    "arn:aws:s3:::*/?da/*",
    "arn:aws:sqs:*:*:${aws:username}",
    "arn:aws:sqs:us-*:111111111111:*",
    "arn:aws:dynamodb:*:*:table/a*",
    "arn:aws:*:us-east-1:*:*",
    "arn:aws:lambda:us-east-1:*:function:${aws:PrincipalTag/team, 'ada'}",
];

/// What `NotResource` says. A variable without a value in it is left open by the documentation, so the only one here has a
/// value of its own.
const NOT_RESOURCE_PATTERNS: [&str; 5] = [
    "arn:aws:s3:::reports/*",
    "arn:aws:s3:::*/?da/*",
    "arn:aws:sqs:us-*:111111111111:*",
    "arn:aws:dynamodb:*:*:table/a*",
    "arn:aws:lambda:us-east-1:*:function:${aws:PrincipalTag/team, 'ada'}",
];

/// A context key: operators that read it, values that a request has, values that policies compare it with.
type Key = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const KEYS: [Key; 8] = [
    (
        "aws:UserAgent",
        &[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        &["ada", "Ada", "a*", "console"],
        &["ada", "ADA", "a*", "?da", "${aws:PrincipalTag/team}", "con*"],
    ),
    (
        "aws:MultiFactorAuthAge",
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["0", "300", "3600"],
        &["300", "301", "3600"],
    ),
    (
        "aws:TokenIssueTime",
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["2026-11-29T00:00:00Z", "2024-02-29T12:00:00Z"],
        &["2026-11-29T00:00:00Z", "2025-01-01T00:00:00Z", "2024-02-29T12:00:00Z"],
    ),
    ("aws:SecureTransport", &["Bool"], &["true", "false"], &["true", "false"]),
    (
        "aws:SourceIp",
        &["IpAddress", "NotIpAddress"],
        &["10.0.0.1", "10.1.2.3", "192.0.2.1", "2001:db8::1"],
        &["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "10.1.2.2/31", "2001:db8::/32"],
    ),
    (
        "aws:SourceArn",
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        &["arn:aws:sns:us-east-1:111111111111:news", "arn:aws:s3:::reports"],
        &[
            "arn:aws:sns:*:111111111111:*",
            "arn:aws:s3:::reports",
            "arn:*:*:*:*:*",
            "arn:aws:s3:::rep*",
        ],
    ),
    (
        "aws:PrincipalTag/team",
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"],
        &["ada", "red"],
        &["ada", "r?d", "blue"],
    ),
    (
        "aws:CalledVia",
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"],
        &[
            "athena.amazonaws.com",
            "cloudformation.amazonaws.com",
            "glue.amazonaws.com",
        ],
        &["athena.amazonaws.com", "cloud*", "*.amazonaws.com"],
    ),
];

/// The key that holds several values.
const MULTIVALUED: &str = "aws:CalledVia";

/// A request with its policies, as text.
#[derive(Debug)]
pub(super) struct Case {
    action: &'static str,
    resource: Option<String>,
    principal: Principal,
    owner: &'static str,
    context: Vec<(&'static str, Vec<&'static str>)>,
    username: Option<&'static str>,
    identity: Vec<Value>,
    resource_policy: Option<Value>,
    boundary: Option<Value>,
    session: Option<Value>,
    service_control: Vec<Vec<Value>>,
    resource_control: Vec<Value>,
    endpoint: Option<Value>,
}

impl Case {
    /// The case of a seed.
    pub(super) fn new(seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        let (principal, username) = dice.principal();
        let owner = dice.pick(&ACCOUNTS);
        let (action, resource) = dice.pick(&CALLS);
        let resource = Some(resource.replace("ACCOUNT", owner)).filter(|resource| !resource.is_empty());
        let owner = if resource.is_some() {
            owner
        } else {
            principal.account().map_or(owner, known_account)
        };
        let is_somebody = principal.has_identity_policies();
        let is_temporary = matches!(principal, Principal::Session { .. } | Principal::FederatedUser { .. });
        let some = |dice: &mut Dice, is_there: bool, times: usize| is_there && dice.once_in(times);
        Self {
            action,
            owner,
            username,
            context: dice.context(),
            identity: if is_somebody {
                (0..=dice.roll(2)).map(|_| dice.policy(Names::Nobody)).collect()
            } else {
                Vec::new()
            },
            resource_policy: some(dice, resource.is_some(), 2).then(|| dice.policy(Names::Somebody)),
            boundary: some(dice, is_somebody, 4).then(|| dice.policy(Names::Nobody)),
            session: some(dice, is_temporary, 2).then(|| dice.policy(Names::Nobody)),
            service_control: if some(dice, is_somebody, 3) {
                (0..=dice.roll(2)).map(|_| vec![dice.policy(Names::Nobody)]).collect()
            } else {
                Vec::new()
            },
            resource_control: if some(dice, resource.is_some(), 4) {
                vec![dice.policy(Names::Control)]
            } else {
                Vec::new()
            },
            endpoint: some(dice, true, 6).then(|| dice.policy(Names::Everybody)),
            resource,
            principal,
        }
    }

    /// The request and the policies, as this library takes them.
    pub(super) fn ours(&self) -> (Policies, Request) {
        let read = |policy: &Value, attachment| Policy::new(&parse(&policy.to_string()).document, attachment);
        let of_principal = |policy: &Value| read(policy, Attachment::Principal);
        let of_resource = |policy: &Value| read(policy, Attachment::Resource);
        let mut context = Context::default();
        for (key, values) in &self.context {
            if *key == MULTIVALUED {
                context.set_all(key, values.iter().copied());
            } else if let Some(value) = values.first() {
                context.set(key, *value);
            }
        }
        let policies = Policies {
            identity: self.identity.iter().map(of_principal).collect(),
            resource: self.resource_policy.as_ref().map(of_resource),
            resource_must_allow: self.action.starts_with("kms:"),
            boundary: self.boundary.as_ref().map(of_principal),
            session: self.session.as_ref().map(|policy| vec![of_principal(policy)]),
            service_control: self
                .service_control
                .iter()
                .map(|level| level.iter().map(of_principal).collect())
                .collect(),
            resource_control: vec![self.resource_control.iter().map(of_resource).collect()],
            endpoint: self.endpoint.as_ref().map(of_resource),
        };
        let request = Request {
            action: self.action.to_owned(),
            resource: self.resource.clone(),
            principal: self.principal.clone(),
            resource_account: Some(self.owner.to_owned()),
            context,
        };
        (policies, request)
    }

    /// The same, as iam-simulate takes it.
    pub(super) fn theirs(&self) -> Value {
        let named = |policies: &[Value]| -> Vec<Value> {
            let numbered = policies.iter().enumerate();
            numbered
                .map(|(number, policy)| json!({ "name": format!("p{number}"), "policy": policy }))
                .collect()
        };
        let level = |policies: &[Value]| json!({ "orgIdentifier": "o", "policies": named(policies) });
        let mut context = Map::new();
        for (key, values) in &self.context {
            let value = if *key == MULTIVALUED {
                json!(values)
            } else {
                json!(values.first())
            };
            context.insert((*key).to_owned(), value);
        }
        if let Some(name) = self.username {
            context.insert("aws:username".to_owned(), json!(name));
        }
        let principal = match self.principal.named() {
            Some((_, name)) => json!(name),
            None => json!({ "type": "Anonymous" }),
        };
        let mut out = json!({
            "request": {
                "principal": principal,
                "action": self.action,
                "resource": { "resource": self.resource.as_deref().unwrap_or("*"), "accountId": self.owner },
                "contextVariables": context,
            },
            "identityPolicies": named(&self.identity),
            "serviceControlPolicies": self.service_control.iter().map(|policies| level(policies)).collect::<Vec<_>>(),
            "resourceControlPolicies": [level(&self.resource_control)],
        });
        if let Some(policy) = &self.resource_policy {
            out["resourcePolicy"] = policy.clone();
        }
        if let Some(policy) = &self.session {
            out["sessionPolicy"] = policy.clone();
        }
        if let Some(policy) = &self.boundary {
            out["permissionBoundaryPolicies"] = named(std::slice::from_ref(policy)).into();
        }
        if let Some(policy) = &self.endpoint {
            out["vpcEndpointPolicies"] = named(std::slice::from_ref(policy)).into();
        }
        out
    }
}

fn known_account(account: &str) -> &'static str {
    ACCOUNTS
        .into_iter()
        .find(|known| *known == account)
        .unwrap_or(ACCOUNTS[0])
}

/// Whom the statements of a policy name.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    Nobody,
    Everybody,
    Somebody,
    /// Everybody, in a resource control policy: only Denies, and every action with its service.
    Control,
}

/// A source of random choices that a seed repeats.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..4 {
            dice.roll(2);
        }
        dice
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    /// True once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }

    /// Somebody, with the user name that AWS sends. The root user is left out: iam-simulate wants an identity-based policy of
    /// it, which no root user has.
    fn principal(&mut self) -> (Principal, Option<&'static str>) {
        let account = self.pick(&ACCOUNTS);
        let name = self.pick(&["ada", "bob"]);
        let user = format!("arn:aws:iam::{account}:user/{name}");
        match self.roll(10) {
            0 => (Principal::Anonymous, None),
            1 => (Principal::Service("sns.amazonaws.com".to_owned()), None),
            2 => {
                let federated = format!("arn:aws:sts::{account}:federated-user/{name}");
                (Principal::FederatedUser { federated, user }, None)
            }
            3..=5 => {
                let session = format!("arn:aws:sts::{account}:assumed-role/reader/{name}");
                let role = format!("arn:aws:iam::{account}:role/reader");
                (Principal::Session { session, role }, None)
            }
            _ => (Principal::User(user), Some(name)),
        }
    }

    fn context(&mut self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut out = Vec::new();
        for (key, _, values, _) in KEYS {
            if self.once_in(3) {
                continue;
            }
            let count = if key == MULTIVALUED { 1 + self.roll(2) } else { 1 };
            let mut chosen: Vec<&str> = (0..count).map(|_| self.pick(values)).collect();
            chosen.dedup();
            out.push((key, chosen));
        }
        out
    }

    fn policy(&mut self, names: Names) -> Value {
        let statements: Vec<Value> = (0..=self.roll(3)).map(|_| self.statement(names)).collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    fn statement(&mut self, names: Names) -> Value {
        let is_control = names == Names::Control;
        let effect = if is_control || self.once_in(4) { "Deny" } else { "Allow" };
        let mut statement = Map::from_iter([("Effect".to_owned(), json!(effect))]);
        match names {
            Names::Nobody => {}
            Names::Everybody | Names::Control => {
                statement.insert("Principal".to_owned(), json!("*"));
            }
            Names::Somebody => {
                let is_rest = effect == "Deny" && self.once_in(6);
                let name = if is_rest { "NotPrincipal" } else { "Principal" };
                statement.insert(name.to_owned(), self.named());
            }
        }
        let [every, with_service @ ..] = &ACTION_PATTERNS;
        if is_control {
            statement.insert("Action".to_owned(), self.texts(with_service));
        } else {
            let action = if self.once_in(6) { "NotAction" } else { "Action" };
            let actions = if self.once_in(4) {
                json!([every])
            } else {
                self.texts(with_service)
            };
            statement.insert(action.to_owned(), actions);
        }
        if self.once_in(6) {
            statement.insert("NotResource".to_owned(), self.texts(&NOT_RESOURCE_PATTERNS));
        } else {
            statement.insert("Resource".to_owned(), self.texts(&RESOURCE_PATTERNS));
        }
        if self.once_in(2) {
            statement.insert("Condition".to_owned(), self.condition());
        }
        Value::Object(statement)
    }

    fn texts(&mut self, of: &[&str]) -> Value {
        match self.roll(3) {
            0 => json!([self.pick(of)]),
            more => {
                let mut texts: Vec<&str> = (0..=more).map(|_| self.pick(of)).collect();
                texts.sort_unstable();
                texts.dedup();
                json!(texts)
            }
        }
    }

    fn named(&mut self) -> Value {
        let account = self.pick(&ACCOUNTS);
        let name = self.pick(&["ada", "bob"]);
        match self.roll(8) {
            0 => json!("*"),
            1 => json!({ "AWS": "*" }),
            2 => json!({ "AWS": account }),
            3 => json!({ "AWS": [format!("arn:aws:iam::{account}:root"), format!("arn:aws:iam::{account}:user/bob")] }),
            4 => json!({ "AWS": [format!("arn:aws:iam::{account}:role/reader")] }),
            5 => json!({ "AWS": [format!("arn:aws:sts::{account}:assumed-role/reader/{name}")] }),
            6 => json!({ "Service": "sns.amazonaws.com" }),
            _ => json!({ "AWS": [format!("arn:aws:iam::{account}:user/{name}")] }),
        }
    }

    fn condition(&mut self) -> Value {
        let mut condition = Map::new();
        for _ in 0..=self.roll(2) {
            let (key, operators, _, wanted) = self.pick(&KEYS);
            let is_set = key == MULTIVALUED;
            let (operator, values) = if self.once_in(8) {
                ("Null".to_owned(), json!([self.pick(&["true", "false"])]))
            } else {
                let set = match (is_set, self.once_in(2)) {
                    (true, true) => "ForAllValues:",
                    (true, false) => "ForAnyValue:",
                    (false, _) => "",
                };
                let if_exists = if self.once_in(4) && set != "ForAnyValue:" {
                    "IfExists"
                } else {
                    ""
                };
                (format!("{set}{}{if_exists}", self.pick(operators)), self.texts(wanted))
            };
            condition.insert(operator, json!({ key: values }));
        }
        Value::Object(condition)
    }
}
