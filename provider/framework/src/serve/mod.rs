//! Running a provider as a plugin process.
//!
//! What every plugin does around its services is in `leastpriv_plugin`; what is here is what
//! Terraform and OpenTofu ask of a provider process in particular.

use std::process::ExitCode;
use std::sync::Arc;

use leastpriv_plugin::{BoxFuture, Hooks, ServeConfig};
use leastpriv_proto::tfplugin6::provider_server::ProviderServer;
use tonic::service::Routes;

use crate::provider::Provider;
use crate::server::Server;
use crate::wire::Service;

/// How a provider process runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServeOptions {
    /// Runs without a host that started it, for a debugger: the process prints what a host must know
    /// to find it.
    pub debug: bool,
    /// The full address of the provider, such as `registry.terraform.io/example/example`. Hosts that
    /// look for a process in debug mode find it under this name.
    pub address: &'static str,
}

/// Serves a provider to the host that started this process, and returns when the process should end.
pub async fn serve<P: Provider>(provider: P) -> ExitCode {
    serve_with(provider, ServeOptions::default()).await
}

/// As [`serve`], with options.
pub async fn serve_with<P: Provider>(provider: P, options: ServeOptions) -> ExitCode {
    let server = Arc::new(Server::new(provider));
    let service = ProviderServer::new(Service::new(Arc::clone(&server)))
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT);
    let config = ServeConfig {
        cookie_key: "TF_PLUGIN_MAGIC_COOKIE",
        cookie_value: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
        protocol_version: 6,
        hint: HINT.to_owned(),
        module: "provider",
        debug: options.debug,
        reattach_variable: "TF_REATTACH_PROVIDERS",
        address: options.address,
    };
    let hooks = Hooks {
        on_shutdown: Box::new(move |ending| {
            let end: BoxFuture<'static, ()> = Box::pin(Arc::clone(&server).end(ending));
            end
        }),
    };
    leastpriv_plugin::serve(config, Routes::new(service), hooks).await
}

/// What newer hosts read and write at most. The default of the gRPC library is far below a state
/// with a few hundred objects.
const MESSAGE_LIMIT: usize = 256 * 1024 * 1024;

const HINT: &str = "this program is a provider for Terraform and OpenTofu, which start it by themselves; \
                    name it in a `required_providers` block and run `terraform init` or `tofu init`";
