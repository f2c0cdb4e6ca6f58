//! Messages by themselves, written into a buffer of C's.

use core::ffi::c_char;

use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber, TooLong, Uint};
use m2m_base::SliceSink;

use super::reader::m2m_coap_type;
use crate::borrow::{Out, bytes, string};
use crate::guard::caught;
use crate::output::Output;
use crate::placed::Placed;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_NOT_ALLOWED, M2M_OK, M2M_TOO_LONG,
};
use crate::result::{Outcome, code};

/// Words of a m2m_coap_writer.
pub const M2M_COAP_WRITER_WORDS: usize = 8;

/// Writes a message by itself, without an endpoint. It lies wherever the program puts it, needs no memory beside
/// and is not freed. m2m_coap_writer_init() makes it ready.
///
/// The buffer is the writer's until it has finished.
#[repr(C)]
pub struct m2m_coap_writer {
    /// The library's business.
    pub state: [u64; M2M_COAP_WRITER_WORDS],
}

/// What is in a writer.
pub(crate) struct Writer {
    to: Output,
    /// The number of the last option.
    last: OptionNumber,
    finished: bool,
    /// Of a message of a connection; none of a datagram.
    #[cfg(feature = "stream")]
    pub(super) frame: Option<super::frame::Framed>,
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_coap_writer {
    type Inside = Writer;
    const MARK: u64 = 0x6d32_6d5f_636f_6177;
}

/// The longest value of an option, and token.
pub(super) const LONGEST: usize = 65_804;

type Sink<'m, 's> = MessageWriter<&'m mut SliceSink<'s>>;

impl Writer {
    /// Writes behind the head of a message.
    pub(super) const fn new(to: Output) -> Writer {
        Writer {
            to,
            last: OptionNumber(0),
            finished: false,
            #[cfg(feature = "stream")]
            frame: None,
        }
    }

    /// Bytes that the head of the message grows by with such a payload.
    fn growth(&self, payload: &[u8]) -> usize {
        let _ = payload;
        #[cfg(feature = "stream")]
        if let Some(frame) = &self.frame {
            let marker = usize::from(!payload.is_empty());
            return frame
                .growth(self.to.len().saturating_add(marker).saturating_add(payload.len()));
        }
        0
    }

    /// How long the message is, once all of it is there; if it is one.
    fn end(&mut self) -> Result<usize, m2m_result> {
        self.finished = true;
        #[cfg(feature = "stream")]
        if let Some(frame) = &self.frame {
            return frame.end(&mut self.to);
        }
        let written = self.to.written()?;
        Message::parse(written).map_err(|_| M2M_INVALID)?;
        Ok(written.len())
    }

    /// Adds options of one number, all of them or none.
    fn options(
        &mut self,
        number: OptionNumber,
        write: impl FnOnce(&mut Sink<'_, '_>) -> Result<(), TooLong>,
    ) -> Outcome {
        if self.finished {
            return Err(M2M_NOT_ALLOWED);
        }
        let last = self.last;
        if number < last {
            return Err(M2M_INVALID);
        }
        self.to.append(
            0,
            |TooLong| M2M_BUFFER_TOO_SMALL,
            |sink| write(&mut MessageWriter::resume(sink, last)),
        )?;
        self.last = number;
        Ok(M2M_OK)
    }

    fn option(&mut self, number: OptionNumber, value: &[u8]) -> Outcome {
        if value.len() > LONGEST {
            return Err(M2M_TOO_LONG);
        }
        self.options(number, |to| to.option(number, value).map(|_| ()))
    }

    /// One option for each part of a text.
    fn parts(&mut self, number: OptionNumber, text: &str, between: char) -> Outcome {
        if text.split(between).any(|part| part.len() > LONGEST) {
            return Err(M2M_TOO_LONG);
        }
        self.options(number, |to| {
            text.split(between).try_for_each(|part| to.option(number, part.as_bytes()).map(|_| ()))
        })
    }
}

/// Makes a writer of a message into buf, which has room for cap bytes: of one of enum m2m_coap_type, with a code
/// as in m2m_coap_header (0 for an empty message), a message ID and a token, which may be NULL for none.
///
/// Errors: M2M_INVALID for a type or code that there is not; M2M_TOO_LONG for a token above 65804 bytes (above 8,
/// the peer has to know RFC 8974); M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_writer_init(
    writer: *mut m2m_coap_writer,
    type_of: i32,
    code_of: i32,
    id: u16,
    token: *const u8,
    token_len: usize,
    buf: *mut u8,
    cap: usize,
) -> i32 {
    code(caught(|| {
        const TYPES: [MessageType; 4] = [
            MessageType::Confirmable,
            MessageType::NonConfirmable,
            MessageType::Acknowledgement,
            MessageType::Reset,
        ];
        // SAFETY: the caller passes as many bytes, and memory for `cap` bytes that is the writer's until it has
        // finished.
        let (token, mut to) = unsafe { (bytes(token, token_len)?, Output::new(buf, cap)?) };
        let number = TYPES.into_iter().find(|t| m2m_coap_type::from(*t) as i32 == type_of);
        let message_type = number.ok_or(M2M_INVALID)?;
        let code_of = Code(u8::try_from(code_of).map_err(|_| M2M_INVALID)?);
        if token.len() > LONGEST {
            return Err(M2M_TOO_LONG);
        }
        to.append(
            0,
            |TooLong| M2M_BUFFER_TOO_SMALL,
            |sink| MessageWriter::new(sink, message_type, code_of, id, token).map(|_| ()),
        )?;
        // SAFETY: the caller passes memory for a writer.
        unsafe { m2m_coap_writer::put(writer, Writer::new(to)) }?;
        Ok(M2M_OK)
    }))
}

