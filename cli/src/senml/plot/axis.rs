//! Round numbers and times to mark on axes.

use super::chart::Across;
use crate::clock::rfc3339;

/// A marked place on an axis.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// An axis: where it begins and ends, and its marks.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<Tick>,
    /// What the labels leave out: a date, a unit of time.
    pub(super) remark: String,
}

impl Axis {
    /// Where on the axis, from 0 to 1, a value is.
    pub(super) fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// For values, with about `count` marks: it begins and ends at one, or half way to one.
    pub(super) fn values(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = apart(low, high, 0.5);
        let step = round_up((high - low) / count.max(1) as f64, &[1.0, 2.0, 2.5, 5.0, 10.0]);
        // To the next half step: a whole one would leave much of it empty.
        let half = step / 2.0;
        let low = (low / half + 1e-6).floor() * half;
        let high = (high / half - 1e-6).ceil() * half;
        let decimals = places(step);
        let label = |value: f64| number(value, decimals, low.abs().max(high.abs()));
        Axis { low, high, ticks: marks(low, high, step, label), remark: String::new() }
    }

    /// For times, with at most `count` marks or a few more.
    pub(super) fn times(across: Across, first: f64, last: f64, count: usize) -> Self {
        let (low, high) = apart(first, last, 0.5);
        let rough = (high - low) / count.max(1) as f64;
        match across {
            Across::Number => {
                let step = round_up(rough, &[1.0, 2.0, 5.0, 10.0]).max(1.0);
                let label = |value: f64| format!("{value:.0}");
                let ticks = marks(low, high, step, label);
                Axis { low, high, ticks, remark: "number of the value".to_owned() }
            }
            Across::Relative => {
                let span = low.abs().max(high.abs());
                let (unit, name) = match span {
                    0.0..300.0 => (1.0, "seconds"),
                    300.0..18_000.0 => (60.0, "minutes"),
                    18_000.0..400_000.0 => (3600.0, "hours"),
                    _ => (86_400.0, "days"),
                };
                let step = round_up(rough / unit, &[1.0, 2.0, 2.5, 5.0, 10.0]) * unit;
                let decimals = places(step / unit);
                let label = |value: f64| number(value / unit, decimals, span / unit);
                let ticks = marks(low, high, step, label);
                Axis { low, high, ticks, remark: format!("{name} from now") }
            }
            Across::Absolute => dates(low, high, rough),
        }
    }
}

/// Ends that are not the same, for one value or many.
fn apart(low: f64, high: f64, by: f64) -> (f64, f64) {
    if high - low > (low.abs().max(high.abs())) * 1e-13 {
        return (low, high);
    }
    let by = if low == 0.0 { by } else { (low.abs() * 0.05).max(1e-300) };
    (low - by, high + by)
}

/// The next larger of these numbers times a power of ten.
fn round_up(rough: f64, steps: &[f64]) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let step = steps.iter().find(|step| **step * power >= rough * 0.999_999);
    step.map_or(10.0 * power, |step| step * power)
}

/// Digits behind the point that a multiple of `step` needs.
fn places(step: f64) -> usize {
    (0..12)
        .find(|places| {
            let scaled = step * 10f64.powi(*places);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0)
        })
        .map_or(12, |places| places.unsigned_abs() as usize)
}

/// A number on an axis whose largest is `most`.
fn number(value: f64, decimals: usize, most: f64) -> String {
    if most >= 1e7 || (most < 1e-4 && most > 0.0) {
        let text = format!("{value:.2e}");
        return match text.split_once('e') {
            Some((mantissa, "0")) => {
                mantissa.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Some((mantissa, power)) => {
                format!("{}e{power}", mantissa.trim_end_matches('0').trim_end_matches('.'))
            }
            None => text,
        };
    }
    // No zero with a sign.
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches('-').bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        return text.trim_start_matches('-').to_owned();
    }
    text
}

fn marks(low: f64, high: f64, step: f64, label: impl Fn(f64) -> String) -> Vec<Tick> {
    let first = (low / step - 1e-9).ceil();
    // Bounded, whatever the rounding of floats does.
    let places = (0..64).map(|n| (first + f64::from(n)) * step);
    let ticks = places.take_while(|at| *at <= high + step * 1e-6);
    ticks.map(|at| Tick { at, label: label(at) }).collect()
}

