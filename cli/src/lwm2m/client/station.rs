//! The simulated weather station: what it has, and values that move like weather.
//!
//! Everything follows from a seed and the time, so that two runs with the same seed measure the
//! same.

use lwm2m_core::object::{BAROMETER, HUMIDITY, TEMPERATURE};
use lwm2m_core::{ObjectDefinition, Path, Value};
use m2m_base::{Random, Seed};

/// Resources of a sensor object (IPSO).
pub(crate) mod resource {
    pub(crate) const MIN_MEASURED: u16 = 5601;
    pub(crate) const MAX_MEASURED: u16 = 5602;
    pub(crate) const RESET_MIN_MAX: u16 = 5605;
    pub(crate) const SENSOR_VALUE: u16 = crate::names::SENSOR_VALUE;
    pub(crate) const SENSOR_UNITS: u16 = crate::names::SENSOR_UNITS;
    pub(crate) const APPLICATION_TYPE: u16 = 5750;
}

/// The objects of a station besides those that every client has.
pub(crate) static OBJECTS: [&ObjectDefinition<'static>; 3] = [&TEMPERATURE, &HUMIDITY, &BAROMETER];

/// What the Device object says of the station, by resource.
pub(crate) fn device(serial: &str) -> [(u16, Value<'_>); 7] {
    [
        (0, Value::string("m2m")),
        (1, Value::string("Weather Station")),
        (2, Value::string(serial)),
        (3, Value::string(env!("CARGO_PKG_VERSION"))),
        (9, Value::Integer(100)),
        (14, Value::string("+00:00")),
        (15, Value::string("Etc/UTC")),
    ]
}

/// What kind of value a sensor measures and how it moves.
#[derive(Debug)]
struct Kind {
    object: u16,
    unit: &'static str,
    /// Around this value it swings,
    mean: f64,
    /// this much up and down,
    swing: f64,
    /// in so many seconds.
    period: f64,
    /// Random deviation of one measurement, up and down.
    noise: f64,
    /// Stations differ by this much, up and down.
    spread: f64,
    lowest: f64,
    highest: f64,
    /// It measures once while the thermometer does so this many times over two.
    half_beats: u32,
}

static KINDS: [Kind; 3] = [
    Kind {
        object: 3303,
        unit: "Cel",
        mean: 18.0,
        swing: 4.0,
        period: 240.0,
        noise: 0.15,
        spread: 3.0,
        lowest: -40.0,
        highest: 60.0,
        half_beats: 2,
    },
    Kind {
        object: 3304,
        unit: "%RH",
        mean: 58.0,
        swing: 9.0,
        period: 300.0,
        noise: 0.4,
        spread: 8.0,
        lowest: 0.0,
        highest: 100.0,
        half_beats: 3,
    },
    Kind {
        object: 3315,
        unit: "hPa",
        mean: 1013.0,
        swing: 2.5,
        period: 600.0,
        noise: 0.15,
        spread: 3.0,
        lowest: 870.0,
        highest: 1085.0,
        half_beats: 4,
    },
];

/// One sensor of a station.
#[derive(Debug)]
pub(crate) struct Sensor {
    kind: &'static Kind,
    offset: f64,
    phase: f64,
    random: Random,
    /// Smallest and largest value measured.
    pub(crate) extremes: Option<(f64, f64)>,
    /// Milliseconds between two measurements.
    pub(crate) every: u64,
}

impl Sensor {
    /// The instance of its object.
    pub(crate) const fn instance(&self) -> Path {
        Path::instance(self.kind.object, 0)
    }

    /// One of its resources.
    pub(crate) const fn resource(&self, id: u16) -> Path {
        Path::resource(self.kind.object, 0, id)
    }

    /// The unit of its values, a SenML unit symbol.
    pub(crate) const fn unit(&self) -> &'static str {
        self.kind.unit
    }

    /// Measures: one decimal.
    pub(crate) fn measure(&mut self, seconds: f64) -> f64 {
        let kind = self.kind;
        let turn = std::f64::consts::TAU * (seconds / kind.period + self.phase);
        let noise = kind.noise * symmetric(&mut self.random);
        let value = kind.mean + self.offset + kind.swing * turn.sin() + noise;
        let value = (value.clamp(kind.lowest, kind.highest) * 10.0).round() / 10.0;
        let (low, high) = self.extremes.unwrap_or((value, value));
        self.extremes = Some((low.min(value), high.max(value)));
        value
    }
}

/// A number between -1 and 1.
fn symmetric(random: &mut Random) -> f64 {
    f64::from(random.u32()) / f64::from(u32::MAX) * 2.0 - 1.0
}

/// The sensors of one station, whose thermometer measures every `interval` milliseconds.
pub(crate) fn sensors(seed: &Seed, interval: u64) -> Vec<Sensor> {
    let mut random = Random::new(seed);
    let mut sensor = |kind: &'static Kind| {
        let mut own = Seed([0; 32]);
        random.fill(&mut own.0);
        let mut random = Random::new(&own);
        Sensor {
            kind,
            offset: kind.spread * symmetric(&mut random),
            phase: symmetric(&mut random),
            random,
            extremes: None,
            every: interval.saturating_mul(u64::from(kind.half_beats)) / 2,
        }
    };
    KINDS.iter().map(&mut sensor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(seed: u8) -> Vec<Vec<f64>> {
        sensors(&Seed([seed; 32]), 5000)
            .iter_mut()
            .map(|s| (0..20_000).map(|n| s.measure(f64::from(n) * 30.0)).collect())
            .collect()
    }

    #[test]
    fn a_seed_measures_the_same_and_another_does_not() {
        assert_eq!(week(1), week(1));
        assert_ne!(week(1), week(2));
    }

    #[test]
    fn values_stay_in_range_and_move_slowly() {
        for seed in 0..20 {
            for (sensor, values) in sensors(&Seed([seed; 32]), 5000).iter_mut().zip(week(seed)) {
                let kind = sensor.kind;
                let (low, high) = values
                    .iter()
                    .fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
                assert!(low >= kind.lowest && high <= kind.highest);
                assert!(
                    high - low > kind.swing && high - low < 2.0 * (kind.swing + kind.noise) + 0.2
                );
                let a = sensor.measure(100.0);
                let b = sensor.measure(102.0);
                let steepest = 2.0 * std::f64::consts::TAU * kind.swing / kind.period;
                assert!((a - b).abs() <= steepest + 2.0 * kind.noise + 0.1);
                assert_eq!(sensor.extremes, Some((a.min(b), a.max(b))));
            }
        }
    }
}
