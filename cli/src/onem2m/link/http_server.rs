//! HTTP (TS-0009): requests that come in.

use super::{Binding, Host, Open, Origin, refusal};
use crate::web::body::{PATIENCE, read};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::http;
use onem2m_core::cse::Session;
use onem2m_core::media::MediaType;
use onem2m_core::primitive::Response;
use std::convert::Infallible;
use std::rc::Rc;
use tokio::io::{AsyncRead, AsyncWrite};

type Answer = hyper::Response<Full<Bytes>>;

/// Serves a connection to its end. `names` are those in the certificate of the other side.
pub(crate) async fn serve(
    host: Rc<dyn Host>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    session: Session,
    names: Option<Rc<[String]>>,
) {
    let _open = Open::new(&host, Binding::Http);
    let service = service_fn(|request| {
        let (host, names) = (host.clone(), names.clone());
        async move { Ok::<_, Infallible>(answer(&*host, session, names, request).await) }
    });
    // What the peer did wrong was answered; that it went away needs no answer.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    host: &dyn Host,
    session: Session,
    names: Option<Rc<[String]>>,
    request: hyper::Request<Incoming>,
) -> Answer {
    let (parts, body) = request.into_parts();
    if parts.method == Method::GET
        && !parts.headers.contains_key("X-M2M-Origin")
        && let Some(text) = host.page(parts.uri.path())
    {
        return page(text);
    }
    let body = match read(body, host.longest()).await {
        Ok(body) => body,
        Err((status, words)) => return refuse(host, status, words),
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
        Ok(http::Received { request, reply: media }) => {
            let (to, response) = tokio::sync::oneshot::channel();
            // Who asked may have gone.
            let reply = Box::new(move |response| drop(to.send(response)));
            let origin =
                Origin { names, ..Origin::new(Binding::Http, session, media.serialization) };
            host.request(origin, request, reply);
            match response.await {
                Ok(response) => written(&response, media),
                Err(_) => status(StatusCode::SERVICE_UNAVAILABLE, Bytes::new()),
            }
        }
        Err(error) => {
            host.malformed(Binding::Http);
            written(&error.to_response(), http::JSON)
        }
    }
}

/// Refuses a request whose body was not read to its end.
fn refuse(host: &dyn Host, status: StatusCode, words: &str) -> Answer {
    host.malformed(Binding::Http);
    let mut answer = written(&refusal(ResponseStatusCode::BadRequest, "", words), http::JSON);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// A response as HTTP has it.
fn written(response: &Response, media: MediaType) -> Answer {
    let Ok(sent) = http::write_response(response, media) else {
        // What a CSE says always has a place; if not, that there is an error arrives at least.
        return status(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new());
    };
    let code = StatusCode::from_u16(sent.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = status(code, sent.body.into());
    for (name, value) in sent.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_maybe_shared(Bytes::from(value))) {
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

fn page(text: String) -> Answer {
    let mut answer = status(StatusCode::OK, text.into());
    let media = HeaderValue::from_static("text/plain; version=0.0.4");
    answer.headers_mut().insert(CONTENT_TYPE, media);
    answer
}

/// Serves a connection of an address that has pages only.
pub(crate) async fn serve_pages(host: Rc<dyn Host>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let text = host.page(request.uri().path()).filter(|_| request.method() == Method::GET);
        let answer = text.map_or_else(|| status(StatusCode::NOT_FOUND, Bytes::new()), page);
        async move { Ok::<_, Infallible>(answer) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
