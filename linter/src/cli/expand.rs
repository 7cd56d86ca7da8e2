//! `leastpriv expand`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use leastpriv_catalog::{Action, ActionId};
use leastpriv_checks::wildcards::{self, Expanded, NoAction, expand_policy};
use leastpriv_policy::document::parse;
use serde::Serialize;

use super::Surroundings;
use super::lint::whatever_the_reader;
use crate::access::read_document;
use crate::report::{visible, write_json};
use crate::run::Exit;
use crate::smaller::laid_out_like;
use crate::sources::{GatherOptions, Origin, gather};

const EXIT_CODES: &str = "\
The actions are those of the catalog, whose date `leastpriv --version` tells. In a policy `NotAction` stays as it is.

Exit codes:
  0  everything is spelled out
  2  a pattern matches no action, or stays in the policy
  3  the command line is wrong, a service does not exist, or a policy cannot be read
";

/// The arguments of `expand`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Expand {
    /// Patterns such as `s3:Get*`, or one policy file; `-` is a policy on standard input
    #[arg(value_name = "PATTERN|FILE", required = true)]
    what: Vec<String>,

    /// The format of what is printed
    #[arg(long, value_enum, default_value_t)]
    format: ExpandFormat,
}

/// The format of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ExpandFormat {
    /// An action a line, or the policy
    #[default]
    Text,
    /// For programs: actions with access levels and resource types, or the policy with notes
    Json,
}

impl Expand {
    /// Prints what the patterns stand for.
    pub(super) fn run(self, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        match self.what.as_slice() {
            [file] if !is_pattern(file) => self.policy(file, surroundings),
            patterns => match patterns.iter().find(|word| !is_pattern(word)) {
                Some(word) if word == "-" || Path::new(word).exists() => {
                    bail!("`{word}` is a file, which goes alone; leave the other arguments out")
                }
                Some(word) => bail!("{}", NoAction::NoPattern.reason(word)),
                None => self.patterns(patterns, surroundings),
            },
        }
    }

    fn patterns(&self, patterns: &[String], surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        let mut found: BTreeMap<ActionId, Action> = BTreeMap::new();
        let mut missed = Vec::new();
        for pattern in patterns {
            match wildcards::expand(pattern) {
                Ok(actions) => found.extend(actions.into_iter().map(|action| (action.id(), action))),
                Err(reason @ NoAction::NoMatch { .. }) => missed.push(reason.reason(pattern)),
                Err(reason) => bail!("{}", reason.reason(pattern)),
            }
        }
        let actions: Vec<Action> = found.into_values().collect();
        whatever_the_reader(self.print_actions(&actions, surroundings.output))
            .context("the actions cannot be written")?;
        for reason in &missed {
            writeln!(surroundings.errors, "note: {}", visible(reason))?;
        }
        Ok(if missed.is_empty() {
            Exit::Clean
        } else {
            Exit::NotJudged
        })
    }

    fn print_actions(&self, actions: &[Action], out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            ExpandFormat::Text => {
                for action in actions {
                    writeln!(out, "{}", action.full_name())?;
                }
            }
            ExpandFormat::Json => {
                let entries: Vec<ActionEntry> = actions.iter().copied().map(ActionEntry::of).collect();
                write_json(&entries, out)?;
            }
        }
        out.flush()
    }

    fn policy(&self, file: &str, surroundings: &mut Surroundings<'_>) -> anyhow::Result<Exit> {
        if file != "-" && !Path::new(file).exists() {
            bail!("`{file}` is neither a pattern such as `s3:Get*` nor a file");
        }
        let sources = gather(&[file.into()], GatherOptions::default(), surroundings.input)?;
        if let Some(gap) = sources.unjudged.first() {
            bail!("`{}`: {}", gap.file.shown(), gap.reason);
        }
        let document = match sources.inputs.as_slice() {
            [input] => input.document.as_ref().filter(|one| one.site.origin == Origin::File),
            _ => None,
        };
        let text = &document.with_context(|| format!("`{file}` is not one policy"))?.text;
        read_document(text, None).map_err(|error| anyhow!("`{file}`: {error}"))?;
        let expanded = expand_policy(&parse(text));
        whatever_the_reader(self.print_policy(text, &expanded, surroundings.output))
            .context("the policy cannot be written")?;
        if self.format == ExpandFormat::Text {
            for note in &expanded.notes {
                let text = visible(&note.text);
                writeln!(surroundings.errors, "note: Statement[{}]: {text}", note.statement)?;
            }
        }
        let stays = expanded.notes.iter().any(|note| note.stays);
        Ok(if stays { Exit::NotJudged } else { Exit::Clean })
    }

    fn print_policy(&self, given: &str, expanded: &Expanded, out: &mut dyn Write) -> io::Result<()> {
        let policy = laid_out_like(given, &expanded.text);
        match self.format {
            ExpandFormat::Text => writeln!(out, "{}", policy.trim_end())?,
            ExpandFormat::Json => {
                let notes = expanded.notes.iter().map(|note| NoteEntry {
                    statement: note.statement,
                    text: &note.text,
                });
                let report = PolicyEntry {
                    policy: &policy,
                    notes: notes.collect(),
                };
                write_json(&report, out)?;
            }
        }
        out.flush()
    }
}

/// Whether a word is meant as a pattern of actions and not as a file.
fn is_pattern(word: &str) -> bool {
    let is_path = word.starts_with(['.', '/', '~']);
    word == "*" || (word.contains(':') && !is_path)
}

#[derive(Serialize)]
struct ActionEntry {
    action: String,
    access_level: &'static str,
    resource_types: Vec<&'static str>,
}

impl ActionEntry {
    fn of(action: Action) -> Self {
        Self {
            action: action.full_name(),
            access_level: action.level().as_str(),
            resource_types: action.resource_types().map(|entry| entry.resource.name()).collect(),
        }
    }
}

#[derive(Serialize)]
struct PolicyEntry<'a> {
    /// The text, as it is printed otherwise.
    policy: &'a str,
    notes: Vec<NoteEntry<'a>>,
}

#[derive(Serialize)]
struct NoteEntry<'a> {
    statement: usize,
    text: &'a str,
}
