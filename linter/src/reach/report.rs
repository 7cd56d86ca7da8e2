//! Reports: one renderer per format and question.
//!
//! No line for people begins with text of a stranger, so none can be taken for a command by a CI runner.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use leastpriv_catalog::{Action, catalog};
use serde::Serialize;

use super::what::{Permission, Reach, What};
use super::who::{Answer, Who};
use super::{Can, ReachFormat};
use crate::access::{Witness, witness};
use crate::parts::{Condition, Counts, in_words, request_words};
use crate::report::{Paint, counted, visible, write_json};

/// Version of both formats for programs.
const VERSION: u32 = 1;

impl Who {
    /// Writes the report; `verbose` names those who cannot, too.
    pub(crate) fn render(
        &self,
        format: ReachFormat,
        verbose: bool,
        paint: Paint,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match format {
            ReachFormat::Text => who_text(self, verbose, paint, out),
            ReachFormat::Json => write_json(&WhoReport::of(self), out),
        }
    }
}

impl What {
    /// Writes the report; `verbose` names every action.
    pub(crate) fn render(
        &self,
        format: ReachFormat,
        verbose: bool,
        paint: Paint,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match format {
            ReachFormat::Text => {
                for (at, reach) in self.principals.iter().enumerate() {
                    if at > 0 {
                        writeln!(out)?;
                    }
                    reach_text(reach, verbose, paint, out)?;
                }
                Ok(())
            }
            ReachFormat::Json => write_json(&WhatReport::of(self), out),
        }
    }
}

fn who_text(who: &Who, verbose: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("who can {} on {}", who.action, who.resource);
    writeln!(out, "{}\n", paint.bold(&visible(&title)))?;
    for answer in &who.answers {
        let word = match answer.can {
            Can::Yes => paint.danger("yes"),
            Can::Unknown => paint.bold("not known"),
            Can::No if verbose => paint.relief("no"),
            Can::No => continue,
        };
        writeln!(out, "{word}: {}", visible(&answer.name))?;
        answer_text(answer, out)?;
        writeln!(out)?;
    }
    let count = |can: Can| who.answers.iter().filter(|answer| answer.can == can).count();
    writeln!(
        out,
        "{}: {} can, {} cannot, {} not known",
        counted(who.answers.len(), ("principal", "principals")),
        count(Can::Yes),
        count(Can::No),
        count(Can::Unknown)
    )
}

fn answer_text(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    if !answer.allowed_by.is_empty() {
        writeln!(out, "  allowed by {}", visible(&in_words(&answer.allowed_by)))?;
    }
    if let Some(witness) = &answer.witness {
        writeln!(out, "  such as: {}", visible(&request_words(witness, None)))?;
    }
    for reason in &answer.open {
        writeln!(out, "  because {}", visible(reason))?;
    }
    Ok(())
}

fn reach_text(reach: &Reach, verbose: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("what {} can do", reach.name);
    writeln!(out, "{}\n", paint.bold(&visible(&title)))?;
    if reach.is_hidden {
        writeln!(out, "  its policies are sensitive and not shown\n")?;
    }
    for permission in &reach.permissions {
        permission_text(permission, verbose, paint, out)?;
    }
    for reason in &reach.open {
        writeln!(out, "  not known: {}", visible(reason))?;
    }
    let actions: BTreeSet<Action> = reach
        .permissions
        .iter()
        .flat_map(|permission| permission.actions.iter().copied())
        .collect();
    let actions: Vec<Action> = actions.into_iter().collect();
    let levels = if actions.is_empty() {
        String::new()
    } else {
        format!(": {}", Counts::of(&actions))
    };
    writeln!(out, "{}{levels}", counted(actions.len(), ("action", "actions")))
}

