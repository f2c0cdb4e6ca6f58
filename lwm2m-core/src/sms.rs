//! What a server says by SMS to a client that it cannot reach otherwise (Core 1.2 appendix L): an
//! Execute of Registration Update Trigger or of Bootstrap-Request Trigger, which is never answered.
//!
//! The SMS is a WAP push to the application of LwM2M, or the CoAP message alone. A driver sends what
//! [`Trigger::write`] writes to the number that the client registered with (`sms`), as 8-bit data
//! with a user data header, and gives what the modem of the client takes to the engine
//! (`client::Client::handle_sms`). Whether the sender may is the driver's to know: by the number that
//! the message comes from, or by the secured packets of the SIM (/0/x/6).
//!
//! ```
//! use lwm2m_core::sms::Trigger;
//!
//! let mut sms = [0; 40];
//! let len = Trigger { server: 0, bootstrap: false }.write(0xb60b, b"!a\xfbc", &mut sms)?;
//! assert_eq!(sms[..13], *b"\x06\x05\x04\x0b\x84\xc0\x02\x01\x06\x03\xc4\xaf\x9a");
//! assert_eq!(sms[13..len], *b"\x44\x02\xb6\x0b!a\xfbc\xb1\x31\x01\x30\x01\x38");
//! assert_eq!(Trigger::read(&sms[..len])?, Trigger { server: 0, bootstrap: false });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All else that LwM2M has over SMS (binding `S`) and over non-IP carriers (`N`) is the engines' CoAP in
//! other datagrams: the driver mints a `PeerId` for a number, and the limits of the engine
//! (`message_size`) are those of the carrier: 140 bytes of an SMS, or what the network takes.

use coap_core::{Code, Message, MessageType, MessageWriter, TooLong};
use core::fmt;
use m2m_base::SliceSink;
use m2m_base::decimal::write_u64;

/// The user data header (to port 2948) and the WSP push of content type and
/// application `x-wap-application:lwm2m.dm`, before the CoAP message.
pub const PUSH: [u8; 13] =
    [0x06, 0x05, 0x04, 0x0b, 0x84, 0xc0, 0x02, 0x01, 0x06, 0x03, 0xc4, 0xaf, 0x9a];
/// Those of it that are the user data header, which modems may take off.
const USER_DATA_HEADER: usize = 7;

/// What is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// The instance of the LwM2M Server object at the client that is the server's.
    pub server: u16,
    /// A bootstrap (/1/x/9); else an Update of the registration (/1/x/8).
    pub bootstrap: bool,
}

/// The bytes are no trigger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoTrigger;

impl fmt::Display for NoTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a trigger of LwM2M by SMS")
    }
}

impl core::error::Error for NoTrigger {}

impl Trigger {
    /// Writes the user data of the SMS: header and message, 27 to 35 bytes. Gives its length.
    ///
    /// # Errors
    /// [`TooLong`] if `buf` is too short, or the token has more than eight bytes.
    pub fn write(&self, id: u16, token: &[u8], buf: &mut [u8]) -> Result<usize, TooLong> {
        let (head, rest) = buf.split_at_mut_checked(PUSH.len()).ok_or(TooLong)?;
        head.copy_from_slice(&PUSH);
        let mut digits = [0; 5];
        let mut sink = SliceSink::new(&mut digits);
        write_u64(&mut sink, self.server.into()).map_err(|_| TooLong)?;
        let path = coap_core::OptionNumber::URI_PATH;
        let confirmable = MessageType::Confirmable;
        let mut message = MessageWriter::in_buffer(rest, confirmable, Code::POST, id, token)?;
        message.option(path, b"1")?.option(path, sink.written())?;
        message.option(path, if self.bootstrap { b"9" } else { b"8" })?;
        Ok(message.finish(&[])?.len().saturating_add(PUSH.len()))
    }

