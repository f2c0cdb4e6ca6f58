//! Whether a JSON value is of a type.

use super::check::Limits;
use super::fault::{AttributeFault, Fault, Wanted};
use super::{Cardinality, Complex, Kind};
use crate::ResourceType;
use crate::json::Raw;
use crate::time::{AbsRelTimestamp, Period, Timestamp};
use alloc::string::ToString;

type Checked = Result<(), AttributeFault>;

fn fault(fault: Fault) -> Checked {
    Err(AttributeFault::new(fault, ""))
}

/// Checks `value`. The error names no attribute; members and list positions behind it only.
///
/// The recursion follows the tables, which are a few levels deep, never the input.
pub(super) fn check(kind: Kind, value: Raw<'_>, limits: &Limits) -> Checked {
    match kind {
        Kind::List(element) | Kind::NonEmptyList(element) => {
            if !value.is_array() {
                return fault(Fault::WrongType(Wanted::List));
            }
            let mut count = 0;
            for (at, item) in value.elements().enumerate() {
                count = at + 1;
                if count > limits.list_elements {
                    return fault(Fault::TooLong);
                }
                check(*element, item, limits).map_err(|e| e.within(&at.to_string()))?;
            }
            match kind {
                Kind::NonEmptyList(_) if count == 0 => fault(Fault::EmptyList),
                _ => Ok(()),
            }
        }
        Kind::Complex(complex) => object(complex, value, limits),
        Kind::Any | Kind::Object | Kind::Coordinates => open(kind, value, limits),
        Kind::Boolean => match value.as_bool() {
            Some(_) => Ok(()),
            None => fault(Fault::WrongType(Wanted::Boolean)),
        },
        _ if value.is_number() || number(kind).is_some() => numeric(kind, value),
        _ => text(kind, value, limits),
    }
}

/// What a number is expected to be; `None` for types that are strings.
const fn number(kind: Kind) -> Option<Wanted> {
    Some(match kind {
        Kind::Unsigned | Kind::UnsignedInt => Wanted::Unsigned,
        Kind::Positive => Wanted::Positive,
        Kind::Integer => Wanted::Integer,
        Kind::Float => Wanted::Float,
        Kind::Enumeration(_) => Wanted::Enumeration,
        Kind::ResourceType => Wanted::ResourceType,
        _ => return None,
    })
}

fn numeric(kind: Kind, value: Raw<'_>) -> Checked {
    let Some(wanted) = number(kind) else { return fault(Fault::WrongType(string(kind))) };
    if !value.is_number() {
        return fault(Fault::WrongType(wanted));
    }
    let whole = value.as_str().bytes().all(|b| b == b'-' || b.is_ascii_digit());
    let in_range = match kind {
        Kind::Float => return Ok(()),
        _ if !whole => return fault(Fault::WrongType(wanted)),
        Kind::Integer => value.as_i64().is_some(),
        Kind::Unsigned => value.as_u64().is_some(),
        Kind::UnsignedInt => value.as_u64().is_some_and(|n| u32::try_from(n).is_ok()),
        Kind::Positive => value.as_u64().is_some_and(|n| n > 0),
        Kind::Enumeration(enumeration) => value.as_u64().is_some_and(|n| enumeration.has(n)),
        _ => value.as_u64().and_then(|n| u32::try_from(n).ok()).is_some_and(|n| {
            n == 0 || !matches!(ResourceType::from_number(n), ResourceType::Unknown(_))
        }),
    };
    if in_range { Ok(()) } else { fault(Fault::OutOfRange(wanted)) }
}

/// What a string is expected to be.
const fn string(kind: Kind) -> Wanted {
    match kind {
        Kind::Token => Wanted::Token,
        Kind::Uri => Wanted::Uri,
        Kind::Id => Wanted::Id,
        Kind::Name => Wanted::Name,
        Kind::NcName => Wanted::NcName,
        Kind::Timestamp => Wanted::Timestamp,
        Kind::AbsRelTimestamp => Wanted::AbsRelTimestamp,
        Kind::Duration => Wanted::Duration,
        Kind::Base64 => Wanted::Base64,
        Kind::Schedule => Wanted::Schedule,
        Kind::Imsi | Kind::Iccid => Wanted::Identity,
        Kind::Ipv4 | Kind::Ipv6 => Wanted::IpAddress,
        _ => Wanted::Text,
    }
}

