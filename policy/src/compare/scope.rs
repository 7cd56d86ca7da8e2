//! The requests of strangers: what the public can bring to a policy that names its friends.
//!
//! A restriction counts where it fixes something that a stranger cannot have: an account, an organization, a network, a
//! source. A value is fixed where the part of it that names its owner is written out in the policy. The keys are those of
//! "The meaning of public" in the guide of Amazon S3 and of "Blocking public access to EFS file systems", with the keys
//! of organizations, endpoints and identity providers that came later.

use std::collections::BTreeSet;

use super::Layers;
use super::addresses::{Class, SOURCE_IP};
use super::variables::{Variable, has_mark};
use crate::decide::Principal;
use crate::pattern::is_account;

/// Which requests a comparison is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Among<'a> {
    /// All.
    Everything,
    /// Those of strangers from any of these classes of addresses.
    Strangers(&'a [Class]),
}

/// What a stranger can bring.
#[derive(Debug)]
pub(super) struct Scope {
    addresses: Vec<String>,
    /// Accounts that the policies name as principals.
    accounts: BTreeSet<String>,
    /// The owners that the tests of keys name, in lower case.
    owners: BTreeSet<(String, String)>,
    /// Marks of variables that speak of the owner of the resource.
    of_resource: Vec<char>,
}

impl Scope {
    /// What strangers can bring to these policies, whose variables are marked; nothing where everybody is asked about.
    pub(super) fn of(among: Among<'_>, layers: &Layers<'_>, variables: &[Variable]) -> Option<Self> {
        let Among::Strangers(classes) = among else { return None };
        let statements = || layers.iter().flatten().flat_map(|document| &document.statements);
        let principals = statements().flat_map(|one| one.principal.iter().chain(&one.not_principal));
        let names = principals
            .flat_map(|one| &one.entries)
            .flat_map(|(_, names)| &names.items);
        let accounts = names
            .filter_map(|name| account(&name.text))
            .map(str::to_owned)
            .collect();
        let mut owners = BTreeSet::new();
        for test in statements().flat_map(|one| &one.condition) {
            let key = test.key.text.to_ascii_lowercase();
            let Some(part) = part(&key) else { continue };
            for value in &test.values {
                let owner = part.of(&value.text);
                if !owner.contains(['*', '?']) {
                    owners.insert((key.clone(), owner.to_lowercase()));
                }
            }
        }
        Some(Self {
            addresses: classes.iter().map(|class| class.address.to_string()).collect(),
            accounts,
            owners,
            of_resource: variables
                .iter()
                .filter(|variable| is_of_resource(&variable.key))
                .map(|variable| variable.mark)
                .collect(),
        })
    }

    /// Whether a principal is somebody whom the policies do not know.
    pub(super) fn admits_principal(&self, principal: &Principal) -> bool {
        match principal {
            Principal::User(arn) => account(arn).is_some_and(|account| !self.accounts.contains(account)),
            Principal::Anonymous => true,
            Principal::Federated(provider) => is_open_to_all(provider),
            Principal::Root(_)
            | Principal::Session { .. }
            | Principal::FederatedUser { .. }
            | Principal::Service(_) => false,
        }
    }

    /// Whether a stranger can bring a value of a key, whose name is in lower case.
    pub(super) fn admits_value(&self, key: &str, value: &str) -> bool {
        if is_of_resource(key) {
            // Whatever a stranger has, it is not what the owner of the resource has.
            return !has_mark(value);
        }
        let Some(part) = part(key) else { return true };
        let owner = part.of(value);
        // A variable that speaks of the stranger is what the stranger makes it.
        let is_own = has_mark(owner) && !owner.chars().any(|letter| self.of_resource.contains(&letter));
        is_own || !self.owners.contains(&(key.to_owned(), owner.to_lowercase()))
    }

    /// The addresses that stand for all that are asked about, where a key holds the address of the caller.
    pub(super) fn addresses(&self, key: &str) -> Option<&[String]> {
        (key == SOURCE_IP).then_some(self.addresses.as_slice())
    }
}

