//! A policy that is asked about needs: which statements give them, and a request that shows it.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{Met, meet, names_action};
use super::{Fate, Need, Proof, Wanted};
use crate::compare::{Cause, Containment, Doubt, Excess, contained, is_empty, only};
use crate::decide::{
    Attachment, Context, Decision, Outcome, Policies, Policy, Principal, Request, has_variables, trace_as_given,
};
use crate::document::{Document, Statement, Text, Texts};

/// A policy that is asked about needs.
pub(super) struct Asked<'d> {
    document: &'d Document,
    policies: Policies,
    variables: bool,
}

/// What a policy gives of a need.
pub(super) struct Given {
    /// The statements that give it, and what of their resources.
    pub(super) parts: Vec<(usize, Met)>,
    /// All that the policy gives of it, as a policy; nothing where one request is asked about.
    whole: Option<Document>,
    verdict: Verdict,
}

enum Verdict {
    Allowed {
        request: Request,
        by: Vec<usize>,
    },
    Partly {
        request: Request,
        by: Vec<usize>,
        lacking: Request,
    },
    Missing {
        is_denied: bool,
    },
    Free,
    Unknown(Vec<Doubt>),
}

impl<'d> Asked<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            policies: Policies {
                identity: vec![Policy::new(document, Attachment::Principal)],
                ..Policies::default()
            },
            variables: has_variables(document),
        }
    }

    fn decide(&self, request: &Request) -> Decision {
        trace_as_given(&self.policies, request)
    }

    /// What the policy gives of a need.
    pub(super) fn give(&self, need: &Need) -> Given {
        let allows = self.document.statements.iter().filter(|one| one.allows());
        let named = allows.filter(|one| names_action(one, &need.action));
        let mut parts: Vec<(&Statement, Met)> = named
            .filter_map(|one| Some((one, meet(one, &need.wanted, self.variables)?)))
            .collect();
        let nothing = |verdict| Given {
            parts: Vec::new(),
            whole: None,
            verdict,
        };
        if is_free(&need.action) {
            return nothing(Verdict::Free);
        }
        if parts.is_empty() {
            return nothing(Verdict::Missing { is_denied: false });
        }
        if let Some(context) = &need.context {
            return self.give_request(need, context, parts);
        }
        let whole = self.given(need, &parts);
        let verdict = match is_empty(&asked_about(&whole, &need.wanted)) {
            Containment::Contained => return nothing(Verdict::Missing { is_denied: true }),
            Containment::Unknown(doubts) => Verdict::Unknown(doubts),
            Containment::Exceeds(excesses) => self.found(need, &whole, excesses),
        };
        if matches!(verdict, Verdict::Missing { .. }) {
            return nothing(verdict);
        }
        // A statement that gives all of it without a condition needs no other beside it.
        if let Some(at) = parts.iter().position(|(one, met)| self.gives_all(need, one, met)) {
            parts = parts.into_iter().skip(at).take(1).collect();
        }
        Given {
            parts: parts.into_iter().map(|(one, met)| (one.index, met)).collect(),
            whole: Some(whole),
            verdict,
        }
    }

    /// What the policy says of one request.
    fn give_request(&self, need: &Need, context: &Context, parts: Vec<(&Statement, Met)>) -> Given {
        let request = request_of(need, context);
        let decision = self.decide(&request);
        let by: Vec<usize> = decision.deciding.iter().map(|id| id.statement).collect();
        let verdict = match decision.outcome {
            Outcome::Allowed => Verdict::Allowed {
                request,
                by: by.clone(),
            },
            Outcome::ImplicitDeny => Verdict::Missing { is_denied: false },
            Outcome::ExplicitDeny => Verdict::Missing { is_denied: true },
            Outcome::Unknown(reason) => Verdict::Unknown(vec![undecided(reason.text())]),
        };
        let is_kept = |one: &Statement| match &verdict {
            Verdict::Allowed { by, .. } => by.contains(&one.index),
            Verdict::Unknown(_) => true,
            _ => false,
        };
        let mut parts: Vec<(usize, Met)> = parts
            .into_iter()
            .filter(|(one, _)| is_kept(one))
            // The statement that gives least beside what is needed comes first.
            .map(|(one, met)| ((self.holds_more(&met), one.condition.is_empty()), (one.index, met)))
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect();
        if matches!(verdict, Verdict::Allowed { .. }) {
            parts.truncate(1);
        }
        Given {
            parts,
            whole: None,
            verdict,
        }
    }

    fn holds_more(&self, met: &Met) -> bool {
        match met {
            Met::AsWritten => true,
            Met::Patterns { texts, wider } => *wider || self.variables && texts.iter().any(|text| text.contains("${")),
        }
    }

    fn gives_all(&self, need: &Need, statement: &Statement, met: &Met) -> bool {
        let wanted = need.wanted.patterns();
        statement.condition.is_empty()
            && !self.holds_more(met)
            && match met {
                Met::AsWritten => false,
                Met::Patterns { texts, .. } => wanted.iter().all(|wanted| texts.contains(wanted)),
            }
    }

    /// A request of a need that the policy allows, and one that it lacks.
    fn found(&self, need: &Need, whole: &Document, excesses: Vec<Excess>) -> Verdict {
        let is_bare = |excess: &Excess| {
            let mut statements = whole.statements.iter();
            statements.any(|one| one.index == excess.statement && one.condition.is_empty())
        };
        let decided = excesses.into_iter().map(|excess| {
            let is_bare = is_bare(&excess);
            let mut request = excess.witness;
            if need.wanted == Wanted::Nothing {
                request.resource = None;
            }
            let decision = self.decide(&request);
            (is_bare, request, decision)
        });
        // One without conditions says most.
        let best = decided.min_by_key(|(is_bare, _, decision)| match decision.outcome {
            Outcome::Allowed if *is_bare => 0,
            Outcome::Allowed => 1,
            Outcome::Unknown(_) => 2,
            Outcome::ImplicitDeny | Outcome::ExplicitDeny => 3,
        });
        let Some((_, request, decision)) = best else {
            return Verdict::Missing { is_denied: false };
        };
        match decision.outcome {
            Outcome::Allowed => {}
            Outcome::Unknown(reason) => return Verdict::Unknown(vec![undecided(reason.text())]),
            // AWS keeps some requests for itself, whatever a policy says.
            Outcome::ImplicitDeny | Outcome::ExplicitDeny => return Verdict::Missing { is_denied: false },
        }
        let by = decision.deciding.iter().map(|id| id.statement).collect();
        if need.wanted.is_one() || matches!(need.wanted, Wanted::Some(_)) {
            return Verdict::Allowed { request, by };
        }
        match self.lacking(need) {
            Containment::Contained => Verdict::Allowed { request, by },
            Containment::Exceeds(excesses) => match excesses.into_iter().next() {
                Some(excess) => Verdict::Partly {
                    request,
                    by,
                    lacking: excess.witness,
                },
                None => Verdict::Allowed { request, by },
            },
            Containment::Unknown(doubts) => Verdict::Unknown(doubts),
        }
    }

    /// What the policy does not give of a need, its conditions left aside.
    fn lacking(&self, need: &Need) -> Containment {
        let all = Statement {
            effect: vec![text("Allow")],
            action: vec![texts([need.action.as_str()])],
            resource: vec![texts(need.wanted.patterns().iter().map(String::as_str))],
            ..Statement::default()
        };
        let statements = self.document.statements.iter();
        let bare = statements
            .filter(|one| one.allows() || one.condition.is_empty())
            .map(|one| Statement {
                condition: Vec::new(),
                condition_keys: Vec::new(),
                ..one.clone()
            });
        contained(&only(self.document, [all]), &only(self.document, bare))
    }

    /// The policy that gives what some statements give of a need.
    fn given(&self, need: &Need, parts: &[(&Statement, Met)]) -> Document {
        let action = need.action.as_str();
        let denials = self.document.statements.iter();
        let denials = denials
            .filter(|one| !one.allows() && names_action(one, action))
            .cloned();
        let allows = parts.iter().map(|(one, met)| {
            let mut part = Statement {
                action: vec![texts([action])],
                not_action: Vec::new(),
                ..(*one).clone()
            };
            if let Met::Patterns { texts: patterns, .. } = met {
                part.resource = vec![texts(patterns.iter().map(String::as_str))];
                part.not_resource = Vec::new();
            }
            part
        });
        only(self.document, allows.chain(denials))
    }

    /// What became of a need, now that this is the policy.
    pub(super) fn fate(&self, need: &Need, given: Given) -> Fate {
        let (request, by_existing, lacking) = match given.verdict {
            Verdict::Missing { is_denied } => return Fate::Missing { is_denied },
            Verdict::Free => return Fate::Free,
            Verdict::Unknown(doubts) => return Fate::Unknown(doubts),
            Verdict::Allowed { request, by } => (request, by, None),
            Verdict::Partly { request, by, lacking } => (request, by, Some(lacking)),
        };
        match given.whole.map(|whole| contained(&whole, self.document)) {
            None | Some(Containment::Contained) => {}
            Some(Containment::Unknown(doubts)) => return Fate::Unknown(doubts),
            Some(Containment::Exceeds(_)) => return Fate::Unknown(vec![undecided(&need.action)]),
        }
        let decision = self.decide(&request);
        if decision.outcome != Outcome::Allowed {
            return Fate::Unknown(vec![undecided(&need.action)]);
        }
        let by: Vec<usize> = decision.deciding.iter().map(|id| id.statement).collect();
        let deciding = || self.document.statements.iter().filter(|one| by.contains(&one.index));
        let tests = deciding().flat_map(|one| &one.condition);
        let proof = Proof {
            keys: if deciding().any(|one| one.condition.is_empty()) {
                BTreeSet::new()
            } else {
                tests.map(|test| test.key.text.clone()).collect()
            },
            is_wide: need.wanted == Wanted::unknown() || given.parts.iter().any(|(_, met)| self.holds_more(met)),
            request,
            by,
            by_existing,
        };
        match lacking {
            None => Fate::Kept(proof),
            Some(lacking) => Fate::Partly(proof, Box::new(lacking)),
        }
    }
}

