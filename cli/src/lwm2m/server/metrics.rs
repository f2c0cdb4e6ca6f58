//! What the server counts, in the text format of Prometheus.

use super::core::Core;
use super::site::Site;
use crate::web::{Answer, Call, Problem};
use std::fmt::Write;
use std::rc::Rc;

/// `GET /metrics`
pub(super) async fn get(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    let text = site.with(text).await?;
    Ok(Answer::new(200, "text/plain; version=0.0.4", text.into()))
}

fn text(core: &mut Core) -> String {
    let (transactions, records) = {
        let engine = core.engine();
        (engine.transactions, engine.records)
    };
    let traffic = core.console.driver.traffic;
    let server = core.server();
    let (c, coap) = (server.counters(), server.coap_counters());
    let of = |n: u32| u64::from(n);
    let counters: [(&str, &str, u64); 20] = [
        ("registrations_total", "Registrations accepted.", of(c.registered)),
        ("updates_total", "Updates accepted.", of(c.updated)),
        ("deregistrations_total", "Registrations ended by their client.", of(c.deregistered)),
        ("expirations_total", "Registrations ended by their lifetime.", of(c.expired)),
        ("refused_total", "Requests of clients that were refused.", of(c.refused)),
        ("operations_total", "Operations asked of clients.", of(c.operations)),
        ("responses_total", "Operations that clients answered.", of(c.responses)),
        ("notifications_total", "Notifications received.", of(c.notifications)),
        (
            "notifications_dropped_total",
            "Notifications that made room before they were read.",
            of(c.notifications_dropped),
        ),
        ("messages_received_total", "Messages of CoAP received.", traffic.received),
        ("messages_sent_total", "Messages of CoAP sent.", traffic.sent),
        ("bytes_total", "Bytes of these messages.", traffic.bytes),
        ("coap_retransmitted_total", "Messages sent again.", of(coap.retransmitted)),
        ("coap_malformed_total", "Datagrams that were no message.", of(coap.malformed)),
        ("coap_duplicates_total", "Messages that came again.", of(coap.duplicates)),
        ("coap_unexpected_total", "Answers that nobody waits for.", of(coap.unexpected)),
        ("coap_unsupported_total", "Messages with what is not known.", of(coap.unsupported)),
        ("coap_full_total", "Messages that there was no room for.", of(coap.full)),
        ("store_transactions_total", "Transactions of the store.", transactions),
        ("store_records_total", "Records written by these.", records),
    ];
    let gauges: [(&str, &str, u64); 5] = [
        ("registrations", "Registrations in force.", of(server.registration_count())),
        ("operations_open", "Operations that wait or are under way.", of(server.open_operations())),
        (
            "operations_waited_for",
            "Operations that a request of the API waits for.",
            u64::try_from(core.waiting()).unwrap_or(u64::MAX),
        ),
        (
            "event_listeners",
            "Listeners of the events.",
            u64::try_from(core.feed.listeners()).unwrap_or(u64::MAX),
        ),
        ("uptime_seconds", "Seconds since the start.", core.begun.elapsed().as_secs()),
    ];
    let mut out = String::new();
    for (kind, rows) in [("counter", &counters[..]), ("gauge", &gauges[..])] {
        for (name, help, value) in rows {
            let _ = writeln!(
                out,
                "# HELP m2m_lwm2m_{name} {help}\n# TYPE m2m_lwm2m_{name} {kind}\nm2m_lwm2m_{name} {value}"
            );
        }
    }
    out
}
