//! What the other steps do not call: connections, security contexts, and whatever looks at something.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;

use super::engines::filled;
use super::{BEFORE, CONNECTION, Script, World, maybe, told};
use crate::*;

/// Runs a call with an out-parameter of any kind.
pub(super) fn out<T>(script: &mut Script<'_>, call: impl FnOnce(*mut T) -> i32) -> Option<T> {
    let mut room = MaybeUninit::<T>::uninit();
    let to = maybe(script, room.as_mut_ptr());
    told(call(to)).then(|| unsafe { room.assume_init() })
}

/// An object of an application's own: good, or nearly so.
pub(super) fn object(rows: &[m2m_resource], n: u8) -> m2m_object {
    let mut object: m2m_object = unsafe { MaybeUninit::zeroed().assume_init() };
    object.id = 26_241;
    object.instances = n & 3;
    object.presence = n >> 2 & 1;
    object.resources = rows.as_ptr();
    object.resources_len = rows.len();
    object
}

pub(super) fn rows(n: u8) -> [m2m_resource; 2] {
    let mut rows: [m2m_resource; 2] = unsafe { MaybeUninit::zeroed().assume_init() };
    for (id, row) in (0..).zip(&mut rows) {
        row.id = id;
        row.operations = n & 7;
        row.instances = n >> 3 & 1;
        row.presence = n >> 4 & 1;
        row.r#type = n % 11;
    }
    rows
}

