use leastpriv_proto::tfplugin6::import_resource_state::{ImportedResource, Request, Response};
use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::Provider;
use crate::resource::Outcome;
use crate::server::Server;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Takes an existing object under management. Terraform reads it right afterwards.
    pub(crate) async fn import_resource_state(
        &self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Response, Diagnostics> {
        // 1. Take the message apart. No resource has an identity, so there must be an id.
        let entry = self.resource(&request.type_name)?;
        if request.id.is_empty() {
            return Err(Diagnostic::error(
                format!("`{}` cannot be imported by identity", request.type_name),
                "give an `id`; the documentation of the resource says what it is made of",
            )
            .into());
        }
        let meta = self.meta()?;

        // 2. Let the resource turn the id into a state by which it finds the object again.
        let outcome = entry.item.import(&meta, &request.id, cancel).await;
        let Outcome {
            state,
            private,
            diagnostics: mut found,
        } = outcome;
        if found.has_errors() {
            return Err(found);
        }
        let Some(state) = state.filter(|state| !state.is_null()) else {
            found.error(
                format!("there is no `{}` with the id `{}`", request.type_name, request.id),
                "check the id, and that the provider is configured for the right server and namespace",
            );
            return Err(found);
        };

        // 3. Put the answer together.
        let imported = ImportedResource {
            type_name: request.type_name.clone(),
            state: Some(entry.shape.settle(state, &mut found)),
            private,
            identity: None,
        };
        Ok(Response {
            imported_resources: vec![imported],
            diagnostics: diagnostics_to_wire(found),
            ..Response::default()
        })
    }
}
