//! Writing messages and option lists into a caller's buffer (RFC 7252 section 3).

use crate::message::{MessageType, Options};
use crate::option::Uint;
use crate::{Code, ContentFormat, EXTENSIONS, OptionNumber, TooLong};
use m2m_base::{FitSink, SMALL, Sink, SliceSink};

/// Bytes that the head of an option takes: one, and up to two more each for delta and length.
fn head(delta: u16, length: usize) -> Result<([u8; 5], usize), TooLong> {
    let mut bytes = [0; 5];
    let mut used = 1;
    let mut nibble = |value: usize| -> Result<u8, TooLong> {
        let (nibble, extra, count) = match value {
            0..=12 => (value, 0, 0),
            13..=268 => (13, value.wrapping_sub(13), 1),
            _ => (14, value.wrapping_sub(269), 2),
        };
        let extra = u16::try_from(extra).map_err(|_| TooLong)?.to_be_bytes();
        if let Some(room) = bytes.get_mut(used..).and_then(|b| b.get_mut(..count)) {
            room.copy_from_slice(extra.get(2usize.wrapping_sub(count)..).unwrap_or(&[]));
        }
        used = used.wrapping_add(count);
        u8::try_from(nibble).map_err(|_| TooLong)
    };
    let first = nibble(delta.into())? << 4 | nibble(length)?;
    bytes[0] = first;
    Ok((bytes, used))
}

/// The length field of a token of more than 12 bytes: its nibble and the bytes behind the header
/// (RFC 8974 section 2.1). `None` for lengths above 65804.
#[cold]
fn long_length(length: usize) -> Option<([u8; 3], usize)> {
    if let 13..=268 = length {
        return Some(([13, u8::try_from(length.wrapping_sub(13)).ok()?, 0], 1));
    }
    let [a, b] = u16::try_from(length.checked_sub(269)?).ok()?.to_be_bytes();
    Some(([14, a, b], 2))
}

pub(crate) fn put_option<S: Sink>(sink: &mut S, delta: u16, value: &[u8]) -> Result<(), TooLong> {
    // Most options have a small delta and a short value: one byte of head.
    if let (0..=12, 0..=12) = (delta, value.len()) {
        #[allow(clippy::cast_possible_truncation, reason = "both are at most 12")]
        sink.put_u8((delta as u8) << 4 | value.len() as u8).map_err(|_| TooLong)?;
    } else if !SMALL {
        let (bytes, used) = head(delta, value.len())?;
        sink.put(bytes.get(..used).unwrap_or(&[])).map_err(|_| TooLong)?;
    } else {
        let delta = delta.into();
        sink.put_u8(nibble(delta) << 4 | nibble(value.len())).map_err(|_| TooLong)?;
        for part in [delta, value.len()] {
            put_extended(sink, part)?;
        }
    }
    sink.put(value).map_err(|_| TooLong)
}

/// What the head of an option says of its delta or length.
fn nibble(part: usize) -> u8 {
    match part {
        0..=12 => part.to_le_bytes()[0],
        13..=268 => 13,
        _ => 14,
    }
}

/// The bytes that a delta or length has behind the head: up to two.
fn put_extended<S: Sink>(sink: &mut S, part: usize) -> Result<(), TooLong> {
    match part {
        0..=12 => Ok(()),
        13..=268 => sink.put_u8(part.wrapping_sub(13).to_le_bytes()[0]).map_err(|_| TooLong),
        _ => {
            let extra = u16::try_from(part.wrapping_sub(269)).map_err(|_| TooLong)?;
            sink.put(&extra.to_be_bytes()).map_err(|_| TooLong)
        }
    }
}

/// Puts an option into a buffer and tells its length.
fn put_in(room: &mut [u8], delta: u16, value: &[u8]) -> Result<usize, TooLong> {
    if SMALL {
        let mut sink = FitSink::new(room);
        put_option(&mut &mut sink, delta, value)?;
        return sink.finish().map_err(|_| TooLong);
    }
    let mut sink = SliceSink::new(room);
    put_option(&mut sink, delta, value)?;
    Ok(sink.len())
}