impl World<'_> {
    /// A security context of keys off the script.
    pub(super) fn security(&mut self, keys: &[u8]) -> m2m_coap_security {
        let n = self.script.u8();
        let mut security: m2m_coap_security = unsafe { MaybeUninit::zeroed().assume_init() };
        security.struct_size = size_of::<m2m_coap_security>();
        security.master_secret = keys.as_ptr();
        security.master_secret_len = keys.len();
        security.sender_id = keys.as_ptr();
        security.sender_id_len = (n & 1).into();
        security.recipient_id = keys.as_ptr();
        security.recipient_id_len = (n >> 1 & 7).into();
        security.recipient_id_len = security.recipient_id_len.min(keys.len());
        security.history = (n >> 4 & 3).into();
        security.next = (n >> 6).into();
        security
    }

    pub(super) fn other_step(&mut self) {
        match self.script.u8() % 15 {
            0 | 1 => self.other_client_step(),
            2 | 3 => self.other_server_step(),
            4 => self.other_bootstrap_step(),
            5 | 6 => self.other_coap_step(),
            7 => self.other_onem2m_step(),
            8..=10 => self.binding_step(),
            _ => self.codec_step(),
        }
    }

    fn other_client_step(&mut self) {
        let (now, path, id) = (self.now, self.path(), self.id());
        let c = maybe(&mut self.script, self.client);
        let text = self.text();
        let (chars, bytes, len) = (text.as_ptr().cast(), text.as_ptr(), text.len() - 1);
        let n = self.script.u8();
        let script = &mut self.script;
        unsafe {
            match script.u8() % 55 {
                0 => _ = told(m2m_lwm2m_client_add_bootstrap_server(c, now, chars, n.into(), 0)),
                1 => {
                    let prefix = self.text();
                    let objects = [3, 3303, n.into()];
                    let count = usize::from(n & 3);
                    out(&mut self.script, |to| {
                        let prefix = prefix.as_ptr().cast();
                        let objects = objects.as_ptr();
                        m2m_lwm2m_client_add_device(c, now, chars, prefix, objects, count, to)
                    });
                }
                2 => _ = told(m2m_lwm2m_client_add_error(c, now, n)),
                3 => _ = told(m2m_lwm2m_client_clear_error(c, now, n)),
                4 | 5 => {
                    let support = m2m_lwm2m_package_support {
                        delivery: (n & 3).into(),
                        protocols: n.into(),
                        record: bytes,
                        record_len: len,
                        kept: (n >> 2).into(),
                    };
                    let support = maybe(script, &raw const support as *mut _);
                    told(if n & 128 == 0 {
                        m2m_lwm2m_client_add_firmware_update(c, now, support)
                    } else {
                        m2m_lwm2m_client_add_software(c, now, n.into(), support)
                    });
                }
                6 => _ = told(m2m_lwm2m_client_add_resource(c, now, path)),
                7 => _ = told(m2m_lwm2m_client_answer_package(c, now, id, (n & 15).into())),
                8 => _ = told(m2m_lwm2m_client_answer_value(c, now, path, n.into())),
                9 => _ = told(m2m_lwm2m_client_apply_firmware(c, now)),
                10 => _ = told(m2m_lwm2m_client_ask_when_read(c, now, path)),
                11 => _ = told(m2m_lwm2m_client_bootstrap(c, now)),
                12 => {
                    let mut at = BEFORE;
                    out(script, |to| m2m_lwm2m_client_bootstrapping(c, to, &raw mut at));
                }
                13 => _ = told(m2m_lwm2m_client_connect_package(c, now, id, n.into())),
                14 => _ = told(m2m_lwm2m_client_connected(c, now, CONNECTION, (n & 3).into())),
                15 => _ = told(m2m_lwm2m_client_disconnected(c, now, CONNECTION)),
                16 => {
                    let peer = if n & 1 == 0 { CONNECTION } else { n.into() };
                    let taken = out(script, |to| {
                        m2m_lwm2m_client_handle_stream(c, now, peer, bytes, len, to)
                    });
                    assert!(taken.is_none_or(|taken| taken <= len));
                }
                17 => {
                    let peer = if n & 1 == 0 { CONNECTION } else { 1 };
                    told(m2m_lwm2m_client_set_peer(c, now, (n >> 1 & 1).into(), peer));
                }
                18 => _ = told(m2m_lwm2m_client_connection_failed(c, now, (n & 1).into())),
                19 => _ = told(m2m_lwm2m_client_contains(c, path)),
                20 => _ = out(script, |to| m2m_lwm2m_client_counters(c, to)),
                21 | 22 => {
                    let (mut a, mut b) = (path, path);
                    let (a, b) = (&raw mut a, &raw mut b);
                    let other = self.path();
                    told(m2m_lwm2m_client_device_behind(c, path, a, b));
                    told(m2m_lwm2m_client_path_behind(c, path, other, a));
                }
                23 => {
                    let mut handlers: m2m_lwm2m_client_handlers =
                        MaybeUninit::zeroed().assume_init();
                    handlers.struct_size = size_of::<m2m_lwm2m_client_handlers>();
                    let user = ptr::null_mut::<c_void>();
                    told(m2m_lwm2m_client_dispatch(c, now, &raw const handlers, user));
                }
                24 => _ = out(script, |to| m2m_lwm2m_client_get_boolean(c, path, to)),
                25 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_client_get_corelnk(c, path, to.cast(), cap, len)
                }),
                26 => _ = out(script, |to| m2m_lwm2m_client_get_float(c, path, to)),
                27 => _ = out(script, |to| m2m_lwm2m_client_get_integer(c, path, to)),
                28 => {
                    let mut object = 0;
                    out(script, |to| m2m_lwm2m_client_get_objlnk(c, path, &raw mut object, to));
                }
                29 => _ = out(script, |to| m2m_lwm2m_client_get_time(c, path, to)),
                30 => _ = out(script, |to| m2m_lwm2m_client_get_type(c, path, to)),
                31 => _ = out(script, |to| m2m_lwm2m_client_get_unsigned(c, path, to)),
                32 => _ = out(script, |to| m2m_lwm2m_client_is_awake(c, to)),
                33 => {
                    let other = self.path();
                    out(&mut self.script, |to| m2m_lwm2m_client_next_path(c, path, other, to));
                }
                34 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_client_package_block(c, id, to, cap, len)
                }),
                35 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_client_package_record(c, path, to, cap, len)
                }),
                36 => _ = out(script, |to| m2m_lwm2m_client_package_size(c, path, to)),
                37 => {
                    let (mut key, mut deleted) = (0, 0);
                    let (key, deleted) = (&raw mut key, &raw mut deleted);
                    let mut buf = [0_u8; 200];
                    let (to, cap) = (buf.as_mut_ptr(), buf.len());
                    out(script, |len| m2m_lwm2m_client_poll_journal(c, key, deleted, to, cap, len));
                }
                38 => _ = told(m2m_lwm2m_client_restore(c, now, n.into(), bytes, len)),
                39 => {
                    let format = [60, 110, 112, 11542, 11544, 0, 42].get(usize::from(n & 7));
                    let format = format.copied().unwrap_or(-1);
                    told(m2m_lwm2m_client_provision(c, now, path, format, bytes, len));
                }
                40 => _ = told(m2m_lwm2m_client_record(c, now, 1, &raw const path, 1)),
                41 => self.with_id(|_, to| {
                    m2m_lwm2m_client_send(c, now, n.into(), 112, &raw const path, 1, to)
                }),
                42 => _ = told(m2m_lwm2m_client_register(c, now, n.into())),
                43 => _ = out(script, |to| m2m_lwm2m_client_registration(c, n.into(), to)),
                44 => _ = out(script, |to| m2m_lwm2m_client_reserved_bytes(c, to)),
                45 => {
                    let next = u64::from(n) << 8;
                    told(m2m_lwm2m_client_restore_sequence_numbers(c, now, (n & 3).into(), next));
                }
                46 => {
                    let mut instance = 0;
                    out(script, |to| {
                        m2m_lwm2m_client_sequence_numbers(c, n.into(), &raw mut instance, to)
                    });
                }
                47 => _ = out(script, |to| m2m_lwm2m_client_server_at(c, n.into(), to)),
                48 => _ = told(m2m_lwm2m_client_set_boolean(c, now, path, (n & 1).into())),
                49 => _ = told(m2m_lwm2m_client_set_corelnk(c, now, path, chars, len)),
                50 => {
                    // Keys, and an account that has them.
                    let keys = m2m_path_instance(21, 0);
                    told(m2m_lwm2m_client_add_instance(c, now, keys));
                    for resource in 0..3 {
                        let at = m2m_path_resource(21, 0, resource);
                        let len = if resource == 0 { len } else { usize::from(n & 1) };
                        let value = if resource == 1 { &raw const n } else { bytes };
                        told(m2m_lwm2m_client_set_opaque(c, now, at, value, len));
                    }
                    let account = m2m_path_resource(0, (n >> 7).into(), 17);
                    told(m2m_lwm2m_client_set_objlnk(c, now, account, 21, 0));
                }
                51 => _ = told(m2m_lwm2m_client_set_online(c, now, 1, (n & 1).into())),
                52 => _ = told(m2m_lwm2m_client_set_time(c, now, path, n.into())),
                53 => _ = told(m2m_lwm2m_client_set_unsigned(c, now, path, n.into())),
                _ => {
                    told(m2m_lwm2m_client_set_wall_clock(c, now, n.into()));
                    out(script, |to| m2m_lwm2m_client_wall_clock(c, now, to));
                    told(m2m_lwm2m_client_handle_sms(c, now, bytes, len));
                    m2m_lwm2m_client_poll_timeout(c);
                    m2m_lwm2m_client_tag(c);
                    let mut config = filled(m2m_lwm2m_client_config_init_small);
                    config.values = n.into();
                    out::<usize>(script, |to| m2m_lwm2m_client_arena_size(&raw const config, to));
                    out::<usize>(script, |to| m2m_arena_used(to));
                    assert_ne!(m2m_version(), ptr::null());
                    self.paths();
                }
            }
        }
    }

    /// LwM2M over MQTT: bytes, and what the mapping itself made of a datagram.
    fn mqtt(&mut self, text: &[u8]) {
        let n = self.script.u8();
        let mut mapping = m2m_lwm2m_mqtt { state: [0; M2M_LWM2M_MQTT_WORDS] };
        let (bytes, mut made) = (self.script.bytes(), [0_u8; 300]);
        let (data, len, name) = (bytes.as_ptr(), bytes.len(), text.as_ptr().cast());
        let mapping = maybe(&mut self.script, &raw mut mapping);
        let (role, side_of) = (i32::from(n & 3), i32::from(n >> 2 & 3));
        unsafe {
            told(m2m_lwm2m_mqtt_init(mapping, role, side_of, (n >> 4 & 7).into()));
            let (to, cap) = (made.as_mut_ptr(), made.len());
            let published = out::<usize>(&mut self.script, |written| {
                m2m_lwm2m_mqtt_publication(mapping, data, len, to, cap, written)
            });
            let (data, len) = published.map_or((data, len), |len| (to.cast_const(), len));
            let mut back = [0_u8; 300];
            let (to, cap) = (back.as_mut_ptr(), usize::from(n) + 40);
            let written = out::<usize>(&mut self.script, |written| {
                m2m_lwm2m_mqtt_datagram(mapping, data, len, name, name, to, cap, written)
            });
            assert!(written.is_none_or(|written| written <= cap));
            self.with_buffer(|_, to, cap, written| {
                m2m_lwm2m_mqtt_acknowledgement(data, len, to, cap, written)
            });
            self.with_buffer(|_, to, cap, written| {
                m2m_lwm2m_mqtt_topic(name, side_of, c"e".as_ptr(), to.cast(), cap, written)
            });
            let mut found = 0;
            self.with_buffer(|_, to, cap, written| {
                let parse = m2m_lwm2m_mqtt_topic_parse;
                parse(name, c"a/lwm2m/rd/e".as_ptr(), &raw mut found, to.cast(), cap, written)
            });
        }
    }

    /// What is done with paths alone.
    fn paths(&mut self) {
        let (path, other, text) = (self.path(), self.path(), self.text());
        let text = text.as_ptr().cast();
        unsafe {
            self.with_buffer(|_, to, cap, len| m2m_path_format(path, to.cast(), cap, len));
            let parsed = out(&mut self.script, |to| m2m_path_parse(text, to));
            let same = parsed.is_none_or(|p| m2m_path_equal(p, m2m_path_from(text)));
            assert!(same, "a path is read in two ways");
            if m2m_path_equal(path, other) {
                assert!(m2m_path_starts_with(path, other));
            }
            let [a, b, c, d] = path.ids;
            let made = m2m_path_resource_instance(a, b, c, d);
            assert!(m2m_path_equal(made, made) == m2m_path_starts_with(made, m2m_path_object(a)));
        }
    }

    fn other_server_step(&mut self) {
        let (now, id) = (self.now, self.id());
        let s = maybe(&mut self.script, self.server);
        let text = self.text();
        let (name, bytes, len) = (text.as_ptr().cast(), text.as_ptr(), text.len() - 1);
        let n = self.script.u8();
        let rows = rows(n);
        let object = object(&rows, n);
        let security = self.security(&text);
        let security = maybe(&mut self.script, &raw const security as *mut m2m_coap_security);
        let script = &mut self.script;
        unsafe {
            match script.u8() % 27 {
                20 => self.with_id(|_, to| m2m_lwm2m_server_child_at(s, id, n.into(), to)),
                21 => _ = told(m2m_lwm2m_server_survey(s, now, id)),
                22 => self.with_id(|_, to| {
                    let links = c"</3/0>,</3303/0>".as_ptr();
                    m2m_lwm2m_server_add_child(s, now, id, name, c"d1".as_ptr(), links, to)
                }),
                23 => self.with_id(|_, to| m2m_lwm2m_server_find_peer(s, (n & 7).into(), to)),
                24 => {
                    told(m2m_lwm2m_server_set_profile(s, c"p1".as_ptr(), name));
                    told(m2m_lwm2m_server_remove_profile(s, name));
                }
                25 => {
                    let index = (n & 1).into();
                    out(script, |to| m2m_lwm2m_server_profile_link(s, index, (n >> 6).into(), to));
                    for text in
                        [m2m_lwm2m_server_profile_at, m2m_lwm2m_server_profile_alternate_path]
                    {
                        self.with_buffer(|_, to, cap, len| text(s, index, to.cast(), cap, len));
                    }
                }
                0 => _ = told(m2m_lwm2m_server_add_object(s, &raw const object)),
                1 => self
                    .with_id(|_, to| m2m_lwm2m_server_add_security_context(s, name, security, to)),
                2 => self.with_id(|_, to| {
                    m2m_lwm2m_server_replace_security_context(s, now, id, name, security, to)
                }),
                3 => _ = told(m2m_lwm2m_server_remove_security_context(s, now, id)),
                4 => _ = told(m2m_lwm2m_server_connected(s, now, CONNECTION, (n & 3).into())),
                5 => _ = told(m2m_lwm2m_server_disconnected(s, now, CONNECTION)),
                6 => {
                    let taken = out(script, |to| {
                        m2m_lwm2m_server_handle_stream(s, now, CONNECTION, bytes, len, to)
                    });
                    assert!(taken.is_none_or(|taken| taken <= len));
                }
                7 => _ = out(script, |to| m2m_lwm2m_server_content(s, (n & 3).into(), id, to)),
                8 => {
                    out(script, |to| m2m_lwm2m_server_counters(s, to));
                    out(script, |to| m2m_lwm2m_server_own_counters(s, to));
                }
                9 => self.with_id(|_, to| m2m_lwm2m_server_find(s, name, to)),
                10 => _ = told(m2m_lwm2m_server_finish_restore(s, now)),
                11 => _ = told(m2m_lwm2m_server_forget_peer(s, now, (n & 3).into())),
                12 => _ = told(m2m_lwm2m_server_identify(s, (n & 3).into(), name)),
                13 => _ = out(script, |to| m2m_lwm2m_server_link(s, id, n.into(), to)),
                14 => {
                    out(script, |to| m2m_lwm2m_server_observation(s, id, to));
                    out(script, |to| m2m_lwm2m_server_observed_path(s, id, n.into(), to));
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_server_observation_attributes(s, id, to.cast(), cap, len)
                    });
                }
                15 => self.with_id(|_, to| m2m_lwm2m_server_observation_at(s, id, n.into(), to)),
                16 => self.with_buffer(|_, to, cap, len| {
                    m2m_lwm2m_server_parameter(s, id, name, to.cast(), cap, len)
                }),
                17 => {
                    let pending =
                        out(script, |to| m2m_lwm2m_server_pending_at(s, id, n.into(), to));
                    let id = pending.map_or(id, |pending: m2m_lwm2m_pending| pending.id);
                    let again = out(script, |to| m2m_lwm2m_server_pending(s, id, to));
                    assert!(pending.zip(again).is_none_or(|(one, other)| one == other));
                    out(script, |to| m2m_lwm2m_server_pending_path(s, id, n.into(), to));
                    out(script, |to| m2m_lwm2m_server_open_operations(s, to));
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_server_pending_attributes(s, id, to.cast(), cap, len)
                    });
                    let paths = [self.path(), self.path()];
                    self.with_id(|_, to| {
                        m2m_lwm2m_server_find_composite(s, id, paths.as_ptr(), 2, to)
                    });
                    let [path, _] = paths;
                    let of: Option<i32> =
                        out(&mut self.script, |to| m2m_lwm2m_server_resource_type(s, id, path, to));
                    assert!(of.is_none_or(|of| (0..16).contains(&of)));
                }
                18 => {
                    out(script, |to| m2m_lwm2m_server_registration(s, id, to));
                    let (mut minor, format) = (0, n.into());
                    out(script, |to| {
                        m2m_lwm2m_server_object_version(s, id, n.into(), to, &raw mut minor)
                    });
                    told(m2m_lwm2m_server_accepts(s, id, format));
                    for text in [
                        m2m_lwm2m_server_location,
                        m2m_lwm2m_server_alternate_path,
                        m2m_lwm2m_server_binding,
                    ] {
                        self.with_buffer(|_, to, cap, len| text(s, id, to.cast(), cap, len));
                    }
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_server_parameter_name(s, id, n.into(), to.cast(), cap, len)
                    });
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_resource_name(n.into(), n.into(), to.cast(), cap, len)
                    });
                    let (mut read, script) = (Vec::new(), &mut self.script);
                    while let Some(one) =
                        out(script, |to| m2m_lwm2m_argument_at(name, read.len(), to))
                    {
                        read.push(one);
                    }
                    self.with_buffer(|_, to, cap, len| {
                        m2m_lwm2m_arguments_write(read.as_ptr(), read.len(), to.cast(), cap, len)
                    });
                }
                19 => self.with_id(|_, to| m2m_lwm2m_server_registration_at(s, n.into(), to)),
                _ => {
                    told(m2m_lwm2m_server_set_wall_clock(s, now, n.into()));
                    out(script, |to| m2m_lwm2m_server_registration_count(s, to));
                    m2m_lwm2m_server_poll_timeout(s);
                    m2m_lwm2m_server_tag(s);
                }
            }
        }
    }

    fn other_bootstrap_step(&mut self) {
        let (now, id) = (self.now, self.id());
        let b = maybe(&mut self.script, self.engines.bootstrap);
        let text = self.text();
        let (name, bytes, len) = (text.as_ptr().cast(), text.as_ptr(), text.len() - 1);
        let n = self.script.u8();
        let rows = rows(n);
        let object = object(&rows, n);
        let security = self.security(&text);
        let security = maybe(&mut self.script, &raw const security as *mut m2m_coap_security);
        let script = &mut self.script;
        unsafe {
            match script.u8() & 15 {
                0 => _ = told(m2m_lwm2m_bootstrap_server_add_object(b, &raw const object)),
                1 => self.with_id(|_, to| {
                    m2m_lwm2m_bootstrap_server_add_security_context(b, name, security, to)
                }),
                2 => self.with_id(|_, to| {
                    let make = m2m_lwm2m_bootstrap_server_replace_security_context;
                    make(b, now, id, name, security, to)
                }),
                3 => _ = told(m2m_lwm2m_bootstrap_server_remove_security_context(b, now, id)),
                4 => {
                    let transport = (n & 3).into();
                    told(m2m_lwm2m_bootstrap_server_connected(b, now, CONNECTION, transport));
                }
                5 => _ = told(m2m_lwm2m_bootstrap_server_disconnected(b, now, CONNECTION)),
                6 => {
                    let taken = out(script, |to| {
                        let take = m2m_lwm2m_bootstrap_server_handle_stream;
                        take(b, now, CONNECTION, bytes, len, to)
                    });
                    assert!(taken.is_none_or(|taken| taken <= len));
                }
                7 => {
                    let step = (n & 7).into();
                    out(script, |to| m2m_lwm2m_bootstrap_server_answer(b, id, step, to));
                }
                8 => {
                    let mut values: [MaybeUninit<m2m_lwm2m_value>; 4] =
                        [const { MaybeUninit::uninit() }; 4];
                    let (to, cap) = (values.as_mut_ptr().cast(), values.len());
                    let (step, first) = ((n & 7).into(), (n >> 3).into());
                    let count = out(script, |count| {
                        let read = m2m_lwm2m_bootstrap_server_answer_values;
                        read(b, id, step, first, to, cap, count)
                    });
                    assert!(count.is_none_or(|count| count <= cap));
                }
                9 => _ = out(script, |to| m2m_lwm2m_bootstrap_server_configuration_count(b, to)),
                10 => {
                    out(script, |to| m2m_lwm2m_bootstrap_server_counters(b, to));
                    out(script, |to| m2m_lwm2m_bootstrap_server_own_counters(b, to));
                }
                11 => self.with_id(|_, to| m2m_lwm2m_bootstrap_server_find(b, name, to)),
                12 => _ = told(m2m_lwm2m_bootstrap_server_identify(b, (n & 3).into(), name)),
                13 => _ = out(script, |to| m2m_lwm2m_bootstrap_server_session(b, id, to)),
                14 => self.with_id(|_, to| m2m_lwm2m_bootstrap_server_session_at(b, n.into(), to)),
                _ => {
                    m2m_lwm2m_bootstrap_server_poll_timeout(b);
                    m2m_lwm2m_bootstrap_server_tag(b);
                }
            }
        }
    }

    fn other_coap_step(&mut self) {
        let (now, id) = (self.now, self.id());
        let [a, b] = self.endpoints;
        let e = if self.script.u8() & 1 == 0 { a } else { b };
        let e = maybe(&mut self.script, e);
        let text = self.text();
        let (chars, bytes, len) = (text.as_ptr().cast(), text.as_ptr(), text.len() - 1);
        let n = self.script.u8();
        let option = m2m_coap_option { number: (n & 7).into(), value: bytes, len };
        let security = self.security(&text);
        let script = &mut self.script;
        unsafe {
            let mut request = filled(m2m_coap_request_init);
            request.confirmable = (n & 1).into();
            request.observe = (n >> 1 & 1).into();
            request.q_block = (n >> 2 & 1).into();
            request.block = i32::from(n >> 3 & 3) - 1;
            request.block_szx = (n >> 5).into();
            request.token = bytes;
            request.token_len = len;
            request.path = c"a".as_ptr();
            let request = maybe(script, &raw mut request);
            match script.u8() & 31 {
                0 => _ = told(m2m_coap_endpoint_abort_connection(e, now, CONNECTION, chars)),
                1 => _ = told(m2m_coap_endpoint_assemble(e, now, id)),
                2 => _ = out(script, |to| m2m_coap_endpoint_block_size(e, to)),
                3 => _ = told(m2m_coap_endpoint_challenge(e, now, id)),
                4 | 5 => {
                    for e in [a, b] {
                        told(m2m_coap_endpoint_connected(e, now, CONNECTION, (n & 3).into()));
                    }
                }
                6 => _ = out(script, |to| m2m_coap_endpoint_counters(e, to)),
                7 => _ = told(m2m_coap_endpoint_disconnected(e, now, CONNECTION)),
                8 => _ = told(m2m_coap_endpoint_forget_peer(e, now, (n & 1).into())),
                9 => _ = told(m2m_coap_endpoint_handle_multicast(e, now, 1, bytes, len)),
                10 => {
                    let taken = out(script, |to| {
                        m2m_coap_endpoint_handle_stream(e, now, CONNECTION, bytes, len, to)
                    });
                    assert!(taken.is_none_or(|taken| taken <= len));
                }
                11 => _ = told(m2m_coap_endpoint_ignore(e, now, id)),
                12 => _ = out(script, |to| m2m_coap_endpoint_incoming(e, id, to)),
                13 => self.with_buffer(|_, to, cap, len| {
                    m2m_coap_endpoint_incoming_option(e, id, n.into(), 0, to, cap, len)
                }),
                14 => self.with_buffer(|_, to, cap, len| {
                    m2m_coap_endpoint_incoming_query(e, id, to.cast(), cap, len)
                }),
                15 => _ = told(m2m_coap_endpoint_is_notifying(e, id)),
                16 => {
                    out(script, |to| m2m_coap_endpoint_next_sequence(e, id, to));
                    out(script, |to| m2m_coap_endpoint_security_view(e, id, to));
                }
                17 => self.with_id(|_, to| m2m_coap_endpoint_ping(e, now, (n & 1).into(), to)),
                18 => {
                    let custody = (n & 1).into();
                    told(m2m_coap_endpoint_ping_connection(e, now, CONNECTION, custody));
                }
                19 => {
                    let options = &raw const option;
                    let count = (n >> 7).into();
                    let release = m2m_coap_endpoint_release_connection;
                    told(release(e, now, CONNECTION, options, count, chars));
                }
                20 => _ = told(m2m_coap_endpoint_remove_observer(e, id)),
                21 => _ = told(m2m_coap_endpoint_remove_security_context(e, now, id)),
                22 => self.with_id(|_, to| {
                    let security = &raw const security;
                    m2m_coap_endpoint_replace_security_context(e, now, id, security, to)
                }),
                23 => self.with_id(|_, to| m2m_coap_endpoint_request_group(e, now, 1, request, to)),
                24 => _ = out(script, |to| m2m_coap_endpoint_response(e, id, to)),
                25 => self
                    .with_id(|_, to| m2m_coap_endpoint_resume_observation(e, now, 1, request, to)),
                26 => self.with_id(|_, to| {
                    // Over the connection, if there is one.
                    m2m_coap_endpoint_request(e, now, CONNECTION, request, to)
                }),
                27 => {
                    let mut parameters = filled(m2m_coap_config_init_small).parameters;
                    parameters.ack_timeout_ms = u32::from(n) << 5;
                    parameters.nstart = (n & 3).into();
                    let parameters = maybe(script, &raw mut parameters);
                    told(m2m_coap_endpoint_set_parameters(e, (n & 1).into(), parameters));
                }
                28 => {
                    out(script, |to| m2m_coap_endpoint_signal(e, CONNECTION, to));
                    self.with_buffer(|_, to, cap, len| {
                        m2m_coap_endpoint_signal_payload(e, CONNECTION, to, cap, len)
                    });
                    self.with_buffer(|_, to, cap, len| {
                        m2m_coap_endpoint_signal_option(e, CONNECTION, 4, 0, to, cap, len)
                    });
                }
                29 => _ = told(m2m_coap_endpoint_stop_retransmission(e, now, id)),
                30 => {
                    self.with_buffer(|_, to, cap, len| m2m_coap_endpoint_token(e, id, to, cap, len))
                }
                _ => {
                    out(script, |to| m2m_coap_endpoint_vouch_for(e, now, (n & 1).into(), to));
                    out(script, |to| m2m_coap_endpoint_retry_at(e, 1, to));
                    out(script, |to| m2m_coap_endpoint_reserved_bytes(e, to));
                    m2m_coap_endpoint_poll_timeout(e);
                    m2m_coap_endpoint_tag(e);
                    let mut config = filled(m2m_coap_config_init);
                    config.exchanges = n.into();
                    let mut streams = filled(m2m_stream_config_init);
                    streams.connections = n.into();
                    let (config, streams) = (&raw const config, &raw const streams);
                    let plain = out(script, |to| m2m_coap_arena_size(config, to));
                    let more =
                        out(script, |to| m2m_coap_arena_size_with_streams(config, streams, to));
                    assert!(plain.zip(more).is_none_or(|(plain, more)| more >= plain));
                }
            }
        }
    }

    /// What is written is read the same.
    fn onem2m_values(&mut self, text: &[u8]) {
        let n = self.script.u8();
        let at = i64::from(self.script.u8()) << (n & 63) >> 7;
        let (name, base) = (text.as_ptr().cast::<core::ffi::c_char>(), c"cse".as_ptr());
        let name = maybe(&mut self.script, name.cast_mut()).cast_const();
        let script = &mut self.script;
        unsafe {
            out(script, |to| m2m_onem2m_timestamp_read(name, to));
            out(script, |to| m2m_onem2m_time_resolve(name, at, to));
            out(script, |to| m2m_onem2m_duration_read(name, to));
            told(m2m_onem2m_schedule_contains(name, at));
            let next: Option<i64> = out(script, |to| m2m_onem2m_schedule_next(name, at, to));
            assert!(next.is_none_or(|next| next >= at));
            let (mut made, mut len) = ([0_u8; 64], 0);
            let (to, cap) = (made.as_mut_ptr().cast(), made.len());
            if told(m2m_onem2m_timestamp_write(at, 1, to, cap, &raw mut len)) {
                let back = out(script, |out| m2m_onem2m_timestamp_read(to, out));
                assert!(back.is_none_or(|back: i64| back == at), "another time");
            }
            if told(m2m_onem2m_duration_write(at.unsigned_abs(), to, cap, &raw mut len)) {
                let back: Option<u64> = out(script, |out| m2m_onem2m_duration_read(to, out));
                assert!(back.is_none_or(|back| back == at.unsigned_abs()), "another span");
            }
            let read: Option<m2m_onem2m_address> =
                out(script, |to| m2m_onem2m_address_read(name, to));
            out::<m2m_onem2m_originator>(script, |to| m2m_onem2m_originator_read(name, to));
            out(script, |to| m2m_onem2m_address_form(name, base, to));
            let mut path = [0_u8; 1200];
            let (to, cap) = (path.as_mut_ptr().cast(), path.len());
            let has_path = told(m2m_onem2m_address_to_path(name, to, cap, &raw mut len));
            assert!(read.is_none() || has_path, "an address without a path");
            if has_path {
                self.with_buffer(|_, buf, cap, len| {
                    m2m_onem2m_address_from_path(to, buf.cast(), cap, len)
                });
            }
            let script = &mut self.script;
            let number = u32::from(n) + if at & 1 == 0 { 0 } else { 950 };
            if told(m2m_onem2m_type_allows_child(number, n.into())) {
                let is: Option<m2m_onem2m_definition> =
                    out(script, |to| m2m_onem2m_type_describe(number, to));
                let last: Option<m2m_onem2m_attribute> = is.and_then(|is| {
                    let index = usize::try_from(is.attributes).unwrap_or(0).saturating_sub(1);
                    out(script, |to| m2m_onem2m_attribute_at(number, index, to))
                });
                assert!(last.is_none_or(|last| last.short_name.len > 0));
            }
            out::<m2m_onem2m_attribute>(script, |to| m2m_onem2m_attribute_find(number, name, to));
            out::<m2m_onem2m_attribute>(script, |to| m2m_onem2m_member_at(name, n.into(), to));
            out::<u32>(script, |to| m2m_onem2m_type_of(name, to));
            self.with_buffer(|_, to, cap, len| {
                m2m_onem2m_type_member_name(number, to.cast(), cap, len)
            });
            let (mut wanted, mut asked) = (0, 0);
            let (data, len_of) = (text.as_ptr(), text.len());
            told(m2m_onem2m_coap_request_read(
                data,
                len_of,
                &raw mut wanted,
                &raw mut asked,
                path.as_mut_ptr(),
                path.len(),
                &raw mut len,
            ));
            let kind = (n & 7).into();
            self.with_buffer(|_, to, cap, len| {
                m2m_onem2m_coap_response_read(data, len_of, kind, to, cap, len)
            });
            self.with_buffer(|_, to, cap, len| {
                let write = m2m_onem2m_coap_request_write;
                write(data, len_of, kind, 1, data, len_of, to, cap, len)
            });
            self.with_buffer(|_, to, cap, len| {
                let write = m2m_onem2m_coap_response_write;
                write(data, len_of, kind, kind, 1, data, len_of, to, cap, len)
            });
            for make in [m2m_onem2m_address_relative, m2m_onem2m_originator_relative] {
                self.with_buffer(|_, to, cap, len| make(name, base, base, to.cast(), cap, len));
            }
            let scope = (n >> 6).into();
            self.with_buffer(|_, to, cap, len| {
                m2m_onem2m_address_in_scope(
                    name,
                    scope,
                    c"sp.org".as_ptr(),
                    base,
                    to.cast(),
                    cap,
                    len,
                )
            });
            self.with_buffer(|_, to, cap, len| {
                m2m_onem2m_address_parent(name, to.cast(), cap, len)
            });
        }
    }

    fn other_onem2m_step(&mut self) {
        let now = self.now;
        let ae = maybe(&mut self.script, self.engines.ae);
        let cse = maybe(&mut self.script, self.engines.cse);
        let text = self.text();
        let n = self.script.u8();
        let script = &mut self.script;
        unsafe {
            match script.u8() & 15 {
                0 => self.with_buffer(|_, to, cap, len| m2m_onem2m_ae_id(ae, to.cast(), cap, len)),
                1 => self
                    .with_buffer(|_, to, cap, len| m2m_onem2m_ae_resource(ae, to.cast(), cap, len)),
                2 => {
                    let name = text.as_ptr().cast();
                    told(m2m_onem2m_ae_restore(ae, now, name, c"cse-in/fuzz".as_ptr()));
                }
                3 => _ = told(m2m_onem2m_ae_set_wall_clock(ae, now, n.into())),
                4 => {
                    let (data, len) = (text.as_ptr(), text.len());
                    told(m2m_onem2m_cse_restore(cse, n.into(), data, len));
                }
                5 => _ = told(m2m_onem2m_cse_finish_restore(cse)),
                6 => _ = out(script, |to| m2m_onem2m_cse_is_registered(cse, to)),
                7 => {
                    out(script, |to| m2m_onem2m_cse_resources(cse, to));
                    out(script, |to| m2m_onem2m_cse_counters(cse, to));
                }
                9 | 10 => self.mqtt(&text),
                12 => self.onem2m_values(&text),
                11 => {
                    let value = m2m_number_decimal(i64::from(n) - 9, i32::from(n) - 128);
                    let units = [c"km/h", c"m/s", c"mV", c"V"].map(core::ffi::CStr::as_ptr);
                    let [from, to] = [n & 3, n >> 2 & 3]
                        .map(|at| units.get(usize::from(at)).copied().unwrap_or(ptr::null()));
                    out(script, |into| m2m_senml_convert(value, from, to, into));
                    told(m2m_senml_unit_allowed(text.as_ptr().cast(), n.into()));
                    let name = text.as_ptr().cast();
                    out(script, |to| m2m_senml_media_type_of(name, to));
                    out(script, |to| m2m_senml_media_type_of_extension(name, to));
                    out(script, |to| m2m_senml_data_format_read(name, to));
                    let number = i32::from(n) + 100;
                    out(script, |to| m2m_senml_media_type_for((n & 3).into(), number, to));
                    let found = out(script, |to| m2m_senml_media_type_at(number, to));
                    assert!(found.is_none_or(|found| found.content_format == number));
                    self.with_buffer(|_, to, cap, len| {
                        m2m_senml_media_type_name(number, to.cast(), cap, len)
                    });
                    self.with_buffer(|_, to, cap, len| {
                        m2m_senml_media_type_extension(number, to.cast(), cap, len)
                    });
                    for text in [
                        m2m_senml_error_text,
                        m2m_coap_error_text,
                        m2m_oscore_error_text,
                        m2m_lwm2m_payload_error_text,
                    ] {
                        assert!(!text(i32::from(n) - 9).is_null());
                    }
                }
                8 => {
                    let reader = maybe(script, &raw mut *self.reader);
                    let mut error = 0;
                    out(script, |to| m2m_senml_reader_error(reader, &raw mut error, to));
                }
                _ => {
                    m2m_onem2m_ae_poll_timeout(ae);
                    m2m_onem2m_ae_tag(ae);
                    m2m_onem2m_cse_poll_timeout(cse);
                    m2m_onem2m_cse_tag(cse);
                }
            }
        }
    }
}
