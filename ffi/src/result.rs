//! What every call returns.

use core::ffi::{CStr, c_char};

/// What a call returns: 0, or a benign result above 0, or an error below 0. Functions return it as
/// an int32_t; m2m_strerror() says it in English.
///
/// No error of an engine is ever caused by what a peer sent: those are counted
/// (m2m_lwm2m_client_counters()) and answered as the protocol says.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_result {
    /// Done.
    M2M_OK = 0,
    /// There is nothing (more): no datagram to send, no event, no path.
    M2M_NOTHING = 1,
    /// The datagram had been received before. Its answer goes out again where there is one.
    M2M_DUPLICATE = 2,
    /// The datagram was answered with a reset or an error. The counters say why.
    M2M_REFUSED = 3,
    /// The datagram was dropped. The counters say why.
    M2M_IGNORED = 4,

    /// A pointer that must not be NULL is NULL.
    M2M_NULL = -1,
    /// An argument is outside the range that its documentation names.
    M2M_INVALID = -2,
    /// The handle is inside another call, of another thread or of a signal handler. Nothing was
    /// done.
    M2M_BUSY = -3,
    /// A bug in this library was caught, in this call or in an earlier one, and the handle can
    /// only be freed. The process goes on.
    M2M_POISONED = -4,
    /// The buffer is too small. Nothing is lost: call again with a larger one.
    M2M_BUFFER_TOO_SMALL = -5,
    /// The memory could not be had.
    M2M_OUT_OF_MEMORY = -6,
    /// A table of the handle is full: see its configuration.
    M2M_FULL = -7,
    /// Text is not UTF-8.
    M2M_NOT_UTF8 = -8,
    /// No server has this Short Server ID.
    M2M_UNKNOWN_SERVER = -9,
    /// The client has no object with this ID.
    M2M_UNKNOWN_OBJECT = -10,
    /// There is nothing at this path, the object has no such resource, or this cannot be done to a
    /// path of this depth.
    M2M_UNKNOWN_PATH = -11,
    /// The id names nothing, or no longer.
    M2M_UNKNOWN_ID = -12,
    /// What is to be made is there already.
    M2M_EXISTS = -13,
    /// The resource has another type.
    M2M_WRONG_TYPE = -14,
    /// The value is outside the range that the object's definition gives the resource.
    M2M_OUT_OF_RANGE = -15,
    /// The object, or the state of the registration, does not allow this.
    M2M_NOT_ALLOWED = -16,
    /// Something else is wrong. Cannot happen between a header and a library of one version.
    M2M_UNSPECIFIED = -17,
    /// What is to be read is not well formed. Only what reads a payload by itself returns it, such as
    /// m2m_senml_reader_next().
    M2M_MALFORMED = -18,
    /// The options fill a message, or the body or a name is longer than the configuration or the
    /// standard allows.
    M2M_TOO_LONG = -19,
}

use m2m_result::*;

/// How the inside of a call ends: a benign result or an error, which is the same to C.
pub(crate) type Outcome = Result<m2m_result, m2m_result>;

impl m2m_result {
    const ALL: [m2m_result; 24] = [
        M2M_OK,
        M2M_NOTHING,
        M2M_DUPLICATE,
        M2M_REFUSED,
        M2M_IGNORED,
        M2M_NULL,
        M2M_INVALID,
        M2M_BUSY,
        M2M_POISONED,
        M2M_BUFFER_TOO_SMALL,
        M2M_OUT_OF_MEMORY,
        M2M_FULL,
        M2M_NOT_UTF8,
        M2M_UNKNOWN_SERVER,
        M2M_UNKNOWN_OBJECT,
        M2M_UNKNOWN_PATH,
        M2M_UNKNOWN_ID,
        M2M_EXISTS,
        M2M_WRONG_TYPE,
        M2M_OUT_OF_RANGE,
        M2M_NOT_ALLOWED,
        M2M_UNSPECIFIED,
        M2M_MALFORMED,
        M2M_TOO_LONG,
    ];

    const fn text(self) -> &'static CStr {
        match self {
            M2M_OK => c"done",
            M2M_NOTHING => c"nothing there",
            M2M_DUPLICATE => c"the datagram came before",
            M2M_REFUSED => c"the datagram was refused",
            M2M_IGNORED => c"the datagram was dropped",
            M2M_NULL => c"a pointer is NULL",
            M2M_INVALID => c"an argument is out of range",
            M2M_BUSY => c"the handle is in use",
            M2M_POISONED => c"the handle met a bug and can only be freed",
            M2M_BUFFER_TOO_SMALL => c"the buffer is too small",
            M2M_OUT_OF_MEMORY => c"out of memory",
            M2M_FULL => c"a table of the handle is full",
            M2M_NOT_UTF8 => c"the text is not UTF-8",
            M2M_UNKNOWN_SERVER => c"no server has this Short Server ID",
            M2M_UNKNOWN_OBJECT => c"the client has no such object",
            M2M_UNKNOWN_PATH => c"nothing is at this path that this can be done to",
            M2M_UNKNOWN_ID => c"the id names nothing",
            M2M_EXISTS => c"it is there already",
            M2M_WRONG_TYPE => c"the resource has another type",
            M2M_OUT_OF_RANGE => c"outside the resource's range",
            M2M_NOT_ALLOWED => c"not allowed here or now",
            M2M_UNSPECIFIED => c"unspecified error",
            M2M_MALFORMED => c"not well formed",
            M2M_TOO_LONG => c"too long",
        }
    }

    /// The number that C gets.
    pub(crate) const fn code(self) -> i32 {
        self as i32
    }
}

/// The number that C gets for either end of a call.
pub(crate) fn code(outcome: Outcome) -> i32 {
    match outcome {
        Ok(result) | Err(result) => result.code(),
    }
}

