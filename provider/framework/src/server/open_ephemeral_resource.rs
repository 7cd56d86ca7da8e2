use leastpriv_proto::tfplugin6::open_ephemeral_resource::{Request, Response};
use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::ephemeral_resource::Opened;
use crate::provider::Provider;
use crate::server::Server;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Obtains a value for one run. Done in the plan and again in the apply.
    pub(crate) async fn open_ephemeral_resource(
        &self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let entry = self.ephemeral_resource(&request.type_name)?;
        let config = entry.shape.read(request.config.as_ref(), "configuration")?;
        let meta = self.meta()?;

        // 2. Let the resource open.
        let opened = entry.item.open(&meta, &config, cancel).await;
        let Opened {
            result,
            private,
            renew_at,
            diagnostics: mut found,
        } = opened;
        if found.has_errors() {
            return Err(found);
        }

        // 3. Put the answer together. Terraform takes no unknown result, not even in a plan.
        let result = entry.shape.settle(result, &mut found);
        Ok(Response {
            diagnostics: diagnostics_to_wire(found),
            renew_at: renew_at.map(Into::into),
            result: Some(result),
            private: Some(private),
            ..Response::default()
        })
    }
}