/// Puts an option behind those of an encoded list with the same or a smaller number. The list is
/// the first `list` bytes of `buf`; what follows it, up to `total` bytes, moves along. Tells the
/// new total.
pub(crate) fn insert_option(
    buf: &mut [u8],
    list: usize,
    total: usize,
    number: OptionNumber,
    value: &[u8],
) -> Result<usize, TooLong> {
    let mut before = Options::from_encoded(buf.get(..list).ok_or(TooLong)?).iter();
    // The place, the number before it, and the option behind it: how it is encoded now, and how
    // it will be.
    let (at, previous, after, following, following_len) = loop {
        let (rest, previous) = (before.rest().len(), before.number());
        let at = list.saturating_sub(rest);
        let Some(next) = before.next() else { break (at, previous, at, [0; 5], 0) };
        if next.number > number {
            let after = list.saturating_sub(before.rest().len().saturating_add(next.value.len()));
            let (bytes, len) = head(next.number.0.wrapping_sub(number.0), next.value.len())?;
            break (at, previous, after, bytes, len);
        }
    };
    let (own, own_len) = head(number.0.wrapping_sub(previous), value.len())?;
    let added = own_len.saturating_add(value.len()).saturating_add(following_len);
    let moved_to = at.saturating_add(added);
    let new_total = total.saturating_sub(after).saturating_add(moved_to);
    if new_total > buf.len() {
        return Err(TooLong);
    }
    buf.copy_within(after..total, moved_to);
    let mut gap = SliceSink::new(buf.get_mut(at..moved_to).ok_or(TooLong)?);
    for part in
        [own.get(..own_len).unwrap_or(&[]), value, following.get(..following_len).unwrap_or(&[])]
    {
        gap.put(part).map_err(|_| TooLong)?;
    }
    Ok(new_total)
}

/// Builds a list of options in a caller's buffer, in any order of calls: an option is put behind
/// those with the same or a smaller number.
#[derive(Debug)]
pub struct OptionWriter<'b> {
    buf: &'b mut [u8],
    len: usize,
    last: u16,
}

impl<'b> OptionWriter<'b> {
    /// An empty list in `buf`.
    pub fn new(buf: &'b mut [u8]) -> Self {
        OptionWriter { buf, len: 0, last: 0 }
    }

    /// Adds an option.
    ///
    /// # Errors
    /// [`TooLong`] if the buffer is full or the value is longer than 65804 bytes; the list is then
    /// as it was.
    pub fn add(&mut self, number: OptionNumber, value: &[u8]) -> Result<&mut Self, TooLong> {
        if number.0 >= self.last {
            return self.push(number, value);
        }
        self.len = insert_option(self.buf, self.len, self.len, number, value)?;
        Ok(self)
    }

    /// Adds an option whose number is that of the last one or larger: one who adds all of them so
    /// does without the code that makes room between others.
    ///
    /// # Errors
    /// As [`OptionWriter::add`]; also [`TooLong`] for a smaller number.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn push(&mut self, number: OptionNumber, value: &[u8]) -> Result<&mut Self, TooLong> {
        let delta = number.0.checked_sub(self.last).ok_or(TooLong)?;
        let room = self.buf.get_mut(self.len..).ok_or(TooLong)?;
        self.len = self.len.saturating_add(put_in(room, delta, value)?);
        self.last = number.0;
        Ok(self)
    }

    /// Adds an option whose value is an unsigned integer.
    ///
    /// # Errors
    /// As [`OptionWriter::push`].
    pub fn push_uint(&mut self, number: OptionNumber, value: u32) -> Result<&mut Self, TooLong> {
        self.push(number, Uint::new(value).as_bytes())
    }

    /// Adds an option whose value is an unsigned integer.
    ///
    /// # Errors
    /// As [`OptionWriter::add`].
    pub fn add_uint(&mut self, number: OptionNumber, value: u32) -> Result<&mut Self, TooLong> {
        self.add(number, Uint::new(value).as_bytes())
    }

    /// Adds one Uri-Path option for each segment between slashes; a leading slash does not count,
    /// a trailing one is an empty segment (RFC 7252 section 6.4).
    ///
    /// # Errors
    /// As [`OptionWriter::add`].
    pub fn path(&mut self, path: &str) -> Result<&mut Self, TooLong> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if !path.is_empty() {
            for segment in path.split('/') {
                self.add(OptionNumber::URI_PATH, segment.as_bytes())?;
            }
        }
        Ok(self)
    }

    /// Adds one Uri-Query option.
    ///
    /// # Errors
    /// As [`OptionWriter::add`].
    pub fn query(&mut self, argument: &str) -> Result<&mut Self, TooLong> {
        self.add(OptionNumber::URI_QUERY, argument.as_bytes())
    }

    /// Adds Content-Format.
    ///
    /// # Errors
    /// As [`OptionWriter::add`].
    pub fn content_format(&mut self, format: ContentFormat) -> Result<&mut Self, TooLong> {
        self.add_uint(OptionNumber::CONTENT_FORMAT, format.0.into())
    }

    /// Adds Accept.
    ///
    /// # Errors
    /// As [`OptionWriter::add`].
    pub fn accept(&mut self, format: ContentFormat) -> Result<&mut Self, TooLong> {
        self.add_uint(OptionNumber::ACCEPT, format.0.into())
    }

    /// The list as it is now.
    #[must_use]
    pub fn options(&self) -> Options<'_> {
        Options::from_encoded(self.buf.get(..self.len).unwrap_or(&[]))
    }

    /// The list, and what is behind it in the buffer.
    #[must_use]
    pub fn split(self) -> (Options<'b>, &'b mut [u8]) {
        let (list, rest) = self.buf.split_at_mut_checked(self.len).unwrap_or_default();
        (Options::from_encoded(list), rest)
    }

    /// The list, for as long as its buffer.
    #[must_use]
    pub fn into_options(self) -> Options<'b> {
        Options::from_encoded(self.buf.get(..self.len).unwrap_or(&[]))
    }
}

