//! Other CSEs (TS-0001 clauses 10.2.2.1 and 9.6.4, TS-0004 clause 7.4.4): those that register
//! here, the registrar of this one, and requests that pass through.

use super::failure::Failure;
use super::outgoing::{NoResponse, Purpose, Reach, Target};
use super::store::{Node, Slot, Store};
use super::{Cse, Session, access};
use crate::address::{Address, Originator, Scope};
use crate::ae::{self, Ae, Command, Event};
use crate::json::Raw;
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ResourceType, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use m2m_base::{Instant, Seed, UnixTime};

/// The CSE that this one registers at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registrar {
    /// Its CSE-ID with the slash.
    pub cse_id: String,
    /// The name of its `<CSEBase>`.
    pub cse_name: String,
    /// URIs under which it is reached.
    pub points_of_access: Vec<String>,
}

/// The registration at the registrar.
#[derive(Debug)]
pub(super) struct Upstream {
    registrar: Registrar,
    entity: Ae,
    begun: bool,
    /// The request for the registrar's `<CSEBase>`.
    looking: Option<ae::RequestId>,
    /// When it is tried again after the registrar has refused.
    again: Option<Instant>,
}

/// Whether a CSE is below the one that a remoteCSE stands for.
fn leads_to(store: &Store, slot: Slot, cse: &str) -> bool {
    let below = store.get(slot).and_then(|node| node.attribute("dcse"));
    let below = below.into_iter().flat_map(Raw::elements).filter_map(Raw::as_text);
    below.into_iter().any(|csi| csi.strip_prefix('/').unwrap_or(&csi) == cse)
}

impl Upstream {
    pub(super) fn new(
        config: &super::Config,
        registrar: Registrar,
        seed: &Seed,
    ) -> Option<Upstream> {
        let base = format!("{}/{}", registrar.cse_id, registrar.cse_name);
        let mut own = ae::Config::new(&base, &config.cse_id, "");
        own.name = config.cse_id.get(1..).map(Into::into);
        own.points_of_access.clone_from(&config.points_of_access);
        own.lifetime = config.registration_lifetime;
        own.cse = Some(Box::new(ae::RemoteCse {
            base: format!("{}/{}", config.cse_id, config.cse_name),
            cse_type: config.cse_type.number(),
            releases: config.releases.iter().map(|r| r.as_str().into()).collect(),
            descendants: Vec::new(),
            untold: false,
        }));
        let entity = Ae::new(own, &seed.derive(1)).ok()?;
        Some(Upstream { registrar, entity, begun: false, looking: None, again: None })
    }

    pub(super) fn set_wall_clock(&mut self, now: Instant, time: UnixTime) {
        if !self.begun {
            self.entity.set_wall_clock(now, time);
            self.begun = self.entity.register(now).is_ok();
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.entity.poll_timeout().into_iter().chain(self.again).min()
    }
}

impl Cse {
    /// True while this CSE is registered at its registrar.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        self.upstream.as_ref().is_some_and(|up| up.entity.registration().is_some())
    }

    /// Whether an originator may register as a CSE with these attributes. Gives its CSE-ID.
    pub(super) fn may_register_cse(
        &self,
        originator: &str,
        representation: Raw<'_>,
    ) -> Result<String, Failure> {
        let refused = |text| Err(Failure::new(Status::OriginatorHasNoPrivilege, text));
        if !self.config.cse_originators.iter().any(|p| access::matches(p, originator)) {
            return refused("originator may not register a CSE");
        }
        let csi = representation.member("csi").and_then(Raw::as_text);
        let csi = csi.as_deref().unwrap_or(originator);
        let Some(id) = csi.strip_prefix('/').filter(|id| crate::attribute::is_name(id)) else {
            return Err(Failure::bad("attribute csi: not a CSE-ID"));
        };
        if csi != originator {
            return refused("originator is another CSE than csi");
        }
        if csi == self.config.cse_id || super::store::number_of(id).is_some() {
            return Err(Failure::new(Status::Conflict, "attribute csi: taken"));
        }
        if self.store.by_id(id).is_some() {
            let text = "originator has already registered";
            return Err(Failure::new(Status::OriginatorHasAlreadyRegistered, text));
        }
        Ok(csi.into())
    }

    /// The remoteCSE over which a request of an originator goes on whose target is not of this CSE.
    /// `None` if it is.
    pub(super) fn next_hop(&self, to: &str, originator: &str) -> Result<Option<Slot>, Failure> {
        let Some(cse) = self.other_cse(to) else { return Ok(None) };
        let from = self.passes(originator)?;
        let hop = self.route(cse.as_str()).ok_or(Failure::NOT_FOUND)?;
        // Not back to where it comes from.
        if from == Some(hop) { Err(Failure::NOT_FOUND) } else { Ok(Some(hop)) }
    }

