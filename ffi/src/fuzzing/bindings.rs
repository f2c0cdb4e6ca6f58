//! The AE and the CSE of oneM2M over CoAP, MQTT and WebSocket.

use alloc::vec;
use core::mem::MaybeUninit;
use core::ptr;

use super::engines::{Engines, filled};
use super::others::out;
use super::{Script, World, maybe, told};
use crate::*;

/// The application's numbers for the AE's address, the CSE's, and the WebSocket between them.
const AE: u64 = 5;
const CSE: u64 = 9;
const SOCKET: u64 = 33;

fn session(peer: u64) -> m2m_onem2m_session {
    let mut session = unsafe { filled(m2m_onem2m_session_init) };
    session.peer = peer;
    session
}

/// What an AE and a CSE have to know for a binding.
pub(super) fn bind(ae: &mut m2m_onem2m_ae_config, cse: &mut m2m_onem2m_cse_config, which: u8) {
    ae.binding = (which & 3).into();
    ae.serialization = i32::from(which >> 2) % 3;
    let access = [c"http://ae/in", c"coap://ae", c"mqtt://broker", c"ws://default"];
    ae.point_of_access = access.get(usize::from(which & 3)).map_or(ptr::null(), |p| p.as_ptr());
    ae.cse_peer = CSE;
    ae.cse_id = c"/id-in".as_ptr();
    ae.credential = c"device-7".as_ptr();
    ae.topic_prefix = c"city".as_ptr();
    if which & 3 != 0 {
        cse.coap_requests = cse.coap_requests.max(4);
        cse.mqtt_broker = c"mqtt://broker".as_ptr();
        cse.topic_prefix = c"city".as_ptr();
    }
}

impl Engines {
    /// The WebSocket from the AE to the CSE.
    pub(super) fn connect(&self, which: u8) {
        let (session, serialization) = (session(SOCKET), i32::from(which >> 2) % 3);
        unsafe {
            let origin = ptr::null();
            told(m2m_onem2m_cse_connected(self.cse, &raw const session, serialization, origin));
        }
    }

    /// Carries what does not go by HTTP; some is lost, some damaged.
    pub(super) fn carry_bound(&self, script: &mut Script<'_>, now: u64) {
        let mut buf = vec![0_u8; 8192];
        let (ae, cse) = (self.ae, self.cse);
        let (from_ae, by_socket) = (session(AE), session(SOCKET));
        let mut datagram = m2m_transmit { peer: 0, len: 0 };
        let mut publication = MaybeUninit::<m2m_onem2m_publication>::uninit();
        let mut message = MaybeUninit::<m2m_onem2m_message>::uninit();
        // How much of it arrives.
        let arrives = |script: &mut Script<'_>, buf: &mut [u8], len: usize| match script.u8() {
            255 => None,
            254 => Some(len / 2),
            fate @ 248..=253 => {
                if let Some(byte) = buf.get_mut(usize::from(fate & 7).min(len / 2)) {
                    *byte ^= fate;
                }
                Some(len)
            }
            _ => Some(len),
        };
        for _ in 0..4 {
            let (to, cap) = (buf.as_mut_ptr(), buf.len());
            unsafe {
                if told(m2m_onem2m_ae_poll_transmit(ae, now, to, cap, &raw mut datagram))
                    && let Some(len) = arrives(script, &mut buf, datagram.len)
                {
                    told(m2m_onem2m_cse_handle_datagram(cse, now, &raw const from_ae, to, len));
                }
                if told(m2m_onem2m_ae_poll_publication(ae, now, to, cap, publication.as_mut_ptr()))
                {
                    let out = publication.assume_init_ref();
                    match arrives(script, &mut buf, out.len) {
                        Some(len) => {
                            let (topic, dup) = (out.topic.as_ptr(), (len % 2 == 1).into());
                            let take = m2m_onem2m_cse_handle_publication;
                            told(take(cse, now, topic, to, len, dup));
                        }
                        None => _ = told(m2m_onem2m_ae_outgoing_failed(ae, now, out.id)),
                    }
                }
                if told(m2m_onem2m_ae_poll_message(ae, now, to, cap, message.as_mut_ptr()))
                    && let Some(len) = arrives(script, &mut buf, message.assume_init_ref().len)
                {
                    told(m2m_onem2m_cse_handle_message(cse, now, &raw const by_socket, to, len));
                }
                self.journal();
                if told(m2m_onem2m_cse_poll_transmit(cse, now, to, cap, &raw mut datagram))
                    && let Some(len) = arrives(script, &mut buf, datagram.len)
                {
                    told(m2m_onem2m_ae_handle_datagram(ae, now, CSE, to, len));
                }
                let polled = publication.as_mut_ptr();
                if told(m2m_onem2m_cse_poll_publication(cse, now, to, cap, polled)) {
                    let out = publication.assume_init_ref();
                    if let Some(len) = arrives(script, &mut buf, out.len) {
                        let (topic, dup) = (out.topic.as_ptr(), (len % 2 == 1).into());
                        told(m2m_onem2m_ae_handle_publication(ae, now, topic, to, len, dup));
                    }
                }
                if told(m2m_onem2m_cse_poll_message(cse, now, to, cap, message.as_mut_ptr()))
                    && let Some(len) = arrives(script, &mut buf, message.assume_init_ref().len)
                {
                    told(m2m_onem2m_ae_handle_message(ae, now, to, len));
                }
            }
        }
    }

    /// A request of the CSE that goes to an address: by the peer that there is for that.
    pub(super) fn route(&self, now: u64, out: &m2m_onem2m_cse_outgoing) {
        let by_coap = out.binding == m2m_onem2m_binding::M2M_ONEM2M_COAP as i32;
        let peer = if by_coap { AE } else { SOCKET };
        told(unsafe { m2m_onem2m_cse_set_peer(self.cse, now, out.id, peer) });
    }
}