fn undecided(what: &str) -> Doubt {
    Doubt {
        cause: Cause::Undecided,
        elements: vec![what.to_owned()],
    }
}

/// What of a policy is about a request for some resources. For none in particular, a statement that matches such a request
/// stands for all resources, so that a request that is found for one holds for none, too.
fn asked_about(whole: &Document, wanted: &Wanted) -> Document {
    if *wanted != Wanted::Nothing {
        return whole.clone();
    }
    let matching = whole.statements.iter().filter(|one| meet(one, wanted, false).is_some());
    let everywhere = matching.map(|one| Statement {
        resource: vec![texts(["*"])],
        not_resource: Vec::new(),
        ..one.clone()
    });
    only(whole, everywhere)
}

/// Whether an action needs no permission.
fn is_free(action: &str) -> bool {
    let request = Request {
        action: action.to_owned(),
        resource: None,
        principal: somebody(),
        resource_account: None,
        context: Context::default(),
    };
    trace_as_given(&Policies::default(), &request).outcome == Outcome::Allowed
}

fn request_of(need: &Need, context: &Context) -> Request {
    let resource = need.wanted.patterns().first();
    Request {
        action: need.action.clone(),
        resource: resource.cloned(),
        principal: somebody(),
        resource_account: None,
        context: context.clone(),
    }
}

/// Stands for whoever has the policy. Their ARN is in no context.
fn somebody() -> Principal {
    Principal::User("arn:aws:iam::000000000000:user/somebody".to_owned())
}

fn text(text: &str) -> Text {
    Text {
        text: text.to_owned(),
        ..Text::default()
    }
}

fn texts<'t>(items: impl IntoIterator<Item = &'t str>) -> Texts {
    Texts {
        items: items.into_iter().map(text).collect(),
        ..Texts::default()
    }
}
