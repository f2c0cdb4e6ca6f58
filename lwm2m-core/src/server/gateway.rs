//! Devices behind gateways (Gateway 1.1): each is a registration of its own, whose paths begin with
//! the prefix that the gateway gave it, and which shares the gateway's connection and times of
//! sleep.

use super::Server;
use super::accepted::{Accepted, Stored, Typed};
use super::config::{UsageError, boxed};
use super::event::{EndReason, Event, RegistrationId};
use super::links::{self, Entries};
use super::operation::Kind;
use super::registry::{NONE, New, Text};
use crate::format::{Reader, Target};
use crate::path::Path;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;
use coap_core::ContentFormat;
use m2m_base::Instant;

/// The object of a gateway.
const GATEWAY: u16 = 25;
/// Its resources: what a device is called, what its paths begin with, what it has.
const DEVICE_ID: u16 = 0;
const PREFIX: u16 = 1;
const OBJECTS: u16 = 3;

/// A device as the gateway tells it.
#[derive(Default)]
struct Device {
    instance: u16,
    name: String,
    prefix: String,
    links: String,
}

impl Device {
    /// It has what it needs: a name, and a prefix that is one segment and no number.
    fn is_whole(&self) -> bool {
        !self.name.is_empty() && is_prefix(&self.prefix)
    }
}

fn is_prefix(prefix: &str) -> bool {
    let plain = prefix.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
    plain && !prefix.is_empty() && prefix.bytes().any(|b| !b.is_ascii_digit())
}

/// A copy of a value's text.
fn copy(value: Value<'_>) -> Option<String> {
    let (Value::String(text) | Value::CoreLink(text)) = value else { return None };
    let mut copy = String::new();
    let bytes = text.bytes();
    copy.try_reserve(bytes.size_hint().0).ok()?;
    let mut raw = Vec::new();
    for byte in bytes {
        raw.try_reserve(1).ok()?;
        raw.push(byte);
    }
    copy.push_str(core::str::from_utf8(&raw).ok()?);
    Some(copy)
}

impl Server {
    /// The devices behind a gateway, the newest first.
    pub fn children(&self, gateway: RegistrationId) -> impl Iterator<Item = RegistrationId> {
        self.registry.children(gateway)
    }

