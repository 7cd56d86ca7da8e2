//! `leastpriv check-no-new-access`, `check-access-not-granted` and `check-no-public-access`, with the arguments of the AWS
//! CLI.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use leastpriv_policy::compare::Access;
use leastpriv_policy::document::Document;
use leastpriv_policy::smt;
use serde::Serialize;
use serde_json::Value;

use super::Surroundings;
use super::input::{content, flag};
use super::managed::ManagedPolicies;
use crate::access::{
    Answer, Asks, BatchOptions, OfPlan, PolicyType, Question, RESOURCE_TYPES, References, Verdict, access_from_json,
    answer_lines, answer_plan, checked_resource_type, parse_access, read_document,
};
use crate::report::write_aws_json;
use crate::run::Exit;

const EXIT_CODES: &str = "\
The answer is JSON, that of the AWS CLI with a request that proves a FAIL: its keys are chosen independently of each
other, so a caller may not be able to make it.

Exit codes:
  0  PASS
  1  FAIL
  2  UNKNOWN, or a line of a batch that cannot be read
  3  the command line is wrong, or a document cannot be read
";

/// The arguments of `check-no-new-access`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct CheckNoNewAccess {
    /// The policy as it is, or `file://PATH`
    #[arg(long, value_name = "POLICY")]
    existing_policy_document: Option<String>,

    /// The policy that is to replace it, or `file://PATH`
    #[arg(long, value_name = "POLICY")]
    new_policy_document: Option<String>,

    /// What policies of a kind are compared with in a plan: `IDENTITY_POLICY=file://PATH`, `trust=file://PATH`
    #[arg(long, value_name = "KIND=POLICY", requires = "plan")]
    reference: Vec<String>,

    /// Tell with a PASS which statements prove it
    #[arg(long)]
    certificate: bool,

    /// Write the question in SMT-LIB, for a solver to answer too: `sat` is a FAIL; `-` prints it in place of the answer
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    smt_lib: Option<PathBuf>,

    #[command(flatten)]
    common: Common,

    /// Whom the policies are written for; told by their principals where it is not said
    #[arg(long, value_name = "TYPE", value_enum, conflicts_with_all = ["batch", "plan"])]
    policy_type: Option<PolicyType>,
}

/// The arguments of `check-access-not-granted`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct CheckAccessNotGranted {
    /// The policy, or `file://PATH`
    #[arg(long, value_name = "POLICY")]
    policy_document: Option<String>,

    /// What it should not give: `actions=A,B`, `resources=C`, both with a comma between them, JSON, or `file://PATH`
    #[arg(long, value_name = "ACCESS", num_args = 1..)]
    access: Vec<String>,

    #[command(flatten)]
    common: Common,

    /// Whom the policy is written for; told by its principals where it is not said
    #[arg(long, value_name = "TYPE", value_enum, conflicts_with_all = ["batch", "plan"])]
    policy_type: Option<PolicyType>,
}

/// The arguments of `check-no-public-access`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct CheckNoPublicAccess {
    /// The policy of the resource, or `file://PATH`
    #[arg(long, value_name = "POLICY")]
    policy_document: Option<String>,

    /// The type of the resource, such as `AWS::S3::Bucket`
    #[arg(long, value_name = "TYPE", value_parser = PossibleValuesParser::new(RESOURCE_TYPES), hide_possible_values = true)]
    resource_type: Option<String>,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// All arguments as JSON, or `file://PATH`; what the command line says too counts more
    #[arg(long, value_name = "JSON")]
    cli_input_json: Option<String>,

    /// Answer a line of JSON for each line of JSON in a file; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "cli_input_json")]
    batch: Option<PathBuf>,

    /// Ask about every policy in a plan, the output of `terraform show -json`; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["batch", "cli_input_json"])]
    plan: Option<PathBuf>,

    #[command(flatten)]
    managed: ManagedPolicies,

    /// Tell in each line of a batch how many microseconds the answer took, parsing left out
    #[arg(long, requires = "batch")]
    timing: bool,

    /// Answer FAIL where the answer is UNKNOWN, as AWS knows only PASS and FAIL
    #[arg(long)]
    aws_strict: bool,

    /// Exit with 0 whatever the answer is
    #[arg(long)]
    exit_zero: bool,

    /// Ignored: nothing is asked of AWS
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Ignored: nothing is asked of AWS
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
}

