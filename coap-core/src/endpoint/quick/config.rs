//! The parameters of transfers with Q-Block options (RFC 9177 section 7.2).

use m2m_base::Duration;

/// When blocks go out, and when missing ones are asked for (RFC 9177 section 7.2, table 3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QBlockParameters {
    /// `MAX_PAYLOADS`: how many blocks go out at a time, 1 to 32. The same at both ends.
    pub max_payloads: u8,
    /// `NON_TIMEOUT`: the shortest pause between two sets of blocks. The pause of a transfer is
    /// between this and one and a half times as much, at random (`NON_TIMEOUT_RANDOM`).
    pub non_timeout: Duration,
    /// `NON_RECEIVE_TIMEOUT`: how long a missing block is waited for before it is asked for, the
    /// first time; then twice as long each time. At least a second more than the longest pause.
    pub non_receive_timeout: Duration,
    /// `NON_MAX_RETRANSMIT`: how often missing blocks are asked for without any coming, at most 20.
    pub non_max_retransmit: u8,
    /// `NON_PROBING_WAIT`: the most that a body waits because the one before was not answered.
    pub non_probing_wait: Duration,
    /// `NON_PARTIAL_TIMEOUT`: how long a part of a body, and a body that may be asked for again, is
    /// kept.
    pub non_partial_timeout: Duration,
    /// `PROBING_RATE`: bytes a second to a peer that does not answer, at least 1.
    pub probing_rate: u32,
}

impl QBlockParameters {
    /// The defaults of RFC 9177 section 7.2.
    pub const DEFAULT: QBlockParameters = QBlockParameters {
        max_payloads: 10,
        non_timeout: Duration::from_secs(2),
        non_receive_timeout: Duration::from_secs(4),
        non_max_retransmit: 4,
        non_probing_wait: Duration::from_secs(248),
        non_partial_timeout: Duration::from_secs(247),
        probing_rate: 1,
    };

    pub(in crate::endpoint) fn are_valid(&self) -> bool {
        let longest = self.non_timeout.as_millis().saturating_mul(3) / 2;
        (1..=32).contains(&self.max_payloads)
            && self.non_timeout > Duration::ZERO
            && self.non_receive_timeout.as_millis() >= longest.saturating_add(1000)
            && self.non_max_retransmit <= 20
            && self.probing_rate >= 1
    }
}

impl Default for QBlockParameters {
    /// [`QBlockParameters::DEFAULT`].
    fn default() -> Self {
        QBlockParameters::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, ConfigError, Endpoint, Limits, Parameters};
    use m2m_base::Seed;

    #[test]
    fn rfc9177_7_2_defaults_and_what_is_refused() {
        let ok = QBlockParameters::DEFAULT;
        let times = [ok.non_timeout, ok.non_receive_timeout, ok.non_partial_timeout];
        assert_eq!(times.map(Duration::as_secs), [2, 4, 247]);
        assert_eq!((ok.max_payloads, ok.non_max_retransmit, ok.probing_rate), (10, 4, 1));
        for (q_block, good) in [
            (ok, true),
            (QBlockParameters { max_payloads: 0, ..ok }, false),
            (QBlockParameters { max_payloads: 33, ..ok }, false),
            // It must be greater than NON_TIMEOUT_RANDOM by at least one second.
            (QBlockParameters { non_receive_timeout: Duration::from_millis(3999), ..ok }, false),
            (QBlockParameters { non_max_retransmit: 21, ..ok }, false),
            (QBlockParameters { probing_rate: 0, ..ok }, false),
        ] {
            let parameters = Parameters { q_block, ..Parameters::DEFAULT };
            let made =
                Endpoint::new(&Config { limits: Limits::DEVICE, parameters }, &Seed([1; 32]));
            assert_eq!(made.err(), (!good).then_some(ConfigError::Parameter), "{q_block:?}");
        }
    }
}
