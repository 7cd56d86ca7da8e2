//! `leastpriv simulate`, with the arguments of `aws iam simulate-custom-policy`.

use anyhow::{anyhow, bail};
use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use leastpriv_policy::decide::{Context, Decision, Principal};
use leastpriv_policy::json::Value;

use super::Surroundings;
use super::input::{Input, content, flag, json_of, text, texts, texts_of};
use crate::access::PolicyType;
use crate::report::{visible, write_aws_json};
use crate::run::Exit;
use crate::simulate::{
    Asked, Layers, NamedPolicy, Question, account, answer, check_action, check_resource, entries_from_json,
    parse_entries, principal, spelling_note, table,
};

const EXIT_CODES: &str = "\
The answer is the JSON of the AWS CLI. A decision that AWS does not know is `unknown`, with its reason. What the
answer is does not change the exit code, as with the AWS CLI: `leastpriv test` is for expectations.

Exit codes:
  0  answered, whatever was decided
  3  the command line is wrong, or a document cannot be read
";

/// The arguments of `simulate`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Simulate {
    /// Identity-based policies, each as JSON or as `file://PATH`
    #[arg(long, value_name = "POLICY", num_args = 1..)]
    policy_input_list: Vec<String>,

    /// The permissions boundary of the caller
    #[arg(long, value_name = "POLICY", num_args = 1..)]
    permissions_boundary_policy_input_list: Vec<String>,

    /// Service control policies of all levels, as JSON or as `file://PATH`: the root first, then each unit, the account last
    #[arg(long, value_name = "LEVELS", num_args = 1..)]
    ordered_organization_policy_input_list: Vec<String>,

    /// Actions, each by its full name
    #[arg(long, value_name = "ACTION", num_args = 1..)]
    action_names: Vec<String>,

    /// ARNs of resources; `*` stands for no particular resource [default: *]
    #[arg(long, value_name = "ARN", num_args = 1..)]
    resource_arns: Vec<String>,

    /// The policy of every resource; it needs `--caller-arn`
    #[arg(long, value_name = "POLICY")]
    resource_policy: Option<String>,

    /// The account of resources whose ARN tells none [default: that of the caller]
    #[arg(long, value_name = "ACCOUNT")]
    resource_owner: Option<String>,

    /// Who asks: the ARN of a user, a role or a session, an account, a service, or `*` for anybody
    #[arg(long, value_name = "ARN")]
    caller_arn: Option<String>,

    /// Context keys: `ContextKeyName=aws:username,ContextKeyValues=ada,ContextKeyType=string`, JSON, or `file://PATH`
    #[arg(long, value_name = "ENTRY", num_args = 1..)]
    context_entries: Vec<String>,

    /// Session policies of the caller
    #[arg(long, value_name = "POLICY", num_args = 1..)]
    session_policy: Vec<String>,

    #[command(flatten)]
    service_control: ServiceControl,

    /// Resource control policies of all levels
    #[arg(long, value_name = "POLICY", num_args = 1..)]
    resource_control_policy_input_list: Vec<String>,

    /// The policy of the VPC endpoint that the request comes through; it needs `--caller-arn`
    #[arg(long, value_name = "POLICY")]
    endpoint_policy: Option<String>,

    /// All arguments as JSON, or `file://PATH`; what the command line says too counts more
    #[arg(long, value_name = "JSON")]
    cli_input_json: Option<String>,

    /// Tell of every statement that did not match which of its elements failed first
    #[arg(long)]
    explain: bool,

    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    /// Ignored: which resources a call needs is said by `--resource-arns`
    #[arg(long, value_name = "OPTION")]
    resource_handling_option: Option<String>,

    /// Ignored: the answer is never cut
    #[arg(long, value_name = "N")]
    max_items: Option<u64>,

    /// Ignored: the answer is never cut
    #[arg(long, value_name = "N")]
    page_size: Option<u64>,

    /// Ignored: nothing is asked of AWS
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Ignored: nothing is asked of AWS
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For programs: the JSON of the AWS CLI
    #[default]
    Json,
    /// For people: actions down, resources across
    Table,
}

/// Service control policies by level, one level for each time that the argument is given.
#[derive(Debug, Default)]
struct ServiceControl(Vec<Vec<String>>);

const SERVICE_CONTROL: &str = "service_control_policy_input_list";

