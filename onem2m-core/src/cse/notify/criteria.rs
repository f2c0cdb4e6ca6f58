//! Attribute `enc` of subscriptions (TS-0001 table 9.6.8-3, TS-0004 table 6.3.5.12-1).

use super::event::Event;
use crate::cse::Cse;
use crate::cse::store::Millis;
use crate::enumeration::FilterOperation;
use crate::json::Raw;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// What a subscription wants to hear of.
#[derive(Debug)]
pub(crate) struct Criteria {
    /// Bit n is notificationEventType n, bit 0 operationMonitor.
    pub(crate) events: u16,
    /// Names of attributes that matter in an update; empty: all.
    attributes: Vec<Box<str>>,
    /// Types of children that matter; empty: all.
    child_types: Vec<u64>,
    monitors: Vec<Monitor>,
    created: Window,
    modified: Window,
    expires: Window,
    state_tag: (Option<u64>, Option<u64>),
    size: (Option<u64>, Option<u64>),
    operation: FilterOperation,
}

/// Later than the first, earlier than the second.
type Window = (Option<Millis>, Option<Millis>);

#[derive(Debug)]
struct Monitor {
    /// Bits of operations; all without.
    operations: u64,
    originator: Option<String>,
}

/// What conditions look at: the resource that an event is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) created: Millis,
    pub(crate) modified: Millis,
    pub(crate) expires: Millis,
    pub(crate) state_tag: u64,
    pub(crate) size: Option<u64>,
}

impl Criteria {
    pub(crate) fn read(enc: Option<Raw<'_>>, cse: &Cse) -> Criteria {
        let member = |name: &str| enc.and_then(|enc| enc.member(name));
        let list = |name: &str| member(name).into_iter().flat_map(Raw::elements);
        let time = |name: &str| Cse::timestamp(member(name));
        let number = |name: &str| member(name).and_then(Raw::as_u64);
        let monitors: Vec<Monitor> = list("om").map(|om| Monitor::read(om, cse)).collect();
        let events = list("net").filter_map(Raw::as_u64).fold(0, |bits, n| bits | 1u16 << (n & 15));
        let events = match (events, monitors.is_empty()) {
            // TS-0004 clause 7.5.1.2.2: without either it is an update.
            (0, true) => 1 << super::UPDATE,
            (0, false) => 1 << super::MONITOR,
            (events, _) => events,
        };
        let operation = number("fo").and_then(|n| u32::try_from(n).ok());
        let operation = operation.and_then(FilterOperation::from_number);
        Criteria {
            events,
            attributes: list("atr")
                .filter_map(|name| Some(Box::from(name.as_text()?.as_ref())))
                .collect(),
            child_types: list("chty").filter_map(Raw::as_u64).collect(),
            monitors,
            created: (time("cra"), time("crb")),
            modified: (time("ms"), time("us")),
            expires: (time("exa"), time("exb")),
            state_tag: (number("stb"), number("sts")),
            size: (number("sza"), number("szb")),
            operation: operation.unwrap_or(FilterOperation::And),
        }
    }

    /// Whether an event is one that is wanted.
    pub(crate) fn accept(&self, event: &Event) -> bool {
        if self.events >> event.kind & 1 == 0 {
            return false;
        }
        // These two say more closely what the event is; they are not combined with the others.
        let child = matches!(event.kind, super::CREATE_CHILD | super::DELETE_CHILD);
        if child && !self.child_types.is_empty() && !self.child_types.contains(&event.child_type) {
            return false;
        }
        let update = matches!(event.kind, super::UPDATE | super::BLOCKING_UPDATE);
        if update && !self.concerns(event.names.iter().map(|name| &**name)) {
            return false;
        }
        if event.kind == super::MONITOR && !self.monitors.iter().any(|om| om.sees(event)) {
            return false;
        }
        self.conditions(&event.facts)
    }

    /// Whether an update of these attributes matters.
    pub(crate) fn concerns<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        self.attributes.is_empty()
            || names.any(|name| self.attributes.iter().any(|own| **own == *name))
    }

    fn conditions(&self, facts: &Facts) -> bool {
        let time = |window: Window, value: Millis, always: bool| {
            let after = window.0.map(|from| value > from || always);
            let before = window.1.map(|to| value < to && !always);
            [after, before]
        };
        let endless = facts.expires == 0;
        let (bigger, smaller) = self.state_tag;
        let (above, below) = self.size;
        let others = [
            bigger.map(|n| facts.state_tag > n),
            smaller.map(|n| facts.state_tag < n),
            above.map(|n| facts.size.is_some_and(|size| size >= n)),
            below.map(|n| facts.size.is_some_and(|size| size < n)),
        ];
        let asked = time(self.created, facts.created, false)
            .into_iter()
            .chain(time(self.modified, facts.modified, false))
            .chain(time(self.expires, facts.expires, endless))
            .chain(others);
        let (mut number, mut met) = (0usize, 0usize);
        for condition in asked.flatten() {
            number += 1;
            met += usize::from(condition);
        }
        match self.operation {
            FilterOperation::And => met == number,
            FilterOperation::Or => number == 0 || met > 0,
            FilterOperation::Xor => number == 0 || met % 2 == 1,
        }
    }
}

impl Monitor {
    fn read(om: Raw<'_>, cse: &Cse) -> Monitor {
        let originator = om.member("or").and_then(Raw::as_text);
        Monitor {
            operations: om.member("ops").and_then(Raw::as_u64).unwrap_or(u64::MAX),
            originator: originator.map(|text| cse.normal_originator(&text)),
        }
    }

    fn sees(&self, event: &Event) -> bool {
        self.operations & u64::from(event.operation) != 0
            && self.originator.as_ref().is_none_or(|own| **own == *event.originator)
    }
}
