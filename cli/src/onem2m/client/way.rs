//! The way to a CSE, by any binding.

use super::{unanswered, usage};
use crate::clock::Clock;
use crate::failure::{Failure, NO_ANSWER, reason};
use crate::onem2m::args::Common;
use crate::onem2m::link::{Binding, Host, Origin, Reply, coap, http_client, mqtt, refusal, ws};
use crate::onem2m::uri::{Scheme, Uri};
use crate::seeds::Seeds;
use crate::transport::Trust;
use onem2m_core::address::{Address, Scope};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use onem2m_core::{ReleaseVersion, ResponseStatusCode};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::spawn_local;

/// A resource, and the server that has it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) server: Uri,
    /// Address of the resource.
    pub(super) to: String,
}

impl Target {
    /// What the command line names: a whole URI, or an address on the CSE of `--cse`.
    pub(crate) fn new(common: &Common, text: &str) -> Result<Target, Failure> {
        let wrong = |error| usage(format!("{text:?} is no address of a resource: {error}"));
        if !text.contains("://") {
            let address = Address::parse(text).map_err(|error| wrong(error.to_string()))?;
            return Ok(Target { server: common.cse.clone(), to: address.to_string() });
        }
        let uri = Uri::parse(text).map_err(usage)?;
        if uri.path.contains('?') {
            return Err(usage("a target has no query: there are options for what it would say"));
        }
        if matches!(uri.path.as_str(), "" | "/") {
            return Err(usage(format!(
                "{text} names no resource: a path such as /cse-in is missing"
            )));
        }
        let address =
            Address::from_http_path(&uri.path).map_err(|error| wrong(error.to_string()))?;
        let attribute = text.split_once('#').map_or(String::new(), |(_, name)| format!("#{name}"));
        let to = format!("{address}{attribute}");
        Ok(Target { server: Uri { path: String::new(), ..uri }, to })
    }

    /// The level of the receiver in topics: its CSE-ID.
    fn receiver(&self, common: &Common) -> String {
        match Address::parse(&self.to).map(|address| address.scope()) {
            Ok(Scope::SpRelative { cse } | Scope::Absolute { cse, .. }) => cse.to_owned(),
            _ => common.cse_id.clone(),
        }
    }
}

/// One who does not expect requests.
pub(crate) struct Deaf;

impl Host for Deaf {
    fn request(&self, _: Origin, request: Request, reply: Reply) {
        let words = "nobody here takes requests";
        let status = ResponseStatusCode::OperationNotAllowed;
        reply(refusal(status, &request.request_identifier, words));
    }

    fn malformed(&self, _: Binding) {}

    fn longest(&self) -> usize {
        16 << 20
    }
}

/// A client for HTTP, and what secures other connections.
fn web(common: &Common) -> http_client::Client {
    http_client::Client::new(http_client::Files {
        authorities: common.ca.clone(),
        certificate: common.cert.clone(),
        key: common.key.clone(),
    })
}

/// An open way.
pub(crate) struct Way {
    kind: Kind,
    target: Target,
    from: String,
    timeout: Duration,
    serialization: Serialization,
}

/// The request as one of release 3, or of 4 if 3 does not have all that is in it.
fn in_a_release(request: &Request) -> Request {
    let has_all = |release: ReleaseVersion| {
        let content = request.resource_type.zip(request.content.as_ref());
        let fits = content.and_then(|(kind, content)| {
            let (_, representation) = content.members().next()?;
            Some(release.check_content(kind, representation).is_ok())
        });
        release.check(request).is_ok() && fits.unwrap_or(true)
    };
    let release = if has_all(ReleaseVersion::R3) { ReleaseVersion::R3 } else { ReleaseVersion::R4 };
    Request { release_version_indicator: Some(release), ..request.clone() }
}

enum Kind {
    Http(http_client::Client),
    Coap(coap::Asker, Vec<SocketAddr>),
    Mqtt(Rc<mqtt::Asker>, String),
    Ws(Rc<ws::Socket>),
}

