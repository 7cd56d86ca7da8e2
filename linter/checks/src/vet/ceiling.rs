//! Ceilings: policies that a subject must stay within, and what a policy gains over an older one.

use std::cell::OnceCell;

use leastpriv_policy::compare::{self, Containment, Doubt, Replay, contained, is_interpretable};
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::{Document, PathElement, parse};
use leastpriv_policy::span::Span;

use super::{Mode, Place, Subject};
use crate::managed::grants_at_least;
use crate::terms;

/// Why a subject is not within a ceiling, as far as that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// The number of the ceiling, from 0.
    pub ceiling: usize,
    /// What is beyond it, or in doubt.
    pub cause: Cause,
    /// Whether it is a reason to refuse. What is surely beyond a ceiling always is; what cannot be decided is one where
    /// findings refuse.
    pub refuses: bool,
}

/// What keeps a subject from being within a ceiling.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// A statement lets through what the ceiling does not allow.
    Beyond(Gain),
    /// It cannot be decided, for this reason.
    Doubt(Doubt),
    /// A managed policy whose content is not known in full.
    ManagedPolicy(usize),
    /// Something of [`Subject::unseen`], by number.
    Unseen(usize),
    /// The ceiling itself cannot be interpreted.
    Ceiling,
}

/// Access that a statement gives and another policy does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// The policy of the statement.
    pub place: Place,
    /// The bytes of the statement in the document; empty for a managed policy.
    pub span: Span,
    /// The way to the statement in the document; empty for a managed policy.
    pub path: Vec<PathElement>,
    /// A request that the one allows and the other does not.
    pub request: Request,
}

/// What a subject gains over another one.
#[derive(Clone, Debug, PartialEq)]
pub enum Gains {
    /// Nothing.
    Nothing,
    /// This, by statement.
    Access(Vec<Gain>),
    /// It cannot be said, for these reasons.
    Unknown(Vec<Doubt>),
}

impl Gains {
    /// What can be said where a document is no sound JSON.
    fn unreadable() -> Self {
        Self::Unknown(vec![Doubt {
            cause: compare::Cause::Invalid,
            elements: vec!["the document".to_owned()],
        }])
    }
}

/// What the policies of `new` that are known allow and those of `old` do not.
pub fn gains(new: &Subject<'_>, old: &Subject<'_>) -> Gains {
    match (Grants::of(new), Grants::of(old)) {
        (Some(new), Some(old)) => new.beyond(&old.document),
        _ => Gains::unreadable(),
    }
}

/// Whether a text can be a ceiling: JSON, and a policy of which every statement can be interpreted and names no
/// principal.
pub fn is_ceiling(text: &str) -> bool {
    read(text).is_some()
}

/// A ceiling; nothing where the text can be none.
fn read(text: &str) -> Option<Document> {
    let parsed = parse(text);
    let document = parsed.document;
    let is_sound = parsed.problems.is_empty() && !document.names_principals() && is_interpretable(&document);
    is_sound.then_some(document)
}

/// Every reason for which a subject is not surely within its ceilings.
pub fn breaches(subject: &Subject<'_>, mode: Mode) -> Vec<Breach> {
    let grants = OnceCell::new();
    let causes = |text: &str| causes(subject, grants.get_or_init(|| Grants::of(subject)).as_ref(), text);
    let mut out = Vec::new();
    for (ceiling, text) in subject.ceilings.iter().enumerate() {
        out.extend(causes(text).into_iter().map(|cause| Breach {
            ceiling,
            refuses: mode == Mode::Enforce || matches!(cause, Cause::Beyond(_) | Cause::Ceiling),
            cause,
        }));
    }
    out
}

