//! The catalog as a whole: what it was made from, and the lookup of services, actions, ARN namespaces and retired
//! names.

use std::fmt;
use std::sync::OnceLock;

use crate::layout;
use crate::near;
use crate::service::{Action, ActionId, END_OF_ACTIONS, NAME, Service};
use crate::table::{Lists, Rows, compare_ignoring_case, lower_bound};

const SOURCE_DATE: usize = 1;
const NAMESPACE_SERVICES: usize = 1;
const TOMBSTONE_SERVICE: usize = 0;
const TOMBSTONE_ACTION: usize = 1;
const TOMBSTONE_YEAR: usize = 2;

/// The embedded catalog. Getting it costs nothing: the tables are read in place.
pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(Catalog::embedded)
}

/// All services, actions, resource types and condition keys that the sources know, and the names they have dropped.
pub struct Catalog {
    pub(crate) sources: Rows,
    pub(crate) services: Rows,
    pub(crate) actions: Rows,
    pub(crate) resources: Rows,
    pub(crate) keys: Rows,
    pub(crate) formats: Rows,
    pub(crate) namespaces: Rows,
    pub(crate) tombstones: Rows,
    pub(crate) templates: Rows,
    pub(crate) lists: Lists,
}

impl Catalog {
    fn embedded() -> Self {
        Self {
            sources: Rows::of(layout::SOURCES),
            services: Rows::of(layout::SERVICES),
            actions: Rows::of(layout::ACTIONS),
            resources: Rows::of(layout::RESOURCES),
            keys: Rows::of(layout::KEYS),
            formats: Rows::of(layout::FORMATS),
            namespaces: Rows::of(layout::NAMESPACES),
            tombstones: Rows::of(layout::TOMBSTONES),
            templates: Rows::of(layout::TEMPLATES),
            lists: Lists::embedded(),
        }
    }

    /// What the catalog was made from, sorted by name.
    pub fn sources(&self) -> Vec<Source> {
        (0..self.sources.count())
            .map(|row| Source {
                name: self.sources.text(row, NAME),
                date: self.sources.text(row, SOURCE_DATE),
            })
            .collect()
    }

    /// The date of the newest source, as `2026-10-27`.
    pub fn date(&self) -> &'static str {
        (0..self.sources.count())
            .map(|row| self.sources.text(row, SOURCE_DATE))
            .max()
            .unwrap_or_default()
    }

    /// All services, sorted by prefix.
    pub fn services(&self) -> impl Iterator<Item = Service> + use<> {
        (0..self.services.count()).map(|row| Service { row })
    }

    /// The service of this prefix, without regard to case.
    pub fn service(&self, prefix: &str) -> Option<Service> {
        let row = self.services.find(0..self.services.count(), NAME, prefix)?;
        Some(Service { row })
    }

    /// The services that have resources whose ARN names this service in its third field. That field is not always the
    /// prefix of the actions, and several services can share it.
    pub fn service_of_arn_namespace(&self, ns: &str) -> impl Iterator<Item = Service> + use<> {
        let place = self
            .namespace(ns)
            .map_or(0, |row| self.namespaces.word(row, NAMESPACE_SERVICES));
        self.lists.at(place).map(|row| Service { row: u32::from(row) })
    }

    /// Whether the ARN of any resource names this service in its third field. That field has one spelling.
    pub fn knows_arn_namespace(&self, ns: &str) -> bool {
        self.namespace(ns).is_some()
    }

    /// The action of this name, without regard to case.
    pub fn action(&self, prefix: &str, name: &str) -> Option<Action> {
        let service = self.service(prefix)?;
        let row = self.actions.find(service.action_ids(), NAME, name)?;
        Some(Action {
            id: ActionId(row),
            service,
        })
    }

    /// How many actions there are.
    pub fn action_count(&self) -> usize {
        self.actions.count() as usize
    }

    /// The action of this number.
    pub fn action_at(&self, id: ActionId) -> Option<Action> {
        if id.0 >= self.actions.count() {
            return None;
        }
        let row = lower_bound(0..self.services.count(), |row| {
            self.services.word(row, END_OF_ACTIONS) <= id.0
        });
        Some(Action {
            id,
            service: Service { row },
        })
    }

    /// The retired action of this name, without regard to case.
    pub fn tombstone_action(&self, prefix: &str, name: &str) -> Option<Tombstone> {
        if name.is_empty() {
            None
        } else {
            self.tombstone(prefix, name)
        }
    }

    /// The retired service of this prefix, without regard to case.
    pub fn tombstone_service(&self, prefix: &str) -> Option<Tombstone> {
        self.tombstone(prefix, "")
    }

    /// The action of a known service that was probably meant by an unknown name.
    pub fn near_action(&self, prefix: &str, name: &str) -> Option<&'static str> {
        near::nearest(name, self.service(prefix)?.actions().map(Action::name))
    }

    /// The service that was probably meant by an unknown prefix.
    pub fn near_service(&self, prefix: &str) -> Option<&'static str> {
        near::nearest(prefix, self.services().map(Service::prefix))
    }

    fn namespace(&self, ns: &str) -> Option<u32> {
        let row = self.namespaces.find(0..self.namespaces.count(), NAME, ns)?;
        (self.namespaces.text(row, NAME) == ns).then_some(row)
    }

    fn tombstone(&self, prefix: &str, name: &str) -> Option<Tombstone> {
        let count = self.tombstones.count();
        let order = |row| {
            let by_service = compare_ignoring_case(self.tombstones.text(row, TOMBSTONE_SERVICE), prefix);
            by_service.then_with(|| compare_ignoring_case(self.tombstones.text(row, TOMBSTONE_ACTION), name))
        };
        let row = lower_bound(0..count, |row| order(row).is_lt());
        (row < count && order(row).is_eq()).then_some(Tombstone { row })
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Catalog")
            .field("date", &self.date())
            .field("services", &self.services.count())
            .field("actions", &self.actions.count())
            .finish_non_exhaustive()
    }
}

/// One of the data sets that the catalog was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Its name.
    pub name: &'static str,
    /// The day of the copy that was used, as `2026-10-27`.
    pub date: &'static str,
}

/// A service or an action that an earlier source knew and the present ones do not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tombstone {
    row: u32,
}

impl Tombstone {
    /// The prefix of the service.
    pub fn service(self) -> &'static str {
        catalog().tombstones.text(self.row, TOMBSTONE_SERVICE)
    }

    /// The name of the action, where it is not the whole service that is gone.
    pub fn action(self) -> Option<&'static str> {
        let action = catalog().tombstones.text(self.row, TOMBSTONE_ACTION);
        (!action.is_empty()).then_some(action)
    }

    /// The year of the last source that knew it.
    pub fn last_seen(self) -> &'static str {
        catalog().tombstones.text(self.row, TOMBSTONE_YEAR)
    }
}

impl fmt::Debug for Tombstone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (service, action) = (self.service(), self.action().unwrap_or("*"));
        write!(formatter, "Tombstone({service}:{action}, {})", self.last_seen())
    }
}
