//! Packs of any content, and encoders that spell them in ways our writers never do.

use super::*;
use proptest::prelude::*;

/// Numbers that both formats and every conversion keep: at most 15 digits.
pub(super) fn exact_number() -> impl Strategy<Value = Number> {
    let digits = -999_999_999_999_999i64..=999_999_999_999_999;
    prop_oneof![
        any::<i16>().prop_map(Number::from),
        (digits, -20i64..20).prop_map(|(m, e)| Number::from_decimal(m, e).unwrap()),
    ]
}

/// Canonical numbers of every kind, −0 and other floats aside.
pub(super) fn canonical_number() -> impl Strategy<Value = Number> {
    let parts = (any::<i64>(), -324i64..280);
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        parts.prop_filter_map("a float", |(mantissa, exponent)| {
            let number = Number::from_decimal(mantissa, exponent)?;
            (!matches!(number, Number::Float(_))).then_some(number)
        }),
        exact_number(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9/:]{0,12}", any::<String>(), "[\"\\\\\u{0}-\u{1f}é€😀]{0,6}"]
}

pub(super) fn value(
    number: impl Strategy<Value = Number> + 'static,
) -> impl Strategy<Value = OwnedValue> {
    prop_oneof![
        4 => number.prop_map(OwnedValue::Number),
        2 => text().prop_map(OwnedValue::Text),
        1 => any::<bool>().prop_map(OwnedValue::Boolean),
        2 => proptest::collection::vec(any::<u8>(), 0..70).prop_map(OwnedValue::Data),
        1 => "[0-9]{1,5}:[0-9]{1,5}".prop_map(OwnedValue::ObjectLink),
        1 => Just(OwnedValue::Null),
    ]
}

pub(super) fn pack<N>(number: fn() -> N) -> impl Strategy<Value = Pack>
where
    N: Strategy<Value = Number> + 'static,
{
    let some = proptest::option::of::<N>;
    let bases = (
        proptest::option::of(text()),
        some(number()),
        proptest::option::of(text()),
        some(number()),
        some(number()),
        proptest::option::of(any::<u64>()),
        proptest::option::of(text()),
    );
    let own = (
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(value(number())),
        some(number()),
        some(number()),
        some(number()),
        proptest::option::of(text()),
    );
    let record = (bases, own).prop_map(|(bases, own)| {
        let (base_name, base_time, base_unit, base_value, base_sum, base_version, bases) = bases;
        let (name, unit, value, sum, time, update_time, content_format) = own;
        OwnedRecord {
            base_name,
            base_time,
            base_unit,
            base_value,
            base_sum,
            base_version,
            base_content_format: bases,
            name,
            unit,
            value,
            sum,
            time,
            update_time,
            content_format,
        }
    });
    proptest::collection::vec(record, 0..5).prop_map(|records| Pack { records })
}

/// The fields of a record, as both spellings need them.
enum Item<'a> {
    Number(Number),
    Text(&'a str),
    Boolean(bool),
    Data(&'a [u8]),
    Null,
}

fn fields(record: &OwnedRecord) -> Vec<(&'static str, Option<i8>, Item<'_>)> {
    let mut fields = Vec::new();
    for (label, key, item) in [
        ("bn", Some(-2), &record.base_name),
        ("bu", Some(-4), &record.base_unit),
        ("bct", None, &record.base_content_format),
        ("n", Some(0), &record.name),
        ("u", Some(1), &record.unit),
        ("ct", None, &record.content_format),
    ] {
        if let Some(item) = item {
            fields.push((label, key, Item::Text(item)));
        }
    }
    for (label, key, item) in [
        ("bt", -3, record.base_time),
        ("bv", -5, record.base_value),
        ("bs", -6, record.base_sum),
        ("bver", -1, record.base_version.map(Number::from)),
        ("s", 5, record.sum),
        ("t", 6, record.time),
        ("ut", 7, record.update_time),
    ] {
        if let Some(item) = item {
            fields.push((label, Some(key), Item::Number(item)));
        }
    }
    match &record.value {
        None => {}
        Some(OwnedValue::Number(number)) => fields.push(("v", Some(2), Item::Number(*number))),
        Some(OwnedValue::Text(text)) => fields.push(("vs", Some(3), Item::Text(text))),
        Some(OwnedValue::Boolean(value)) => fields.push(("vb", Some(4), Item::Boolean(*value))),
        Some(OwnedValue::Data(data)) => fields.push(("vd", Some(8), Item::Data(data))),
        Some(OwnedValue::ObjectLink(link)) => fields.push(("vlo", None, Item::Text(link))),
        Some(OwnedValue::Null) => fields.push(("v", Some(2), Item::Null)),
    }
    fields
}

/// How to spell a pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spelling {
    /// Rotates the fields of each record.
    pub(super) order: usize,
    /// JSON: escapes every character. CBOR: splits strings after so many characters or bytes.
    pub(super) split: Option<usize>,
    /// JSON: white space and unknown fields. CBOR: indefinite lengths and unknown fields.
    pub(super) loose: bool,
}

pub(super) fn spelling() -> impl Strategy<Value = Spelling> {
    (0usize..12, proptest::option::of(1usize..5), any::<bool>())
        .prop_map(|(order, split, loose)| Spelling { order, split, loose })
}

