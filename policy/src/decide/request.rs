//! One request, as far as policies can see it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::value::seconds;

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

    /// As a `Principal` element names it: the kind and the name; nothing for nobody in particular, who is one of `*`.
    pub fn named(&self) -> Option<(&'static str, Cow<'_, str>)> {
        Some(match self {
            Self::Root(account) => ("AWS", format!("arn:aws:iam::{account}:root").into()),
            Self::User(arn) | Self::Session { session: arn, .. } | Self::FederatedUser { federated: arn, .. } => {
                ("AWS", arn.into())
            }
            Self::Federated(provider) => ("Federated", provider.into()),
            Self::Service(service) => ("Service", service.into()),
            Self::Anonymous => return None,
        })
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
    /// The key as it was written: the case of a tag's name counts where it is a value.
    written: String,
    values: Vec<String>,
    /// Whether the key can hold several values, however many it has.
    is_set: bool,
}

/// What a key holds; it is absent where it holds nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held<'r> {
    /// The value of a key that can have one.
    One(&'r str),
    /// The values of a key that can have several.
    Set(&'r [String]),
}

/// The context of a request, with what follows from the rest of it: keys of the principal, of the owner of the resource,
/// of the clock and of tags. A key that is given stays as it is.
#[derive(Debug)]
pub(crate) struct View<'r> {
    request: &'r Request,
    /// Whether keys that are not given follow from the rest of the request.
    derives: bool,
    /// The ARN of a root user.
    root: OnceCell<String>,
    /// `aws:EpochTime` or `aws:CurrentTime`, whichever is not given: there is one clock.
    clock: OnceCell<Option<String>>,
    /// `aws:TagKeys`, from the tags of the request.
    tag_keys: OnceCell<Vec<String>>,
}

const REQUEST_TAG: &str = "aws:requesttag/";

impl<'r> View<'r> {
    pub(crate) fn of(request: &'r Request) -> Self {
        Self {
            request,
            derives: true,
            root: OnceCell::new(),
            clock: OnceCell::new(),
            tag_keys: OnceCell::new(),
        }
    }

    /// A view in which every key is free: what is not given is absent.
    pub(crate) fn as_given(request: &'r Request) -> Self {
        Self {
            derives: false,
            ..Self::of(request)
        }
    }

    /// What a key holds, its name in lower case.
    pub(crate) fn get(&self, key: &str) -> Option<Held<'_>> {
        let given = self.request.context.get(key);
        given.or_else(|| if self.derives { self.derived(key) } else { None })
    }

    fn derived(&self, key: &str) -> Option<Held<'_>> {
        let principal = &self.request.principal;
        let value = match key {
            "aws:principalarn" => match principal {
                Principal::Root(account) => Some(
                    self.root
                        .get_or_init(|| format!("arn:aws:iam::{account}:root"))
                        .as_str(),
                ),
                Principal::User(arn) | Principal::Session { role: arn, .. } => Some(arn.as_str()),
                Principal::FederatedUser { federated, .. } => Some(federated.as_str()),
                Principal::Anonymous | Principal::Federated(_) | Principal::Service(_) => None,
            },
            "aws:principaltype" => match principal {
                Principal::Root(_) => Some("Account"),
                Principal::User(_) => Some("User"),
                Principal::Session { .. } => Some("AssumedRole"),
                Principal::FederatedUser { .. } => Some("FederatedUser"),
                Principal::Anonymous => Some("Anonymous"),
                Principal::Federated(_) | Principal::Service(_) => None,
            },
            "aws:principalaccount" => principal.account(),
            "aws:resourceaccount" => self.request.resource_account.as_deref().or_else(|| principal.account()),
            "aws:username" => match principal {
                Principal::User(arn) => arn.rsplit('/').next(),
                _ => None,
            },
            "aws:epochtime" | "aws:currenttime" => return self.other_clock(key),
            "aws:tagkeys" => return self.tag_keys_of_request(),
            _ => None,
        };
        value.map(Held::One)
    }

    fn other_clock(&self, key: &str) -> Option<Held<'_>> {
        let other = if key == "aws:epochtime" {
            "aws:currenttime"
        } else {
            "aws:epochtime"
        };
        let read = || match self.request.context.get(other)? {
            // Dates compare with seconds too, so both clocks can tell the same text.
            Held::One(time) => seconds(time),
            Held::Set(_) => None,
        };
        self.clock.get_or_init(read).as_deref().map(Held::One)
    }

    fn tag_keys_of_request(&self) -> Option<Held<'_>> {
        let keys = self.tag_keys.get_or_init(|| {
            let entries = self
                .request
                .context
                .values
                .iter()
                .filter(|(key, _)| key.starts_with(REQUEST_TAG));
            entries
                .filter_map(|(_, entry)| entry.written.get(REQUEST_TAG.len()..))
                .map(str::to_owned)
                .collect()
        });
        (!keys.is_empty()).then_some(Held::Set(keys))
    }
}

impl Context {
    /// Sets a key that holds one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        self.insert(
            key,
            Entry {
                written: key.to_owned(),
                values: vec![value.into()],
                is_set: false,
            },
        )
    }

    /// Sets a key that can hold several values. Without any, the key is absent.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> &mut Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        self.insert(
            key,
            Entry {
                written: key.to_owned(),
                values,
                is_set: true,
            },
        )
    }

    /// The values of a key; nothing where it is absent.
    pub fn values(&self, key: &str) -> Option<&[String]> {
        let entry = self.values.get(&key.to_ascii_lowercase())?;
        (!entry.values.is_empty()).then_some(entry.values.as_slice())
    }

    /// Every key that is there, as it was written, with its values, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        let entries = self.values.values().filter(|entry| !entry.values.is_empty());
        entries.map(|entry| (entry.written.as_str(), entry.values.as_slice()))
    }

    /// Whether a key can hold several values.
    pub fn is_multivalued(&self, key: &str) -> bool {
        self.values
            .get(&key.to_ascii_lowercase())
            .is_some_and(|entry| entry.is_set)
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
