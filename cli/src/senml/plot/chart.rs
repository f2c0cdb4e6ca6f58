//! What is drawn: series of numbers over time, those of one unit in a panel together.

use crate::failure::Failure;
use crate::output::printable;
use senml::{Number, Resolved, Time, Value};
use std::collections::BTreeMap;

/// Series in a chart, at most: more have no colours of their own.
const SERIES: usize = 40;

/// Numbers over time.
#[derive(Debug)]
pub(super) struct Series {
    /// The name, without what all have in front.
    pub(super) name: String,
    /// Time and value, by time.
    pub(super) points: Vec<(f64, f64)>,
    /// Its place among all series, which tells its colour.
    pub(super) index: usize,
}

/// The series of one unit.
#[derive(Debug)]
pub(super) struct Panel {
    /// The unit as people write it; empty if there is none.
    pub(super) unit: String,
    pub(super) series: Vec<Series>,
    /// The lowest and highest value.
    pub(super) low: f64,
    pub(super) high: f64,
}

/// What the horizontal axis shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Across {
    /// Seconds since 1970.
    Absolute,
    /// Seconds from now.
    Relative,
    /// Nothing has a time: the number of the value in its series.
    Number,
}

#[derive(Debug)]
pub(super) struct Chart {
    /// What all names have in front.
    pub(super) title: String,
    pub(super) panels: Vec<Panel>,
    pub(super) across: Across,
    /// The first and last time.
    pub(super) first: f64,
    pub(super) last: f64,
}

#[derive(Default)]
struct Gathered {
    /// Time, if it has one, and value.
    points: Vec<(Option<f64>, f64)>,
}

/// Gathers series from records.
pub(super) struct Collector<'a> {
    wanted: &'a [String],
    now: Number,
    series: BTreeMap<(String, String), Gathered>,
    /// The keys in the order in which they came.
    order: Vec<(String, String)>,
    absolute: bool,
    timed: bool,
    left_out: u64,
}

impl<'a> Collector<'a> {
    /// Of the names that contain one of `wanted`, or of all if there is none.
    pub(super) fn new(wanted: &'a [String], now: Number) -> Self {
        Collector {
            wanted,
            now,
            series: BTreeMap::new(),
            order: Vec::new(),
            absolute: false,
            timed: false,
            left_out: 0,
        }
    }

    pub(super) fn add(&mut self, record: &Resolved<'_>) -> Result<(), Failure> {
        let value = match record.value {
            Some(Value::Number(value)) => value.to_f64(),
            Some(Value::Boolean(value)) => f64::from(u8::from(value)),
            _ => {
                self.left_out += 1;
                return Ok(());
            }
        };
        let name = record.name.to_string();
        if !self.wanted.is_empty() && !self.wanted.iter().any(|wanted| name.contains(wanted)) {
            return Ok(());
        }
        let key = (name, record.unit.map(|unit| unit.to_string()).unwrap_or_default());
        if !self.series.contains_key(&key) {
            if self.order.len() >= SERIES {
                return Err(Failure::new(format!(
                    "more than {SERIES} series: choose some with --name"
                )));
            }
            self.order.push(key.clone());
        }
        if let Some(Time::Absolute(_)) = record.time {
            self.absolute = true;
        }
        self.timed |= record.time.is_some();
        let time = record.time.map(|time| match time {
            Time::Absolute(time) => time.to_f64(),
            // Kept apart from absolute ones by its sign of being small: see `chart`.
            Time::Relative(time) => time.to_f64(),
        });
        self.series.entry(key).or_default().points.push((time, value));
        Ok(())
    }

