//! Announcement of resources at other CSEs (TS-0001 clauses 9.6.26 and 10.2.18): attribute `at` of
//! an original names CSEs; where it is announced, the address of the announced resource stands in
//! place of the CSE's.

use super::create::put;
use super::failure::Failure;
use super::group::Overrides;
use super::outgoing::{NoResponse, Purpose};
use super::represent::write_timestamp;
use super::store::{Flags, Millis, Node, Slot};
use super::timer::Timer;
use super::{Caller, Cse};
use crate::address::{Address, Scope};
use crate::attribute::{Announced, AttributeFault, Fault, Kind, Shape};
use crate::json::{Raw, write_string};
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ResourceType, ResponseStatusCode as Status};
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What is known about the announcements of this CSE's resources besides their attributes `at`.
#[derive(Debug, Default)]
pub(super) struct Announcements {
    /// Addresses of this `<CSEBase>`'s announced resource, by the CSE that has it; `None` while
    /// it is being created.
    bases: BTreeMap<String, Option<String>>,
    /// Resources that wait for something, by what it is.
    waiting: BTreeMap<Wait, BTreeSet<u64>>,
    /// Resources and CSEs whose CREATE has no response yet.
    asked: BTreeSet<(u64, String)>,
    /// Announced accessControlPolicies of other CSEs, by their links.
    pub(super) policies: BTreeMap<String, u64>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Wait {
    /// The announced `<CSEBase>` at a CSE.
    Base(String),
    /// The announcement of the resource of that number.
    Parent(u64),
}

/// What the outcome of a request about an announced resource is for.
#[derive(Debug)]
pub(super) enum Announcement {
    /// The `<CSEBase>` at a CSE.
    Base(String),
    /// A new announced resource of the resource of that number, at a CSE.
    New(u64, String),
}

/// Attributes of an original that decide about its announcement, before they changed.
#[derive(Debug, Default)]
pub(super) struct Before {
    places: Vec<String>,
    attributes: Vec<String>,
}

fn texts(list: Option<Raw<'_>>) -> Vec<String> {
    let elements = list.into_iter().flat_map(Raw::elements).filter_map(Raw::as_text);
    elements.map(Cow::into_owned).collect()
}

/// The CSE-ID, with its slash, of what stands in `at`.
fn cse_of(place: &str) -> &str {
    let end = place.get(1..).and_then(|rest| rest.find('/')).map_or(place.len(), |at| at + 1);
    place.get(..end).unwrap_or(place)
}

/// The address of an announced resource in `places` at a CSE.
fn address_at<'a>(places: &'a [String], cse: &str) -> Option<&'a str> {
    let found = places.iter().find(|place| cse_of(place) == cse && place.len() > cse.len());
    found.map(String::as_str)
}

fn list_text(items: &[String]) -> String {
    let mut text = String::from("[");
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        write_string(&mut text, item);
    }
    text.push(']');
    text
}

impl Cse {
    /// Checks `at` and `aa` of a representation, and gives `at` as it is kept: CSE-IDs, and
    /// addresses where the resource `old` is announced already.
    pub(super) fn check_announcement(
        &self,
        shape: Shape<'_>,
        given: Raw<'_>,
        old: Option<&Node>,
    ) -> Result<Overrides, Failure> {
        let conflict = |name: &str, at: usize| {
            Err(AttributeFault::new(Fault::Conflict, &format!("{name}.{at}")).into())
        };
        let named = given.member("aa").into_iter().flat_map(Raw::elements);
        for (at, name) in named.enumerate() {
            let row = name.as_text().and_then(|name| shape.find(&name));
            if row.is_none_or(|row| row.announced == Announced::NA) {
                return conflict("aa", at);
            }
        }
        let Some(list) = given.member("at").filter(|list| list.is_array()) else {
            return Ok(Overrides::new());
        };
        let known = texts(old.and_then(|node| node.attribute("at")));
        let own = self.config.cse_id.get(1..).unwrap_or("");
        let mut places: Vec<String> = Vec::new();
        for (at, text) in list.elements().filter_map(Raw::as_text).enumerate() {
            let address = Address::parse(&text).ok();
            let scope = address.map(|a| a.relative_to(&self.config.sp_id, own).scope());
            let cse = match scope {
                Some(Scope::SpRelative { cse }) if cse != own => format!("/{cse}"),
                _ => return conflict("at", at),
            };
            if places.iter().any(|place| cse_of(place) == cse) {
                continue;
            }
            places.push(address_at(&known, &cse).map_or(cse, Into::into));
        }
        let value = if places.is_empty() { String::new() } else { list_text(&places) };
        Ok([("at", value)].into())
    }