/// Writes one message to a sink: header and token at construction, then options in ascending
/// order, then the payload.
#[derive(Debug)]
pub struct MessageWriter<S> {
    sink: S,
    last: u16,
}

impl<'b> MessageWriter<SliceSink<'b>> {
    /// Starts a message in a caller's buffer.
    ///
    /// # Errors
    /// [`TooLong`] if the buffer cannot hold it or the token has more than 65804 bytes; more than 8
    /// without the feature `extensions`.
    pub fn in_buffer(
        buf: &'b mut [u8],
        message_type: MessageType,
        code: Code,
        id: u16,
        token: &[u8],
    ) -> Result<Self, TooLong> {
        MessageWriter::new(SliceSink::new(buf), message_type, code, id, token)
    }
}

impl<S: Sink> MessageWriter<S> {
    /// Starts a message in any sink; in a [`m2m_base::Counter`] it tells the message's length.
    ///
    /// # Errors
    /// [`TooLong`] if the sink cannot hold it or the token has more than 65804 bytes; more than 8
    /// without the feature `extensions`.
    pub fn new(
        mut sink: S,
        message_type: MessageType,
        code: Code,
        id: u16,
        token: &[u8],
    ) -> Result<Self, TooLong> {
        let [a, b] = id.to_be_bytes();
        let first = 0x40 | message_type.bits();
        #[allow(clippy::cast_possible_truncation, reason = "at most 12")]
        if token.len() <= if EXTENSIONS { 12 } else { 8 } {
            sink.put(&[first | token.len() as u8, code.0, a, b]).map_err(|_| TooLong)?;
        } else {
            let long = if EXTENSIONS { long_length(token.len()) } else { None };
            let ([nibble, extended @ ..], used) = long.ok_or(TooLong)?;
            sink.put(&[first | nibble, code.0, a, b]).map_err(|_| TooLong)?;
            sink.put(extended.get(..used).unwrap_or(&[])).map_err(|_| TooLong)?;
        }
        sink.put(token).map_err(|_| TooLong)?;
        Ok(MessageWriter { sink, last: 0 })
    }

    /// Goes on with a message that another writer began, in a sink of its own perhaps: head, token and
    /// options up to one of the number `last` are written, 0 for none.
    pub const fn resume(sink: S, last: OptionNumber) -> Self {
        MessageWriter { sink, last: last.0 }
    }

    /// Appends an option.
    ///
    /// # Errors
    /// [`TooLong`] if it does not fit, or if its number is smaller than that of the option before.
    pub fn option(&mut self, number: OptionNumber, value: &[u8]) -> Result<&mut Self, TooLong> {
        let delta = number.0.checked_sub(self.last).ok_or(TooLong)?;
        put_option(&mut self.sink, delta, value)?;
        self.last = number.0;
        Ok(self)
    }

    /// Appends an option whose value is an unsigned integer.
    ///
    /// # Errors
    /// As [`MessageWriter::option`].
    pub fn option_uint(&mut self, number: OptionNumber, value: u32) -> Result<&mut Self, TooLong> {
        self.option(number, Uint::new(value).as_bytes())
    }

    /// Appends a list of options.
    ///
    /// # Errors
    /// As [`MessageWriter::option`].
    pub fn options(&mut self, list: Options<'_>) -> Result<&mut Self, TooLong> {
        if self.last == 0 {
            // No delta changes: the list goes out as it is.
            self.sink.put(list.as_bytes()).map_err(|_| TooLong)?;
            self.last = list.iter().last().map_or(0, |o| o.number.0);
            return Ok(self);
        }
        for o in list {
            self.option(o.number, o.value)?;
        }
        Ok(self)
    }

