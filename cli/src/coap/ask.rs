//! `m2m coap get|put|post|delete|fetch|patch|ipatch|discover`: one request, one answer.

use super::args;
use super::client::{Answer, Asked, Came, Client, bare, deadline, endpoint, unanswered, within};
use super::report::Printer;
use super::uri::Uri;
use crate::clock::Clock;
use crate::driver::ENDPOINT;
use crate::failure::Failure;
use crate::seeds::Seeds;
use crate::signals::Signals;
use coap_core::{Code, OptionNumber};
use std::io::Read;

/// A request without a payload.
pub(super) async fn plain(method: Code, plain: &args::Plain) -> Result<(), Failure> {
    let clock = Clock::start();
    let asked = Asked::new(method, &plain.uri, &plain.message);
    let mut printer = Printer::new(&plain.message, clock);
    let answer = ask(&plain.uri, &plain.message, asked, clock, &printer).await?;
    printer.answer(&answer)
}

/// A request with one.
pub(super) async fn with_payload(method: Code, with: &args::WithPayload) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut asked = Asked::new(method, &with.uri, &with.message);
    if let Some(format) = with.content_format {
        asked.add_uint(OptionNumber::CONTENT_FORMAT, format.0.into());
    }
    asked.payload = payload(with)?;
    let mut printer = Printer::new(&with.message, clock);
    let answer = ask(&with.uri, &with.message, asked, clock, &printer).await?;
    printer.answer(&answer)
}

/// The list of resources.
pub(super) async fn discover(discover: &args::Discover) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut uri = discover.uri.clone();
    if uri.path.is_empty() {
        let query = std::mem::take(&mut uri.query);
        uri = uri.with_path(&[".well-known", "core"], query);
    }
    uri.query.extend(discover.filter.iter().map(|filter| filter.as_bytes().to_vec()));
    let mut asked = Asked::new(Code::GET, &uri, &discover.message);
    if discover.message.accept.is_none() {
        asked.add_uint(OptionNumber::ACCEPT, coap_core::ContentFormat::LINK_FORMAT.0.into());
    }
    let mut printer = Printer::new(&discover.message, clock);
    let answer = ask(&uri, &discover.message, asked, clock, &printer).await?;
    match discover.message.raw {
        true => printer.answer(&answer),
        false => printer.links(&answer),
    }
}

/// What the command line wants sent.
fn payload(with: &args::WithPayload) -> Result<Vec<u8>, Failure> {
    match (&with.payload, &with.file) {
        (Some(dash), _) if dash == "-" => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::io("cannot read standard input", &error))?;
            Ok(bytes)
        }
        (Some(text), _) => Ok(text.clone().into_bytes()),
        (None, Some(file)) => std::fs::read(file)
            .map_err(|error| Failure::io(format_args!("cannot read {}", file.display()), &error)),
        (None, None) => Ok(Vec::new()),
    }
}

/// Sends a request and waits for what becomes of it.
async fn ask(
    uri: &Uri,
    message: &args::Message,
    asked: Asked,
    clock: Clock,
    printer: &Printer,
) -> Result<Answer, Failure> {
    let mut signals = Signals::new()?;
    let seed = message.client.show.seed;
    let engine = || endpoint(uri, message.block_size, false, &mut Seeds::new(seed)?);
    let out = printer.out.clone();
    let open = Client::open(uri, &message.client, clock, engine, ENDPOINT, out);
    let mut client = within(uri, message.client.timeout, open).await?;
    client.protect(message)?;
    let until = deadline(clock.now(), message.client.timeout);
    let mut id = client.start(&asked)?;
    let came = tokio::select! {
        came = client.next(&mut id, &asked, until) => came?,
        () = signals.wait() => None,
    };
    let answer = match came {
        Some(Came::Answer(answer) | Came::State(answer)) => answer,
        Some(Came::Bare(answer)) => return Err(bare(uri, &answer)),
        Some(Came::Ended(outcome)) => return Err(unanswered(uri, Some(outcome))),
        None => return Err(unanswered(uri, None)),
    };
    client.close()?;
    Ok(answer)
}
