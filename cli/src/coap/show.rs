//! Payloads for people: links as a list, JSON indented, CBOR in diagnostic notation, SenML as a
//! table, text as text, everything else as a dump of its bytes.

use crate::names::number;
use crate::output::printable;
use coap_core::ContentFormat;
use coap_core::link::{Link, Links, Param};
use senml::{Format, Number, Reader, Rules, Value};
use std::fmt::Write as _;

/// A payload in words, with a line feed at its end if it is not empty.
pub(crate) fn pretty(format: Option<ContentFormat>, payload: &[u8]) -> String {
    if payload.is_empty() {
        return String::new();
    }
    let shown = match format {
        Some(ContentFormat::LINK_FORMAT) => links(payload),
        Some(ContentFormat::JSON | ContentFormat::LWM2M_JSON | ContentFormat::MERGE_PATCH) => {
            json(payload)
        }
        Some(ContentFormat::SENML_JSON | ContentFormat::SENSML_JSON) => {
            records(Format::Json, payload).or_else(|| json(payload))
        }
        Some(ContentFormat::SENML_CBOR | ContentFormat::SENSML_CBOR) => {
            records(Format::Cbor, payload).or_else(|| cbor(payload))
        }
        Some(
            ContentFormat::CBOR
            | ContentFormat::CBOR_SEQ
            | ContentFormat::SENML_ETCH_CBOR
            | ContentFormat::LWM2M_CBOR,
        ) => cbor(payload),
        Some(ContentFormat::SENML_ETCH_JSON) => json(payload),
        Some(ContentFormat::OCTET_STREAM) => Some(dump(payload)),
        _ => None,
    };
    let mut shown = shown.or_else(|| text(payload)).unwrap_or_else(|| dump(payload));
    if !shown.ends_with('\n') {
        shown.push('\n');
    }
    shown
}

/// Text whose lines stay lines and whose control characters are escaped.
pub(crate) fn text(payload: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(payload).ok()?;
    let lines: Vec<String> =
        text.split('\n').map(|l| printable(l.strip_suffix('\r').unwrap_or(l))).collect();
    Some(lines.join("\n").replace("\\t", "\t"))
}

fn json(payload: &[u8]) -> Option<String> {
    // serde_json escapes control characters, save those above U+007F.
    let value: serde_json::Value = serde_json::from_slice(payload).ok()?;
    let shown = serde_json::to_string_pretty(&value).ok()?;
    Some(shown.lines().map(printable).collect::<Vec<_>>().join("\n"))
}

/// One line for each item of a sequence.
fn cbor(payload: &[u8]) -> Option<String> {
    let mut out = String::new();
    let mut decoder = minicbor::Decoder::new(payload);
    while decoder.position() < payload.len() {
        let from = decoder.position();
        decoder.skip().ok()?;
        let item = payload.get(from..decoder.position())?;
        let _ = writeln!(out, "{}", printable(&minicbor::display(item).to_string()));
    }
    Some(out)
}

/// A table of names, values, units and times.
fn records(format: Format, payload: &[u8]) -> Option<String> {
    let mut rows = Vec::new();
    for record in Reader::resolved(format, payload, Rules::LWM2M) {
        let record = record.ok()?;
        let name: String = record.name.chars().collect();
        let value = record.value.map_or_else(String::new, |value| match value {
            Value::Number(n) => numeral(n),
            Value::Text(text) => format!("\"{}\"", text.chars().collect::<String>()),
            Value::Boolean(b) => b.to_string(),
            Value::Data(data) => data.bytes().fold("0x".to_owned(), |mut out, byte| {
                let _ = write!(out, "{byte:02x}");
                out
            }),
            Value::ObjectLink(text) => text.chars().collect(),
            Value::Null => "null".to_owned(),
        });
        let unit: String = record.unit.map_or_else(String::new, |unit| unit.chars().collect());
        let sum = record.sum.map_or_else(String::new, |sum| format!("sum {}", numeral(sum)));
        let time = record.time.map_or_else(String::new, |time| match time {
            senml::Time::Relative(n) if n.to_f64() == 0.0 => String::new(),
            senml::Time::Relative(n) => format!("{} s", numeral(n)),
            senml::Time::Absolute(n) => date(n),
        });
        rows.push([name, value, unit, sum, time].map(|cell| printable(&cell)));
    }
    let widths: Vec<usize> = (0..5)
        .map(|at| rows.iter().filter_map(|r| r.get(at)).map(|c| c.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    Some(out)
}

fn numeral(n: Number) -> String {
    match (n.to_i64(), n.to_u64()) {
        (Some(n), _) => n.to_string(),
        (None, Some(n)) => n.to_string(),
        _ => number(n.to_f64()),
    }
}

/// Seconds since 1970 as a date, where they are whole and of our times.
fn date(n: Number) -> String {
    match n.to_f64() {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range is that of the pattern"
        )]
        seconds @ 0.0..1e11 => {
            let millis = (seconds.fract() * 1000.0) as u32;
            crate::clock::rfc3339(seconds as u64, millis)
        }
        _ => numeral(n),
    }
}

