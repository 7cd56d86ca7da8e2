use leastpriv_proto::tfplugin6::get_provider_schema::Response;

use crate::provider::Provider;
use crate::server::{Server, capabilities};
use crate::wire::{diagnostics_to_wire, schema_to_wire};

impl<P: Provider> Server<P> {
    /// Describes what is on offer: the first call of the first process of a command.
    pub(crate) fn get_provider_schema(&self) -> Response {
        let resources = self.resources.iter();
        let ephemeral_resources = self.ephemeral_resources.iter();
        Response {
            provider: Some(schema_to_wire(&self.shape.schema)),
            resource_schemas: resources
                .map(|(name, entry)| ((*name).to_owned(), schema_to_wire(&entry.shape.schema)))
                .collect(),
            ephemeral_resource_schemas: ephemeral_resources
                .map(|(name, entry)| ((*name).to_owned(), schema_to_wire(&entry.shape.schema)))
                .collect(),
            functions: self.function_signatures(),
            diagnostics: diagnostics_to_wire(self.problems.clone()),
            server_capabilities: Some(capabilities()),
            ..Response::default()
        }
    }
}
