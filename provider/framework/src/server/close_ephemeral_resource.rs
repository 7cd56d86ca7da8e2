use leastpriv_proto::tfplugin6::close_ephemeral_resource::{Request, Response};

use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::server::Server;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Gives a value back. An interrupt does not cancel it: giving back is what should happen then.
    pub(crate) async fn close_ephemeral_resource(&self, request: &Request) -> Result<Response, Diagnostics> {
        let entry = self.ephemeral_resource(&request.type_name)?;
        let meta = self.meta()?;
        let private = request.private.as_deref().unwrap_or_default();
        let diagnostics = entry.item.close(&meta, private).await;
        Ok(Response {
            diagnostics: diagnostics_to_wire(diagnostics),
        })
    }
}
