use std::error::Error;

use leastpriv_proto::tfplugin6::DynamicValue;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan;
use crate::schema::Schema;
use crate::value::{Tree, Type};
use crate::wire::{null_to_wire, value_from_wire, value_to_wire};

/// A schema with the type that follows from it.
pub(super) struct Shape {
    pub(super) schema: Schema,
    pub(super) ty: Type,
}

impl Shape {
    pub(super) fn new(schema: Schema) -> Self {
        let ty = schema.ty();
        Self { schema, ty }
    }

    /// Reads a value of a message. `what` names it for the practitioner.
    pub(super) fn read(&self, value: Option<&DynamicValue>, what: &str) -> Result<Tree, Diagnostics> {
        value_from_wire(value, &self.ty).map_err(|error| {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            Diagnostic::error(
                format!("the {what} cannot be read"),
                format!("{error}{cause}; the program that runs the provider sent it, so one of the two is at fault"),
            )
            .into()
        })
    }

    /// Gives a tree of the provider the shape of the schema and takes write-only values out of it.
    /// What does not fit is a fault of the provider and becomes an error.
    pub(super) fn conform(&self, tree: Tree, found: &mut Diagnostics) -> Tree {
        let (mut tree, faults) = self.schema.conform(tree);
        for located in faults {
            let diagnostic = Diagnostic::internal(format!("the provider returned a wrong value: {located}"));
            found.push(diagnostic.at(located.path));
        }
        plan::null_write_only(&self.schema, &mut tree);
        tree
    }

    /// Turns the final state of an object into a value of a message.
    ///
    /// A state must always be sent when there is an object, or Terraform would forget it. So what is
    /// wrong with it is repaired and reported, never a reason to send none.
    pub(super) fn settle(&self, state: Tree, found: &mut Diagnostics) -> DynamicValue {
        let mut state = self.conform(state, found);
        for path in plan::take_unknown(&mut state) {
            let diagnostic = Diagnostic::internal(format!("the provider did not say what `{path}` is"));
            found.push(diagnostic.at(path));
        }
        write(&state, found)
    }
}

/// Turns a tree that has the shape of its schema into a value of a message.
pub(super) fn write(tree: &Tree, found: &mut Diagnostics) -> DynamicValue {
    value_to_wire(tree).unwrap_or_else(|error| {
        found.push(Diagnostic::internal(format!("the value cannot be sent: {error}")));
        null_to_wire()
    })
}
