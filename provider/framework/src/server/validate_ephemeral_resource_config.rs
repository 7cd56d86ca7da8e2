use leastpriv_proto::tfplugin6::validate_ephemeral_resource_config::{Request, Response};

use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::server::Server;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Says what is wrong with an ephemeral block on its own.
    pub(crate) fn validate_ephemeral_resource_config(&self, request: &Request) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let entry = self.ephemeral_resource(&request.type_name)?;
        let config = entry.shape.read(request.config.as_ref(), "configuration")?;

        // 2. Refuse what no typed value can hold, so that no resource need look out for it.
        let mut found = entry.shape.schema.check(&config);

        // 3. Let the resource judge. It would misread what step 2 has refused.
        if !found.has_errors() {
            found.extend(entry.item.validate(&config));
        }
        Ok(Response {
            diagnostics: diagnostics_to_wire(found),
        })
    }
}