impl Way {
    /// Opens the way to a target. `host` takes what comes back by it.
    pub(crate) async fn open(
        common: &Common,
        target: &Target,
        host: Rc<dyn Host>,
    ) -> Result<Way, Failure> {
        let Uri { scheme, host: name, port, .. } = &target.server;
        let serialization = common.format;
        let opening = async {
            Ok(match scheme {
                Scheme::Http | Scheme::Https => Kind::Http(web(common)),
                Scheme::Coap => {
                    let addresses = crate::coap::resolve(name, *port).await?;
                    let local = any_like(addresses.first().copied());
                    let bound = coap::Bound::new(local).await?;
                    let asker = serve_coap(bound, host)?;
                    Kind::Coap(asker, addresses)
                }
                Scheme::Coaps => {
                    let Some(psk) = &common.psk else {
                        return Err(usage("coaps needs an identity and a key (--psk ID:HEXKEY)"));
                    };
                    let addresses = crate::coap::resolve(name, *port).await?;
                    let first = addresses.first().copied();
                    let first =
                        first.ok_or_else(|| unanswered(target, "the host has no address"))?;
                    let asker = serve_coap(coap::Bound::to(first, psk).await?, host)?;
                    Kind::Coap(asker, vec![first])
                }
                Scheme::Mqtt | Scheme::Mqtts => {
                    let who = mqtt::Who::Ae(common.from.clone());
                    let trust = match scheme {
                        Scheme::Mqtts => Some(trust(common)?),
                        _ => None,
                    };
                    let asker = connect_broker(target, &who, host, trust.as_ref()).await?;
                    Kind::Mqtt(asker, target.receiver(common))
                }
                Scheme::Ws | Scheme::Wss => {
                    let stream = TcpStream::connect((name.as_str(), *port))
                        .await
                        .map_err(|error| unanswered(target, &reason(&error)))?;
                    let uri = target.server.to_string();
                    let fails = |words: String| unanswered(target, &words);
                    if *scheme == Scheme::Wss {
                        let stream = web(common).secure(name, stream).await.map_err(fails)?;
                        let opened = ws::connect(host, stream, &uri, &common.from, serialization);
                        let (socket, work) = opened.await.map_err(fails)?;
                        spawn_local(work);
                        Kind::Ws(socket)
                    } else {
                        let opened = ws::connect(host, stream, &uri, &common.from, serialization);
                        let (socket, work) = opened.await.map_err(fails)?;
                        spawn_local(work);
                        Kind::Ws(socket)
                    }
                }
            })
        };
        let kind = match tokio::time::timeout(common.timeout, opening).await {
            Ok(kind) => kind?,
            Err(_) => return Err(unanswered(target, "no answer came")),
        };
        Ok(Way {
            kind,
            target: target.clone(),
            from: common.from.clone(),
            timeout: common.timeout,
            serialization,
        })
    }

