//! MQTT (TS-0010): one connection to a broker, by which requests go out and come in.

use super::{Binding, Host, Open, Origin, refusal};
use crate::broker::{Broker, Connection, KEEP_ALIVE, News, QOS};
use crate::onem2m::uri::Uri;
use crate::transport::Trust;
use m2m_base::UnixTime;
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::mqtt::{Recent, Subscriber, Topic, TopicKind, level};
use onem2m_core::binding::{self, Primitive, check_expiry};
use onem2m_core::cse::Session;
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use rumqttc::{AsyncClient, Publish};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::SystemTime;
use tokio::sync::oneshot;

/// Messages that wait to be sent, beyond those that wait for an acknowledgement.
const WAITING: usize = 256;

/// Who is at this end of the connection.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// A CSE, by its CSE-ID.
    Cse(String),
    /// An AE, which may yet have to register; by its AE-ID.
    Ae(String),
}

impl Who {
    fn client_id(&self) -> String {
        match self {
            Who::Cse(id) => Subscriber::Cse(id).client_id(),
            // Several commands may be the same AE at one time; the broker tells them apart.
            Who::Ae(id) => format!("{}:{}", Subscriber::Ae(id).client_id(), std::process::id()),
        }
    }

    fn filters(&self) -> Vec<String> {
        match self {
            Who::Cse(id) => Subscriber::Cse(id).filters("").collect(),
            Who::Ae(id) => {
                let both = [Subscriber::Ae(id), Subscriber::Unregistered(id)];
                both.iter().flat_map(|who| who.filters("").collect::<Vec<_>>()).collect()
            }
        }
    }
}

/// Asks by the broker.
pub(crate) struct Asker {
    client: AsyncClient,
    asked: RefCell<BTreeMap<String, oneshot::Sender<Response>>>,
}

impl Asker {
    /// Publishes a request from one entity to another, and waits for the response. The error is
    /// in words.
    pub(crate) async fn ask(
        &self,
        from: &str,
        to: &str,
        request: &Request,
        serialization: Serialization,
    ) -> Result<Response, String> {
        let kind = TopicKind::of_request(request);
        let (originator, receiver) = (level(from), level(to));
        let topic = Topic { kind, originator: &originator, receiver: &receiver, serialization };
        let payload =
            binding::write_request(request, serialization).map_err(|error| error.to_string())?;
        let (sender, answer) = oneshot::channel();
        let key = request.request_identifier.clone();
        self.asked.borrow_mut().insert(key, sender);
        self.client
            .publish(topic.name("").to_string(), QOS, false, payload)
            .await
            .map_err(|_| "the connection to the broker is closed".to_owned())?;
        answer.await.map_err(|_| "the connection to the broker was closed".to_owned())
    }

    /// Forgets a request that nobody waits for any more.
    pub(crate) fn forget(&self, request_identifier: &str) {
        self.asked.borrow_mut().remove(request_identifier);
    }

    /// Ends the connection.
    pub(crate) async fn close(&self) {
        // It may be closed already.
        let _ = self.client.disconnect().await;
    }
}

/// What happened to the connection.
pub(crate) enum Change {
    /// Requests come from now on.
    Up,
    /// It is broken, and why. It is tried again.
    Down(String),
}

/// The connection, and who serves what comes in.
pub(crate) struct Node {
    connection: Connection,
    host: Rc<dyn Host>,
    asker: Rc<Asker>,
    /// Requests that were taken lately; the broker may deliver twice.
    recent: Recent,
}

impl Node {
    /// Prepares a connection to a broker, with TLS if there is somebody to trust.
    pub(crate) fn new(
        broker: &Uri,
        who: &Who,
        host: Rc<dyn Host>,
        trust: Option<&Trust>,
    ) -> (Node, Rc<Asker>) {
        let at = Broker {
            host: &broker.host,
            port: broker.port,
            client_id: who.client_id(),
            login: None,
            trust,
            keep_alive: KEEP_ALIVE,
            longest: host.longest().saturating_mul(2),
            waiting: WAITING,
        };
        let (connection, client) = Connection::new(&at, who.filters());
        let asker = Rc::new(Asker { client, asked: RefCell::default() });
        (Node { connection, host, asker: asker.clone(), recent: Recent::default() }, asker)
    }

    /// Serves for ever; tells when the connection is there and when it breaks.
    pub(crate) async fn run(mut self, mut tell: impl FnMut(Change)) {
        let mut open = None;
        loop {
            match self.connection.next().await {
                News::Connected => open = Some(Open::new(&self.host, Binding::Mqtt)),
                News::Up => tell(Change::Up),
                News::Message(publish) => self.take(&publish),
                News::Down(why) => {
                    drop(open.take());
                    self.asker.asked.borrow_mut().clear();
                    tell(Change::Down(why));
                }
            }
        }
    }

    fn take(&mut self, publish: &Publish) {
        let Ok(topic) = Topic::parse(&publish.topic, "") else {
            return self.host.malformed(Binding::Mqtt);
        };
        let Some(back) = topic.of_response() else { return self.response(publish, &topic) };
        let back = back.name("").to_string();
        let serialization = topic.serialization;
        let client = self.asker.client.clone();
        let reply = move |response: Response| {
            tokio::task::spawn_local(async move {
                let payload = binding::write_response(&response, serialization).or_else(|_| {
                    let status = ResponseStatusCode::InternalServerError;
                    let words = "the response cannot be written";
                    let refusal = refusal(status, &response.request_identifier, words);
                    binding::write_response(&refusal, serialization)
                });
                // If the connection is broken, who asked will ask again.
                let _ = client.publish(back, QOS, false, payload.unwrap_or_default()).await;
            });
        };
        if publish.payload.len() > self.host.longest().saturating_add(64 << 10) {
            self.host.malformed(Binding::Mqtt);
            let words = "the request is too large";
            return reply(refusal(ResponseStatusCode::BadRequest, "", words));
        }
        match binding::read_primitive(&publish.payload, serialization) {
            Ok(Primitive::Request(request)) => {
                if self.recent.note(&topic, &request) && publish.dup {
                    return;
                }
                if let Err(error) = check_expiry(&request, now()) {
                    return reply(error.to_response());
                }
                if !topic.kind.may_carry(&request) {
                    let words = "only registrations go to this topic";
                    let id = &request.request_identifier;
                    return reply(refusal(ResponseStatusCode::BadRequest, id, words));
                }
                let origin = Origin::new(Binding::Mqtt, Session::default(), serialization);
                self.host.request(origin, *request, Box::new(reply));
            }
            Ok(Primitive::Response(_)) => self.host.malformed(Binding::Mqtt),
            Err(error) => {
                self.host.malformed(Binding::Mqtt);
                reply(error.to_response());
            }
        }
    }

    fn response(&self, publish: &Publish, topic: &Topic<'_>) {
        match binding::read_primitive(&publish.payload, topic.serialization) {
            Ok(Primitive::Response(response)) => {
                let asked = self.asker.asked.borrow_mut().remove(&response.request_identifier);
                if let Some(asked) = asked {
                    // Who asked may have given up.
                    let _ = asked.send(*response);
                }
            }
            _ => self.host.malformed(Binding::Mqtt),
        }
    }
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
