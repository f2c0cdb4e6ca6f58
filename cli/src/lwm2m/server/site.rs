//! How the handlers of the API reach what the tasks share.

use super::core::{Core, Done, Reading};
use crate::web::{Answer, Call, Problem};
use coap_core::{Code, ContentFormat};
use lwm2m_core::Path;
use lwm2m_core::server::{Failure as Loss, ObservationId, OperationId, RegistrationId, UsageError};
use m2m_base::Duration;
use serde_json::{Value as Json, json};

/// How the handlers hand in what is to be done.
pub(super) type Site = crate::lwm2m::common::Site<Core>;

/// How long an operation may take if the request does not say.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest time that a request may ask for: a year.
const LONGEST: u64 = 366 * 86_400;

impl Site {
    /// Asks something of the client that a call names, and answers with what came of it: at once
    /// with `?wait=false`, else when it is known.
    pub(super) async fn operate(
        &self,
        call: &Call,
        asking: Asking,
        work: impl FnOnce(&mut Core, RegistrationId, Option<Duration>) -> Result<OperationId, Problem>
        + 'static,
    ) -> Result<Finished, Problem> {
        let endpoint = call.parameter("endpoint").to_owned();
        let Asking { path, reading } = asking;
        let waits = call.query_as::<bool>("wait")?.unwrap_or(true);
        let timeout = match call.seconds("timeout")? {
            Some(timeout) if timeout.as_secs() > LONGEST => {
                return Err(Problem::bad("the timeout is more than a year"));
            }
            Some(timeout) => {
                Some(Duration::from_millis(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)))
            }
            // What is left to itself may wait as long as the engine finds right.
            None => waits.then_some(PATIENCE),
        };
        let done = self
            .attempt(move |core| {
                let id = core.find(&endpoint)?;
                let operation = work(core, id, timeout)?;
                Ok(match waits {
                    true => Ok(core.await_outcome(operation, path, reading)),
                    false => Err(core.queue(operation)),
                })
            })
            .await?;
        let done = match done {
            Ok(done) => done,
            Err(number) => return Ok(Finished::Accepted(number)),
        };
        match done.await {
            Ok(Done::Answered { code, format, content, created, observation, .. })
                if code.is_success() =>
            {
                Ok(Finished::Done { code, format, content, created, observation })
            }
            Ok(Done::Answered { code, payload, .. }) => Err(refused(code, &payload)),
            Ok(Done::Failed(loss)) => Err(failed(loss)),
            Err(_) => Err(Problem::new(503, "the server stops")),
        }
    }
}

/// What is asked, and how the answer is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    pub(super) path: Path,
    pub(super) reading: Reading,
}

impl Asking {
    pub(super) const fn values(path: Path) -> Asking {
        Asking { path, reading: Reading::Values }
    }
}

/// What came of an operation that went well.
#[derive(Debug)]
pub(super) enum Finished {
    /// It is queued.
    Accepted(Option<u64>),
    Done {
        code: Code,
        format: Option<ContentFormat>,
        content: Json,
        created: Option<Path>,
        observation: Option<ObservationId>,
    },
}

impl Finished {
    /// As an answer to a request to observe, which says whether the client grants it.
    pub(super) fn observed(mut self, call: &Call, path: Path) -> Answer {
        if let Finished::Done { content, observation, .. } = &mut self {
            if content.is_null() {
                *content = json!({});
            }
            content["observed"] = json!(observation.is_some());
            if let Some(id) = observation {
                content["observation"] = json!(id.to_bits().to_string());
            }
        }
        self.answer(call, path)
    }

