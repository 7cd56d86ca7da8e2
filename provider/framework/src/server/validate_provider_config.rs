use leastpriv_proto::tfplugin6::validate_provider_config::{Request, Response};

use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::server::Server;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Says what is wrong with a provider block on its own.
    pub(crate) fn validate_provider_config(&self, request: &Request) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let config = self.shape.read(request.config.as_ref(), "provider configuration")?;

        // 2. Refuse what no typed value can hold, so that the provider need not look out for it.
        let mut found = self.shape.schema.check(&config);

        // 3. Let the provider judge. It would misread what step 2 has refused.
        if !found.has_errors() {
            found.extend(self.provider.validate(&config));
        }
        Ok(Response {
            diagnostics: diagnostics_to_wire(found),
        })
    }
}
