use leastpriv_proto::tfplugin6::configure_provider::{Request, Response};

use crate::diagnostics::Diagnostics;
use crate::provider::{ClientInfo, Provider};
use crate::server::Server;

impl<P: Provider> Server<P> {
    /// Takes the provider block. Values may be unknown while planning.
    pub(crate) async fn configure_provider(&self, request: &Request) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let config = self.shape.read(request.config.as_ref(), "provider configuration")?;
        let capabilities = request.client_capabilities.as_ref();
        let client = ClientInfo {
            terraform_version: request.terraform_version.clone(),
            write_only_allowed: capabilities.is_some_and(|client| client.write_only_attributes_allowed),
        };

        // 2. Let the provider make what its resources work with, and keep it for later calls.
        let meta = self.provider.configure(&config, &client).await?;
        self.session.configure(meta);
        Ok(Response::default())
    }
}
