use super::*;
use core::cmp::Ordering;
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

fn parse(text: &str) -> Result<Number, NumberError> {
    Number::parse(text.as_bytes(), Grammar::Json)
}

fn text(number: Number, style: Style) -> String {
    let mut out = Vec::new();
    number.write(&mut out, style).unwrap();
    String::from_utf8(out).unwrap()
}

fn agrees_with_std(text: &str) {
    let std: f64 = text.parse().unwrap();
    match parse(text) {
        Ok(number) => assert_eq!(number.to_f64().to_bits(), std.to_bits(), "{text}"),
        Err(error) => {
            assert_eq!(error, NumberError::Range, "{text}");
            assert!(std.is_infinite(), "{text}");
        }
    }
}

#[test]
fn texts_keep_their_value_and_their_kind() {
    let decimal = |m, e| Number::Decimal(Decimal::new(m, e));
    let table = [
        ("0", Number::Integer(0)),
        ("-0", Number::Float(-0.0)),
        ("-0.00e5", Number::Float(-0.0)),
        ("20.10", decimal(201, -1)),
        ("1.0", Number::Integer(1)),
        ("1.276020076001e+09", decimal(1_276_020_076_001, -3)),
        ("1e3", Number::Integer(1000)),
        ("10.50e1", Number::Integer(105)),
        ("9223372036854775807", Number::Integer(i64::MAX)),
        ("9223372036854775808", Number::Unsigned(1 << 63)),
        ("18446744073709551615", Number::Unsigned(u64::MAX)),
        ("18446744073709551615.000", Number::Unsigned(u64::MAX)),
        ("18446744073709551616", Number::Float(18_446_744_073_709_551_616.0)),
        ("-9223372036854775808", Number::Integer(i64::MIN)),
        ("-9223372036854775809", Number::Float(-9_223_372_036_854_775_808.0)),
        ("1e20", decimal(1, 20)),
        ("100e18", decimal(1, 20)),
        ("-1e19", decimal(-1, 19)),
        ("1e19", Number::Unsigned(10_000_000_000_000_000_000)),
        ("1e289", decimal(1, 289)),
        ("10e289", Number::Float(1e290)),
        ("1e-324", decimal(1, -324)),
        ("1e-325", Number::Float(0.0)),
        ("0.00000000006667", decimal(6667, -14)),
    ];
    for (text, number) in table {
        assert_eq!(parse(text), Ok(number), "{text}");
    }
}

#[test]
fn a_number_is_16_bytes() {
    assert_eq!(size_of::<Number>(), 16);
    assert_eq!(size_of::<Option<Number>>(), 16);
    for mantissa in [0, 1, -1, i64::MAX, i64::MIN, 1 << 31, 1 << 32, -1 << 31, -1 << 32] {
        assert_eq!(Decimal::new(mantissa, 7).mantissa(), mantissa);
    }
}

#[test]
fn grammars_accept_what_they_should() {
    // text, accepted by RFC 8259 section 6, accepted relaxed
    let table = [
        ("1", true, true),
        ("+1", false, true),
        ("01", false, true),
        ("-01", false, true),
        ("00", false, true),
        ("1.", false, true),
        (".5", false, true),
        ("-.5", false, true),
        (".", false, false),
        ("", false, false),
        ("-", false, false),
        ("+", false, false),
        ("+-1", false, false),
        ("1e", false, false),
        ("1e+", false, false),
        ("1E-2", true, true),
        ("1e2.5", false, false),
        ("1 ", false, false),
        (" 1", false, false),
        ("0x1", false, false),
        ("inf", false, false),
        ("NaN", false, false),
        ("1_000", false, false),
        ("--1", false, false),
    ];
    for (text, json, relaxed) in table {
        assert_eq!(Number::parse(text.as_bytes(), Grammar::Json).is_ok(), json, "{text}");
        assert_eq!(Number::parse(text.as_bytes(), Grammar::Relaxed).is_ok(), relaxed, "{text}");
    }
    assert_eq!(Number::scan(b"12.5,3", Grammar::Json).map(|(_, len)| len), Ok(4));
    assert_eq!(parse("1e309"), Err(NumberError::Range));
    assert_eq!(parse("-1.7976931348623159e308"), Err(NumberError::Range));
    assert_eq!(parse("1x"), Err(NumberError::Syntax { at: 1 }));
    assert_eq!(parse("1.x"), Err(NumberError::Syntax { at: 2 }));
}

