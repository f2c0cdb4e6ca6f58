//! The registered units, and conversion between those that measure the same (RFC 8428 section
//! 12.1, RFC 8798).
//!
//! Conversions are exact where the result is a decimal fraction, whatever the unit's factor:
//!
//! ```
//! use senml::{Number, unit};
//!
//! let km_h = Number::from_decimal(1296, -1).unwrap();
//! assert_eq!(unit::convert(km_h, "km/h", "m/s"), Some(Number::from(36)));
//! let mv = Number::from_decimal(33, -1).unwrap();
//! assert_eq!(unit::convert(mv, "mV", "V"), Number::from_decimal(33, -4));
//! assert_eq!(unit::convert(mv, "mV", "A"), None);
//! ```

mod table;

pub use table::UNITS;

use crate::feature::{self, SECONDARY_UNITS};
use m2m_base::decimal::{Decimal, Number};

/// What a registration says of a unit's use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// To be used.
    Primary,
    /// To be understood, but not used by new senders (`*` in the registry).
    NotRecommended,
    /// To be used only in packs whose version has the feature [`SECONDARY_UNITS`] (RFC 8798
    /// section 3, RFC 9100 section 4).
    Secondary,
}

/// How values become values of another unit: value · numerator / denominator + offset.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Scale {
    /// Above the line, not 0.
    pub numerator: u64,
    /// Below the line, not 0.
    pub denominator: u64,
    /// What is added then.
    pub offset: i64,
}

/// A row of the registries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Unit {
    /// What stands in `u` and `bu`; case matters.
    pub symbol: &'static str,
    /// In words.
    pub description: &'static str,
    /// Whether to use it.
    pub standing: Standing,
    /// The symbol of the unit that values are converted to; its own if there is no other.
    pub primary: &'static str,
    /// How they are converted.
    pub scale: Scale,
}

/// The registered unit of this symbol.
#[must_use]
pub fn find(symbol: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.symbol == symbol)
}

/// The units that convert to this primary one, itself first.
pub fn of(primary: &str) -> impl Iterator<Item = &'static Unit> {
    let own = find(primary).filter(|unit| unit.primary == unit.symbol);
    let rest = UNITS
        .iter()
        .filter(move |unit| own.is_some_and(|own| unit.primary == own.symbol && *unit != own));
    own.into_iter().chain(rest)
}

/// Whether a pack of this version may use the unit: a registered one, a secondary one only with
/// the feature (RFC 9100 section 4).
#[must_use]
pub fn is_allowed(symbol: &str, version: u64) -> bool {
    find(symbol).is_some_and(|unit| {
        unit.standing != Standing::Secondary || feature::has(version, SECONDARY_UNITS)
    })
}

/// A value of the unit `from` in the unit `to`; `None` for units that are not registered or do not
/// measure the same, and for numbers beyond binary64.
///
/// Exact where the result is a decimal fraction of at most 18 digits, else the nearest binary64 to
/// its first 18 digits. A `Float` counts as the decimal fraction it is written as.
#[must_use]
pub fn convert(value: Number, from: &str, to: &str) -> Option<Number> {
    let (from, to) = (find(from)?, find(to)?);
    if from.symbol == to.symbol {
        return Some(value);
    }
    if from.primary != to.primary {
        return None;
    }
    let (n1, d1) = (i128::from(from.scale.numerator), i128::from(from.scale.denominator));
    let (n2, d2) = (i128::from(to.scale.numerator), i128::from(to.scale.denominator));
    let offset = i128::from(from.scale.offset).checked_sub(to.scale.offset.into())?;
    let (mut factor, mut divisor) = (n1.checked_mul(d2)?, d1.checked_mul(n2)?);
    let mut addend = offset.checked_mul(d1)?.checked_mul(d2)?;
    let common = gcd(gcd(factor, divisor), addend.abs());
    factor = factor.checked_div(common)?;
    divisor = divisor.checked_div(common)?;
    addend = addend.checked_div(common)?;

    let (mantissa, exponent) = exact(value)?;
    let (mut numerator, mut exponent) = (mantissa.checked_mul(factor)?, exponent);
    if addend != 0 {
        // One power of ten for both.
        if exponent > 0 {
            let up = 10i128.checked_pow(exponent.unsigned_abs());
            numerator = up.and_then(|up| numerator.checked_mul(up))?;
            exponent = 0;
        }
        match 10i128.checked_pow(exponent.unsigned_abs()).and_then(|up| addend.checked_mul(up)) {
            Some(scaled) => numerator = numerator.checked_add(scaled)?,
            // Too many places for exactness: what is added does not reach them.
            None => {
                let value = value.to_f64() * (factor as f64) + (addend as f64);
                return finite(value / (divisor as f64));
            }
        }
    }
    quotient(numerator, divisor, exponent)
}

impl Unit {
    /// A value of this unit in its primary unit, as [`convert`].
    #[must_use]
    pub fn to_primary(&self, value: Number) -> Option<Number> {
        convert(value, self.symbol, self.primary)
    }

    /// A value of the primary unit in this unit, as [`convert`].
    #[must_use]
    pub fn from_primary(&self, value: Number) -> Option<Number> {
        convert(value, self.primary, self.symbol)
    }
}

