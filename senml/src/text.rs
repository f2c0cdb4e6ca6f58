//! Text where it lies: in a JSON string with its escapes, or in the chunks of a CBOR string.

#[cfg(feature = "cbor")]
use crate::cbor::token::Items;
use crate::utf8;
use core::fmt;
use m2m_base::{Full, SMALL, Sink};

/// Borrowed text that is unescaped or put together only when it is looked at.
///
/// Most texts are plain and [`Text::as_str`] gives them at no cost; one that has an escape in JSON
/// or came in pieces in CBOR is read by [`Text::chars`], [`Text::bytes`], [`Text::copy_to`], or
/// compared. It is always valid: whoever made it has checked it.
#[derive(Clone, Copy)]
pub struct Text<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    Plain(&'a str),
    /// Bytes that were found to be UTF-8.
    Utf8(&'a [u8]),
    /// What stands between the quotes, found to be UTF-8; it has an escape.
    #[cfg(feature = "json")]
    Json(&'a [u8]),
    /// Text strings of definite length, one behind the other, and the break behind them.
    #[cfg(feature = "cbor")]
    Cbor(&'a [u8]),
    /// What stands between the quotes of an attribute, found to be UTF-8; it has references or
    /// white space other than blanks.
    #[cfg(feature = "xml")]
    Xml(&'a [u8]),
}

impl<'a> Text<'a> {
    /// What stands between the quotes of a JSON string that was checked.
    #[cfg(feature = "json")]
    pub(crate) fn from_checked_json(raw: &'a [u8], escaped: bool) -> Self {
        Text(if escaped { Form::Json(raw) } else { Form::Utf8(raw) })
    }

    /// What stands between the quotes of an attribute in XML that was checked.
    #[cfg(feature = "xml")]
    pub(crate) fn from_checked_xml(raw: &'a [u8], escaped: bool) -> Self {
        Text(if escaped { Form::Xml(raw) } else { Form::Utf8(raw) })
    }

    /// A text of bytes in UTF-8; `None` if they are not.
    #[inline]
    #[must_use]
    pub fn from_utf8(bytes: &'a [u8]) -> Option<Self> {
        utf8::is_valid(bytes).then_some(Text(Form::Utf8(bytes)))
    }

    /// Bytes that were found to be UTF-8, which spares another look at them. Of others nobody should
    /// expect sense: [`Text::as_str`] gives none, a writer writes them as they are.
    #[inline]
    #[must_use]
    pub fn from_checked_utf8(bytes: &'a [u8]) -> Self {
        Text(Form::Utf8(bytes))
    }

    /// The content of a string in CBOR, or of one of indefinite length all from its chunks on;
    /// checked.
    #[cfg(feature = "cbor")]
    pub(crate) fn from_checked_cbor(bytes: &'a [u8], chunks: bool) -> Self {
        Text(if chunks { Form::Cbor(bytes) } else { Form::Utf8(bytes) })
    }

    /// The text of a CBOR string of indefinite length: `chunks` are its chunks, text strings of
    /// definite length in UTF-8, and the break behind them (RFC 8949 section 3.2.3). `None` if they
    /// are anything else.
    #[cfg(feature = "cbor")]
    #[must_use]
    pub fn from_chunks(chunks: &'a [u8]) -> Option<Self> {
        let checked = Items::new(chunks).all_chunks(true);
        checked.then(|| Text::from_checked_cbor(chunks, true))
    }

    /// The text, if it lies in one piece. For one that was read this walks over it;
    /// [`Text::as_bytes`] never does.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match self.0 {
            Form::Plain(text) => Some(text),
            Form::Utf8(bytes) => core::str::from_utf8(bytes).ok(),
            #[allow(unreachable_patterns, reason = "without a format there is no other")]
            _ => None,
        }
    }

    /// The text in UTF-8, if it lies in one piece.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        match self.0 {
            Form::Plain(text) => Some(text.as_bytes()),
            Form::Utf8(bytes) => Some(bytes),
            #[allow(unreachable_patterns, reason = "without a format there is no other")]
            _ => None,
        }
    }

    /// The pieces that lie together, in order.
    pub(crate) fn pieces(&self) -> Pieces<'a> {
        Pieces(self.0)
    }

    /// The characters.
    #[must_use]
    pub fn chars(&self) -> Chars<'a> {
        Chars { pieces: self.pieces(), current: "".chars() }
    }

    /// The bytes in UTF-8.
    #[must_use]
    pub fn bytes(&self) -> Bytes<'a> {
        Bytes {
            pieces: self.pieces(),
            current: [].iter(),
            #[cfg(any(feature = "json", feature = "xml"))]
            pending: 0,
        }
    }

    /// The length in bytes of UTF-8. Walks over the text unless it lies in one piece.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        match self.as_bytes() {
            Some(bytes) if !SMALL => bytes.len(),
            _ => self.count(),
        }
    }

    fn count(&self) -> usize {
        let mut len = 0usize;
        // What is told always succeeds.
        let _ = self.each(&mut |bytes| {
            len = len.wrapping_add(bytes.len());
            Ok(())
        });
        len
    }

    /// Hands on the pieces that lie together, in order, until that fails.
    ///
    /// # Errors
    /// [`Full`], when `take` says so.
    #[inline(never)]
    pub fn each(&self, take: &mut dyn FnMut(&[u8]) -> Result<(), Full>) -> Result<(), Full> {
        match self.0 {
            Form::Plain(text) => take(text.as_bytes()),
            Form::Utf8(bytes) => take(bytes),
            #[cfg(feature = "cbor")]
            Form::Cbor(chunks) => {
                let mut items = Items::new(chunks);
                while let Some(chunk) = items.chunk() {
                    take(chunk)?;
                }
                Ok(())
            }
            #[cfg(any(feature = "json", feature = "xml"))]
            _ => self.pieces().try_for_each(|piece| piece.with_bytes(&mut *take)),
        }
    }

    /// True when there is no character.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces().all(|piece| piece.len() == 0)
    }

    /// Writes the text in UTF-8.
    ///
    /// # Errors
    /// [`Full`] if it does not fit.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        self.each(&mut |bytes| sink.put(bytes))
    }

    /// Copies the text into `buf` and returns it.
    ///
    /// # Errors
    /// [`Full`] if `buf` is shorter than the text.
    pub fn copy_to<'b>(&self, buf: &'b mut [u8]) -> Result<&'b str, Full> {
        let mut sink = m2m_base::SliceSink::new(buf);
        self.write(&mut sink)?;
        let len = sink.len();
        let buf: &'b [u8] = buf;
        buf.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok()).ok_or(Full)
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Text(Form::Plain(""))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(Form::Plain(text))
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        match self.as_bytes() {
            Some(bytes) => bytes == other.as_bytes(),
            None => self.bytes().eq(other.bytes()),
        }
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.as_bytes(), other.as_bytes()) {
            (Some(own), Some(other)) => own == other,
            _ => self.bytes().eq(other.bytes()),
        }
    }
}