#[test]
fn hard_cases_round_as_std_rounds() {
    let halfway = "0.000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000002470328229206232720882843964\
        34110686182529901307162382212792841250337753635104375932649918180817996189898282347722858865\
        46332835517796989819938739800539093906315035659515570226392290858392449105184435931802849936\
        53615250031937045767824921936562366986365848075700158576926990370631192827955855133292783433\
        84093519780155312465972635795746227664652728272200563740064854999770965994704540208281662262\
        37857393450736339007967761930577506740176324673600968951340535537458516661134223766678604816\
        2128915955001953125";
    let mut above = String::from(halfway);
    above.push_str("0000000000000000000000000000000000000000000000000000000000001");
    let below = format!("{}4", halfway.strip_suffix('5').unwrap());
    for text in [
        halfway,
        &above,
        &below,
        "9007199254740993",
        "9007199254740992.999999999999999999999999999999",
        "9007199254740993.000000000000000000000000000001",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.797693134862315807937289714053034150e308",
        "179769313486231580793728971405301199e273",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-400",
        "1e23",
        "8.5e22",
        "6.631236846766476e-316",
        "3.237883913302901e-319",
        "2.225073858507201136057409796709131975934819546351645648023426109724822222021076945516529523908135087914149158913039621106870086438694594645527657207407820621743379988141063267329253552286881372149012981122451451889849057222307285255133155755015914397476397983411801999323962548289017107081850690630666655994938275772572015763062690663332647565300009245888316433037779791869612049497390377829704905051080609940730262937128958950003583799967207254304360284078895771796150945516748243471030702609144621572289880258182545180325707018860872113128079512233426288368622321503775666622503982534335974568884423900265498198385487948292206894721689831099698365846814022854243330660339850886445804001034933970427567186443383770486037861622771738545623065874679014086723327636718751234567890123456789012345678901e-308",
        "0.1e-1",
        "123456789012345678901234567890",
    ] {
        agrees_with_std(text);
    }
    // More digits and zeros than any table or buffer holds.
    let zeros = "0".repeat(100_000);
    agrees_with_std(&format!("0.{zeros}1e100001"));
    agrees_with_std(&format!("1{zeros}e-100000"));
    agrees_with_std(&format!("1{zeros}1e-100001"));
    agrees_with_std(&format!("{halfway}{zeros}1"));
    agrees_with_std(&format!("1e{}", "9".repeat(50)));
    agrees_with_std(&format!("1e-{}", "9".repeat(50)));
}

#[test]
fn sums_are_exact_where_they_can_be() {
    // RFC 8428 section 5.1.2 and the classic of binary fractions
    let table = [
        ("1276020076.001", "-5", "1276020071.001"),
        ("0.1", "0.2", "0.3"),
        ("9223372036854775807", "1", "9223372036854775808"),
        ("18446744073709551615", "-9223372036854775808", "9223372036854775807"),
        ("0.5", "-0.5", "0"),
        ("1.5", "1.5", "3"),
        ("1e18", "1e-1", "1000000000000000000.1"),
        ("-1", "-9223372036854775807", "-9223372036854775808"),
        ("1e30", "1e29", "1.1e30"),
    ];
    for (a, b, sum) in table {
        assert_eq!(parse(a).unwrap().checked_add(parse(b).unwrap()), parse(sum).ok(), "{a} + {b}");
    }
    assert_eq!(Number::Float(1e308).checked_add(Number::Float(1e308)), None);
    assert_eq!(parse("1e289").unwrap().checked_add(Number::Integer(1)), Some(Number::Float(1e289)));
}

#[test]
fn values_compare_whatever_their_form() {
    let table = [
        ("1", "2", Ordering::Less),
        ("18446744073709551615", "-1", Ordering::Greater),
        ("18446744073709551615", "18446744073709551614", Ordering::Greater),
        ("0.1", "0.10", Ordering::Equal),
        ("0.1000000000000000001", "0.1", Ordering::Greater),
        ("1e100", "1", Ordering::Greater),
        ("-1e-100", "1e-100", Ordering::Less),
    ];
    for (a, b, order) in table {
        assert_eq!(parse(a).unwrap().compare(parse(b).unwrap()), Some(order), "{a} {b}");
    }
    assert_eq!(Number::Float(2.0).compare(Number::Integer(2)), Some(Ordering::Equal));
    assert_eq!(Number::Float(f64::NAN).compare(Number::Integer(2)), None);
}