fn permission_text(permission: &Permission, verbose: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let service = match permission.service.as_str() {
        "*" => "many services",
        service => service,
    };
    let levels = if permission.actions.is_empty() {
        format!("not in the catalog of {}", catalog().date())
    } else {
        Counts::of(&permission.actions).to_string()
    };
    writeln!(out, "  {}: {levels}", paint.bold(&visible(service)))?;
    let names = if permission.actions.is_empty() {
        in_words(&permission.others)
    } else if verbose {
        let all = permission.actions.iter().map(|action| action.full_name());
        all.collect::<Vec<_>>().join(", ")
    } else if permission.left_out.is_empty() {
        in_words(&permission.named)
    } else {
        format!("{} but {}", in_words(&permission.named), in_words(&permission.left_out))
    };
    writeln!(out, "    {}", visible(&names))?;
    let scope = &permission.scope;
    if scope.not_resources.is_empty() {
        writeln!(out, "      on {}", visible(&in_words(&scope.resources)))?;
    } else {
        let names = in_words(&scope.not_resources);
        writeln!(out, "      on every resource but {}", visible(&names))?;
    }
    for condition in &scope.conditions {
        writeln!(out, "      where {}", visible(&condition.text()))?;
    }
    if let Some(statement) = &scope.given_by {
        writeln!(out, "      by {}", visible(statement))?;
    }
    let witness = request_words(&permission.witness, None);
    writeln!(out, "      such as: {}\n", visible(&witness))
}

#[derive(Serialize)]
struct WhoReport<'a> {
    format: &'static str,
    version: u32,
    result: &'static str,
    exit_code: u8,
    action: &'a str,
    resource: &'a str,
    principals: Vec<AnswerEntry<'a>>,
}

#[derive(Serialize)]
struct AnswerEntry<'a> {
    principal: &'a str,
    resource_type: &'a str,
    arn: Option<&'a str>,
    result: &'static str,
    allowed_by: &'a [String],
    witness: Option<Witness>,
    unknown: Vec<&'a str>,
}

#[derive(Serialize)]
struct WhatReport<'a> {
    format: &'static str,
    version: u32,
    result: &'static str,
    exit_code: u8,
    principals: Vec<ReachEntry<'a>>,
}

#[derive(Serialize)]
struct ReachEntry<'a> {
    principal: &'a str,
    resource_type: &'a str,
    arn: Option<&'a str>,
    sensitive: bool,
    permissions: Vec<PermissionEntry<'a>>,
    unknown: Vec<&'a str>,
}

#[derive(Serialize)]
struct PermissionEntry<'a> {
    service: &'a str,
    access_levels: BTreeMap<&'static str, usize>,
    /// Every action by its name, by access level.
    actions: BTreeMap<&'static str, Vec<String>>,
    actions_not_in_catalog: &'a [String],
    resources: &'a [String],
    not_resources: &'a [String],
    conditions: &'a [Condition],
    /// The statement of the policy of a resource.
    given_by: Option<&'a str>,
    witness: Witness,
}

impl<'a> WhoReport<'a> {
    fn of(who: &'a Who) -> Self {
        let entry = |answer: &'a Answer| AnswerEntry {
            principal: &answer.name,
            resource_type: &answer.resource_type,
            arn: answer.arn.as_deref(),
            result: answer.can.name(),
            allowed_by: &answer.allowed_by,
            witness: answer.witness.as_ref().map(witness),
            unknown: answer.open.iter().map(String::as_str).collect(),
        };
        Self {
            format: "leastpriv-who-can",
            version: VERSION,
            result: who.can().name(),
            exit_code: who.exit().code(),
            action: &who.action,
            resource: &who.resource,
            principals: who.answers.iter().map(entry).collect(),
        }
    }
}

impl<'a> WhatReport<'a> {
    fn of(what: &'a What) -> Self {
        let entry = |reach: &'a Reach| ReachEntry {
            principal: &reach.name,
            resource_type: &reach.resource_type,
            arn: reach.arn.as_deref(),
            sensitive: reach.is_hidden,
            permissions: reach.permissions.iter().map(PermissionEntry::of).collect(),
            unknown: reach.open.iter().map(String::as_str).collect(),
        };
        Self {
            format: "leastpriv-what-can",
            version: VERSION,
            result: what.can().name(),
            exit_code: what.exit().code(),
            principals: what.principals.iter().map(entry).collect(),
        }
    }
}

impl<'a> PermissionEntry<'a> {
    fn of(permission: &'a Permission) -> Self {
        let mut actions: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for action in &permission.actions {
            actions
                .entry(action.level().as_str())
                .or_default()
                .push(action.full_name());
        }
        Self {
            service: &permission.service,
            access_levels: Counts::of(&permission.actions).by_level(),
            actions,
            actions_not_in_catalog: &permission.others,
            resources: &permission.scope.resources,
            not_resources: &permission.scope.not_resources,
            conditions: &permission.scope.conditions,
            given_by: permission.scope.given_by.as_deref(),
            witness: witness(&permission.witness),
        }
    }
}
