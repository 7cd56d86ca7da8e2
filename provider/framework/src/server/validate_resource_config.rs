use leastpriv_proto::tfplugin6::validate_resource_config::{Request, Response};

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan;
use crate::provider::Provider;
use crate::server::Server;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Says what is wrong with a resource block on its own. An error ends the run.
    pub(crate) fn validate_resource_config(&self, request: &Request) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let entry = self.resource(&request.type_name)?;
        let config = entry.shape.read(request.config.as_ref(), "configuration")?;

        // 2. Refuse what no typed value can hold, so that no resource need look out for it.
        let mut found = entry.shape.schema.check(&config);

        // 3. Refuse write-only values that the caller would write into its state.
        let client = request.client_capabilities.as_ref();
        if !client.is_some_and(|client| client.write_only_attributes_allowed) {
            for path in plan::write_only_set(&entry.shape.schema, &config) {
                let diagnostic = Diagnostic::error(
                    format!("`{path}` needs Terraform 1.11 or OpenTofu 1.11"),
                    "earlier versions would store the value in the state in clear text; upgrade, or leave the argument out",
                );
                found.push(diagnostic.at(path));
            }
        }

        // 4. Let the resource judge. It would misread what step 2 has refused.
        if !found.has_errors() {
            found.extend(entry.item.validate(&config));
        }
        Ok(Response {
            diagnostics: diagnostics_to_wire(found),
        })
    }
}