fn causes(subject: &Subject<'_>, grants: Option<&Grants>, ceiling: &str) -> Vec<Cause> {
    let Some(ceiling) = read(ceiling) else {
        return vec![Cause::Ceiling];
    };
    let known = grants.map_or_else(Gains::unreadable, |grants| grants.beyond(&ceiling));
    let doubts = match known {
        Gains::Access(gains) => return gains.into_iter().map(Cause::Beyond).collect(),
        Gains::Unknown(doubts) => doubts,
        Gains::Nothing => Vec::new(),
    };
    let managed = 0..subject.managed_policies.len();
    let unseen = 0..subject.unseen;
    let doubts = doubts.into_iter().map(Cause::Doubt);
    let open: Vec<Cause> = doubts
        .chain(managed.map(Cause::ManagedPolicy))
        .chain(unseen.map(Cause::Unseen))
        .collect();
    // Whatever it is that is not known, a ceiling that allows everything holds it.
    let is_open = !open.is_empty() && contained(&parse(EVERYTHING).document, &ceiling) != Containment::Contained;
    if is_open { open } else { Vec::new() }
}

/// What the policies of a subject grant together, as far as they are known, as one policy.
struct Grants {
    document: Document,
    /// Where each statement comes from.
    places: Vec<Place>,
}

impl Grants {
    /// Nothing where the document is no sound JSON.
    fn of(subject: &Subject<'_>) -> Option<Self> {
        let parsed = parse(subject.document.unwrap_or(NOTHING));
        if !parsed.problems.is_empty() {
            return None;
        }
        let mut grants = Self {
            places: parsed.document.statements.iter().map(|_| Place::Document).collect(),
            document: parsed.document,
        };
        for (at, arn) in subject.managed_policies.iter().enumerate() {
            let Some(text) = grants_at_least(arn) else { continue };
            for mut statement in parse(text).document.statements {
                statement.index = grants.places.len();
                grants.places.push(Place::ManagedPolicy(at));
                grants.document.statements.push(statement);
            }
        }
        Some(grants)
    }

    fn beyond(&self, other: &Document) -> Gains {
        match contained(&self.document, other) {
            Containment::Contained => Gains::Nothing,
            Containment::Unknown(doubts) => Gains::Unknown(doubts),
            Containment::Exceeds(excesses) => {
                let replay = Replay::new(&self.document, other);
                let gain = |number: usize, request: Request| {
                    let place = self.places.get(number).copied().unwrap_or(Place::Document);
                    let statement = self
                        .document
                        .statements
                        .get(number)
                        .filter(|_| place == Place::Document);
                    Gain {
                        place,
                        span: statement.map(|one| one.span).unwrap_or_default(),
                        path: statement.map(|one| one.path.clone()).unwrap_or_default(),
                        request,
                    }
                };
                let gains = excesses
                    .iter()
                    .map(|excess| gain(excess.statement, terms::proof(&self.document, &replay, excess)));
                Gains::Access(gains.collect())
            }
        }
    }
}

const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

#[cfg(test)]
mod tests {
    use leastpriv_policy::kind::PolicyKind;

    use super::*;