impl Eq for Text<'_> {}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| {
            piece.with_bytes(|bytes| f.write_str(core::str::from_utf8(bytes).unwrap_or_default()))
        })
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        self.chars().flat_map(char::escape_debug).try_for_each(|c| fmt::Write::write_char(f, c))?;
        f.write_str("\"")
    }
}

/// Characters in UTF-8 that lie together, or one that an escape stands for.
#[derive(Clone, Copy)]
pub(crate) enum Piece<'a> {
    Bytes(&'a [u8]),
    #[cfg(any(feature = "json", feature = "xml"))]
    Char(char),
}

impl Piece<'_> {
    pub(crate) fn len(self) -> usize {
        match self {
            Piece::Bytes(bytes) => bytes.len(),
            #[cfg(any(feature = "json", feature = "xml"))]
            Piece::Char(c) => c.len_utf8(),
        }
    }

    pub(crate) fn with_bytes<T>(self, f: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Piece::Bytes(bytes) => f(bytes),
            #[cfg(any(feature = "json", feature = "xml"))]
            Piece::Char(c) => f(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// See [`Text::pieces`].
#[derive(Clone)]
pub(crate) struct Pieces<'a>(Form<'a>);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Piece<'a>> {
        match &mut self.0 {
            Form::Plain(text) => some_bytes(core::mem::take(text).as_bytes()),
            Form::Utf8(bytes) => some_bytes(core::mem::take(bytes)),
            #[cfg(feature = "json")]
            Form::Json(raw) => {
                if let Some((c, len)) = unescape(raw) {
                    *raw = raw.get(len..)?;
                    return Some(Piece::Char(c));
                }
                let len = raw.iter().position(|byte| *byte == b'\\').unwrap_or(raw.len());
                let (text, rest) = raw.split_at_checked(len)?;
                *raw = rest;
                some_bytes(text)
            }
            #[cfg(feature = "xml")]
            Form::Xml(raw) => {
                if let Some((c, len)) = crate::xml::unescape(raw) {
                    *raw = raw.get(len..)?;
                    return Some(Piece::Char(c));
                }
                let special = |byte: &u8| matches!(byte, b'&' | b'\t' | b'\n' | b'\r');
                let len = raw.iter().position(special).unwrap_or(raw.len());
                let (text, rest) = raw.split_at_checked(len)?;
                *raw = rest;
                some_bytes(text)
            }
            #[cfg(feature = "cbor")]
            Form::Cbor(chunks) => {
                let mut items = Items::new(chunks);
                let text = items.chunk()?;
                *chunks = chunks.get(items.position()..)?;
                Some(Piece::Bytes(text))
            }
        }
    }
}

