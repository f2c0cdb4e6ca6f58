//! The size of an arena, told beforehand.

use core::mem::size_of;

use lwm2m_core::client::Client;

use super::{m2m_lwm2m_client, m2m_lwm2m_client_config};
use crate::borrow::Out;
use crate::guard::caught;
use crate::memory::arena_for;
use crate::object::blocks;
use crate::result::code;
use crate::result::m2m_result::M2M_OK;

/// How many bytes of an arena a client with this configuration takes: what m2m_init() needs for it, to
/// within a few per cent. No memory is needed to ask.
///
/// Errors: M2M_INVALID for a member of the configuration that is out of its range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_arena_size(
    config: *const m2m_lwm2m_client_config,
    size: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for a number, and a structure that says its length and
        // points to what it says.
        let (out, config) = unsafe { (Out::new(size)?, m2m_lwm2m_client_config::read(config)?) };
        // SAFETY: the same.
        let (given, definitions) = unsafe {
            (
                config.get()?,
                blocks(config.standard_objects_len, (config.objects, config.objects_len))?,
            )
        };
        let counted = Client::needs(&given)?;
        // The client's own list of objects.
        let objects = config.standard_objects_len.saturating_add(config.objects_len);
        let listed = objects.saturating_mul(size_of::<usize>());
        let blocks = definitions.chain([size_of::<m2m_lwm2m_client>()]);
        out.put(arena_for(&counted, blocks).saturating_add(listed));
        Ok(M2M_OK)
    }))
}
