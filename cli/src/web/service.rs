//! Connections of HTTP, and which handler answers what.

use super::body::{PATIENCE, read};
use super::{Answer, Call, Guard, Problem, Route, openapi};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;
use tokio::io::{AsyncRead, AsyncWrite};

/// Longest body of a request, in bytes.
const LONGEST: usize = 4 << 20;

/// An API: its table, what it is about, who may ask.
pub(crate) struct Service<S: 'static> {
    pub(crate) title: &'static str,
    pub(crate) routes: &'static [Route<S>],
    /// The schemas that bodies have, by name.
    pub(crate) schemas: fn() -> Value,
    pub(crate) state: Rc<S>,
    pub(crate) guard: Guard,
    pub(crate) tally: Tally,
}

/// How many answers there were, by their status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Rc<RefCell<BTreeMap<u16, u64>>>);

impl Tally {
    fn note(&self, answer: &Answer) {
        *self.0.borrow_mut().entry(answer.0.status().as_u16()).or_default() += 1;
    }

    /// Each status, and how often it was answered.
    pub(crate) fn all(&self) -> Vec<(u16, u64)> {
        self.0.borrow().iter().map(|(status, count)| (*status, *count)).collect()
    }
}

impl<S> std::fmt::Debug for Service<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Where the document is.
const DOCUMENT: &str = "/openapi.json";

impl<S> Service<S> {
    /// Serves a connection to its end.
    pub(crate) async fn serve(self: Rc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(|request| {
            let service = self.clone();
            async move {
                let answer = service.answer(request).await;
                service.tally.note(&answer);
                Ok::<_, Infallible>(answer.0)
            }
        });
        // What the peer did wrong was answered; that it went away needs no answer.
        let _ = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, request: hyper::Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        // What is not let in does not get to send much either.
        if let Err(problem) = self.guard.check(&parts.headers) {
            return unread(problem);
        }
        let body = match read(body, LONGEST).await {
            Ok(body) => body,
            Err((status, words)) => return unread(Problem::new(status.as_u16(), words)),
        };
        let (path, method) = (parts.uri.path(), parts.method.as_str());
        let Some(query) = super::call::query(parts.uri.query().unwrap_or("")) else {
            return Problem::bad("the query is not percent-encoded UTF-8").into_answer();
        };
        if path == DOCUMENT && method == "GET" {
            return Answer::json(200, &openapi::document(self));
        }
        let mut allowed = Vec::new();
        for route in self.routes {
            let Some(parameters) = route.fits(path) else { continue };
            if route.method != method {
                allowed.push(route.method);
                continue;
            }
            let unknown =
                query.iter().find(|(name, _)| !route.query.iter().any(|q| q.name == name));
            if let Some((name, _)) = unknown {
                return Problem::bad(format!("there is no query {name:?} here")).into_answer();
            }
            let call = Call { parameters, query, headers: parts.headers, body };
            let answer = (route.handler)(self.state.clone(), call).await;
            return answer.unwrap_or_else(Problem::into_answer);
        }
        if allowed.is_empty() {
            return Problem::missing(format!("there is no {path} (see {DOCUMENT})")).into_answer();
        }
        Problem::new(405, format!("{path} takes {}", allowed.join(", ")))
            .header("allow", allowed.join(", "))
            .into_answer()
    }
}

/// The answer to a request whose body was not read to its end.
fn unread(problem: Problem) -> Answer {
    let mut answer = problem.into_answer();
    answer.0.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