    /// The remoteCSE over which an address that is not of this CSE is reached.
    pub(super) fn way_to(&self, to: &str) -> Option<Slot> {
        self.route(&self.other_cse(to)?)
    }

    /// The CSE that an address or originator is of, if it is another one.
    fn other_cse(&self, to: &str) -> Option<String> {
        if !to.starts_with('/') {
            return None;
        }
        let own = self.config.cse_id.get(1..).unwrap_or("");
        let address = Address::parse(to).ok()?.relative_to(&self.config.sp_id, own);
        let Scope::SpRelative { cse } = address.scope() else { return None };
        // An AE-ID with an S stem looks the same.
        let registered = self.store.by_id(cse).and_then(|slot| self.store.get(slot));
        let is_ae = registered.is_some_and(|node| node.resource_type() == ResourceType::Ae);
        (cse != own && !is_ae).then(|| cse.into())
    }

    /// True for the address of something that another CSE has.
    pub(super) fn is_elsewhere(&self, to: &str) -> bool {
        self.other_cse(to).is_some()
    }

    /// The remoteCSE through which a CSE is reached: its own, that of an ancestor, or that of the
    /// registrar.
    fn route(&self, cse: &str) -> Option<Slot> {
        let remote = |slot: &Slot| {
            self.store.get(*slot).is_some_and(|n| n.resource_type() == ResourceType::RemoteCse)
        };
        if let Some(slot) = self.store.by_id(cse).filter(remote) {
            return Some(slot);
        }
        // An AE-ID with an S stem leads to where the AE is registered.
        let home = self.home_of_stem(cse).filter(|home| home != cse);
        let home = home.and_then(|home| {
            self.store
                .by_id(&home)
                .filter(remote)
                .or_else(|| self.remote_cses().find(|slot| leads_to(&self.store, *slot, &home)))
        });
        if home.is_some() {
            return home;
        }
        self.remote_cses().find(|slot| leads_to(&self.store, *slot, cse)).or_else(|| {
            let up = self.upstream.as_ref()?.registrar.cse_id.get(1..)?;
            self.store.by_id(up).filter(remote)
        })
    }

