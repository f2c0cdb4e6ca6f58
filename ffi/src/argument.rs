//! The arguments of Execute.

use core::ffi::c_char;
use core::ptr;

use lwm2m_core::execute::{Argument, ArgumentError, Arguments, write};
use m2m_base::{Counter, SliceSink};

use crate::borrow::{Out, buffer, rows, string, text};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_NOTHING, M2M_OK,
};

/// An argument of an execute.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct m2m_lwm2m_argument {
    /// Its value, without a NUL behind it; NULL for an argument that is only there.
    pub value: *const c_char,
    /// How long that is.
    pub value_len: usize,
    /// Which argument it is, 0 to 9.
    pub digit: i32,
}

/// Reads the argument at index, from 0, of the arguments of an execute (0='x',1), in the order in which they were
/// sent. Its value lies in arguments, which ends with a NUL, as m2m_lwm2m_client_arguments() copies it. M2M_NOTHING if
/// there are not as many; M2M_MALFORMED for what is no list of arguments, wherever that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_argument_at(
    arguments: *const c_char,
    index: usize,
    argument: *mut m2m_lwm2m_argument,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a string, and memory for the result.
        let (list, out) = unsafe { (string(arguments)?, Out::new(argument)?) };
        let list = Arguments::parse(list.as_bytes()).map_err(|_| M2M_MALFORMED)?;
        let Some(Argument { digit, value }) = list.iter().nth(index) else {
            return Ok(M2M_NOTHING);
        };
        out.put(m2m_lwm2m_argument {
            value: value.map_or(ptr::null(), |value| value.as_ptr().cast()),
            value_len: value.map_or(0, str::len),
            digit: digit.into(),
        });
        Ok(M2M_OK)
    }))
}

fn why(error: ArgumentError) -> m2m_result {
    match error {
        ArgumentError::Full => M2M_BUFFER_TOO_SMALL,
        ArgumentError::Digit | ArgumentError::Value => M2M_INVALID,
    }
}

/// Writes the arguments of an execute into buf, and a NUL behind them: the text of an operation. len gets their
/// length without the NUL. With buf NULL and cap 0 only len is written.
///
/// Errors: M2M_INVALID for a digit above 9 or one that comes twice, and for a value with what values do not have:
/// white space, quotation marks, a backslash, anything beyond ASCII; M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_arguments_write(
    arguments: *const m2m_lwm2m_argument,
    arguments_len: usize,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many arguments, and memory for the results.
        let (rows, room, out) =
            unsafe { (rows(arguments, arguments_len)?, buffer(buf.cast(), cap)?, Out::new(len)?) };
        let mut list = [Argument { digit: 0, value: None }; 10];
        let list = list.get_mut(..arguments_len).ok_or(M2M_INVALID)?;
        for (to, row) in list.iter_mut().zip(rows) {
            let digit = u8::try_from(row.digit).map_err(|_| M2M_INVALID)?;
            // SAFETY: the caller passes as many bytes.
            let value = unsafe { text(row.value, row.value_len) }?;
            *to = Argument { digit, value: (!row.value.is_null()).then_some(value) };
        }
        let mut counter = Counter::new();
        write(list, &mut counter).map_err(why)?;
        if !buf.is_null() {
            let (end, room) = room
                .get_mut(..=counter.len())
                .and_then(<[u8]>::split_last_mut)
                .ok_or(M2M_BUFFER_TOO_SMALL)?;
            write(list, &mut SliceSink::new(room)).map_err(why)?;
            *end = 0;
        }
        out.put(counter.len());
        Ok(M2M_OK)
    }))
}
