//! Numbers in CBOR: every form that may come, and the shortest that is written.

use super::*;
use crate::DecodeErrorKind as Kind;
use proptest::prelude::*;

/// Reads `[{2: item}]`.
fn value(item: &[u8]) -> Result<Number, DecodeError> {
    let mut pack = hex("81a102");
    pack.extend_from_slice(item);
    match read(Format::Cbor, &pack)?[0].value {
        Some(Value::Number(number)) => Ok(number),
        other => panic!("{other:?}"),
    }
}

fn written(number: Number, fractions: cbor::Fractions) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = cbor::Writer::new(&mut out, 1).unwrap().with_fractions(fractions);
    writer.record(&Record::default().with_value(number)).unwrap();
    writer.finish().unwrap();
    out.split_off(3)
}

/// RFC 8949 sections 3.1, 3.3 and 3.4.4, appendix A.
#[test]
fn numbers_in_every_form() {
    let decimal = |m, e| Number::from_decimal(m, e).unwrap();
    let table = [
        ("00", Number::Integer(0)),
        ("17", Number::Integer(23)),
        ("1818", Number::Integer(24)),
        ("1903e8", Number::Integer(1000)),
        ("1a000f4240", Number::Integer(1_000_000)),
        ("1b00000000000000ff", Number::Integer(255)),
        ("1b7fffffffffffffff", Number::Integer(i64::MAX)),
        ("1b8000000000000000", Number::Unsigned(1 << 63)),
        ("1bffffffffffffffff", Number::Unsigned(u64::MAX)),
        ("20", Number::Integer(-1)),
        ("3863", Number::Integer(-100)),
        ("3b7fffffffffffffff", Number::Integer(i64::MIN)),
        ("3b8000000000000000", Number::Float(-9_223_372_036_854_775_808.0)),
        ("3bffffffffffffffff", Number::Float(-18_446_744_073_709_551_616.0)),
        ("f90000", Number::Float(0.0)),
        ("f93c00", Number::Float(1.0)),
        ("f97bff", Number::Float(65504.0)),
        ("f90001", Number::Float(5.960_464_477_539_063e-8)),
        ("f90400", Number::Float(0.000_061_035_156_25)),
        ("f9c400", Number::Float(-4.0)),
        ("fa47c35000", Number::Float(100_000.0)),
        ("fa7f7fffff", Number::Float(3.402_823_466_385_288_6e38)),
        ("fb3ff199999999999a", Number::Float(1.1)),
        ("fb7e37e43c8800759c", Number::Float(1.0e300)),
        ("c48221196ab3", decimal(27315, -2)),
        ("d8048220182d", decimal(45, -1)),
        ("c49f20182dff", decimal(45, -1)),
        ("c4820203", Number::Integer(300)),
        ("c4822038c7", Number::Integer(-20)),
        ("c482011bffffffffffffffff", Number::Float(1.844_674_407_370_955e20)),
        ("c482203bfffffffffffffffe", Number::Float(-1.844_674_407_370_955_2e18)),
        ("c4823bffffffffffffffff01", Number::Float(0.0)),
    ];
    for (item, number) in table {
        assert_eq!(value(&hex(item)), Ok(number), "{item}");
    }
    let table = [
        ("f97c00", Kind::NotFinite),
        ("f9fc00", Kind::NotFinite),
        ("f97e00", Kind::NotFinite),
        ("fa7f800000", Kind::NotFinite),
        ("fb7ff8000000000000", Kind::NotFinite),
        ("6131", Kind::WrongType),
        ("f5", Kind::WrongType),
        ("f7", Kind::WrongType),
        ("c101", Kind::WrongType),
        ("c1820203", Kind::WrongType),
        ("c24101", Kind::WrongType),
        ("c4830203", Kind::WrongType),
        ("c49f0203", Kind::UnexpectedEnd),
        ("c49f020304ff", Kind::WrongType),
        ("c482f93c0003", Kind::WrongType),
        ("c4820261", Kind::WrongType),
        ("c4821b7fffffffffffffff01", Kind::NumberRange),
        ("c4821bffffffffffffffff01", Kind::NumberRange),
        ("1c", Kind::Malformed),
        ("3f", Kind::Malformed),
        ("fc", Kind::Malformed),
        ("f93c", Kind::UnexpectedEnd),
        ("fb3ff1999999", Kind::UnexpectedEnd),
        ("", Kind::UnexpectedEnd),
    ];
    for (item, kind) in table {
        assert_eq!(value(&hex(item)).map_err(|error| error.kind), Err(kind), "{item}");
    }
}