/// Mantissa and power of ten.
fn exact(value: Number) -> Option<(i128, i32)> {
    let decimal = |value: Decimal| (value.mantissa().into(), value.exponent().into());
    Some(match value {
        Number::Integer(value) => (value.into(), 0),
        Number::Unsigned(value) => (value.into(), 0),
        Number::Decimal(value) => decimal(value),
        Number::Float(value) => decimal(Decimal::shortest(value)?),
    })
}

fn finite(value: f64) -> Option<Number> {
    value.is_finite().then_some(Number::Float(value))
}

/// `numerator` / `divisor` · 10^`exponent`.
fn quotient(mut numerator: i128, mut divisor: i128, mut exponent: i32) -> Option<Number> {
    let common = gcd(numerator.abs(), divisor);
    numerator = numerator.checked_div(common)?;
    divisor = divisor.checked_div(common)?;
    // A divisor of twos and fives is a shift of the point.
    for (prime, other) in [(10, 1), (2, 5), (5, 2)] {
        while divisor % prime == 0
            && let Some(larger) = numerator.checked_mul(other)
        {
            (numerator, divisor) = (larger, divisor.checked_div(prime)?);
            exponent = exponent.saturating_sub(1);
        }
    }
    if divisor == 1 {
        return number(numerator, exponent);
    }
    // Periodic: as many digits as there are.
    const ENOUGH: i128 = 1_000_000_000_000_000_000;
    while (numerator / divisor).abs() < ENOUGH
        && let Some(larger) = numerator.checked_mul(10)
    {
        numerator = larger;
        exponent = exponent.saturating_sub(1);
    }
    let rounded = numerator.checked_div(divisor)?;
    number(rounded, exponent).map(Number::to_f64).and_then(finite)
}

