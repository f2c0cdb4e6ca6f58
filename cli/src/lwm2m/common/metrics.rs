//! What servers count, in the text format of Prometheus.

use super::kept::Kept;
use crate::driver::Driver;
use crate::web::Tally;
use m2m_base::Engine;
use std::fmt::Write;

/// One number: its name, what it is of, and itself.
pub(crate) type Row = (&'static str, &'static str, u64);

/// Numbers that only grow, and those of this moment.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) counters: Vec<Row>,
    pub(crate) gauges: Vec<Row>,
}

impl Numbers {
    /// What goes on below an engine and beside it: on the sockets, in CoAP, in the store.
    pub(crate) fn below<E>(driver: &Driver<Kept<E>>, coap: &coap_core::Counters) -> Numbers
    where
        Kept<E>: Engine,
    {
        let (traffic, network, kept) = (driver.traffic, driver.counts(), &driver.engine);
        let of = |n: u32| u64::from(n);
        let size = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let counters = vec![
            ("messages_received_total", "Messages of CoAP received.", traffic.received),
            ("messages_sent_total", "Messages of CoAP sent.", traffic.sent),
            ("bytes_total", "Bytes of these messages.", traffic.bytes),
            ("coap_retransmitted_total", "Messages sent again.", of(coap.retransmitted)),
            ("coap_malformed_total", "Datagrams that were no message.", of(coap.malformed)),
            ("coap_duplicates_total", "Messages that came again.", of(coap.duplicates)),
            ("coap_unexpected_total", "Answers that nobody waits for.", of(coap.unexpected)),
            ("coap_unsupported_total", "Messages with what is not known.", of(coap.unsupported)),
            ("coap_full_total", "Messages that there was no room for.", of(coap.full)),
            (
                "coap_evicted_total",
                "Messages forgotten before their time: if they come again they are new.",
                of(coap.evicted),
            ),
            (
                "coap_insecure_total",
                "Messages under OSCORE that were not authentic, replayed, or under no known context.",
                of(coap.insecure),
            ),
            (
                "strangers_total",
                "Sessions and connections that were closed because nobody knows who they are.",
                kept.strangers,
            ),
            (
                "dtls_failed_total",
                "Handshakes of DTLS that led nowhere: another key, an unknown identity, no answer.",
                network.sessions_failed,
            ),
            (
                "connections_failed_total",
                "Connections whose handshake of TLS failed.",
                network.connections_failed,
            ),
            (
                "connections_pushed_out_total",
                "Connections that were silent longest and made room for others.",
                network.connections_pushed_out,
            ),
            ("store_transactions_total", "Transactions of the store.", kept.transactions),
            ("store_records_total", "Records written by these.", kept.records),
        ];
        let gauges = vec![
            ("dtls_sessions", "Sessions of DTLS.", size(network.sessions)),
            ("connections", "Connections of TCP and TLS.", size(network.connections)),
        ];
        Numbers { counters, gauges }
    }

    /// All of it as text, and what the API answered.
    pub(crate) fn text(&self, prefix: &str, api: &Tally) -> String {
        let mut out = String::new();
        for (kind, rows) in [("counter", &self.counters), ("gauge", &self.gauges)] {
            for (name, help, value) in rows {
                let _ = writeln!(
                    out,
                    "# HELP {prefix}_{name} {help}\n# TYPE {prefix}_{name} {kind}\n{prefix}_{name} {value}"
                );
            }
        }
        let name = format!("{prefix}_api_answers_total");
        let _ = writeln!(out, "# HELP {name} Answers of the API.\n# TYPE {name} counter");
        for (status, count) in api.all() {
            let _ = writeln!(out, "{name}{{status=\"{status}\"}} {count}");
        }
        out
    }
}
