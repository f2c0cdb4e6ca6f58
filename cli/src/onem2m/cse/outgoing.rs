//! Requests of the CSE itself: notifications, and what it forwards.

use super::engine::Fate;
use super::site::Site;
use crate::onem2m::link::{coap, ws};
use crate::onem2m::uri::{Scheme, Uri};
use crate::seeds::Seeds;
use crate::transport::Psk;
use onem2m_core::ResponseStatusCode;
use onem2m_core::cse::{Outgoing, Target};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::spawn_local;

/// How long one way may take. The engine gives up by itself later.
const PATIENCE: Duration = Duration::from_secs(10);
/// DTLS sessions with servers that are held at one time.
const SESSIONS: usize = 64;

/// Sends a request by the first way that leads to an answer, and tells the engine what came of it.
pub(super) async fn send(site: Rc<Site>, outgoing: Outgoing) {
    let Outgoing { id, target, request } = outgoing;
    let fate = attempt(&site, &target, &request).await;
    site.engine.answered(id, fate);
}

async fn attempt(site: &Rc<Site>, target: &Target, request: &Request) -> Fate {
    let mut fate = Fate::Undelivered;
    if let Some(entity) = &target.entity {
        let socket = site.sockets.borrow().get(entity).cloned();
        if let Some(socket) = socket {
            fate = in_time(socket.ask(request)).await;
        }
    }
    for address in &target.addresses {
        if matches!(fate, Fate::Answered(_)) {
            return fate;
        }
        let Ok(uri) = Uri::parse(address) else { continue };
        let next = match uri.scheme {
            Scheme::Http | Scheme::Https => by_http(site, target, request, &uri).await,
            Scheme::Coap => by_coap(site, target, request, &uri).await,
            Scheme::Coaps => by_coaps(site, target, request, &uri).await,
            Scheme::Mqtt | Scheme::Mqtts => by_broker(site, target, request, Some(&uri)).await,
            Scheme::Ws | Scheme::Wss => by_socket(site, target, &uri, request).await,
        };
        fate = fate.then(next);
    }
    match (&target.entity, &fate) {
        (Some(_), Fate::Undelivered | Fate::Lost) if target.addresses.is_empty() => {
            fate.then(by_broker(site, target, request, None).await)
        }
        _ => fate,
    }
}

fn wanted(target: &Target) -> Serialization {
    target.serialization.unwrap_or(Serialization::Json)
}

async fn in_time(answer: impl Future<Output = Result<Response, String>>) -> Fate {
    match tokio::time::timeout(PATIENCE, answer).await {
        // What something on the way says is not the target's answer.
        Ok(Ok(response)) if response.status != ResponseStatusCode::TargetNotReachable => {
            Fate::Answered(Box::new(response))
        }
        _ => Fate::Lost,
    }
}

async fn by_http(site: &Site, target: &Target, request: &Request, uri: &Uri) -> Fate {
    let (request, prefix) = target.addressed(request, &uri.to_string(), &uri.path);
    let mut sent = true;
    let answer = async {
        let answer = site.http.attempt(uri, prefix, &request, wanted(target)).await;
        answer.map_err(|failure| {
            sent = failure.sent;
            failure.words
        })
    };
    match in_time(answer).await {
        Fate::Lost if !sent => Fate::Undelivered,
        fate => fate,
    }
}

async fn by_coap(site: &Site, target: &Target, request: &Request, uri: &Uri) -> Fate {
    let asker = site.coap.borrow().clone();
    let found = tokio::net::lookup_host((uri.host.as_str(), uri.port)).await;
    let (Some(asker), Ok(found)) = (asker, found) else { return Fate::Undelivered };
    let mut fate = Fate::Undelivered;
    let (request, _) = target.addressed(request, &uri.to_string(), &uri.path);
    for address in found {
        let asked = asker.ask(address, request.clone(), wanted(target));
        fate = fate.then(in_time(asked).await);
        if matches!(fate, Fate::Answered(_)) {
            break;
        }
    }
    fate
}

/// By a session that is opened here, and kept. The key is that of the entity, or that of the last
/// segment of the URI's path.
async fn by_coaps(site: &Rc<Site>, target: &Target, request: &Request, uri: &Uri) -> Fate {
    let named = uri.path.trim_matches('/').rsplit('/').next().unwrap_or("");
    let key = site.key(target.entity.as_deref().unwrap_or(named));
    let found = tokio::net::lookup_host((uri.host.as_str(), uri.port)).await;
    let address = found.ok().and_then(|mut found| found.next());
    let (Some(psk), Some(address)) = (key, address) else { return Fate::Undelivered };
    let place = (address, psk.identity.clone());
    let known = site.coaps.borrow().get(&place).cloned();
    let asker = match known {
        Some(asker) => asker,
        None => {
            let Some(asker) = open_session(site, &place, psk).await else {
                return Fate::Undelivered;
            };
            asker
        }
    };
    let (request, _) = target.addressed(request, &uri.to_string(), &uri.path);
    in_time(asker.ask(address, request, wanted(target))).await
}