fn json_string(out: &mut String, text: &str, escape_all: bool) {
    out.push('"');
    for c in text.chars() {
        if escape_all {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                *out += &format!("\\u{unit:04X}");
            }
        } else if c == '/' {
            *out += "\\/";
        } else if c < ' ' || c == '"' || c == '\\' {
            *out += &format!("\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
    }
    out.push('"');
}

fn standard_base64(data: &[u8]) -> String {
    let mut out = Vec::new();
    base64::write(&mut out, data.iter().copied(), base64::Variant::Standard).unwrap();
    String::from_utf8(out).unwrap()
}

pub(super) fn spell_json(pack: &Pack, spelling: Spelling) -> Vec<u8> {
    let space = if spelling.loose { " \n\t\r" } else { "" };
    let mut out = format!("{space}[{space}");
    for (at, record) in pack.records.iter().enumerate() {
        if at > 0 {
            out += &format!("{space},{space}");
        }
        out += &format!("{{{space}");
        let mut fields = fields(record);
        if !fields.is_empty() {
            let len = fields.len();
            fields.rotate_left(spelling.order % len);
        }
        let mut first = true;
        if spelling.loose {
            out += "\"extension\" :[ {\"_\": [1, \"\\\"]\" ] } , null]";
            first = false;
        }
        for (label, _, item) in fields {
            if !core::mem::take(&mut first) {
                out += &format!("{space},{space}");
            }
            json_string(&mut out, label, spelling.split.is_some());
            out += &format!("{space}:{space}");
            match item {
                Item::Number(value) => out += &number(value),
                Item::Text(text) => json_string(&mut out, text, spelling.split.is_some()),
                Item::Boolean(value) => out += &value.to_string(),
                Item::Data(data) => {
                    json_string(&mut out, &standard_base64(data), spelling.split == Some(1));
                }
                Item::Null => out += "null",
            }
            out += space;
        }
        out.push('}');
    }
    out += &format!("{space}]{space}");
    out.into_bytes()
}

fn cbor_head(out: &mut Vec<u8>, major: u8, len: usize) {
    // Longer than needed: 8, 4 or 2 bytes.
    match len % 3 {
        0 => {
            out.push(major << 5 | 27);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
        1 => {
            out.push(major << 5 | 26);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
        _ => {
            out.push(major << 5 | 25);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
    }
}

fn cbor_string(out: &mut Vec<u8>, major: u8, pieces: &[&[u8]], chunked: bool) {
    if chunked {
        out.push(major << 5 | 31);
    }
    for piece in pieces {
        cbor_head(out, major, piece.len());
        out.extend_from_slice(piece);
    }
    if chunked {
        out.push(0xff);
    }
}

pub(super) fn spell_cbor(pack: &Pack, spelling: Spelling) -> Vec<u8> {
    let mut out = Vec::new();
    let open = |out: &mut Vec<u8>, major: u8, len: usize| {
        if spelling.loose { out.push(major << 5 | 31) } else { cbor_head(out, major, len) }
    };
    open(&mut out, 4, pack.records.len());
    for record in &pack.records {
        let mut fields = fields(record);
        open(&mut out, 5, fields.len());
        if !fields.is_empty() {
            let len = fields.len();
            fields.rotate_left(spelling.order % len);
        }
        if spelling.loose {
            out.extend_from_slice(&hex("7f6161ff 9f a1616180 bf0000ff f97c00 c100 ff"));
        }
        for (label, key, item) in fields {
            match key {
                Some(key @ 0..) => out.extend_from_slice(&[0x18, key as u8]),
                Some(key) => out.extend_from_slice(&[0x39, 0, !(key as u8)]),
                None => cbor_string(&mut out, 3, &[label.as_bytes()], false),
            }
            match item {
                Item::Number(number) => {
                    let mut pack = Vec::new();
                    let mut writer = cbor::Writer::new(&mut pack, 1)
                        .unwrap()
                        .with_fractions(cbor::Fractions::Decimal);
                    writer.record(&Record::default().with_value(number)).unwrap();
                    writer.finish().unwrap();
                    out.extend_from_slice(&pack[3..]);
                }
                Item::Text(text) => {
                    let chars: Vec<String> = match spelling.split {
                        Some(split) => text
                            .chars()
                            .collect::<Vec<_>>()
                            .chunks(split)
                            .map(|chunk| chunk.iter().collect())
                            .collect(),
                        None => Vec::from([String::from(text)]),
                    };
                    let pieces: Vec<&[u8]> = chars.iter().map(String::as_bytes).collect();
                    cbor_string(&mut out, 3, &pieces, spelling.split.is_some());
                }
                Item::Boolean(value) => out.push(if value { 0xf5 } else { 0xf4 }),
                Item::Data(data) => {
                    let pieces: Vec<&[u8]> = match spelling.split {
                        Some(split) => data.chunks(split).collect(),
                        None => Vec::from([data]),
                    };
                    cbor_string(&mut out, 2, &pieces, spelling.split.is_some());
                }
                Item::Null => out.push(0xf6),
            }
        }
        if spelling.loose {
            out.push(0xff);
        }
    }
    if spelling.loose {
        out.push(0xff);
    }
    out
}