impl CheckNoNewAccess {
    /// Answers.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        self.common.refuse_beside(&[
            ("--new-policy-document", self.new_policy_document.is_some()),
            ("--existing-policy-document", self.existing_policy_document.is_some()),
            ("--certificate", self.certificate),
            ("--smt-lib", self.smt_lib.is_some()),
        ])?;
        if let Some(path) = &self.common.batch {
            return self.common.answer_batch(Asks::NewAccess, path, surroundings);
        }
        if let Some(path) = &self.common.plan {
            let asks = OfPlan::NewAccess(self.references()?);
            return self.common.answer_plan(&asks, path, surroundings);
        }
        let input = self.common.input()?;
        let policy_type = policy_type(self.policy_type, &input)?;
        let document = |argument, name| document(argument, &input, name, policy_type);
        let existing = document(self.existing_policy_document.as_deref(), "existingPolicyDocument")?;
        let new = document(self.new_policy_document.as_deref(), "newPolicyDocument")?;
        let is_printed = match &self.smt_lib {
            Some(path) => write_problem(&new, &existing, path, surroundings)?,
            None => false,
        };
        let question = Question::NewAccess { new, existing };
        let answer = if self.certificate {
            question.answer_with_certificate()
        } else {
            question.answer()
        };
        if is_printed {
            return Ok(self.common.exit_of(answer.verdict_as(self.common.aws_strict)));
        }
        self.common.answer(&answer, surroundings)
    }

    fn references(&self) -> anyhow::Result<References> {
        let mut references = References::default();
        for argument in &self.reference {
            let (kind, policy) = argument.split_once('=').with_context(|| {
                format!("`--reference {argument}` names no kind; such as IDENTITY_POLICY=file://PATH")
            })?;
            let added = references.add(kind, &content(policy)?);
            added.map_err(|error| anyhow!("`--reference {kind}`: {error}"))?;
        }
        if references.is_empty() {
            bail!("`--plan` has nothing to compare with: give `--reference IDENTITY_POLICY=file://PATH`");
        }
        Ok(references)
    }
}

impl CheckNoPublicAccess {
    /// Answers.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        self.common.refuse_beside(&[
            ("--policy-document", self.policy_document.is_some()),
            ("--resource-type", self.resource_type.is_some()),
        ])?;
        if let Some(path) = &self.common.batch {
            return self.common.answer_batch(Asks::Public, path, surroundings);
        }
        if let Some(path) = &self.common.plan {
            return self.common.answer_plan(&OfPlan::Public, path, surroundings);
        }
        let input = self.common.input()?;
        let named = input.get("resourceType").and_then(Value::as_str);
        match (self.resource_type.as_deref(), named) {
            (Some(_), _) => {}
            (None, Some(name)) => checked_resource_type(name).map_err(anyhow::Error::msg)?,
            (None, None) => bail!("`--resource-type` is missing; it can be {}", RESOURCE_TYPES.join(", ")),
        }
        let policy_type = Some(PolicyType::Resource);
        let question = Question::Public {
            policy: document(self.policy_document.as_deref(), &input, "policyDocument", policy_type)?,
        };
        self.common.answer(&question.answer(), surroundings)
    }
}

impl CheckAccessNotGranted {
    /// Answers.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let of_lines = self.common.batch.is_some() && !self.access.is_empty();
        self.common.refuse_beside(&[
            ("--policy-document", self.policy_document.is_some()),
            ("--access", of_lines),
        ])?;
        if let Some(path) = &self.common.batch {
            return self.common.answer_batch(Asks::Granted, path, surroundings);
        }
        let input = self.common.input()?;
        let access = self.access(&input)?;
        if let Some(path) = &self.common.plan {
            return self.common.answer_plan(&OfPlan::Granted(access), path, surroundings);
        }
        let policy_type = policy_type(self.policy_type, &input)?;
        let question = Question::Granted {
            policy: document(self.policy_document.as_deref(), &input, "policyDocument", policy_type)?,
            access,
        };
        self.common.answer(&question.answer(), surroundings)
    }

    fn access(&self, input: &Value) -> anyhow::Result<Vec<Access>> {
        let access = if self.access.is_empty() {
            match input.get("access") {
                Some(access) => access_from_json(access),
                None => bail!("`--access` is missing; such as `--access actions=s3:DeleteBucket`"),
            }
        } else {
            let words: Vec<String> = self.access.iter().map(|word| content(word)).collect::<Result<_, _>>()?;
            parse_access(&words)
        };
        let access = access.map_err(|error| anyhow!("`--access`: {error}"))?;
        if access.is_empty() {
            bail!("`--access` names no access; such as `--access actions=s3:DeleteBucket`");
        }
        Ok(access)
    }
}

