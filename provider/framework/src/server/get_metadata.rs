use leastpriv_proto::tfplugin6::get_metadata::{EphemeralMetadata, FunctionMetadata, ResourceMetadata, Response};

use crate::provider::Provider;
use crate::server::{Server, capabilities};
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Names what is on offer. Terraform itself never asks; programs that join providers do.
    pub(crate) fn get_metadata(&self) -> Response {
        let named = |name: &&str| (*name).to_owned();
        let resources = self.resources.keys().map(named);
        let ephemeral_resources = self.ephemeral_resources.keys().map(named);
        let functions = self.functions.keys().map(named);
        Response {
            server_capabilities: Some(capabilities()),
            diagnostics: diagnostics_to_wire(self.problems.clone()),
            resources: resources.map(|type_name| ResourceMetadata { type_name }).collect(),
            ephemeral_resources: ephemeral_resources
                .map(|type_name| EphemeralMetadata { type_name })
                .collect(),
            functions: functions.map(|name| FunctionMetadata { name }).collect(),
            ..Response::default()
        }
    }
}
