//! The sockets of a server: where devices come in, and where its API is.

use super::place::Place;
use super::running::{Shared, Site};
use crate::failure::{Failure, USAGE};
use crate::output::{Output, Report};
use crate::transport::{BrokerPlace, Identity, Keyring, Scheme, Transport, Trust};
use crate::web::{Guard, Route, Service, listen};
use clap::{ArgGroup, Args};
use coap_core::Streams;
use lwm2m_core::mqtt::Interface;
use m2m_base::Duration;
use serde_json::Value as Json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use tokio::net::TcpListener;
use tokio::task::spawn_local;
use tokio_rustls::TlsAcceptor;

/// Connections of TCP and TLS at one time.
const MOST_CONNECTIONS: u16 = 16_384;

/// Where to listen.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("devices").args(["coap", "coaps", "tcp", "tls", "mqtt"])
    .required(true).multiple(true)))]
#[command(group(ArgGroup::new("certified").args(["coaps", "tls"]).multiple(true)))]
#[command(group(ArgGroup::new("api").args(["http", "https"]).multiple(true)))]
pub(crate) struct Doors {
    /// Address and UDP port to listen on for CoAP; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    coap: Option<SocketAddr>,
    /// The same with DTLS: pre-shared keys, and certificates with --tls-client-ca
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    coaps: Option<SocketAddr>,
    /// Address and port for CoAP over TCP (RFC 8323)
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    tcp: Option<SocketAddr>,
    /// The same over TLS
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address,
        requires_all = ["tls_cert", "tls_key"])]
    tls: Option<SocketAddr>,
    /// The broker whose devices to serve over MQTT (LwM2M 1.2); it has to see to it that each publishes to
    /// its own topic only. It may come and go
    #[arg(long, value_name = "mqtt[s]://[USER[:PASSWORD]@]HOST[:PORT][/PREFIX]",
        value_parser = broker)]
    mqtt: Option<Place>,
    /// Authorities to trust for an mqtts broker, PEM [default: those of this system]
    #[arg(long, value_name = "FILE", requires = "mqtt")]
    mqtt_ca: Option<PathBuf>,
    /// Own certificate for that broker, PEM
    #[arg(long, value_name = "FILE", requires_all = ["mqtt", "mqtt_key"])]
    mqtt_cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires_all = ["mqtt", "mqtt_cert"])]
    mqtt_key: Option<PathBuf>,
    /// Own certificate for --tls, and for --coaps with --tls-client-ca, PEM
    #[arg(long, value_name = "FILE", requires_all = ["certified", "tls_key"])]
    tls_cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires_all = ["certified", "tls_cert"])]
    tls_key: Option<PathBuf>,
    /// Authorities, PEM: clients of --tls, and those of --coaps without a pre-shared key, have to have
    /// a certificate of theirs, which says which endpoint they are (or a credential does)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
    /// Address and port of the API. One that others can reach takes a token
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_http)]
    pub(crate) http: Option<SocketAddr>,
    /// The same over TLS
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_http,
        requires_all = ["https_cert", "https_key"])]
    pub(crate) https: Option<SocketAddr>,
    /// Own certificate for --https, PEM
    #[arg(long, value_name = "FILE", requires = "https")]
    https_cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "https")]
    https_key: Option<PathBuf>,
    /// What requests of the API have to bring (Authorization: Bearer TOKEN); better given in the
    /// environment, as M2M_TOKEN, where other users do not see it
    #[arg(long, value_name = "TOKEN", requires = "api")]
    token: Option<String>,
}

pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it takes an IP address and a port, such as 127.0.0.1:5683 or [::]:5683".to_owned()
    })
}

fn broker(text: &str) -> Result<Place, String> {
    let wrong =
        || "it takes a URI such as mqtt://127.0.0.1:1883 or mqtts://broker/prefix".to_owned();
    match Place::parse(text) {
        Ok(place) if place.uri.scheme.is_mqtt() => Ok(place),
        Ok(_) => Err(wrong()),
        Err(words) if text.starts_with("mqtt") => Err(words),
        Err(_) => Err(wrong()),
    }
}

fn listen_http(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it takes an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned()
    })
}