/// Primitives by themselves: what is read can be written, and read again.
fn primitives(bytes: &[u8], n: u8) {
    let (from, to) = ((n & 3).into(), (n >> 2 & 3).into());
    let (data, len) = (bytes.as_ptr(), bytes.len());
    let (mut json, mut other) = (vec![0_u8; 8192], vec![0_u8; 8192]);
    let (first, second, cap) = (json.as_mut_ptr(), other.as_mut_ptr(), json.len());
    let (mut is, mut again, mut close, mut used) = (0, 0, 0, 0);
    let (mut written, mut size) = (0, 0);
    let (written, size) = (&raw mut written, &raw mut size);
    unsafe {
        let convert = m2m_onem2m_primitive_convert;
        told(convert(from, data, len, to, second, cap, size, &raw mut is));
        if told(convert(from, data, len, 0, first, cap, written, &raw mut is)) {
            assert!(told(convert(0, first, *written, 0, second, cap, size, &raw mut again)));
            assert!(is == again && written.read() == size.read(), "it reads as another one");
            let host = c"host".as_ptr();
            let wrote = match is {
                0 => m2m_onem2m_http_request_write(
                    first, *written, host, host, to, second, cap, size,
                ),
                _ => m2m_onem2m_http_response_write(first, *written, to, 0, second, cap, size),
            };
            told(wrote);
        }
        let (used, wanted, close) = (&raw mut used, &raw mut again, &raw mut close);
        let read = m2m_onem2m_http_request_read;
        if told(read(data, len, used, wanted, close, first, cap, written)) {
            assert!(*used <= len);
            assert!(told(convert(0, first, *written, 0, second, cap, size, &raw mut is)));
            assert!(is == 0, "a request is none");
        }
        told(m2m_onem2m_http_response_read(data, len, first, cap, written));
    }
}

