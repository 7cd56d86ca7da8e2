//! The host's window on standard output and standard error.
//!
//! Nothing is ever shown in it. Log lines go to standard error, where every host reads them, and hosts treat anything
//! that comes through here as unexpected.

use leastpriv_proto::goplugin::StdioData;
use leastpriv_proto::goplugin::grpc_stdio_server::GrpcStdio;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::quiet::Quiet;

#[derive(Debug)]
pub(super) struct Stdio {
    stop: CancellationToken,
}

impl Stdio {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { stop }
    }
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = Quiet<StdioData>;

    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<Quiet<StdioData>>, Status> {
        Ok(Response::new(Quiet::until(self.stop.clone())))
    }
}