impl Common {
    /// What `--cli-input-json` says.
    fn input(&self) -> anyhow::Result<Value> {
        let Some(argument) = &self.cli_input_json else {
            return Ok(Value::Null);
        };
        let text = content(argument)?;
        let value: Value =
            serde_json::from_str(&text).map_err(|error| anyhow!("`--cli-input-json`: it is no JSON: {error}"))?;
        if value.is_object() {
            Ok(value)
        } else {
            bail!("`--cli-input-json` is no object")
        }
    }

    /// Refuses what a batch or a plan brings itself, and what only a plan needs.
    fn refuse_beside(&self, arguments: &[(&str, bool)]) -> anyhow::Result<()> {
        if self.managed.are_given() && self.plan.is_none() {
            bail!("`--managed-policies` is about a plan; give it with `--plan`");
        }
        let source = match (&self.batch, &self.plan) {
            (Some(_), _) => "the lines of `--batch` hold the policies",
            (None, Some(_)) => "`--plan` holds the policies",
            (None, None) => return Ok(()),
        };
        match arguments.iter().find(|(_, is_given)| *is_given) {
            Some((name, _)) => bail!("{source}; leave `{name}` out"),
            None => Ok(()),
        }
    }

    fn answer(&self, answer: &Answer, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        self.print(
            &answer.written(self.aws_strict),
            answer.verdict_as(self.aws_strict),
            surroundings,
        )
    }

    fn answer_plan(&self, asks: &OfPlan, path: &Path, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let answer = answer_plan(asks, path, &self.managed.read()?, surroundings.input);
        let answer = answer.map_err(|error| anyhow!("`--plan`: {error}"))?;
        self.print(
            &answer.written(self.aws_strict),
            answer.verdict_as(self.aws_strict),
            surroundings,
        )
    }

    fn print(
        &self,
        answer: &impl Serialize,
        verdict: Verdict,
        surroundings: &mut Surroundings<'_>,
    ) -> anyhow::Result<Exit> {
        write_aws_json(answer, surroundings.output)?;
        surroundings.output.flush()?;
        Ok(self.exit_of(verdict))
    }

    fn exit_of(&self, verdict: Verdict) -> Exit {
        match verdict {
            _ if self.exit_zero => Exit::Clean,
            Verdict::Pass => Exit::Clean,
            Verdict::Unknown => Exit::NotJudged,
            Verdict::Fail => Exit::Findings,
        }
    }

    fn answer_batch(&self, asks: Asks, path: &Path, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let mut input: Box<dyn BufRead + '_> = if path == Path::new("-") {
            Box::new(BufReader::new(&mut *surroundings.input))
        } else {
            let file = File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
            Box::new(BufReader::new(file))
        };
        let options = BatchOptions {
            is_strict: self.aws_strict,
            timing: self.timing,
        };
        let worst = answer_lines(asks, options, &mut input, surroundings.output)?;
        drop(input);
        surroundings.output.flush()?;
        Ok(self.exit_of(worst))
    }
}

/// Writes a question for solvers; whether it went to standard output.
fn write_problem(
    new: &Document,
    existing: &Document,
    path: &Path,
    surroundings: &mut Surroundings<'_>,
) -> anyhow::Result<bool> {
    let problem = smt::problem(new, existing, false)
        .map_err(|reason| anyhow!("`--smt-lib`: SMT-LIB cannot say {reason}; leave `--smt-lib` out for the answer"))?;
    let is_printed = path == Path::new("-");
    if is_printed {
        surroundings.output.write_all(problem.as_bytes())?;
        surroundings.output.flush()?;
    } else {
        fs::write(path, problem).with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(is_printed)
}

/// The type from the command line or from `--cli-input-json`.
fn policy_type(argument: Option<PolicyType>, input: &Value) -> anyhow::Result<Option<PolicyType>> {
    if argument.is_some() {
        return Ok(argument);
    }
    let Some(found) = input.get("policyType") else {
        return Ok(None);
    };
    let name = found.as_str().context("`policyType` is no string")?;
    PolicyType::from_name(name).map(Some).map_err(anyhow::Error::msg)
}

/// A policy from the command line or, under its name, from `--cli-input-json`.
fn document(
    argument: Option<&str>,
    input: &Value,
    name: &str,
    policy_type: Option<PolicyType>,
) -> anyhow::Result<Document> {
    let text = match (argument, input.get(name)) {
        (Some(argument), _) => content(argument)?,
        (None, Some(Value::String(text))) => text.clone(),
        (None, Some(_)) => bail!("`{name}` of `--cli-input-json` is no string"),
        (None, None) => bail!("`{}` is missing: give a policy as JSON or as `file://PATH`", flag(name)),
    };
    read_document(&text, policy_type).map_err(|error| anyhow!("`{}`: {error}", flag(name)))
}
