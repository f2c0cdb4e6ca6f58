//! Which resource an address means, and which entity an identifier.

use super::Cse;
use super::failure::Failure;
use super::store::{Node, Slot};
use crate::ResourceType;
use crate::address::{Address, Originator, Scope, VirtualResource};
use alloc::string::String;
use alloc::vec::Vec;

/// A resource of this CSE, or one of its virtual ones.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) slot: Slot,
    pub(super) which: Option<VirtualResource>,
    /// What follows a fan-out point, with slashes in front.
    pub(super) rest: String,
}

impl Place {
    fn of(slot: Slot) -> Place {
        Place { slot, which: None, rest: String::new() }
    }
}

impl Cse {
    /// The resource that an address means.
    pub(super) fn resolve(&self, to: &str) -> Result<Place, Failure> {
        let address = Address::parse(to).map_err(|_| Failure::NOT_FOUND)?;
        let own = self.config.cse_id.get(1..).unwrap_or("");
        let address = address.relative_to(&self.config.sp_id, own);
        match address.scope() {
            Scope::CseRelative => {}
            Scope::SpRelative { cse } if cse == own => return Ok(Place::of(self.base)),
            // The AE-ID of an AE with an S stem that is registered here.
            Scope::SpRelative { cse } if address.segments().next().is_none() => {
                let slot = self.store.by_id(cse).filter(|slot| {
                    let ty = self.store.get(*slot).map(Node::resource_type);
                    ty == Some(ResourceType::Ae)
                });
                return slot.map(Place::of).ok_or(Failure::NOT_FOUND);
            }
            _ => return Err(Failure::NOT_FOUND),
        }
        let mut at = None;
        let mut segments = address.segments();
        while let Some(segment) = segments.next() {
            let Some(parent) = at else {
                let base = segment == self.config.cse_name || segment == "-";
                at = if base { Some(self.base) } else { self.store.by_id(segment) };
                at.ok_or(Failure::NOT_FOUND)?;
                continue;
            };
            if let Some(child) = self.store.child(parent, segment) {
                at = Some(child);
                continue;
            }
            let which = VirtualResource::from_name(segment);
            let which = which.filter(|which| self.has_virtual(parent, *which));
            let which = which.ok_or(Failure::NOT_FOUND)?;
            let mut rest = String::new();
            for segment in segments {
                rest.push('/');
                rest.push_str(segment);
            }
            if which != VirtualResource::FanOutPoint && !rest.is_empty() {
                return Err(Failure::NOT_FOUND);
            }
            return Ok(Place { slot: parent, which: Some(which), rest });
        }
        at.map(Place::of).ok_or(Failure::NOT_FOUND)
    }

    /// Whether a resource has that virtual one.
    fn has_virtual(&self, slot: Slot, which: VirtualResource) -> bool {
        let ty = self.store.get(slot).map(Node::resource_type);
        match which {
            VirtualResource::Latest | VirtualResource::Oldest => {
                ty.is_some_and(|ty| crate::attribute::instance_type(ty).is_some())
            }
            VirtualResource::PollingChannelUri => ty == Some(ResourceType::PollingChannel),
            VirtualResource::FanOutPoint => ty == Some(ResourceType::Group),
            _ => false,
        }
    }

    /// The resource of this CSE with an address that is no virtual one.
    pub(super) fn local(&self, to: &str) -> Option<Slot> {
        match self.resolve(to) {
            Ok(Place { slot, which: None, .. }) => Some(slot),
            _ => None,
        }
    }

    /// The shortest form of an originator, as it is compared and kept.
    pub(super) fn normal_originator(&self, from: &str) -> String {
        if !from.starts_with('/') {
            return from.into();
        }
        let own = self.config.cse_id.get(1..).unwrap_or("");
        let Ok(originator) = Originator::parse(from) else { return from.into() };
        let originator = originator.relative_to(&self.config.sp_id, own);
        let mut text = Vec::new();
        let _ = originator.write(&mut text);
        let text = String::from_utf8(text).unwrap_or_default();
        if let Originator::Entity(entity) = originator {
            // An AE-ID with an S stem has a slash in front elsewhere.
            let ae = entity.sp().is_none() && entity.may_be_ae();
            if ae && self.store.by_id(entity.id()).is_some() {
                return entity.id().into();
            }
        }
        text
    }

    /// An originator as other CSEs see it.
    pub(super) fn sp_relative(&self, originator: &str) -> String {
        if originator.starts_with('/') {
            return originator.into();
        }
        alloc::format!("{}/{originator}", self.config.cse_id)
    }
}