/// The part of a value that names its owner.
#[derive(Clone, Copy)]
enum Part {
    /// All of it.
    Whole,
    /// The account of an ARN; all of an ARN without one.
    Account,
    /// What stands before this character.
    Before(char),
    /// The subject of a token, up to its second separator: `repo:owner/`.
    Subject,
}

impl Part {
    fn of(self, value: &str) -> &str {
        match self {
            Self::Whole => value,
            Self::Account => account(value).unwrap_or(value),
            Self::Before(end) => value.split_once(end).map_or(value, |(owner, _)| owner),
            Self::Subject => {
                let second = value.match_indices([':', '/']).nth(1);
                second.and_then(|(at, _)| value.get(..at)).unwrap_or(value)
            }
        }
    }
}

/// The account that an ARN names, or that a text is.
fn account(text: &str) -> Option<&str> {
    let account = text.split(':').nth(4).unwrap_or(text);
    is_account(account).then_some(account)
}

/// What of a key's value a stranger cannot have; nothing where it can have any.
fn part(key: &str) -> Option<Part> {
    let known = KEYS.iter().find(|(known, _)| *known == key);
    known.map(|(_, part)| *part).or_else(|| claim(key))
}

const KEYS: [(&str, Part); 25] = [
    ("aws:ec2instancesourcevpc", Part::Whole),
    ("aws:principalaccount", Part::Whole),
    ("aws:principalarn", Part::Account),
    ("aws:principalisawsservice", Part::Whole),
    ("aws:principalorgid", Part::Whole),
    ("aws:principalorgpaths", Part::Before('/')),
    ("aws:principalservicename", Part::Whole),
    ("aws:principalservicenameslist", Part::Whole),
    ("aws:sourceaccount", Part::Whole),
    ("aws:sourcearn", Part::Account),
    ("aws:sourceorgid", Part::Whole),
    ("aws:sourceorgpaths", Part::Before('/')),
    ("aws:sourceowner", Part::Whole),
    ("aws:sourcevpc", Part::Whole),
    ("aws:sourcevpcarn", Part::Account),
    ("aws:sourcevpce", Part::Whole),
    ("aws:userid", Part::Before(':')),
    ("aws:vpceaccount", Part::Whole),
    ("aws:vpceorgid", Part::Whole),
    ("aws:vpceorgpaths", Part::Before('/')),
    ("ec2:sourceinstancearn", Part::Account),
    ("elasticfilesystem:accessedviamounttarget", Part::Whole),
    ("kms:calleraccount", Part::Whole),
    ("s3:dataaccesspointaccount", Part::Whole),
    ("s3:dataaccesspointarn", Part::Account),
];

/// Whether a key tells whose the resource is.
fn is_of_resource(key: &str) -> bool {
    matches!(
        key,
        "aws:resourceaccount" | "aws:resourceorgid" | "aws:resourceorgpaths"
    )
}

/// Providers that give a token to everybody. The audience of some is chosen by whoever asks for the token.
const PROVIDERS: [(&str, bool); 8] = [
    ("accounts.google.com", false),
    ("app.terraform.io", true),
    ("appleid.apple.com", false),
    ("cognito-identity.amazonaws.com", false),
    ("gitlab.com", true),
    ("graph.facebook.com", false),
    ("token.actions.githubusercontent.com", true),
    ("www.amazon.com", false),
];

/// Whether everybody can get a token of a provider.
fn is_open_to_all(provider: &str) -> bool {
    let host = provider
        .split_once(":oidc-provider/")
        .map_or(provider, |(_, host)| host);
    PROVIDERS.iter().any(|(open, _)| host == *open)
}

/// What a claim of a provider's token fixes.
fn claim(key: &str) -> Option<Part> {
    let (host, claim) = key.rsplit_once(':')?;
    let (_, chooses_audience) = PROVIDERS.iter().find(|(open, _)| *open == host)?;
    match claim {
        "aud" if *chooses_audience => None,
        "sub" => Some(Part::Subject),
        _ => Some(Part::Whole),
    }
}
