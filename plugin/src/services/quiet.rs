//! A stream that says nothing for as long as the process lives.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

/// Open and silent until a token is cancelled. It must end then, because the server waits for its streams.
pub(super) struct Quiet<T> {
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    items: PhantomData<fn() -> T>,
}

impl<T> Quiet<T> {
    pub(super) fn until(stop: CancellationToken) -> Self {
        Self {
            cancelled: Box::pin(stop.cancelled_owned()),
            items: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Quiet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quiet").finish_non_exhaustive()
    }
}

impl<T> Stream for Quiet<T> {
    type Item = Result<T, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().cancelled.as_mut().poll(cx).map(|()| None)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;
    use tokio_stream::StreamExt;

    use super::*;

    #[tokio::test]
    async fn silent_until_the_end() {
        let stop = CancellationToken::new();
        let mut quiet = Quiet::<u8>::until(stop.clone());
        timeout(Duration::from_millis(20), quiet.next()).await.unwrap_err();
        stop.cancel();
        assert!(timeout(Duration::from_secs(5), quiet.next()).await.unwrap().is_none());
    }
}