/// The meaning of a result in English: a string that is never NULL and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_strerror(result: i32) -> *const c_char {
    m2m_result::ALL
        .iter()
        .find(|r| r.code() == result)
        .map_or(c"not a result of this library", |r| r.text())
        .as_ptr()
}

impl From<lwm2m_core::client::UsageError> for m2m_result {
    fn from(error: lwm2m_core::client::UsageError) -> Self {
        use lwm2m_core::client::UsageError;
        match error {
            UsageError::UnknownServer => M2M_UNKNOWN_SERVER,
            UsageError::UnknownObject => M2M_UNKNOWN_OBJECT,
            UsageError::UnknownPath => M2M_UNKNOWN_PATH,
            UsageError::UnknownId => M2M_UNKNOWN_ID,
            UsageError::Exists => M2M_EXISTS,
            UsageError::WrongType => M2M_WRONG_TYPE,
            UsageError::OutOfRange => M2M_OUT_OF_RANGE,
            UsageError::NotAllowed => M2M_NOT_ALLOWED,
            UsageError::Full => M2M_FULL,
            UsageError::Invalid => M2M_INVALID,
            _ => M2M_UNSPECIFIED,
        }
    }
}

impl From<lwm2m_core::client::ConfigError> for m2m_result {
    fn from(error: lwm2m_core::client::ConfigError) -> Self {
        use lwm2m_core::client::ConfigError;
        match error {
            ConfigError::Coap(coap_core::ConfigError::OutOfMemory) | ConfigError::OutOfMemory => {
                M2M_OUT_OF_MEMORY
            }
            _ => M2M_INVALID,
        }
    }
}

impl From<coap_core::ConfigError> for m2m_result {
    fn from(error: coap_core::ConfigError) -> Self {
        match error {
            coap_core::ConfigError::OutOfMemory => M2M_OUT_OF_MEMORY,
            _ => M2M_INVALID,
        }
    }
}

impl From<coap_core::UsageError> for m2m_result {
    fn from(error: coap_core::UsageError) -> Self {
        use coap_core::UsageError;
        match error {
            UsageError::UnknownId => M2M_UNKNOWN_ID,
            UsageError::Full => M2M_FULL,
            UsageError::TooLong => M2M_TOO_LONG,
            UsageError::Invalid => M2M_INVALID,
            // Refused by the peer, closing, used up: it depends on the features which there are.
            _ => M2M_NOT_ALLOWED,
        }
    }
}

#[cfg(feature = "server")]
impl From<lwm2m_core::server::UsageError> for m2m_result {
    fn from(error: lwm2m_core::server::UsageError) -> Self {
        use lwm2m_core::server::UsageError;
        match error {
            UsageError::UnknownId => M2M_UNKNOWN_ID,
            UsageError::Full => M2M_FULL,
            UsageError::TooLong => M2M_TOO_LONG,
            UsageError::Path | UsageError::Format | UsageError::Syntax => M2M_INVALID,
            _ => M2M_UNSPECIFIED,
        }
    }
}

#[cfg(feature = "onem2m")]
impl From<onem2m_core::ae::UsageError> for m2m_result {
    fn from(error: onem2m_core::ae::UsageError) -> Self {
        use onem2m_core::ae::UsageError;
        match error {
            UsageError::NotRegistered | UsageError::Registered => M2M_NOT_ALLOWED,
            UsageError::Full => M2M_FULL,
            UsageError::Invalid => M2M_INVALID,
            UsageError::UnknownId => M2M_UNKNOWN_ID,
        }
    }
}

/// A text of Rust's with a NUL behind it.
#[cfg(any(feature = "coap", feature = "senml", feature = "payloads"))]
pub(crate) const fn terminated<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let (mut to, mut from): (&mut [u8], _) = (&mut bytes, text.as_bytes());
    while let (Some((first, rest)), [byte, more @ ..]) = (to.split_first_mut(), from) {
        *first = *byte;
        (to, from) = (rest, more);
    }
    bytes
}

/// The numbers that C has for kinds of errors of a crate, and their texts, which are the crate's.
#[cfg(any(feature = "coap", feature = "senml", feature = "payloads"))]
macro_rules! kinds_of_errors {
    ($Kind:ident to $Number:ident, or $none:ident: $($kind:ident = $number:ident,)*) => {
        impl From<$Kind> for $Number {
            fn from(kind: $Kind) -> Self {
                match kind {
                    $($Kind::$kind => $Number::$number,)*
                    _ => $Number::$none,
                }
            }
        }

        impl $Number {
            /// In English, for ever.
            pub(crate) fn text(number: i32) -> &'static core::ffi::CStr {
                const NONE: i32 = $Number::$none as i32;
                $(const $number: i32 = $Number::$number as i32;)*
                match number {
                    NONE => c"nothing is wrong",
                    $($number => {
                        const TEXT: &str = $Kind::$kind.text();
                        const BYTES: [u8; TEXT.len() + 1] = $crate::result::terminated(TEXT);
                        const { match core::ffi::CStr::from_bytes_with_nul(&BYTES) {
                            Ok(text) => text,
                            Err(_) => c"",
                        } }
                    })*
                    _ => c"not an error of this library",
                }
            }
        }
    };
}
#[cfg(any(feature = "coap", feature = "senml", feature = "payloads"))]
pub(crate) use kinds_of_errors;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_tell_errors_from_benign_results() {
        for (at, result) in m2m_result::ALL.iter().enumerate() {
            assert_eq!(result.code() >= 0, at <= 4, "{result:?}");
            assert!(m2m_result::ALL.iter().skip(at + 1).all(|r| r.code() != result.code()));
        }
    }
}
