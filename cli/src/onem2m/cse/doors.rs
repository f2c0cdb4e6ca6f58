//! The sockets of a CSE.

use super::options::Options;
use super::site::Site;
use crate::failure::Failure;
use crate::onem2m::link::{Binding, Host, coap, http_server, mqtt, ws};
use crate::output::{Output, Report};
use crate::seeds::Seeds;
use crate::transport::{Trust, names};
use crate::web::listen;
use onem2m_core::cse::Session;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::spawn_local;
use tokio_rustls::TlsAcceptor;

/// How long the handshake of TLS may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves a connection after its handshake.
async fn secure(
    acceptor: TlsAcceptor,
    site: Rc<Site>,
    stream: TcpStream,
    session: Session,
    binding: Binding,
) {
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else {
        return site.malformed(binding);
    };
    let (_, tls) = stream.get_ref();
    let certificate = tls.peer_certificates().and_then(|chain| chain.first());
    let names: Option<Rc<[String]>> = certificate.map(|first| names(first).into());
    let session = Session { authenticated: names.is_some(), ..session };
    match binding {
        Binding::WebSocket => ws::serve(site, stream, session, names).await,
        _ => http_server::serve(site, stream, session, names).await,
    }
}

/// A socket that listens, and its address.
type Door = (TcpListener, SocketAddr);

/// Sockets that are bound, and serve nobody yet.
pub(super) struct Doors<'o> {
    options: &'o Options,
    http: Option<Door>,
    https: Option<(Door, TlsAcceptor)>,
    metrics: Option<Door>,
    ws: Option<Door>,
    wss: Option<(Door, TlsAcceptor)>,
    coap: Option<coap::Bound>,
    coaps: Option<coap::Bound>,
    broker: Option<Trust>,
}

async fn door(address: Option<SocketAddr>) -> Result<Option<Door>, Failure> {
    match address {
        Some(address) => listen::bind(address).await.map(Some),
        None => Ok(None),
    }
}

impl<'o> Doors<'o> {
    /// Binds them all.
    pub(super) async fn open(options: &'o Options) -> Result<Doors<'o>, Failure> {
        let identity = options.identity()?;
        let secured = |door: Option<Door>| {
            door.zip(identity.as_ref().map(|identity| identity.http_acceptor()))
        };
        let (https, wss) = (secured(door(options.https).await?), secured(door(options.wss).await?));
        Ok(Doors {
            options,
            http: door(options.http).await?,
            https,
            metrics: door(options.metrics).await?,
            ws: door(options.ws).await?,
            wss,
            coap: match options.coap {
                Some(address) => Some(coap::Bound::new(address).await?),
                None => None,
            },
            coaps: match options.coaps {
                Some(address) => Some(coap::Bound::secure(address, &options.keys()).await?),
                None => None,
            },
            broker: options.broker_trust()?,
        })
    }

    /// Where others reach the CSE: what the options say, else the addresses that are bound, if
    /// they are addresses of this machine alone.
    pub(super) fn points_of_access(&self, options: &Options) -> Vec<String> {
        if let Some(uris) = &options.poa {
            return uris.clone();
        }
        let tcp = |door: &Option<Door>| door.as_ref().map(|(_, at)| *at);
        let coap = self.coap.as_ref().map(coap::Bound::local);
        let tls = |door: &Option<(Door, TlsAcceptor)>| door.as_ref().map(|((_, at), _)| *at);
        let all = [
            ("http", tcp(&self.http)),
            ("https", tls(&self.https)),
            ("coap", coap),
            ("coaps", self.coaps.as_ref().map(coap::Bound::local)),
            ("ws", tcp(&self.ws)),
            ("wss", tls(&self.wss)),
        ];
        let uris = all.into_iter().filter_map(|(scheme, at)| {
            let at = at.filter(|at| !at.ip().is_unspecified())?;
            Some(format!("{scheme}://{at}"))
        });
        uris.chain(options.mqtt.iter().map(|broker| broker.0.server())).collect()
    }

    /// Serves from now on. What this gives tells when a socket is broken.
    pub(super) async fn serve(
        self,
        site: &Rc<Site>,
        seeds: &mut Seeds,
        out: &Rc<Output>,
    ) -> Result<UnboundedReceiver<Failure>, Failure> {
        let (tell, broken) = unbounded_channel();
        let listens = |scheme: &'static str, at: SocketAddr| {
            let uri = format!("{scheme}://{at}");
            let report = Report::new("listening", "").says("cse", "listens", format!("on {uri}"));
            out.tell(&report.with("uri", uri));
        };
        if let Some((listener, at)) = self.http {
            let site = site.clone();
            spawn_local(listen::accept(listener, move |stream, from| {
                let session = site.session(from);
                spawn_local(http_server::serve(site.clone(), stream, session, None));
            }));
            listens("http", at);
        }
        for (scheme, binding, door) in
            [("https", Binding::Http, self.https), ("wss", Binding::WebSocket, self.wss)]
        {
            let Some(((listener, at), acceptor)) = door else { continue };
            let site = site.clone();
            spawn_local(listen::accept(listener, move |stream, from| {
                let session = site.session(from);
                spawn_local(secure(acceptor.clone(), site.clone(), stream, session, binding));
            }));
            listens(scheme, at);
        }
        for (scheme, bound) in [("coap", self.coap), ("coaps", self.coaps)] {
            let Some(bound) = bound else { continue };
            let at = bound.local();
            let host: Rc<dyn Host> = site.clone();
            let (node, asker) = bound.into_node(site.engine.clock, host, &seeds.next())?;
            if scheme == "coap" {
                site.coap.replace(Some(asker));
            }
            let tell = tell.clone();
            spawn_local(async move {
                let failure = node.run().await;
                // If nobody listens, the CSE stops already.
                let _ = tell.send(failure);
            });
            listens(scheme, at);
        }
        if let Some((listener, at)) = self.ws {
            let site = site.clone();
            spawn_local(listen::accept(listener, move |stream, from| {
                let session = site.session(from);
                spawn_local(ws::serve(site.clone(), stream, session, None));
            }));
            listens("ws", at);
        }
        if let Some(broker) = &self.options.mqtt {
            let who = mqtt::Who::Cse(site.cse_id.clone());
            let (node, asker) =
                mqtt::Node::new(&broker.0, &who, site.clone(), self.broker.as_ref());
            site.mqtt.replace(Some((broker.0.clone(), asker)));
            let (out, uri) = (out.clone(), broker.0.server());
            let mut is_down = false;
            spawn_local(node.run(move |change| {
                let report = Report::new("broker", "").with("uri", uri.clone());
                match change {
                    mqtt::Change::Up => {
                        is_down = false;
                        let text = format!("by {uri}");
                        out.tell(&report.says("cse", "listens", text).with("connected", true));
                    }
                    // It is tried again and again; that is told once.
                    mqtt::Change::Down(_) if is_down => {}
                    mqtt::Change::Down(why) => {
                        is_down = true;
                        let text = format!("{uri}: {why}");
                        let report = report.says("cse", "misses", text).trouble();
                        out.tell(&report.with("connected", false).with("reason", why));
                    }
                }
            }));
        }
        if let Some((listener, at)) = self.metrics {
            let site = site.clone();
            spawn_local(listen::accept(listener, move |stream, _| {
                spawn_local(http_server::serve_pages(site.clone(), stream));
            }));
            let uri = format!("http://{at}/metrics");
            let report = Report::new("metrics", "").says("cse", "counts", format!("at {uri}"));
            out.tell(&report.with("uri", uri));
        }
        Ok(broken)
    }
}