    /// Asks a gateway anew for the devices behind it. It is asked by itself when it registers and
    /// when its list of objects changes.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] for what is no gateway, [`UsageError::Full`].
    pub fn survey(&mut self, now: Instant, gateway: RegistrationId) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        let record = self.registry.get(gateway).filter(|r| !r.ended && r.parent == NONE);
        let record = record.ok_or(UsageError::UnknownId)?;
        let mut links = Entries::new(record.text.links());
        if !links.any(|l| l.path.object_id() == Some(GATEWAY)) {
            return Err(UsageError::UnknownId);
        }
        let mut accepted = Accepted::blank(gateway, Kind::Survey, Path::object(GATEWAY));
        accepted.accept = record.formats.preferred();
        accepted.chosen = true;
        let wait = self.usual_timeout(record.binding.queue_mode());
        self.enqueue(gateway, accepted, self.now + wait)?;
        self.mark_ready(gateway);
        self.send_ready(self.now);
        Ok(())
    }

    /// A client registered, or told of other objects: one that is a gateway is asked what is
    /// behind it, and one that is none any more has nothing there.
    pub(super) fn look_behind(&mut self, now: Instant, id: RegistrationId) {
        if !self.config.gateways {
            return;
        }
        let Some(record) = self.registry.get(id) else { return };
        let has = |instances: bool| {
            let mut links = Entries::new(record.text.links());
            links.any(|l| {
                l.path.object_id() == Some(GATEWAY)
                    && (!instances || l.path.instance_id().is_some())
            })
        };
        if !has(false) || !has(true) {
            self.end_children(now, id);
        } else {
            let asked = self.operations(id).any(|p| p.is_survey());
            if !asked {
                // Without room for it now, the next change or the application asks.
                let _ = self.survey(now, id);
            }
        }
    }

    /// Adds a device behind a gateway, or changes what is known of it. `links` are its objects in
    /// the form of a registration's link list. [`Event::Registered`] or [`Event::Updated`] follows.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] for a gateway that is not there, [`UsageError::Syntax`] for an
    /// endpoint name that is empty or another registration's, a prefix that is no single segment
    /// or a number, or what is no link list; [`UsageError::TooLong`], [`UsageError::Full`].
    pub fn add_child(
        &mut self,
        now: Instant,
        gateway: RegistrationId,
        endpoint: &str,
        prefix: &str,
        links: &str,
    ) -> Result<RegistrationId, UsageError> {
        self.now = self.now.max(now);
        let child = self.put_child(self.now, gateway, endpoint, prefix, links)?;
        self.advance();
        Ok(child)
    }

    fn put_child(
        &mut self,
        now: Instant,
        gateway: RegistrationId,
        endpoint: &str,
        prefix: &str,
        links: &str,
    ) -> Result<RegistrationId, UsageError> {
        let most = self.config.limits.registration_bytes;
        let record = self.registry.get(gateway).filter(|r| !r.ended && r.parent == NONE);
        let record = record.ok_or(UsageError::UnknownId)?;
        let name = u8::try_from(endpoint.len()).map_err(|_| UsageError::TooLong)?;
        if name == 0 || !is_prefix(prefix) {
            return Err(UsageError::Syntax);
        }
        let packed = links::read(links.as_bytes(), "", most.into()).map_err(|code| match code {
            coap_core::Code::BAD_REQUEST => UsageError::Syntax,
            coap_core::Code::REQUEST_ENTITY_TOO_LARGE => UsageError::TooLong,
            _ => UsageError::Full,
        })?;
        let parts: [&[u8]; 5] =
            [endpoint.as_bytes(), record.text.root(), b"/", prefix.as_bytes(), &packed.links];
        let bytes = boxed(&parts)?;
        let root = record.text.root().len().saturating_add(1).saturating_add(prefix.len());
        let root = u8::try_from(root).map_err(|_| UsageError::TooLong)?;
        if bytes.len() > usize::from(most) {
            return Err(UsageError::TooLong);
        }
        let text = Text { bytes, name, root, parameters: 0 };
        let formats = packed.formats.unwrap_or(record.formats);
        if let Some(old) = self.registry.by_name(endpoint.as_bytes()) {
            return self.change_child(gateway, old, text);
        }
        let new = New {
            text,
            peer: record.peer,
            lifetime: 0,
            version: record.version,
            binding: record.binding,
            formats,
            identified: record.identified,
            protected: record.protected,
            parent: gateway.0.index(),
        };
        let child = self.registry.insert(now, new).ok_or(UsageError::Full)?;
        self.registry.link_child(child.0.index(), gateway.0.index());
        if !(self.reserve_events() && self.keep_registration(child)) {
            self.registry.end(child);
            self.registry.free(child);
            return Err(UsageError::Full);
        }
        self.tell(Event::Registered { id: child });
        Ok(child)
    }

    /// A device that is known has other objects or another prefix.
    fn change_child(
        &mut self,
        gateway: RegistrationId,
        child: RegistrationId,
        text: Text,
    ) -> Result<RegistrationId, UsageError> {
        let record = self.registry.get_mut(child).ok_or(UsageError::Full)?;
        if record.parent != gateway.0.index() {
            return Err(UsageError::Syntax);
        }
        if record.text.bytes == text.bytes && record.text.root == text.root {
            return Ok(child);
        }
        record.text = text;
        self.keep_registration(child);
        let mut changes = super::Changes::NONE;
        changes.set(super::Changes::LINKS, true);
        if self.reserve_events() {
            self.tell(Event::Updated { id: child, changes });
        }
        Ok(child)
    }

    /// A gateway answered what is behind it.
    pub(super) fn on_surveyed(&mut self, now: Instant, gateway: RegistrationId, answer: &Stored) {
        if !answer.code.is_success() {
            return;
        }
        let Some(devices) = self.devices(gateway, answer) else { return };
        let gone: Vec<RegistrationId> = self
            .registry
            .children(gateway)
            .filter(|child| {
                let record = self.registry.get(*child);
                !devices.iter().any(|d| {
                    d.is_whole() && record.is_some_and(|r| r.text.name() == d.name.as_bytes())
                })
            })
            .collect();
        for child in gone {
            self.end_registration(now, child, EndReason::Gateway);
        }
        for device in devices.iter().filter(|d| d.is_whole()) {
            // One that cannot be had does not keep the others away.
            let _ = self.put_child(now, gateway, &device.name, &device.prefix, &device.links);
        }
    }

    /// What an answer says of devices. `None` if it cannot be read.
    fn devices(&self, gateway: RegistrationId, answer: &Stored) -> Option<Vec<Device>> {
        let record = self.registry.get(gateway)?;
        let root = core::str::from_utf8(record.text.root()).unwrap_or("");
        let target = Target::from(Path::object(GATEWAY)).with_prefix(root);
        let format = answer.format.unwrap_or(ContentFormat::LWM2M_TLV);
        let typed = Typed { model: &self.model, record: Some(record) };
        let mut devices: Vec<Device> = Vec::new();
        for entry in Reader::new(format, target, &answer.payload).ok()? {
            let item = typed.item(entry.ok()?);
            let crate::format::ItemContent::Value(value) = item.content else { continue };
            let (Some(instance), Some(resource)) =
                (item.path.instance_id(), item.path.resource_id())
            else {
                continue;
            };
            if devices.last().is_none_or(|d| d.instance != instance) {
                devices.try_reserve(1).ok()?;
                devices.push(Device { instance, ..Device::default() });
            }
            let Some(device) = devices.last_mut() else { continue };
            let Some(text) = copy(value) else { continue };
            match resource {
                DEVICE_ID => device.name = text,
                PREFIX => device.prefix = text,
                OBJECTS => device.links = text,
                _ => {}
            }
        }
        Some(devices)
    }

    /// A gateway is gone, or has nothing behind it any more.
    pub(super) fn end_children(&mut self, now: Instant, gateway: RegistrationId) {
        while let Some(child) = self.registry.first_child(gateway) {
            self.end_registration(now, child, EndReason::Gateway);
        }
    }
}
