//! A test file: the policies that apply, who asks by default, and the cases.

use std::path::{Path, PathBuf};

use leastpriv_policy::decide::{Context, Outcome, Principal};
use leastpriv_policy::json::{Node, Value};
use leastpriv_policy::span::{LineIndex, Position, Span};

use super::policies::{Finder, Plans};
use super::{Fault, Mistake};
use crate::access::PolicyType;
use crate::simulate::{Layers, account, check_action, check_resource, hint, principal, spelling_note};
use crate::tables::{Fields, either, list, read_file, set_context, text};

const SUITE: [&str; 11] = [
    "policies",
    "permissions_boundary",
    "session_policies",
    "service_control_policies",
    "resource_control_policies",
    "resource_policy",
    "endpoint_policy",
    "resource_owner",
    "principal",
    "context",
    "cases",
];

const CASE: [&str; 8] = [
    "name",
    "action",
    "actions",
    "resource",
    "resources",
    "principal",
    "context",
    "expect",
];

/// A test file that was read.
#[derive(Debug)]
pub(super) struct Suite {
    /// The file as it was given.
    pub(super) file: String,
    /// The policies.
    pub(super) layers: Layers,
    /// The account of resources whose ARN tells none.
    pub(super) owner: Option<String>,
    /// The cases, in order.
    pub(super) cases: Vec<Case>,
    /// What a reader should know beside the results.
    pub(super) notes: Vec<Mistake>,
}

/// A case: each of its actions on each of its resources has to end as expected.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) at: Position,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) caller: Option<Principal>,
    pub(super) context: Context,
    pub(super) expect: Expect,
}

/// What is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Allow,
    /// Either deny.
    Deny,
    ExplicitDeny,
    ImplicitDeny,
    Unknown,
}

impl Expect {
    const ALL: [Self; 5] = [
        Self::Allow,
        Self::Deny,
        Self::ExplicitDeny,
        Self::ImplicitDeny,
        Self::Unknown,
    ];

    /// As it is written in a file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::ExplicitDeny => "explicit-deny",
            Self::ImplicitDeny => "implicit-deny",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an outcome is what is expected.
    pub(super) fn holds(self, outcome: Outcome) -> bool {
        match self {
            Self::Allow => outcome == Outcome::Allowed,
            Self::Deny => matches!(outcome, Outcome::ExplicitDeny | Outcome::ImplicitDeny),
            Self::ExplicitDeny => outcome == Outcome::ExplicitDeny,
            Self::ImplicitDeny => outcome == Outcome::ImplicitDeny,
            Self::Unknown => matches!(outcome, Outcome::Unknown(_)),
        }
    }
}

/// Reads a test file and the policies it names. Plans that it names are read into `plans`.
///
/// # Errors
///
/// Says what is wrong and where.
pub(super) fn read(path: &Path, plans: &mut Plans) -> Result<Suite, Mistake> {
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    read_file(path, "a test file", |tree, file, lines| {
        let reader = Reader { file, folder, lines };
        reader.suite(tree, plans)
    })
}

struct Reader<'a> {
    file: &'a str,
    folder: PathBuf,
    lines: &'a LineIndex,
}

/// What holds for every case that says nothing else.
struct Defaults {
    caller: Option<Principal>,
    context: Context,
    /// Whether some policy names principals, so that a case needs one.
    needs_caller: bool,
}

