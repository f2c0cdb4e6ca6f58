//! A connection to an MQTT broker that is kept up: what all who speak over MQTT have in common.

use crate::failure::reason;
use crate::transport::Trust;
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, Publish, QoS, StateError,
    SubscribeFilter, SubscribeReasonCode, TlsConfiguration, TlsError,
};
use std::fmt;
use std::time::Duration;

/// How messages go: each arrives, now and then twice.
pub(crate) const QOS: QoS = QoS::AtLeastOnce;
/// How often a silent broker is asked for a sign of life.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long to wait before a broker that is gone is tried again, at first and at most.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_AT_MOST: Duration = Duration::from_secs(8);
/// Longest message that is taken, if nobody says more: one that is longer ends the connection, for all
/// who speak over it.
const LONGEST: usize = 16 << 20;

/// Who somebody is for a broker.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for Login {
    /// The password stays out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.user)
    }
}

/// Where a broker is, and who comes to it.
#[derive(Debug)]
pub(crate) struct Broker<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// The name that no other connection has: the broker closes the older of two.
    pub(crate) client_id: String,
    pub(crate) login: Option<&'a Login>,
    /// Over TLS, if there is somebody to trust.
    pub(crate) trust: Option<&'a Trust>,
    pub(crate) keep_alive: Duration,
    /// Longest message, in bytes.
    pub(crate) longest: usize,
    /// Messages that wait to be sent, beyond those that wait for an acknowledgement.
    pub(crate) waiting: usize,
}

/// What a connection brings.
#[derive(Debug)]
pub(crate) enum News {
    /// The broker has taken the connection.
    Connected,
    /// All that was subscribed comes from now on.
    Up,
    Message(Publish),
    /// It is broken, and why. It is tried again.
    Down(String),
}

/// The connection.
pub(crate) struct Connection {
    events: EventLoop,
    client: AsyncClient,
    filters: Vec<String>,
    /// How long to wait before it is tried again; nothing while it is there.
    pause: Option<Duration>,
}

impl Connection {
    /// Prepares one; and what publishes by it.
    pub(crate) fn new(broker: &Broker<'_>, filters: Vec<String>) -> (Connection, AsyncClient) {
        let mut options = MqttOptions::new(&broker.client_id, broker.host, broker.port);
        options.set_keep_alive(broker.keep_alive);
        if let Some(Login { user, password }) = broker.login {
            options.set_credentials(user, password);
        }
        if let Some(trust) = broker.trust {
            let tls = TlsConfiguration::Rustls(trust.config());
            options.set_transport(rumqttc::Transport::tls_with_config(tls));
        }
        // What comes while nobody is there would be expired, or asked again, anyway.
        options.set_clean_session(true);
        let longest = broker.longest.max(LONGEST);
        options.set_max_packet_size(longest, longest);
        let (client, events) = AsyncClient::new(options, broker.waiting);
        (Connection { events, client: client.clone(), filters, pause: None }, client)
    }

    /// What comes next. To be asked again and again: that is what keeps the connection up.
    pub(crate) async fn next(&mut self) -> News {
        if let Some(pause) = self.pause {
            tokio::time::sleep(pause).await;
        }
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    self.pause = None;
                    let client = self.client.clone();
                    let all =
                        self.filters.iter().map(|filter| SubscribeFilter::new(filter.clone(), QOS));
                    let all: Vec<SubscribeFilter> = all.collect();
                    // Apart, because there may be no room before this is asked again.
                    tokio::spawn(async move {
                        // If the connection breaks, all is said again on the next.
                        let _ = client.subscribe_many(all).await;
                    });
                    return News::Connected;
                }
                Ok(Event::Incoming(Packet::SubAck(ack))) => {
                    if ack.return_codes.contains(&SubscribeReasonCode::Failure) {
                        return News::Down("it refuses the subscription".to_owned());
                    }
                    return News::Up;
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => return News::Message(publish),
                Ok(_) => {}
                Err(error) => {
                    let next = self.pause.map_or(AGAIN, |pause| pause.saturating_mul(2));
                    self.pause = Some(next.min(AGAIN_AT_MOST));
                    return News::Down(words(&error));
                }
            }
        }
    }
}

fn words(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Io(error) => reason(error),
        ConnectionError::Tls(TlsError::Io(error)) => reason(error),
        ConnectionError::Tls(error) => format!("no TLS: {error}"),
        ConnectionError::NetworkTimeout => "it does not answer".to_owned(),
        ConnectionError::MqttState(StateError::Io(error)) => reason(error),
        ConnectionError::MqttState(StateError::ConnectionAborted) => {
            "it closed the connection".to_owned()
        }
        ConnectionError::MqttState(StateError::AwaitPingResp) => {
            "it does not answer any more".to_owned()
        }
        ConnectionError::ConnectionRefused(code) => format!("it refuses the connection: {code:?}"),
        other => other.to_string(),
    }
}
