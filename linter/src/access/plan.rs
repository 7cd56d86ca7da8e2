//! One question about every policy of a plan.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use leastpriv_policy::compare::Access;
use leastpriv_policy::document::Document;
use leastpriv_policy::kind::PolicyKind;
use serde::Serialize;

use super::{Answer, PolicyType, Question, Verdict, Written, read_document};
use crate::planned;
use crate::sources::{DocumentInput, GatherOptions, ManagedDocuments, Origin, Sources};

/// The policies that those of a plan are compared with, by kind of policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    by_kind: BTreeMap<PolicyKind, Document>,
    by_type: BTreeMap<PolicyType, Document>,
}

/// What is asked of every policy of a plan.
#[derive(Debug)]
pub(crate) enum OfPlan {
    /// Does it allow more than the reference for its kind?
    NewAccess(References),
    /// Does it give any of some access?
    Granted(Vec<Access>),
    /// Does it, where it is the policy of a resource, give access to everybody?
    Public,
}

/// The answers about a plan.
#[derive(Debug)]
pub(crate) struct PlanAnswer {
    policies: Vec<(Place, PolicyKind, Answer)>,
    not_compared: Vec<NotCompared>,
    /// Whether some of what was not compared should have been.
    is_open: bool,
}

/// Where a policy stands in a plan.
#[derive(Clone, Debug, Serialize)]
struct Place {
    address: String,
    attribute: String,
    /// The ARN of a managed policy that is named there and whose document stands beside the plan.
    #[serde(rename = "managedPolicy", skip_serializing_if = "Option::is_none")]
    managed_policy: Option<String>,
}

#[derive(Debug, Serialize)]
struct NotCompared {
    #[serde(flatten)]
    place: Place,
    reason: String,
}

/// The answers as they are written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WrittenPlan<'a> {
    result: &'static str,
    policies: Vec<WrittenPolicy<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_compared: &'a [NotCompared],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPolicy<'a> {
    #[serde(flatten)]
    place: &'a Place,
    kind: &'static str,
    #[serde(flatten)]
    answer: Written<'a>,
}

impl References {
    /// Adds the reference for `IDENTITY_POLICY`, `RESOURCE_POLICY` or a kind of policy such as `trust`, which counts more.
    ///
    /// # Errors
    ///
    /// Names the kinds that there are, or says what is wrong with the policy.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Result<(), String> {
        if let Ok(policy_type) = PolicyType::from_name(name) {
            self.by_type
                .insert(policy_type, read_document(text, Some(policy_type))?);
            return Ok(());
        }
        let kind = PolicyKind::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = PolicyKind::ALL.iter().map(|kind| kind.name()).collect();
            format!(
                "`{name}` is no kind of policy; there are IDENTITY_POLICY, RESOURCE_POLICY, {}",
                names.join(", ")
            )
        })?;
        self.by_kind.insert(kind, read_document(text, None)?);
        Ok(())
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_kind.is_empty() && self.by_type.is_empty()
    }

    fn of(&self, kind: PolicyKind) -> Option<&Document> {
        let policy_type = match kind {
            PolicyKind::Resource | PolicyKind::Trust | PolicyKind::VpcEndpoint => Some(PolicyType::Resource),
            PolicyKind::ServiceControl | PolicyKind::ResourceControl => None,
            _ => Some(PolicyType::Identity),
        };
        let of_type = policy_type.and_then(|policy_type| self.by_type.get(&policy_type));
        self.by_kind.get(&kind).or(of_type)
    }
}

impl OfPlan {
    /// The question about one policy; the reason, where there is none to ask of its kind.
    fn question(&self, kind: PolicyKind, policy: Document) -> Result<Question, String> {
        self.asks(kind)?;
        match self {
            Self::NewAccess(references) => {
                let existing = references.of(kind).ok_or_else(|| no_reference(kind))?.clone();
                Ok(Question::NewAccess { new: policy, existing })
            }
            Self::Granted(access) => Ok(Question::Granted {
                policy,
                access: access.clone(),
            }),
            Self::Public => Ok(Question::Public { policy }),
        }
    }

