//! Ceilings: policies that a subject must stay within, and what a policy gains over an older one.

use std::cell::OnceCell;

use leastpriv_policy::compare::{self, Containment, Doubt, Excess, Replay, contained_layers, is_interpretable};
use leastpriv_policy::decide::Request;
use leastpriv_policy::document::{Document, PathElement, parse};
use leastpriv_policy::span::Span;

use super::{Base, Mode, Place, Subject};
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
    /// A session policy lets through what the ceiling does not allow. Whether whoever the session is of may do that is not
    /// known.
    Session(Gain),
    /// What whoever the session is of may do, as no session policy limits it.
    Base,
    /// It cannot be decided, for this reason.
    Doubt(Doubt),
    /// A managed policy whose content is not known in full.
    ManagedPolicy(usize),
    /// Something of [`Subject::unseen`], by number.
    Unseen(usize),
    /// The ceiling itself cannot be interpreted.
    Ceiling,
}

/// What holds the statement that gives access.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A policy of the subject.
    Subject(Place),
    /// The policy of that number of [`Base::Role`], from 0.
    Role(usize),
    /// Nothing: a session without a session policy, of somebody whose policies are not known.
    Base,
}

/// Access that a statement gives and another policy does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// The policy of the statement.
    pub source: Source,
    /// The bytes of the statement in the text of its policy; empty where that is not at hand.
    pub span: Span,
    /// The way to the statement in its policy; empty where that is not at hand.
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

/// What the policies of `new` that are known allow and those of `old` do not. Those of whoever a session is of count where
/// both sides know them.
pub fn gains(new: &Subject<'_>, old: &Subject<'_>) -> Gains {
    let are_known = |one: &Subject<'_>| matches!(one.base, Base::Role(_));
    let known = |one: &Subject<'_>| match one.base {
        Base::Role(_) if !(are_known(new) && are_known(old)) => Known::of(one, Base::Unknown),
        base => Known::of(one, base),
    };
    match (known(new), known(old)) {
        (Some(new), Some(old)) => new.beyond(&old.layers),
        _ => Gains::unreadable(),
    }
}

/// Whether a text can be a ceiling, or a policy of a role: JSON, and a policy of which every statement can be interpreted and
/// names no principal.
pub fn is_ceiling(text: &str) -> bool {
    read(text).is_some()
}

/// A ceiling or a policy of a role; nothing where the text can be none.
fn read(text: &str) -> Option<Document> {
    let parsed = parse(text);
    let document = parsed.document;
    let is_sound = parsed.problems.is_empty() && !document.names_principals() && is_interpretable(&document);
    is_sound.then_some(document)
}

/// Every reason for which a subject is not surely within its ceilings.
pub fn breaches(subject: &Subject<'_>, mode: Mode) -> Vec<Breach> {
    let known = OnceCell::new();
    let known = || known.get_or_init(|| Known::of(subject, subject.base)).as_ref();
    let mut out = Vec::new();
    for (ceiling, text) in subject.ceilings.iter().enumerate() {
        out.extend(causes(subject, known(), text).into_iter().map(|cause| Breach {
            ceiling,
            refuses: mode == Mode::Enforce || matches!(cause, Cause::Beyond(_) | Cause::Ceiling),
            cause,
        }));
    }
    out
}

fn causes(subject: &Subject<'_>, known: Option<&Known>, ceiling: &str) -> Vec<Cause> {
    let Some(ceiling) = read(ceiling) else {
        return vec![Cause::Ceiling];
    };
    let ceiling = [vec![ceiling]];
    let beyond = known.map_or_else(Gains::unreadable, |known| known.beyond(&ceiling));
    let doubts = match (beyond, known.map(|known| known.sureness)) {
        (Gains::Nothing, _) => Vec::new(),
        (_, Some(Sureness::Unlimited)) => return vec![Cause::Base],
        (Gains::Access(gains), Some(Sureness::Limits)) => return gains.into_iter().map(Cause::Session).collect(),
        (Gains::Access(gains), _) => return gains.into_iter().map(Cause::Beyond).collect(),
        (Gains::Unknown(doubts), _) => doubts,
    };
    let managed = 0..subject.managed_policies.len();
    let unseen = 0..subject.unseen;
    let doubts = doubts.into_iter().map(Cause::Doubt);
    let open: Vec<Cause> = doubts
        .chain(managed.map(Cause::ManagedPolicy))
        .chain(unseen.map(Cause::Unseen))
        .collect();
    // Whatever it is that is not known, a ceiling that allows everything, or all that a role may do, holds it.
    let is_open = !open.is_empty() && contained_in(&[most(subject)], &ceiling) != Containment::Contained;
    if is_open { open } else { Vec::new() }
}

