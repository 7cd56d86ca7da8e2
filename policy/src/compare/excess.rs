//! The questions that a comparison comes down to, and the search for a request that answers one of them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::axes::nobody;
use super::cover::{self, Covers, Rest};
use super::scope::{Among, Scope};
use super::search::point;
use super::sides::{Replay, Side, StatementBox};
use super::variables::{self, Variable, marked};
use super::{Cause, Containment, Doubt, Excess, Layers};
use crate::decide::{Request, Truth};
use crate::document::Statement;

/// What `new` allows more than `existing`, among some requests.
pub(super) fn find(new: &Layers<'_>, existing: &Layers<'_>, among: Among<'_>) -> Containment {
    let Some(marked) = marked(new, existing) else {
        return of_layers(new, existing, among, &[]);
    };
    let answer = of_layers(&marked.of_new(), &marked.of_existing(), among, marked.variables());
    let excesses = match answer {
        Containment::Contained if marked.proves || is_whole(new, existing) => return Containment::Contained,
        Containment::Contained => Vec::new(),
        Containment::Exceeds(excesses) => excesses,
        unknown @ Containment::Unknown(_) => return unknown,
    };
    // A mark is no value. A request without one, or with values for all, may hold for the policies as they are.
    let replay = Replay::of_layers(new, existing);
    let real = |excesses: Vec<Excess>, requests: &dyn Fn(&Request) -> Vec<Request>| -> Vec<Excess> {
        let holds = |excess: Excess| {
            let mut requests = requests(&excess.witness).into_iter();
            let witness = requests.find(|request| replay.is_new(request))?;
            Some(Excess { witness, ..excess })
        };
        excesses.into_iter().filter_map(holds).collect()
    };
    let found = real(excesses, &|request| marked.concrete(request));
    if !found.is_empty() {
        return Containment::Exceeds(found);
    }
    for values in marked.assignments() {
        let filled = marked.with(&values);
        if let Containment::Exceeds(excesses) = of_layers(&filled.of_new(), &filled.of_existing(), among, &[]) {
            let found = real(excesses, &|request| vec![marked.given(request, &values)]);
            if !found.is_empty() {
                return Containment::Exceeds(found);
            }
        }
    }
    Containment::Unknown(vec![marked.doubt()])
}

fn is_whole(new: &Layers<'_>, existing: &Layers<'_>) -> bool {
    if let ([new], [existing]) = (new, existing)
        && let ([new], [existing]) = (new.as_slice(), existing.as_slice())
    {
        return cover::is_whole(new, existing);
    }
    false
}

/// Most choices of one statement of each layer.
const MOST_CHOICES: usize = 20_000;

/// What layers whose variables are marked allow more.
fn of_layers(new: &Layers<'_>, existing: &Layers<'_>, among: Among<'_>, variables: &[Variable]) -> Containment {
    let replay = Replay::of_layers(new, existing);
    if let Some(doubt) = replay.doubt() {
        return Containment::Unknown(vec![doubt]);
    }
    let scope = Scope::of(among, new, variables);
    let questions = Questions::of(&replay, scope.as_ref());
    let mut excesses: Vec<Excess> = Vec::new();
    let mut doubts = BTreeSet::new();
    let mut choices = Choices::of(&replay.new);
    let mut count = 0_usize;
    while let Some(chosen) = choices.next() {
        count = count.saturating_add(1);
        if count > MOST_CHOICES {
            doubts.insert(Doubt::new(Cause::Budget, ["the layers".to_owned()]));
            break;
        }
        let first = chosen.first();
        let (policy, statement) = first.map_or((0, 0), |one| (one.policy, one.written.index));
        let is_told = |excess: &Excess| (excess.policy, excess.statement) == (policy, statement);
        if excesses.last().is_some_and(is_told) {
            continue;
        }
        match questions.witness(&chosen) {
            Ok(Some(witness)) => excesses.push(Excess {
                policy,
                statement,
                witness,
            }),
            Ok(None) => {}
            Err(doubt) => {
                doubts.insert(doubt);
            }
        }
    }
    if !excesses.is_empty() {
        Containment::Exceeds(excesses)
    } else if doubts.is_empty() {
        Containment::Contained
    } else {
        Containment::Unknown(doubts.into_iter().collect())
    }
}

/// Every choice of one Allow of each layer; the last layer changes fastest.
struct Choices<'s, 'd> {
    allows: Vec<Vec<&'s StatementBox<'d>>>,
    at: Vec<usize>,
    is_done: bool,
}

impl<'s, 'd> Choices<'s, 'd> {
    fn of(side: &'s Side<'d>) -> Self {
        let allows: Vec<Vec<&StatementBox<'_>>> = side
            .layers
            .iter()
            .map(|layer| layer.iter().filter(|one| one.written.allows()).collect())
            .collect();
        Self {
            at: vec![0; allows.len()],
            is_done: allows.iter().any(Vec::is_empty),
            allows,
        }
    }

    fn next(&mut self) -> Option<Vec<&'s StatementBox<'d>>> {
        if self.is_done {
            return None;
        }
        let chosen = self.allows.iter().zip(&self.at);
        let chosen = chosen.filter_map(|(layer, at)| layer.get(*at).copied()).collect();
        self.is_done = true;
        for (at, layer) in self.at.iter_mut().zip(&self.allows).rev() {
            *at = at.saturating_add(1);
            if *at < layer.len() {
                self.is_done = false;
                break;
            }
            *at = 0;
        }
        Some(chosen)
    }
}