    pub(super) fn chart(mut self) -> Result<Chart, Failure> {
        if self.order.is_empty() {
            let why = match self.left_out {
                0 => "there is nothing to draw",
                _ => "there are no numbers to draw",
            };
            return Err(Failure::new(why));
        }
        let across = match (self.timed, self.absolute) {
            (false, _) => Across::Number,
            (true, false) => Across::Relative,
            (true, true) => Across::Absolute,
        };
        let names: Vec<&str> = self.order.iter().map(|key| key.0.as_str()).collect();
        let prefix = common_prefix(&names);
        let title = printable(names.first().and_then(|name| name.get(..prefix)).unwrap_or(""));
        let mut panels: Vec<Panel> = Vec::new();
        let now = self.now.to_f64();
        let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
        for (index, key) in self.order.iter().enumerate() {
            let gathered = self.series.remove(key).unwrap_or_default();
            let mut points: Vec<(f64, f64)> = gathered
                .points
                .into_iter()
                .enumerate()
                .map(|(number, (time, value))| match (across, time) {
                    (Across::Number, _) => (number as f64 + 1.0, value),
                    (Across::Relative, time) => (time.unwrap_or(0.0), value),
                    // Below this a time is relative (RFC 8428 section 4.5.3).
                    (Across::Absolute, Some(time)) if time >= 268_435_456.0 => (time, value),
                    (Across::Absolute, time) => (now + time.unwrap_or(0.0), value),
                })
                .collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (time, _) in &points {
                (first, last) = (first.min(*time), last.max(*time));
            }
            let name = printable(key.0.get(prefix..).unwrap_or(""));
            let series = Series { name, points, index };
            let unit = unit_in_words(&key.1);
            match panels.iter_mut().find(|panel| panel.unit == unit) {
                Some(panel) => panel.series.push(series),
                None => {
                    panels.push(Panel { unit, series: vec![series], low: 0.0, high: 0.0 });
                }
            }
        }
        for panel in &mut panels {
            let values = panel.series.iter().flat_map(|series| &series.points);
            let ends = (f64::INFINITY, f64::NEG_INFINITY);
            (panel.low, panel.high) =
                values.fold(ends, |(low, high), (_, value)| (low.min(*value), high.max(*value)));
        }
        Ok(Chart { title, panels, across, first, last })
    }
}

/// How many bytes all names have in front, up to a separator; 0 for a single one.
fn common_prefix(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first() else { return 0 };
    let mut len = if rest.is_empty() {
        // A single name is told as a whole in the title's place only up to its last part.
        first.len()
    } else {
        rest.iter().fold(first.len(), |len, name| {
            let same = first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
            len.min(same)
        })
    };
    if rest.is_empty() || names.iter().any(|name| name.len() == len) {
        // Something must be left to tell.
        len = len.saturating_sub(1);
    }
    let before = first.get(..len).unwrap_or("");
    before.rfind([':', '/', '.']).map_or(0, |at| at + 1)
}

/// A unit as people write it.
fn unit_in_words(symbol: &str) -> String {
    match symbol {
        "Cel" => "°C".to_owned(),
        "Ohm" => "Ω".to_owned(),
        "deg" | "lat" | "lon" => format!("° ({symbol})"),
        "m2" => "m²".to_owned(),
        "m3" => "m³".to_owned(),
        "m/s2" => "m/s²".to_owned(),
        "W/m2" => "W/m²".to_owned(),
        "kg/m3" => "kg/m³".to_owned(),
        "ug/m3" => "µg/m³".to_owned(),
        "/" => "ratio".to_owned(),
        "/100" => "%".to_owned(),
        "%RH" => "% relative humidity".to_owned(),
        "%EL" => "% battery".to_owned(),
        other => printable(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_have_in_front_ends_at_a_separator() {
        for (names, prefix) in [
            (&["urn:dev:1:temp", "urn:dev:1:hum"][..], "urn:dev:1:"),
            (&["urn:dev:1:temp1", "urn:dev:1:temp2"], "urn:dev:1:"),
            (&["a", "b"], ""),
            (&["room/a", "room"], ""),
            (&["x/a/", "x/a/"], "x/"),
            (&["urn:dev:1:temp"], "urn:dev:1:"),
            (&["temp"], ""),
            (&[], ""),
        ] {
            let len = common_prefix(names);
            assert_eq!(names.first().map_or("", |name| &name[..len]), prefix, "{names:?}");
        }
    }
}
