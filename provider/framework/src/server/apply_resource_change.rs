use leastpriv_proto::tfplugin6::apply_resource_change::{Request, Response};
use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::Provider;
use crate::resource::{ApplyRequest, Outcome};
use crate::server::Server;
use crate::wire::{diagnostics_to_wire, null_to_wire};

impl<P: Provider> Server<P> {
    /// Carries out a planned change.
    pub(crate) async fn apply_resource_change(
        &self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Response, Diagnostics> {
        // 1. Take the message apart.
        let entry = self.resource(&request.type_name)?;
        let prior = entry.shape.read(request.prior_state.as_ref(), "prior state")?;
        let planned = entry.shape.read(request.planned_state.as_ref(), "planned state")?;
        let config = entry.shape.read(request.config.as_ref(), "configuration")?;
        let meta = self.meta()?;
        let deletes = planned.is_null();
        let apply = ApplyRequest {
            prior: (!prior.is_null()).then_some(&prior),
            planned: &planned,
            config: &config,
            private: &request.planned_private,
            cancel,
        };

        // 2. Let the resource work. No prior state is a creation, no planned one a deletion.
        let outcome = match (apply.prior, deletes) {
            (None, true) => return Err(Diagnostic::internal("there is neither a prior nor a planned state").into()),
            (None, false) => entry.item.create(&meta, &apply).await,
            (Some(_), false) => entry.item.update(&meta, &apply).await,
            (Some(_), true) => entry.item.delete(&meta, &apply).await,
        };
        let Outcome {
            state,
            private,
            diagnostics: mut found,
        } = outcome;

        // 3. Decide what holds from here on. Terraform keeps the prior state, with what is stored
        //    beside it, when it gets null and an error; so null is the answer whenever a failed
        //    operation left everything as it was.
        let failed = found.has_errors();
        let new_state = match state.filter(|state| !state.is_null()) {
            Some(state) if failed || !deletes => entry.shape.settle(state, &mut found),
            None if !failed && !deletes => {
                found.push(Diagnostic::internal(format!(
                    "`{}` was applied, but the provider did not say what came of it",
                    request.type_name
                )));
                null_to_wire()
            }
            Some(_) | None => null_to_wire(),
        };
        Ok(Response {
            new_state: Some(new_state),
            private,
            diagnostics: diagnostics_to_wire(found),
            ..Response::default()
        })
    }
}
