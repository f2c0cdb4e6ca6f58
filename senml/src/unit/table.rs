//! The registries "SenML Units" and "Secondary Units" as rows.

use super::{Scale, Standing, Unit};

const SAME: Scale = Scale { numerator: 1, denominator: 1, offset: 0 };

/// A primary unit.
const fn unit(symbol: &'static str, description: &'static str) -> Unit {
    Unit { symbol, description, standing: Standing::Primary, primary: symbol, scale: SAME }
}

/// A registered unit that new senders should not use, with no other that it could be told in.
const fn old(symbol: &'static str, description: &'static str) -> Unit {
    Unit { standing: Standing::NotRecommended, ..unit(symbol, description) }
}

/// A unit that is `numerator / denominator` of another.
const fn part(
    standing: Standing,
    symbol: &'static str,
    description: &'static str,
    primary: &'static str,
    numerator: u64,
    denominator: u64,
) -> Unit {
    let scale = Scale { numerator, denominator, offset: 0 };
    Unit { symbol, description, standing, primary, scale }
}

/// A registered unit that new senders should not use, and what it is in the one to use.
const fn older(
    symbol: &'static str,
    description: &'static str,
    primary: &'static str,
    denominator: u64,
) -> Unit {
    part(Standing::NotRecommended, symbol, description, primary, 1, denominator)
}

/// A secondary unit.
const fn second(
    symbol: &'static str,
    description: &'static str,
    primary: &'static str,
    numerator: u64,
    denominator: u64,
) -> Unit {
    part(Standing::Secondary, symbol, description, primary, numerator, denominator)
}

