//! Requests to the API of a server, and what they come to.

use super::args::{Common, Later};
use crate::failure::{Failure, NO_ANSWER};
use crate::onem2m::uri::Scheme;
use crate::web::call::encode;
use crate::web::client::{Client, Files, Request, Response, Server};
use hyper::body::Incoming;
use serde_json::Value as Json;

/// The device or the server refuses.
const REFUSED: u8 = 4;
/// The device failed.
const FAILED: u8 = 5;

/// A server.
pub(crate) struct Api {
    client: Client,
    server: Server,
    authorization: Option<String>,
    timeout: Option<f64>,
    no_wait: bool,
    /// Where it is, in words.
    name: String,
}

impl Api {
    /// The server that a command line names.
    pub(crate) fn new(common: &Common) -> Result<Api, Failure> {
        let place = common.place().map_err(|words| Failure::new(words).exits(2))?.0;
        let files = Files { authorities: common.ca.clone(), ..Files::default() };
        let token = common.token.clone();
        let token = token.or_else(|| std::env::var(crate::web::guard::VARIABLE).ok());
        Ok(Api {
            client: Client::new(files),
            name: place.server(),
            server: Server {
                tls: place.scheme == Scheme::Https,
                host: place.host,
                port: place.port,
            },
            authorization: token.map(|token| format!("Bearer {token}")),
            timeout: common.timeout,
            no_wait: false,
        })
    }

    /// Does not wait for devices, if that is not wanted.
    pub(super) fn later(self, later: Later) -> Api {
        Api { no_wait: later.no_wait, ..self }
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(self.authorization.as_deref().map(|text| ("authorization", text)));
        headers
    }

    fn unreachable(&self, words: &str) -> Failure {
        Failure::new(format!("cannot ask {}: {words}", self.name)).exits(NO_ANSWER)
    }

    /// Asks for something that no device has to answer.
    pub(crate) async fn ask(
        &self,
        method: &str,
        target: &str,
        body: Option<&Json>,
    ) -> Result<Json, Failure> {
        let body = body.map_or_else(String::new, Json::to_string);
        let request = Request { method, target, headers: &self.headers(), body: body.as_bytes() };
        let answer = self.client.ask(&self.server, &request).await;
        outcome(&answer.map_err(|words| self.unreachable(&words))?)
    }

    /// Asks for something about a device that it does not have to answer itself.
    pub(super) async fn plain(
        &self,
        method: &str,
        endpoint: &str,
        below: &str,
    ) -> Result<Json, Failure> {
        self.ask(method, &format!("/api/clients/{}{below}", encode(endpoint)), None).await
    }

    /// Asks a device: `below` is what follows its name. `query` is joined by `&`.
    pub(crate) async fn device(
        &self,
        method: &str,
        endpoint: &str,
        below: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<Json, Failure> {
        let mut target = format!("/api/clients/{}{below}", encode(endpoint));
        let timeout = self.timeout.map(|seconds| ("timeout", seconds.to_string()));
        let wait = self.no_wait.then(|| ("wait", "false".to_owned()));
        for (at, (name, value)) in query.iter().cloned().chain(timeout).chain(wait).enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(&format!("{name}={}", encode(&value)));
        }
        self.ask(method, &target, body).await
    }

    /// Listens to the events.
    pub(crate) async fn listen(&self, seen: Option<&str>) -> Result<Incoming, Failure> {
        let mut headers = self.headers();
        headers.extend(seen.map(|seen| ("last-event-id", seen)));
        let request =
            Request { method: "GET", target: "/api/events", headers: &headers, body: &[] };
        let (status, body) = self
            .client
            .listen(&self.server, &request)
            .await
            .map_err(|words| self.unreachable(&words))?;
        match status {
            200 => Ok(body),
            401 => Err(Failure::new("the server wants a token (--token TOKEN)").exits(REFUSED)),
            status => {
                let words = format!("the server answers {status} to a request for its events");
                Err(Failure::new(words).exits(REFUSED))
            }
        }
    }
}

/// What an answer says, or why there is none.
fn outcome(answer: &Response) -> Result<Json, Failure> {
    let json: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
    if (200..300).contains(&answer.status) {
        return Ok(json);
    }
    let of = |name: &str| json.get(name).and_then(Json::as_str);
    let mut words = match of("detail") {
        Some(words) => words.to_owned(),
        None => format!("the server answers {}", answer.status),
    };
    if answer.status == 401 {
        "the server wants a token (--token TOKEN)".clone_into(&mut words);
    }
    if let Some(more) = of("diagnostic") {
        words.push_str(&format!(": {}", crate::output::printable(more)));
    }
    let code = match (of("code"), of("failure"), answer.status) {
        (Some(code), ..) if code.starts_with('5') => FAILED,
        (Some(_), ..) => REFUSED,
        (_, Some(_), _) => NO_ANSWER,
        (_, _, 400..=499) => REFUSED,
        _ => 1,
    };
    Err(Failure::new(words).exits(code))
}
