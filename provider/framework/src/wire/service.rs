use std::sync::Arc;

use leastpriv_plugin::log;
use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::provider_server::Provider as ProviderService;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::function::FunctionError;
use crate::provider::Provider;
use crate::server::Server;
use crate::wire::{diagnostics_to_wire, function_error_to_wire};

/// The generated service trait, in terms of a server.
///
/// Each call runs in a task of its own. So a panic in it becomes a diagnostic, where it would
/// otherwise reach the practitioner as a cancelled request without a hint, and a caller that goes
/// away does not tear an operation apart: the work is told to end by its token.
pub(crate) struct Service<P: Provider> {
    server: Arc<Server<P>>,
}

impl<P: Provider> Service<P> {
    pub(crate) fn new(server: Arc<Server<P>>) -> Self {
        Self { server }
    }

    async fn run<Q, A, F>(
        &self,
        call: &'static str,
        request: Request<Q>,
        work: impl FnOnce(Arc<Server<P>>, Q, CancellationToken) -> F + Send,
    ) -> Result<Response<A>, Status>
    where
        Q: Send,
        A: Answer,
        F: Future<Output = Result<A, Diagnostics>> + Send + 'static,
    {
        log::trace("call", &[("tf_rpc", call)]);
        let cancel = self.server.operation();
        let _cancel_when_abandoned = cancel.clone().drop_guard();
        let task = tokio::spawn(work(Arc::clone(&self.server), request.into_inner(), cancel));
        let answer = match task.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(diagnostics)) => A::of(diagnostics),
            Err(_) => A::of(broke_down(call)),
        };
        Ok(Response::new(answer))
    }
}

/// What a panic looks like to the practitioner. Its text may hold anything, so it is left to the
/// panic hook and not repeated here.
fn broke_down(call: &'static str) -> Diagnostics {
    log::error("a call broke down", &[("tf_rpc", call)]);
    Diagnostic::internal(format!("the provider broke down in `{call}`")).into()
}

fn not_offered<T>(call: &str) -> Result<Response<T>, Status> {
    Err(Status::unimplemented(format!("`{call}` is not offered")))
}

/// An answer that can consist of nothing but what went wrong.
pub(crate) trait Answer: Default + Send + 'static {
    /// The answer of a call that came to nothing.
    fn of(diagnostics: Diagnostics) -> Self;
}

macro_rules! answers {
    ($($call:ident),* $(,)?) => {$(
        impl Answer for tfplugin6::$call::Response {
            fn of(diagnostics: Diagnostics) -> Self {
                let mut answer = Self::default();
                answer.diagnostics.extend(diagnostics_to_wire(diagnostics));
                answer
            }
        }
    )*};
}

answers! {
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    validate_provider_config,
    configure_provider,
    validate_resource_config,
    upgrade_resource_state,
    read_resource,
    plan_resource_change,
    apply_resource_change,
    import_resource_state,
    move_resource_state,
    validate_ephemeral_resource_config,
    open_ephemeral_resource,
    renew_ephemeral_resource,
    close_ephemeral_resource,
    get_functions,
}

/// A function has one error and no diagnostics.
impl Answer for tfplugin6::call_function::Response {
    fn of(diagnostics: Diagnostics) -> Self {
        let first = diagnostics.into_iter().next();
        let text = first.map(|found| format!("{}; {}", found.summary, found.detail));
        Self {
            result: None,
            error: Some(function_error_to_wire(FunctionError::new(text.unwrap_or_default()))),
        }
    }
}

#[async_trait::async_trait]
impl<P: Provider> ProviderService for Service<P> {
    type ListResourceStream = BoxStream<tfplugin6::list_resource::Event>;
    type InvokeActionStream = BoxStream<tfplugin6::invoke_action::Event>;

    async fn get_metadata(
        &self,
        request: Request<tfplugin6::get_metadata::Request>,
    ) -> Result<Response<tfplugin6::get_metadata::Response>, Status> {
        self.run("GetMetadata", request, |server, _, _| async move {
            Ok(server.get_metadata())
        })
        .await
    }

