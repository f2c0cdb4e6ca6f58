//! `m2m onem2m subscribe`: makes a subscription, shows what it brings, and takes it away again.

use super::way::{Target, Way, serve_coap};
use super::{refused, request, show, usage};
use crate::failure::Failure;
use crate::onem2m::args::{Attributes, Subscribe};
use crate::onem2m::client::content::{self, Kind};
use crate::onem2m::link::{Binding, Host, Origin, Reply, coap, http_server};
use crate::onem2m::uri::Scheme;
use crate::signals::Signals;
use crate::web::listen;
use onem2m_core::cse::Session;
use onem2m_core::primitive::{Content, Request, Response};
use onem2m_core::{Operation, ResponseStatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::spawn_local;

/// One who takes notifications.
pub(crate) struct Listener(pub(crate) UnboundedSender<Request>);

impl Host for Listener {
    fn request(&self, _: Origin, request: Request, reply: Reply) {
        let status = match request.operation {
            Operation::Notify => ResponseStatusCode::Ok,
            _ => ResponseStatusCode::OperationNotAllowed,
        };
        reply(Response::to_request(&request, status));
        if status.is_success() {
            // When nobody reads, the command is about to end.
            let _ = self.0.send(request);
        }
    }

    fn malformed(&self, _: Binding) {}

    fn longest(&self) -> usize {
        16 << 20
    }
}

pub(crate) async fn run(options: &Subscribe) -> Result<(), Failure> {
    let common = &options.common;
    let mut signals = Signals::new()?;
    let target = Target::new(common, &options.target)?;
    let (to, mut notifications) = unbounded_channel();
    let listener: Rc<dyn Host> = Rc::new(Listener(to));
    let way = Way::open(common, &target, listener.clone()).await?;
    let own = notification_uri(options, &target, &listener).await?;
    let create = creation(options, &target, options.notify.as_ref().unwrap_or(&own))?;
    let response = way.ask(&create).await?;
    if !response.status.is_success() {
        return Err(refused(&response));
    }
    let subscription = address(&target, &response)
        .ok_or_else(|| Failure::new("the CSE does not tell the subscription's identifier"))?;
    if common.json {
        show::line(&json!({ "subscription": subscription, "nu": own }).to_string())?;
    } else {
        show::line(&format!("{subscription} notifies {own} (Ctrl-C ends it)"))?;
    }
    let mut left = options.count;
    let mut gone = false;
    while left != Some(0) && !gone {
        let notification = tokio::select! {
            notification = notifications.recv() => notification,
            () = signals.wait() => break,
        };
        let Some(content) = notification.and_then(|request| request.content) else { continue };
        let value = content.to_value();
        let sign = value.get("m2m:sgn").unwrap_or(&value);
        if sign.get("vrq") == Some(&json!(true)) {
            continue;
        }
        gone = sign.get("sud") == Some(&json!(true));
        left = left.map(|left| left - 1);
        match common.json {
            true => show::line(content.as_str())?,
            false => show::line(&in_words(sign))?,
        }
    }
    if !gone {
        let plain = crate::onem2m::args::Common { rcn: None, ..common.clone() };
        let response = way.ask(&request(Operation::Delete, &subscription, &plain)?).await?;
        let there = response.status != ResponseStatusCode::NotFound;
        if !response.status.is_success() && there {
            return Err(refused(&response));
        }
    }
    way.close().await;
    Ok(())
}

/// The CREATE of the subscription.
fn creation(options: &Subscribe, target: &Target, nu: &str) -> Result<Request, Failure> {
    let mut attributes = vec![("nu".to_owned(), json!([nu]).to_string())];
    attributes.push(("enc".to_owned(), json!({ "net": options.events }).to_string()));
    attributes.push(("nct".to_owned(), "1".to_owned()));
    if let Some(name) = &options.name {
        attributes.push(("rn".to_owned(), name.clone()));
    }
    attributes.extend(options.attributes.iter().cloned());
    let kind = Kind::parse("sub")?;
    let mut request = request(Operation::Create, &target.to, &options.common)?;
    request.result_content = None;
    request.resource_type = Some(kind.resource_type);
    request.content = Some(content::build(&Attributes { attributes, content: None }, &kind, true)?);
    Ok(request)
}

/// The subscription that a response tells of, on the CSE that has the target.
fn address(target: &Target, response: &Response) -> Option<String> {
    let content = response.content.as_ref()?.raw();
    let ri = content.member("m2m:sub")?.member("ri")?.as_text()?.into_owned();
    // The identifier alone means the CSE that is asked; another is named in front of it.
    let cse = target.to.strip_prefix('/').filter(|rest| !rest.starts_with('/'));
    match cse.and_then(|rest| rest.split('/').next()) {
        Some(cse) if !ri.starts_with('/') => Some(format!("/{cse}/{ri}")),
        _ => Some(ri),
    }
}

/// Where notifications shall go: to a socket that is opened here, or by the way that is there.
async fn notification_uri(
    options: &Subscribe,
    target: &Target,
    listener: &Rc<dyn Host>,
) -> Result<String, Failure> {
    let server = &target.server;
    let from = &options.common.from;
    match server.scheme {
        Scheme::Mqtt | Scheme::Mqtts => Ok(format!("{}/{from}", server.server())),
        Scheme::Ws | Scheme::Wss => Ok(format!("ws://{from}")),
        Scheme::Http | Scheme::Https | Scheme::Coap | Scheme::Coaps => {
            let local = match options.listen {
                Some(address) => address,
                None => own_address(target).await?,
            };
            if local.ip().is_unspecified() && options.notify.is_none() {
                return Err(usage("--listen on all addresses needs --notify URI"));
            }
            if server.scheme == Scheme::Coap {
                let bound = coap::Bound::new(local).await?;
                let local = bound.local();
                serve_coap(bound, listener.clone())?;
                return Ok(format!("coap://{local}"));
            }
            if let (Scheme::Coaps, Some(psk)) = (server.scheme, &options.common.psk) {
                let bound = coap::Bound::secure(local, std::slice::from_ref(psk)).await?;
                let local = bound.local();
                serve_coap(bound, listener.clone())?;
                // The path tells the CSE whose key to use.
                return Ok(format!("coaps://{local}/{}", String::from_utf8_lossy(&psk.identity)));
            }
            let (socket, local) = listen::bind(local).await?;
            let host = listener.clone();
            spawn_local(listen::accept(socket, move |stream, _| {
                spawn_local(http_server::serve(host.clone(), stream, Session::default(), None));
            }));
            Ok(format!("http://{local}"))
        }
    }
}

/// A free port of the address from which the server is reached.
async fn own_address(target: &Target) -> Result<SocketAddr, Failure> {
    let server = &target.server;
    let found = crate::coap::resolve(&server.host, server.port).await?;
    let fail = |error| Failure::io(format_args!("cannot reach {}", server.server()), &error);
    let remote = found.first().copied().ok_or_else(|| Failure::new("the host has no address"))?;
    let any: SocketAddr = match remote {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any).await.map_err(fail)?;
    socket.connect(remote).await.map_err(fail)?;
    let local = socket.local_addr().map_err(fail)?;
    Ok(SocketAddr::new(local.ip(), 0))
}

/// A notification in words.
fn in_words(sign: &Value) -> String {
    let event = sign.get("nev").and_then(|nev| nev.get("net")).and_then(Value::as_u64);
    let what = match event {
        _ if sign.get("sud") == Some(&json!(true)) => "the subscription was deleted",
        Some(1) | None => "updated",
        Some(2) => "deleted",
        Some(3) => "child created",
        Some(4) => "child deleted",
        Some(_) => "event",
    };
    let resource = sign.get("nev").and_then(|nev| nev.get("rep")).and_then(Content::from_value);
    match resource {
        Some(resource) => format!("{what}: {}", show::words(&resource).trim_end()),
        None => what.to_owned(),
    }
}
