//! Ceilings and gains: what a role may do beyond another policy, as diagnostics.

use std::fmt::Write as _;

use leastpriv_checks::vet::{Base, Breach, Cause, Gain, Gains, Mode, Place, Source, breaches, gains, is_ceiling};
use leastpriv_checks::{Severity, judge};
use leastpriv_policy::compare;
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::{PathElement, parse};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::span::LineIndex;
use leastpriv_terraform::diagnostics::{Diagnostic, DiagnosticSeverity, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::Value;

use super::Candidate;
use super::excerpt::excerpt;

/// A policy that a role must stay within.
#[derive(Debug, Clone)]
pub(crate) struct Ceiling {
    pub(crate) owner: CeilingOwner,
    pub(crate) document: Value<String>,
}

/// Whose argument `policy_ceiling` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CeilingOwner {
    Role,
    Provider,
}

impl CeilingOwner {
    fn words(self) -> &'static str {
        match self {
            Self::Role => "its `policy_ceiling`",
            Self::Provider => "the provider's `policy_ceiling`",
        }
    }
}

/// Something that grants to the credentials of a role without being known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// The attribute that brings it.
    pub(crate) attribute: &'static str,
    /// What it is, in the words of a message.
    pub(crate) what: String,
}

/// What a session is of, whose policies the session policies limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// What whoever it is may do.
    pub(crate) base: Unseen,
    /// All identity-based policies of the role that is assumed, where the configuration gives them. Unknown also while it is
    /// not known whether there is a session policy.
    pub(crate) role_policies: Value<Vec<String>>,
    /// Whether `assumed_role_policies` could give them.
    pub(crate) is_of_role: bool,
}

impl Session {
    pub(super) fn base(&self) -> Base<'_> {
        self.role_policies
            .known()
            .map_or(Base::Unknown, |texts| Base::Role(texts))
    }

    /// What to do beside narrowing the session policy.
    fn help(&self) -> &'static str {
        if self.is_of_role {
            ", or give all policies of the role in `assumed_role_policies`"
        } else {
            ""
        }
    }
}

/// What keeps a text from being a ceiling: what is wrong, and what to do.
pub(crate) fn ceiling_problem(text: &str) -> Option<(String, String)> {
    problem(
        text,
        "`policy_ceiling`",
        "the ceiling",
        "no policy that a role can stay within",
    )
}

/// What keeps the text of that number from being a policy of a role: what is wrong, and what to do.
pub(crate) fn role_policy_problem(at: usize, text: &str) -> Option<(String, String)> {
    let name = format!("`assumed_role_policies[{at}]`");
    problem(text, &name, "the policy", "no policy of a role")
}

fn problem(text: &str, name: &str, noun: &str, is_not: &str) -> Option<(String, String)> {
    if is_ceiling(text) {
        return None;
    }
    if text.trim().is_empty() {
        return Some((
            format!("{name} is empty"),
            "give a policy as JSON, or leave it out where there is none".to_owned(),
        ));
    }
    let parsed = parse(text);
    let place = |offset: usize| {
        let position = LineIndex::new(text).position(offset);
        format!("line {}, column {} of {noun}", position.line, position.column)
    };
    if let Some(problem) = parsed.problems.first() {
        return Some((
            format!("{name} cannot be read as JSON: {}", problem.message),
            format!("{}. `jsonencode` always writes JSON", place(problem.span.start)),
        ));
    }
    let judgement = judge(text, PolicyKind::Identity);
    let wrong = judgement
        .findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    let (what, at) = wrong.map_or_else(
        || ("a part of it cannot be interpreted".to_owned(), String::new()),
        |finding| (finding.message.clone(), format!("{}. ", place(finding.span.start))),
    );
    Some((
        format!("{name} is {is_not}: {what}"),
        format!(
            "{at}Write it as the policy of a user: statements without principals, of which every one can be interpreted"
        ),
    ))
}

impl Candidate {
    /// The same with one more ceiling, where there is one.
    pub(crate) fn under(mut self, owner: CeilingOwner, document: &Value<String>) -> Self {
        if !document.is_null() {
            let document = document.clone();
            self.ceilings.push(Ceiling { owner, document });
        }
        self
    }