    /// Whether there is something to ask of a kind of policy; the reason, where there is not.
    fn asks(&self, kind: PolicyKind) -> Result<(), String> {
        match self {
            Self::NewAccess(references) if references.of(kind).is_none() => Err(no_reference(kind)),
            Self::Granted(_) if !kind.grants() => Err(format!(
                "a policy of the kind `{}` grants nothing by itself; it only limits what others grant",
                kind.name()
            )),
            Self::Public if !matches!(kind, PolicyKind::Resource | PolicyKind::Trust) => {
                Err("it is no policy of a resource".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn no_reference(kind: PolicyKind) -> String {
    format!("there is no reference for policies of the kind `{}`", kind.name())
}

/// Asks about every policy of a plan in a file; `-` is standard input.
///
/// # Errors
///
/// Where the file cannot be read, or is no plan.
pub(crate) fn answer_plan(
    asks: &OfPlan,
    path: &Path,
    managed: &ManagedDocuments,
    input: &mut dyn Read,
) -> Result<PlanAnswer, String> {
    let options = GatherOptions {
        policy_type: None,
        skip_non_policies: false,
    };
    let sources = planned::gather_with(managed, path, options, input).map_err(|error| error.to_string())?;
    refuse_other_files(&sources, path)?;
    let mut out = PlanAnswer {
        policies: Vec::new(),
        not_compared: Vec::new(),
        is_open: false,
    };
    for one in &sources.unjudged {
        match one.kind.map_or(Ok(()), |kind| asks.asks(kind)) {
            Ok(()) => out.leave(&one.origin, one.reason.clone(), true),
            Err(reason) => out.leave(&one.origin, reason, false),
        }
    }
    for input in &sources.inputs {
        if let Some(document) = &input.document {
            out.ask(asks, document);
        }
        for managed in &input.managed_policies {
            let name = planned::managed_words(&managed.arn, managed.site.sensitive);
            let reason = || {
                format!(
                    "the plan names {name} and does not hold its document; {}",
                    planned::GIVE_IT
                )
            };
            match asks.asks(PolicyKind::Managed) {
                Ok(()) => out.leave(&managed.site.origin, reason(), true),
                Err(reason) => out.leave(&managed.site.origin, reason, false),
            }
        }
    }
    Ok(out)
}

/// Only what stands in a plan has an address to report.
fn refuse_other_files(sources: &Sources, path: &Path) -> Result<(), String> {
    let unread = sources.unjudged.iter().find(|one| one.origin == Origin::File);
    let documents = sources.inputs.iter().filter_map(|input| input.document.as_ref());
    let has_policy_file = documents
        .into_iter()
        .any(|document| document.site.origin == Origin::File);
    match unread {
        Some(unread) => Err(unread.reason.clone()),
        None if has_policy_file => Err(format!(
            "`{}` is a policy and no plan; make one with `terraform show -json PLAN`",
            path.display()
        )),
        None => Ok(()),
    }
}

impl PlanAnswer {
    fn ask(&mut self, asks: &OfPlan, input: &DocumentInput) {
        let origin = &input.site.origin;
        let policy = match planned::read(input, None) {
            Ok(mut policy) => {
                if input.site.sensitive {
                    // An answer names a statement by its number then.
                    policy.statements.iter_mut().for_each(|one| one.sid.clear());
                }
                policy
            }
            Err(error) => return self.leave(origin, error, true),
        };
        match asks.question(input.kind, policy) {
            Ok(question) => {
                let mut answer = question.answer();
                if input.site.sensitive {
                    answer.hide();
                }
                let place = Place {
                    managed_policy: planned::shown_arn(input).map(str::to_owned),
                    ..place(origin)
                };
                self.policies.push((place, input.kind, answer));
            }
            Err(reason) => self.leave(origin, reason, false),
        }
    }

    fn leave(&mut self, origin: &Origin, reason: String, is_open: bool) {
        self.is_open |= is_open;
        self.not_compared.push(NotCompared {
            place: place(origin),
            reason,
        });
    }

    /// The worst of all results; an UNKNOWN is taken as a FAIL where that is wanted.
    pub(crate) fn verdict_as(&self, is_strict: bool) -> Verdict {
        let open = if self.is_open { Verdict::Unknown } else { Verdict::Pass };
        let answers = self.policies.iter().map(|(_, _, answer)| answer.verdict);
        answers.fold(open, Verdict::max).taken(is_strict)
    }

    /// The answers as they are written.
    pub(crate) fn written(&self, is_strict: bool) -> WrittenPlan<'_> {
        let policies = self.policies.iter().map(|(place, kind, answer)| WrittenPolicy {
            place,
            kind: kind.name(),
            answer: answer.written(is_strict),
        });
        WrittenPlan {
            result: self.verdict_as(is_strict).name(),
            policies: policies.collect(),
            not_compared: &self.not_compared,
        }
    }
}

fn place(origin: &Origin) -> Place {
    match origin {
        Origin::File => Place {
            address: String::new(),
            attribute: String::new(),
            managed_policy: None,
        },
        Origin::Plan { address, attribute, .. } => Place {
            address: address.clone(),
            attribute: attribute.clone(),
            managed_policy: None,
        },
    }
}
