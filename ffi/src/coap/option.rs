//! What the registries say of options (RFC 7252 sections 5.4 and 12.2, RFC 8323 section 11.2).

use core::ffi::c_char;

#[cfg(feature = "stream")]
use coap_core::stream::SignalOption;
use coap_core::{Code, OptionFormat, OptionNumber};

use crate::borrow::{Out, OutBytes};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};

/// Codes of the signalling messages of connections (RFC 8323 section 5).
#[repr(C)]
pub enum m2m_coap_signal {
    /// 7.01 CSM: what the sender can do, the first message of either side.
    M2M_COAP_SIGNAL_CSM = 0xE1,
    /// 7.02 Ping
    M2M_COAP_SIGNAL_PING = 0xE2,
    /// 7.03 Pong
    M2M_COAP_SIGNAL_PONG = 0xE3,
    /// 7.04 Release: asks for the end of the connection.
    M2M_COAP_SIGNAL_RELEASE = 0xE4,
    /// 7.05 Abort: the connection ends now.
    M2M_COAP_SIGNAL_ABORT = 0xE5,
}

/// Max-Message-Size of CSM: the longest message that the sender takes, in bytes; 1152 without it. The numbers of the
/// options of signalling messages count for each code anew.
pub const M2M_COAP_MAX_MESSAGE_SIZE: u16 = 2;
/// Block-Wise-Transfer of CSM: the sender knows it; with a Max-Message-Size above 1152, BERT too.
pub const M2M_COAP_BLOCK_WISE_TRANSFER: u16 = 4;
/// Extended-Token-Length of CSM: the longest token that the sender takes in requests, in bytes (RFC 8974).
pub const M2M_COAP_EXTENDED_TOKEN_LENGTH: u16 = 6;
/// Custody of Ping and Pong: the answer is to come when all that came before is processed, or does.
pub const M2M_COAP_CUSTODY: u16 = 2;
/// Alternative-Address of Release: where to connect instead, host and port as in a URI. It may be repeated.
pub const M2M_COAP_ALTERNATIVE_ADDRESS: u16 = 2;
/// Hold-Off of Release: for how many seconds not to connect again.
pub const M2M_COAP_HOLD_OFF: u16 = 4;
/// Bad-CSM-Option of Abort: the number of the option of a CSM that could not be processed.
pub const M2M_COAP_BAD_CSM_OPTION: u16 = 2;

/// How the value of an option is read (RFC 7252 section 3.2).
#[repr(C)]
pub enum m2m_coap_option_format {
    /// No bytes.
    M2M_COAP_FORMAT_EMPTY = 0,
    /// Any bytes.
    M2M_COAP_FORMAT_OPAQUE = 1,
    /// An integer in network byte order, leading zero bytes left out.
    M2M_COAP_FORMAT_UINT = 2,
    /// UTF-8.
    M2M_COAP_FORMAT_TEXT = 3,
}

use m2m_coap_option_format::*;

/// What an option is. Of one that is not in the registry, the number alone says critical, unsafe_to_forward and
/// no_cache_key, and the rest is 0.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_coap_option_properties {
    /// 1 if who does not understand it must refuse the message.
    pub critical: i32,
    /// 1 if a proxy that does not understand it must not forward the message.
    pub unsafe_to_forward: i32,
    /// 1 if it is left out of a cache key.
    pub no_cache_key: i32,
    /// 1 if it is in the registry, as far as the library knows that.
    pub known: i32,
    /// 1 if it may occur more than once.
    pub repeatable: i32,
    /// One of enum m2m_coap_option_format.
    pub format: i32,
    /// The shortest value, in bytes.
    pub least: u16,
    /// The longest value, in bytes.
    pub most: u16,
}

/// A row of either registry.
struct Row {
    name: &'static str,
    repeatable: bool,
    length: (u16, u16),
    format: OptionFormat,
}

/// The row of an option of a message with this code.
fn row(code_of: Code, number: OptionNumber) -> Option<Row> {
    #[cfg(feature = "stream")]
    if code_of.is_signal() {
        let SignalOption { name, repeatable, length, format, .. } =
            SignalOption::find(code_of, number)?;
        return Some(Row { name, repeatable, length, format });
    }
    let row = number.definition().filter(|_| !code_of.is_signal())?;
    Some(Row { name: row.name, repeatable: row.repeatable, length: row.length, format: row.format })
}

fn code_of(number: i32) -> Result<Code, m2m_result> {
    Ok(Code(u8::try_from(number).map_err(|_| M2M_INVALID)?))
}

/// What an option is of a message with this code: the number of an option means something else in each of enum
/// m2m_coap_signal, and the same in all others, such as 0. M2M_INVALID for a code above 255.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_option_describe(
    message_code: i32,
    number: u16,
    properties: *mut m2m_coap_option_properties,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the result.
        let out = unsafe { Out::new(properties) }?;
        let (code_of, number) = (code_of(message_code)?, OptionNumber(number));
        let row = row(code_of, number);
        // What a proxy does is of no meaning on one connection (RFC 8323 section 5.2).
        let proxied = !code_of.is_signal();
        out.put(m2m_coap_option_properties {
            critical: number.is_critical().into(),
            unsafe_to_forward: (proxied && number.is_unsafe()).into(),
            no_cache_key: (proxied && number.is_no_cache_key()).into(),
            known: row.is_some().into(),
            repeatable: row.as_ref().is_some_and(|row| row.repeatable).into(),
            format: row.as_ref().map_or(M2M_COAP_FORMAT_EMPTY, |row| match row.format {
                OptionFormat::Empty => M2M_COAP_FORMAT_EMPTY,
                OptionFormat::Opaque => M2M_COAP_FORMAT_OPAQUE,
                OptionFormat::Uint => M2M_COAP_FORMAT_UINT,
                OptionFormat::Text => M2M_COAP_FORMAT_TEXT,
            }) as i32,
            least: row.as_ref().map_or(0, |row| row.length.0),
            most: row.as_ref().map_or(0, |row| row.length.1),
        });
        Ok(M2M_OK)
    }))
}

/// Copies the registered name of an option of a message with this code, such as "Uri-Path" of M2M_COAP_URI_PATH, into
/// buf, and a NUL behind it, as m2m_coap_code_name() does. M2M_NOTHING for an option without one; M2M_INVALID for a
/// code above 255.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_option_name(
    message_code: i32,
    number: u16,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        let row = row(code_of(message_code)?, OptionNumber(number));
        out.put_text(row.map(|row| row.name))
    }))
}
