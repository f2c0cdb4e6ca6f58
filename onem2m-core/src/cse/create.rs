//! CREATE (TS-0004 clause 7.2.2.2 and 7.3.3).

use super::failure::Failure;
use super::group::Overrides;
use super::request::Outcome;
use super::store::{Flags, Millis, Node, Slot};
use super::{Caller, Cse, access, notify};
use crate::attribute::{AttributeFault, Change, Fault, Schema, Shape, check};
use crate::enumeration::ResultContent;
use crate::json::{Raw, write_member_name, write_string};
use crate::primitive::{Content, Request};
use crate::time::AbsRelTimestamp;
use crate::{MgmtDefinition, ResourceType, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::string::String;
use m2m_base::{Duration, UnixTime};

/// Types whose resources can be created. The others have rows but no behaviour yet.
pub(super) const SUPPORTED: &[ResourceType] = &[
    ResourceType::AccessControlPolicy,
    ResourceType::Ae,
    ResourceType::Container,
    ResourceType::ContentInstance,
    ResourceType::CseBase,
    ResourceType::ExecInstance,
    ResourceType::FlexContainer,
    ResourceType::FlexContainerInstance,
    ResourceType::Group,
    ResourceType::MgmtCmd,
    ResourceType::MgmtObj,
    ResourceType::Node,
    ResourceType::RemoteCse,
    ResourceType::PollingChannel,
    ResourceType::Request,
    ResourceType::Schedule,
    ResourceType::Subscription,
    ResourceType::TimeSeries,
    ResourceType::TimeSeriesInstance,
];

/// The schema that a representation is of.
fn schema(ty: ResourceType, member: &str) -> Result<&'static Schema, Failure> {
    if !SUPPORTED.contains(&ty) {
        let text = "parameter ty: resource type not supported";
        return Err(Failure::new(Status::NotImplemented, text));
    }
    let schema = match ty {
        ResourceType::MgmtObj => {
            MgmtDefinition::from_member_name(member).and_then(Schema::of_management)
        }
        // Its representation has the name that the definition gives.
        ResourceType::FlexContainer => return Schema::of(ty).ok_or(Failure::NOT_FOUND),
        _ => Schema::of(ty),
    };
    schema
        .filter(|schema| schema.member_name == member)
        .ok_or(Failure::bad("parameter pc: not a representation of the resource type"))
}

/// The only member of a content.
pub(super) fn only_member(content: &Content) -> Result<(&str, Raw<'_>), Failure> {
    let mut members = content.members();
    match (members.next(), members.next()) {
        (Some((name, value)), None) if value.is_object() => Ok((name, value)),
        _ => Err(Failure::bad("parameter pc: not one representation")),
    }
}