/// Adds an option: one of enum m2m_coap_option_number or another, not smaller than the one before (M2M_INVALID).
/// M2M_BUFFER_TOO_SMALL and M2M_TOO_LONG leave the message as it was. M2M_NOT_ALLOWED when it is finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_writer_option(
    writer: *mut m2m_coap_writer,
    number: u16,
    value: *const u8,
    len: usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes as many bytes, and NULL or a writer.
        unsafe {
            let value = bytes(value, len)?;
            m2m_coap_writer::with(writer, |inside| inside.option(OptionNumber(number), value))
        }
    })())
}

/// Adds an option whose value is a number, such as M2M_COAP_CONTENT_FORMAT, as m2m_coap_writer_option() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_writer_number(
    writer: *mut m2m_coap_writer,
    number: u16,
    value: u32,
) -> i32 {
    // SAFETY: the caller passes NULL or a writer.
    code(unsafe {
        m2m_coap_writer::with(writer, |inside| {
            inside.option(OptionNumber(number), Uint::new(value).as_bytes())
        })
    })
}

/// Adds a path such as /sensors/1: one Uri-Path for each segment, or Location-Path, by number. A slash in front
/// does not count, and "" and "/" add nothing. Errors as of m2m_coap_writer_option(): all is added or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_writer_path(
    writer: *mut m2m_coap_writer,
    number: u16,
    path: *const c_char,
) -> i32 {
    // SAFETY: the caller passes a string, and NULL or a writer.
    unsafe { add_parts(writer, number, path, '/') }
}

/// Adds a query such as rt=light&n=2: one Uri-Query for each argument, or Location-Query, by number. "" adds
/// nothing. Errors as of m2m_coap_writer_option(): all is added or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_writer_query(
    writer: *mut m2m_coap_writer,
    number: u16,
    query: *const c_char,
) -> i32 {
    // SAFETY: the caller passes a string, and NULL or a writer.
    unsafe { add_parts(writer, number, query, '&') }
}

/// # Safety
/// `writer` is as for `Placed::with`, `text` `NULL` or a string.
unsafe fn add_parts(
    writer: *mut m2m_coap_writer,
    number: u16,
    text: *const c_char,
    between: char,
) -> i32 {
    code((|| {
        // SAFETY: the same promise.
        let text = unsafe { string(text) }?;
        let text = if between == '/' { text.strip_prefix('/').unwrap_or(text) } else { text };
        // SAFETY: the same promise.
        unsafe {
            m2m_coap_writer::with(writer, |inside| match text {
                "" if inside.finished => Err(M2M_NOT_ALLOWED),
                "" => Ok(M2M_OK),
                text => inside.parts(OptionNumber(number), text, between),
            })
        }
    })())
}

/// Ends the message with its payload, none if payload_len is 0. len gets the length of the message, from the start
/// of the buffer.
///
/// Errors: M2M_BUFFER_TOO_SMALL, and the message can be finished with another payload; M2M_INVALID for a message
/// that nobody would read, such as a request of type M2M_COAP_ACK or an empty message with a token;
/// M2M_NOT_ALLOWED when it is finished already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_writer_finish(
    writer: *mut m2m_coap_writer,
    payload: *const u8,
    payload_len: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes as many bytes, and memory for a number.
        let (payload, out) = unsafe { (bytes(payload, payload_len)?, Out::new(len)?) };
        // SAFETY: the caller passes NULL or a writer.
        unsafe {
            m2m_coap_writer::with(writer, |inside| {
                if inside.finished {
                    return Err(M2M_NOT_ALLOWED);
                }
                let (last, beside) = (inside.last, inside.growth(payload));
                inside.to.append(
                    beside,
                    |TooLong| M2M_BUFFER_TOO_SMALL,
                    |sink| MessageWriter::resume(sink, last).finish(payload).map(|_| ()),
                )?;
                out.put(inside.end()?);
                Ok(M2M_OK)
            })
        }
    })())
}
