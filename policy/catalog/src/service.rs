//! Handles to what a service has: its actions and its resource types. A handle is a number; every answer is read from
//! the embedded table when it is asked for.

use std::fmt;
use std::ops::Range;

use crate::key::{ConditionKey, keys_at};
use crate::layout::{LEVEL_SHIFT, LEVELS, REQUIRED};
use crate::lookup::catalog;

/// Column of the name, in the rows of services, actions, resource types and keys alike.
pub(crate) const NAME: usize = 0;

const FIRST_ACTION: usize = 1;
pub(crate) const END_OF_ACTIONS: usize = 2;
const FIRST_RESOURCE: usize = 3;
const END_OF_RESOURCES: usize = 4;
const SERVICE_KEYS: usize = 5;

const ACTION_LEVEL_AND_RESOURCES: usize = 1;
const ACTION_KEYS: usize = 2;

const RESOURCE_FORMATS: usize = 1;
const RESOURCE_KEYS: usize = 2;

/// A service: what stands before the colon of an action.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    pub(crate) row: u32,
}

impl Service {
    /// The prefix of its actions, in lower case.
    pub fn prefix(self) -> &'static str {
        catalog().services.text(self.row, NAME)
    }

    /// Its actions, sorted by name without regard to case.
    pub fn actions(self) -> impl Iterator<Item = Action> {
        self.action_ids().map(move |id| Action {
            id: ActionId(id),
            service: self,
        })
    }

    /// The numbers of its actions.
    pub fn action_ids(self) -> Range<u32> {
        let services = catalog().services;
        services.word(self.row, FIRST_ACTION)..services.word(self.row, END_OF_ACTIONS)
    }

    /// Its resource types, sorted by name without regard to case.
    pub fn resource_types(self) -> impl Iterator<Item = ResourceType> {
        let services = catalog().services;
        let rows = services.word(self.row, FIRST_RESOURCE)..services.word(self.row, END_OF_RESOURCES);
        rows.map(|row| ResourceType { row })
    }

    /// The condition keys that any of its actions or resource types can carry, sorted by name without regard to case.
    /// Global keys are among them only where the service names them itself, as it does for tags.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        keys_at(catalog().services.word(self.row, SERVICE_KEYS))
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Service({})", self.prefix())
    }
}

/// The number of an action: dense, in the order of services and of action names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(
    /// The number itself, from 0 to [`Catalog::action_count`](crate::Catalog::action_count).
    pub u32,
);

/// An action of a service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action {
    pub(crate) id: ActionId,
    pub(crate) service: Service,
}

impl Action {
    /// Prefix and name as a policy writes them, such as `s3:GetObject`.
    pub fn full_name(self) -> String {
        format!("{}:{}", self.service().prefix(), self.name())
    }

    /// Its number.
    pub fn id(self) -> ActionId {
        self.id
    }

    /// The service it belongs to.
    pub fn service(self) -> Service {
        self.service
    }

    /// Its name after the colon, in AWS's spelling.
    pub fn name(self) -> &'static str {
        catalog().actions.text(self.id.0, NAME)
    }

    /// The level that AWS gives it.
    pub fn level(self) -> AccessLevel {
        let code = catalog().actions.word(self.id.0, ACTION_LEVEL_AND_RESOURCES) >> LEVEL_SHIFT;
        match LEVELS.as_bytes().get(code as usize) {
            Some(b'L') => AccessLevel::List,
            Some(b'R') => AccessLevel::Read,
            Some(b'T') => AccessLevel::Tagging,
            Some(b'P') => AccessLevel::PermissionsManagement,
            _ => AccessLevel::Write,
        }
    }

    /// The resource types that a statement can name for it, sorted by name without regard to case.
    pub fn resource_types(self) -> impl Iterator<Item = ActionResource> {
        let catalog = catalog();
        let first = catalog.services.word(self.service.row, FIRST_RESOURCE);
        let list = catalog.actions.word(self.id.0, ACTION_LEVEL_AND_RESOURCES) & ((1 << LEVEL_SHIFT) - 1);
        catalog.lists.at(list).map(move |number| ActionResource {
            resource: ResourceType {
                row: first.saturating_add(u32::from(number & !REQUIRED)),
            },
            required: number & REQUIRED != 0,
        })
    }

    /// Whether a statement can name resources for it. Where it cannot, only `*` allows the action.
    pub fn supports_resource_level(self) -> bool {
        self.resource_types().next().is_some()
    }

    /// The condition keys that AWS lists with the action, for all of its resource types together, sorted by name
    /// without regard to case. What the resources themselves carry ([`ResourceType::condition_keys`]) comes on top, and
    /// so do the global keys.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        keys_at(catalog().actions.word(self.id.0, ACTION_KEYS))
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Action({}:{})", self.service.prefix(), self.name())
    }
}

/// What AWS says an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Tells which resources there are.
    List,
    /// Tells what a resource holds.
    Read,
    /// Makes, changes or removes a resource.
    Write,
    /// Changes nothing but tags.
    Tagging,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// AWS's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

/// A resource type among those of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionResource {
    /// The type.
    pub resource: ResourceType,
    /// Whether every call of the action needs a resource of this type. Where AWS does not say, it is false.
    pub required: bool,
}

/// A type of resource that a service has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType {
    row: u32,
}

impl ResourceType {
    /// Its name, such as `bucket`; it can hold spaces and slashes.
    pub fn name(self) -> &'static str {
        catalog().resources.text(self.row, NAME)
    }

    /// The forms of its ARN, with placeholders such as `${Partition}`.
    pub fn arn_formats(self) -> impl Iterator<Item = &'static str> {
        let catalog = catalog();
        let formats = catalog.lists.at(catalog.resources.word(self.row, RESOURCE_FORMATS));
        formats.map(move |row| catalog.formats.text(u32::from(row), NAME))
    }

    /// The condition keys that its resources carry, sorted by name without regard to case.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        keys_at(catalog().resources.word(self.row, RESOURCE_KEYS))
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ResourceType({})", self.name())
    }
}