    /// The sink, for a list of options that is merged into it. No option may be written after.
    #[cfg(feature = "endpoint")]
    pub(crate) fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Writes options, marker and payload that are encoded already.
    #[cfg(feature = "endpoint")]
    pub(crate) fn tail(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        self.sink.put(bytes).map_err(|_| TooLong)
    }

    /// Ends the message with its payload (none if empty) and gives the sink back.
    ///
    /// # Errors
    /// [`TooLong`] if it does not fit.
    pub fn finish(mut self, payload: &[u8]) -> Result<S, TooLong> {
        if !payload.is_empty() {
            self.sink.put_u8(0xff).map_err(|_| TooLong)?;
            self.sink.put(payload).map_err(|_| TooLong)?;
        }
        Ok(self.sink)
    }
}

/// Options that an endpoint adds by itself: at most seven, in ascending order.
#[cfg(feature = "endpoint")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extras<'a> {
    items: [(OptionNumber, u32); 7],
    len: u8,
    /// The value of the one that is no integer.
    opaque: Option<(OptionNumber, &'a [u8])>,
}

#[cfg(feature = "endpoint")]
impl<'a> Extras<'a> {
    /// None.
    pub(crate) const NONE: Extras<'static> =
        Extras { items: [(OptionNumber(0), 0); 7], len: 0, opaque: None };

    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn add(&mut self, number: OptionNumber, value: u32) {
        if let Some(slot) = self.items.get_mut(usize::from(self.len)) {
            *slot = (number, value);
            self.len = self.len.wrapping_add(1);
        }
    }

    /// Adds one that is no integer; there may be one such.
    #[cfg(feature = "extensions")]
    pub(crate) fn add_opaque(&mut self, number: OptionNumber, value: &'a [u8]) {
        self.opaque = Some((number, value));
        self.add(number, 0);
    }

    fn get(&self, at: usize) -> Option<(OptionNumber, u32)> {
        self.items.get(at).copied().filter(|_| at < self.len.into())
    }

    fn opaque(&self, number: OptionNumber) -> Option<&'a [u8]> {
        if EXTENSIONS { self.opaque.filter(|o| o.0 == number).map(|o| o.1) } else { None }
    }
}

#[cfg(all(feature = "endpoint", feature = "small"))]
pub(crate) use m2m_base::FitSink as Filler;
/// What fills a buffer that is long enough. With little code there is one copy of what writes, for
/// datagrams too, whose buffer may be short.
#[cfg(all(feature = "endpoint", not(feature = "small")))]
pub(crate) use m2m_base::SliceSink as Filler;

/// Bytes that [`put_merged`] writes.
#[cfg(feature = "endpoint")]
pub(crate) fn merged_len(list: Options<'_>, extra: &Extras<'_>) -> Result<usize, TooLong> {
    if extra.len == 0 {
        return Ok(list.as_bytes().len());
    }
    #[cfg(feature = "small")]
    {
        let mut sink = m2m_base::FitSink::new(&mut []);
        put_merged(&mut &mut sink, list, extra)?;
        Ok(sink.written())
    }
    #[cfg(not(feature = "small"))]
    {
        let mut counter = m2m_base::Counter::new();
        put_merged(&mut counter, list, extra)?;
        Ok(counter.len())
    }
}

/// Writes a list of options with others put where they belong; one of `extra` replaces those of
/// the same number in the list.
#[cfg(feature = "endpoint")]
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn put_merged<S: Sink>(
    sink: &mut S,
    list: Options<'_>,
    extra: &Extras<'_>,
) -> Result<(), TooLong> {
    if extra.len == 0 {
        return sink.put(list.as_bytes()).map_err(|_| TooLong);
    }
    let (mut list, mut at, mut last) = (list.iter(), 0, 0);
    let mut option = list.next();
    let mut replaced = None;
    loop {
        let uint;
        let own = extra.get(at).filter(|e| option.is_none_or(|o| e.0 <= o.number));
        let (number, value) = match (own, option) {
            (Some((number, value)), _) => {
                at = at.wrapping_add(1);
                replaced = Some(number);
                uint = Uint::new(value);
                (number, extra.opaque(number).unwrap_or(uint.as_bytes()))
            }
            (None, Some(o)) => {
                option = list.next();
                if replaced == Some(o.number) {
                    continue;
                }
                (o.number, o.value)
            }
            (None, None) => return Ok(()),
        };
        put_option(sink, number.0.checked_sub(last).ok_or(TooLong)?, value)?;
        last = number.0;
    }
}