impl Reader<'_> {
    fn suite(&self, tree: &Value, plans: &mut Plans) -> Result<Suite, Fault> {
        let fields = Fields::of(tree, "a test file", &SUITE)?;
        let mut finder = Finder::new(self.file, &self.folder, self.lines, plans);
        let layers = layers(&fields, &mut finder)?;
        if layers.identity.is_empty() && layers.resource.is_none() {
            return Err(Fault::new(
                fields.span(),
                "the file names no policy; list some in `policies`",
            ));
        }
        let owner = fields.get("resource_owner").map(|value| {
            let written = text(value, "resource_owner")?;
            account(written).map_err(|error| Fault::new(value.span, error))
        });
        let mut context = Context::default();
        set_context(&mut context, &fields)?;
        let defaults = Defaults {
            caller: caller(&fields)?,
            context,
            needs_caller: layers.resource.is_some() || layers.endpoint.is_some(),
        };
        let mut notes = finder.into_notes();
        let Some(cases) = fields.get("cases") else {
            return Err(Fault::new(fields.span(), "the file has no `cases`"));
        };
        let Node::Array(cases) = &cases.node else {
            return Err(Fault::new(
                cases.span,
                format!("`cases` is {}, not a list", cases.kind()),
            ));
        };
        if cases.is_empty() {
            return Err(Fault::new(fields.span(), "`cases` is empty"));
        }
        Ok(Suite {
            file: self.file.to_owned(),
            owner: owner.transpose()?,
            cases: cases
                .iter()
                .map(|case| self.case(case, &defaults, &mut notes))
                .collect::<Result<_, _>>()?,
            layers,
            notes,
        })
    }

    fn case(&self, value: &Value, defaults: &Defaults, notes: &mut Vec<Mistake>) -> Result<Case, Fault> {
        let fields = Fields::of(value, "a case", &CASE)?;
        let missing = |what: &str| Fault::new(fields.span(), format!("the case has no {what}"));
        let name = fields.text("name")?.filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| missing("`name`"))?;
        let actions = either(&fields, "action", "actions")?;
        if actions.is_empty() {
            return Err(missing("`action`; such as `action: s3:GetObject`"));
        }
        for (action, span) in &actions {
            check_action(action).map_err(|error| Fault::new(*span, error))?;
            // A slip of the keyboard is denied by every policy.
            if let Some(note) = spelling_note(action) {
                notes.push(Fault::new(*span, note).in_file(self.file, self.lines));
            }
        }
        let resources = either(&fields, "resource", "resources")?;
        for (resource, span) in &resources {
            check_resource(resource).map_err(|error| Fault::new(*span, error))?;
        }
        let mut context = defaults.context.clone();
        set_context(&mut context, &fields)?;
        let caller = caller(&fields)?.or_else(|| defaults.caller.clone());
        if defaults.needs_caller && caller.is_none() {
            return Err(missing(
                "`principal`, and the file has none for all; a policy here names principals",
            ));
        }
        let owned = |texts: Vec<(&str, Span)>| texts.into_iter().map(|(text, _)| text.to_owned()).collect::<Vec<_>>();
        Ok(Case {
            name: name.to_owned(),
            at: self.lines.position(value.span.start),
            actions: owned(actions),
            resources: if resources.is_empty() {
                vec!["*".to_owned()]
            } else {
                owned(resources)
            },
            caller,
            context,
            expect: expect(&fields)?.ok_or_else(|| missing("`expect`; such as `expect: allow`"))?,
        })
    }
}

fn layers(fields: &Fields<'_>, finder: &mut Finder<'_>) -> Result<Layers, Fault> {
    let session = finder.many(fields, "session_policies", PolicyType::Identity)?;
    let resource_control = finder.many(fields, "resource_control_policies", PolicyType::Resource)?;
    let mut service_control = Vec::new();
    if let Some(levels) = fields.get("service_control_policies") {
        for level in list(levels) {
            service_control.push(finder.all(level, "service_control_policies", PolicyType::Identity)?);
        }
    }
    Ok(Layers {
        identity: finder.many(fields, "policies", PolicyType::Identity)?,
        resource: finder.one(fields, "resource_policy", PolicyType::Resource)?,
        boundary: finder.one(fields, "permissions_boundary", PolicyType::Identity)?,
        session: (!session.is_empty()).then_some(session),
        service_control,
        resource_control: if resource_control.is_empty() {
            Vec::new()
        } else {
            vec![resource_control]
        },
        endpoint: finder.one(fields, "endpoint_policy", PolicyType::Resource)?,
    })
}

fn caller(fields: &Fields<'_>) -> Result<Option<Principal>, Fault> {
    let Some(value) = fields.get("principal") else {
        return Ok(None);
    };
    let written = text(value, "principal")?;
    principal(written)
        .map(Some)
        .map_err(|error| Fault::new(value.span, error))
}

fn expect(fields: &Fields<'_>) -> Result<Option<Expect>, Fault> {
    let Some(value) = fields.get("expect") else {
        return Ok(None);
    };
    let written = text(value, "expect")?;
    let names = || Expect::ALL.iter().map(|expect| expect.name());
    if let Some(expect) = Expect::ALL.into_iter().find(|expect| expect.name() == written) {
        return Ok(Some(expect));
    }
    let help = hint(written, names(), || {
        format!("it is one of {}", names().collect::<Vec<_>>().join(", "))
    });
    Err(Fault::new(
        value.span,
        format!("`expect` cannot be `{written}`; {help}"),
    ))
}
