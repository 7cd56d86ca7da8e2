use leastpriv_proto::tfplugin6::move_resource_state::{Request, Response};

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::Provider;
use crate::resource::{MoveSource, Outcome};
use crate::server::Server;
use crate::server::upgrade_resource_state::stored_json;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Turns state of another resource into state of ours. The process is not configured, so all is
    /// done with what is in the message.
    pub(crate) fn move_resource_state(&self, request: &Request) -> Result<Response, Diagnostics> {
        // 1. Take the message apart. The schema of the source is not ours to know.
        let entry = self.resource(&request.target_type_name)?;
        let state = stored_json(request.source_state.as_ref())?;
        if !state.is_object() {
            return Err(Diagnostic::error(
                "the state to be moved is no object",
                "the state of a resource is a JSON object; the one that was sent is not",
            )
            .into());
        }
        let source = MoveSource {
            provider_address: &request.source_provider_address,
            type_name: &request.source_type_name,
            schema_version: request.source_schema_version,
            state: &state,
            private: &request.source_private,
        };

        // 2. Let the target convert it, if it knows the source.
        let Some(outcome) = entry.item.move_from(&source) else {
            return Err(Diagnostic::error(
                format!(
                    "`{}` cannot be moved to `{}`",
                    request.source_type_name, request.target_type_name
                ),
                format!(
                    "state of `{}` from the provider `{}` cannot be converted; \
                     write a `removed` block for the old resource and an `import` block for the new one",
                    request.source_type_name, request.source_provider_address
                ),
            )
            .into());
        };
        let Outcome {
            state,
            private,
            diagnostics: mut found,
        } = outcome;

        // 3. Half a move would lose the rest of the state, so there is a whole one or none.
        if found.has_errors() {
            return Err(found);
        }
        let Some(state) = state.filter(|state| !state.is_null()) else {
            found.push(Diagnostic::internal(format!(
                "the move to `{}` came to nothing",
                request.target_type_name
            )));
            return Err(found);
        };
        let target_state = entry.shape.settle(state, &mut found);
        Ok(Response {
            target_state: Some(target_state),
            diagnostics: diagnostics_to_wire(found),
            target_private: private,
            ..Response::default()
        })
    }
}
