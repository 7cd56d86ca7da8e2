use leastpriv_proto::tfplugin6::read_resource::{Request, Response};
use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::resource::Outcome;
use crate::server::Server;
use crate::wire::{diagnostics_to_wire, null_to_wire};

impl<P: Provider> Server<P> {
    /// Fetches the actual state of an object.
    pub(crate) async fn read_resource(
        &self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let entry = self.resource(&request.type_name)?;
        let current = entry.shape.read(request.current_state.as_ref(), "state")?;
        let meta = self.meta()?;

        // 2. Let the resource look.
        let outcome = entry.item.read(&meta, &current, &request.private, cancel).await;
        let Outcome {
            state,
            private,
            diagnostics: mut found,
        } = outcome;

        // 3. Null means gone, but only from a resource that could look. After an error the state so
        //    far still holds, and with it what was stored beside it.
        let gone = !found.has_errors();
        let (new_state, private) = match state.filter(|state| !state.is_null()) {
            Some(state) => (entry.shape.settle(state, &mut found), private),
            None if gone => (null_to_wire(), Vec::new()),
            None => (entry.shape.settle(current, &mut found), request.private.clone()),
        };
        Ok(Response {
            new_state: Some(new_state),
            diagnostics: diagnostics_to_wire(found),
            private,
            ..Response::default()
        })
    }
}
