//! Base64 (RFC 4648): both alphabets are read, with or without padding; either is written.

use m2m_base::{Full, Sink};

/// Which base64 is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// `A–Z a–z 0–9 - _` without padding (RFC 8428 section 4.3, for `vd` in JSON).
    Url,
    /// `A–Z a–z 0–9 + /` with padding (LwM2M text/plain).
    Standard,
}

/// The six bits of a symbol of either alphabet.
pub(crate) fn symbol(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// The number of bytes that `text` stands for; `None` if it is not base64.
pub(crate) fn decoded_len(text: impl Iterator<Item = u8>) -> Option<usize> {
    let mut symbols = 0usize;
    let mut padding = 0usize;
    for byte in text {
        if byte == b'=' {
            padding += 1;
        } else {
            symbol(byte).filter(|_| padding == 0)?;
            symbols += 1;
        }
    }
    let whole = padding == 0 || (padding <= 2 && (symbols + padding).is_multiple_of(4));
    (whole && symbols % 4 != 1).then(|| symbols / 4 * 3 + (symbols % 4).saturating_sub(1))
}

/// Writes bytes in base64.
///
/// # Errors
/// [`Full`] if the text does not fit.
pub fn write(
    sink: &mut dyn Sink,
    mut bytes: impl Iterator<Item = u8>,
    variant: Variant,
) -> Result<(), Full> {
    let letter = |index: u32| match u8::try_from(index & 63).unwrap_or(0) {
        i @ 0..26 => b'A' + i,
        i @ 26..52 => b'a' + (i - 26),
        i @ 52..62 => b'0' + (i - 52),
        62 if variant == Variant::Url => b'-',
        62 => b'+',
        _ if variant == Variant::Url => b'_',
        _ => b'/',
    };
    while let Some(first) = bytes.next() {
        let (second, third) = (bytes.next(), bytes.next());
        let group =
            u32::from_be_bytes([0, first, second.unwrap_or_default(), third.unwrap_or_default()]);
        let text = [letter(group >> 18), letter(group >> 12), letter(group >> 6), letter(group)];
        let [a, b, c, _] = text;
        match (second, third, variant) {
            (_, Some(_), _) => sink.put(&text)?,
            (Some(_), None, Variant::Url) => sink.put(&[a, b, c])?,
            (Some(_), None, Variant::Standard) => sink.put(&[a, b, c, b'='])?,
            (None, None, Variant::Url) => sink.put(&[a, b])?,
            (None, None, Variant::Standard) => sink.put(&[a, b, b'=', b'='])?,
        }
    }
    Ok(())
}
