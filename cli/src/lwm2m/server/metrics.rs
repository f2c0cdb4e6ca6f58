//! What the server counts.

use super::core::Core;
use super::site::Site;
use crate::lwm2m::common::Numbers;
use crate::web::{Answer, Call, Problem};
use std::rc::Rc;

/// `GET /metrics`
pub(super) async fn get(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    let numbers = site.with(numbers).await?;
    let text = numbers.text("m2m_lwm2m", &site.tally);
    Ok(Answer::new(200, "text/plain; version=0.0.4", text.into()))
}

fn numbers(core: &mut Core) -> Numbers {
    let server = core.server();
    let c = server.counters();
    let mut numbers = Numbers::below(&core.console.driver, server.coap_counters());
    let (of, size) = (|n: u32| u64::from(n), |n: usize| u64::try_from(n).unwrap_or(u64::MAX));
    numbers.counters.extend([
        ("registrations_total", "Registrations accepted.", of(c.registered)),
        ("updates_total", "Updates accepted.", of(c.updated)),
        ("deregistrations_total", "Registrations ended by their client.", of(c.deregistered)),
        ("expirations_total", "Registrations ended by their lifetime.", of(c.expired)),
        ("refused_total", "Requests of clients that were refused.", of(c.refused)),
        ("operations_total", "Operations asked of clients.", of(c.operations)),
        ("responses_total", "Operations that clients answered.", of(c.responses)),
        ("notifications_total", "Notifications received.", of(c.notifications)),
        ("sends_total", "Contents that clients sent by themselves.", of(c.sends)),
        (
            "notifications_dropped_total",
            "Notifications that made room before they were read.",
            of(c.notifications_dropped),
        ),
    ]);
    numbers.gauges.extend([
        ("registrations", "Registrations in force.", of(server.registration_count())),
        ("operations_open", "Operations that wait or are under way.", of(server.open_operations())),
        (
            "operations_waited_for",
            "Operations that a request of the API waits for.",
            size(core.waiting()),
        ),
        ("event_listeners", "Listeners of the events.", size(core.feed.listeners())),
        ("uptime_seconds", "Seconds since the start.", core.begun.elapsed().as_secs()),
    ]);
    numbers
}
