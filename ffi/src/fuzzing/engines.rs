//! Steps of the bootstrap server, of the AE and of the CSE.

use alloc::vec;
use alloc::vec::Vec;
use core::mem::{MaybeUninit, size_of};
use core::ptr;

use super::bindings::bind;
use super::{Script, World, maybe, told};
use crate::*;

/// The handles.
pub(super) struct Engines {
    pub(super) bootstrap: *mut m2m_lwm2m_bootstrap_server,
    pub(super) ae: *mut m2m_onem2m_ae,
    pub(super) cse: *mut m2m_onem2m_cse,
}

/// A structure that its own function fills.
pub(super) unsafe fn filled<T>(init: unsafe extern "C" fn(*mut T, usize) -> i32) -> T {
    let mut made = MaybeUninit::<T>::uninit();
    unsafe {
        assert!(told(init(made.as_mut_ptr(), size_of::<T>())));
        made.assume_init()
    }
}

/// Room for two connections.
pub(super) fn streams() -> m2m_stream_config {
    let mut streams = unsafe { filled(m2m_stream_config_init) };
    streams.connections = 2;
    streams.message_size = 1024;
    streams.keepalive_ms = 60_000;
    streams
}

impl Engines {
    /// With a configuration that `flags` choose, and the binding that `which` does.
    pub(super) fn new(flags: u8, which: u8) -> Engines {
        let mut engines =
            Engines { bootstrap: ptr::null_mut(), ae: ptr::null_mut(), cse: ptr::null_mut() };
        let seed = [8_u8; 32];
        unsafe {
            let mut config = filled(m2m_lwm2m_bootstrap_server_config_init);
            config.ask = (flags & 1).into();
            config.security_contexts = (flags >> 5 & 1).into();
            let made = &raw mut engines.bootstrap;
            let (config, seed_bytes) = (&raw const config, seed.as_ptr());
            assert!(told(if flags & 0x80 == 0 {
                m2m_lwm2m_bootstrap_server_new(config, seed_bytes, made)
            } else {
                let streams = streams();
                let new = m2m_lwm2m_bootstrap_server_new_with_streams;
                new(config, &raw const streams, seed_bytes, made)
            }));

            let mut config = filled(m2m_onem2m_ae_config_init);
            config.cse_base = c"cse-in".as_ptr();
            config.originator = c"Cfuzz".as_ptr();
            config.app_id = c"Nfuzz".as_ptr();
            config.name = c"fuzz".as_ptr();
            config.host = c"cse".as_ptr();
            config.point_of_access = c"http://ae/in".as_ptr();
            config.polling = (flags >> 1 & 1).into();
            let mut of_cse = filled(m2m_onem2m_cse_config_init);
            of_cse.journal = (flags >> 2 & 1).into();
            of_cse.coap_requests = (flags >> 3 & 7).into();
            of_cse.resources = 64;
            of_cse.step = 4;
            bind(&mut config, &mut of_cse, which);
            let seed = seed.as_ptr();
            assert!(told(m2m_onem2m_ae_new(&raw const config, seed, &raw mut engines.ae)));
            told(m2m_onem2m_ae_register(engines.ae, 0));
            assert!(told(m2m_onem2m_cse_new(&raw const of_cse, seed, &raw mut engines.cse)));
            assert!(told(m2m_onem2m_cse_set_wall_clock(engines.cse, 0, 1_700_000_000_000)));
        }
        engines.connect(which);
        engines
    }

    pub(super) fn handle_timeout(&self, now: u64) {
        unsafe {
            told(m2m_lwm2m_bootstrap_server_handle_timeout(self.bootstrap, now));
            told(m2m_onem2m_ae_handle_timeout(self.ae, now));
            told(m2m_onem2m_cse_handle_timeout(self.cse, now));
        }
    }

