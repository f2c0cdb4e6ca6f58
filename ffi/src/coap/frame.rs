//! Messages of connections by themselves (RFC 8323), with the reader and the writer of datagrams.

use coap_core::stream::{Frame, Progress, Transport, read};
use coap_core::{Code, Message, MessageType, MessageWriter, TooLong};
use m2m_base::SliceSink;

use super::reader::{Reader, m2m_coap_reader};
use super::writer::{LONGEST, Writer, m2m_coap_writer};
use crate::borrow::{Out, bytes};
use crate::guard::caught;
use crate::output::Output;
use crate::placed::Placed;
use crate::result::code;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_NOTHING, M2M_OK, M2M_TOO_LONG,
};
use crate::stream::transport_of;

/// A message of a connection that is being written.
pub(crate) struct Framed {
    transport: Transport,
    /// Bytes before the options, while the length takes none of its own.
    head: usize,
}

impl Framed {
    /// The length field of a message with such a body, as the head of one without a token: the first byte, the bytes
    /// that extend it, and the code.
    fn field(&self, body: usize, room: &mut [u8; 6]) -> Result<usize, TooLong> {
        let sink = SliceSink::new(room);
        let head = MessageWriter::framed(sink, self.transport, Code::EMPTY, &[], body)?;
        Ok(head.finish(&[])?.len())
    }

    /// Bytes by which a message that takes so many is longer in the end.
    pub(super) fn growth(&self, len: usize) -> usize {
        let field = self.field(len.saturating_sub(self.head), &mut [0; 6]);
        field.map_or(0, |len| len.saturating_sub(2))
    }

    /// Puts the length into a message, and tells how long that is.
    pub(super) fn end(&self, to: &mut Output) -> Result<usize, m2m_result> {
        let mut room = [0; 6];
        let body = to.len().saturating_sub(self.head);
        let len = self.field(body, &mut room).map_err(|TooLong| M2M_INVALID)?;
        let [first, rest @ ..] = room;
        to.insert(1, rest.get(..len.saturating_sub(2)).unwrap_or_default())?;
        let written = to.written()?;
        if let Some(byte) = written.first_mut() {
            *byte |= first;
        }
        match read(written, self.transport) {
            Ok(Progress::Complete { len, .. }) => Ok(len),
            _ => Err(M2M_INVALID),
        }
    }
}

/// Makes a reader of the message of a connection at the start of the len bytes at data, as m2m_coap_reader_init() does
/// of a datagram. transport is one of enum m2m_stream_transport: of M2M_STREAM_WEBSOCKET all of the bytes are one
/// message. *needed gets how many of the bytes the message takes. It has neither type nor ID: its header says
/// M2M_COAP_CON and 0.
///
/// M2M_NOTHING if the bytes are the beginning of a message: *needed gets how many have to be there before more can be
/// said. M2M_MALFORMED if they are none: m2m_coap_reader_error() says why. Nothing is bounded but by the bytes that
/// there are: a length that is above what was announced (Max-Message-Size) is the program's to refuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_init_frame(
    reader: *mut m2m_coap_reader,
    transport: i32,
    data: *const u8,
    len: usize,
    needed: *mut usize,
) -> i32 {
    code(caught(|| {
        let transport = transport_of(transport)?;
        // SAFETY: the caller passes bytes that stay as long as the reader is used, and memory for a number.
        let (data, out): (&'static [u8], _) = unsafe { (bytes(data, len)?, Out::new(needed)?) };
        let (message, told) = match read(data, transport) {
            Ok(Progress::Complete { frame: Frame { code, token, options, payload }, len }) => {
                let message_type = MessageType::Confirmable;
                (
                    Ok(Message { message_type, code, id: 0, token, options, payload }),
                    Ok((M2M_OK, len)),
                )
            }
            Ok(Progress::Incomplete { needed }) => {
                // Nothing of it is there to be read.
                (Message::parse(&[]), Ok((M2M_NOTHING, needed)))
            }
            Err(error) => (Err(error), Err(M2M_MALFORMED)),
        };
        // SAFETY: the caller passes memory for a reader.
        unsafe { m2m_coap_reader::put(reader, Reader::new(message)) }?;
        let (result, needed) = told?;
        out.put(needed);
        Ok(result)
    }))
}

/// Makes a writer of a message of a connection into buf, as m2m_coap_writer_init() does of a datagram: transport is one
/// of enum m2m_stream_transport, and code_of may be one of enum m2m_coap_signal, whose options have numbers of their
/// own, such as M2M_COAP_MAX_MESSAGE_SIZE.
///
/// Errors: M2M_INVALID for a transport or code that there is not; M2M_TOO_LONG for a token above 65804 bytes (above 8,
/// the peer has to have said so); M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_writer_init_frame(
    writer: *mut m2m_coap_writer,
    transport: i32,
    code_of: i32,
    token: *const u8,
    token_len: usize,
    buf: *mut u8,
    cap: usize,
) -> i32 {
    code(caught(|| {
        let transport = transport_of(transport)?;
        // SAFETY: the caller passes as many bytes, and memory for `cap` bytes that is the writer's until it has
        // finished.
        let (token, mut to) = unsafe { (bytes(token, token_len)?, Output::new(buf, cap)?) };
        let code_of = Code(u8::try_from(code_of).map_err(|_| M2M_INVALID)?);
        if token.len() > LONGEST {
            return Err(M2M_TOO_LONG);
        }
        to.append(
            0,
            |TooLong| M2M_BUFFER_TOO_SMALL,
            |sink| MessageWriter::framed(sink, transport, code_of, token, 0).map(|_| ()),
        )?;
        let frame = Some(Framed { transport, head: to.len() });
        let mut inside = Writer::new(to);
        inside.frame = frame;
        // SAFETY: the caller passes memory for a writer.
        unsafe { m2m_coap_writer::put(writer, inside) }?;
        Ok(M2M_OK)
    }))
}