/// All registered units, in the order of the registries.
pub const UNITS: &[Unit] = &[
    // RFC 8428 section 12.1.
    unit("m", "meter"),
    unit("kg", "kilogram"),
    older("g", "gram", "kg", 1000),
    unit("s", "second"),
    unit("A", "ampere"),
    unit("K", "kelvin"),
    unit("cd", "candela"),
    unit("mol", "mole"),
    unit("Hz", "hertz"),
    unit("rad", "radian"),
    unit("sr", "steradian"),
    unit("N", "newton"),
    unit("Pa", "pascal"),
    unit("J", "joule"),
    unit("W", "watt"),
    unit("C", "coulomb"),
    unit("V", "volt"),
    unit("F", "farad"),
    unit("Ohm", "ohm"),
    unit("S", "siemens"),
    unit("Wb", "weber"),
    unit("T", "tesla"),
    unit("H", "henry"),
    unit("Cel", "degree Celsius"),
    unit("lm", "lumen"),
    unit("lx", "lux"),
    unit("Bq", "becquerel"),
    unit("Gy", "gray"),
    unit("Sv", "sievert"),
    unit("kat", "katal"),
    unit("m2", "square meter (area)"),
    unit("m3", "cubic meter (volume)"),
    older("l", "liter (volume)", "m3", 1000),
    unit("m/s", "meter per second (velocity)"),
    unit("m/s2", "meter per square second (acceleration)"),
    unit("m3/s", "cubic meter per second (flow rate)"),
    older("l/s", "liter per second (flow rate)", "m3/s", 1000),
    unit("W/m2", "watt per square meter (irradiance)"),
    unit("cd/m2", "candela per square meter (luminance)"),
    unit("bit", "bit (information content)"),
    unit("bit/s", "bit per second (data rate)"),
    unit("lat", "degree of latitude (WGS84)"),
    unit("lon", "degree of longitude (WGS84)"),
    unit("pH", "pH value (acidity, logarithmic)"),
    unit("dB", "decibel (logarithmic)"),
    unit("dBW", "decibel relative to 1 W (power level)"),
    old("Bspl", "bel (sound pressure level, logarithmic)"),
    unit("count", "count (counter value)"),
    unit("/", "ratio, such as the value of a switch: 0 is off, 1 is on"),
    // No percentage: it has always been the ratio.
    older("%", "ratio, such as the value of a switch: 0 is off, 1 is on", "/", 1),
    unit("%RH", "percent (relative humidity)"),
    unit("%EL", "percent (remaining battery energy)"),
    unit("EL", "second (remaining battery energy)"),
    unit("1/s", "per second (event rate)"),
    older("1/min", "per minute (event rate)", "1/s", 60),
    old("beat/min", "beats per minute (heart rate)"),
    old("beats", "heart beats, counted"),
    unit("S/m", "siemens per meter (conductivity)"),
    // RFC 8798 section 2.
    unit("B", "byte (information content)"),
    unit("VA", "volt-ampere (apparent power)"),
    unit("VAs", "volt-ampere second (apparent energy)"),
    unit("var", "volt-ampere reactive (reactive power)"),
    unit("vars", "volt-ampere-reactive second (reactive energy)"),
    unit("J/m", "joule per meter (energy per distance)"),
    unit("kg/m3", "kilogram per cubic meter (density, mass concentration)"),
    old("deg", "degree (angle)"),
    // Registered later: of ISO 7027-1:2016.
    unit("NTU", "nephelometric turbidity unit"),
    // RFC 8798 section 3.
    second("ms", "millisecond", "s", 1, 1000),
    second("min", "minute", "s", 60, 1),
    second("h", "hour", "s", 3600, 1),
    second("MHz", "megahertz", "Hz", 1_000_000, 1),
    second("kW", "kilowatt", "W", 1000, 1),
    second("kVA", "kilovolt-ampere", "VA", 1000, 1),
    second("kvar", "kilovar", "var", 1000, 1),
    second("Ah", "ampere-hour", "C", 3600, 1),
    second("Wh", "watt-hour", "J", 3600, 1),
    second("kWh", "kilowatt-hour", "J", 3_600_000, 1),
    second("varh", "var-hour", "vars", 3600, 1),
    second("kvarh", "kilovar-hour", "vars", 3_600_000, 1),
    second("kVAh", "kilovolt-ampere-hour", "VAs", 3_600_000, 1),
    second("Wh/km", "watt-hour per kilometer", "J/m", 18, 5),
    second("KiB", "kibibyte", "B", 1024, 1),
    second("GB", "gigabyte", "B", 1_000_000_000, 1),
    second("Mbit/s", "megabit per second", "bit/s", 1_000_000, 1),
    second("B/s", "byte per second", "bit/s", 8, 1),
    second("MB/s", "megabyte per second", "bit/s", 8_000_000, 1),
    second("mV", "millivolt", "V", 1, 1000),
    second("mA", "milliampere", "A", 1, 1000),
    Unit {
        scale: Scale { offset: -30, ..SAME },
        ..second("dBm", "decibel relative to 1 mW (power level)", "dBW", 1, 1)
    },
    second("ug/m3", "microgram per cubic meter", "kg/m3", 1, 1_000_000_000),
    second("mm/h", "millimeter per hour", "m/s", 1, 3_600_000),
    second("m/h", "meter per hour", "m/s", 1, 3600),
    second("ppm", "parts per million", "/", 1, 1_000_000),
    second("/100", "percent", "/", 1, 100),
    second("/1000", "permille", "/", 1, 1000),
    second("hPa", "hectopascal", "Pa", 100, 1),
    second("mm", "millimeter", "m", 1, 1000),
    second("cm", "centimeter", "m", 1, 100),
    second("km", "kilometer", "m", 1000, 1),
    second("km/h", "kilometer per hour", "m/s", 5, 18),
    // Registered later: "CoRE-1".
    second("ppb", "parts per billion", "/", 1, 1_000_000_000),
    second("ppt", "parts per trillion", "/", 1, 1_000_000_000_000),
    second("VAh", "volt-ampere-hour", "VAs", 3600, 1),
    second("mg/l", "milligram per liter", "kg/m3", 1, 1000),
    second("ug/l", "microgram per liter", "kg/m3", 1, 1_000_000),
    second("g/l", "gram per liter", "kg/m3", 1, 1),
];