    /// The remoteCSEs that are here.
    fn remote_cses(&self) -> impl Iterator<Item = Slot> + '_ {
        self.remotes.iter().filter_map(|number| self.store.attached(*number))
    }

    /// True for the CSE-ID of another CSE that can be reached: its subscriptions may notify AEs.
    pub(super) fn is_known_cse(&self, originator: &str) -> bool {
        let cse = self.other_cse(originator).filter(|cse| originator.get(1..) == Some(cse));
        cse.is_some_and(|cse| self.route(&cse).is_some())
    }

    /// True for an originator of another CSE that can be reached.
    pub(super) fn comes_through(&self, originator: &str) -> bool {
        self.other_cse(originator).is_some_and(|cse| self.route(&cse).is_some())
    }

    /// Remembers a remoteCSE that was created, restored or changed.
    pub(super) fn note_remote_cse(&mut self, slot: Slot) {
        let Some(number) = self.store.get(slot).map(|node| node.number) else { return };
        let store = &self.store;
        self.remotes.retain(|own| *own != number && store.attached(*own).is_some());
        self.remotes.push(number);
        let id = self.store.id(slot);
        self.reachable_again(&id);
        self.tell_descendants();
    }

    /// Tells the registrar which CSEs are reached through this one.
    fn tell_descendants(&mut self) {
        let Some(up) = &self.upstream else { return };
        let registrar = up.registrar.cse_id.clone();
        let mut below: Vec<String> = Vec::new();
        for slot in self.remote_cses() {
            let Some(node) = self.store.get(slot) else { continue };
            let csi = node.attribute("csi").and_then(Raw::as_text).unwrap_or_default();
            if *csi == *registrar {
                continue;
            }
            below.push(csi.into_owned());
            let further = node.attribute("dcse").into_iter().flat_map(Raw::elements);
            below.extend(further.filter_map(Raw::as_text).map(|text| text.into_owned()));
        }
        if let Some(up) = &mut self.upstream {
            up.entity.set_descendants(below);
        }
    }

    /// That requests of an originator may pass: it is registered here, or behind a CSE that is,
    /// which is given. Others are not told which CSEs there are.
    fn passes(&self, originator: &str) -> Result<Option<Slot>, Failure> {
        let refused =
            || Failure::new(Status::OriginatorHasNoPrivilege, "originator is not registered");
        match self.other_cse(originator) {
            Some(cse) => self.route(&cse).map(Some).ok_or_else(refused),
            None if originator == self.config.admin => Ok(None),
            None => {
                let slot = self.store.by_id(originator).and_then(|slot| self.store.get(slot));
                match slot.map(Node::resource_type) {
                    Some(ResourceType::Ae) => Ok(None),
                    _ => Err(refused()),
                }
            }
        }
    }

    /// Sends what the registration at the registrar wants sent, and takes what it says.
    pub(super) fn drive_registration(&mut self) {
        let now = self.now;
        loop {
            let Some(up) = &mut self.upstream else { return };
            if up.again.is_some_and(|at| at <= now) {
                up.again = None;
                let _ = up.entity.register(now);
            }
            up.entity.handle_timeout(now);
            if let Some(outgoing) = up.entity.poll_outgoing(now) {
                let target = Target {
                    entity: up.registrar.cse_id.get(1..).map(Into::into),
                    addresses: up.registrar.points_of_access.clone(),
                    serialization: None,
                };
                let name = outgoing.request.request_identifier.clone();
                let purpose = Purpose::Registration(outgoing.id, name);
                self.send(Reach::Address(target), outgoing.request, purpose);
            } else if let Some(event) = up.entity.poll_event() {
                self.registration_event(event);
            } else {
                return;
            }
        }
    }

    pub(super) fn registration_answered(
        &mut self,
        id: ae::OutgoingId,
        name: String,
        result: Result<Response, NoResponse>,
    ) {
        let now = self.now;
        let Some(up) = &mut self.upstream else { return };
        match result {
            Ok(response) => {
                let response = Response { request_identifier: name, ..response };
                let _ = up.entity.handle_response(now, id, response);
            }
            Err(_) => up.entity.outgoing_failed(now, id),
        }
        self.set_timer(now, super::timer::Timer::Registration);
    }

    fn registration_event(&mut self, event: Event) {
        let now = self.now;
        let Some(up) = &mut self.upstream else { return };
        match event {
            Event::Registered { .. } => {
                let base = format!("{}/{}", up.registrar.cse_id, up.registrar.cse_name);
                up.looking = up.entity.request(now, Command::retrieve(&base)).ok();
            }
            // A registrar that refuses may have just begun, or not know yet that it may accept.
            Event::RegistrationFailed { again: false, .. } => {
                up.again = Some(now + self.config.notification_retry);
            }
            Event::Done { id, .. } if up.looking == Some(id) => {
                up.looking = None;
                let response = up.entity.response(id);
                let base = response.and_then(|r| r.content.as_ref()).map(Content::raw);
                let base = base.and_then(|c| c.member("m2m:cb"));
                let text = |name: &str| Some(base?.member(name)?.as_str().to_string());
                let (cst, srv) = (text("cst"), text("srv"));
                let _ = up.entity.release(now, id);
                self.represent_registrar(cst, srv);
            }
            _ => {}
        }
    }

    /// Creates or updates the remoteCSE that stands for the registrar.
    fn represent_registrar(&mut self, cst: Option<String>, srv: Option<String>) {
        let Some(up) = &self.upstream else { return };
        let Registrar { cse_id, cse_name, points_of_access } = up.registrar.clone();
        let id = cse_id.get(1..).unwrap_or("");
        let known = self.store.by_id(id).is_some();
        let mut resource = ae::Resource::new(ResourceType::RemoteCse).boolean("rr", true);
        resource = resource.list("poa", &points_of_access);
        let parsed = |text: Option<String>| serde_json::from_str(&text?).ok();
        resource = match parsed(srv) {
            Some(srv) => resource.value("srv", &srv),
            None => resource.list("srv", ["3"]),
        };
        if !known {
            resource = resource.name(id).text("csi", &cse_id);
            resource = resource.text("cb", &format!("{cse_id}/{cse_name}"));
            resource = match parsed(cst) {
                Some(cst) => resource.value("cst", &cst),
                None => resource,
            };
        }
        let (operation, to) = if known {
            (Operation::Update, id.into())
        } else {
            (Operation::Create, self.config.cse_name.clone())
        };
        let mut request = Request::new(operation, to, "0".into());
        request.from = Some(cse_id);
        request.resource_type = (!known).then_some(ResourceType::RemoteCse);
        request.content = Some(resource.content());
        request.release_version_indicator = self.config.releases.last().copied();
        // It is a request like any other, but nobody waits for its response.
        let _ = self.operate(Session::default(), &request, None);
    }

    /// The originator of a request that is passed on.
    pub(super) fn outside(&self, originator: &str) -> String {
        match Originator::parse(originator) {
            Ok(_) if originator.starts_with('/') => originator.into(),
            _ => self.sp_relative(originator),
        }
    }
}