    /// What there is to say about a ceiling of the provider: of a role that changes as errors, where it refuses, else as
    /// warnings.
    pub(crate) fn within(&self, ceiling: &Value<String>, changes: bool) -> Diagnostics {
        let alone = Self {
            ceilings: Vec::new(),
            ..self.clone()
        };
        alone.under(CeilingOwner::Provider, ceiling).beyond(changes)
    }

    /// Everything about the ceilings that are known. A mode that is unknown refuses nothing that is in doubt only.
    pub(super) fn beyond(&self, changes: bool) -> Diagnostics {
        let Some(kind) = self.kind.filter(|_| !self.may_take_away()) else {
            return Diagnostics::default();
        };
        let mode = self.mode.known().copied().unwrap_or(Mode::Warn);
        let ceilings = self.known_ceilings();
        let breaches = breaches(&self.subject(kind, &ceilings), mode);
        let severity = |breach: &Breach| {
            if changes && breach.refuses {
                DiagnosticSeverity::Error
            } else {
                DiagnosticSeverity::Warning
            }
        };
        let told = breaches.iter().map(|breach| self.tell(breach, severity(breach)));
        told.collect()
    }

    /// Whether something that is not known yet may deny or limit what the rest allows.
    fn may_take_away(&self) -> bool {
        let of_role = self.session.as_ref().map(|session| &session.role_policies);
        self.document.is_unknown() || of_role.is_some_and(Value::is_unknown)
    }

    /// The ceilings that are known, by their number in a verdict.
    pub(super) fn known_ceilings(&self) -> Vec<String> {
        self.ceilings
            .iter()
            .filter_map(|one| one.document.known().cloned())
            .collect()
    }

    /// The error for a ceiling that is still not known when the role is to be written.
    pub(super) fn unknown_ceiling(&self) -> Option<Diagnostic> {
        let unknown = self.ceilings.iter().find(|one| one.document.is_unknown())?;
        Some(Diagnostic::error(
            format!("role `{}`: {} is not known", self.label, unknown.owner.words()),
            "the role is not written, because it cannot be compared with it; give a value that is known before the role is made",
        ))
    }

    pub(super) fn tell(&self, breach: &Breach, severity: DiagnosticSeverity) -> Diagnostic {
        let mut known = self.ceilings.iter().filter(|one| one.document.is_known());
        let owner = known.nth(breach.ceiling).map_or(CeilingOwner::Role, |one| one.owner);
        let softer = match severity {
            DiagnosticSeverity::Error => ". With `validate = \"warn\"` this is a warning",
            DiagnosticSeverity::Warning => "",
        };
        let open = |attribute: &str, why: &str, help: &str| Diagnostic {
            severity,
            summary: format!(
                "role `{}`: it cannot be decided whether it stays within {}: {why}",
                self.label,
                owner.words()
            ),
            detail: format!("{help}{softer}"),
            path: Some(AttributePath::attribute(attribute)),
        };
        match &breach.cause {
            Cause::Beyond(gain) => self.tell_beyond(gain, owner, severity),
            Cause::Session(gain) => {
                let (place, attribute) = self.place_of(gain);
                let mut told = open(
                    attribute,
                    &format!(
                        "{place} lets {} through, and {}",
                        brief(&gain.request),
                        self.base_unknown()
                    ),
                    &format!(
                        "narrow the session policy until it alone is within{}",
                        self.session_help()
                    ),
                );
                told.detail = format!(
                    "{place} lets this request through, and the ceiling does not:\n\n{}\n\nhelp: {}",
                    self.shown(gain),
                    told.detail
                );
                told
            }
            Cause::Base => open(
                self.session
                    .as_ref()
                    .map_or("credential_type", |session| session.base.attribute),
                &self.base_unknown(),
                &format!(
                    "limit the credentials by a `policy_document`, which can be compared, where the type of credential has one{}",
                    self.session_help()
                ),
            ),
            Cause::Doubt(doubt) => open(
                "policy_document",
                doubt.reason(),
                "say what is meant without that, or write the same into both policies",
            ),
            Cause::ManagedPolicy(at) => {
                let arn = self.managed_policy(*at);
                open(
                    "policy_arns",
                    &format!("what `{arn}` grants is not known in full"),
                    "put the statements that are needed into `policy_document`, which can be compared",
                )
            }
            Cause::Unseen(at) => {
                let unseen = self.unseen.get(*at);
                open(
                    unseen.map_or("policy_document", |one| one.attribute),
                    &format!(
                        "{} is not known here",
                        unseen.map_or("a policy", |one| one.what.as_str())
                    ),
                    "limit the credentials by a `policy_document`, which can be compared, where the type of credential has one",
                )
            }
            Cause::Ceiling => {
                let summary = format!("role `{}`: {} cannot be interpreted", self.label, owner.words());
                let diagnostic = Diagnostic {
                    severity,
                    summary,
                    detail: "nothing can be compared with it; correct it, `leastpriv lint` tells what is wrong"
                        .to_owned(),
                    path: None,
                };
                match owner {
                    CeilingOwner::Role => diagnostic.at(AttributePath::attribute("policy_ceiling")),
                    CeilingOwner::Provider => diagnostic,
                }
            }
        }
    }

