//! Header Accept (RFC 9110 section 12.5.1).

use crate::media::MediaType;
use crate::primitive::serial;

/// What a range of Accept allows.
enum Range {
    Media(MediaType),
    Any,
    Other,
}

fn range(text: &str) -> (Range, u16) {
    let mut parts = text.split(';').map(|part| part.trim_matches([' ', '\t']));
    let name = parts.next().unwrap_or("");
    let quality = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("q"))
        .map_or(1000, |(_, value)| thousandths(value));
    let range = match MediaType::from_name(name) {
        Some(media) if serial::has(media.serialization) => Range::Media(media),
        Some(_) => Range::Other,
        None if name == "*/*" || name.eq_ignore_ascii_case("application/*") => Range::Any,
        None => Range::Other,
    };
    (range, quality)
}

/// A weight, 0 to 1 with three digits of a fraction; what is none counts as 0.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().chain(*b"000").take(3);
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    let fraction = digits.fold(0, |sum, digit| sum * 10 + u16::from(digit.wrapping_sub(b'0')));
    match whole {
        "0" => fraction,
        "1" => 1000,
        _ => 0,
    }
}

/// The best of the media types that `headers` accept; `default` if they accept anything or say
/// nothing. `None` if nothing can be sent.
pub(super) fn choose<'a>(
    headers: impl Iterator<Item = &'a str>,
    default: MediaType,
) -> Option<MediaType> {
    let mut best: Option<(MediaType, u16)> = None;
    let mut said = false;
    for text in headers.flat_map(|header| header.split(',')).map(|t| t.trim_matches([' ', '\t'])) {
        if text.is_empty() {
            continue;
        }
        said = true;
        let (media, quality) = match range(text) {
            (Range::Media(media), quality) => (media, quality),
            (Range::Any, quality) => (default, quality),
            (Range::Other, _) => continue,
        };
        if quality > best.map_or(0, |(_, q)| q) {
            best = Some((media, quality));
        }
    }
    match best {
        Some((media, _)) => Some(media),
        None if said => None,
        None => Some(default),
    }
}
