//! Signalling: what the options of each message mean (RFC 8323 section 5, RFC 8974 section 2.2.1).

use crate::{Code, MessageOption, OptionFormat, OptionNumber};

/// Longest message that a peer takes which has not said otherwise, in bytes (RFC 8323 section
/// 5.3.1).
pub const BASE_MESSAGE_SIZE: u32 = 1152;

/// One row of the registry of signalling options: their numbers count for each code anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignalOption {
    /// The message that it belongs to.
    pub code: Code,
    /// Its number there.
    pub number: OptionNumber,
    /// The registered name.
    pub name: &'static str,
    /// May it occur more than once?
    pub repeatable: bool,
    /// Shortest and longest value in bytes.
    pub length: (u16, u16),
    /// How its value is read.
    pub format: OptionFormat,
}

macro_rules! options {
    ($($konst:ident = $code:ident $number:literal, $name:literal, $repeat:literal, $min:literal ..= $max:literal, $format:ident, $text:literal;)*) => {
        impl SignalOption {
            $(#[doc = $text]
            pub const $konst: SignalOption = SignalOption {
                code: Code::$code,
                number: OptionNumber($number),
                name: $name,
                repeatable: $repeat,
                length: ($min, $max),
                format: OptionFormat::$format,
            };)*

            /// All that there are.
            pub const ALL: &'static [SignalOption] = &[$(SignalOption::$konst,)*];
        }
    };
}

options! {
    MAX_MESSAGE_SIZE = CSM 2, "Max-Message-Size", false, 0..=4, Uint,
        "Longest message that the sender takes, in bytes.";
    BLOCK_WISE_TRANSFER = CSM 4, "Block-Wise-Transfer", false, 0..=0, Empty,
        "The sender knows block-wise transfer; with a Max-Message-Size above 1152, BERT too.";
    EXTENDED_TOKEN_LENGTH = CSM 6, "Extended-Token-Length", false, 0..=3, Uint,
        "Longest token that the sender takes in requests, in bytes (RFC 8974).";
    PING_CUSTODY = PING 2, "Custody", false, 0..=0, Empty,
        "Asks for the pong when all that came before is processed.";
    PONG_CUSTODY = PONG 2, "Custody", false, 0..=0, Empty,
        "All that came before the ping is processed.";
    ALTERNATIVE_ADDRESS = RELEASE 2, "Alternative-Address", true, 1..=255, Text,
        "Where to connect instead: host and port as in a URI.";
    HOLD_OFF = RELEASE 4, "Hold-Off", false, 0..=3, Uint,
        "Seconds for which not to connect again.";
    BAD_CSM_OPTION = ABORT 2, "Bad-CSM-Option", false, 0..=2, Uint,
        "Number of the option of a CSM that cannot be processed.";
}

impl SignalOption {
    /// The row of an option of a message with this code; `None` if it is not in the registry.
    #[must_use]
    pub fn find(code: Code, number: OptionNumber) -> Option<SignalOption> {
        SignalOption::ALL.iter().copied().find(|o| o.code == code && o.number == number)
    }

    /// True if the length of this value is within the bounds of the option.
    #[must_use]
    pub fn allows(&self, option: &MessageOption<'_>) -> bool {
        let len = option.value.len();
        len >= usize::from(self.length.0) && len <= usize::from(self.length.1)
    }
}