/// What the credentials of a subject may do at most.
fn most(subject: &Subject<'_>) -> Vec<Document> {
    subject.base.role().unwrap_or_else(|| vec![parse(EVERYTHING).document])
}

fn contained_in(new: &[Vec<Document>], existing: &[Vec<Document>]) -> Containment {
    contained_layers(&borrowed(new), &borrowed(existing))
}

fn borrowed(layers: &[Vec<Document>]) -> Vec<Vec<&Document>> {
    layers.iter().map(|layer| layer.iter().collect()).collect()
}

impl Base<'_> {
    /// The policies of the role; nothing where one of them cannot be read, so that they are not known.
    fn role(self) -> Option<Vec<Document>> {
        match self {
            Base::Role(texts) => texts.iter().map(|text| read(text)).collect(),
            Base::Nothing | Base::Unknown => None,
        }
    }
}

/// What the credentials of a subject may do, as far as it is known.
struct Known {
    /// Its own policies as one, and those of the role.
    layers: Vec<Vec<Document>>,
    /// Where each statement of each policy of the first layer comes from.
    sources: Vec<Vec<Source>>,
    sureness: Sureness,
}

/// How sure it is that the layers are all that decides.
#[derive(Clone, Copy)]
enum Sureness {
    /// They decide.
    Decides,
    /// They limit somebody whose policies are not known.
    Limits,
    /// Nothing limits somebody whose policies are not known.
    Unlimited,
}

impl Known {
    /// Nothing where the document is no sound JSON.
    fn of(subject: &Subject<'_>, base: Base<'_>) -> Option<Self> {
        let parsed = parse(subject.document.unwrap_or(NOTHING));
        if !parsed.problems.is_empty() {
            return None;
        }
        let mut own = parsed.document;
        let mut sources = vec![Source::Subject(Place::Document); own.statements.len()];
        for (at, arn) in subject.managed_policies.iter().enumerate() {
            let Some(text) = grants_at_least(arn) else { continue };
            for mut statement in parse(text).document.statements {
                statement.index = sources.len();
                sources.push(Source::Subject(Place::ManagedPolicy(at)));
                own.statements.push(statement);
            }
        }
        let names_policy = subject.document.is_some() || !subject.managed_policies.is_empty() || subject.unseen > 0;
        let own = (base == Base::Nothing || names_policy).then(|| (vec![own], vec![sources]));
        let of_role = |role: Vec<Document>| {
            let sources = role.iter().enumerate();
            let sources = sources.map(|(at, one)| vec![Source::Role(at); one.statements.len()]);
            (sources.collect::<Vec<_>>(), role)
        };
        let (layers, sources, sureness) = match (own, base.role().map(of_role)) {
            (Some((own, sources)), None) if base == Base::Nothing => (vec![own], sources, Sureness::Decides),
            (Some((own, sources)), None) => (vec![own], sources, Sureness::Limits),
            (Some((own, sources)), Some((_, role))) => (vec![own, role], sources, Sureness::Decides),
            (None, Some((sources, role))) => (vec![role], sources, Sureness::Decides),
            (None, None) => {
                let everything = vec![vec![parse(EVERYTHING).document]];
                (everything, vec![vec![Source::Base]], Sureness::Unlimited)
            }
        };
        Some(Self {
            layers,
            sources,
            sureness,
        })
    }

