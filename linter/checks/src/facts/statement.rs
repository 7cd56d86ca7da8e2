//! The facts of one statement.

use leastpriv_catalog::{Action, Catalog, ResourceType, Service};
use leastpriv_policy::document::{ConditionTest, Statement, Text};
use leastpriv_policy::kind::PolicyKind;
use leastpriv_policy::pattern::{ActionPattern, ArnPattern, Pattern};

use super::ActionSet;
use super::conditions::{self, Bound};
use crate::finding::Place;

/// How far a statement lets an action reach.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every resource the action works on.
    Unbounded,
    /// Some of them.
    Bounded,
    /// The action works on no particular resource, so only `*` can stand there.
    NoResource,
}

/// The facts of a statement.
#[derive(Debug)]
pub struct StatementFacts<'a> {
    /// What was written.
    pub statement: &'a Statement,
    /// The actions it is about; `NotAction` as the complement.
    pub actions: ActionSet,
    /// Its `Action` patterns with what was written.
    pub action_patterns: Vec<(&'a Text, ActionPattern)>,
    /// Its `NotAction` patterns with what was written.
    pub not_action_patterns: Vec<(&'a Text, ActionPattern)>,
    /// Its `Resource` patterns with what was written.
    pub resource_patterns: Vec<(&'a Text, ArnPattern)>,
    /// Its `NotResource` patterns with what was written.
    pub not_resource_patterns: Vec<(&'a Text, ArnPattern)>,
    /// Every test with what it bounds.
    pub conditions: Vec<(&'a ConditionTest, Bound)>,
    grants: bool,
}

impl<'a> StatementFacts<'a> {
    /// Computes the facts of a statement.
    pub fn of(statement: &'a Statement, kind: PolicyKind, catalog: &Catalog) -> Self {
        let read_actions = |text: &'a Text| (text, ActionPattern::new(&text.text));
        let read_resources = |text: &'a Text| (text, ArnPattern::new(&text.text));
        let action_patterns: Vec<_> = statement.actions().map(read_actions).collect();
        let not_action_patterns: Vec<_> = statement.not_actions().map(read_actions).collect();
        let mut actions = ActionSet::empty(catalog);
        for (_, pattern) in &action_patterns {
            actions.add_pattern(pattern, catalog);
        }
        if !statement.not_action.is_empty() {
            let mut excluded = ActionSet::empty(catalog);
            for (_, pattern) in &not_action_patterns {
                excluded.add_pattern(pattern, catalog);
            }
            actions.add(&excluded.complement(catalog));
        }
        Self {
            statement,
            actions,
            action_patterns,
            not_action_patterns,
            resource_patterns: statement.resources().map(read_resources).collect(),
            not_resource_patterns: statement.not_resources().map(read_resources).collect(),
            conditions: statement
                .condition
                .iter()
                .map(|test| (test, conditions::bound(test, catalog)))
                .collect(),
            grants: kind.grants(),
        }
    }

    /// Whether the statement hands out rights: one that excludes every resource hands out none.
    pub fn allows(&self) -> bool {
        let nothing_left = self
            .not_resource_patterns
            .iter()
            .any(|(_, pattern)| pattern.matches_everything());
        self.grants && self.statement.allows() && !nothing_left
    }

    /// Whether the resources are everything there is. A trust policy has no resource: it is about
    /// the role it hangs on.
    pub fn resource_is_everything(&self) -> bool {
        self.resource_patterns
            .iter()
            .any(|(_, pattern)| pattern.matches_everything())
            || (!self.not_resource_patterns.is_empty()
                && !self
                    .not_resource_patterns
                    .iter()
                    .any(|(_, pattern)| pattern.matches_everything())
                && self.excludes_nothing_known())
    }

    /// Whether a Deny of this statement hits every caller.
    pub fn is_about_everybody(&self) -> bool {
        self.statement.not_principal.is_empty() && self.statement.principal.iter().all(|principal| principal.is_star)
    }

    /// Whether the excluded resources are of no ARN form, so that nothing is excluded at all.
    fn excludes_nothing_known(&self) -> bool {
        self.not_resource_patterns.iter().all(|(_, pattern)| !pattern.is_arn())
    }

    /// How far the statement lets an action reach, conditions left aside.
    pub fn reach(&self, action: Action) -> Reach {
        if !action.supports_resource_level() {
            return Reach::NoResource;
        }
        if !self.not_resource_patterns.is_empty() || self.resource_is_everything() {
            return Reach::Unbounded;
        }
        let mut required = None;
        let mut any = false;
        for entry in action.resource_types() {
            let in_account = action.service().prefix() == "iam";
            let covered = entry
                .resource
                .arn_formats()
                .any(|format| self.covers(format, in_account));
            any |= covered;
            if entry.required {
                required = Some(required.unwrap_or(true) && covered);
            }
        }
        if required.unwrap_or(any) {
            Reach::Unbounded
        } else {
            Reach::Bounded
        }
    }

    /// Whether some resource pattern covers a whole ARN format; of the caller's account, where that is all there is.
    fn covers(&self, format: &str, in_account: bool) -> bool {
        self.resource_patterns.iter().any(|(_, pattern)| {
            if in_account {
                pattern.covers_format_in_account(format)
            } else {
                pattern.covers_format(format)
            }
        })
    }

    /// Whether the resources can be of a service, by the service field of their ARNs.
    pub fn may_touch(&self, service: Service) -> bool {
        let names = || {
            let formats = service.resource_types().flat_map(ResourceType::arn_formats);
            formats.filter_map(|format| format.split(':').nth(2))
        };
        // A service that has ARNs of its own only lends those of others.
        let has_own = names().any(|name| name == service.prefix());
        let of_service = |pattern: &ArnPattern| {
            let is_of =
                |field: &Pattern| names().any(|name| (!has_own || name == service.prefix()) && field.matches(name));
            pattern.is_star() || pattern.service().is_some_and(is_of)
        };
        self.resource_patterns.is_empty() || self.resource_patterns.iter().any(|(_, pattern)| of_service(pattern))
    }

    /// Whether a Deny says what it means: one with an element that is unreadable, unknown or there twice may deny
    /// nothing.
    pub fn is_well_formed(&self) -> bool {
        let statement = self.statement;
        let once = [
            statement.effect.len(),
            statement.action.len(),
            statement.not_action.len(),
            statement.resource.len(),
            statement.not_resource.len(),
            statement.condition_keys.len(),
        ];
        statement.mismatches.is_empty()
            && statement.unknown.is_empty()
            && statement.unreadable.is_empty()
            && once.iter().all(|count| *count <= 1)
    }

    /// Whether some test bounds what may be touched.
    pub fn resource_is_bounded_by_condition(&self) -> bool {
        self.conditions.iter().any(|(_, bound)| *bound == Bound::Resource)
    }

    /// Whether some test bounds anything.
    pub fn is_bounded_by_condition(&self) -> bool {
        self.conditions.iter().any(|(_, bound)| *bound != Bound::Nothing)
    }

    /// Whether a key is tested so that AWS accepts it as a guard.
    pub fn is_guarded_by(&self, key: &str) -> bool {
        conditions::guards(&self.statement.condition, key)
    }

    /// The place that brings an action in: the pattern that matches it, else the `NotAction` element.
    pub fn place_of_action(&self, action: Action) -> Place<'_> {
        let full = action.full_name().to_ascii_lowercase();
        self.action_patterns
            .iter()
            .find(|(_, pattern)| pattern.matches(&full))
            .map(|(text, _)| place(text))
            .or_else(|| self.not_action_place())
            .unwrap_or_else(|| self.whole_place())
    }

    /// The `NotAction` element.
    pub fn not_action_place(&self) -> Option<Place<'_>> {
        self.statement.not_action.first().map(|texts| Place {
            span: texts.span,
            path: &texts.path,
            element: "NotAction",
        })
    }

    /// The place that opens the resources: the widest pattern, else the `NotResource` element.
    pub fn resource_place(&self) -> Place<'_> {
        let everything = self
            .resource_patterns
            .iter()
            .find(|(_, pattern)| pattern.matches_everything());
        let widest = everything.or_else(|| {
            self.resource_patterns
                .iter()
                .find(|(_, pattern)| pattern.is_arn() && !pattern.is_star())
        });
        widest
            .map(|(text, _)| place(text))
            .or_else(|| self.not_resource_place())
            .unwrap_or_else(|| self.whole_place())
    }

    /// The `NotResource` element.
    pub fn not_resource_place(&self) -> Option<Place<'_>> {
        self.statement.not_resource.first().map(|texts| Place {
            span: texts.span,
            path: &texts.path,
            element: "NotResource",
        })
    }

    /// The whole statement.
    pub fn whole_place(&self) -> Place<'_> {
        Place {
            span: self.statement.span,
            path: &self.statement.path,
            element: "Statement",
        }
    }

    /// What to call the statement: its `Sid`, or its number.
    pub fn name(&self) -> String {
        match self.statement.sid_text().filter(|sid| !sid.is_empty()) {
            Some(sid) => format!("`{sid}`"),
            None => format!("`Statement[{}]`", self.statement.index),
        }
    }

    /// The pattern that covers a whole ARN format, as it was written.
    pub fn place_covering(&self, format: &str) -> Option<Place<'_>> {
        self.resource_patterns
            .iter()
            .find(|(_, pattern)| pattern.covers_format_in_account(format))
            .map(|(text, _)| place(text))
    }

    /// Number of services it is about.
    pub fn service_count(&self, catalog: &Catalog) -> usize {
        let touched = |service: &Service| service.actions().any(|action| self.actions.contains(action.id()));
        catalog.services().filter(touched).count()
    }
}

/// The place of a text.
pub fn place(text: &Text) -> Place<'_> {
    Place {
        span: text.span,
        path: &text.path,
        element: &text.text,
    }
}
