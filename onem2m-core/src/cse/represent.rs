//! Resources as JSON text.

use super::Cse;
use super::failure::Failure;
use super::store::{Flags, Millis, Role, Slot};
use crate::ResourceType;
use crate::attribute::{Fault, Schema};
use crate::json::{Raw, write_member_name, write_u64};
use crate::primitive::Content;
use crate::time::Timestamp;
use crate::{MgmtDefinition, attribute::AttributeFault};
use alloc::borrow::Cow;
use alloc::string::String;
use m2m_base::UnixTime;

impl Cse {
    /// The name of a resource's representation in content.
    pub(super) fn member_name(&self, slot: Slot) -> Cow<'_, str> {
        let Some(node) = self.store.get(slot) else { return "".into() };
        let ty = node.resource_type();
        let (name, announced) = match ty.original().unwrap_or(ty) {
            ResourceType::MgmtObj => {
                let mgd = node.attribute("mgd").and_then(Raw::as_u64).unwrap_or(0);
                let definition = MgmtDefinition::from_number(u32::try_from(mgd).unwrap_or(0));
                (Schema::of_management(definition).map_or("m2m:mgo", |s| s.member_name), "A")
            }
            ResourceType::FlexContainer => {
                (self.definition(slot).map_or("m2m:fcnt", |own| own.member_name.as_str()), "Annc")
            }
            _ => return ty.member_name().unwrap_or("").into(),
        };
        if ty.is_announced() { alloc::format!("{name}{announced}").into() } else { name.into() }
    }

    /// The content of a response: a resource with all its attributes, or those in `names`.
    pub(super) fn representation(&self, slot: Slot, names: &[String]) -> Result<Content, Failure> {
        let text = self.store.get(slot).map_or(0, |node| node.text.len());
        let mut out = String::with_capacity(text + 220);
        out.push_str("{\"");
        out.push_str(&self.member_name(slot));
        out.push_str("\":{");
        if names.is_empty() {
            self.write_attributes(slot, &mut out);
        } else {
            let mut all = String::from("{");
            self.write_attributes(slot, &mut all);
            all.push('}');
            for name in names {
                let Some(value) = Raw::new(&all).member(name) else {
                    return Err(AttributeFault::new(Fault::Unknown, name).into());
                };
                write_member_name(&mut out, name);
                out.push_str(value.as_str());
            }
        }
        out.push_str("}}");
        Ok(Content::trusted(out))
    }

    /// Writes the attributes of a resource, without braces around them.
    pub(super) fn write_attributes(&self, slot: Slot, out: &mut String) {
        let Some(node) = self.store.get(slot) else { return };
        let ty = node.resource_type();
        out.push_str("\"ri\":\"");
        self.store.write_id(slot, out);
        out.push_str("\",\"pi\":\"");
        self.store.write_id(node.parent, out);
        if !node.flags.has(Flags::NAMED) {
            out.push_str("\",\"rn\":\"");
            self.store.write_id(slot, out);
        }
        out.push_str("\",\"ty\":");
        write_u64(out, u64::from(node.type_number()));
        out.push_str(",\"ct\":\"");
        let from = out.len();
        write_timestamp(out, node.created);
        let to = out.len();
        // The one type without `lt`.
        if ty != ResourceType::FlexContainerInstance {
            out.push_str("\",\"lt\":\"");
            if node.modified == node.created {
                out.extend_from_within(from..to);
            } else {
                write_timestamp(out, node.modified);
            }
        }
        out.push('"');
        let expires = self.store.expiration(slot);
        if expires != 0 {
            out.push_str(",\"et\":\"");
            write_timestamp(out, expires);
            out.push('"');
        }
        let mut number = |name: &str, value: u64| {
            write_member_name(out, name);
            write_u64(out, value);
        };
        match ty {
            ResourceType::Container => {
                number("st", u64::from(node.state_tag));
                if let Some(branch) = node.branch.as_deref() {
                    number("cni", u64::from(branch.instances.count));
                    number("cbs", branch.bytes);
                }
            }
            ResourceType::ContentInstance => {
                number("st", u64::from(node.state_tag));
                number("cs", u64::from(node.size));
            }
            ResourceType::TimeSeriesInstance | ResourceType::FlexContainerInstance => {
                number("cs", u64::from(node.size));
            }
            ResourceType::TimeSeries | ResourceType::FlexContainer => {
                if let Some(branch) = node.branch.as_deref() {
                    number("cni", u64::from(branch.instances.count));
                    number("cbs", branch.bytes);
                }
                if ty == ResourceType::FlexContainer {
                    number("st", u64::from(node.state_tag));
                    number("cs", u64::from(node.size));
                }
            }
            ResourceType::Subscription => {
                if let Role::Subscription(subscription) = node.role() {
                    subscription.write_statistics(out);
                }
            }
            _ => {}
        }
        if ty == ResourceType::CseBase {
            out.push_str(",\"ctm\":\"");
            write_timestamp(out, self.wall());
            out.push('"');
        }
        if !node.text.is_empty() {
            out.push(',');
            out.push_str(&node.text);
        }
    }
}

/// Writes a time in milliseconds as a timestamp.
pub(super) fn write_timestamp(out: &mut String, time: Millis) {
    if let Some(timestamp) = Timestamp::from_unix_time(UnixTime::from_millis(time), true) {
        out.push_str(timestamp.text().as_str());
    }
}