    const CEILING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::reports/*"}]}"#;

    fn allow(action: &str, resource: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
        )
    }

    fn causes_of(document: Option<&str>, managed_policies: &[&str], unseen: usize, ceiling: &str) -> Vec<Cause> {
        let managed_policies: Vec<String> = managed_policies.iter().map(|arn| (*arn).to_owned()).collect();
        let subject = Subject {
            document,
            kind: PolicyKind::UserInline,
            managed_policies: &managed_policies,
            ceilings: &[ceiling.to_owned()],
            unseen,
        };
        let breaches = breaches(&subject, Mode::Warn);
        breaches
            .into_iter()
            .map(|breach| {
                let is_sure = matches!(breach.cause, Cause::Beyond(_) | Cause::Ceiling);
                assert_eq!(breach.refuses, is_sure);
                breach.cause
            })
            .collect()
    }

    #[test]
    fn what_is_within_has_no_cause() {
        assert_eq!(
            causes_of(Some(&allow("s3:Get*", "arn:aws:s3:::reports/a/*")), &[], 0, CEILING),
            []
        );
        assert_eq!(causes_of(None, &[], 0, CEILING), []);
    }

    #[test]
    fn what_is_beyond_has_a_request_and_its_place() {
        let document = allow("s3:GetObject", "arn:aws:s3:::*");
        let causes = causes_of(Some(&document), &[], 0, CEILING);
        let [Cause::Beyond(gain)] = &causes[..] else {
            panic!("one statement is beyond: {causes:?}")
        };
        assert_eq!(gain.place, Place::Document);
        assert!(gain.span.of(&document).starts_with("{\"Effect\""), "{gain:?}");
        assert_eq!(PathElement::join(&gain.path), "Statement[0]");
        assert_eq!(gain.request.action, "s3:GetObject");
    }

    #[test]
    fn a_deny_of_the_document_counts_for_managed_policies_too() {
        let queues = "arn:aws:iam::aws:policy/AmazonSQSFullAccess";
        let causes = causes_of(
            Some(&allow("s3:GetObject", "arn:aws:s3:::reports/*")),
            &[queues],
            0,
            CEILING,
        );
        let [Cause::Beyond(gain)] = &causes[..] else {
            panic!("the managed policy is beyond: {causes:?}")
        };
        assert_eq!(gain.place, Place::ManagedPolicy(0));
        assert!(gain.request.action.starts_with("sqs:"), "{gain:?}");
        let denied = allow("*", "*").replace("Allow", "Deny");
        assert_eq!(
            causes_of(Some(&denied), &[queues], 0, CEILING),
            [Cause::ManagedPolicy(0)]
        );
    }

    #[test]
    fn what_is_not_known_in_full_is_in_doubt_unless_everything_is_allowed() {
        let managed = ["arn:aws:iam::123456789012:policy/own"];
        let document = allow("s3:GetObject", "arn:aws:s3:::reports/*");
        assert_eq!(
            causes_of(Some(&document), &managed, 2, CEILING),
            [Cause::ManagedPolicy(0), Cause::Unseen(0), Cause::Unseen(1)]
        );
        assert_eq!(causes_of(Some(&document), &managed, 2, EVERYTHING), []);
        let of_user = allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*");
        let any = CEILING.replace("reports/*", "?*");
        let doubt = |cause, element: &str| {
            let elements = vec![element.to_owned()];
            Cause::Doubt(Doubt { cause, elements })
        };
        assert_eq!(
            causes_of(Some(&of_user), &[], 0, &any),
            [doubt(compare::Cause::Variable, "${aws:username}")]
        );
        assert_eq!(
            causes_of(Some("{"), &[], 0, CEILING),
            [doubt(compare::Cause::Invalid, "the document")]
        );
    }

    #[test]
    fn only_a_sound_policy_without_principals_is_a_ceiling() {
        assert!(is_ceiling(CEILING) && is_ceiling(NOTHING));
        let principal = CEILING.replace("\"Effect\"", "\"Principal\":\"*\",\"Effect\"");
        for text in ["", "{", "{}", "[]", &CEILING.replace("Allow", "Alow"), &principal] {
            assert!(!is_ceiling(text), "{text}");
            assert_eq!(causes_of(None, &[], 0, text), [Cause::Ceiling]);
        }
    }

    #[test]
    fn gains_are_told_by_statement() {
        let subject = |document| Subject {
            document,
            kind: PolicyKind::UserInline,
            managed_policies: &[],
            ceilings: &[],
            unseen: 0,
        };
        let (narrow, wide) = (
            allow("s3:GetObject", "arn:aws:s3:::reports/*"),
            allow("s3:*", "arn:aws:s3:::reports/*"),
        );
        assert_eq!(gains(&subject(Some(&narrow)), &subject(Some(&wide))), Gains::Nothing);
        assert!(
            matches!(gains(&subject(Some(&wide)), &subject(Some(&narrow))), Gains::Access(found) if found.len() == 1)
        );
        assert!(matches!(
            gains(&subject(Some(&narrow)), &subject(None)),
            Gains::Access(_)
        ));
        assert_eq!(gains(&subject(None), &subject(Some(&narrow))), Gains::Nothing);
    }
}
