//! Bodies: those of requests are read whole, those of answers are whole or never end.

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// How long the head of a request may take, and then its body.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it; `None` when it was sent.
    Whole(Option<Bytes>),
    /// What comes, until the sender is dropped.
    Stream(Receiver<Bytes>),
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Body {
        Body::Whole(Some(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Bytes::from(text).into()
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match self.get_mut() {
            Body::Whole(bytes) => Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty())),
            Body::Stream(pieces) => pieces.poll_recv(context),
        };
        next.map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Body::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Body::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Body::Stream(_) => SizeHint::default(),
        }
    }
}

/// Reads the body of a request of at most `most` bytes. The error is in words.
pub(crate) async fn read(body: Incoming, most: usize) -> Result<Bytes, (StatusCode, &'static str)> {
    use hyper::body::Body;
    let large = (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if usize::try_from(body.size_hint().lower()).is_ok_and(|length| length > most) {
        return Err(large);
    }
    match tokio::time::timeout(PATIENCE, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(large),
        Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "the body is not complete")),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    }
}
