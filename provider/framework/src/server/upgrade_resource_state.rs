use leastpriv_proto::tfplugin6::RawState;
use leastpriv_proto::tfplugin6::upgrade_resource_state::{Request, Response};
use serde_json::Value as Json;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::Provider;
use crate::server::Server;
use crate::value::json;
use crate::wire::diagnostics_to_wire;

impl<P: Provider> Server<P> {
    /// Brings stored state to the shape of the schema. Asked for every object in every run, at equal
    /// versions as well.
    pub(crate) fn upgrade_resource_state(&self, request: &Request) -> Result<Response, Diagnostics> {
        // 1. Take the message apart. The state is JSON as it was stored, of any schema version.
        let entry = self.resource(&request.type_name)?;
        let raw = stored_json(request.raw_state.as_ref())?;

        // 2. Let the resource convert an older version, if it knows better than the next step.
        let older = request.version < entry.shape.schema.version;
        let converted = older.then(|| entry.item.upgrade(request.version, &raw)).flatten();

        // 3. Otherwise let the schema drive: what it does not have is dropped, what is new is null.
        let state = match converted {
            Some(converted) => converted?,
            None => json::decode(&raw, &entry.shape.ty).map_err(|located| {
                Diagnostic::error(
                    format!("the stored state of `{}` cannot be read", request.type_name),
                    format!("{located}; the state was written by another version of the provider, or edited by hand"),
                )
            })?,
        };

        // 4. Put the answer together.
        let mut found = Diagnostics::default();
        let upgraded_state = entry.shape.settle(state, &mut found);
        Ok(Response {
            upgraded_state: Some(upgraded_state),
            diagnostics: diagnostics_to_wire(found),
        })
    }
}

/// The JSON of stored state. Numbers keep every digit.
pub(super) fn stored_json(raw: Option<&RawState>) -> Result<Json, Diagnostics> {
    let json = raw.map(|raw| raw.json.as_slice()).unwrap_or_default();
    if json.is_empty() {
        return Err(Diagnostic::error(
            "the stored state is not JSON",
            "state from before Terraform 0.12 must be upgraded by that version first",
        )
        .into());
    }
    serde_json::from_slice(json).map_err(|error| {
        Diagnostic::error("the stored state cannot be parsed", format!("it is no JSON: {error}")).into()
    })
}
