//! The switchboard for further connections between host and plugin, of which there are none.

use std::pin::Pin;
use std::task::{Context, Poll};

use leastpriv_proto::goplugin::ConnInfo;
use leastpriv_proto::goplugin::grpc_broker_server::GrpcBroker;
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::quiet::Quiet;

#[derive(Debug)]
pub(super) struct Broker {
    stop: CancellationToken,
}

impl Broker {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { stop }
    }
}

#[tonic::async_trait]
impl GrpcBroker for Broker {
    type StartStreamStream = Answers;

    async fn start_stream(&self, request: Request<Streaming<ConnInfo>>) -> Result<Response<Answers>, Status> {
        let questions = request.into_inner();
        Ok(Response::new(Answers {
            questions,
            quiet: Quiet::until(self.stop.clone()),
        }))
    }
}

/// Says nothing, listens to nothing, and ends with the host's side or with the process, whichever ends first.
pub(super) struct Answers {
    questions: Streaming<ConnInfo>,
    quiet: Quiet<ConnInfo>,
}

impl Stream for Answers {
    type Item = Result<ConnInfo, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while let Poll::Ready(question) = Pin::new(&mut this.questions).poll_next(cx) {
            if !matches!(question, Some(Ok(_))) {
                return Poll::Ready(None);
            }
        }
        Pin::new(&mut this.quiet).poll_next(cx)
    }
}