/// The API's sockets.
type Desk = (&'static str, TcpListener, SocketAddr, Option<TlsAcceptor>);

/// Who may ask, and who the server says it is: to devices, and to those who ask.
pub(crate) struct Ready {
    guard: Option<Guard>,
    identity: Option<Identity>,
    secure: Option<Identity>,
    /// For the broker, if that is over TLS.
    trust: Option<Trust>,
}

/// Sockets that are bound.
pub(crate) struct Open {
    pub(crate) transport: Transport,
    listening: Vec<(&'static str, SocketAddr)>,
    desks: Vec<Desk>,
    guard: Option<Guard>,
}

/// An API: what it is called, its table, its schemas.
pub(crate) struct Api<C: Shared> {
    pub(crate) title: &'static str,
    pub(crate) routes: &'static [Route<Site<C>>],
    pub(crate) schemas: fn() -> Json,
}

impl Doors {
    /// The broker, for people.
    pub(crate) fn broker(&self) -> Option<String> {
        self.mqtt.as_ref().map(Place::shown)
    }

    /// There is an API.
    pub(crate) const fn has_api(&self) -> bool {
        self.http.is_some() || self.https.is_some()
    }

    /// What the engine has for connections. One whose other end has vanished, behind a link that is
    /// gone or a NAT that forgot it, shows by a ping that nobody answers.
    pub(crate) fn streams(&self) -> Streams {
        let any = self.tcp.is_some() || self.tls.is_some();
        Streams {
            connections: if any { MOST_CONNECTIONS } else { 0 },
            message_size: 2048 + 256,
            keepalive: Some(Duration::from_secs(30 * 60)),
            pong_timeout: Duration::from_secs(60),
            ..Streams::default()
        }
    }

    /// Reads what can be wrong before anything is opened.
    ///
    /// # Errors
    /// Others can reach the API, and there is no token; a file of a certificate is of no use.
    pub(crate) fn prepare(&self) -> Result<Ready, Failure> {
        let mut guard = None;
        for (option, address) in [("--http", self.http), ("--https", self.https)] {
            let Some(address) = address else { continue };
            guard = Some(Guard::new(option, address, self.token.as_deref())?);
        }
        let identity = match (&self.tls_cert, &self.tls_key, &self.tls_client_ca) {
            (Some(cert), Some(key), Some(ca)) => Some(Identity::load_with_clients(cert, key, ca)?),
            (Some(_), Some(_), None) if self.tls.is_none() => {
                let words = "--coaps takes certificates with --tls-client-ca only: who comes by DTLS \
                             shows who it is";
                return Err(Failure::new(words).exits(USAGE));
            }
            (Some(cert), Some(key), None) => Some(Identity::load(cert, key)?),
            _ => None,
        };
        let secure = match (&self.https_cert, &self.https_key) {
            (Some(cert), Some(key)) => Some(Identity::load(cert, key)?),
            _ => None,
        };
        let trust = match &self.mqtt {
            Some(place) if place.uri.scheme.is_tls() => {
                let own = self.mqtt_cert.as_deref().zip(self.mqtt_key.as_deref());
                Some(Trust::load(self.mqtt_ca.as_deref(), own)?)
            }
            Some(_) if self.mqtt_ca.is_some() || self.mqtt_cert.is_some() => {
                let words = "--mqtt-ca and --mqtt-cert need --mqtt mqtts://HOST";
                return Err(Failure::new(words).exits(USAGE));
            }
            _ => None,
        };
        Ok(Ready { guard, identity, secure, trust })
    }

    /// Binds all sockets. `keys` are for DTLS, `interface` is what a broker is for.
    pub(crate) async fn open(
        &self,
        interface: Interface,
        keys: &Keyring,
        ready: Ready,
    ) -> Result<Open, Failure> {
        let Ready { guard, identity, secure, trust } = ready;
        let mut transport = Transport::new();
        if self.tcp.is_some() || self.tls.is_some() {
            transport.allow_connections(MOST_CONNECTIONS.into());
        }
        let mut listening = Vec::new();
        for (scheme, address) in [
            (Scheme::Coap, self.coap),
            (Scheme::Coaps, self.coaps),
            (Scheme::CoapTcp, self.tcp),
            (Scheme::CoapsTcp, self.tls),
        ] {
            let Some(address) = address else { continue };
            // Who comes by DTLS shows who it is. A certificate that is for --tls may be of a kind that
            // DTLS has not.
            let fits = |identity: &&Identity| {
                scheme != Scheme::Coaps
                    || identity.asks_clients() && (self.tls.is_none() || identity.fits_dtls())
            };
            let identity = identity.as_ref().filter(fits);
            let bound = transport.listen(scheme, address, keys, identity).await?;
            listening.push((scheme.name(), bound));
        }
        transport.enlarge_buffers();
        if let Some(place) = &self.mqtt {
            let (host, port) = (place.uri.host.clone(), place.uri.port);
            // It may have no address yet, as it may not be there yet.
            let found = crate::coap::resolve(&host, port).await.ok();
            let address = found.and_then(|all| all.first().copied());
            let at = BrokerPlace {
                host,
                port,
                prefix: place.prefix(),
                interface,
                endpoint: String::new(),
                login: place.login.clone(),
                keep_alive: None,
                trust,
            };
            transport.serve_broker(&at, address.unwrap_or_else(|| ([0, 0, 0, 0], port).into()));
        }
        let mut desks = Vec::new();
        let acceptor = secure.map(|identity| identity.http_acceptor());
        for (scheme, address, tls) in [("http", self.http, None), ("https", self.https, acceptor)] {
            let Some(address) = address else { continue };
            let (listener, bound) = listen::bind(address).await?;
            desks.push((scheme, listener, bound, tls));
        }
        Ok(Open { transport, listening, desks, guard })
    }
}

impl Open {
    /// The sockets for devices.
    pub(crate) fn take_transport(&mut self) -> Transport {
        std::mem::take(&mut self.transport)
    }

    /// Serves the API from now on, and tells where everything is.
    pub(crate) fn serve<C: Shared>(self, site: Site<C>, api: &Api<C>, out: &Output) {
        for (scheme, address) in &self.listening {
            listens(out, scheme, *address);
        }
        let Some(guard) = self.guard else { return };
        let service = Rc::new(Service {
            title: api.title,
            routes: api.routes,
            schemas: api.schemas,
            tally: site.tally.clone(),
            state: Rc::new(site),
            guard,
        });
        for (scheme, listener, address, tls) in self.desks {
            let service = service.clone();
            spawn_local(listen::accept(listener, move |stream, _| {
                let (service, tls) = (service.clone(), tls.clone());
                spawn_local(async move {
                    match tls {
                        None => service.serve(stream).await,
                        Some(tls) => {
                            if let Some(stream) = listen::secure(&tls, stream).await {
                                service.serve(stream).await;
                            }
                        }
                    }
                });
            }));
            listens(out, scheme, address);
        }
    }
}

fn listens(out: &Output, scheme: &str, address: SocketAddr) {
    let uri = format!("{scheme}://{address}");
    let report = Report::new("listening", "").says("server", "listens", format!("on {uri}"));
    let report = if scheme == "coap" { report.with("coap", address.to_string()) } else { report };
    out.tell(&report.with("uri", uri));
}