    /// What decides about the announcement of a resource, before an update.
    pub(super) fn announced_before(&self, slot: Slot) -> Before {
        match self.store.get(slot).filter(|node| node.flags.has(Flags::ANNOUNCED)) {
            Some(node) => Before {
                places: texts(node.attribute("at")),
                attributes: texts(node.attribute("aa")),
            },
            None => Before::default(),
        }
    }

    /// Announces a resource where it shall be and is not yet.
    pub(super) fn announce(&mut self, slot: Slot) {
        let Some(node) = self.store.get_mut(slot) else { return };
        let places = texts(node.attribute("at"));
        let flags = node.flags.without(Flags::ANNOUNCED);
        node.flags = if places.is_empty() { flags } else { flags.with(Flags::ANNOUNCED) };
        let (number, parent) = (node.number, node.parent);
        let instance = node.resource_type().is_instance();
        for cse in places.iter().filter(|place| cse_of(place).len() == place.len()) {
            if self.announcements.asked.contains(&(number, cse.clone())) {
                continue;
            }
            let above = self.store.get(parent).map(|node| (node.number, node.attribute("at")));
            let (above, above_at) = above.unwrap_or_default();
            let above_at = texts(above_at);
            if let Some(to) = address_at(&above_at, cse) {
                let to = to.into();
                self.announce_at(slot, cse, to);
            } else if above_at.contains(cse) {
                self.announcements.waiting.entry(Wait::Parent(above)).or_default().insert(number);
            } else if instance {
                // TS-0001 clause 10.2.18.4: an instance goes with its container or not at all.
                self.replace_place(slot, cse, None);
            } else if let Some(Some(to)) = self.announcements.bases.get(cse) {
                let to = to.clone();
                self.announce_at(slot, cse, to);
            } else {
                let waits = self.announcements.waiting.entry(Wait::Base(cse.clone()));
                waits.or_default().insert(number);
                self.announce_base(cse);
            }
        }
    }

    fn announce_base(&mut self, cse: &str) {
        if self.announcements.bases.contains_key(cse) {
            return;
        }
        self.announcements.bases.insert(cse.into(), None);
        let content = self.announced_content(self.base, |_| true);
        let request = self.to_announced(Operation::Create, format!("{cse}/-"), content);
        let request = Request { resource_type: Some(ResourceType::CseBaseAnnc), ..request };
        let reach = self.reach(&request.to);
        self.send(reach, request, Purpose::Announcement(Announcement::Base(cse.into())));
    }

    /// The name of this `<CSEBase>`'s announced resource: that of no other CSE.
    fn base_name(&self) -> String {
        format!("{}_{}", super::entity_id(&self.config.cse_id), self.config.cse_name)
    }

    fn announce_at(&mut self, slot: Slot, cse: &str, to: String) {
        let Some(node) = self.store.get(slot) else { return };
        let number = node.number;
        let Some(ty) = node.resource_type().announced() else { return };
        let content = self.announced_content(slot, |_| true);
        let request = self.to_announced(Operation::Create, to, content);
        let request = Request { resource_type: Some(ty), ..request };
        self.announcements.asked.insert((number, cse.into()));
        let reach = self.reach(&request.to);
        self.send(reach, request, Purpose::Announcement(Announcement::New(number, cse.into())));
    }

