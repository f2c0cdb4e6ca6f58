//! The way to a server: found when the engine asks for it, and found anew when it is lost.

use super::args::{SUPPORTED, is_supported};
use super::plan::Plan;
use crate::coap::resolve;
use crate::coap::uri::Uri;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::transport::{Psk, Scheme, Target, Trust};
use lwm2m_core::client::Client;
use lwm2m_core::{Path, Value};
use m2m_base::{Instant, PeerId};
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

/// What the Security object says of a server.
fn access(client: &Client, security: u16) -> Result<(String, Option<Psk>), Failure> {
    let at = |id| client.get(Path::resource(0, security, id));
    let uri = match at(0) {
        Some(Value::String(uri)) => uri.to_string(),
        _ => return Err(Failure::new(format!("/0/{security}/0 is no URI"))),
    };
    let bytes = |id| match at(id) {
        Some(Value::Opaque(data)) => data.bytes().collect(),
        _ => Vec::new(),
    };
    // Mode 0: pre-shared key.
    let psk = match at(2) {
        Some(Value::Integer(0)) => Some(Psk { identity: bytes(3), key: bytes(5) }),
        _ => None,
    };
    Ok((uri, psk))
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
        let (text, psk) = access(&driver.engine, security)?;
        let uri = Uri::parse(&text)
            .map_err(|words| Failure::new(format!("cannot go to {text}: {words}")))?;
        if !is_supported(uri.scheme) {
            let words = format!("cannot go to {text}: its scheme is none of {SUPPORTED}");
            return Err(Failure::new(words));
        }
        if uri.scheme == Scheme::Coaps && psk.is_none() {
            let words = format!("cannot go to {text}: only pre-shared keys are supported");
            return Err(Failure::new(words));
        }
        let addresses = match plan.addresses.get(&text) {
            Some(known) => known.clone(),
            None => resolve(&uri.host, uri.port).await?,
        };
        let (authority, scheme) = (uri.authority(), uri.scheme);
        let trust = match uri.scheme.is_tls() {
            true => Some(Trust::load(plan.ca.as_deref(), None)?),
            false => None,
        };
        let target = Target { scheme: uri.scheme, host: uri.host, authority, psk, trust };
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
            uri: text,
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
