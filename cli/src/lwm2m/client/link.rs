//! The way to a server: found when the engine asks for it, and found anew when it is lost.

use super::args::{SUPPORTED, is_supported};
use super::plan::Plan;
use crate::broker::Login;
use crate::coap::resolve;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::lwm2m::common::Place;
use crate::transport::{
    BrokerPlace, Expected, Matching, Own, Psk, Scheme, Target, Trust, authorities,
};
use lwm2m_core::client::Client;
use lwm2m_core::mqtt::Interface;
use lwm2m_core::{Path, Value};
use m2m_base::{Instant, PeerId};
use rustls::pki_types::CertificateDer;
use std::net::SocketAddr;

/// The way to one server.
#[derive(Debug)]
pub(super) struct Link {
    /// Short Server ID, 0 of the bootstrap server.
    pub(super) server: u16,
    pub(super) uri: String,
    target: Target,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) peer: PeerId,
    /// How many addresses were tried in vain.
    pub(super) tried: usize,
    /// Since when it is asked for something without an answer.
    pub(super) asking_since: Option<Instant>,
    /// The user knows that there is no answer.
    pub(super) told_silence: bool,
}

/// Security Mode, resource 2 of the Security object.
const CERTIFICATE: u64 = 2;
/// The MQTT Server object.
const MQTT_SERVER: u16 = 24;
/// How long a connection may take to be made: nothing else is done meanwhile.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

async fn dial(
    driver: &mut Driver<Client>,
    spare: Option<PeerId>,
    target: &Target,
    address: SocketAddr,
) -> Result<PeerId, Failure> {
    let dialed = tokio::time::timeout(PATIENCE, driver.dial(spare, target, address)).await;
    dialed.unwrap_or_else(|_| Err(Failure::new(format!("no answer from {address}"))))
}

/// What the Security object says of a server (LwM2M Core 1.1 section E.1).
struct Access<'a> {
    client: &'a Client,
    security: u16,
}

impl Access<'_> {
    fn at(&self, id: u16) -> Option<Value<'_>> {
        self.client.get(Path::resource(0, self.security, id))
    }

    fn uri(&self) -> Result<String, Failure> {
        match self.at(0) {
            Some(Value::String(uri)) => Ok(uri.to_string()),
            _ => Err(Failure::new(format!("/0/{}/0 is no URI", self.security))),
        }
    }

    fn bytes(&self, id: u16) -> Vec<u8> {
        match self.at(id) {
            Some(Value::Opaque(data)) => data.bytes().collect(),
            _ => Vec::new(),
        }
    }

    fn number(&self, id: u16) -> Option<u64> {
        match self.at(id) {
            Some(Value::Unsigned(number)) => Some(number),
            Some(Value::Integer(number)) => u64::try_from(number).ok(),
            _ => None,
        }
    }

    /// Mode 0: a pre-shared key.
    fn psk(&self) -> Option<Psk> {
        let is_psk = self.number(2) == Some(0);
        is_psk.then(|| Psk { identity: self.bytes(3), key: self.bytes(5) })
    }

    /// The server's name in its certificate, if it is not the host of its URI.
    fn name(&self) -> Option<String> {
        match self.at(14) {
            Some(Value::String(name)) if name.bytes().next().is_some() => Some(name.to_string()),
            _ => None,
        }
    }

    /// Mode 2: certificates. `ca` is whom the device trusts by itself.
    fn trust(&self, ca: Option<&std::path::Path>) -> Result<Trust, Failure> {
        let (certificate, key, server) = (self.bytes(3), self.bytes(5), self.bytes(4));
        let own = (!certificate.is_empty()).then(|| Own::new(certificate, key));
        let matching = Matching::numbered(self.number(13).unwrap_or(0));
        let matching = matching.ok_or_else(|| self.unfit("Matching Type"))?;
        let anchor = || match matching {
            Matching::Exact => Ok(vec![CertificateDer::from(server.clone())]),
            _ => Err(self.unfit("a hash instead of an authority")),
        };
        let expected = match self.number(15).unwrap_or(DOMAIN_ISSUED) {
            _ if server.is_empty() => Expected::of(authorities(ca)?)?,
            CA_CONSTRAINT => Expected::of(anchor()?)?.and_of(authorities(ca)?)?,
            SERVICE_CONSTRAINT => Expected::one(matching, server).and_of(authorities(ca)?)?,
            TRUST_ANCHOR => Expected::of(anchor()?)?,
            DOMAIN_ISSUED => Expected::one(matching, server),
            _ => return Err(self.unfit("Certificate Usage")),
        };
        Trust::of(expected, own.as_ref())
    }

    /// The instance of the MQTT Server object with what the broker is told.
    fn mqtt(&self) -> Option<u16> {
        match self.at(26) {
            Some(Value::ObjectLink(link)) if link.object == MQTT_SERVER => Some(link.instance),
            _ => None,
        }
    }

    /// User and password of that.
    fn login(&self) -> Result<Option<Login>, Failure> {
        let Some(instance) = self.mqtt() else { return Ok(None) };
        let at = |id| self.client.get(Path::resource(MQTT_SERVER, instance, id));
        let Some(Value::String(user)) = at(7) else { return Ok(None) };
        let password = match at(8) {
            Some(Value::Opaque(data)) => data.bytes().collect(),
            _ => Vec::new(),
        };
        let password = String::from_utf8(password).map_err(|_| {
            Failure::new(format!("/{MQTT_SERVER}/{instance}/8 is of no use here: it is no text"))
        })?;
        Ok(Some(Login { user: user.to_string(), password }))
    }

    /// The seconds after which it gives a silent broker a sign of life.
    fn keep_alive(&self) -> Option<std::time::Duration> {
        let path = Path::resource(MQTT_SERVER, self.mqtt()?, 5);
        match self.client.get(path) {
            Some(Value::Unsigned(seconds @ 1..)) => Some(std::time::Duration::from_secs(seconds)),
            _ => None,
        }
    }

    fn unfit(&self, what: &str) -> Failure {
        Failure::new(format!("/0/{}: {what} is of no use here", self.security))
    }
}