    fn to_announced(&self, operation: Operation, to: String, content: Option<Content>) -> Request {
        Request {
            from: Some(self.config.cse_id.clone()),
            content,
            release_version_indicator: Some(self.release_for(None)),
            ..Request::new(operation, to, String::new())
        }
    }

    /// The representation of the announced resource of an original: with its link for a new one,
    /// else the attributes that `changed` says. `None` if nothing is to be told.
    fn announced_content(&self, slot: Slot, changed: impl Fn(&str) -> bool) -> Option<Content> {
        let node = self.store.get(slot)?;
        let shape = self.shape(slot)?;
        let wanted = texts(node.attribute("aa"));
        let mut text = String::new();
        let shown = |name: &str| {
            changed(name)
                && shape.find(name).is_some_and(|row| match row.announced {
                    Announced::MA => true,
                    Announced::OA => wanted.iter().any(|own| own == name),
                    Announced::NA => false,
                })
        };
        if slot == self.base {
            let mut name = String::new();
            write_string(&mut name, &self.base_name());
            put(&mut text, "rn", &name);
        }
        if changed("lnk") {
            let mut link = String::new();
            write_string(&mut link, &format!("{}/{}", self.config.cse_id, self.store.id(slot)));
            put(&mut text, "lnk", &link);
        }
        let expires = self.store.expiration(slot);
        if shown("et") && expires != 0 {
            let mut et = String::from("\"");
            write_timestamp(&mut et, expires);
            et.push('"');
            put(&mut text, "et", &et);
        }
        for (name, value) in node.attributes().filter(|(name, _)| *name != "rn" && shown(name)) {
            let kind = shape.find(name).map_or(Kind::Any, |row| row.kind);
            put(&mut text, name, &self.elsewhere(name, kind, value));
        }
        if text.is_empty() {
            return None;
        }
        Some(Content::trusted(format!("{{\"{}\":{{{text}}}}}", self.announced_name(slot))))
    }

    /// The name of the representation of an original's announced resource.
    fn announced_name(&self, slot: Slot) -> String {
        let flexible =
            self.store.get(slot).map(Node::resource_type) == Some(ResourceType::FlexContainer);
        format!("{}{}", self.member_name(slot), if flexible { "Annc" } else { "A" })
    }