    fn beyond(&self, others: &[Vec<Document>]) -> Gains {
        match contained_in(&self.layers, others) {
            Containment::Contained => Gains::Nothing,
            Containment::Unknown(doubts) => {
                // One layer that is within holds them all.
                let mut layers = self.layers.chunks(1).filter(|_| self.layers.len() > 1);
                if layers.any(|layer| contained_in(layer, others) == Containment::Contained) {
                    Gains::Nothing
                } else {
                    Gains::Unknown(doubts)
                }
            }
            Containment::Exceeds(excesses) => {
                let replay = Replay::of_layers(&borrowed(&self.layers), &borrowed(others));
                Gains::Access(excesses.iter().map(|excess| self.gain(excess, &replay)).collect())
            }
        }
    }

    fn gain(&self, excess: &Excess, replay: &Replay<'_>) -> Gain {
        let document = self.layers.first().and_then(|layer| layer.get(excess.policy));
        let sources = self.sources.get(excess.policy);
        let source = sources.and_then(|sources| sources.get(excess.statement)).copied();
        let source = source.unwrap_or(Source::Base);
        let is_at_hand = matches!(source, Source::Subject(Place::Document) | Source::Role(_));
        let statement = document.filter(|_| is_at_hand);
        let statement = statement.and_then(|document| document.statements.get(excess.statement));
        Gain {
            source,
            span: statement.map(|one| one.span).unwrap_or_default(),
            path: statement.map(|one| one.path.clone()).unwrap_or_default(),
            request: document.map_or_else(
                || excess.witness.clone(),
                |document| terms::proof(document, replay, excess),
            ),
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
            base: Base::Nothing,
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
        assert_eq!(gain.source, Source::Subject(Place::Document));
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
        assert_eq!(gain.source, Source::Subject(Place::ManagedPolicy(0)));
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

    fn session<'a>(document: Option<&'a str>, base: Base<'a>, ceilings: &'a [String]) -> Subject<'a> {
        Subject {
            document,
            kind: PolicyKind::Session,
            managed_policies: &[],
            ceilings,
            unseen: 0,
            base,
        }
    }

    #[test]
    fn a_session_is_within_where_the_role_or_the_session_policy_is_or_both_together_are() {
        let any_action = allow("*", "arn:aws:s3:::reports/*");
        let any_bucket = allow("s3:*", "*");
        let ceilings = [CEILING.to_owned()];
        let within = |document: &str, role: &[String]| {
            breaches(&session(Some(document), Base::Role(role), &ceilings), Mode::Enforce).is_empty()
        };
        assert!(within(&any_bucket, std::slice::from_ref(&any_action)));
        assert!(within(&any_action, std::slice::from_ref(&any_bucket)));
        assert!(within(CEILING, &[EVERYTHING.to_owned()]) && within(EVERYTHING, &[CEILING.to_owned()]));
        assert!(within(EVERYTHING, &[NOTHING.to_owned()]));
        assert!(!within(
            &any_bucket,
            &[any_action, allow("s3:GetObject", "arn:aws:s3:::payroll/*")]
        ));
    }

    #[test]
    fn beyond_is_what_role_and_session_policy_both_allow() {
        let ceilings = [CEILING.to_owned()];
        let role = [NOTHING.to_owned(), allow("s3:GetObject", "arn:aws:s3:::payroll/*")];
        let any_bucket = allow("s3:*", "*");
        let beyond = |document: Option<&str>| {
            let mut found = breaches(&session(document, Base::Role(&role), &ceilings), Mode::Off);
            match (found.pop(), found.as_slice()) {
                (
                    Some(Breach {
                        cause: Cause::Beyond(gain),
                        refuses: true,
                        ..
                    }),
                    [],
                ) => gain,
                other => panic!("{other:?}"),
            }
        };
        let gain = beyond(Some(&any_bucket));
        assert_eq!(gain.source, Source::Subject(Place::Document));
        assert_eq!(gain.request.action, "s3:GetObject");
        assert!(
            gain.request
                .resource
                .as_deref()
                .is_some_and(|arn| arn.starts_with("arn:aws:s3:::payroll/"))
        );
        // Without a session policy it is all that the role may do.
        let gain = beyond(None);
        assert_eq!(gain.source, Source::Role(1));
        assert_eq!(
            gain.span.of(&role[1]),
            &role[1][role[1].find("{\"Effect").unwrap()..role[1].len() - 2]
        );
        assert_eq!(PathElement::join(&gain.path), "Statement[0]");
    }

