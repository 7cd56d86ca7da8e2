use leastpriv_proto::tfplugin6::renew_ephemeral_resource::{Request, Response};
use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::ephemeral_resource::Renewed;
use crate::provider::Provider;
use crate::server::Server;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Keeps a value alive. An answer without a next time ends the renewals.
    pub(crate) async fn renew_ephemeral_resource(
        &self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let entry = self.ephemeral_resource(&request.type_name)?;
        let meta = self.meta()?;
        let private = request.private.as_deref().unwrap_or_default();

        // 2. Let the resource renew. Without new private data Terraform keeps the old.
        let renewed = entry.item.renew(&meta, private, cancel).await;
        let Renewed {
            private,
            renew_at,
            diagnostics,
        } = renewed;
        Ok(Response {
            diagnostics: diagnostics_to_wire(diagnostics),
            renew_at: renew_at.map(Into::into),
            private,
        })
    }
}