    pub(super) fn free(&self) {
        unsafe {
            assert!(told(m2m_lwm2m_bootstrap_server_free(self.bootstrap)));
            assert!(told(m2m_onem2m_ae_free(self.ae)));
            assert!(told(m2m_onem2m_cse_free(self.cse)));
        }
    }

    /// Carries messages between the AE and the CSE; some are lost, some cut.
    pub(super) fn carry(&self, script: &mut Script<'_>, now: u64) {
        let mut buf = vec![0_u8; 8192];
        let (to, cap) = (buf.as_mut_ptr(), buf.len());
        let (ae, cse) = (self.ae, self.cse);
        let (mut id, mut used) = (0, 0);
        unsafe {
            let session = filled(m2m_onem2m_session_init);
            let mut out = m2m_onem2m_outgoing { id: 0, len: 0, is_long: 0 };
            while told(m2m_onem2m_ae_poll_outgoing(ae, now, to, cap, &raw mut out)) {
                let len = if script.seldom() { out.len / 2 } else { out.len };
                let request = m2m_onem2m_cse_handle_request(
                    cse,
                    now,
                    &raw const session,
                    to,
                    len,
                    &raw mut id,
                    &raw mut used,
                );
                assert!(!told(request) || used <= len);
                self.journal();
                let mut answer = m2m_onem2m_response { id: 0, peer: 0, len: 0, close: 0 };
                let mut answered = false;
                while told(m2m_onem2m_cse_poll_response(cse, now, to, cap, &raw mut answer)) {
                    if answer.id == id {
                        told(m2m_onem2m_ae_handle_response(ae, now, out.id, to, answer.len));
                        answered = true;
                    }
                }
                if !answered {
                    told(m2m_onem2m_ae_outgoing_failed(ae, now, out.id));
                }
            }
            let mut out = MaybeUninit::<m2m_onem2m_cse_outgoing>::uninit();
            while told(m2m_onem2m_cse_poll_outgoing(cse, now, to, cap, out.as_mut_ptr())) {
                let out = out.assume_init();
                if out.binding != m2m_onem2m_binding::M2M_ONEM2M_HTTP as i32 {
                    self.route(now, &out);
                    continue;
                }
                let (i, u) = (&raw mut id, &raw mut used);
                told(m2m_onem2m_ae_handle_request(ae, now, 1, to, out.len, i, u));
                let mut answer = m2m_onem2m_response { id: 0, peer: 0, len: 0, close: 0 };
                if told(m2m_onem2m_ae_poll_response(ae, to, cap, &raw mut answer)) {
                    told(m2m_onem2m_cse_handle_response(cse, now, out.id, to, answer.len));
                } else {
                    told(m2m_onem2m_cse_outgoing_failed(cse, out.id, 0));
                }
            }
        }
    }

    /// Takes all records of the CSE, as a program has to before it is told anything.
    pub(super) fn journal(&self) {
        let mut buf = vec![0_u8; 4096];
        let (mut key, mut deleted, mut len) = (0, 0, 0);
        unsafe {
            while told(m2m_onem2m_cse_poll_journal(
                self.cse,
                &raw mut key,
                &raw mut deleted,
                buf.as_mut_ptr(),
                buf.len(),
                &raw mut len,
            )) {}
        }
    }
}

