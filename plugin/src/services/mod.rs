//! The services that a go-plugin host expects beside those it came for: controller, standard streams, broker.
//!
//! None of them knows what the plugin does. They share one token, which ends the streams and asks for the end of the
//! process.

mod broker;
mod controller;
mod quiet;
mod stdio;

use leastpriv_proto::goplugin::grpc_broker_server::GrpcBrokerServer;
use leastpriv_proto::goplugin::grpc_controller_server::GrpcControllerServer;
use leastpriv_proto::goplugin::grpc_stdio_server::GrpcStdioServer;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// Puts the side services beside the ones of the plugin. `stop` is cancelled when the host asks for the end.
pub(crate) fn add_to(routes: Routes, stop: &CancellationToken) -> Routes {
    routes
        .add_service(GrpcControllerServer::new(controller::Controller::new(stop.clone())))
        .add_service(GrpcStdioServer::new(stdio::Stdio::new(stop.clone())))
        .add_service(GrpcBrokerServer::new(broker::Broker::new(stop.clone())))
}