    #[test]
    fn a_role_that_is_not_known_leaves_open_what_the_session_policy_lets_through() {
        let ceilings = [CEILING.to_owned()];
        let any_bucket = allow("s3:*", "*");
        let unreadable = ["{".to_owned()];
        for base in [Base::Unknown, Base::Role(&unreadable)] {
            for mode in [Mode::Enforce, Mode::Warn] {
                let found = breaches(&session(Some(&any_bucket), base, &ceilings), mode);
                let [
                    Breach {
                        cause: Cause::Session(gain),
                        refuses,
                        ..
                    },
                ] = &found[..]
                else {
                    panic!("{found:?}")
                };
                assert_eq!(*refuses, mode == Mode::Enforce);
                assert_eq!(gain.source, Source::Subject(Place::Document));
            }
            assert_eq!(breaches(&session(Some(CEILING), base, &ceilings), Mode::Enforce), []);
            let found = breaches(&session(None, base, &ceilings), Mode::Warn);
            assert!(
                matches!(
                    &found[..],
                    [Breach {
                        cause: Cause::Base,
                        refuses: false,
                        ..
                    }]
                ),
                "{found:?}"
            );
            let everything = [EVERYTHING.to_owned()];
            assert_eq!(breaches(&session(None, base, &everything), Mode::Enforce), []);
        }
    }

    #[test]
    fn what_adds_to_a_session_policy_is_not_open_where_the_role_is_within() {
        let ceilings = [CEILING.to_owned()];
        let role = [allow("s3:GetObject", "arn:aws:s3:::reports/*")];
        let managed = ["arn:aws:iam::123456789012:policy/own".to_owned()];
        let subject = |role| Subject {
            managed_policies: &managed,
            unseen: 1,
            ..session(Some(CEILING), Base::Role(role), &ceilings)
        };
        assert_eq!(breaches(&subject(&role), Mode::Enforce), []);
        let wide = [EVERYTHING.to_owned()];
        let found = breaches(&subject(&wide), Mode::Enforce);
        let found: Vec<Cause> = found.into_iter().map(|breach| breach.cause).collect();
        assert_eq!(found, [Cause::ManagedPolicy(0), Cause::Unseen(0)]);
    }

    #[test]
    fn a_session_gains_where_its_limit_goes_away_and_loses_where_one_comes() {
        let role = [CEILING.to_owned()];
        let wider = [CEILING.to_owned(), allow("sqs:*", "*")];
        let subject = |document, base| session(document, base, &[]);
        let get = allow("s3:GetObject", "*");
        for base in [Base::Unknown, Base::Role(&role)] {
            let (free, limited) = (subject(None, base), subject(Some(&get), base));
            assert_eq!(gains(&limited, &free), Gains::Nothing);
            assert!(matches!(gains(&free, &limited), Gains::Access(found) if found.len() == 1));
        }
        // Where the role allows less, a wider session policy adds nothing.
        let (narrow, wide) = (allow("s3:*", "*"), allow("*", "*"));
        let of = |document, base| subject(Some(document), base);
        assert_eq!(
            gains(&of(&wide, Base::Role(&role)), &of(&narrow, Base::Role(&role))),
            Gains::Nothing
        );
        assert!(matches!(
            gains(&of(&wide, Base::Unknown), &of(&narrow, Base::Role(&role))),
            Gains::Access(_)
        ));
        assert!(matches!(
            gains(&of(&wide, Base::Role(&wider)), &of(&wide, Base::Role(&role))),
            Gains::Access(_)
        ));
    }

    #[test]
    fn gains_are_told_by_statement() {
        let subject = |document| Subject {
            document,
            kind: PolicyKind::UserInline,
            managed_policies: &[],
            ceilings: &[],
            unseen: 0,
            base: Base::Nothing,
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