/// Certificate Usage, resource 15 of the Security object (RFC 6698 section 2.1.1).
const CA_CONSTRAINT: u64 = 0;
const SERVICE_CONSTRAINT: u64 = 1;
const TRUST_ANCHOR: u64 = 2;
const DOMAIN_ISSUED: u64 = 3;

/// The topic of a server that is reached by a broker.
fn broker(
    access: &Access<'_>,
    plan: &Plan,
    server: u16,
    uri: &str,
    place: &Place,
    trust: Option<Trust>,
) -> Result<BrokerPlace, Failure> {
    // What the user gave is not in the objects: servers may read them.
    let given = plan.servers.iter().find(|known| known.uri == uri);
    let login = given.and_then(|known| known.login.clone()).or_else(|| place.login.clone());
    Ok(BrokerPlace {
        host: place.uri.host.clone(),
        port: place.uri.port,
        prefix: place.prefix(),
        interface: if server == 0 { Interface::Bootstrap } else { Interface::Registration },
        endpoint: plan.endpoint.clone(),
        login: match login {
            Some(login) => Some(login),
            None => access.login()?,
        },
        keep_alive: access.keep_alive(),
        trust,
    })
}

impl Link {
    /// Finds the way to a server. `spare` is the number of a socket that is not needed any more.
    pub(super) async fn open(
        driver: &mut Driver<Client>,
        plan: &Plan,
        server: u16,
        security: u16,
        spare: Option<PeerId>,
    ) -> Result<Link, Failure> {
        let access = Access { client: &driver.engine, security };
        let (text, psk) = (access.uri()?, access.psk());
        let place = Place::parse(&text)
            .map_err(|words| Failure::new(format!("cannot go to {text}: {words}")))?;
        let uri = place.uri.clone();
        if !is_supported(uri.scheme) {
            let words = format!("cannot go to {text}: its scheme is none of {SUPPORTED}");
            return Err(Failure::new(words));
        }
        let certified = access.number(2) == Some(CERTIFICATE);
        let trust = match uri.scheme {
            Scheme::Coaps if psk.is_none() && !certified => {
                let words = "it takes a pre-shared key, or certificates";
                return Err(Failure::new(format!("cannot go to {text}: {words}")));
            }
            Scheme::Coaps if psk.is_some() => None,
            scheme if scheme.is_tls() || scheme == Scheme::Coaps => {
                Some(access.trust(plan.ca.as_deref())?)
            }
            _ => None,
        };
        let broker = match uri.scheme.is_mqtt() {
            true => Some(broker(&access, plan, server, &text, &place, trust.clone())?),
            false => None,
        };
        let name = access.name().filter(|_| trust.is_some());
        let addresses = match plan.addresses.get(&text) {
            Some(known) => known.clone(),
            None => resolve(&uri.host, uri.port).await?,
        };
        let (authority, scheme) = (uri.authority(), uri.scheme);
        let host = name.unwrap_or(uri.host);
        let target = Target { scheme: uri.scheme, host, authority, psk, trust, place: broker };
        let first = addresses.first().copied();
        let first = first.ok_or_else(|| Failure::new("the server has no address"))?;
        // Datagrams tell later whether somebody listens there.
        let mut dialed = dial(driver, spare, &target, first).await;
        for address in addresses.iter().skip(1).filter(|_| !scheme.is_datagram()) {
            if dialed.is_ok() {
                break;
            }
            dialed = dial(driver, None, &target, *address).await;
        }
        let peer = dialed?;
        Ok(Link {
            server,
            uri: if uri.scheme.is_mqtt() { place.shown() } else { text },
            target,
            addresses,
            peer,
            tried: 0,
            asking_since: None,
            told_silence: false,
        })
    }

    /// Goes to the next address of the server. True if all were tried.
    pub(super) async fn next_address(
        &mut self,
        driver: &mut Driver<Client>,
    ) -> Result<bool, Failure> {
        self.tried += 1;
        let at = self.tried % self.addresses.len().max(1);
        if let Some(address) = self.addresses.get(at).copied() {
            self.peer = driver.dial(Some(self.peer), &self.target, address).await?;
        }
        Ok(self.tried >= self.addresses.len())
    }

    /// Something was heard of the server.
    pub(super) fn answered(&mut self) {
        self.asking_since = None;
        self.tried = 0;
    }
}
