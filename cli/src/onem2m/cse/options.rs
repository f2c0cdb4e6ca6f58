//! What a CSE is told: on the command line, or in a file in TOML with the same names.

use super::originators;
use crate::failure::{Failure, USAGE};
use crate::onem2m::link::http_client::Files;
use crate::onem2m::uri::{Scheme, Uri};
use crate::store::Place;
use crate::transport::{Identity, Psk, Trust};
use clap::{Args, ValueEnum};
use m2m_base::Duration;
use onem2m_core::attribute::FlexDefinition;
use onem2m_core::cse::{self, Config, Surroundings};
use onem2m_core::enumeration::CseType;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Longest body of a request if nobody says otherwise.
const BODY: usize = 1 << 20;

/// Which kind of node the CSE is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
pub(crate) enum Kind {
    /// In the infrastructure
    #[value(name = "IN")]
    #[serde(rename = "IN", alias = "in")]
    In,
    /// On a middle node: a gateway
    #[value(name = "MN")]
    #[serde(rename = "MN", alias = "mn")]
    Mn,
    /// On a device with applications of its own
    #[value(name = "ASN")]
    #[serde(rename = "ASN", alias = "asn")]
    Asn,
}

impl Kind {
    const fn short(self) -> &'static str {
        match self {
            Kind::In => "in",
            Kind::Mn => "mn",
            Kind::Asn => "asn",
        }
    }
}

/// An identity and its key: `CThermo:0011223344556677`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Key(Psk);

impl Key {
    fn parse(text: &str) -> Result<Key, String> {
        Psk::parse(text).map(Key)
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Key, String> {
        Key::parse(&text)
    }
}

/// Where a broker is: `mqtt://HOST:PORT` or `mqtts://HOST:PORT`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Broker(pub(crate) Uri);

impl Broker {
    fn parse(text: &str) -> Result<Broker, String> {
        match Uri::parse(text) {
            Ok(uri)
                if matches!(uri.scheme, Scheme::Mqtt | Scheme::Mqtts)
                    && matches!(uri.path.as_str(), "" | "/") =>
            {
                Ok(Broker(uri))
            }
            _ => Err("it takes a URI such as mqtt://127.0.0.1:1883 or mqtts://broker".to_owned()),
        }
    }
}

impl TryFrom<String> for Broker {
    type Error = String;

    fn try_from(text: String) -> Result<Broker, String> {
        Broker::parse(&text)
    }
}

/// Where a registrar is: the URI of a server.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Registrar(String);

impl Registrar {
    fn parse(text: &str) -> Result<Registrar, String> {
        Uri::parse(text).map(|uri| Registrar(uri.to_string()))
    }
}

impl TryFrom<String> for Registrar {
    type Error = String;

    fn try_from(text: String) -> Result<Registrar, String> {
        Registrar::parse(&text)
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it takes an IP address and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned()
    })
}