    /// A value as another CSE understands it: identifiers with this CSE in front.
    fn elsewhere<'a>(&self, name: &str, kind: Kind, value: Raw<'a>) -> Cow<'a, str> {
        let outside = |text: &str| -> String {
            let own = self.local(text).map(|slot| self.store.id(slot));
            match own {
                Some(id) => format!("{}/{id}", self.config.cse_id),
                None if text.starts_with('/') || text.contains("://") => text.into(),
                None => format!("{}/{text}", self.config.cse_id),
            }
        };
        let is_id = |kind: &Kind| matches!(kind, Kind::Id);
        match kind {
            Kind::Id if name != "csi" => match value.as_text() {
                Some(id) => {
                    let mut text = String::new();
                    write_string(&mut text, &outside(&id));
                    text.into()
                }
                None => value.as_str().into(),
            },
            Kind::List(item) | Kind::NonEmptyList(item) if is_id(item) => {
                let all: Vec<String> = texts(Some(value)).iter().map(|id| outside(id)).collect();
                list_text(&all).into()
            }
            _ => value.as_str().into(),
        }
    }

    /// An original has changed: tells its announced resources, announces and withdraws.
    pub(super) fn announced_changed(
        &mut self,
        slot: Slot,
        given: Raw<'_>,
        before: &Before,
        originator: &str,
    ) {
        let Some(node) = self.store.get(slot) else { return };
        let number = node.number;
        let places = texts(node.attribute("at"));
        if before.places.is_empty() && places.is_empty() {
            return;
        }
        let content = self.changed_content(slot, given, before);
        let expires = self.store.expiration(slot);
        for gone in before.places.iter().filter(|place| !places.contains(place)) {
            self.withdraw_from(gone, expires);
        }
        for place in &places {
            // Not back to where the change comes from.
            let known = before.places.contains(place) && cse_of(place).len() < place.len();
            if let Some(content) = content.as_ref().filter(|_| known && cse_of(place) != originator)
            {
                let request =
                    self.to_announced(Operation::Update, place.clone(), Some(content.clone()));
                self.carry_change(request, number, expires);
            }
        }
        self.announce(slot);
    }

    /// What an update changes in announced resources: new values, and null for what is not there
    /// any more, or not to be seen any more.
    fn changed_content(&self, slot: Slot, given: Raw<'_>, before: &Before) -> Option<Content> {
        let node = self.store.get(slot)?;
        let shape = self.shape(slot)?;
        let names = texts(node.attribute("aa"));
        let has = |name: &str, all: &[String]| all.iter().any(|own| own == name);
        let content = self.announced_content(slot, |name| {
            let newly = has(name, &names) && !has(name, &before.attributes);
            name != "lnk" && (given.member(name).is_some() || newly)
        });
        let dropped = before.attributes.iter().filter(|name| !names.contains(name));
        let dropped = dropped.map(String::as_str).filter(|name| node.attribute(name).is_some());
        let removed = given.members().filter(|(_, value)| value.is_null()).map(|(name, _)| name);
        let was_shown = |name: &&str| {
            shape.find(name).is_some_and(|row| match row.announced {
                Announced::MA => true,
                Announced::OA => has(name, &before.attributes),
                Announced::NA => false,
            })
        };
        let mut text = match content {
            Some(content) => content.into_string(),
            None => format!("{{\"{}\":{{", self.announced_name(slot)),
        };
        let told = text.ends_with("}}");
        text.truncate(text.len() - if told { 2 } else { 0 });
        let mut nulls = String::new();
        for name in dropped.chain(removed).filter(was_shown) {
            put(&mut nulls, name, "null");
        }
        if nulls.is_empty() && !told {
            return None;
        }
        if told && !nulls.is_empty() {
            text.push(',');
        }
        text.push_str(&nulls);
        text.push_str("}}");
        Some(Content::trusted(text))
    }

    /// An original goes: its announced resources go too.
    pub(super) fn withdraw(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot).filter(|n| n.flags.has(Flags::ANNOUNCED)) else {
            return;
        };
        let places = texts(node.attribute("at"));
        let expires = self.store.expiration(slot);
        for place in places {
            self.withdraw_from(&place, expires);
        }
    }

    /// Deletes an announced resource, when its CSE can be reached, unless it expires before.
    fn withdraw_from(&mut self, place: &str, expires: Millis) {
        if cse_of(place).len() == place.len() {
            return;
        }
        let request = self.to_announced(Operation::Delete, place.into(), None);
        self.carry_withdrawal(request, expires);
    }

    pub(super) fn announcement_answered(
        &mut self,
        what: Announcement,
        result: Result<Response, NoResponse>,
    ) {
        let status = result.as_ref().map(|response| response.status).ok();
        let refused = status.is_some_and(|status| (4000..5000).contains(&status.number()));
        let address = |cse: &str| {
            let content = result.as_ref().ok()?.content.as_ref()?;
            let (_, resource) = content.members().next()?;
            let id = resource.member("ri")?.as_text()?;
            Some(if id.starts_with('/') { id.into_owned() } else { format!("{cse}/{id}") })
        };
        match what {
            Announcement::Base(cse) => {
                let there = match status {
                    Some(status) if status.is_success() => address(&cse),
                    // It is there from before a restart.
                    Some(Status::Conflict) => Some(format!("{cse}/-/{}", self.base_name())),
                    _ => None,
                };
                let waiting = self.announcements.waiting.remove(&Wait::Base(cse.clone()));
                let at = match there {
                    Some(there) => {
                        self.announcements.bases.insert(cse, Some(there));
                        self.now
                    }
                    None => {
                        self.announcements.bases.remove(&cse);
                        self.now + self.config.notification_retry
                    }
                };
                for number in waiting.into_iter().flatten() {
                    self.set_timer(at, Timer::Announce(number));
                }
            }
            Announcement::New(number, cse) => {
                self.announcements.asked.remove(&(number, cse.clone()));
                let there = status.filter(|s| s.is_success()).and_then(|_| address(&cse));
                let slot = self.store.attached(number);
                let wants = |slot: &Slot| {
                    let node = self.store.get(*slot);
                    texts(node.and_then(|node| node.attribute("at"))).contains(&cse)
                };
                match (slot.filter(wants), there) {
                    (Some(slot), Some(there)) => {
                        self.replace_place(slot, &cse, Some(there));
                        self.wake_children(number);
                    }
                    // It is not to be announced any more.
                    (None, Some(there)) => self.withdraw_from(&there, 0),
                    (Some(slot), None) if refused && status != Some(Status::NotFound) => {
                        self.replace_place(slot, &cse, None);
                        self.wake_children(number);
                    }
                    (Some(_), None) => {
                        // What it was to be put under may be gone.
                        self.announcements.bases.remove(&cse);
                        let at = self.now + self.config.notification_retry;
                        self.set_timer(at, Timer::Announce(number));
                    }
                    (None, None) => {}
                }
            }
        }
    }

    /// What came of a change of an announced resource.
    pub(super) fn change_announced(
        &mut self,
        number: u64,
        place: String,
        result: Result<Response, NoResponse>,
    ) {
        // It has gone there: it is announced again.
        if result.is_ok_and(|response| response.status == Status::NotFound)
            && let Some(slot) = self.store.attached(number)
        {
            let cse = cse_of(&place).into();
            self.replace_place(slot, &place, Some(cse));
            self.announce(slot);
        }
    }

    fn wake_children(&mut self, number: u64) {
        let waiting = self.announcements.waiting.remove(&Wait::Parent(number));
        for number in waiting.into_iter().flatten() {
            self.set_timer(self.now, Timer::Announce(number));
        }
    }

    /// Puts another entry into `at`, or none.
    fn replace_place(&mut self, slot: Slot, old: &str, new: Option<String>) {
        let Some(node) = self.store.get(slot) else { return };
        let mut places = texts(node.attribute("at"));
        let Some(at) = places.iter().position(|place| place == old) else { return };
        match new {
            Some(new) => {
                if let Some(place) = places.get_mut(at) {
                    *place = new;
                }
            }
            None => {
                places.remove(at);
            }
        }
        let mut text = String::new();
        for (name, value) in node.attributes() {
            match name {
                "at" if places.is_empty() => {}
                "at" => put(&mut text, name, &list_text(&places)),
                _ => put(&mut text, name, value.as_str()),
            }
        }
        self.store.set_text(slot, text.into());
        self.keep(slot);
    }

    /// Whether the originator is a CSE that has the announced resource of an original which takes
    /// changes from there (attribute `ast`).
    pub(super) fn takes_changes(&self, caller: &Caller<'_>, slot: Slot) -> bool {
        let Some(node) = self.store.get(slot).filter(|n| n.flags.has(Flags::ANNOUNCED)) else {
            return false;
        };
        caller.originator.starts_with('/')
            && is_bidirectional(node)
            && address_at(&texts(node.attribute("at")), caller.originator).is_some()
    }
}

/// Attribute `ast` of an original or an announced resource: changes go both ways.
pub(super) fn is_bidirectional(node: &Node) -> bool {
    node.attribute("ast").and_then(Raw::as_u64) == Some(2)
}
