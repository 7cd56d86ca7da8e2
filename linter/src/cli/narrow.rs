//! `leastpriv narrow`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{ArgGroup, Args, ValueHint};

use super::Surroundings;
use super::input::content;
use super::lint::whatever_the_reader;
use super::managed::ManagedPolicies;
use crate::access::PolicyType;
use crate::narrow::{NarrowFormat, Origins, Unreadable, read, render, run};
use crate::planned::gather_with;
use crate::report::visible;
use crate::run::Exit;
use crate::simulate::{NamedPolicy, principal};
use crate::sources::{GatherOptions, Sources};
use crate::unit::of_plan;

const EXIT_CODES: &str = "\
The answer is a policy that allows what is needed and nothing that the old one does not. Both are proven: each need by a
request that the evaluator allows, the other by the comparison. Conditions and every Deny stay.

Exit codes, the same for every format:
  0  everything needed is allowed
  1  the policy does not give something that is needed; the rest is narrowed
  2  something cannot be decided, or an event or a type is not known; a policy that is not proven is not given
  3  the command line is wrong, or a document cannot be read
";

/// The arguments of `narrow`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
#[command(group = ArgGroup::new("what").args(["policy", "policy_document", "plan"]).required(true))]
#[command(group = ArgGroup::new("needs").args(["intent", "cloudtrail", "applies"]).required(true).multiple(true))]
pub(super) struct Narrow {
    /// The policy of a user, group or role; `-` is standard input
    #[arg(value_name = "POLICY", value_hint = ValueHint::FilePath)]
    policy: Option<PathBuf>,

    /// The policy as JSON, or `file://PATH`
    #[arg(long, value_name = "POLICY")]
    policy_document: Option<String>,

    /// Take the policy out of a plan, the output of `terraform show -json`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "address")]
    plan: Option<PathBuf>,

    /// The address of the resource in the plan that has the policy
    #[arg(long, value_name = "ADDRESS", requires = "plan")]
    address: Option<String>,

    /// The attribute of the resource, where it has several policies
    #[arg(long, value_name = "NAME", requires = "plan")]
    attribute: Option<String>,

    #[command(flatten)]
    managed: ManagedPolicies,

    /// A file in YAML or TOML that lists what is needed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    intent: Vec<PathBuf>,

    /// Events of CloudTrail: a file, a folder of `.json` and `.json.gz` files, or `-` for standard input
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    cloudtrail: Vec<PathBuf>,

    /// Take the events of this user, role or session only; a role has the events of all its sessions
    #[arg(long, value_name = "ARN", requires = "cloudtrail")]
    principal: Vec<String>,

    /// A plan that the policy has to apply, the output of `terraform show -json`; `-` is standard input
    #[arg(long, value_name = "PLAN", value_hint = ValueHint::FilePath)]
    applies: Vec<PathBuf>,

    /// How many resources have to be alike for a star to stand where they differ; a number never reached keeps each
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..))]
    min_support: u32,

    /// The format of the answer
    #[arg(long, value_enum, default_value_t)]
    format: NarrowFormat,
}

impl Narrow {
    /// Narrows the policy.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let from_input = [&self.policy]
            .into_iter()
            .flatten()
            .chain(&self.cloudtrail)
            .chain(&self.applies);
        if from_input.filter(|path| is_input(path)).count() > 1 {
            bail!("`-` is standard input, which can be one thing only");
        }
        for arn in &self.principal {
            principal(arn).map_err(|error| anyhow!("`--principal`: {error}"))?;
        }
        let mut notes = Vec::new();
        let policy = self.policy(surroundings.input, &mut notes)?;
        let origins = Origins {
            intents: self.intent,
            trails: self.cloudtrail,
            plans: self.applies,
            principals: self.principal,
        };
        let needs = read(&origins, surroundings.input).map_err(|unreadable| match unreadable {
            Unreadable::Intent(mistake) => anyhow!("{mistake}"),
            Unreadable::Plan(message) => anyhow!("`--applies`: {message}"),
            Unreadable::Trail(message) => anyhow!("`--cloudtrail`: {message}"),
        })?;
        let support = usize::try_from(self.min_support).unwrap_or(usize::MAX);
        let outcome = run(policy, needs, notes, support);
        let written = render(self.format, &outcome, surroundings.output, surroundings.errors);
        whatever_the_reader(written.and_then(|()| surroundings.output.flush()))
            .context("the answer cannot be written")?;
        Ok(outcome.exit())
    }

    fn policy(&self, input: &mut dyn Read, notes: &mut Vec<String>) -> anyhow::Result<NamedPolicy> {
        if let (Some(plan), Some(address)) = (&self.plan, &self.address) {
            let sources = gather_with(&self.managed.read()?, plan, GatherOptions::default(), &mut io::empty());
            let sources = sources.map_err(|error| anyhow!("`--plan`: {error}"))?;
            return of_address(&sources, plan, address, self.attribute.as_deref(), notes);
        }
        if self.managed.are_given() {
            bail!("`--managed-policies` is about a plan; give it with `--plan`");
        }
        let (name, text) = match (&self.policy, &self.policy_document) {
            (Some(path), _) if is_input(path) => {
                let mut text = String::new();
                input
                    .read_to_string(&mut text)
                    .context("standard input cannot be read")?;
                ("<stdin>".to_owned(), text)
            }
            (Some(path), _) => {
                let name = path.display().to_string();
                let text = fs::read_to_string(path).with_context(|| format!("`{name}` cannot be read"))?;
                (name, text)
            }
            (None, argument) => {
                let argument = argument.as_deref().unwrap_or_default();
                ("--policy-document".to_owned(), content(argument)?)
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        NamedPolicy::read(name.clone(), text, PolicyType::Identity)
            .map_err(|error| anyhow!("`{}`: {error}", visible(&name)))
    }
}

fn is_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// The one policy of a resource in a plan.
fn of_address(
    sources: &Sources,
    plan: &Path,
    address: &str,
    attribute: Option<&str>,
    notes: &mut Vec<String>,
) -> anyhow::Result<NamedPolicy> {
    let shown = plan.display().to_string();
    let found = of_plan(sources, &shown, address, attribute, PolicyType::Identity);
    let found = found.map_err(|error| anyhow!("`--plan`: {error}"))?;
    notes.extend(found.notes);
    let mut policies = found.policies.into_iter();
    match (policies.next(), policies.next()) {
        (Some(policy), None) if policy.is_sensitive() => {
            bail!("`--plan`: the policy of `{address}` is sensitive, and what is left of it would be shown")
        }
        (Some(policy), None) => Ok(policy),
        _ => bail!(
            "`--plan`: `{address}` has several policies: `{}`; name one with `--attribute`",
            found.attributes.join("`, `")
        ),
    }
}