macro_rules! options {
    ($($(#[$meta:meta])* $name:ident: $ty:ty,)*) => {
        /// All options; absent ones have their default.
        #[derive(Args, Clone, Default, Debug, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub(crate) struct Options {
            $($(#[$meta])* pub(crate) $name: Option<$ty>,)*
        }

        impl Options {
            /// These, and those of `other` where these say nothing.
            fn or(self, other: Options) -> Options {
                Options { $($name: self.$name.or(other.$name),)* }
            }
        }
    };
}

options! {
    /// Address and port for HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    http: SocketAddr,
    /// Address and port for HTTP over TLS; needs --tls-cert and --tls-key
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    https: SocketAddr,
    /// Own certificate, PEM
    #[arg(long, value_name = "FILE")]
    tls_cert: PathBuf,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE")]
    tls_key: PathBuf,
    /// Authorities, PEM: clients of --https and --wss have to have a certificate of theirs, whose names
    /// (subjectAltName) are the originators they may be
    #[arg(long, value_name = "FILE")]
    tls_client_ca: PathBuf,
    /// Address and UDP port for CoAP
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    coap: SocketAddr,
    /// Address and UDP port for CoAP over DTLS 1.2; needs --psk
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    coaps: SocketAddr,
    /// Pre-shared key for coaps: an identity, which is the originator that it is for, and the key in
    /// hexadecimal digits; may be repeated. The one for the own CSE-ID is used with other servers
    #[arg(long, value_name = "ID:HEXKEY", value_parser = Key::parse, num_args = 1, action = clap::ArgAction::Append)]
    psk: Vec<Key>,
    /// The broker to serve MQTT by; mqtts:// is MQTT over TLS
    #[arg(long, value_name = "mqtt://HOST:PORT", value_parser = Broker::parse)]
    mqtt: Broker,
    /// Authorities to trust for an mqtts broker, PEM [default: those of this system]
    #[arg(long, value_name = "FILE")]
    mqtt_ca: PathBuf,
    /// Address and port for WebSocket
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    ws: SocketAddr,
    /// Address and port for WebSocket over TLS; needs --tls-cert and --tls-key
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    wss: SocketAddr,
    /// Kind of CSE [default: IN]
    #[arg(long, value_name = "TYPE", ignore_case = true)]
    cse_type: Kind,
    /// CSE-ID, with its slash [default: /id-in, /id-mn or /id-asn, by the type]
    #[arg(long, value_name = "ID")]
    cse_id: String,
    /// Name of the CSEBase [default: cse-in, cse-mn or cse-asn]
    #[arg(long, value_name = "NAME")]
    cse_name: String,
    /// The service provider's identifier, a domain name [default: m2m.example]
    #[arg(long, value_name = "DOMAIN")]
    sp_id: String,
    /// The originator that may do everything without being registered [default: CAdmin]
    #[arg(long, value_name = "ORIGINATOR")]
    admin: String,
    /// Where resources are kept: a file, which is made if it is not there, or `memory`
    /// [default: a file named after the CSE-ID in $XDG_STATE_HOME/m2m or ~/.local/state/m2m]
    #[arg(long, value_name = "memory|PATH")]
    store: PathBuf,
    /// Where others reach this CSE, a URI; may be repeated [default: the addresses it listens on]
    #[arg(long, value_name = "URI", num_args = 1, action = clap::ArgAction::Append)]
    poa: Vec<String>,
    /// Address and port for metrics of their own; HTTP has them at /metrics in any case
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    metrics: SocketAddr,
    /// Originators that may register an AE, with wildcards [default: C*, S*]
    #[arg(long, value_name = "PATTERN", num_args = 1, action = clap::ArgAction::Append)]
    register: Vec<String>,
    /// Registered AEs may not create accessControlPolicies under the CSEBase [default: false]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    no_base_policies: bool,
    /// Longest body of a request in bytes [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    max_body: usize,
    /// Most resources [default: 100000000]
    #[arg(long, value_name = "NUMBER")]
    max_resources: u32,
    /// Most levels of resources below the CSEBase [default: 32, at most 64]
    #[arg(long, value_name = "NUMBER")]
    max_depth: usize,
    /// Most resources in one result [default: 10000]
    #[arg(long, value_name = "NUMBER")]
    max_results: usize,
    /// Most subscriptions to one resource [default: 100000]
    #[arg(long, value_name = "NUMBER")]
    max_subscriptions: usize,
    /// Longest that a resource may live, in seconds
    #[arg(long, value_name = "SECONDS")]
    max_lifetime: u64,
    /// How long what was accepted for a target that cannot be reached is kept, in seconds
    /// [default: 86400]
    #[arg(long, value_name = "SECONDS")]
    hold: u64,
    /// CSE-ID of the IN-CSE, which gives AE-IDs that begin with S [default: the registrar, if it is one]
    #[arg(long, value_name = "ID")]
    infrastructure: String,
    /// CSEs that may register, with wildcards [default: /*]
    #[arg(long, value_name = "PATTERN", num_args = 1, action = clap::ArgAction::Append)]
    register_cse: Vec<String>,
    /// Definitions of flexContainers, a file in JSON; may be repeated
    #[arg(long, value_name = "FILE", num_args = 1, action = clap::ArgAction::Append)]
    flex: Vec<PathBuf>,
    /// Where originators are and for which users they may speak, for rules of access: a file in JSON
    #[arg(long, value_name = "FILE")]
    originators: PathBuf,
    /// An AE's own attribute `loc` counts as its place for rules of access [default: false]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    trust_location: bool,
    /// The CSE to register with: http(s)://, coap(s)://, mqtt(s):// or ws(s)://
    #[arg(long, value_name = "URL", value_parser = Registrar::parse)]
    registrar: Registrar,
    /// Its CSE-ID [default: /id-in]
    #[arg(long, value_name = "ID")]
    registrar_id: String,
    /// The name of its CSEBase [default: cse-in]
    #[arg(long, value_name = "NAME")]
    registrar_name: String,
}

impl Options {
    /// A CSE for a demonstration: HTTP and CoAP on this machine alone, nothing is kept.
    pub(crate) fn for_demo() -> Options {
        let any = Some(([127, 0, 0, 1], 0).into());
        Options { http: any, coap: any, store: Some("memory".into()), ..Options::default() }
    }

    /// These, and those of a file.
    pub(super) fn with_file(self, file: Option<&Path>) -> Result<Options, Failure> {
        let Some(file) = file else { return Ok(self) };
        let name = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::io(format_args!("cannot read {name}"), &error))?;
        let read: Options = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| {
                text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
            });
            let words = error.message().replace('\n', " ");
            Failure::new(format!("{name}, line {line}: {words}")).exits(USAGE)
        })?;
        Ok(self.or(read))
    }

    /// Refuses what makes no sense together.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let usage = |words: &str| Err(Failure::new(words).exits(USAGE));
        let incomplete = self.tls_cert.is_none() || self.tls_key.is_none();
        if incomplete && self.https.is_some() {
            return usage("--https needs --tls-cert and --tls-key");
        }
        if incomplete && self.wss.is_some() {
            return usage("--wss needs --tls-cert and --tls-key");
        }
        if self.coaps.is_some() && self.psk.as_ref().is_none_or(Vec::is_empty) {
            return usage("--coaps needs --psk ID:HEXKEY");
        }
        let secured = self.mqtt.as_ref().is_some_and(|broker| broker.0.scheme == Scheme::Mqtts);
        if self.mqtt_ca.is_some() && !secured {
            return usage("--mqtt-ca needs --mqtt mqtts://HOST:PORT");
        }
        if self.http.is_none()
            && self.https.is_none()
            && self.coap.is_none()
            && self.coaps.is_none()
            && self.mqtt.is_none()
            && self.ws.is_none()
            && self.wss.is_none()
        {
            return usage("nothing to serve: --http ADDR:PORT is missing (see --help)");
        }
        let named = self.registrar_id.is_some() || self.registrar_name.is_some();
        if named && self.registrar.is_none() {
            return usage("--registrar-id and --registrar-name need --registrar URL");
        }
        if self.max_body == Some(0) {
            return usage("--max-body takes a number of bytes above 0");
        }
        Ok(())
    }

    /// The CSE that they describe.
    pub(super) fn engine(&self) -> Result<Config, Failure> {
        let mut config = Config::new();
        let kind = self.cse_type.unwrap_or(Kind::In);
        config.cse_type = match kind {
            Kind::In => CseType::In,
            Kind::Mn => CseType::Mn,
            Kind::Asn => CseType::Asn,
        };
        config.cse_id = self.cse_id();
        config.cse_name = format!("cse-{}", kind.short());
        let set = |to: &mut String, from: &Option<String>| {
            if let Some(text) = from {
                to.clone_from(text);
            }
        };
        set(&mut config.cse_name, &self.cse_name);
        set(&mut config.sp_id, &self.sp_id);
        set(&mut config.admin, &self.admin);
        if let Some(patterns) = &self.register {
            config.ae_originators.clone_from(patterns);
        }
        if let Some(patterns) = &self.register_cse {
            config.cse_originators.clone_from(patterns);
        }
        config.registrar = self.registrar.as_ref().map(|Registrar(uri)| cse::Registrar {
            cse_id: self.registrar_id.clone().unwrap_or_else(|| "/id-in".to_owned()),
            cse_name: self.registrar_name.clone().unwrap_or_else(|| "cse-in".to_owned()),
            points_of_access: vec![uri.clone()],
        });
        for file in self.flex.iter().flatten() {
            let name = file.display();
            let bytes = std::fs::read(file)
                .map_err(|error| Failure::io(format_args!("cannot read {name}"), &error))?;
            let read = FlexDefinition::from_json(&bytes)
                .map_err(|error| Failure::new(format!("{name}: {error}")).exits(USAGE))?;
            config.flex_definitions.extend(read);
        }
        config.base_policies = !self.no_base_policies.unwrap_or(false);
        config.trust_location = self.trust_location.unwrap_or(false);
        if let Some(most) = self.max_resources {
            config.limits.resources = most;
        }
        let limits = &mut config.limits;
        limits.depth = self.max_depth.unwrap_or(limits.depth);
        limits.results = self.max_results.unwrap_or(limits.results);
        limits.subscriptions = self.max_subscriptions.unwrap_or(limits.subscriptions);
        if let Some(seconds) = self.max_lifetime {
            config.max_lifetime = Duration::from_secs(seconds);
            config.default_lifetime = config.default_lifetime.min(config.max_lifetime);
        }
        if let Some(seconds) = self.hold {
            config.hold_accepted = Duration::from_secs(seconds);
            config.hold_blocking = config.hold_blocking.min(config.hold_accepted);
        }
        config.infrastructure.clone_from(&self.infrastructure);
        config.journal = self.place() != Place::Memory;
        Ok(config)
    }

    fn cse_id(&self) -> String {
        let kind = self.cse_type.unwrap_or(Kind::In);
        self.cse_id.clone().unwrap_or_else(|| format!("/id-{}", kind.short()))
    }

    /// What is known about originators.
    pub(super) fn surroundings(&self) -> Result<Vec<(String, Surroundings)>, Failure> {
        self.originators.as_deref().map_or(Ok(Vec::new()), originators::read)
    }

    /// Where its resources are kept.
    pub(super) fn place(&self) -> Place {
        match &self.store {
            Some(path) => Place::named(path),
            // One for each CSE-ID.
            None => Place::usual(&format!("cse{}.redb", self.cse_id().replace(['/', '\\'], "-"))),
        }
    }

    /// Who the CSE says it is, to clients that use TLS.
    pub(super) fn identity(&self) -> Result<Option<Identity>, Failure> {
        let Some((certificate, key)) = self.tls_cert.as_deref().zip(self.tls_key.as_deref()) else {
            return Ok(None);
        };
        match &self.tls_client_ca {
            Some(ca) => Identity::load_with_clients(certificate, key, ca).map(Some),
            None => Identity::load(certificate, key).map(Some),
        }
    }

    /// Keys for DTLS.
    pub(super) fn keys(&self) -> Vec<Psk> {
        self.psk.iter().flatten().map(|Key(psk)| psk.clone()).collect()
    }

    /// What a connection to the broker needs, if it is over TLS.
    pub(super) fn broker_trust(&self) -> Result<Option<Trust>, Failure> {
        let secured = self.mqtt.as_ref().is_some_and(|broker| broker.0.scheme == Scheme::Mqtts);
        if !secured {
            return Ok(None);
        }
        let own = self.tls_cert.as_deref().zip(self.tls_key.as_deref());
        Trust::load(self.mqtt_ca.as_deref(), own).map(Some)
    }

    /// What requests of the CSE itself use with TLS.
    pub(super) fn files(&self) -> Files {
        Files {
            authorities: self.tls_client_ca.clone(),
            certificate: self.tls_cert.clone(),
            key: self.tls_key.clone(),
        }
    }

    /// Longest body of a request, in bytes.
    pub(super) fn body(&self) -> usize {
        self.max_body.unwrap_or(BODY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers() {
        for (text, shown) in [
            ("mqtt://127.0.0.1:1884", "mqtt://127.0.0.1:1884"),
            ("MQTT://broker/", "mqtt://broker:1883"),
            ("mqtt://[::1]", "mqtt://[::1]:1883"),
        ] {
            assert_eq!(Broker::parse(text).unwrap().0.server(), shown);
        }
        for text in
            ["", "broker", "http://broker", "mqtt://", "mqtt://:1", "mqtt://a/b", "mqtt://a b"]
        {
            assert!(Broker::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_says_the_same_as_the_command_line_which_comes_first() {
        let text = "http = \"127.0.0.1:1\"\nmqtt = \"mqtt://b\"\ncse-type = \"MN\"\n\
            cse-id = \"/id-mn\"\nregister = [\"CX*\"]\nno-base-policies = true\nmax-body = 7\n";
        let file: Options = toml::from_str(text).unwrap();
        let line = Options { cse_id: Some("/id-asn".into()), ..Options::default() };
        let both = line.or(file);
        let config = both.engine().unwrap();
        assert_eq!((config.cse_type, config.cse_id.as_str()), (CseType::Mn, "/id-asn"));
        assert_eq!(config.ae_originators, ["CX*"]);
        assert!(!config.base_policies);
        assert_eq!(config.cse_name, "cse-mn");
        assert_eq!(both.body(), 7);
        assert_eq!(both.http.unwrap().port(), 1);
        let text = "max-depth = 3\nmax-results = 4\nmax-subscriptions = 5\nmax-lifetime = 60\nhold = 2\n\
            infrastructure = \"/id-in\"\n";
        let config = toml::from_str::<Options>(text).unwrap().engine().unwrap();
        let limits = &config.limits;
        assert_eq!((limits.depth, limits.results, limits.subscriptions), (3, 4, 5));
        let minute = Duration::from_secs(60);
        assert_eq!((config.default_lifetime, config.max_lifetime), (minute, minute));
        let hold = Duration::from_secs(2);
        assert_eq!((config.hold_blocking, config.hold_accepted), (hold, hold));
        assert_eq!(config.infrastructure.as_deref(), Some("/id-in"));
        for text in ["colour = \"red\"", "http = 8080", "cse-type = \"XN\"", "mqtt = \"http://b\""]
        {
            assert!(toml::from_str::<Options>(text).is_err(), "{text}");
        }
    }
}