fn some_bytes(bytes: &[u8]) -> Option<Piece<'_>> {
    (!bytes.is_empty()).then_some(Piece::Bytes(bytes))
}

/// The characters of a [`Text`].
#[derive(Clone)]
pub struct Chars<'a> {
    pieces: Pieces<'a>,
    current: core::str::Chars<'a>,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            if let Some(c) = self.current.next() {
                return Some(c);
            }
            match self.pieces.next()? {
                Piece::Bytes(bytes) => self.current = core::str::from_utf8(bytes).ok()?.chars(),
                #[cfg(any(feature = "json", feature = "xml"))]
                Piece::Char(c) => return Some(c),
            }
        }
    }
}

/// The bytes in UTF-8 of a [`Text`].
#[derive(Clone)]
pub struct Bytes<'a> {
    pieces: Pieces<'a>,
    current: core::slice::Iter<'a, u8>,
    /// What is left of an unescaped character: its bytes, the next one lowest.
    #[cfg(any(feature = "json", feature = "xml"))]
    pending: u32,
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        match self.current.next() {
            Some(byte) => Some(*byte),
            None => self.next_piece(),
        }
    }
}

impl Bytes<'_> {
    /// The first byte of the next piece, or the next of an unescaped character.
    #[inline(never)]
    fn next_piece(&mut self) -> Option<u8> {
        loop {
            #[cfg(any(feature = "json", feature = "xml"))]
            if self.pending != 0 {
                let [byte, ..] = self.pending.to_le_bytes();
                self.pending >>= 8;
                return Some(byte);
            }
            match self.pieces.next()? {
                Piece::Bytes(bytes) => {
                    self.current = bytes.iter();
                    if let Some(byte) = self.current.next() {
                        return Some(*byte);
                    }
                }
                #[cfg(any(feature = "json", feature = "xml"))]
                Piece::Char('\0') => return Some(0),
                #[cfg(any(feature = "json", feature = "xml"))]
                Piece::Char(c) => {
                    let mut bytes = [0; 4];
                    c.encode_utf8(&mut bytes);
                    self.pending = u32::from_le_bytes(bytes);
                }
            }
        }
    }
}

/// The character that the escape at the start of `raw` stands for, and the escape's length
/// (RFC 8259 section 7); `None` if it is none, or half a surrogate pair.
#[cfg(feature = "json")]
pub(crate) fn unescape(raw: &[u8]) -> Option<(char, usize)> {
    let [b'\\', c, ..] = raw else { return None };
    let c = match c {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let high = hex4(raw.get(2..6)?)?;
            if !(0xd800..0xdc00).contains(&high) {
                return Some((char::from_u32(high)?, 6));
            }
            if raw.get(6..8)? != br"\u" {
                return None;
            }
            let low = hex4(raw.get(8..12)?)?;
            if !(0xdc00..0xe000).contains(&low) {
                return None;
            }
            let c = 0x1_0000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
            return Some((char::from_u32(c)?, 12));
        }
        _ => return None,
    };
    Some((c, 2))
}

#[cfg(feature = "json")]
fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}