#[test]
fn integers_come_out_exactly_or_not_at_all() {
    assert_eq!(Number::Float(3.0).to_i64(), Some(3));
    assert_eq!(Number::Float(3.5).to_i64(), None);
    assert_eq!(Number::Float(-0.0).to_u64(), Some(0));
    assert_eq!(Number::Float(9_223_372_036_854_775_808.0).to_i64(), None);
    assert_eq!(Number::Float(9_223_372_036_854_775_808.0).to_u64(), Some(1 << 63));
    assert_eq!(Number::Float(-9_223_372_036_854_775_808.0).to_i64(), Some(i64::MIN));
    assert_eq!(Number::Float(18_446_744_073_709_551_616.0).to_u64(), None);
    assert_eq!(Number::Float(f64::NAN).to_i64(), None);
    assert_eq!(Number::Float(f64::INFINITY).to_u64(), None);
    assert_eq!(Number::Integer(-1).to_u64(), None);
    assert_eq!(parse("1.5").unwrap().to_i64(), None);
    assert_eq!(parse("1.50e1").unwrap().to_i64(), Some(15));
}

#[test]
fn styles() {
    let table = [
        ("20.10", "20.1", "20.1"),
        ("-0.0", "-0", "-0"),
        ("0.000001", "0.000001", "0.000001"),
        ("0.0000001", "0.0000001", "1e-7"),
        ("-0.00000012", "-0.00000012", "-1.2e-7"),
        ("0.00000000006667", "0.00000000006667", "6.667e-11"),
        ("1e20", "100000000000000000000", "100000000000000000000"),
        ("1.5e22", "15000000000000000000000", "1.5e22"),
        ("120.5", "120.5", "120.5"),
        ("-9223372036854775808", "-9223372036854775808", "-9223372036854775808"),
    ];
    for (number, plain, compact) in table {
        let number = parse(number).unwrap();
        assert_eq!(text(number, Style::Plain), plain);
        assert_eq!(text(number, Style::Compact), compact);
    }
    assert_eq!(text(Number::Float(1e-320), Style::Plain), format!("{}", 1e-320));
    assert_eq!(text(Number::Float(-f64::MAX), Style::Plain), format!("{}", -f64::MAX));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Number::Float(value).write(&mut Vec::new(), Style::Compact);
        assert_eq!(error, Err(WriteNumberError::NotFinite));
    }
    let mut small = [0; 3];
    let full = Number::Integer(1234).write(&mut crate::SliceSink::new(&mut small), Style::Plain);
    assert_eq!(full, Err(WriteNumberError::Full));
}

/// The digits and the exponent of std's shortest form, the digits as an integer.
fn std_shortest(value: f64) -> (i64, i16) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = format!("{whole}{fraction}").parse().unwrap();
    (mantissa, exponent.parse::<i16>().unwrap() - i16::try_from(fraction.len()).unwrap())
}

fn prints_as_std_does(value: f64) {
    let ours = Decimal::shortest(value).unwrap();
    assert_eq!((ours.mantissa(), ours.exponent()), std_shortest(value), "{value:e}");
    assert_eq!(ours.to_f64(), value, "{value:e}");
    let plain = text(Number::Float(value), Style::Plain);
    assert_eq!(plain, value.to_string());
    let compact = text(Number::Float(value), Style::Compact);
    assert_eq!(parse(&compact).unwrap().to_f64().to_bits(), value.to_bits(), "{compact}");
    assert!(compact.len() <= 25, "{compact}");
}

#[test]
fn exponents_of_any_size_are_zero_or_out_of_range() {
    for mantissa in ["0", "-0.0", "1", "123456789012345678901234567890.5", "-0.00001"] {
        for exponent in ["310", "350", "32767", "32768", "32787", "99999", "9999999999999999999999"]
        {
            agrees_with_std(&format!("{mantissa}e{exponent}"));
            agrees_with_std(&format!("{mantissa}e-{exponent}"));
        }
    }
    let zeros = "0".repeat(400);
    for text in [format!("0.{zeros}1e401"), format!("1{zeros}e-400"), format!("1{zeros}.5e-700")] {
        agrees_with_std(&text);
    }
    for exponent in [i64::from(i32::MIN), i64::MIN] {
        assert_eq!(Number::from_decimal(3, exponent), Some(Number::Float(0.0)));
        assert_eq!(Number::from_decimal(3, exponent.saturating_neg()), None);
        assert_eq!(Number::from_decimal(0, exponent.saturating_neg()), Some(Number::ZERO));
    }
}