/// Marks at round times of day, or days.
fn dates(low: f64, high: f64, rough: f64) -> Axis {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3600.0;
    const DAY: f64 = 86_400.0;
    let table = [
        1.0,
        2.0,
        5.0,
        10.0,
        15.0,
        30.0,
        MINUTE,
        2.0 * MINUTE,
        5.0 * MINUTE,
        10.0 * MINUTE,
        15.0 * MINUTE,
        30.0 * MINUTE,
        HOUR,
        2.0 * HOUR,
        3.0 * HOUR,
        6.0 * HOUR,
        12.0 * HOUR,
        DAY,
        2.0 * DAY,
        5.0 * DAY,
        10.0 * DAY,
        20.0 * DAY,
        50.0 * DAY,
        100.0 * DAY,
    ];
    let step = if rough <= 0.5 {
        round_up(rough, &[1.0, 2.0, 5.0, 10.0])
    } else {
        let fits = table.iter().find(|step| **step >= rough * 0.999);
        fits.copied().unwrap_or_else(|| round_up(rough / DAY, &[1.0, 2.0, 5.0, 10.0]) * DAY)
    };
    let text = |time: f64| {
        let millis = (time.max(0.0) * 1000.0).round();
        // Within what 53 bits hold, and the calendar goes on after that.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let millis = millis.min(2e14) as u64;
        rfc3339(millis / 1000, u32::try_from(millis % 1000).unwrap_or(0))
    };
    let part = |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or("").to_owned();
    let mut ticks = marks(low, high, step, text);
    let (first, last) = (text(low), text(high));
    let one_day = part(&first, 0, 10) == part(&last, 0, 10);
    for tick in &mut ticks {
        let whole = std::mem::take(&mut tick.label);
        tick.label = match step {
            step if step >= DAY => part(&whole, 0, 10),
            step if step >= MINUTE => {
                let time = part(&whole, 11, 16);
                // Midnight tells the day that begins.
                if time == "00:00" && !one_day { part(&whole, 5, 10) } else { time }
            }
            step if step >= 1.0 => part(&whole, 11, 19),
            _ => part(&whole, 11, 23),
        };
    }
    let remark = if step >= DAY {
        "date (UTC)".to_owned()
    } else if one_day {
        format!("{} (UTC)", part(&first, 0, 10))
    } else {
        format!("{} to {} (UTC)", part(&first, 0, 10), part(&last, 0, 10))
    };
    Axis { low, high, ticks, remark }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn values_have_round_marks() {
        for (low, high, expected) in [
            (0.0, 10.0, &["0", "2", "4", "6", "8", "10"][..]),
            (1.2, 1.7, &["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"]),
            (-3.0, 3.0, &["-2", "0", "2"]),
            (0.0, 0.0, &["-0.4", "-0.2", "0.0", "0.2", "0.4"]),
            (0.0, 5e9, &["0", "1e9", "2e9", "3e9", "4e9", "5e9"]),
        ] {
            assert_eq!(labels(&Axis::values(low, high, 5)), expected);
        }
        let axis = Axis::values(21.0, 21.0, 5);
        assert!(axis.low < 21.0 && axis.high > 21.0 && axis.place(21.0) > 0.3);
    }

    #[test]
    fn times_are_marked_at_round_times_of_day() {
        let start = 1_320_067_464.0;
        for (span, expected, remark) in [
            (5.0, &["13:24:24", "13:24:25", "13:24:26"][..], "2011-10-31 (UTC)"),
            (150.0, &["13:24:30", "13:25:00", "13:25:30"], "2011-10-31 (UTC)"),
            (86_400.0, &["18:00", "11-01", "06:00"], "2011-10-31 to 2011-11-01 (UTC)"),
            (432_000.0, &["2011-11-01", "2011-11-02"], "date (UTC)"),
        ] {
            let axis = Axis::times(Across::Absolute, start, start + span, 5);
            assert_eq!(labels(&axis).get(..expected.len()), Some(expected));
            assert_eq!(axis.remark, remark);
        }
        let axis = Axis::times(Across::Relative, -3600.0, 0.0, 6);
        assert_eq!((labels(&axis)[0], axis.remark.as_str()), ("-60", "minutes from now"));
        let axis = Axis::times(Across::Number, 1.0, 3.0, 6);
        assert_eq!(labels(&axis), ["1", "2", "3"]);
    }

    #[test]
    fn any_range_has_some_marks() {
        for low in [-1e300, -1e9, -1.0, 0.0, 1e-300, 1.0, 1e17, 1e300] {
            for by in [0.0, 1e-3, 1.0, 1e9, 1e299] {
                for across in [Across::Absolute, Across::Relative, Across::Number] {
                    let axis = Axis::times(across, low, low + by, 6);
                    assert!(axis.ticks.len() <= 64);
                    assert!(axis.place(low).is_finite());
                }
                let axis = Axis::values(low, low + by, 6);
                assert!(!axis.ticks.is_empty() && axis.ticks.len() <= 64, "{low} {by} {axis:?}");
                assert!(axis.place(low).is_finite());
            }
        }
    }
}