    fn tell_beyond(&self, gain: &Gain, owner: CeilingOwner, severity: DiagnosticSeverity) -> Diagnostic {
        let (place, attribute) = self.place_of(gain);
        let mut detail = format!(
            "{place} lets this request through{}, and the ceiling does not:\n\n{}",
            self.as_do_role_policies(gain),
            self.shown(gain)
        );
        for limit in &self.limits {
            let _ = write!(
                detail,
                "\n\nnote: {limit}, so the request may be denied all the same; only the policies of this resource are compared"
            );
        }
        let narrower = match gain.source {
            Source::Subject(Place::Document) => "narrow the statement",
            Source::Subject(Place::ManagedPolicy(_)) => "put the statements that are needed into `policy_document`",
            Source::Role(_) | Source::Base => "limit the session by a `policy_document`",
        };
        let _ = write!(
            detail,
            "\n\nhelp: {narrower}, or widen the ceiling. No exception covers this, and `validate` does not change it"
        );
        Diagnostic {
            severity,
            summary: format!(
                "role `{}` goes beyond {}: {} in {place}",
                self.label,
                owner.words(),
                brief(&gain.request)
            ),
            detail,
            path: Some(AttributePath::attribute(attribute)),
        }
    }

    fn managed_policy(&self, at: usize) -> &str {
        let arn = self.managed_policies.known().and_then(|arns| arns.get(at));
        arn.map(String::as_str).unwrap_or_default()
    }