    /// Asks, and waits for the response.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Response, Failure> {
        let raised;
        let request = if request.release_version_indicator.is_some() {
            request
        } else {
            raised = in_a_release(request);
            &raised
        };
        let asking = async {
            match &self.kind {
                Kind::Http(client) => {
                    let server = &self.target.server;
                    let prefix = server.path.trim_end_matches('/');
                    client.ask(server, prefix, request, self.serialization).await
                }
                Kind::Coap(asker, addresses) => {
                    let mut answer = Err("the host has no address".to_owned());
                    for address in addresses {
                        answer = asker.ask(*address, request.clone(), self.serialization).await;
                        if answer.is_ok() {
                            break;
                        }
                    }
                    answer
                }
                Kind::Mqtt(asker, receiver) => {
                    asker.ask(&self.from, receiver, request, self.serialization).await
                }
                Kind::Ws(socket) => socket.ask(request).await,
            }
        };
        match tokio::time::timeout(self.timeout, asking).await {
            Ok(answer) => answer.map_err(|words| unanswered(&self.target, &words)),
            Err(_) => Err(unanswered(&self.target, "no answer came")),
        }
    }

    /// Ends it properly.
    pub(crate) async fn close(&self) {
        match &self.kind {
            Kind::Mqtt(asker, _) => asker.close().await,
            Kind::Ws(socket) => socket.close(),
            // A session ends with a goodbye.
            Kind::Coap(asker, _) if self.target.server.scheme == Scheme::Coaps => asker.end(),
            Kind::Http(_) | Kind::Coap(..) => return,
        }
        // What was queued goes out.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Any address of the same family.
fn any_like(address: Option<SocketAddr>) -> SocketAddr {
    let any = match address {
        Some(SocketAddr::V6(_)) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        _ => IpAddr::from(Ipv4Addr::UNSPECIFIED),
    };
    SocketAddr::new(any, 0)
}

/// An endpoint that works by itself.
pub(crate) fn serve_coap(bound: coap::Bound, host: Rc<dyn Host>) -> Result<coap::Asker, Failure> {
    let seed = Seeds::new(None)?.next();
    let (node, asker) = bound.into_node(Clock::start(), host, &seed)?;
    spawn_local(node.run());
    Ok(asker)
}

/// Whom to trust, and who we say we are.
fn trust(common: &Common) -> Result<Trust, Failure> {
    let own = common.cert.as_deref().zip(common.key.as_deref());
    Trust::load(common.ca.as_deref(), own)
}

/// Connects to a broker, and waits until requests and responses come by it.
async fn connect_broker(
    target: &Target,
    who: &mqtt::Who,
    host: Rc<dyn Host>,
    trust: Option<&Trust>,
) -> Result<Rc<mqtt::Asker>, Failure> {
    let (node, asker) = mqtt::Node::new(&target.server, who, host, trust);
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let mut ready = Some(ready);
    spawn_local(node.run(move |change| {
        if let Some(ready) = ready.take() {
            // Who waits may have given up.
            let _ = ready.send(match change {
                mqtt::Change::Up => Ok(()),
                mqtt::Change::Down(why) => Err(why),
            });
        }
    }));
    let silent = || Failure::new("the broker does not answer").exits(NO_ANSWER);
    match is_ready.await {
        Ok(Ok(())) => Ok(asker),
        Ok(Err(why)) => Err(unanswered(target, &why)),
        Err(_) => Err(silent()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onem2m_core::enumeration::ResultContent;
    use onem2m_core::primitive::Content;
    use onem2m_core::{Operation, ResourceType};
    use serde_json::json;

    #[test]
    fn a_request_is_of_the_release_that_it_needs() {
        let plain = || Request::new(Operation::Retrieve, "cse-in".into(), "r".into());
        let release = |request: &Request| in_a_release(request).release_version_indicator;
        assert_eq!(release(&plain()), Some(ReleaseVersion::R3));
        let result = Some(ResultContent::from_number(11));
        let request = Request { result_content: result, ..plain() };
        assert_eq!(release(&request), Some(ReleaseVersion::R4));
        let rule = |rule: serde_json::Value| Request {
            resource_type: Some(ResourceType::AccessControlPolicy),
            content: Some(
                Content::from_value(&json!({"m2m:acp": {"pv": {"acr": [rule]}, "pvs": {}}}))
                    .unwrap(),
            ),
            ..Request::new(Operation::Create, "cse-in".into(), "r".into())
        };
        let old = json!({"acor": ["C1"], "acop": 63});
        assert_eq!(release(&rule(old)), Some(ReleaseVersion::R3));
        let new = json!({"acor": ["C1"], "acop": 63, "acco": [{"acui": ["a"]}]});
        assert_eq!(release(&rule(new)), Some(ReleaseVersion::R4));
    }

    #[test]
    fn targets() {
        let common = Common {
            cse: Uri::parse("coap://127.0.0.1/x").unwrap(),
            from: "CAdmin".into(),
            cse_id: "/id-in".into(),
            rvi: None,
            rcn: None,
            format: Serialization::Json,
            timeout: Duration::from_secs(1),
            json: false,
            ca: None,
            cert: None,
            key: None,
            psk: None,
        };
        for (text, server, to, receiver) in [
            ("cse-in/ae", "coap://127.0.0.1:5683/x", "cse-in/ae", "/id-in"),
            ("/id-mn/cse-mn", "coap://127.0.0.1:5683/x", "/id-mn/cse-mn", "id-mn"),
            ("http://h:8080/cse-in/ae", "http://h:8080", "cse-in/ae", "/id-in"),
            ("ws://h/~/id-mn/cse-mn/a#lbl", "ws://h:80", "/id-mn/cse-mn/a#lbl", "id-mn"),
            ("mqtt://h/_/sp.example/id-x/b", "mqtt://h:1883", "//sp.example/id-x/b", "id-x"),
        ] {
            let target = Target::new(&common, text).unwrap();
            assert_eq!(
                (target.server.to_string().as_str(), target.to.as_str()),
                (server, to),
                "{text}"
            );
            assert_eq!(target.receiver(&common), receiver, "{text}");
        }
        for text in ["", "a b", "http://h", "http://h/a?rcn=4", "ftp://h/a", "a//b", "~/x"] {
            assert!(Target::new(&common, text).is_err(), "{text}");
        }
    }
}