/// `mantissa` · 10^`exponent`, or the nearest binary64 if it has too many digits.
fn number(mut mantissa: i128, mut exponent: i32) -> Option<Number> {
    if exponent == 0
        && let Ok(whole) = u64::try_from(mantissa)
    {
        return Some(Number::from(whole));
    }
    let mut cut = false;
    loop {
        if let Ok(mantissa) = i64::try_from(mantissa) {
            let number = Number::from_decimal(mantissa, exponent.into())?;
            return if cut { finite(number.to_f64()) } else { Some(number) };
        }
        cut |= mantissa % 10 != 0;
        (mantissa, exponent) = (mantissa / 10, exponent.saturating_add(1));
    }
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;
    use std::vec::Vec;

    fn decimal(text: &str) -> Number {
        Number::parse(text.as_bytes(), m2m_base::decimal::Grammar::Json).unwrap()
    }

    #[test]
    fn symbols_are_unique_and_every_primary_unit_is_one() {
        for (at, unit) in UNITS.iter().enumerate() {
            assert_eq!(find(unit.symbol), Some(unit));
            assert!(UNITS[at + 1..].iter().all(|other| other.symbol != unit.symbol), "{unit:?}");
            let primary = find(unit.primary).unwrap();
            assert_eq!(primary.primary, primary.symbol);
            assert_ne!(primary.standing, Standing::Secondary);
            assert_eq!(
                unit.standing == Standing::Primary,
                primary == unit && unit.standing != Standing::NotRecommended
            );
            assert!(of(unit.primary).any(|of| of == unit));
        }
        let count = |standing| UNITS.iter().filter(|unit| unit.standing == standing).count();
        assert_eq!(count(Standing::Primary), 58);
        assert_eq!(count(Standing::NotRecommended), 9);
        assert_eq!(count(Standing::Secondary), 39);
        let of_m: Vec<_> = of("m").map(|unit| unit.symbol).collect();
        assert_eq!(of_m, ["m", "mm", "cm", "km"]);
        assert_eq!(of("km").count(), 0);
        assert_eq!(find("M"), None);
    }

    #[test]
    fn rfc8798_section_3_every_secondary_unit() {
        for (symbol, primary, one) in [
            ("ms", "s", "0.001"),
            ("min", "s", "60"),
            ("h", "s", "3600"),
            ("MHz", "Hz", "1000000"),
            ("kW", "W", "1000"),
            ("kVA", "VA", "1000"),
            ("kvar", "var", "1000"),
            ("Ah", "C", "3600"),
            ("Wh", "J", "3600"),
            ("kWh", "J", "3600000"),
            ("varh", "vars", "3600"),
            ("kvarh", "vars", "3600000"),
            ("kVAh", "VAs", "3600000"),
            ("Wh/km", "J/m", "3.6"),
            ("KiB", "B", "1024"),
            ("GB", "B", "1e9"),
            ("Mbit/s", "bit/s", "1000000"),
            ("B/s", "bit/s", "8"),
            ("MB/s", "bit/s", "8000000"),
            ("mV", "V", "0.001"),
            ("mA", "A", "0.001"),
            ("dBm", "dBW", "-29"),
            ("ug/m3", "kg/m3", "1e-9"),
            ("ppm", "/", "1e-6"),
            ("/100", "/", "0.01"),
            ("/1000", "/", "0.001"),
            ("hPa", "Pa", "100"),
            ("mm", "m", "0.001"),
            ("cm", "m", "0.01"),
            ("km", "m", "1000"),
            ("ppb", "/", "1e-9"),
            ("ppt", "/", "1e-12"),
            ("VAh", "VAs", "3600"),
            ("mg/l", "kg/m3", "0.001"),
            ("ug/l", "kg/m3", "1e-6"),
            ("g/l", "kg/m3", "1"),
        ] {
            let unit = find(symbol).unwrap();
            assert_eq!((unit.standing, unit.primary), (Standing::Secondary, primary));
            assert_eq!(unit.to_primary(Number::from(1)), Some(decimal(one)), "{symbol}");
            assert_eq!(unit.from_primary(decimal(one)), Some(Number::from(1)), "{symbol}");
        }
        // These have no finite decimal.
        for (symbol, value, primary) in
            [("mm/h", 1.0, 1.0 / 3_600_000.0), ("m/h", 1.0, 1.0 / 3600.0), ("km/h", 1.0, 1.0 / 3.6)]
        {
            let unit = find(symbol).unwrap();
            assert_eq!(unit.to_primary(Number::from(value)), Some(Number::Float(primary)));
        }
        assert_eq!(find("km/h").unwrap().to_primary(decimal("3.6")), Some(Number::from(1)));
        assert_eq!(
            find("mm/h").unwrap().from_primary(Number::from(1)),
            Some(Number::from(3_600_000))
        );
    }

    #[test]
    fn conversions_are_exact_among_all_units_of_a_kind() {
        for (value, from, to, expected) in [
            ("20.1", "mV", "V", "0.0201"),
            ("90", "min", "h", "1.5"),
            ("1", "kWh", "Wh", "1000"),
            ("0.1", "km", "cm", "10000"),
            ("18446744073709551615", "mm", "m", "18446744073709551.615"),
            ("9223372036854775807", "mm", "m", "9223372036854775.807"),
            ("18446744073709551615", "g/l", "kg/m3", "18446744073709551615"),
            ("0", "dBm", "dBW", "-30"),
            ("-12.5", "dBW", "dBm", "17.5"),
            ("1e20", "dBm", "dBW", "99999999999999999970"),
            ("7", "/100", "%", "0.07"),
            ("250", "g", "kg", "0.25"),
            ("3000", "1/min", "1/s", "50"),
            ("1", "GB", "KiB", "976562.5"),
        ] {
            assert_eq!(
                convert(decimal(value), from, to),
                Some(decimal(expected)),
                "{value} {from}"
            );
        }
        // Periodic: the nearest binary64.
        assert_eq!(convert(decimal("5"), "min", "h"), Some(Number::Float(5.0 / 60.0)));
        assert_eq!(convert(Number::from(20.1), "mV", "V"), Some(decimal("0.0201")));
        assert_eq!(convert(decimal("1e300"), "GB", "B"), None);
        assert_eq!(convert(Number::Float(f64::NAN), "km", "m"), None);
        assert_eq!(convert(Number::from(1), "Cel", "K"), None);
        assert_eq!(convert(Number::from(1), "m", "feet"), None);
        assert_eq!(convert(Number::from(1), "m", "m"), Some(Number::from(1)));
    }

    #[test]
    fn secondary_units_need_their_feature() {
        assert!(is_allowed("km", 26) && !is_allowed("km", 10));
        assert!(is_allowed("m", 10) && is_allowed("g", 10) && is_allowed("m", 26));
        assert!(!is_allowed("mile", 26));
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(
            mantissa in -999_999_999_999i64..999_999_999_999,
            exponent in -20i64..12,
            unit in 0..UNITS.len(),
        ) {
            let unit = &UNITS[unit];
            let value = Number::from_decimal(mantissa, exponent).unwrap();
            let primary = unit.to_primary(value).unwrap();
            let back = unit.from_primary(primary).unwrap();
            let near = (back.to_f64() - value.to_f64()).abs()
                <= value.to_f64().abs() * 1e-15 + if unit.scale.offset == 0 { 0.0 } else { 1e-13 };
            prop_assert!(back == value || near, "{:?} {:?} {:?} {:?}", unit.symbol, value, primary, back);
            if unit.scale.offset == 0 && !matches!(primary, Number::Float(_)) {
                prop_assert_eq!(back, value);
            }
            let scale = unit.scale;
            let rough = value.to_f64() * scale.numerator as f64 / scale.denominator as f64
                + scale.offset as f64;
            prop_assert!((primary.to_f64() - rough).abs() <= rough.abs() * 1e-14 + 1e-13);
        }

        #[test]
        fn any_number_converts_or_not(bits in any::<u64>(), from in 0..UNITS.len(), to in 0..UNITS.len()) {
            let number = Number::Float(f64::from_bits(bits));
            let (from, to) = (UNITS[from], UNITS[to]);
            let converted = convert(number, from.symbol, to.symbol);
            let _: String = std::format!("{converted:?}");
            prop_assert!(from.primary == to.primary || converted.is_none());
        }
    }
}