    /// As an answer about `path` of the endpoint of `call`.
    pub(super) fn answer(self, call: &Call, path: Path) -> Answer {
        let endpoint = call.parameter("endpoint");
        let uri = |path: &dyn std::fmt::Display| {
            format!("/api/clients/{}{path}", crate::web::call::encode(endpoint))
        };
        match self {
            Finished::Accepted(number) => {
                let number = number.map(|number| number.to_string());
                let body =
                    json!({"endpoint": endpoint, "path": path.to_string(), "number": number});
                Answer::json(202, &body).header("location", &uri(&"/queue"))
            }
            Finished::Done { code, format, content, created, .. } => {
                let mut body = json!({
                    "endpoint": endpoint, "path": path.to_string(), "code": code.to_string()
                });
                if let Some(media) = format.and_then(ContentFormat::media_type) {
                    body["format"] = json!(media);
                }
                super::happened::merge(&mut body, content);
                match created {
                    Some(created) => {
                        body["created"] = json!(created.to_string());
                        Answer::json(201, &body).header("location", &uri(&created))
                    }
                    None if code == Code::CREATED => Answer::json(201, &body),
                    None => Answer::json(200, &body),
                }
            }
        }
    }
}

/// The client said no.
fn refused(code: Code, payload: &[u8]) -> Problem {
    // RFC 8075 section 7, as far as LwM2M has the codes.
    let status = match (code.class(), code.detail()) {
        (4, 0 | 2) => 400,
        (4, 1 | 3) => 403,
        (4, 4) => 404,
        (4, 5) => 405,
        (4, 6) => 406,
        (4, 8) => 400,
        (4, 12) => 412,
        (4, 13) => 413,
        (4, 15) => 415,
        (4, _) => 400,
        (5, 1) => 501,
        (5, 3) => 503,
        (5, 4) => 504,
        _ => 502,
    };
    let name = code.name().unwrap_or("unknown code");
    let problem = Problem::new(status, format!("the client answers {code} {name}"))
        .with("code", code.to_string());
    // A diagnostic message (RFC 7252 section 5.5.2).
    match std::str::from_utf8(payload) {
        Ok(words) if !words.is_empty() && words.len() <= 1024 => problem.with("diagnostic", words),
        _ => problem,
    }
}

/// No answer came.
fn failed(loss: Loss) -> Problem {
    let (status, name, words) = row(loss);
    Problem::new(status, words).with("failure", name)
}

/// The name of a way not to come to an answer.
pub(super) fn loss_name(loss: Loss) -> &'static str {
    row(loss).1
}

/// Status, name and words.
const fn row(loss: Loss) -> (u16, &'static str, &'static str) {
    match loss {
        Loss::TimedOut => (504, "timed_out", "the client did not answer in time"),
        Loss::Unsent => {
            (504, "unsent", "it could not be sent in time: the client sleeps, or is busy")
        }
        Loss::Reset => (502, "reset", "the client rejected the message"),
        Loss::TooLarge => (502, "too_large", "the answer is too large"),
        Loss::Broken => (502, "broken", "the blocks of the answer do not fit together"),
        Loss::PeerDown => (503, "peer_down", "the connection to the client is gone"),
        Loss::RegistrationEnded => (410, "registration_ended", "the registration ended"),
        Loss::ObservationEnded => (410, "observation_ended", "it is no longer observed"),
        Loss::Aborted => (409, "aborted", "it was taken out of the queue"),
        _ => (502, "failed", "it went wrong"),
    }
}

/// It cannot be asked so.
pub(super) fn unusable(error: UsageError) -> Problem {
    let status = match error {
        UsageError::UnknownId => 404,
        UsageError::Full => 503,
        UsageError::TooLong => 413,
        UsageError::Format => 415,
        _ => 400,
    };
    Problem::new(status, error.to_string())
}

impl Core {
    /// The registration of an endpoint.
    pub(super) fn find(&self, endpoint: &str) -> Result<RegistrationId, Problem> {
        let found = self.server().find(endpoint);
        found.ok_or_else(|| Problem::missing(format!("{endpoint:?} is not registered")))
    }
}

/// The path that a call names. Its route takes nothing else.
pub(super) fn path_of(call: &Call) -> Result<Path, Problem> {
    let text = call.parameter("path");
    Path::parse(text).map_err(|_| Problem::bad(format!("{text} is no path")))
}
