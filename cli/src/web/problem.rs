//! What went wrong, as RFC 9457 has it: `application/problem+json`.

use super::{Answer, Body};
use hyper::StatusCode;
use serde_json::{Map, Value, json};

/// Why a request has no other answer.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    /// What is wrong this time, in one sentence.
    detail: String,
    /// More members for programs.
    members: Vec<(&'static str, Value)>,
    /// One more header.
    header: Option<(&'static str, String)>,
}

impl Problem {
    /// A problem in these words. A status that is none becomes 500.
    pub(crate) fn new(status: u16, detail: impl Into<String>) -> Problem {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Problem { status, detail: detail.into(), members: Vec::new(), header: None }
    }

    /// 400.
    pub(crate) fn bad(detail: impl Into<String>) -> Problem {
        Problem::new(400, detail)
    }

    /// 404.
    pub(crate) fn missing(detail: impl Into<String>) -> Problem {
        Problem::new(404, detail)
    }

    /// One more member.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Problem {
        self.members.push((name, value.into()));
        self
    }

    /// With a header.
    pub(crate) fn header(self, name: &'static str, value: impl Into<String>) -> Problem {
        Problem { header: Some((name, value.into())), ..self }
    }

    /// The same as an answer.
    pub(crate) fn into_answer(self) -> Answer {
        let mut object = Map::new();
        object.insert("type".into(), json!("about:blank"));
        object.insert("title".into(), json!(self.status.canonical_reason().unwrap_or("Error")));
        object.insert("status".into(), json!(self.status.as_u16()));
        object.insert("detail".into(), json!(self.detail));
        for (name, value) in self.members {
            object.insert(name.into(), value);
        }
        let body = Body::from(Value::Object(object).to_string());
        let answer = Answer::new(self.status.as_u16(), "application/problem+json", body);
        match self.header {
            Some((name, value)) => answer.header(name, &value),
            None => answer,
        }
    }
}
