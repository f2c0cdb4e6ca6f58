//! `m2m coap observe`: every state a resource takes (RFC 7641).

use super::args;
use super::client::{Asked, Came, Client, bare, deadline, endpoint, unanswered, within};
use super::report::Printer;
use crate::clock::Clock;
use crate::driver::ENDPOINT;
use crate::failure::Failure;
use crate::seeds::Seeds;
use crate::signals::Signals;
use coap_core::{Cancel, Code, Endpoint, RequestId};

/// How long to wait for the answer to the word that it is over, in milliseconds.
const PATIENCE: u64 = 3000;

/// Runs until a signal, until enough was seen, or until the observation ends.
pub(super) async fn run(options: &args::Observe) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let message = &options.message;
    let mut printer = Printer::new(message, clock);
    let (uri, seed) = (&options.uri, message.client.show.seed);
    let engine = || endpoint(uri, message.block_size, options.renew, &mut Seeds::new(seed)?);
    let out = printer.out.clone();
    let open = Client::open(uri, &message.client, clock, engine, ENDPOINT, out);
    let mut client = within(uri, message.client.timeout, open).await?;
    client.protect(message)?;
    let asked = Asked { observe: true, ..Asked::new(Code::GET, &options.uri, message) };
    let mut id = client.start(&asked)?;
    let end = deadline(clock.now(), options.duration);
    let patience = deadline(clock.now(), message.client.timeout);
    let mut seen = 0;
    while options.count.is_none_or(|count| seen < count) && !printer.closed() {
        // Patience is about the first answer.
        let until = match seen {
            0 => end.into_iter().chain(patience).min(),
            _ => end,
        };
        let came = tokio::select! {
            came = client.next(&mut id, &asked, until) => came?,
            () = signals.wait() => break,
        };
        match came {
            Some(Came::State(state)) => {
                seen += 1;
                printer.state(&state, "notification")?;
            }
            // Not observable: this is all there is.
            Some(Came::Answer(answer)) => {
                if answer.code.is_success() {
                    crate::failure::complain("the server does not let this be observed");
                }
                return printer.answer(&answer);
            }
            Some(Came::Bare(answer)) => return Err(bare(&options.uri, &answer)),
            Some(Came::Ended(outcome)) => return Err(unanswered(&options.uri, Some(outcome))),
            None if seen == 0 => return Err(unanswered(&options.uri, None)),
            None => break,
        }
    }
    cancel(&mut client, id, &asked).await?;
    client.close()?;
    printer.out.finish()
}

/// Tells the server that it is over, and waits a moment for its answer.
async fn cancel(
    client: &mut Client<Endpoint>,
    mut id: RequestId,
    asked: &Asked,
) -> Result<(), Failure> {
    let now = client.driver.now();
    if client.driver.engine.cancel(now, id, Cancel::Deregister).is_err() {
        return Ok(());
    }
    let until = Some(now + m2m_base::Duration::from_millis(PATIENCE));
    // Whatever comes now is not shown any more.
    while let Ok(Some(Came::State(_))) = client.next(&mut id, asked, until).await {}
    Ok(())
}
