//! Calls of the C API by a script of bytes, as a hostile program would make them: NULL, short
//! buffers, numbers of everything and stale ids, in any order. What must hold: no call poisons a
//! handle, every result has a name, an error writes nothing, and everything can be freed.
//!
//! A fuzz target and the replay of its corpus run it; it is in no header.
#![allow(clippy::panic, reason = "it panics when a rule is broken")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "every pointer below is NULL or good")]

mod bindings;
mod codecs;
mod engines;
mod others;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::ffi::c_char;
use core::mem::{MaybeUninit, size_of};
use core::ptr;

use crate::result::m2m_result::{M2M_MALFORMED, M2M_OK, M2M_POISONED, M2M_UNSPECIFIED};
use crate::*;

/// Numbers and bytes off the script; zeros when it is used up.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn u8(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.u8()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes
    }

    /// Now and then: once in sixteen.
    fn seldom(&mut self) -> bool {
        self.u8() & 15 == 15
    }
}

/// The number of the connection between any two.
const CONNECTION: u64 = 5;

/// What an out-parameter holds before the call.
const BEFORE: u64 = 0x5a5a_5a5a_5a5a_5a5a;

/// Checks a result; true for success.
fn told(result: i32) -> bool {
    assert_ne!(result, M2M_POISONED.code(), "a handle was poisoned");
    assert_ne!(result, M2M_UNSPECIFIED.code(), "an error without a name");
    let name = unsafe { core::ffi::CStr::from_ptr(m2m_strerror(result)) };
    assert_ne!(name, c"not a result of this library", "{result}");
    result == M2M_OK.code()
}

/// The programs' things.
struct World<'a> {
    script: Script<'a>,
    now: u64,
    /// Ids that were given, current and stale.
    ids: Vec<u64>,
    client: *mut m2m_lwm2m_client,
    server: *mut m2m_lwm2m_server,
    endpoints: [*mut m2m_coap_endpoint; 2],
    engines: engines::Engines,
    reader: Box<m2m_senml_reader>,
    writer: Box<m2m_senml_writer>,
    /// What the reader reads and the writer writes.
    pack: Vec<u8>,
    written: Vec<u8>,
}

/// One of two, or NULL now and then.
fn maybe<T>(script: &mut Script<'_>, pointer: *mut T) -> *mut T {
    if script.seldom() { ptr::null_mut() } else { pointer }
}