    /// That the policies of the role allow what a session policy lets through, where they are known.
    fn as_do_role_policies(&self, gain: &Gain) -> &'static str {
        let is_known = matches!(self.session.as_ref().map(Session::base), Some(Base::Role(_)));
        if is_known && matches!(gain.source, Source::Subject(_)) {
            ", as do the policies of the role"
        } else {
            ""
        }
    }

    /// What whoever a session is of may do is not known.
    fn base_unknown(&self) -> String {
        let base = self.session.as_ref().map(|session| session.base.what.as_str());
        format!("{} is not known here", base.unwrap_or("what else limits it"))
    }

    fn session_help(&self) -> &'static str {
        self.session.as_ref().map_or("", Session::help)
    }

    /// The statement, and the attribute it is in.
    fn place_of(&self, gain: &Gain) -> (String, &'static str) {
        let path = || PathElement::join(&gain.path);
        match gain.source {
            Source::Subject(Place::Document) => (path(), "policy_document"),
            Source::Subject(Place::ManagedPolicy(at)) => (format!("`{}`", self.managed_policy(at)), "policy_arns"),
            Source::Role(at) => (
                format!("{} of `assumed_role_policies[{at}]`", path()),
                "assumed_role_policies",
            ),
            Source::Base => ("a session without a session policy".to_owned(), "policy_document"),
        }
    }

    /// The text of the policy that holds the statement, where it is at hand.
    fn text_of(&self, gain: &Gain) -> Option<&str> {
        match gain.source {
            Source::Subject(Place::Document) => self.document.as_deref(),
            Source::Role(at) => {
                let texts = self.session.as_ref()?.role_policies.known()?;
                texts.get(at).map(String::as_str)
            }
            Source::Subject(Place::ManagedPolicy(_)) | Source::Base => None,
        }
    }

    /// The request, and the statement that lets it through.
    fn shown(&self, gain: &Gain) -> String {
        let mut shown = lines(&gain.request);
        if let Some(text) = self.text_of(gain) {
            let _ = write!(shown, "\n\n{}", excerpt(text, gain.span, "this statement"));
        }
        shown
    }

    /// What the role gains over what it was, as warnings: nothing where the mode is `off`, or where something of the two
    /// is not known yet.
    pub(crate) fn gained_over(&self, old: &Self) -> Diagnostics {
        let (Some(kind), Some(old_kind), false) = (self.kind, old.kind, self.mode.known() == Some(&Mode::Off)) else {
            return Diagnostics::default();
        };
        let is_open = |one: &Self| one.may_take_away() || one.managed_policies.is_unknown();
        let is_same = self.document == old.document
            && self.managed_policies == old.managed_policies
            && self.unseen == old.unseen
            && self.session == old.session;
        if is_same || is_open(self) || is_open(old) {
            return Diagnostics::default();
        }
        match gains(&self.subject(kind, &[]), &old.subject(old_kind, &[])) {
            Gains::Nothing => Diagnostics::default(),
            Gains::Access(gains) => gains.iter().map(|gain| self.tell_gain(gain, old)).collect(),
            // That it cannot be interpreted is said where it is judged.
            Gains::Unknown(doubts) if doubts.iter().any(|doubt| doubt.cause == compare::Cause::Invalid) => {
                Diagnostics::default()
            }
            Gains::Unknown(doubts) => {
                let reasons: Vec<&str> = doubts.iter().map(compare::Doubt::reason).collect();
                Diagnostic::warning(
                    format!("role `{}`: it cannot be decided whether it gains access", self.label),
                    format!(
                        "the new policy and the old one depend on {}; compare the two by hand",
                        reasons.join(" and on ")
                    ),
                )
                .at(AttributePath::attribute("policy_document"))
                .into()
            }
        }
    }

    fn tell_gain(&self, gain: &Gain, old: &Self) -> Diagnostic {
        let (place, attribute) = self.place_of(gain);
        let doubts = self.doubts_of(gain, old);
        let gains = if doubts.is_empty() { "gains" } else { "may gain" };
        let (what, as_it_was) = match gain.source {
            Source::Base => (
                "no session policy limits its credentials any more".to_owned(),
                "the session policy as it was",
            ),
            _ => (format!("{} in {place}", brief(&gain.request)), "the policy as it was"),
        };
        let mut detail = format!(
            "{place} lets this request through, and {as_it_was} does not:\n\n{}",
            self.shown(gain)
        );
        for doubt in doubts {
            let _ = write!(detail, "\n\nnote: {doubt}");
        }
        Diagnostic::warning(format!("role `{}` {gains} access: {what}", self.label), detail)
            .at(AttributePath::attribute(attribute))
    }

    /// Why it is not sure that a request is new: what may take it away, and what may have allowed it before.
    fn doubts_of(&self, gain: &Gain, old: &Self) -> Vec<String> {
        let is_limited = self.session.is_some() && !matches!(gain.source, Source::Role(_));
        let base = is_limited && self.as_do_role_policies(gain).is_empty();
        let base = base.then(|| self.base_unknown()).into_iter();
        let taken = base.chain(self.limits.iter().cloned());
        let taken = taken.map(|what| format!("{what}, so the request may be denied all the same"));
        let managed = old.managed_policies.known().into_iter().flatten();
        let managed = managed.map(|arn| format!("what `{arn}` grants is not known in full"));
        let unseen = old
            .unseen
            .iter()
            .map(|unseen| format!("{} is not known here", unseen.what));
        let given = managed.chain(unseen);
        let given = given.map(|what| format!("{what}, so the role may have had this access before"));
        taken.chain(given).collect()
    }
}

/// A request in a few words.
fn brief(request: &Request) -> String {
    let resource = request.resource.as_deref().unwrap_or("*");
    let conditions = if request.context.iter().next().is_some() {
        " under conditions"
    } else {
        ""
    };
    format!("`{}` on `{resource}`{conditions}", request.action)
}

/// A request in lines. The policies of a role name no principals, so who asks in it is made up and not told. Each line
/// begins with spaces, so that Terraform does not wrap it.
fn lines(request: &Request) -> String {
    let mut out = format!(
        "  action:    {}\n  resource:  {}\n  principal: whoever has credentials of the role",
        request.action,
        request.resource.as_deref().unwrap_or("*")
    );
    if request.context.iter().next().is_none() {
        out.push_str("\n  condition: no key is set");
    }
    for (key, values) in request.context.iter() {
        let _ = write!(out, "\n  condition: {key} = {}", values.join(", "));
    }
    out
}
