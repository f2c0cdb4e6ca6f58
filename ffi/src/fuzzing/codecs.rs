//! The codecs by themselves: messages, links, payloads, HTTP, fetch and patch packs.

use alloc::vec;
use core::mem::MaybeUninit;
use core::ptr;

use super::engines::filled;
use super::others::{object, out, rows};
use super::{World, maybe, told};
use crate::result::m2m_result::M2M_MALFORMED;
use crate::*;

/// Memory that a placed structure has before it is made ready.
fn zeroed<T>() -> T {
    // Every placed structure is words.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

impl World<'_> {
    pub(super) fn codec_step(&mut self) {
        match self.script.u8() % 16 {
            0 => self.read_message(),
            1 => self.write_message(),
            2 => self.read_links(),
            3 => self.write_links(),
            4 => self.read_payload(),
            5 => self.write_payload(),
            6 => self.http(),
            8 => self.sms(),
            9 | 10 => self.oscore(),
            11 => self.frame(),
            _ => self.etch(),
        }
    }

    /// What is read is written the same.
    fn read_message(&mut self) {
        let bytes = self.script.bytes();
        let (data, len) = (bytes.as_ptr(), bytes.len());
        let n = self.script.u8();
        let mut made: m2m_coap_reader = zeroed();
        let reader = maybe(&mut self.script, &raw mut made);
        unsafe {
            let is = told(m2m_coap_reader_init(reader, data, len));
            let mut id = 0;
            let peeked = out(&mut self.script, |to| m2m_coap_peek(data, len, to, &raw mut id));
            let mut error = 0;
            let at = out(&mut self.script, |to| m2m_coap_reader_error(reader, &raw mut error, to));
            assert!(at.is_none_or(|at| at <= len && !is));
            out(&mut self.script, |to| m2m_coap_reader_number(reader, n.into(), to));
            out(&mut self.script, |to| m2m_coap_reader_option(reader, n.into(), 1, to));
            self.with_buffer(|_, to, cap, len| m2m_coap_reader_path(reader, to.cast(), cap, len));
            self.with_buffer(|_, to, cap, len| m2m_coap_reader_query(reader, to.cast(), cap, len));
            let mut header = MaybeUninit::<m2m_coap_header>::uninit();
            if !told(m2m_coap_reader_header(reader, header.as_mut_ptr())) {
                return;
            }
            let header = header.assume_init();
            assert!(peeked.is_none_or(|kind: i32| kind == header.r#type));
            let mut again = vec![0_u8; len];
            let mut writer: m2m_coap_writer = zeroed();
            let (to, cap) = (again.as_mut_ptr(), again.len());
            let (token, token_len) = (header.token, header.token_len);
            let (kind, code, id) = (header.r#type, header.code, header.id);
            let writer = &raw mut writer;
            assert!(told(m2m_coap_writer_init(writer, kind, code, id, token, token_len, to, cap)));
            let mut option = m2m_coap_option { number: 0, value: ptr::null(), len: 0 };
            while told(m2m_coap_reader_next(reader, &raw mut option)) {
                let m2m_coap_option { number, value, len } = option;
                assert!(told(m2m_coap_writer_option(writer, number, value, len)));
            }
            let mut written = 0;
            let (payload, payload_len) = (header.payload, header.payload_len);
            let out = &raw mut written;
            assert!(told(m2m_coap_writer_finish(writer, payload, payload_len, out)));
            assert!(written == len && again == bytes, "a message is written otherwise");
        }
    }

    /// What is written can be read.
    fn write_message(&mut self) {
        let (mut buf, mut made): (_, m2m_coap_writer) =
            (vec![0; self.script.u8().into()], zeroed());
        let (to, cap) = (buf.as_mut_ptr(), buf.len());
        let (n, token) = (self.script.u8(), self.script.bytes());
        unsafe {
            let (kind, code) = ((n & 7).into(), self.script.u8().into());
            let (token, token_len) = (token.as_ptr(), token.len());
            let writer = maybe(&mut self.script, &raw mut made);
            told(m2m_coap_writer_init(writer, kind, code, 1, token, token_len, to, cap));
            for _ in 0..n >> 4 {
                let number = u16::from(self.script.u8()) * u16::from(n >> 4);
                let text = self.text();
                let (chars, bytes, len) = (text.as_ptr().cast(), text.as_ptr(), text.len());
                told(match self.script.u8() & 3 {
                    0 => m2m_coap_writer_option(writer, number, bytes, len),
                    1 => m2m_coap_writer_number(writer, number, u32::from(number) << 8),
                    2 => m2m_coap_writer_path(writer, number, chars),
                    _ => m2m_coap_writer_query(writer, number, chars),
                });
            }
            let payload = self.script.bytes();
            let (data, len) = (payload.as_ptr(), payload.len());
            let written: Option<usize> =
                out(&mut self.script, |to| m2m_coap_writer_finish(writer, data, len, to));
            if let Some(written) = written {
                let mut reader: m2m_coap_reader = zeroed();
                assert!(written <= cap);
                assert!(told(m2m_coap_reader_init(&raw mut reader, to, written)));
            }
        }
    }

    fn read_links(&mut self) {
        let bytes = self.script.bytes();
        let (data, len) = (bytes.as_ptr(), bytes.len());
        let text = self.text();
        let name = text.as_ptr().cast();
        let mut made: m2m_link_reader = zeroed();
        unsafe {
            let reader = maybe(&mut self.script, &raw mut made);
            told(m2m_link_reader_init(reader, data, len));
            let mut link = MaybeUninit::<m2m_link>::uninit();
            for _ in 0..=len {
                if !told(m2m_link_reader_next(reader, link.as_mut_ptr())) {
                    break;
                }
                let link = link.assume_init();
                assert!(link.target_len < len);
                let last = usize::try_from(link.parameters).unwrap_or(0).saturating_sub(1);
                let found: Option<m2m_link_parameter> =
                    out(&mut self.script, |to| m2m_link_reader_parameter(reader, last, to));
                assert!(found.is_none_or(|found| found.name_len + found.value_len <= len));
            }
            for name in [name, c"rt".as_ptr()] {
                self.with_buffer(|_, to, cap, len| {
                    m2m_link_reader_value(reader, name, to.cast(), cap, len)
                });
                self.with_buffer(|_, to, cap, len| {
                    m2m_link_reader_item(reader, name, 0, to.cast(), cap, len)
                });
                out(&mut self.script, |to| m2m_link_reader_number(reader, name, to));
                told(m2m_link_reader_matches(reader, name));
            }
            let mut error = 0;
            let at: Option<usize> =
                out(&mut self.script, |to| m2m_link_reader_error(reader, &raw mut error, to));
            assert!(at.is_none_or(|at| at <= len));
        }
    }

    /// As far as it fits, it is a list.
    fn write_links(&mut self) {
        let (mut buf, mut made): (_, m2m_link_writer) =
            (vec![0; self.script.u8().into()], zeroed());
        let (to, cap) = (buf.as_mut_ptr(), buf.len());
        unsafe {
            let writer = maybe(&mut self.script, &raw mut made);
            told(m2m_link_writer_init(writer, to, cap));
            for _ in 0..self.script.u8() & 15 {
                let (one, other) = (self.text(), self.text());
                let (one, other) = (one.as_ptr().cast(), other.as_ptr().cast());
                told(match self.script.u8() & 7 {
                    0..=2 => m2m_link_writer_link(writer, one),
                    3 => m2m_link_writer_flag(writer, one),
                    4 => m2m_link_writer_number(writer, c"sz".as_ptr(), cap as u64),
                    5 => m2m_link_writer_text(writer, c"rt".as_ptr(), other),
                    _ => m2m_link_writer_text(writer, one, other),
                });
            }
            let mut written = 0;
            if told(m2m_link_writer_finish(writer, &raw mut written)) {
                assert!(written <= cap);
                let mut reader: m2m_link_reader = zeroed();
                told(m2m_link_reader_init(&raw mut reader, to, written));
                let mut link = MaybeUninit::<m2m_link>::uninit();
                while told(m2m_link_reader_next(&raw mut reader, link.as_mut_ptr())) {}
                let end = m2m_link_reader_next(&raw mut reader, link.as_mut_ptr());
                assert_ne!(end, m2m_result::M2M_MALFORMED.code(), "a list that is none");
            }
        }
    }

    fn format(&mut self) -> i32 {
        let formats = [0, 42, 60, 110, 112, 320, 322, 11542, 11543, 11544];
        let n = self.script.u8();
        formats.get(usize::from(n & 15)).copied().unwrap_or(n.into())
    }

    /// Values of a payload, until `take` has seen the last.
    unsafe fn values(&mut self, payload: *const m2m_lwm2m_payload, data: *const u8, len: usize) {
        let mut made: m2m_lwm2m_payload_reader = zeroed();
        unsafe {
            let reader = maybe(&mut self.script, &raw mut made);
            told(m2m_lwm2m_payload_reader_init(reader, payload, data, len));
            let mut value = MaybeUninit::<m2m_lwm2m_value>::uninit();
            let mut count = 0;
            while told(m2m_lwm2m_payload_reader_next(reader, value.as_mut_ptr())) {
                count += 1;
                assert!(count <= 2 * len + 1, "more values than bytes");
                if count < 3 {
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_payload_reader_bytes(reader, to, cap, len)
                    });
                }
            }
            let mut error = 0;
            out::<usize>(&mut self.script, |to| {
                m2m_lwm2m_payload_reader_error(reader, &raw mut error, to)
            });
        }
    }

    fn payload(&mut self) -> m2m_lwm2m_payload {
        let mut payload = unsafe { filled(m2m_lwm2m_payload_init) };
        payload.format = self.format();
        payload.path = self.path();
        payload.create = (self.script.u8() & 1).into();
        payload.prefix = if payload.path.len == 0 { c"/d1".as_ptr() } else { ptr::null() };
        payload
    }

    fn read_payload(&mut self) {
        let mut payload = self.payload();
        let n = self.script.u8();
        let rows = rows(n);
        let (object, standard) = (object(&rows, n), [&raw const m2m_object_3303]);
        payload.objects = &raw const object;
        payload.objects_len = (n & 1).into();
        payload.standard_objects = standard.as_ptr();
        payload.standard_objects_len = (n >> 1 & 1).into();
        let bytes = self.script.bytes();
        let (data, len) = (bytes.as_ptr(), bytes.len());
        let mut paths = [m2m_path { len: 0, ids: [0; 4] }; 4];
        let (to, cap) = (paths.as_mut_ptr(), paths.len());
        unsafe {
            self.values(&raw const payload, data, len);
            let (format, prefix, first) = (payload.format, payload.prefix, (n >> 6).into());
            let count: Option<usize> = out(&mut self.script, |count| {
                m2m_lwm2m_paths_read(format, prefix, data, len, first, to, cap, count)
            });
            assert!(count.is_none_or(|count| count <= cap));
        }
    }

    /// The length that is told beforehand is that which is written, and what is written is read.
    fn write_payload(&mut self) {
        let payload = self.payload();
        let text = self.text();
        let items = [(); 3].map(|()| {
            let n = self.script.u8();
            m2m_lwm2m_item {
                path: self.path(),
                r#type: (n % 11).into(),
                integer: i64::from(n) - 100,
                natural: n.into(),
                real: f64::from(n) / 8.0,
                link: [n.into(), 1],
                data: text.as_ptr(),
                len: text.len() - 1,
                time_kind: (n >> 6).into(),
                time: m2m_number_integer(n.into()),
            }
        });
        let count = usize::from(self.script.u8() & 3);
        let paths = [self.path(), self.path()];
        let mut buf = vec![0_u8; 700];
        let (to, cap, about, items) =
            (buf.as_mut_ptr(), buf.len(), &raw const payload, items.as_ptr());
        unsafe {
            let (mut told_before, mut written) = (0, 0);
            let counted = told(m2m_lwm2m_payload_write(
                about,
                items,
                count,
                ptr::null_mut(),
                0,
                &raw mut told_before,
            ));
            let wrote =
                told(m2m_lwm2m_payload_write(about, items, count, to, cap, &raw mut written));
            assert_eq!(counted, wrote, "a length without a payload");
            assert_eq!(told_before, written);
            if wrote {
                self.values(about, to, written);
            }
            let short = usize::from(self.script.u8());
            told(m2m_lwm2m_payload_write(about, items, count, to, short, &raw mut written));
            let (format, prefix) = (payload.format, payload.prefix);
            told(m2m_lwm2m_paths_write(
                format,
                prefix,
                paths.as_ptr(),
                2,
                to,
                short,
                &raw mut written,
            ));
        }
    }

    fn http(&mut self) {
        let (bytes, n, text) = (self.script.bytes(), self.script.u8(), self.text());
        let (data, len) = (bytes.as_ptr(), bytes.len());
        let (mut texts, mut made) = (vec![0_u8; usize::from(n) * 3], [0_u8; 400]);
        let (room, room_len) = (texts.as_mut_ptr().cast(), texts.len());
        let (to, cap, mut written) = (made.as_mut_ptr(), made.len() - usize::from(n), 0);
        let name = text.as_ptr().cast();
        unsafe {
            let mut request = filled(m2m_lwm2m_http_request_init);
            let mut response = filled(m2m_lwm2m_http_response_init);
            if !told(m2m_lwm2m_http_request_of(data, len, room, room_len, &raw mut request)) {
                let methods = [c"GET", c"POST", c"PUT", c"DELETE", c"HEAD"];
                request.method = methods.get(usize::from(n & 7)).map_or(name, |m| m.as_ptr());
                request.target = name;
                request.accept = if n & 8 == 0 { ptr::null() } else { name };
                request.content_type = c"application/senml+cbor; a=b".as_ptr();
                (request.body, request.body_len) = (data, len);
            }
            let request = maybe(&mut self.script, &raw mut request);
            let (token, token_len) = (text.as_ptr(), text.len() - 1);
            let out = &raw mut written;
            let asks = m2m_lwm2m_http_request_datagram;
            let asked = told(asks(request, 1, token, token_len, to, cap, out));
            assert!(!asked || written <= cap);
            let (question, question_len) =
                if asked { (made.to_vec(), written) } else { (bytes.to_vec(), len) };
            if !told(m2m_lwm2m_http_response_of(data, len, room, room_len, &raw mut response)) {
                response.status = i32::from(n) * 3;
                response.location = name;
                (response.body, response.body_len) = (data, len);
            }
            let response = maybe(&mut self.script, &raw mut response);
            let (question, answers) = (question.as_ptr(), m2m_lwm2m_http_response_datagram);
            told(answers(response, question, question_len, to, cap, out));
            assert!(written <= made.len());
        }
    }

    /// A trigger by SMS, to the client if it is one.
    fn sms(&mut self) {
        let (bytes, n) = (self.script.bytes(), self.script.u8());
        let mut sms = [0_u8; 40];
        let (to, cap) = (sms.as_mut_ptr(), usize::from(n >> 2));
        let (token, token_len) = (bytes.as_ptr(), bytes.len());
        unsafe {
            let bootstrap = (n & 1).into();
            let written: Option<usize> = out(&mut self.script, |out| {
                let write = m2m_lwm2m_trigger_write;
                write((n & 1).into(), bootstrap, 1, token, token_len, to, cap.min(40), out)
            });
            let (data, len) = written.map_or((token, token_len), |len| (to.cast_const(), len));
            let (mut server, mut which) = (0, 0);
            let read = m2m_lwm2m_trigger_read(data, len, &raw mut server, &raw mut which);
            assert!(told(read) || written.is_none());
            told(m2m_lwm2m_client_set_boolean(
                self.client,
                self.now,
                m2m_path_resource(1, 0, 21),
                (n >> 1 & 1).into(),
            ));
            told(m2m_lwm2m_client_handle_sms(self.client, self.now, data, len));
        }
    }

    /// What is read of a connection and its length has the shortest form is written the same.
    fn frame(&mut self) {
        let bytes = self.script.bytes();
        let (data, len) = (bytes.as_ptr(), bytes.len());
        let n = self.script.u8();
        let transport = (n & 3).into();
        let mut made: m2m_coap_reader = zeroed();
        let reader = maybe(&mut self.script, &raw mut made);
        unsafe {
            let (code, number) = ((n >> 3 | 0xe0).into(), n.into());
            out::<m2m_coap_option_properties>(&mut self.script, |to| {
                m2m_coap_option_describe(code, number, to)
            });
            self.with_buffer(|_, to, cap, len| {
                m2m_coap_option_name(code, number, to.cast(), cap, len)
            });
            let mut needed = usize::MAX;
            let read = m2m_coap_reader_init_frame(reader, transport, data, len, &raw mut needed);
            if !told(read) {
                assert!(read < 0 || needed > len, "enough is there");
                return;
            }
            let mut header = MaybeUninit::<m2m_coap_header>::uninit();
            assert!(needed <= len && told(m2m_coap_reader_header(reader, header.as_mut_ptr())));
            let header = header.assume_init();
            let mut again = vec![0_u8; len];
            let (to, cap) = (again.as_mut_ptr(), again.len());
            let mut writer: m2m_coap_writer = zeroed();
            let writer = &raw mut writer;
            let (token, token_len) = (header.token, header.token_len);
            let init = m2m_coap_writer_init_frame;
            assert!(told(init(writer, transport, header.code, token, token_len, to, cap)));
            let mut option = m2m_coap_option { number: 0, value: ptr::null(), len: 0 };
            while told(m2m_coap_reader_next(reader, &raw mut option)) {
                let m2m_coap_option { number, value, len } = option;
                assert!(told(m2m_coap_writer_option(writer, number, value, len)));
            }
            let mut written = 0;
            let (payload, payload_len) = (header.payload, header.payload_len);
            let finish = m2m_coap_writer_finish;
            assert!(told(finish(writer, payload, payload_len, &raw mut written)));
            assert!(written == needed && again.get(..written) == bytes.get(..written));
        }
    }

    /// What is protected can be unprotected by the other end, once, and says the same.
    fn oscore(&mut self) {
        let keys = self.text();
        let ours = self.security(&keys);
        let mut theirs = ours;
        (theirs.sender_id, theirs.recipient_id) = (ours.recipient_id, ours.sender_id);
        (theirs.sender_id_len, theirs.recipient_id_len) =
            (ours.recipient_id_len, ours.sender_id_len);
        let (mut client, mut server): (m2m_oscore_context, m2m_oscore_context) =
            (zeroed(), zeroed());
        let n = self.script.u8();
        let message = self.script.bytes();
        let (data, len) = (message.as_ptr(), message.len());
        let (mut wire, mut read) = (vec![0_u8; 4 * usize::from(n)], [0_u8; 1024]);
        let (to, cap) = (wire.as_mut_ptr(), wire.len());
        let (back, room) = (read.as_mut_ptr(), read.len());
        unsafe {
            told(m2m_oscore_context_init(&raw mut client, &raw const ours));
            told(m2m_oscore_context_init(&raw mut server, &raw const theirs));
            let client = maybe(&mut self.script, &raw mut client);
            let server = maybe(&mut self.script, &raw mut server);
            let script = &mut self.script;
            if n & 1 == 1 {
                told(m2m_oscore_context_reserve(client, (n >> 1).into()));
            }
            let (mut written, mut back_len) = (0, 0);
            let bound: Option<u64> = out(script, |out| {
                let protect = m2m_oscore_context_protect_request;
                protect(client, data, len, to, cap, &raw mut written, out)
            });
            // Another's, changed or good.
            let (wire, wire_len) = bound.map_or((data, len), |_| (to.cast_const(), written));
            let open = match n >> 1 & 1 {
                0 => m2m_oscore_context_unprotect_request,
                _ => m2m_oscore_context_verify_request,
            };
            let asked: Option<u64> =
                out(script, |out| open(server, wire, wire_len, back, room, &raw mut back_len, out));
            out::<i32>(script, |out| m2m_oscore_context_error(server, out));
            out::<m2m_oscore_view>(script, |out| m2m_oscore_context_view(server, out));
            if let Some(asked) = asked {
                let mut reader: m2m_coap_reader = zeroed();
                assert!(told(m2m_coap_reader_init(&raw mut reader, back, back_len)));
                told(m2m_oscore_context_start(server, asked));
                let answer = [0x60, 0x45, 0, 1, 0xff, n];
                let protect = m2m_oscore_context_protect_response;
                let (own, from) = ((n >> 2 & 1).into(), answer.as_ptr());
                let made = &raw mut written;
                if told(protect(server, asked, own, from, answer.len(), to, cap, made)) {
                    let (data, binding) = (to.cast_const(), bound.unwrap_or(asked));
                    let open = m2m_oscore_context_unprotect_response;
                    let got: Option<u64> = out(&mut self.script, |out| {
                        let len = &raw mut back_len;
                        open(client, binding, data, written, back, room, len, out)
                    });
                    assert!(got.is_none() || read.get(..back_len) == Some(&answer));
                }
            }
            let mut option = MaybeUninit::<m2m_oscore_option>::uninit();
            if told(m2m_oscore_option_read(data, len, option.as_mut_ptr())) {
                let option = option.as_ptr();
                self.with_buffer(|_, to, cap, len| m2m_oscore_option_write(option, to, cap, len));
                let written: Option<usize> =
                    out(&mut self.script, |out| m2m_oscore_option_write(option, back, room, out));
                assert!(written.is_none_or(|written| read.get(..written) == Some(message)));
            }
        }
    }

    fn etch(&mut self) {
        let (pack, other, n) = (self.script.bytes(), self.script.bytes(), self.script.u8());
        let format = [110, 112, 310, 111].get(usize::from(n & 3)).copied().unwrap_or(0);
        let (data, len) = (pack.as_ptr(), pack.len());
        let (by, by_len) = (other.as_ptr(), other.len());
        let mut buf = vec![0_u8; usize::from(n) * 2];
        let (to, cap) = (buf.as_mut_ptr(), buf.len());
        unsafe {
            for act in [m2m_senml_fetch, m2m_senml_patch] {
                let needed: Option<usize> = out(&mut self.script, |out| {
                    act(format, data, len, by, by_len, ptr::null_mut(), 0, out)
                });
                let written: Option<usize> =
                    out(&mut self.script, |out| act(format, data, len, by, by_len, to, cap, out));
                assert!(needed.zip(written).is_none_or(|(n, w)| n == w && w <= cap));
            }
            let to_format = if n & 4 == 0 { 110 } else { 112 };
            out(&mut self.script, |out: *mut usize| {
                m2m_senml_compact(format, data, len, to_format, to, cap, out)
            });
        }
        self.pieces(pack, format, n);
    }

    /// A pack in pieces says what it says as a whole.
    fn pieces(&mut self, pack: &[u8], format: i32, n: u8) {
        let (rules, size) = (i32::from(n >> 2 & 7) | i32::from(n & 0x40), usize::from(n & 15) + 1);
        let (mut room, mut bases) = (vec![0_u8; usize::from(n)], vec![0_u8; usize::from(n >> 1)]);
        let fits = pack.len() <= bases.len();
        let (mut made, mut whole): (m2m_senml_stream, m2m_senml_reader) = (zeroed(), zeroed());
        unsafe {
            let init = m2m_senml_stream_init;
            let (to, cap) = (room.as_mut_ptr(), room.len());
            let is =
                told(init(&raw mut made, format, rules, to, cap, bases.as_mut_ptr(), bases.len()));
            let (mut result, mut records) = (if is { 0 } else { M2M_MALFORMED.code() }, 0);
            for chunk in pack.chunks(size) {
                let mut rest = chunk;
                while is && result >= 0 {
                    let mut used = usize::MAX;
                    let mut item = MaybeUninit::<m2m_senml_item>::uninit();
                    let (data, len) = (rest.as_ptr(), rest.len());
                    let stream = &raw mut made;
                    result =
                        m2m_senml_stream_read(stream, data, len, &raw mut used, item.as_mut_ptr());
                    if result >= 0 {
                        rest = rest.get(used..).unwrap_or_default();
                    }
                    if !told(result) {
                        break;
                    }
                    records += 1;
                    self.with_buffer(|_, to, cap, len| {
                        m2m_senml_stream_text(stream, (n & 7).into(), to.cast(), cap, len)
                    });
                    self.with_buffer(|_, to, cap, len| m2m_senml_stream_data(stream, to, cap, len));
                }
            }
            let stream = maybe(&mut self.script, &raw mut made);
            let closed: Option<i32> =
                out(&mut self.script, |to| m2m_senml_stream_finish(stream, to));
            let (mut kind, mut record) = (0, 0);
            let found: Option<u64> = out(&mut self.script, |to| {
                m2m_senml_stream_error(stream, &raw mut kind, &raw mut record, to)
            });
            // A record of nothing but base values is one, and tells nothing.
            assert!(found.is_none_or(|_| record > records), "an error of another record");
            let (data, len) = (pack.as_ptr(), pack.len());
            if told(m2m_senml_reader_init(&raw mut whole, format, rules, data, len)) {
                let mut read = 0;
                let mut item = MaybeUninit::<m2m_senml_item>::uninit();
                while told(m2m_senml_reader_next(&raw mut whole, item.as_mut_ptr())) {
                    read += 1;
                }
                let (mut kind, mut at) = (0, 0);
                let good =
                    !told(m2m_senml_reader_error(&raw const whole, &raw mut kind, &raw mut at));
                assert!(!fits || read == records, "{records} records in pieces, {read} as a whole");
                assert!(!fits || closed.is_none_or(|closed| good == (closed == 1)));
            }
        }
    }
}
