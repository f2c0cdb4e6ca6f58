//! HTTP (TS-0009).

use super::Site;
use super::counters::Binding;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use m2m_base::PeerId;
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::http;
use onem2m_core::cse::Session;
use onem2m_core::media::MediaType;
use onem2m_core::primitive::{Content, Response};
use serde_json::json;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// How long the head of a request may take, and then its body.
const PATIENCE: Duration = Duration::from_secs(30);

type Answer = hyper::Response<Full<Bytes>>;

/// Serves a connection to its end.
pub(super) async fn serve(
    site: Rc<Site>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    session: Session,
) {
    let _open = site.engine.counters.connection(Binding::Http);
    let service = service_fn(|request| {
        let site = site.clone();
        async move { Ok::<_, Infallible>(answer(&site, session, request).await) }
    });
    // What the peer did wrong was answered; that it went away needs no answer.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A session for a connection.
pub(super) fn session(number: u64, from: SocketAddr) -> Session {
    let address = Some(crate::transport::plain(from).ip());
    Session { peer: PeerId(number), address, authenticated: false }
}

async fn answer(site: &Site, session: Session, request: hyper::Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    let refuse = |status: StatusCode, words: &str| {
        site.engine.counters.malformed(Binding::Http);
        let response = Response {
            content: Content::from_value(&json!({ "m2m:dbg": words })),
            ..Response::new(ResponseStatusCode::BadRequest, String::new())
        };
        let mut answer = written(&response, http::JSON);
        *answer.status_mut() = status;
        // The rest of what the peer wants to send is not read.
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        answer
    };
    if parts.method == Method::GET
        && parts.uri.path() == "/metrics"
        && !parts.headers.contains_key("X-M2M-Origin")
    {
        return metrics(site);
    }
    let most = site.body;
    let declared = body.size_hint().lower();
    let body = if body.is_end_stream() {
        Bytes::new()
    } else if usize::try_from(declared).is_ok_and(|length| length > most) {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    } else {
        match tokio::time::timeout(PATIENCE, Limited::new(body, most).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
            }
            Ok(Err(_)) => return refuse(StatusCode::BAD_REQUEST, "the body is not complete"),
            Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
        }
    };
    let headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let message = http::IncomingRequest {
        method: parts.method.as_str(),
        target,
        headers: &headers,
        body: &body,
    };
    match http::read_request(&message, "") {
        Ok(http::Received { request, reply }) => {
            match site.engine.ask(Binding::Http, session, request).await {
                Some(response) => written(&response, reply),
                None => refuse(StatusCode::SERVICE_UNAVAILABLE, "the CSE stops"),
            }
        }
        Err(error) => {
            site.engine.counters.malformed(Binding::Http);
            written(&error.to_response(), http::JSON)
        }
    }
}

/// A response as HTTP has it.
fn written(response: &Response, media: MediaType) -> Answer {
    let Ok(sent) = http::write_response(response, media) else {
        // What the engine says always has a place; if not, the status at least arrives.
        return status(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new());
    };
    let code = StatusCode::from_u16(sent.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = status(code, sent.body.into());
    for (name, value) in sent.headers {
        let name = hyper::header::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

fn status(code: StatusCode, body: Bytes) -> Answer {
    let mut answer = hyper::Response::new(Full::new(body));
    *answer.status_mut() = code;
    answer
}

fn metrics(site: &Site) -> Answer {
    let text = site.engine.counters.text(site.engine.resources());
    let mut answer = status(StatusCode::OK, text.into());
    let media = HeaderValue::from_static("text/plain; version=0.0.4");
    answer.headers_mut().insert(CONTENT_TYPE, media);
    answer
}

/// Serves a connection of the address that is for metrics only.
pub(super) async fn serve_metrics(site: Rc<Site>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let known = request.method() == Method::GET && request.uri().path() == "/metrics";
        let answer = match known {
            true => metrics(&site),
            false => status(StatusCode::NOT_FOUND, Bytes::new()),
        };
        async move { Ok::<_, Infallible>(answer) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