impl World<'_> {
    pub(super) fn binding_step(&mut self) {
        let (now, id) = (self.now, self.id());
        let ae = maybe(&mut self.script, self.engines.ae);
        let cse = maybe(&mut self.script, self.engines.cse);
        let text = self.text();
        let n = self.script.u8();
        let topics = [
            c"city/oneM2M/req/device-7/id-in/json",
            c"city/oneM2M/reg_req/device-7/id-in/json",
            c"city/oneM2M/resp/id-in/Cfuzz/cbor",
            c"city/oneM2M/req/id-in/Cfuzz/xml",
        ];
        let name = text.as_ptr().cast();
        let topic = topics.get(usize::from(n & 7)).map_or(name, |topic| topic.as_ptr());
        let peer = [AE, CSE, SOCKET, n.into()].get(usize::from(n >> 4 & 3)).copied().unwrap_or(0);
        let session = session(peer);
        let session = maybe(&mut self.script, &raw const session as *mut m2m_onem2m_session);
        let bytes = self.script.bytes();
        let (data, len) = (bytes.as_ptr(), bytes.len());
        let script = &mut self.script;
        unsafe {
            match script.u8() % 20 {
                0 => self.with_buffer(|_, to, cap, len| {
                    m2m_onem2m_ae_topic_filter(ae, (n & 3).into(), to.cast(), cap, len)
                }),
                1 => self.with_buffer(|_, to, cap, len| {
                    m2m_onem2m_cse_topic_filter(cse, (n & 3).into(), to.cast(), cap, len)
                }),
                2 => _ = told(m2m_onem2m_ae_broker_lost(ae, now)),
                3 => _ = told(m2m_onem2m_cse_broker_lost(cse)),
                4 => _ = told(m2m_onem2m_ae_disconnected(ae, now)),
                5 => _ = told(m2m_onem2m_cse_disconnected(cse, peer)),
                6 => _ = told(m2m_onem2m_ae_forget_coap_peer(ae, now, peer)),
                7 => _ = told(m2m_onem2m_ae_handle_datagram(ae, now, peer, data, len)),
                8 => _ = told(m2m_onem2m_ae_handle_message(ae, now, data, len)),
                9 => {
                    let dup = (n >> 7).into();
                    told(m2m_onem2m_ae_handle_publication(ae, now, topic, data, len, dup));
                }
                10 => {
                    let dup = (n >> 7).into();
                    told(m2m_onem2m_cse_handle_publication(cse, now, topic, data, len, dup));
                }
                11 => _ = told(m2m_onem2m_cse_connected(cse, session, (n & 3).into(), name)),
                12 | 13 => _ = told(m2m_onem2m_cse_handle_message(cse, now, session, data, len)),
                14 => _ = told(m2m_onem2m_cse_set_peer(cse, now, id, peer)),
                15 => {
                    // A buffer that may be too small: nothing is lost then.
                    let mut buf = vec![0_u8; usize::from(n) * 4];
                    let (to, cap) = (buf.as_mut_ptr(), buf.len());
                    let polled = out(script, |o| m2m_onem2m_ae_poll_transmit(ae, now, to, cap, o));
                    assert!(polled.is_none_or(|polled| polled.len <= cap));
                    let polled =
                        out(script, |o| m2m_onem2m_ae_poll_publication(ae, now, to, cap, o));
                    assert!(polled.is_none_or(|polled| polled.len <= cap));
                    let polled = out(script, |o| m2m_onem2m_ae_poll_message(ae, now, to, cap, o));
                    assert!(polled.is_none_or(|polled| polled.len <= cap));
                    let polled =
                        out(script, |o| m2m_onem2m_cse_poll_publication(cse, now, to, cap, o));
                    assert!(polled.is_none_or(|polled| polled.len <= cap));
                    let polled = out(script, |o| m2m_onem2m_cse_poll_message(cse, now, to, cap, o));
                    assert!(polled.is_none_or(|polled| polled.len <= cap));
                }
                16 => {
                    let chosen = out(script, |to| m2m_onem2m_choose_protocol(name, to));
                    let known = chosen.map(|number| m2m_onem2m_websocket_protocol(number));
                    assert!(known.is_none_or(|known| !known.is_null()));
                    m2m_onem2m_websocket_protocol(n.into());
                    primitives(bytes, n);
                }
                17 => {
                    out(script, |to| m2m_onem2m_ae_coap_counters(ae, to));
                    out(script, |to| m2m_onem2m_cse_coap_counters(cse, to));
                    let mut around = filled(m2m_onem2m_surroundings_init);
                    around.has_position = (n & 1).into();
                    around.latitude = f64::from(n) - 100.0;
                    around.country = if n & 2 == 0 { c"DE".as_ptr() } else { name };
                    let users = [name];
                    around.users = users.as_ptr();
                    around.users_len = (n >> 2 & 1).into();
                    let around = maybe(script, &raw mut around);
                    told(m2m_onem2m_cse_set_surroundings(cse, now, name, around));
                }
                _ => self.engines.carry_bound(&mut self.script, now),
            }
        }
    }
}