/// Begins a session with a server. It is forgotten when it breaks; another makes room.
async fn open_session(
    site: &Rc<Site>,
    place: &(SocketAddr, Vec<u8>),
    psk: &Psk,
) -> Option<coap::Asker> {
    let bound = coap::Bound::to(place.0, psk).await.ok()?;
    let seed = Seeds::new(None).ok()?.next();
    let (node, asker) = bound.into_node(site.engine.clock, site.clone(), &seed).ok()?;
    let mut all = site.coaps.borrow_mut();
    if all.len() >= SESSIONS
        && let Some((_, old)) = all.pop_first()
    {
        old.end();
    }
    all.insert(place.clone(), asker.clone());
    let (site, place, own) = (Rc::downgrade(site), place.clone(), asker.clone());
    spawn_local(async move {
        drop(node.run().await);
        if let Some(site) = site.upgrade() {
            site.coaps.borrow_mut().retain(|at, other| *at != place || !other.is(&own));
        }
    });
    Some(asker)
}

/// By the broker, if it is the one of the URI. The receiver is the entity, or the last segment of
/// the URI's path.
async fn by_broker(site: &Site, target: &Target, request: &Request, uri: Option<&Uri>) -> Fate {
    let known = site.mqtt.borrow().clone();
    let Some((broker, asker)) = known else { return Fate::Undelivered };
    let named = uri.and_then(|uri| uri.path.trim_matches('/').rsplit('/').next());
    let receiver = match (&target.entity, named) {
        (Some(entity), _) => entity.as_str(),
        (None, Some(name)) if !name.is_empty() => name,
        _ => return Fate::Undelivered,
    };
    if uri.is_some_and(|uri| (&uri.host, uri.port) != (&broker.host, broker.port)) {
        return Fate::Undelivered;
    }
    let known = site.by_broker.borrow().get(receiver).copied();
    if uri.is_none() && known.is_none() {
        return Fate::Undelivered;
    }
    let serialization = target.serialization.or(known).unwrap_or(Serialization::Json);
    let mut request = request.clone();
    if request.to.contains("://") {
        receiver.clone_into(&mut request.to);
    }
    let fate = in_time(asker.ask(&site.cse_id, receiver, &request, serialization)).await;
    asker.forget(&request.request_identifier);
    fate
}

/// By the WebSocket whose owner has the name of the URI's host or of its path (`ws://Cae`); to a
/// registered entity also by one that is opened here, and kept.
async fn by_socket(site: &Rc<Site>, target: &Target, uri: &Uri, request: &Request) -> Fate {
    let name = match uri.path.trim_matches('/') {
        "" => uri.host.as_str(),
        path => path,
    };
    let known = site.sockets.borrow().get(name).cloned();
    let socket = match (known, &target.entity) {
        (Some(socket), _) => socket,
        (None, Some(entity)) => {
            let opening = open_socket(site, uri, wanted(target));
            let opened = tokio::time::timeout(PATIENCE, opening).await;
            let Ok(Some(socket)) = opened else { return Fate::Undelivered };
            site.sockets.borrow_mut().insert(entity.clone(), socket.clone());
            socket
        }
        (None, None) => return Fate::Undelivered,
    };
    in_time(socket.ask(request)).await
}

async fn open_socket(
    site: &Rc<Site>,
    uri: &Uri,
    serialization: Serialization,
) -> Option<Rc<ws::Socket>> {
    let stream = TcpStream::connect((uri.host.as_str(), uri.port)).await.ok()?;
    let (host, text) = (site.clone(), uri.to_string());
    if uri.scheme == Scheme::Wss {
        let stream = site.http.secure(&uri.host, stream).await.ok()?;
        let opened = ws::connect(host, stream, &text, &site.cse_id, serialization).await;
        let (socket, work) = opened.ok()?;
        spawn_local(work);
        return Some(socket);
    }
    let opened = ws::connect(host, stream, &text, &site.cse_id, serialization).await;
    let (socket, work) = opened.ok()?;
    spawn_local(work);
    Some(socket)
}