#[test]
fn every_power_of_two_and_its_neighbours_print_as_std_prints() {
    // What is small is slow.
    for exponent in (0..2047u64).step_by(if SMALL { 31 } else { 1 }) {
        for offset in [-2i64, -1, 0, 1, 2] {
            let bits = (exponent << 52).wrapping_add_signed(offset);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                prints_as_std_does(value);
                agrees_with_std(&format!("{value:e}"));
            }
        }
    }
    for exponent in (-324..=308).step_by(if SMALL { 8 } else { 1 }) {
        prints_as_std_does(format!("1e{exponent}").parse().unwrap());
        for mantissa in ["1", "9", "9999999999999999999", "18446744073709551615"] {
            agrees_with_std(&format!("{mantissa}e{exponent}"));
        }
    }
}

/// A text halfway between two neighbouring numbers, exactly.
fn halfway(bits: u64) -> Option<String> {
    let (a, b) = (f64::from_bits(bits), f64::from_bits(bits + 1));
    if !b.is_finite() || !(1e-30..=1e30).contains(&a) {
        return None;
    }
    // The exact decimal expansions have the same number of places, so their mean is exact when
    // one more place is added.
    let (a, b) = (format!("{a:.160}"), format!("{b:.160}"));
    let sum = |x: &str, y: &str| {
        let mut carry = 0;
        let mut out = Vec::new();
        let width = x.len().max(y.len());
        let (x, y) = (format!("{x:0>width$}"), format!("{y:0>width$}"));
        for (p, q) in x.bytes().rev().zip(y.bytes().rev()) {
            if p == b'.' {
                out.push(p);
                continue;
            }
            let s = p - b'0' + (q - b'0') + carry;
            out.push(b'0' + s % 10);
            carry = s / 10;
        }
        out.push(b'0' + carry);
        out.reverse();
        out
    };
    let mut half = Vec::new();
    let mut rest = 0;
    for digit in sum(&a, &b) {
        if digit == b'.' {
            half.push(digit);
            continue;
        }
        let value = rest * 10 + (digit - b'0');
        half.push(b'0' + value / 2);
        rest = value % 2;
    }
    half.push(if rest == 1 { b'5' } else { b'0' });
    let text = String::from_utf8(half).unwrap();
    let text = text.trim_start_matches('0');
    Some(if text.starts_with('.') { format!("0{text}") } else { text.to_string() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if SMALL { 200 } else { 4_000 }))]

    #[test]
    fn any_bits_print_as_std_prints(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        prints_as_std_does(value);
    }

    #[test]
    fn what_is_small_says_the_same(bits in any::<u64>(), few in 0u64..100_000, places in 0i16..12) {
        let round = |mantissa, exponent| {
            (round::nearest(mantissa, exponent, &[]), exact::exact(mantissa, exponent, &[]))
        };
        prop_assume!(bits != 0);
        let (fast, small) = round(bits >> 6 | 1 << 58, i32::from(places) * 20 - 120);
        prop_assert_eq!(fast.to_bits(), small.to_bits());
        for value in [f64::from_bits(bits), few as f64 / 10f64.powi(places.into())] {
            if value.is_normal() {
                let value = value.abs();
                let parts = value.to_bits();
                let mantissa = parts & ((1 << 52) - 1) | 1 << 52;
                let exponent = i32::try_from(parts >> 52).unwrap() - 1075;
                let (digits, power) = trial::shortest(value, mantissa, exponent);
                let fast = Decimal::shortest(value).unwrap();
                prop_assert_eq!((digits, power), (fast.mantissa().cast_unsigned(), i32::from(fast.exponent())));
            }
        }
    }

    #[test]
    fn everyday_numbers_print_as_std_prints(mantissa in any::<i32>(), places in 0i32..12) {
        prints_as_std_does(f64::from(mantissa) / 10f64.powi(places));
        prints_as_std_does(f64::from(mantissa) * 1e-5f64.powi(places));
    }

    #[test]
    fn any_json_number_reads_as_std_reads(
        text in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?"
    ) {
        agrees_with_std(&text);
    }

    #[test]
    fn relaxed_numbers_read_as_std_reads(
        text in "[+-]?([0-9]{1,25}\\.?[0-9]{0,25}|\\.[0-9]{1,25})(e[+-]?[0-9]{1,2})?"
    ) {
        let ours = Number::parse(text.as_bytes(), Grammar::Relaxed).unwrap().to_f64();
        prop_assert_eq!(ours.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{}", text);
    }

    #[test]
    fn nineteen_digits_and_any_exponent_round_as_std_rounds(
        mantissa in any::<i64>(), exponent in -345i64..312,
    ) {
        agrees_with_std(&format!("{mantissa}e{exponent}"));
        let std: f64 = format!("{mantissa}e{exponent}").parse().unwrap();
        let ours = Number::from_decimal(mantissa, exponent);
        prop_assert_eq!(ours.map_or(f64::INFINITY, |n| n.to_f64().abs()), std.abs());
    }

    #[test]
    fn halves_round_to_even(bits in 0x39c0_0000_0000_0000u64..0x4630_0000_0000_0000) {
        if let Some(text) = halfway(bits) {
            agrees_with_std(&text);
            agrees_with_std(&format!("{text}0000000001"));
            agrees_with_std(&format!("{}4999", text.strip_suffix(['0', '5']).unwrap()));
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = Number::parse(&bytes, Grammar::Json);
        let _ = Number::parse(&bytes, Grammar::Relaxed);
    }

    #[test]
    fn canonical_numbers_survive_their_text(mantissa in any::<i64>(), exponent in -330i64..290) {
        if let Some(number) = Number::from_decimal(mantissa, exponent) {
            for style in [Style::Plain, Style::Compact] {
                let back = parse(&text(number, style)).unwrap();
                if matches!(number, Number::Float(_)) {
                    prop_assert_eq!(back.to_f64(), number.to_f64());
                } else {
                    prop_assert_eq!(back, number);
                }
            }
        }
    }

    #[test]
    fn integers_print_as_std_prints(signed in any::<i64>(), unsigned in any::<u64>(), shift in 0u32..64) {
        prop_assert_eq!(text(Number::from(signed >> shift), Style::Plain), (signed >> shift).to_string());
        prop_assert_eq!(text(Number::from(unsigned >> shift), Style::Plain), (unsigned >> shift).to_string());
    }

    #[test]
    fn sums_of_decimals_are_exact(a in -1_000_000_000i64..1_000_000_000, b in -1_000_000_000i64..1_000_000_000, p in 0i64..8, q in 0i64..8) {
        let scale = |e: i64| 10i64.pow(u32::try_from(e).unwrap());
        let sum = Number::from_decimal(a, -p).unwrap().checked_add(Number::from_decimal(b, -q).unwrap());
        prop_assert_eq!(sum, Number::from_decimal(a * scale(8 - p) + b * scale(8 - q), -8));
    }
}

#[test]
fn short_texts_are_those_that_numbers_are_written_with() {
    let shown = |(text, len): ([u8; 8], usize)| String::from_utf8(text[..len].to_vec()).unwrap();
    for value in 0..10_000u64 {
        assert_eq!(shown(few_digits(value)), value.to_string());
        assert_eq!(last_digits(value * 9_999), *format!("{:08}", value * 9_999).as_bytes());
    }
    let mantissas = [1, 5, 12, 201, 5012, 73_512, 123_456, 1_234_567, 12_345_678, 123_456_789];
    for mantissa in mantissas.into_iter().flat_map(|mantissa| [mantissa, -mantissa]) {
        for exponent in -12..0 {
            let number = Decimal::new(mantissa, exponent);
            let expected = text(Number::Decimal(number), Style::Compact);
            let short = short_fraction(number).map(shown);
            assert_eq!(short, (expected.len() <= 8 && !expected.contains('e')).then_some(expected));
        }
    }
    assert_eq!(short_fraction(Decimal::new(1, -324)), None);
    assert_eq!(short_fraction(Decimal::new(i64::MIN, -1)), None);
    assert_eq!(short_fraction(Decimal::new(1, 20)), None);
}