#[test]
fn every_binary16_is_read_and_written_as_such() {
    for half in 0..=u16::MAX {
        let item = [0xf9, (half >> 8) as u8, half as u8];
        let (exponent, fraction) = (i32::from(half >> 10 & 31), f64::from(half & 0x3ff));
        if exponent == 31 {
            assert_eq!(value(&item).map_err(|error| error.kind), Err(Kind::NotFinite));
            continue;
        }
        let magnitude = if exponent == 0 {
            fraction * 2f64.powi(-24)
        } else {
            (1024.0 + fraction) * 2f64.powi(exponent - 25)
        };
        let expected = if half >> 15 == 1 { -magnitude } else { magnitude };
        let Ok(Number::Float(read)) = value(&item) else { panic!("{half:04x}") };
        assert_eq!(read.to_bits(), expected.to_bits(), "{half:04x}");
        assert_eq!(written(Number::Float(read), cbor::Fractions::Binary), item);
    }
}

#[test]
fn json_20_10_stays_20_1() {
    let records = read(Format::Json, br#"[{"n":"a","v":20.10}]"#).unwrap();
    assert_eq!(write(Format::Json, &records), br#"[{"n":"a","v":20.1}]"#);
    let cbor = write(Format::Cbor, &records);
    assert_eq!(cbor, hex("81a200616102fb403419999999999a"));
    assert_eq!(
        write(Format::Json, &read(Format::Cbor, &cbor).unwrap()),
        br#"[{"n":"a","v":20.1}]"#
    );
    let Some(Value::Number(number)) = records[0].value else { panic!() };
    assert_eq!(written(number, cbor::Fractions::Decimal), hex("c4822018c9"));
}

#[test]
fn what_is_not_finite_is_not_written() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let record = Record::named("a").with_value(value);
        for format in [Format::Json, Format::Cbor] {
            let mut out = Vec::new();
            let mut writer = Writer::new(format, &mut out, Some(1)).unwrap();
            assert_eq!(writer.record(&record), Err(WriteError::NotFinite));
        }
    }
}

proptest! {
    #[test]
    fn floats_are_written_in_the_shortest_form_that_loses_nothing(bits in any::<u64>(), kind in 0..3) {
        let value = match kind {
            0 => f64::from_bits(bits),
            1 => f64::from(f32::from_bits(bits as u32)),
            _ => f64::from(f32::from_bits((bits as u32) & 0xffff_e000)),
        };
        prop_assume!(value.is_finite());
        let item = written(Number::Float(value), cbor::Fractions::Binary);
        let Ok(Number::Float(back)) = self::value(&item) else { panic!() };
        prop_assert_eq!(back.to_bits(), value.to_bits());
        // That binary16 is used where it can be, the test of every binary16 shows.
        let longest = if f64::from(value as f32).to_bits() == value.to_bits() { 5 } else { 9 };
        prop_assert!(item.len() <= longest);
    }

    #[test]
    fn integers_are_written_in_the_shortest_form(value in any::<i64>(), shift in 0u32..64) {
        let value = value >> shift;
        let item = written(Number::Integer(value), cbor::Fractions::Binary);
        prop_assert_eq!(self::value(&item), Ok(Number::Integer(value)));
        let argument = if value < 0 { !value } else { value } as u64;
        let len = match argument {
            0..24 => 1,
            24..0x100 => 2,
            0x100..0x1_0000 => 3,
            0x1_0000..0x1_0000_0000 => 5,
            _ => 9,
        };
        prop_assert_eq!(item.len(), len);
    }
}