/// What is asked about every choice of Allows.
struct Questions<'r, 'd> {
    replay: &'r Replay<'d>,
    scope: Option<&'r Scope>,
    denials: Vec<&'r StatementBox<'d>>,
    /// The layers of the existing side, each of which may lack an Allow.
    lacking: Vec<Lacking<'r, 'd>>,
    /// Denies of the existing side that no single Deny of the new one covers.
    lifted: Vec<&'r StatementBox<'d>>,
}

struct Lacking<'r, 'd> {
    covers: Covers<'r>,
    /// The Denies of the new side, and the Allows of the layer.
    outside: Vec<&'r StatementBox<'d>>,
}

impl<'r, 'd> Questions<'r, 'd> {
    fn of(replay: &'r Replay<'d>, scope: Option<&'r Scope>) -> Self {
        let denials: Vec<&StatementBox<'_>> = replay.new.denials().collect();
        let lacking = replay.existing.layers.iter().map(|layer| {
            let allows: Vec<&StatementBox<'_>> = layer.iter().filter(|one| one.written.allows()).collect();
            Lacking {
                covers: Covers::of(allows.iter().map(|one| &*one.written)),
                outside: denials.iter().copied().chain(allows).collect(),
            }
        });
        let kept = Covers::of(denials.iter().map(|one| &*one.written));
        let is_lifted = |one: &&StatementBox<'_>| !matches!(kept.rest(&one.written), Rest::Nothing);
        Self {
            replay,
            scope,
            lacking: lacking.collect(),
            lifted: replay.existing.denials().filter(is_lifted).collect(),
            denials,
        }
    }

    /// A request that the chosen Allows let through together and the existing side does not.
    fn witness(&self, chosen: &[&StatementBox<'d>]) -> Result<Option<Request>, Doubt> {
        // One Allow of which nothing is left answers for all that are chosen beside it.
        let rests: Vec<Option<Vec<Cow<'_, StatementBox<'d>>>>> = self
            .lacking
            .iter()
            .map(|layer| chosen.iter().map(|one| rest(&layer.covers, one)).collect())
            .collect();
        let open = rests.iter().zip(&self.lacking);
        let open = open.filter_map(|(rest, layer)| Some((rest.as_ref()?, layer)));
        let first = open.clone().filter_map(|(rest, _)| rest.first().map(AsRef::as_ref));
        let plain = first.chain(self.lifted.iter().copied());
        let mut plain = plain.flat_map(|one| plain_requests(&one.written));
        let is_witness = |request: &Request| {
            chosen.iter().all(|one| one.matches(request) == Truth::Yes) && self.replay.is_new(request)
        };
        if self.scope.is_none()
            && let Some(request) = plain.find(is_witness)
        {
            return Ok(Some(request));
        }
        let lacking = open.map(|(rest, layer)| -> (Vec<&StatementBox<'_>>, _) {
            (rest.iter().map(AsRef::as_ref).collect(), &layer.outside)
        });
        let lifted = self.lifted.iter().map(|deny| {
            let inside: Vec<&StatementBox<'_>> = chosen.iter().chain(std::iter::once(deny)).copied().collect();
            (inside, &self.denials)
        });
        let mut doubt = None;
        for (inside, outside) in lacking.chain(lifted) {
            match point(&inside, outside, self.scope) {
                // What was found has to hold before the evaluator, or it is no proof.
                Ok(Some(request)) if self.replay.is_new(&request) => return Ok(Some(request)),
                Ok(Some(_)) => doubt = Some(Doubt::new(Cause::Undecided, [])),
                Ok(None) => {}
                Err(reason) => doubt = Some(reason),
            }
        }
        doubt.map_or(Ok(None), Err)
    }
}

/// What single statements leave of a box; nothing where they cover it all.
fn rest<'s, 'd>(covers: &Covers<'_>, one: &'s StatementBox<'d>) -> Option<Cow<'s, StatementBox<'d>>> {
    match covers.rest(&one.written) {
        Rest::Nothing => None,
        Rest::Whole => Some(Cow::Borrowed(one)),
        Rest::Part(part) => Some(Cow::Owned(one.with(*part))),
    }
}

/// A few requests that a statement without conditions and principals is plainly about. Most new access shows in one of
/// them, long before the search would find it.
fn plain_requests(statement: &Statement) -> impl Iterator<Item = Request> {
    let is_plain = statement.condition.is_empty() && !statement.names_principals();
    let actions = statement.actions().filter(move |_| is_plain).take(MOST_PLAIN);
    let actions = actions.filter_map(|action| plain_action(&action.text));
    actions
        .flat_map(move |action| {
            let resources = statement.resources().take(MOST_PLAIN);
            resources.map(move |resource| Request {
                action: action.clone(),
                resource: Some(plain_resource(&resource.text)),
                ..nobody()
            })
        })
        .filter(|request| !variables::is_special(request))
}

/// Most actions, and most resources, of the requests that are tried before a search.
const MOST_PLAIN: usize = 8;

/// A short action that a pattern matches: a prefix and a name, neither of them empty.
fn plain_action(pattern: &str) -> Option<String> {
    let is_action = |text: &String| {
        text.split_once(':')
            .is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty() && !name.contains(':'))
    };
    let with = |run: &str| pattern.replace('*', run).replace('?', "a");
    ["", "a", "a:a"].into_iter().map(with).find(is_action)
}

/// A short ARN that a pattern matches.
fn plain_resource(pattern: &str) -> String {
    let text = pattern.replace('*', "").replace('?', "a");
    if text.is_empty() {
        return "arn:::::".to_owned();
    }
    let missing = 5_usize.saturating_sub(text.matches(':').count());
    text + &":".repeat(missing)
}
