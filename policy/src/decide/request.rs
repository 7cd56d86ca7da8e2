//! One request, as far as policies can see it.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// One call of an API on one resource. A call that is authorised as several pairs of action and resource is several
/// requests, and all of them must be allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The action, such as `s3:GetObject`, in whatever case.
    pub action: String,
    /// The ARN it works on; nothing where the action works on no particular resource.
    pub resource: Option<String>,
    /// Who asks.
    pub principal: Principal,
    /// The account that the resource belongs to; that of the principal where nothing is said.
    pub resource_account: Option<String>,
    /// The context keys and their values.
    pub context: Context,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user of an account, by its twelve digits.
    Root(String),
    /// An IAM user, by its ARN.
    User(String),
    /// A session of a role.
    Session {
        /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
        session: String,
        /// The ARN of the role.
        role: String,
    },
    /// A federated user.
    FederatedUser {
        /// `arn:aws:sts::ACCOUNT:federated-user/NAME`.
        federated: String,
        /// The ARN of the user who asked for the federation token.
        user: String,
    },
    /// A caller with the token of an identity provider, by the provider's ARN or name.
    Federated(String),
    /// An AWS service, such as `ec2.amazonaws.com`.
    Service(String),
    /// Nobody in particular.
    Anonymous,
}

impl Principal {
    /// The account it belongs to.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root(account) => Some(account),
            Self::User(arn) | Self::Session { session: arn, .. } | Self::FederatedUser { federated: arn, .. } => {
                arn.split(':').nth(4).filter(|account| !account.is_empty())
            }
            Self::Federated(_) | Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// Whether identity-based policies apply to it at all.
    pub fn has_identity_policies(&self) -> bool {
        matches!(self, Self::User(_) | Self::Session { .. } | Self::FederatedUser { .. })
    }
}

/// Context keys with their values. The case of key names does not count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    values: BTreeMap<String, Entry>,
}

/// The values of one key.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    values: Vec<String>,
    /// Whether the key can hold several values, however many it has.
    is_set: bool,
}

/// What a key holds; it is absent where it holds nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held<'r> {
    /// The value of a key that can have one.
    One(&'r str),
    /// The values of a key that can have several.
    Set(&'r [String]),
}

/// The context of a request, with what follows from the rest of it: keys of the principal and the owner of the resource.
/// A key that is given stays as it is.
#[derive(Debug)]
pub(super) struct View<'r> {
    context: &'r Context,
    derived: [(&'static str, Option<Cow<'r, str>>); 5],
}

impl<'r> View<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        let account = request.principal.account();
        let borrowed = |text: &'r str| Some(Cow::Borrowed(text));
        let (arn, kind) = match &request.principal {
            Principal::Root(account) => (
                Some(Cow::Owned(format!("arn:aws:iam::{account}:root"))),
                borrowed("Account"),
            ),
            Principal::User(arn) => (borrowed(arn), borrowed("User")),
            Principal::Session { role, .. } => (borrowed(role), borrowed("AssumedRole")),
            Principal::FederatedUser { federated, .. } => (borrowed(federated), borrowed("FederatedUser")),
            Principal::Anonymous => (None, borrowed("Anonymous")),
            Principal::Federated(_) | Principal::Service(_) => (None, None),
        };
        let user = match &request.principal {
            Principal::User(arn) => arn.rsplit('/').next(),
            _ => None,
        };
        Self {
            context: &request.context,
            derived: [
                ("aws:principalarn", arn),
                ("aws:principaltype", kind),
                ("aws:principalaccount", account.map(Cow::Borrowed)),
                ("aws:username", user.map(Cow::Borrowed)),
                (
                    "aws:resourceaccount",
                    request.resource_account.as_deref().or(account).map(Cow::Borrowed),
                ),
            ],
        }
    }

    /// What a key holds, its name in lower case.
    pub(super) fn get(&self, key: &str) -> Option<Held<'_>> {
        self.context.get(key).or_else(|| {
            let (_, value) = self.derived.iter().find(|(name, _)| *name == key)?;
            value.as_deref().map(Held::One)
        })
    }
}

impl Context {
    /// Sets a key that holds one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        self.insert(
            key,
            Entry {
                values: vec![value.into()],
                is_set: false,
            },
        )
    }

    /// Sets a key that can hold several values. Without any, the key is absent.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> &mut Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        self.insert(key, Entry { values, is_set: true })
    }

    fn insert(&mut self, key: &str, entry: Entry) -> &mut Self {
        self.values.insert(key.to_ascii_lowercase(), entry);
        self
    }

    fn get(&self, key: &str) -> Option<Held<'_>> {
        let entry = self.values.get(key)?;
        match entry.values.as_slice() {
            [] => None,
            values if entry.is_set => Some(Held::Set(values)),
            [value, ..] => Some(Held::One(value)),
        }
    }
}
