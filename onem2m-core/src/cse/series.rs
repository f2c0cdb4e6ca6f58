//! Time series (TS-0001 clauses 9.6.36 and 10.2.4.29, TS-0004 clauses 7.4.38 and 7.4.39): every
//! point in time once, and the detection of those that are missing.

use super::create::put;
use super::failure::Failure;
use super::group::Overrides;
use super::represent::write_timestamp;
use super::store::{Millis, Node, Role, Slot};
use super::timer::Timer;
use super::{Cse, notify};
use crate::attribute::{AttributeFault, Change, Fault};
use crate::json::Raw;
use crate::time::AbsRelTimestamp;
use crate::{ResourceType, ResponseStatusCode as Status};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::UnixTime;

/// The points of a time series, and which is expected next.
#[derive(Debug, Default)]
pub(crate) struct Series {
    /// Numbers of the instances by their dataGenerationTime.
    points: BTreeMap<Millis, u64>,
    /// The next point that has to be there, once monitoring has begun.
    expected: Option<Millis>,
}

/// Attributes that say what is expected.
const PARAMETERS: [&str; 4] = ["mdt", "mdn", "peid", "pei"];

fn conflict(name: &str) -> Failure {
    AttributeFault::new(Fault::Conflict, name).into()
}

impl Cse {
    /// Checks the attributes of a time series as they will be, which `find` gives, and adds those
    /// that follow (TS-0004 clauses 7.4.38.2.1 and 7.4.38.2.3).
    pub(super) fn complete_series<'a>(
        &self,
        change: Change,
        given: Raw<'a>,
        detects: bool,
        find: &dyn Fn(&str) -> Option<Raw<'a>>,
    ) -> Result<Overrides, Failure> {
        let number = |name: &str| find(name).and_then(Raw::as_u64);
        let changed = PARAMETERS.iter().find(|name| given.member(name).is_some());
        let switch = given.member("mdd").and_then(Raw::as_bool);
        if change == Change::Update
            && let Some(name) = changed
            && (detects || switch.is_some())
        {
            return Err(conflict(name));
        }
        let mut overrides = Overrides::new();
        let mut delta = number("peid");
        if let Some(interval) = number("pei") {
            if delta.is_none() {
                let mut text = String::new();
                crate::json::write_u64(&mut text, interval / 4);
                overrides.push(("peid", text));
                delta = Some(interval / 4);
            }
            if delta.is_some_and(|delta| delta > interval / 2) {
                return Err(conflict("peid"));
            }
        }
        let will_detect = find("mdd").and_then(Raw::as_bool).unwrap_or(false);
        if will_detect && number("mdt").is_none_or(|wait| wait <= delta.unwrap_or(0)) {
            return Err(conflict("mdt"));
        }
        if find("mdd").is_none() {
            overrides.push(("mdd", "false".into()));
        }
        if change == Change::Create || switch == Some(true) || changed.is_some() {
            // What was missing is forgotten.
            overrides.push(("mdc", "0".into()));
            overrides.push(("mdlt", String::new()));
        }
        Ok(overrides)
    }

    /// The time that an instance is of; taken already, it is a conflict.
    pub(super) fn check_point(&self, parent: Slot, given: Raw<'_>) -> Result<(), Failure> {
        let time = self.point(given.member("dgt"), self.wall());
        let time = time.ok_or(conflict("dgt"))?;
        match self.store.get(parent).map(Node::role) {
            Some(Role::Series(series)) if series.points.contains_key(&time) => {
                let text = "attribute dgt: there is an instance of that time";
                Err(Failure::new(Status::Conflict, text))
            }
            _ => Ok(()),
        }
    }

    /// The time in attribute `dgt`; a relative one counts from `from`.
    fn point(&self, dgt: Option<Raw<'_>>, from: Millis) -> Option<Millis> {
        let text = dgt?.as_text()?;
        let time = AbsRelTimestamp::parse(&text).ok()?;
        time.resolve(UnixTime::from_millis(from)).map(UnixTime::as_millis)
    }

    fn series(&mut self, slot: Slot) -> Option<&mut Series> {
        match &mut self.store.branch_mut(slot)?.role {
            Role::Series(series) => Some(series),
            _ => None,
        }
    }

    /// The points of a time series that was restored.
    pub(super) fn read_series(&self, slot: Slot) -> Series {
        let first = self.store.branch(slot).map(|branch| branch.instances.first);
        let mut points = BTreeMap::new();
        let mut at = first.and_then(|first| self.store.get(first));
        while let Some(node) = at {
            if let Some(time) = self.point(node.attribute("dgt"), node.created) {
                points.insert(time, node.number);
            }
            at = self.store.get(node.next);
        }
        Series { points, expected: None }
    }

    /// An instance has come.
    pub(super) fn point_came(&mut self, parent: Slot, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        let number = node.number;
        let Some(time) = self.point(node.attribute("dgt"), node.created) else { return };
        let Some(series) = self.series(parent) else { return };
        series.points.insert(time, number);
        if series.expected.is_none() {
            self.watch_series(parent);
        }
    }

    /// An instance goes.
    pub(super) fn point_goes(&mut self, parent: Slot, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        let number = node.number;
        let Some(time) = self.point(node.attribute("dgt"), node.created) else { return };
        if let Some(series) = self.series(parent)
            && series.points.get(&time) == Some(&number)
        {
            series.points.remove(&time);
        }
    }

    /// Interval, tolerance and waiting time of a series that is monitored.
    fn rhythm(&self, slot: Slot) -> Option<(Millis, Millis, Millis)> {
        let node = self.store.get(slot)?;
        let number = |name: &str| {
            let number = node.attribute(name).and_then(Raw::as_u64)?;
            i64::try_from(number).ok().filter(|number| *number < i64::MAX / 4)
        };
        let detects = node.attribute("mdd").and_then(Raw::as_bool) == Some(true);
        let rhythm = (number("pei")?, number("peid").unwrap_or(0), number("mdt")?);
        (detects && node.resource_type() == ResourceType::TimeSeries).then_some(rhythm)
    }

    /// Begins to wait for the point behind the latest one that is there.
    pub(super) fn watch_series(&mut self, slot: Slot) {
        let Some((interval, _, wait)) = self.rhythm(slot) else { return };
        let Some(series) = self.series(slot) else { return };
        let Some((last, _)) = series.points.last_key_value() else { return };
        let expected = last.saturating_add(interval);
        series.expected = Some(expected);
        let number = self.store.get(slot).map_or(0, |node| node.number);
        self.set_timer(self.instant(expected.saturating_add(wait)), Timer::Missing(number));
    }

    /// The attributes of a time series were changed by a request.
    pub(super) fn series_changed(&mut self, slot: Slot, given: Raw<'_>) {
        if given.member("mdd").is_none() {
            return;
        }
        // Monitoring starts anew with the next instance.
        if let Some(series) = self.series(slot) {
            series.expected = None;
        }
    }

    /// The time has come by which a point has to be there.
    pub(super) fn point_due(&mut self, number: u64) {
        let Some(slot) = self.store.attached(number) else { return };
        let Some((interval, delta, wait)) = self.rhythm(slot) else { return };
        let wall = self.wall();
        let node = self.store.get(slot);
        let limit = node.and_then(|node| node.attribute("mdn")).and_then(Raw::as_u64);
        let most = i64::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(i64::MAX);
        let most = most.min(i64::try_from(self.config.limits.missing).unwrap_or(i64::MAX));
        let Some(series) = self.series(slot) else { return };
        let Some(expected) = series.expected.filter(|at| at.saturating_add(wait) <= wall) else {
            return;
        };
        let there = expected.saturating_sub(delta)..=expected.saturating_add(delta);
        let missing = series.points.range(there).next().is_none();
        let mut next = expected.saturating_add(interval);
        // Who gives times long ago does not make the CSE count through all since then.
        let behind = wall.saturating_sub(next.saturating_add(wait)) / interval.max(1);
        next = next.saturating_add((behind - most).max(0).saturating_mul(interval));
        series.expected = Some(next);
        self.set_timer(self.instant(next.saturating_add(wait)), Timer::Missing(number));
        if missing {
            self.point_missing(slot, expected, most);
        }
    }

    fn point_missing(&mut self, slot: Slot, time: Millis, most: i64) {
        let Some(node) = self.store.get(slot) else { return };
        let known = node.attribute("mdlt").into_iter().flat_map(Raw::elements);
        let mut list: Vec<String> = known.map(|entry| entry.as_str().into()).collect();
        let mut quoted = String::from("\"");
        write_timestamp(&mut quoted, time);
        quoted.push('"');
        list.push(quoted);
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        let surplus = list.len().saturating_sub(most);
        list.drain(..surplus);
        let mut text = String::with_capacity(node.text.len() + 24);
        for (name, value) in node.attributes().filter(|(name, _)| !matches!(*name, "mdlt" | "mdc"))
        {
            put(&mut text, name, value.as_str());
        }
        let mut count = String::new();
        crate::json::write_u64(&mut count, u64::try_from(list.len()).unwrap_or(0));
        put(&mut text, "mdc", &count);
        put(&mut text, "mdlt", &alloc::format!("[{}]", list.join(",")));
        self.store.set_text(slot, text.into());
        self.keep(slot);
        if self.is_watched(slot, notify::MISSING_DATA) {
            self.missing_data_event(slot, time);
        }
    }
}