impl Cse {
    pub(super) fn create(
        &mut self,
        caller: &Caller<'_>,
        parent: Slot,
        request: &Request,
    ) -> Result<Outcome, Failure> {
        let ty = request.resource_type.ok_or(Failure::bad("parameter ty: missing"))?;
        let registers = ty == ResourceType::Ae && parent == self.base;
        if registers {
            self.may_register(caller.originator)?;
        } else if ty.is_announced() && !self.announces_stem(caller, parent, ty) {
            self.admit_announcement(caller, parent, ty)?;
        } else if !ty.is_announced() && (ty != ResourceType::RemoteCse || parent != self.base) {
            self.admit(caller, parent, access::CREATE, Some(ty))?;
        }
        if matches!(
            ty,
            ResourceType::CseBase
                | ResourceType::ExecInstance
                | ResourceType::FlexContainerInstance
                | ResourceType::Request
        ) {
            let text = "only the CSE itself creates such resources";
            return Err(Failure::new(Status::OperationNotAllowed, text));
        }
        let content = request.content.as_ref().ok_or(Failure::bad("parameter pc: missing"))?;
        let (member, representation) = only_member(content)?;
        let known = if ty.is_announced() { None } else { Some(schema(ty, member)?) };
        let holds = self.store.get(parent).map(Node::resource_type);
        let holder = holds.and_then(|ty| match ty.original().unwrap_or(ty) {
            ResourceType::MgmtObj => Schema::of_management(MgmtDefinition::Battery),
            other => Schema::of(other),
        });
        // Below an announced resource is what is announced, and subscriptions to it.
        let fits = ty.is_announced()
            || ty == ResourceType::Subscription
            || !holds.is_some_and(ResourceType::is_announced);
        if !fits || !holder.is_some_and(|holder| holder.allows_child(ty)) {
            if ty == ResourceType::Subscription {
                let text = "there are no subscriptions to the target";
                return Err(Failure::new(Status::TargetNotSubscribable, text));
            }
            let text = "not a child of the target";
            return Err(Failure::new(Status::InvalidChildResourceType, text));
        }
        let definition = match ty {
            ResourceType::FlexContainer => Some(self.definition_of_member(member)?),
            _ => None,
        };
        let shape = match known {
            Some(schema) => Shape { schema, definition, announced: false },
            None => self.announced_shape(ty, member)?,
        };
        let limits = &self.config.limits.attributes;
        check(shape, Change::Create, caller.release, representation, limits)?;
        caller.release.check_content(ty, representation)?;
        let announces = representation.members().any(|(name, _)| matches!(name, "at" | "aa"));
        let places = match announces {
            true => self.check_announcement(shape, representation, None)?,
            false => Overrides::new(),
        };
        if ty == ResourceType::Subscription {
            let caller = Caller { direct: false, ..*caller };
            if self.permissions(&caller, parent, None) & access::RETRIEVE == 0 {
                let text = "originator may not retrieve what it subscribes to";
                return Err(Failure::new(Status::OriginatorHasNoPrivilege, text));
            }
            let find = |name: &str| representation.member(name);
            self.check_subscription(parent, Change::Create, representation, &find)?;
        }
        match ty {
            ResourceType::PollingChannel => self.check_channel(caller, parent)?,
            ResourceType::AccessControlPolicy => access::check(representation)?,
            ResourceType::Schedule => {
                self.check_schedule(parent)?;
                self.check_coordination(parent, representation)?;
            }
            ResourceType::FlexContainer => self.definition_fits(member, representation)?,
            ResourceType::TimeSeriesInstance => self.check_point(parent, representation)?,
            _ => {}
        }
        self.create_checked(caller, parent, ty, representation, request, places)
    }