fn text(kind: Kind, value: Raw<'_>, limits: &Limits) -> Checked {
    let wanted = string(kind);
    if !value.is_string() {
        return fault(Fault::WrongType(wanted));
    }
    let limit = if matches!(kind, Kind::Name) { limits.name_bytes } else { limits.text_bytes };
    if value.text_len() > limit {
        return fault(Fault::TooLong);
    }
    if matches!(kind, Kind::Text) {
        return Ok(());
    }
    let Some(text) = value.as_text() else { return fault(Fault::WrongType(wanted)) };
    let text = text.as_ref();
    let digits = |least: usize, most: usize| {
        (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let fits = match kind {
        Kind::Token => text.trim() == text && !text.contains(['\n', '\r', '\t']),
        Kind::Uri | Kind::Id => is_uri(text),
        Kind::Name => is_name(text),
        Kind::NcName => {
            let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            text.chars().all(inner) && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        }
        Kind::Timestamp => Timestamp::parse(text).is_ok(),
        Kind::AbsRelTimestamp => AbsRelTimestamp::parse(text).is_ok(),
        Kind::Duration => Period::parse(text).is_ok(),
        Kind::Base64 => is_base64(text),
        Kind::Schedule => is_schedule(text),
        Kind::Imsi => digits(1, 15),
        Kind::Iccid => digits(10, 20),
        Kind::Ipv4 => text.parse::<core::net::Ipv4Addr>().is_ok(),
        Kind::Ipv6 => text.parse::<core::net::Ipv6Addr>().is_ok(),
        _ => true,
    };
    if fits { Ok(()) } else { fault(Fault::BadValue(wanted)) }
}

/// A resource name: one segment that no virtual resource has, of unreserved characters.
/// Something without blanks: identifiers and addresses are URIs too.
pub(crate) fn is_uri(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

pub(crate) fn is_name(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    !text.is_empty()
        && text.bytes().all(unreserved)
        && !matches!(text, "." | ".." | "-" | "~" | "_")
        && crate::address::VirtualResource::from_name(text).is_none()
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// Seconds, minutes, hours, days, months, weekdays, years (TS-0004 table 6.3.3-1).
fn is_schedule(text: &str) -> bool {
    crate::time::Schedule::parse(text).is_ok()
}

/// Values that the tables do not describe further.
fn open(kind: Kind, value: Raw<'_>, limits: &Limits) -> Checked {
    let wanted = match kind {
        Kind::Object => Wanted::Object,
        Kind::Coordinates => Wanted::Coordinates,
        _ => Wanted::Any,
    };
    let fits = match kind {
        Kind::Object => value.is_object(),
        Kind::Coordinates => value.is_array(),
        _ => !value.is_null(),
    };
    if !fits {
        return fault(Fault::WrongType(wanted));
    }
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    if !value.is_string() {
        for byte in value.as_str().bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = in_string,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
    }
    if deepest > limits.depth {
        return fault(Fault::TooDeep);
    }
    if value.text_len() > limits.content_bytes {
        return fault(Fault::TooLong);
    }
    let numbers =
        |b: u8| matches!(b, b'[' | b']' | b',' | b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
    if matches!(kind, Kind::Coordinates) && !value.as_str().bytes().all(numbers) {
        return fault(Fault::BadValue(wanted));
    }
    Ok(())
}

fn object(complex: &Complex, value: Raw<'_>, limits: &Limits) -> Checked {
    if !value.is_object() {
        return fault(Fault::WrongType(Wanted::Object));
    }
    let (mut found, mut chosen) = (0, 0);
    for (name, item) in value.members() {
        let Some(member) = complex.members.iter().find(|m| m.short == name) else {
            return Err(AttributeFault::new(Fault::Unknown, name));
        };
        check(member.kind, item, limits).map_err(|e| e.within(name))?;
        found += usize::from(member.cardinality == Cardinality::One);
        chosen += usize::from(member.cardinality == Cardinality::Choice);
    }
    let all = |cardinality| complex.members.iter().filter(move |m| m.cardinality == cardinality);
    if found < all(Cardinality::One).count() {
        let missing = all(Cardinality::One).find(|m| value.member(m.short).is_none());
        return Err(AttributeFault::new(Fault::Missing, missing.map_or("", |m| m.short)));
    }
    if all(Cardinality::Choice).next().is_some() && chosen != 1 {
        return fault(Fault::BadValue(Wanted::Choice));
    }
    Ok(())
}