impl FromArgMatches for ServiceControl {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let levels = matches.get_occurrences::<String>(SERVICE_CONTROL).into_iter().flatten();
        Ok(Self(levels.map(|level| level.cloned().collect()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ServiceControl {
    fn augment_args(command: Command) -> Command {
        command.arg(
            clap::Arg::new(SERVICE_CONTROL)
                .long("service-control-policy-input-list")
                .value_name("POLICY")
                .num_args(1..)
                .action(ArgAction::Append)
                .help("Service control policies of one level; once for the root, each unit and the account"),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Simulate {
    /// Answers.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let input = Input::read(self.cli_input_json.as_deref())?;
        let caller = self.caller(&input)?;
        let layers = self.layers(&input, caller.as_ref())?;
        let actions = self.actions(&input)?;
        let resources = self.resources(&input)?;
        let owner = text(self.resource_owner.as_ref(), &input, "ResourceOwner")?
            .map(|text| account(&text).map_err(|error| anyhow!("`--resource-owner`: {error}")))
            .transpose()?;
        let context = self.context(&input)?;
        let mut asked = Asked::new(&layers);
        let mut decided: Vec<(Question<'_>, Decision)> = Vec::new();
        for action in &actions {
            for resource in &resources {
                let question = Question {
                    action,
                    resource,
                    caller: caller.as_ref(),
                    owner: owner.as_deref(),
                    context: &context,
                };
                decided.push((question, asked.decide(&question)));
            }
        }
        for note in actions.iter().filter_map(|action| spelling_note(action)) {
            writeln!(surroundings.errors, "note: {}", visible(&note))?;
        }
        match self.output {
            Output::Json => write_aws_json(&answer(&layers, &decided, self.explain), surroundings.output)?,
            Output::Table => write!(surroundings.output, "{}", table(&layers, &decided, self.explain))?,
        }
        surroundings.output.flush()?;
        Ok(Exit::Clean)
    }

    fn caller(&self, input: &Input) -> anyhow::Result<Option<Principal>> {
        let caller = text(self.caller_arn.as_ref(), input, "CallerArn")?;
        caller
            .map(|text| principal(&text).map_err(|error| anyhow!("`--caller-arn`: {error}")))
            .transpose()
    }

    fn actions(&self, input: &Input) -> anyhow::Result<Vec<String>> {
        let actions = texts(&self.action_names, input, "ActionNames")?;
        if actions.is_empty() {
            bail!("`--action-names` is missing; such as `--action-names s3:GetObject`");
        }
        for action in &actions {
            check_action(action).map_err(|error| anyhow!("`--action-names`: {error}"))?;
        }
        Ok(actions)
    }

    fn resources(&self, input: &Input) -> anyhow::Result<Vec<String>> {
        let resources = texts(&self.resource_arns, input, "ResourceArns")?;
        for resource in &resources {
            check_resource(resource).map_err(|error| anyhow!("`--resource-arns`: {error}"))?;
        }
        Ok(if resources.is_empty() {
            vec!["*".to_owned()]
        } else {
            resources
        })
    }

    fn context(&self, input: &Input) -> anyhow::Result<Context> {
        let context = if self.context_entries.is_empty() {
            input
                .get("ContextEntries")
                .map_or_else(|| Ok(Context::default()), entries_from_json)
        } else {
            let words = self.context_entries.iter().map(|word| content(word));
            parse_entries(&words.collect::<Result<Vec<_>, _>>()?)
        };
        context.map_err(|error| anyhow!("`--context-entries`: {error}"))
    }

    fn layers(&self, input: &Input, caller: Option<&Principal>) -> anyhow::Result<Layers> {
        let list = |words: &[String], name, policy_type| {
            let policies = texts(words, input, name)?;
            let numbered = policies.iter().zip(1_usize..);
            let read =
                numbered.map(|(policy, number)| policy_of(&format!("{name}.{number}"), name, policy, policy_type));
            read.collect::<anyhow::Result<Vec<NamedPolicy>>>()
        };
        let one = |word: Option<&String>, name, policy_type| {
            let policy = text(word, input, name)?;
            policy
                .map(|policy| policy_of(name, name, &policy, policy_type))
                .transpose()
        };
        let mut boundaries = list(
            &self.permissions_boundary_policy_input_list,
            "PermissionsBoundaryPolicyInputList",
            PolicyType::Identity,
        )?;
        if boundaries.len() > 1 {
            bail!("`--permissions-boundary-policy-input-list`: a caller has one permissions boundary at most");
        }
        let session = list(&self.session_policy, "SessionPolicy", PolicyType::Identity)?;
        let resource_control = list(
            &self.resource_control_policy_input_list,
            "ResourceControlPolicyInputList",
            PolicyType::Resource,
        )?;
        let layers = Layers {
            identity: list(&self.policy_input_list, "PolicyInputList", PolicyType::Identity)?,
            resource: one(self.resource_policy.as_ref(), "ResourcePolicy", PolicyType::Resource)?,
            boundary: boundaries.pop(),
            session: (!session.is_empty()).then_some(session),
            service_control: self.service_control(input)?,
            resource_control: if resource_control.is_empty() {
                Vec::new()
            } else {
                vec![resource_control]
            },
            endpoint: one(self.endpoint_policy.as_ref(), "EndpointPolicy", PolicyType::Resource)?,
        };
        if layers.identity.is_empty() && layers.resource.is_none() {
            bail!("`--policy-input-list` is missing: give a policy as JSON or as `file://PATH`");
        }
        for (policy, name) in [
            (&layers.resource, "--resource-policy"),
            (&layers.endpoint, "--endpoint-policy"),
        ] {
            if policy.is_some() && caller.is_none() {
                bail!("`{name}` needs `--caller-arn`, for the principals that the policy names");
            }
        }
        Ok(layers)
    }

    fn ordered_levels(&self, input: &Input) -> anyhow::Result<Vec<Vec<String>>> {
        let words = &self.ordered_organization_policy_input_list;
        if words.is_empty() {
            let levels = input.get(ORDERED_LEVELS);
            return levels.map_or_else(|| Ok(Vec::new()), |levels| ordered_levels_of(levels, &input.text));
        }
        let mut out = Vec::new();
        for word in words {
            let text = content(word)?;
            out.extend(ordered_levels_of(&json_of(&text, &flag(ORDERED_LEVELS))?, &text)?);
        }
        Ok(out)
    }

    fn levels(&self, input: &Input) -> anyhow::Result<Vec<Vec<String>>> {
        let name = SERVICE_CONTROL_POLICIES;
        if !self.service_control.0.is_empty() {
            let levels = self.service_control.0.iter();
            return levels.map(|words| texts(words, input, name)).collect();
        }
        match input.get(name) {
            None => Ok(Vec::new()),
            // A list of texts is one level, a list of lists has several.
            Some(value) => match value.as_array() {
                Some(levels) if levels.iter().any(|level| level.as_array().is_some()) => {
                    levels.iter().map(|level| texts_of(level, &input.text, name)).collect()
                }
                _ => Ok(vec![texts_of(value, &input.text, name)?]),
            },
        }
    }

    fn service_control(&self, input: &Input) -> anyhow::Result<Vec<Vec<NamedPolicy>>> {
        let (ordered, levels) = (self.ordered_levels(input)?, self.levels(input)?);
        let (name, levels) = match (ordered.is_empty(), levels.is_empty()) {
            (true, _) => (SERVICE_CONTROL_POLICIES, levels),
            (false, true) => (ORDERED_LEVELS, ordered),
            (false, false) => bail!(
                "`{}` and `{}` both give service control policies; use one",
                flag(ORDERED_LEVELS),
                flag(SERVICE_CONTROL_POLICIES)
            ),
        };
        let mut out = Vec::new();
        for (level, policies) in (1_usize..).zip(levels) {
            let numbered = policies.iter().zip(1_usize..);
            let read = numbered.map(|(policy, number)| {
                policy_of(&format!("{name}.{level}.{number}"), name, policy, PolicyType::Identity)
            });
            out.push(read.collect::<anyhow::Result<_>>()?);
        }
        Ok(out)
    }
}

/// The texts of the levels in AWS's form: objects, each with the policies of a level.
fn ordered_levels_of(value: &Value, around: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let levels = value.as_array().unwrap_or(std::slice::from_ref(value));
    let texts = levels.iter().map(|level| match level.as_object() {
        Some([policies]) if policies.key == SERVICE_CONTROL_POLICIES => {
            texts_of(&policies.value, around, ORDERED_LEVELS)
        }
        _ => bail!(
            "`{}`: a level is `{{\"{SERVICE_CONTROL_POLICIES}\": […]}}` and nothing else",
            flag(ORDERED_LEVELS)
        ),
    });
    texts.collect()
}

/// AWS's argument for service control policies, and its list of those of one level, which is an argument of ours.
const ORDERED_LEVELS: &str = "OrderedOrganizationPolicyInputList";
const SERVICE_CONTROL_POLICIES: &str = "ServiceControlPolicyInputList";

fn policy_of(id: &str, name: &str, text: &str, policy_type: PolicyType) -> anyhow::Result<NamedPolicy> {
    NamedPolicy::read(id.to_owned(), text, policy_type).map_err(|error| {
        let number = id.strip_prefix(name).unwrap_or_default().trim_start_matches('.');
        let which = if number.is_empty() {
            String::new()
        } else {
            format!(" {number}")
        };
        let is_path = !text.trim_start().starts_with('{');
        let help = if is_path {
            "; a file is written `file://PATH`"
        } else {
            ""
        };
        anyhow!("`{}`{which}: {error}{help}", flag(name))
    })
}
