use std::collections::BTreeMap;

use leastpriv_proto::tfplugin6::Function as WireFunction;
use leastpriv_proto::tfplugin6::get_functions::Response;

use crate::provider::Provider;
use crate::server::Server;
use crate::wire::{diagnostics_to_wire, signature_to_wire};

impl<P: Provider> Server<P> {
    /// Describes the functions on offer. Terraform takes them from the schema; OpenTofu also asks for them alone, of
    /// processes that are configured and of others.
    pub(crate) fn get_functions(&self) -> Response {
        Response {
            functions: self.function_signatures(),
            diagnostics: diagnostics_to_wire(self.problems.clone()),
        }
    }

    /// The signatures by name, which the schema tells too.
    pub(super) fn function_signatures(&self) -> BTreeMap<String, WireFunction> {
        self.functions
            .iter()
            .map(|(name, known)| ((*name).to_owned(), signature_to_wire(&known.signature)))
            .collect()
    }
}
