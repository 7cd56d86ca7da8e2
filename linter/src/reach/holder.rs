//! Somebody with the policies that count.

use std::borrow::Cow;
use std::collections::BTreeSet;

use leastpriv_policy::compare::all_but;
use leastpriv_policy::document::{Document, parse};

use crate::access::read_document;
use crate::parts::with_statements;
use crate::planned;
use crate::simulate::NamedPolicy;
use crate::sources::{Attached, Principal, Sources, principals};

/// Somebody with the policies that count.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) principal: Principal,
    pub(super) identity: Held,
    /// Nothing where there is no boundary.
    pub(super) boundary: Option<Held>,
    /// Nothing where sessions are made without policies.
    pub(super) session: Option<Held>,
}

/// Policies that add up.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) policies: Vec<NamedPolicy>,
    /// Why there may be more.
    pub(super) open: BTreeSet<String>,
}

/// Everybody in a plan.
pub(super) fn holders(sources: &Sources) -> Vec<Holder> {
    let of = |principal: Principal| Holder {
        identity: Held::of(&principal.identity, sources),
        boundary: (!principal.boundary.is_empty()).then(|| Held::of(&principal.boundary, sources)),
        session: principal.session.as_ref().map(|all| Held::of(all, sources)),
        principal,
    };
    principals(sources).into_iter().map(of).collect()
}

impl Held {
    fn of(attached: &[Attached], sources: &Sources) -> Self {
        let mut out = Self::default();
        let (mut seen, mut seen_managed) = (BTreeSet::new(), BTreeSet::new());
        for one in attached {
            match one {
                Attached::Here { address, attribute } => {
                    if seen.insert((address, attribute)) {
                        out.take(sources, address, attribute);
                    }
                }
                Attached::Managed { arn, sensitive } => {
                    if seen_managed.insert(arn) {
                        out.take_managed(sources, arn, *sensitive);
                    }
                }
                Attached::Unknown(reason) => {
                    out.open.insert(reason.clone());
                }
            }
        }
        out
    }

    /// Takes a managed policy that the plan does not hold, where its document stands beside it.
    fn take_managed(&mut self, sources: &Sources, arn: &str, sensitive: bool) {
        let words = planned::managed_words(arn, sensitive);
        let Some(text) = sources.managed.text(arn) else {
            let reason = format!("the document of {words} is not in the plan; {}", planned::GIVE_IT);
            self.open.insert(reason);
            return;
        };
        match read_document(text, None) {
            Ok(read) => {
                let name = planned::managed_name(arn, sensitive).to_owned();
                self.policies
                    .push(NamedPolicy::placed(name, read, Vec::new(), sensitive));
            }
            Err(error) => {
                self.open.insert(format!("{words} is no policy: {error}"));
            }
        }
    }

    /// Takes the policies that stand in an attribute of a resource.
    fn take(&mut self, sources: &Sources, address: &str, attribute: &str) {
        let documents = planned::documents(sources, address).filter(|(found, _)| planned::holds(attribute, found));
        for (found, document) in documents {
            let name = format!("{address} {found}");
            match planned::read(document, None) {
                Ok(read) => {
                    let sensitive = document.site.sensitive;
                    self.policies
                        .push(NamedPolicy::placed(name, read, Vec::new(), sensitive));
                }
                Err(error) => {
                    self.open.insert(format!("`{name}` is no policy: {error}"));
                }
            }
        }
        let unknown = planned::unknowns(sources, address);
        for (found, unjudged) in unknown.filter(|(found, _)| planned::holds(attribute, found)) {
            self.open
                .insert(format!("`{address}`, attribute `{found}`: {}", unjudged.reason));
        }
    }

    /// The documents, with one for what is not known.
    pub(super) fn layer(&self, reading: Reading) -> Vec<Cow<'_, Document>> {
        let documents = self.policies.iter().map(|policy| Cow::Borrowed(&policy.document));
        let mut out: Vec<_> = documents.collect();
        if reading == Reading::Widest && !self.open.is_empty() {
            out.push(Cow::Owned(everything()));
        }
        out
    }
}

/// Which reading of what is not known is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As if there were nothing but what is known.
    Known,
    /// As if what is not known allowed everything and denied nothing.
    Widest,
}

impl Holder {
    /// What it is called.
    pub(super) fn name(&self) -> String {
        match &self.principal.via {
            Some(via) => format!("{} as {via}", self.principal.address),
            None => self.principal.address.clone(),
        }
    }

    /// Why it is not known what it can do.
    pub(super) fn open(&self) -> BTreeSet<String> {
        let all = self.all().into_iter();
        all.flat_map(|held| held.open.iter().cloned()).collect()
    }

    /// Whether some of its policies must not be shown.
    pub(super) fn is_hidden(&self) -> bool {
        let all = self.all().into_iter();
        all.flat_map(|held| &held.policies).any(NamedPolicy::is_sensitive)
    }

    /// What limits: boundary and session policies.
    pub(super) fn limiting(&self) -> Vec<&Held> {
        [&self.boundary, &self.session].into_iter().flatten().collect()
    }

    /// All policies, the identity-based ones first.
    pub(super) fn all(&self) -> Vec<&Held> {
        let mut out = vec![&self.identity];
        out.extend(self.limiting());
        out
    }

    /// All layers, the identity-based policies first.
    pub(super) fn layers(&self, reading: Reading) -> Vec<Vec<Cow<'_, Document>>> {
        let all = self.all().into_iter();
        all.map(|held| held.layer(reading)).collect()
    }
}

/// The policy that allows everything.
fn everything() -> Document {
    all_but(&Document::default(), &[])
}

/// What a policy denies.
pub(super) fn denials(document: &Document) -> Document {
    let denials = document.statements.iter().filter(|one| one.denies()).cloned();
    with_statements(document, denials.collect())
}

/// The policy that allows nothing.
pub(super) fn nothing() -> Document {
    parse(r#"{"Version":"2012-10-17","Statement":[]}"#).document
}