impl World<'_> {
    pub(super) fn bootstrap_step(&mut self, what: u8) {
        let (now, id, path) = (self.now, self.id(), self.path());
        let b = maybe(&mut self.script, self.engines.bootstrap);
        let text = self.text();
        let n = self.script.u8();
        let mut account = unsafe { filled(m2m_lwm2m_bootstrap_account_init) };
        account.uri = text.as_ptr().cast();
        account.bootstrap = (n >> 4 & 1).into();
        account.ssid = n.into();
        let item = m2m_lwm2m_item {
            path: self.path(),
            r#type: (n % 11).into(),
            integer: 1,
            natural: 2,
            real: 0.5,
            link: [3, 0],
            data: text.as_ptr(),
            len: text.len() - 1,
            time_kind: 0,
            time: m2m_number::NONE,
        };
        let step = m2m_lwm2m_bootstrap_step {
            kind: (n & 7).into(),
            optional: (n >> 3 & 1).into(),
            path,
            instance: (n >> 6).into(),
            account: maybe(&mut self.script, &raw mut account),
            items: &raw const item,
            items_len: (n >> 5 & 1).into(),
            payload: ptr::null(),
            payload_len: 0,
            format: 0,
        };
        let steps = [step; 3];
        let mut configuration = unsafe { filled(m2m_lwm2m_bootstrap_configuration_init) };
        configuration.steps = steps.as_ptr();
        configuration.steps_len = (n & 3).into();
        configuration.finish = (n >> 7).into();
        let (configuration, name) = (&raw const configuration, text.as_ptr().cast());
        unsafe {
            match what & 15 {
                0 | 1 => {
                    let rule = (what & 1).into();
                    let result =
                        m2m_lwm2m_bootstrap_server_set_configuration(b, rule, name, configuration);
                    told(result);
                }
                2 => {
                    told(m2m_lwm2m_bootstrap_server_remove_configuration(b, 2, name));
                }
                3 => self.with_id(|_, out| {
                    m2m_lwm2m_bootstrap_server_start(b, now, 1, name, configuration, out)
                }),
                4 => _ = told(m2m_lwm2m_bootstrap_server_accept(b, now, id, configuration)),
                5 => _ = told(m2m_lwm2m_bootstrap_server_refuse(b, now, id, n.into())),
                6 => _ = told(m2m_lwm2m_bootstrap_server_push(b, now, id, &raw const step)),
                7 => _ = told(m2m_lwm2m_bootstrap_server_abort(b, now, id)),
                8 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_bootstrap_server_endpoint(b, id, to.cast(), cap, len)
                }),
                9 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_bootstrap_server_answer_payload(b, id, (n & 7).into(), to, cap, len)
                }),
                10 => self.with_buffer(|_, to, cap, len| {
                    let step = (n & 7).into();
                    m2m_lwm2m_bootstrap_server_answer_bytes(b, id, step, 0, to, cap, len)
                }),
                11 => {
                    // POST /bs?ep=f
                    let asks = [0x40, 2, n, what, 0xB2, b'b', b's', 0x44, b'e', b'p', b'=', b'f'];
                    let (data, len) = (asks.as_ptr(), asks.len());
                    told(m2m_lwm2m_bootstrap_server_handle_datagram(b, now, 1, data, len));
                }
                12 => {
                    let bytes = self.script.bytes();
                    let (data, len) = (bytes.as_ptr(), bytes.len());
                    told(m2m_lwm2m_bootstrap_server_handle_datagram(b, now, 1, data, len));
                }
                13 => {
                    // What it sends is answered as it comes: acknowledged, with a code of the script.
                    let mut buf = [0_u8; 1200];
                    let mut out = m2m_transmit { peer: 0, len: 0 };
                    let (to, cap) = (buf.as_mut_ptr(), buf.len());
                    if told(m2m_lwm2m_bootstrap_server_poll_transmit(b, now, to, cap, &raw mut out))
                    {
                        let [first, code, ..] = &mut buf;
                        let token = usize::from(*first & 15);
                        *first |= 0x20;
                        *code = n;
                        told(m2m_lwm2m_bootstrap_server_handle_datagram(b, now, 1, to, 4 + token));
                    }
                }
                14 => _ = told(m2m_lwm2m_bootstrap_server_forget_peer(b, now, 1)),
                _ => {
                    let mut event = MaybeUninit::<m2m_lwm2m_bootstrap_event>::uninit();
                    let out = maybe(&mut self.script, event.as_mut_ptr());
                    if told(m2m_lwm2m_bootstrap_server_poll_event(b, out)) {
                        self.ids.push(event.assume_init().session);
                    }
                }
            }
        }
    }

    pub(super) fn ae_step(&mut self, what: u8) {
        let (now, id) = (self.now, self.id());
        let ae = maybe(&mut self.script, self.engines.ae);
        let text = self.text();
        let n = self.script.u8();
        unsafe {
            match what & 15 {
                0..=3 => {
                    let contents = [
                        c"{\"m2m:cnt\":{\"rn\":\"a\"}}",
                        c"{\"m2m:cin\":{\"con\":\"1\"}}",
                        c"{\"m2m:sub\":{\"nu\":[\"Cfuzz\"],\"enc\":{\"net\":[3]}}}",
                        c"{\"m2m:grp\":{\"mnm\":2,\"mid\":[\"cse-in/fuzz/a\"]}}",
                    ];
                    let types = [3, 4, 23, 9];
                    let to = [c"cse-in/fuzz", c"cse-in/fuzz/a", c"cse-in", c"cse-in/fuzz/a/la"];
                    let pick = usize::from(n & 3);
                    let mut request = filled(m2m_onem2m_request_init);
                    request.operation = if n & 0x80 == 0 { 1 } else { (n >> 2 & 7).into() };
                    request.to = to.get(usize::from(what & 3)).map_or(ptr::null(), |t| t.as_ptr());
                    if request.operation == 1 {
                        request.resource_type = types.get(pick).copied().unwrap_or(0);
                        let content = contents.get(pick).copied().unwrap_or(c"{}");
                        request.content = content.as_ptr();
                        request.content_len = content.count_bytes();
                    }
                    request.response_type = (n >> 5 & 3).into();
                    let request = &raw const request;
                    self.with_id(|_, out| m2m_onem2m_ae_request(ae, now, request, out));
                }
                4 => self.with_id(|_, out| {
                    let (data, len) = (text.as_ptr().cast(), text.len() - 1);
                    m2m_onem2m_ae_request_json(ae, now, data, len, out)
                }),
                5 => self.with_buffer(|_, to, cap, len| {
                    m2m_onem2m_ae_content(ae, id, to.cast(), cap, len)
                }),
                6 => self.with_buffer(|_, to, cap, len| {
                    m2m_onem2m_ae_notification(ae, id, to.cast(), cap, len)
                }),
                7 => _ = told(m2m_onem2m_ae_answer(ae, now, id, n.into())),
                8 => _ = told(m2m_onem2m_ae_release(ae, now, id)),
                9 => {
                    let bytes = self.script.bytes();
                    told(m2m_onem2m_ae_handle_response(ae, now, id, bytes.as_ptr(), bytes.len()));
                }
                10 => {
                    let (bytes, mut used) = (self.script.bytes(), usize::MAX);
                    self.with_id(|_, out| {
                        let (data, len) = (bytes.as_ptr(), bytes.len());
                        m2m_onem2m_ae_handle_request(ae, now, 1, data, len, out, &raw mut used)
                    });
                    assert!(used == usize::MAX || used <= bytes.len());
                }
                11 => _ = told(m2m_onem2m_ae_deregister(ae, now)),
                12 => _ = told(m2m_onem2m_ae_register(ae, now)),
                13 => _ = told(m2m_onem2m_ae_forget_peer(ae, 1)),
                _ => {
                    let mut event = MaybeUninit::<m2m_onem2m_event>::uninit();
                    let out = maybe(&mut self.script, event.as_mut_ptr());
                    if told(m2m_onem2m_ae_poll_event(ae, out)) {
                        self.ids.push(event.assume_init().id);
                    }
                }
            }
        }
    }

    pub(super) fn cse_step(&mut self, what: u8) {
        let (now, id) = (self.now, self.id());
        let cse = maybe(&mut self.script, self.engines.cse);
        let text = self.text();
        let n = self.script.u8();
        let mut session = unsafe { filled(m2m_onem2m_session_init) };
        session.peer = (n & 3).into();
        if n & 0x80 != 0 {
            session.originator = text.as_ptr().cast();
        }
        if n & 0x40 != 0 {
            session.address = text.as_ptr().cast();
        }
        let session = &raw const session;
        unsafe {
            match what & 15 {
                0..=3 => {
                    let mut message = Vec::from(*b"GET /cse-in");
                    message.extend_from_slice(text.strip_suffix(b"\0").unwrap_or(&text));
                    let rest =
                        b" HTTP/1.1\r\nX-M2M-Origin: CAdmin\r\nX-M2M-RI: 1\r\nX-M2M-RVI: 3\r\n";
                    message.extend_from_slice(rest);
                    message.extend_from_slice(self.script.bytes());
                    message.extend_from_slice(b"\r\n\r\n");
                    let mut used = usize::MAX;
                    self.with_id(|_, out| {
                        let (data, len) = (message.as_ptr(), message.len());
                        let used = &raw mut used;
                        m2m_onem2m_cse_handle_request(cse, now, session, data, len, out, used)
                    });
                    assert!(used == usize::MAX || used <= message.len());
                }
                4 => {
                    let (bytes, mut used) = (self.script.bytes(), usize::MAX);
                    self.with_id(|_, out| {
                        let (data, len, used) = (bytes.as_ptr(), bytes.len(), &raw mut used);
                        m2m_onem2m_cse_handle_request(cse, now, session, data, len, out, used)
                    });
                    assert!(used == usize::MAX || used <= bytes.len());
                }
                5 => {
                    let mut buf = vec![0_u8; usize::from(n) * 8];
                    let mut out = m2m_onem2m_response { id: 0, peer: 0, len: 0, close: 0 };
                    let (to, cap) = (buf.as_mut_ptr(), buf.len());
                    if told(m2m_onem2m_cse_poll_response(cse, now, to, cap, &raw mut out)) {
                        assert!(out.len <= cap);
                    }
                }
                6 => {
                    let mut buf = vec![0_u8; usize::from(n) * 8];
                    let mut out = MaybeUninit::<m2m_onem2m_cse_outgoing>::uninit();
                    let (to, cap) = (buf.as_mut_ptr(), buf.len());
                    if told(m2m_onem2m_cse_poll_outgoing(cse, now, to, cap, out.as_mut_ptr())) {
                        self.ids.push(out.assume_init().id);
                    }
                }
                7 => {
                    let bytes = self.script.bytes();
                    told(m2m_onem2m_cse_handle_response(cse, now, id, bytes.as_ptr(), bytes.len()));
                }
                8 => _ = told(m2m_onem2m_cse_outgoing_failed(cse, id, (n & 1).into())),
                9 => {
                    let bytes = self.script.bytes();
                    let (data, len) = (bytes.as_ptr(), bytes.len());
                    told(m2m_onem2m_cse_handle_datagram(cse, now, session, data, len));
                }
                10 => {
                    let mut out = m2m_transmit { peer: 0, len: 0 };
                    let mut buf = vec![0_u8; usize::from(n) * 8];
                    let (to, cap) = (buf.as_mut_ptr(), buf.len());
                    told(m2m_onem2m_cse_poll_transmit(cse, now, to, cap, &raw mut out));
                }
                11 => {
                    let (mut key, mut deleted) = (0, 0);
                    let (k, d) = (&raw mut key, &raw mut deleted);
                    self.with_buffer(|_, to, cap, len| {
                        m2m_onem2m_cse_poll_journal(cse, k, d, to, cap, len)
                    });
                }
                12 => _ = told(m2m_onem2m_cse_forget_peer(cse, (n & 3).into())),
                13 => _ = told(m2m_onem2m_cse_forget_coap_peer(cse, now, (n & 3).into())),
                14 => self.engines.journal(),
                _ => {
                    self.engines.carry(&mut self.script, now);
                    self.engines.carry_bound(&mut self.script, now);
                }
            }
        }
    }
}
