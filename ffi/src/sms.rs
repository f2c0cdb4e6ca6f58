//! Triggers by SMS (Core 1.2 appendix L): what a server says to a client that it cannot reach otherwise.

use lwm2m_core::sms::Trigger;
use m2m_base::Instant;

use crate::borrow::{Out, buffer, bytes};
use crate::client::{m2m_lwm2m_client, with};
use crate::engine::{checked, disposed};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_OK};

/// Takes the user data of an SMS that came from somebody who may trigger, which is the application's to know: by the
/// number that it comes from, or by the secured packets of the SIM. It can ask for what /1/x/8 and /1/x/9 do when they
/// are executed, if the Trigger resource of that server (/1/x/21) is true. Nothing is answered.
///
/// M2M_OK if it had its effect, M2M_IGNORED for what is no trigger, or one that is not allowed. Then poll for datagrams
/// to send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_handle_sms(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |sms| unsafe {
        with(client, |c| Ok(disposed(c.handle_sms(Instant::from_millis(now_ms), sms))))
    })
}

/// Writes the user data of an SMS that triggers into buf, header included: at most 35 bytes, to be sent as 8-bit data
/// with a user data header to the number that the client registered with. It asks the client for an Update of the
/// registration that its Server object instance server has or, with bootstrap not 0, for a bootstrap. id is a message
/// ID that was not used lately, token has up to 8 bytes. len gets the length.
///
/// Errors: M2M_INVALID for a longer token; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_trigger_write(
    server: u16,
    bootstrap: i32,
    id: u16,
    token: *const u8,
    token_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (token, room, out) =
            unsafe { (bytes(token, token_len)?, buffer(buf, cap)?, Out::new(len)?) };
        if token.len() > 8 {
            return Err(M2M_INVALID);
        }
        let trigger = Trigger { server, bootstrap: bootstrap != 0 };
        out.put(trigger.write(id, token, room).map_err(|_| M2M_BUFFER_TOO_SMALL)?);
        Ok(M2M_OK)
    }))
}

/// Reads the user data of an SMS: *server gets the Server object instance, *bootstrap 1 if a bootstrap is asked for,
/// 0 for an Update. M2M_MALFORMED for what is no trigger.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_trigger_read(
    data: *const u8,
    len: usize,
    server: *mut u16,
    bootstrap: *mut i32,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for two numbers.
        let (data, server, bootstrap) =
            unsafe { (bytes(data, len)?, Out::new(server)?, Out::new(bootstrap)?) };
        let trigger = Trigger::read(data).map_err(|_| M2M_MALFORMED)?;
        server.put(trigger.server);
        bootstrap.put(trigger.bootstrap.into());
        Ok(M2M_OK)
    }))
}