    async fn get_provider_schema(
        &self,
        request: Request<tfplugin6::get_provider_schema::Request>,
    ) -> Result<Response<tfplugin6::get_provider_schema::Response>, Status> {
        self.run("GetProviderSchema", request, |server, _, _| async move {
            Ok(server.get_provider_schema())
        })
        .await
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<tfplugin6::get_resource_identity_schemas::Request>,
    ) -> Result<Response<tfplugin6::get_resource_identity_schemas::Response>, Status> {
        self.run("GetResourceIdentitySchemas", request, |_, _, _| async move {
            Ok(tfplugin6::get_resource_identity_schemas::Response::default())
        })
        .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<tfplugin6::validate_provider_config::Request>,
    ) -> Result<Response<tfplugin6::validate_provider_config::Response>, Status> {
        self.run("ValidateProviderConfig", request, |server, request, _| async move {
            server.validate_provider_config(&request)
        })
        .await
    }

    async fn configure_provider(
        &self,
        request: Request<tfplugin6::configure_provider::Request>,
    ) -> Result<Response<tfplugin6::configure_provider::Response>, Status> {
        self.run("ConfigureProvider", request, |server, request, _| async move {
            server.configure_provider(&request).await
        })
        .await
    }

    async fn stop_provider(
        &self,
        _request: Request<tfplugin6::stop_provider::Request>,
    ) -> Result<Response<tfplugin6::stop_provider::Response>, Status> {
        // The answer has no place for diagnostics, so a panic is told in its own words.
        let task = tokio::spawn(Arc::clone(&self.server).stop_provider());
        let answer = task.await.unwrap_or_else(|_| tfplugin6::stop_provider::Response {
            error: "the provider broke down while it was stopping".to_owned(),
        });
        Ok(Response::new(answer))
    }

    async fn validate_resource_config(
        &self,
        request: Request<tfplugin6::validate_resource_config::Request>,
    ) -> Result<Response<tfplugin6::validate_resource_config::Response>, Status> {
        self.run("ValidateResourceConfig", request, |server, request, _| async move {
            server.validate_resource_config(&request)
        })
        .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<tfplugin6::upgrade_resource_state::Request>,
    ) -> Result<Response<tfplugin6::upgrade_resource_state::Response>, Status> {
        self.run("UpgradeResourceState", request, |server, request, _| async move {
            server.upgrade_resource_state(&request)
        })
        .await
    }

    async fn upgrade_resource_identity(
        &self,
        _request: Request<tfplugin6::upgrade_resource_identity::Request>,
    ) -> Result<Response<tfplugin6::upgrade_resource_identity::Response>, Status> {
        not_offered("UpgradeResourceIdentity")
    }

    async fn read_resource(
        &self,
        request: Request<tfplugin6::read_resource::Request>,
    ) -> Result<Response<tfplugin6::read_resource::Response>, Status> {
        self.run("ReadResource", request, |server, request, cancel| async move {
            server.read_resource(&request, &cancel).await
        })
        .await
    }

    async fn plan_resource_change(
        &self,
        request: Request<tfplugin6::plan_resource_change::Request>,
    ) -> Result<Response<tfplugin6::plan_resource_change::Response>, Status> {
        self.run("PlanResourceChange", request, |server, request, cancel| async move {
            server.plan_resource_change(&request, &cancel).await
        })
        .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<tfplugin6::apply_resource_change::Request>,
    ) -> Result<Response<tfplugin6::apply_resource_change::Response>, Status> {
        self.run("ApplyResourceChange", request, |server, request, cancel| async move {
            server.apply_resource_change(&request, &cancel).await
        })
        .await
    }

    async fn import_resource_state(
        &self,
        request: Request<tfplugin6::import_resource_state::Request>,
    ) -> Result<Response<tfplugin6::import_resource_state::Response>, Status> {
        self.run("ImportResourceState", request, |server, request, cancel| async move {
            server.import_resource_state(&request, &cancel).await
        })
        .await
    }