    fn create_checked(
        &mut self,
        caller: &Caller<'_>,
        parent: Slot,
        ty: ResourceType,
        representation: Raw<'_>,
        request: &Request,
        places: Overrides,
    ) -> Result<Outcome, Failure> {
        let rcn = result_content(request, &[0, 1, 2, 3, 9])?;
        self.has_room(parent, ty)?;
        let mut name = None;
        let (mut expires, mut wants_creator) = (0, false);
        let mut text = String::with_capacity(representation.as_str().len());
        for (member, value) in representation.members() {
            match member {
                "rn" => name = value.as_text(),
                "et" => expires = self.expiration_time(value, caller.wall)?,
                "cr" => wants_creator = true,
                // Those of another CSE are not known here.
                "acpi" if !ty.is_announced() => self.policies_exist(caller, value)?,
                "mgd" if ty == ResourceType::MgmtObj => self.definition_agrees(value, request)?,
                _ => {}
            }
        }
        if let Some(name) = &name {
            self.check_name(caller, parent, name)?;
            text.push_str("\"rn\":");
            write_string(&mut text, name);
        }
        let mut overrides = match ty {
            ResourceType::Group => {
                let find = |name: &str| representation.member(name);
                self.complete_group(caller, representation, &find)?
            }
            ResourceType::TimeSeries => {
                let find = |name: &str| representation.member(name);
                self.complete_series(Change::Create, representation, false, &find)?
            }
            _ => Overrides::new(),
        };
        let announces = !places.is_empty();
        let keeps_stem = self.announces_stem(caller, parent, ty);
        overrides.extend(places);
        for (member, value) in representation.members() {
            let replaced = overrides.iter().any(|(name, _)| *name == member);
            let own = member == "aei" && keeps_stem;
            if !replaced && !value.is_null() && !own && !matches!(member, "rn" | "et" | "cr") {
                put(&mut text, member, value.as_str());
            }
        }
        for (name, value) in overrides.iter().filter(|(_, value)| !value.is_empty()) {
            put(&mut text, name, value);
        }
        let size = self.measure(ty, parent, representation)?;
        let number = self.store.last_number() + 1;
        let mut flags = if name.is_some() { Flags::NAMED } else { Flags::default() };
        let mut owner = String::new();
        if ty == ResourceType::Ae {
            owner = self.assign_ae_id(caller, representation, number)?;
            if self.claims_stem(caller) {
                return Ok(Outcome::Claim);
            }
            let mut quoted = String::new();
            write_string(&mut quoted, &owner);
            put(&mut text, "aei", &quoted);
            flags = flags.with(Flags::OWN_ID);
        }
        if keeps_stem {
            let stem = self.assign_stem(caller, number)?;
            Cse::write_stem(&mut text, &stem);
            flags = flags.with(Flags::OWN_ID);
        }
        if ty == ResourceType::RemoteCse {
            let csi = self.may_register_cse(caller.originator, representation)?;
            if representation.member("csi").is_none() {
                let mut quoted = String::new();
                write_string(&mut quoted, &csi);
                put(&mut text, "csi", &quoted);
            }
            flags = flags.with(Flags::OWN_ID);
        }
        if wants_creator {
            let mut quoted = String::new();
            write_string(&mut quoted, caller.originator);
            put(&mut text, "cr", &quoted);
        }
        let confirmed = caller.confirmed.filter(|number| *number > 0);
        let number = confirmed.unwrap_or_else(|| self.take_number());
        if ty == ResourceType::Subscription {
            let uris = representation.member("nu").unwrap_or(Raw::new("[]"));
            if let Some(ask) = self.verification(caller, number, uris, None)? {
                return Ok(Outcome::Ask(Box::new(ask)));
            }
            self.complete_subscription(caller, uris, representation, &mut text);
        }
        let mut node = Node::new(ty, number, text.into());
        if expires == 0 && !ty.is_instance() {
            expires = later(caller.wall, self.config.default_lifetime);
        }
        (node.created, node.modified, node.expires) = (caller.wall, caller.wall, expires);
        (node.flags, node.size) = (flags, size);
        if ty.is_instance() {
            node.state_tag = self.store.get(parent).map_or(0, |p| p.state_tag.wrapping_add(1));
        } else {
            let owner = if owner.is_empty() { caller.originator } else { &owner };
            node.owner = self.store.owners.take(owner);
        }
        let Some(slot) = self.store.insert(parent, node) else {
            return Err(Failure::new(Status::InternalServerError, "out of memory"));
        };
        self.store.set_deadline(slot, expires);
        self.equip(slot);
        if ty == ResourceType::FlexContainer {
            self.flex_changed(slot, representation, caller.originator);
        }
        if announces {
            self.announce(slot);
        }
        self.keep(slot);
        self.child_event(notify::CREATE_CHILD, parent, slot, caller.originator);
        if ty == ResourceType::Subscription {
            self.notify_prior(slot);
        }
        // An instance may be gone as soon as it takes its place.
        let content = self.created(slot, rcn, representation)?;
        if ty.is_instance() {
            self.instance_came(parent, slot);
        }
        Ok(Outcome::Done(Status::Created, content))
    }

    /// Attributes of a subscription that are there even if its originator does not give them
    /// (TS-0004 clause 7.4.8.2.1, Recv-6.5).
    fn complete_subscription(
        &self,
        caller: &Caller<'_>,
        uris: Raw<'_>,
        representation: Raw<'_>,
        text: &mut String,
    ) {
        if representation.member("nct").is_none() {
            let types = representation.member("enc").and_then(|enc| enc.member("net"));
            let types = types.into_iter().flat_map(Raw::elements).filter_map(Raw::as_u64);
            let events = types.fold(0, |bits, n| bits | 1u16 << (n & 15));
            let mut number = String::new();
            crate::json::write_u64(&mut number, u64::from(notify::default_content(events)));
            put(text, "nct", &number);
        }
        let mut others = uris.elements().filter_map(Raw::as_text);
        if representation.member("cr").is_none()
            && others.any(|uri| !self.is_entity(&uri, caller.originator))
        {
            let mut quoted = String::new();
            write_string(&mut quoted, caller.originator);
            put(text, "cr", &quoted);
        }
    }

