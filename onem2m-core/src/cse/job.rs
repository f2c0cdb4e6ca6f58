//! Requests that wait for answers of others before they are carried out.

use super::failure::Failure;
use super::outgoing::{NoResponse, Purpose, Reach};
use super::{Cse, RequestId, Session};
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ResourceType, ResponseStatusCode as Status};
use alloc::string::String;
use alloc::vec::Vec;

/// What has to be asked first.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) questions: Vec<Question>,
    /// How the request fails if one of them is not answered with success.
    pub(super) failure: Status,
    /// Number that was taken for the resource that is to be created; 0 for none.
    pub(super) number: u64,
}

/// A notification whose response matters.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) to: String,
    pub(super) content: String,
}

/// A request that waits.
#[derive(Debug)]
pub(super) struct Job {
    id: RequestId,
    session: Session,
    request: Request,
    waiting: usize,
    failure: Status,
    refused: bool,
    number: u64,
}

impl Cse {
    /// Asks; the request goes on when all have answered.
    pub(super) fn ask(&mut self, id: RequestId, session: Session, request: Request, ask: Ask) {
        let key = self.next_job;
        self.next_job += 1;
        let Ask { questions, failure, number } = ask;
        let waiting = questions.len();
        let job = Job { id, session, request, waiting, failure, refused: false, number };
        self.jobs.insert(key, job);
        for question in questions {
            let reach = self.reach(&question.to);
            let content = Content::trusted(question.content);
            let request = self.notification(&question.to, &reach, content, None);
            self.send(reach, request, Purpose::Question(key));
        }
    }

    pub(super) fn answered(&mut self, key: u64, result: &Result<Response, NoResponse>) {
        let Some(job) = self.jobs.get_mut(&key) else { return };
        job.refused |= !result.as_ref().is_ok_and(|response| response.status.is_success());
        job.waiting = job.waiting.saturating_sub(1);
        if job.waiting > 0 {
            return;
        }
        let Some(job) = self.jobs.remove(&key) else { return };
        if job.refused {
            let failure = Failure::new(job.failure, "a target of notifications did not agree");
            self.fail(job.id, job.request, &failure);
        } else {
            self.begin(job.id, job.session, job.request, Some(job.number));
        }
    }

    /// A notification to one target.
    pub(super) fn notification(
        &self,
        to: &str,
        reach: &Reach,
        content: Content,
        category: Option<u32>,
    ) -> Request {
        let entity = match reach {
            Reach::Address(target) => target.entity.as_deref(),
            Reach::Channel(_, id) => Some(id.as_str()),
            Reach::Group(_) | Reach::Nobody => None,
        };
        let (to, release) = match entity {
            Some(id) => {
                let node = self.store.by_id(id).and_then(|slot| self.store.get(slot));
                let beyond = node.is_some_and(|n| n.resource_type() == ResourceType::RemoteCse);
                let to = if beyond { to.into() } else { self.sp_relative(id) };
                (to, self.release_for(node))
            }
            None => (plain(to).into(), self.release_for(None)),
        };
        Request {
            from: Some(self.config.cse_id.clone()),
            content: Some(content),
            event_category: category.map(crate::enumeration::EventCategory::from_number),
            release_version_indicator: Some(release),
            ..Request::new(Operation::Notify, to, String::new())
        }
    }
}

/// A notification URI without the serialisation that may stand behind it
/// (TS-0004 clause 7.5.1.2.2, step 2.5).
pub(super) fn plain(uri: &str) -> &str {
    match uri.rsplit_once("?ct=") {
        Some((front, _)) => front,
        None => uri,
    }
}