    async fn move_resource_state(
        &self,
        request: Request<tfplugin6::move_resource_state::Request>,
    ) -> Result<Response<tfplugin6::move_resource_state::Response>, Status> {
        self.run("MoveResourceState", request, |server, request, _| async move {
            server.move_resource_state(&request)
        })
        .await
    }

    async fn generate_resource_config(
        &self,
        _request: Request<tfplugin6::generate_resource_config::Request>,
    ) -> Result<Response<tfplugin6::generate_resource_config::Response>, Status> {
        not_offered("GenerateResourceConfig")
    }

    async fn validate_data_resource_config(
        &self,
        _request: Request<tfplugin6::validate_data_resource_config::Request>,
    ) -> Result<Response<tfplugin6::validate_data_resource_config::Response>, Status> {
        not_offered("ValidateDataResourceConfig")
    }

    async fn read_data_source(
        &self,
        _request: Request<tfplugin6::read_data_source::Request>,
    ) -> Result<Response<tfplugin6::read_data_source::Response>, Status> {
        not_offered("ReadDataSource")
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<tfplugin6::validate_ephemeral_resource_config::Request>,
    ) -> Result<Response<tfplugin6::validate_ephemeral_resource_config::Response>, Status> {
        self.run(
            "ValidateEphemeralResourceConfig",
            request,
            |server, request, _| async move { server.validate_ephemeral_resource_config(&request) },
        )
        .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<tfplugin6::open_ephemeral_resource::Request>,
    ) -> Result<Response<tfplugin6::open_ephemeral_resource::Response>, Status> {
        self.run("OpenEphemeralResource", request, |server, request, cancel| async move {
            server.open_ephemeral_resource(&request, &cancel).await
        })
        .await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<tfplugin6::renew_ephemeral_resource::Request>,
    ) -> Result<Response<tfplugin6::renew_ephemeral_resource::Response>, Status> {
        self.run(
            "RenewEphemeralResource",
            request,
            |server, request, cancel| async move { server.renew_ephemeral_resource(&request, &cancel).await },
        )
        .await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<tfplugin6::close_ephemeral_resource::Request>,
    ) -> Result<Response<tfplugin6::close_ephemeral_resource::Response>, Status> {
        self.run("CloseEphemeralResource", request, |server, request, _| async move {
            server.close_ephemeral_resource(&request).await
        })
        .await
    }

    async fn validate_list_resource_config(
        &self,
        _request: Request<tfplugin6::validate_list_resource_config::Request>,
    ) -> Result<Response<tfplugin6::validate_list_resource_config::Response>, Status> {
        not_offered("ValidateListResourceConfig")
    }

    async fn list_resource(
        &self,
        _request: Request<tfplugin6::list_resource::Request>,
    ) -> Result<Response<Self::ListResourceStream>, Status> {
        not_offered("ListResource")
    }

    async fn get_functions(
        &self,
        request: Request<tfplugin6::get_functions::Request>,
    ) -> Result<Response<tfplugin6::get_functions::Response>, Status> {
        self.run("GetFunctions", request, |server, _, _| async move {
            Ok(server.get_functions())
        })
        .await
    }

    async fn call_function(
        &self,
        request: Request<tfplugin6::call_function::Request>,
    ) -> Result<Response<tfplugin6::call_function::Response>, Status> {
        self.run("CallFunction", request, |server, request, _| async move {
            Ok(server.call_function(&request))
        })
        .await
    }

    async fn validate_action_config(
        &self,
        _request: Request<tfplugin6::validate_action_config::Request>,
    ) -> Result<Response<tfplugin6::validate_action_config::Response>, Status> {
        not_offered("ValidateActionConfig")
    }

    async fn plan_action(
        &self,
        _request: Request<tfplugin6::plan_action::Request>,
    ) -> Result<Response<tfplugin6::plan_action::Response>, Status> {
        not_offered("PlanAction")
    }

    async fn invoke_action(
        &self,
        _request: Request<tfplugin6::invoke_action::Request>,
    ) -> Result<Response<Self::InvokeActionStream>, Status> {
        not_offered("InvokeAction")
    }
}
