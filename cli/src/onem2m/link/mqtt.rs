//! MQTT (TS-0010): one connection to a broker, by which requests go out and come in.

use super::{Binding, Host, Open, Origin, refusal};
use crate::onem2m::uri::Uri;
use crate::transport::Trust;
use m2m_base::UnixTime;
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::mqtt::{Recent, Subscriber, Topic, TopicKind, level};
use onem2m_core::binding::{self, Primitive, check_expiry};
use onem2m_core::cse::Session;
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use rumqttc::{
    AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS, TlsConfiguration, TlsError,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;

const QOS: QoS = QoS::AtLeastOnce;
/// How often a silent broker is asked for a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long to wait before a broker that is gone is tried again.
const AGAIN: Duration = Duration::from_secs(1);
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
    events: EventLoop,
    host: Rc<dyn Host>,
    asker: Rc<Asker>,
    filters: Vec<String>,
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
        let mut options = MqttOptions::new(who.client_id(), broker.host.clone(), broker.port);
        options.set_keep_alive(KEEP_ALIVE);
        if let Some(trust) = trust {
            let tls = TlsConfiguration::Rustls(trust.config());
            options.set_transport(rumqttc::Transport::tls_with_config(tls));
        }
        // What comes while nobody is there would be expired, or asked again, anyway.
        options.set_clean_session(true);
        // A longer message would end the connection, for all others too.
        let longest = host.longest().saturating_mul(2).max(16 << 20);
        options.set_max_packet_size(longest, longest);
        let (client, events) = AsyncClient::new(options, WAITING);
        let asker = Rc::new(Asker { client, asked: RefCell::default() });
        let filters = who.filters();
        (Node { events, host, asker: asker.clone(), filters, recent: Recent::default() }, asker)
    }

    /// Serves for ever; tells when the connection is there and when it breaks.
    pub(crate) async fn run(mut self, mut tell: impl FnMut(Change)) {
        let mut open = None;
        let mut confirmed = 0;
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    open = Some(Open::new(&self.host, Binding::Mqtt));
                    confirmed = 0;
                    let client = self.asker.client.clone();
                    let filters = self.filters.clone();
                    tokio::task::spawn_local(async move {
                        for filter in filters {
                            // If the connection breaks, all is said again on the next.
                            let _ = client.subscribe(filter, QOS).await;
                        }
                    });
                }
                Ok(Event::Incoming(Packet::SubAck(_))) => {
                    confirmed += 1;
                    if confirmed == self.filters.len() {
                        tell(Change::Up);
                    }
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => self.take(&publish),
                Ok(_) => {}
                Err(error) => {
                    drop(open.take());
                    self.asker.asked.borrow_mut().clear();
                    tell(Change::Down(words(&error)));
                    tokio::time::sleep(AGAIN).await;
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

fn words(error: &rumqttc::ConnectionError) -> String {
    use rumqttc::ConnectionError;
    match error {
        ConnectionError::Io(error) => crate::failure::reason(error),
        ConnectionError::Tls(TlsError::Io(error)) => crate::failure::reason(error),
        ConnectionError::Tls(error) => format!("no TLS: {error}"),
        ConnectionError::NetworkTimeout => "it does not answer".to_owned(),
        ConnectionError::ConnectionRefused(code) => format!("it refuses the connection: {code:?}"),
        other => other.to_string(),
    }
}
