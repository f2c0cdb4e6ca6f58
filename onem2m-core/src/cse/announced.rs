//! Announced resources of other CSEs (TS-0001 clause 9.6.26, TS-0004 clause 7.4.1).

use super::announce::is_bidirectional;
use super::failure::Failure;
use super::outgoing::Purpose;
use super::request::Outcome;
use super::store::{Node, Slot};
use super::{Caller, Cse, access};
use crate::attribute::{Schema, Shape};
use crate::json::Raw;
use crate::primitive::{Content, Request};
use crate::{MgmtDefinition, Operation, ResourceType, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

impl Cse {
    /// What the rows say about the attributes of a resource.
    pub(super) fn shape(&self, slot: Slot) -> Option<Shape<'_>> {
        let node = self.store.get(slot)?;
        let ty = node.resource_type();
        let original = ty.original().unwrap_or(ty);
        let schema = match original {
            ResourceType::MgmtObj => {
                let mgd = node.attribute("mgd").and_then(Raw::as_u64)?;
                Schema::of_management(MgmtDefinition::from_number(u32::try_from(mgd).ok()?))?
            }
            other => Schema::of(other)?,
        };
        let definition = self.definition(slot);
        Some(Shape { schema, definition, announced: ty.is_announced() })
    }

    /// The shape of an announced resource that is to be created.
    pub(super) fn announced_shape(
        &self,
        ty: ResourceType,
        member: &str,
    ) -> Result<Shape<'_>, Failure> {
        let wrong = Failure::bad("parameter pc: not a representation of the resource type");
        let original = ty.original().filter(|ty| super::create::SUPPORTED.contains(ty));
        let original =
            original.ok_or(Failure::new(Status::NotImplemented, "resource type not supported"))?;
        if original == ResourceType::FlexContainer {
            let Some(name) = member.strip_suffix("Annc") else { return Err(wrong) };
            let definition = Some(self.definition_of_member(name)?);
            let schema = Schema::of(original).ok_or(Failure::NOT_FOUND)?;
            return Ok(Shape { schema, definition, announced: true });
        }
        let Some(name) = member.strip_suffix('A') else { return Err(wrong) };
        let schema = match original {
            ResourceType::MgmtObj => {
                MgmtDefinition::from_member_name(name).and_then(Schema::of_management)
            }
            other => Schema::of(other),
        };
        let schema = schema.filter(|schema| schema.member_name == name).ok_or(wrong)?;
        Ok(Shape { schema, definition: None, announced: true })
    }

    /// Only CSEs announce, below the CSEBase or what they have announced before.
    pub(super) fn admit_announcement(
        &self,
        caller: &Caller<'_>,
        parent: Slot,
        ty: ResourceType,
    ) -> Result<(), Failure> {
        if parent != self.base {
            self.admit(caller, parent, access::CREATE, Some(ty))?;
        }
        if caller.originator != self.config.admin && !self.is_known_cse(caller.originator) {
            let text = "originator is no CSE that is known here";
            return Err(Failure::new(Status::OriginatorHasNoPrivilege, text));
        }
        Ok(())
    }

    /// Whether the caller is the CSE that announced the resource.
    pub(super) fn is_announcer(&self, caller: &Caller<'_>, node: &Node) -> bool {
        node.resource_type().is_announced()
            && self.store.owners.text(node.owner) == caller.originator
    }

    /// Others than the CSE of the original change an announced resource only if changes go both
    /// ways.
    pub(super) fn may_change_announced(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
    ) -> Result<(), Failure> {
        let Some(node) = self.store.get(slot) else { return Err(Failure::NOT_FOUND) };
        let fixed = node.resource_type().is_announced()
            && !self.is_announcer(caller, node)
            && !self.keeps_stem(caller, slot)
            && !is_bidirectional(node);
        if !fixed {
            return Ok(());
        }
        let text = "the announced resource is changed by its original only";
        Err(Failure::new(Status::OperationNotAllowed, text))
    }

    /// Somebody changed an announced resource: its original follows.
    pub(super) fn tell_original(&mut self, caller: &Caller<'_>, slot: Slot, given: Raw<'_>) {
        let Some(node) = self.store.get(slot) else { return };
        if !node.resource_type().is_announced() || self.is_announcer(caller, node) {
            return;
        }
        let Some(link) = node.attribute("lnk").and_then(Raw::as_text) else { return };
        let link = link.into_owned();
        let name = self.member_name(slot);
        let name = name.strip_suffix("Annc").or(name.strip_suffix('A')).unwrap_or(&name);
        let content = Content::trusted(format!("{{\"{name}\":{}}}", given.as_str()));
        let request = Request {
            from: Some(self.config.cse_id.clone()),
            content: Some(content),
            release_version_indicator: Some(self.release_for(None)),
            ..Request::new(Operation::Update, link, String::new())
        };
        let reach = self.reach(&request.to);
        self.send(reach, request, Purpose::Nothing);
    }

    /// RETRIEVE of the original of an announced resource (`rcn` 7).
    pub(super) fn original(&self, slot: Slot, request: &Request) -> Result<Outcome, Failure> {
        let node = self.store.get(slot).filter(|node| node.resource_type().is_announced());
        let link = node.and_then(|node| node.attribute("lnk")).and_then(Raw::as_text);
        let Some(link) = link else {
            return Err(Failure::bad("parameter rcn: the target is no announced resource"));
        };
        let hop = self.way_to(&link).ok_or(Failure::NOT_FOUND)?;
        let request = Request { to: link.into_owned(), result_content: None, ..request.clone() };
        Ok(Outcome::Original(hop, Box::new(request)))
    }

    /// The accessControlPolicy that an entry of `acpi` means: one of this CSE, or the announced
    /// one of another.
    pub(super) fn policy(&self, id: &str) -> Option<u64> {
        let own = self.local(id).and_then(|slot| self.store.get(slot)).map(|node| node.number);
        own.or_else(|| self.announcements.policies.get(id).copied())
    }

    /// Remembers the announced accessControlPolicy by what it is announced for.
    pub(super) fn note_announced_policy(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        if let Some(link) = node.attribute("lnk").and_then(Raw::as_text) {
            self.announcements.policies.insert(link.into_owned(), node.number);
        }
    }

    pub(super) fn forget_announced_policy(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        if let Some(link) = node.attribute("lnk").and_then(Raw::as_text) {
            let number = node.number;
            let known = self.announcements.policies.get(&*link) == Some(&number);
            let link = link.into_owned();
            if known {
                self.announcements.policies.remove(&link);
            }
        }
    }
}
