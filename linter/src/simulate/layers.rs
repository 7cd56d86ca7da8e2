//! The policies that apply to a request, each under the name that people know it by.

use leastpriv_policy::decide::{Attachment, Layer, Policies, Policy, StatementId};
use leastpriv_policy::document::{Document, Statement};
use leastpriv_policy::span::{LineIndex, Position};

use crate::access::{PolicyType, read_document};

/// A policy document, what it is called, and where its statements stand.
#[derive(Clone, Debug)]
pub(crate) struct NamedPolicy {
    /// The name of an argument with its number, or a path.
    pub(crate) name: String,
    /// The document.
    pub(crate) document: Document,
    /// Where each statement stands.
    sites: Vec<Site>,
    /// Whether its text must not be shown.
    sensitive: bool,
}

/// Where a statement stands in the text that people look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// Where it starts.
    pub(crate) start: Position,
    /// One past its end.
    pub(crate) end: Position,
}

/// All policies that apply, by layer, as [`Policies`] has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers {
    pub(crate) identity: Vec<NamedPolicy>,
    pub(crate) resource: Option<NamedPolicy>,
    pub(crate) boundary: Option<NamedPolicy>,
    pub(crate) session: Option<Vec<NamedPolicy>>,
    pub(crate) service_control: Vec<Vec<NamedPolicy>>,
    pub(crate) resource_control: Vec<Vec<NamedPolicy>>,
    pub(crate) endpoint: Option<NamedPolicy>,
}

/// A statement as reports show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// The layer of its policy.
    pub(crate) layer: Layer,
    /// Its policy.
    pub(crate) policy: &'a NamedPolicy,
    /// The statement.
    pub(crate) statement: &'a Statement,
    /// Where it stands.
    pub(crate) site: Option<Site>,
}

impl NamedPolicy {
    /// Reads a policy whose text people can look into.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where.
    pub(crate) fn read(name: String, text: &str, policy_type: PolicyType) -> Result<Self, String> {
        Ok(Self::of_text(name, text, read_document(text, Some(policy_type))?))
    }

    /// A document that was read from a text that people can look into.
    pub(crate) fn of_text(name: String, text: &str, document: Document) -> Self {
        let lines = LineIndex::new(text);
        let site = |statement: &Statement| Site {
            start: lines.position(statement.span.start),
            end: lines.position(statement.span.end),
        };
        let sites = document.statements.iter().map(site).collect();
        Self::placed(name, document, sites, false)
    }

    /// A document whose statements stand somewhere else than in a text of their own.
    pub(crate) fn placed(name: String, document: Document, sites: Vec<Site>, sensitive: bool) -> Self {
        Self {
            name,
            document,
            sites,
            sensitive,
        }
    }

    /// Whether its text must not be shown.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// A statement of it, by its number.
    pub(crate) fn statement(&self, layer: Layer, index: usize) -> Option<Shown<'_>> {
        Some(Shown {
            layer,
            policy: self,
            statement: self.document.statements.get(index)?,
            site: self.sites.get(index).copied(),
        })
    }
}

impl<'a> Shown<'a> {
    /// The statement's `Sid`, unless it must not be shown.
    pub(crate) fn sid(&self) -> Option<&'a str> {
        let sid = self.statement.sid_text().filter(|sid| !sid.is_empty());
        sid.filter(|_| !self.is_sensitive())
    }

    /// Whether its text must not be shown.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.policy.is_sensitive()
    }

    /// The effect.
    pub(crate) fn effect(&self) -> &'static str {
        if self.statement.allows() { "Allow" } else { "Deny" }
    }

    /// The statement as people write it: its policy with the place, its number and its `Sid`.
    pub(crate) fn text(&self) -> String {
        let place = self.site.map_or_else(String::new, |site| {
            format!(":{}:{}", site.start.line, site.start.column)
        });
        let sid = self.sid().map_or_else(String::new, |sid| format!(" ({sid})"));
        format!("{}{place} Statement[{}]{sid}", self.policy.name, self.statement.index)
    }
}

impl Layers {
    /// The policies, ready to be asked.
    pub(crate) fn policies(&self) -> Policies {
        let read = |attachment| move |policy: &NamedPolicy| Policy::new(&policy.document, attachment);
        let to_principal = read(Attachment::Principal);
        let to_resource = read(Attachment::Resource);
        let levels = |levels: &[Vec<NamedPolicy>], attachment| {
            let level = |policies: &Vec<NamedPolicy>| policies.iter().map(read(attachment)).collect();
            levels.iter().map(level).collect()
        };
        Policies {
            identity: self.identity.iter().map(to_principal).collect(),
            resource: self.resource.as_ref().map(to_resource),
            resource_must_allow: false,
            boundary: self.boundary.as_ref().map(to_principal),
            session: self.session.as_ref().map(|all| all.iter().map(to_principal).collect()),
            service_control: levels(&self.service_control, Attachment::Principal),
            resource_control: levels(&self.resource_control, Attachment::Resource),
            endpoint: self.endpoint.as_ref().map(to_resource),
        }
    }

    /// One policy in a layer, and nothing else.
    pub(super) fn only(layer: Layer, policy: NamedPolicy) -> Self {
        let mut out = Self::default();
        match layer {
            Layer::Identity => out.identity.push(policy),
            Layer::Resource => out.resource = Some(policy),
            Layer::Boundary => out.boundary = Some(policy),
            Layer::Session => out.session = Some(vec![policy]),
            Layer::ServiceControl(_) => out.service_control.push(vec![policy]),
            Layer::ResourceControl(_) => out.resource_control.push(vec![policy]),
            Layer::Endpoint => out.endpoint = Some(policy),
        }
        out
    }

    /// Every layer that can hold a policy, in order.
    pub(crate) fn layers(&self) -> Vec<Layer> {
        let mut out = vec![Layer::Identity, Layer::Resource, Layer::Boundary, Layer::Session];
        out.extend((0..self.service_control.len()).map(Layer::ServiceControl));
        out.extend((0..self.resource_control.len()).map(Layer::ResourceControl));
        out.push(Layer::Endpoint);
        out
    }

    /// The policies of a layer.
    pub(crate) fn of(&self, layer: Layer) -> &[NamedPolicy] {
        fn one(policy: Option<&NamedPolicy>) -> &[NamedPolicy] {
            policy.map_or(&[], std::slice::from_ref)
        }
        match layer {
            Layer::Identity => &self.identity,
            Layer::Resource => one(self.resource.as_ref()),
            Layer::Boundary => one(self.boundary.as_ref()),
            Layer::Session => self.session.as_deref().unwrap_or_default(),
            Layer::ServiceControl(level) => self.service_control.get(level).map_or(&[], Vec::as_slice),
            Layer::ResourceControl(level) => self.resource_control.get(level).map_or(&[], Vec::as_slice),
            Layer::Endpoint => one(self.endpoint.as_ref()),
        }
    }

    /// A statement, by its number.
    pub(crate) fn statement(&self, id: &StatementId) -> Option<Shown<'_>> {
        self.of(id.layer).get(id.policy)?.statement(id.layer, id.statement)
    }
}

/// A layer in words.
pub(crate) fn layer_words(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity-based policy",
        Layer::Resource => "resource policy",
        Layer::Boundary => "permissions boundary",
        Layer::Session => "session policy",
        Layer::ServiceControl(_) => "service control policy",
        Layer::ResourceControl(_) => "resource control policy",
        Layer::Endpoint => "endpoint policy",
    }
}