    /// A subscription has one schedule at most.
    fn check_schedule(&self, parent: Slot) -> Result<(), Failure> {
        let above = self.store.get(parent);
        let subscribes = above.map(Node::resource_type) == Some(ResourceType::Subscription);
        let count = above.and_then(|node| node.branch.as_deref()).map_or(0, |b| b.children.count);
        if subscribes && count > 0 {
            return Err(Failure::new(Status::Conflict, "there is a schedule already"));
        }
        Ok(())
    }

    /// Only a node has schedules that its network knows of (TS-0004 clause 7.4.9.2).
    pub(super) fn check_coordination(&self, parent: Slot, given: Raw<'_>) -> Result<(), Failure> {
        let above = self.store.get(parent).map(Node::resource_type);
        if given.member("nco").is_some() && above != Some(ResourceType::Node) {
            let text = "attribute nco: only for the schedule of a node";
            return Err(Failure::new(Status::ContentsUnacceptable, text));
        }
        Ok(())
    }

    /// What a CREATE answers with.
    fn created(
        &self,
        slot: Slot,
        rcn: ResultContent,
        given: Raw<'_>,
    ) -> Result<Option<Content>, Failure> {
        let path = |out: &mut String| {
            out.push('"');
            self.store.write_path(slot, out);
            out.push('"');
        };
        let mut out = String::new();
        match rcn {
            ResultContent::Attributes => return self.representation(slot, &[]).map(Some),
            ResultContent::HierarchicalAddress => {
                out.push_str("{\"m2m:uri\":");
                path(&mut out);
                out.push('}');
            }
            ResultContent::HierarchicalAddressAndAttributes => {
                out.push_str("{\"m2m:rce\":{\"uri\":");
                path(&mut out);
                let whole = self.representation(slot, &[])?;
                out.push(',');
                out.push_str(whole.as_str().get(1..).unwrap_or(""));
                out.push('}');
            }
            ResultContent::ModifiedAttributes => {
                // What the originator did not give itself.
                let mut all = String::from("{");
                self.write_attributes(slot, &mut all);
                all.push('}');
                out.push_str("{\"");
                out.push_str(&self.member_name(slot));
                out.push_str("\":{");
                for (member, value) in Raw::new(&all).members() {
                    if given.member(member) != Some(value) {
                        write_member_name(&mut out, member);
                        out.push_str(value.as_str());
                    }
                }
                out.push_str("}}");
            }
            _ => return Ok(None),
        }
        Ok(Some(Content::trusted(out)))
    }

    pub(super) fn has_room(&self, parent: Slot, ty: ResourceType) -> Result<(), Failure> {
        let limits = &self.config.limits;
        if self.store.len() >= limits.resources {
            return Err(Failure::new(Status::InternalServerError, "too many resources"));
        }
        if !ty.is_instance() && self.store.depth(parent) >= limits.depth {
            return Err(Failure::bad("the resource tree would be too deep"));
        }
        Ok(())
    }

    /// The next number; says in the journal from time to time how far numbers went, so that none
    /// is used twice after a restart.
    pub(super) fn take_number(&mut self) -> u64 {
        let number = self.store.next_number();
        if number > self.reserved {
            self.reserved = number + 4096;
            self.keep_reserved();
        }
        number
    }

    /// Reads `et`: in the future, cut to the longest life.
    pub(super) fn expiration_time(&self, value: Raw<'_>, wall: Millis) -> Result<Millis, Failure> {
        if value.is_null() {
            return Ok(0);
        }
        let text = value.as_text().unwrap_or_default();
        let time = AbsRelTimestamp::parse(&text)
            .ok()
            .and_then(|time| time.resolve(UnixTime::from_millis(wall)))
            .map(UnixTime::as_millis)
            .filter(|time| *time > wall)
            .ok_or(Failure::bad("attribute et: not in the future"))?;
        Ok(time.min(later(wall, self.config.max_lifetime)))
    }