/// One line for each link: its target, then what is said of it.
fn links(payload: &[u8]) -> Option<String> {
    let all: Vec<Link<'_>> = Links::new(payload).collect::<Result<_, _>>().ok()?;
    let width = all.iter().map(|link| link.target().chars().count()).max().unwrap_or(0).min(40);
    let mut out = String::new();
    for link in all {
        let mut line = format!("{:width$}", printable(link.target()));
        for param in link.params() {
            let _ = write!(line, "  {}", parameter(&param));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    Some(out)
}

fn parameter(param: &Param<'_>) -> String {
    let name = printable(param.name);
    let Some(value) = param.value else { return name };
    let text: String = value.chars().collect();
    if name == "ct" {
        let formats: Vec<String> = text
            .split(' ')
            .map(|n| n.parse().map_or_else(|_| printable(n), |n| ContentFormat(n).to_string()))
            .collect();
        return format!("ct={}", formats.join(" "));
    }
    if text.contains(' ') {
        format!("{name}=\"{}\"", printable(&text))
    } else {
        format!("{name}={}", printable(&text))
    }
}

/// Sixteen bytes a line, in hexadecimal digits and as characters.
fn dump(payload: &[u8]) -> String {
    let mut out = String::new();
    for (n, line) in payload.chunks(16).enumerate() {
        let _ = write!(out, "{:06x} ", n * 16);
        for at in 0..16 {
            let _ = match line.get(at) {
                Some(byte) => write!(out, " {byte:02x}"),
                None => write!(out, "   "),
            };
        }
        out.push_str("  ");
        out.extend(line.iter().map(|b| match b {
            0x20..=0x7e => char::from(*b),
            _ => '.',
        }));
        out.push('\n');
    }
    out
}

/// A link as an object for scripts: `target` and its parameters.
pub(crate) fn link_json(link: &Link<'_>) -> serde_json::Value {
    let mut object = serde_json::Map::new();
    object.insert("target".to_owned(), link.target().into());
    for param in link.params() {
        let value = match param.value {
            None => true.into(),
            Some(value) => value.chars().collect::<String>().into(),
        };
        object.entry(param.name).or_insert(value);
    }
    object.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_in_words() {
        for (format, payload, shown) in [
            (None, &b"hello"[..], "hello\n"),
            (Some(ContentFormat::TEXT), b"two\nlines\n", "two\nlines\n"),
            (None, b"no\x1b[2Jtrick", "no\\u{1b}[2Jtrick\n"),
            (Some(ContentFormat::JSON), br#"{"a":[1]}"#, "{\n  \"a\": [\n    1\n  ]\n}\n"),
            (Some(ContentFormat::JSON), b"not json", "not json\n"),
            (Some(ContentFormat::CBOR), &[0xa1, 0x61, b'a', 0x18, 42], "{\"a\": 42}\n"),
            (Some(ContentFormat::CBOR_SEQ), &[1, 0xf5], "1\ntrue\n"),
            (Some(ContentFormat::CBOR), &[0x61], "a\n"),
            (
                Some(ContentFormat::SENML_JSON),
                br#"[{"bn":"/3303/0/","n":"5700","u":"Cel","v":21.5},{"n":"5750","vs":"roof"}]"#,
                "/3303/0/5700  21.5    Cel\n/3303/0/5750  \"roof\"\n",
            ),
            (
                Some(ContentFormat::LINK_FORMAT),
                br#"</time>;obs;rt="clock big";ct="0 50",</l>"#,
                "/time  obs  rt=\"clock big\"  ct=text/plain;charset=utf-8 application/json\n/l\n",
            ),
            (
                Some(ContentFormat::OCTET_STREAM),
                b"abc\0",
                "000000  61 62 63 00                                      abc.\n",
            ),
            (None, b"", ""),
        ] {
            assert_eq!(pretty(format, payload), shown, "{format:?} {payload:?}");
        }
    }

    #[test]
    fn no_payload_can_stop_it_or_move_the_cursor() {
        let mut random = m2m_base::Random::new(&m2m_base::Seed([9; 32]));
        for n in 0..4000_u16 {
            let mut bytes = vec![0; usize::from(random.u8() & 31)];
            random.fill(&mut bytes);
            let format = [0, 40, 50, 60, 63, 110, 112, 322, 11542, 11544][usize::from(n % 10)];
            let shown = pretty(Some(ContentFormat(format)), &bytes);
            let moves = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            assert!(!shown.contains(moves), "{format} {bytes:02x?} {shown:?}");
        }
    }
}
