//! The host's way to end the process.

use leastpriv_proto::goplugin::Empty;
use leastpriv_proto::goplugin::grpc_controller_server::GrpcController;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

#[derive(Debug)]
pub(super) struct Controller {
    stop: CancellationToken,
}

impl Controller {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { stop }
    }
}

#[tonic::async_trait]
impl GrpcController for Controller {
    /// The reply still goes out: the server answers what it has begun before it closes a connection.
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.stop.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_shutdown_is_answered_and_passed_on() {
        let stop = CancellationToken::new();
        Controller::new(stop.clone())
            .shutdown(Request::new(Empty {}))
            .await
            .unwrap();
        assert!(stop.is_cancelled());
    }
}