impl World<'_> {
    fn id(&mut self) -> u64 {
        let which = self.script.u8();
        let known = self.ids.len();
        match usize::from(which).checked_rem(known) {
            Some(at) if which < 240 => self.ids.get(at).copied().unwrap_or(0),
            _ => u64::from(which).wrapping_mul(0x0100_0001_0001),
        }
    }

    /// Runs a call with an out-parameter for an id.
    fn with_id(&mut self, call: impl FnOnce(&mut Self, *mut u64) -> i32) {
        let mut id = BEFORE;
        let out = maybe(&mut self.script, &raw mut id);
        if told(call(self, out)) {
            self.ids.push(id);
            if self.ids.len() > 32 {
                self.ids.remove(0);
            }
        } else {
            assert_eq!(id, BEFORE, "written without success");
        }
    }

    /// Runs a call that copies into a buffer of any length, which is checked by the tool that runs
    /// this.
    fn with_buffer(&mut self, call: impl FnOnce(&mut Self, *mut u8, usize, *mut usize) -> i32) {
        let mut buf = vec![0xa5_u8; self.script.u8().into()];
        let (cap, mut len) = (buf.len(), usize::MAX);
        let to = maybe(&mut self.script, buf.as_mut_ptr());
        let out = maybe(&mut self.script, &raw mut len);
        if !told(call(self, to, cap, out)) {
            assert_eq!(len, usize::MAX, "written without success");
            assert!(buf.iter().all(|b| *b == 0xa5), "written without success");
        }
    }

    /// A path; of odd shapes as well.
    fn path(&mut self) -> m2m_path {
        let b = self.script.u8();
        let known = [0, 1, 3, 3303, 26241, 65535];
        let id = |n: u8| known.get(usize::from(n)).copied().unwrap_or(u16::from(n));
        m2m_path {
            len: u16::from(b & 7),
            ids: [id(b >> 5), (b >> 3 & 1).into(), id(self.script.u8()), 0],
        }
    }

    /// Text with a NUL, of whatever bytes.
    fn text(&mut self) -> Vec<u8> {
        let mut text: Vec<u8> = self.script.bytes().iter().copied().filter(|b| *b != 0).collect();
        text.push(0);
        text
    }

    fn engines(&mut self) {
        let mut config = MaybeUninit::<m2m_lwm2m_client_config>::uninit();
        let seed = [7_u8; 32];
        unsafe {
            told(m2m_lwm2m_client_config_init(
                config.as_mut_ptr(),
                size_of::<m2m_lwm2m_client_config>(),
            ));
            let mut config = config.assume_init();
            let objects: [*const m2m_standard_object; 4] = [
                &raw const m2m_object_3303,
                &raw const m2m_object_5,
                &raw const m2m_object_21,
                &raw const m2m_object_25,
            ];
            config.standard_objects = objects.as_ptr();
            config.standard_objects_len = objects.len();
            config.endpoint_name = c"fuzz".as_ptr();
            let flags = self.script.u8();
            config.security_contexts = (flags & 1).into();
            config.records = (flags & 0x1e).into();
            config.devices = (flags >> 5 & 1).into();
            config.device_objects = config.devices * 3;
            config.profile = if flags & 64 == 0 { ptr::null() } else { c"p1".as_ptr() };
            let with_streams = flags & 0x80 != 0;
            let streams = engines::streams();
            let streams = &raw const streams;
            let (given, made) = (&raw const config, &raw mut self.client);
            assert!(told(if with_streams {
                m2m_lwm2m_client_new_with_streams(given, streams, seed.as_ptr(), made)
            } else {
                m2m_lwm2m_client_new(given, seed.as_ptr(), made)
            }));
            let mut account = MaybeUninit::<m2m_lwm2m_server_account>::uninit();
            told(m2m_lwm2m_server_account_init(
                account.as_mut_ptr(),
                size_of::<m2m_lwm2m_server_account>(),
            ));
            let mut account = account.assume_init();
            account.peer = 1;
            assert!(told(m2m_lwm2m_client_add_server(self.client, 0, &raw const account)));
            told(m2m_lwm2m_client_add_instance(self.client, 0, m2m_path_instance(3303, 0)));
            told(m2m_lwm2m_client_start(self.client, 0));

            let mut config = MaybeUninit::<m2m_lwm2m_server_config>::uninit();
            told(m2m_lwm2m_server_config_init(
                config.as_mut_ptr(),
                size_of::<m2m_lwm2m_server_config>(),
            ));
            let mut config = config.assume_init();
            let flags = self.script.u8();
            config.journal = (flags & 1).into();
            config.security_contexts = (flags >> 1 & 1).into();
            let (given, made) = (&raw const config, &raw mut self.server);
            assert!(told(if with_streams {
                m2m_lwm2m_server_new_with_streams(given, streams, seed.as_ptr(), made)
            } else {
                m2m_lwm2m_server_new(given, seed.as_ptr(), made)
            }));

            let mut config = MaybeUninit::<m2m_coap_config>::uninit();
            told(m2m_coap_config_init_small(config.as_mut_ptr(), size_of::<m2m_coap_config>()));
            let mut config = config.assume_init();
            config.security_contexts = 1;
            let flags = self.script.u8();
            config.stream_uploads = (flags & 1).into();
            config.verify = (flags >> 1 & 1).into();
            config.proxy = (flags >> 2 & 1).into();
            config.renew_observations = (flags >> 3 & 1).into();
            for endpoint in &mut self.endpoints {
                let given = &raw const config;
                assert!(told(if with_streams {
                    m2m_coap_endpoint_new_with_streams(given, streams, seed.as_ptr(), endpoint)
                } else {
                    m2m_coap_endpoint_new(given, seed.as_ptr(), endpoint)
                }));
            }
        }
    }

    /// Carries datagrams; some are lost, some damaged.
    fn carry(&mut self) {
        let mut buf = [0_u8; 1200];
        let mut out = m2m_transmit { peer: 0, len: 0 };
        let [a, b] = self.endpoints;
        for _ in 0..8 {
            let (cap, fate) = (buf.len(), self.script.u8());
            let damage = |buf: &mut [u8; 1200]| {
                if fate > 250
                    && let Some(byte) = buf.get_mut(usize::from(fate & 7))
                {
                    *byte ^= fate;
                }
            };
            let (now, to) = (self.now, buf.as_mut_ptr());
            // By the connection, if it is over that: in two pieces.
            let stream =
                |out: &m2m_transmit, feed: &dyn Fn(*const u8, usize, *mut usize) -> i32| {
                    let (mut at, mut taken) = (0, 0);
                    for piece in [out.len / 2, out.len - out.len / 2] {
                        if told(feed(to.wrapping_add(at).cast_const(), piece, &raw mut taken)) {
                            assert!(taken <= piece);
                            at += taken;
                        }
                    }
                };
            unsafe {
                if told(m2m_lwm2m_client_poll_transmit(self.client, now, to, cap, &raw mut out)) {
                    damage(&mut buf);
                    let s = self.server;
                    if out.peer == CONNECTION {
                        stream(&out, &|data, len, taken| {
                            m2m_lwm2m_server_handle_stream(s, now, CONNECTION, data, len, taken)
                        });
                    } else {
                        told(m2m_lwm2m_server_handle_datagram(s, now, 1, to, out.len));
                    }
                }
                if told(m2m_lwm2m_server_poll_transmit(self.server, now, to, cap, &raw mut out)) {
                    damage(&mut buf);
                    let c = self.client;
                    if out.peer == CONNECTION {
                        stream(&out, &|data, len, taken| {
                            m2m_lwm2m_client_handle_stream(c, now, CONNECTION, data, len, taken)
                        });
                    } else {
                        told(m2m_lwm2m_client_handle_datagram(c, now, 1, to, out.len));
                    }
                }
                for (from, other) in [(a, b), (b, a)] {
                    if told(m2m_coap_endpoint_poll_transmit(from, now, to, cap, &raw mut out)) {
                        damage(&mut buf);
                        if out.peer == CONNECTION {
                            stream(&out, &|data, len, taken| {
                                let take = m2m_coap_endpoint_handle_stream;
                                take(other, now, CONNECTION, data, len, taken)
                            });
                        } else {
                            told(m2m_coap_endpoint_handle_datagram(other, now, 1, to, out.len));
                        }
                    }
                }
            }
        }
    }

    fn client_step(&mut self, what: u8) {
        let (now, path) = (self.now, self.path());
        let c = maybe(&mut self.script, self.client);
        let text = self.text();
        let n = self.script.u8();
        unsafe {
            match what & 15 {
                0 => _ = told(m2m_lwm2m_client_set_float(c, now, path, f64::from(n) - 0.5)),
                1 => _ = told(m2m_lwm2m_client_set_integer(c, now, path, n.into())),
                2 => {
                    _ = told(m2m_lwm2m_client_set_string(
                        c,
                        now,
                        path,
                        text.as_ptr().cast::<c_char>(),
                        text.len() - 1,
                    ));
                }
                3 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_client_get_string(c, path, to.cast(), cap, len)
                }),
                4 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_client_get_opaque(c, path, to, cap, len)
                }),
                5 => _ = told(m2m_lwm2m_client_add_instance(c, now, path)),
                6 => _ = told(m2m_lwm2m_client_remove(c, now, path)),
                7 => {
                    let id = self.id();
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_client_arguments(c, id, to.cast(), cap, len)
                    });
                }
                8 => {
                    let id = self.id();
                    _ = told(m2m_lwm2m_client_answer_execute(c, now, id, n.into()));
                }
                9 => _ = told(m2m_lwm2m_client_update(c, now, n.into())),
                10 => _ = told(m2m_lwm2m_client_deregister(c, now, n.into())),
                11 => _ = told(m2m_lwm2m_client_start(c, now)),
                12 => {
                    let bytes = self.script.bytes();
                    _ = told(m2m_lwm2m_client_handle_datagram(
                        c,
                        now,
                        n.into(),
                        bytes.as_ptr(),
                        bytes.len(),
                    ));
                }
                _ => {
                    let mut event = MaybeUninit::<m2m_lwm2m_event>::uninit();
                    let out = maybe(&mut self.script, event.as_mut_ptr());
                    if told(m2m_lwm2m_client_poll_event(c, out)) {
                        self.ids.push(event.assume_init().id);
                    }
                }
            }
        }
    }

    fn server_step(&mut self, what: u8) {
        let (now, path, id) = (self.now, self.path(), self.id());
        let s = maybe(&mut self.script, self.server);
        let of = i32::from(self.script.u8() & 3);
        let text = self.text();
        unsafe {
            match what & 15 {
                0 => self.with_id(|_, out| m2m_lwm2m_server_read(s, now, id, path, out)),
                1 => {
                    let mut operation = MaybeUninit::<m2m_lwm2m_operation>::uninit();
                    told(m2m_lwm2m_operation_init(
                        operation.as_mut_ptr(),
                        size_of::<m2m_lwm2m_operation>(),
                    ));
                    let mut operation = operation.assume_init();
                    operation.kind = (self.script.u8() & 15).into();
                    operation.path = path;
                    operation.text = text.as_ptr().cast();
                    operation.observation = self.id();
                    let paths = [path, self.path()];
                    operation.paths = paths.as_ptr();
                    operation.paths_len = (self.script.u8() % 3).into();
                    let item = m2m_lwm2m_item {
                        path: self.path(),
                        r#type: (self.script.u8() % 11).into(),
                        integer: 1,
                        natural: 2,
                        real: 0.25,
                        link: [3, 0],
                        data: text.as_ptr(),
                        len: text.len() - 1,
                        time_kind: 0,
                        time: m2m_number::NONE,
                    };
                    operation.items = &raw const item;
                    operation.items_len = (self.script.u8() & 1).into();
                    self.with_id(|_, out| {
                        m2m_lwm2m_server_request(s, now, id, &raw const operation, out)
                    });
                }
                2 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_server_endpoint(s, id, to.cast(), cap, len)
                }),
                3 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_server_content_payload(s, of, id, to, cap, len)
                }),
                4 => {
                    let index = self.script.u8().into();
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_server_content_bytes(s, of, id, index, to, cap, len)
                    });
                }
                5 => {
                    let room: usize = (self.script.u8() & 7).into();
                    let mut values: Vec<MaybeUninit<m2m_lwm2m_value>> =
                        (0..room).map(|_| MaybeUninit::uninit()).collect();
                    let mut count = usize::MAX;
                    let first = usize::from(self.script.u8() & 3);
                    let to = values.as_mut_ptr().cast();
                    if told(m2m_lwm2m_server_content_values(
                        s,
                        of,
                        id,
                        first,
                        to,
                        room,
                        &raw mut count,
                    )) {
                        assert!(count <= room);
                    }
                }
                6 => _ = told(m2m_lwm2m_server_release(s, of, id)),
                7 => _ = told(m2m_lwm2m_server_remove(s, now, id)),
                8 => _ = told(m2m_lwm2m_server_abort(s, now, id)),
                9 => _ = told(m2m_lwm2m_server_forget_observation(s, now, id)),
                10 => self.with_id(|_, out| m2m_lwm2m_server_find_observation(s, id, path, out)),
                11 => {
                    let (mut key, mut deleted) = (0, 0);
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_server_poll_journal(
                            s,
                            &raw mut key,
                            &raw mut deleted,
                            to,
                            cap,
                            len,
                        )
                    });
                }
                12 => {
                    let bytes = self.script.bytes();
                    let result = m2m_lwm2m_server_restore(s, now, id, bytes.as_ptr(), bytes.len());
                    assert!(result != M2M_OK.code() || !bytes.is_empty());
                }
                13 => {
                    let bytes = self.script.bytes();
                    _ = told(m2m_lwm2m_server_handle_datagram(
                        s,
                        now,
                        2,
                        bytes.as_ptr(),
                        bytes.len(),
                    ));
                }
                _ => {
                    let mut event = MaybeUninit::<m2m_lwm2m_server_event>::uninit();
                    let out = maybe(&mut self.script, event.as_mut_ptr());
                    if told(m2m_lwm2m_server_poll_event(s, out)) {
                        let event = event.assume_init();
                        self.ids.extend([event.id, event.registration, event.observation]);
                    }
                }
            }
        }
    }

    fn coap_step(&mut self, what: u8) {
        let (now, id) = (self.now, self.id());
        let [a, b] = self.endpoints;
        let e = if self.script.u8() & 1 == 0 { a } else { b };
        let e = maybe(&mut self.script, e);
        let text = self.text();
        let n = self.script.u8();
        let option =
            m2m_coap_option { number: n.into(), value: text.as_ptr(), len: text.len() - 1 };
        unsafe {
            match what & 15 {
                0 | 1 => {
                    let mut request = MaybeUninit::<m2m_coap_request>::uninit();
                    told(m2m_coap_request_init(
                        request.as_mut_ptr(),
                        size_of::<m2m_coap_request>(),
                    ));
                    let mut request = request.assume_init();
                    request.method = (n & 7).into();
                    request.confirmable = (n >> 3 & 1).into();
                    request.observe = (n >> 4 & 1).into();
                    request.stream = (n >> 5 & 1).into();
                    request.path = text.as_ptr().cast();
                    request.options = &raw const option;
                    request.options_len = usize::from(n >> 7);
                    let body = [n; 600];
                    request.payload = body.as_ptr();
                    request.payload_len = usize::from(self.script.u8()) * 2;
                    request.upload_len = if n & 0x60 == 0x60 { 900 } else { 0 };
                    request.security = if self.script.seldom() { self.id() } else { 0 };
                    self.with_id(|_, out| {
                        m2m_coap_endpoint_request(e, now, 1, &raw const request, out)
                    });
                }
                2 | 3 => {
                    let mut response = MaybeUninit::<m2m_coap_response>::uninit();
                    told(m2m_coap_response_init(
                        response.as_mut_ptr(),
                        size_of::<m2m_coap_response>(),
                    ));
                    let mut response = response.assume_init();
                    response.code = n.into();
                    response.observe = (n & 1).into();
                    response.location_path = text.as_ptr().cast();
                    let body = [n; 600];
                    response.payload = body.as_ptr();
                    response.payload_len = usize::from(self.script.u8()) * 2;
                    if what & 1 == 0 {
                        self.with_id(|_, out| {
                            m2m_coap_endpoint_respond(e, now, id, &raw const response, out)
                        });
                    } else {
                        told(m2m_coap_endpoint_notify(e, now, id, &raw const response));
                    }
                }
                4 => _ = told(m2m_coap_endpoint_cancel(e, now, id, (n & 3).into())),
                5 => _ = told(m2m_coap_endpoint_next_block(e, now, id)),
                6 => {
                    let (mut offset, mut len) = (0, 0);
                    told(m2m_coap_endpoint_wanted(e, id, &raw mut offset, &raw mut len));
                    let body = [n; 600];
                    let len = usize::try_from(len).unwrap_or(0).min(body.len());
                    told(m2m_coap_endpoint_supply(e, now, id, body.as_ptr(), len));
                }
                7 => self.with_buffer(|_, to, cap, len| {
                    m2m_coap_endpoint_incoming_path(e, id, to.cast(), cap, len)
                }),
                8 => self.with_buffer(|_, to, cap, len| {
                    m2m_coap_endpoint_incoming_payload(e, id, to, cap, len)
                }),
                9 => self.with_buffer(|_, to, cap, len| {
                    m2m_coap_endpoint_response_payload(e, id, to, cap, len)
                }),
                10 => self.with_buffer(|_, to, cap, len| {
                    m2m_coap_endpoint_response_option(e, id, n.into(), 0, to, cap, len)
                }),
                11 => _ = told(m2m_coap_endpoint_release(e, id)),
                12 => {
                    let mut security: m2m_coap_security = MaybeUninit::zeroed().assume_init();
                    security.struct_size = size_of::<m2m_coap_security>();
                    security.master_secret = text.as_ptr();
                    security.master_secret_len = text.len();
                    security.sender_id = &raw const n;
                    security.sender_id_len = usize::from(n & 1);
                    security.recipient_id = text.as_ptr();
                    security.recipient_id_len = text.len() - 1;
                    security.history = (n & 3).into();
                    self.with_id(|_, out| {
                        m2m_coap_endpoint_add_security_context(e, &raw const security, out)
                    });
                }
                13 => _ = told(m2m_coap_endpoint_bind_security(e, 1, id)),
                14 => {
                    let bytes = self.script.bytes();
                    let (data, len) = (bytes.as_ptr(), bytes.len());
                    _ = told(m2m_coap_endpoint_handle_datagram(e, now, n.into(), data, len));
                }
                _ => {
                    let mut event = MaybeUninit::<m2m_coap_event>::uninit();
                    let out = maybe(&mut self.script, event.as_mut_ptr());
                    if told(m2m_coap_endpoint_poll_event(e, out)) {
                        self.ids.push(event.assume_init().id);
                    }
                }
            }
        }
    }

    fn senml_step(&mut self, what: u8) {
        let format = [110, 112, 310].get(usize::from(self.script.u8() & 3)).copied().unwrap_or(110);
        let text = self.text();
        let n = self.script.u8();
        let reader = maybe(&mut self.script, &raw mut *self.reader);
        let writer = maybe(&mut self.script, &raw mut *self.writer);
        unsafe {
            match what & 7 {
                0 => {
                    self.pack = self.script.bytes().to_vec();
                    if n & 1 == 1 {
                        self.pack.clone_from(&self.written);
                    }
                    let (data, len) = (self.pack.as_ptr(), self.pack.len());
                    // Also of the wrong format, and by rules that there are not.
                    told(m2m_senml_reader_init(
                        &raw mut *self.reader,
                        format,
                        (n >> 1 & 7).into(),
                        data,
                        len,
                    ));
                }
                1 | 2 => {
                    let mut item = MaybeUninit::<m2m_senml_item>::uninit();
                    let result = m2m_senml_reader_next(reader, item.as_mut_ptr());
                    assert!(told(result) || result != M2M_MALFORMED.code() || !reader.is_null());
                }
                3 => self.with_buffer(|_, to, cap, len| {
                    m2m_senml_reader_text(reader, (n & 7).into(), to.cast(), cap, len)
                }),
                4 => {
                    self.with_buffer(|_, to, cap, len| m2m_senml_reader_data(reader, to, cap, len))
                }
                5 => {
                    self.written = vec![0; n.into()];
                    let (buf, cap) = (self.written.as_mut_ptr(), self.written.len());
                    // The writer that there was loses its buffer with this.
                    let count = (self.script.u8() & 3).into();
                    if !told(m2m_senml_writer_init(&raw mut *self.writer, format, count, buf, cap))
                    {
                        *self.writer = m2m_senml_writer { state: [0; M2M_SENML_WRITER_WORDS] };
                    }
                }
                6 => {
                    let mut record: m2m_senml_record = MaybeUninit::zeroed().assume_init();
                    record.struct_size = size_of::<m2m_senml_record>();
                    record.name = text.as_ptr().cast();
                    record.kind = (n & 7).into();
                    record.number = match n >> 3 & 7 {
                        0 => m2m_number_integer(n.into()),
                        1 => m2m_number_unsigned(u64::MAX),
                        2 => m2m_number_decimal(i64::from(n) - 100, i32::from(n) * 3 - 400),
                        3 => m2m_number_float(f64::from(n) / 7.0),
                        4 => m2m_number_float(f64::NAN),
                        kind => m2m_number { kind: kind.into(), ..m2m_number_integer(1) },
                    };
                    record.text = text.as_ptr().cast();
                    record.data = text.as_ptr();
                    record.data_len = text.len();
                    told(m2m_senml_writer_set_exact(writer, (n >> 5 & 1).into()));
                    told(m2m_senml_writer_record(writer, &raw const record));
                    let mut len = usize::MAX;
                    if n >> 6 == 3 && told(m2m_senml_writer_take(writer, &raw mut len)) {
                        assert!(len <= self.written.len());
                    }
                }
                _ => {
                    let mut len = usize::MAX;
                    if told(m2m_senml_writer_finish(writer, &raw mut len)) {
                        assert!(len <= self.written.len());
                    }
                }
            }
        }
    }

    fn step(&mut self) {
        let what = self.script.u8();
        match what >> 4 {
            0..=2 => self.client_step(what),
            3 => self.bootstrap_step(what),
            4..=6 => self.server_step(what),
            7 => self.cse_step(what),
            8..=10 => self.coap_step(what),
            11 => self.ae_step(what),
            12 | 13 => self.senml_step(what),
            14 if what & 1 == 1 => self.other_step(),
            14 => self.carry(),
            _ => {
                self.now +=
                    [1, 100, 2_000, 90_000].get(usize::from(what & 3)).copied().unwrap_or(1);
                let [a, b] = self.endpoints;
                unsafe {
                    told(m2m_lwm2m_client_handle_timeout(self.client, self.now));
                    told(m2m_lwm2m_server_handle_timeout(self.server, self.now));
                    told(m2m_coap_endpoint_handle_timeout(a, self.now));
                    told(m2m_coap_endpoint_handle_timeout(b, self.now));
                    self.engines.handle_timeout(self.now);
                }
            }
        }
    }
}

/// Runs a script.
///
/// # Panics
/// When a rule is broken.
pub fn c_calls(data: &[u8]) {
    let mut world = World {
        script: Script(data),
        engines: {
            let mut last = data.iter().rev().copied();
            let (flags, which) = (last.next().unwrap_or(0), last.next().unwrap_or(0));
            engines::Engines::new(flags, which)
        },
        now: 0,
        ids: Vec::new(),
        client: ptr::null_mut(),
        server: ptr::null_mut(),
        endpoints: [ptr::null_mut(); 2],
        reader: Box::new(m2m_senml_reader { state: [0; M2M_SENML_READER_WORDS] }),
        writer: Box::new(m2m_senml_writer { state: [0; M2M_SENML_WRITER_WORDS] }),
        pack: Vec::new(),
        written: Vec::new(),
    };
    world.engines();
    while !world.script.0.is_empty() {
        world.step();
    }
    let [a, b] = world.endpoints;
    unsafe {
        assert!(told(m2m_lwm2m_client_free(world.client)));
        assert!(told(m2m_lwm2m_server_free(world.server)));
        assert!(told(m2m_coap_endpoint_free(a)));
        assert!(told(m2m_coap_endpoint_free(b)));
        world.engines.free();
    }
}
