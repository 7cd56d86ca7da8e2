use leastpriv_proto::tfplugin6::plan_resource_change::{Request, Response};
use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::plan;
use crate::provider::Provider;
use crate::resource::{Change, Plan, Resource};
use crate::server::shape::{Shape, write};
use crate::server::{Entry, Server};
use crate::value::Tree;
use crate::wire::{diagnostics_to_wire, null_to_wire, path_to_wire};

impl<P: Provider> Server<P> {
    /// Works out what an apply would lead to.
    pub(crate) async fn plan_resource_change(
        &self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Response, Diagnostics> {
        // 1. Take the message apart. A missing prior state is a creation, a missing proposed one a
        //    destruction.
        let entry = self.resource(&request.type_name)?;
        let prior = entry.shape.read(request.prior_state.as_ref(), "prior state")?;
        let proposed = entry
            .shape
            .read(request.proposed_new_state.as_ref(), "proposed state")?;
        let config = entry.shape.read(request.config.as_ref(), "configuration")?;
        let change = Change {
            prior: present(&prior),
            proposed: present(&proposed),
            config: present(&config),
            private: &request.prior_private,
        };

        // 2. A destruction leaves nothing to plan, but the resource may have a word to say.
        if change.proposed.is_none() {
            return Ok(self.plan_destruction(entry, change, cancel).await);
        }

        // 3. Let the resource plan, from values alone.
        let mut plan = entry.item.plan(&change);

        // 4. Let it look at the server too, if there is one to look at. A plan with errors ends here:
        //    more messages about a wrong plan help nobody.
        if !plan.diagnostics.has_errors()
            && let Ok(meta) = self.meta()
        {
            entry.item.review(&meta, &change, &mut plan, cancel).await;
        }
        if plan.diagnostics.has_errors() {
            return Err(plan.diagnostics);
        }
        Ok(answer(&entry.shape, &prior, &config, plan))
    }

    async fn plan_destruction(
        &self,
        entry: &Entry<dyn Resource<P::Meta>>,
        change: Change<'_>,
        cancel: &CancellationToken,
    ) -> Response {
        let change = Change { config: None, ..change };
        let mut plan = Plan {
            state: Tree::Null,
            replace: Vec::new(),
            private: change.private.to_vec(),
            diagnostics: Diagnostics::default(),
        };
        if let Ok(meta) = self.meta() {
            entry.item.review(&meta, &change, &mut plan, cancel).await;
        }
        Response {
            planned_state: Some(null_to_wire()),
            planned_private: plan.private,
            diagnostics: diagnostics_to_wire(plan.diagnostics),
            ..Response::default()
        }
    }
}

/// Holds a plan to the rules and puts the answer together.
fn answer(shape: &Shape, prior: &Tree, config: &Tree, plan: Plan) -> Response {
    let Plan {
        state,
        replace,
        private,
        diagnostics: mut found,
    } = plan;

    // 5. Take write-only values out, whatever the resource did: Terraform refuses a plan with any.
    let planned = shape.conform(state, &mut found);

    // 6. Say which changes need a new object. For a creation there is no object to replace.
    let mut requires_replace = plan::requires_replace(&shape.schema, prior, &planned);
    if !prior.is_null() {
        requires_replace.extend(replace);
    }
    requires_replace.sort();
    requires_replace.dedup();

    // 7. Refuse to leave open what is settled. Terraform would say so with less to go by.
    for path in plan::needless_unknown(&shape.schema, config, &planned) {
        let diagnostic = Diagnostic::internal(format!("the plan leaves `{path}` unknown although it is configured"));
        found.push(diagnostic.at(path));
    }

    // 8. Put the answer together.
    let planned_state = write(&planned, &mut found);
    Response {
        planned_state: Some(planned_state),
        requires_replace: requires_replace.iter().map(path_to_wire).collect(),
        planned_private: private,
        diagnostics: diagnostics_to_wire(found),
        ..Response::default()
    }
}

fn present(tree: &Tree) -> Option<&Tree> {
    (!tree.is_null()).then_some(tree)
}