    /// That every entry of `acpi` is an accessControlPolicy of this CSE that the caller may know
    /// of: it has rights on it or by it, or has created it.
    pub(super) fn policies_exist(&self, caller: &Caller<'_>, list: Raw<'_>) -> Result<(), Failure> {
        for (at, id) in list.elements().enumerate() {
            let slot = id.as_text().and_then(|id| self.local(&id));
            let ty = slot.and_then(|slot| self.store.get(slot)).map(Node::resource_type);
            let known = ty == Some(ResourceType::AccessControlPolicy)
                || ty == Some(ResourceType::AccessControlPolicyAnnc);
            if !known || !slot.is_some_and(|slot| self.knows_policy(caller, slot)) {
                let name = alloc::format!("acpi.{at}");
                return Err(AttributeFault::new(Fault::Conflict, &name).into());
            }
        }
        Ok(())
    }

    fn definition_agrees(&self, mgd: Raw<'_>, request: &Request) -> Result<(), Failure> {
        let member = request.content.as_ref().and_then(|content| content.members().next());
        let definition = member.and_then(|(name, _)| MgmtDefinition::from_member_name(name));
        if definition.map(|d| u64::from(d.number())) == mgd.as_u64() {
            return Ok(());
        }
        Err(AttributeFault::new(Fault::Conflict, "mgd").into())
    }

    /// Size of the content of an instance, if its container takes it.
    fn measure(
        &self,
        ty: ResourceType,
        parent: Slot,
        representation: Raw<'_>,
    ) -> Result<u32, Failure> {
        if !ty.is_instance() {
            return Ok(0);
        }
        let size = representation.member("con").map_or(0, Raw::text_len);
        let most = self.store.branch(parent).map_or(0, |branch| branch.max_bytes);
        u32::try_from(size)
            .ok()
            .filter(|size| u64::from(*size) <= most)
            .ok_or(Failure::new(Status::NotAcceptable, "content is larger than mbs allows"))
    }

    /// Whether the originator may register an AE at all.
    fn may_register(&self, originator: &str) -> Result<(), Failure> {
        let proposal = if originator.is_empty() { "C" } else { originator };
        let allowed = proposal == self.config.admin
            || self.config.ae_originators.iter().any(|p| access::matches(p, proposal));
        if allowed {
            return Ok(());
        }
        let text = "originator may not register an AE";
        Err(Failure::new(Status::OriginatorHasNoPrivilege, text))
    }

    /// The AE-ID of an AE that registers (TS-0001 clause 10.2.2.2): the proposal, or one made
    /// from the number of the resource.
    fn assign_ae_id(
        &self,
        caller: &Caller<'_>,
        representation: Raw<'_>,
        number: u64,
    ) -> Result<String, Failure> {
        let api = representation.member("api").and_then(Raw::as_text).unwrap_or_default();
        if !caller.release.allows_app_id(&api) {
            return Err(Failure::bad("attribute api: bad value, expected R or N in front"));
        }
        match caller.originator {
            "" | "C" | "S" => {
                let mut id = String::from(if caller.originator == "S" { "S" } else { "C" });
                super::store::write_number_id(number, &mut id);
                Ok(id)
            }
            id if !crate::attribute::is_name(id) => {
                Err(Failure::bad("parameter fr: not an AE-ID stem"))
            }
            id if self.store.by_id(id).is_some() => {
                let text = "originator has already registered";
                Err(Failure::new(Status::OriginatorHasAlreadyRegistered, text))
            }
            id => Ok(id.into()),
        }
    }
}

/// Appends a member to members without braces.
pub(super) fn put(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push(',');
    }
    text.push('"');
    text.push_str(name);
    text.push_str("\":");
    text.push_str(value);
}

pub(super) fn later(wall: Millis, span: Duration) -> Millis {
    wall.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

/// The result content of a request, which must be one of `allowed`.
pub(super) fn result_content(request: &Request, allowed: &[u32]) -> Result<ResultContent, Failure> {
    let rcn = request.effective_result_content();
    if allowed.contains(&rcn.number()) {
        return Ok(rcn);
    }
    Err(Failure::bad("parameter rcn: not possible with this operation"))
}