/// Writes an empty message: an ACK, a RST, or a CON that pings (RFC 7252 section 4.3).
///
/// # Errors
/// [`TooLong`] if the buffer has fewer than four bytes.
pub fn write_empty(buf: &mut [u8], message_type: MessageType, id: u16) -> Result<usize, TooLong> {
    Ok(MessageWriter::in_buffer(buf, message_type, Code::EMPTY, id, &[])?.finish(&[])?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn rfc7252_appendix_a_request_to_the_byte() {
        let mut buf = [0; 64];
        let mut options = [0; 32];
        let mut list = OptionWriter::new(&mut options);
        list.path("/temperature").unwrap();
        let mut m = MessageWriter::in_buffer(
            &mut buf,
            MessageType::Confirmable,
            Code::GET,
            0x7d35,
            &[0x20],
        )
        .unwrap();
        m.options(list.options()).unwrap();
        let len = m.finish(b"").unwrap().len();
        assert_eq!(buf[..len], *b"\x41\x01\x7d\x35\x20\xbbtemperature");
    }

    #[test]
    fn rfc7252_6_4_paths_become_segments() {
        for (path, segments) in [
            ("", &[][..]),
            ("/", &[]),
            ("a", &["a"]),
            ("/a/b", &["a", "b"]),
            ("/a//", &["a", "", ""]),
        ] {
            let mut buf = [0; 32];
            let mut w = OptionWriter::new(&mut buf);
            w.path(path).unwrap();
            let got: Vec<_> =
                w.options().path().map(|s| core::str::from_utf8(s).unwrap()).collect();
            assert_eq!(got, segments, "{path:?}");
        }
    }

    #[cfg(feature = "endpoint")]
    #[test]
    fn merged_options_replace_those_of_the_list() {
        let mut options = [0; 64];
        let mut list = OptionWriter::new(&mut options);
        list.path("x").unwrap().add_uint(OptionNumber::BLOCK2, 6).unwrap();
        list.add(OptionNumber::SIZE1, &[1]).unwrap();
        let mut extra = Extras::NONE;
        extra.add(OptionNumber::OBSERVE, 0);
        extra.add(OptionNumber::BLOCK2, 0x16);
        let mut buf = Vec::new();
        put_merged(&mut buf, list.options(), &extra).unwrap();
        let (merged, _) = Options::parse(&buf, 0).unwrap();
        let got: Vec<_> = merged.iter().map(|o| (o.number.0, o.value.to_vec())).collect();
        assert_eq!(got, [(6, vec![]), (11, b"x".to_vec()), (23, vec![0x16]), (60, vec![1])]);
    }

    proptest! {
        #[test]
        fn options_come_back_sorted_and_whole(
            options in proptest::collection::vec(
                (prop_oneof![0u16..40, 250u16..320, any::<u16>()],
                 prop_oneof![0usize..20, 260usize..280]), 0..10),
            payload in proptest::collection::vec(any::<u8>(), 0..20),
            token in prop_oneof![0usize..=14, 260usize..280]
                .prop_flat_map(|n| proptest::collection::vec(any::<u8>(), n)),
        ) {
            let mut room = vec![0; 4000];
            let mut w = OptionWriter::new(&mut room);
            let mut model: Vec<(u16, Vec<u8>)> = Vec::new();
            for (i, (number, len)) in (0u8..).zip(options) {
                let value = vec![i; len];
                w.add(OptionNumber(number), &value).unwrap();
                model.push((number, value));
            }
            model.sort_by_key(|o| o.0);
            let mut buf = vec![0; 5000];
            let mut m = MessageWriter::in_buffer(
                &mut buf, MessageType::Confirmable, Code::PUT, 9, &token).unwrap();
            m.options(w.options()).unwrap();
            let len = m.finish(&payload).unwrap().len();
            let m = Message::parse(&buf[..len]).unwrap();
            let got: Vec<_> = m.options.iter().map(|o| (o.number.0, o.value.to_vec())).collect();
            prop_assert_eq!(got, model);
            prop_assert_eq!(m.payload, &payload[..]);
            prop_assert_eq!(m.token, &token[..]);
            // Every shorter buffer is refused, never overrun.
            for short in 0..len {
                let mut small = vec![0; short];
                let written = MessageWriter::in_buffer(
                    &mut small, MessageType::Confirmable, Code::PUT, 9, &token)
                    .and_then(|mut s| { s.options(w.options())?; Ok(s.finish(&payload)?.len()) });
                prop_assert_eq!(written, Err(TooLong));
            }
        }
    }
}