    /// Reads the user data of an SMS, with its header, with what is left when the modem has taken the
    /// user data header off, or the message alone.
    ///
    /// # Errors
    /// [`NoTrigger`]
    pub fn read(sms: &[u8]) -> Result<Trigger, NoTrigger> {
        let push = PUSH.get(USER_DATA_HEADER..).unwrap_or(&[]);
        let message = sms.strip_prefix(&PUSH).or_else(|| sms.strip_prefix(push)).unwrap_or(sms);
        let message = Message::parse(message).map_err(|_| NoTrigger)?;
        let mut path = message.options.path();
        let parts = [path.next(), path.next(), path.next(), path.next()];
        let [Some(b"1"), Some(server), Some(what), None] = parts else { return Err(NoTrigger) };
        let critical = message.options.iter().any(|option| {
            option.number.is_critical() && option.number != coap_core::OptionNumber::URI_PATH
        });
        let asks =
            matches!(message.message_type, MessageType::Confirmable | MessageType::NonConfirmable);
        if message.code != Code::POST || critical || !asks {
            return Err(NoTrigger);
        }
        let bootstrap = match what {
            b"8" => false,
            b"9" => true,
            _ => return Err(NoTrigger),
        };
        Ok(Trigger { server: number(server).ok_or(NoTrigger)?, bootstrap })
    }
}

/// The ID of an instance, without zeros before it.
fn number(digits: &[u8]) -> Option<u16> {
    if digits.len() > 5 || (digits.len() > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(10);
    let number = digits.iter().try_fold(0u32, |all, byte| Some(all * 10 + digit(byte)?))?;
    u16::try_from(number).ok().filter(|number| *number != u16::MAX && !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// Core 1.2 appendix L.
    const EXAMPLE: &[u8] = b"\x44\x02\xb6\x0b\x21\x61\xfb\x63\xb1\x31\x01\x30\x01\x38";

    #[test]
    fn core_l_the_example_of_the_standard() {
        let update = Trigger { server: 0, bootstrap: false };
        let mut buf = [0; 64];
        let len = update.write(0xb60b, b"\x21\x61\xfb\x63", &mut buf).unwrap();
        assert_eq!(buf[..len], [&PUSH[..], EXAMPLE].concat());
        for sms in [&buf[..len], &buf[USER_DATA_HEADER..len], EXAMPLE] {
            assert_eq!(Trigger::read(sms), Ok(update));
        }
        for len in 0..len {
            assert_eq!(update.write(1, b"abcd", &mut buf[..len]), Err(TooLong));
        }
    }

    #[test]
    fn core_l_only_the_two_triggers() {
        for wrong in [
            &b""[..],
            b"\x44\x02\xb6\x0b\x21\x61\xfb\x63\xb1\x31\x01\x30\x01\x34",
            b"\x44\x02\xb6\x0b\x21\x61\xfb\x63\xb1\x31\x01\x30",
            b"\x44\x02\xb6\x0b\x21\x61\xfb\x63\xb1\x33\x01\x30\x01\x38",
            b"\x44\x03\xb6\x0b\x21\x61\xfb\x63\xb1\x31\x01\x30\x01\x38",
            b"\x64\x02\xb6\x0b\x21\x61\xfb\x63\xb1\x31\x01\x30\x01\x38",
            b"\x40\x02\xb6\x0b\xb1\x31\x02\x30\x30\x01\x38",
            b"\x40\x02\xb6\x0b\xb1\x31\x05\x36\x35\x35\x33\x35\x01\x38",
            b"\x40\x02\xb6\x0b\xb1\x31\x01\x30\x01\x38\x01\x30",
            b"\x40\x02\xb6\x0b\xb1\x31\x01\x30\x01\x38\x60",
        ] {
            assert_eq!(Trigger::read(wrong), Err(NoTrigger), "{wrong:x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            server in 0..u16::MAX, bootstrap: bool, id: u16,
            token in proptest::collection::vec(any::<u8>(), 0..=8),
        ) {
            let trigger = Trigger { server, bootstrap };
            let mut buf = [0; 64];
            let len = trigger.write(id, &token, &mut buf).unwrap();
            prop_assert_eq!(Trigger::read(&buf[..len]), Ok(trigger));
            for cut in 0..len {
                prop_assert!(Trigger::read(&buf[..cut]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>) {
            let _ = Trigger::read(&bytes);
        }
    }
}
