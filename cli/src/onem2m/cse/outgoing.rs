//! Requests of the CSE itself: notifications, and what it forwards.

use super::site::Site;
use crate::onem2m::link::ws;
use crate::onem2m::uri::{Scheme, Uri};
use onem2m_core::cse::{Outgoing, Target};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use onem2m_core::{Operation, ResponseStatusCode};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::spawn_local;

/// How long one way may take. The engine gives up by itself later.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends a request by the first way that leads to an answer, and tells the engine what came of it.
pub(super) async fn send(site: Rc<Site>, outgoing: Outgoing) {
    let Outgoing { id, target, request } = outgoing;
    let response = attempt(&site, &target, &request).await;
    site.engine.answered(id, response);
}

async fn attempt(site: &Rc<Site>, target: &Target, request: &Request) -> Option<Response> {
    if let Some(entity) = &target.entity {
        let socket = site.sockets.borrow().get(entity).cloned();
        if let Some(socket) = socket
            && let Some(response) = in_time(socket.ask(request)).await
        {
            return Some(response);
        }
    }
    for address in &target.addresses {
        let Ok(uri) = Uri::parse(address) else { continue };
        let response = match uri.scheme {
            Scheme::Http | Scheme::Https => {
                let (request, prefix) = addressed(target, request, &uri);
                in_time(site.http.ask(&uri, prefix, &request, wanted(target))).await
            }
            Scheme::Coap => by_coap(site, target, request, &uri).await,
            Scheme::Mqtt => by_broker(site, target, request, Some(&uri)).await,
            Scheme::Ws | Scheme::Wss => by_socket(site, target, &uri, request).await,
        };
        if response.is_some() {
            return response;
        }
    }
    match &target.entity {
        Some(_) if target.addresses.is_empty() => by_broker(site, target, request, None).await,
        _ => None,
    }
}

fn wanted(target: &Target) -> Serialization {
    target.serialization.unwrap_or(Serialization::Json)
}

async fn in_time(answer: impl Future<Output = Result<Response, String>>) -> Option<Response> {
    match tokio::time::timeout(PATIENCE, answer).await {
        // What something on the way says is not the target's answer.
        Ok(Ok(response)) if response.status != ResponseStatusCode::TargetNotReachable => {
            Some(response)
        }
        _ => None,
    }
}

/// The request as it goes to a URI, and what stands in front of the addresses there. A
/// notification of an AE goes to its point of access itself; a CSE has resources behind its own.
fn addressed<'u>(target: &Target, request: &Request, uri: &'u Uri) -> (Request, &'u str) {
    let mut request = request.clone();
    let own = target
        .entity
        .as_deref()
        .is_none_or(|entity| request.to.trim_start_matches('/').rsplit('/').next() == Some(entity));
    if request.operation == Operation::Notify && own {
        request.to = uri.to_string();
        return (request, "");
    }
    (request, uri.path.trim_end_matches('/'))
}

async fn by_coap(site: &Site, target: &Target, request: &Request, uri: &Uri) -> Option<Response> {
    let asker = site.coap.borrow().clone()?;
    let found = tokio::net::lookup_host((uri.host.as_str(), uri.port)).await.ok()?;
    let (request, _) = addressed(target, request, uri);
    for address in found {
        let asked = asker.ask(address, request.clone(), wanted(target));
        if let Some(response) = in_time(asked).await {
            return Some(response);
        }
    }
    None
}

/// By the broker, if it is the one of the URI. The receiver is the entity, or the last segment of
/// the URI's path.
async fn by_broker(
    site: &Site,
    target: &Target,
    request: &Request,
    uri: Option<&Uri>,
) -> Option<Response> {
    let (broker, asker) = site.mqtt.borrow().clone()?;
    let named = uri.and_then(|uri| uri.path.trim_matches('/').rsplit('/').next());
    let receiver = match (&target.entity, named) {
        (Some(entity), _) => entity.as_str(),
        (None, Some(name)) if !name.is_empty() => name,
        _ => return None,
    };
    if uri.is_some_and(|uri| (&uri.host, uri.port) != (&broker.host, broker.port)) {
        return None;
    }
    let known = site.by_broker.borrow().get(receiver).copied();
    if uri.is_none() && known.is_none() {
        return None;
    }
    let serialization = target.serialization.or(known).unwrap_or(Serialization::Json);
    let mut request = request.clone();
    if request.to.contains("://") {
        receiver.clone_into(&mut request.to);
    }
    let response = in_time(asker.ask(&site.cse_id, receiver, &request, serialization)).await;
    asker.forget(&request.request_identifier);
    response
}

/// By the WebSocket whose owner has the name of the URI's host or of its path (`ws://Cae`); to a
/// registered entity also by one that is opened here, and kept.
async fn by_socket(
    site: &Rc<Site>,
    target: &Target,
    uri: &Uri,
    request: &Request,
) -> Option<Response> {
    let name = match uri.path.trim_matches('/') {
        "" => uri.host.as_str(),
        path => path,
    };
    let known = site.sockets.borrow().get(name).cloned();
    let socket = match (known, &target.entity) {
        (Some(socket), _) => socket,
        (None, Some(entity)) => {
            let opening = open_socket(site, uri, wanted(target));
            let socket = tokio::time::timeout(PATIENCE, opening).await.ok().flatten()?;
            site.sockets.borrow_mut().insert(entity.clone(), socket.clone());
            socket
        }
        (None, None) => return None,
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
