//! Requests of an endpoint of ours to a peer's server, one after the other.

use crate::app::endpoint;
use crate::driver::{Drive, Driver, peer_of};
use coap_core::{
    Cancel, Code, ContentFormat, Endpoint, Event, OptionNumber, OptionWriter, Outcome, Parameters,
    Request, RequestId,
};
use m2m_base::PeerId;
use std::net::SocketAddr;
use std::time::Duration;

/// An answer, copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Its code.
    pub code: Code,
    /// Its Content-Format.
    pub format: Option<ContentFormat>,
    /// The Observe option.
    pub observe: Option<u32>,
    /// Its body.
    pub payload: Vec<u8>,
}

/// An endpoint that asks one server.
pub struct Asker<D = Driver<Endpoint>> {
    /// The endpoint on its socket.
    pub driver: D,
    server: PeerId,
    /// With Q-Block options (RFC 9177).
    pub q_block: bool,
}

impl Asker {
    /// An endpoint with default parameters, save that it waits one second for an acknowledgement
    /// instead of two.
    #[must_use]
    pub fn new(server: SocketAddr) -> Asker {
        let parameters =
            Parameters { ack_timeout: m2m_base::Duration::from_secs(1), ..Parameters::default() };
        Asker::over(Driver::new(endpoint(2, parameters)), peer_of(server))
    }
}

impl<D: Drive<Engine = Endpoint>> Asker<D> {
    /// An endpoint that is driven already, and the peer it asks.
    pub fn over(driver: D, server: PeerId) -> Asker<D> {
        Asker { driver, server, q_block: false }
    }

    /// Starts a request.
    ///
    /// # Panics
    /// If the endpoint refuses it.
    pub fn start(
        &mut self,
        method: Code,
        target: &str,
        payload: &[u8],
        confirmable: bool,
        observe: bool,
    ) -> RequestId {
        let mut room = [0; 200];
        let mut options = OptionWriter::new(&mut room);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        options.path(path).expect("room");
        if !query.is_empty() {
            options.query(query).expect("room");
        }
        if !payload.is_empty() {
            options.content_format(ContentFormat::OCTET_STREAM).expect("room");
        }
        let options = options.options();
        let q_block = self.q_block;
        let request =
            Request { confirmable, options, payload, observe, q_block, ..Request::new(method) };
        let now = self.driver.now();
        self.driver.engine().request(now, self.server, &request).expect("a request")
    }

    /// Waits for the answer to a request.
    ///
    /// # Panics
    /// If it ends in any other way.
    pub fn finish(&mut self, id: RequestId) -> Answer {
        self.driver.wait("an answer", |engine, event| match *event {
            Event::Done { id: of, outcome } if of == id => {
                assert_eq!(outcome, Outcome::Response);
                Some(answer(engine, id))
            }
            _ => None,
        })
    }

    /// Sends a confirmable request and waits for its answer.
    pub fn ask(&mut self, method: Code, target: &str, payload: &[u8]) -> Answer {
        let id = self.start(method, target, payload, true, false);
        self.finish(id)
    }

    /// Sends a non-confirmable request and waits for its answer.
    pub fn ask_non(&mut self, method: Code, target: &str, payload: &[u8]) -> Answer {
        let id = self.start(method, target, payload, false, false);
        self.finish(id)
    }

    /// Waits for the next state of an observation.
    ///
    /// # Panics
    /// If the observation ends instead.
    pub fn notification(&mut self, id: RequestId) -> Answer {
        self.driver.wait("a notification", |engine, event| match *event {
            Event::Notification { id: of } if of == id => Some(answer(engine, id)),
            Event::Done { id: of, outcome } if of == id => {
                panic!("the observation ended: {outcome:?} {:?}", engine.response(id))
            }
            _ => None,
        })
    }

    /// Ends an observation and waits for the word that it is over.
    ///
    /// # Panics
    /// If that does not come.
    pub fn cancel(&mut self, id: RequestId, how: Cancel) {
        let now = self.driver.now();
        self.driver.engine().cancel(now, id, how).expect("an observation");
        self.driver.wait("the end of the observation", |_, event| match *event {
            Event::Done { id: of, outcome } if of == id => {
                let expected = match how {
                    Cancel::Forget => Outcome::Cancelled,
                    Cancel::Deregister => Outcome::Response,
                };
                assert_eq!(outcome, expected);
                Some(())
            }
            _ => None,
        });
        self.driver.engine().release(id);
    }

    /// Does nothing but what the endpoint does by itself.
    pub fn rest(&mut self, wait: Duration) -> Vec<Event> {
        self.driver.rest(wait)
    }
}

fn answer(engine: &mut Endpoint, id: RequestId) -> Answer {
    let content = engine.response(id).expect("announced");
    let answer = Answer {
        code: content.code,
        format: content.options.content_format(),
        observe: content.options.uint(OptionNumber::OBSERVE),
        payload: content.payload.to_vec(),
    };
    engine.release(id);
    answer
}
